"""What explains a tag may bend: covariates as piecewise-linear functions, laid out on the rows that are learned from.

Load, ambient temperature and the like act differently at part load than at full load. Hinges at quantiles of what was learned
follow that without wild ends, as powers have them; outside the learned range the function goes on as a straight line.

t = rows, k = covariates.

Reference: T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning," 2009, section 5.2 (linear splines).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.base import Array

QUANTILES = (0.25, 0.5, 0.75)
"""Five knots, or products of two covariates besides, cost a real gas turbine half of its quiet at the same catch."""
ROWS_A_COLUMN = 60
"""Learn rows that a column must be able to show: with fewer there are fewer hinges."""


@dataclass(frozen=True, slots=True)
class Basis:
    """``centre``, ``spread`` (k,) of the learned covariates, and ``knots`` (k, q) in spreads."""

    centre: Array
    spread: Array
    knots: Array

    @classmethod
    def fit(cls, f: Array) -> Basis:
        """From the covariates ``f`` (t, k) of the learn rows."""
        rows, k = f.shape
        centre, spread = f.mean(axis=0), f.std(axis=0)
        spread = np.where(spread > 1e-9 * (1.0 + np.abs(centre)), spread, 1.0)
        room = rows // ROWS_A_COLUMN - 1 - k
        per_covariate = min(len(QUANTILES), max(0, room // max(k, 1)))
        chosen = QUANTILES if per_covariate == len(QUANTILES) else np.linspace(0.0, 1.0, per_covariate + 2)[1:-1]
        knots = np.quantile((f - centre) / spread, list(chosen), axis=0).T if per_covariate else np.zeros((k, 0))
        return cls(centre, spread, knots)

    @classmethod
    def stacked(cls, units: Sequence[Basis]) -> Basis:
        """Those of several units as one, for covariates (u, k)."""
        return cls(
            np.stack([unit.centre for unit in units]),
            np.stack([unit.spread for unit in units]),
            np.stack([unit.knots for unit in units]),
        )

    def __call__(self, f: Array) -> Array:
        """Columns (..., m) [-] of the covariates ``f`` (..., k): 1, each of them, their hinges."""
        z = (f - self.centre) / self.spread
        hinges = np.maximum(0.0, z[..., None] - self.knots).reshape(*z.shape[:-1], -1)
        return np.concatenate([np.ones((*z.shape[:-1], 1)), z, hinges], axis=-1)
