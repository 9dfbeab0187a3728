"""What comes back of an incident through Kafka, put into the order in which the monitors said it."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.events import DataQuality, EarlyWarning, HealthScore
from replay.heard import Heard
from replay.player import Message
from stations.plant import Station

Returned = HealthScore | EarlyWarning | DataQuality
"""What travels: the other events of a monitor go elsewhere."""


class Gathered:
    """Takes messages in as they come, each once, and tells them to ``heard`` as a monitor in this process would.

    Kafka keeps the order of one key only: health of a station, transitions of one warning. So health is told at once, and the
    rest, which is little, when all is there (`settle`).

    Attributes
    ----------
    reached_ns : time of the newest health of each station [ns]; a station of which none came is missing.
    """

    def __init__(self, heard: Heard, stations: Sequence[Station]) -> None:
        self.heard = heard
        self.reached_ns: dict[str, int] = {}
        self._blocks = {(block.station, block.code): block for station in stations for block in station.blocks}
        self._rest: list[EarlyWarning | DataQuality] = []

    def take(self, message: Message, event: Returned) -> None:
        """One message, and what it says."""
        self.heard.note(message, event.time_ns)
        if isinstance(event, HealthScore):
            self.reached_ns[event.station] = event.time_ns
            self.heard.take([event])
        else:
            self._rest.append(event)

    def settle(self, until_ns: int) -> None:
        """All of it is here: tell warnings and quality events from before ``until_ns`` [ns]; once."""
        rest = sorted((one for one in self._rest if one.time_ns < until_ns), key=self._place)
        self.heard.take(rest)

    def until_ns(self) -> int:
        """Before this time everything of every station is here [ns]; 0 = of some station nothing came."""
        if len(self.reached_ns) < len({station for station, _ in self._blocks}):
            return 0
        return min(self.reached_ns.values()) + 1

    def _place(self, event: EarlyWarning | DataQuality) -> tuple[int, str, bool, int, int]:
        """Of one scan: units and components, or tags, in the order of the block; sensors without value before those that lie."""
        block = self._blocks[event.station, event.block]
        unit = block.units.index(event.unit) if event.unit in block.units else len(block.units)
        if isinstance(event, DataQuality):
            codes, code, lies = [tag.code for tag in block.tags], event.tag, event.detector != "data-quality"
        else:
            codes, code, lies = [part.code for part in block.components], event.component, False
        return event.time_ns, event.station, lies, unit, codes.index(code) if code in codes else len(codes)
