"""Operating mode of every unit and part, from tags only: what runs, and has had time to settle, is judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask, Values
from detectors.events import RUNNING, STOPPED, UNKNOWN
from stations.plant import Block


class ModeTracker:
    """Stopped, settling or running, per unit; unknown while the mode tag has no good value.

    A unit without a mode rule (a recording) always runs. A unit that already runs when first seen counts as settled: its start is
    not known, and a restarted worker must not lose a day.
    """

    def __init__(self, block: Block) -> None:
        self._rule = block.mode
        self._column = block.tag_index[block.mode.tag] if block.mode else 0
        self._running_s = np.full(len(block.units), np.inf)

    def step(self, x: Values, elapsed_s: float) -> NDArray[np.uint8]:
        """(n_units,) mode of one scan that comes ``elapsed_s`` [s] after the one before."""
        if self._rule is None:
            return np.full(len(x), RUNNING, dtype=np.uint8)
        level = x[:, self._column]
        runs = level >= self._rule.running_above
        self._running_s += elapsed_s * runs
        self._running_s[level < self._rule.running_above] = 0.0
        settled = self._running_s > self._rule.settle_s
        mode = (STOPPED + runs + (runs & settled)).astype(np.uint8)
        mode[np.isnan(level)] = UNKNOWN
        return mode

    def snapshot(self) -> dict[str, Array]:
        """Seconds that each unit has been running; a copy."""
        return {"running_s": self._running_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._running_s = state["running_s"].copy()


class Regimes:
    """What staff call the way in which each unit runs: the first regime of the block all of whose bounds hold."""

    def __init__(self, block: Block) -> None:
        bounds = [(place, bound) for place, regime in enumerate(block.regimes) for bound in regime.bounds]
        self._column = np.array([block.tag_index[bound.tag] for _, bound in bounds], dtype=np.intp)
        self._low = np.array([bound.low for _, bound in bounds])
        self._high = np.array([bound.high for _, bound in bounds])
        self._first = np.array(
            [i for i, (place, _) in enumerate(bounds) if i == 0 or bounds[i - 1][0] != place], np.intp
        )

    def of(self, x: Values) -> NDArray[np.uint8]:
        """(n_units,) number of the regime of each unit, from 1 on; 0 = none that has a name, or a tag of it is not known."""
        if not len(self._first):
            return np.zeros(len(x), dtype=np.uint8)
        y = x[:, self._column]
        holds = np.logical_and.reduceat((y >= self._low) & (y < self._high), self._first, axis=1)
        number: NDArray[np.uint8] = np.where(holds.any(axis=1), holds.argmax(axis=1) + 1, 0).astype(np.uint8)
        return number


class PartModes:
    """Which parts of a unit do not run, or have not settled, though the unit does: a mill, a fan, a pump.

    Parameters
    ----------
    columns : (n_judged,) column in the scan of every judged tag.
    """

    def __init__(self, block: Block, columns: list[int]) -> None:
        parts = [(component.code, component.mode) for component in block.components if component.mode]
        self._source = np.array([block.tag_index[mode.tag] for _, mode in parts], dtype=np.intp)
        self._above = np.array([mode.running_above for _, mode in parts])
        self._settle_s = np.array([mode.settle_s for _, mode in parts])
        self._bounds = [
            (part, block.tag_index[bound.tag], bound.low, bound.high)
            for part, (_, mode) in enumerate(parts)
            for bound in mode.bounds
        ]
        self._of_part = [
            np.flatnonzero([block.tags[column].component == code for column in columns]) for code, _ in parts
        ]
        self._running_s = np.full((len(block.units), len(parts)), np.inf)
        self._n_judged = len(columns)

    def step(self, x: Values, elapsed_s: float) -> Mask:
        """(n_units, n_judged) judged tags that say nothing now; one scan comes ``elapsed_s`` [s] after the one before."""
        silent = np.zeros((len(x), self._n_judged), bool)
        if not len(self._source):
            return silent
        level = x[:, self._source]
        runs, stops = level >= self._above, level < self._above
        for part, column, low, high in self._bounds:
            y = x[:, column]
            runs[:, part] &= (y >= low) & (y < high)
            stops[:, part] |= (y < low) | (y >= high)
        self._running_s += elapsed_s * runs
        self._running_s[stops] = 0.0
        stands = ~(runs & (self._running_s > self._settle_s))
        for part, tags in enumerate(self._of_part):
            silent[:, tags] = stands[:, part, None]
        return silent

    def snapshot(self) -> dict[str, Array]:
        """Seconds that each part has been running; a copy."""
        return {"running_s": self._running_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._running_s = state["running_s"].copy()
