"""Scans through Kafka, workers and InfluxDB, and at the same time through monitors in this process."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from connectors import influx
from connectors.influx_read import literal
from connectors.kafka import ScanProducer, create_topics, topic_partitions, topic_plans
from connectors.kafka_reader import TopicReader
from connectors.wire import encode_scan
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from replay.player import HEALTH, WARNINGS, Message, decode, encode
from replay.returned import Returned
from stations.plant import Station, Text
from stations.scan import Scan
from wanbiao import apart
from wanbiao.display import Advance
from wanbiao.embedded import Pace
from wanbiao.errors import ConfigError
from wanbiao.outcome import Outcome
from wanbiao.settings import PREFIX, Settings
from wanbiao.workers import Workers, running

DEAD: Final = "telemetry.dead"
POLL_S: Final = 0.2
POLL_SCANS: Final = 500
"""Scans sent between two looks at what came back."""

Clock = Callable[[], float]
Show = Callable[[Text], AbstractContextManager[Advance]]


@dataclass(frozen=True, slots=True)
class Feed:
    """What is sent, and who hears what comes back.

    Attributes
    ----------
    scans : in order of time; they say how far they have come.
    hear : every message of the workers, once, and what it says; those of one key in their order.
    speed : plant seconds a second from ``paced_ns`` [ns] on, once all before it was judged; infinite = as fast as it goes.
    """

    scans: Callable[[Advance], Iterable[Scan]]
    hear: Callable[[Message, Returned], None]
    speed: float = math.inf
    paced_ns: int = 0


class KafkaRun:
    """A run under topics of its own, ``replay.<run>.``.

    Parameters
    ----------
    settings : of its workers, with the catalogue, period and constants of the scans; topics and bucket are set here.
    tuning : the constants that these settings give to a worker.
    workers : worker processes to start; 0 = they run elsewhere.
    stall_s : longest wait for the next message or point [s].
    """

    def __init__(
        self,
        settings: Settings,
        stations: Sequence[Station],
        tuning: Tuning,
        *,
        run: str,
        bucket: str,
        workers: int,
        stall_s: float,
        clock: Clock = time.monotonic,
    ) -> None:
        partitions = workers or settings.partitions
        self.settings = replace(
            settings, prefix=f"{apart.PREFIX}{run}.", clock="recorded", influx_bucket=bucket, partitions=partitions
        )
        blocks = [block for station in stations for block in station.blocks]
        names = {
            (block.station, unit): unit if len(stations) == 1 else f"{block.station} {unit}"
            for block in blocks
            for unit in block.units
        }
        self.outcome = Outcome(bucket, {name: station.encode() for (station, _), name in names.items()})
        self._names, self._blocks = names, {(block.station, block.code): block for block in blocks}
        self._monitors = {station.code: StationMonitor(station, tuning) for station in stations}
        self._n_workers, self._stall_s, self._clock = workers, stall_s, clock
        self._heard_s = clock()
        self._sent_ms: dict[str, set[int]] = {station.code: set() for station in stations}
        self._n_sent = 0
        self._feed: Feed
        self._workers: Workers
        self._reader: TopicReader

    @property
    def environ(self) -> dict[str, str]:
        """What a worker of this run must find in its environment, besides the addresses that it shares with us."""
        names = ("prefix", "partitions", "catalogue", "profile", "period_s", "clock", "influx_bucket", "tuning")
        values = {name: getattr(self.settings, name) for name in names}
        return {PREFIX + name.upper(): str(value) for name, value in values.items() if value not in (None, "")}

    def prepare(self) -> None:
        """Make topics and bucket. ConfigError if the run exists, ConnectorError if a server is away or refuses."""
        settings, address = self.settings, self.settings.kafka_address()
        plans = topic_plans(settings.prefix, settings.partitions, keep_for_ever=True)
        influx.ensure_bucket(
            settings.influx_url, token=settings.influx_token, org=settings.influx_org, bucket=settings.influx_bucket
        )
        present = topic_partitions(address)
        if any(plan.name in present for plan in plans):
            with TopicReader(address, [settings.prefix + "telemetry"]) as telemetry:
                is_fresh = telemetry.is_at_end()
            if self._n_workers or not is_fresh:
                raise ConfigError(f"run {settings.prefix} exists on kafka already; expected another --run NAME")
        create_topics(address, plans)

    def run(self, feed: Feed, show: Show) -> Outcome:
        """Send, judge, wait, compare; ``show`` makes a progress bar of a title. Ctrl-C ends the workers and keeps what came.

        Raises
        ------
        RecordingError, ConnectorError, WorkerError : the run cannot go on; its workers have ended.
        """
        self._feed = feed
        topics = [self.settings.prefix + topic for topic in (HEALTH, WARNINGS, DEAD)]
        with (
            running(self._n_workers, {**os.environ, **self.environ}) as self._workers,
            TopicReader(self.settings.kafka_address(), topics) as self._reader,
        ):
            try:
                self._send(show)
                self._await_messages(show)
                self._await_points()
            except KeyboardInterrupt:
                self.outcome.interrupted = True
            self._workers.stop()
            while not self._reader.is_at_end():
                self._take(POLL_S)
            self.outcome.restarts = self._workers.restarts
        return self.outcome

    def _send(self, show: Show) -> None:
        """Every scan goes to the topic and, here, through a monitor of our own."""
        topic, pace = self.settings.prefix + "telemetry", None
        with show(Text("发送", "sending")) as advance, ScanProducer(self.settings.kafka_address(), topic) as producer:
            for scan in self._feed.scans(advance):
                if self._feed.speed != math.inf and scan.time_ns >= self._feed.paced_ns:
                    pace = pace or self._caught_up()
                    if self.outcome.stalled:
                        return
                    pace.wait(scan.time_ns)
                    self.outcome.behind = max(self.outcome.behind or 0, self._n_sent - self.outcome.answered)
                producer.send(scan.station, encode_scan(scan))
                for message in encode(self._monitors[scan.station].receive(scan)):
                    self.outcome.expected.add(message)
                self._sent_ms[scan.station].add(scan.time_ns // 1_000_000)
                self._n_sent += 1
                if self._n_sent % POLL_SCANS == 0:
                    self._take(0.0)
        self._heard_s = self._clock()

    def _caught_up(self) -> Pace:
        """The pace, once all that was sent at full speed is judged: who is behind from then on is too slow."""
        self._heard_s = self._clock()
        while self.outcome.answered < self._n_sent and not self._is_stalled():
            self._take(POLL_S)
        return Pace(self._feed.speed, clock=self._clock, sleep=self._take_for)

    def _take_for(self, wait_s: float) -> None:
        """Wait so long [s], and take in what comes meanwhile."""
        until_s = self._clock() + wait_s
        while (left_s := until_s - self._clock()) > 0:
            self._take(min(left_s, POLL_S))

    def _await_messages(self, show: Show) -> None:
        outcome, n_scans = self.outcome, self._n_sent
        with show(Text("评估", "judging")) as advance:
            while outcome.answered < n_scans or outcome.received.count(WARNINGS) < outcome.expected.count(WARNINGS):
                if self._is_stalled():
                    return
                self._take(POLL_S)
                advance(outcome.answered / n_scans, f"{outcome.answered:,} scans")

    def _await_points(self) -> None:
        """A worker writes its points a moment after its messages."""
        while True:
            before, self.outcome.points = self.outcome.points, self._count_points()
            if self.outcome.points != before:
                self._heard_s = self._clock()
            due = {unit: self.outcome.received.count(HEALTH, key) for unit, key in self.outcome.units.items()}
            if self.outcome.points == due or self._is_stalled():
                return
            self._take(POLL_S)

    def _count_points(self) -> dict[str, int]:
        """Health points of each unit at the times of its scans: other runs may have left theirs in the bucket."""
        counts: dict[tuple[str, str], int] = {}
        for station, sent_ms in self._sent_ms.items():
            first_ms, last_ms = min(sent_ms, default=0), max(sent_ms, default=0)
            when = f"time >= {first_ms}ms AND time <= {last_ms}ms"
            where = f'"station" = {literal(station)} AND "component" = \'all\' AND {when}'
            every = f'SELECT COUNT("state") FROM "health" WHERE {where} GROUP BY "unit"'  # noqa: S608 - names are literals
            for row in self._query(every):
                unit, count = row["unit"], int(row["count"])
                if count > len(sent_ms):
                    one = f'SELECT "state" FROM "health" WHERE {where} AND "unit" = {literal(unit)}'  # noqa: S608 - as above
                    count = sum(point["time"] in sent_ms for point in self._query(one))
                counts[station, unit] = count
        return {name: counts.get(place, 0) for place, name in self._names.items()}

    def _query(self, influxql: str) -> list[dict[str, Any]]:
        settings = self.settings
        return influx.query(
            settings.influx_url, token=settings.influx_token, database=settings.influx_bucket, influxql=influxql
        )

    def _is_stalled(self) -> bool:
        self.outcome.stalled = self._clock() - self._heard_s > self._stall_s
        return self.outcome.stalled

    def _take(self, wait_s: float) -> None:
        """Take in what has come back, after at most ``wait_s`` [s], and see that the workers live."""
        records = self._reader.poll(wait_s)
        for topic, record in records:
            self._heard_s = self._clock()
            message = Message(topic.removeprefix(self.settings.prefix), record.key or b"", record.value or b"")
            if message.topic == DEAD:
                headers = dict(record.headers)
                place = headers.get("partition", b"") + b"/" + headers.get("offset", b"")
                self.outcome.dead[place] = headers.get("reason", b"").decode(errors="replace")
            elif self.outcome.received.add(message) and (event := self._read(message)) is not None:
                self._feed.hear(message, event)
        self._workers.check()

    def _read(self, message: Message) -> Returned | None:
        """What a message says; None = nothing that a monitor of ours could have said: then the ledgers differ, which is told."""
        with suppress(msgspec.MsgspecError, ValueError, KeyError):
            event = decode(message, self._blocks)
            return event if (event.station, event.block) in self._blocks else None
        return None
