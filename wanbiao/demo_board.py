"""The board of ``wanbiao demo``: fed by the monitors of this process, which also carry out what people do."""

from __future__ import annotations

import errno
import time
from typing import Final

from connectors.action_wire import ActionMessage, Audit
from dashboards.board.board import Board
from dashboards.board.entrance import entrance
from dashboards.board.room import Room
from dashboards.board.server import LOOPBACK, Background, listen
from dashboards.board.service import Service
from dashboards.board.trends import Trends
from dashboards.board.words import LANGUAGES
from detectors.events import Event
from streams.acting import answer, to_action
from wanbiao.demo import Demo
from wanbiao.errors import UserError

SPARK_S: Final = 6 * 3600.0
"""Where a day takes two seconds, a spark line of a day would show nothing: it takes 24 days [s]."""
PROGRESS_S: Final = 0.2
"""Time between two looks at how far learning is [s]."""


class DemoBoard:
    """Listens to a demo and serves what it hears, on the loopback only.

    Parameters
    ----------
    port : to serve at; 0 = any that is free.
    language : of a browser that has not chosen; ``both`` = as the browser asks.

    Raises
    ------
    UserError : the port is taken.
    """

    def __init__(self, demo: Demo, port: int, language: str) -> None:
        try:
            listening = listen(port)
        except OSError as error:
            why = (
                "is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            raise UserError(f"--port {port}: {why}; expected one that is free, or --no-board") from None
        self.url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        self._demo, self._drawn_s = demo, 0.0
        self._trends = Trends(demo.fleet)
        self._board = Board(
            Room(demo.fleet, spark_s=SPARK_S),
            actor=self,
            history=self._trends,
            language=language if language in LANGUAGES else "",
        )
        self._board.learn((0.0, ""))
        demo.plant.hear = self._hear
        self._server = Background(entrance(Service(self._board)), listening)
        self._server.start()

    def _hear(self, events: list[Event]) -> None:
        self._board.take(events)
        self._trends.take(events)

    def learning(self, done: float | None, note: str) -> None:
        """How far learning is; None = it is over."""
        now_s = time.monotonic()
        if done is None:
            self._board.learn(None)
        elif now_s - self._drawn_s >= PROGRESS_S:
            self._drawn_s = now_s
            self._board.learn((done, note))

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`."""
        return answer(message, self._demo.plant.act(to_action(message)))

    def close(self) -> None:
        """End it."""
        self._server.close()
