"""Wind turbines, geared or with direct drive: what the wind does to a rotor, and what the farm orders it to do.

The equations come first, as pure functions of arrays; the plants then put them in a row behind their lags.
`drive_train` turns power and speed into temperatures and vibrations, `wind_orders` says when a turbine is stopped or held
back. p = power relative to the rating; t = times, u = turbines, k = sensors. Constants without a reference are plant
practice for sets of 2 to 3 MW.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from stations.plant import Station
from stations.simulate import drive_train, grid, weather, wind_orders
from stations.simulate.conditions import Condition
from stations.simulate.drive_train import Nacelle
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points

AIR = Noise(white=0.2)

PARAMETERS = ("rated_mw", "rated_rotor_rpm", "rated_wind_m_s", "cut_in_m_s", "cut_out_m_s", "altitude_m")
"""Ratings of the station that the physics needs."""
GEARED_PARAMETERS = (*PARAMETERS, "rated_generator_rpm")
"""What a geared turbine needs."""

_ROTOR_POINTS = {
    "MET10CS101": Point("wind", None, Noise(of_value=0.02)),
    "MET10CG101": Point("direction", None, Noise()),
    "MET10CT101": Point("ambient", None, AIR),
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("reactive", None, Noise(of_value=0.003)),
    "MDA10CS101": Point("rotor_speed", None, Noise(of_value=0.001, slow_of_value=0.003)),
    **points("MDA10CG", 101, "pitch", 3, Noise(white=0.05)),
    "MDL10CG101": Point("nacelle_position", None, Noise()),
    "MDL10CT101": Point("nacelle", None, AIR),
}
POINTS = {
    **_ROTOR_POINTS,
    "MKA10CS101": Point("generator_speed", None, Noise(of_value=0.001, slow_of_value=0.003)),
    **drive_train.GEARED_POINTS,
}
"""Tag code -> signal, sensor and noise, of a geared turbine."""
DIRECT_POINTS = {**_ROTOR_POINTS, **drive_train.DIRECT_POINTS}
"""The same of a turbine with direct drive."""

_ROTOR_CONDITIONS = {
    **weather.CONDITIONS,
    **grid.CONDITIONS,
    "noise_mode": Condition(0, "above 0 the rotor is held back for neighbours, 1 = as far as it goes [-]"),
    "wake": Condition(0, "share of the wind that a turbine upstream takes [-]"),
    "unwinding": Condition(0, "turns by which the nacelle has gone back to untwist its cables [-]"),
    "voltage_dip": Condition(0, "share of the grid voltage that is gone [-]"),
}
CONDITIONS = {**_ROTOR_CONDITIONS, **drive_train.GEARED_CONDITIONS}
"""What events can change in a geared turbine."""
DIRECT_CONDITIONS = {**_ROTOR_CONDITIONS, **drive_train.DIRECT_CONDITIONS}
"""The same of a turbine with direct drive."""

RHO_0 = 1.225
"""Air density of a standard power curve [kg/m3], IEC 61400-12-1."""
WAKE_GAIN = 1.03
"""The Weibull wind of the farm is that behind the wakes: the free wind is this much stronger [-]."""
ICE_LOSS = 0.55
"""Share of the power that fully iced blades lose [-]."""

# Published power curve of a 2 MW turbine (EDP Renewables open data, powercurve.csv), relative to its rating.
_CURVE_M_S = np.array([3.5, 4.0, 6.0, 8.0, 10.0, 12.0, 13.5, 14.0])
_CURVE_P = np.array([0.0, 89.0, 368.0, 896.0, 1599.0, 1981.0, 1999.0, 2000.0]) / 2000.0
_FINE_M_S = np.linspace(3.5, 14.0, 211)
_FINE_P: Array = PchipInterpolator(_CURVE_M_S, _CURVE_P)(_FINE_M_S)
CURVE_RATED_M_S = 13.5
"""Rated wind of that turbine [m/s]; the curve of another one is stretched by its own."""


def air_density(ambient: Array, altitude_m: float | Array) -> Array:
    """Dry air by the ISO standard atmosphere [kg/m3] at ``ambient`` [degC].

    Examples
    --------
    >>> round(float(air_density(np.array(10.0), 1650.0)), 2)
    1.02
    """
    density: Array = weather.pressure(altitude_m) / (287.05 * (ambient + 273.15))
    return density


def power_curve(wind: Array, density: Array) -> Array:
    """Power relative to the rating [-]; wind [m/s] corrected for density by IEC 61400-12-1: ``v (rho/1.225)^(1/3)``.

    Examples
    --------
    >>> power_curve(np.array([3.0, 8.0, 12.0, 20.0]), np.array(1.225)).round(3).tolist()
    [0.0, 0.448, 0.99, 1.0]
    """
    p: Array = np.interp(wind * (density / RHO_0) ** (1 / 3), _FINE_M_S, _FINE_P)
    return p


def pitch_angle(wind: Array) -> Array:
    """Blade angle of a producing turbine [deg]: fine pitch up to rated wind, then it spills power."""
    angle: Array = np.interp(wind, [10.5, 12.0, 13.5, 15.0, 20.0, 25.0], [0.0, 1.5, 5.0, 9.5, 18.0, 24.0])
    return angle


def held_back_pitch(available: Array, allowed: Array) -> Array:
    """Blade angle beyond the usual one [deg] of a turbine that may give ``allowed`` of the ``available`` power [-].

    Examples
    --------
    >>> held_back_pitch(np.array([0.4, 0.8]), np.array([0.5, 0.5])).round(1).tolist()
    [0.0, 6.0]
    """
    spilt = np.clip(1.0 - allowed / np.maximum(available, 1e-3), 0.0, 1.0)
    return 12.0 * spilt**0.7


def wake_deficit(direction: Array, sector_deg: Array, depth: Array) -> Array:
    """Share of the wind that neighbours upstream take [-].

    Parameters
    ----------
    direction : (t, u) of the wind [deg].   sector_deg, depth : (u, k) where the neighbours stand, what they take at most.
    """
    off = (direction[..., None] - sector_deg + 180.0) % 360.0 - 180.0
    deficit: Array = (depth * np.exp(-0.5 * (off / 12.0) ** 2)).sum(axis=-1)
    return deficit


class _Turbines:
    """The rotors of one farm: their ratings, their places on the ridge, what stops or slows them."""

    slowest = 0.58
    """Lower speed of the converter relative to the rated [-]."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = station.parameters
        self._n_units = n = len(units)
        self._run = run
        # A ridge is not flat: turbines stand some 150 m above or below the farm's altitude.
        self._altitude_m = self._rating["altitude_m"] + run.generator("altitude").uniform(-150.0, 150.0, n)
        layout = run.generator("layout")
        self._sector_deg = layout.uniform(0.0, 360.0, (n, 2))
        self._depth = layout.uniform(0.02, 0.22, (n, 2))
        self._by_the_village = layout.uniform(0.0, 1.0, n) < 0.10
        self._ice_catch = layout.uniform(0.6, 1.0, n)

    def _offset(self, name: str, sd: float, k: tuple[int, ...] = ()) -> Array:
        """Manufacturing offsets (u, k) of standard deviation ``sd`` [unit of the tag]."""
        return sd * self._run.spread(name, (self._n_units, *k))

    def _rotor(self, time_s: Array) -> dict[str, Array]:
        """Air, wind and orders, and what the rotor makes of them."""
        run, rating, shape = self._run, self._rating, (len(time_s), self._n_units)
        farm_air = weather.ambient(run, time_s, rating["altitude_m"])
        ambient = farm_air - 6.5e-3 * (self._altitude_m - rating["altitude_m"])
        direction = weather.wind_direction(run, time_s) + 4.0 * run.ou("direction/own", shape, HOUR_S)
        taken = wake_deficit(direction, self._sector_deg, self._depth) + run.condition("wake")
        mean = WAKE_GAIN * weather.wind(run, time_s, self._n_units) * (1.0 - np.clip(taken, 0.0, 0.6))
        gusts = weather.gusts(run, shape) * (1.0 + 2.0 * taken)
        wind = mean * (1.0 + gusts)

        orders = wind_orders.orders(run, time_s, self._n_units)
        # The controller starts and stops on slow means, so a gust neither starts nor stops a turbine.
        decision = run.lag("decision", mean, 15 * MINUTE_S)
        windy = (decision > rating["cut_in_m_s"] - 0.3) & (decision < rating["cut_out_m_s"])
        wanted = windy & ~orders.stopped & ~(run.condition("outage") > 0.5)
        running = run.lag("running", wanted.astype(np.float64), 40.0)
        turns = 360.0 * (orders.turns + run.condition("unwinding"))
        # The vane stands a little askew and the yaw drive follows with a lag: both cost power.
        askew = self._offset("yaw", 2.0) + 2.0 * run.ou("yaw error", shape, 5 * DAY_S)
        position = run.lag("yaw", direction, 10 * MINUTE_S) + askew
        facing = np.maximum(np.cos(np.deg2rad(direction - position)), 0.0) ** 1.9
        out = self._power(time_s, wind, facing, ambient, wanted, orders)
        return out | {
            "wind": wind * (1.0 - 0.03 * out["p"]) * (1.0 + self._offset("anemometer", 0.015)),
            "direction": direction % 360.0,
            "nacelle_position": (position + turns) % 360.0,
            "ambient": ambient,
            "running": running,
            "dip": orders.dip,
            "power": out["p"] * rating["rated_mw"],
            "rotor_speed": out["speed"] * rating["rated_rotor_rpm"],
            "gusts": wind,
        }

    def _power(
        self,
        time_s: Array,
        wind: Array,
        facing: Array,
        ambient: Array,
        wanted: NDArray[np.bool_],
        orders: wind_orders.Orders,
    ) -> dict[str, Array]:
        """Power and speed [share of the rating], pitch (t, u, 3) [deg] and ice on the blades [-]."""
        run, rating, shape = self._run, self._rating, wind.shape
        felt = run.lag("rotor inertia", wind, 8.0) * CURVE_RATED_M_S / rating["rated_wind_m_s"]
        blades = 1.0 + self._offset("blades", 0.01) + 0.008 * run.ou("blade soiling", shape, 20 * DAY_S)
        ice = self._ice(time_s, ambient)
        quiet = np.clip(orders.quiet_hours * self._by_the_village + run.condition("noise_mode"), 0.0, 1.0)
        # Poor blades, and a nacelle that does not face the wind, cost wind: above rated there is enough of it all the same.
        able = power_curve(felt * (blades * facing) ** (1 / 3), air_density(ambient, self._altitude_m))
        able = able * (1.0 - ICE_LOSS * ice)
        allowed = np.minimum(orders.set_point, 1.0 - run.condition("derating"))
        allowed = run.lag("set-point", np.minimum(allowed, 1.0 - 0.12 * quiet) * np.ones(shape), 30.0)
        p = np.minimum(able * (1.0 - 0.05 * quiet), allowed) * wanted * (1.0 - 0.9 * orders.dip)
        at_work = np.clip(felt / 10.0, self.slowest, 1.0 - 0.12 * quiet) * (1.0 + 0.02 * orders.dip)
        pitch = pitch_angle(felt) + held_back_pitch(able, allowed)
        blade = run.lag("pitch", np.where(wanted, pitch, 75.0), 4.0)
        # A leaking accumulator lets one blade lag behind its sisters.
        askew = run.condition("pitch_spread")[..., None] * np.array([1.0, -0.35, -0.65])
        return {
            "p": p,
            "speed": run.lag("rotor speed", np.where(wanted, at_work, 0.05), 20.0),
            "pitch": blade[..., None] + self._offset("pitch", 0.08, (3,)) + askew,
            "ice": ice,
        }

    def _ice(self, time_s: Array, ambient: Array) -> Array:
        """Ice on the blades (t, u), 1 = full: it grows in freezing fog within hours, and falls off as it thaws [-]."""
        run = self._run
        wet = weather.humidity(run, time_s, self._rating["altitude_m"])
        frost = 1.0 / (1.0 + np.exp((ambient - 0.5) / 0.4))
        fog = 1.0 / (1.0 + np.exp((97.8 - wet) / 0.5))
        grown = run.lag("ice", frost * fog * self._ice_catch, 3 * HOUR_S)
        return np.clip(grown + run.condition("icing")[:, :1] * self._ice_catch, 0.0, 1.0)


class GearedPlant(_Turbines):
    """A farm of geared turbines with doubly-fed induction generators."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        super().__init__(station, units, run)
        self._nacelle = Nacelle(self._rating["rated_mw"], self._n_units, run)

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s since 1970]: (t, u) or (t, u, k) [unit of the tag]."""
        rotor = self._rotor(time_s)
        rotor["generator_speed"] = rotor["speed"] * self._rating["rated_generator_rpm"]
        return self._nacelle.geared(rotor)


class DirectDrivePlant(_Turbines):
    """A farm of turbines with permanent-magnet generators on the rotor shaft: two main bearings, no gearbox."""

    slowest = 0.50

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        super().__init__(station, units, run)
        self._nacelle = Nacelle(self._rating["rated_mw"], self._n_units, run)

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``DIRECT_POINTS`` at ``time_s`` (t,) [s since 1970]: (t, u) or (t, u, k) [unit of the tag]."""
        return self._nacelle.direct(self._rotor(time_s))
