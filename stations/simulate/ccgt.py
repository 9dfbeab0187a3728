"""Combined cycle: gas turbine, heat-recovery steam generator, steam turbine, two generators, and the plan that starts them.

A unit is one train of two shafts. In summer it is a two-shift peaker, started each morning and stopped each night; else it runs
through, and stops for some nights only. t = times, u = units. Constants without a reference are plant practice for trains of 300
plus 150 MW.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stations.plant import Station
from stations.simulate import gas_turbine, grid, machines, steam_turbine, weather
from stations.simulate.cold_end import ColdEnd
from stations.simulate.conditions import Condition
from stations.simulate.gas_turbine import GasTurbine
from stations.simulate.plans import DayPlan, Now, follow, hold_each
from stations.simulate.run import Run
from stations.simulate.season import JUL_LATE, YEAR_DAYS, seasonal
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points
from stations.simulate.steam_turbine import TEMPERATURE, ShaftLine

PARAMETERS = ("rated_gt_mw", "rated_st_mw", "rated_rpm", "rated_steam_t_h", "rated_fuel_kg_s")
"""Ratings of the station that the physics needs."""

ST_BEARINGS = 4
LEVEL = Noise(white=4.0, slow=5.0)

POINTS = {
    **gas_turbine.POINTS,
    **steam_turbine.shaft_points(ST_BEARINGS),
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("gt_reactive", None, Noise(of_value=0.003)),
    "MBA10CS101": Point("speed", None, Noise(of_span=0.0001)),
    "MET10CT101": Point("ambient", None, Noise(white=0.2)),
    "MET10CP101": Point("barometer", None, Noise(white=0.01)),
    "MBJ10CU101": Point("start_minutes", None, Noise()),
    "MKA20CE101": Point("steam_power", None, Noise(of_value=0.001, slow_of_value=0.002)),
    "HNA10CT101": Point("stack", None, TEMPERATURE),
    "HAD10CL101": Point("drums", 0, LEVEL),
    "HAD20CL101": Point("drums", 1, LEVEL),
    "HAD30CL101": Point("drums", 2, LEVEL),
    "LBA10CF101": Point("steam_flow", None, Noise(of_value=0.007, slow_of_value=0.003)),
    "LBA10CP101": Point("steam_pressure", None, Noise(of_span=0.001)),
    "LBA10CT101": Point("steam_temperature", None, Noise(white=0.3, slow=1.0)),
    **points("MKA10CT", 101, "gt_winding", 3, TEMPERATURE),
    **points("MKA20CT", 101, "st_winding", 3, TEMPERATURE),
    "MKG10CP101": Point("hydrogen_pressure", None, Noise(white=0.0008)),
    "MKG10CQ101": Point("hydrogen_purity", None, Noise(white=0.04, slow=0.06)),
    "MKG10CT101": Point("cold_hydrogen", None, TEMPERATURE),
    "MKJ20CT101": Point("cold_air", None, TEMPERATURE),
    "BAT10CT101": Point("top_oil", None, TEMPERATURE),
    "BAT10CT102": Point("hot_spot", None, TEMPERATURE),
    "BAT10CQ101": Point("gases", 0, Noise(white=0.5, slow_of_value=0.02)),
    "BAT20CT101": Point("st_top_oil", None, TEMPERATURE),
    "BAT20CT102": Point("st_hot_spot", None, TEMPERATURE),
    "BAT20CQ101": Point("st_gases", 0, Noise(white=0.5, slow_of_value=0.02)),
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    **weather.CONDITIONS,
    **grid.CONDITIONS,
    **machines.TRANSFORMER_CONDITIONS,
    **steam_turbine.shaft_conditions(ST_BEARINGS),
    **gas_turbine.CONDITIONS,
    "hydrogen_seal": Condition(0, "wear of the hydrogen seals, 1 = worn out [-]"),
}

OFF, RUN = 0, 1
DAY_BEGINS_H = 5.0
"""A plan of one date holds from five in the morning: so no night is cut in two."""
SUMMER = (152.0, 274.0)
"""Days of the year of two-shift running: June to September."""
UNLOAD_S, STEAM_TO_SPEED_S = 25 * MINUTE_S, 22 * MINUTE_S
"""From the stop order until the breaker opens; from the breaker of the gas turbine until the steam turbine is at speed."""
WARMING = 0.22
"""Load at which the gas turbine waits for boiler and steam turbine [share of the rating]."""
RAMP_PER_MINUTE = 0.04
"""Load gradient of a train [share of the rating per minute]."""


def start_speed(progress: Array) -> Array:
    """Speed on the way up [-] after ``progress`` of the start (0 .. 1): purge at a quarter, ignition at 0.42, acceleration.

    Examples
    --------
    >>> start_speed(np.array([0.0, 0.3, 1.0, 5.0])).tolist()
    [0.002, 0.25, 1.0, 1.0]
    """
    return np.interp(progress, [0.0, 0.1, 0.36, 0.42, 0.55, 0.98], [0.002, 0.25, 0.25, 0.18, 0.35, 1.0])


def coast_speed(minutes: Array) -> Array:
    """Speed [-] ``minutes`` after the breaker opened, down to the turning gear: 6 rpm."""
    return np.interp(minutes, [0.0, 4.0, 10.0, 20.0, 30.0], [1.0, 0.62, 0.33, 0.10, 0.002])


def steam(air: Array, gas: Array) -> Array:
    """HP steam relative to that of an ISO day at base load [-]: the heat of the exhaust above the stack.

    Examples
    --------
    >>> steam(np.array([1.0, 0.72]), np.array([600.0, 600.0])).tolist()
    [1.0, 0.72]
    """
    return np.maximum(air * (gas - 95.0) / 505.0, 0.0)


class CombinedCycle:
    """The trains of one station."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = station.parameters
        self._station = station.code
        self._n_units = n = len(units)
        self._run = run
        self._turbine = GasTurbine(station, units, run)
        self._shaft = ShaftLine(run, n, ST_BEARINGS)
        self._cold_end = ColdEnd(run, n)
        self._refilled = run.generator("hydrogen").uniform(0.0, 1.0, n)
        self._factor = self._turbine.factor

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s since 1970]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        out = self._surroundings(time_s)
        out |= self._operation(time_s)
        out = self._turbine.signals(time_s, out)
        out |= self._steam_cycle(time_s, out)
        out |= self._gt_generator(out)
        out |= self._st_generator(out)
        return out

    def _surroundings(self, time_s: Array) -> dict[str, Array]:
        run = self._run
        front = 0.45 * run.regional("/front", time_s, 2 * DAY_S) - 0.15 * run.regional("/weather", time_s, 3 * DAY_S)
        barometer = weather.pressure(weather.VALLEY_M) / 1000 + front - 0.7 * seasonal(time_s, JUL_LATE)[:, None]
        return {
            "time_s": time_s,
            "ambient": weather.ambient(run, time_s),
            "barometer": barometer,
            "pressure": barometer / 101.3,
        }

    # ---- operation

    def _day(self, date: int) -> DayPlan:
        """Start and stop of each train on one date, and how long that start takes [min]."""
        run, u = self._run, self._n_units
        draw = run.generator(f"day/{date}")
        start_h, stop_h = draw.uniform(7.0, 8.6, u), draw.uniform(21.8, 23.4, u)
        takes = 14.8 + 0.5 * draw.standard_normal(u).clip(-2.0, 2.0)
        summer = SUMMER[0] <= date % YEAR_DAYS < SUMMER[1]
        wash = (date + self._turbine.offline_phase) % 30 == 0
        stops = summer | (draw.uniform(0.0, 1.0, u) < 0.12) | wash
        mode = np.stack([np.full(u, RUN), np.where(stops, OFF, RUN)])
        return DayPlan(
            mode,
            np.stack([start_h, np.where(wash, np.minimum(stop_h, 22.3), stop_h)]),
            np.stack([takes, takes])[..., None],
        )

    def _operation(self, time_s: Array) -> dict[str, Array]:
        """Speed, flame, breaker and load order of the gas turbine; speed of the steam turbine."""
        run, now = self._run, follow(time_s, DAY_BEGINS_H, self._day)
        out = run.condition("outage") > 0.5
        slip = run.condition("servo_stick")
        takes = (now.values[..., 0] + 0.5 * run.spread("start", (self._n_units,)).clip(-2.0, 2.0)) * (1.0 + 0.75 * slip)
        runs = now.mode == RUN
        open_s = np.where(runs, now.since_s - takes * MINUTE_S, now.since_s - UNLOAD_S)  # since the breaker moved
        washed = self._washing(now, time_s)
        down = np.where(washed > 0.0, 0.26, coast_speed(open_s / MINUTE_S))
        n = np.where(runs, start_speed(now.since_s / (takes * MINUTE_S)), down)
        service = run.lag("service", np.where(out, 0.0, np.ones(n.shape)), 4 * MINUTE_S)
        service = np.clip((service - 0.03) / 0.94, 0.0, 1.0)
        on = np.where(runs, open_s >= 0.0, open_s < 0.0) & (service >= 1.0) & ~out
        fired = np.where(runs, now.since_s > 0.42 * takes * MINUTE_S, open_s < 0.0) & (service >= 1.0) & ~out
        full = np.broadcast_to(run.condition("full_load") > 0.5, n.shape) & on
        st_s = np.where(runs, open_s - STEAM_TO_SPEED_S, -np.inf)
        wanted = np.where(st_s < 0.0, WARMING, self._wanted(time_s, full))
        order = run.ramp("order", np.where(on & runs, wanted, 0.0), RAMP_PER_MINUTE)
        st_n = np.where(
            runs, np.clip(st_s / (10 * MINUTE_S) + 1.0, 0.002, 1.0), coast_speed((open_s + 5 * MINUTE_S) / MINUTE_S)
        )
        st_on = np.where(runs, st_s >= 2 * MINUTE_S, open_s < -5 * MINUTE_S) & on
        return {
            "n": n * service,
            "speed": n * service * np.where(on, grid.frequency(run, time_s), 1.0) * self._rating["rated_rpm"],
            "fired": fired.astype(np.float64),
            "synchronous": on.astype(np.float64),
            "order": order,
            "peak": full.astype(np.float64),
            "st_n": st_n * service,
            "st_on": st_on.astype(np.float64),
            "alive": np.where(out, 0.3, 1.0) + np.zeros(n.shape),
            "start_minutes": hold_each(run, "last start", takes, runs & (open_s >= 0.0) & (open_s < 20 * MINUTE_S)),
        }

    def _washing(self, now: Now, time_s: Array) -> Array:
        """Off-line wash (t, u) [0 or 1]: cranked at a quarter of the speed, 40 minutes, three hours after the stop."""
        hours = (time_s / HOUR_S + 8.0)[:, None]
        due = (hours - 26.0 + 24.0 * self._turbine.offline_phase) % (30 * 24.0) < 40.0 / 60.0
        cranked: Array = (due & (now.mode == OFF) & (now.since_s > 2 * HOUR_S)).astype(np.float64)
        return cranked

    def _wanted(self, time_s: Array, full: NDArray[np.bool_]) -> Array:
        """Load wanted of each train (t, u) [share of the rating]; above what the air allows means base load."""
        run, u = self._run, self._n_units
        share = 0.40 + 0.72 * grid.demand(run, time_s, self._station) + 0.06 * seasonal(time_s, JUL_LATE)[:, None]
        own = 0.02 * run.ou("share", (len(time_s), u), HOUR_S) + 0.006 * run.ou("control", (len(time_s), 1), MINUTE_S)
        load = np.minimum(np.maximum(share + own, 0.56), 1.0 - run.condition("derating"))
        wanted: Array = np.where(full, 1.12, load)
        return wanted

    # ---- steam

    def _steam_cycle(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Boiler, steam turbine and condenser: they follow the exhaust within a quarter of an hour."""
        run, rating, u, shape = self._run, self._rating, self._n_units, s["n"].shape
        heat = steam(s["air"], s["gas"]) * s["fired"]
        fouled = 1.0 + 0.006 * run.ou("boiler", shape, 15 * DAY_S) + 0.006 * run.spread("boiler", (u,))
        flow = run.lag("steam", heat, 12 * MINUTE_S) * fouled
        through = flow * s["st_n"] * s["st_on"]
        water = self._tower(s["ambient"], weather.humidity(run, time_s), through)
        cold = self._cold_end.signals(time_s, through, np.ones(shape), s["alive"], water)
        st_p = (
            0.965 * through * (1.0 - 0.006 * (cold["vacuum"] - 5.0)) * (1.0 + 0.006 * run.spread("steam turbine", (u,)))
        )
        swell = 260.0 * (run.lag("swell, fast", heat, 60.0) - run.lag("swell, slow", heat, 6 * MINUTE_S))
        drums = np.array([1.0, 0.7, 0.4]) * swell[..., None] + 9.0 * run.ou("drums", (*shape, 3), 5 * MINUTE_S)
        drums = drums + 6.0 * run.spread("drums", (u, 3)).clip(-2.0, 2.0)
        gas = s["exhaust_mean"]
        hot = np.minimum(gas - 30.0, 552.0) + 0.12 * (gas - 600.0) + 2.0 * run.ou("spray", shape, 2 * HOUR_S)
        stack = 80.0 + 16.0 * flow + 0.20 * (s["ambient"] - 17.0) + 120.0 * (fouled - 1.0)
        out = {
            **cold,
            "steam_power": st_p * rating["rated_st_mw"],
            "steam_flow": 0.97 * flow * rating["rated_steam_t_h"],
            "steam_pressure": run.lag("steam pressure", 11.6 * np.maximum(flow, 0.42 * s["fired"]), 5 * MINUTE_S),
            "steam_temperature": run.lag("steam temperature", np.where(s["fired"] > 0.0, hot, 330.0), 6 * MINUTE_S),
            "stack": run.lag("stack", np.where(s["fired"] > 0.0, stack, s["ambient"] + 30.0), 15 * MINUTE_S),
            "drums": drums,
            "oil": s["lube_oil"] - 8.0,
            "st_p": st_p,
        }
        return out | self._shaft.signals(st_p, s["st_n"], out["oil"], through, run.condition("bearing_oil"))

    def _tower(self, air: Array, humidity: Array, heat: Array) -> Array:
        """Water of the towers (t, u) [degC]: a large basin, of which the nights take more than the afternoons give."""
        run, u = self._run, self._n_units
        basin = run.lag("basin", weather.wet_bulb(air, humidity), 6 * HOUR_S)
        fill = 0.3 * run.spread("tower", (u,)) + 0.4 * run.ou("tower fill", heat.shape, 4 * DAY_S)
        cold = run.lag("tower water", np.maximum(basin + 3.5 + 3.5 * heat, 8.0) + fill, HOUR_S)
        return np.where(cold > 33.0, 33.0 + 0.6 * (cold - 33.0), cold)  # more fans run on the hottest days

    # ---- generators and transformers

    def _gt_generator(self, s: dict[str, Array]) -> dict[str, Array]:
        """Generator of the gas turbine, cooled by hydrogen, which leaks and is refilled."""
        run, u, n = self._run, self._n_units, s["n"]
        rated_mva = self._rating["rated_gt_mw"] / 0.85
        voltage = 0.05 * run.ou("voltage", (len(n), 1), 3 * HOUR_S) + 0.03 * run.ou("excitation", n.shape, HOUR_S)
        reactive = (0.10 + 0.22 * s["p"] + voltage) * rated_mva * s["synchronous"]
        current = np.hypot(s["power"], reactive) / rated_mva
        gas = 37.0 + 0.20 * (s["cold_water"] - 20.0) + 3.0 * current**2 + 0.7 * run.ou("gas cooler", n.shape, DAY_S)
        cold = run.lag("cold hydrogen", np.where(n > 0.1, gas, 31.0), 15 * MINUTE_S)
        worn = run.condition("hydrogen_seal")
        leak = 1.0 + 0.08 * run.spread("seals", (u,)) + 0.06 * run.ou("seals", n.shape, 4 * DAY_S) + 1.2 * worn
        purity = 98.1 + 0.2 * run.spread("purity", (u,)).clip(-2.0, 2.0) + 0.12 * run.ou("purity", n.shape, 5 * DAY_S)
        oil = machines.transformer(run, current, s["ambient"])
        winding = (cold + 12.0 * n + 42.0 * current**2)[..., None] + 1.2 * run.spread("gt slots", (u, 3)) * current[
            ..., None
        ]
        return {
            "voltage": voltage,
            "gt_reactive": reactive,
            "gt_winding": run.lag("gt winding", winding, 22 * MINUTE_S),
            "cold_hydrogen": cold,
            "hydrogen_pressure": machines.saw_tooth(
                -run.integrate("hydrogen", leak / 5.0 / DAY_S, self._refilled), 0.425, 0.46
            ),
            "hydrogen_purity": purity - 3.6 * worn,
            "top_oil": oil.top_oil,
            "hot_spot": oil.hot_spot,
            "gases": oil.gases,
        }

    def _st_generator(self, s: dict[str, Array]) -> dict[str, Array]:
        """Generator of the steam turbine, cooled by air; its transformer is a sound one, with the steady values of `machines`."""
        run, u, n = self._run, self._n_units, s["st_n"]
        current = np.hypot(s["st_p"], (0.12 + 0.20 * s["st_p"] + s["voltage"]) * s["st_on"]) * 0.85
        losses = current**2
        cold = s["cold_water"] + 2.0 + (2.5 * n + 4.0 * losses) + 0.5 * run.spread("air cooler", (u,))
        cold = run.lag("cold air", cold + 0.5 * run.ou("air cooler", n.shape, DAY_S), 8 * MINUTE_S)
        winding = (cold + 12.0 * n + 46.0 * losses)[..., None] + 1.2 * run.spread("st slots", (u, 3)) * losses[
            ..., None
        ]
        rise = machines.top_oil_rise(current) * self._factor("st transformer", 0.02)
        top_oil = run.lag("st top oil", s["ambient"] + rise, machines.K11 * machines.TAU_OIL_MIN * MINUTE_S)
        spot = run.lag("st hot spot", machines.hot_spot_gradient(current), machines.TAU_WINDING_MIN * MINUTE_S)
        base = machines.GAS_BASE_PPM * self._factor("st gas", 0.25, (len(machines.GAS_BASE_PPM),))
        wander = 1.0 + 0.08 * run.ou("st gas", (*n.shape, 1), 10 * DAY_S)
        return {
            "cold_air": cold,
            "st_winding": run.lag("st winding", winding, 22 * MINUTE_S),
            "st_top_oil": top_oil,
            "st_hot_spot": top_oil + spot,
            "st_gases": run.lag(
                "st gas in oil", base * wander * (1.0 + 0.006 * (top_oil[..., None] - 50.0)), 12 * HOUR_S
            ),
        }
