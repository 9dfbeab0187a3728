"""What a board knows of its replay: how far it is, the highest score of each stretch, marks, verdict; as JSON of the API too."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.testclient import TestClient

from dashboards.board.api import build_api
from dashboards.board.board import Board
from dashboards.board.pages.charts import AHEAD, timeline_options
from dashboards.board.replayed import TRACE_MOST, RefusedActor, Replayed
from dashboards.board.room import Room
from dashboards.board.service import Service
from dashboards.board.trends import Trends
from tests.dashboards.board.plant import FLEET, health
from tests.dashboards.board.serve_replay import DAY_NS, STORY, VERDICT, Hand
from tests.detectors.small import START_NS

HOUR_NS = 3600 * 10**9


def replayed(scans: int = 4 * 24) -> Replayed:
    return Replayed(STORY, Hand(), (3600.0, float("inf")), scans=scans)


def begun(scans: int = 4 * 24, row: int = 1) -> Replayed:
    one = replayed(scans)
    one.begin("ABC", "2", {"ABC": row}, START_NS + 2 * DAY_NS)
    return one


def scored(time_ns: int, *of_units: float) -> Any:
    return health(time_ns, score=np.array([[score, 0.0] for score in of_units]))


def test_it_learns_plays_pauses_and_is_over() -> None:
    hand = Hand()
    one = Replayed(STORY, hand, (60.0,), scans=96)
    one.learn(0.5, START_NS - DAY_NS)
    view = one.view()
    assert (view.state, view.learned, view.done, view.trace, view.now_ns) == (
        "learning",
        0.5,
        0.0,
        (),
        START_NS - DAY_NS,
    )
    one.begin("ABC", "2", {"ABC": 1}, None)
    one.take(START_NS + DAY_NS, [])
    assert (one.view().state, one.view().done) == ("playing", 0.25)
    hand.is_held = True
    assert (one.view().state, one.view().is_held) == ("paused", True)
    one.end(VERDICT)
    assert (one.view().state, one.view().done, one.view().verdict) == ("over", 1.0, VERDICT)


def test_what_ended_before_anything_could_be_judged_has_no_verdict() -> None:
    one = replayed()
    one.end(None)
    view = one.view()
    assert (view.state, view.verdict, view.done) == ("over", None, 0.0)


def test_the_score_is_that_of_the_unit_and_keeps_its_peaks() -> None:
    """A scan a minute is more than the picture has points."""
    one = begun(scans=4 * 1440)
    for minute in range(1440):
        score = 7.0 if minute == 701 else 0.5
        one.take(START_NS + minute * HOUR_NS // 60, [scored(START_NS, 9.0, score, 9.0)])
    view = one.view()
    assert len(view.trace) == len(view.trace_ns) == TRACE_MOST // 4
    assert max(score for score in view.trace if score is not None) == 7.0
    assert min(score for score in view.trace if score is not None) == 0.5
    peak_ns = view.trace_ns[view.trace.index(7.0)]
    assert peak_ns <= START_NS + 701 * HOUR_NS // 60 < peak_ns + 24 * HOUR_NS * 4 // TRACE_MOST


def test_few_scans_leave_no_gaps_and_no_score_is_null() -> None:
    one = begun(scans=4 * 24)
    for hour in range(10):
        one.take(START_NS + hour * HOUR_NS, [scored(START_NS, 0.0, float("nan") if hour == 4 else 1.0, 0.0)])
    trace = one.view().trace
    assert [score for hour, score in enumerate(trace) if hour != 4] == [1.0] * 9
    one = begun(row=-1)
    one.take(START_NS, [scored(START_NS, 0.0, 1.0, 3.0)])
    assert one.view().trace == (3.0,)


def test_marks_are_known_as_soon_as_they_can_be() -> None:
    assert list(replayed().view().marks) == ["event"]
    one = begun()
    assert one.view().marks == {"alarm": START_NS + 2 * DAY_NS, "event": STORY.event_ns}
    one.mark("first", START_NS + DAY_NS)
    assert list(one.view().marks) == ["first", "alarm", "event"]


def client(replay: Replayed | None) -> TestClient:
    board = Board(Room(FLEET), actor=RefusedActor(), history=Trends(FLEET), replay=replay)
    return TestClient(build_api(Service(board)))


def test_the_api_tells_the_same_facts() -> None:
    one = begun()
    one.take(START_NS, [scored(START_NS, 0.0, float("nan"), 0.0)])
    one.end(VERDICT)
    api = client(one)
    told = api.get("/replay").json()
    assert (told["name"], told["state"], told["station"], told["unit"]) == ("small", "over", "ABC", "2")
    assert (told["speed"], told["speeds"]) == (3600.0, [3600.0, None])
    assert (told["title"]["zh"], told["marks"]["event"]) == ("一次事故", STORY.event_ns)
    assert [one["held"] for one in told["verdict"]["expectations"]] == [True, False, None]
    assert "/replay" in api.get("/openapi.json").json()["paths"]


def test_a_live_board_says_that_nothing_is_replayed() -> None:
    answer = client(None).get("/replay")
    assert answer.status_code == 404
    assert answer.json() == {"error": "this board is live; nothing is replayed here: wanbiao replay NAME --board"}


def test_the_picture_says_which_marks_are_not_known() -> None:
    options = timeline_options(begun().view(), "en")
    assert options["yAxis"][0]["data"] == ["first warning  –", "static alarm", "event"]
    lanes = [point["value"][1] for point in options["series"][0]["data"]]
    assert lanes == ["static alarm", "event"]
    assert {point["itemStyle"]["opacity"] for point in options["series"][0]["data"]} == {AHEAD}
    over = begun()
    over.end(VERDICT)
    points = timeline_options(over.view(), "en")["series"][0]["data"]
    assert {point["itemStyle"]["opacity"] for point in points} == {1.0}
