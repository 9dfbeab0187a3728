"""What a benchmark judges: any detector that reads a recording row by row, and what it said of each row."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Recorded(NamedTuple):
    """One recording of one unit.

    ``values`` (t, n) [any]; ``covariates`` (t, k) or None: what explains them; the first ``learn`` rows are the learn part;
    ``period_s`` between two rows [s]; ``tags`` names of the n columns.
    """

    name: str
    values: Array
    covariates: Array | None
    learn: int
    period_s: float
    tags: tuple[str, ...]


class Verdict(NamedTuple):
    """What a detector said, row i from rows up to i alone.

    ``score`` (t,) >= 0, 1 at its warning limit, NaN = cannot say; ``warning`` (t, n) whether each tag is in warning. Rows of the
    learn part count for nothing. ``changes`` (t,) rows in which the process changes in any way; None = it does not say.
    """

    score: Array
    warning: Mask
    changes: Mask | None = None


Subject = Callable[[Recorded], Verdict]


def data_folder(name: str) -> Path:
    """The folder of a recorded data set, in ``WANBIAO_DATA`` (``../shared/data``); SystemExit in one line if it is missing."""
    folder = Path(os.environ.get("WANBIAO_DATA", "../shared/data")) / name
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder; set WANBIAO_DATA to the folder that holds the data sets")
    return folder
