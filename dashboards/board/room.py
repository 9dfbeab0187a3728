"""What the control room sees: a fold over events. It knows neither socket nor clock, and belongs to one thread at a time.

States roll up worst-of with counts; what a person attends to counts as normal; what is not known is never healthy; every number
has an age, by the time of the plant that the caller gives.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from dashboards.board.folded import Folded, known
from dashboards.board.sensors import SensorsOut
from dashboards.board.views import (
    FleetView,
    QualityView,
    StationTile,
    StationView,
    UnitView,
    WarningView,
)
from dashboards.board.warning_view import warning_view
from detectors.alarm_load import AlarmLoad
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore, TagTrend
from detectors.kpis import Kpis
from detectors.sisters import ALL_UNITS
from detectors.states import NO_DATA, NORMAL, STATE_NAMES
from detectors.worklist import OVER, Item, Worklist
from stations.plant import Fleet, Station, Text

ITEMS_MOST: Final = 5_000
"""Warnings that are kept; of more, those that ended first are forgotten."""
SPARK_S: Final = 900.0
"""Time between two points of a spark line [s]; with `SPARK_MOST` of them it takes a day."""
SPARK_MOST: Final = 96
WAITING: Final = ("unacknowledged", "returned")
"""States of a warning in which it waits for a person."""


class Room:
    """Everything the pages show.

    Parameters
    ----------
    fleet : what is watched; events of anything else are passed over.
    spark_s : time between two points of a spark line [s of plant time].

    Attributes
    ----------
    worklist, load : the warnings, and what they cost.
    version : grows with everything that changes what is seen.
    progress : how much of the past is learned [0 .. 1] and a few words; None = live.
    last_ns : the newest event time [ns]; 0 = there was none.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> view = Room(load_fleet()).fleet_view(0)
    >>> len(view.stations), view.counts
    (13, {'no_data': 379})
    """

    def __init__(self, fleet: Fleet, *, spark_s: float = SPARK_S) -> None:
        self.fleet = fleet
        self.worklist = Worklist()
        self.load = AlarmLoad("fleet", units=fleet.n_units)
        self.version = 0
        self.last_ns = 0
        self._progress: tuple[float, str] | None = None
        self._blocks = {(block.station, block.code): Folded(block) for block in fleet.blocks}
        self._sensors = SensorsOut()
        self._spark_ns = round(spark_s * 1e9)
        self._sparks: dict[str, deque[tuple[int, float | None]]] = {
            code: deque(maxlen=SPARK_MOST) for code in fleet.stations
        }

    @property
    def progress(self) -> tuple[float, str] | None:
        """See `Room`."""
        return self._progress

    @progress.setter
    def progress(self, progress: tuple[float, str] | None) -> None:
        self._progress = progress
        self.version += 1

    def take(self, events: Iterable[Event]) -> None:
        """Fold events in, those of one block in the order of their times."""
        for event in events:
            if self._take(event):
                self.version += 1

    def _take(self, event: Event) -> bool:
        if event.station not in self.fleet.stations:
            return False
        if isinstance(event, EarlyWarning):
            if not self.worklist.take(event):
                return False
            self.load.take([event])
            self._forget()
        elif isinstance(event, DataQuality):
            self._sensors.take(event)
        elif isinstance(event, HealthScore | TagTrend):
            folded = self._blocks.get((event.station, event.block))
            if folded is None or not folded.take(event):
                return False
            if isinstance(event, HealthScore):
                self.last_ns = max(self.last_ns, event.time_ns)
                self._spark(event)
        else:
            return False
        return True

    def _forget(self) -> None:
        items = self.worklist.items
        if len(items) > ITEMS_MOST:
            oldest = min(items, key=lambda id: (items[id].state not in OVER, items[id].last.time_ns))
            del items[oldest]

    def _spark(self, event: HealthScore) -> None:
        spark = self._sparks[event.station]
        if not spark or event.time_ns - spark[-1][0] >= self._spark_ns:
            healths = [one for folded in self._of(event.station) if (one := folded.lowest) is not None]
            spark.append((event.time_ns // self._spark_ns * self._spark_ns, min(healths, default=None)))

    def recall(self, station: str, healths: Iterable[tuple[int, float]]) -> None:
        """Fill the spark line of a station with times [ns] and lowest healths [0-100] of before; what is known stays."""
        spark = self._sparks[station]
        first_ns = spark[0][0] if spark else math.inf
        before = {time_ns // self._spark_ns * self._spark_ns: health for time_ns, health in healths}
        # From the left, a full line would push out what is newer.
        for time_ns in sorted((one for one in before if one < first_ns), reverse=True)[: SPARK_MOST - len(spark)]:
            spark.appendleft((time_ns, before[time_ns]))
        self.version += 1

    def _of(self, station: str) -> list[Folded]:
        return [folded for (code, _), folded in self._blocks.items() if code == station]

    # ------------------------------------------------------------------------------------------------------------ views

    def fleet_view(self, now_ns: int) -> FleetView:
        """All stations; ``now_ns`` is the time of the plant [ns]."""
        standing = self._standing()
        tiles = tuple(self._tile(station, now_ns, standing) for station in self.fleet.stations.values())
        abnormal = [tile for tile in tiles if tile.state > NORMAL]
        worst = sorted(abnormal, key=lambda tile: (-tile.state, -tile.waiting))
        counts = Counter[str]()
        for tile in tiles:
            counts.update(tile.counts)
        return FleetView(
            now_ns=now_ns,
            version=self.version,
            progress=self.progress,
            stations=tiles,
            worst=tuple(tile.code for tile in worst),
            units=self.fleet.n_units,
            counts=dict(counts),
            waiting=sum(tile.waiting for tile in tiles),
            spark_s=self._spark_ns * SPARK_MOST / 1e9,
        )

    def station_view(self, code: str, now_ns: int) -> StationView:
        """One station; KeyError if there is none of that code."""
        station = self.fleet.stations[code]
        return StationView(
            now_ns=now_ns,
            version=self.version,
            tile=self._tile(station, now_ns, self._standing()),
            blocks=tuple(folded.matrix() for folded in self._of(code)),
            warnings=self.warnings(station=code),
            quality=self.quality(code),
        )

    def unit_view(self, code: str, unit: str, now_ns: int) -> UnitView:
        """One unit; KeyError if there is none of that name."""
        station = self.fleet.stations[code]
        folded = next((one for one in self._of(code) if unit in one.block.units), None)
        if folded is None:
            raise KeyError(unit)
        view = folded.unit(unit, now_ns, station.name)
        return replace(
            view,
            version=self.version,
            warnings=self.warnings(station=code, unit=unit),
            quality=self.quality(code, unit),
        )

    def load_view(self, now_ns: int) -> Kpis:
        """What the warnings cost their readers."""
        return self.load.kpis(now_ns)

    def warnings(self, *, station: str = "", unit: str = "", ended: bool = False) -> tuple[WarningView, ...]:
        """The worklist, the worst first, of a station or a unit of it; with ``ended`` what is over too.

        Of a unit they are also those of all units of its station together.
        """
        return tuple(
            warning_view(item, self.fleet)
            for item in self.worklist.listed(ended=ended)
            if station in ("", item.told.station) and (not unit or item.told.unit in (unit, ALL_UNITS))
        )

    def warning(self, id: str) -> WarningView | None:
        """One warning by its whole id."""
        item = self.worklist.items.get(id)
        return None if item is None else warning_view(item, self.fleet)

    def quality(self, station: str = "", unit: str = "") -> tuple[QualityView, ...]:
        """Sensors that are out, the newest first."""
        return self._sensors.listed(station, unit)

    def _standing(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in self.worklist.listed():
            found.setdefault(item.told.station, []).append(item)
        return found

    def _tile(self, station: Station, now_ns: int, standing: dict[str, list[Item]]) -> StationTile:
        folded = self._of(station.code)
        ages = [age for one in folded if (age := one.age_s(now_ns)) is not None]
        is_stale = any(one.is_stale(now_ns) for one in folded)
        units = [state for one in folded for state in one.units_now]
        counts = Counter(STATE_NAMES[state] for state in units)
        state = max([*units, NO_DATA] if is_stale or not units else units)
        where, part = next(self._worst(folded, int(state)), ("", None))
        items = standing.get(station.code, [])
        return StationTile(
            code=station.code,
            name=station.name,
            technology=station.technology,
            state=int(state),
            health=min((one.lowest for one in folded if one.lowest is not None), default=None),
            age_s=max(ages, default=None),
            is_stale=is_stale,
            units=len(units),
            running=sum(one.running for one in folded),
            counts=dict(counts),
            attended=sum(one.attended for one in folded),
            worst_unit=where,
            worst_component=part,
            warnings=len(items),
            waiting=sum(item.state in WAITING for item in items),
            spark=self._drawn(station.code, now_ns),
        )

    def _drawn(self, code: str, now_ns: int) -> tuple[float | None, ...]:
        """The spark line at equal steps up to now."""
        at = {time_ns // self._spark_ns: value for time_ns, value in self._sparks[code]}
        last = now_ns // self._spark_ns
        return tuple(known(at.get(i)) for i in range(last - SPARK_MOST + 1, last + 1))

    def _worst(self, folded: list[Folded], state: int) -> Iterator[tuple[str, Text | None]]:
        for one in folded:
            if state > NORMAL:
                yield from one.where(state)
