"""Turbogenerator with water in its stator bars and hydrogen in its housing, and the transformer behind it.

p = power and n = speed relative to their ratings; t = times, u = units. Constants without a reference are plant practice for
generators of 300 to 700 MW.
"""

from __future__ import annotations

import numpy as np

from stations.simulate import machines
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points
from stations.simulate.steam_turbine import TEMPERATURE, WATER

BARS = 54

POINTS = {
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("reactive", None, Noise(of_value=0.003)),
    "MKF20CT101": Point("stator_water", None, WATER),
    **points("MKF10CT", 101, "bars", BARS, Noise(white=0.2, slow=0.3)),
    "MKF10CQ101": Point("conductivity", None, Noise(white=0.01, slow_of_value=0.04)),
    "MKG10CP101": Point("hydrogen_pressure", None, Noise(white=0.0006)),
    "MKG10CQ101": Point("hydrogen_purity", None, Noise(white=0.03, slow=0.05)),
    "MKG10CF101": Point("hydrogen_leak", None, Noise(white=0.1, slow_of_value=0.04)),
    "MKG10CM101": Point("dew_point", None, Noise(white=0.3, slow=0.7)),
    "MKG10CT101": Point("cold_hydrogen", None, TEMPERATURE),
    "MKW10CP101": Point("seal_oil", None, Noise(white=0.5, slow=1.0)),
    "MKC10CT101": Point("collector", None, Noise(white=0.2, slow=0.9)),
    "BAT10CT101": Point("top_oil", None, TEMPERATURE),
    "BAT10CT102": Point("hot_spot", None, TEMPERATURE),
    **points("BAT10CQ", 101, "gases", len(machines.GASES), Noise(white=0.5, slow_of_value=0.02)),
    "BAT10CQ105": Point("gases", 4, Noise(white=0.05, slow_of_value=0.02)),
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    **machines.TRANSFORMER_CONDITIONS,
    "bars": Condition(BARS, "rise of the water in a stator bar beyond normal, as a share of it: the bar clogs [-]"),
    "hydrogen_seal": Condition(0, "wear of the hydrogen seals, 1 = worn out [-]"),
    "station_blackout": Condition(0, "share of the station's direct current and auxiliary power that is lost [-]"),
}


def bar_rise(current: Array, clog: Array) -> Array:
    """Rise of the water in a stator bar [K]: 20 K at the rated current [-]; a clogged bar [-] gets less water.

    Examples
    --------
    >>> bar_rise(np.array([0.5, 1.0]), np.array([0.0, 0.4])).tolist()
    [5.0, 28.0]
    """
    return 20.0 * current**2 * (1.0 + clog)


class Turbogenerator:
    """The generators of one station and their transformers."""

    def __init__(self, run: Run, n_units: int, rated_mw: float) -> None:
        self._run, self._n_units, self._rated_mw = run, n_units, rated_mw
        self._refilled = run.generator("hydrogen").uniform(0.0, 1.0, n_units)

    def signals(self, power: Array, n: Array, on: Array, ambient: Array, cold_water: Array) -> dict[str, Array]:
        """Signals of ``POINTS``.

        Parameters
        ----------
        power : (t, u) [MW].   n : (t, u) speed [-].   on : (t, u) 1 = breaker closed.
        ambient, cold_water : (t, 1) or (t, u) air, and the water that cools the coolers [degC].
        """
        run, shape = self._run, power.shape
        rated_mva = self._rated_mw / 0.9
        voltage = 0.05 * run.ou("voltage", (len(power), 1), 3 * HOUR_S) + 0.03 * run.ou("excitation", shape, HOUR_S)
        lost = np.minimum(run.condition("station_blackout"), 1.0)
        # A generator that has lost its field draws from the grid the reactive power that it gave.
        wanted = (0.10 + 0.20 * np.abs(power) / self._rated_mw + voltage) * (1.0 - lost) - 0.45 * lost
        reactive = wanted * rated_mva * on
        current = np.hypot(power, reactive) / rated_mva
        field = (0.45 * on + 0.55 * current + 0.5 * reactive / rated_mva).clip(0.0) * (1.0 - lost)
        oil = machines.transformer(run, current, ambient)
        return {
            "power": power,
            "reactive": reactive,
            "current": current,
            "collector": self._collector(field, n, ambient),
            "top_oil": oil.top_oil,
            "hot_spot": oil.hot_spot,
            "gases": oil.gases,
            **self._stator(current, n, cold_water),
            **self._hydrogen(current, n, cold_water),
        }

    def _collector(self, field: Array, n: Array, ambient: Array) -> Array:
        brushes = 1.0 + 0.06 * self._run.ou("brushes", field.shape, 3 * DAY_S)
        hall = 16.0 + 0.6 * ambient
        return self._run.lag("collector", hall + (12.0 * n + 24.0 * field**2) * brushes, 20 * MINUTE_S)

    def _stator(self, current: Array, n: Array, cold_water: Array) -> dict[str, Array]:
        run, u = self._run, self._n_units
        # A three-way valve holds the inlet; in summer the cooler comes to its end and lets it rise.
        held = 43.5 + 0.9 * run.ou("stator valve", current.shape, 6 * HOUR_S) + 0.12 * (cold_water - 20.0).clip(0.0)
        water = run.lag("stator water", np.where(n > 0.1, held, 32.0), 30 * MINUTE_S) + 0.5 * run.spread("valve", (u,))
        each = 0.035 * run.spread("bars", (u, BARS)).clip(-2.2, 2.2)
        steady = bar_rise(current[..., None], each + run.condition("bars"))
        wander = 1.0 + 0.10 * run.ou("conductivity", current.shape, 5 * DAY_S)
        return {
            "stator_water": water,
            "bars": water[..., None] + run.lag("bars", steady, 8 * MINUTE_S),
            "conductivity": 0.85 * wander * (1.0 + 0.15 * run.spread("resin", (u,))),
        }

    def _hydrogen(self, current: Array, n: Array, cold_water: Array) -> dict[str, Array]:
        """Hydrogen leaks through seals and is refilled at a lower pressure; worn seals let more out, and air and oil in."""
        run, u, worn = self._run, self._n_units, self._run.condition("hydrogen_seal")
        leak = 7.0 + 0.5 * run.spread("seals", (u,)).clip(-2.0, 2.0) + 0.5 * run.ou("seals", current.shape, 4 * DAY_S)
        leak = leak + 8.5 * worn
        phase = run.integrate("hydrogen", leak / 30.0 / DAY_S, self._refilled)
        purity = (
            98.2 + 0.25 * run.spread("purity", (u,)).clip(-2.0, 2.0) + 0.12 * run.ou("purity", current.shape, 5 * DAY_S)
        )
        gas = 40.0 + 0.16 * (cold_water - 20.0) + 2.0 * current**2 + 0.7 * run.ou("gas cooler", current.shape, DAY_S)
        return {
            "hydrogen_leak": leak,
            "hydrogen_pressure": machines.saw_tooth(-phase, 0.425, 0.465),
            "hydrogen_purity": purity - 3.8 * worn,
            "dew_point": -16.0
            + 1.5 * run.spread("dryer", (u,))
            + 1.8 * run.ou("dryer", current.shape, 2 * DAY_S)
            + 7.0 * worn,
            "cold_hydrogen": run.lag("cold hydrogen", np.where(n > 0.1, gas, 30.0), 15 * MINUTE_S),
            "seal_oil": 84.0 + 3.0 * run.spread("seal oil", (u,)).clip(-2.0, 2.0) + 1.5 * n - 24.0 * worn,
        }
