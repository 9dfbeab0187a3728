"""Pumped storage: reversible pump-turbines with motor-generator, frequency converter, ball valve and two reservoirs.

Below the runner they are vertical sets (``vertical_set``), forward they are Francis turbines (``hydro``), and their day is that
of ``pump_plan``. p = power and H = head relative to their ratings; t = times, u = units. Constants without a reference are
plant practice for sets of 250 to 350 MW at 400 to 500 m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stations.plant import Station
from stations.simulate import grid, hydro, machines, vertical_set
from stations.simulate.conditions import Condition
from stations.simulate.plans import Now, hold_each
from stations.simulate.pump_plan import (
    CONDENSER,
    CONVERT_S,
    PRIME_S,
    PUMP,
    STILL,
    SYNCHRONOUS_S,
    TURBINE,
    PumpPlan,
    pump_flow,
    pump_power,
)
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points
from stations.simulate.vertical_set import TEMPERATURE, VIBRATION, VerticalSet

Mask = NDArray[np.bool_]

PARAMETERS = (*hydro.PARAMETERS, "reservoir_range_m", "reservoir_area_m2")
"""Ratings of the station that the physics needs."""

POINTS = {
    **hydro.POINTS,
    **points("MKD12CY", 101, "lower_vibration", 2, VIBRATION),
    "MEA10CP122": Point("vaneless", None, VIBRATION),
    "MJS10CU101": Point("converter_start", None, Noise(white=0.3)),
    "MJS10CT101": Point("converter", None, TEMPERATURE),
    "MEB10CG101": Point("ball_valve", None, Noise(white=0.1)),
    "MEB10CU101": Point("ball_valve_time", None, Noise()),
    "MEB10CP101": Point("ball_valve_oil", None, Noise(white=0.006)),
    **points("LPA10CL", 101, "upper_level", 3, Noise(white=0.012, slow=0.006)),
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    **vertical_set.CONDITIONS,
    **grid.CONDITIONS,
    **{name: hydro.CONDITIONS[name] for name in ("efficiency_loss", "pulsation", "turbine_unrest", "overspeed")},
    "converter_wear": Condition(0, "start by the frequency converter longer than normal [s]"),
    "converter_heat": Condition(0, "heat of the converter's cooling water at rest [K]"),
    "condenser_run": Condition(0, "above 0.5 the unit turns in air at full speed, for its reactive power [-]"),
    "extra_run": Condition(0, "above 0.5 a unit at rest is called for turbine load [-]"),
    "ball_valve_test": Condition(0, "opening of the ball valve of a unit at rest [-]"),
    "back_to_back": Condition(0, "above 0.5 a sister unit starts the pump in place of the converter [-]"),
}

CONDENSER_LOAD, SPIN_LOAD, EXTRA_LOAD = -0.012, -0.05, 0.80
"""Power of a unit in air, of one that its converter speeds up, of an extra run [share of the rating]."""
RAMP_PER_MINUTE = 0.67
"""Load gradient [share of the rating per minute]: 0 to 100 % in 90 s."""
VALVE_S = 45.0
CORRECTION_S = 1.5 * DAY_S
"""What a day brought in or took out beyond its plan, the next ones make good."""


def stopping_speed(since_s: Array) -> Array:
    """Speed [-] ``since_s`` the stop order [s]: unloaded, braked electrically, then by hand of the brakes.

    Examples
    --------
    >>> stopping_speed(np.array([0.0, 72.0, 108.0, 200.0])).tolist()
    [1.0, 1.0, 0.45, 0.0]
    """
    return np.interp(since_s, [72.0, 108.0, 138.0, 150.0], [1.0, 0.45, 0.08, 0.0])


def burst(n: Array) -> Array:
    """Vibration of the run-up [mm/s]: strongest at half speed, while the runner turns far from its best point."""
    return 3.0 * np.exp(-(((n - 0.52) / 0.18) ** 2))


class PumpTurbineSet(VerticalSet):
    """A vertical set that turns fast, both ways: its pads are warmer, the less so the warmer the water."""

    def _bearings(self, s: dict[str, Array]) -> dict[str, Array]:
        out = super()._bearings(s)
        more = (5.2 - 0.21 * (s["water"] - 9.0)) * s["n"] ** 1.5
        warmer = self._run.lag("fast pads", more, 12 * MINUTE_S)[..., None]
        for bearing in vertical_set.BEARINGS:
            out[f"{bearing}_pads"] = out[f"{bearing}_pads"] + warmer
        # A converter start turns slowly for minutes: less heat a minute than in the quick start of a turbine.
        thin = ((s["n"] > 0.02) & (s["n"] < 0.9))[..., None] * self._run.condition("film_loss")
        slow = self._run.lag("film of a slow start", 2.4 * np.broadcast_to(thin, (*s["n"].shape, 4)), 10 * MINUTE_S)
        out["thrust_pads"] = out["thrust_pads"] - slow
        lower = 0.7 * s["housing"][..., None] * self.factor("lower vibration", 0.08, (2,))
        out["lower_vibration"] = lower * (s["n"] > 0.0)[..., None]
        return out


class PumpedStoragePlant:
    """The pump-turbines of one station and its upper reservoir."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = rating = station.parameters
        self._n_units = n = len(units)
        self._run = run
        self._set = PumpTurbineSet(station, units, run)
        self._metre_h = rating["rated_flow_m3s"] * HOUR_S / rating["reservoir_area_m2"]
        self._plan = PumpPlan(run, n, self._metre_h, rating["reservoir_range_m"])
        self._oil_pump = run.generator("ball valve").uniform(0.0, 1.0, n)

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        run, rating = self._run, self._rating
        rise = (rating["head_max_m"] - rating["head_min_m"]) / rating["reservoir_range_m"]
        planned_m, planned_flow = self._plan.reservoir(time_s)
        # The lower reservoir falls as the upper one rises.
        head = (rating["head_min_m"] + rise * planned_m) / rating["rated_head_m"]
        out = self._movement(self._plan.now(time_s), head)
        out["speed"] = out["n"] * np.where(out["synchronous"] > 0.0, grid.frequency(run, time_s), 1.0)
        out["speed"] = (out["speed"] + run.condition("overspeed") * (out["n"] >= 1.0)) * rating["rated_rpm"]
        out |= self._hydraulics(out, head)
        out |= self._vibration(out, head)
        level = self._level(out["q"], planned_m, planned_flow)
        net = head - 0.006 * out["q"] * np.abs(out["q"])
        out["head"] = net * rating["rated_head_m"] + rise * (level - planned_m)
        out["upper_level"] = level[..., None] + 0.008 * run.spread("gauges", (1, 3))
        out = self._set.signals(time_s, out)
        out |= self._start_equipment(out)
        return out

    def _movement(self, now: Now, head: Array) -> dict[str, Array]:
        """Speed, breaker, ball valve and load order of each unit, from its mode and the time since it began."""
        run, mode, since = self._run, now.mode, now.since_s
        sfc = now.values[..., 1] + 2.0 * run.spread("converter", (self._n_units,)) + run.condition("converter_wear")
        # A worn converter fails to pull in now and then, and tries again.
        fails = now.values[..., 2] < (run.condition("converter_wear") - 30.0).clip(0.0) / 200.0
        sfc = np.where(run.condition("back_to_back") > 0.5, 0.9 * sfc, sfc + 150.0 * fails)
        moves = (now.before != STILL) & (mode != CONDENSER)
        start = since - CONVERT_S * moves  # since the start order, once it stands still
        turbine, pump, air = mode == TURBINE, mode == PUMP, mode == CONDENSER
        up = np.where(
            turbine, np.interp(start, [45.0, 120.0, 150.0], [0.0, 0.95, 1.0]), ((start - 10.0) / sfc).clip(0.0, 1.0)
        )
        stops = (now.before != STILL) & ((mode == STILL) | (moves & (start < 0.0)))
        n = np.where(stops, stopping_speed(since), np.where(air, 1.0, np.where(turbine | pump, up, 0.0)))
        ready = np.where(turbine, start >= SYNCHRONOUS_S, start >= sfc + 12.0)
        on = np.where(stops, since < 72.0, np.where(air, True, ready & (turbine | pump)))
        loads = now.values[..., 0] * (1.0 + self._control(n.shape))
        pumping = pump & (start >= sfc + 12.0 + PRIME_S)
        order = np.where(
            turbine & ready, loads, np.where(pumping, -pump_power(head), np.where(on, CONDENSER_LOAD, 0.0))
        )
        order = np.where(stops & (now.before != CONDENSER), 0.0, order)
        flows = np.where(turbine, start - 5.0, np.where(pump, start - sfc - 20.0, -1.0))
        valve_s = self._valve_s(n.shape)
        valve = np.where(stops | air, 1.0 - (since - 60.0).clip(0.0) / VALVE_S, flows / valve_s).clip(0.0, 1.0)
        valve = valve * ((now.before != CONDENSER) | ~(stops | air)) * ((mode != STILL) | stops)
        state = {
            "n": n,
            "on": on,
            "order": order,
            "valve": valve,
            "starting": np.where(stops, 0.0, ((turbine | pump) & (n < 1.0)) * np.where(turbine, 1.0, 0.45)),
            "sfc": pump & ~stops & (start > 0.0) & (start < sfc + 12.0) & (run.condition("back_to_back") < 0.5),
            "pumping": pump & ~stops,
            "sfc_s": sfc,
            "valve_s": valve_s,
            "sfc_done": pump & (start >= sfc + 12.0) & (start < 20 * MINUTE_S + sfc),
            "valve_done": (turbine | pump) & ~stops & (flows >= 1.5 * VALVE_S) & (flows < 22 * MINUTE_S),
        }
        return self._orders({k: np.asarray(v, np.float64) for k, v in state.items()}, mode == STILL, turbine & ready)

    def _orders(self, s: dict[str, Array], still: Mask, loaded: Mask) -> dict[str, Array]:
        """What the control centre changes in the plan: outage, derating, full load, extra runs, valve tests."""
        run, shape = self._run, s["n"].shape
        out = run.condition("outage") > 0.5
        service = (run.lag("service", np.where(out, 0.0, np.ones(shape)), 45.0) - 0.03).clip(0.0, 0.94) / 0.94
        air, extra = run.condition("condenser_run") > 0.5, run.condition("extra_run") > 0.5
        called = (air | extra) & still & (s["n"] == 0.0) & ~out
        spin = ((run.lag("called", called.astype(np.float64), 40.0) - 0.03) / 0.94).clip(0.0, 1.0)
        wet = run.lag("called, water", (extra & called).astype(np.float64), 40.0)
        on = (
            ((s["on"] > 0.0) | (called & (spin >= 1.0))) & (service >= 1.0) & ~out & (run.condition("overspeed") == 0.0)
        )
        order = np.where(loaded & (run.condition("full_load") > 0.5), 1.0, s["order"])
        order = np.where(called & on, np.where(extra, EXTRA_LOAD, CONDENSER_LOAD), order)
        order = np.where(loaded & air, CONDENSER_LOAD, np.minimum(order, 1.0 - run.condition("derating")))
        test = np.where(still, (3.0 * run.condition("ball_valve_test")).clip(0.0, 1.0), 0.0)
        return {
            **s,
            "n": np.maximum(s["n"] * service, spin),
            "synchronous": on.astype(np.float64),
            "order": run.ramp("order", np.where(on, order, 0.0), RAMP_PER_MINUTE),
            "valve": np.maximum(np.maximum(s["valve"] * service, wet), test),
        }

    def _control(self, shape: tuple[int, ...]) -> Array:
        """Automatic generation control about the planned load (t, u) [share of it]."""
        run = self._run
        return 0.02 * run.ou("share", shape, 30 * MINUTE_S) + 0.01 * run.ou("control", (shape[0], 1), MINUTE_S)

    def _valve_s(self, shape: tuple[int, ...]) -> Array:
        """Opening time of the ball valves (t, u) [s]: 45, give or take two."""
        run = self._run
        slow = 0.8 * run.ou("ball valve", shape, 8 * HOUR_S).clip(-2.0, 2.0)
        return VALVE_S + slow + 0.6 * run.spread("ball valve", (self._n_units,)).clip(-2.0, 2.0)

    def _hydraulics(self, s: dict[str, Array], head: Array) -> dict[str, Array]:
        """Power, guide vanes and flow ``q`` [of the rated, negative in pump mode]."""
        run, rated_mw, order, on = self._run, self._rating["rated_mw"], s["order"], s["synchronous"]
        forward, back = (order > 0.0) & (on > 0.0), (order < 3.0 * CONDENSER_LOAD) & (on > 0.0)
        lost = run.condition("efficiency_loss")
        gate = np.where(forward, hydro.gate_for(order, head), 0.0)
        turbine = hydro.turbine_power(gate, head, rated_mw) * self._set.factor("turbine", 0.006) * (1.0 - lost)
        pumping = order / -pump_power(head) * back
        wander = 1.0 + 0.004 * run.ou("runner", order.shape, 10 * DAY_S)
        power = np.where(forward, turbine, order * rated_mw * self._set.factor("pump", 0.005) * wander) * on
        power = power + SPIN_LOAD * s["n"] * rated_mw * s["sfc"]
        idle = 0.11 * s["starting"] * (s["n"] > 0.0) * (s["sfc"] == 0.0)
        lift = pump_flow(head) * pumping * (1.0 - lost) * self._set.factor("runner", 0.006) * wander
        return {
            "power": power,
            "p": np.abs(power) / rated_mw,
            "forward": forward.astype(np.float64),
            "back": pumping,
            "gate": 100.0 * (np.maximum(gate, idle) + (0.62 - 0.9 * (head - 1.0)) * pumping),
            "q": gate / hydro.GATE_RATED * np.sqrt(head) + 0.6 * idle - lift,
            "flow": (gate / hydro.GATE_RATED * np.sqrt(head) + 0.6 * idle - lift) * self._rating["rated_flow_m3s"],
        }

    def _vibration(self, s: dict[str, Array], head: Array) -> dict[str, Array]:
        """Vibration and pulsation: vortex rope forward, a third more than that of a calm turbine backward, little in air."""
        run, n, factor, forward = self._run, s["n"], self._set.factor, s["forward"]
        back = s["back"].clip(0.0, 1.0)
        rope = hydro.rough_zone(s["p"], head) * forward
        quiet = np.where(forward > 0.0, hydro.vibration(s["p"], head), 0.36 + 0.29 * back)
        unrest = (1.0 + run.condition("turbine_unrest")) * n
        start = burst(n) * s["starting"] * (1.0 + 0.08 * run.ou("bursts", n.shape, DAY_S))
        calm = 0.45 + 0.10 * forward + 0.15 * s["p"] * forward + 0.45 * back
        cover = (calm + 0.55 * rope) * (1.0 + run.condition("looseness") * (1.0 + 0.5 * rope) / 1.1)
        more = (1.0 + run.condition("pulsation")) * n
        off = np.abs(head - 1.0)
        draft = 0.6 + (1.6 + 0.5 * s["p"] + 5.8 * rope) * forward + (2.4 + 8.0 * off) * back
        vaneless = 0.8 + (3.6 + 5.0 * (1.0 - s["p"])) * forward + (4.6 + 25.0 * off) * back
        return {
            "rope": rope,
            "housing": quiet * unrest + start,
            "head_cover": cover * unrest * factor("head cover", 0.08) + 0.6 * start,
            "pulsation": draft * more * factor("draft tube", 0.06) + start,
            "vaneless": vaneless * more * factor("vaneless space", 0.06) + 2.0 * start,
        }

    def _level(self, q: Array, planned_m: Array, planned_flow: Array) -> Array:
        """Level of the upper reservoir (t, 1) [m]: the plan, and what the flow ``q`` (t, u) brought beyond it.

        The control centre makes good the difference within days, and holds back when the level nears a limit.
        """
        run, range_m = self._run, self._rating["reservoir_range_m"]
        rate = (-q.sum(axis=1, keepdims=True) - planned_flow) * self._metre_h / HOUR_S
        beyond = run.integrate("beyond the plan", rate, np.zeros(1))
        level = planned_m + beyond - run.lag("made good", beyond, CORRECTION_S)
        low, high = 0.10 * range_m, 0.93 * range_m
        level = np.where(
            level < low, low - 0.2 * (low - level), np.where(level > high, high + 0.2 * (level - high), level)
        )
        return level + 0.015 * run.ou("waves", level.shape, 5 * MINUTE_S)

    def _start_equipment(self, s: dict[str, Array]) -> dict[str, Array]:
        """Frequency converter and ball valve."""
        run, sfc = self._run, s["sfc"]
        heat = 9.0 + 0.6 * run.spread("converter heat", (self._n_units,)) + run.condition("converter_heat")
        moving = ((s["valve"] > 0.0) & (s["valve"] < 1.0)).astype(np.float64)
        phase = run.integrate("ball-valve pump", 1.1 / HOUR_S * np.ones(moving.shape), self._oil_pump)
        return {
            "converter": run.lag("converter", s["water"] + heat + 18.0 * sfc, 8 * MINUTE_S),
            "converter_start": hold_each(run, "converter start", s["sfc_s"], s["sfc_done"] > 0.0),
            "ball_valve": 100.0 * s["valve"],
            "ball_valve_time": hold_each(run, "ball-valve time", s["valve_s"], s["valve_done"] > 0.0),
            "ball_valve_oil": machines.saw_tooth(-phase, 6.05, 6.40) - 0.3 * run.lag("ball-valve stroke", moving, 25.0),
        }
