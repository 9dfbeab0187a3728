"""What a maintenance crew must know of one early warning, as one JSON-able object: the same for every channel.

Keys are listed in ``docs/messages.md``. What is not known is null, never left out and never made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from typing import Any, Final
from urllib.parse import quote

from detectors.events import Act, EarlyWarning, Evidence
from detectors.sentences import MODE_WORDS, brief
from detectors.sisters import ALL_UNITS
from detectors.worklist import Item
from stations.plant import Fleet, Text

EVIDENCE_MOST: Final = 3
"""Tags that a message shows; the board shows all."""
LIKELY_MOST: Final = 3
"""Failure modes that a message names."""
BEFORE_MS: Final = 24 * 3600 * 1000
"""A link to a dashboard begins so long before the onset [ms]."""
PLACES: Final = ("id", "station", "unit", "component", "from_ms", "to_ms", "since", "time")
"""What a link may name in braces."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message leads: addresses, and a command, with `PLACES` in braces; empty = there is none.

    >>> Links(board="https://board/warnings/{id}").fill(id="6d 0a")
    {'board': 'https://board/warnings/6d%200a', 'grafana': None, 'replay': None}
    """

    board: str = ""
    grafana: str = ""
    replay: str = ""

    def fill(self, **values: str) -> dict[str, str | None]:
        """Every link with its places filled, what is an address quoted."""
        quoted = {name: quote(value, safe="") for name, value in values.items()}
        return {
            "board": self.board.format(**quoted) or None,
            "grafana": self.grafana.format(**quoted) or None,
            "replay": self.replay.format(**values) or None,
        }


def unknown_places(template: str) -> list[str]:
    """What stands in the braces of a link and is not one of `PLACES`; ValueError if the braces do not fit together.

    >>> unknown_places("https://board/{id}?u={unti}")
    ['unti']
    """
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None and name not in PLACES]


def facts(item: Item, fleet: Fleet, bad_sensors: Sequence[str], links: Links) -> dict[str, Any]:
    """One warning as it stands; ``bad_sensors`` are those of its unit that are out. Times are ISO 8601, UTC."""
    told, last = item.told, item.last
    station = fleet.stations.get(told.station)
    acknowledged = next((one for one in reversed(item.history) if one.transition == "acknowledged"), None)
    name = station.name if station else Text(told.station, told.station)
    component = component_name(told, fleet)
    said = brief(told)
    return {
        "id": told.id,
        "code": code(told),
        "station": {"code": told.station, "name_zh": name.zh, "name_en": name.en},
        "technology": station.technology if station else None,
        "unit": told.unit,
        "component": {"code": told.component, "name_zh": component.zh, "name_en": component.en},
        "text_zh": told.text_zh,
        "text_en": told.text_en,
        "what_zh": said.what.zh or None,
        "what_en": said.what.en or None,
        "level": told.level,
        "transition": last.transition,
        "state": item.state,
        "since": iso(told.onset_ns),
        "changed": iso(last.time_ns),
        "lasted_s": round((last.time_ns - told.onset_ns) / 1e9),
        "trend_per_day": told.evidence[0].trend_per_day if told.evidence else None,
        "trend_uom": told.evidence[0].uom if told.evidence else None,
        "evidence": [_evidence(one) for one in told.evidence[:EVIDENCE_MOST]],
        "context": _context(told, fleet),
        "likely": [
            {"mode": one.mode, "share": one.share, "name_zh": one.name_zh, "name_en": one.name_en, "place": one.place}
            for one in told.likely[:LIKELY_MOST]
        ],
        "forecast": _forecast(told),
        "first_check_zh": said.first.zh or None,
        "first_check_en": said.first.en or None,
        "data_quality": {"good": not bad_sensors, "bad_tags": list(bad_sensors)},
        "cause": told.cause or None,
        "acknowledged": _act(acknowledged) if acknowledged and item.is_acknowledged else None,
        "act": _act(last) if last.act else None,
        "links": links.fill(
            id=told.id,
            station=told.station,
            unit=told.unit,
            component=told.component,
            from_ms=str(told.onset_ns // 10**6 - BEFORE_MS),
            to_ms=str(last.time_ns // 10**6),
            since=iso(told.onset_ns),
            time=iso(last.time_ns),
        ),
    }


def code(warning: EarlyWarning) -> str:
    """The functional location of what a warning is of.

    ``YXK.2.turbine_guide_bearing`` is that component of unit 2; what all units of a station have in common is of the station.
    """
    unit = "" if warning.unit == ALL_UNITS else f".{warning.unit}"
    return f"{warning.station}{unit}.{warning.component}"


def component_name(warning: EarlyWarning, fleet: Fleet) -> Text:
    """Its name if the catalogue has it, else its code."""
    station = fleet.stations.get(warning.station)
    blocks = station.blocks if station else ()
    names = [part.name for block in blocks for part in block.components if part.code == warning.component]
    return names[0] if names else Text(warning.component, warning.component)


def iso(time_ns: int) -> str:
    """An event time, to the second.

    >>> iso(1_767_225_600_000_000_000)
    '2026-01-01T00:00:00Z'
    """
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "tag": one.tag,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "uom": one.uom,
        "measured": one.value,
        "expected": one.expected,
        "deviation": one.deviation,
        "score": one.score,
        "limit": one.limit,
        "head": one.head,
    }


def _context(told: EarlyWarning, fleet: Fleet) -> dict[str, Any]:
    """How the unit runs: a regime of its block, by its name, or a mode that every unit has."""
    station = fleet.stations.get(told.station)
    regimes = [one for block in (station.blocks if station else ()) for one in block.regimes if one.code == told.mode]
    name = regimes[0].name if regimes else MODE_WORDS.get(told.mode, Text(told.mode, told.mode))
    return {
        "mode": told.mode or None,
        "mode_zh": name.zh or None,
        "mode_en": name.en or None,
        "load": told.load,
        "load_uom": told.load_uom or None,
    }


def _forecast(told: EarlyWarning) -> dict[str, Any]:
    """Time to the limit with its range, or why there is none."""
    one, first = told.forecast, told.evidence[0] if told.evidence else None
    return {
        "state": one.state if one else "unknown",
        "low_s": one.low_s if one else None,
        "high_s": one.high_s if one else None,
        "limit": first.limit if first else None,
        "uom": first.uom if first else None,
    }


def _act(event: EarlyWarning) -> dict[str, Any]:
    act = event.act or Act("", "")
    return {
        "who": act.who,
        "why": act.why,
        "outcome": act.outcome or None,
        "until": iso(act.until_ns) if act.until_ns else None,
        "at": iso(event.time_ns),
    }
