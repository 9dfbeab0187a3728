"""What a wind farm orders its turbines to do: stops for service, cables to unwind, set-points of the grid, quiet nights.

Each day has a plan that is drawn by its date, so it needs no state. t = times, u = turbines.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.simulate.run import Run
from stations.simulate.season import local_days, local_hour
from stations.simulate.signals import DAY_S, HOUR_S, Array

UNWIND_S = 20 * 60.0
"""Two turns of a nacelle take twenty minutes [s]."""
UNWIND_TURNS = 2.0
DIP_S = 4.0
"""After a voltage dip the power is back within seconds: a straight ramp of this length [s]."""


class Orders(NamedTuple):
    """What is ordered at each time.

    ``stopped`` (t, u); ``turns`` (t, u) by which a nacelle has gone back [-]; ``set_point`` (t, 1) of the farm [share of
    the rating]; ``quiet_hours`` (t, 1): 1 in the hours of the noise permit [-]; ``dip`` (t, u) share of the voltage gone [-].
    """

    stopped: NDArray[np.bool_]
    turns: Array
    set_point: Array
    quiet_hours: Array
    dip: Array


class _Plan(NamedTuple):
    """One day: seconds after midnight at which things begin and end; infinite = not that day."""

    service: Array  # (2, u)
    unwind: Array  # (u,)
    limit: Array  # (3,): begin, end, set-point
    dip: Array  # (2,): begin, depth


def orders(run: Run, time_s: Array, n_units: int) -> Orders:
    """Orders of a farm of ``n_units`` at ``time_s`` (t,) [s since 1970].

    Service comes in working hours, four or five times a year and turbine; cables are unwound every other month; one day
    in eight the grid takes less than the farm could give; a few dips of the voltage a year shake all turbines at once.
    """
    days = local_days(time_s)
    date = np.floor(days).astype(np.int64)
    first = int(date[0])
    plans = [_plan(run, day, n_units) for day in range(first, int(date[-1]) + 1)]
    service, unwind, limit, dip = (np.stack([plan[i] for plan in plans])[date - first] for i in range(4))
    now = ((days - date) * DAY_S)[:, None]
    served = (now >= service[:, 0]) & (now < service[:, 1])
    turning = np.clip((now - unwind) / UNWIND_S, 0.0, 1.0)
    limited = (now >= limit[:, :1]) & (now < limit[:, 1:2])
    since = now - dip[:, :1]
    deep = np.where(since >= 0.0, np.clip(1.0 - since / DIP_S, 0.0, 1.0), 0.0) * dip[:, 1:]
    hour = local_hour(time_s)[:, None]
    return Orders(
        stopped=served | ((turning > 0.0) & (turning < 1.0)),
        turns=UNWIND_TURNS * turning,
        set_point=np.where(limited, limit[:, 2:], 1.0),
        quiet_hours=((hour >= 22.0) | (hour < 6.0)).astype(np.float64),
        dip=np.clip(deep + run.condition("voltage_dip"), 0.0, 1.0),
    )


def _plan(run: Run, day: int, n_units: int) -> _Plan:
    draw = run.generator(f"orders/{day}")
    chance = draw.uniform(size=(2, n_units))
    begin_h, length_h = draw.uniform(8.5, 13.0, n_units), draw.uniform(1.5, 4.5, n_units)
    unwind_h = draw.uniform(0.0, 23.5, n_units)
    farm = draw.uniform(size=6)
    service = np.where(chance[0] < 0.012, np.stack([begin_h, begin_h + length_h]) * HOUR_S, np.inf)
    limit_s = np.array([0.0, 1.0 + 5.0 * farm[2]]) * HOUR_S + farm[1] * 20 * HOUR_S
    limit_s = np.minimum(limit_s, DAY_S) if farm[0] < 0.12 else np.full(2, np.inf)
    dip_s = farm[5] * DAY_S if farm[4] < 0.015 else np.inf
    return _Plan(
        service=service,
        unwind=np.where(chance[1] < 0.016, unwind_h * HOUR_S, np.inf),
        limit=np.append(limit_s, 0.3 + 0.5 * farm[3]),
        dip=np.array([dip_s, 0.3 + 0.6 * farm[3]]),
    )
