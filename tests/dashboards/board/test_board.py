"""One snapshot a second for all pages, whatever happens meanwhile; what is asked now is answered now."""

from __future__ import annotations

import pytest

from connectors.action_wire import ActionMessage, Audit, audit
from dashboards.board import acting
from dashboards.board.board import REDRAW_S, Board
from dashboards.board.room import Room
from dashboards.board.trends import Trends
from tests.dashboards.board.plant import FLEET, health, warning
from tests.detectors.small import START_NS


class Nobody:
    def act(self, message: ActionMessage) -> Audit:
        return audit(message)


def test_views_are_made_once_a_second() -> None:
    now_s = [100.0]
    board = Board(Room(FLEET), actor=Nobody(), history=Trends(FLEET), clock=lambda: now_s[0])
    board.take([health()])
    before = board.fleet_view()
    board.take([warning("a")])
    assert board.fleet_view() is before
    assert board.read(lambda room: room.warning("a")) is not None
    now_s[0] += REDRAW_S
    after = board.fleet_view()
    assert after.waiting == 1
    assert after.now_ns == START_NS


def test_an_act_is_later_than_what_happened_and_its_words_are_one_line() -> None:
    room = Room(FLEET)
    room.take([warning("a")])
    item = room.worklist.items["a"]
    message = acting.new_action("acknowledge", item, who=" Li  Wei ", why="on\nsite", now_ns=START_NS)
    assert (message.who, message.why, message.warning) == ("Li Wei", "on site", "a")
    assert message.time_ns > START_NS
    other = acting.new_action("acknowledge", item, who="Li", now_ns=START_NS)
    assert other.id != message.id


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("acknowledge", {"who": " "}, "needs the name"),
        ("shelve", {"who": "Li"}, "needs an end"),
        ("close", {"who": "Li", "outcome": "fixed"}, "expected one of confirmed"),
        ("acknowledge", {"who": "Li", "why": "x" * 501}, "at most 500"),
        ("acknowledge", {"who": "Li\u0007"}, "control characters"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(kind: str, given: dict[str, str], sentence: str) -> None:
    room = Room(FLEET)
    room.take([warning("a")])
    with pytest.raises(ValueError, match=sentence):
        acting.new_action(kind, room.worklist.items["a"], now_ns=START_NS, **given)  # type: ignore[arg-type]
