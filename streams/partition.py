"""One source partition in one worker: monitors, the scans held since the last barrier, and the barrier itself.

outputs acknowledged -> one transaction {changed states + position} -> source events acknowledged (Faust may commit them then)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from connectors import wire
from detectors.events import Event, Refused
from detectors.snapshot import SnapshotError
from detectors.tuning import Tuning
from stations.plant import Station
from stations.scan import Scan
from streams.checkpoint import CheckpointLog
from streams.config import LIVE, WorkerConfig
from streams.outputs import Outputs, Sent

if TYPE_CHECKING:
    from faust.types import EventT, Message

logger = logging.getLogger(__name__)

MAX_HELD = 2_000
"""Scans between two barriers at most; then the stream waits for the barrier."""


class Monitor(Protocol):
    """What judges the scans of a station; `detectors.monitor.StationMonitor` is one."""

    def receive(self, scan: Scan) -> list[Event]: ...
    def snapshot(self, block: str) -> bytes: ...
    def restore(self, block: str, data: bytes) -> None: ...


MakeMonitor: TypeAlias = Callable[[Station, Tuning], Monitor]


class Partition:
    """Processes the messages of one source partition in one generation of the group.

    Everything that changes the state happens under `lock`; a barrier takes its picture under the same lock, without awaiting.
    """

    def __init__(
        self, config: WorkerConfig, outputs: Outputs, number: int, generation: int, monitor: MakeMonitor
    ) -> None:
        self.number, self.generation = number, generation
        self.next_offset: int | None = None
        self.lock = asyncio.Lock()
        self.closed = False
        self._config, self._outputs = config, outputs
        self._log = CheckpointLog(config, number)
        self._blocks = {(block.station, block.code): block for block in config.fleet.blocks}
        self._make = monitor
        self._monitors: dict[str, Monitor] = {}
        self._base: dict[bytes, bytes] = {}
        self._changed: set[tuple[str, str]] = set()
        self._held: list[EventT[bytes]] = []
        self._broken: set[int] = set()
        self._sent: list[Sent] = []
        self._barrier = asyncio.Lock()

    @property
    def is_full(self) -> bool:
        """True when the stream must wait for a barrier: much is held, or a scan was undone, which would be dear to repeat."""
        return len(self._held) >= MAX_HELD or bool(self._broken)

    async def open(self) -> None:
        """Take the partition over: fence its older owners, read its state."""
        loaded = await self._log.open()
        self.next_offset, self._base = loaded.next_offset, loaded.states
        for key in list(self._base):
            station, _, block = key.decode(errors="replace").partition("/")
            if (station, block) not in self._blocks:
                logger.error(
                    "checkpoint %s is of no block in this catalogue; it is left alone", key.decode(errors="replace")
                )
                continue
            self._restore(station, block)

    def _restore(self, station: str, block: str) -> None:
        data = self._base.get(_key(station, block))
        if data is None:
            return
        try:
            self._monitor(station).restore(block, data)
        except SnapshotError as error:
            logger.error("%s/%s learns again from nothing: %s", station, block, error)
            del self._base[_key(station, block)]

    def _monitor(self, station: str) -> Monitor:
        if station not in self._monitors:
            self._monitors[station] = self._make(self._config.fleet.stations[station], self._config.tuning)
        return self._monitors[station]

    async def take(self, event: EventT[bytes]) -> None:
        """Process one message; call under `lock`. Whatever is in it: its events go out, or it goes to the dead letters."""
        message = event.message
        scan = self._read(message)
        if isinstance(scan, Scan):
            await self._judge(scan, message)
        else:
            self._sent.append(await self._outputs.bury(message, scan.stage, scan.reason))
        self.next_offset = message.offset + 1
        self._held.append(event)

    def _read(self, message: Message) -> Scan | wire.Unreadable:
        scan = wire.decode_scan(message.value or b"", self._blocks)
        if isinstance(scan, wire.Unreadable):
            return scan
        key = (message.key or b"").decode(errors="replace")
        if key != scan.station:
            return wire.Unreadable("key", f"key {key[:40]!r}; expected the station, {scan.station!r}")
        if self._config.clock == LIVE and (reason := self._clock_fault(scan, message.timestamp)):
            return wire.Unreadable("time", reason)
        return scan

    def _clock_fault(self, scan: Scan, written_s: float) -> str:
        """Compared with the time the record was written, not with our clock: a replay of the log decides the same way."""
        ahead_s = scan.time_s - written_s
        if ahead_s > self._config.max_future_s:
            return (
                f"event time is {ahead_s:.0f} s after the record was written; at most {self._config.max_future_s:.0f} s"
            )
        if -ahead_s > self._config.max_age_s:
            return (
                f"event time is {-ahead_s:.0f} s before the record was written; at most {self._config.max_age_s:.0f} s"
            )
        return ""

    async def _judge(self, scan: Scan, message: Message) -> None:
        try:
            events = self._monitor(scan.station).receive(scan)
        except Exception as error:  # a fault of ours must cost one scan, not the station
            logger.exception(
                "scan of %s/%s at offset %d of partition %d", scan.station, scan.block, message.offset, self.number
            )
            self._broken.add(message.offset)
            self._undo(scan.station)
            self._sent.append(await self._outputs.bury(message, "detect", f"{type(error).__name__}: {error}"))
            return
        if events and isinstance(events[0], Refused):
            self._sent.append(await self._outputs.bury(message, "order", events[0].reason))
            return
        self._changed.add((scan.station, scan.block))
        try:
            self._sent.extend(await self._outputs.publish(events))
        except BaseException:
            self.closed = True  # the state includes a scan that was not published: it must never reach a barrier
            raise

    def _undo(self, station: str) -> None:
        """Bring a station back to where it stood before the scan that broke it: last barrier, then the scans held since."""
        del self._monitors[station]
        for code in (b.code for b in self._config.fleet.stations[station].blocks):
            self._restore(station, code)
        for event in self._held:
            if event.message.offset not in self._broken:
                scan = self._read(event.message)
                if isinstance(scan, Scan) and scan.station == station:
                    self._monitor(station).receive(scan)

    async def checkpoint(self) -> None:
        """The barrier: when it returns, everything taken before is durable and acknowledged."""
        async with self._barrier:
            async with self.lock:
                if self.closed or not self._held or self.next_offset is None:
                    return
                held, self._held = self._held, []
                self._broken.clear()
                sent, self._sent = self._sent, []
                changed, self._changed = self._changed, set()
                next_offset = self.next_offset
                states = {_key(*at): self._monitors[at[0]].snapshot(at[1]) for at in sorted(changed)}
                self._base.update(states)
            await self._outputs.settle(sent)
            await self._log.write(next_offset, states)
            for event in held:
                event.ack()

    async def close(self) -> None:
        """Give the partition up; what was not covered by a barrier is left for the next owner."""
        self.closed = True
        self._held.clear()
        self._sent.clear()
        await self._log.close()


def _key(station: str, block: str) -> bytes:
    return f"{station}/{block}".encode()
