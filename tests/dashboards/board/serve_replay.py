"""A board that a made-up replay of the small plant feeds, in a process of its own; how people steer it comes out.

    python -m tests.dashboards.board.serve_replay [--port 8765]

Lines in: ``begin`` (all is learned), ``warn`` (a day of play, then unit 2 is urgent), ``end`` (the verdict). Lines out: first the
address, then ``hold``, ``go on`` or a speed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from connectors.action_wire import ActionMessage, Audit
from dashboards.board.board import Board
from dashboards.board.entrance import entrance
from dashboards.board.replayed import Expectation, RefusedActor, Replayed, Story, Told, VerdictView
from dashboards.board.room import Room
from dashboards.board.service import Service
from dashboards.board.trends import Trends
from detectors.events import HealthScore
from stations.plant import Text
from tests.dashboards.board.plant import EVIL, FLEET, health, trend, warning
from tests.dashboards.board.serve import obey
from tests.detectors.small import START_NS

DAY_NS = 86_400 * 10**9
STORY = Story(
    name="small",
    title=Text("一次事故", "An accident"),
    facts=Text(f"轴承烧毁 {EVIL}", f"A bearing burned {EVIL}"),
    sources=(f"a report {EVIL}",),
    start_ns=START_NS,
    end_ns=START_NS + 4 * DAY_NS,
    event_ns=START_NS + 3 * DAY_NS,
)
VERDICT = VerdictView(
    held=False,
    expectations=(
        Expectation(Text("预警", "ABC 2: a warning"), True, START_NS + DAY_NS),
        Expectation(Text("无预警", "ABC 3: no warning"), False, None),
        Expectation(Text("之后", "ABC 1: later"), None, None),
    ),
    caught=True,
    first=Told(START_NS + DAY_NS, Text("首次", f"the first {EVIL}")),
    lead_to_alarm_s=86_400.0,
    lead_to_event_s=-7200.0,
    false=(Told(START_NS + DAY_NS, Text("误报", f"a false one {EVIL}")),),
    taken_for_sensors=(Told(START_NS + DAY_NS, Text("疑", f"a doubt {EVIL}")),),
    doubts=4,
    digest="0123456789abcdef",
    until_ns=START_NS + 4 * DAY_NS,
    is_whole=True,
)


class Hand:
    """Steers nothing, and writes down how it was steered."""

    def __init__(self) -> None:
        self.is_held, self.speed = False, 3600.0

    def hold(self) -> None:
        self.is_held = True
        print("hold", flush=True)

    def go_on(self) -> None:
        self.is_held = False
        print("go on", flush=True)

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        print(f"speed {speed:g}", flush=True)


class Watched(RefusedActor):
    """Says when it is asked to act, which no page may do."""

    def act(self, message: ActionMessage) -> Audit:
        print(f"act {message.action}", flush=True)
        return super().act(message)


class Show:
    """The replay, a step a line."""

    def __init__(self) -> None:
        self.replay = Replayed(STORY, Hand(), (3600.0, 86_400.0, float("inf")), scans=96)
        room = Room(FLEET)
        self.trends = Trends(FLEET)
        self.board = Board(room, actor=Watched(), history=self.trends, language="en", replay=self.replay)
        self.replay.learn(0.25, START_NS - 3 * DAY_NS)
        self.board.learn((0.25, ""))
        self.board.take([health(START_NS - 3 * DAY_NS)])

    def begin(self) -> None:
        self.board.learn(None)
        self.replay.begin("ABC", "2", {"ABC": 1}, START_NS + 2 * DAY_NS)
        self._scan(0, 0.5)

    def warn(self) -> None:
        for hour in range(1, 25):
            self._scan(hour, hour / 16)
        texts = {"text_en": "Alpha unit 2: too hot", "text_zh": "甲站：过热"}
        self.board.take([warning("w-1", time_ns=START_NS + DAY_NS, level="urgent", **texts)])
        self.replay.mark("first", START_NS + DAY_NS)

    def end(self) -> None:
        self.replay.end(VERDICT)

    def _scan(self, hour: int, score: float) -> None:
        time_ns = START_NS + hour * 3600 * 10**9
        scores = np.zeros((3, 2))
        scores[1, 0] = score
        told: HealthScore = replace(health(time_ns), score=scores)
        self.board.take([told, trend(time_ns, value=60.0)])
        self.trends.take([trend(time_ns, value=60.0)])
        self.replay.take(time_ns, [told])


def main() -> None:
    """Command line."""
    show = Show()
    obey(entrance(Service(show.board)), {"begin": show.begin, "warn": show.warn, "end": show.end}, __doc__)


if __name__ == "__main__":
    main()
