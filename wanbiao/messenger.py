"""The program of messages: topic of warnings in, outbox out, a courier for each channel.

After each look at the topic the new messages, what the channels wait for, and how far the topic was read are one transaction of
the outbox; Kafka is told afterwards. A program that is killed anywhere goes on from there: nothing twice, nothing left out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import msgspec

from connectors.errors import ConnectorError
from connectors.kafka_reader import Positions, Record
from connectors.outbox import Outbox
from detectors.events import DataQuality, EarlyWarning
from detectors.messages import Message, message
from detectors.notifier import Notifier
from detectors.outages import units_of
from stations.plant import Fleet
from wanbiao.channels import Channels
from wanbiao.courier import Courier, parcel
from wanbiao.warning_log import UnreadableError, event_of

logger = logging.getLogger(__name__)

POLL_S: Final = 0.5
"""Longest wait for the topic; so late is what is due by time alone [s]."""
ALIVE_S: Final = 10.0
"""Kafka is asked so often whether it is there [s]."""
SAVE_NS: Final = 60 * 10**9
"""What the channels wait for is kept so often though nothing happens [ns]: a digest that is due during a restart is told."""
END_S: Final = 5.0
"""What is being sent when the program ends has so long [s]."""
REPLAY_HEADER: Final = "replay"
"""A record with it is of the past, played again; nobody is woken for it."""
DESKS, POSITIONS = "desks", "positions"
"""Names of the states in the outbox."""


class Log(Protocol):
    """The topic of warnings; `connectors.kafka_reader.TopicReader` is one."""

    def poll(self, wait_s: float) -> list[tuple[str, Record]]: ...
    def position(self) -> Positions: ...
    def ends(self) -> Positions: ...
    def committed(self) -> Positions: ...
    def commit(self, positions: Positions) -> None: ...
    def seek_back(self, positions: Positions) -> None: ...


class Messenger:
    """One run of the program.

    Parameters
    ----------
    log : the topic of warnings, some way before its end, for the worklist.
    box : where messages are put; couriers open it for themselves.
    couriers : one a channel, not started; they are woken when there is something new.
    clock : nanoseconds since 1970.
    """

    def __init__(
        self,
        log: Log,
        box: Outbox,
        channels: Channels,
        fleet: Fleet,
        couriers: Iterable[Courier],
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._log, self._box, self._fleet, self._links, self._clock = log, box, fleet, channels.links, clock
        self._channels = {channel.name: channel for channel in channels.channels}
        self._couriers = {courier.channel: courier for courier in couriers}
        technologies = {code: station.technology for code, station in fleet.stations.items()}
        self._notifier = Notifier([channel.route for channel in channels.channels], technologies, units_of(fleet))
        self._positions: Positions = {}
        self._news: list[EarlyWarning | DataQuality] = []
        self._saved_ns = 0
        self.unreadable = 0
        self.made = 0

    def begin(self) -> None:
        """Take up where the last run ended: read what was told before, so that nobody is told of it again.

        A first run begins at the end of the topic: what stands already is on the worklist.
        """
        state = self._box.state(DESKS)
        if state is not None:
            self._restore(state)
        ends, kept = self._log.ends(), self._kept()
        for part, end in ends.items():
            if kept.get(part, end) > end:
                logger.warning("topic %s, partition %d was made anew: read from its begin", *part)
                kept[part] = 0
        self._positions = {part: kept.get(part, end) for part, end in ends.items()}
        self._log.seek_back(self._positions)
        self._save([])
        while any(self._log.position()[part] < offset for part, offset in self._positions.items()):
            self._read(POLL_S)
        logger.info("messages: %d warnings known, %d new events", len(self._notifier.worklist.items), len(self._news))

    def _restore(self, state: bytes) -> None:
        try:
            self._notifier.restore(msgspec.json.decode(state))
        except (ValueError, KeyError, TypeError) as error:
            raise ConnectorError(
                f"outbox {self._box.path}: {error}; expected one of this version", retryable=False
            ) from None

    def _kept(self) -> Positions:
        """How far the topic was read: as the outbox has it, or Kafka, if the outbox is new."""
        raw = self._box.state(POSITIONS)
        if raw is None:
            return self._log.committed()
        return {(topic, part): offset for topic, part, offset in msgspec.json.decode(raw)}

    def step(self, wait_s: float = POLL_S) -> int:
        """Look at the topic once; how many messages were made."""
        was = dict(self._positions)
        self._read(wait_s)
        news, self._news = self._news, []
        notices = self._notifier.take(news, self._clock())
        if notices or news or self._positions != was or self._clock() - self._saved_ns > SAVE_NS:
            self._save([message(notice, self._notifier, self._fleet, self._links) for notice in notices])
        if self._positions != was:
            self._commit()
        self.made += len(notices)
        return len(notices)

    def _read(self, wait_s: float) -> None:
        for topic, record in self._log.poll(wait_s):
            part = topic, record.partition
            is_new = record.offset >= self._positions[part]
            if is_new:
                self._positions[part] = record.offset + 1
            try:
                event = event_of(record)
            except UnreadableError:
                self.unreadable += is_new
                continue
            if event is None or any(name == REPLAY_HEADER for name, _ in record.headers):
                continue
            if is_new:
                self._news.append(event)
            else:
                self._notifier.remember(event)

    def _save(self, messages: Iterable[Message]) -> None:
        parcels = [parcel(one, self._channels[one.channel]) for one in messages]
        state = {
            DESKS: msgspec.json.encode(self._notifier.snapshot()),
            POSITIONS: msgspec.json.encode([[*part, offset] for part, offset in self._positions.items()]),
        }
        self._saved_ns = self._clock()
        for id in self._box.put(parcels, state, self._saved_ns):
            logger.error("message %s is given up: too many wait for its channel", id)
        for name in {one.channel for one in parcels}:
            if name in self._couriers:
                self._couriers[name].wake()

    def _commit(self) -> None:
        """It only tells others how far behind we are; what counts is in the outbox."""
        try:
            self._log.commit(self._positions)
        except ConnectorError as error:
            logger.warning("messages: %s", error)

    def run(self, is_ending: Callable[[], bool], alive: Callable[[], None]) -> None:
        """Look and deliver until the end. ConnectorError if the outbox can be used no more."""
        asked_s = 0.0
        for courier in self._couriers.values():
            courier.start()
        try:
            while not is_ending():
                self.step()
                for courier in self._couriers.values():
                    if courier.error is not None:
                        raise courier.error
                if time.monotonic() - asked_s >= ALIVE_S:
                    asked_s = time.monotonic()
                    if self._is_there():
                        alive()
        finally:
            deadline_s = time.monotonic() + END_S
            for courier in self._couriers.values():
                courier.end(max(0.0, deadline_s - time.monotonic()))

    def _is_there(self) -> bool:
        """Whether Kafka answers; a client that has lost it only sees no records."""
        try:
            self._log.ends()
        except ConnectorError as error:
            logger.warning("messages: %s", error)
            return False
        return True
