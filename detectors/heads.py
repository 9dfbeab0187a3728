"""Three heads on one residual: its level, what the other tags do not explain of it, and how much it jumps.

They see different faults, so each has a limit of its own and they are never added up. *Level* sees steps and ramps. *Cross*
subtracts what the other tags of the unit say, so that a wander common to all drops out, and a fault that only breaks the
pattern shows. *Spread* sees oscillation and noise at an unchanged level.

t = rows, n = tags. All three are of unit spread in the learn rows.

References: the cross residual is that of a ridge regression of each tag on the others (J. R. Jackson, G. S. Mudholkar,
Technometrics 21(3), 1979, for residuals of a correlation model); the square root makes the spread nearly normal (D. M. Hawkins,
J. Qual. Technol. 13(4), 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from detectors.base import Array
from detectors.residuals import CLIP_MEDIAN, robust_sd

HEADS = ("level", "cross", "spread")
CROSS_RIDGE, CROSS_CLIP, LEAST_CROSS = 0.3, 4.0, 0.05
"""Ridge of the correlation matrix; a neighbour counts up to 4 spreads, so that its fault does not spread; least cross spread."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What the heads of one unit learned.

    ``size`` (n,) root mean square of the residuals; ``weight`` (n, n) of the other tags; ``cross_spread`` (n,); ``jump_mean``,
    ``jump_sd`` (n,) of the square root of a step. Of several units, `stacked`, each has the units as its first axis.
    """

    size: Array
    weight: Array
    cross_spread: Array
    jump_mean: Array
    jump_sd: Array

    @classmethod
    def fit(cls, e: Array) -> Heads:
        """From the residuals ``e`` (t, n) of the learn rows."""
        n = e.shape[1]
        product = e.T @ e / len(e)
        size = np.sqrt(np.diag(product)) + 1e-12
        correlation = product / np.outer(size, size)
        weight = np.zeros((n, n))
        if n > 1:
            for j in range(n):
                others = np.arange(n) != j
                gram = correlation[np.ix_(others, others)] + CROSS_RIDGE * np.eye(n - 1)
                weight[j, others] = np.linalg.solve(gram, correlation[others, j])
        bare = cls(size, weight, np.ones(n), np.zeros(n), np.ones(n))
        jump = _jump(e, _before(e))
        cross_spread = np.maximum(robust_sd(bare.cross(e)), LEAST_CROSS)
        return cls(size, weight, cross_spread, jump.mean(axis=0), jump.std(axis=0) + 1e-9)

    @classmethod
    def stacked(cls, units: Sequence[Heads]) -> Heads:
        """Those of several units as one."""
        return cls(*(np.stack([getattr(unit, field.name) for unit in units]) for field in fields(cls)))

    def cross(self, e: Array) -> Array:
        """What the other tags do not explain (..., n) [-]."""
        v = e / self.size
        clipped = np.clip(v, -CROSS_CLIP, CROSS_CLIP)
        others = clipped @ self.weight.T if self.weight.ndim == 2 else (self.weight @ clipped[..., None])[..., 0]
        return np.clip((v - others) / self.cross_spread, -CLIP_MEDIAN, CLIP_MEDIAN)

    def spread(self, e: Array, before: Array) -> Array:
        """How much it jumps from the row ``before`` (..., n) [-]."""
        return np.clip((_jump(e, before) - self.jump_mean) / self.jump_sd, -CLIP_MEDIAN, CLIP_MEDIAN)

    def __call__(self, e: Array, before: Array) -> Array:
        """All heads (3, ..., n) [-] of the residuals ``e`` (..., n) after those of the row ``before``."""
        return np.stack([e, self.cross(e), self.spread(e, before)])

    def over(self, e: Array) -> Array:
        """All heads (3, t, n) of rows in a row."""
        return self(e, _before(e))


def _jump(e: Array, before: Array) -> Array:
    jump: Array = np.sqrt(np.abs(e - before))
    return jump


def _before(e: Array) -> Array:
    return np.concatenate([e[:1], e[:-1]])
