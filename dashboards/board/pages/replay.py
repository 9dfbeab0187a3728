"""The replay that feeds this board: which incident, how far it is, what was told when, the verdict; and people steer it."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import Request
from nicegui import ui

from dashboards.board.board import Board
from dashboards.board.pages.charts import SHORT_NS, timeline_options
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import Redrawn, box, link, set_css, text, unit_text, warning_row
from dashboards.board.replayed import LEARNING, OVER, PAUSED, PLAYING, ReplayView, Steering, VerdictView
from dashboards.board.words import in_language, say
from detectors.wording import duration
from stations.local_time import moment
from stations.plant import Text

HOUR_NS: Final = 3600 * 10**9
DAY_NS: Final = 24 * HOUR_NS
CHART_S: Final = 2
"""The picture is sent anew each so many seconds, if it has changed: it is the bulk of what a slow line carries."""
WARNINGS_MOST: Final = 8
FALSE_MOST: Final = 5
"""Warnings of the unit, false ones, and doubts about its sensors, that are listed; the worklist has all warnings."""
STATE_WORDS: Final = {
    LEARNING: "replay_learning",
    PLAYING: "replay_playing",
    PAUSED: "replay_paused",
    OVER: "replay_over",
}
HELD_WORDS: Final = {True: "held", False: "not_held", None: "undecided"}


UNITS: Final = (
    (86_400.0, Text("天", "d")),
    (3600.0, Text("小时", "h")),
    (60.0, Text("分钟", "min")),
    (1.0, Text("秒", "s")),
)
"""Of speeds [s]."""


class Controls:
    """Pause and go on, and the speed."""

    def __init__(self, page: Frame, view: ReplayView, steering: Steering) -> None:
        self._page, self._steering = page, steering
        self._box = box("b-filters b-steer")
        with self._box:
            self._hold = text("button", "b-button is-main").props('type="button" data-steer="hold"')
            self._hold.on("click", self._turn)
            text("span", "b-muted", page.say("speed"))
            self._choices: dict[float | None, ui.element] = {}
            for speed in view.speeds:
                choice = text("button", "b-choice", speed_text(speed, page.language)).props('type="button"')
                choice.on("click", partial(self._choose, speed))
                self._choices[speed] = choice

    def _turn(self) -> None:
        if self._steering.is_held:
            self._steering.go_on()
        else:
            self._steering.hold()
        self._page.redraw()

    def _choose(self, speed: float | None) -> None:
        self._steering.set_speed(float("inf") if speed is None else speed)
        self._page.redraw()

    def show(self, view: ReplayView) -> None:
        """As it is steered now, which is known before the next snapshot."""
        is_held, speed = self._steering.is_held, self._steering.speed
        self._box.set_visibility(view.state != OVER)
        self._hold.set_text(self._page.say("go_on" if is_held else "pause"))
        for choice, element in self._choices.items():
            is_here = speed == (float("inf") if choice is None else choice)
            set_css(element, f"b-choice{' is-here' if is_here else ''}")
            element.props["aria-pressed"] = "true" if is_here else "false"


def speed_text(speed: float | None, language: str) -> str:
    """Plant time a second of the wall.

    >>> speed_text(3600.0, "en"), speed_text(86_400.0, "zh"), speed_text(90.0, "en"), speed_text(None, "en")
    ('1 h/s', '1 天/秒', '1.5 min/s', 'as fast as it goes')
    """
    if speed is None:
        return say("fastest", language)
    size_s, word = next((one for one in UNITS if speed >= one[0]), UNITS[-1])
    return say("a_second", language, span=f"{speed / size_s:.3g} {in_language(word, language)}")


def add(board: Board) -> None:
    """Serve the page at ``/replay``; on a live board there is none."""
    replay = board.replay
    if replay is None:
        return

    @ui.page("/replay")
    def page(request: Request) -> None:
        with frame(board, request, "replay", say("replay", "en")) as made:
            _replay_page(made, replay.view(), replay.steering)


def _replay_page(page: Frame, first: ReplayView, steering: Steering) -> None:
    with box("b-title"):
        text("span", "b-name", in_language(first.title, page.language))
        text("span", "b-muted", first.name)
    with box("b-card"):
        with box("b-row b-where"):
            state = text("span", "b-name")
            box("b-space")
            day = text("span", "b-number")
        bar = ui.element("progress").classes("b-done").props('max="1"').props(f'aria-label="{page.say("replay_done")}"')
        with box("b-row b-small b-muted b-number"):
            text("span", "b-grow", moment(first.start_ns))
            text("span", "", moment(first.end_ns))
        controls = Controls(page, first, steering)
    with box("b-card b-timeline"):
        chart = ui.echart(timeline_options(first, page.language)).classes("b-chart is-timeline")
    with box("b-two"):
        with box(""):
            verdict = Redrawn("b-card")
            about, warnings = Redrawn("b-section"), Redrawn("b-warnings")
        with box("b-card"):
            _story(page, first)

    def view_now() -> ReplayView:
        return page.board.replay_view() or first

    def redraw() -> None:
        view = view_now()
        is_held = steering.is_held and view.state == PLAYING
        state.set_text(page.say(STATE_WORDS[PAUSED if is_held else view.state]))
        day.set_text(_day(page, view))
        bar.props["value"] = round(view.learned if view.state == LEARNING else view.done, 4)
        controls.show(view)
        if verdict.needs((view.verdict, view.state == OVER)):
            with verdict:
                _verdict(page, view)
        if about.needs((view.station, view.unit)):
            with about:
                _about(page, view)
        told = page.board.warnings(ended=True)
        mine = tuple(one for one in told if view.station in ("", one.station) and view.unit in ("", one.unit))
        if warnings.needs((mine, view.state == LEARNING)):
            with warnings:
                for one in mine[:WARNINGS_MOST]:
                    warning_row(one, page.language, has_place=not view.unit)
                if not mine:
                    text("div", "b-empty", page.say("none_told_yet"))

    drawn: list[object] = [None]

    def redraw_chart() -> None:
        view = view_now()
        shown = (view.trace, tuple(view.marks.items()), view.now_ns // (max(1, view.end_ns - view.start_ns) // 240 + 1))
        if drawn[0] != shown:
            drawn[0] = shown
            chart.options.clear()
            chart.options.update(timeline_options(view, page.language))
            chart.update()

    page.live(redraw)
    ui.timer(CHART_S, redraw_chart)


def _day(page: Frame, view: ReplayView) -> str:
    if view.state == LEARNING:
        return f"{view.learned:.0%}  ·  {moment(view.now_ns)}" if view.now_ns else ""
    is_short = view.end_ns - view.start_ns < SHORT_NS
    size_ns, key = (HOUR_NS, "hour_of") if is_short else (DAY_NS, "day_of")
    at, whole = (max(0, time_ns - view.start_ns) / size_ns for time_ns in (view.now_ns, view.end_ns))
    return f"{page.say(key, at=f'{at:.1f}', all=f'{whole:.1f}')}  ·  {moment(view.now_ns)}"


def _about(page: Frame, view: ReplayView) -> None:
    station = page.board.fleet.stations.get(view.station)
    if station is None:
        text("span", "", page.say("warnings"))
        return
    place = in_language(station.name, page.language)
    href = f"/station/{view.station}"
    if view.unit:
        place, href = f"{place} {unit_text(view.unit, page.language)}", f"{href}/{view.unit}"
    text("span", "", f"{page.say('warnings')}: {place}  ")
    with link("b-small b-muted", href):
        text("span", "", f"→ {page.say('open_unit' if view.unit else 'open_station')}")


def _story(page: Frame, view: ReplayView) -> None:
    text("div", "b-section", page.say("what_happened"))
    text("div", "b-what", in_language(view.facts, page.language) if view.facts else page.say("no_facts"))
    if view.sources:
        text("div", "b-section", page.say("sources"))
        for source in view.sources:
            text("div", "b-muted b-small b-what", source)
    text("div", "b-section", page.say("acts_here"))
    text("div", "b-muted", in_language(view.acts, page.language))


def _verdict(page: Frame, view: ReplayView) -> None:
    text("div", "b-section", page.say("verdict"))
    verdict = view.verdict
    if verdict is None:
        text("div", "b-empty", page.say("no_verdict" if view.state == OVER else "verdict_later"))
        return
    if not verdict.is_whole:
        text("div", "b-fault", page.say("played_only_to", time=moment(verdict.until_ns)))
    with box("b-scroll"), box("b-table is-verdict", "table"):
        for one in verdict.expectations:
            with box("", "tr"):
                css = "b-fixed b-fault" if one.held is False else "b-fixed"
                text("td", css, page.say(HELD_WORDS[one.held]))
                text("td", "", in_language(one.text, page.language))
                text("td", "b-right b-muted", "–" if one.found_ns is None else moment(one.found_ns))
    with box("b-table is-verdict", "table"):
        for key, words in _figures(page, verdict):
            with box("", "tr"):
                text("td", "b-muted", page.say(key))
                text("td", "b-what", words)
    for key, found in (("false_warnings", verdict.false), ("taken_for_sensors", verdict.taken_for_sensors)):
        if found:
            text("div", "b-section", page.say(key))
        for told in found[:FALSE_MOST]:
            text("div", "b-small b-what", f"{moment(told.time_ns)}  {in_language(told.text, page.language)}")


def _figures(page: Frame, verdict: VerdictView) -> list[tuple[str, str]]:
    language, first = page.language, verdict.first
    caught = {True: page.say("caught_yes"), False: page.say("caught_no"), None: "–"}[verdict.caught]
    rows = [("caught", caught)]
    if first is not None:
        rows.append(("first_warning", f"{moment(first.time_ns)}  {in_language(first.text, language)}"))
        rows.append(("lead_to_alarm", lead_text(verdict.lead_to_alarm_s, language)))
        rows.append(("lead_to_event", lead_text(verdict.lead_to_event_s, language)))
    rows.append(("false_warnings", str(len(verdict.false))))
    rows.append(("quality_events", str(verdict.doubts)))
    rows.append(("digest", verdict.digest))
    return rows


def lead_text(seconds: float | None, language: str) -> str:
    """A lead time; what came too late says so.

    >>> lead_text(259_200.0, "en"), lead_text(-600.0, "en"), lead_text(None, "zh")
    ('3.0 d', '10 min too late', '–')
    """
    if seconds is None:
        return "–"
    span = in_language(duration(abs(seconds)), language)
    return span if seconds >= 0 else say("too_late", language, span=span)
