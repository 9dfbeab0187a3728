"""Fans and feed pumps of a boiler: a pair of each, A and B, that share one task.

t = times, u = units, f = the six fans (FD A, FD B, PA A, PA B, ID A, ID B). Constants without a reference are plant practice.
"""

from __future__ import annotations

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point
from stations.simulate.steam_turbine import TEMPERATURE

FANS = ("HLB10", "HLB20", "HFE10", "HFE20", "HNC10", "HNC20")
_SHAKE = Noise(of_value=0.04, slow_of_value=0.05)
_FAN = (
    ("CE101", "fan_current", Noise(of_value=0.003, slow_of_value=0.008)),
    ("CG101", "fan_blade", Noise(white=0.2, slow_of_value=0.01)),
    ("CT101", "fan_drive_end", TEMPERATURE),
    ("CT102", "fan_other_end", TEMPERATURE),
    ("CT103", "fan_winding_1", TEMPERATURE),
    ("CT104", "fan_winding_2", TEMPERATURE),
    ("CY101", "fan_x", _SHAKE),
    ("CY102", "fan_y", _SHAKE),
)
_PUMP = (
    ("CS101", "pump_speed", Noise(white=2.0, slow_of_value=0.001)),
    ("CF101", "pump_flow", Noise(of_value=0.007)),
    ("CP101", "pump_balance", Noise(white=0.006, slow_of_value=0.012)),
    ("CT101", "pump_drive_end", TEMPERATURE),
    ("CT102", "pump_other_end", TEMPERATURE),
    ("CT103", "pump_thrust", TEMPERATURE),
    ("CT104", "pump_seal", TEMPERATURE),
    ("CY101", "pump_shake_drive", _SHAKE),
    ("CY102", "pump_shake_other", _SHAKE),
)
POINTS = {
    **{f"{fan}{code}": Point(signal, k, noise) for code, signal, noise in _FAN for k, fan in enumerate(FANS)},
    **{f"LAC{k + 1}0{code}": Point(signal, k, noise) for code, signal, noise in _PUMP for k in range(2)},
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    "fan_1x": Condition(len(FANS), "vibration of a fan at 1X [mm/s]"),
    "fan_wear": Condition(
        len(FANS), "flow that a fan with worn blades lacks at the same blade angle, as a share of it [-]"
    ),
    "fan_bearing": Condition(len(FANS), "heat of a fan's drive-end bearing [K]"),
    "pump_balance": Condition(2, "leakage of a feed pump's balance device beyond normal, as a share of it [-]"),
    "pump_thrust": Condition(2, "heat of a feed pump's thrust bearing [K]"),
}

CURRENT = np.array([[0.30, 0.70, 2.0], [0.42, 0.58, 1.5], [0.327, 0.673, 2.2]]).repeat(2, axis=0)
"""Motor current at no flow, what full flow adds [of the rated current], and the power of the flow; FD, PA, ID."""

MOST_GAS = 1.01
"""Flow at which the blades stand at their limit [of that of full load]."""


def fan_current(flow: Array) -> Array:
    """Motor current of the six fans relative to that at full load (..., 6) at a flow of each (..., 6) [-].

    Examples
    --------
    >>> induced = np.array([[0.45], [0.83]]).repeat(6, axis=1)
    >>> (490.0 * fan_current(induced)[:, 4]).round().tolist()
    [217.0, 379.0]
    """
    still, more, power = CURRENT.T
    current: Array = still + more * flow**power
    return current


class Auxiliaries:
    """The fans and feed pumps of one station."""

    def __init__(self, run: Run, n_units: int, fan_amps: tuple[float, float, float]) -> None:
        self._run, self._n_units = run, n_units
        self._amps = np.repeat(np.array(fan_amps), 2)

    def signals(self, s: dict[str, Array]) -> dict[str, Array]:
        """Signals of ``POINTS``.

        ``s`` holds ``p``, ``air``, ``leakage``, ``plug``, ``coal_flow``, ``feed``, ``fired``, ``alive``, ``ambient``.
        """
        return self._fans(s) | self._pumps(s)

    def _pairs(self, name: str, shape: tuple[int, ...], spread: float, n_pairs: int) -> Array:
        """How unevenly pairs share (t, u, 2 pairs) [-]: A takes what B leaves."""
        run, u = self._run, self._n_units
        drift = 0.6 * run.ou(f"{name} pairs", (*shape, n_pairs), 8 * HOUR_S) + run.spread(f"{name} pairs", (u, n_pairs))
        uneven = spread * drift.clip(-2.0, 2.0)
        return np.stack([1.0 + uneven, 1.0 - uneven], axis=-1).reshape(*shape, 2 * n_pairs)

    def _fans(self, s: dict[str, Array]) -> dict[str, Array]:
        run, u, shape = self._run, self._n_units, s["p"].shape
        on = np.minimum(s["fired"], s["alive"])[..., None]
        resists = 1.0 + 0.12 * s["plug"].clip(-0.2)
        air = np.minimum(s["air"], MOST_GAS)
        gas = air * (1.0 + s["leakage"])
        tasks = np.stack([air, 0.25 * on[..., 0] + 0.75 * s["coal_flow"], gas], axis=-1).repeat(2, axis=2)
        drawn = np.concatenate([np.ones((*resists.shape[:2], 4)), resists], axis=2)
        worn = run.condition("fan_wear")
        flow = tasks * self._pairs("fan", shape, 0.006, 3) * drawn * (1.0 + 0.25 * worn)
        share = fan_current(flow) * (1.0 + 0.008 * run.spread("fan current", (u, 6)))
        turning = run.lag("fan speed", np.broadcast_to(on, flow.shape).copy(), MINUTE_S)
        i = run.lag("fan current", share * on, 0.5 * MINUTE_S)
        hall = 8.0 + 0.8 * s["ambient"][..., None]
        bearing = hall + (20.0 + 8.0 * i - 0.25 * (hall - 20.0)) * turning
        bearing = bearing + 2.0 * run.spread("fan bearing", (u, 6)).clip(-2.0, 2.0) * turning
        bearing = bearing + 0.9 * run.ou("fan grease", flow.shape, 3 * DAY_S)
        hot = run.condition("fan_bearing")
        winding = run.lag("fan winding", hall + (16.0 + 42.0 * i**2) * turning, 25 * MINUTE_S)
        length = (1.45 + 0.2 * run.spread("fan unbalance", (u, 6)).clip(-2.0, 2.0)) * (0.85 + 0.2 * flow)
        change = run.condition("fan_1x") + 0.12 * np.maximum(hot - 12.0, 0.0)
        coils = 2.0 * run.spread("fan winding", (u, 6))
        return {
            "fan_current": i * self._amps,
            "fan_blade": np.clip(18.0 + 46.0 * flow * (1.0 + worn), 0.0, 100.0) * turning,
            "fan_drive_end": run.lag("fan drive end", bearing + 4.0 * turning + hot * turning, 25 * MINUTE_S),
            "fan_other_end": run.lag("fan other end", bearing + 0.15 * hot * turning, 25 * MINUTE_S),
            "fan_winding_1": winding,
            "fan_winding_2": winding + coils * turning,
            "fan_x": np.hypot(length + 0.75 * change, 0.65 * change) * turning,
            "fan_y": np.hypot(0.9 * length + 0.60 * change, 0.6 * change) * turning,
        }

    def _pumps(self, s: dict[str, Array]) -> dict[str, Array]:
        """Turbine-driven: the speed follows the load, a worn balance device lets water back."""
        run, u, shape = self._run, self._n_units, s["p"].shape
        on = np.minimum(s["fired"], s["alive"])[..., None]
        half = (s["feed"] / 2.0)[..., None] * self._pairs("pump", shape, 0.012, 1) * s["alive"][..., None]
        leaks, heat = run.condition("pump_balance"), run.condition("pump_thrust")
        turns = (0.50 + 0.50 * s["feed"].clip(0.0, 1.15)[..., None] ** 0.9) * on
        n = run.lag("pump speed", turns * (1.0 + 0.004 * run.spread("pump", (u, 2))) * (1.0 + 0.025 * leaks), MINUTE_S)
        wander = 1.0 + 0.03 * run.ou("balance", (*shape, 2), 4 * DAY_S) + 0.03 * run.spread("balance", (u, 2))
        oil = 36.0 + 0.20 * s["ambient"][..., None]
        base = oil + (15.0 + 2.0 * run.spread("pump bearing", (u, 2)).clip(-2.0, 2.0)) * n**1.5
        base = base + 0.8 * run.ou("pump oil", (*shape, 2), DAY_S)
        thrust = run.lag("pump thrust", base + (5.0 + 5.0 * half + heat) * n, 12 * MINUTE_S)
        shake = (
            (1.3 + 0.18 * run.spread("pump shake", (u, 2)).clip(-2.0, 2.0)) * (0.7 + 0.5 * n) * np.minimum(n * 4.0, 1.0)
        )
        return {
            "pump_speed": 5350.0 * n,
            "pump_flow": run.lag("pump flow", half * (1.0 - 0.03 * leaks), MINUTE_S) * s["rated_steam"],
            "pump_balance": 1.15 * n**2 * (1.0 + leaks) * wander,
            "pump_drive_end": run.lag("pump drive end", base + 1.0, 12 * MINUTE_S),
            "pump_other_end": run.lag("pump other end", base - 1.0 + 0.15 * heat * n, 12 * MINUTE_S),
            "pump_thrust": thrust,
            "pump_seal": run.lag(
                "pump seal", 34.0 + 0.15 * s["ambient"][..., None] + 14.0 * n**2 + 0.1 * heat * n, 10 * MINUTE_S
            ),
            "pump_shake_drive": shake * (1.0 + 0.12 * leaks),
            "pump_shake_other": 0.92 * shake * (1.0 + 0.35 * leaks),
        }
