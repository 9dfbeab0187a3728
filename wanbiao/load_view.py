"""The load of warnings as people see it: a table of key figures with their targets, the most frequent assets, what stands."""

from __future__ import annotations

from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detectors.kpis import Kpi, Kpis
from detectors.names import KPI_NAMES
from replay.clocks import time_text
from stations.plant import Text
from wanbiao.display import FILE_WIDTH, GREY, LOOKS, date, duration, worded

HEADINGS: Final = (
    Text("指标", "figure"),
    Text("数值", "value"),
    Text("目标", "target"),
    Text("出处", "source"),
    Text("达标", "ok?"),
)
MET: Final = Text("✓ 是", "✓ ok")
MISSED: Final = Text("✗ 否", "✗ no")
NONE: Final = Text("–", "–")
OURS: Final = Text("本系统", "ours")
_RELATIONS: Final = {"<=": "≤", "<": "<", ">=": "≥"}
LONGEST_SHOWN: Final = 3


def figure_text(name: str, value: float | None) -> str:
    """A figure for people: a share in percent, a time with its unit, a count or a rate.

    >>> figure_text("flood_share", 0.0125), figure_text("acknowledge_s", 5400.0), figure_text("per_day", 4.0)
    ('1.25 %', '1.5 h', '4')
    """
    if value is None:
        return "–"
    if name.endswith("_share"):
        return f"{100 * value:.3g} %"
    if name.endswith("_s"):
        return duration(value)
    return f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:.3g}"


def to_json(kpis: Kpis) -> dict[str, Any]:
    """The figures for programs, with times in ISO 8601."""
    found = {"since": time_text(kpis.since_ns), "until": time_text(kpis.now_ns)} | kpis.to_dict()
    for one in found["longest"]:
        one["since"] = time_text(one.pop("since_ns"))
    del found["since_ns"], found["now_ns"], found["desk"]
    return found


def print_kpis(out: Console, kpis: Kpis, language: str) -> None:
    """One row for each key figure, the worst news in colour."""
    if not out.is_terminal:
        out.width = max(out.width, FILE_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, justify in zip(HEADINGS, ("left", "right", "right", "left", "left"), strict=True):
        table.add_column(worded(heading, language), justify="right" if justify == "right" else "left", no_wrap=True)
    for figure in kpis.figures:
        table.add_row(
            worded(KPI_NAMES[figure.name], language),
            figure_text(figure.name, figure.value),
            _target(figure),
            _source(figure, language),
            worded(_verdict(figure), language) if figure.is_met is not None else "–",
            style=LOOKS["warning"].style if figure.is_met is False and out.is_terminal else "",
        )
    out.print(table)


def print_top(out: Console, kpis: Kpis, language: str) -> None:
    """The assets that warn most often, and what has stood for longest."""
    if kpis.top:
        out.print(worded(Text("最频繁：", "most frequent:"), language))
    for one in kpis.top:
        out.print(f"  {one.count:>6,}  {figure_text('top_share', one.share):>7}  {one.asset}")
    if kpis["longest_s"].value is not None and kpis.longest:
        out.print(worded(Text("持续最久：", "longest standing:"), language))
        for each in kpis.longest[:LONGEST_SHOWN]:
            attended = "" if each.is_attended else f"  {worded(Text('未确认', 'not acknowledged'), language)}"
            out.print(f"  {duration(each.standing_s):>7}  {date(each.since_ns)}  {each.asset}{attended}")


def print_summary(out: Console, kpis: Kpis, language: str) -> None:
    """Over which time, and how many."""
    span, n = f"{date(kpis.since_ns)} – {date(kpis.now_ns)} UTC", kpis.count
    out.print(worded(Text(f"{span}，共 {n} 条", f"{span}, {n:,} warnings"), language, separator="\n"), style=GREY)


def _target(figure: Kpi) -> str:
    target = figure.target
    return "–" if target is None else f"{_RELATIONS[target.relation]} {figure_text(figure.name, target.bound)}"


def _source(figure: Kpi, language: str) -> str:
    if figure.target is None:
        return ""
    return worded(OURS, language) if figure.target.source == "ours" else figure.target.source


def _verdict(figure: Kpi) -> Text:
    return {True: MET, False: MISSED, None: NONE}[figure.is_met]
