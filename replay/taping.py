"""Telemetry messages into recordings: a Parquet file a station, and beside them what they are of."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from connectors import wire
from connectors.action_wire import is_action
from replay.clocks import time_text
from replay.recorder import Recorder
from stations.plant import Fleet

CONTENTS: Final = "recording.json"
"""What a folder of recordings holds: written when it is closed."""
REASONS_MOST: Final = 20
"""Messages that could not be read and are named; the others are counted."""


class Tape:
    """Recordings under way in a folder, a file for each station that sends; to be used with ``with``.

    Parameters
    ----------
    folder : must exist.   fleet : whose messages come; those of other stations, or revisions, cannot be read.
    only : codes of the stations that are recorded; empty = all.

    Attributes
    ----------
    scans : taken in.   unreadable : messages that were not, of any station; ``reasons`` names the first of them.

    Raises
    ------
    OSError : a file cannot be written.
    """

    def __init__(self, folder: Path, fleet: Fleet, only: frozenset[str] = frozenset()) -> None:
        self._folder, self._fleet, self._only = folder, fleet, only
        self._blocks = {
            (station.code, block.code): block for station in fleet.stations.values() for block in station.blocks
        }
        self._recorders: dict[str, Recorder] = {}
        self._times: dict[str, tuple[int, int]] = {}
        self.scans = self.unreadable = 0
        self.reasons: list[str] = []

    def __enter__(self) -> Tape:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for recorder in self._recorders.values():
            recorder.__exit__(kind, error, trace)
        text = json.dumps(self.contents(), indent=1)
        (self._folder / CONTENTS).write_text(text + "\n", encoding="utf-8")

    def take(self, value: bytes) -> None:
        """Take a message of the telemetry topic in; what people did is no telemetry."""
        if is_action(value):
            return
        scan = wire.decode_scan(value, self._blocks)
        if isinstance(scan, wire.Unreadable):
            self.unreadable += 1
            if len(self.reasons) < REASONS_MOST:
                self.reasons.append(f"{scan.stage}: {scan.reason}")
            return
        if self._only and scan.station not in self._only:
            return
        recorder = self._recorders.get(scan.station)
        if recorder is None:
            recorder = Recorder(self._folder, self._blocks[scan.station, scan.block])
            self._recorders[scan.station] = recorder
        recorder.write(scan)
        first_ns, last_ns = self._times.get(scan.station, (scan.time_ns, scan.time_ns))
        self._times[scan.station] = min(first_ns, scan.time_ns), max(last_ns, scan.time_ns)
        self.scans += 1

    def contents(self) -> dict[str, Any]:
        """What was recorded, as JSON can hold it."""
        files = {
            code: {
                "file": recorder.path.name,
                "revision": self._fleet.stations[code].block("units").revision,
                "rows": recorder.rows,
                "first": time_text(self._times[code][0]),
                "last": time_text(self._times[code][1]),
            }
            for code, recorder in sorted(self._recorders.items())
        }
        return {"scans": self.scans, "unreadable": self.unreadable, "reasons": self.reasons, "stations": files}
