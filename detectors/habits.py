"""What a tag does again and again, and comes back from by itself: a strainer that is flushed each shift, a pump that starts.

For minutes such a tag stands out as a fault would. The identical units of a block share their habits. While they have less than
`FOUND_S` of scores each, a tag has the habit if its units did so `OFTEN` times, and as often as once in `RARELY_S` of each: to
exceed the limit and to be back within `BRIEF_S`. From then on, with L and H the mean length and height of what it does by habit,
an excursion that has lasted no longer than `LONGER` L is measured by what is usual,

    score <- score / max(1, HIGHER H)

so one that goes farther is told of at once, and one that stays is as soon as it is late. L and H follow what comes back within
these bounds, over about `MEMORY` times. A tag that has no habit after those days gets none: a fault that comes and goes at first
must not become one.

An excursion is an unbroken run of scores that are not learned from, at or above `begins`; scans without a score neither count nor
interrupt. The constants were chosen, not tuned (docs/decisions/0026).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask
from detectors.compiled import compiled
from detectors.tuning import DAY_S, HOUR_S

FOUND_S: Final = 10.0 * DAY_S
"""Time with a score in which habits are found [s]."""
OFTEN: Final = 6.0
"""Excursions that make a habit,"""
RARELY_S: Final = 2.0 * DAY_S
"""if they do not come more rarely [s]; among hundreds of units some tag would do so by chance."""
BRIEF_S: Final = HOUR_S
"""What lasts longer is no habit [s]."""
LONGER, HIGHER = 1.5, 1.5
"""How much longer and higher than usual is usual still."""
MEMORY: Final = 20.0
"""Excursions over which length and height are averaged."""


class Habits:
    """Habits of the judged tags of one block: of its units, and of a farm also of all of them together.

    Parameters
    ----------
    n_rows : rows of the score, units and, of a farm, one more.   n_units, n_tags : of the block.
    begins : score at which an excursion begins and ends [-], that from which on nothing is learned.

    Examples
    --------
    A strainer that stands out for three scans in every hundred has a habit; one scan more is no matter, ten more are.

    >>> habits = Habits(1, 1, 1, period_s=600.0, begins=0.7)
    >>> for scan in range(1500):
    ...     _ = habits.step(np.full((1, 1), 3.0 if scan % 100 < 3 else 0.2))
    >>> late = [np.full((1, 1), 3.0) for _ in range(12)]
    >>> [bool(habits.step(score).any()) for score in late].index(False)
    4
    >>> round(float(late[0][0, 0]), 2), round(float(late[-1][0, 0]), 2)
    (0.67, 3.0)
    """

    def __init__(self, n_rows: int, n_units: int, n_tags: int, *, period_s: float, begins: float) -> None:
        self._n_units, self._begins = n_units, begins
        self._found_scans, self._brief_scans, self._rare_scans = (
            length_s / period_s for length_s in (FOUND_S, BRIEF_S, RARELY_S)
        )
        own, shared = (n_rows, n_tags), (1 + (n_rows > n_units), n_tags)
        self._scans, self._top = np.zeros(own), np.zeros(own)
        self._seen, self._count, self._length, self._height = (np.zeros(shared) for _ in range(4))
        self._usual: Mask = np.zeros(own, dtype=bool)

    def step(self, score: Array) -> Mask:
        """Measure ``score`` (n_rows, n_tags) [-] by what is usual, in place; where it was. Valid until the next scan."""
        n = self._n_units
        for group, rows in enumerate((slice(0, n), slice(n, None))[: len(self._seen)]):
            _step(
                score[rows],
                self._begins,
                self._found_scans,
                self._brief_scans,
                self._rare_scans,
                self._scans[rows],
                self._top[rows],
                self._seen[group],
                self._count[group],
                self._length[group],
                self._height[group],
                self._usual[rows],
            )
        return self._usual

    def _state(self) -> dict[str, Array]:
        return {
            "scans": self._scans,
            "top": self._top,
            "seen": self._seen,
            "count": self._count,
            "length": self._length,
            "height": self._height,
        }

    def snapshot(self) -> dict[str, Array]:
        """The state; arrays are copies."""
        return {name: array.copy() for name, array in self._state().items()}

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, array in self._state().items():
            array[:] = state[name]


@compiled
def _step(
    score: Array,
    begins: float,
    found_scans: float,
    brief_scans: float,
    rare_scans: float,
    scans: Array,
    top: Array,
    seen: Array,
    count: Array,
    length: Array,
    height: Array,
    usual: Mask,
) -> None:
    """One scan of rows that share their habits: ``scans``, ``top`` and ``usual`` as the score, the others (n_tags,)."""
    n_rows = score.shape[0]
    for j in range(score.shape[1]):
        finds = seen[j] < found_scans * n_rows
        has = count[j] >= max(OFTEN, seen[j] / rare_scans)
        for u in range(n_rows):
            usual[u, j] = False
            s = score[u, j]
            if np.isnan(s):
                continue
            if finds:
                seen[j] += 1.0
            if s >= begins:
                scans[u, j] += 1.0
                top[u, j] = max(top[u, j], s)
                if has and scans[u, j] <= LONGER * length[j]:
                    usual[u, j] = True
                    score[u, j] = s / max(1.0, HIGHER * height[j])
            elif scans[u, j] > 0.0:
                bounded = scans[u, j] <= LONGER * length[j] and top[u, j] <= HIGHER * height[j]
                if top[u, j] >= 1.0 and scans[u, j] <= brief_scans and (finds or (has and bounded)):
                    if finds:
                        count[j] += 1.0
                    share = 1.0 / min(count[j], MEMORY)
                    length[j] += share * (scans[u, j] - length[j])
                    height[j] += share * (top[u, j] - height[j])
                scans[u, j] = top[u, j] = 0.0
