"""What the tags of failing units did while an incident was played: measured, expected, band and score, for a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.events import Event, TagTrend
from detectors.tuning import Tuning
from stations.faults import Case, kinds
from stations.plant import Station

Row = NDArray[np.float32]
PARTS: Final = ("value", "expected", "low", "high", "score")
UNITS_MOST: Final = 8
"""Units whose tags are kept."""
EVERY_SCAN_S: Final = 1e-3
"""Time between two points of a tag's history: below any period."""


def telling(tuning: Tuning) -> Tuning:
    """The constants with a trend of every tag for every scan; it changes no warning."""
    return replace(tuning, history_s=EVERY_SCAN_S)


@dataclass(slots=True)
class Trace:
    """The judged tags of one unit, a row a scan: ``time_ns`` (t,), and rows (t, n_tags, 5) of `PARTS`."""

    codes: tuple[str, ...]
    time_ns: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def of(self, code: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Times (t,) [ns] and value, expected, low, high, score (t, 5) of one tag."""
        column = self.codes.index(code)
        found = np.array([row[column] for row in self.rows], dtype=np.float32)
        return np.array(self.time_ns, dtype=np.int64), found.reshape(-1, len(PARTS))


class Traces:
    """Keeps the traces of the units in which something fails, by station and unit, from ``start_ns`` on."""

    def __init__(self, stations: Sequence[Station], cases: Sequence[Case], start_ns: int) -> None:
        self._blocks = {station.code: station.block("units") for station in stations}
        self._start_ns = start_ns
        self.traces: dict[tuple[str, str], Trace] = {}
        for case in cases:
            if case.station not in self._blocks or kinds()[case.kind].pace == "benign":
                continue
            block = self._blocks[case.station]
            for unit in (case.unit,) if case.unit else block.units[:1]:
                if len(self.traces) < UNITS_MOST:
                    codes = tuple(block.tags[i].code for i in block.judged)
                    self.traces.setdefault((case.station, unit), Trace(codes))

    def take(self, events: Iterable[Event]) -> None:
        """Keep the trends among the events of one scan."""
        for event in events:
            if not isinstance(event, TagTrend) or event.time_ns < self._start_ns:
                continue
            for (station, unit), trace in self.traces.items():
                row = self._blocks[station].units.index(unit)
                if station == event.station and event.units[row]:
                    trace.time_ns.append(event.time_ns)
                    parts = (event.value, event.expected, event.low, event.high, event.score)
                    trace.rows.append(np.stack([part[row] for part in parts], axis=1).astype(np.float32))
