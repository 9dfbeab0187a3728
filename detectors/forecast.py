"""When a deviation will reach the static limit: from its growth, between the straight line and the exponential.

The filters of the bank hold all that is needed. Of a deviation y that has been rising by b, an EWMA of time constant tau shows
y - b tau, so two of them give

    b = (d_i - d_j) / (tau_j - tau_i),   y = d_i + b tau_i          d_i the filter at tau_i < tau_j

Filters that have not seen the whole rise show too little of it, so of all pairs that differ by more than noise the steepest
counts. What fails grows as some power of time from one (wear) to ever more (fatigue, runaway), y = c t^p, and for each p the
distance L to the limit is reached after

    T = p y / b ((L / y)^(1/p) - 1)          from y/b (L/y - 1) at p = 1 down to y/b ln(L/y) as p grows

which are the ends of the interval, drawn apart by `WIDEN` to hold four crossings of five (measured, docs/results.md).
The limit is reached at full load in summer, not on average: L is counted from the highest level expected of late (`Reach`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.events import Forecast

RISES, NO_LIMIT, NOT_RISING = "rising", "no limit", "not rising"
BEYOND, PASSED, UNKNOWN = "beyond horizon", "at the limit", "unknown"
SEEN: Final = 0.2
"""Two filters differ if their difference is more than this share of the narrower warning limit: 1.3 sigma."""
WIDEN: Final = (0.75, 1.6)
"""Factors on the ends of the interval."""
HORIZON_S: Final = 365 * 86_400.0
"""Nothing is said of what is farther away [s]."""
REACH_S: Final = 7 * 86_400.0
"""Time constant with which the highest expected level of late is forgotten [s]."""


def growth(filters: Array, widths: Array, taus: Array) -> tuple[float, float]:
    """Deviation now and its rate [unit; unit/s] from the filters (k,) of a tag, their warning limits (k,) and taus (k,) [s].

    The rate is 0 where no two filters differ by more than noise, or the deviation is not away from normal.

    Examples
    --------
    >>> taus = np.array([3600.0, 86400.0, 259200.0])
    >>> now, rate = growth(2.0 - 1e-5 * taus, np.full(3, 1.0), taus)
    >>> round(now, 3), round(rate, 7)
    (2.0, 1e-05)
    """
    sign = math.copysign(1.0, filters[np.abs(filters / widths).argmax()])
    rate, now = 0.0, float(sign * filters[0])
    for i in range(len(taus) - 1):
        rise = sign * (filters[i] - filters[i + 1])
        slope = rise / (taus[i + 1] - taus[i])
        if rise > SEEN * min(widths[i], widths[i + 1]) and slope > rate:
            rate, now = float(slope), float(sign * filters[i] + slope * taus[i])
    return sign * now, sign * rate


def time_to(limit: float, level: float, now: float, rate: float) -> Forecast:
    """Time until ``level`` plus a deviation that is ``now`` and grows by ``rate`` [1/s] reaches ``limit``, in the unit of all.

    Examples
    --------
    >>> forecast = time_to(70.0, 60.0, 2.0, 2.0 / 86400)
    >>> [round(s / 86400, 2) for s in (forecast.low_s, forecast.high_s)]
    [1.21, 6.4]
    >>> time_to(70.0, 60.0, 2.0, 0.0).state
    'not rising'
    """
    sign = math.copysign(1.0, now)
    room, size, speed = sign * (limit - level), sign * now, sign * rate
    if math.isnan(room):
        return Forecast(UNKNOWN)
    if size >= room:
        return Forecast(PASSED, 0.0, 0.0)
    if speed <= 0.0 or size <= 0.0:
        return Forecast(NOT_RISING)
    straight = (room - size) / speed
    runaway = size / speed * math.log(room / size)
    low, high = WIDEN[0] * runaway, WIDEN[1] * straight
    return Forecast(BEYOND) if low > HORIZON_S else Forecast(RISES, low, high)


class Reach:
    """The highest and the lowest level expected of each tag of late, (n_units, n_tags) [as it is judged]."""

    def __init__(self, n_units: int, n_tags: int, *, every_s: float) -> None:
        self._keep = math.exp(-every_s / REACH_S)
        self.high: Array = np.full((n_units, n_tags), np.nan)
        self.low: Array = np.full((n_units, n_tags), np.nan)

    def take(self, expected: Array) -> None:
        """One scan (n_units, n_tags); what cannot be said changes nothing."""
        self.high = self._followed(self.high, expected, np.fmax)
        self.low = self._followed(self.low, expected, np.fmin)

    def _followed(self, extreme: Array, expected: Array, farther: np.ufunc) -> Array:
        """The extreme, forgotten a little towards what is expected now, or that if it is farther out."""
        faded = extreme + (1.0 - self._keep) * (expected - extreme)
        followed: Array = farther(np.where(np.isnan(faded), extreme, faded), expected)
        return followed

    def snapshot(self) -> dict[str, NDArray[np.float64]]:
        """The state; arrays are copies."""
        return {"high": self.high.copy(), "low": self.low.copy()}

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self.high, self.low = state["high"].copy(), state["low"].copy()
