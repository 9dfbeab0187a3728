"""What every page has: name, ways to the others, language, the time of the plant, how far learning is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request
from nicegui import ui

from dashboards.board.board import REDRAW_S, Board
from dashboards.board.pages.parts import box, link, text
from dashboards.board.words import LANGUAGES, in_language, say
from stations.local_time import moment, zone_name

COOKIE: Final = "wanbiao_language"
YEAR_S: Final = 365 * 86_400
NAV: Final = {"fleet": "/", "worklist": "/worklist", "load": "/load"}
REPLAY: Final = {"replay": "/replay"}
"""And where a replay feeds the board."""


def language_of(request: Request, board: Board) -> str:
    """What a person chose, else the setting, else what the browser asks for."""
    chosen = request.cookies.get(COOKIE) or board.language
    if chosen in LANGUAGES:
        return chosen
    return "zh" if request.headers.get("accept-language", "zh").lower().startswith("zh") else "en"


class Frame:
    """One open page: its board and language, and what is to be redrawn each second."""

    def __init__(self, board: Board, language: str) -> None:
        self.board, self.language = board, language
        self._redraws: list[Callable[[], None]] = []

    def say(self, key: str, **values: object) -> str:
        """A word of the page."""
        return say(key, self.language, **values)

    def say_time(self, key: str, time_ns: int) -> str:
        """A word of the page that tells a time and its zone; nothing while no time is known: 0."""
        zone = in_language(zone_name(), self.language)
        return self.say(key, time=moment(time_ns), zone=zone) if time_ns else ""

    def live(self, redraw: Callable[[], None]) -> None:
        """Draw now, and again each second."""
        redraw()
        self._redraws.append(redraw)

    def redraw(self) -> None:
        """Bring the page up to date."""
        for redraw in self._redraws:
            redraw()


class _Banner:
    """Says on top of every page, and wherever one scrolls, that this is a replay: of what, and from when its telemetry is."""

    def __init__(self, page: Frame) -> None:
        self._page = page
        with box("b-replay").props('role="status"'):
            text("span", "b-name", page.say("replay_banner"))
            self._title = text("span", "b-grow")
            self._time = text("span", "b-number b-fixed")

    def show(self) -> None:
        """Bring it up to date."""
        page = self._page
        view = page.board.replay_view()
        if view is not None:
            self._title.set_text(in_language(view.title, page.language))
            self._time.set_text(page.say_time("replayed_time", view.now_ns))


@contextmanager
def frame(board: Board, request: Request, here: str = "", title: str = "") -> Iterator[Frame]:
    """The page around what is built within."""
    language = language_of(request, board)
    made = Frame(board, language)
    replay = board.replay
    named = f"{title} · {made.say('board')}" if title else made.say("board")
    ui.page_title(f"{made.say('replay_banner')} · {named}" if replay else named)
    banner = _Banner(made) if replay else None
    with box("b-page").props(f'lang="{language}"'):
        with box("b-head", "header"):
            text("span", "b-brand", "腕表 Wanbiao")
            with box("b-nav", "nav"):
                for key, href in (NAV | (REPLAY if replay else {})).items():
                    with link("is-here" if key == here else "", href):
                        text("span", "", made.say(key))
            box("b-space")
            status = text("span", "b-status")
            other = LANGUAGES[1 - LANGUAGES.index(language)]
            with link("b-switch", f"/language/{other}"):
                text("span", "", made.say("other_language"))
        notice = text("div", "b-notice").props('role="alert"')
        learning = box("b-learn").props('role="status"')
        with learning:
            words = text("span", "")
            bar = ui.element("progress").props('max="1"')

        def redraw() -> None:
            view = board.fleet_view()
            if banner:
                banner.show()
            else:
                status.set_text(made.say_time("plant_time", view.now_ns))
            said = board.notice()
            notice.set_visibility(said is not None)
            notice.set_text("" if said is None else f"○ {in_language(said, language)}")
            learning.set_visibility(view.progress is not None)
            if view.progress is not None:
                share, note = view.progress
                words.set_text(made.say("learning", share=f"{share:.0%}", note=note))
                bar.props["value"] = round(share, 3)

        made.live(redraw)
        yield made
    ui.timer(REDRAW_S, made.redraw)
