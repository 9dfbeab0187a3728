"""A board in this process, on the loopback only: what it shows is told by who made it."""

from __future__ import annotations

import errno
import socket

from dashboards.board.acting import Actor
from dashboards.board.board import Board
from dashboards.board.entrance import entrance
from dashboards.board.replayed import Replayed
from dashboards.board.room import Room
from dashboards.board.server import LOOPBACK, Background, listen
from dashboards.board.service import Service
from dashboards.board.trends import Trends
from dashboards.board.words import LANGUAGES
from detectors.events import Event
from wanbiao.errors import UserError


class LocalBoard:
    """A room of its own, and pages that show it; once a process.

    Parameters
    ----------
    room, trends : what it shows, and the past of its tags.   actor : carries acts out.
    port : to serve at; 0 = any that is free.   otherwise : what to do if it is taken.
    language : of a browser that has not chosen; ``both`` = as the browser asks.
    replay : what feeds it, if it is no plant.

    Raises
    ------
    UserError : the port is taken.
    """

    def __init__(
        self,
        room: Room,
        trends: Trends,
        actor: Actor,
        port: int,
        language: str,
        *,
        otherwise: str,
        replay: Replayed | None = None,
    ) -> None:
        listening = _listen(port, otherwise)
        self.url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        self._trends = trends
        spoken = language if language in LANGUAGES else ""
        self.board = Board(room, actor=actor, history=trends, language=spoken, replay=replay)
        self.board.learn((0.0, ""))
        self._server = Background(entrance(Service(self.board)), listening)
        self._server.start()

    def hear(self, events: list[Event]) -> None:
        """Show what was said."""
        self.board.take(events)
        self._trends.take(events)

    def close(self) -> None:
        """End it."""
        self._server.close()


def _listen(port: int, otherwise: str) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        why = "is taken by another program" if is_taken else f"cannot be used ({error.strerror})"
        raise UserError(f"--port {port}: {why}; expected one that is free, or {otherwise}") from None
