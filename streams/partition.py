"""One source partition in one worker: monitors, the messages held since the last barrier, and the barrier itself.

A message is a scan, or what a person did: both change the state in the order of the log, so a replay makes the same bytes.

outputs acknowledged -> one transaction {changed states + position} -> source events acknowledged (Faust may commit them then)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from connectors import action_wire, wire
from connectors.action_wire import ActionMessage
from detectors.actions import Action
from detectors.events import Event, Refused
from detectors.snapshot import SnapshotError
from detectors.tuning import Tuning
from stations.plant import Station
from stations.scan import Scan
from streams.acting import answer, to_action
from streams.checkpoint import CheckpointLog
from streams.config import LIVE, WorkerConfig
from streams.outputs import Outputs, Sent

if TYPE_CHECKING:
    from faust.types import EventT, Message

logger = logging.getLogger(__name__)

MAX_HELD = 2_000
"""Messages between two barriers at most; then the stream waits for the barrier."""


class Monitor(Protocol):
    """What judges the scans of a station; `detectors.monitor.StationMonitor` is one."""

    def receive(self, scan: Scan) -> list[Event]: ...
    def act(self, action: Action) -> list[Event]: ...
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
        self._uncovered_since: float | None = None

    @property
    def is_full(self) -> bool:
        """True when the stream must wait for a barrier: much is held, or a message was undone, which would be dear to repeat."""
        return len(self._held) >= MAX_HELD or bool(self._broken)

    @property
    def uncovered_s(self) -> float:
        """Age of the oldest message that no checkpoint covers [s], counted from when it was taken; 0 = there is none."""
        return 0.0 if self._uncovered_since is None else time.monotonic() - self._uncovered_since

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
        read = self._read(message)
        if isinstance(read, wire.Unreadable):
            self._sent.append(await self._outputs.bury(message, read.stage, read.reason))
        else:
            await self._judge(read, message)
        self.next_offset = message.offset + 1
        self._held.append(event)
        if self._uncovered_since is None:
            self._uncovered_since = time.monotonic()

    def _read(self, message: Message) -> Scan | ActionMessage | wire.Unreadable:
        data = message.value or b""
        read: Scan | ActionMessage | wire.Unreadable
        if action_wire.is_action(data):
            read = action_wire.decode_action(data, self._config.fleet.stations)
        else:
            read = wire.decode_scan(data, self._blocks)
        if isinstance(read, wire.Unreadable):
            return read
        key = (message.key or b"").decode(errors="replace")
        if key != read.station:
            return wire.Unreadable("key", f"key {key[:40]!r}; expected the station, {read.station!r}")
        if isinstance(read, Scan) and (reason := self._clock_fault(read.time_ns, message, self._config.max_age_s)):
            return wire.Unreadable("time", reason)
        return read

    def _clock_fault(self, time_ns: int, message: Message, max_age_s: float) -> str:
        """Compared with the time the record was written, not with our clock: a replay of the log decides the same way."""
        if self._config.clock != LIVE:
            return ""
        ahead_s = time_ns / 1e9 - message.timestamp
        if ahead_s > self._config.max_future_s:
            return (
                f"event time is {ahead_s:.0f} s after the record was written; at most {self._config.max_future_s:.0f} s"
            )
        if -ahead_s > max_age_s:
            return f"event time is {-ahead_s:.0f} s before the record was written; at most {max_age_s:.0f} s"
        return ""

    def _apply(self, read: Scan | ActionMessage, message: Message) -> list[Event]:
        """What a scan or an action makes of its station; a first event that is `Refused`: nothing was changed."""
        monitor = self._monitor(read.station)
        if isinstance(read, Scan):
            return monitor.receive(read)
        if reason := self._clock_fault(read.time_ns, message, self._config.max_action_age_s):
            return [Refused(read.station, "", read.time_ns, f"{read.action}: {reason}")]
        return monitor.act(to_action(read))

    async def _judge(self, read: Scan | ActionMessage, message: Message) -> None:
        try:
            events = self._apply(read, message)
        except Exception as error:  # a fault of ours must cost one message, not the station
            logger.exception("message of %s at offset %d of partition %d", read.station, message.offset, self.number)
            await self._bury_broken(read, message, f"{type(error).__name__}: {error}")
            return
        refused = events[0] if events and isinstance(events[0], Refused) else None
        if refused is None:
            self._changed.update(self._touched(read))
        elif isinstance(read, Scan):
            self._sent.append(await self._outputs.bury(message, "order", refused.reason))
            return
        try:
            if refused is None:
                self._sent.extend(await self._outputs.publish(events))
            if isinstance(read, ActionMessage):
                self._sent.append(await self._outputs.answer(answer(read, events)))
        except BaseException:
            self.closed = True  # the state includes a message that was not published: it must never reach a barrier
            raise

    def _touched(self, read: Scan | ActionMessage) -> list[tuple[str, str]]:
        """Blocks whose state may have changed. Which one an action means only the monitor knows; actions are rare."""
        if isinstance(read, Scan):
            return [(read.station, read.block)]
        return [(read.station, block.code) for block in self._config.fleet.stations[read.station].blocks]

    async def _bury_broken(self, read: Scan | ActionMessage, message: Message, reason: str) -> None:
        self._broken.add(message.offset)
        self._undo(read.station)
        self._sent.append(await self._outputs.bury(message, "detect", reason))
        if isinstance(read, ActionMessage):  # somebody waits for the answer
            refused = Refused(read.station, "", read.time_ns, f"{read.action}: a fault of the program, {reason}")
            self._sent.append(await self._outputs.answer(answer(read, [refused])))

    def _undo(self, station: str) -> None:
        """Bring a station back to where it stood before the message that broke it: last barrier, then what was held since."""
        del self._monitors[station]
        for code in (b.code for b in self._config.fleet.stations[station].blocks):
            self._restore(station, code)
        for event in self._held:
            if event.message.offset not in self._broken:
                read = self._read(event.message)
                if not isinstance(read, wire.Unreadable) and read.station == station:
                    self._apply(read, event.message)

    async def checkpoint(self) -> None:
        """The barrier: when it returns, everything taken before is durable and acknowledged."""
        async with self._barrier:
            async with self.lock:
                if self.closed or not self._held or self.next_offset is None:
                    return
                held, self._held = self._held, []
                begun_s = time.monotonic()
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
            self._uncovered_since = begun_s if self._held else None

    async def close(self) -> None:
        """Give the partition up; what was not covered by a barrier is left for the next owner."""
        self.closed = True
        self._held.clear()
        self._sent.clear()
        await self._log.close()


def _key(station: str, block: str) -> bytes:
    return f"{station}/{block}".encode()
