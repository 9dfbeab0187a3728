"""Short excursions: a reading that leaves the level it came from, farther than ever, and is back before a warning would open.

The charts of `detectors.chart` wait for what persists, so a jump of one or two rows passes them by. This head names it when it is
over. With e the residual of a tag, m its level of late and s the spread of e - m in the learn rows, every row does

    d = e - m
    |d| <= h s:      m <- m + clip(d, +-3 s)/5
    |d| >  h s:      an excursion begins; m is held until |d| <= h s/2, which ends it and names it,
                     or until it has lasted longer than `Rules.persist` rows: then it is a step that stays, and m = e

A row so far away is *doubted* until the third in a row: the charts do not see it, or a spike would open a warning. h comes from a
budget of false ones (`detectors.limits`): |d|/s in the learn rows, one row being enough.

Reference: the level is an EWMA with winsorised steps (J. M. Lucas, R. B. Crosier, "Robust CUSUM," Commun. Stat. 11(23), 1982).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask
from detectors.compiled import compiled
from detectors.limits import budget_limit
from detectors.residuals import robust_sd

BUDGET = 1e-4
"""False excursions a row of a unit: an order below those of warnings."""
LEVEL_ROWS, CLIP = 5.0, 3.0
"""Memory of the level, and how far one row may pull it, in spreads."""
BACK = 0.5
"""An excursion is over within this share of its limit."""
LEAST, MOST, MARGIN = 5.5, 40.0, 1.1
"""Limits stay between 5.5 spreads, which white noise passes once in 3e7 readings, and 40; the margin is for heavier tails."""
REFERENCE_ROWS = 400.0
"""Learn rows that weigh as much as the median limit of all tags."""
PASSES = 2
"""Over the learn rows: the first finds the spread by which the second clips."""
STAYS = -1
"""Stands for an excursion that is none, but a step."""
DOUBT_ROWS = 2
"""Rows of an excursion that are not believed yet: spikes last one to three samples."""


class Found(NamedTuple):
    """Of rows (t, u, n): how many an excursion lasted that is over in this row, `STAYS` where it turns out to be a step, else 0;
    and which are doubted."""

    lasted: NDArray[np.int64]
    doubted: Mask


class Excursions:
    """Excursions of the tags of a block.

    Parameters
    ----------
    e : (t, u, n) residuals of the learn rows [-].   persist : rows from which on it is no excursion.

    Examples
    --------
    >>> chance = np.random.default_rng(1)
    >>> head = Excursions(chance.standard_normal((400, 1, 2)), persist=12)
    >>> e = chance.standard_normal((50, 1, 2))
    >>> e[20:22, 0, 1] += 9.0
    >>> found = head.step(e)
    >>> np.argwhere(found.lasted).tolist(), int(found.lasted[22, 0, 1]), np.argwhere(found.doubted).tolist()
    ([[22, 0, 1]], 2, [[20, 0, 1], [21, 0, 1]])
    """

    def __init__(self, e: Array, persist: int) -> None:
        self._persist = persist
        self.limits: Array
        """Limit of each column (m,) [spreads]."""
        columns = e.reshape(len(e), -1)
        n = columns.shape[1]
        start = np.median(columns[: int(4 * LEVEL_ROWS)], axis=0)
        never = np.full(n, np.inf)
        self._spread, away = never, np.zeros(columns.shape)
        for _ in range(PASSES):
            self._level, self._rows = start.copy(), np.zeros(n)
            lasted, doubted = np.zeros(columns.shape), np.zeros(columns.shape, bool)
            _step(columns, self._spread, never, persist, self._level, self._rows, away, lasted, doubted)
            self._spread = np.maximum(robust_sd(away), 1e-9)
        self.limits = self._limits(np.abs(away) / self._spread, e.shape[2])

    @staticmethod
    def _limits(far: Array, tags: int) -> Array:
        """Limits (m,) [spreads] by how far (t, m) the tags of each unit went in the learn rows, and by the median of its tags."""
        if not far.shape[1]:
            return np.zeros(0)
        found = [budget_limit(far[:, j : j + 1], BUDGET / tags, 1, MOST) for j in range(far.shape[1])]
        own = np.array(found).reshape(-1, tags)
        weight = len(far) / (len(far) + REFERENCE_ROWS)
        limits = MARGIN * own**weight * np.median(own, axis=1, keepdims=True) ** (1.0 - weight)
        return np.asarray(np.clip(limits, LEAST, MOST)).ravel()

    def step(self, e: Array) -> Found:
        """What is found in the next rows ``e`` (t, u, n), as in the learn rows; NaN = no value, and nothing moves."""
        columns = e.reshape(len(e), -1)
        lasted, doubted = np.zeros(columns.shape), np.zeros(columns.shape, bool)
        away = np.zeros(columns.shape)
        _step(columns, self._spread, self.limits, self._persist, self._level, self._rows, away, lasted, doubted)
        return Found(lasted.reshape(e.shape).astype(np.int64), doubted.reshape(e.shape))

    def snapshot(self) -> dict[str, Array]:
        """What changes row by row."""
        return {"level": self._level.copy(), "excursion_rows": self._rows.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._level, self._rows = state["level"].copy(), state["excursion_rows"].copy()


@compiled
def _step(
    e: Array,
    spread: Array,
    limits: Array,
    persist: int,
    level: Array,
    rows: Array,
    away: Array,
    lasted: Array,
    doubted: Mask,
) -> None:
    """Excursions row by row; ``rows`` (m,) counts those of one under way."""
    for t in range(len(e)):
        for j in range(e.shape[1]):
            d = e[t, j] - level[j]
            if np.isnan(d):
                continue
            away[t, j] = d
            far = abs(d) / spread[j]
            if far > limits[j] or (rows[j] > 0 and far > BACK * limits[j]):
                rows[j] += 1
                doubted[t, j] = rows[j] <= DOUBT_ROWS
                if rows[j] > persist:
                    level[j] = e[t, j]
                    rows[j] = 0
                    lasted[t, j] = STAYS
            else:
                lasted[t, j] = rows[j]
                rows[j] = 0
                level[j] += min(max(d, -CLIP * spread[j]), CLIP * spread[j]) / LEVEL_ROWS
