"""The protocol every detector keeps, and the loop that runs one over a recording."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = NDArray[np.float64]
"""(n_units, n_tags) [unit of each tag]; NaN = no good value."""
Covariates = NDArray[np.float64]
"""(n_units, n_covariates) [-], scaled by the range of their source; NaN = unknown."""
Mask = NDArray[np.bool_]
"""(n_units, n_tags) or (n_units,)."""

HUGE = 1e100
"""No physical reading is larger; its square still fits a float64. Beyond it a value counts as missing, like NaN."""


def held(x: Array, before: Array) -> Array:
    """Rows ``x`` (t, ...) with the last known value where there is none; ``before`` (...) is that before the first row.

    >>> held(np.array([[np.nan], [2.0], [np.nan]]), np.array([1.0])).ravel().tolist()
    [1.0, 2.0, 2.0]
    """
    known = np.isfinite(x)
    if known.all():
        return x
    rows = np.arange(len(x)).reshape(-1, *[1] * (x.ndim - 1))
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    filled: Array = np.where(last < 0, before, np.take_along_axis(x, np.maximum(last, 0), axis=0))
    return filled


class Detector(Protocol):
    """Judges a block, scan by scan. Event time only: no clock, no socket, no log."""

    def score(self, x: Values, f: Covariates) -> Array:
        """Score of every tag [-], (n_units, n_tags), >= 0, 1 = at the warning limit, NaN = cannot say. Changes nothing."""
        ...

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one scan in: filters follow every reading, what is normal is learned only where ``where`` is True."""
        ...

    def snapshot(self) -> dict[str, Array]:
        """The whole state as arrays that the caller may keep."""
        ...

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        ...


def run(detector: Detector, xs: Array, fs: Array) -> Array:
    """Score, then learn, over time: the offline oracle of every streaming run.

    Parameters
    ----------
    xs : (n_scans, n_units, n_tags) values [unit of each tag].
    fs : (n_scans, n_units, n_covariates) covariates [-].

    Returns
    -------
    (n_scans, n_units, n_tags) scores [-]; each scan is scored before it is learned.
    """
    everywhere = np.ones(xs.shape[1:], dtype=bool)
    scores = np.empty(xs.shape)
    for t, (x, f) in enumerate(zip(xs, fs, strict=True)):
        scores[t] = detector.score(x, f)
        detector.learn(x, f, everywhere)
    return scores
