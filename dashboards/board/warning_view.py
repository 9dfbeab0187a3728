"""An item of the worklist as pages and programs are told of it."""

from __future__ import annotations

from dashboards.board.views import Happened, WarningView
from detectors.events import LEVELS, EarlyWarning
from detectors.sentences import brief
from detectors.worklist import OVER, Item
from stations.plant import Fleet, Text


def warning_view(item: Item, fleet: Fleet) -> WarningView:
    """All that is known of one early warning."""
    told, last = item.told, item.last
    what, likely, first = brief(told)
    station = fleet.stations.get(told.station)
    return WarningView(
        id=told.id,
        state=item.state,
        level=LEVELS[item.rank - 1] if item.rank else told.level,
        station=told.station,
        station_name=station.name if station else Text(told.station, told.station),
        unit=told.unit,
        component=told.component,
        component_name=part_name(fleet, told.station, told.component),
        since_ns=told.onset_ns,
        changed_ns=last.time_ns,
        until_ns=item.until_ns,
        outcome=last.act.outcome if last.act else "",
        cause=told.cause,
        text=Text(told.text_zh, told.text_en),
        what=what,
        likely_words=likely,
        first=first,
        evidence=told.evidence,
        likely=told.likely,
        forecast=told.forecast,
        can_act=item.state not in OVER,
        history=tuple(_happened(event) for event in item.history),
    )


def part_name(fleet: Fleet, station: str, component: str) -> Text:
    """What people call a component; its code where the station or the component is not known."""
    known = fleet.stations.get(station)
    blocks = () if known is None else known.blocks
    names = (part.name for block in blocks for part in block.components if part.code == component)
    return next(names, Text(component, component))


def _happened(event: EarlyWarning) -> Happened:
    act = event.act
    if act is None:
        return Happened(event.time_ns, event.transition, event.level)
    return Happened(event.time_ns, event.transition, event.level, act.who, act.why, act.outcome, act.until_ns)
