"""The server of the board: pages, style, language; a program of its own or a thread beside another."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import ui
from starlette.types import ASGIApp

from dashboards.board.board import Board
from dashboards.board.guard import Guard
from dashboards.board.pages import fleet, load, replay, station, unit, worklist
from dashboards.board.pages.frame import COOKIE, YEAR_S
from dashboards.board.words import LANGUAGES

LOOPBACK: Final = "127.0.0.1"
CLOSE_S: Final = 1.0
"""Open pages are given so long to say good-bye when the server ends [s]."""
HISTORY_MOST: Final = 200
"""Messages that are kept for a page whose connection is interrupted."""


def make_app(
    board: Board, *, routers: Sequence[APIRouter] = (), guard: Callable[[ASGIApp], ASGIApp] = Guard
) -> FastAPI:
    """The pages of a board as an ASGI application; once a process, since pages are registered for all of it.

    Parameters
    ----------
    routers : what else is served, such as the HTTP API.
    guard : a layer around everything; one of its own would let pages of strangers in.
    """
    app = FastAPI(title="Wanbiao", docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)

    @app.get("/language/{code}", include_in_schema=False)
    def language(request: Request, code: str) -> RedirectResponse:
        """Remember a language, and go back to where the person came from."""
        came_from = urlsplit(request.headers.get("referer", "")).path
        # Only a path of ours: "//elsewhere" would be another host.
        answer = RedirectResponse("/" + came_from.lstrip("/\\"), status_code=303)
        if code in LANGUAGES:
            answer.set_cookie(COOKIE, code, max_age=YEAR_S, samesite="strict")
        return answer

    ui.add_css(Path(__file__).with_name("board.css"), shared=True)
    for pages in (fleet, station, unit, worklist, load, replay):
        pages.add(board)
    ui.run_with(
        app,
        title="Wanbiao 腕表",
        dark=None,
        tailwind=False,
        binding_refresh_interval=None,
        message_history_length=HISTORY_MOST,
        show_welcome_message=False,
        favicon="⌚",
    )
    app.add_middleware(guard)
    return app


def listen(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket on which browsers may knock already; port 0 = any that is free.

    Raises
    ------
    OSError : the port is taken.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


class Background:
    """A board that is served by a thread of its own while the program does something else."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=round(CLOSE_S),
        )
        self._server, self._listening = uvicorn.Server(config), listening
        self._thread = threading.Thread(target=self._serve, name="board", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def _serve(self) -> None:
        self._server.run(sockets=[self._listening])

    def close(self) -> None:
        """End it; open pages notice."""
        self._server.should_exit = True
        self._thread.join(CLOSE_S + 4.0)
        self._listening.close()
