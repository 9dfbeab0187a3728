"""Inside the nacelle and the tower: gearbox, main and generator bearings, winding, converter, transformer, hydraulics.

p = power and n = speed relative to their ratings; t = times, u = turbines, k = sensors. Constants without a reference are
plant practice for wind turbines of 2 to 3 MW.
"""

from __future__ import annotations

import numpy as np

from stations.simulate import machines
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points

TEMPERATURE = Noise(white=0.2, slow=0.9)
VIBRATION = Noise(of_value=0.04, slow_of_value=0.04)
STARTS = Noise(of_value=0.04, slow_of_value=0.08)

_POINTS = {
    **points("MKA10CT", 101, "winding", 3, TEMPERATURE),
    "MSE10CT101": Point("converter", None, TEMPERATURE),
    "BAT10CT101": Point("transformer", None, TEMPERATURE),
    "MDX10CP101": Point("hydraulic_pressure", None, Noise(white=0.5), cyclic=True),
    "MDX10CU101": Point("hydraulic_starts", None, STARTS),
    **points("UMD10CY", 101, "tower", 2, VIBRATION),
}
GEARED_POINTS = {
    **_POINTS,
    **points("MDK10CT", 101, "main_bearings", 1, TEMPERATURE),
    "MDK20CT101": Point("gear_oil", None, TEMPERATURE),
    **points("MDK20CT", 102, "gear_bearings", 2, TEMPERATURE),
    "MDK20CY101": Point("gear_vibration", None, VIBRATION),
    **points("MKD10CT", 101, "generator_bearings", 2, TEMPERATURE),
}
DIRECT_POINTS = {
    **_POINTS,
    **points("MDK10CT", 101, "main_bearings", 2, TEMPERATURE),
    "MDK10CY101": Point("main_vibration", None, VIBRATION),
}

_CONDITIONS = {
    "winding_heat": Condition(0, "heat of the generator winding at rated power [K]"),
    "converter_cooling": Condition(0, "rise of the converter over the nacelle beyond normal, as a share of it [-]"),
    "transformer_cooling": Condition(0, "rise of the transformer over air beyond normal, as a share of it [-]"),
    "hydraulic_leak": Condition(0, "oil lost by hydraulics or accumulators beyond normal, as a share of it [-]"),
    "hydraulic_loss": Condition(0, "pressure lost by the hydraulics [bar]"),
    "pitch_spread": Condition(0, "angle by which a blade is off its set-point [deg]"),
}
GEARED_CONDITIONS = {
    **_CONDITIONS,
    "main_bearings": Condition(1, "heat of the main bearing at rated speed [K]"),
    "gear_bearings": Condition(2, "heat of a bearing of the gearbox at rated power [K]"),
    "gear_wear": Condition(0, "vibration of the gearbox beyond normal, as a share of it [-]"),
    "gear_cooling": Condition(0, "share of the oil cooler and its fan that is lost [-]"),
    "gear_oil_flow": Condition(0, "share of the oil that no longer reaches the gearbox bearings [-]"),
    "generator_bearings": Condition(2, "heat of a generator bearing at rated power [K]"),
}
DIRECT_CONDITIONS = {
    **_CONDITIONS,
    "main_bearings": Condition(2, "heat of a main bearing at rated speed [K]"),
    "main_wear": Condition(0, "vibration of the main bearings beyond normal, as a share of it [-]"),
}

OIL_THERMOSTAT_C, OIL_HEATER_C = 58.0, 10.0
"""Above the one a fan cools the gear oil, below the other a heater warms it [degC]."""


def gear_oil_steady(nacelle: Array, p: Array, running: Array, lost: Array | float = 0.0) -> Array:
    """Gear-oil temperature [degC] over the nacelle's: above 58 a fan takes three quarters of it, a heater holds 10.

    ``lost`` is the share of the cooler that is gone [-]: the fan takes less, and without any flow the oil is 75 % hotter.

    Examples
    --------
    >>> gear_oil_steady(np.array([5.0, 20.0, 35.0]), np.ones(3), np.ones(3)).tolist()
    [51.0, 60.0, 63.75]
    >>> gear_oil_steady(np.array([5.0, 20.0]), np.ones(2), np.ones(2), np.ones(2)).round(1).tolist()
    [85.5, 100.5]
    """
    natural = nacelle + (8.0 + 38.0 * p**0.8) * running * (1.0 + 0.75 * lost)
    slope = 0.25 + 0.75 * np.clip(lost, 0.0, 1.0)
    cooled = np.where(natural > OIL_THERMOSTAT_C, OIL_THERMOSTAT_C + slope * (natural - OIL_THERMOSTAT_C), natural)
    return np.maximum(cooled, OIL_HEATER_C)


def gear_vibration(p: Array, running: Array) -> Array:
    """Vibration of the gearbox [mm/s rms]: it grows with the torque."""
    return (0.8 + 1.5 * p**0.7) * running


def transformer_steady(ambient: Array, p: Array, lost: Array | float = 0.0) -> Array:
    """Transformer in the tower [degC]: losses without load stay as long as the farm is energised.

    Examples
    --------
    >>> transformer_steady(np.array(20.0), np.array([0.0, 1.0])).tolist()
    [42.0, 90.0]
    """
    rise: Array = (22.0 + 48.0 * p**1.6) * (1.0 + lost)
    return ambient + rise


class Nacelle:
    """The nacelles of one farm: their manufacturing spread, the state of their pumps and coolers.

    ``geared`` and ``direct`` want what the rotor gives: ``p``, ``speed``, ``running`` (0 .. 1), ``gusts`` (wind [m/s]),
    ``ice``, ``dip``, each (t, u), and ``ambient`` [degC].
    """

    def __init__(self, rated_mw: float, n_units: int, run: Run) -> None:
        self._rated_mw = rated_mw
        self._n_units = n_units
        self._run = run
        self._pump_start = run.generator("pumps").uniform(0.0, 1.0, n_units)

    def geared(self, rotor: dict[str, Array]) -> dict[str, Array]:
        """Signals of a turbine with gearbox, those of the rotor among them."""
        s = self._air(rotor)
        s |= self._gearbox(s)
        s |= self._main_bearings(s, np.array([0.0]))
        s |= self._generator_bearings(s)
        s |= self._electrical(s)
        return s | self._mechanical(s)

    def direct(self, rotor: dict[str, Array]) -> dict[str, Array]:
        """Signals of a turbine with direct drive, those of the rotor among them."""
        s = self._air(rotor)
        s |= self._main_bearings(s, np.array([0.0, 1.5]))
        wander = 1.0 + 0.06 * self._run.ou("main vibration", s["p"].shape, 4 * DAY_S)
        vibration = (0.25 + 0.30 * s["speed"] + 0.35 * s["p"]) * s["running"] * wander
        vibration = vibration * (1.0 + self._offset("main vibration", 0.10)) * (1.0 + 0.6 * s["ice"])
        s["main_vibration"] = vibration * (1.0 + self._run.condition("main_wear"))
        s |= self._electrical(s)
        return s | self._mechanical(s)

    def _offset(self, name: str, sd: float, k: tuple[int, ...] = ()) -> Array:
        """Manufacturing offsets (u, k) of standard deviation ``sd`` [unit of the tag]."""
        return sd * self._run.spread(name, (self._n_units, *k))

    def _wander(self, name: str, sd: float, days: float) -> Array:
        """A factor of about 1 (t, u) that no tag explains: a filter that clogs, a wall that the wind cools better."""
        return 1.0 + sd * self._run.ou(name, (len(self._time), self._n_units), days * DAY_S)

    def _air(self, rotor: dict[str, Array]) -> dict[str, Array]:
        run, p = self._run, rotor["p"]
        self._time = p[:, 0]
        warm = (4.0 + 4.0 * p) * self._wander("nacelle vents", 0.08, 10.0)
        steady = rotor["ambient"] + warm + self._offset("nacelle", 0.6)
        return rotor | {"nacelle": run.lag("nacelle", steady, 30 * MINUTE_S)}

    def _gearbox(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p, running, speed = self._run, s["p"], s["running"], s["speed"]
        starved = run.condition("gear_oil_flow")
        lost = run.condition("gear_cooling")
        friction = running * self._wander("gear friction", 0.025, 15.0)
        oil = gear_oil_steady(s["nacelle"], p, friction, lost) + self._offset("gear oil", 1.0)
        oil = run.lag("gear oil", oil, 50 * MINUTE_S)
        rise = np.stack([3.0 + 11.0 * p, 2.0 + 8.0 * p], axis=-1) * running[..., None]
        heat = rise * (1.0 + starved[..., None]) + run.condition("gear_bearings") * np.sqrt(p)[..., None]
        bearings = oil[..., None] + heat + self._offset("gear bearings", 1.0, (2,))
        shaken = gear_vibration(p, running) * (1.0 + self._offset("gearbox", 0.10)) * (0.85 + 0.15 * speed)
        shaken = shaken * self._wander("gear mesh", 0.03, 8.0) * (1.0 + run.condition("gear_wear"))
        return {
            "gear_oil": oil,
            "gear_bearings": run.lag("gear bearings", bearings, 25 * MINUTE_S),
            "gear_vibration": shaken,
        }

    def _main_bearings(self, s: dict[str, Array], above: Array) -> dict[str, Array]:
        """``above`` (k,) tells how much warmer each runs than the front one [K]; the heat of a worn one goes with the speed."""
        run, k = self._run, len(above)
        own = (6.0 + 7.0 * s["p"]) * s["running"] * self._wander("grease", 0.05, 12.0)
        worn = run.condition("main_bearings") * (s["speed"] * s["running"])[..., None]
        steady = (s["nacelle"] + own)[..., None] + above + worn + self._offset("main bearings", 1.0, (k,))
        return {"main_bearings": run.lag("main bearings", steady, 3 * HOUR_S)}

    def _generator_bearings(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p, running = self._run, s["p"], s["running"]
        ends = np.stack([12.0 * running + 26.0 * p, 11.0 * running + 22.0 * p], axis=-1)
        ends = ends * self._wander("generator grease", 0.03, 12.0)[..., None]
        worn = run.condition("generator_bearings") * (running * (0.35 + 0.65 * p))[..., None]
        steady = s["nacelle"][..., None] + ends + worn + self._offset("generator bearings", 1.2, (2,))
        return {"generator_bearings": run.lag("generator bearings", steady, 25 * MINUTE_S)}

    def _electrical(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p, running, nacelle = self._run, s["p"], s["running"], s["nacelle"]
        # The voltage control of the farm asks every turbine for the same share of MVar, and for more when it dips.
        reactive = (0.08 * run.ou("voltage", (len(p), 1), 3 * HOUR_S) + 0.05 * p + 0.5 * s["dip"]) * running
        winding = (15.0 * running + 55.0 * p**2 + 10.0 * p) * self._wander("generator cooler", 0.03, 15.0)
        winding = nacelle + winding + run.condition("winding_heat") * p**2
        warm = (8.0 * running + 20.0 * p) * self._wander("converter filter", 0.05, 10.0)
        converter = nacelle + warm * (1.0 + run.condition("converter_cooling")) + self._offset("converter", 1.0)
        transformer = transformer_steady(s["ambient"], p, run.condition("transformer_cooling"))
        return {
            "reactive": reactive * self._rated_mw,
            "winding": run.lag("winding", winding[..., None] + self._offset("winding", 1.5, (3,)), 25 * MINUTE_S),
            "converter": run.lag("converter", converter, 10 * MINUTE_S),
            "transformer": run.lag("transformer", transformer + self._offset("transformer", 1.5), 150 * MINUTE_S),
        }

    def _mechanical(self, s: dict[str, Array]) -> dict[str, Array]:
        run, p = self._run, s["p"]
        unrest = 1.0 + 0.10 * run.ou("hydraulics", p.shape, 6 * HOUR_S)
        leak = 4.0 * (1.0 + self._offset("hydraulic leak", 0.12)) * (1.0 + run.condition("hydraulic_leak"))
        starts = leak * unrest * (0.5 + 0.5 * s["running"])
        phase = run.integrate("hydraulic pump", starts / HOUR_S, self._pump_start)
        # Thrust bends the tower most near rated wind; gusts shake it at any wind, and ice unbalances the rotor.
        fore_aft = (0.015 + 0.0035 * s["gusts"] + 0.045 * p * s["speed"]) * (1.0 + self._offset("tower", 0.08))
        sides = np.stack([1.0 + 0.3 * s["ice"], 0.6 + 0.6 * s["ice"]], axis=-1)
        return {
            "hydraulic_starts": starts,
            "hydraulic_pressure": machines.saw_tooth(phase, 200.0, 155.0) - run.condition("hydraulic_loss"),
            "tower": fore_aft[..., None] * sides,
        }
