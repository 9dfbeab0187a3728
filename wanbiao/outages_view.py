"""What is not watched as people see it: read from the topic of warnings, as a calm table, and as objects for programs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from connectors.kafka_reader import read_topic
from detectors.events import DataQuality
from detectors.outages import ALL_TAGS, Outage, Outages, units_of
from detectors.sisters import ALL_UNITS
from replay.clocks import time_text
from stations.local_time import zone_name
from stations.plant import Fleet, Text
from wanbiao.acts import newest_health_ns
from wanbiao.display import FILE_WIDTH, date, worded
from wanbiao.settings import Settings
from wanbiao.warning_log import UnreadableError, event_of
from wanbiao.worklist import EVENTS_BACK_MOST

SINCE: Final = Text("开始", "since")
HEADINGS: Final = (SINCE, Text("至", "until"), Text("对象", "what"), Text("说明", "why"))
UNITS_SHOWN_MOST: Final = 6
"""More units than so many are counted."""


def read_outages(settings: Settings, fleet: Fleet) -> tuple[list[Outage], int]:
    """What is out now, and how many records could not be read. ConnectorError if no broker answers."""
    outages, unreadable = Outages(units_of(fleet)), 0
    for record in read_topic(settings.kafka_address(), f"{settings.prefix}warnings", most=EVENTS_BACK_MOST):
        try:
            event = event_of(record)
        except UnreadableError:
            unreadable += 1
            continue
        if isinstance(event, DataQuality):
            outages.take(event)
    now_ns = newest_health_ns(settings) if settings.clock == "recorded" else time.time_ns()
    return outages.listed(now_ns), unreadable


def to_json(outage: Outage, fleet: Fleet) -> dict[str, Any]:
    """One outage for programs; event times in ISO 8601."""
    event = outage.event
    return {
        "id": event.id,
        "detector": event.detector or None,
        "station": event.station,
        "units": list(outage.units),
        "tag": None if event.tag == ALL_TAGS else _tag_id(event, fleet),
        "component": event.component or None,
        "since": time_text(event.time_ns),
        "until": time_text(event.until_ns) if event.until_ns else None,
        "reason": event.reason,
        "text_zh": event.text_zh,
        "text_en": event.text_en,
    }


def print_list(out: Console, outages: Iterable[Outage], fleet: Fleet, language: str) -> None:
    """A row for each; without colour, since nobody has to run for it."""
    if not out.is_terminal:
        out.width = max(out.width, FILE_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in HEADINGS:
        is_text = heading is HEADINGS[-1]
        zone = f" ({worded(zone_name(), language)})" if heading is SINCE else ""
        table.add_column(
            worded(heading, language) + zone, no_wrap=not is_text, overflow="fold" if is_text else "ellipsis"
        )
    for outage in outages:
        event = outage.event
        until = date(event.until_ns) if event.until_ns else ""
        words = worded(Text(event.text_zh, event.text_en), language)
        table.add_row(date(event.time_ns), until, _what(outage, fleet), words)
    if table.row_count:
        out.print(table)


def _what(outage: Outage, fleet: Fleet) -> str:
    """``YXK.20MKD10CT101``, ``YXK.2``, ``YXK.1 YXK.3``, or ``YXK`` for all of it."""
    event = outage.event
    if event.tag != ALL_TAGS:
        return _tag_id(event, fleet)
    if outage.units == (ALL_UNITS,):
        return event.station
    if len(outage.units) > UNITS_SHOWN_MOST:
        return f"{event.station} × {len(outage.units)}"
    part = f".{event.component}" if event.component else ""
    return " ".join(f"{event.station}.{unit}{part}" for unit in outage.units)


def _tag_id(event: DataQuality, fleet: Fleet) -> str:
    """The plant-wide name of a sensor; its code beside the unit if the catalogue does not have it."""
    for block in fleet.stations[event.station].blocks if event.station in fleet.stations else ():
        if block.code == event.block and event.tag in block.tag_index:
            return block.tag_id(event.unit, event.tag)
    return f"{event.station}.{event.unit} {event.tag}"
