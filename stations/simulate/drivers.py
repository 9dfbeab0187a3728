"""What drives the machines and is shared by them: season, weather, river, demand of the grid, wind.

All of it is seeded by the run. Weather and river belong to the region: all stations of one seed, start and period share
them. The climate is a humid subtropical mountain basin; the figures are plant practice there. Time is local (UTC+8)
where people or the sun decide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Run, averaging

YEAR_DAYS = 365.2425
FEB_MID, JUL_LATE, AUG_MID, OCT_END = 46.0, 205.0, 228.0, 304.0
"""Days of the year: coldest river, hottest air, warmest river, fullest reservoir."""

VALLEY_M = 300.0
"""Altitude of the valley whose weather the stations share [m]."""


def local_days(time_s: Array) -> Array:
    """Local time [days since 1970-01-01 00:00 UTC+8] of ``time_s`` [s since 1970-01-01 UTC]."""
    return (time_s + 8 * HOUR_S) / DAY_S


def seasonal(time_s: Array, peak_day: float) -> Array:
    """Yearly cosine, 1 at ``peak_day`` [day of the year] and -1 half a year later [-]."""
    return np.cos(2 * np.pi * (local_days(time_s) - peak_day) / YEAR_DAYS)


def daily(time_s: Array, peak_hour: float) -> Array:
    """Daily cosine, 1 at ``peak_hour`` [local hour] and -1 half a day later [-]."""
    return np.cos(2 * np.pi * (local_days(time_s) - peak_hour / 24))


def ambient(run: Run, time_s: Array, altitude_m: float = VALLEY_M) -> Array:
    """Air temperature (t, 1) [degC]: 7 in January, 27.5 in July, warmer by day, three-day weather, -6.5 K per km."""
    summer = seasonal(time_s, JUL_LATE)
    valley = 17.2 + 10.3 * summer + (3.3 + 0.9 * summer) * daily(time_s, 15.0)
    weather = 2.6 * run.ou("/weather", (len(time_s), 1), 3 * DAY_S)
    return valley[:, None] + weather - 6.5 * (altitude_m - VALLEY_M) / 1000


def river(run: Run, time_s: Array) -> Array:
    """River temperature (t, 1) [degC]: 9 in February, 27 in August, and the weather of a week."""
    course = 18.0 - 9.0 * seasonal(time_s, FEB_MID) + 0.15 * daily(time_s, 17.0)
    return np.maximum(course[:, None] + 0.7 * run.ou("/river", (len(time_s), 1), 5 * DAY_S), 2.0)


def head(run: Run, time_s: Array) -> Array:
    """Net head of a storage reservoir (t, 1) [share of the rated]: full at the end of October, low in late spring."""
    level = 0.99 + 0.19 * seasonal(time_s, OCT_END)
    return level[:, None] + 0.012 * run.ou("reservoir", (len(time_s), 1), 6 * DAY_S)


def silt(days: Array) -> Array:
    """Silt in the river at ``days`` (...) [local days], relative to the flood season [-]: 0 .. 1, June to September."""
    amount: Array = np.interp(days % YEAR_DAYS, [151.0, 165.0, 257.0, 272.0], [0.0, 1.0, 1.0, 0.0])
    return amount


def silt_days(days: Array) -> Array:
    """Integral of ``silt`` since 1970 up to ``days`` (...) [local days]: (...) [days of full silt]."""
    grid = np.arange(0.0, YEAR_DAYS + 1.0)
    total = np.concatenate([[0.0], np.cumsum(silt(grid[:-1] + 0.5))])
    years, day = np.divmod(days, YEAR_DAYS)
    exposure: Array = years * total[-1] + np.interp(day, grid, total)
    return exposure


def fouling(time_s: Array, rate: Array, interval_days: Array) -> Array:
    """Loss of heat transfer of coolers since their last back-flush [-].

    Parameters
    ----------
    time_s : (t,) [s].
    rate : (u,) loss per day of full silt [1/d]; 0.002 .. 0.006 in plant practice.
    interval_days : (u,) time between two back-flushes [d].

    Returns
    -------
    (t, u) [-]; it grows in the flood season only, and each back-flush makes it 0.
    """
    days = local_days(time_s)[:, None]
    flushed = np.floor(days / interval_days) * interval_days
    return rate * (silt_days(days) - silt_days(flushed))


def daily_demand(time_s: Array) -> Array:
    """Usual load of a station over the day (...) [share of its rating]: morning and evening peak, night valley."""
    hour = local_days(time_s) % 1.0 * 24

    def hump(peak: float, width: float) -> Array:
        return np.exp(-0.5 * (((hour - peak + 12) % 24 - 12) / width) ** 2)

    return 0.62 + 0.22 * hump(10.5, 1.8) + 0.30 * hump(19.5, 2.0) - 0.20 * hump(4.0, 2.5)


class Dispatch(NamedTuple):
    """What the control centre wants of each unit, each (t, u).

    ``demand`` [share of its rating]; ``loaded`` = it has a set-point; ``spinning`` = it is to turn at full speed.
    """

    demand: Array
    loaded: NDArray[np.bool_]
    spinning: NDArray[np.bool_]


RUN_UP_S, UNLOAD_S = 150.0, 90.0
"""From the start order until the unit takes load, and from the stop order until the breaker opens [s]."""


def dispatch(run: Run, time_s: Array, n_units: int) -> Dispatch:
    """Share the load of a station among its units; on nights of low demand some of them stop.

    A night lasts from noon to noon, so that none is cut at midnight. Which units stop, and when, is drawn for each
    night by its date, so it needs no state. The demand moves with the day, within hours, and by the minute
    with the automatic generation control.
    """
    t = len(time_s)
    days = local_days(time_s)
    night = np.floor(days - 0.5).astype(np.int64)
    first = int(night[0]) - 1
    plans = [_night(run, n, n_units) for n in range(first, int(night[-1]) + 2)]
    level = np.interp(days, np.arange(first, first + len(plans)) + 1.0, [plan.level for plan in plans])
    stop_s = np.stack([plan.stop_s for plan in plans])[night - first]
    start_s = np.stack([plan.start_s for plan in plans])[night - first]
    now = ((days - night) * DAY_S)[:, None]
    loaded = (now < stop_s) | (now >= start_s + RUN_UP_S)
    spinning = (now < stop_s + UNLOAD_S) | (now >= start_s)

    wander = 0.04 * run.ou("demand", (t, 1), 3 * HOUR_S) + 0.012 * run.ou("control", (t, 1), MINUTE_S)
    station = np.clip((daily_demand(time_s) + 0.06 * level)[:, None] + wander, 0.25, 1.0)
    share = station * n_units / np.maximum(loaded.sum(axis=1, keepdims=True), 1)
    own = 1.0 + 0.025 * run.ou("share", (t, n_units), 30 * MINUTE_S)
    return Dispatch(np.minimum(share * own, 1.0) * loaded, loaded, spinning)


class _Night(NamedTuple):
    level: float
    stop_s: Array
    start_s: Array


def _night(run: Run, night: int, n_units: int) -> _Night:
    """Plan of one night: demand level [sd], and stop and start of each unit (u,) [s after midnight of that date]."""
    draw = run.generator(f"night/{night}")
    level = float(draw.standard_normal())
    stop_s = draw.uniform(22.5, 25.0, n_units) * HOUR_S
    start_s = draw.uniform(29.0, 31.2, n_units) * HOUR_S
    stopped = draw.permutation(n_units) < min(int(n_units * max(0.0, 0.3 - 0.3 * level)), n_units - 1)
    return _Night(level, np.where(stopped, stop_s, np.inf), np.where(stopped, start_s, -np.inf))


def wind(run: Run, time_s: Array, n_units: int) -> Array:
    """Ten-minute wind at each turbine (t, u) [m/s]: Weibull 6.5 m/s, shape 1.9; correlation 0.8 between turbines.

    A Gaussian field, slow for the weather and faster for the place, is mapped to the Weibull distribution by its
    quantiles. Ridges have more wind in late winter, and by night.
    """
    t = len(time_s)
    calendar = 0.20 * seasonal(time_s, 60.0) + 0.15 * daily(time_s, 2.0)
    farm = 0.87 * run.ou("wind/day", (t, 1), 20 * HOUR_S) + 0.49 * run.ou("wind/hours", (t, 1), 2 * HOUR_S)
    z = calendar[:, None] + np.sqrt(0.8) * farm + np.sqrt(0.2) * run.ou("wind/own", (t, n_units), HOUR_S)
    exposure = 1.0 + 0.05 * run.spread("exposure", (n_units,))
    quantile: Array = -log_ndtr(-z)
    return exposure * 6.5 * quantile ** (1 / 1.9)


def gusts(run: Run, shape: tuple[int, int], intensity: float = 0.12) -> Array:
    """Turbulence (t, u) relative to the ten-minute wind [-], averaged over the period of the run."""
    return intensity * averaging(20.0, run.dt_s) * run.ou("gusts", shape, 20.0)


def wind_direction(run: Run, time_s: Array) -> Array:
    """Wind direction of the farm (t, 1) [deg], not wrapped: it wanders about a prevailing north-westerly."""
    return 320.0 + 55.0 * run.ou("direction", (len(time_s), 1), 15 * HOUR_S)
