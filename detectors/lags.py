"""What else explains the tags of a recording: its covariates some time ago, and the hour of the day; chosen on the learn rows.

A bearing follows the load by half an hour, a cooler the time of day. A candidate is the EWMA of a covariate over tau rows,

    y <- y + (1 - exp(-1/tau)) (x - y)          tau in 3, 10, 30, 100

or sine and cosine of the day. It is taken if it shrinks the error of a linear regression out of sample: that of at least one tag
by `GAIN`, and that of all together by anything. An error out of sample is not made smaller by chance.

t = rows, u = units, n = tags, k = covariates.

Reference: first-order lag as in IEC 61400-12-1 annexes and common thermal models (time constant, not a window); choice by
cross-validation in contiguous blocks: P. Burman, E. Chow, D. Nolan, Biometrika 81(2), 1994.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from detectors.base import Array, held
from detectors.residuals import robust_sd

TAUS = (3.0, 10.0, 30.0, 100.0)
"""Time constants of lags [rows]."""
LONGEST_SHARE = 20.0
"""Learn rows hold at least so many time constants of a lag, or say nothing about it."""
GAIN = 0.1
"""ln of the error before to that after: a tenth less, which is beyond what chance gives and worth a column."""
FOLDS, BLOCKS = 4, 16
MOST_ROWS = 5000
"""Rows that errors are compared on, spread over the learn rows."""
RIDGE = 1e-4
CLIP = 5.0
"""A reading counts within so many robust standard deviations."""
DAY_S = 86_400.0
LEAST_DAYS, LEAST_A_DAY = 3.0, 8.0
"""Learn rows of fewer days, or with fewer rows a day, show no daily course."""


class Lags:
    """Covariates of the units of a block, with what was found to explain besides.

    Parameters
    ----------
    x : (t, u, n) readings of the learn rows.   f : (t, u, k) covariates of them, k may be 0; both without gaps.
    time_s : (t,) time of each [s]; None = not known.   period_s : between two rows [s].
    """

    def __init__(self, x: Array, f: Array, time_s: Array | None, period_s: float) -> None:
        rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).astype(int))
        fold = (np.arange(len(rows)) * BLOCKS // len(rows)) % FOLDS
        sd = robust_sd(x)
        centre = np.median(x, axis=0)
        y = np.clip(x[rows], centre - CLIP * sd, centre + CLIP * sd)
        scale = f.std(axis=0) + 1e-12
        z = (f - f.mean(axis=0)) / scale
        before = _errors(z[rows], y, fold)
        self._start = f[0].copy()
        self._of: list[tuple[int, float]] = []
        for c in range(f.shape[2]):
            taken = []
            for tau in (tau for tau in TAUS if tau * LONGEST_SHARE <= len(x)):
                lagged = _ewma(z[:, :, c], tau, z[0, :, c])[0]
                gain = _gain(before, _errors(np.concatenate([z, lagged[:, :, None]], axis=2)[rows], y, fold))
                taken.append((gain, tau))
            if taken and max(taken)[0] > 0.0:
                self._of.append((c, max(taken)[1]))
        self.day = False
        """Whether the hour of the day explains something."""
        enough = len(x) * period_s >= LEAST_DAYS * DAY_S and period_s * LEAST_A_DAY <= DAY_S
        if time_s is not None and enough:
            day = np.broadcast_to(_day(time_s)[:, None], (len(x), x.shape[1], 2))
            self.day = _gain(before, _errors(np.concatenate([z, day], axis=2)[rows], y, fold)) > 0.0
        self._state = np.stack([self._start[:, c] for c, _ in self._of]) if self._of else np.zeros((0, x.shape[1]))
        self._last = self._start

    @property
    def lags(self) -> list[tuple[int, float]]:
        """Covariate and time constant [rows] of each lag that was taken."""
        return list(self._of)

    def __call__(self, f: Array, time_s: Array | None) -> Array | None:
        """The covariates (t, u, k) of the next rows with their lags and the day (t, u, m); None if nothing explains anything.

        A lag stands still while its covariate is missing; the covariate itself is missing all the same.
        """
        columns = [f]
        known = held(f, self._last)
        self._last = known[-1].copy()
        for i, (c, tau) in enumerate(self._of):
            lagged, self._state[i] = _ewma(known[:, :, c], tau, self._state[i])
            columns.append(lagged[:, :, None])
        if self.day and time_s is not None:
            columns.append(np.broadcast_to(_day(time_s)[:, None], (*f.shape[:2], 2)))
        together = np.concatenate(columns, axis=2)
        return together if together.shape[2] else None

    def snapshot(self) -> dict[str, Array]:
        """What changes row by row."""
        return {"lagged": self._state.copy(), "covariates": self._last.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._state, self._last = state["lagged"].copy(), state["covariates"].copy()


def _ewma(x: Array, tau: float, start: Array) -> tuple[Array, Array]:
    """EWMA (t, u) of ``x`` (t, u) over ``tau`` rows, after ``start`` (u,); and its last value."""
    share = 1.0 - np.exp(-1.0 / tau)
    lagged, _ = lfilter([share], [1.0, share - 1.0], x, axis=0, zi=((1.0 - share) * start)[None])
    return lagged, lagged[-1]


def _day(time_s: Array) -> Array:
    turn = 2.0 * np.pi * (time_s % DAY_S) / DAY_S
    return np.stack([np.sin(turn), np.cos(turn)], axis=1)


def _errors(z: Array, y: Array, fold: NDArray[np.intp]) -> Array:
    """Median absolute error out of sample (u, n) of a linear regression of ``y`` (t, u, n) on 1 and ``z`` (t, u, m)."""
    errors = np.empty(y.shape)
    for unit in range(y.shape[1]):
        columns = np.concatenate([np.ones((len(z), 1)), z[:, unit]], axis=1)
        for q in range(FOLDS):
            out = fold == q
            f = columns[~out]
            gram = f.T @ f + RIDGE * len(f) * np.eye(f.shape[1])
            errors[out, unit] = np.abs(y[out, unit] - columns[out] @ np.linalg.solve(gram, f.T @ y[~out, unit]))
    return np.asarray(np.median(errors, axis=0))


def _gain(before: Array, after: Array) -> float:
    """How much more than `GAIN` the best tag gains; not positive if all together lose."""
    gains = np.log((before + 1e-12) / (after + 1e-12))
    if not gains.size:  # no tag moves
        return 0.0
    best = float(gains.max(initial=0.0)) - GAIN
    return best if float(gains.mean()) > 0.0 else min(best, 0.0)
