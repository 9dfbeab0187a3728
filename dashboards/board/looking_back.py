"""Tags of the past and of now, from InfluxDB: events over Kafka tell of health and warnings only."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from connectors.errors import ConnectorError
from connectors.influx_read import TREND, InfluxReader
from dashboards.board.pulse import Part
from dashboards.board.room import SPARK_MOST, SPARK_S
from dashboards.board.views import Trend
from detectors.events import Event, TagTrend
from stations.plant import Block, Fleet, Text

logger = logging.getLogger(__name__)

EACH_S: Final = 20.0
"""Time between two looks at the newest tags of the fleet [s]: they are stored each minute, and more often while in an episode."""


@dataclass(frozen=True, slots=True)
class InfluxHistory:
    """The `dashboards.board.acting.History` of a board over Kafka; ``now_ns`` is the time of the plant [ns]."""

    reader: InfluxReader
    now_ns: Callable[[], int]

    def trend(self, station: str, unit: str, tag: str, back_s: float) -> Trend:
        """The tag over the last ``back_s`` [s], the oldest first. ConnectorError if InfluxDB is away."""
        until_ms = self.now_ns() // 1_000_000
        since_ms = until_ms - round(back_s * 1000)
        rows = self.reader.trend(station, unit, tag, since_ms=max(0, since_ms), until_ms=until_ms)
        columns = [tuple(row[name] for row in rows) for name in TREND]
        return Trend(tag, tuple(row["time"] * 1_000_000 for row in rows), *columns)


def trends(block: Block, rows: Iterable[dict[str, Any]]) -> list[TagTrend]:
    """The newest rows of the tags of a block as events, the oldest first; a unit's older rows are left out.

    Parameters
    ----------
    rows : ``time`` [ms], ``unit``, ``tag`` and the fields of `TREND`; of other units and tags they are passed over.
    """
    columns = {block.tags[i].code: column for column, i in enumerate(block.judged)}
    units = {unit: row for row, unit in enumerate(block.units)}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["unit"] in units and row["tag"] in columns:
            found[row["unit"]].append(row)
    newest = {unit: max(row["time"] for row in of_unit) for unit, of_unit in found.items()}
    events = []
    for time_ms in sorted(set(newest.values())):
        values = np.full((len(TREND), len(units), len(columns)), np.nan)
        mask = np.zeros(len(units), dtype=bool)
        for unit in (unit for unit, last_ms in newest.items() if last_ms == time_ms):
            mask[units[unit]] = True
            for row in found[unit]:
                if row["time"] == time_ms:
                    values[:, units[unit], columns[row["tag"]]] = [
                        np.nan if row[name] is None else row[name] for name in TREND
                    ]
        events.append(TagTrend(block.station, block.code, block.revision, time_ms * 1_000_000, mask, *values))
    return events


class Poller:
    """Asks for the newest tags of every station again and again, in a thread of its own, from `start` to `stop`.

    Once at the beginning it asks for the health of the day before, so that a restart shows the same spark lines.

    Parameters
    ----------
    give : is handed the trends, in that thread.   recall : the health of a station over that day, times in [ns].
    now_ns : the time of the plant [ns]; 0 = not known yet.
    clock : of the wall [s], of any origin.
    """

    def __init__(
        self,
        reader: InfluxReader,
        fleet: Fleet,
        give: Callable[[list[Event]], None],
        now_ns: Callable[[], int],
        *,
        recall: Callable[[str, list[tuple[int, float]]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader, self._fleet, self._give, self._now_ns, self._clock = reader, fleet, give, now_ns, clock
        self._recall, self._unrecalled = recall, list(fleet.stations)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-tags", daemon=True)
        self._away_s: float | None = None

    def start(self) -> None:
        """Begin. A server that is away is waited for."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ending.set()
        self._thread.join()

    def part(self) -> Part:
        """How it does, for everybody to see."""
        if self._away_s is None:
            return Part("influxdb", True, Text("InfluxDB 正常", "influxdb answers"))
        since_s = self._clock() - self._away_s
        return Part(
            "influxdb",
            False,
            Text(f"InfluxDB 已 {since_s:.0f} 秒不应答", f"influxdb has not answered for {since_s:.0f} s"),
        )

    def _run(self) -> None:
        while not self._ending.is_set():
            self._look()
            # Before the first scan of a plant with a time of its own nobody knows where to look.
            self._ending.wait(EACH_S if self._now_ns() else 0.5)

    def _look(self) -> None:
        until_ms = self._now_ns() // 1_000_000
        try:
            while self._unrecalled and until_ms and not self._ending.is_set():
                self._look_back(self._unrecalled[0], until_ms)
                del self._unrecalled[0]
            for code, station in self._fleet.stations.items():
                if self._ending.is_set() or not until_ms:
                    return
                rows = self._reader.newest(code, until_ms=until_ms)
                self._give([event for block in station.blocks for event in trends(block, rows)])
            self._away_s = None
        except ConnectorError as error:
            if self._away_s is None:
                self._away_s = self._clock()
                logger.warning("%s; trying again every %.0f s", str(error), EACH_S)

    def _look_back(self, code: str, until_ms: int) -> None:
        step_ms = round(SPARK_S * 1000)
        rows = self._reader.health(code, since_ms=until_ms - SPARK_MOST * step_ms, until_ms=until_ms, step_ms=step_ms)
        known = [(row["time"] * 1_000_000, row["health"]) for row in rows if row["health"] is not None]
        self._recall(code, known)
