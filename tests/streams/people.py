"""People who act while scans come in: a log of both, the same for the same seed, with whatever they get wrong."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import TypeAlias
from uuid import UUID

from connectors.action_wire import ActionMessage, encode_action
from connectors.wire import encode_scan
from detectors.events import EarlyWarning, Event
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.plant import Fleet, Station
from stations.scan import Scan
from streams.acting import to_action

Entry: TypeAlias = Scan | ActionMessage
KINDS = (
    *("acknowledge", "shelve", "unshelve", "close") * 5,
    *("maintain", "resume", "relearn", "repaired"),
)
OUTCOMES = ("confirmed", "false", "sensor", "duplicate", "deferred", "fixed")
RECENT = 20
"""People act on one of so many latest warnings."""


class People:
    """The crew of one station; ``chance`` draws what they do, right or wrong."""

    def __init__(self, station: Station, tuning: Tuning, chance: random.Random) -> None:
        self.monitor = StationMonitor(station, tuning)
        self._station, self._chance = station, chance
        self._warnings: list[str] = []

    def see(self, events: Iterable[Event]) -> None:
        """Read what the station says."""
        told = [event.id for event in events if isinstance(event, EarlyWarning)]
        self._warnings = [*self._warnings, *told][-RECENT:]

    def act(self, time_ns: int) -> ActionMessage:
        """One action at some time."""
        chance, block = self._chance, self._station.blocks[0]
        unit, tag = chance.choice(block.units), chance.choice(block.tags)
        return ActionMessage(
            schema=1,
            action=chance.choice(KINDS),
            id=UUID(int=chance.getrandbits(128), version=4),
            station=self._station.code,
            who="李伟",
            time_ns=time_ns,
            why="看过了, seen",
            warning=chance.choice([*self._warnings, "nothing"]),
            unit=unit,
            component=chance.choice([tag.component, "oil"]),
            tag=block.tag_id(unit, tag.code),
            until_ns=time_ns + chance.choice([60, 600, 0]) * 10**9,
            outcome=chance.choice(OUTCOMES),
        )


def mingled(
    fleet: Fleet, tuning: Tuning, scans: Iterable[Scan], *, share: float = 0.05, seed: int = 1
) -> Iterator[Entry]:
    """The scans, and after a ``share`` of them something that people did; every tenth such message comes twice."""
    chance = random.Random(seed)
    crews: dict[str, People] = {}
    for scan in scans:
        crew = crews.setdefault(scan.station, People(fleet.stations[scan.station], tuning, chance))
        yield scan
        crew.see(crew.monitor.receive(scan))
        if chance.random() < share:
            message = crew.act(scan.time_ns + 1_500_000_000)
            for _ in range(2 if chance.random() < 0.1 else 1):
                yield message
                crew.see(crew.monitor.act(to_action(message)))


def encode(entry: Entry) -> bytes:
    """The bytes of an entry of the log."""
    return encode_scan(entry) if isinstance(entry, Scan) else encode_action(entry)


def apply(monitor: StationMonitor, entry: Entry) -> list[Event]:
    """What a monitor says to an entry of the log."""
    return monitor.receive(entry) if isinstance(entry, Scan) else monitor.act(to_action(entry))
