"""What gives no good values, or is not watched: sensors that are out, units that are silent, maintenance. A fold over events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from detectors.events import DataQuality
from detectors.sisters import ALL_UNITS
from stations.plant import Fleet

MAINTENANCE: Final = "maintenance"
"""The detector of data quality that is people's planned work; no sensor is at fault."""
ALL_TAGS: Final = "*"

Units: TypeAlias = Mapping[tuple[str, str], tuple[str, ...]]
"""Units by station and block."""
Place: TypeAlias = tuple[str, str, str, str]
"""Station, block, unit and tag; of maintenance a component stands in place of the tag, "" = all of them."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One event that opened and is not over, and the units of which it still holds; `ALL_UNITS` = of each one."""

    event: DataQuality
    units: tuple[str, ...]

    @property
    def is_maintenance(self) -> bool:
        """Whether people have it in their hands, so that no sensor is at fault."""
        return self.event.detector == MAINTENANCE


def units_of(fleet: Fleet) -> Units:
    """What `Outages` must know of a plant."""
    return {(block.station, block.code): block.units for block in fleet.blocks}


class Outages:
    """Takes data-quality events in, in the order of each unit; what comes twice counts once.

    One sensor may be out by the word of several detectors, and is until each of them says that it is back.

    Parameters
    ----------
    units : of the plant; a station of which they are not known falls silent and comes back as one.

    Examples
    --------
    >>> Outages().bad("YXK", "2")
    ()
    """

    def __init__(self, units: Units | None = None) -> None:
        self._units: Units = units or {}
        self._open: dict[tuple[Place, str], DataQuality] = {}

    def take(self, event: DataQuality) -> None:
        """Take the next transition in; an excursion or a gap that has passed changes nothing."""
        for place in self._places(event):
            if event.transition == "opened":
                self._open.setdefault((place, event.detector), event)
                if event.detector == MAINTENANCE:
                    self._open[place, event.detector] = event  # a window may be given another end
            elif event.transition != "passed":
                self._end(place, event)

    def _places(self, event: DataQuality) -> Iterable[Place]:
        units = self._units.get((event.station, event.block), ()) if event.unit == ALL_UNITS else ()
        what = event.component if event.detector == MAINTENANCE else event.tag
        return [(event.station, event.block, unit, what) for unit in units or (event.unit,)]

    def _end(self, place: Place, event: DataQuality) -> None:
        self._open.pop((place, event.detector), None)
        self._open.pop((place, ""), None)  # told by a program that did not yet name its detectors
        if event.detector == MAINTENANCE and not event.component:  # the whole unit: every window of it
            for key in [key for key in self._open if key[0][:3] == place[:3] and key[1] == MAINTENANCE]:
                del self._open[key]

    def listed(self, now_ns: int) -> list[Outage]:
        """What is out at this event time [ns]: the newest first. Windows that have ended are over, though nobody says so."""
        found: dict[str, tuple[DataQuality, list[str]]] = {}
        for (place, _), event in self._open.items():
            if not 0 < event.until_ns <= now_ns:
                found.setdefault(f"{event.id} {event.component}", (event, []))[1].append(place[2])
        outages = [Outage(event, self._together(event, units)) for event, units in found.values()]
        return sorted(outages, key=lambda one: (-one.event.time_ns, one.event.id))

    def _together(self, event: DataQuality, units: list[str]) -> tuple[str, ...]:
        every = self._units.get((event.station, event.block), ())
        return (ALL_UNITS,) if event.unit == ALL_UNITS and len(units) == len(every) else tuple(units)

    def bad(self, station: str, unit: str) -> tuple[str, ...]:
        """Tags of a unit that are out, `ALL_TAGS` = all of them; empty = none is. Maintenance is no fault of a sensor."""
        found = {
            place[3]
            for place, detector in self._open
            if place[0] == station and place[2] in (unit, ALL_UNITS) and detector != MAINTENANCE
        }
        return tuple(sorted(found))
