"""A run gives the same bytes each time, however its scans come; what it sends can be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from detectors.events import DataQuality, EarlyWarning, Event, HealthScore
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from replay.logbook import Logbook
from replay.player import HEALTH, WARNINGS, Ledger, Message, decode, encode, play
from stations.scan import Scan
from tests.replay.small import MINUTE_NS, START_NS, pump

STATION = pump(("1", "2"))
BLOCK = STATION.blocks[0]
BLOCKS = {("PMP", "units"): BLOCK}
TUNING = Tuning(warm_up_s=600.0, warm_up_scans=60, warm_up_share=1.0, learn_s=60.0, on_scans=3, off_scans=3)
ROWS = 1200
FAULT = slice(800, 1000)


def scans() -> list[Scan]:
    """Twenty hours; from row 800 to 1000 the bearing of unit 2 runs hot, and unit 1 loses its vibration sensor for a while."""
    rng = np.random.default_rng(20)
    load = 50.0 + 20.0 * np.sin(np.arange(ROWS) / 40.0)[:, None] + rng.normal(0.0, 1.0, (ROWS, 2))
    values = np.stack([load, 30.0 + 0.4 * load, 2.0 + 0.01 * load], axis=2) + rng.normal(0.0, 0.1, (ROWS, 2, 3))
    values[FAULT, 1, 1] += 5.0
    values[300:320, 0, 2] = np.nan
    return [
        Scan("PMP", "units", BLOCK.revision, i, START_NS + i * MINUTE_NS, row.astype(np.float32))
        for i, row in enumerate(values)
    ]


def messages(given: Iterable[Scan], tuning: Tuning = TUNING) -> list[Message]:
    steps = play(given, StationMonitor(STATION, tuning))
    return list(chain.from_iterable(encode(step.events) for step in steps))


def ledger(given: Iterable[Message]) -> Ledger:
    made = Ledger()
    for message in given:
        made.add(message)
    return made


@pytest.fixture(scope="module")
def expected() -> list[Message]:
    return messages(scans())


def test_a_run_finds_the_fault_and_the_sensor(expected: list[Message]) -> None:
    logbook = Logbook(BLOCK)
    for step in play(scans(), StationMonitor(STATION, TUNING)):
        logbook.take(step.events)
    episode = logbook.story[0]
    assert (episode.unit, episode.component, episode.evidence[0].tag) == ("2", "bearing", "PMP.20TEMP")
    assert 0 <= episode.onset_ns - START_NS - FAULT.start * MINUTE_NS < 20 * MINUTE_NS
    assert episode.onset_ns < episode.opened_ns
    assert episode.returned_ns is not None
    assert (episode.evidence[0].deviation or 0.0) > 3.0, "of late; the reading of the last message is past the fault"
    assert [(event.unit, event.tag, event.transition) for event in logbook.sensors] == [
        ("1", "VIB", "opened"),
        ("1", "VIB", "returned"),
    ]
    assert logbook.warnings_per_1000_h == 1000.0 * len(logbook.episodes) / logbook.judged_h
    assert 2 * 0.8 * ROWS / 60 < logbook.judged_h < 2 * ROWS / 60
    assert sum(message.topic == HEALTH for message in expected) == ROWS


def test_two_runs_give_the_same_bytes(expected: list[Message]) -> None:
    assert messages(scans()) == expected


@pytest.mark.parametrize("size", [1, 7, 500])
def test_a_run_may_be_cut_anywhere_and_go_on_elsewhere(expected: list[Message], size: int) -> None:
    def in_pieces() -> Iterator[Message]:
        monitor, rest = StationMonitor(STATION, TUNING), scans()
        for i in range(0, len(rest), size):
            yield from (message for step in play(rest[i : i + size], monitor) for message in encode(step.events))
            if i % 100 == 0:  # as after a restart
                state, monitor = monitor.snapshot("units"), StationMonitor(STATION, TUNING)
                monitor.restore("units", state)

    assert list(in_pieces()) == expected


def test_messages_are_keyed_as_the_worker_keys_them(expected: list[Message]) -> None:
    assert {message.key for message in expected if message.topic == HEALTH} == {b"PMP"}
    for message in expected:
        if message.topic == WARNINGS:
            event = decode(message, BLOCKS)
            assert not isinstance(event, HealthScore)
            assert message.key == event.id.encode()


def test_messages_can_be_read_back() -> None:
    said = [event for step in play(scans(), StationMonitor(STATION, TUNING)) for event in step.events]
    sent: list[Event] = [e for e in said if isinstance(e, HealthScore | EarlyWarning | DataQuality)]
    for event, message in zip(sent, encode(said), strict=True):
        back = decode(message, BLOCKS)
        if isinstance(event, HealthScore):
            assert isinstance(back, HealthScore)
            assert (back.time_ns, back.revision) == (event.time_ns, event.revision)
            np.testing.assert_array_equal(back.level, event.level)
            np.testing.assert_allclose(back.health, event.health, rtol=1e-5)
        else:
            assert back == event


def test_a_ledger_takes_no_offence_at_repeats(expected: list[Message]) -> None:
    repeated = ledger([*expected[:900], *expected[500:]])
    assert repeated.difference(ledger(expected)) == ""
    assert repeated.repeats == 400
    assert repeated.count(HEALTH) == ROWS


def test_a_ledger_tells_what_differs(expected: list[Message]) -> None:
    assert ledger(expected[1:]).difference(ledger(expected)) == (
        f"health, key PMP: message 1 differs ({ROWS - 1} came, {ROWS} expected)"
    )
    assert "message 1200 is missing (1199 came" in ledger(expected[:-1]).difference(ledger(expected))
    assert "message 1201 is too many" in ledger([*expected, Message(HEALTH, b"PMP", b"")]).difference(ledger(expected))
    swapped = [expected[1], expected[0], *expected[2:]]
    assert "message 1 differs" in ledger(swapped).difference(ledger(expected))
    other = messages(scans(), replace(TUNING, limit=TUNING.limit * 1.01))
    assert ledger(other).difference(ledger(expected)) != ""


def test_the_order_of_two_keys_does_not_matter() -> None:
    """Kafka keeps the order within a partition only."""
    a, b = Message(WARNINGS, b"a", b"1"), Message(WARNINGS, b"b", b"1")
    assert ledger([a, b]).difference(ledger([b, a])) == ""
    assert ledger([a]).difference(ledger([a, b])) == "warnings, key b: message 1 is missing (0 came, 1 expected)"
