"""Units, their components and their sensors by the names that people type, and what is said of what was done to them."""

from __future__ import annotations

from typing import Any, Final

import click

from connectors.action_wire import Audit
from stations.plant import Block, Fleet, Text
from stations.schema import nearest
from wanbiao.display import worded, zoned
from wanbiao.parameters import find_station

NAMED_MOST: Final = 12
"""So many names are listed of what could have been meant."""
DONE: Final = {
    "maintain": Text("检修中，期间不预警", "in maintenance, no warnings"),
    "resume": Text("检修结束，重新学习正常水平", "maintenance is over, the normal level is learned anew"),
    "relearn": Text("重新学习正常水平", "the normal level is learned anew"),
    "repaired": Text("已修复，重新参与评估", "repaired, judged again"),
}
WHOLE: Final = Text("全部部件", "all components")


def find_unit(fleet: Fleet, name: str, component: str = "") -> dict[str, Any]:
    """What an action says of a unit such as ``YXK.3``, or of one of its components; a usage error with the nearest name.

    >>> from stations.catalogue import load_fleet
    >>> find_unit(load_fleet(), "yxk.3")
    {'station': 'YXK', 'unit': '3', 'component': ''}
    """
    code, dot, unit = name.strip().partition(".")
    if not dot:
        raise click.UsageError(f'unit "{name}"; expected station and unit, such as YXK.3')
    station = find_station(fleet, code)
    block = next((block for block in station.blocks if unit in block.units), None)
    if block is None:
        units = [unit for block in station.blocks for unit in block.units]
        raise _unknown(f'{station.code} has no unit "{unit}"', unit, units)
    judged = judged_components(block)
    if component and component not in judged:
        raise _unknown(f'unit {station.code}.{unit} has no judged component "{component}"', component, judged)
    return {"station": station.code, "unit": unit, "component": component}


def find_sensor(fleet: Fleet, name: str) -> dict[str, Any]:
    """What an action says of a sensor such as ``YXK.20MKD10CT101``; a usage error with the nearest name."""
    tag = name.strip()
    station = find_station(fleet, tag.partition(".")[0])
    tags = {block.tag_id(unit, one.code) for block in station.blocks for unit in block.units for one in block.tags}
    code, _, point = tag.partition(".")
    tag = f"{code.upper()}.{point}" if f"{code.upper()}.{point}" in tags else tag
    if tag not in tags:
        raise _unknown(f'no sensor "{tag}"', tag, sorted(tags))
    return {"station": station.code, "tag": tag}


def judged_components(block: Block) -> list[str]:
    """Codes of the components that are judged, in the order of the catalogue."""
    judged = {tag.component for tag in block.tags if tag.model is not None}
    return [component.code for component in block.components if component.code in judged]


def _unknown(what: str, name: str, known: list[str]) -> click.UsageError:
    near = nearest(name, known)
    listed = ", ".join(known[:NAMED_MOST]) + (" ..." if len(known) > NAMED_MOST else "")
    return click.UsageError(f"{what}; expected one of {listed}" + (f'; nearest: "{near}"' if near else ""))


def done(record: Audit, fleet: Fleet, language: str) -> str:
    """What was done to a part, in one line."""
    until = f" – {zoned(record.until_ns, language)}" if record.until_ns else ""
    where = record.tag or f"{record.station} {record.unit} {_component(record, fleet, language)}"
    return f"{where}: {worded(DONE[record.action], language)}{until}"


def _component(record: Audit, fleet: Fleet, language: str) -> str:
    blocks = fleet.stations[record.station].blocks
    names = {part.code: part.name for block in blocks for part in block.components}
    return worded(names[record.component] if record.component else WHOLE, language)
