"""The rules of the Skoltech Anomaly Benchmark, written anew.

Outliers: counts of rows are pooled over all files; F1 = TP / (TP + (FP + FN) / 2), FAR = FP / (FP + TN), MAR = FN / (FN + TP).

Changepoints: every change of the binary answer is a predicted changepoint. A true one opens a window of 60 s; where two overlap,
the later one begins where the earlier ends. The first prediction in a window earns, at the position p of it,

    y = -(A_tp - A_fp) / 2 tanh(x) / tanh(pi / 2) + (A_tp + A_fp) / 2        x = pi p - pi / 2, of 1000 steps

others in it are free, one outside all windows costs A_fp, a window without costs A_fn. Score = 100 (s - null) / (perfect - null).

Source: waico/SKAB v0.9, core/metrics.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

WINDOW_S = 60.0
STEPS = 1000


class Profile(NamedTuple):
    """Weights [-] of a window found at once, a false prediction, a window missed."""

    found: float
    false: float
    missed: float


PROFILES = {
    "standard": Profile(1.0, -0.11, -1.0),
    "low_fp": Profile(1.0, -0.22, -1.0),
    "low_fn": Profile(1.0, -0.11, -2.0),
}


class Judged(NamedTuple):
    """The test rows of one file, all (t,): event times [s], whether each is anomalous or a changepoint, what was said."""

    times: Array
    anomalous: Rows
    changepoint: Rows
    said: Rows


class Outliers(NamedTuple):
    """F1 [-], share of normal rows with a warning [%], share of anomalous rows without [%]."""

    f1: float
    far: float
    mar: float


class Changepoints(NamedTuple):
    """Normalised score [-], windows missed, predictions outside windows."""

    score: float
    missed: int
    false: int


def outliers(files: Sequence[Judged]) -> Outliers:
    """The outlier task over all rows.

    >>> yes, no = np.array([True, True]), np.array([True, False])
    >>> outliers([Judged(np.arange(2.0), no, no, yes)])
    Outliers(f1=0.6666666666666666, far=100.0, mar=0.0)
    """
    truth = np.concatenate([file.anomalous for file in files])
    said = np.concatenate([file.said for file in files])
    hits, false, missed = (int((a & b).sum()) for a, b in ((said, truth), (said, ~truth), (~said, truth)))
    f1 = hits / max(hits + (false + missed) / 2, 1)
    return Outliers(f1, 100.0 * false / max(int((~truth).sum()), 1), 100.0 * missed / max(int(truth.sum()), 1))


def changepoints(files: Sequence[Judged], profile: Profile) -> Changepoints:
    """The changepoint task."""
    total, missed, false, windows = 0.0, 0, 0, 0
    for file in files:
        said = file.times[np.flatnonzero(np.diff(file.said.astype(np.int8), prepend=file.said[:1].astype(np.int8)))]
        free = np.zeros(len(said), dtype=bool)
        end = -np.inf
        for begin in file.times[file.changepoint]:
            windows += 1
            left, end = max(begin, end), begin + WINDOW_S
            inside = (said >= left) & (said <= end)
            free |= inside
            if inside.any():
                total += reward((said[inside][0] - left) / (end - left), profile)
            else:
                missed += 1
                total += profile.missed
        false += int((~free).sum())
        total += profile.false * int((~free).sum())
    null, perfect = profile.missed * windows, profile.found * windows
    return Changepoints(100.0 * (total - null) / (perfect - null), missed, false)


def reward(position: float, profile: Profile) -> float:
    """What a prediction at a position in its window earns, 0 = left edge, 1 = right edge [-]."""
    x = np.pi * min(int(STEPS * position), STEPS - 1) / (STEPS - 1) - np.pi / 2
    half = (profile.found - profile.false) / 2
    return float(-half * np.tanh(x) / np.tanh(np.pi / 2) + (profile.found + profile.false) / 2)
