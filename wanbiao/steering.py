"""A play that people steer: they hold it, let it go on and choose its speed, from another thread than the one that plays."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

SPEEDS: Final = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0)
"""Plant seconds a second that can be chosen, but for `math.inf`."""
SHORTEST_S, USUAL_S, LONGEST_S = 5.0, 120.0, 3600.0
"""What a whole play takes at the speeds that are offered, and at the one that nobody chose [s]."""
LATE_MOST_S: Final = 0.25
"""Who judges more slowly than asked is not chased: what is later than this is not caught up with [s]."""


def speeds_for(span_s: float) -> tuple[float, ...]:
    """Speeds at which so much plant time [s] can be watched, the slowest first; the last is as fast as it goes.

    >>> speeds_for(118 * 86_400.0)
    (3600.0, 21600.0, 86400.0, 259200.0, 604800.0, inf)
    >>> speeds_for(21_600.0)
    (10.0, 60.0, 300.0, 900.0, 3600.0, inf)
    """
    return (*(speed for speed in SPEEDS if SHORTEST_S <= span_s / speed <= LONGEST_S), math.inf)


def usual_speed(span_s: float) -> float:
    """The speed of `speeds_for` at which a play takes about `USUAL_S`.

    >>> usual_speed(118 * 86_400.0), usual_speed(21_600.0), usual_speed(3.0)
    (86400.0, 300.0, inf)
    """
    finite = speeds_for(span_s)[:-1]
    return min(finite, key=lambda speed: abs(math.log(span_s / speed / USUAL_S)), default=math.inf)


class SteeredPace:
    """Holds event time down to a speed that may change, and waits while a person holds it; safe to be called from any thread.

    Parameters
    ----------
    speed : plant seconds a second; infinite = as fast as it goes.
    clock : of the wall [s].
    pause : waits on the condition until it is notified, at most so long [s; None = for ever]; a test gives its own.

    Examples
    --------
    >>> now = [0.0]
    >>> pace = SteeredPace(3600.0, clock=lambda: now[0], pause=lambda _, s: now.__setitem__(0, now[0] + s))
    >>> [pace.wait(int(hour * 3.6e12)) for hour in (5, 6, 8)], now
    ([True, True, True], [3.0])
    """

    def __init__(
        self,
        speed: float = math.inf,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[threading.Condition, float | None], object] = threading.Condition.wait,
    ) -> None:
        self._speed, self._is_held = speed, False
        self._clock, self._pause = clock, pause
        self._changed = threading.Condition()
        self._last: tuple[float, int] | None = None
        """When the scan before was due by the wall [s], and its event time [ns]."""

    @property
    def is_held(self) -> bool:
        """See `dashboards.board.replayed.Steering`."""
        return self._is_held

    @property
    def speed(self) -> float:
        """See `dashboards.board.replayed.Steering`."""
        return self._speed

    def hold(self) -> None:
        """See `dashboards.board.replayed.Steering`."""
        with self._changed:
            self._is_held = True
            self._changed.notify_all()

    def go_on(self) -> None:
        """See `dashboards.board.replayed.Steering`."""
        with self._changed:
            self._is_held = False
            self._begin_anew()

    def set_speed(self, speed: float) -> None:
        """See `dashboards.board.replayed.Steering`."""
        if not speed > 0:
            raise ValueError(f"speed must be positive, got {speed}")
        with self._changed:
            self._speed = speed
            self._begin_anew()

    def _begin_anew(self) -> None:
        """From now on, at the event time that was reached."""
        if self._last is not None:
            self._last = self._clock(), self._last[1]
        self._changed.notify_all()

    def wait(self, time_ns: int) -> bool:
        """Wait until an event of time ``time_ns`` [ns] is due, and nobody holds it; always True."""
        with self._changed:
            while True:
                now_s = self._clock()
                last_s, last_ns = self._last or (now_s, time_ns)
                due_s = last_s + (time_ns - last_ns) / 1e9 / self._speed
                if self._is_held:
                    self._pause(self._changed, None)
                elif due_s > now_s:
                    self._last = last_s, last_ns
                    self._pause(self._changed, due_s - now_s)
                else:
                    self._last = max(due_s, now_s - LATE_MOST_S), time_ns
                    return True
