"""Four heads on one residual: its level, what the other tags do not explain of it, how much it jumps, and where it leaves for.

They see different faults, so each has a limit of its own and they are never added up. *Level* sees steps and ramps. *Cross*
subtracts what the other tags of the unit say, so that a wander common to all drops out, and a fault that only breaks the
pattern shows. *Spread* sees oscillation and noise at an unchanged level. *Departure* sees steps of a tag that wanders: with s the
mean of its level over the `LATELY_ROWS` before,

    e4 = e - clip(e, min(0, s), max(0, s))

is how far it is from where it was lately, and a way back to normal is none.

t = rows, n = tags. The first three are of unit spread in the learn rows.

References: the cross residual is that of a ridge regression of each tag on the others (J. R. Jackson, G. S. Mudholkar,
Technometrics 21(3), 1979, for residuals of a correlation model); the square root makes the spread nearly normal (D. M. Hawkins,
J. Qual. Technol. 13(4), 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from detectors.base import Array, Mask
from detectors.compiled import compiled, times
from detectors.residuals import CLIP_MEDIAN, robust_sd

HEADS = ("level", "cross", "spread", "departure")
SHORTEST = (0.0, 0.0, 0.0, 100.0)
"""Shortest scale of each head [rows]. On shorter ones the departure costs a point of FAR on SKAB, and a real turbine
gains nothing."""
LATELY_ROWS = 300.0
"""A tenth of the longest scale: from 100 rows on a ramp is lately by itself, at 1,000 the head is nearly the level."""
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
        jump = _jumps(e)
        cross_spread = np.maximum(robust_sd(bare.cross(e)), LEAST_CROSS)
        return cls(size, weight, cross_spread, jump.mean(axis=0), jump.std(axis=0) + 1e-9)

    @classmethod
    def stacked(cls, units: Sequence[Heads]) -> Heads:
        """Those of several units as one."""
        return cls(*(np.stack([getattr(unit, field.name) for unit in units]) for field in fields(cls)))

    def cross(self, e: Array) -> Array:
        """What the other tags do not explain of the residuals ``e`` (t, ..., n) [-]."""
        v = e / self.size
        clipped = np.clip(v, -CROSS_CLIP, CROSS_CLIP)
        one_unit = self.weight.ndim == 2
        others = times(self.weight[None], clipped[:, None])[:, 0] if one_unit else times(self.weight, clipped)
        return np.clip((v - others) / self.cross_spread, -CLIP_MEDIAN, CLIP_MEDIAN)

    def spread(self, e: Array, before: Array | None = None) -> Array:
        """How much it jumps from row to row [-]; ``before`` (..., n) is the row before the first, None = the first itself."""
        return np.clip((_jumps(e, before) - self.jump_mean) / self.jump_sd, -CLIP_MEDIAN, CLIP_MEDIAN)

    def __call__(self, e: Array, lately: Lately, before: Array | None = None, known: Mask | None = None) -> Array:
        """All heads (4, t, ..., n) [-] of residuals ``e`` (t, ..., n); ``before`` as in `spread`, ``known`` as in `Lately`."""
        return np.stack([e, self.cross(e), self.spread(e, before), lately(e, known)])


class Lately:
    """Where each tag (..., n) of ``shape`` was lately: its mean over `LATELY_ROWS`, a plain one until there are so many."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean, self._rows = np.zeros(shape), 0

    def __call__(self, e: Array, known: Mask | None = None) -> Array:
        """The departure of the residuals ``e`` (t, ..., n) of the next rows [-]; where not ``known``, the mean stays.

        Examples
        --------
        >>> lately = Lately((1,))
        >>> lately(np.array([[5.0], [7.0], [1.0], [-1.0]]))[:, 0].round(2).tolist()
        [5.0, 2.0, 0.0, -1.0]
        """
        flat = np.ascontiguousarray(e).reshape(len(e), -1)
        knows = np.ones(flat.shape, bool) if known is None else known.reshape(flat.shape)
        away = np.zeros(flat.shape)
        _depart(flat, knows, self._rows, LATELY_ROWS, self._mean.reshape(-1), away)
        self._rows += len(e)
        return away.reshape(e.shape)

    def snapshot(self) -> dict[str, Array]:
        """What changes row by row."""
        return {"lately": self._mean.copy(), "lately_rows": np.array(float(self._rows))}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._mean, self._rows = state["lately"].copy(), int(state["lately_rows"])


@compiled
def _depart(e: Array, known: Mask, rows: int, memory: float, mean: Array, away: Array) -> None:
    for t in range(len(e)):
        share = max(1.0 / memory, 1.0 / (rows + t + 1))
        for j in range(e.shape[1]):
            away[t, j] = e[t, j] - min(max(e[t, j], min(0.0, mean[j])), max(0.0, mean[j]))
            if known[t, j]:
                mean[j] += share * (e[t, j] - mean[j])


def _jumps(e: Array, before: Array | None = None) -> Array:
    first = e[:1] if before is None else before[None]
    jumps: Array = np.sqrt(np.abs(np.diff(e, axis=0, prepend=first)))
    return jumps
