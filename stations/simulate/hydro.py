"""Conventional hydro turbines: Francis and Kaplan on a storage reservoir, in a cascade or run of river.

The equations come first, as pure functions of arrays; ``HydroPlant`` then puts them in a row behind their lags. p = power and
H = net head relative to their ratings; t = times, u = units. Constants without a reference are plant practice for sets of 20
to 150 MW.
"""

from __future__ import annotations

import numpy as np

from stations.plant import Station
from stations.simulate import grid, machines, vertical_set, water
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, Array, Noise, Point
from stations.simulate.vertical_set import PRESSURE, VIBRATION, VerticalSet

PARAMETERS = ("rated_mw", "rated_rpm", "rated_head_m", "head_min_m", "head_max_m", "rated_flow_m3s", "rated_cw_m3h")
"""Ratings of the station that the physics needs."""

POINTS = {
    **vertical_set.POINTS,
    "MEA10CP101": Point("head", None, PRESSURE),
    "MEA10CG101": Point("gate", None, Noise(white=0.05, slow_of_value=0.004)),
    "MEA10CF101": Point("flow", None, Noise(of_value=0.007, slow_of_value=0.005)),
    "MEA10CY121": Point("head_cover", None, VIBRATION),
    "MEA10CP121": Point("pulsation", None, VIBRATION),
}
"""Tag code -> signal, sensor and noise."""

KAPLAN_POINTS = {
    **POINTS,
    "MEA10CG102": Point("blade", None, Noise(white=0.05, slow_of_value=0.004)),
    "MEX20CP101": Point("oil_head_pressure", None, Noise(white=0.006)),
    "MEX20CL101": Point("oil_head_leak", None, Noise(white=1.0), cyclic=True),
    "MEL10CP101": Point("trash_rack", None, Noise(white=0.004, slow_of_value=0.04)),
}
"""What a Kaplan turbine has besides: a runner-blade servo and, run of river, a trash rack."""

CONDITIONS = {
    **vertical_set.CONDITIONS,
    **grid.CONDITIONS,
    "efficiency_loss": Condition(0, "share of the turbine's power that is lost at the same gate opening [-]"),
    "pulsation": Condition(0, "pressure pulsation of the draft tube beyond normal, as a share of it [-]"),
    "turbine_unrest": Condition(0, "vibration of turbine and head cover beyond normal, as a share of it [-]"),
    "overspeed": Condition(0, "speed above the rated one, as in a test [-]"),
    "debris": Condition(0, "head lost at the trash rack at the rated flow [m]"),
}

GATE_RATED = 0.92
"""Gate opening that gives the rated power at the rated head [-]."""


def efficiency(gate: Array) -> Array:
    """Turbine efficiency at an opening of 0 .. 1 [-]: best at 82 %, poor below 35 %."""
    return 0.94 - 0.55 * (gate - 0.82) ** 2 - 0.6 * np.maximum(0.0, 0.35 - gate)


def turbine_power(gate: Array, head: Array, rated_mw: float) -> Array:
    """Power [MW]: ``P = rho g Q H eta`` with ``Q = Q_N (gate / 0.92) sqrt(H)``; ``rated_mw`` at 92 % gate and H = 1.

    Examples
    --------
    >>> turbine_power(np.array([0.2, 0.82, 1.0]), np.array(1.0), 150.0).round().tolist()
    [22.0, 134.0, 161.0]
    """
    return rated_mw * gate / GATE_RATED * head**1.5 * efficiency(gate) / efficiency(np.array(GATE_RATED))


def gate_for(power: Array, head: Array) -> Array:
    """Opening [-] that gives ``power`` [share of the rating] at head H; fully open if the head cannot give it."""
    gate = np.linspace(0.0, 1.0, 201)
    return np.interp(power / head**1.5, turbine_power(gate, np.array(1.0), 1.0), gate)


def rough_zone(p: Array, head: Array) -> Array:
    """Strength of the draft-tube vortex rope [-]: 1 at 45 % load at the rated head, at less load when H is low."""
    return np.exp(-(((p - 0.45 * head**1.5) / 0.11) ** 2))


def vibration(p: Array, head: Array, rope: float = 1.6) -> Array:
    """Housing vibration [mm/s rms]: residual unbalance, vortex rope, and the unsteady flow of very low load.

    Examples
    --------
    >>> vibration(np.array([0.2, 0.45, 0.9]), np.array(1.0)).round(2).tolist()
    [0.5, 1.68, 0.5]
    """
    low_load = 0.9 * np.maximum(0.0, 0.15 - p) / 0.15
    return np.sqrt(0.5**2 + (rope * rough_zone(p, head)) ** 2 + low_load**2)


class HydroPlant:
    """The Francis sets of one station."""

    rope = 1.0
    """Strength of the vortex rope against that of a Francis turbine [-]."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._station = station
        self._rating = station.parameters
        self._n_units = len(units)
        self._run = run
        self._set = VerticalSet(station, units, run)

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        return self._set.signals(time_s, self._turbine(time_s))

    def _turbine(self, time_s: Array) -> dict[str, Array]:
        run, rating, factor = self._run, self._rating, self._set.factor
        head = self._head(time_s) / rating["rated_head_m"]
        order = self._order(time_s)
        # The ramp limit of the set-point counts, not the servo: about 60 % of the rating a minute.
        gate = run.lag("gate", gate_for(order.demand, head), 20.0)
        turning = run.lag("turning", order.spinning.astype(np.float64), 35.0)
        # The governor takes the shaft up to full speed and brakes stop it: both ends are reached, not only approached.
        speed = np.clip((turning - 0.03) / 0.94, 0.0, 1.0)
        synchronous = (speed >= 1.0) & order.spinning & (run.condition("overspeed") == 0.0)
        lost = run.condition("efficiency_loss")
        power = turbine_power(gate, head, rating["rated_mw"]) * factor("turbine", 0.006) * (1.0 - lost) * synchronous
        no_load = 0.10 * head**-0.5 * speed
        opening = np.maximum(np.where(synchronous, gate, 0.0), no_load)
        p = power / rating["rated_mw"]
        rope = rough_zone(p, head)
        unrest = (1.0 + run.condition("turbine_unrest")) * speed
        pulsation = (2.2 + 0.5 * p + 5.8 * self.rope * rope) * (1.0 + run.condition("pulsation"))
        cover = (0.55 + 0.15 * p + 0.55 * self.rope * rope) * (
            1.0 + run.condition("looseness") * (1.0 + 0.5 * rope) / 1.1
        )
        return {
            "power": power,
            "p": p,
            "n": speed,
            "synchronous": synchronous.astype(np.float64),
            "speed": speed * (grid.frequency(run, time_s) + run.condition("overspeed")) * rating["rated_rpm"],
            "head": np.broadcast_to(head, p.shape) * rating["rated_head_m"],
            "gate": 100.0 * opening,
            "flow": rating["rated_flow_m3s"] * opening / GATE_RATED * np.sqrt(head),
            "head_cover": cover * unrest * factor("head cover", 0.08),
            "pulsation": pulsation * speed * factor("draft tube", 0.06),
            "housing": vibration(p, head, 1.6 * self.rope) * unrest,
            "rope": self.rope * rope,
        }

    def _head(self, time_s: Array) -> Array:
        return water.head(self._run, time_s, self._rating["head_min_m"], self._rating["head_max_m"])

    def _order(self, time_s: Array) -> grid.Dispatch:
        """The grid asks; below the top of the cascade the water that arrives has as much to say."""
        run, station = self._run, self._station.code
        wanted = grid.demand(run, time_s, station)
        if station in water.CASCADE_H:
            wanted = np.clip(0.45 * wanted + 0.34 * self._arriving(time_s), 0.2, 1.0)
        return grid.dispatch(run, time_s, self._n_units, wanted)

    def _arriving(self, time_s: Array) -> Array:
        """Flow from the station at the top of the cascade, and from the land between (t, 1) [share of the mean]."""
        run, station = self._run, self._station.code
        released = grid.demand(run, time_s - water.CASCADE_H.get(station, 0.0) * HOUR_S, "YXK")
        return water.cascade_flow(run, time_s, released, station)


class KaplanPlant(HydroPlant):
    """Kaplan sets, run of river: load follows the flow, head falls in floods, blades turn with the gate."""

    rope = 0.4

    def signals(self, time_s: Array) -> dict[str, Array]:
        """As `HydroPlant.signals`, of ``KAPLAN_POINTS``."""
        out = super().signals(time_s)
        run, u = self._run, self._n_units
        flow = out["flow"] / self._rating["rated_flow_m3s"]
        # On-cam: each gate opening has its blade angle; the servo follows slowly.
        blade = run.lag("blade", np.clip(108.0 * out["gate"] / 100.0 - 12.0, 0.0, 100.0), 15.0)
        weeds = 0.12 + 0.25 * water.silt(local_days(time_s))[:, None] * (
            1.0 + 0.3 * run.ou("weeds", flow.shape, 2 * DAY_S)
        )
        phase = run.integrate(
            "oil head", 0.5 / HOUR_S * np.ones_like(flow), run.generator("oil head").uniform(0.0, 1.0, u)
        )
        out["blade"] = blade + 0.3 * run.spread("blade", (u,))
        out["oil_head_pressure"] = 6.05 - 0.05 * out["n"] - 0.1 * run.condition("governor_leak")
        out["oil_head_leak"] = machines.saw_tooth(phase, 150.0, 420.0)
        out["trash_rack"] = (weeds.clip(0.0) + run.condition("debris")) * flow**2
        return out

    def _head(self, time_s: Array) -> Array:
        """The tailwater rises with the flow: most head in winter."""
        low, high = self._rating["head_min_m"], self._rating["head_max_m"]
        flow = np.clip(water.natural_flow(self._run, time_s), 0.2, 3.0)
        return high - (high - low) * flow / 3.2

    def _order(self, time_s: Array) -> grid.Dispatch:
        """It runs with what arrives; in the flood season every unit runs through."""
        wanted = np.clip(0.62 * self._arriving(time_s), 0.2, 1.0)
        dry = 1.0 - water.silt(local_days(time_s))
        return grid.dispatch(self._run, time_s, self._n_units, wanted, dry)
