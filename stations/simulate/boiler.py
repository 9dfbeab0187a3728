"""Once-through boiler: steam and feed water, flue gas, soot blowing, furnace pressure, air preheaters.

p = power, fuel and g = gas flow relative to those of full load; t = times, u = units. Constants without a reference are plant
practice for supercritical units of 350 to 660 MW.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points
from stations.simulate.steam_turbine import TEMPERATURE

FLOW = Noise(of_value=0.003)
ROTOR_S = 67.0
"""One turn of an air preheater [s]: a plugged sector passes once a turn, and the furnace pressure feels it."""
SHIFT_S = 8 * HOUR_S

POINTS = {
    "HNA10CQ101": Point("oxygen", None, Noise(white=0.04, slow=0.08)),
    "LBA10CF101": Point("steam_flow", None, FLOW),
    "LAB10CF101": Point("feed_flow", None, FLOW),
    "LCP10CF101": Point("make_up", None, Noise(of_value=0.02, slow_of_value=0.05)),
    "LBA10CP101": Point("steam_pressure", None, Noise(white=0.02, slow=0.04)),
    "LBA10CT101": Point("steam_heat", None, TEMPERATURE),
    "LBB10CT101": Point("reheat", None, TEMPERATURE),
    **points("HAH10CT", 101, "metal", 4, Noise(white=0.3, slow=1.0)),
    **points("HNA10CT", 101, "gas_heat", 2, Noise(white=0.4, slow=1.0)),
    "HBK10CP101": Point("furnace", None, Noise(white=14.0)),
    **{
        f"HLD{k + 1}0{code}": Point(signal, k, noise)
        for code, signal, noise in (
            ("CE101", "preheater_current", Noise(of_value=0.01, slow_of_value=0.02)),
            ("CP101", "preheater_pressure", Noise(white=0.01, slow_of_value=0.02)),
            ("CT101", "preheater_inlet", Noise(white=0.4, slow=1.0)),
            ("CT102", "preheater_exit", Noise(white=0.3, slow=0.7)),
        )
        for k in range(2)
    },
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    "tube_leak": Condition(0, "steam lost by a leaking boiler tube [share of the rated steam flow]"),
    "preheater_plug": Condition(2, "pressure difference of an air preheater beyond normal, as a share of it [-]"),
    "oxygen_loss": Condition(0, "oxygen of the flue gas below normal [%]"),
    "soot_blow": Condition(0, "1 = soot is blown beyond the usual once a shift [-]"),
    "reheat_spray": Condition(0, "1 = water is sprayed into the reheat steam [-]"),
}


def excess_oxygen(p: Array) -> Array:
    """Oxygen that the combustion leaves in the flue gas [%]: 3 at full load, more at part load."""
    return 3.0 + 3.5 * (1.0 - p)


def gas_flow(fuel: Array, oxygen: Array) -> Array:
    """Flue gas relative to full load [-] of ``fuel`` [-] burnt with ``oxygen`` left [%].

    Examples
    --------
    >>> p = np.array([0.4, 0.8, 1.0])
    >>> gas_flow(p, excess_oxygen(p)).round(2).tolist()
    [0.45, 0.83, 1.0]
    """
    return fuel * 18.0 / (21.0 - oxygen)


def preheater_pressure(g: Array, plug: Array) -> Array:
    """Gas-side pressure difference of an air preheater [kPa] at gas flow g, plugged by a share [-]."""
    return 1.2 * g**1.8 * (1.0 + plug)


def sliding_pressure(p: Array) -> Array:
    """Main-steam pressure relative to the rated [-]: it slides with the load up to 90 %."""
    return np.clip(0.34 + 0.73 * p, 0.45, 1.0)


class Soot(NamedTuple):
    """State of the heating surfaces, each (t, u): dirt, 1 = that of a shift [-]; blowing, 1 = soot blowers at work."""

    dirt: Array
    blowing: Array


class Boiler:
    """The boilers of one station."""

    def __init__(self, run: Run, n_units: int, rated: dict[str, float]) -> None:
        self._run, self._n_units, self._rated = run, n_units, rated

    def soot(self, time_s: Array, fired: Array) -> Soot:
        """Soot blowing once a shift, from a plan drawn by the shift."""
        since_s = local_days(time_s) * DAY_S
        shift = (since_s // SHIFT_S).astype(np.int64)
        first = int(shift[0])
        plans = np.stack([self._plan(number) for number in range(first - 1, int(shift[-1]) + 1)])
        (start, length), (before, _) = (plans[shift - first + k].swapaxes(0, 1) for k in (1, 0))
        now = (since_s - shift * SHIFT_S)[:, None]
        dirty = (start + SHIFT_S - before) / SHIFT_S
        cleaned = ((now - start) / length).clip(0.0, 1.0)
        later = (now - start - length).clip(0.0) / SHIFT_S
        dirt = np.where(now < start, (now + SHIFT_S - before) / SHIFT_S, dirty * (1.0 - cleaned) + later)
        extra = (self._run.condition("soot_blow") > 0.5) & (fired > 0.0)
        blowing = ((now > start) & (cleaned < 1.0) & (fired > 0.0)) | extra
        return Soot(dirt * (1.0 - 0.6 * extra), self._run.lag("soot blowers", blowing.astype(np.float64), 2 * MINUTE_S))

    def _plan(self, shift: int) -> Array:
        """Start of the soot blowing of each unit and how long it takes (2, u) [s of the shift]."""
        draw = self._run.generator(f"soot/{shift}")
        return np.stack([draw.uniform(0.3, 5.5, self._n_units), draw.uniform(1.2, 2.0, self._n_units)]) * HOUR_S

    def signals(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Signals of ``POINTS`` from ``p``, ``steam``, ``fuel``, ``fired``, ``alive``, ``need`` and ``ambient`` in ``s``."""
        run = self._run
        leak = run.condition("tube_leak")
        soot = self.soot(time_s, s["fired"])
        unburnt = 0.18 * run.ou("oxygen", s["p"].shape, 20 * MINUTE_S).clip(-2.2, 2.2) + 0.12 * run.ou(
            "oxygen trim", s["p"].shape, 2 * DAY_S
        )
        burnt = excess_oxygen(s["fuel"].clip(0.0, 1.0)) + unburnt - 0.5 * (s["need"] - 1.0) * 10.0
        oxygen = burnt + 0.3 * soot.blowing + 0.5 * run.condition("oil_support") - run.condition("oxygen_loss")
        drawn = np.minimum(s["fired"], s["alive"])
        g = gas_flow(s["fuel"], burnt.clip(1.5, 8.0)) * s["need"] ** 0.5 * drawn
        return {
            "oxygen": 20.9 + (oxygen.clip(0.8, 20.0) - 20.9) * run.lag("air left", s["fired"], 10 * MINUTE_S),
            "air": g,
            "leakage": 2.5 * leak,
            **self._water(s, soot, leak),
            **self._steam(s, soot, leak),
            **self._gas(time_s, s, soot, g * (1.0 + 2.5 * leak), leak),
        }

    def _water(self, s: dict[str, Array], soot: Soot, leak: Array) -> dict[str, Array]:
        """Feed water is steam and what leaks; make-up replaces what leaks or is blown off."""
        run, shape, rated, lost = self._run, s["p"].shape, self._rated["rated_steam_t_h"], leak * s["fired"]
        balance = 0.004 * run.ou("water balance", shape, 10 * MINUTE_S) + 0.0015 * run.ou("meters", shape, 5 * DAY_S)
        usual = (
            0.0022 + 0.0068 * s["steam"] * (1.0 + 0.13 * run.ou("make-up", shape, 8 * HOUR_S)) + 0.004 * soot.blowing
        )
        flow = s["steam"] + run.lag("feeding", s["steam"] * balance + lost, 3 * MINUTE_S)
        make_up = run.lag("make-up flow", usual * s["fired"] + lost, 15 * MINUTE_S)
        return {
            "steam_flow": rated * (s["steam"] - 0.3 * lost),
            "feed_flow": rated * flow,
            "feed": flow,
            "make_up": rated * make_up,
        }

    def _steam(self, s: dict[str, Array], soot: Soot, leak: Array) -> dict[str, Array]:
        run, shape, p = self._run, s["p"].shape, s["p"]
        degc, mpa = self._rated["main_steam_degc"], self._rated["main_steam_mpa"]
        # While the load climbs, the firing runs ahead of the steam.
        ahead = 25.0 * (s["fuel"] - s["p_fuel"]) * s["fired"]
        heat = run.lag("boiler heat", s["fired"], 40 * MINUTE_S)
        low = 40.0 * (0.38 - p).clip(0.0)
        spray = run.lag("reheat spray", run.condition("reheat_spray"), 4 * MINUTE_S)
        main = degc - 3.0 - low + ahead + 1.3 * run.ou("steam heat", shape, 15 * MINUTE_S).clip(-3.5, 3.5)
        again = degc - 5.0 - 60.0 * (0.55 - p).clip(0.0) + 1.5 * run.ou("reheat", shape, 20 * MINUTE_S).clip(-3.5, 3.5)
        again = again + ahead - 7.0 * spray - 2.0 * soot.blowing
        hotter = 21.0 + 4.0 * run.spread("metal", (self._n_units, 4)).clip(-2.0, 2.0)
        wander = 2.0 * run.ou("tube metal", (*shape, 4), HOUR_S).clip(-3.5, 3.5) + 3.0 * (soot.dirt - 0.5)[..., None]
        pressure = sliding_pressure(p) * (1.0 + 0.005 * run.ou("steam pressure", shape, 8 * MINUTE_S)) - 0.6 * leak
        shut = run.lag("valve test", run.condition("valve_test"), MINUTE_S)
        warmth = np.maximum(heat, 0.0)
        return {
            "steam_heat": 70.0 + (main - 70.0) * warmth,
            "reheat": 70.0 + (again - 70.0) * warmth,
            "metal": 70.0 + ((main - 70.0)[..., None] + hotter + wander) * warmth[..., None],
            "steam_pressure": mpa * (pressure + 0.012 * shut) * heat**2,
        }

    def _gas(self, time_s: Array, s: dict[str, Array], soot: Soot, g: Array, leak: Array) -> dict[str, Array]:
        """Flue gas from the economiser through the two preheaters, A and B."""
        run, u = self._run, self._n_units
        side = run.spread("gas side", (u, 2)) * 2.5 + 2.0 * run.ou("gas side", (*g.shape, 2), 6 * HOUR_S)
        hot = 307.0 + 52.0 * s["fuel"] + 16.0 * (soot.dirt - 0.5) - 4.0 * soot.blowing + 60.0 * (s["need"] - 1.0)
        cooled = leak[..., None] * np.array([330.0, 90.0])
        air = s["ambient"][..., None]
        fired = run.lag("gas fired", s["fired"], 25 * MINUTE_S)[..., None]
        gas = air + (run.lag("gas heat", hot, 5 * MINUTE_S)[..., None] + side - cooled - air) * fired
        plug = run.condition("preheater_plug") + 0.06 * run.ou("preheater", (*g.shape, 2), 9 * DAY_S).clip(-2.0, 2.0)
        usual = 1.0 + 0.03 * run.spread("preheater", (u, 2))
        exit_k = 113.0 + 14.0 * s["fuel"] + 3.0 * (soot.dirt - 0.5)
        cold = exit_k[..., None] + 0.22 * (air - 15.0) + 0.4 * side + 5.0 * plug + 1.5 * run.spread("exit", (u, 2))
        turn = np.sin(2 * np.pi * time_s / ROTOR_S)[:, None] * run.condition("preheater_plug").sum(axis=2)
        unrest = 12.0 * run.ou("furnace", g.shape, MINUTE_S) * (1.0 + 40.0 * leak)
        amps = (14.0 + 0.7 * run.spread("rotor", (u, 2))) * (
            1.0 + 0.04 * run.ou("preheater rotor", (*g.shape, 2), 2 * DAY_S)
        )
        return {
            "gas_heat": gas,
            "plug": plug,
            "preheater_inlet": air + (gas - air) * 0.985 + 0.8 * run.spread("duct", (u, 2)),
            "preheater_exit": air + (run.lag("preheater exit", cold, 20 * MINUTE_S) - air) * fired,
            "preheater_pressure": preheater_pressure(g[..., None], plug) * usual,
            "preheater_current": (amps + 1.2 * plug) * s["alive"][..., None],
            "furnace": (unrest + 45.0 * turn - 60.0) * np.minimum(s["fired"], s["alive"]),
        }
