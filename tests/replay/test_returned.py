"""What comes back through Kafka is put in order again, however its keys were mixed on the way."""

from __future__ import annotations

import random

import pytest

from replay.heard import Heard
from replay.player import HEALTH, Digest, Message, decode, encode
from replay.returned import Gathered
from replay.verdict import judge_incident
from tests.replay.played import incident, whole


def messages() -> list[Message]:
    """All that the monitors of the small incident send, in their order."""
    one, run, _ = whole()
    again = Heard("again", one.stations, run.tuning, one.scenario.start_ns, one.scenario.days)
    return [message for scan in one.scans() for message in encode(again.receive(scan))]


def mixed(sent: list[Message], seed: int) -> list[Message]:
    """Those of each key in their order, keys anyhow."""
    chance, keys = random.Random(seed), [(message.topic, message.key) for message in sent]
    rest = {key: iter([message for message in sent if (message.topic, message.key) == key]) for key in keys}
    chance.shuffle(keys)
    return [next(rest[key]) for key in keys]


def gathered(sent: list[Message]) -> Gathered:
    one, run, _ = whole()
    blocks = {(block.station, block.code): block for station in one.stations for block in station.blocks}
    found = Gathered(Heard("usual", one.stations, run.tuning, one.scenario.start_ns, one.scenario.days), one.stations)
    for message in sent:
        found.take(message, decode(message, blocks))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_verdict_is_that_of_one_process(seed: int) -> None:
    one, run, labels = whole()
    found = gathered(mixed(messages(), seed))
    found.settle(one.scenario.end_ns)
    assert found.heard.warnings == run.warnings
    assert found.heard.quality == run.quality
    mine, theirs = (judge_incident(one, labels, heard, one.scenario.end_ns) for heard in (found.heard, run))
    assert mine.to_dict() == theirs.to_dict()
    assert found.until_ns() == one.scenario.end_ns - round(one.stations[0].block("units").period_s * 1e9) + 1


def test_a_byte_that_differs_is_another_digest() -> None:
    _, run, _ = whole()
    sent = messages()
    assert str(gathered(sent).heard.digest) == str(run.digest)
    assert str(gathered(sent[:-1]).heard.digest) != str(run.digest)
    digest = Digest()
    digest.add(Message(HEALTH, b"a", b"12"))
    digest.add(Message(HEALTH, b"a", b"3"))
    other = Digest()
    other.add(Message(HEALTH, b"a", b"1"))
    other.add(Message(HEALTH, b"a", b"23"))
    assert str(digest) != str(other), "where one message ends and the next begins counts"


def test_what_lies_beyond_an_interruption_is_left_out() -> None:
    """Warnings may have come of scans whose health has not: only what is whole is judged."""
    one = incident()
    sent = messages()
    cut_ns = one.scenario.at_day(1.0)
    found = gathered(sent)
    found.settle(cut_ns)
    _, run, _ = whole()
    assert found.heard.warnings == [event for event in run.warnings if event.time_ns < cut_ns]
    assert found.heard.quality == [event for event in run.quality if event.time_ns < cut_ns]
    assert len(found.heard.warnings) < len(run.warnings)


def test_nothing_is_whole_while_a_station_is_missing() -> None:
    assert gathered([]).until_ns() == 0
