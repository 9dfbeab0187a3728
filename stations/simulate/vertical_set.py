"""The vertical set under a hydro turbine, conventional or pumped storage: bearings, cooling water, generator, oil vessels.

p = power and n = speed relative to their ratings; t = times, u = units, k = pads or sensors. Constants without a reference
are plant practice for vertical sets of 20 to 300 MW.
"""

from __future__ import annotations

import numpy as np

from stations.plant import Station
from stations.simulate import machines, water
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points
from stations.simulate.weather import ambient

TEMPERATURE = Noise(white=0.2, slow=0.5)
WATER = Noise(white=0.2)
VIBRATION = Noise(of_value=0.04, slow_of_value=0.04)
PRESSURE = Noise(of_span=0.0015)
STARTS = Noise(of_value=0.04, slow_of_value=0.08)

POINTS = {
    "MKA10CE101": Point("power", None, Noise(of_value=0.001)),
    "MKA10CE102": Point("reactive", None, Noise(of_value=0.003)),
    "MEA10CS101": Point("speed", None, Noise()),
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
    "MEX10CP101": Point("governor_pressure", None, Noise(white=0.006), cyclic=True),
    "MEX10CL101": Point("governor_level", None, Noise(white=0.2, slow=0.5), cyclic=True),
    "MEX10CU101": Point("governor_starts", None, STARTS),
    "MEW10CL101": Point("sump_level", None, Noise(white=2.0), cyclic=True),
    "MEW10CU101": Point("sump_starts", None, STARTS),
    "BAT10CT101": Point("top_oil", None, TEMPERATURE),
    "BAT10CT102": Point("hot_spot", None, TEMPERATURE),
    "BAT10CQ101": Point("gases", 0, Noise(white=0.5, slow_of_value=0.02)),
}
"""Tag code -> signal, sensor and noise."""

BEARINGS = {"thrust": (4, 4.0, 18.0), "upper": (3, 0.0, 12.0), "lower": (3, 1.0, 12.0), "turbine": (3, 0.5, 12.0)}
"""Number of pads, temperature above a guide bearing's [K], time constant [min]."""

CONDITIONS = {
    **water.CONDITIONS,
    **machines.TRANSFORMER_CONDITIONS,
    **{f"{name}_pads": Condition(k, f"heat of a {name} pad at full speed [K]") for name, (k, _, _) in BEARINGS.items()},
    "film_loss": Condition(4, "heat of a thrust pad that starts or stops without an oil film [K]"),
    "oil_heat": Condition(0, "heat of the bearing oil [K]"),
    "cooler_fouling": Condition(0, "loss of heat transfer of all coolers [-]"),
    "air_cooler_fouling": Condition(0, "loss of heat transfer of the generator's air coolers [-]"),
    "strainer_block": Condition(0, "share of the cooling water that a strainer keeps back [-]"),
    "imbalance": Condition(0, "shaft run-out at 1X [um]"),
    "turbine_1x": Condition(0, "vibration of the turbine guide bearing at 1X [mm/s]"),
    "looseness": Condition(0, "vibration of head cover and turbine bearing beyond normal, as a share of it [-]"),
    "seal_leak": Condition(0, "leakage of the shaft seal beyond normal, as a share of it [-]"),
    "governor_leak": Condition(0, "oil and gas lost by the governor beyond normal, as a share of it [-]"),
}


def oil_steady(cooling_water: Array, p: Array, fouling: Array, water_flow: Array, speed: Array) -> Array:
    """Bearing-oil temperature [degC] over the water's [degC]: losses go with speed^1.5, coolers foul [-]."""
    return cooling_water + (8.0 + 3.0 * p) * speed**1.5 * (1.0 + fouling) / water_flow**0.6 + 4.0


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


class VerticalSet:
    """The sets of one station: their ratings, their manufacturing spread, the state of their coolers and vessels.

    ``signals`` wants what the turbine gives: ``p``, ``n``, ``power``, ``synchronous`` (0 or 1), ``rope`` (rough zone, 0 to
    1), ``housing`` (vibration of the turbine bearing [mm/s]), each (t, u).
    """

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = station.parameters
        self._n_units = n = len(units)
        self._run = run
        self._fouling_rate = np.clip(0.004 + 0.001 * run.spread("fouling rate", (n,)), 0.002, 0.006)
        self._flush_days = 18.0 + 3.0 * np.clip(run.spread("flush interval", (n,)), -2.0, 2.0)
        self._strainer_start = run.generator("strainer").uniform(0.0, 1.0, n)
        self._pump_start = run.generator("pumps").uniform(0.0, 1.0, (2, n))

    def signals(self, time_s: Array, turbine: dict[str, Array]) -> dict[str, Array]:
        """Every other signal of ``POINTS`` at ``time_s`` (t,) [s]: (t, u), (t, 1) or (t, u, k) [unit of the tag]."""
        out = dict(turbine)
        out |= self._cooling(time_s, out)
        out |= self._bearings(out)
        out |= self._generator(out)
        oil = machines.transformer(self._run, out["current"], ambient(self._run, time_s))
        out |= {
            "ambient": ambient(self._run, time_s),
            "top_oil": oil.top_oil,
            "hot_spot": oil.hot_spot,
            "gases": oil.gases,
        }
        out |= self._auxiliaries(out)
        return out

    def factor(self, name: str, spread: float, k: tuple[int, ...] = ()) -> Array:
        """Factors of about 1 that tell one machine from its sisters (u, k)."""
        return 1.0 + spread * self._run.spread(name, (self._n_units, *k))

    def _cooling(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        run, days = self._run, local_days(time_s)[:, None]
        # Strainers are back-flushed each shift of eight hours; in clean water hardly anything has gathered by then.
        shift = (days * 3.0 + self._strainer_start) % 1.0
        silt = water.silt(days) + run.condition("silt_load")[:, :1]
        clog = shift * (0.15 + 0.85 * silt)
        pulse = 0.12 * (shift * 8 * HOUR_S < 4 * MINUTE_S)
        kept = np.minimum(run.condition("strainer_block"), 0.9)
        supply = np.maximum((1.0 - 0.08 * clog - pulse) * (1.0 - kept), 0.1) * self.factor("water flow", 0.02)
        valve = run.lag("water valve", (s["n"] > 0.0).astype(np.float64), 15.0)
        # A blocked strainer takes the pressure, a clogged one likewise: the flow falls and the difference rises.
        block = (1.0 + 1.6 * clog) * (1.0 + 3.0 * kept)
        natural = water.fouling(time_s, self._fouling_rate, self._flush_days)
        river = water.river(run, time_s) + 0.2 * run.spread("intake", (self._n_units,))
        return {
            "water": river,
            "supply": supply,
            "water_flow": supply * valve * self._rating["rated_cw_m3h"],
            "strainer": 12.0 * (np.minimum(supply, 1.2) * valve) ** 0.5 * block * self.factor("strainer", 0.05),
            "fouling": natural + run.condition("cooler_fouling"),
        }

    def _bearings(self, s: dict[str, Array]) -> dict[str, Array]:
        run, n, p, u = self._run, s["n"], s["p"], self._n_units
        oil = oil_steady(s["water"], p, s["fouling"], s["supply"], n) + 0.8 * run.spread("oil", (u,))
        oil = run.lag("oil", oil + run.condition("oil_heat") * n, 40 * MINUTE_S)
        run_out = (95.0 + 12.0 * p + 75.0 * s["rope"])[..., None] * self.factor("run-out", 0.10, (2,))
        run_out = machines.rotate(run_out, run.condition("imbalance")[..., None], 40.0)
        turbine = machines.vector_sum(s["housing"] * (1.0 + self._looseness(s)), run.condition("turbine_1x") * n)
        housing = {"turbine": turbine, "upper": 0.75 * s["housing"]}
        out = {
            "oil": oil,
            "oil_level": 0.45 * (oil - 33.0) + 2.0 * run.spread("oil level", (u,)) - 2.0 * n,
            "run_out": run_out * n[..., None],
        }
        for name, values in housing.items():
            out[f"{name}_vibration"] = (
                values[..., None] * self.factor(f"{name} vibration", 0.08, (2,)) * (n > 0.0)[..., None]
            )
        # Between rest and 90 % of the speed the film is thin; lost, it heats a pad within a minute and a half.
        thin = ((n > 0.02) & (n < 0.9))[..., None] * run.condition("film_loss")
        film = run.lag("film", 6.0 * np.broadcast_to(thin, (*n.shape, 4)), 10 * MINUTE_S)
        for name, (k, offset, tau_min) in BEARINGS.items():
            spread = offset + 0.7 * run.spread(f"{name} bearing", (u, 1)) + 0.85 * run.spread(f"{name} pads", (u, k))
            steady = pad_steady(oil, p, n)[..., None] + (spread + run.condition(f"{name}_pads")) * n[..., None]
            out[f"{name}_pads"] = run.lag(f"{name} pads", steady, tau_min * MINUTE_S)
        out["thrust_pads"] = out["thrust_pads"] + film
        return out

    def _looseness(self, s: dict[str, Array]) -> Array:
        """F04 shakes most where the flow does: the rough zone steps it up by half."""
        return self._run.condition("looseness") * (1.0 + 0.5 * s["rope"]) / 1.1

    def _generator(self, s: dict[str, Array]) -> dict[str, Array]:
        run, on, u = self._run, s["synchronous"], self._n_units
        rated_mva = self._rating["rated_mw"] / 0.9
        voltage = 0.05 * run.ou("voltage", (len(on), 1), 3 * HOUR_S) + 0.03 * run.ou("excitation", on.shape, HOUR_S)
        reactive = (0.12 + 0.24 * np.abs(s["p"]) + voltage) * rated_mva * on
        current = np.hypot(s["power"], reactive) / rated_mva
        losses = current**2
        fouling = s["fouling"] + run.condition("air_cooler_fouling")
        cold = s["water"] + 2.0 + (6.0 * s["n"] + 6.0 * losses) * (1.0 + fouling) / s["supply"] ** 0.6
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
        return 1.2 * self._run.spread(f"{name} slots", (self._n_units, k))

    def _auxiliaries(self, s: dict[str, Array]) -> dict[str, Array]:
        """Vessels that leak and are pumped: starts per hour follow the leak, pressure and level are its saw-tooth."""
        run, shape = self._run, s["p"].shape
        activity = 1.0 + 0.10 * run.ou("governing", shape, 4 * HOUR_S)
        leak = self.factor("governor leak", 0.10) * (1.0 + run.condition("governor_leak"))
        governor = 3.0 * leak * activity * (0.5 + 0.5 * s["n"])
        seepage = 1.0 + 0.10 * run.ou("seepage", shape, DAY_S)
        sump = (
            2.0 * self.factor("seal leak", 0.15) * (1.0 + run.condition("seal_leak")) * seepage * (0.6 + 0.4 * s["n"])
        )
        governor_phase = run.integrate("governor pump", governor / HOUR_S, self._pump_start[0])
        sump_phase = run.integrate("sump pump", sump / HOUR_S, self._pump_start[1])
        return {
            "governor_starts": governor,
            "sump_starts": sump,
            "governor_pressure": machines.saw_tooth(governor_phase, 6.3, 5.8),
            "governor_level": machines.saw_tooth(governor_phase, 58.0, 46.0),
            "sump_level": machines.saw_tooth(sump_phase, 400.0, 900.0),
        }
