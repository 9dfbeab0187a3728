"""What lies on the topics becomes events, once each; what is nonsense is counted; a broker that goes away is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Self
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.action_wire import ActionMessage, Audit, audit, encode_audit
from connectors.errors import ConnectorError
from connectors.kafka import KafkaAddress
from connectors.kafka_reader import Record
from connectors.wire import decode_health, encode_health, encode_warning
from dashboards.board import following
from dashboards.board.decoding import ACTIONS, HEALTH, TOPICS, WARNINGS, Decoder
from dashboards.board.following import BACK_MOST, RETRY_S, SILENT_S, Follower
from dashboards.board.pulse import Part
from detectors.events import Act, DataQuality, EarlyWarning, Event, HealthScore
from tests.dashboards.board.plant import FLEET, SHAPE, health, warning
from tests.detectors.small import START_NS

DECODER = Decoder(FLEET)
EARLY = replace(warning("w"), kind="early_warning")
QUALITY = DataQuality("q", "data_quality", "ABC", "units", "2", "PAD1", "opened", START_NS, "stuck", "卡死", "stuck")
AUDIT = audit(ActionMessage(1, "acknowledge", UUID(int=7), "ABC", "Li", START_NS, warning="w"), "closed")


# ---- decoding


def test_health_is_what_was_sent() -> None:
    score = np.full(SHAPE, 0.5)
    score[1, 0] = np.nan
    sent = health(score=score, attended=np.eye(3, 2, dtype=bool))
    found = DECODER.event(HEALTH, encode_health(sent))
    assert isinstance(found, HealthScore)
    for name in ("mode", "level", "score", "health", "good", "attended"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sent, name), err_msg=name)
    assert (found.station, found.block, found.revision, found.time_ns) == ("ABC", "units", sent.revision, START_NS)
    assert found.regime is None


def test_warnings_quality_and_answers_are_what_was_sent() -> None:
    acted = replace(EARLY, transition="shelved", act=Act("Li", "tea", until_ns=START_NS + 1))
    for event in (EARLY, acted, QUALITY):
        assert DECODER.event(WARNINGS, encode_warning(event)) == event
    assert DECODER.event(ACTIONS, encode_audit(AUDIT)) == AUDIT


def changed(**fields: Any) -> bytes:
    """A health message with some fields as they should not be."""
    message = decode_health(encode_health(health()))
    return msgspec.msgpack.encode(msgspec.structs.replace(message, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"station": "XYZ"},
        {"block": "other"},
        {"revision": "000000000000"},
        {"mode": b"\x03\x03"},
        {"mode": b"\x03\x03\x09"},
        {"level": b"\x04" * 6},
        {"score": b"\0" * 23},
        {"good": b""},
        {"attended": b"\x01"},
        {"attended": b"\x02" * 6},
        {"regime": b"\x01" * 3},
        {"time_ns": -1},
        {"time_ns": 2**62},
    ],
)
def test_health_that_cannot_be_is_none(fields: dict[str, Any]) -> None:
    assert DECODER.event(HEALTH, changed()) is not None
    assert DECODER.event(HEALTH, changed(**fields)) is None


@pytest.mark.parametrize(
    "event",
    [
        replace(EARLY, level="high"),
        replace(EARLY, transition="vanished"),
        replace(EARLY, time_ns=0),
        replace(EARLY, onset_ns=2**62),
        replace(EARLY, act=Act("Li", "", until_ns=-5)),
        replace(QUALITY, time_ns=-1),
    ],
)
def test_a_warning_that_cannot_be_is_none(event: Any) -> None:
    assert DECODER.event(WARNINGS, encode_warning(event)) is None


@given(topic=st.sampled_from(TOPICS), value=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise(topic: str, value: bytes) -> None:
    assert DECODER.event(topic, value) is None


# ---- following


class Reader:
    """In place of `TopicReader`: hands out a script, one entry a poll; an exception in it is raised, and time passes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def poll(self, wait_s: float) -> list[tuple[str, Record]]:
        self._world.now_s += wait_s
        if not self._world.script:
            self._world.end()
            return []
        entry = self._world.script.pop(0)
        if isinstance(entry, Exception):
            raise entry
        return entry

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class World:
    """A broker that is there or not, and what it has."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.script: list[list[tuple[str, Record]] | Exception] = []
        self.refused: dict[int, Exception] = {}
        self.opened: list[Any] = []
        self.parts: list[Part] = []
        self.asked = 0
        self.events: list[Event] = []
        self.follower = Follower(KafkaAddress("x:1"), "p.", DECODER, self.events.extend, clock=lambda: self.now_s)
        self.end: Callable[[], None] = self.follower._ending.set

    def reader(self, _address: KafkaAddress, _topics: list[str], *, most: Any) -> Reader:
        self.opened.append(most)
        self.parts.append(self.follower.part())
        if len(self.opened) - 1 in self.refused:
            self.now_s += 5.0
            raise self.refused[len(self.opened) - 1]
        return Reader(self)

    def ask(self, _address: KafkaAddress) -> dict[str, int]:
        self.asked += 1
        return {}

    def run(self) -> None:
        """Until the script is at its end."""
        self.follower.start()
        self.follower._thread.join(10.0)
        assert not self.follower._thread.is_alive()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    monkeypatch.setattr(following, "TopicReader", world.reader)
    monkeypatch.setattr(following, "topic_partitions", world.ask)
    monkeypatch.setattr(following, "RETRY_S", 0.001)
    yield world
    world.follower._ending.set()
    assert "board-follower" not in [thread.name for thread in threading.enumerate()]


def record(topic: str, offset: int, event: Any, partition: int = 0) -> tuple[str, Record]:
    encode: dict[str, Callable[[Any], bytes]] = {
        HEALTH: encode_health,
        WARNINGS: encode_warning,
        ACTIONS: encode_audit,
    }
    value = event if isinstance(event, bytes) else encode[topic](event)
    return f"p.{topic}", Record(partition, offset, b"ABC", value, ())


def test_events_are_handed_on_in_order_and_answers_are_kept(world: World) -> None:
    world.script = [
        [record(WARNINGS, 4, EARLY), record(HEALTH, 9, health())],
        [record(ACTIONS, 0, AUDIT), record(ACTIONS, 1, AUDIT), record(WARNINGS, 5, QUALITY)],
    ]
    world.run()
    assert world.opened == [{f"p.{topic}": BACK_MOST[topic] for topic in TOPICS}]
    assert [type(event) for event in world.events] == [EarlyWarning, HealthScore, DataQuality]
    assert world.follower.trail() == [AUDIT], "what is said twice counts once"
    assert (world.follower.records, world.follower.unreadable) == (5, 0)
    assert [part.said.en for part in world.parts] == ["reading what lies on kafka"]
    assert world.follower.part().said.en == "kafka: 5 records, 0 of them unreadable"


def test_nonsense_is_counted_and_stops_nothing(world: World) -> None:
    world.script = [[record(HEALTH, 0, b"junk"), record(WARNINGS, 0, b""), record(ACTIONS, 0, b"{}")]]
    world.script += [[record(WARNINGS, 1, EARLY)]]
    world.run()
    assert world.events == [EARLY]
    assert (world.follower.records, world.follower.unreadable) == (4, 3)


def test_a_broker_that_goes_away_is_told_waited_for_and_read_on(world: World) -> None:
    away = ConnectorError("kafka does not answer at x:1", retryable=True)
    world.script = [[record(WARNINGS, 4, EARLY)], away, [record(WARNINGS, 4, EARLY), record(WARNINGS, 5, QUALITY)]]
    world.refused = {1: away, 2: away}
    world.run()
    assert len(world.parts) == 4
    assert world.events == [EARLY, QUALITY], "what was read before is not told again"
    assert not world.parts[3].is_well
    assert world.parts[3].said.en == "kafka has not answered for 10 s"
    assert world.parts[3].said.zh == "Kafka 已 10 秒不应答"
    assert world.follower.part().is_well


def test_a_silent_broker_is_asked_whether_it_is_there(world: World) -> None:
    quiet = int(SILENT_S / following.POLL_S) + 2
    world.script = [[]] * quiet
    world.run()
    assert world.asked == 1
    assert RETRY_S + SILENT_S < 60.0, "or it would not be said within a minute"


def test_a_fault_of_ours_stops_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    taken: list[Event] = []

    def give(events: list[Event]) -> None:
        if EARLY in events:
            raise RuntimeError("a fault")
        taken.extend(events)

    world.follower._give = give
    world.script = [[record(WARNINGS, 0, EARLY)], [record(WARNINGS, 1, QUALITY)]]
    world.run()
    assert taken == [QUALITY]
    assert "1 events could not be shown" in caplog.text


def test_the_trail_is_bounded(world: World) -> None:
    answers = [msgspec.structs.replace(AUDIT, id=UUID(int=i)) for i in range(following.TRAIL_MOST + 5)]
    world.script = [[record(ACTIONS, i, one) for i, one in enumerate(answers)]]
    world.run()
    kept: list[Audit] = world.follower.trail()
    assert kept == answers[5:]
