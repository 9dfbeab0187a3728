"""Who is alone with what it feels: companions, and tags in which a failure shows alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detectors.base import Mask
from detectors.diagnosis import Diagnosis
from detectors.witnesses import companions, lone_witnesses
from stations.plant import Block, Signature, Text
from tests.detectors.small import BLOCK, JUDGED


def test_companions_are_those_of_a_part_and_not_those_judged_by_the_tag() -> None:
    codes = [BLOCK.tags[column].code for column in JUDGED]
    feel = companions(BLOCK, JUDGED)
    assert feel[codes.index("PAD1")].tolist() == [code == "PAD2" for code in codes]
    low, high = witnesses(BLOCK)[codes.index("PAD1")]
    assert (low, high) == (False, True)


def witnesses(block: Block) -> Mask:
    diagnosis = Diagnosis(block, JUDGED)
    return lone_witnesses(block, JUDGED, diagnosis, diagnosis.witness)


def test_a_sensor_of_a_group_is_outvoted_unless_it_is_hot() -> None:
    tags = tuple(replace(tag, group="pads") if tag.uom != "MW" else tag for tag in BLOCK.tags)
    block = replace(BLOCK, tags=tags)
    lone = witnesses(block)
    assert not lone[:, 0].any()
    assert lone[:, 1].tolist() == [BLOCK.tags[column].uom == "degC" for column in JUDGED]


def test_of_a_tag_that_a_signature_names_the_signature_decides() -> None:
    """A mode that PAD1 feels with PAD2 makes neither a lone witness; of the others nothing follows."""
    hot = Signature("F01", Text("热", "hot"), Text("看", "look"), "", (("PAD1", 1.0), ("PAD2", 0.5)))
    block = replace(BLOCK, signatures=(hot,))
    told = witnesses(block)
    untold = witnesses(BLOCK)
    named = np.array([BLOCK.tags[column].code in ("PAD1", "PAD2") for column in JUDGED])
    assert not told[named].any()
    assert told[~named].tolist() == untold[~named].tolist()
