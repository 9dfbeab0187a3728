"""Tags over time, kept in memory: every trend of the last days, and before that one each few hours."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboards.board.views import Trend
from detectors.events import Event, TagTrend
from stations.plant import Fleet

RECENT_MOST: Final = 432
"""Trends of a block that are all kept: three days of one each ten minutes."""
SPARSE_S: Final = 7200.0
SPARSE_MOST: Final = 1_080
"""And of older ones one each so long [s], for three months; some 25 MB for a station of 40 units and 15 tags."""
POINTS_MOST: Final = 400
"""Points of one curve that are told: more than a screen shows."""


class _Row(NamedTuple):
    """(n_units, n_tags, 5): value, expected, low, high, score; NaN where the trend was not of that unit."""

    time_ns: int
    values: NDArray[np.float32]


class Trends:
    """The `dashboards.board.acting.History` of a board without InfluxDB; safe to be called from any thread.

    Parameters
    ----------
    sparse_s : time between two of the older trends that are kept [s]; with `SPARSE_MOST` of them it is how far back one can look.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> Trends(load_fleet()).trend("YXK", "1", "MKD10CT101", 3600.0).value
    ()
    """

    def __init__(self, fleet: Fleet, *, sparse_s: float = SPARSE_S) -> None:
        self._sparse_ns = sparse_s * 1e9
        self._blocks = {(block.station, block.code): block for block in fleet.blocks}
        self._recent: dict[tuple[str, str], deque[_Row]] = {key: deque() for key in self._blocks}
        self._sparse: dict[tuple[str, str], deque[_Row]] = {key: deque(maxlen=SPARSE_MOST) for key in self._blocks}
        self._lock = threading.Lock()

    def take(self, events: Iterable[Event]) -> None:
        """Keep the trends among some events."""
        for event in events:
            if isinstance(event, TagTrend):
                block = self._blocks.get((event.station, event.block))
                if block is not None and block.revision == event.revision:
                    self._keep((event.station, event.block), event)

    def _keep(self, key: tuple[str, str], event: TagTrend) -> None:
        stacked = np.stack([event.value, event.expected, event.low, event.high, event.score], axis=2)
        values = stacked.astype(np.float32)
        values[~event.units] = np.nan
        with self._lock:
            recent, sparse = self._recent[key], self._sparse[key]
            recent.append(_Row(event.time_ns, values))
            if len(recent) > RECENT_MOST:
                old = recent.popleft()
                if not sparse or old.time_ns - sparse[-1].time_ns >= self._sparse_ns:
                    sparse.append(old)

    def trend(self, station: str, unit: str, tag: str, back_s: float) -> Trend:
        """One tag over the last ``back_s`` [s]; empty if there is no such tag, or nothing was said of it."""
        for (code, name), block in self._blocks.items():
            if code == station and unit in block.units and tag in block.tag_index:
                column = block.tag_index[tag]
                if column in block.judged:
                    place = block.units.index(unit), block.judged.index(column)
                    return self._read((code, name), place, tag, back_s)
        return Trend(tag, (), (), (), (), (), ())

    def _read(self, key: tuple[str, str], place: tuple[int, int], tag: str, back_s: float) -> Trend:
        with self._lock:
            rows = [*self._sparse[key], *self._recent[key]]
        since_ns = rows[-1].time_ns - round(back_s * 1e9) if rows else 0
        rows = [row for row in rows if row.time_ns >= since_ns and not np.isnan(row.values[place]).all()]
        # The newest is always among them.
        rows = rows[::-1][:: max(1, -(-len(rows) // POINTS_MOST))][::-1]
        columns = [[_rounded(row.values[place][i]) for row in rows] for i in range(5)]
        return Trend(tag, tuple(row.time_ns for row in rows), *(tuple(column) for column in columns))


def _rounded(value: np.float32) -> float | None:
    """Five significant digits are more than a sensor has."""
    return None if np.isnan(value) else float(f"{value:.5g}")
