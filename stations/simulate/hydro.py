"""Conventional hydro set with a Francis turbine: hydraulics, bearings, cooling water, generator, unit transformer.

The equations come first, as pure functions of arrays; ``FrancisPlant`` then puts them in a row behind their lags.
p = power and H = net head relative to their ratings; t = times, u = units, k = pads or sensors. Constants without a
reference are plant practice for vertical sets of 20 to 150 MW.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stations.faults import Fault, pad_distress
from stations.plant import Station
from stations.simulate import drivers
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, Run, points

TEMPERATURE = Noise(white=0.2, slow=0.5)
WATER = Noise(white=0.2)
VIBRATION = Noise(of_value=0.04, slow_of_value=0.04)
PRESSURE = Noise(of_span=0.0015)
STARTS = Noise(of_value=0.04, slow_of_value=0.08)

PARAMETERS = ("rated_mw", "rated_rpm", "rated_head_m", "rated_flow_m3s", "rated_cw_m3h")
"""Ratings of the station that the physics needs."""

POINTS = {
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("reactive", None, Noise(of_value=0.003)),
    "MEA10CS101": Point("speed", None, Noise()),
    "MEA10CP101": Point("head", None, PRESSURE),
    "MEA10CG101": Point("gate", None, Noise(white=0.05, slow_of_value=0.004)),
    "MEA10CF101": Point("flow", None, Noise(of_value=0.007, slow_of_value=0.005)),
    "MEA10CY121": Point("head_cover", None, VIBRATION),
    "MEA10CP121": Point("pulsation", None, VIBRATION),
    "MET10CT101": Point("ambient", None, WATER),
    **points("MKD10CT", 101, "thrust_pads", 4, TEMPERATURE),
    **points("MKD11CT", 101, "upper_pads", 3, TEMPERATURE),
    **points("MKD12CT", 101, "lower_pads", 3, TEMPERATURE),
    **points("MED10CT", 101, "turbine_pads", 3, TEMPERATURE),
    **points("MED10CY", 101, "turbine_vibration", 2, VIBRATION),
    **points("MKD11CY", 101, "upper_vibration", 2, VIBRATION),
    **points("MED10CY", 111, "run_out", 2, VIBRATION),
    "MKV10CT101": Point("oil", None, TEMPERATURE),
    "MKV10CL101": Point("oil_level", None, Noise(white=0.4, slow=0.6)),
    "PCB10CT101": Point("water", None, WATER),
    "PCB10CF101": Point("water_flow", None, Noise(of_value=0.007)),
    "PCB10CP101": Point("strainer", None, Noise(white=0.2, slow_of_value=0.04)),
    **points("MKA10CT", 101, "winding", 6, TEMPERATURE),
    **points("MKA10CT", 111, "core", 3, TEMPERATURE),
    "MKJ10CT101": Point("cold_air", None, TEMPERATURE),
    "MKJ10CT102": Point("hot_air", None, TEMPERATURE),
    "MEX10CP101": Point("governor_pressure", None, Noise(white=0.006)),
    "MEX10CL101": Point("governor_level", None, Noise(white=0.2, slow=0.5)),
    "MEX10CU101": Point("governor_starts", None, STARTS),
    "MEW10CL101": Point("sump_level", None, Noise(white=2.0)),
    "MEW10CU101": Point("sump_starts", None, STARTS),
    "BAT10CT101": Point("top_oil", None, TEMPERATURE),
    "BAT10CT102": Point("hot_spot", None, TEMPERATURE),
    "BAT10CQ101": Point("hydrogen", None, Noise(white=0.5, slow_of_value=0.02)),
}
"""Tag code -> signal, sensor and noise."""

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


def oil_steady(water: Array, p: Array, fouling: Array, water_flow: Array, speed: Array) -> Array:
    """Bearing-oil temperature [degC] over the water's [degC]: losses go with speed^1.5, coolers foul [-]."""
    return water + (8.0 + 3.0 * p) * speed**1.5 * (1.0 + fouling) / water_flow**0.6 + 4.0


def pad_steady(oil: Array, p: Array, speed: Array) -> Array:
    """Pad temperature [degC] over oil [degC]: film shear with speed^1.5, thinner oil shears less; load on top.

    Examples
    --------
    >>> full = np.array(1.0)
    >>> oil = oil_steady(np.array([9.0, 27.0]), full, 0 * full, full, full)
    >>> pad_steady(oil, full, full).round(1).tolist()
    [43.7, 59.6]
    """
    return oil + (14.0 + 5.0 * p - 0.12 * (oil - 30.0)) * speed**1.5


def rough_zone(p: Array, head: Array) -> Array:
    """Strength of the draft-tube vortex rope [-]: 1 at 45 % load at the rated head, at less load when H is low."""
    return np.exp(-(((p - 0.45 * head**1.5) / 0.11) ** 2))


def vibration(p: Array, head: Array) -> Array:
    """Housing vibration [mm/s rms]: residual unbalance, vortex rope, and the unsteady flow of very low load.

    Examples
    --------
    >>> vibration(np.array([0.2, 0.45, 0.9]), np.array(1.0)).round(2).tolist()
    [0.5, 1.68, 0.5]
    """
    low_load = 0.9 * np.maximum(0.0, 0.15 - p) / 0.15
    return np.sqrt(0.5**2 + (1.6 * rough_zone(p, head)) ** 2 + low_load**2)


def top_oil_rise(k: Array) -> Array:
    """Steady top-oil rise over ambient [K] at load factor K [-]: IEC 60076-7 with R = 6, x = 0.8 and 52 K at K = 1."""
    return 52.0 * ((1.0 + 6.0 * k**2) / 7.0) ** 0.8


def hot_spot_gradient(k: Array) -> Array:
    """Steady hot-spot rise over top oil [K] at load factor K [-]: IEC 60076-7 with y = 1.3 and 22 K at K = 1."""
    return 22.0 * k**1.3


def saw_tooth(phase: Array, low: float, high: float) -> Array:
    """A vessel that goes from ``low`` to ``high`` as ``phase`` [-] grows by one, and is then set back by its pump."""
    return low + (high - low) * (phase % 1.0)


BEARINGS = {"thrust": (4, 4.0, 18.0), "upper": (3, 0.0, 12.0), "lower": (3, 1.0, 12.0), "turbine": (3, 0.5, 12.0)}
"""Number of pads, temperature above a guide bearing's [K], time constant [min]."""


class FrancisPlant:
    """The units of one station: their ratings, their manufacturing spread, the faults that grow in them."""

    def __init__(self, station: Station, units: tuple[str, ...], run: Run, faults: Sequence[Fault]) -> None:
        self._rating = station.parameters
        self._units = units
        self._run = run
        self._faults = [(fault, units.index(fault.unit), *_pad_of(fault)) for fault in faults]
        n = len(units)
        self._fouling_rate = np.clip(0.004 + 0.001 * run.spread("fouling rate", (n,)), 0.002, 0.006)
        self._flush_days = 18.0 + 3.0 * np.clip(run.spread("flush interval", (n,)), -2.0, 2.0)
        self._strainer_start = run.generator("strainer").uniform(0.0, 1.0, n)
        self._pump_start = run.generator("pumps").uniform(0.0, 1.0, (2, n))

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of ``POINTS`` at ``time_s`` (t,) [s]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        out = self._hydraulics(time_s)
        out |= self._cooling(time_s, out)
        out |= self._bearings(time_s, out)
        out |= self._generator(time_s, out)
        out |= self._transformer(time_s, out)
        out |= self._auxiliaries(out)
        return out

    def _factor(self, name: str, spread: float, k: tuple[int, ...] = ()) -> Array:
        """Factors of about 1 that tell one machine from its sisters (u, k)."""
        return 1.0 + spread * self._run.spread(name, (len(self._units), *k))

    def _hydraulics(self, time_s: Array) -> dict[str, Array]:
        run, rating = self._run, self._rating
        n = len(self._units)
        head = drivers.head(run, time_s)
        order = drivers.dispatch(run, time_s, n)
        # The ramp limit of the set-point counts, not the servo: about 60 % of the rating a minute.
        gate = run.lag("gate", gate_for(order.demand, head), 20.0)
        turning = run.lag("turning", order.spinning.astype(np.float64), 35.0)
        # The governor takes the shaft up to full speed and brakes stop it: both ends are reached, not only approached.
        speed = np.clip((turning - 0.03) / 0.94, 0.0, 1.0)
        frequency = 1.0 + 0.0003 * run.ou("/frequency", (len(time_s), 1), MINUTE_S)
        synchronous = (speed >= 1.0) & order.spinning
        power = turbine_power(gate, head, rating["rated_mw"]) * self._factor("turbine", 0.006) * synchronous
        no_load = 0.10 * head**-0.5 * speed
        opening = np.maximum(gate, no_load)
        p = power / rating["rated_mw"]
        rope = rough_zone(p, head)
        return {
            "power": power,
            "p": p,
            "n": speed,
            "synchronous": synchronous.astype(np.float64),
            "speed": speed * frequency * rating["rated_rpm"],
            "head": head * rating["rated_head_m"],
            "gate": 100.0 * opening,
            "flow": rating["rated_flow_m3s"] * opening / GATE_RATED * np.sqrt(head),
            "head_cover": (0.55 + 0.15 * p + 0.55 * rope) * speed * self._factor("head cover", 0.08),
            "pulsation": (2.2 + 0.5 * p + 5.8 * rope) * speed * self._factor("draft tube", 0.06),
            "housing": vibration(p, head) * speed,
            "rope": rope,
        }

    def _cooling(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        days = drivers.local_days(time_s)[:, None]
        # Strainers are back-flushed each shift of eight hours; in clean water hardly anything has gathered by then.
        shift = (days * 3.0 + self._strainer_start) % 1.0
        clog = shift * (0.15 + 0.85 * drivers.silt(days))
        pulse = 0.12 * (shift * 8 * HOUR_S < 4 * MINUTE_S)
        supply = (1.0 - 0.08 * clog - pulse) * self._factor("water flow", 0.02)
        valve = self._run.lag("water valve", (s["n"] > 0.0).astype(np.float64), 15.0)
        water = drivers.river(self._run, time_s) + 0.2 * self._run.spread("intake", (len(self._units),))
        return {
            "water": water,
            "supply": supply,
            "water_flow": supply * valve * self._rating["rated_cw_m3h"],
            "strainer": 12.0 * (supply * valve) ** 2 * (1.0 + 1.6 * clog) * self._factor("strainer", 0.05),
            "fouling": drivers.fouling(time_s, self._fouling_rate, self._flush_days),
        }

    def _bearings(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, n, p = self._run, s["n"], s["p"]
        u = len(self._units)
        oil = oil_steady(s["water"], p, s["fouling"], s["supply"], n) + 0.8 * run.spread("oil", (u,))
        extra = {name: np.zeros((len(time_s), u, k)) for name, (k, _, _) in BEARINGS.items()}
        run_out = (95.0 + 12.0 * p + 75.0 * s["rope"])[..., None] * self._factor("run-out", 0.10, (2,))
        housing = {
            name: s["housing"][..., None] * scale * self._factor(f"{name} vibration", 0.08, (2,))
            for name, scale in (("turbine", 1.0), ("upper", 0.75))
        }
        for fault, unit, name, pad in self._faults:
            symptoms = pad_distress(fault.progress(time_s), fault.severity)
            oil[:, unit] += symptoms.oil * n[:, unit]
            extra[name][:, unit] += symptoms.neighbours[:, None]
            extra[name][:, unit, pad] += symptoms.pad - symptoms.neighbours
            run_out[:, unit] += symptoms.run_out[:, None]
            if name in housing:
                housing[name][:, unit] = np.hypot(housing[name][:, unit], symptoms.vibration[:, None])
        oil = run.lag("oil", oil, 40 * MINUTE_S)
        out = {"oil": oil, "oil_level": 0.45 * (oil - 33.0) + 2.0 * run.spread("oil level", (u,)) - 2.0 * n}
        out["run_out"] = run_out * n[..., None]
        for name, values in housing.items():
            out[f"{name}_vibration"] = values * (n[..., None] > 0.0)
        for name, (k, offset, tau_min) in BEARINGS.items():
            spread = offset + 0.7 * run.spread(f"{name} bearing", (u, 1)) + 0.8 * run.spread(f"{name} pads", (u, k))
            steady = pad_steady(oil, p, n)[..., None] + (spread + extra[name]) * n[..., None]
            out[f"{name}_pads"] = run.lag(f"{name} pads", steady, tau_min * MINUTE_S)
        return out

    def _generator(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, on = self._run, s["synchronous"]
        u = len(self._units)
        rated_mva = self._rating["rated_mw"] / 0.9
        voltage = 0.05 * run.ou("voltage", (len(time_s), 1), 3 * HOUR_S) + 0.03 * run.ou("excitation", on.shape, HOUR_S)
        reactive = (0.12 + 0.24 * s["p"] + voltage) * rated_mva * on
        current = np.hypot(s["power"], reactive) / rated_mva
        losses = current**2
        cold = s["water"] + 2.0 + (6.0 * s["n"] + 6.0 * losses) * (1.0 + s["fouling"]) / s["supply"] ** 0.6
        cold = run.lag("cold air", cold + 0.6 * run.spread("cold air", (u,)), 8 * MINUTE_S)
        hot = run.lag("hot air", cold + 5.0 * s["n"] + 17.0 * losses, 15 * MINUTE_S)
        winding = (cold + 12.0 * s["n"] + 48.0 * losses)[..., None] + self._slots("winding", 6) * losses[..., None]
        core = (cold + 10.0 * s["n"] + 14.0 * on + 14.0 * losses)[..., None] + self._slots("core", 3) * on[..., None]
        return {
            "reactive": reactive,
            "current": current,
            "cold_air": cold,
            "hot_air": hot,
            "winding": run.lag("winding", winding, 25 * MINUTE_S),
            "core": run.lag("core", core, 60 * MINUTE_S),
        }

    def _slots(self, name: str, k: int) -> Array:
        """Offsets of the slots that hold a detector [K]: (u, k)."""
        return 1.2 * self._run.spread(f"{name} slots", (len(self._units), k))

    def _transformer(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Difference form of IEC 60076-7 with its ONAF constants: k11 0.5, k21 2, k22 2, tau_o 150 min, tau_w 7 min."""
        run, k = self._run, s["current"]
        ambient = drivers.ambient(run, time_s)
        rise = top_oil_rise(k) * self._factor("transformer", 0.02)
        top_oil = run.lag("top oil", ambient + rise, 0.5 * 150 * MINUTE_S)
        gradient = hot_spot_gradient(k)
        fast = run.lag("hot spot, winding", 2.0 * gradient, 2.0 * 7 * MINUTE_S)
        slow = run.lag("hot spot, oil", gradient, 150 / 2.0 * MINUTE_S)
        # Cellulose takes up and gives off gas with the oil temperature: the level breathes without any fault.
        base = 18.0 * self._factor("hydrogen", 0.25) + 0.12 * (top_oil - 50.0)
        wander = 1.0 + 0.08 * run.ou("hydrogen", top_oil.shape, 10 * DAY_S)
        return {
            "ambient": ambient,
            "top_oil": top_oil,
            "hot_spot": top_oil + fast - slow,
            "hydrogen": run.lag("hydrogen breathing", base * wander, 12 * HOUR_S),
        }

    def _auxiliaries(self, s: dict[str, Array]) -> dict[str, Array]:
        """Vessels that leak and are pumped: starts per hour follow the leak, pressure and level are its saw-tooth."""
        run, shape = self._run, s["p"].shape
        activity = 1.0 + 0.10 * run.ou("governing", shape, 4 * HOUR_S)
        governor = 3.0 * self._factor("governor leak", 0.10) * activity * (0.5 + 0.5 * s["n"])
        seepage = 1.0 + 0.10 * run.ou("seepage", shape, DAY_S)
        sump = 2.0 * self._factor("seal leak", 0.15) * seepage * (0.6 + 0.4 * s["n"])
        governor_phase = run.integrate("governor pump", governor / HOUR_S, self._pump_start[0])
        sump_phase = run.integrate("sump pump", sump / HOUR_S, self._pump_start[1])
        return {
            "governor_starts": governor,
            "sump_starts": sump,
            "governor_pressure": saw_tooth(governor_phase, 6.3, 5.8),
            "governor_level": saw_tooth(governor_phase, 58.0, 46.0),
            "sump_level": saw_tooth(sump_phase, 400.0, 900.0),
        }


def _pad_of(fault: Fault) -> tuple[str, int]:
    """Bearing and pad index that ``fault`` names by tag code; pad 3 of the turbine guide bearing if it names none."""
    pads = {code: point for code, point in POINTS.items() if point.signal.endswith("_pads")}
    tag = fault.tag or "MED10CT103"
    if tag not in pads:
        raise ValueError(f"{fault.kind} of {fault.station} unit {fault.unit}: {tag!r} is none of {', '.join(pads)}")
    return pads[tag].signal.removesuffix("_pads"), pads[tag].column or 0
