"""The board of ``wanbiao replay NAME --board``: a room of that run alone, which nobody can act on, and the page of the replay.

Live and replay are kept apart twice: the room is fed by the play in this process and has no way to Kafka or InfluxDB, and the
actor carries nothing out, whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from dashboards.board.replayed import Expectation, RefusedActor, Replayed, Story, Told, VerdictView
from dashboards.board.room import SPARK_MOST, Room
from dashboards.board.trends import SPARSE_MOST, Trends
from detectors.events import DataQuality, EarlyWarning, Event
from replay.expectations import Finding
from replay.heard import Heard
from replay.incident import Incident
from replay.verdict import Verdict, first_of, subject
from stations.plant import Fleet, Text
from stations.simulate.labels import Label
from wanbiao.local_board import LocalBoard
from wanbiao.steering import SteeredPace, speeds_for

HOUR_S: Final = 3600.0


class ReplayBoard:
    """Listens to a play and serves what it hears, on the loopback only; the `wanbiao.incident_play.Audience` of it.

    Parameters
    ----------
    incident : what is played, up to ``end_ns`` [ns].   pace : by which people steer it.
    port, language : as of `wanbiao.local_board.LocalBoard`.

    Raises
    ------
    UserError : the port is taken.
    """

    def __init__(self, incident: Incident, end_ns: int, pace: SteeredPace, port: int, language: str) -> None:
        scenario = incident.scenario
        self._incident = incident
        self._about: Label | None = None
        self._first: Finding | None = None
        fleet = Fleet({station.code: station for station in incident.stations})
        period_s = max(block.period_s for block in fleet.blocks)
        span_s = (end_ns - scenario.start_ns) / 1e9
        story = Story(
            name=incident.name,
            title=scenario.name,
            facts=scenario.facts,
            sources=scenario.sources,
            start_ns=scenario.start_ns,
            end_ns=end_ns,
            event_ns=incident.event_ns,
        )
        speeds = sorted({*speeds_for(span_s), pace.speed})
        self._replayed = Replayed(story, pace, speeds, scans=math.ceil(span_s / period_s))
        room = Room(fleet, spark_s=max(period_s, span_s / SPARK_MOST))
        trends = Trends(fleet, sparse_s=span_s / SPARSE_MOST)
        self._local = LocalBoard(
            room, trends, RefusedActor(), port, language, otherwise="0 for any", replay=self._replayed
        )
        self.url = self._local.url

    def learn(self, share: float, time_ns: int, events: list[Event]) -> None:
        """See `wanbiao.incident_play.Audience`."""
        self._replayed.learn(share, time_ns)
        self._local.board.learn((share, ""))
        self._local.hear(events)

    def begin(self, labels: Sequence[Label]) -> None:
        """See `wanbiao.incident_play.Audience`."""
        about = self._about = subject(labels, self._incident.event_ns)
        blocks = {station.code: station.block("units") for station in self._incident.stations}
        if about is None or about.station not in blocks:
            self._replayed.begin("", "", dict.fromkeys(blocks, -1), None)
        else:
            row = blocks[about.station].units.index(about.unit) if about.unit else -1
            self._replayed.begin(about.station, about.unit, {about.station: row}, about.alarm_ns)
        self._local.board.learn(None)

    def hear(self, time_ns: int, events: list[Event], heard: Heard) -> None:
        """See `wanbiao.incident_play.Audience`."""
        self._local.hear(events)
        self._replayed.take(time_ns, events)
        is_news = any(isinstance(event, EarlyWarning | DataQuality) for event in events)
        if is_news and self._first is None and self._about is not None:
            self._first = first_of(self._about, heard)
            if self._first is not None:
                self._replayed.mark("first", self._first.time_ns)

    def end(self, verdict: Verdict | None) -> None:
        """See `wanbiao.incident_play.Audience`."""
        self._local.board.learn(None)
        self._replayed.end(None if verdict is None else verdict_view(verdict))

    def close(self) -> None:
        """End it."""
        self._local.close()


def verdict_view(verdict: Verdict) -> VerdictView:
    """A verdict as the board shows it."""
    return VerdictView(
        held=verdict.held,
        expectations=tuple(
            Expectation(one.text(), one.held, None if one.found is None else one.found.time_ns)
            for one in verdict.checked
        ),
        caught=verdict.caught,
        first=None if verdict.first is None else _told(verdict.first),
        lead_to_alarm_s=_seconds(verdict.lead_to_alarm_h),
        lead_to_event_s=_seconds(verdict.lead_to_event_h),
        false=tuple(map(_told, verdict.false)),
        taken_for_sensors=tuple(map(_told, verdict.taken_for_sensors)),
        doubts=len(verdict.doubts),
        digest=verdict.digest,
        until_ns=verdict.until_ns,
        is_whole=verdict.is_whole,
    )


def _told(finding: Finding) -> Told:
    return Told(finding.time_ns, Text(finding.text_zh, finding.text_en))


def _seconds(hours: float | None) -> float | None:
    return None if hours is None else round(hours * HOUR_S, 1)
