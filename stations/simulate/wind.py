"""Geared wind turbine with a doubly-fed induction generator: rotor, drive train, generator, converter, tower.

The equations come first, as pure functions of arrays; ``GearedPlant`` then puts them in a row behind their lags.
p = power relative to the rating; t = times, u = turbines, k = sensors. Constants without a reference are plant practice
for sets of 2 to 3 MW.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from stations.faults import Fault, gearbox_damage
from stations.plant import Station
from stations.simulate import drivers
from stations.simulate.signals import HOUR_S, MINUTE_S, Array, Noise, Point, Run, points

TEMPERATURE = Noise(white=0.2, slow=0.9)
AIR = Noise(white=0.2)
VIBRATION = Noise(of_value=0.04, slow_of_value=0.04)
STARTS = Noise(of_value=0.04, slow_of_value=0.08)
PITCH = Noise(white=0.05)

PARAMETERS = ("rated_mw", "rated_rotor_rpm", "rated_generator_rpm", "cut_in_m_s", "cut_out_m_s", "altitude_m")
"""Ratings of the station that the physics needs."""

POINTS = {
    "MET10CS101": Point("wind", None, Noise(of_value=0.02)),
    "MET10CG101": Point("direction", None, Noise()),
    "MET10CT101": Point("ambient", None, AIR),
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("reactive", None, Noise(of_value=0.003)),
    "MDA10CS101": Point("rotor_speed", None, Noise(of_value=0.001, slow_of_value=0.003)),
    "MKA10CS101": Point("generator_speed", None, Noise(of_value=0.001, slow_of_value=0.003)),
    **points("MDA10CG", 101, "pitch", 3, PITCH),
    "MDL10CG101": Point("nacelle_position", None, Noise()),
    "MDL10CT101": Point("nacelle", None, AIR),
    "MDK10CT101": Point("main_bearing", None, TEMPERATURE),
    "MDK20CT101": Point("gear_oil", None, TEMPERATURE),
    "MDK20CT102": Point("high_speed_shaft", None, TEMPERATURE),
    "MDK20CT103": Point("intermediate_shaft", None, TEMPERATURE),
    "MDK20CY101": Point("gear_vibration", None, VIBRATION),
    **points("MKD10CT", 101, "generator_bearings", 2, TEMPERATURE),
    **points("MKA10CT", 101, "winding", 3, TEMPERATURE),
    "MSE10CT101": Point("converter", None, TEMPERATURE),
    "BAT10CT101": Point("transformer", None, TEMPERATURE),
    "MDX10CP101": Point("hydraulic_pressure", None, Noise(white=0.5)),
    "MDX10CU101": Point("hydraulic_starts", None, STARTS),
    **points("UMD10CY", 101, "tower", 2, VIBRATION),
}
"""Tag code -> signal, sensor and noise."""

RHO_0 = 1.225
"""Air density of a standard power curve [kg/m3], IEC 61400-12-1."""

# Published power curve of a 2 MW turbine (EDP Renewables open data, powercurve.csv), relative to its rating.
_CURVE_M_S = np.array([3.5, 4.0, 6.0, 8.0, 10.0, 12.0, 13.5, 14.0])
_CURVE_P = np.array([0.0, 89.0, 368.0, 896.0, 1599.0, 1981.0, 1999.0, 2000.0]) / 2000.0
_FINE_M_S = np.linspace(3.5, 14.0, 211)
_FINE_P: Array = PchipInterpolator(_CURVE_M_S, _CURVE_P)(_FINE_M_S)


def air_density(ambient: Array, altitude_m: float) -> Array:
    """Dry air by the ISO standard atmosphere [kg/m3] at ``ambient`` [degC].

    Examples
    --------
    >>> round(float(air_density(np.array(10.0), 1650.0)), 2)
    1.02
    """
    pressure = 101325.0 * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588
    density: Array = pressure / (287.05 * (ambient + 273.15))
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


def rotor_speed(wind: Array) -> Array:
    """Rotor speed relative to rated [-]: constant tip-speed ratio between the converter's lower speed and the rated."""
    return np.clip(wind / 10.0, 0.58, 1.0)


def pitch_angle(wind: Array) -> Array:
    """Blade angle of a producing turbine [deg]: fine pitch up to rated wind, then it spills power."""
    angle: Array = np.interp(wind, [10.5, 12.0, 13.5, 15.0, 20.0, 25.0], [0.0, 1.5, 5.0, 9.5, 18.0, 24.0])
    return angle


def gear_oil_steady(nacelle: Array, p: Array, running: Array) -> Array:
    """Gear-oil temperature [degC] over the nacelle's: above 58 a fan takes three quarters of it, a heater holds 10.

    Examples
    --------
    >>> gear_oil_steady(np.array([5.0, 20.0, 35.0]), np.ones(3), np.ones(3)).tolist()
    [51.0, 60.0, 63.75]
    """
    natural = nacelle + (8.0 + 38.0 * p**0.8) * running
    return np.maximum(np.where(natural > 58.0, 58.0 + 0.25 * (natural - 58.0), natural), 10.0)


class GearedPlant:
    """The turbines of one farm: their ratings, their manufacturing spread, the faults that grow in them."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run, faults: Sequence[Fault]) -> None:
        self._rating = station.parameters
        self._units = units
        self._run = run
        self._faults = [(fault, units.index(fault.unit)) for fault in faults]
        # A ridge is not flat: turbines stand some 150 m above or below the farm's altitude.
        self._altitude_m = self._rating["altitude_m"] + run.generator("altitude").uniform(-150.0, 150.0, len(units))
        self._pump_start = run.generator("pumps").uniform(0.0, 1.0, len(units))

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s since 1970]: (t, u) or (t, u, k) [unit of the tag]."""
        out = self._aerodynamics(time_s)
        out |= self._drive_train(time_s, out)
        out |= self._electrical(out)
        out |= self._mechanical(out)
        return out

    def _offset(self, name: str, sd: float, k: tuple[int, ...] = ()) -> Array:
        """Manufacturing offsets (u, k) of standard deviation ``sd`` [unit of the tag]."""
        return sd * self._run.spread(name, (len(self._units), *k))

    def _aerodynamics(self, time_s: Array) -> dict[str, Array]:
        run, rating = self._run, self._rating
        shape = len(time_s), len(self._units)
        ambient = drivers.ambient(run, time_s, rating["altitude_m"])
        ambient = ambient - 6.5e-3 * (self._altitude_m - rating["altitude_m"])
        mean = drivers.wind(run, time_s, shape[1])
        wind = mean * (1.0 + drivers.gusts(run, shape))
        # The controller starts and stops on slow means, so a gust neither starts nor stops a turbine.
        decision = run.lag("decision", mean, 15 * MINUTE_S)
        wanted = (decision > rating["cut_in_m_s"] - 0.3) & (decision < rating["cut_out_m_s"])
        running = run.lag("running", wanted.astype(np.float64), 40.0)
        felt = run.lag("rotor inertia", wind, 8.0)
        curve = power_curve(felt, air_density(ambient, rating["altitude_m"]))
        p = np.minimum(curve * (1.0 + self._offset("blades", 0.01)), 1.0) * wanted
        speed = run.lag("rotor speed", rotor_speed(felt) * wanted + 0.05 * ~wanted, 20.0)
        pitch = run.lag("pitch", np.where(wanted, pitch_angle(felt), 75.0), 4.0)
        direction = drivers.wind_direction(run, time_s) + 4.0 * run.ou("direction/own", shape, HOUR_S)
        return {
            "wind": wind * (1.0 - 0.03 * p) * (1.0 + self._offset("anemometer", 0.015)),
            "direction": direction % 360.0,
            "nacelle_position": run.lag("yaw", direction, 10 * MINUTE_S) % 360.0,
            "ambient": ambient,
            "running": running,
            "p": p,
            "power": p * rating["rated_mw"],
            "speed": speed,
            "rotor_speed": speed * rating["rated_rotor_rpm"],
            "generator_speed": speed * rating["rated_generator_rpm"],
            "pitch": pitch[..., None] + self._offset("pitch", 0.08, (3,)),
            "gusts": wind,
        }

    def _drive_train(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, p, running = self._run, s["p"], s["running"]
        nacelle = run.lag("nacelle", s["ambient"] + 4.0 + 4.0 * p + self._offset("nacelle", 0.6), 30 * MINUTE_S)
        oil = run.lag("gear oil", gear_oil_steady(nacelle, p, running) + self._offset("gear oil", 1.0), 50 * MINUTE_S)
        fast = oil + (3.0 + 11.0 * p) * running + self._offset("high speed shaft", 1.0)
        vibration = (0.8 + 1.5 * p**0.7) * running * (1.0 + self._offset("gearbox", 0.10))
        for fault, unit in self._faults:
            symptoms = gearbox_damage(fault.progress(time_s), p[:, unit], fault.severity)
            fast[:, unit] += symptoms.bearing
            vibration[:, unit] *= 1.0 + symptoms.vibration
        intermediate = oil + (2.0 + 8.0 * p) * running + self._offset("intermediate shaft", 1.0)
        main = nacelle + (6.0 + 7.0 * p) * running + self._offset("main bearing", 1.0)
        return {
            "nacelle": nacelle,
            "gear_oil": oil,
            "high_speed_shaft": run.lag("high speed shaft", fast, 25 * MINUTE_S),
            "intermediate_shaft": run.lag("intermediate shaft", intermediate, 25 * MINUTE_S),
            "main_bearing": run.lag("main bearing", main, 3 * HOUR_S),
            "gear_vibration": vibration,
        }

    def _electrical(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p, running, nacelle = self._run, s["p"], s["running"], s["nacelle"]
        # The voltage control of the farm asks every turbine for the same share of MVar.
        reactive = (0.08 * run.ou("voltage", (len(p), 1), 3 * HOUR_S) + 0.05 * p) * running
        ends = np.stack([12.0 * running + 26.0 * p, 11.0 * running + 22.0 * p], axis=-1)
        bearings = nacelle[..., None] + ends + self._offset("generator bearings", 1.2, (2,))
        winding = nacelle + 15.0 * running + 55.0 * p**2 + 10.0 * p
        # A dry-type or sealed transformer in the tower: no-load losses stay as long as the farm is energised.
        transformer = s["ambient"] + 22.0 + 48.0 * p**1.6 + self._offset("transformer", 1.5)
        converter = nacelle + 8.0 * running + 20.0 * p + self._offset("converter", 1.0)
        return {
            "reactive": reactive * self._rating["rated_mw"],
            "generator_bearings": run.lag("generator bearings", bearings, 25 * MINUTE_S),
            "winding": run.lag("winding", winding[..., None] + self._offset("winding", 1.5, (3,)), 25 * MINUTE_S),
            "converter": run.lag("converter", converter, 10 * MINUTE_S),
            "transformer": run.lag("transformer", transformer, 150 * MINUTE_S),
        }

    def _mechanical(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p = self._run, s["p"]
        unrest = 1.0 + 0.10 * run.ou("hydraulics", p.shape, 6 * HOUR_S)
        starts = 4.0 * (1.0 + self._offset("hydraulic leak", 0.12)) * unrest * (0.5 + 0.5 * s["running"])
        phase = run.integrate("hydraulic pump", starts / HOUR_S, self._pump_start)
        # Thrust bends the tower most near rated wind; gusts shake it at any wind.
        fore_aft = (0.015 + 0.0035 * s["gusts"] + 0.045 * p * s["speed"]) * (1.0 + self._offset("tower", 0.08))
        return {
            "hydraulic_starts": starts,
            "hydraulic_pressure": 200.0 - 45.0 * (phase % 1.0),
            "tower": fore_aft[..., None] * np.array([1.0, 0.6]),
        }
