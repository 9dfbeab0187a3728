"""The life of a warning on the list: states of ISA-18.2, reminders, shelves, outcomes, windows; what comes back is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detectors import actions
from detectors.actions import Action
from detectors.episodes import Transition
from detectors.lifecycle import RAISE_MOST, STATE_NAMES, LifeCycle
from detectors.tuning import Tuning

HOUR, DAY = 3600 * 10**9, 86_400 * 10**9
START = 1_767_225_600 * 10**9
TUNING = replace(Tuning(), remind_s=86_400.0, reopen_s=86_400.0)
AT = (0, 0)


class Told:
    """One component of one unit, driven by hand."""

    def __init__(self) -> None:
        self.life = LifeCycle(2, 3, TUNING)
        self.time_ns = START

    def turn(self, kind: str, after_ns: int = HOUR, level: int = 1) -> list[str]:
        """A transition of the episode so long after the one before; what is told."""
        self.time_ns += after_ns
        return self.step([Transition(*AT, kind, level, self.time_ns - 60 * 10**9)])

    def wait(self, after_ns: int, score: float = 1.2) -> list[str]:
        """A scan without a transition; what is told."""
        self.time_ns += after_ns
        return self.step([], score)

    def step(self, transitions: list[Transition], score: float = 1.2) -> list[str]:
        return [one.kind for one in self.life.step(transitions, np.full((2, 3), score), self.time_ns)]

    def act(self, kind: str, **more: Any) -> str:
        """What a person does now; the transition, or the reason why not."""
        self.time_ns += HOUR
        until_ns = self.time_ns + 3 * DAY
        action = Action(kind, "YXK", "Li", self.time_ns, warning="x", until_ns=until_ns, **more)
        done = self.life.act(action, AT)
        return done if isinstance(done, str) else done.kind

    @property
    def state(self) -> str:
        return STATE_NAMES[self.life.state(self.time_ns)[AT]]


def test_from_unacknowledged_to_normal_by_either_way() -> None:
    told = Told()
    assert told.state == "normal"
    assert told.turn("opened") == ["opened"]
    assert told.state == "unacknowledged"
    assert told.act("acknowledge") == "acknowledged"
    assert told.state == "acknowledged"
    assert told.turn("returned") == ["returned"]
    assert told.state == "normal"
    told = Told()
    told.turn("opened")
    told.turn("returned")
    assert told.state == "returned"
    assert told.act("acknowledge") == "acknowledged"
    assert told.state == "normal"


def test_what_rises_asks_for_a_new_acknowledgement_and_leaves_its_shelf() -> None:
    told = Told()
    told.turn("opened")
    told.act("acknowledge")
    assert told.turn("escalated", level=2) == ["escalated"]
    assert told.state == "unacknowledged"
    told.act("shelve")
    assert told.state == "shelved"
    told.turn("escalated", level=3)
    assert told.state == "unacknowledged"


def test_what_stands_is_told_again_each_day_until_somebody_acknowledges_it() -> None:
    told = Told()
    told.turn("opened")
    assert told.wait(DAY - HOUR) == []
    assert told.wait(HOUR) == ["reminded"]
    assert told.wait(HOUR) == []
    assert told.wait(DAY) == ["reminded"]
    told.act("acknowledge")
    assert told.wait(9 * DAY) == []


def test_nobody_is_reminded_of_what_cannot_say_now() -> None:
    told = Told()
    told.turn("opened")
    assert told.wait(2 * DAY, float("nan")) == []
    assert told.wait(HOUR) == ["reminded"]


def test_what_comes_back_within_a_day_is_the_same_episode_and_later_another() -> None:
    told = Told()
    told.turn("opened")
    first = int(told.life.onset_ns[AT])
    told.turn("returned")
    assert told.turn("opened", 23 * HOUR) == ["reopened"]
    assert told.life.onset_ns[AT] == first
    told.turn("returned")
    assert told.turn("opened", 25 * HOUR) == ["opened"]
    assert told.life.onset_ns[AT] > first


def test_an_acknowledged_episode_that_comes_back_stays_acknowledged() -> None:
    told = Told()
    told.turn("opened")
    told.act("acknowledge")
    told.turn("returned")
    assert told.turn("opened") == ["reopened"]
    assert told.state == "acknowledged"


def test_a_shelf_ends_by_itself_and_says_so() -> None:
    told = Told()
    told.turn("opened")
    assert told.act("shelve") == "shelved"
    assert told.wait(2 * DAY) == []
    assert told.state == "shelved"
    assert told.wait(DAY) == ["unshelved"]
    assert told.state == "unacknowledged"


def test_what_was_acknowledged_and_has_returned_leaves_the_list_with_its_shelf() -> None:
    told = Told()
    told.turn("opened")
    told.act("acknowledge")
    told.act("shelve")
    told.turn("returned")
    assert told.state == "shelved"
    assert told.wait(4 * DAY) == ["unshelved"]
    assert told.state == "normal"


def test_a_shelf_can_be_ended_by_hand_but_only_where_there_is_one() -> None:
    told = Told()
    told.turn("opened")
    assert told.act("unshelve") == "unshelve: the warning is not shelved"
    told.act("shelve")
    assert told.act("unshelve") == "unshelved"
    assert told.state == "unacknowledged"


@pytest.mark.parametrize("outcome", actions.OUTCOMES)
def test_what_was_closed_while_it_stood_is_quiet_until_it_begins_anew(outcome: str) -> None:
    told = Told()
    told.turn("opened")
    first = int(told.life.onset_ns[AT])
    assert told.act("close", outcome=outcome) == "closed"
    assert told.state == "normal"
    assert told.turn("escalated", level=3) == []
    assert told.wait(5 * DAY) == []
    assert told.turn("returned") == []
    assert told.turn("opened") == ["opened"]
    assert told.life.onset_ns[AT] > first


def test_nothing_can_be_done_with_a_closed_warning() -> None:
    told = Told()
    assert told.act("acknowledge") == "acknowledge: the warning is closed"
    told.turn("opened")
    told.act("close", outcome="confirmed")
    for kind in ("acknowledge", "shelve", "close"):
        assert told.act(kind, outcome="false") == f"{kind}: the warning is closed"


def test_false_warnings_raise_the_limit_but_within_bounds() -> None:
    told = Told()
    factors = []
    for _ in range(6):
        told.turn("opened", 2 * DAY)
        told.act("close", outcome="false")
        told.turn("returned")
        factors.append(float(told.life.factor[AT]))
    assert factors[:3] == pytest.approx([1.2, 1.44, 1.728])
    assert factors[3:] == [RAISE_MOST] * 3
    assert told.life.factor[1].tolist() == [1.0, 1.0, 1.0]


def test_a_window_suppresses_reminders_and_ends_once() -> None:
    told = Told()
    told.turn("opened")
    where = np.zeros((2, 3), dtype=bool)
    where[0] = True
    told.life.maintain(where, told.time_ns + 5 * DAY)
    assert told.state == "suppressed"
    assert told.wait(4 * DAY) == []
    assert told.life.ended(told.time_ns) is None
    told.time_ns += DAY
    over = told.life.ended(told.time_ns)
    assert over is not None
    assert over.tolist() == where.tolist()
    assert told.life.ended(told.time_ns) is None


def test_who_has_taken_a_warning_on_shows_in_what_rolls_up() -> None:
    told = Told()
    assert told.life.attended(told.time_ns, 2) is None
    told.turn("opened")
    assert told.life.attended(told.time_ns, 2) is None
    told.act("acknowledge")
    attended = told.life.attended(told.time_ns, 2)
    assert attended is not None
    assert attended.tolist() == [[True, False, False], [False] * 3]


def test_the_state_comes_back_to_the_bit() -> None:
    told = Told()
    told.turn("opened")
    told.act("shelve")
    other = LifeCycle(2, 3, TUNING)
    other.restore(told.life.snapshot())
    assert {name: array.tolist() for name, array in other.snapshot().items()} == {
        name: array.tolist() for name, array in told.life.snapshot().items()
    }
    told.life = other
    assert told.wait(4 * DAY) == ["unshelved"]
