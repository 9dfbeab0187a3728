"""A board in a process of its own, told on standard input what happens to its plant; what people do comes out.

    python -m tests.dashboards.board.serve [--port 8765]

Lines in: ``fault`` (unit 2 of ABC becomes urgent), ``remind`` (that is told again), ``calm`` (health again). Lines out: first the
address, then one JSON object for each act.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
import numpy as np
from fastapi import FastAPI

from connectors.action_wire import ActionMessage, Audit, audit
from dashboards.board.board import Board
from dashboards.board.room import Room
from dashboards.board.server import LOOPBACK, Background, listen, make_app
from dashboards.board.trends import Trends
from detectors.actions import ACKNOWLEDGE, CLOSE, SHELVE
from detectors.events import Act, Event, HealthScore
from tests.dashboards.board.plant import EVIL, FLEET, health, trend, warning
from tests.detectors.small import START_NS

TRANSITIONS = {ACKNOWLEDGE: "acknowledged", SHELVE: "shelved", CLOSE: "closed"}
MINUTE_NS = 60 * 10**9
REFUSE = "refuse me"
"""A comment that makes the actor refuse."""


class Plant:
    """The small plant: answers acts as a worker would, and writes them down."""

    def __init__(self) -> None:
        self.trends = Trends(FLEET)
        self.board = Board(Room(FLEET), actor=self, history=self.trends, language="en")
        self.time_ns = START_NS
        self.attended = np.zeros((3, 2), dtype=bool)
        for i in range(48):
            self.time_ns = START_NS + i * MINUTE_NS
            self.hear([health(self.time_ns), trend(self.time_ns, value=48.0 + i % 3)])

    def hear(self, events: list[Event]) -> None:
        self.board.take(events)
        self.trends.take(events)

    def fault(self) -> None:
        """Unit 2 is urgent; the words of the warning try to be HTML."""
        self.time_ns += MINUTE_NS
        self.hear([self._urgent(), trend(self.time_ns, value=60.0)])
        texts = {"text_en": f"Alpha unit 2: {EVIL}", "text_zh": f"甲站：{EVIL}"}
        evil = replace(warning("x").evidence[0], name_en=EVIL, name_zh=EVIL, tag=EVIL)
        told = warning("w-1", "opened", self.time_ns, level="urgent", onset_ns=self.time_ns, **texts)
        self.hear([replace(told, evidence=(evil,))])

    def _urgent(self) -> HealthScore:
        level, score = np.zeros((3, 2), dtype=np.uint8), np.zeros((3, 2))
        level[1, 0], score[1, 0] = 3, 3.0
        return health(self.time_ns, level=level, score=score, attended=self.attended.copy())

    def remind(self) -> None:
        """The warning is told again."""
        self.time_ns += MINUTE_NS
        self.hear([warning("w-1", "reminded", self.time_ns, level="urgent")])

    def calm(self) -> None:
        """Everything is healthy."""
        self.time_ns += MINUTE_NS
        self.hear([health(self.time_ns)])

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`."""
        print(msgspec.json.encode(message).decode(), flush=True)
        if message.why == REFUSE:
            return audit(message, f"no: {EVIL}")
        act = Act(message.who, message.why, message.outcome, message.until_ns)
        done = warning(message.warning, TRANSITIONS[message.action], message.time_ns, level="urgent", act=act)
        self.attended[1, 0] = True
        self.time_ns += MINUTE_NS
        self.hear([done, self._urgent()])
        return audit(message)


def obey(app: FastAPI, orders: Mapping[str, Callable[[], None]], about: str | None) -> None:
    """Serve a board, tell where on the first line, and do what each line of standard input asks for, until there is no more."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    listening = listen(parser.parse_args().port)
    server = Background(app, listening)
    server.start()
    print(f"http://{LOOPBACK}:{listening.getsockname()[1]}", flush=True)
    for line in sys.stdin:
        orders[line.strip()]()
    server.close()


def main() -> None:
    """Command line."""
    plant = Plant()
    obey(make_app(plant.board), {"fault": plant.fault, "remind": plant.remind, "calm": plant.calm}, __doc__)


if __name__ == "__main__":
    main()
