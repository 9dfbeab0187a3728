"""The river: its temperature, its silt, what flows down the cascade, the head of a reservoir, and coolers that foul."""

from __future__ import annotations

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import FEB_MID, JUL_LATE, OCT_END, YEAR_DAYS, daily, local_days, seasonal
from stations.simulate.signals import DAY_S, MINUTE_S, Array
from stations.simulate.weather import CONDITIONS as WEATHER

CONDITIONS = {
    **WEATHER,
    "flood": Condition(0, "flow of the river above that of the season [share of the mean flow]"),
    "silt_load": Condition(0, "silt in the river above that of the season, 1 = that of June to September [-]"),
}

CASCADE_H = {"BSX": 2.0, "LJT": 5.0}
"""How long the water of Yunxikou, the top of the cascade, takes to a station below [h]."""


def river(run: Run, time_s: Array) -> Array:
    """River temperature (t, 1) [degC]: 9 in February, 27 in August, and the weather of a week."""
    course = 18.0 - 9.0 * seasonal(time_s, FEB_MID) + 0.15 * daily(time_s, 17.0)
    weather = 0.7 * run.regional("/river", time_s, 5 * DAY_S) + run.condition("heat_wave")[:, :1] / 4
    return np.maximum(course[:, None] + weather, 2.0)


def head(run: Run, time_s: Array, lowest: float, highest: float) -> Array:
    """Net head of a reservoir (t, 1) between two levels [any]: full at the end of October, low in late spring."""
    middle, swing = (lowest + highest) / 2, (highest - lowest) / 2
    course = 0.82 * seasonal(time_s, OCT_END)[:, None] + 0.05 * run.regional("reservoir", time_s, 6 * DAY_S)
    return middle + swing * course


def natural_flow(run: Run, time_s: Array) -> Array:
    """Flow of the river without any dam (t, 1) [share of its yearly mean]: 2 in July, 0.4 in January, and floods."""
    season = np.exp(0.75 * seasonal(time_s, JUL_LATE) - 0.15)[:, None]
    return season * np.exp(0.3 * run.regional("/flow", time_s, 4 * DAY_S)) + run.condition("flood")[:, :1]


def cascade_flow(run: Run, time_s: Array, released: Array, station: str) -> Array:
    """What arrives at a station of the cascade (t, 1) [share of its mean].

    ``released`` (t, 1) is what the top of the cascade let go `CASCADE_H` hours before [share of its rating]; the reach
    smooths it by half an hour, and a third comes from tributaries.
    """
    reach = run.lag(f"reach/{station}", released / 0.62, 30 * MINUTE_S)
    return 0.65 * reach + 0.35 * natural_flow(run, time_s)


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
