"""Coal and the mills that grind it: which of them run, their current, air and temperatures.

t = times, u = units, m = mills. Constants without a reference are plant practice for medium-speed mills of 25 to 60 t/h.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point

HGI_USUAL, MOISTURE_USUAL = 55.0, 9.0
"""Grindability (Hardgrove index) [-] and moisture [%] of the usual coal."""
FIRST_PAIR = 10_000
"""Change-overs are counted from here, the autumn of 2024 [pairs of days since 1970]."""


def points(n: int) -> dict[str, Point]:
    """Points of ``n`` mills."""
    kinds = (
        ("CE101", "mill_current", Noise(of_value=0.003, slow_of_value=0.025)),
        ("CF101", "mill_coal", Noise(of_value=0.007)),
        ("CP101", "mill_pressure", Noise(white=0.03, slow_of_value=0.03)),
        ("CT101", "mill_inlet", Noise(white=0.6, slow=3.0)),
        ("CT102", "mill_outlet", Noise(white=0.3, slow=0.6)),
        ("CQ101", "mill_co", Noise(white=1.0, slow_of_value=0.10)),
        ("CY101", "mill_shake", Noise(of_value=0.05, slow_of_value=0.05)),
    )
    return {f"HFC{k + 1}0{code}": Point(signal, k, noise) for code, signal, noise in kinds for k in range(n)}


def conditions(n: int) -> dict[str, Condition]:
    """What ``n`` mills feel."""
    return {
        "mill_wear": Condition(n, "power that worn rollers take beyond normal, as a share of it [-]"),
        "mill_lack": Condition(n, "share of the coal that does not arrive in the mill [-]"),
        "mill_choke": Condition(n, "coal that a mill holds beyond normal, as a share of it [-]"),
        "mill_fire": Condition(n, "carbon monoxide of a fire in a mill [ppm]"),
        "mill_heat": Condition(n, "heat of a fire in a mill [K]"),
        "mill_change": Condition(0, "mill change-overs beyond those of the plan [-]"),
        "coal_change": Condition(0, "another coal: 1 = harder by 6 HGI, moister by 2.5 % [-]"),
        "oil_support": Condition(0, "share of the heat that oil burners give [-]"),
    }


def mill_current(coal: Array, hgi: Array, wear: Array) -> Array:
    """Motor current [A] at a coal flow [t/h] of grindability ``hgi`` [-]; worn rollers take a share more [-].

    Examples
    --------
    >>> mill_current(np.array([25.0, 55.0]), np.array(55.0), np.array(0.0)).round(1).tolist()
    [37.5, 56.1]
    """
    return 22.0 + 0.62 * coal * (HGI_USUAL / hgi) * (1.0 + wear)


def mill_pressure(coal: Array) -> Array:
    """Pressure difference over a mill [kPa] at a coal flow [t/h]."""
    return 1.2 + 0.055 * coal


class Coal(NamedTuple):
    """The coal of the day, the same for all mills of a station, each (t, u): HGI [-], moisture [%], need relative to usual."""

    hgi: Array
    moisture: Array
    need: Array


class Mills:
    """The mills of one station, ``n_mills`` per unit; all but one grind ``full_load_t_h`` [t/h] each at full load."""

    def __init__(self, run: Run, n_units: int, n_mills: int, full_load_t_h: float) -> None:
        self._run, self._shape, self._full_load_t_h = run, (n_units, n_mills), full_load_t_h
        draw = run.generator("mill order")
        self._order = np.stack([draw.permutation(n_mills) for _ in range(n_units)])
        self._current = 1.0 + 0.025 * run.spread("mill current", self._shape)
        self._pressure = 1.0 + 0.04 * run.spread("mill pressure", self._shape)
        self._outlet = 75.0 + 1.5 * run.spread("mill outlet", self._shape).clip(-2.0, 2.0)

    def coal(self, n_times: int) -> Coal:
        """Quality of the coal: the pile changes over half a day, the supplier with `coal_change`."""
        run, other = self._run, self._run.condition("coal_change")
        hgi = HGI_USUAL + 2.2 * run.ou("hgi", (n_times, 1), 12 * HOUR_S).clip(-2.5, 2.5) - 6.0 * other
        moisture = MOISTURE_USUAL + 1.1 * run.ou("moisture", (n_times, 1), 12 * HOUR_S).clip(-2.5, 2.5) + 2.5 * other
        ash = run.ou("ash", (n_times, 1), 12 * HOUR_S).clip(-2.5, 2.5)
        return Coal(hgi, moisture, 1.0 + 0.013 * ash + 0.012 * (moisture - MOISTURE_USUAL))

    def signals(
        self, time_s: Array, plan: Array, fuel: Array, coal: Coal, alive: Array, ambient: Array
    ) -> dict[str, Array]:
        """Signals of `points`.

        Parameters
        ----------
        plan : (t, 1) load that the mills in service are chosen for [-].   fuel : (t, u) heat wanted of the coal [-].
        alive : (t, u) 1 = auxiliaries have power.   ambient : (t, 1) air [degC].
        """
        run, m = self._run, self._shape[1]
        hot = fuel[..., None]
        serving = self._serving(time_s, plan, fuel)
        share = run.ramp("mill share", serving, 1.0 / 8.0)
        shared = np.maximum(share.sum(axis=2, keepdims=True), 0.5)
        biased = share * (1.0 + 0.03 * run.ou("feeder bias", share.shape, 8 * HOUR_S))
        fed = (
            self._full_load_t_h
            * (m - 1)
            * (hot * (1.0 - run.condition("oil_support")[..., None]))
            * coal.need[..., None]
        )
        feed = np.minimum(fed * biased / shared, 60.0) * alive[..., None]
        turning = np.minimum(share * 8.0, 1.0) * alive[..., None] * (hot > 0.0)
        lack, choke = np.minimum(run.condition("mill_lack"), 1.0), run.condition("mill_choke")
        ground = run.lag("mill coal", feed * (1.0 - lack), 2 * MINUTE_S)
        hgi, moisture = coal.hgi[..., None], coal.moisture[..., None]
        wear = run.condition("mill_wear") + 0.03 * run.ou("rollers", share.shape, 15 * DAY_S)
        current = mill_current(ground * (1.0 + choke), hgi, wear) * self._current
        pressure = (
            mill_pressure(ground * (1.0 + 1.35 * choke)) * self._pressure * (1.0 + 0.10 * run.condition("mill_wear"))
        )
        stirred = 1.0 + 0.25 * lack + 0.5 * choke + 0.35 * run.condition("mill_wear")
        base = 2.1 + 0.3 * run.spread("mill shake", self._shape).clip(-2.0, 2.0)
        return {
            "mill_coal": feed,
            "mill_current": current * turning,
            "mill_pressure": pressure * turning + 0.05,
            "mill_shake": (base + 0.012 * ground) * stirred * turning + 0.05,
            "mill_co": 18.0
            + 6.0 * turning
            + 4.0 * run.ou("mill co", share.shape, 4 * HOUR_S)
            + run.condition("mill_fire"),
            **self._air(turning, ground, moisture, ambient[..., None]),
        }

    def _air(self, turning: Array, ground: Array, moisture: Array, ambient: Array) -> dict[str, Array]:
        """Dampers hold the outlet temperature with hotter air for wet coal; too much or too little coal gets past them."""
        run = self._run
        lack, choke = np.minimum(run.condition("mill_lack"), 1.0), run.condition("mill_choke")
        wet = 135.0 + 7.5 * moisture + 0.55 * ground * moisture / MOISTURE_USUAL
        inlet = run.lag("mill dampers", wet - 45.0 * lack + 25.0 * choke, 3 * MINUTE_S)
        held = self._outlet + 1.2 * run.ou("mill damper", ground.shape, 2 * HOUR_S)
        outlet = held + 34.0 * lack - 13.0 * choke - 2.0 * run.condition("mill_wear")
        still = ambient + 14.0
        warm = run.lag("mill outlet", np.where(turning > 0.5, outlet, still), 6 * MINUTE_S)
        return {
            "mill_inlet": run.lag("mill inlet", np.where(turning > 0.5, inlet, still + 12.0), 6 * MINUTE_S),
            "mill_outlet": warm + run.condition("mill_heat"),
        }

    def _serving(self, time_s: Array, plan: Array, fuel: Array) -> Array:
        """1 = the mill is to run (t, u, m): the load says how many, the plan of the day which."""
        run, m = self._run, self._shape[1]
        # While the unit starts or stops, its own load says how many; otherwise that of the day, which knows no ripple.
        level = np.where(fuel > 0.3, np.clip(plan, fuel - 0.12, fuel + 0.15), fuel)[..., None]
        rank = (self._order + self._changes(time_s)[..., None]) % m
        steps = np.concatenate([[0.01, 0.15, 0.25], np.linspace(0.55, 0.74, m - 4), [2.0]])
        # Only a mill in service can choke or lack coal: it is kept there.
        kept = (run.condition("mill_lack") > 0.0) | (run.condition("mill_choke") > 0.0)
        serving: Array = ((level > steps[rank]) | (kept & (level > 0.0))).astype(np.float64)
        return serving

    def _changes(self, time_s: Array) -> Array:
        """Change-overs since a day long past (t, u): one to three a day, four in two days, at hours drawn by date."""
        days = local_days(time_s)
        pair = (days // 2).astype(np.int64)
        first = int(pair[0])
        plans = np.stack([self._plan(number) for number in range(first, int(pair[-1]) + 1)])[pair - first]
        done = ((days - 2.0 * pair)[:, None, None] > plans).sum(axis=2)
        demanded = np.rint(self._run.condition("mill_change")).astype(np.int64)
        changes: Array = 4 * (pair - FIRST_PAIR)[:, None] + done + demanded
        return changes

    def _plan(self, pair: int) -> Array:
        """When the mills of each unit change in two days (u, 4) [d]."""
        draw = self._run.generator(f"mill changes/{pair}")
        u = self._shape[0]
        early = draw.integers(1, 4, u)[:, None]
        day = (np.arange(4)[None, :] >= early).astype(np.float64)
        hours: Array = day + draw.uniform(0.25, 0.95, (u, 4))
        return hours
