"""Who feels what of a failure: the companions of a tag, and the tags in which one may show alone."""

from __future__ import annotations

import numpy as np

from detectors.base import Mask
from detectors.diagnosis import Diagnosis, Witness, drives
from stations.plant import Block

SISTERS = 2
"""So many others of a group outvote one."""


def lone_witnesses(block: Block, columns: list[int], diagnosis: Diagnosis, witness: Witness) -> Mask:
    """(n_judged, 2) whether a failure can show in one tag alone, low and high: by the signatures, where any names it.

    Of others, not in one of a group that its sisters outvote; nor as a temperature that is too low, as losses only heat. But a
    single pad, or bar, may run hot long before its sisters feel it.
    """
    tags = [block.tags[column] for column in columns]
    groups = [tag.group for tag in tags]
    alone = [tag.group is None or groups.count(tag.group) <= SISTERS for tag in tags]
    sides = [(one and tag.uom != "degC", one or tag.uom == "degC") for one, tag in zip(alone, tags, strict=True)]
    untold = np.array(sides, dtype=bool).reshape(-1, 2)
    return np.where(diagnosis.named[:, None], witness.alone, untold)


def companions(block: Block, columns: list[int]) -> Mask:
    """(n_judged, n_judged) which tags would feel what each of them feels."""
    tags = [block.tags[column] for column in columns]
    part, group = np.array([tag.component for tag in tags]), np.array([tag.group or "" for tag in tags])
    together: Mask = (part[:, None] == part) | ((group[:, None] == group) & (group != ""))
    np.fill_diagonal(together, False)
    feel: Mask = together & ~drives(block, columns)
    return feel
