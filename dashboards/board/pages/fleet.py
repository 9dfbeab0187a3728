"""The fleet: a tile for each station, in the order of the catalogue, and what matters most of all that waits."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from dashboards.board.board import Board
from dashboards.board.pages.frame import Frame, frame
from dashboards.board.pages.parts import (
    Mark,
    Redrawn,
    Spark,
    age_text,
    box,
    counts_text,
    link,
    set_css,
    text,
    unit_text,
    warning_row,
)
from dashboards.board.room import WAITING
from dashboards.board.views import FleetView, StationTile
from dashboards.board.words import Count, health_text, in_language, look_of
from detectors.states import NO_DATA
from detectors.wording import duration
from stations.plant import Text

SHOWN_MOST = 6
"""Warnings below the tiles; the worklist has all."""


class Tile:
    """One station. It stays in its place, so that people find it without reading; a phone puts the worst first."""

    def __init__(self, page: Frame, tile: StationTile) -> None:
        self._page = page
        language = page.language
        self._box = link("b-tile", f"/station/{tile.code}")
        self._box.props["data-station"] = tile.code
        with self._box:
            with box("b-row"):
                text("span", "b-name b-grow", in_language(tile.name, language))
                self._mark = Mark(language)
            with box("b-row"):
                self._health = text("span", "b-big")
                self._spark = Spark(page.say("health"))
            with box("b-row b-small"):
                self._where = text("span", "b-grow")
                self._counts = text("span", "b-number")
            with box("b-row b-small b-muted"):
                self._running = text("span", "b-grow")
                self._age = text("span", "b-number")

    def show(self, tile: StationTile) -> None:
        """Bring it up to date."""
        page, language = self._page, self._page.language
        look = look_of(tile.state, is_attended=tile.attended > 0)
        set_css(self._box, f"b-tile {look.css}")
        self._mark.show(look)
        self._health.set_text(health_text(tile.health))
        self._spark.show(tile.spark)
        self._where.set_text(_where(tile, language))
        self._counts.set_text(counts_text(tile.counts, tile.attended))
        waiting = f" · {page.say('waiting', n=tile.waiting)}" if tile.waiting else ""
        self._running.set_text(page.say("running", n=tile.running, all=tile.units) + waiting)
        self._age.set_text(age_text(tile.age_s, language, is_stale=tile.is_stale))


def _where(tile: StationTile, language: str) -> str:
    if not tile.worst_unit or tile.state <= NO_DATA:
        return ""
    part = in_language(tile.worst_component, language) if tile.worst_component else ""
    return f"{unit_text(tile.worst_unit, language)} {part}".strip()


def add(board: Board) -> None:
    """Serve the page at ``/``."""

    @ui.page("/")
    def page(request: Request) -> None:
        with frame(board, request, "fleet") as made:
            view = board.fleet_view()
            with box("b-title"):
                text(
                    "span",
                    "b-name",
                    made.say("stations_units", stations=Count(len(view.stations)), units=Count(view.units)),
                )
                summary = text("span", "b-number")
                spark = duration(view.spark_s)
                text("span", "b-muted b-small", f"{made.say('health_lowest')}, {_span(made, spark)}")
            with box("b-tiles"):
                tiles = {tile.code: Tile(made, tile) for tile in view.stations}
            text("div", "b-section", made.say("what_waits"))
            waiting = Redrawn("b-warnings")

            def redraw() -> None:
                view = board.fleet_view()
                summary.set_text(_summary(made, view))
                for tile in view.stations:
                    tiles[tile.code].show(tile)
                # What nobody has taken on comes before what is worse and in hands.
                warnings = sorted(board.warnings(), key=lambda one: one.state not in WAITING)[:SHOWN_MOST]
                has_data = any(tile.age_s is not None for tile in view.stations)
                if waiting.needs((tuple(warnings), has_data)):
                    with waiting:
                        for warning in warnings:
                            warning_row(warning, made.language)
                        if not warnings:
                            text("div", "b-empty", made.say("calm" if has_data else "calm_unknown"))

            made.live(redraw)


def _span(page: Frame, spark: Text) -> str:
    return page.say("spark", span=in_language(spark, page.language))


def _summary(page: Frame, view: FleetView) -> str:
    waiting = page.say("waiting", n=view.waiting) if view.waiting else page.say("none_waiting")
    counts = counts_text(view.counts, sum(tile.attended for tile in view.stations))
    return " · ".join(part for part in (counts, waiting) if part)
