"""Early warnings as people see them: the list as a table, one of them with its story, both as objects for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from connectors.action_wire import Audit
from detectors.events import LEVELS, EarlyWarning, Evidence
from detectors.names import STATES, TRANSITIONS
from detectors.sentences import OUTCOME_NAMES
from detectors.wording import number, shown_uom
from detectors.worklist import OVER, Item
from replay.clocks import time_text
from stations.local_time import zone_name
from stations.plant import Fleet, Text
from wanbiao.display import FILE_WIDTH, GREY, LOOKS, date, worded, zoned

ID_CHARS: Final = 8
"""So much of an id is shown: enough to tell a million warnings apart, and to type."""
SINCE: Final = Text("开始", "since")
HEADINGS: Final = (
    Text("编号", "id"),
    Text("级别", "level"),
    Text("状态", "state"),
    SINCE,
    Text("设备", "machine"),
    Text("测点：实测（期望）", "tag: measured (expected)"),
)
DONE: Final = {
    "acknowledge": Text("已确认", "acknowledged"),
    "shelve": Text("已搁置", "shelved"),
    "unshelve": Text("已取消搁置", "no longer shelved"),
    "close": Text("已关闭", "closed"),
}


def to_json(item: Item) -> dict[str, Any]:
    """One warning for programs; event times in ISO 8601."""
    told, last = item.told, item.last
    return {
        "id": told.id,
        "state": item.state,
        "level": LEVELS[item.rank - 1] if item.rank else told.level,
        "station": told.station,
        "unit": told.unit,
        "component": told.component,
        "since": time_text(told.onset_ns),
        "changed": time_text(last.time_ns),
        "shelved_until": time_text(item.until_ns) if item.until_ns else None,
        "outcome": (last.act.outcome or None) if last.act else None,
        "cause": told.cause or None,
        "text_zh": told.text_zh,
        "text_en": told.text_en,
    }


def story_to_json(item: Item) -> dict[str, Any]:
    """One warning for programs with every event of it, as on the topic."""
    return to_json(item) | {"events": [msgspec.to_builtins(event) for event in item.history]}


def print_list(out: Console, items: Iterable[Item], fleet: Fleet, language: str) -> None:
    """A row for each warning; what nobody attends to in colour."""
    if not out.is_terminal:
        out.width = max(out.width, FILE_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in HEADINGS:
        wraps = heading in HEADINGS[-2:]
        zone = f" ({worded(zone_name(), language)})" if heading is SINCE else ""
        table.add_column(worded(heading, language) + zone, no_wrap=not wraps, overflow="fold" if wraps else "ellipsis")
    for item in items:
        event = item.told
        look = LOOKS[event.level]
        is_waiting = item.state in ("unacknowledged", "returned")
        table.add_row(
            event.id[:ID_CHARS],
            f"{look.shape} {worded(look.word, language)}",
            worded(STATES[item.state], language),
            date(event.onset_ns),
            machine(event, fleet, language),
            evidence(event.evidence[0], language) if event.evidence else "",
            style=(look.style if is_waiting else GREY) if out.is_terminal else "",
        )
    if table.row_count:
        out.print(table)


def machine(event: EarlyWarning, fleet: Fleet, language: str) -> str:
    """Station, unit and component, by its name if the catalogue has it."""
    station = fleet.stations.get(event.station)
    blocks = () if station is None else station.blocks
    names = [part.name for block in blocks for part in block.components if part.code == event.component]
    return f"{event.station} {event.unit} {worded(names[0], language) if names else event.component}"


def evidence(one: Evidence, language: str) -> str:
    """``pad 3 temperature: 64.1 (57.9 °C)``."""
    uom = f" {shown_uom(one.uom)}" if one.uom else ""
    return f"{worded(Text(one.name_zh, one.name_en), language)}: {number(one.value)} ({number(one.expected)}{uom})"


def print_story(out: Console, item: Item, language: str) -> None:
    """One warning: what it says, every tag that speaks for it, what happened to it."""
    look, event = LOOKS[item.told.level], item.told
    state = worded(STATES[item.state], language)
    style = look.style if out.is_terminal and item.state not in OVER else ""
    out.print(
        f"{look.shape} {worded(look.word, language)}  {state}  {event.id}  ({worded(zone_name(), language)})",
        style=style,
    )
    out.print(worded(Text(event.text_zh, event.text_en), language, separator="\n"))
    for one in event.evidence:
        out.print(f"  {one.tag}  {evidence(one, language)}")
    for each in item.history:
        out.print(f"{date(each.time_ns)}  {LOOKS[each.level].shape} {_happened(each, language)}")


def _happened(event: EarlyWarning, language: str) -> str:
    """One transition in few words: its sentence is long, and mostly that of the warning."""
    words = [TRANSITIONS[event.transition]]
    if (act := event.act) is not None:
        outcome = OUTCOME_NAMES.get(act.outcome)
        until = Text(f"至 {date(act.until_ns)}", f"until {date(act.until_ns)}") if act.until_ns else None
        said = [Text(text, text) for text in (act.who, act.why) if text]
        words += [text for text in (outcome, until, *said) if text is not None]
    return ", ".join(text.zh if text.zh == text.en else worded(text, language) for text in words)


def done(record: Audit, item: Item, fleet: Fleet, language: str) -> str:
    """What was done, in one line."""
    until = f" – {zoned(record.until_ns, language)}" if record.until_ns else ""
    return f"{record.warning[:ID_CHARS]}  {machine(item.told, fleet, language)}: {worded(DONE[record.action], language)}{until}"
