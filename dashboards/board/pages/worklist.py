"""The worklist: what waits for a person, by station and state; and the page of one warning, where people act."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from nicegui import ui

from dashboards.board.board import Board
from dashboards.board.pages.acts import buttons, who_of
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import Redrawn, box, link, mark, text, unit_text, warning_look, warning_row
from dashboards.board.replayed import ACTS_REFUSED
from dashboards.board.views import Happened, WarningView
from dashboards.board.words import LEVEL_LOOKS, in_language, say
from detectors.names import STATES, TRANSITIONS
from detectors.sentences import OUTCOME_NAMES
from detectors.wording import number, shown_uom, span
from stations.local_time import moment
from stations.plant import Text

ROWS_MOST = 200
"""Warnings listed; of more, the number is told."""


def add(board: Board) -> None:
    """Serve the pages at ``/worklist`` and ``/warning/{id}``."""

    @ui.page("/worklist")
    def worklist(request: Request) -> None:
        with frame(board, request, "worklist", say("worklist", "en")) as made:
            with box("b-filters"):
                stations = {"": made.say("any")} | {
                    code: in_language(station.name, made.language) for code, station in board.fleet.stations.items()
                }
                states = {"": made.say("any")} | {
                    code: in_language(name, made.language) for code, name in STATES.items()
                }
                station = ui.select(stations, value="", label=made.say("station")).props("dense outlined")
                state = ui.select(states, value="", label=made.say("state")).props("dense outlined")
                ended = ui.checkbox(made.say("with_ended"))
            rows = Redrawn("b-warnings")

            def redraw() -> None:
                found = [
                    warning
                    for warning in board.warnings(ended=bool(ended.value))
                    if station.value in ("", warning.station) and state.value in ("", warning.state)
                ]
                if rows.needs((tuple(found), station.value, state.value)):
                    with rows:
                        _rows(made, found, is_filtered=bool(station.value or state.value))

            for choice in (station, state, ended):
                choice.on_value_change(redraw)
            made.live(redraw)

    @ui.page("/warning/{id}")
    def warning(request: Request, id: str) -> None:
        with frame(board, request, "worklist", say("warnings", "en")) as made:
            shown, host = Redrawn(""), box("")

            def redraw() -> None:
                view = board.read(lambda room: room.warning(id))
                if shown.needs((view,)):
                    with shown:
                        if view is None:
                            text("div", "b-empty", made.say("no_match"))
                        else:
                            _whole(made, view, who_of(request), host, redraw)

            made.live(redraw)


def _rows(page: Frame, found: list[WarningView], *, is_filtered: bool) -> None:
    for warning in found[:ROWS_MOST]:
        warning_row(warning, page.language)
    if len(found) > ROWS_MOST:
        text("div", "b-muted", page.say("more", n=len(found) - ROWS_MOST))
    if not found:
        text("div", "b-empty", page.say("no_match" if is_filtered else "calm"))


def _whole(page: Frame, view: WarningView, who: str, host: ui.element, redraw: Callable[[], None]) -> None:
    """Everything that is known of one warning, and what can be done."""
    language = page.language
    with box("b-title"):
        mark(warning_look(view), language)
        place = f"{unit_text(view.unit, language)} {in_language(view.component_name, language)}"
        text("span", "b-name", f"{in_language(view.station_name, language)} {place}")
        text("span", "b-muted", in_language(STATES[view.state], language))
        if view.until_ns:
            text("span", "b-muted b-number", page.say("until", time=moment(view.until_ns)))
    with box("b-two"):
        with box("b-card"):
            text("div", "b-what", in_language(view.text, language))
            if view.can_act and page.board.replay is None:
                buttons(page, view, who, host, redraw)
            elif view.can_act:
                text("div", "b-muted b-small", in_language(ACTS_REFUSED, language))
            _evidence(page, view)
            if view.unit in _units(page, view.station):
                with link("b-small b-muted", f"/station/{view.station}/{view.unit}"):
                    text("span", "", f"→ {page.say('open_unit')}")
        with box("b-card"):
            _what_next(page, view)
            text("div", "b-section", page.say("history"))
            with box("b-story"):
                for one, times in _told(view.history):
                    _happened(page, one, times)


def _units(page: Frame, station: str) -> list[str]:
    known = page.board.fleet.stations.get(station)
    return [] if known is None else [unit for block in known.blocks for unit in block.units]


def _evidence(page: Frame, view: WarningView) -> None:
    if not view.evidence:
        return
    text("div", "b-section", page.say("evidence"))
    with box("b-scroll"), box("b-table is-tags", "table"):
        with box("", "tr"):
            for key, css in (("tag", ""), ("value", "b-right"), ("expected", "b-right"), ("score", "b-right")):
                text("th", css, page.say(key))
        for one in view.evidence:
            uom = shown_uom(one.uom)
            with box("", "tr"):
                text("td", "", f"{in_language(Text(one.name_zh, one.name_en), page.language)}  {one.tag}")
                text("td", "b-right", f"{number(one.value)} {uom}".strip())
                text("td", "b-right", f"{number(one.expected)} {uom}".strip())
                text("td", "b-right", number(one.score))


def _what_next(page: Frame, view: WarningView) -> None:
    language, forecast = page.language, view.forecast
    rows = [
        ("likely", in_language(view.likely_words, language)),
        ("first", in_language(view.first, language)),
    ]
    for key, words in rows:
        if words:
            text("div", "b-section", page.say(key))
            text("div", "", words)
    if forecast is not None and forecast.low_s is not None and forecast.high_s is not None and forecast.high_s > 0:
        within = in_language(span(forecast.low_s, forecast.high_s), language)
        text("div", "b-section", page.say("limit"))
        text("div", "b-number", page.say("forecast", span=within))


def _told(history: tuple[Happened, ...]) -> list[tuple[Happened, int]]:
    """The story with reminders in a row told once, by the last of them, and how many there were."""
    told: list[tuple[Happened, int]] = []
    for one in history:
        before = told[-1] if told else None
        if (
            before
            and one.transition == "reminded"
            and (before[0].transition, before[0].level) == ("reminded", one.level)
        ):
            told[-1] = one, before[1] + 1
        else:
            told.append((one, 1))
    return told


def _happened(page: Frame, one: Happened, times: int) -> None:
    language = page.language
    text("span", "b-muted b-number", moment(one.time_ns))
    mark(LEVEL_LOOKS[one.level], language)
    words = [in_language(TRANSITIONS[one.transition], language) + (f" × {times}" if times > 1 else "")]
    if one.outcome:
        words.append(in_language(OUTCOME_NAMES[one.outcome], language))
    if one.until_ns:
        words.append(page.say("until", time=moment(one.until_ns)))
    text("span", "b-grow", " · ".join([*words, *(said for said in (one.who, one.why) if said)]))
