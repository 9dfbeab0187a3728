"""A play that is held waits, a speed that changes counts from then on, and nobody chases what is late; no test sleeps."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import pytest

from wanbiao.steering import LATE_MOST_S, SPEEDS, USUAL_S, SteeredPace, speeds_for, usual_speed

HOUR_NS = 3600 * 10**9


class Wall:
    """A clock that waiting moves on; what is in ``then`` happens when a wait has no end."""

    def __init__(self, speed: float) -> None:
        self.now_s, self.waits = 0.0, 0
        self.then: list[Callable[[], None]] = []
        self.pace = SteeredPace(speed, clock=lambda: self.now_s, pause=self._pause)

    def _pause(self, _changed: threading.Condition, seconds: float | None) -> None:
        self.waits += 1
        if seconds is None:
            self.now_s += 60.0
            self.then.pop(0)()
        else:
            self.now_s += seconds


def test_a_held_play_waits_and_goes_on_where_it_was() -> None:
    wall = Wall(3600.0)
    wall.pace.wait(0)
    wall.pace.hold()
    wall.then = [lambda: None, wall.pace.go_on]
    assert wall.pace.wait(HOUR_NS)
    assert wall.now_s == pytest.approx(2 * 60.0 + 1.0)
    assert not wall.pace.is_held


def test_it_may_be_held_before_it_begins() -> None:
    wall = Wall(math.inf)
    wall.pace.hold()
    wall.then = [wall.pace.go_on]
    wall.pace.wait(5 * HOUR_NS)
    assert (wall.now_s, wall.waits) == (60.0, 1)


def test_another_speed_counts_from_now_on() -> None:
    wall = Wall(3600.0)
    wall.pace.wait(0)
    wall.pace.wait(HOUR_NS)
    wall.pace.set_speed(36_000.0)
    wall.pace.wait(11 * HOUR_NS)
    assert wall.now_s == pytest.approx(2.0)
    wall.pace.set_speed(math.inf)
    waits = wall.waits
    wall.pace.wait(9000 * HOUR_NS)
    assert wall.now_s == pytest.approx(2.0)
    assert wall.waits == waits
    with pytest.raises(ValueError, match="must be positive"):
        wall.pace.set_speed(0.0)


def test_what_is_late_is_not_chased() -> None:
    """A wall of a minute passes while one scan is judged: the next is due an hour of the plant later all the same."""
    wall = Wall(3600.0)
    wall.pace.wait(0)
    wall.now_s = 60.0
    wall.pace.wait(HOUR_NS)
    assert wall.now_s == 60.0
    wall.pace.wait(2 * HOUR_NS)
    assert wall.now_s == pytest.approx(61.0 - LATE_MOST_S)


def test_a_play_that_waits_is_steered_from_another_thread() -> None:
    pace = SteeredPace()
    pace.hold()
    played = threading.Thread(target=pace.wait, args=(0,), daemon=True)
    played.start()
    pace.go_on()
    played.join(10.0)
    assert not played.is_alive()


@pytest.mark.parametrize("span_s", [3.0, 600.0, 21_600.0, 5 * 86_400.0, 118 * 86_400.0, 3650 * 86_400.0])
def test_the_usual_speed_is_one_that_is_offered(span_s: float) -> None:
    offered = speeds_for(span_s)
    assert usual_speed(span_s) in offered
    assert offered[-1] == math.inf
    assert sorted(offered) == list(offered)
    if math.isfinite(usual_speed(span_s)) and span_s / SPEEDS[-1] < USUAL_S:
        assert USUAL_S / 3 < span_s / usual_speed(span_s) < USUAL_S * 3 or span_s < USUAL_S
