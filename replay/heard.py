"""What monitors said while an incident was played: kept by station, with a digest of the very bytes that a worker would send."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from detectors.alarm_load import AlarmLoad
from detectors.events import DataQuality, EarlyWarning, Event
from detectors.kpis import Kpis
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from replay.evaluation.judging import Said
from replay.player import encode
from stations.plant import Station
from stations.scan import Scan

LOAD_DAYS_MOST: Final = 366
"""Days of which the key figures of the load are told."""


class Heard:
    """The monitors of one run under one set of constants, and what they said since the incident began.

    Parameters
    ----------
    name : of the run, to tell it from another beside it.
    stations : whose scans come.
    start_ns : before it monitors learn: what they say then counts only where it is asked for (`warnings`, `quality`) [ns].
    """

    def __init__(self, name: str, stations: Sequence[Station], tuning: Tuning, start_ns: int, days: float) -> None:
        self.name, self.tuning = name, tuning
        self._start_ns = start_ns
        self._monitors = {station.code: StationMonitor(station, tuning) for station in stations}
        self._digest = hashlib.sha256()
        self.said = {station.code: Said(units=station.block("units").units) for station in stations}
        self.warnings: list[EarlyWarning] = []
        self.quality: list[DataQuality] = []
        n_units = sum(len(station.block("units").units) for station in stations)
        keep = min(LOAD_DAYS_MOST, int(days) + 2)
        self._load = AlarmLoad(name, days=keep, since_ns=start_ns, units=n_units)

    def receive(self, scan: Scan) -> list[Event]:
        """Let the monitor of its station judge a scan, and keep what it says."""
        events = self._monitors[scan.station].receive(scan)
        self.warnings += [event for event in events if isinstance(event, EarlyWarning)]
        self.quality += [event for event in events if isinstance(event, DataQuality)]
        if scan.time_ns >= self._start_ns:
            self.said[scan.station].take(events)
            self._load.take(events)
            for message in encode(events):
                self._digest.update(message.topic.encode() + b"\0" + message.key + b"\0" + message.value)
        return events

    @property
    def digest(self) -> str:
        """16 hex digits of all messages since the incident began: the same for the same bytes in the same order."""
        return self._digest.hexdigest()[:16]

    def load(self, now_ns: int) -> Kpis:
        """What the warnings cost their readers, up to then."""
        return self._load.kpis(now_ns)


def silent(tuning: Tuning) -> Tuning:
    """The constants without the history of tags, at which nobody looks; it changes no warning."""
    return replace(tuning, history_s=1e9)


def opened(warnings: Iterable[EarlyWarning]) -> list[EarlyWarning]:
    """Those that open and stand for themselves: what wakes somebody."""
    return [one for one in warnings if one.transition == "opened" and not one.cause]
