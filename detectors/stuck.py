"""Stuck sensors: a value that repeats exactly, far longer than it ever did, while what is expected of it moved.

Many sound sensors repeat themselves: coarse ones, slow ones, those that a gateway reports by exception. So the longest run of
equal values is learned for each, and only one several times as long is suspicious. What repeats by nature must besides have been
expected to move; what never does, noise would have moved. At the ends of its range, or at zero, a value may stand for ever: a
closed valve is not stuck. What stands still has no runs that count; nor does it end them: who reads the same before a stop and
after it has slept through it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask
from detectors.compiled import compiled

LEAST_SCANS, TIMES = 8.0, 3.0
"""A run is suspicious from so many repeats on, and from so many times the longest natural one: OpenOA takes three equal
samples for stuck, but of wind speeds at ten minutes; a temperature at 0.1 K needs more."""
DRIVER_TIMES = 4.0
"""Of a tag that nothing is expected of (a set point may be clamped), so many times as long a run is suspicious."""
SEEN_TIMES = 10.0
"""What was seen of a tag is worth a judgement of runs up to a tenth of it."""
NATURAL_SCANS = 2.0
"""What never repeated itself more often is moved by its noise alone."""
MOVED = 4.0
"""Movement that was expected within the run, in spreads of the residual, and that a sound sensor would have shown."""
FADE = 1e-3
"""Each run that ends lets the memory of the longest fade by so much."""


class Stuck:
    """Which tags of one block are stuck; arrays (n_units, n_tags) over all tags.

    Parameters
    ----------
    low, high : (n_tags,) range of each sensor.
    columns : (n_judged,) column of every judged tag.
    warm_scans : scans with a value before any is called stuck.
    """

    def __init__(self, low: Array, high: Array, columns: NDArray[np.intp], *, n_units: int, warm_scans: float) -> None:
        shape = n_units, len(low)
        self._low, self._high, self._warm = low, high, warm_scans
        self._judged = np.full(len(low), -1, dtype=np.int64)
        self._judged[columns] = np.arange(len(columns))
        self._last = np.full(shape, np.nan)
        self._run, self._longest, self._seen = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._least, self._most = np.full(shape, np.nan), np.full(shape, np.nan)
        self.now: Mask = np.zeros(shape, dtype=bool)
        """Tags that repeat themselves and should not."""

    def step(self, values: Array, silent: Mask, expected: Array, variance: Array) -> bool:
        """Take one scan in; returns whether any tag is stuck.

        Parameters
        ----------
        values : (n_units, n_tags) good values, NaN = none.
        silent : (n_units, n_judged) judged tags of parts or units that do not run.
        expected, variance : (n_units, n_judged) what is expected of each judged tag, and how it strays from that.
        """
        return bool(
            _step(
                values,
                silent,
                expected,
                variance,
                self._judged,
                self._low,
                self._high,
                self._warm,
                self._last,
                self._run,
                self._longest,
                self._seen,
                self._least,
                self._most,
                self.now,
            )
        )

    def _state(self) -> dict[str, Array]:
        return {
            "last": self._last,
            "run": self._run,
            "longest": self._longest,
            "seen": self._seen,
            "least": self._least,
            "most": self._most,
        }

    def snapshot(self) -> dict[str, Array]:
        """The state; arrays are copies."""
        return {name: array.copy() for name, array in self._state().items()} | {"now": self.now.astype(np.float64)}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, array in self._state().items():
            array[:] = state[name]
        self.now[:] = state["now"] > 0.0


@compiled
def _step(
    values: Array,
    silent: Mask,
    expected: Array,
    variance: Array,
    judged: NDArray[np.int64],
    low: Array,
    high: Array,
    warm: float,
    last: Array,
    run: Array,
    longest: Array,
    seen: Array,
    least: Array,
    most: Array,
    now: Mask,
) -> bool:
    any_now = False
    for u in range(last.shape[0]):
        runs_any = not silent[u].all()
        for j in range(last.shape[1]):
            v = values[u, j]
            if np.isnan(v):
                any_now = any_now or now[u, j]
                continue
            i = judged[j]
            runs = not silent[u, i] if i >= 0 else runs_any
            e = expected[u, i] if i >= 0 else np.nan
            if v != last[u, j]:
                if not now[u, j] and run[u, j] > 0.0:
                    longest[u, j] = max(longest[u, j] * (1.0 - FADE), run[u, j])
                now[u, j] = False
                run[u, j] = 0.0
                last[u, j] = v
                least[u, j] = e
                most[u, j] = e
            elif now[u, j]:
                any_now = True
            elif runs and v != 0.0 and low[j] < v < high[j]:
                run[u, j] += 1.0
                if not np.isnan(e):
                    least[u, j] = e if np.isnan(least[u, j]) else min(least[u, j], e)
                    most[u, j] = e if np.isnan(most[u, j]) else max(most[u, j], e)
                times = 1.0 if i >= 0 else DRIVER_TIMES
                if seen[u, j] >= max(warm, SEEN_TIMES * run[u, j]) and run[u, j] >= times * max(
                    LEAST_SCANS, TIMES * longest[u, j] + 1.0
                ):
                    moved = i >= 0 and (most[u, j] - least[u, j]) ** 2 > MOVED * MOVED * variance[u, i]
                    if moved or longest[u, j] <= NATURAL_SCANS:
                        now[u, j] = True
                        any_now = True
            if runs:
                seen[u, j] += 1.0
    return any_now
