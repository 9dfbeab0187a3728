"""One detector for any recording: learn from its first rows, then judge row after row, with the same constants everywhere.

Residuals (`residuals`), four heads on them (`heads`), a bank of charts (`chart`), limits from a budget of false warnings
(`limits`). Everything is relative to the learn rows: spreads, memories, scales, limits. So the same constants serve a
pump at one row a second, a chemical plant at three minutes and a gas turbine at one hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE, Array, Mask, held
from detectors.basis import Basis
from detectors.chart import RULES, Chart
from detectors.chart_rows import Rules
from detectors.excursions import Excursions
from detectors.heads import HEADS, SHORTEST, Heads, Lately
from detectors.lags import Lags
from detectors.limits import BUDGET, budget_limit, shrunk
from detectors.residuals import STILL, Residuals

MARGINS = (1.17, 1.17, 1.64, 1.5)
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


class Verdict(NamedTuple):
    """What is said of rows, (t, u, n) each: the score, 1 = at the limit [-], NaN = cannot say, and the head it comes from (of
    `HEADS`); whether in warning; the value expected [as x]; rows of an excursion that is over, as `Excursions.step` says."""

    score: Array
    head: NDArray[np.int64]
    warning: Mask
    expected: Array
    excursion: NDArray[np.int64]


class Watcher:
    """Judges the units of a block row by row, any number of rows at a time: the bits are the same.

    Parameters
    ----------
    x : (t, u, n) readings of the learn rows [any].
    f : (t, u, k) covariates of them [any]; None = there are none.
    time_s : (t,) when each was measured [s]; None = not known, and there is no hour of the day.
    period_s : time between two rows [s].
    margin : factor on every limit; 1 = as the budget has it.
    budget : false warnings a row, head and unit that limits are set for.
    rules : constants of the charts.

    Examples
    --------
    >>> chance = np.random.default_rng(1)
    >>> watcher = Watcher(chance.standard_normal((400, 1, 4)), period_s=1.0)
    >>> shift = np.array([0.0, 0.0, 4.0, 0.0])
    >>> watcher.judge(chance.standard_normal((30, 1, 4)) + shift).warning[-1].tolist()
    [[False, False, True, False]]
    """

    def __init__(
        self,
        x: Array,
        f: Array | None = None,
        time_s: Array | None = None,
        *,
        period_s: float,
        margin: float = 1.0,
        budget: float = BUDGET,
        rules: Rules = RULES,
    ) -> None:
        rows, n_units, self._n_tags = x.shape
        if rows < ROWS_MIN:
            raise ValueError(f"{rows} rows to learn from; at least {ROWS_MIN} are needed")
        self._period_s, self._budget, self._rules = period_s, budget, rules
        self.moves: Mask = _moves(x)
        """Tags of which anything can be said (n,)."""
        x = _filled(x[:, :, self.moves])
        f = np.zeros((rows, n_units, 0)) if f is None else _filled(f)
        self.lags = Lags(x, f, time_s, period_s)
        """What explains besides the covariates."""
        f = self.lags(f, time_s)
        units = [self._fit(x[:, i], None if f is None else f[:, i]) for i in range(n_units)]
        self.limits: Array = margin * np.stack(
            [self._limits(unit, x[:, i], None if f is None else f[:, i]) for i, unit in enumerate(units)], axis=1
        )
        """Limit of each head and unit (4, u) [-]."""
        bases = [unit.basis for unit in units if unit.basis is not None]
        self._block = _Unit(
            Basis.stacked(bases) if bases else None,
            Residuals.stacked([unit.residuals for unit in units]),
            Heads.stacked([unit.heads for unit in units]),
        )
        self._chart = self._charts(n_units, x.shape[2], rows)
        e = _residuals(self._block, x, f)
        self._lately = Lately(e.shape[1:])
        self._chart.learn(self._block.heads(e, self._lately))
        self._excursions = Excursions(e, rules.persist)
        self._before = e[-1]
        self._missing = np.zeros(self._before.shape)
        self._warned: Mask = np.zeros((rules.persist + 1, *self._before.shape), bool)

    def judge(self, x: Array, f: Array | None = None, time_s: Array | None = None, raw: Array | None = None) -> Verdict:
        """Judge the rows ``x`` (t, u, n) at covariates ``f`` (t, u, k) and times ``time_s`` (t,), if such were learned from.

        Excursions are looked for in ``raw`` (t, u, n), if given: the readings before bad ones were taken out.

        What is missing, or doubted (`detectors.excursions`), moves nothing; for `HOLD_ROWS` rows it is taken as it was, after
        that nothing is said of the tag until it has a value.
        """
        shape = x.shape
        score, warning, expected = np.full(shape, np.nan), np.zeros(shape, bool), np.full(shape, np.nan)
        head, excursion = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        if not (len(x) and self.moves.any()):
            return Verdict(score, head, warning, expected, excursion)
        f = self.lags(np.zeros((*shape[:2], 0)) if f is None else _real(f), time_s)
        moves = slice(None) if self.moves.all() else self.moves
        rough = _real((x if raw is None else raw)[:, :, moves])
        x = _real(x[:, :, moves])
        centre, spread = self._block.residuals.around(
            None if self._block.basis is None or f is None else self._block.basis(f)
        )
        before = self._before
        found = self._excursions.step(self._block.residuals.of(rough, centre, spread))
        e = self._block.residuals.of(x, centre, spread)
        e, missing = self._held(np.where(found.doubted, np.nan, e) if found.doubted.any() else e)
        known = missing == 0
        judged = self._chart.judge(self._block.heads(e, self._lately, before, known), self.limits, known)
        score[:, :, moves] = np.where(missing <= HOLD_ROWS, judged.score, np.nan)
        head[:, :, moves] = judged.head
        warning[:, :, moves] = judged.warning
        expected[:, :, moves] = centre + judged.mean * spread
        excursion[:, :, moves] = self._untold(found.lasted, judged.warning)
        return Verdict(score, head, warning, expected, excursion)

    def _held(self, e: Array) -> tuple[Array, NDArray[np.int64]]:
        """Residuals (t, u, n) with the last good one where there is none, and for how many rows there was none."""
        good = np.isfinite(e)
        if good.all() and not self._missing.any():
            self._before = e[-1]
            return e, np.zeros(e.shape, np.int64)
        rows = np.arange(len(e))[:, None, None]
        last = np.maximum.accumulate(np.where(good, rows, -1), axis=0)
        missing = np.where(last < 0, self._missing.astype(np.int64) + rows + 1, rows - last)
        filled = held(e, self._before)
        self._before, self._missing = filled[-1], missing[-1].astype(np.float64)
        return filled, missing

    def _untold(self, lasted: NDArray[np.int64], warning: Mask) -> NDArray[np.int64]:
        """Excursions (t, u, n) without those of which a warning has told while they lasted."""
        reach = len(self._warned)
        warned = np.concatenate([self._warned, warning])
        self._warned = warned[-reach:]
        for row, unit, tag in np.argwhere(lasted > 0):
            if warned[reach + row - lasted[row, unit, tag] : reach + row + 1, unit, tag].any():
                lasted[row, unit, tag] = 0
        return lasted

    def snapshot(self) -> dict[str, Array]:
        """What changes row by row, as arrays; what was learned stays as it is."""
        own = {
            "before": self._before.copy(),
            "missing": self._missing.copy(),
            "warned": self._warned.astype(np.float64),
        }
        return {
            **self.lags.snapshot(),
            **self._chart.snapshot(),
            **self._lately.snapshot(),
            **self._excursions.snapshot(),
            **own,
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit, for a watcher that learned from the same rows."""
        self.lags.restore(state)
        self._chart.restore(state)
        self._lately.restore(state)
        self._excursions.restore(state)
        self._before, self._missing = state["before"].copy(), state["missing"].copy()
        self._warned = state["warned"] > 0.0

    def _charts(self, n_units: int, n_tags: int, rows: int) -> Chart:
        return Chart(
            len(HEADS), n_units, n_tags, learn_rows=rows, period_s=self._period_s, rules=self._rules, shortest=SHORTEST
        )

    @staticmethod
    def _fit(x: Array, f: Array | None) -> _Unit:
        basis = None if f is None else Basis.fit(f)
        explains = None if basis is None or f is None else basis(f)
        residuals = Residuals.fit(x, explains)
        return _Unit(basis, residuals, Heads.fit(residuals(x, explains)))

    def _limits(self, unit: _Unit, x: Array, f: Array | None) -> Array:
        """Limits (4,) of one unit: its charts over the learn rows, on residuals that the fit had not seen."""
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
        heads = np.stack([level, cross, unit.heads.spread(level), Lately(x.shape[1:])(level)])[:, :, None]
        scores = self._charts(1, x.shape[1], rows).learn(heads)[:, :, 0]
        persist, budget = self._rules.persist, self._budget
        limits = [budget_limit(scores[head], budget, persist) for head in range(len(HEADS))]
        return np.array([shrunk(limit, rows, margin) for limit, margin in zip(limits, MARGINS, strict=True)])


def _residuals(unit: _Unit, x: Array, f: Array | None) -> Array:
    """Residuals (..., n) [-] of readings ``x`` (..., n) of one unit."""
    return unit.residuals(x, None if f is None or unit.basis is None else unit.basis(f))


def _moves(x: Array) -> Mask:
    """Tags (n,) of the learn rows (t, u, n) that have values in every unit, and more than one."""
    missing = np.isnan(x).mean(axis=0)
    filled = _filled(x)
    spread = filled.std(axis=0) > STILL * (1.0 + np.abs(np.median(filled, axis=0)))
    moves: Mask = (spread & (missing <= MISSING_SHARE)).all(axis=0)
    return moves


def _filled(x: Array) -> Array:
    """``x`` (t, ...) with the last good value, or the first, where there is none; 0 where there never is."""
    known = np.isfinite(x)
    if known.all():
        return x
    first = np.take_along_axis(x, known.argmax(axis=0)[None], axis=0)[0]
    return np.nan_to_num(held(x, first), nan=0.0, posinf=0.0, neginf=0.0)


def _real(x: Array) -> Array:
    """``x`` without what is no number."""
    real = np.abs(x) < HUGE
    return x if real.all() else np.where(real, x, np.nan)
