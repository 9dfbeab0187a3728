"""One recording through Kafka, workers and InfluxDB, and at the same time through a monitor in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Final

import msgspec

from connectors import influx
from connectors.kafka import ScanProducer, create_topics, topic_partitions, topic_plans
from connectors.kafka_reader import TopicReader
from connectors.wire import encode_scan
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from replay.logbook import Logbook
from replay.player import HEALTH, WARNINGS, Message, decode, encode, play
from replay.recordings import Recording
from stations.plant import Station, Text
from stations.scan import LAST_NS
from wanbiao.display import Advance
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


class KafkaRun:
    """A run under topics of its own, ``replay.<run>.``.

    Parameters
    ----------
    settings : of this process; what differs for the run is set here.
    workers : worker processes to start; 0 = they run elsewhere.
    stall_s : longest wait for the next message or point [s].
    """

    def __init__(
        self,
        settings: Settings,
        station: Station,
        tuning: Tuning,
        recording: Recording,
        *,
        run: str,
        catalogue: str,
        bucket: str,
        workers: int,
        stall_s: float,
        clock: Clock = time.monotonic,
    ) -> None:
        partitions = workers or settings.partitions
        self.settings = replace(
            settings,
            prefix=f"replay.{run}.",
            catalogue=catalogue,
            clock="recorded",
            influx_bucket=bucket,
            partitions=partitions,
        )
        self.outcome = Outcome(Logbook(recording.block), bucket)
        self._station, self._tuning, self._recording = station, tuning, recording
        self._n_workers, self._stall_s, self._clock = workers, stall_s, clock
        self._heard_s = clock()
        self._first_ns, self._last_ns = LAST_NS, 0
        self._workers: Workers
        self._reader: TopicReader

    @property
    def environ(self) -> dict[str, str]:
        """What a worker of this run must find in its environment, besides the addresses that it shares with us."""
        names = ("prefix", "partitions", "catalogue", "period_s", "clock", "influx_bucket", "tuning")
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

    def run(self, show: Show) -> Outcome:
        """Send, judge, wait, compare; ``show`` makes a progress bar of a title. Ctrl-C ends the workers and keeps what came.

        Raises
        ------
        RecordingError, ConnectorError, WorkerError : the run cannot go on; its workers have ended.
        """
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
        recording, read = self._recording, 0
        topic = self.settings.prefix + "telemetry"
        with show(Text("发送", "sending")) as advance, ScanProducer(self.settings.kafka_address(), topic) as producer:

            def advanced(n_bytes: int) -> None:
                nonlocal read
                read += n_bytes
                advance(read / max(recording.n_bytes, 1), f"{recording.tally.scans:,} scans")

            for step in play(recording.scans(advanced), StationMonitor(self._station, self._tuning)):
                producer.send(step.scan.station, encode_scan(step.scan))
                for message in encode(step.events):
                    self.outcome.expected.add(message)
                self._first_ns = min(self._first_ns, step.scan.time_ns)
                self._last_ns = step.scan.time_ns
                if recording.tally.scans % POLL_SCANS == 0:
                    self._take(0.0)
        self._heard_s = self._clock()

    def _await_messages(self, show: Show) -> None:
        outcome, n_scans = self.outcome, self._recording.tally.scans
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
            here = set(self.outcome.points.values())
            if here == {self.outcome.received.count(HEALTH)} or self._is_stalled():
                return
            self._take(POLL_S)

    def _count_points(self) -> dict[str, int]:
        """Health points of each unit within the time of the recording; a repeat of a scan overwrites its own."""
        settings = self.settings
        where = f"time >= {self._first_ns // 1_000_000}ms AND time <= {self._last_ns // 1_000_000}ms"
        found = influx.query(
            settings.influx_url,
            token=settings.influx_token,
            database=settings.influx_bucket,
            influxql=f'SELECT COUNT("state") FROM "health" WHERE "station" = \'{self._station.code}\' '  # noqa: S608 - a code
            f'AND "component" = \'all\' AND {where} GROUP BY "unit"',
        )
        counts = {row["unit"]: int(row["count"]) for row in found}
        return {unit: counts.get(unit, 0) for unit in self._recording.block.units}

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
            elif self.outcome.received.add(message):
                with suppress(msgspec.MsgspecError, ValueError):  # then the ledgers differ, which is told
                    self.outcome.logbook.take([decode(message, self._recording.block)])
        self._workers.check()
