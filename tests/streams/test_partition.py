"""One partition without a broker: a detector that fails costs one scan, and the state is as if it had never come."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from connectors import wire
from detectors.events import Event
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet
from stations.scan import Scan
from stations.simulate import simulate
from streams.config import LIVE, RECORDED, WorkerConfig
from streams.outputs import Outputs
from streams.partition import MakeMonitor, Partition
from tests.streams.pipeline import LIVELY, START_NS

TUNING = Tuning(**LIVELY)  # type: ignore[arg-type]  # a mapping of numbers


class MemoryOutputs:
    """Keeps what a partition says."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.buried: list[tuple[int, str, str]] = []

    async def publish(self, events: list[Event]) -> list[object]:
        self.events += events
        return []

    async def bury(self, message: Any, stage: str, reason: str) -> object:
        self.buried.append((message.offset, stage, reason))
        acknowledged = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

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
