"""The board of ``wanbiao demo``: fed by the monitors of this process, which also carry out what people do."""

from __future__ import annotations

import time
from typing import Final

from dashboards.board.acting import Actor
from dashboards.board.room import Room
from dashboards.board.trends import Trends
from wanbiao.demo import Demo
from wanbiao.local_board import LocalBoard

SPARK_S: Final = 6 * 3600.0
"""Where a day takes two seconds, a spark line of a day would show nothing: it takes 24 days [s]."""
PROGRESS_S: Final = 0.2
"""Time between two looks at how far learning is [s]."""


class DemoBoard:
    """Listens to a demo and serves what it hears, on the loopback only.

    Parameters
    ----------
    actor : carries acts out.
    port : to serve at; 0 = any that is free.
    language : of a browser that has not chosen; ``both`` = as the browser asks.

    Raises
    ------
    UserError : the port is taken.
    """

    def __init__(self, demo: Demo, actor: Actor, port: int, language: str) -> None:
        self._drawn_s = 0.0
        room, trends = Room(demo.fleet, spark_s=SPARK_S), Trends(demo.fleet)
        self._local = LocalBoard(room, trends, actor, port, language, otherwise="--no-board")
        self.url = self._local.url
        demo.plant.hear = self._local.hear

    def learning(self, done: float | None, note: str) -> None:
        """How far learning is; None = it is over."""
        now_s = time.monotonic()
        if done is None:
            self._local.board.learn(None)
        elif now_s - self._drawn_s >= PROGRESS_S:
            self._drawn_s = now_s
            self._local.board.learn((done, note))

    def close(self) -> None:
        """End it."""
        self._local.close()
