"""Operating mode of every unit and part, from tags only: what runs, and has had time to settle, is judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask, Values
from detectors.compiled import compiled
from detectors.events import RUNNING, SETTLING, STOPPED, UNKNOWN
from stations.plant import Block, Mode, Tag


class ModeTracker:
    """Stopped, settling or running, per unit; unknown while the mode tag has no good value.

    A unit without a mode rule (a recording) always runs. A unit that already runs when first seen counts as settled: its start is
    not known, and a restarted worker must not lose a day.
    """

    def __init__(self, block: Block) -> None:
        self._rule = block.mode
        self._rules = _rules(block, [block.mode] if block.mode else [])
        self._running_s = np.full((len(block.units), 1), np.inf)

    def step(self, x: Values, elapsed_s: float) -> NDArray[np.uint8]:
        """(n_units,) mode of one scan that comes ``elapsed_s`` [s] after the one before."""
        if self._rule is None:
            return np.full(len(x), RUNNING, dtype=np.uint8)
        mode = np.empty(self._running_s.shape, dtype=np.uint8)
        _follow(x, *self._rules, elapsed_s, self._running_s, mode)
        return mode[:, 0]

    def snapshot(self) -> dict[str, Array]:
        """Seconds that each unit has been running; a copy."""
        return {"running_s": self._running_s[:, 0].copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._running_s[:, 0] = state["running_s"]


class Regimes:
    """What staff call the way in which each unit runs: the first regime of the block all of whose bounds hold."""

    def __init__(self, block: Block) -> None:
        bounds = [(place, bound) for place, regime in enumerate(block.regimes) for bound in regime.bounds]
        self._regime = np.array([place + 1 for place, _ in bounds], dtype=np.uint8)
        self._column = np.array([block.tag_index[bound.tag] for _, bound in bounds], dtype=np.intp)
        self._low = np.array([bound.low for _, bound in bounds], dtype=np.float64)
        self._high = np.array([bound.high for _, bound in bounds], dtype=np.float64)

    def of(self, x: Values) -> NDArray[np.uint8]:
        """(n_units,) number of the regime of each unit, from 1 on; 0 = none that has a name, or a tag of it is not known."""
        number = np.zeros(len(x), dtype=np.uint8)
        _name(x, self._regime, self._column, self._low, self._high, number)
        return number


class PartModes:
    """Which parts of a unit do not run, or have not settled, though the unit does: a mill, a fan, a pump.

    Parameters
    ----------
    columns : (n_judged,) column in the scan of every judged tag.
    """

    def __init__(self, block: Block, columns: list[int]) -> None:
        parts = [(component.code, component.mode) for component in block.components if component.mode]
        codes = [code for code, _ in parts]
        self._rules = _rules(block, [mode for _, mode in parts])
        # What belongs to no part that stands by itself has a column after theirs, which never does.
        self._part = np.array([_index(codes, block.tags[column]) for column in columns], dtype=np.intp)
        self._running_s = np.full((len(block.units), len(parts)), np.inf)
        self._mode = np.full((len(block.units), len(parts) + 1), RUNNING, dtype=np.uint8)

    def step(self, x: Values, elapsed_s: float) -> Mask:
        """(n_units, n_judged) judged tags that say nothing now; one scan comes ``elapsed_s`` [s] after the one before."""
        _follow(x, *self._rules, elapsed_s, self._running_s, self._mode)
        silent: Mask = (self._mode != RUNNING).take(self._part, axis=1)
        return silent

    def snapshot(self) -> dict[str, Array]:
        """Seconds that each part has been running; a copy."""
        return {"running_s": self._running_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._running_s = state["running_s"].copy()


def _index(parts: list[str], tag: Tag) -> int:
    """Of the part whose standing still silences a tag; behind the last one if none does."""
    return len(parts) if tag.at_rest or tag.component not in parts else parts.index(tag.component)


_Rules = tuple[NDArray[np.intp], NDArray[np.intp], Array, Array, Array]


def _rules(block: Block, modes: Sequence[Mode]) -> _Rules:
    """Bounds by which each runs (whose, column, low, high), and its time to settle [s]."""
    bounds = [(i, bound) for i, mode in enumerate(modes) for bound in mode.conditions]
    return (
        np.array([i for i, _ in bounds], dtype=np.intp),
        np.array([block.tag_index[bound.tag] for _, bound in bounds], dtype=np.intp),
        np.array([bound.low for _, bound in bounds], dtype=np.float64),
        np.array([bound.high for _, bound in bounds], dtype=np.float64),
        np.array([mode.settle_s for mode in modes], dtype=np.float64),
    )


@compiled
def _follow(
    x: Array,
    whose: NDArray[np.intp],
    columns: NDArray[np.intp],
    low: Array,
    high: Array,
    settle_s: Array,
    elapsed_s: float,
    running_s: Array,
    mode: NDArray[np.uint8],
) -> None:
    """Mode of every unit or part, and for how long each has been running; that stands still while a tag of it is not known."""
    for u in range(x.shape[0]):
        for i in range(len(settle_s)):
            mode[u, i] = SETTLING
        for b in range(len(whose)):
            i, y = whose[b], x[u, columns[b]]
            if y < low[b] or y >= high[b]:
                mode[u, i] = STOPPED
            elif np.isnan(y) and mode[u, i] != STOPPED:
                mode[u, i] = UNKNOWN
        for i in range(len(settle_s)):
            if mode[u, i] == STOPPED:
                running_s[u, i] = 0.0
            elif mode[u, i] == SETTLING:
                running_s[u, i] += elapsed_s
                if running_s[u, i] > settle_s[i]:
                    mode[u, i] = RUNNING


@compiled
def _name(
    x: Array,
    regime: NDArray[np.uint8],
    columns: NDArray[np.intp],
    low: Array,
    high: Array,
    number: NDArray[np.uint8],
) -> None:
    """The first regime of every unit all of whose bounds hold; bounds of one stand together."""
    for u in range(x.shape[0]):
        fails = 0
        for i in range(len(regime)):
            if not low[i] <= x[u, columns[i]] < high[i]:
                fails = regime[i]
            if fails != regime[i] and (i + 1 == len(regime) or regime[i + 1] != regime[i]):
                number[u] = regime[i]
                break
