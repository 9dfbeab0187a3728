"""The day of a pumped-storage station: it pumps by night and at noon, generates in the peaks, and closes its water balance.

A plan is drawn by date, from seven in the morning. What a unit turbines in a day decides how long it pumps in the night after, so
the upper reservoir is full each morning, whichever day a simulation begins. Hours and shares are plant practice for six hours of
storage.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.simulate.hydro import GATE_RATED, gate_for
from stations.simulate.plans import DayPlan, Modes, Now, follow
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import HOUR_S, Array

Mask = NDArray[np.bool_]

STILL, TURBINE, PUMP, CONDENSER = range(4)
DAY_BEGINS_H = 7.0
CONVERT_S, SYNCHRONOUS_S = 150.0, 160.0
"""From turbine (or condenser) to standstill; from standstill to the grid as a turbine [s]."""
START_S, START_SPREAD_S = 240.0, 10.0
"""Start of the pump by its frequency converter [s]."""
PRIME_S = 25.0
"""From the grid to full pumping: the ball valve opens, the runner fills, the guide vanes open [s]."""
HEADS = np.array([1.027, 1.018, 1.005, 1.011])
"""Head on average in the morning, at noon, in the evening and by night [-], for which the plan counts its water."""
MORNING = 0.87
"""Level of the upper reservoir at seven in the morning [share of its range]."""


def turbine_flow(load: Array, head: Array) -> Array:
    """Flow [share of the rated] that gives ``load`` [share of the rating] at head [-].

    Examples
    --------
    >>> turbine_flow(np.array([0.7, 1.0]), np.array(1.0)).round(2).tolist()
    [0.71, 1.0]
    """
    return gate_for(load, head) / GATE_RATED * np.sqrt(head)


def pump_power(head: Array) -> Array:
    """Power of the pump [share of the rating]: no regulation, the head decides.

    Examples
    --------
    >>> pump_power(np.array([420.0, 445.0, 470.0]) / 445.0).round(2).tolist()
    [1.03, 0.97, 0.9]
    """
    return 0.966 - 1.16 * (head - 1.0)


def pump_flow(head: Array) -> Array:
    """Flow of the pump [share of the turbine's rated flow]; 91.5 % of its power reaches the water, of the turbine's 93.5."""
    return pump_power(head) * 0.915 * 0.935 / head


class Day(NamedTuple):
    """Plan of one date, and the flow into the upper reservoir that it means, (k, u): rate [of the rated], from and to [h]."""

    plan: DayPlan
    rate: Array
    from_h: Array
    to_h: Array


class PumpPlan:
    """Plans of one station.

    Parameters
    ----------
    metre_h : rise of the reservoir by the rated flow of one unit [m/h].   range_m : of the reservoir.
    """

    def __init__(self, run: Run, n_units: int, metre_h: float, range_m: float) -> None:
        self._run, self._n_units = run, n_units
        self._metre_h, self._range_m = metre_h, range_m

    def now(self, time_s: Array) -> Now:
        """Modes at ``time_s`` (t,) [s]; the values are load [share of the rating], converter start [s], and luck, 0 to 1."""
        return follow(time_s, DAY_BEGINS_H, lambda date: self._day(date).plan)

    def reservoir(self, time_s: Array) -> tuple[Array, Array]:
        """Upper reservoir as planned, each (t, 1): level [m above the lowest], flow into it [of the rated flow of a unit]."""
        days = local_days(time_s)
        date = np.floor(days - DAY_BEGINS_H / 24).astype(np.int64)
        first, last = int(date[0]), int(date[-1])
        plans = [self._day(n) for n in range(first, last + 1)]
        rate, from_h, to_h = (np.stack(part)[date - first] for part in zip(*(p[1:] for p in plans), strict=True))
        hour = ((days - date) * 24)[:, None, None]
        pumped = (rate * np.clip(hour - from_h, 0.0, to_h - from_h)).sum(axis=(1, 2))
        flow = (rate * ((hour >= from_h) & (hour < to_h))).sum(axis=(1, 2))
        mornings = np.array([self._morning_m(n) for n in range(first, last + 1)])[date - first]
        return (mornings + self._metre_h * pumped)[:, None], flow[:, None]

    def _morning_m(self, date: int) -> float:
        chance = float(self._run.generator(f"morning/{date}").standard_normal())
        return self._range_m * (MORNING + 0.015 * max(-2.0, min(2.0, chance)))

    def _day(self, date: int) -> Day:
        """Turbine, pause, pump, pause, and the same again; some are left out, a pause may be a run as condenser."""
        u, draw = self._n_units, self._run.generator(f"day/{date}")
        busy = draw.uniform(0.0, 1.0, 2)
        rank = np.stack([draw.permutation(u), draw.permutation(u)])
        weekend = (date + 3) % 7 >= 5  # day 0 was a Thursday
        evening = rank[1] < max(1, u - (busy[1] < 0.35))
        morning = evening & (rank[0] < max(1, round(u * (0.6 + 0.25 * (busy[0] > 0.4) - 0.25 * weekend))))
        peak_h = np.stack([draw.uniform(8.4, 9.4, u), draw.uniform(11.2, 11.9, u)])
        dusk_h = np.stack([draw.uniform(17.6, 18.6, u), draw.uniform(21.0, 22.0, u)])
        load = draw.uniform(0.72, 0.90, (2, 1)) + draw.uniform(-0.04, 0.04, (2, u))
        noon_end_h = peak_h[1] + draw.uniform(2.2, 2.8, u)
        dawn_h = 30.5 - draw.uniform(0.0, 0.6, u)
        condenser = draw.uniform(0.0, 1.0, (2, u)) < np.array([[0.10], [0.20]])
        start_s = START_S + START_SPREAD_S / 2 * draw.standard_normal((2, u)).clip(-2.0, 2.0)
        luck = draw.uniform(0.0, 1.0, (2, u))

        morning_head, noon_head, evening_head, night_head = HEADS
        by_night = pump_flow(night_head)
        late_h = (start_s + PRIME_S + 45.0) / HOUR_S
        rate = np.stack(
            [
                -turbine_flow(load[0], morning_head) * morning,
                pump_flow(noon_head) * morning,
                -turbine_flow(load[1], evening_head) * evening,
            ]
        )
        from_h = np.stack(
            [peak_h[0] + 210.0 / HOUR_S, peak_h[1] + CONVERT_S / HOUR_S + late_h[0], dusk_h[0] + 210.0 / HOUR_S]
        )
        to_h = np.stack([peak_h[1], noon_end_h, dusk_h[1]]) + 40.0 / HOUR_S
        rise = (self._morning_m(date + 1) - self._morning_m(date)) / self._metre_h / evening.sum()
        lasts_h = (rise - (rate * (to_h - from_h)).sum(axis=0)) / by_night
        night_h = np.where(evening, dawn_h - lasts_h - late_h[1] + 40.0 / HOUR_S, dawn_h - 1.0)
        begin_h = np.stack([*peak_h, peak_h[1], noon_end_h, *dusk_h, night_h, dawn_h])
        values = np.stack([np.repeat(part, 4, axis=0) for part in (load, start_s, luck)], axis=-1)
        night = evening * by_night
        return Day(
            DayPlan(_modes(morning, evening, condenser), begin_h, values),
            np.concatenate([rate, night[None]]),
            np.concatenate([from_h, (dawn_h + 40.0 / HOUR_S - lasts_h)[None]]),
            np.concatenate([to_h, (dawn_h + 40.0 / HOUR_S)[None]]),
        )


def _modes(morning: Mask, evening: Mask, condenser: Mask) -> Modes:
    """Modes of the eight segments (8, u): which units generate in the morning and in the evening, and turn in air after."""
    still = np.full(morning.shape, STILL)
    return np.stack(
        [
            np.where(morning, TURBINE, STILL),
            np.where(morning, TURBINE, STILL),  # straight from turbine to pump
            np.where(morning, PUMP, STILL),
            np.where(morning & condenser[0], CONDENSER, STILL),
            np.where(evening, TURBINE, STILL),
            np.where(evening & condenser[1], CONDENSER, STILL),
            np.where(evening, PUMP, STILL),
            still,
        ]
    )
