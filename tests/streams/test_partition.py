"""One partition without a broker: a detector that fails costs one scan, and the state is as if it had never come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar, cast
from uuid import UUID

import msgspec
import pytest

from connectors import wire
from connectors.action_wire import DONE, REFUSED, ActionMessage, Audit, encode_action
from detectors.actions import Action
from detectors.events import EarlyWarning, Event
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet
from stations.scan import Scan
from stations.simulate import simulate
from streams.acting import answer
from streams.config import LIVE, RECORDED, WorkerConfig
from streams.outputs import Outputs
from streams.partition import MakeMonitor, Partition
from tests.streams.people import Entry, apply, encode, mingled
from tests.streams.pipeline import LIVELY, START_NS

TUNING = Tuning(**LIVELY)  # type: ignore[arg-type]  # a mapping of numbers


class Acknowledged:
    """A record that the broker has, whichever event loop asks."""

    def __await__(self) -> Iterator[None]:
        return iter(())


class MemoryOutputs:
    """Keeps what a partition says."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.buried: list[tuple[int, str, str]] = []
        self.answers: list[Audit] = []

    async def publish(self, events: list[Event]) -> list[object]:
        self.events += events
        return []

    async def bury(self, message: Any, stage: str, reason: str) -> object:
        self.buried.append((message.offset, stage, reason))
        return Acknowledged()

    async def answer(self, record: Audit) -> object:
        self.answers.append(record)
        return Acknowledged()

    async def settle(self, sent: list[Any]) -> None:
        await asyncio.gather(*sent)


class MemoryLog:
    """Keeps what a barrier writes."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.states: dict[bytes, bytes] = {}

    async def write(self, next_offset: int, states: dict[bytes, bytes]) -> None:
        self.position = next_offset
        self.states |= states

    async def close(self) -> None:
        return


class MemoryEvent:
    """A message as Faust hands it over."""

    def __init__(self, offset: int, key: bytes, value: bytes, written_s: float = START_NS / 1e9) -> None:
        self.message = SimpleNamespace(offset=offset, key=key, value=value, timestamp=written_s, partition=0, topic="t")
        self.acked = False

    def ack(self) -> None:
        self.acked = True


def make(
    clock: str = RECORDED, monitor: MakeMonitor = StationMonitor
) -> tuple[Partition, MemoryOutputs, MemoryLog, Fleet]:
    fleet = load_fleet()
    config = WorkerConfig(
        fleet=fleet,
        tuning=TUNING,
        bootstrap="",
        prefix="t.",
        partitions=1,
        worker_id="w",
        influx_url="",
        influx_org="",
        influx_bucket="",
        clock=clock,
    )
    outputs, log = MemoryOutputs(), MemoryLog()
    partition = Partition(config, cast(Outputs, outputs), 0, 1, monitor)
    partition._log = cast(Any, log)
    partition.next_offset = 0
    return partition, outputs, log, fleet


async def feed(partition: Partition, events: list[MemoryEvent]) -> None:
    for event in events:
        async with partition.lock:
            await partition.take(cast(Any, event))


class Fragile(StationMonitor):
    """Fails on some scans, when its state has changed already."""

    broken: ClassVar[set[int]] = {30, 31, 80}

    def receive(self, scan: Scan) -> list[Event]:
        events = super().receive(scan)
        if scan.seq in self.broken:
            raise ArithmeticError("a fault of ours")
        return events


def test_a_failing_detector_costs_one_scan() -> None:
    """Failing in mid-update, before and after a barrier: dead letter, neighbours unharmed, state as without the scan."""
    partition, outputs, log, fleet = make(monitor=Fragile)
    scans = list(simulate(fleet.stations["YXK"], start_ns=START_NS, n_scans=120, seed=1))

    async def go() -> None:
        messages = [MemoryEvent(i, b"YXK", wire.encode_scan(scan)) for i, scan in enumerate(scans)]
        await feed(partition, messages[:50])
        await partition.checkpoint()
        await feed(partition, messages[50:])
        await partition.checkpoint()
        assert all(message.acked for message in messages)

    asyncio.run(go())
    assert [(offset, stage) for offset, stage, _ in outputs.buried] == [
        (seq, "detect") for seq in sorted(Fragile.broken)
    ]
    oracle = StationMonitor(fleet.stations["YXK"], TUNING)
    for scan in scans:
        if scan.seq not in Fragile.broken:
            oracle.receive(scan)
    assert log.states[b"YXK/units"] == oracle.snapshot("units")
    assert log.position == len(scans)


def test_nothing_is_acknowledged_before_the_barrier() -> None:
    partition, _, log, fleet = make()
    scans = simulate(fleet.stations["YXK"], start_ns=START_NS, n_scans=3, seed=1)

    async def go() -> None:
        messages = [MemoryEvent(i, b"YXK", wire.encode_scan(scan)) for i, scan in enumerate(scans)]
        await feed(partition, messages)
        assert not any(message.acked for message in messages)
        assert log.position is None
        await partition.checkpoint()
        assert all(message.acked for message in messages)

    asyncio.run(go())


@pytest.mark.parametrize(("ahead_s", "words"), [(400.0, "after the record was written"), (-40 * 86400.0, "before")])
def test_a_live_clock_refuses_times_far_from_when_the_record_was_written(ahead_s: float, words: str) -> None:
    partition, outputs, _, fleet = make(LIVE)
    scan = next(iter(simulate(fleet.stations["YXK"], start_ns=START_NS, n_scans=1, seed=1)))
    written_s = START_NS / 1e9 - ahead_s
    asyncio.run(feed(partition, [MemoryEvent(0, b"YXK", wire.encode_scan(scan), written_s)]))
    assert [(stage, words in reason) for _, stage, reason in outputs.buried] == [("time", True)]


# ---- what people do


def messages(log: Sequence[Entry], first: int = 0) -> list[MemoryEvent]:
    """The messages of a log of one station, from an offset on."""
    return [MemoryEvent(i, b"YXK", encode(entry)) for i, entry in enumerate(log)][first:]


@pytest.fixture(scope="module")
def log() -> list[Entry]:
    """Two hundred scans of a station, and some sixty actions of its people."""
    fleet = load_fleet()
    scans = simulate(fleet.stations["YXK"], start_ns=START_NS, n_scans=200, seed=1)
    return list(mingled(fleet, TUNING, scans, share=0.3))


class Oracle:
    """An uninterrupted run of a log."""

    def __init__(self, log: Sequence[Entry], fleet: Fleet) -> None:
        self.monitor = StationMonitor(fleet.stations["YXK"], TUNING)
        self.warnings: list[bytes] = []
        self.answers: list[Audit] = []
        for entry in log:
            events = apply(self.monitor, entry)
            self.warnings += [wire.encode_warning(event) for event in events if isinstance(event, EarlyWarning)]
            if isinstance(entry, ActionMessage):
                self.answers.append(answer(entry, events))


def told(outputs: MemoryOutputs) -> list[bytes]:
    return [wire.encode_warning(event) for event in outputs.events if isinstance(event, EarlyWarning)]


def test_actions_are_carried_out_in_the_order_of_the_log_and_answered(log: list[Entry]) -> None:
    partition, outputs, kept, fleet = make()
    asyncio.run(feed(partition, messages(log)))
    asyncio.run(partition.checkpoint())
    oracle = Oracle(log, fleet)
    assert told(outputs) == oracle.warnings
    assert outputs.answers == oracle.answers
    assert kept.states[b"YXK/units"] == oracle.monitor.snapshot("units")
    assert {"done", "refused"} == {one.result for one in outputs.answers}
    assert {one.action for one in outputs.answers if one.result == DONE} >= {
        "acknowledge",
        "shelve",
        "close",
        "relearn",
    }
    assert not outputs.buried, "an action that cannot be carried out is no dead letter"


@pytest.mark.parametrize("barrier", [70, 100, 150, 199])
def test_a_killed_worker_does_all_again_from_its_barrier_and_says_the_same(log: list[Entry], barrier: int) -> None:
    """What was done after the barrier is in the log, in its place; what was done before it is in the state."""
    dead, before, kept, fleet = make()
    asyncio.run(feed(dead, messages(log)[:barrier]))
    asyncio.run(dead.checkpoint())
    asyncio.run(feed(dead, messages(log)[barrier : barrier + 40]))  # said, but never covered by a barrier
    heir, after, _, _ = make()
    heir._log = cast(Any, kept)
    heir._base, heir.next_offset = dict(kept.states), kept.position
    heir._restore("YXK", "units")
    asyncio.run(feed(heir, messages(log, barrier)))
    asyncio.run(heir.checkpoint())
    oracle = Oracle(log, fleet)
    assert kept.states[b"YXK/units"] == oracle.monitor.snapshot("units")
    repeated = Oracle(log[: barrier + 40], fleet), Oracle(log[:barrier], fleet)
    assert told(before) == repeated[0].warnings
    assert repeated[1].warnings + told(after) == oracle.warnings
    assert repeated[1].answers + after.answers == oracle.answers


def test_an_action_alone_moves_the_state_in_the_checkpoint(log: list[Entry]) -> None:
    """No scan of the station need come between it and the barrier."""
    partition, outputs, kept, _ = make()
    asyncio.run(feed(partition, messages(log)[:100]))
    asyncio.run(partition.checkpoint())
    before = kept.states[b"YXK/units"]
    last = next(event for event in reversed(outputs.events) if isinstance(event, EarlyWarning) and event.act is None)
    message = ActionMessage(1, "acknowledge", UUID(int=5), "YXK", "Li", START_NS + 10**13, warning=last.id)
    asyncio.run(feed(partition, [MemoryEvent(100, b"YXK", encode_action(message))]))
    asyncio.run(partition.checkpoint())
    assert outputs.answers[-1].result == DONE
    assert kept.states[b"YXK/units"] != before
    assert kept.position == 101


def test_what_was_held_is_applied_again_with_the_actions_in_their_places(log: list[Entry]) -> None:
    """Scans and actions that break are undone: barrier, then all that was held, in order, but for those that broke."""

    class Careful(StationMonitor):
        def receive(self, scan: Scan) -> list[Event]:
            events = super().receive(scan)
            if scan.seq in Fragile.broken:
                raise ArithmeticError("a fault of ours")
            return events

        def act(self, action: Action) -> list[Event]:
            events = super().act(action)
            if action.kind == "shelve" and events:
                super().act(replace(action, kind="relearn"))
                raise ArithmeticError("a fault of ours")
            return events

    partition, outputs, kept, fleet = make(monitor=Careful)
    asyncio.run(feed(partition, messages(log)[:90]))
    asyncio.run(partition.checkpoint())
    asyncio.run(feed(partition, messages(log, 90)))
    asyncio.run(partition.checkpoint())
    sound = [
        entry
        for entry in log
        if (entry.seq not in Fragile.broken if isinstance(entry, Scan) else entry.action != "shelve")
    ]
    assert kept.states[b"YXK/units"] == Oracle(sound, fleet).monitor.snapshot("units")
    broken = [one for one in outputs.answers if one.action == "shelve"]
    assert {(one.result, one.reason) for one in broken} == {
        (REFUSED, "shelve: a fault of the program, ArithmeticError: a fault of ours")
    }
    assert len(outputs.buried) == len(Fragile.broken) + len(broken), "for who mends the program"


@pytest.mark.parametrize(
    ("key", "change", "stage"),
    [
        (b"FYL", {}, "key"),
        (None, {}, "key"),
        (b"YXK", {"station": "ABC"}, "catalogue"),
        (b"YXK", {"schema": 9}, "schema"),
        (b"YXK", {"who": "x" * 501}, "decode"),
        (b"YXK", {"id": "x"}, "decode"),
    ],
)
def test_a_bad_action_is_a_dead_letter(key: bytes | None, change: dict[str, Any], stage: str) -> None:
    partition, outputs, _, _ = make()
    good = ActionMessage(1, "acknowledge", UUID(int=5), "YXK", "Li", START_NS, warning="x")
    data = msgspec.json.encode(msgspec.to_builtins(good) | change)
    asyncio.run(feed(partition, [MemoryEvent(0, cast(bytes, key), data)]))
    assert [buried[1] for buried in outputs.buried] == [stage]
    assert not outputs.answers


@pytest.mark.parametrize(("late_s", "words"), [(3700.0, "before the record was written"), (-400.0, "after the record")])
def test_a_live_clock_refuses_an_old_action_and_says_so_to_who_sent_it(late_s: float, words: str) -> None:
    """The same message coming again hours later is no new act."""
    partition, outputs, _, _ = make(LIVE)
    message = ActionMessage(1, "relearn", UUID(int=5), "YXK", "Li", START_NS, unit="1")
    asyncio.run(feed(partition, [MemoryEvent(0, b"YXK", encode_action(message), START_NS / 1e9 + late_s)]))
    asyncio.run(feed(partition, [MemoryEvent(1, b"YXK", encode_action(message), START_NS / 1e9 + 60.0)]))
    late, soon = outputs.answers
    assert (late.result, soon.result) == (REFUSED, DONE)
    assert words in late.reason
    assert not outputs.buried


def test_a_scan_is_uncovered_until_its_checkpoint() -> None:
    async def run() -> None:
        partition, _, _, fleet = make()
        scan = next(iter(simulate(fleet.stations["YXK"], start_ns=START_NS, n_scans=1, seed=1)))
        assert partition.uncovered_s == 0.0
        await feed(partition, [MemoryEvent(0, b"YXK", wire.encode_scan(scan))])
        first = partition.uncovered_s
        assert 0.0 < first < partition.uncovered_s
        await partition.checkpoint()
        assert partition.uncovered_s == 0.0

    asyncio.run(run())
