"""One station: its units by their components, what stands, which sensors are out."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from dashboards.board.board import Board
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import (
    Mark,
    Redrawn,
    age_text,
    box,
    counts_text,
    link,
    mark,
    mode_text,
    set_css,
    text,
    warning_row,
)
from dashboards.board.views import Matrix, QualityView, StationView, UnitRow
from dashboards.board.words import ATTENDED, LOOKS, Look, health_text, in_language, look_of
from stations.local_time import moment

TABLE_UNITS_MOST = 60
"""More units than so many are shown as small cards: nobody reads a table of 222 rows."""
SENSORS_MOST = 20
"""Sensors listed; the number of all is told."""


class Cell:
    """One component of one unit, as a shape."""

    def __init__(self) -> None:
        self._shape = text("span", "b-cell")

    def show(self, look: Look, name: str, language: str, *, attended: bool = False) -> None:
        """Bring it up to date; ``name`` says of what, for the pointer and for readers of screens."""
        set_css(self._shape, f"b-cell {look.css}{' is-attended' if attended else ''}")
        self._shape.set_text(look.shape)
        title = f"{name}: {in_language(look.word, language)}"
        if attended and look is not ATTENDED:
            title += f" · {in_language(ATTENDED.word, language)}"
        if self._shape.props.get("title") != title:
            self._shape.props["title"] = title


class MatrixTable:
    """Units by components. The longer side stands upright, so that names can be read."""

    def __init__(self, page: Frame, station: str, matrix: Matrix) -> None:
        self._page = page
        self._names = [in_language(part.name, page.language) for part in matrix.components]
        self._cells: dict[tuple[str, int], Cell] = {}
        self._notes: dict[str, TextElement] = {}
        units = [row.unit for row in matrix.units]
        self._upright = len(units) < len(self._names)
        with box("b-scroll b-card"), box("b-table b-matrix", "table"):
            with box("", "tr"):
                text("th", "", page.say("components" if self._upright else "units"))
                for unit in units if self._upright else []:
                    with box("", "th"):
                        self._unit(station, unit)
                for name in [] if self._upright else self._names:
                    text("th", "", name)
            if self._upright:
                for i, name in enumerate(self._names):
                    with box("", "tr"):
                        text("td", "", name)
                        for unit in units:
                            with box("", "td"):
                                self._cells[unit, i] = Cell()
            else:
                for unit in units:
                    with box("", "tr"):
                        with box("", "td"):
                            self._unit(station, unit)
                        for i in range(len(self._names)):
                            with box("", "td"):
                                self._cells[unit, i] = Cell()

    def _unit(self, station: str, unit: str) -> None:
        with link("b-row", f"/station/{station}/{unit}"):
            text("span", "b-number", self._page.say("unit", unit=unit))
            self._notes[unit] = text("span", "b-muted b-small")

    def show(self, matrix: Matrix) -> None:
        """Bring it up to date."""
        for row in matrix.units:
            words = f"{mode_text(row.mode, row.regime, self._page.language)}, {health_text(row.health)}"
            self._notes[row.unit].set_text(words)
            for i, state in enumerate(row.cells):
                name = f"{self._page.say('unit', unit=row.unit)}, {self._names[i]}"
                self._cells[row.unit, i].show(LOOKS[state], name, self._page.language, attended=row.attended[i])


class UnitCards:
    """Many units as small cards: the number and a shape for the worst of each."""

    def __init__(self, station: str, matrix: Matrix) -> None:
        self._cards: dict[str, ui.element] = {}
        self._cells: dict[str, Cell] = {}
        with box("b-units"):
            for row in matrix.units:
                self._cards[row.unit] = link("b-unit", f"/station/{station}/{row.unit}")
                with self._cards[row.unit]:
                    text("span", "", row.unit)
                    self._cells[row.unit] = Cell()

    def show(self, matrix: Matrix, page: Frame) -> None:
        """Bring them up to date."""
        for row in matrix.units:
            look = look_of(row.state, is_attended=row.is_attended)
            set_css(self._cards[row.unit], f"b-unit {look.css}")
            self._cells[row.unit].show(look, _title(row, page), page.language, attended=row.is_attended)


def _title(row: UnitRow, page: Frame) -> str:
    mode = mode_text(row.mode, row.regime, page.language)
    return f"{page.say('unit', unit=row.unit)}, {mode}, {page.say('health')} {health_text(row.health)}"


def sensors(page: Frame, found: tuple[QualityView, ...]) -> None:
    """The sensors that are out, as sentences."""
    for one in found[:SENSORS_MOST]:
        with box("b-row"):
            text("span", "b-muted b-number b-small b-fixed", moment(one.since_ns))
            text("span", "", in_language(one.text, page.language))
    if len(found) > SENSORS_MOST:
        text("div", "b-muted", page.say("more", n=len(found) - SENSORS_MOST))
    if not found:
        text("div", "b-empty", page.say("no_sensors"))


def key(page: Frame) -> None:
    """What the shapes mean."""
    with box("b-chips b-legend b-small b-muted"):
        for look in (*(LOOKS[state] for state in (5, 4, 3, 2, 1)), ATTENDED, *(LOOKS[state] for state in (0, -1, -2))):
            mark(look, page.language)


def add(board: Board) -> None:
    """Serve the page at ``/station/{code}``."""

    @ui.page("/station/{code}")
    def page(request: Request, code: str) -> None:
        station = board.fleet.stations.get(code)
        with frame(board, request, title=code if station else "") as made:
            if station is None:
                text("div", "b-empty", made.say("not_found"))
                return
            with box("b-title"):
                text("span", "b-name", in_language(station.name, made.language))
                now = Mark(made.language)
                numbers = text("span", "b-number b-muted")
            with box("b-two is-station"):
                with box(""):
                    matrices = [_matrix(made, code, matrix) for matrix in board.station_view(code).blocks]
                    key(made)
                with box(""):
                    text("div", "b-section", made.say("warnings"))
                    warnings = Redrawn("b-warnings")
                    text("div", "b-section", made.say("sensors"))
                    out = Redrawn("")

            def redraw() -> None:
                view = board.station_view(code)
                now.show(look_of(view.tile.state, is_attended=view.tile.attended > 0))
                numbers.set_text(_numbers(made, view))
                for shown, matrix in zip(matrices, view.blocks, strict=True):
                    shown(matrix)
                if warnings.needs(view.warnings):
                    with warnings:
                        for warning in view.warnings:
                            warning_row(warning, made.language, has_place=False)
                        if not view.warnings:
                            text("div", "b-empty", made.say("no_warnings"))
                if out.needs(view.quality):
                    with out:
                        sensors(made, view.quality)

            made.live(redraw)


def _matrix(page: Frame, code: str, matrix: Matrix) -> Callable[[Matrix], None]:
    if len(matrix.units) > TABLE_UNITS_MOST:
        cards = UnitCards(code, matrix)
        return lambda matrix: cards.show(matrix, page)
    return MatrixTable(page, code, matrix).show


def _numbers(page: Frame, view: StationView) -> str:
    tile = view.tile
    parts = [
        f"{page.say('health_lowest')} {health_text(tile.health)}",
        page.say("running", n=tile.running, all=tile.units),
        counts_text(tile.counts, tile.attended),
        age_text(tile.age_s, page.language, is_stale=tile.is_stale),
    ]
    return "  ·  ".join(part for part in parts if part)
