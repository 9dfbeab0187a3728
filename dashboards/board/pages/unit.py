"""One unit: its parts, how it runs, and its tags beside what was expected of them, the worst first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request
from nicegui import run, ui

from dashboards.board.board import Board
from dashboards.board.pages.charts import trend_options
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import Mark, Redrawn, age_text, box, link, mode_text, set_css, text, warning_row
from dashboards.board.pages.station import sensors
from dashboards.board.views import TagNow, Trend, UnitView
from dashboards.board.words import ATTENDED, LOOKS, health_text, in_language, look_of
from detectors.sentences import MODE_WORDS
from detectors.wording import number

DAY_S: Final = 86_400.0
RANGES_S: Final = (DAY_S, 7 * DAY_S, 30 * DAY_S, 90 * DAY_S)
CHARTS: Final = 4
"""Curves that are shown at a time: the tags with the highest scores, until a person picks one."""
CHARTS_S: Final = 5
"""Curves are sent anew each so many seconds: they are the bulk of what a slow line carries."""
TAGS_MOST: Final = 40
"""Tags in the table."""


class Curves:
    """The curves of a page. They are fetched in a thread, since they may come from a database."""

    def __init__(self, page: Frame, station: str, unit: str) -> None:
        self._page, self._station, self._unit = page, station, unit
        self.range_s, self.picked = RANGES_S[2], ""
        self._charts: list[tuple[str, ui.echart]] = []
        self._box = box("b-charts")
        self._asked: tuple[object, ...] = ()

    async def show(self, view: UnitView) -> None:
        """Bring them up to date."""
        board = self._page.board
        tags = _worst(view, self.picked)
        asked = (view.version, self.range_s, tuple(tag.code for tag in tags))
        if asked == self._asked:
            return
        self._asked = asked
        trends = [
            await run.io_bound(board.history.trend, self._station, self._unit, tag.code, self.range_s) for tag in tags
        ]
        # All at once: a tag that has changed its place would be seen twice meanwhile.
        for place, (tag, trend) in enumerate(zip(tags, trends, strict=True)):
            if trend is not None:
                self._draw(place, tag, trend)
        for _, chart in self._charts[len(tags) :]:
            chart.delete()
        del self._charts[len(tags) :]

    def _draw(self, place: int, tag: TagNow, trend: Trend) -> None:
        options = trend_options(trend, tag, self._page.language)
        if place == len(self._charts):
            with self._box, box("b-card"):
                self._charts.append((tag.code, ui.echart(options).classes("b-chart")))
            return
        chart = self._charts[place][1]
        chart.options.clear()
        chart.options.update(options)
        chart.update()


def _worst(view: UnitView, picked: str) -> list[TagNow]:
    tags = sorted(view.tags, key=lambda tag: (tag.code != picked, -(tag.score if tag.score is not None else -1.0)))
    return tags[:CHARTS]


class Strip:
    """How the unit ran over the range, from left to right."""

    def __init__(self, page: Frame) -> None:
        self._page = page
        self._strip = Redrawn("b-strip")

    def show(self, view: UnitView, range_s: float) -> None:
        """Bring it up to date."""
        since_ns, pieces = view.now_ns - round(range_s * 1e9), []
        ends = [*(begin for begin, _ in view.modes[1:]), view.now_ns]
        for (begin_ns, mode), end_ns in zip(view.modes, ends, strict=True) if view.modes else ():
            share = (end_ns - max(begin_ns, since_ns)) / 1e9 / range_s
            if share > 0.0:
                pieces.append((mode, round(100.0 * share, 1)))
        if self._strip.needs(tuple(pieces)):
            with self._strip:
                known = sum(share for _, share in pieces)
                box("").style(f"width:{max(0.0, 100.0 - known):.1f}%")
                for mode, share in pieces:
                    piece = box(f"is-{mode}").style(f"width:{share:.1f}%")
                    piece.props["title"] = in_language(MODE_WORDS[mode], self._page.language)


class Chips:
    """The components as chips; what is normal is grey."""

    def __init__(self, page: Frame, view: UnitView) -> None:
        self._page = page
        self._chips = []
        with box("b-chips"):
            for part in view.components:
                chip = box("b-chip")
                with chip:
                    shape = text("span", "b-shape")
                    text("span", "", f" {in_language(part.name, page.language)} ")
                    health = text("span", "b-number b-muted")
                self._chips.append((chip, shape, health))

    def show(self, view: UnitView) -> None:
        """Bring them up to date."""
        for (chip, shape, health), part in zip(self._chips, view.components, strict=True):
            look = LOOKS[part.state]
            set_css(chip, f"b-chip {look.css if not part.attended else 'is-normal'}")
            shape.set_text(look.shape)
            words = [health_text(part.health)]
            if part.attended:
                words.append(in_language(ATTENDED.word, self._page.language))
            health.set_text(" · ".join(words))


def add(board: Board) -> None:
    """Serve the page at ``/station/{code}/{unit}``."""

    @ui.page("/station/{code}/{unit}")
    def page(request: Request, code: str, unit: str) -> None:
        station = board.fleet.stations.get(code)
        is_known = station is not None and any(unit in block.units for block in station.blocks)
        with frame(board, request, title=f"{code} {unit}" if is_known else "") as made:
            if station is None or not is_known:
                text("div", "b-empty", made.say("not_found"))
                return
            _unit_page(made, code, unit, in_language(station.name, made.language))


def _unit_page(page: Frame, code: str, unit: str, name: str) -> None:
    board = page.board
    view = board.unit_view(code, unit)
    with box("b-title"):
        with link("b-name", f"/station/{code}"):
            text("span", "", name)
        text("span", "b-name", page.say("unit", unit=unit))
        now, numbers = Mark(page.language), text("span", "b-number b-muted")
    chips = Chips(page, view)
    text("div", "b-section", page.say("warnings"))
    warnings = Redrawn("b-warnings")
    with box("b-filters b-section"):
        text("span", "", page.say("range"))
        choices = _ranges(page)
        box("b-space")
        for css, words in (
            ("is-value", "value"),
            ("is-expected", "expected"),
            ("is-band", "band"),
            ("is-limit", "limit"),
        ):
            with box("b-key b-small"):
                box(f"b-swatch {css}", "span")
                text("span", "", page.say(words))
    with box("b-row b-strip-row"):
        text("span", "b-small b-muted", page.say("mode"))
        strip = Strip(page)
    curves = Curves(page, code, unit)
    text("div", "b-section", f"{page.say('tags')} ({page.say('score_note')})")
    tags = Redrawn("b-scroll b-card")
    text("div", "b-section", page.say("sensors"))
    out = Redrawn("")

    def redraw() -> None:
        view = board.unit_view(code, unit)
        now.show(look_of(view.state, is_attended=view.is_attended))
        numbers.set_text(_numbers(page, view))
        chips.show(view)
        strip.show(view, curves.range_s)
        for seconds, choice in choices.items():
            set_css(choice, f"b-choice{' is-here' if seconds == curves.range_s else ''}")
        if warnings.needs(view.warnings):
            with warnings:
                for warning in view.warnings:
                    warning_row(warning, page.language, has_place=False)
                if not view.warnings:
                    text("div", "b-empty", page.say("no_warnings"))
        if out.needs(view.quality):
            with out:
                sensors(page, view.quality)

    async def redraw_curves() -> None:
        view = board.unit_view(code, unit)
        if tags.needs((view.tags, curves.picked)):
            with tags:
                _tags(page, view, pick)
        await curves.show(view)

    async def pick(tag: str) -> None:
        curves.picked = tag
        await redraw_curves()

    async def show_range(seconds: float) -> None:
        curves.range_s = seconds
        redraw()
        await curves.show(board.unit_view(code, unit))

    for seconds, choice in choices.items():
        choice.on("click", lambda _event, seconds=seconds: show_range(seconds))
    page.live(redraw)
    ui.timer(CHARTS_S, redraw_curves)


def _ranges(page: Frame) -> dict[float, ui.element]:
    made: dict[float, ui.element] = {}
    for seconds in RANGES_S:
        made[seconds] = text("button", "b-choice", page.say("days", n=round(seconds / DAY_S)))
        made[seconds].props["type"] = "button"
    return made


def _numbers(page: Frame, view: UnitView) -> str:
    parts = [
        f"{page.say('health')} {health_text(view.health)}",
        mode_text(view.mode, view.regime, page.language),
        age_text(view.age_s, page.language, is_stale=view.is_stale),
    ]
    return "  ·  ".join(parts)


def _tags(page: Frame, view: UnitView, pick: Callable[[str], Awaitable[None]]) -> None:
    """The tags as a table, the highest scores first; a click shows the curve."""
    names = {part.code: part.name for part in view.components}
    with box("b-table is-tags", "table"):
        with box("", "tr"):
            for key, css in (("tag", ""), ("components", "b-wide"), ("value", "b-right"), ("expected", "b-right")):
                text("th", css, page.say(key))
            text("th", "b-right", page.say("score"))
        for tag in sorted(view.tags, key=lambda tag: -(tag.score if tag.score is not None else -1.0))[:TAGS_MOST]:
            with box("", "tr"):
                with box("", "td"):
                    name = text("button", "b-choice", f"{in_language(tag.name, page.language)}  {tag.code}")
                    name.props["type"] = "button"
                    name.on("click", lambda _event, code=tag.code: pick(code))
                text("td", "b-muted b-wide", in_language(names[tag.component], page.language))
                text("td", "b-right", _with_uom(tag.value, tag.uom))
                text("td", "b-right", _with_uom(tag.expected, tag.uom))
                text("td", "b-right", "–" if tag.score is None else number(tag.score))
    text("div", "b-muted b-small", age_text(view.tags_age_s, page.language))


def _with_uom(value: float | None, uom: str) -> str:
    return "–" if value is None else f"{number(value)} {uom}".strip()
