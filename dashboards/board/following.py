"""Following the topics of a pipeline: first what lies there of late, so that a restart shows the same list, then live.

It never gives up: while the broker is away it says so, and begins anew when it is back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from connectors.action_wire import Audit
from connectors.errors import ConnectorError
from connectors.kafka import KafkaAddress, topic_partitions
from connectors.kafka_reader import Record, TopicReader
from dashboards.board.decoding import ACTIONS, HEALTH, TOPICS, WARNINGS, Decoder
from dashboards.board.pulse import Part
from detectors.events import Event
from stations.plant import Text

logger = logging.getLogger(__name__)

BACK_MOST: Final = {WARNINGS: 20_000, HEALTH: 200, ACTIONS: 1_000}
"""Records of each partition that are read at the start: years of warnings of a plant, a few minutes of its health."""
TRAIL_MOST: Final = 1_000
"""Answers to acts that are kept; of more, the oldest is forgotten."""
POLL_S: Final = 0.5
"""Longest wait for a record [s]; one that comes ends it at once."""
SILENT_S: Final = 10.0
"""After so long without a record the broker is asked whether it is there [s]: its client would wait silently."""
RETRY_S: Final = 2.0
"""Between two attempts to reach a broker that is away [s]."""


class Follower:
    """Reads in a thread of its own, from `start` to `stop`.

    Parameters
    ----------
    give : is handed the events in the order of their topics, in the thread of the follower.
    clock : of the wall [s], of any origin.
    """

    def __init__(
        self,
        address: KafkaAddress,
        prefix: str,
        decoder: Decoder,
        give: Callable[[list[Event]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address, self._prefix, self._decoder, self._give, self._clock = address, prefix, decoder, give, clock
        self._topics = {f"{prefix}{topic}": topic for topic in TOPICS}
        self._next: dict[tuple[str, int], int] = {}
        self._trail: deque[Audit] = deque(maxlen=TRAIL_MOST)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-follower", daemon=True)
        self._away: tuple[float, str] | None = (clock(), "")
        self.records = 0
        self.unreadable = 0
        self.heard_s: float | None = None
        """When the last record came, by the clock [s]; None = none has."""

    def start(self) -> None:
        """Begin. A broker that is away is waited for."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ending.set()
        self._thread.join()

    def trail(self) -> list[Audit]:
        """What became of what people did, the newest last."""
        return list(self._trail)

    def part(self) -> Part:
        """How it does, for everybody to see."""
        away = self._away
        if away is None:
            said = Text(
                f"Kafka：{self.records} 条记录，{self.unreadable} 条无法读取",
                f"kafka: {self.records} records, {self.unreadable} of them unreadable",
            )
            return Part("kafka", True, said)
        since_s = self._clock() - away[0]
        if not away[1]:
            return Part("kafka", True, Text("正在读取 Kafka 上的历史", "reading what lies on kafka"))
        return Part(
            "kafka",
            False,
            Text(f"Kafka 已 {since_s:.0f} 秒不应答", f"kafka has not answered for {since_s:.0f} s"),
        )

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with TopicReader(
                    self._address,
                    list(self._topics),
                    most={name: BACK_MOST[topic] for name, topic in self._topics.items()},
                ) as reader:
                    self._follow(reader)
            except ConnectorError as error:
                self._is_away(error)
                self._ending.wait(RETRY_S)

    def _follow(self, reader: TopicReader) -> None:
        """Hand on what comes, until the end or until the broker has gone, which is a ConnectorError."""
        self._is_back()
        quiet_since_s = self._clock()
        while not self._ending.is_set():
            records = reader.poll(POLL_S)
            if records:
                self._take(records)
                quiet_since_s = self._clock()
            elif self._clock() - quiet_since_s > SILENT_S:
                topic_partitions(self._address)
                quiet_since_s = self._clock()

    def _take(self, records: Iterable[tuple[str, Record]]) -> None:
        events: list[Event] = []
        for name, record in records:
            if record.offset < self._next.get((name, record.partition), 0):
                continue  # read before the broker went away
            self._next[name, record.partition] = record.offset + 1
            self.records += 1
            found = self._decoder.event(self._topics[name], record.value or b"")
            if found is None:
                self.unreadable += 1
            elif isinstance(found, Audit):
                if found not in self._trail:  # a worker that was killed has said it again
                    self._trail.append(found)
            else:
                events.append(found)
        self.heard_s = self._clock()
        if events:
            try:
                self._give(events)
            except Exception:  # a fault of ours: what comes next must be shown all the same
                logger.exception("%d events could not be shown", len(events))

    def _is_away(self, error: ConnectorError) -> None:
        if self._away is None or not self._away[1]:
            self._away = self._clock(), str(error)
            logger.warning("%s; trying again every %.0f s", str(error), RETRY_S)

    def _is_back(self) -> None:
        if self._away is not None and self._away[1]:
            logger.info("kafka answers again")
        self._away = None
