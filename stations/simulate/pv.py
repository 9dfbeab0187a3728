"""Photovoltaic stations: modules, combiners or MPPT groups, inverters and their transformers.

The equations come first, as pure functions of arrays; the plants then put them in a row behind their lags. `sunlight` says
what light there is. p = AC power relative to the rating; t = times, u = inverters, k = combiners or MPPT groups.
Constants without a reference are plant practice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stations.plant import Station
from stations.simulate import grid, machines, sunlight, weather
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, averaging, points

TEMPERATURE = Noise(white=0.2, slow=0.6)
AIR = Noise(white=0.2)
POWER = Noise(of_value=0.002, slow_of_value=0.006)
CURRENT = Noise(of_value=0.003, slow_of_value=0.006)

PARAMETERS = ("rated_mw", "dc_ac_ratio", "latitude_deg", "longitude_deg", "altitude_m")
CENTRAL_PARAMETERS = (*PARAMETERS, "combiner_a")
STRING_PARAMETERS = (*PARAMETERS, "mppt_a")
"""Ratings of the station that the physics needs."""

_POINTS = {
    "MET10CR101": Point("light", None, Noise(white=1.5, of_value=0.01)),
    "MET10CT101": Point("ambient", None, AIR),
    "MET10CT102": Point("module", None, Noise(white=0.3)),
    "MET10CS101": Point("wind", None, Noise(white=0.1)),
    "INV10CE101": Point("power", None, POWER),
    "INV10CE102": Point("dc_power", None, POWER),
    "INV10CE111": Point("set_point", None, Noise()),
    "INV10CT101": Point("igbt", None, TEMPERATURE),
    "INV10CE110": Point("insulation", None, Noise(of_value=0.03, slow_of_value=0.08)),
}
CENTRAL_POINTS = {
    **_POINTS,
    "INV10CT102": Point("cabinet", None, TEMPERATURE),
    **points("INV10CE", 201, "currents", 6, CURRENT),
    "BAT10CT101": Point("transformer", None, TEMPERATURE),
}
STRING_POINTS = {**_POINTS, **points("INV10CE", 201, "currents", 3, CURRENT)}
"""Tag code -> signal, sensor and noise."""

_CONDITIONS = {
    **weather.CONDITIONS,
    **grid.CONDITIONS,
    "fan_loss": Condition(0, "rise of the IGBT over air beyond normal, as a share of it [-]"),
    "soiling": Condition(0, "share of the light that stubborn dirt takes, beyond dust [-]"),
    "cleaned": Condition(0, "share of the dust that was washed off by hand [-]"),
    "washing": Condition(0, "share of the modules in the shade of those who wash them [-]"),
    "snow": Condition(0, "share of the modules under snow [-]"),
    "fog": Condition(0, "density of fog, 1 = very dense [-]"),
    "broken_clouds": Condition(0, "swing of the light as clouds pass, as a share of it [-]"),
}
CENTRAL_CONDITIONS = {**_CONDITIONS, "string_loss": Condition(6, "share of a combiner's strings that is lost [-]")}
STRING_CONDITIONS = {**_CONDITIONS, "string_loss": Condition(3, "share of an MPPT group's strings that is lost [-]")}

EFFICIENCY, STANDBY = 0.97, 0.0007
"""AC over DC power of an inverter, and what it takes by night, as a share of its rating [-]."""
WAKE_W_M2 = 15.0
"""Light in which an inverter starts [W/m2]."""


def dc_power(current: Array, module: Array) -> Array:
    """DC power at the maximum power point relative to that at 1000 W/m2 and 25 degC [-].

    Current already grows by 0.05 % a kelvin, power falls by 0.35 %: so the voltage falls by 0.4 %.

    Examples
    --------
    >>> dc_power(np.array([1.0, 1.0125]), np.array([25.0, 50.0])).round(3).tolist()
    [1.0, 0.911]
    """
    return current * (1.0 - 0.0040 * (module - 25.0))


def clip(dc: Array, ratio: float, allowed: Array, efficiency: Array | float = EFFICIENCY) -> tuple[Array, Array]:
    """AC power [share of the rating] of ``dc`` [share of the array], and the share of the light that is used [-].

    Above what is ``allowed`` the inverter leaves the maximum power point: then neither power nor currents show a fault.

    Examples
    --------
    >>> [float(x.round(3)) for x in clip(np.array(0.9), 1.25, np.array(1.0))]
    [1.0, 0.916]
    """
    able = np.maximum(efficiency * ratio * dc, 1e-6)
    used: Array = np.minimum(allowed / able, 1.0)
    return able * used, used


def igbt_rise(p: Array, on: Array) -> Array:
    """Rise of the IGBT over air [K]: 12 idle and 44 at full power.

    Examples
    --------
    >>> igbt_rise(np.array([0.0, 1.0]), np.ones(2)).tolist()
    [12.0, 44.0]
    """
    return 3.0 + 9.0 * on + 32.0 * p**1.3


def insulation(relative_humidity: Array, dew: Array) -> Array:
    """Resistance of the DC side to earth [MOhm]: 3 to 5 in dry air, 1 in saturated, 0.5 when modules are wet with dew.

    Examples
    --------
    >>> insulation(np.array([40.0, 60.0, 100.0, 100.0]), np.array([0.0, 0.0, 0.0, 1.0])).round(1).tolist()
    [4.8, 3.3, 1.0, 0.5]
    """
    surface = 5.5 * 10.0 ** ((60.0 - relative_humidity) / 60.0) * (1.0 - 0.55 * dew)
    return surface * 8.0 / (surface + 8.0)


class _Inverters:
    """The inverters of one site: their ratings, their places in the mountains, dust on their modules."""

    tilt_deg, rated_current, groups = 20.0, "combiner_a", 6

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = station.parameters
        self._n_units = n = len(units)
        self._run = run
        place = run.generator("place")
        self._skyline_deg = place.uniform(3.0, 13.0, (2, n))
        self._dust_rate = place.uniform(0.0005, 0.0015, n)
        self._filter_age = place.uniform(0.0, 1.0, n)

    def _offset(self, name: str, sd: float, k: tuple[int, ...] = ()) -> Array:
        """Manufacturing offsets (u, k) of standard deviation ``sd`` [unit of the tag]."""
        return sd * self._run.spread(name, (self._n_units, *k))

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of the points at ``time_s`` (t,) [s since 1970]: (t, 1), (t, u) or (t, u, k) [unit of the tag]."""
        site = self._site(time_s)
        out = site | self._array(time_s, site)
        return out | self._thermal(time_s, out)

    def _site(self, time_s: Array) -> dict[str, Array]:
        """Weather and light, the same for the whole site but for the mountains around it."""
        run, rating = self._run, self._rating
        air = weather.ambient(run, time_s, rating["altitude_m"])
        humidity = weather.humidity(run, time_s, rating["altitude_m"])
        fog = np.clip(sunlight.fog(humidity) + run.condition("fog")[:, :1], 0.0, 1.0)
        broken = run.condition("broken_clouds")[:, :1] * averaging(90.0, run.dt_s) * run.ou("broken", air.shape, 90.0)
        passed = weather.cloud(run, time_s, "site") * (1.0 - 0.6 * fog) * (1.0 + np.clip(broken, -0.85, 0.3))
        sky = sunlight.sun(time_s, rating["latitude_deg"], rating["longitude_deg"], rating["altitude_m"])
        light = sunlight.in_plane(sky, time_s, passed, self.tilt_deg)
        wind = 0.35 * weather.wind(run, time_s, 1)
        mast = light.beam * sunlight.over_the_ridge(sky, np.array([3.0]), np.array([3.0])) + light.diffuse
        module = run.lag("module", sunlight.cell_temperature(air, mast, wind), 6 * MINUTE_S)
        dew = 1.0 / (1.0 + np.exp((95.0 - humidity) / 1.5)) * np.exp(-mast / 150.0)
        return {
            "ambient": air,
            "humidity": humidity,
            "dew": np.clip(dew + run.condition("fog")[:, :1], 0.0, 1.0),
            "passed": passed,
            "beam": light.beam * sunlight.over_the_ridge(sky, *self._skyline_deg),
            "diffuse": light.diffuse,
            "light": mast,
            "wind": wind,
            "module": module,
        }

    def _array(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Modules and inverters: light to current to power, clipped at the rating."""
        run, rating, shape = self._run, self._rating, (len(time_s), self._n_units)
        stopped, set_point = self._orders(time_s)
        # Under broken cloud each inverter has a light of its own for some minutes.
        unrest = np.clip(4.0 * s["passed"] * (1.0 - s["passed"]), 0.0, 1.0)
        own = 1.0 + 0.07 * averaging(180.0, run.dt_s) * unrest * run.ou("own clouds", shape, 180.0)
        dirt = sunlight.dust(run, time_s, self._dust_rate) * (1.0 - np.clip(run.condition("cleaned"), 0.0, 1.0))
        clean = (1.0 - dirt) * (1.0 - np.clip(run.condition("soiling"), 0.0, 0.9)) * (1.0 - run.condition("washing"))
        light = (s["beam"] * np.maximum(own, 0.2) + s["diffuse"]) * clean * (1.0 - self._snow(time_s, s))
        light = run.lag("tracking", light, 10.0)
        age = 1.0 + self._offset("modules", 0.008) + 0.004 * run.ou("modules", shape, 20 * DAY_S)
        warm = s["module"] + self._offset("module heat", 1.2)
        unit = (light / 1000.0 * age * (1.0 + 0.0005 * (warm - 25.0)))[..., None] * (
            1.0 + self._offset("strings", 0.008, (self.groups,))
        )
        unit = unit * (1.0 - np.clip(run.condition("string_loss"), 0.0, 1.0))
        on = (light > WAKE_W_M2) & ~stopped
        allowed = np.minimum(set_point, 1.0 - run.condition("derating"))
        efficiency = EFFICIENCY * (1.0 + self._offset("efficiency", 0.002))
        p, used = clip(dc_power(unit.mean(axis=-1), warm), rating["dc_ac_ratio"], allowed, efficiency)
        p = p * on
        return {
            "p": p,
            "on": on.astype(np.float64),
            "power": np.where(on, p, -STANDBY) * rating["rated_mw"],
            "dc_power": p / efficiency * rating["rated_mw"],
            "set_point": 100.0 * np.clip(np.broadcast_to(allowed, shape), 0.0, 1.0),
            "currents": unit * (used * on)[..., None] * rating[self.rated_current],
        }

    def _snow(self, time_s: Array, s: dict[str, Array]) -> Array:
        """Share of the modules under snow (t, u) [-]: it falls in frost, and slides off within hours in the light."""
        run = self._run
        falls = (weather.wetness(run, time_s) > 1.0) & (s["ambient"] < 0.5)
        lies = run.lag("snow", 1.5 * falls.astype(np.float64), 5 * HOUR_S)
        return np.clip(lies + run.condition("snow"), 0.0, 0.97)

    def _orders(self, time_s: Array) -> tuple[NDArray[np.bool_], Array]:
        """Which inverters stand still (t, u), and the set-point of the site (t, 1) [share of the rating]; drawn by date."""
        days = local_days(time_s)
        date = np.floor(days).astype(np.int64)
        first = int(date[0])
        plans = [self._plan(day) for day in range(first, int(date[-1]) + 1)]
        stop, limit = (np.stack([plan[i] for plan in plans])[date - first] for i in range(2))
        hour = ((days - date) * 24.0)[:, None]
        stopped = ((hour >= stop[:, 0]) & (hour < stop[:, 1])) | (self._run.condition("outage") > 0.5)
        limited = (hour >= limit[:, :1]) & (hour < limit[:, 1:2])
        return stopped, np.where(limited, limit[:, 2:], 1.0)

    def _plan(self, day: int) -> tuple[Array, Array]:
        """One day: hours at which each inverter stops and starts (2, u), and a limit of the grid (3,); infinite = none."""
        draw = self._run.generator(f"orders/{day}")
        stop, length, chance = draw.uniform(size=(3, self._n_units))
        begin, hours, level, farm = draw.uniform(size=4)
        stop_h = 8.0 + 7.0 * stop
        stops = np.where(chance < 0.006, np.stack([stop_h, stop_h + 0.3 + 2.5 * length]), np.inf)
        begin_h = 10.0 + 3.0 * begin
        limit = np.array([begin_h, begin_h + 1.0 + 3.0 * hours, 0.4 + 0.4 * level])
        return stops, limit if farm < 0.05 else np.array([np.inf, np.inf, 1.0])

    def _thermal(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, shape = self._run, s["p"].shape
        # Dust filters clog within half a year and are then changed: 6 % more rise, as no tag tells.
        clogged = 0.06 * ((local_days(time_s)[:, None] / 180.0 + self._filter_age) % 1.0)
        cooling = (1.0 + clogged) * (1.0 + 0.03 * run.ou("inverter cooling", shape, 8 * DAY_S))
        rise = igbt_rise(s["p"], s["on"]) * cooling * (1.0 + run.condition("fan_loss"))
        sealed = insulation(s["humidity"], s["dew"]) * np.exp(self._offset("insulation", 0.15))
        return {
            "igbt": run.lag("igbt", s["ambient"] + rise + self._offset("igbt", 1.2), 8 * MINUTE_S),
            "insulation": sealed * np.exp(0.12 * run.ou("insulation", shape, 3 * DAY_S)),
        }


class CentralPlant(_Inverters):
    """Central inverters in containers: combiner boxes, a cabinet with fans, a transformer each."""

    def _thermal(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, p = self._run, s["p"]
        warm = (3.0 + 2.0 * s["on"] + 10.0 * p) * (1.0 + 0.6 * run.condition("fan_loss"))
        cabinet = s["ambient"] + warm + 4.0 * s["light"] / 1000.0 + self._offset("cabinet", 1.0)
        oil = s["ambient"] + 0.85 * machines.top_oil_rise(p) * (1.0 + self._offset("transformer", 0.03))
        return super()._thermal(time_s, s) | {
            "cabinet": run.lag("cabinet", cabinet, 20 * MINUTE_S),
            "transformer": run.lag("transformer", oil, 150 * MINUTE_S),
        }


class StringPlant(_Inverters):
    """String inverters on the posts of the modules, over fields: MPPT groups, no cabinet."""

    tilt_deg, rated_current, groups = 15.0, "mppt_a", 3
