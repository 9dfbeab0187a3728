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
from detectors.basis import Basis
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
    """What one unit learned, or, stacked, all of a block."""

    basis: Basis | None
    residuals: Residuals
    heads: Heads


ROWS_MIN = 64
"""Fewer rows hold no four folds of anything."""
HOLD_ROWS = 3
"""Rows for which a missing value is taken as it was: the shortest scale."""
MISSING_SHARE = 0.5
"""A tag of which more than this share of the learn rows is missing is not judged."""


class Watcher:
    """Judges the units of a block row by row.

    Parameters
    ----------
    x : (t, u, n) readings of the learn rows [any].
    f : (t, u, k) covariates of them [any]; None = there are none.
    period_s : time between two rows [s].
    margin : factor on every limit; 1 = as the budget has it.

    Examples
    --------
    >>> chance = np.random.default_rng(1)
    >>> watcher = Watcher(chance.standard_normal((400, 1, 4)), period_s=1.0)
    >>> shift = np.array([0.0, 0.0, 4.0, 0.0])
    >>> warnings = [watcher.step(chance.standard_normal((1, 4)) + shift)[1] for _ in range(30)]
    >>> warnings[-1].tolist()
    [[False, False, True, False]]
    """

    def __init__(self, x: Array, f: Array | None = None, *, period_s: float, margin: float = 1.0) -> None:
        rows, n_units, self._n_tags = x.shape
        if rows < ROWS_MIN:
            raise ValueError(f"{rows} rows to learn from; at least {ROWS_MIN} are needed")
        self.moves: NDArray[np.bool_] = _moves(x)
        """Tags of which anything can be said (n,)."""
        x = _filled(x[:, :, self.moves])
        f = None if f is None else _filled(f)
        units = [self._fit(x[:, i], None if f is None else f[:, i]) for i in range(n_units)]
        self.limits: Array = margin * np.stack(
            [self._limits(unit, x[:, i], None if f is None else f[:, i], period_s) for i, unit in enumerate(units)],
            axis=1,
        )
        """Limit of each head and unit (3, u) [-]."""
        self._chart = Chart(len(HEADS), n_units, x.shape[2], learn_rows=rows, period_s=period_s, persist=PERSIST)
        over = np.stack(
            [
                unit.heads.over(_residuals(unit, x[:, i], None if f is None else f[:, i]))
                for i, unit in enumerate(units)
            ],
            axis=2,
        )
        for row in range(rows):
            self._chart.step(over[:, row])
        bases = [unit.basis for unit in units if unit.basis is not None]
        self._block = _Unit(
            Basis.stacked(bases) if bases else None,
            Residuals.stacked([unit.residuals for unit in units]),
            Heads.stacked([unit.heads for unit in units]),
        )
        self._before = over[0, -1]
        self._missing = np.zeros(self._before.shape)

    def step(self, x: Array, f: Array | None = None) -> tuple[Array, NDArray[np.bool_]]:
        """Judge one row ``x`` (u, n) at covariates ``f`` (u, k).

        Returns the score (u, n), 1 = at the limit, NaN = cannot say, and which tags are in warning (u, n). What is missing
        is taken as it was for `HOLD_ROWS` rows; after that nothing is said of the tag until there is a value again.
        """
        x = x[:, self.moves]
        e = _residuals(self._block, x, f)
        good = np.isfinite(e)
        e = np.where(good, e, self._before)
        self._missing = np.where(good, 0, self._missing + 1)
        known = self._missing <= HOLD_ROWS
        heads = self._block.heads(e, self._before)
        self._before = e
        score = np.full((len(x), self._n_tags), np.nan)
        warning = np.zeros((len(x), self._n_tags), bool)
        if self.moves.any():
            ratio = self._chart.decide(self._chart.step(heads, known), self.limits)
            score[:, self.moves] = np.where(known, ratio, np.nan)
            warning[:, self.moves] = self._chart.on
        return score, warning

    def expected(self, f: Array | None = None) -> tuple[Array, Array]:
        """What a row at covariates ``f`` (u, k) is expected to read, and its spread, (u, n) [as x]; NaN = cannot say."""
        block = self._block
        centre, spread = block.residuals.around(None if f is None or block.basis is None else block.basis(f))
        drift = self._chart.mean[0]
        whole = np.full((2, len(self._before), self._n_tags), np.nan)
        whole[0][:, self.moves], whole[1][:, self.moves] = centre + drift * spread, spread
        return whole[0], whole[1]

    def snapshot(self) -> dict[str, Array]:
        """What changes row by row, as arrays; what was learned stays as it is."""
        return {**self._chart.snapshot(), "before": self._before.copy(), "missing": self._missing.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit, for a watcher that learned from the same rows."""
        self._chart.restore(state)
        self._before, self._missing = state["before"].copy(), state["missing"].copy()

    @staticmethod
    def _fit(x: Array, f: Array | None) -> _Unit:
        basis = None if f is None else Basis.fit(f)
        explains = None if basis is None or f is None else basis(f)
        residuals = Residuals.fit(x, explains)
        return _Unit(basis, residuals, Heads.fit(residuals(x, explains)))

    def _limits(self, unit: _Unit, x: Array, f: Array | None, period_s: float) -> Array:
        """Limits (3,) of one unit: its charts over the learn rows, on residuals that the fit had not seen."""
        rows = len(x)
        if not x.shape[1]:
            return np.full(len(HEADS), np.inf)
        fold = (np.arange(rows) * BLOCKS // rows) % FOLDS
        level = _residuals(unit, x, f)
        cross = unit.heads.cross(level)
        for q in range(FOLDS):
            out = fold == q
            other = self._fit(x[~out], None if f is None else f[~out])
            fresh = _residuals(other, x[out], None if f is None else f[out])
            if f is not None:
                level[out] = fresh
            cross[out] = other.heads.cross(fresh)
        spread = unit.heads.over(level)[2]
        heads = np.stack([level, cross, spread])[:, :, None]
        chart = Chart(len(HEADS), 1, x.shape[1], learn_rows=rows, period_s=period_s, persist=PERSIST)
        scores = np.stack([chart.step(heads[:, row]).max(axis=1)[:, 0] for row in range(rows)])
        return np.array([shrunk(budget_limit(scores[:, h]), rows, margin) for h, margin in enumerate(MARGINS)])


def _residuals(unit: _Unit, x: Array, f: Array | None) -> Array:
    """Residuals (..., n) [-] of readings ``x`` (..., n) of one unit."""
    return unit.residuals(x, None if f is None or unit.basis is None else unit.basis(f))


def _moves(x: Array) -> NDArray[np.bool_]:
    """Tags (n,) of the learn rows (t, u, n) that have values in every unit, and more than one."""
    missing = np.isnan(x).mean(axis=0)
    filled = _filled(x)
    spread = filled.std(axis=0) > STILL * (1.0 + np.abs(np.median(filled, axis=0)))
    moves: NDArray[np.bool_] = (spread & (missing <= MISSING_SHARE)).all(axis=0)
    return moves


def _filled(x: Array) -> Array:
    """``x`` (t, ...) with the last good value, or the first, where there is none; 0 where there never is."""
    known = np.isfinite(x)
    if known.all():
        return x
    rows = np.arange(len(x)).reshape(-1, *[1] * (x.ndim - 1))
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    first = np.where(known.any(axis=0), known.argmax(axis=0), 0)
    index = np.where(last < 0, first, last)
    return np.nan_to_num(np.take_along_axis(x, index, axis=0), nan=0.0, posinf=0.0, neginf=0.0)
