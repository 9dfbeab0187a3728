"""Residuals in units of their own spread, fitted robustly on the rows that are learned from.

Without covariates a tag is measured from its median in robust standard deviations. With covariates it is measured from a
regression on them, and the spread may depend on them too: a turbine scatters more at part load. Both regressions are by
iteratively reweighted least squares with Huber's weights; a fault in the learn rows then costs little.

t = rows, u = units, n = tags, k = covariates (the first of which is the constant 1).

References: P. J. Huber, "Robust Estimation of a Location Parameter," Ann. Math. Statist. 35(1), 1964; the spread by a regression
of ln |residual|: A. C. Harvey, Econometrica 44(3), 1976.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.base import Array
from detectors.compiled import times

PASSES = 6
"""Reweightings; the weights hardly change after the fifth."""
RIDGE = 1e-4
"""Of the mean diagonal: collinear covariates must not stop a detector."""
HUBER_SD = 2.0
"""A residual beyond so many robust standard deviations loses weight in proportion."""
SPREAD_RANGE, LEAST_SHARE = 2.5, 0.05
"""The spread stays within e^+-2.5 of its median; a residual of nothing counts as 5 % of the standard deviation."""
LOG_MEDIAN = 0.53
"""exp of the mean of ln(|z| + 0.05) for a standard normal z, so that the scaled residual has spread 1."""
CLIP_MEDIAN, CLIP_REGRESSION = 50.0, 8.0
"""Residuals are held within so many spreads: farther away is no farther."""
FLAT_SHARE = 0.05
"""A median deviation below this share of the standard deviation is that of a signal that mostly stands still."""
STILL = 1e-9
"""A tag whose standard deviation is below this share of its value never moves: nothing can be said of it."""


def robust_sd(x: Array) -> Array:
    """Standard deviation from the median absolute deviation over axis 0, (...,) from (t, ...) [as x].

    Examples
    --------
    >>> robust_sd(np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [15.0]])).round(2).tolist()
    [2.22]
    """
    mad = 1.4826 * np.median(np.abs(x - np.median(x, axis=0)), axis=0)
    sd = x.std(axis=0)
    robust: Array = np.where(mad < FLAT_SHARE * sd, sd, mad)
    return robust


def robust_regression(f: Array, y: Array) -> Array:
    """Coefficients (n, k) of ``y`` (t, n) on ``f`` (t, k).

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 101)
    >>> y = 2.0 + 3.0 * x + 0.1 * np.sin(1000.0 * x)
    >>> y[::20] = 10.0
    >>> robust_regression(np.stack([np.ones(101), x], axis=1), y[:, None]).round(1).tolist()
    [[2.0, 3.0]]
    """
    coefficients = np.zeros((y.shape[1], f.shape[1]))
    for tag, column in enumerate(y.T):
        weight = np.ones(len(y))
        for _ in range(PASSES):
            weighted = weight[:, None] * f
            gram = weighted.T @ f
            gram[np.diag_indices(len(gram))] += RIDGE * np.trace(gram) / len(gram)
            coefficients[tag] = np.linalg.solve(gram, weighted.T @ column)
            error = np.abs(column - f @ coefficients[tag])
            weight = 1.0 / np.maximum(1.0, error / (HUBER_SD * (1.48 * np.median(error) + 1e-12)))
    return coefficients


@dataclass(frozen=True, slots=True)
class Residuals:
    """How to turn readings of one unit into residuals [-]: ``centre``, ``spread`` (n,), or coefficients (n, k) of both.

    Of several units, `stacked`, each has the units as its first axis.
    """

    centre: Array
    spread: Array
    on: Array | None = None
    spread_on: Array | None = None

    @classmethod
    def fit(cls, x: Array, f: Array | None) -> Residuals:
        """From the learn rows ``x`` (t, n) and covariates ``f`` (t, k), or None."""
        if f is None:
            centre = np.median(x, axis=0)
            return cls(centre, np.maximum(robust_sd(x), STILL * (1.0 + np.abs(centre))))
        on = robust_regression(f, x)
        error = x - f @ on.T
        typical = np.maximum(1.48 * np.median(np.abs(error), axis=0), STILL * (1.0 + np.abs(np.median(x, axis=0))))
        logs = np.log(np.abs(error) + LEAST_SHARE * error.std(axis=0) + 1e-300)
        return cls(np.zeros(x.shape[1]), typical, on, robust_regression(f, logs))

    @classmethod
    def stacked(cls, units: Sequence[Residuals]) -> Residuals:
        """Those of several units as one."""
        on = [unit.on for unit in units if unit.on is not None]
        spread_on = [unit.spread_on for unit in units if unit.spread_on is not None]
        return cls(
            np.stack([unit.centre for unit in units]),
            np.stack([unit.spread for unit in units]),
            np.stack(on) if on else None,
            np.stack(spread_on) if spread_on else None,
        )

    def __call__(self, x: Array, f: Array | None) -> Array:
        """Residuals (t, ..., n) [-] of ``x`` (t, ..., n) at ``f`` (t, ..., k)."""
        return self.of(x, *self.around(f))

    def of(self, x: Array, centre: Array, spread: Array) -> Array:
        """Residuals of ``x`` [-], given what `around` said of the same rows."""
        most = CLIP_MEDIAN if self.on is None else CLIP_REGRESSION
        residual: Array = np.clip((x - centre) / spread, -most, most)
        return residual

    def around(self, f: Array | None) -> tuple[Array, Array]:
        """Expected value and spread (t, ..., n), or of all rows (..., n), [as x] at ``f`` (t, ..., k)."""
        if self.on is None or self.spread_on is None or f is None:
            return self.centre, self.spread
        log = np.log(self.spread)
        spread = np.exp(np.clip(_of(self.spread_on, f), log - SPREAD_RANGE, log + SPREAD_RANGE)) / LOG_MEDIAN
        return _of(self.on, f), spread


def _of(coefficients: Array, f: Array) -> Array:
    """(t, n) of coefficients (n, k) and covariates (t, k); or (t, u, n) of (u, n, k) and (t, u, k)."""
    if coefficients.ndim == 2:
        return times(coefficients[None], f[:, None])[:, 0]
    return times(coefficients, f)
