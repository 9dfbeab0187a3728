"""A whole program of messages for a test: a topic in memory, an outbox on disk, couriers that step by hand, a clock to move."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.errors import ConnectorError
from connectors.kafka_reader import Positions, Record
from connectors.notify import Sender
from connectors.outbox import Outbox
from connectors.wire import encode_warning
from detectors.events import EarlyWarning
from detectors.facts import Links
from detectors.routes import Route
from stations.catalogue import load_fleet
from tests.detectors.test_desk import SECOND, START
from tests.services.receivers import SECRET
from wanbiao.channels import MESSAGE, Channel, Channels
from wanbiao.courier import Courier, sender
from wanbiao.messenger import Messenger

FLEET = load_fleet()
TOPIC = "wanbiao.warnings"
LINKS = Links(board="http://127.0.0.1:8080/warnings/{id}")


class MemoryLog:
    """The topic of warnings in two partitions; what has been read and committed."""

    def __init__(self) -> None:
        self.parts: list[list[Record]] = [[], []]
        self.read = [0, 0]
        self.told: Positions = {}
        self.is_away = False

    def add(self, *events: EarlyWarning | bytes, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        for event in events:
            value = event if isinstance(event, bytes) else encode_warning(event)
            part = 0 if isinstance(event, bytes) else sum(event.id.encode()) % 2
            self.parts[part].append(Record(part, len(self.parts[part]), b"", value, headers))

    def again(self) -> MemoryLog:
        """The same topic for another program."""
        made = MemoryLog()
        made.parts, made.told = self.parts, self.told
        return made

    def poll(self, wait_s: float) -> list[tuple[str, Record]]:
        found = [
            (TOPIC, record) for part, records in enumerate(self.parts) for record in records[self.read[part] :][:7]
        ]
        for _, record in found:
            self.read[record.partition] = record.offset + 1
        return found

    def position(self) -> Positions:
        return {(TOPIC, part): offset for part, offset in enumerate(self.read)}

    def ends(self) -> Positions:
        return {(TOPIC, part): len(records) for part, records in enumerate(self.parts)}

    def committed(self) -> Positions:
        return dict(self.told)

    def commit(self, positions: Positions) -> None:
        if self.is_away:
            raise ConnectorError("kafka does not answer", retryable=True)
        self.told = dict(positions)

    def seek_back(self, positions: Positions) -> None:
        for (_, part), offset in positions.items():
            self.read[part] = min(self.read[part], offset)


class Post:
    """A whole program whose clock is moved by hand; `restart` is what kill -9 and a new start leave."""

    def __init__(self, folder: Path, channels: Sequence[Channel], senders: dict[str, Sender] | None = None) -> None:
        self.path = str(folder / "outbox.sqlite3")
        self.channels, self.senders = Channels(tuple(channels), LINKS), senders or {}
        self.now_ns = START
        self.log = MemoryLog()
        self.box = Outbox(self.path)
        self.start()

    def start(self) -> None:
        self.couriers = [
            Courier(
                one.name,
                self.senders.get(one.name) or sender(one),
                self.path,
                clock=lambda: self.now_ns,
            )
            for one in self.channels.channels
        ]
        self.messenger = Messenger(self.log, self.box, self.channels, FLEET, self.couriers, clock=lambda: self.now_ns)
        self.messenger.begin()

    def restart(self) -> None:
        self.box.close()
        self.log, self.box = self.log.again(), Outbox(self.path)
        self.start()

    def say(self, *events: EarlyWarning | bytes, **more: Any) -> None:
        """Put events on the topic and look until all are read."""
        self.log.add(*events, **more)
        self.look()

    def look(self) -> None:
        self.messenger.step(0.0)
        while self.log.position() != self.log.ends():
            self.messenger.step(0.0)

    def deliver(self) -> None:
        """Let every courier do what is due now."""
        for courier in self.couriers:
            while courier.step(self.box) == 0.0:
                pass

    def pass_time(self, seconds: int, step_s: int = 1) -> None:
        for _ in range(0, seconds, step_s):
            self.now_ns += step_s * SECOND
            self.look()
            self.deliver()


def channel(name: str, url: str = "", **route: Any) -> Channel:
    return Channel(Route(name, **route), url, SECRET, MESSAGE, "both")
