"""The cold end of a steam unit: cooling tower or river, circulating-water pumps, condenser.

t = times, u = units. The equations are those of ``steam_turbine``; constants without a reference are plant practice.
"""

from __future__ import annotations

import numpy as np

from stations.simulate import steam_turbine, weather
from stations.simulate.run import Run
from stations.simulate.season import YEAR_DAYS, local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array

ONE_PUMP = 0.6
"""Flow of one circulating-water pump where two give 1: the second, in spring, lowers the rise by 40 % [-]."""
PUMP_SEASON = (98.0, 300.0)
"""Days of the year between which two pumps run: 8 April to 27 October, give or take some days."""


def tower_water(wet_bulb: Array, exhaust: Array) -> Array:
    """Water from a cooling tower [degC]: 4 K over the wet-bulb temperature [degC] at no load, 8 K at full heat [-].

    Warm air takes up more heat per kelvin: above 25 degC the approach shrinks by 0.4 K/K.

    Examples
    --------
    >>> tower_water(np.array([6.0, 26.0, 31.0]), np.array(1.0)).round(1).tolist()
    [14.0, 33.6, 36.6]
    """
    return np.maximum(wet_bulb + 4.0 + 4.0 * exhaust - 0.4 * (wet_bulb - 25.0).clip(0.0), 8.0)


def pumps(run: Run, time_s: Array, n_units: int) -> Array:
    """Flow of the circulating-water pumps in service (t, u) [-], from a plan drawn by the year."""
    years, day = np.divmod(local_days(time_s), YEAR_DAYS)
    flow = np.empty((len(time_s), n_units))
    for year in np.unique(years):
        draw = run.generator(f"pumps/{int(year)}")
        first, last = (draw.normal(mean, 6.0, n_units) for mean in PUMP_SEASON)
        both = (day[:, None] > first) & (day[:, None] < last)
        flow = np.where((years == year)[:, None], np.where(both, 1.0, ONE_PUMP), flow)
    return flow


class ColdEnd:
    """Condensers of one station, on cooling towers (one per unit) or, ``river`` (t, 1) given, on the river."""

    def __init__(self, run: Run, n_units: int) -> None:
        self._run, self._n_units = run, n_units

    def signals(
        self, time_s: Array, exhaust: Array, evacuated: Array, alive: Array, river: Array | None = None
    ) -> dict[str, Array]:
        """Cold and warm water, condenser pressure, hotwell.

        Parameters
        ----------
        exhaust : (t, u) steam to the condenser [-].   evacuated : (t, u) 1 = vacuum pumps and gland steam in service.
        alive : (t, u) 1 = auxiliaries have power.   river : (t, 1) its temperature [degC].
        """
        run, u, shape = self._run, self._n_units, exhaust.shape
        cleaning = run.condition("ball_cleaning")
        flow = pumps(run, time_s, u) * (1.0 + run.condition("cw_flow")) * (1.0 - 0.015 * cleaning) * alive
        flow = np.maximum(run.lag("pumps", flow, 3 * MINUTE_S), 0.06) * (1.0 + 0.015 * run.spread("pumps", (u,)))
        flow = flow * (1.0 + 0.008 * run.ou("water level", shape, 2 * DAY_S))
        if river is None:
            air = weather.ambient(run, time_s)
            wet_bulb = weather.wet_bulb(air, weather.humidity(run, time_s))
            fill = 0.3 * run.spread("tower", (u,)) + 0.4 * run.ou("tower fill", shape, 4 * DAY_S)
            cold = run.lag("tower", tower_water(wet_bulb, exhaust) + fill, 2 * HOUR_S)
        else:
            cold = np.broadcast_to(river, shape)
        # Algae and scale come and go; the sponge balls hold them down.
        clean = 0.97 + 0.012 * run.spread("tubes", (u,)) + 0.018 * run.ou("tubes", shape, 12 * DAY_S).clip(-2.5, 2.0)
        clean = np.clip(clean + 0.02 * cleaning - run.condition("condenser_fouling"), 0.2, 1.02)
        air_in = 0.25 * run.ou("tightness", shape, 2 * DAY_S) + run.condition("air_in_leak")
        steam = run.lag("exhaust", exhaust, 2 * MINUTE_S)
        tight = run.lag("vacuum", evacuated, 25 * MINUTE_S) ** 2
        pressure = steam_turbine.condenser_pressure(cold, steam, flow, clean, air_in)
        return {
            "cold_water": cold,
            "warm_water": run.lag("warm water", cold + steam_turbine.water_rise(steam, flow), 3 * MINUTE_S),
            "vacuum": np.minimum(pressure, 95.0) * tight + 98.0 * (1.0 - tight),
            "hotwell": 760.0 + 25.0 * run.ou("hotwell", shape, HOUR_S) + 40.0 * (steam - 0.6),
        }
