"""Small elements that pages are made of. Whatever they show goes to the browser as text, never as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from dashboards.board.views import WarningView
from dashboards.board.words import ATTENDED as TAKEN_ON
from dashboards.board.words import LEVEL_LOOKS, LOOKS, Look, in_language, say
from detectors.names import STATES
from detectors.sentences import MODE_WORDS
from detectors.sisters import ALL_UNITS
from detectors.states import NO_DATA, NORMAL
from detectors.wording import duration
from stations.local_time import moment
from stations.plant import Text

SPARK_WIDTH, SPARK_HEIGHT = 200.0, 40.0
LIMIT_HEALTH: Final = 50.0
"""Health at the warning limit."""
ATTENDED: Final = ("acknowledged", "shelved", "closed", "normal", "accepted")
"""States of a warning that need no colour: somebody cares, or it is over."""


def text(tag: str, css: str, words: str = "") -> TextElement:
    """An element of HTML that holds nothing but a text; the text may be set again."""
    element = TextElement(tag=tag, text=words)
    element.classes(css)
    return element


def box(css: str, tag: str = "div") -> ui.element:
    """An element of HTML that holds others."""
    return ui.element(tag).classes(css)


def link(css: str, href: str) -> ui.element:
    """A link that holds other elements; it can be reached by the keyboard."""
    made = ui.element("a").classes(css)
    made.props["href"] = quote(href)
    return made


def set_css(element: ui.element, css: str) -> None:
    """Give an element these classes, if it has others."""
    if list(element.classes) != css.split():
        element.classes(replace=css)


class Mark:
    """Shape and word of a state."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._box = box("b-mark", "span")
        with self._box:
            self._shape = text("span", "b-shape").props('aria-hidden="true"')
            self._word = text("span", "")

    def show(self, look: Look) -> None:
        """Show another state."""
        set_css(self._box, f"b-mark {look.css}")
        self._shape.set_text(look.shape)
        self._word.set_text(in_language(look.word, self._language))


def mark(look: Look, language: str) -> Mark:
    """A `Mark` that shows a state from the start."""
    made = Mark(language)
    made.show(look)
    return made


class Spark:
    """Health over time as a thin line, with the warning limit; gaps where it is not known."""

    def __init__(self, label: str) -> None:
        view = f"0 0 {SPARK_WIDTH:g} {SPARK_HEIGHT:g}"
        svg = ui.element("svg").classes("b-spark")
        svg.props(f'viewBox="{view}" preserveAspectRatio="none" role="img"').props["aria-label"] = label
        with svg:
            y = _y(LIMIT_HEALTH)
            limit = ui.element("path").classes("b-limit")
            limit.props["d"] = f"M0 {y:g}H{SPARK_WIDTH:g}"
            self._line = ui.element("path").classes("b-line")
        self._drawn = ""

    def show(self, values: Sequence[float | None]) -> None:
        """Draw another line."""
        drawn = path(values)
        if drawn != self._drawn:
            self._drawn = drawn
            self._line.props["d"] = drawn


def path(values: Sequence[float | None]) -> str:
    """Healths [0-100] at equal steps as the path of a line.

    >>> path([100.0, None, 50.0, 0.0])
    'M0 2 M133.3 20L200 38'
    """
    step = SPARK_WIDTH / max(1, len(values) - 1)
    parts: list[str] = []
    pen = "M"
    for i, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        space = " " if pen == "M" and parts else ""
        parts.append(f"{space}{pen}{round(i * step, 1):g} {_y(value):g}")
        pen = "L"
    return "".join(parts)


def _y(health: float) -> float:
    return round(2.0 + (SPARK_HEIGHT - 4.0) * (1.0 - health / 100.0), 1)


def age_text(age_s: float | None, language: str, *, is_stale: bool = False) -> str:
    """How old a number is.

    >>> age_text(42.0, "en"), age_text(None, "en"), age_text(600.0, "zh", is_stale=True)
    ('42 s ago', 'never heard of', '○ 10 分钟无数据')
    """
    if age_s is None:
        return say("no_age", language)
    age = in_language(duration(age_s), language)
    return (
        f"{LOOKS[int(NO_DATA)].shape} {say('silent', language, age=age)}" if is_stale else say("age", language, age=age)
    )


def counts_text(counts: dict[str, int], attended: int = 0) -> str:
    """How many are abnormal, by shape, the worst first, and how many of the others are attended to.

    >>> counts_text({"normal": 30, "watch": 2, "urgent": 1}, attended=3)
    '■ 1  ◆ 2  ◇ 3'
    """
    names = {"urgent": 5, "warning": 4, "watch": 3, "no_data": 2, "partial": 1}
    found = [(LOOKS[state].shape, counts[name]) for name, state in names.items() if counts.get(name)]
    found += [(TAKEN_ON.shape, attended)] if attended else []
    return "  ".join(f"{shape} {n}" for shape, n in found)


def unit_text(unit: str, language: str) -> str:
    """A unit as people say it."""
    return say("all_units", language) if unit == ALL_UNITS else say("unit", language, unit=unit)


def mode_text(mode: str, regime: Text | None, language: str) -> str:
    """How a unit runs: by the word of its station, if there is one."""
    return in_language(regime or MODE_WORDS[mode], language)


def warning_look(warning: WarningView) -> Look:
    """Shape and word of its level; without its colour once somebody cares, or it is over."""
    look = LEVEL_LOOKS[warning.level]
    return look._replace(css=LOOKS[int(NORMAL)].css) if warning.state in ATTENDED else look


def warning_row(warning: WarningView, language: str, *, has_place: bool = True) -> None:
    """One warning as a link to its page: what, where, since when, who cares."""
    is_attended = warning.state in ATTENDED
    css = "is-attended" if is_attended else f"is-{warning.level}"
    with link(f"b-warning {css}", f"/warning/{warning.id}"):
        with box("b-row"):
            mark(warning_look(warning), language)
            place = f"{unit_text(warning.unit, language)} {in_language(warning.component_name, language)}"
            if has_place:
                place = f"{in_language(warning.station_name, language)} {place}"
            text("span", "b-place b-grow", place)
        text("div", "b-what", in_language(warning.what, language) or in_language(warning.text, language))
        with box("b-row b-small b-muted"):
            text("span", "", in_language(STATES[warning.state], language))
            text("span", "b-number", say("since", language, time=moment(warning.since_ns)))
            if warning.until_ns:
                text("span", "b-number", say("until", language, time=moment(warning.until_ns)))
            cared = next((one.who for one in reversed(warning.history) if one.who), "")
            first = in_language(warning.first, language)
            text(
                "span",
                "b-grow",
                " · ".join(part for part in (cared, first and say("first_check", language, check=first)) if part),
            )


class Redrawn:
    """A part of a page that is built anew whenever what it shows has changed, and only then."""

    def __init__(self, css: str) -> None:
        self._box = box(css)
        self._shown: object = None

    def needs(self, shown: object) -> bool:
        """Whether this is something else than what is shown; the part is then empty and to be filled."""
        if shown == self._shown:
            return False
        self._shown = shown
        self._box.clear()
        return True

    def __enter__(self) -> None:
        self._box.__enter__()

    def __exit__(self, *gone: object) -> None:
        self._box.__exit__(*gone)
