"""The grid: frequency, demand over the day, and which unit of a station runs when, at what load."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import hump, local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array

CONDITIONS = {
    "outage": Condition(0, "unit out of service: above 0.5 it stands still [-]"),
    "derating": Condition(0, "share of the rating that the unit may not use [-]"),
    "full_load": Condition(0, "above 0.5 the unit is ordered to full load, as for a test [-]"),
}


def frequency(run: Run, time_s: Array) -> Array:
    """Grid frequency relative to the rated (t, 1) [-]: standard deviation 0.015 Hz of 50, correlation time 60 s."""
    return 1.0 + 0.0003 * run.ou("/frequency", (len(time_s), 1), MINUTE_S)


def daily_demand(time_s: Array) -> Array:
    """Usual load of a station over the day (...) [share of its rating]: morning and evening peak, night valley."""
    return 0.62 + 0.22 * hump(time_s, 10.5, 1.8) + 0.30 * hump(time_s, 19.5, 2.0) - 0.20 * hump(time_s, 4.0, 2.5)


def demand(run: Run, time_s: Array, station: str) -> Array:
    """What the control centre wants of a station (t, 1) [share of its rating], known by date alone, also to others."""
    level = 0.06 * run.regional("/demand", time_s, DAY_S) + 0.04 * run.regional(
        f"/demand/{station}", time_s, 3 * HOUR_S
    )
    return np.clip(daily_demand(time_s)[:, None] + level, 0.25, 1.0)


class Dispatch(NamedTuple):
    """What the control centre wants of each unit, each (t, u).

    ``demand`` [share of its rating]; ``loaded`` = it has a set-point; ``spinning`` = it is to turn at full speed.
    """

    demand: Array
    loaded: NDArray[np.bool_]
    spinning: NDArray[np.bool_]


RUN_UP_S, UNLOAD_S = 150.0, 90.0
"""From the start order until the unit takes load, and from the stop order until the breaker opens [s]."""


def dispatch(run: Run, time_s: Array, n_units: int, wanted: Array, may_stop: Array | None = None) -> Dispatch:
    """Share the load of a station ``wanted`` (t, 1) [share of its rating] among its units; some stop by night or after noon.

    A night lasts from noon to noon, so that none is cut at midnight. Which units stop, and when, is drawn for each
    night by its date, so it needs no state. Units out of service are left out; the load moves within hours, and by the
    minute with the automatic generation control. ``may_stop`` (t,): above 0.5 units may stop; None = always.
    """
    days = local_days(time_s)
    night = np.floor(days - 0.5).astype(np.int64)
    first = int(night[0])
    plans = np.stack([_pauses(run, n, n_units) for n in range(first, int(night[-1]) + 1)])[night - first]
    now = ((days - night) * DAY_S)[:, None, None]
    stop_s, start_s = plans[:, 0], plans[:, 1]
    may = np.ones(1) if may_stop is None else may_stop
    stopped = (may > 0.5)[:, None, None] & (now >= stop_s)
    out = run.condition("outage") > 0.5
    loaded = ~(stopped & (now < start_s + RUN_UP_S)).any(axis=1) & ~out
    spinning = ~(stopped & (now >= stop_s + UNLOAD_S) & (now < start_s)).any(axis=1) & ~out

    share = wanted * n_units / np.maximum(loaded.sum(axis=1, keepdims=True), 1)
    own = (
        1.0 + 0.025 * run.ou("share", loaded.shape, 30 * MINUTE_S) + 0.012 * run.ou("control", (len(days), 1), MINUTE_S)
    )
    load = np.minimum(share * own, 1.0 - run.condition("derating"))
    load = np.where(run.condition("full_load") > 0.5, 1.0, load)
    return Dispatch(load * loaded, loaded, spinning)


def _pauses(run: Run, night: int, n_units: int) -> Array:
    """Stop and start of each unit in the two pauses of a night and its day (2, 2, u) [s after midnight of that date].

    The first axis is stop, start; the second the pause after noon, that by night. Infinite = it runs through.
    """
    draw = run.generator(f"night/{night}")
    level = float(draw.standard_normal())
    stop_h = np.stack([draw.uniform(13.0, 14.5, n_units), draw.uniform(22.5, 25.0, n_units)])
    start_h = np.stack([draw.uniform(16.0, 17.5, n_units), draw.uniform(29.0, 31.2, n_units)])
    most = n_units - 1
    noon = draw.permutation(n_units) < min(int(n_units * max(0.0, 0.15 - 0.3 * level)), most)
    by_night = draw.permutation(n_units) < min(int(n_units * max(0.0, 0.3 - 0.3 * level)), most)
    stays = ~np.stack([noon, by_night])
    return np.stack([np.where(stays, np.inf, stop_h), np.where(stays, np.inf, start_h)]) * HOUR_S
