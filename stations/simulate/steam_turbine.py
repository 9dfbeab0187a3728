"""Steam turbines of coal units, heating plants and combined cycles: condenser, bearings and shaft line.

The equations come first, as pure functions of arrays; ``ShaftLine`` then puts them behind their lags. p = power
and n = speed relative to their ratings; t = times, u = units, k = bearings. Constants without a reference are plant practice for
3000 rpm sets of 150 to 660 MW.
"""

from __future__ import annotations

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point

TEMPERATURE = Noise(white=0.2, slow=0.5)
WATER = Noise(white=0.2)
VIBRATION = Noise(of_value=0.03, slow_of_value=0.04)

LOWEST_KPA = 2.8
"""Below it the last blades gain nothing: the cooling water is throttled instead [kPa]."""
CRITICAL_SPEEDS = (0.34, 0.48, 0.56, 0.73)
"""Critical speeds of generator, high-pressure rotor and low-pressure rotors, and the generator's second [of the rated speed]."""


def saturation_pressure(temperature: Array) -> Array:
    """Pressure of saturated steam [kPa] at 0 .. 60 degC [degC]: Magnus form, Alduchov and Eskridge, 1996, eq. (21).

    Examples
    --------
    >>> saturation_pressure(np.array([20.0, 33.0, 45.0])).round(2).tolist()
    [2.33, 5.02, 9.59]
    """
    return np.asarray(0.61094 * np.exp(17.625 * temperature / (temperature + 243.04)))


def water_rise(exhaust: Array, flow: Array) -> Array:
    """Rise of the cooling water in the condenser [K]: 9.5 K at full exhaust steam [-] and full water flow [-]."""
    return 9.5 * (0.12 + 0.88 * exhaust) / flow


def terminal_difference(rise: Array, cleanliness: Array, flow: Array) -> Array:
    """Saturation less water outlet [K] at ``rise`` [K]: effectiveness of a condenser of 1.15 transfer units when clean."""
    return rise / np.expm1(1.15 * cleanliness * flow**-0.5)


def condenser_pressure(cold: Array, exhaust: Array, flow: Array, cleanliness: Array, air: Array) -> Array:
    """Condenser pressure [kPa].

    Parameters
    ----------
    cold : cooling-water inlet [degC].   exhaust, flow : steam and water relative to their ratings [-].
    cleanliness : heat transfer relative to clean tubes [-].   air : rise of the saturation temperature by air [K].

    Examples
    --------
    >>> one = np.array(1.0)
    >>> condenser_pressure(np.array([14.0, 34.0, 38.0]), one, one, one, 0 * one).round(1).tolist()
    [3.8, 11.1, 13.6]
    """
    rise = water_rise(exhaust, flow)
    saturated = cold + rise + terminal_difference(rise, cleanliness, flow) + air
    return np.maximum(saturation_pressure(saturated), LOWEST_KPA)


def bearing_metal(oil: Array, p: Array, n: Array, shear: Array, load: Array) -> Array:
    """Metal temperature of a bearing [degC] over its supply oil [degC]: film shear with n^1.5, and load.

    ``shear`` (26 .. 40 K) and ``load`` (6 .. 8 K) are those of the bearing at full speed and full power.

    Examples
    --------
    >>> bearing_metal(np.array(43.0), np.array([0.3, 1.0]), np.array(1.0), np.array(30.0), np.array(7.0)).tolist()
    [75.1, 80.0]
    """
    return oil + (shear + load * p) * n**1.5


def shaft_vibration(length: Array, along: Array, across: Array, rest: Array) -> Array:
    """Shaft vibration [um p-p]: a 1X vector of ``length`` that drifted ``along`` and ``across`` itself, and the rest [um].

    A change can lower the overall value, so amplitude and phase belong together.

    Examples
    --------
    >>> shaft_vibration(np.array(40.0), np.array([0.0, -15.0]), np.array([0.0, 0.0]), np.array(9.0)).round(1).tolist()
    [41.0, 26.6]
    """
    return np.sqrt((length + along) ** 2 + across**2 + rest**2)


def run_up_gain(n: Array) -> Array:
    """Vibration at speed n relative to that at full speed [-]: unbalance grows with n^2, criticals resound.

    Examples
    --------
    >>> run_up_gain(np.array([0.0, 0.2, 0.48, 1.0])).round(2).tolist()
    [0.02, 0.06, 3.25, 1.0]
    """
    resonance = sum(3.0 * np.exp(-(((n - critical) / 0.03) ** 2)) for critical in CRITICAL_SPEEDS)
    return 0.02 + 0.98 * n**2 + resonance


def shaft_points(n: int) -> dict[str, Point]:
    """Points of the shaft line of ``n`` bearings, and of the condenser."""
    kinds = (
        ("CT101", "bearing_metal", TEMPERATURE),
        ("CT121", "return_oil", TEMPERATURE),
        ("CY101", "shaft_x", VIBRATION),
        ("CY102", "shaft_y", VIBRATION),
        ("CY111", "cap", VIBRATION),
    )
    return {
        **{f"MAD{k + 1:02d}{code}": Point(signal, k, noise) for code, signal, noise in kinds for k in range(n)},
        "MAA10CS101": Point("speed", None, Noise(of_span=0.0001)),
        "MAV10CT101": Point("oil", None, Noise(white=0.2, slow=0.3)),
        "MAD02CG101": Point("axial", None, Noise(white=0.004, slow=0.012)),
        "MAA10CG101": Point("expansion_hp", None, Noise(white=0.01, slow=0.06)),
        "MAA10CG102": Point("expansion_lp", None, Noise(white=0.01, slow=0.08)),
        "MAA10CY101": Point("eccentricity", None, VIBRATION),
        "MAG10CP101": Point("vacuum", None, Noise(white=0.02, slow_of_value=0.012)),
        "MAG10CL101": Point("hotwell", None, Noise(white=4.0, slow=8.0)),
        "PAC10CT101": Point("cold_water", None, WATER),
        "PAC10CT102": Point("warm_water", None, Noise(white=0.2, slow=0.2)),
    }


def shaft_conditions(n: int) -> dict[str, Condition]:
    """What a shaft line of ``n`` bearings and its condenser feel."""
    return {
        "bearing_metal": Condition(n, "heat of a bearing's metal at full speed [K]"),
        "bearing_oil": Condition(0, "share of the lube-oil flow that is lost [-]"),
        "shaft_1x": Condition(n, "change of the 1X vector of the shaft at a bearing [um p-p]"),
        "shaft_phase": Condition(n, "rotation of that change [deg]"),
        "condenser_fouling": Condition(0, "share of the condenser's heat transfer that is lost [-]"),
        "air_in_leak": Condition(0, "rise of the saturation temperature by air in the condenser [K]"),
        "cw_flow": Condition(0, "change of the cooling-water flow, as a share of it [-]"),
        "ball_cleaning": Condition(0, "1 = the tubes are being cleaned [-]"),
        "valve_test": Condition(0, "1 = turbine valves are tested one after the other [-]"),
    }


class ShaftLine:
    """The shaft lines of one station: bearings, vibration, position."""

    def __init__(self, run: Run, n_units: int, n_bearings: int) -> None:
        shape = (n_units, n_bearings)
        self._run, self._shape = run, shape
        self._shear = 33.5 + 2.6 * run.spread("bearing shear", shape).clip(-1.9, 1.9)
        self._load = 7.0 + 0.5 * run.spread("bearing load", shape).clip(-2.0, 2.0)
        self._return = 15.0 + 1.2 * run.spread("return oil", shape).clip(-2.0, 2.0)
        self._length = 46.0 + 7.0 * run.spread("unbalance", shape).clip(-1.8, 1.8)
        self._turn = 2 * np.pi * run.generator("thermal vector").uniform(0.0, 1.0, shape)

    def signals(self, p: Array, n: Array, oil: Array, exhaust: Array, dry: Array) -> dict[str, Array]:
        """Bearings and shaft, each input (t, u).

        Parameters
        ----------
        p, n : power and speed [-].   oil : supply [degC].   exhaust : steam to the condenser [-].
        dry : share of the oil flow that is lost [-].
        """
        return self._bearings(p, n, oil, dry) | self._shaft(p, n) | self._position(p, n, exhaust)

    def _bearings(self, p: Array, n: Array, oil: Array, dry: Array) -> dict[str, Array]:
        run, (k_n, k_oil) = self._run, (n[..., None], oil[..., None])
        load = p[..., None] + 0.15 * run.ou("load sharing", (*p.shape, self._shape[1]), 3 * DAY_S)
        wiped = run.condition("bearing_metal") * k_n
        metal = run.lag("metal", bearing_metal(k_oil, load, k_n, self._shear, self._load) + wiped, 14 * MINUTE_S)
        starved = run.lag("starved", 46.0 * dry * n, MINUTE_S)[..., None]
        warm = k_oil + (self._return + 3.0 * load) * k_n + 0.08 * wiped
        return {
            "bearing_metal": metal + starved,
            "return_oil": run.lag("return oil", warm, 10 * MINUTE_S) + 0.12 * starved,
        }

    def _shaft(self, p: Array, n: Array) -> dict[str, Array]:
        """Load and casing bend the 1X vector slowly; some of it no measurement explains."""
        run, shape = self._run, (*p.shape, self._shape[1])
        thermal = 20.0 * (run.lag("thermal vector", p, 1.5 * HOUR_S) - 0.65)[..., None]
        along = thermal * np.cos(self._turn) + 2.2 * run.ou("vector along", shape, 9 * HOUR_S)
        across = thermal * np.sin(self._turn) + 2.2 * run.ou("vector across", shape, 9 * HOUR_S)
        change, angle = run.condition("shaft_1x"), np.deg2rad(40.0 + run.condition("shaft_phase"))
        test = 3.0 * run.condition("valve_test")[..., None]
        rest = 9.0 * (1.0 + 0.1 * run.ou("shaft rest", shape, HOUR_S)) + test
        turned, gain = self._turn + 0.7, run_up_gain(n)[..., None]
        x = shaft_vibration(self._length, along + change * np.cos(angle), across + change * np.sin(angle), rest)
        along = along * np.cos(0.7) - across * np.sin(0.7) + 1.5 * np.cos(turned)
        y = shaft_vibration(
            0.9 * self._length, along + 0.85 * change * np.cos(angle), across + change * np.sin(angle), rest
        )
        cap = 0.5 + 0.034 * x * (1.0 + 0.12 * run.spread("cap", self._shape))
        eccentric = 26.0 + 5.0 * run.spread("eccentricity", self._shape[:1]) + 0.2 * np.max(change, axis=-1)
        return {
            "shaft_x": x * gain,
            "shaft_y": y * gain,
            "cap": cap * gain,
            "eccentricity": eccentric * (1.0 + 0.05 * run.ou("eccentricity", p.shape, DAY_S)) + 0.0 * n,
        }

    def _position(self, p: Array, n: Array, exhaust: Array) -> dict[str, Array]:
        """The rotor follows the steam in half an hour, the casing in three: the difference is what expands."""
        run, u = self._run, self._shape[0]
        rotor, casing = run.lag("rotor", p, 0.5 * HOUR_S), run.lag("casing heat", p, 3 * HOUR_S)
        thrust = 0.30 * (p - 0.6) + 0.18 * (casing - 0.6) + 0.35 * (p - exhaust) + 0.04 * run.condition("valve_test")
        wander = 0.03 * run.ou("axial", p.shape, 2 * DAY_S)
        return {
            "axial": (0.08 + thrust + wander) * n + 0.06 * run.spread("axial", (u,)),
            "expansion_hp": 2.6 + 3.5 * (rotor - casing) + 0.9 * casing * n + 0.4 * run.spread("hp", (u,)),
            "expansion_lp": 9.5 + 2.0 * (rotor - casing) + 2.5 * exhaust - 1.2 * n + 0.6 * run.spread("lp", (u,)),
        }
