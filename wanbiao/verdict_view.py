"""Verdicts on incidents as people see them: one in full, many as a table, several runs beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detectors.events import EarlyWarning
from detectors.names import KPI_NAMES
from replay.expectations import HELD, Checked
from replay.verdict import Verdict
from stations.plant import Text
from wanbiao.display import FILE_WIDTH, GREY, LOOKS, date, duration, worded
from wanbiao.load_view import figure_text

CAUGHT: Final = {True: Text("✓ 是", "✓ yes"), False: Text("✗ 否", "✗ no"), None: Text("–", "–")}
LOAD_SHOWN: Final = ("per_day", "per_day_most", "flood_share", "watch_share", "chattering", "stale")
"""Key figures of the load that stand in a verdict; `wanbiao load` tells all."""
FALSE_SHOWN: Final = 5
"""False warnings, and doubts about sensors of the unit that fails, that are told one by one."""
HEADINGS: Final = (
    Text("事件", "incident"),
    Text("预期", "expected"),
    Text("符合", "held"),
    Text("捕获", "caught"),
    Text("先于报警", "before alarm"),
    Text("先于事件", "before event"),
    Text("误报", "false"),
    Text("用时", "took"),
)


def lead_text(hours: float | None) -> str:
    """A lead time for people; negative = too late.

    >>> lead_text(48.0), lead_text(-0.5), lead_text(None)
    ('2.0 d', '-30.0 min', '–')
    """
    if hours is None:
        return "–"
    return ("-" if hours < 0 else "") + duration(abs(hours) * 3600.0)


def table_of(language: str) -> Table:
    """An empty table of incidents."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, heading in enumerate(HEADINGS):
        table.add_column(worded(heading, language), justify="right" if i > 3 else "left", no_wrap=True)
    return table


def add_row(table: Table, verdict: Verdict, seconds: float, language: str) -> None:
    """One incident."""
    style = "" if verdict.held is not False else LOOKS["warning"].style
    table.add_row(
        verdict.name,
        str(len(verdict.checked)),
        worded(verdict.held_text, language),
        worded(CAUGHT[verdict.caught], language),
        lead_text(verdict.lead_to_alarm_h),
        lead_text(verdict.lead_to_event_h),
        str(len(verdict.false)),
        duration(seconds),
        style=style,
    )


def print_table(out: Console, table: Table) -> None:
    """A table, with room where the output is no terminal."""
    if not out.is_terminal:
        out.width = max(out.width, FILE_WIDTH)
    out.print(table)


def print_warning(out: Console, event: EarlyWarning, language: str) -> None:
    """A warning while it is played."""
    look, text = LOOKS[event.level], Text(event.text_zh, event.text_en)
    style = look.style if out.is_terminal else ""
    out.print(
        f"{date(event.time_ns)}  {look.shape} {worded(look.word, language)}  {worded(text, language)}", style=style
    )


def print_verdict(out: Console, verdict: Verdict, language: str) -> None:
    """All that is to be said of one run."""

    def line(title: Text, text: str, style: str = "") -> None:
        out.print(f"{worded(title, language)}: {text}", style=style if out.is_terminal else "")

    for one in verdict.checked:
        line(HELD[one.held], _expected(one, language), GREY if one.held else LOOKS["warning"].style)
    line(Text("是否捕获", "caught"), worded(CAUGHT[verdict.caught], language))
    if verdict.first is not None:
        line(Text("首次发现", "first"), first_text(verdict, language))
        line(Text("先于静态报警", "lead to the static alarm"), lead_text(verdict.lead_to_alarm_h))
        line(Text("先于事件", "lead to the event"), lead_text(verdict.lead_to_event_h))
    line(Text("误报", "false warnings"), str(len(verdict.false)))
    for event in verdict.false[:FALSE_SHOWN]:
        out.print(f"  {date(event.time_ns)}  {worded(Text(event.text_zh, event.text_en), language)}")
    line(Text("数据质量事件", "data-quality events"), str(len(verdict.doubts)))
    for doubt in verdict.taken_for_sensors[:FALSE_SHOWN]:
        out.print(f"  {date(doubt.time_ns)}  {worded(Text(doubt.text_zh, doubt.text_en), language)}")
    figures = {one.name: one for one in verdict.load.figures}
    told = (f"{worded(KPI_NAMES[name], language)} {figure_text(name, figures[name].value)}" for name in LOAD_SHOWN)
    line(Text("预警负荷", "alarm load"), "; ".join(told))
    for score in verdict.scores:
        line(score.title, worded(score.figures(), language))
        out.print(f"  {worded(score.meaning, language)}", style=GREY if out.is_terminal else "")
    if not verdict.is_whole:
        line(Text("只回放到", "played only to"), date(verdict.until_ns))
    line(Text("消息摘要", "digest of all messages"), verdict.digest)


def _expected(one: Checked, language: str) -> str:
    found = "" if one.found is None else f" ({date(one.found.time_ns)})"
    return worded(one.text(), language) + found


def first_text(verdict: Verdict, language: str) -> str:
    """When, where, by which head and tag the first finding came."""
    first = verdict.first
    if first is None:
        return "–"
    where = f"{date(first.time_ns)}, {first.station} {first.unit}"
    if isinstance(first, EarlyWarning):
        by = f"{first.evidence[0].head}, {first.evidence[0].tag}" if first.evidence else "–"
        return f"{where} {first.component}, {worded(LOOKS[first.level].word, language)} ({by})"
    return f"{where}, {first.tag} ({first.reason})"


def print_runs(out: Console, verdicts: Sequence[Verdict], language: str) -> None:
    """Several runs through one incident, a row each, what differs from the first marked."""
    headings = (Text("运行", "run"), Text("首次发现", "first"), *HEADINGS[2:7], Text("数据质量", "quality"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(worded(heading, language))
    base = _cells(verdicts[0], language)
    for verdict in verdicts:
        cells = _cells(verdict, language)
        differs = verdict is not verdicts[0] and cells != base
        marked = [
            cell if cell == usual or not differs else f"{cell} *" for cell, usual in zip(cells, base, strict=True)
        ]
        table.add_row(verdict.variant, *marked)
    print_table(out, table)


def _cells(verdict: Verdict, language: str) -> list[str]:
    return [
        "–" if verdict.first is None else date(verdict.first.time_ns),
        worded(verdict.held_text, language),
        worded(CAUGHT[verdict.caught], language),
        lead_text(verdict.lead_to_alarm_h),
        lead_text(verdict.lead_to_event_h),
        str(len(verdict.false)),
        str(len(verdict.doubts)),
    ]


def plain(verdict: Verdict, seconds: float) -> dict[str, Any]:
    """The row of the table of all incidents, for programs."""
    return verdict.summary() | {"seconds": round(seconds, 3)}
