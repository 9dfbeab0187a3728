"""What monitors said while an incident was played: kept by station, with a digest of the very bytes that a worker sends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from detectors.alarm_load import AlarmLoad
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore
from detectors.kpis import Kpis
from detectors.monitor import StationMonitor
from detectors.tuning import NO_HISTORY_S, Tuning
from replay.evaluation.judging import Said
from replay.player import Digest, Message, encode
from replay.scores.answers import Answers
from replay.versions import Version
from stations.plant import Station
from stations.scan import Scan

LOAD_DAYS_MOST: Final = 366
"""Days of which the key figures of the load are told."""


class Heard:
    """What monitors said since the incident began, in one run under one set of constants.

    Parameters
    ----------
    name : of the run, to tell it from another beside it.
    stations : whose scans come.
    scored : whether what was said of each row is kept, for scores.
    start_ns : before it monitors learn: what they say then counts only where it is asked for (`warnings`, `quality`) [ns].
    version : of one of the stations by which this run judges; None = all by their own.

    Attributes
    ----------
    stations : those of the incident by code, as this run judges them.   answers : by row, one a station; none if not ``scored``.
    digest : of all messages since the incident began, the same through Kafka as in this process.
    """

    def __init__(
        self,
        name: str,
        stations: Sequence[Station],
        tuning: Tuning,
        start_ns: int,
        days: float,
        *,
        version: Version | None = None,
        scored: bool = False,
    ) -> None:
        self.name, self.tuning, self.version = name, tuning, version
        self._start_ns = start_ns
        judged = stations if version is None else version.among(stations)
        self.stations = {station.code: station for station in judged}
        self._monitors: dict[str, StationMonitor] = {}
        self.digest = Digest()
        self.said = {station.code: Said(units=station.block("units").units) for station in stations}
        self.answers = [Answers(station.block("units")) for station in stations if scored]
        self.warnings: list[EarlyWarning] = []
        self.quality: list[DataQuality] = []
        n_units = sum(len(station.block("units").units) for station in stations)
        keep = min(LOAD_DAYS_MOST, int(days) + 2)
        self._load = AlarmLoad(name, days=keep, since_ns=start_ns, units=n_units)

    def receive(self, scan: Scan) -> list[Event]:
        """Let the monitor of its station judge a scan, and keep what it says."""
        if self.version is not None:
            scan = self.version.scan(scan)
        if scan.station not in self._monitors:
            self._monitors[scan.station] = StationMonitor(self.stations[scan.station], self.tuning)
        events = self._monitors[scan.station].receive(scan)
        self.take(events)
        if scan.time_ns >= self._start_ns:  # an event is of the time of its scan
            for event in events:
                for message in encode([event]):
                    self.note(message, event.time_ns)
        return events

    def take(self, events: Iterable[Event]) -> None:
        """Keep what was said, here or elsewhere: health of each station in order of time, the rest of all stations together."""
        for event in events:
            if isinstance(event, EarlyWarning):
                self.warnings.append(event)
            elif isinstance(event, DataQuality):
                self.quality.append(event)
            elif isinstance(event, HealthScore):
                for answers in self.answers:
                    answers.take(event)
            if event.time_ns >= self._start_ns:
                self.said[event.station].take([event])
                self._load.take([event])

    def note(self, message: Message, time_ns: int) -> None:
        """Take the bytes of what was said at some time [ns] into the digest, those of each key in their order."""
        if time_ns >= self._start_ns:
            self.digest.add(message)

    def load(self, now_ns: int) -> Kpis:
        """What the warnings cost their readers, up to then."""
        return self._load.kpis(now_ns)


def silent(tuning: Tuning) -> Tuning:
    """The constants without the history of tags, at which nobody looks; it changes no warning."""
    return replace(tuning, history_s=NO_HISTORY_S)


def opened(warnings: Iterable[EarlyWarning]) -> list[EarlyWarning]:
    """Those that open and stand for themselves: what wakes somebody."""
    return [one for one in warnings if one.transition == "opened" and not one.cause]
