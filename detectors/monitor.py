"""A station monitor: scans in, events out. The same object in the worker, in replay and in every test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detectors.actions import Action, fault
from detectors.block_monitor import BlockMonitor
from detectors.events import Event, Refused
from detectors.tuning import Tuning
from stations.plant import Station
from stations.scan import Scan


class StationMonitor:
    """Judges all blocks of one station, in event time only: no clock, no socket, no log.

    Parameters
    ----------
    station : what is watched.
    tuning : the constants of detection.
    """

    def __init__(self, station: Station, tuning: Tuning | None = None) -> None:
        self.station = station
        self._blocks = {block.code: BlockMonitor(station, block, tuning or Tuning()) for block in station.blocks}

    def receive(self, scan: Scan) -> list[Event]:
        """Take one scan in; returns its events, health first. Bad data is an event, never an exception.

        A scan of another station or block, of another revision or shape, or not newer than the last one of its block is
        `Refused` with a reason and changes nothing.
        """
        monitor = self._blocks.get(scan.block) if scan.station == self.station.code else None
        if monitor is None:
            known = ", ".join(f"{self.station.code}/{code}" for code in self._blocks)
            reason = f"unknown block {scan.station}/{scan.block}; expected one of {known}"
            return [Refused(scan.station, scan.block, scan.time_ns, reason)]
        return monitor.receive(scan)

    def act(self, action: Action) -> list[Event]:
        """Carry out what a person did: the transition of a warning, or the data-quality event, that it makes.

        What cannot be carried out is `Refused` with one clear sentence, and changes nothing.
        """
        reason = fault(action)
        if not reason and action.station != self.station.code:
            reason = f"station {action.station[:40]!r}; this is {self.station.code}"
        if reason:
            return [Refused(action.station, "", action.time_ns, reason)]
        for monitor in self._blocks.values():
            if monitor.knows(action):
                return monitor.act(action)
        meant = action.warning or action.tag or f"unit {action.unit}"
        return [
            Refused(action.station, "", action.time_ns, f"{action.kind}: {self.station.code} knows no {meant[:40]!r}")
        ]

    def snapshot(self, block: str) -> bytes:
        """State of one block; see `detectors.snapshot`."""
        return self._blocks[block].snapshot()

    def restore(self, block: str, data: bytes) -> None:
        """The inverse of `snapshot`, to the bit.

        Raises
        ------
        SnapshotError : the state is damaged, from newer code, of another plant or of other constants; nothing was changed.
        """
        self._blocks[block].restore(data)


def run(monitor: StationMonitor, scans: Iterable[Scan]) -> Iterator[Event]:
    """Every event of a recording, in order: the offline oracle of every live run."""
    for scan in scans:
        yield from monitor.receive(scan)
