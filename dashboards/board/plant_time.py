"""What time it is in the plant: ours, or of one that is simulated or replayed that of its newest event, which then goes on."""

from __future__ import annotations

import time
from collections.abc import Callable


class PlantTime:
    """The time of the plant [ns]; 0 = not known yet.

    A plant with a time of its own goes on as the wall does while nothing is heard of it, so that ages grow and silence shows.

    Parameters
    ----------
    newest_ns : time of the newest event [ns]; 0 = there was none.
    is_live : the plant's time is that of the wall.
    wall_ns : the wall [ns since 1970].   clock : of the wall [s], of any origin.

    Examples
    --------
    >>> now = [0.0]
    >>> plant = PlantTime(lambda: 5_000_000_000, is_live=False, clock=lambda: now[0])
    >>> plant(), now.__setitem__(0, 64.0), plant()
    (5000000000, None, 69000000000)
    """

    def __init__(
        self,
        newest_ns: Callable[[], int],
        *,
        is_live: bool,
        wall_ns: Callable[[], int] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._newest_ns, self._is_live, self._wall_ns, self._clock = newest_ns, is_live, wall_ns, clock
        self._heard = 0, clock()

    def __call__(self) -> int:
        if self._is_live:
            return self._wall_ns()
        newest_ns = self._newest_ns()
        if newest_ns != self._heard[0]:
            self._heard = newest_ns, self._clock()
        heard_ns, heard_s = self._heard
        return heard_ns and heard_ns + round(1e9 * (self._clock() - heard_s))
