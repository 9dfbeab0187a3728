"""Coal units, condensing or with heat extraction: what the grid and the town want, and the parts that it moves.

``CoalPlant`` puts boiler, mills, auxiliaries, turbine, cold end and generator in a row. p = power relative to the rating; t =
times, u = units. Constants without a reference are plant practice for units of 350 to 660 MW.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stations.plant import Station
from stations.simulate import auxiliaries, boiler, grid, mills, steam_turbine, turbogenerator, water, weather
from stations.simulate.cold_end import ColdEnd
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import YEAR_DAYS, local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point
from stations.simulate.steam_turbine import WATER

PARAMETERS = (
    "rated_mw", "rated_rpm", "rated_steam_t_h", "main_steam_mpa", "main_steam_degc", "id_fan_a", "fd_fan_a", "pa_fan_a",
)  # fmt: skip
"""Ratings of the station that the physics needs."""
CHP_PARAMETERS = (*PARAMETERS, "rated_heat_t_h")


def _points(n_bearings: int, n_mills: int) -> dict[str, Point]:
    return {
        **turbogenerator.POINTS,
        **steam_turbine.shaft_points(n_bearings),
        **boiler.POINTS,
        **mills.points(n_mills),
        **auxiliaries.POINTS,
        "MET10CT101": Point("ambient", None, WATER),
    }


def _conditions(n_bearings: int, n_mills: int) -> dict[str, Condition]:
    return {
        **water.CONDITIONS,
        **grid.CONDITIONS,
        **turbogenerator.CONDITIONS,
        **steam_turbine.shaft_conditions(n_bearings),
        **boiler.CONDITIONS,
        **mills.conditions(n_mills),
        **auxiliaries.CONDITIONS,
        "overspeed": Condition(0, "speed above the rated one, the breaker open [-]"),
    }


POINTS = _points(9, 6)
"""Tag code -> signal, sensor and noise."""
CONDITIONS = _conditions(9, 6)
CHP_POINTS = {
    **_points(7, 5),
    "LBG10CF101": Point("heat_flow", None, Noise(of_value=0.007)),
    "LBG10CP101": Point("heat_pressure", None, Noise(white=0.001, slow=0.004)),
    "LBG10CT101": Point("heat_steam", None, Noise(white=0.3, slow=1.0)),
}
CHP_CONDITIONS = {
    **_conditions(7, 5),
    "heat_extraction": Condition(0, "extraction beyond what the weather asks for, as a share of the rated [-]"),
}

LOWEST = 0.34
"""Night minimum: below it the fire needs oil [-]."""
MOST_FUEL = 1.0
"""Maximum continuous rating of the firing [-]."""
RAMP_PER_MIN = 0.015
FULL_START_H = 8.0
"""A start takes this long from a cold casing; from a hot one it takes an eighth of it [h]."""


class Order(NamedTuple):
    """What a unit does, each (t, u): power p and speed n [-]; on = breaker closed; fired; evacuated (all 0 or 1)."""

    p: Array
    n: Array
    on: Array
    fired: Array
    evacuated: Array


def run_up(start: Array, begin: Array) -> tuple[Array, Array]:
    """Speed during a start, and whether it may take load, at a share ``start`` of the longest start [-].

    It rolls from ``begin`` on, soaks at 1200 rpm and passes the criticals at 200 rpm a minute; 29 minutes in all.

    Examples
    --------
    >>> run_up(np.array([0.10, 0.14, 0.18]), np.array(0.12))[0].round(2).tolist()
    [0.0, 0.4, 1.0]
    """
    rolled = (start - begin) / 0.06
    return np.interp(rolled, [0.0, 0.25, 0.55, 0.85], [0.0, 0.4, 0.4, 1.0]), (rolled > 1.3).astype(np.float64)


class CoalPlant:
    """The coal units of one station, each with a cooling tower."""

    n_bearings, n_mills, mill_t_h = 9, 6, 52.0

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._station, self._rating = station, station.parameters
        self._n_units, self._run = len(units), run
        rated = dict(station.parameters)
        self._boiler = boiler.Boiler(run, len(units), rated)
        self._mills = mills.Mills(run, len(units), self.n_mills, self.mill_t_h)
        amps = (rated["fd_fan_a"], rated["pa_fan_a"], rated["id_fan_a"])
        self._auxiliaries = auxiliaries.Auxiliaries(run, len(units), amps)
        self._shaft = steam_turbine.ShaftLine(run, len(units), self.n_bearings)
        self._cold_end = ColdEnd(run, len(units))
        self._generator = turbogenerator.Turbogenerator(run, len(units), rated["rated_mw"])

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        run = self._run
        heat = self._heat(time_s)
        order = self._order(time_s, heat)
        dead = np.broadcast_to(run.condition("station_blackout") > 0.5, order.p.shape).astype(np.float64)
        air = weather.ambient(run, time_s)
        s = self._firing(time_s, order, heat, dead) | {"ambient": air}
        s |= self._boiler.signals(time_s, s)
        s |= self._auxiliaries.signals(s)
        exhaust = (s["steam"] - 0.36 * heat * s["fired"]).clip(0.0)
        s |= self._cold_end.signals(time_s, exhaust, order.evacuated, s["alive"], self._river(time_s))
        oil = self._oil(s["cold_water"], order.n)
        dry = run.condition("bearing_oil") + 0.6 * dead
        overspeed = run.condition("overspeed")
        s |= self._shaft.signals(s["p"], order.n + overspeed, oil, exhaust, dry)
        power = self._rating["rated_mw"] * np.where(dead > 0.5, -0.035, s["p"])
        s |= self._generator.signals(power, order.n, np.where(dead > 0.5, 1.0, order.on), air, s["cold_water"] + 3.0)
        turning = grid.frequency(run, time_s) * order.n + overspeed
        return s | self._extraction(s, heat) | {"oil": oil, "speed": turning * self._rating["rated_rpm"]}

    def _order(self, time_s: Array, heat: Array) -> Order:
        """A unit runs for weeks; after an outage it is started, the longer the colder its casing is."""
        run, shape = self._run, (len(time_s), self._n_units)
        available = np.broadcast_to(run.condition("outage") < 0.5, shape)
        free = available.astype(np.float64)
        wanted = grid.demand(run, time_s, self._station.code)
        # The sister takes over a part of what a unit out of service does not give; the rest comes from other stations.
        wanted = wanted * (1.0 + 0.15 * (1.0 - free).mean(axis=1, keepdims=True))
        own = 0.025 * run.ou("share", shape, 45 * MINUTE_S) + 0.012 * run.ou("control", shape, MINUTE_S)
        most = self._most(time_s) - 0.15 * heat - run.condition("derating")
        load = np.minimum(np.clip(wanted + own, LOWEST, 1.0), most)
        load = np.where(run.condition("full_load") > 0.5, 1.0, load)

        start = run.ramp("start", free, 1.0 / (FULL_START_H * 60.0))
        chill = 1.0 - run.lag("casing", free, 25 * HOUR_S)
        begin = 0.10 + 0.75 * chill.clip(0.0, 1.0)
        rising, may_load = run_up(start, begin)
        p = run.ramp("load", np.where(available, load * may_load, 0.0), RAMP_PER_MIN)
        coasting = run.lag("coasting", ((p > 0.02) | available).astype(np.float64), 14 * MINUTE_S)
        n = np.minimum(np.where(available, rising, 1.0), np.clip(1.03 * coasting - 0.03, 0.0, 1.0))
        # For an overspeed test the breaker is open; afterwards the unit takes its load again.
        connected = np.broadcast_to(run.condition("overspeed") < 1e-3, shape)
        reloaded = run.lag("reloading", connected.astype(np.float64), 10 * MINUTE_S)
        on = (p > 0.0) & (n > 0.97) & connected
        p = np.minimum(p, (1.25 * reloaded).clip(0.0, 1.0)) * on
        fired = (available & (start > begin - 0.08)) | (p > 0.0)
        evacuated = fired | (n > 0.6)
        return Order(p, n, *(flag.astype(np.float64) for flag in (on, fired, evacuated)))

    def _firing(self, time_s: Array, order: Order, heat: Array, dead: Array) -> dict[str, Array]:
        """Steam, fuel and coal; the firing runs ahead of a load that climbs."""
        run = self._run
        alive, fired = 1.0 - dead, order.fired * (1.0 - dead)
        p = order.p * (1.0 - dead)
        shut = 0.03 * run.condition("valve_test")
        steam = (p * (1.0 - shut) + 0.03 * (1.0 - p) + 0.15 * heat) * fired
        efficiency = (
            1.0 + 0.010 * run.ou("heat rate", p.shape, 3 * DAY_S) + 0.005 * run.spread("heat rate", (self._n_units,))
        )
        p_fuel = run.lag("firing", steam, 5 * MINUTE_S)
        fuel = np.clip(steam + 0.5 * (steam - p_fuel), 0.12, MOST_FUEL) * efficiency * fired
        coal = self._mills.coal(len(time_s))
        plan = run.lag("mill plan", grid.demand(run, time_s, self._station.code), 20 * MINUTE_S)
        ambient = weather.ambient(run, time_s)
        ground = self._mills.signals(time_s, plan, fuel, coal, alive, ambient)
        return ground | {
            "p": p * (1.0 - shut),
            "steam": steam,
            "fuel": fuel,
            "p_fuel": p_fuel * fired,
            "fired": fired,
            "alive": alive,
            "need": coal.need,
            "coal_flow": ground["mill_coal"].sum(axis=2) / (self.mill_t_h * (self.n_mills - 1)),
            "rated_steam": np.array(self._rating["rated_steam_t_h"]),
        }

    def _oil(self, cold_water: Array, n: Array) -> Array:
        """Supply of the lube oil [degC]: a valve holds it, the cooler comes to its end in summer; at standstill it is heated."""
        run, u = self._run, self._n_units
        held = (
            42.2
            + 0.5 * run.spread("oil", (u,)).clip(-2.0, 2.0)
            + 0.6 * run.ou("oil valve", n.shape, 10 * HOUR_S).clip(-3.0, 3.0)
        )
        held = held + 0.09 * (cold_water - 18.0).clip(0.0)
        return run.lag("oil", np.where(n > 0.1, held, 38.0), 40 * MINUTE_S)

    def _most(self, time_s: Array) -> Array:
        """Load that the vacuum allows (t, 1) [-]: on muggy afternoons the operators hold the condenser below 13 kPa."""
        air = weather.ambient(self._run, time_s)
        wet_bulb = weather.wet_bulb(air, weather.humidity(self._run, time_s))
        return 1.0 - 0.05 * (wet_bulb - 27.0).clip(0.0, 6.0)

    def _river(self, time_s: Array) -> Array | None:
        """River water that cools the condensers (t, 1) [degC]; None = cooling towers."""
        return None

    def _heat(self, time_s: Array) -> Array:
        """Steam extracted for heating (t, u) or (1, 1) [share of the rated]."""
        return np.zeros((1, 1))

    def _extraction(self, s: dict[str, Array], heat: Array) -> dict[str, Array]:
        return {}


def heating_need(air: Array, day: Array) -> Array:
    """Heat that a town takes at ``air`` [degC] on a ``day`` of the year: 0 .. 1 [-]; mid November to mid March.

    Examples
    --------
    >>> heating_need(np.array([2.0, 2.0, 10.0]), np.array([15.0, 200.0, 330.0])).round(2).tolist()
    [0.88, 0.0, 0.55]
    """
    season = np.clip(np.maximum(day - 318.0, 76.0 - day) / 3.0, 0.0, 1.0)
    return np.clip(0.42 + 0.042 * (13.0 - air), 0.25, 1.0) * season


class ChpPlant(CoalPlant):
    """Units that heat a town in winter, on river water."""

    n_bearings, n_mills, mill_t_h = 7, 5, 44.0

    def _most(self, time_s: Array) -> Array:
        return np.ones((1, 1))

    def _river(self, time_s: Array) -> Array | None:
        return water.river(self._run, time_s)

    def _heat(self, time_s: Array) -> Array:
        """The pipes of the town smooth the weather by half a day."""
        run, shape = self._run, (len(time_s), self._n_units)
        day = local_days(time_s)[:, None] % YEAR_DAYS
        town = run.lag("town", heating_need(weather.ambient(run, time_s), day), 9 * HOUR_S)
        own = 1.0 + 0.06 * run.ou("heat share", shape, DAY_S) + 0.03 * run.spread("heat share", (self._n_units,))
        runs = np.broadcast_to(run.condition("outage") < 0.5, shape)
        wanted = np.clip(town * own + run.condition("heat_extraction"), 0.0, 1.0) * runs
        return run.lag("extraction", wanted, 25 * MINUTE_S)

    def _extraction(self, s: dict[str, Array], heat: Array) -> dict[str, Array]:
        """Without extraction the valve is shut, and the pipe holds the pressure of the crossover behind it."""
        flows = heat * s["fired"]
        return {
            "heat_flow": flows * self._rating["rated_heat_t_h"],
            "heat_pressure": (0.24 + 0.14 * s["steam"]) * s["fired"] + 0.03 * flows,
            "heat_steam": 200.0 + 45.0 * np.minimum(flows * 20.0, 1.0) + 18.0 * s["steam"],
        }
