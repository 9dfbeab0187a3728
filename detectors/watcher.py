"""One detector for any recording: learn from its first rows, then judge row after row, with the same constants everywhere.

Residuals (`residuals`), three heads on them (`heads`), a bank of charts (`chart`), limits from a budget of false warnings
(`limits`). Everything is relative to the learn rows: spreads, memories, scales, limits. So the same constants serve a
pump at one row a second, a chemical plant at three minutes and a gas turbine at one hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.chart import Chart
from detectors.heads import HEADS, Heads
from detectors.limits import PERSIST, budget_limit, shrunk
from detectors.residuals import STILL, Residuals

MARGINS = (1.17, 1.17, 1.64)
"""What the learn rows cannot contain, such as next year's ageing, by head: a factor on the limit."""
FOLDS, BLOCKS = 4, 16
"""Limits are set on residuals out of sample: sixteen stretches of the learn rows in four folds."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What one unit learned."""

    residuals: Residuals
    heads: Heads


class Watcher:
    """Judges the units of a block row by row.

    Parameters
    ----------
    x : (t, u, n) readings of the learn rows [any].
    f : (t, u, k) covariates of them, the first of which is 1; None = there are none.
    period_s : time between two rows [s].

    Examples
    --------
    >>> chance = np.random.default_rng(1)
    >>> watcher = Watcher(chance.standard_normal((400, 1, 4)), period_s=1.0)
    >>> shift = np.array([0.0, 0.0, 4.0, 0.0])
    >>> warnings = [watcher.step(chance.standard_normal((1, 4)) + shift)[1] for _ in range(30)]
    >>> warnings[-1].tolist()
    [[False, False, True, False]]
    """

    def __init__(self, x: Array, f: Array | None = None, *, period_s: float) -> None:
        rows, n_units, n_tags = x.shape
        self.moves: NDArray[np.bool_] = (x.std(axis=0) > STILL * (1.0 + np.abs(np.median(x, axis=0)))).all(axis=0)
        """Tags of which anything can be said (n,)."""
        x = x[:, :, self.moves]
        self._n_tags = n_tags
        self._units = [self._fit(x[:, i], None if f is None else f[:, i]) for i in range(n_units)]
        limits = [
            self._limits(unit, x[:, i], None if f is None else f[:, i], period_s) for i, unit in enumerate(self._units)
        ]
        self.limits: Array = np.stack(limits, axis=1)
        """Limit of each head and unit (3, u) [-]."""
        self._chart = Chart(len(HEADS), n_units, x.shape[2], learn_rows=rows, period_s=period_s, persist=PERSIST)
        over = np.stack([unit.heads.over(self._residuals(unit, x, f, i)) for i, unit in enumerate(self._units)], axis=2)
        for row in range(rows):
            self._chart.step(over[:, row])
        self._before = over[0, -1]

    def step(self, x: Array, f: Array | None = None) -> tuple[Array, NDArray[np.bool_]]:
        """Judge one row ``x`` (u, n) at covariates ``f`` (u, k).

        Returns the score (u, n), 1 = at the limit, NaN = cannot say, and which tags are in warning (u, n).
        """
        x = x[:, self.moves]
        e = np.stack([unit.residuals(x[i], None if f is None else f[i]) for i, unit in enumerate(self._units)])
        heads = np.stack([unit.heads(e[i], self._before[i]) for i, unit in enumerate(self._units)], axis=1)
        self._before = e
        ratio = self._chart.decide(self._chart.step(heads), self.limits)
        score = np.full((len(x), self._n_tags), np.nan)
        warning = np.zeros((len(x), self._n_tags), bool)
        score[:, self.moves], warning[:, self.moves] = ratio, self._chart.on
        return score, warning

    @staticmethod
    def _fit(x: Array, f: Array | None) -> _Unit:
        residuals = Residuals.fit(x, f)
        return _Unit(residuals, Heads.fit(residuals(x, f)))

    @staticmethod
    def _residuals(unit: _Unit, x: Array, f: Array | None, i: int) -> Array:
        return unit.residuals(x[:, i], None if f is None else f[:, i])

    def _limits(self, unit: _Unit, x: Array, f: Array | None, period_s: float) -> Array:
        """Limits (3,) of one unit: its charts over the learn rows, on residuals that the fit had not seen."""
        rows = len(x)
        fold = (np.arange(rows) * BLOCKS // rows) % FOLDS
        level = unit.residuals(x, f)
        cross = unit.heads.cross(level)
        for q in range(FOLDS):
            out = fold == q
            other = self._fit(x[~out], None if f is None else f[~out])
            fresh = other.residuals(x[out], None if f is None else f[out])
            if f is not None:
                level[out] = fresh
            cross[out] = other.heads.cross(fresh)
        spread = unit.heads.over(level)[2]
        heads = np.stack([level, cross, spread])[:, :, None]
        chart = Chart(len(HEADS), 1, x.shape[1], learn_rows=rows, period_s=period_s, persist=PERSIST)
        scores = np.stack([chart.step(heads[:, row]).max(axis=1)[:, 0] for row in range(rows)])
        return np.array([shrunk(budget_limit(scores[:, h]), rows, margin) for h, margin in enumerate(MARGINS)])
