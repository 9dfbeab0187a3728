"""What was said last of one block, and what follows for its units: states, modes, tags."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dashboards.board.views import ComponentNow, Matrix, Named, TagNow, UnitRow, UnitView
from detectors.base import Array
from detectors.events import MODE_NAMES, RUNNING, HealthScore, TagTrend
from detectors.states import NO_DATA, NORMAL, states, unit_states
from detectors.wording import shown_uom
from stations.plant import Block, Text

MODES_MOST: Final = 2_000
"""Changes of mode that are kept of a block; of more, the first is forgotten."""
STALE_S, STALE_SCANS = 60.0, 3.5
"""Who is silent for longer than a minute, and than three scans take, is not heard of any more [s]."""
UNKNOWN_MODE: Final = MODE_NAMES[0]


def known(value: float | None) -> float | None:
    """A number, or None for NaN.

    >>> known(float("nan")), known(2.0)
    (None, 2.0)
    """
    return None if value is None or math.isnan(value) else float(value)


class Folded:
    """The newest events of one block; of older ones only when units changed their modes."""

    def __init__(self, block: Block) -> None:
        self.block = block
        judged = [block.tags[i].component for i in block.judged]
        self._components = [component for component in block.components if component.code in judged]
        self._health: _Now | None = None
        self._values = np.full((len(block.units), len(block.judged), 5), np.nan)
        self._values_ns = np.zeros(len(block.units), dtype=np.int64)
        self._modes: deque[tuple[int, NDArray[np.uint8]]] = deque(maxlen=MODES_MOST)

    def take(self, event: HealthScore | TagTrend) -> bool:
        """Keep an event; False if it is of another revision, or not newer than the one that is kept."""
        if event.revision != self.block.revision:
            return False
        if isinstance(event, TagTrend):
            stacked = np.stack([event.value, event.expected, event.low, event.high, event.score], axis=2)
            self._values[event.units] = stacked[event.units]
            self._values_ns[event.units] = event.time_ns
            return True
        if self._health is not None and event.time_ns <= self._health.event.time_ns:
            return False
        self._health = _Now(event)
        if not self._modes or (self._modes[-1][1] != event.mode).any():
            self._modes.append((event.time_ns, event.mode.copy()))
        return True

    def age_s(self, now_ns: int) -> float | None:
        """Age of the newest scan [s]; None = there was none."""
        return None if self._health is None else max(0.0, (now_ns - self._health.event.time_ns) / 1e9)

    def is_stale(self, now_ns: int) -> bool:
        """Whether it is not heard of any more, or was not yet."""
        age_s = self.age_s(now_ns)
        return age_s is None or age_s > max(STALE_S, STALE_SCANS * self.block.period_s)

    @property
    def units_now(self) -> list[int]:
        """State of every unit."""
        return [int(NO_DATA)] * len(self.block.units) if self._health is None else self._health.units

    @property
    def attended(self) -> int:
        """How many units count as normal only because a person attends to them."""
        return 0 if self._health is None else sum(self._health.attended)

    @property
    def running(self) -> int:
        """How many units run."""
        return 0 if self._health is None else int(np.count_nonzero(self._health.event.mode == RUNNING))

    @property
    def lowest(self) -> float | None:
        """The lowest health of all that is known [0-100]."""
        return None if self._health is None else known(float(np.fmin.reduce(self._health.event.health, axis=None)))

    def where(self, state: int) -> Iterator[tuple[str, Text | None]]:
        """Units in this state, and of each the component with the highest score, the worst first."""
        if self._health is None:
            return
        event = self._health.event
        score = np.where(np.isnan(event.score), -1.0, event.score)
        # A part that stands still has no score, but its warning stands: its state counts first.
        score[self._health.components != state] = -2.0
        if event.attended is not None:
            score[event.attended] = -2.0
        rows = [row for row, one in enumerate(self._health.units) if one == state]
        for row in sorted(rows, key=lambda row: -float(score[row].max())):
            worst = self._components[int(score[row].argmax())].name if state > NO_DATA else None
            yield self.block.units[row], worst

    def matrix(self) -> Matrix:
        """Every unit by every component."""
        components = tuple(Named(component.code, component.name) for component in self._components)
        return Matrix(self.block.code, components, tuple(self._row(row) for row in range(len(self.block.units))))

    def _row(self, row: int) -> UnitRow:
        n, now = len(self._components), self._health
        if now is None:
            cells = (int(NO_DATA),) * n
            unknown = int(NO_DATA), UNKNOWN_MODE, None, None, None
            return UnitRow(self.block.units[row], *unknown, cells, (False,) * n, is_attended=False)
        return UnitRow(
            unit=self.block.units[row],
            state=now.units[row],
            mode=MODE_NAMES[now.event.mode[row]],
            regime=self._regime(now.event, row),
            health=known(float(np.fmin.reduce(now.event.health[row], initial=np.nan))),
            good=known(float(now.event.good[row])),
            cells=tuple(int(state) for state in now.components[row]),
            attended=tuple(now.event.attended[row].tolist()) if now.event.attended is not None else (False,) * n,
            is_attended=now.attended[row],
        )

    def _regime(self, event: HealthScore, row: int) -> Text | None:
        number = 0 if event.regime is None else int(event.regime[row])
        return self.block.regimes[number - 1].name if number else None

    def unit(self, unit: str, now_ns: int, station_name: Text) -> UnitView:
        """One unit, without its warnings."""
        row = self.block.units.index(unit)
        seen, now, values_ns = self._row(row), self._health, int(self._values_ns[row])
        return UnitView(
            now_ns=now_ns,
            version=0,
            station=self.block.station,
            station_name=station_name,
            unit=unit,
            block=self.block.code,
            state=seen.state,
            is_attended=seen.is_attended,
            mode=seen.mode,
            regime=seen.regime,
            health=seen.health,
            good=seen.good,
            age_s=self.age_s(now_ns),
            is_stale=self.is_stale(now_ns),
            tags_age_s=max(0.0, (now_ns - values_ns) / 1e9) if values_ns else None,
            components=tuple(
                ComponentNow(
                    component.code,
                    component.name,
                    seen.cells[i],
                    None if now is None else known(float(now.event.score[row, i])),
                    None if now is None else known(float(now.event.health[row, i])),
                    seen.attended[i],
                )
                for i, component in enumerate(self._components)
            ),
            tags=tuple(self._tag(row, i) for i in range(len(self.block.judged))),
            modes=tuple(self._strip(row)),
            warnings=(),
            quality=(),
        )

    def _tag(self, row: int, column: int) -> TagNow:
        tag = self.block.tags[self.block.judged[column]]
        value, expected, low, high, score = (known(float(one)) for one in self._values[row, column])
        limits = tag.limits
        return TagNow(
            tag.code,
            tag.name,
            shown_uom(tag.uom),
            tag.component,
            value,
            expected,
            low,
            high,
            score,
            limits.alarm_low,
            limits.alarm_high,
        )

    def _strip(self, row: int) -> Iterator[tuple[int, str]]:
        before = -1
        for time_ns, mode in self._modes:
            if mode[row] != before:
                before = int(mode[row])
                yield time_ns, MODE_NAMES[before]


class _Now:
    """A health event and, once somebody looks, the states that follow from it."""

    def __init__(self, event: HealthScore) -> None:
        # The monitor goes on with some of its arrays.
        self.event = replace(event, mode=event.mode.copy(), level=event.level.copy(), score=event.score.copy())

    @cached_property
    def components(self) -> Array:
        """(n_units, n_components)"""
        return states(self.event)

    @cached_property
    def units(self) -> list[int]:
        """(n_units,)"""
        return [int(state) for state in unit_states(self.event, self.components)]

    @cached_property
    def attended(self) -> list[bool]:
        """(n_units,) whether a unit counts as normal only because all that is abnormal there is attended to."""
        attended = self.event.attended
        if attended is None:
            return [False] * len(self.units)
        taken_on = np.logical_or.reduce(attended & (self.components > NORMAL), axis=1)
        return [state == NORMAL and bool(taken) for state, taken in zip(self.units, taken_on, strict=True)]
