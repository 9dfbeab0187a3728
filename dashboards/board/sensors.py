"""Which sensors are out: a fold over data-quality events, each of which has an id of its own."""

from __future__ import annotations

from typing import Final

from dashboards.board.views import QualityView
from detectors.events import DataQuality
from detectors.sisters import ALL_UNITS
from stations.plant import Text

OUT_MOST: Final = 5_000
"""Sensors out at a time that are kept; of more, the first is forgotten."""
ALL_SENSORS: Final = "*"
NO_VALUE: Final = "no good value"
ENDS: Final = {"repaired": "marked as faulty"}
"""What is over, by the cause that says so where that is called otherwise."""
PLANNED: Final = ("maintain", "resume", "relearn")
"""Work of people; no sensor is out."""
Key = tuple[str, str, str, str, str]
"""Station, block, unit, tag, cause."""


def cause_of(event: DataQuality) -> str:
    """What is wrong with a sensor; the same word when it begins and when it ends.

    A sensor may be out for two causes, and be back when both are over.
    """
    cause = event.reason.split(":")[0].split(",")[0]
    return ENDS.get(cause, cause)


class SensorsOut:
    """Sensors that give no good values now, or are taken for faulty."""

    def __init__(self) -> None:
        self._out: dict[Key, DataQuality] = {}

    def take(self, event: DataQuality) -> None:
        """Take the next event in."""
        cause = cause_of(event)
        if cause in PLANNED or event.transition == "passed":
            return
        key = event.station, event.block, event.unit, event.tag, cause
        self._out.pop(key, None)
        if event.transition == "opened":
            self._out[key] = event
            if len(self._out) > OUT_MOST:
                del self._out[next(iter(self._out))]
        elif event.tag == ALL_SENSORS and cause == NO_VALUE:
            self._back(event)

    def _back(self, event: DataQuality) -> None:
        """Units that fell silent together may come back one by one, and the other way round."""
        for station, block, unit, tag, cause in list(self._out):
            is_here = (station, block, tag, cause) == (event.station, event.block, ALL_SENSORS, NO_VALUE)
            if is_here and ALL_UNITS in (unit, event.unit):
                del self._out[station, block, unit, tag, cause]

    def listed(self, station: str = "", unit: str = "") -> tuple[QualityView, ...]:
        """Those of a station or a unit, the newest first."""
        found = [
            QualityView(one.id, one.station, one.unit, one.tag, one.time_ns, one.reason, Text(one.text_zh, one.text_en))
            for one in self._out.values()
            if station in ("", one.station) and (not unit or one.unit in (unit, ALL_UNITS))
        ]
        return tuple(sorted(found, key=lambda one: -one.since_ns))
