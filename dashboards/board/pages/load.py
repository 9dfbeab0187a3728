"""What the warnings cost those who read them: key figures beside their targets, days, the most frequent."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from dashboards.board.board import Board
from dashboards.board.pages.charts import days_options
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import Redrawn, box, text, unit_text
from dashboards.board.warning_view import part_name
from dashboards.board.words import in_language, say
from detectors.kpis import OURS, Kpi, Kpis
from detectors.names import KPI_NAMES
from detectors.wording import duration, number
from stations.local_time import moment
from stations.plant import Fleet

RELATIONS = {"<=": "≤", "<": "<", ">=": "≥"}


def add(board: Board) -> None:
    """Serve the page at ``/load``."""

    @ui.page("/load")
    def page(request: Request) -> None:
        with frame(board, request, "load", say("load", "en")) as made:
            shown = Redrawn("")

            def redraw() -> None:
                kpis = board.load_view()
                # Figures move with the clock too; drawn anew when something was counted, or an hour is over.
                if shown.needs((kpis.count, kpis.now_ns // 3_600_000_000_000)):
                    with shown:
                        _load(made, kpis)

            made.live(redraw)


def _load(page: Frame, kpis: Kpis) -> None:
    if not kpis.count:
        text("div", "b-empty", page.say("nothing_counted"))
    with box("b-title"):
        since, until = moment(kpis.since_ns), moment(kpis.now_ns)
        text("span", "b-muted b-number", page.say("counted", since=since, until=until, n=f"{kpis.count:,}"))
    with box("b-two"):
        with box("b-card b-scroll"), box("b-table", "table"):
            with box("", "tr"):
                for key, css in (
                    ("figure", ""),
                    ("value", "b-right"),
                    ("target", "b-right"),
                    ("source", "b-wide"),
                    ("met", "b-fixed"),
                ):
                    text("th", css, page.say(key))
            for figure in kpis.figures:
                _figure(page, figure)
        with box(""):
            with box("b-card"):
                text("div", "b-muted", page.say("per_day"))
                ui.echart(days_options(kpis.days, page.language)).classes("b-chart")
            text("div", "b-section", page.say("most_frequent"))
            with box("b-card b-scroll"), box("b-table", "table"):
                for one in kpis.top:
                    with box("", "tr"):
                        text("td", "b-right", f"{one.count:,}")
                        text("td", "b-right", f"{100 * one.share:.0f} %")
                        text("td", "", asset_text(one.asset, page.board.fleet, page.language))


def asset_text(asset: str, fleet: Fleet, language: str) -> str:
    """An asset of `detectors.attention.asset_of` as the other pages call it; as it is where its station is not known."""
    code, _, rest = asset.partition(".")
    unit, _, component = rest.rpartition(".")
    station = fleet.stations.get(code)
    if station is None or not unit:
        return asset
    names = (station.name, part_name(fleet, code, component))
    name, part = (in_language(text, language) for text in names)
    return f"{name} {unit_text(unit, language)} {part}"


def _figure(page: Frame, figure: Kpi) -> None:
    with box("", "tr"):
        text("td", "", in_language(KPI_NAMES[figure.name], page.language))
        text("td", "b-right", _value(figure.name, figure.value, page.language))
        target = figure.target
        if target is None:
            bound, source = "–", ""
        else:
            bound = f"{RELATIONS[target.relation]} {_value(figure.name, target.bound, page.language)}"
            source = page.say("ours") if target.source == OURS else target.source
        text("td", "b-right", bound)
        text("td", "b-muted b-wide", source)
        if figure.is_met is None:
            text("td", "", "–")
        else:
            met = "b-fixed b-muted" if figure.is_met else "b-fixed b-fault"
            text("td", met, page.say("yes" if figure.is_met else "no"))


def _value(name: str, value: float | None, language: str) -> str:
    """A share in percent, a time with its unit, a count or a rate.

    >>> _value("flood_share", 0.0125, "en"), _value("acknowledge_s", 7200.0, "en"), _value("per_day", 4.0, "en")
    ('1.25 %', '2 h', '4')
    """
    if value is None:
        return "–"
    if name.endswith("_share"):
        return f"{100 * value:.3g} %"
    if name.endswith("_s"):
        return in_language(duration(value), language)
    return f"{value:,.0f}" if value == round(value) or value >= 1000 else number(value)
