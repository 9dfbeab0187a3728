"""The rules of the Numenta Anomaly Benchmark, written anew: what a row is worth, the sweep, the normalised score.

A row i in a window of rows L .. R, w = R - L + 1 long, lies at x = -(R - i + 1) / w; a row outside lies at x = (i - R) / (w - 1)
of the last window before it. It is worth S(x) = 2 / (1 + exp(5 x)) - 1, and -1 before the first window and beyond x = 3. A window
in which a row is detected earns A_tp times the largest S of these rows over S(-1), any other costs A_fn; a row detected outside
adds A_fp S(x). Rows of the probation count for nothing. ONE threshold serves the whole corpus, and the labels pick it.

Source: numenta/NAB v1.1, nab/sweeper.py, scorer.py, optimizer.py; A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection
algorithms", ICMLA 2015 (its figures differ: the code is what is published with).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Window = tuple[int, int]
"""First and last row."""

PROBATION_SHARE, PROBATION_MOST = 0.15, 750
FULL = 2.0 / (1.0 + np.exp(-5.0)) - 1.0
"""S(-1), the worth of the first row of a window."""


class Profile(NamedTuple):
    """Weights [-] of a window found, a row detected outside, a window missed."""

    found: float
    false: float
    missed: float


PROFILES = {"standard": Profile(1.0, 0.11, 1.0), "low_fp": Profile(1.0, 0.22, 1.0), "low_fn": Profile(1.0, 0.11, 2.0)}


class Judged(NamedTuple):
    """One file: ``score`` (t,) of each row, NaN = none; ``windows`` of its anomalies; rows at its head that count for nothing,
    None = as the benchmark has it (`probation`)."""

    score: Array
    windows: Sequence[Window]
    ignored: int | None = None


class Swept(NamedTuple):
    """The best normalised score [-] and the threshold that gives it (inf = detect nothing)."""

    normalised: float
    threshold: float


def probation(n_rows: int) -> int:
    """Rows at the head of a file that count for nothing.

    >>> probation(4032), probation(22695)
    (604, 750)
    """
    return min(int(PROBATION_SHARE * n_rows), PROBATION_MOST)


def worth(n_rows: int, windows: Sequence[Window]) -> Array:
    """S of every row of a file, (n_rows,) [-]; the rows of a window over S(-1)."""
    rows = np.arange(n_rows, dtype=np.float64)
    out = np.full(n_rows, -1.0)
    for first, last in sorted(windows):
        width = last - first + 1
        after = (rows[last + 1 :] - last) / max(width - 1, 1)
        out[last + 1 :] = np.where(after > 3.0, -1.0, _sigmoid(np.minimum(after, 3.0)))
        out[first : last + 1] = _sigmoid(-(last - rows[first : last + 1] + 1.0) / width) / FULL
    return out


def _sigmoid(x: Array) -> Array:
    value: Array = 2.0 / (1.0 + np.exp(5.0 * x)) - 1.0
    return value


def steps(judged: Judged, profile: Profile) -> tuple[Array, Array]:
    """Thresholds and what the raw score of the file gains when the threshold falls to them, both (m,)."""
    n_rows = len(judged.score)
    value = worth(n_rows, judged.windows)
    counts = np.isfinite(judged.score)
    counts[: probation(n_rows) if judged.ignored is None else judged.ignored] = False
    is_outside = np.ones(n_rows, dtype=bool)
    thresholds, gains = [], []
    for first, last in judged.windows:
        is_outside[first : last + 1] = False
        rows = np.arange(first, last + 1)[counts[first : last + 1]]
        if len(rows):
            rows = rows[np.argsort(-judged.score[rows], kind="stable")]
            best = np.maximum.accumulate(profile.found * value[rows])
            thresholds.append(judged.score[rows])
            gains.append(np.diff(best, prepend=-profile.missed))
    outside = is_outside & counts
    thresholds.append(judged.score[outside])
    gains.append(profile.false * value[outside])
    return np.concatenate(thresholds), np.concatenate(gains)


def sweep(files: Sequence[Judged], profile: Profile) -> Swept:
    """The best threshold for all files together."""
    pairs = [steps(file, profile) for file in files]
    threshold, gain = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    order = np.argsort(-threshold, kind="stable")
    threshold, total = threshold[order], np.cumsum(gain[order])
    ends = np.flatnonzero(np.diff(threshold, append=-np.inf) != 0.0)
    threshold, total = np.append(np.inf, threshold[ends]), np.append(0.0, total[ends])
    best = int(total.argmax())
    return Swept(_normalised(files, profile, float(total[best])), float(threshold[best]))


def at_threshold(files: Sequence[Judged], profile: Profile, threshold: float) -> float:
    """Normalised score [-] at a threshold declared beforehand."""
    pairs = [steps(file, profile) for file in files]
    return _normalised(files, profile, float(sum(gain[score >= threshold].sum() for score, gain in pairs)))


def _normalised(files: Sequence[Judged], profile: Profile, gained: float) -> float:
    """100 times the share of what lies between detecting nothing and a perfect detector."""
    n_windows = sum(len(file.windows) for file in files)
    return 100.0 * gained / ((profile.found + profile.missed) * n_windows)
