"""When a deviation will reach the static limit: every way in which it may have grown so far, weighed by the filters of the bank.

What fails grows as some power of time, y(t) = y (t / a)^p, where a is its age and y its size now: p = 1 is wear, more is fatigue
and runaway, less saturates. An EWMA of time constant tau shows of it

    f = y m,     m = integral from 0 to a / tau of (1 - u tau / a)^p e^-u du

so the filters f_k of a tag, from hours to days, say how likely each pair (a, p) of `AGES_S` and `POWERS` is. With C the
covariance of their noise, which is that of EWMAs of white noise with the spreads of the bank, and besides `MISFIT` of the largest
filter for what no power of time describes,

    y = m' C^-1 f / m' C^-1 m,     var y = 1 / m' C^-1 m,     weight = exp(-(f' C^-1 f - y^2 m' C^-1 m) / 2)

and a pair reaches the distance L to the limit after T = a ((L / y)^(1/p) - 1). The interval holds the middle four fifths of all
weight; how often it does so is counted by `wanbiao evaluate` (docs/results.md). One that is wider than `WIDEST` says nothing.
The limit is reached at full load in summer, not on average: L is counted from the highest level expected of late (`Reach`).

Reference: C. J. Lu, W. Q. Meeker, "Using degradation measures to estimate a time-to-failure distribution," Technometrics 35(2),
1993.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.compiled import compiled
from detectors.events import Forecast
from detectors.tuning import DAY_S, HOUR_S

RISES, NO_LIMIT, NOT_RISING = "rising", "no limit", "not rising"
BEYOND, PASSED, UNKNOWN = "beyond horizon", "at the limit", "unknown"
SEEN: Final = 1.2
"""Two filters differ if their difference is more than so many spreads of the quieter one."""
POWERS: Final = (0.7, 1.0, 1.5, 2.0, 3.0)
"""Tuned with `MISFIT` on tuning seeds: a smaller one makes every interval wider, a larger one makes few narrower."""
AGES_S: Final = np.geomspace(2 * HOUR_S, 400 * DAY_S, 40)
MISFIT: Final = 0.13
"""Share of the largest filter by which each may be off [-]: load and season leave traces that no model explains."""
LEAST_AGE_S: Final = 3 * HOUR_S
"""What has grown for less says nothing of its shape [s]: a step and a ramp of ten minutes look alike, but only today."""
ENDS: Final = (0.1, 0.9)
"""Of the interval [share of the weight]."""
WIDEST: Final = 30.0
"""Times its begin at which an interval may end: "in 2 to 90 days" helps nobody."""
NEAR_S: Final = 12 * HOUR_S
"""But "within ten days" does: an earlier begin counts as this [s]."""
SIZES, SIZE_WEIGHTS = np.array([-1.22, 0.0, 1.22]), np.array([0.3, 0.4, 0.3])
"""A normal variable in three points of its spread, each with its weight."""
HORIZON_S: Final = 365 * DAY_S
"""Nothing is said of what is farther away [s]."""
REACH_S: Final = 7 * DAY_S
"""Time constant with which the highest expected level of late is forgotten [s]."""
NODES: Final = 48
"""Of the quadrature of what an EWMA shows; it is exact to five digits."""


def growth(filters: Array, spreads: Array, taus: Array) -> tuple[float, float]:
    """Deviation now and its rate [unit; unit/s] from the filters (k,) of a tag, their spreads (k,) and time constants (k,) [s].

    Of a deviation y that has been rising by b for long, a filter shows y - b tau, so two of them give both. Those that have not
    seen the whole rise show too little of it, so of all pairs the steepest counts. The rate is 0 where no two filters differ by
    more than noise, or the deviation is on its way back.

    Examples
    --------
    >>> taus = np.array([3600.0, 86400.0, 259200.0])
    >>> now, rate = growth(2.0 - 1e-5 * taus, np.full(3, 0.2), taus)
    >>> round(now, 3), round(rate, 7)
    (2.0, 1e-05)
    """
    sign = math.copysign(1.0, filters[np.abs(filters / spreads).argmax()])
    rate, now = 0.0, float(sign * filters[0])
    for i in range(len(taus) - 1):
        rise = sign * (filters[i] - filters[i + 1])
        slope = rise / (taus[i + 1] - taus[i])
        if rise > SEEN * min(spreads[i], spreads[i + 1]) and slope > rate:
            rate, now = float(slope), float(sign * filters[i] + slope * taus[i])
    return sign * now, sign * rate


def time_to(limit: float, level: float, filters: Array, spreads: Array, taus: Array) -> Forecast:
    """Time until ``level`` plus the deviation that the filters (k,) show reaches ``limit``; all in the unit of the tag.

    Examples
    --------
    A rise of 1 K a day for ten days, 10 K below its limit: it has as many days to go, if it is a ramp.

    >>> taus = np.array([3600.0, 21600.0, 86400.0, 259200.0, 864000.0])
    >>> seen = 10.0 - taus / 86400.0 * -np.expm1(-864000.0 / taus)
    >>> forecast = time_to(80.0, 60.0, seen, np.full(5, 0.1), taus)
    >>> [round(s / 86400, 1) for s in (forecast.low_s, forecast.high_s)]
    [4.1, 21.7]
    >>> time_to(80.0, 60.0, np.full(5, 2.0), np.full(5, 0.1), taus).state
    'not rising'
    """
    now, rate = growth(filters, spreads, taus)
    sign = math.copysign(1.0, now)
    room = sign * (limit - level)
    if math.isnan(room) or not np.isfinite(spreads).all():
        return Forecast(UNKNOWN)
    if sign * now >= room:
        return Forecast(PASSED, 0.0, 0.0)
    if sign * rate <= 0.0 or sign * now <= 0.0:
        return Forecast(NOT_RISING)
    ends = _interval(room, sign * filters, spreads, taus)
    if ends is not None and ends[0] > HORIZON_S:
        return Forecast(BEYOND)
    if ends is None or ends[1] > WIDEST * max(ends[0], NEAR_S):
        return Forecast(UNKNOWN)
    return Forecast(RISES, *ends)


def _interval(room: float, filters: Array, spreads: Array, taus: Array) -> tuple[float, float] | None:
    """Ends of the interval in which a deviation comes to ``room`` [s]; None = it is not away from normal, or not for long."""
    shown = _shown(tuple(taus.tolist()))
    noise = 2.0 * np.sqrt(np.outer(taus, taus)) / np.add.outer(taus, taus) * np.outer(spreads, spreads)
    noise += (MISFIT * np.abs(filters).max()) ** 2 * np.eye(len(taus))
    weighed = shown @ np.linalg.inv(noise)
    precision = (weighed * shown).sum(axis=-1)
    size = weighed @ filters / precision
    gain = np.where(size > 0.0, 0.5 * size * size * precision, -np.inf)
    if not (size > 0.0).any():
        return None
    weight = np.exp(gain - gain.max())
    of_ages = np.cumsum(weight.sum(axis=0))
    if np.interp(0.5, of_ages / of_ages[-1], AGES_S) < LEAST_AGE_S:
        return None
    sizes = size[..., None] + SIZES / np.sqrt(precision)[..., None]
    powers, ages = np.array(POWERS)[:, None, None], AGES_S[None, :, None]
    times = ages * (np.maximum(room / np.maximum(sizes, 1e-3 * room), 1.0) ** (1.0 / powers) - 1.0)
    return _quantiles(times.ravel(), (weight[..., None] * SIZE_WEIGHTS).ravel())


def _quantiles(x: Array, weight: Array) -> tuple[float, float]:
    """The `ENDS` of weighted values."""
    order = np.argsort(x, kind="stable")
    share = np.cumsum(weight[order]) - 0.5 * weight[order]
    low, high = np.interp(ENDS, share / weight.sum(), x[order])
    return float(low), float(high)


@lru_cache(maxsize=64)
def _shown(taus: tuple[float, ...]) -> Array:
    """m of every power, age and time constant, (n_powers, n_ages, k): Gauss-Legendre over v = 1 - e^-u."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    ages = AGES_S[:, None] / np.array(taus)
    last = -np.expm1(-ages)
    passed = -np.log1p(-0.5 * (nodes + 1.0) * last[..., None])
    course = np.clip(1.0 - passed / ages[..., None], 0.0, None)
    return np.stack([(course**power * weights).sum(axis=-1) * 0.5 * last for power in POWERS])


class Reach:
    """The highest and the lowest level expected of each tag of late, (n_units, n_tags) [as it is judged]."""

    def __init__(self, n_units: int, n_tags: int, *, every_s: float) -> None:
        self._keep = math.exp(-every_s / REACH_S)
        self.high: Array = np.full((n_units, n_tags), np.nan)
        self.low: Array = np.full((n_units, n_tags), np.nan)

    def take(self, expected: Array) -> None:
        """One scan (n_units, n_tags); what cannot be said changes nothing."""
        _follow(expected, self._keep, self.high, self.low)

    def snapshot(self) -> dict[str, NDArray[np.float64]]:
        """The state; arrays are copies."""
        return {"high": self.high.copy(), "low": self.low.copy()}

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self.high, self.low = state["high"].copy(), state["low"].copy()


@compiled
def _follow(expected: Array, keep: float, high: Array, low: Array) -> None:
    """Each extreme, forgotten a little towards what is expected now, or that if it is farther out."""
    for u in range(expected.shape[0]):
        for j in range(expected.shape[1]):
            e = expected[u, j]
            if np.isnan(e):
                continue
            top = high[u, j] + (1.0 - keep) * (e - high[u, j])
            bottom = low[u, j] + (1.0 - keep) * (e - low[u, j])
            high[u, j] = top if top > e else e
            low[u, j] = bottom if bottom < e else e
