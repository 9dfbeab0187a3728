"""Heavy gas turbine of the F class: air, compressor, combustor, exhaust, bearings.

The equations come first, as pure functions of arrays; ``GasTurbine`` then puts them behind their lags. x = power relative to
what the turbine can give at that air, n = speed relative to the rated; t = times, u = units, k = sensors. Constants without a
reference are plant practice for single-shaft machines of 250 to 320 MW whose vanes hold the exhaust temperature.
"""

from __future__ import annotations

import numpy as np

from stations.plant import Station
from stations.simulate import machines
from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array, Noise, Point, points

TEMPERATURE = Noise(white=0.2, slow=0.5)
VIBRATION = Noise(of_value=0.04, slow_of_value=0.04)

POINTS = {
    **points("MBR10CT", 101, "exhaust", 24, Noise(white=1.5, slow=0.8)),
    "MBR10CQ101": Point("nox", None, Noise(white=0.4, slow_of_value=0.04)),
    "MBC10CP101": Point("discharge_pressure", None, Noise(of_span=0.0006, slow_of_value=0.001)),
    "MBC10CT101": Point("discharge", None, Noise(white=0.4, slow=0.8)),
    "MBL10CP101": Point("inlet_filter", None, Noise(white=0.06, slow_of_value=0.015)),
    "MBP10CF101": Point("fuel", None, Noise(of_value=0.004, slow_of_value=0.002)),
    "MBP10CG101": Point("fuel_valve", None, Noise(white=0.1, slow_of_value=0.004)),
    **points("MBM10CP", 111, "dynamics", 4, Noise(of_value=0.06, slow_of_value=0.06)),
    **points("MBA10CT", 101, "wheel_space", 4, Noise(white=0.5, slow=1.5)),
    "MBA10CG101": Point("vanes", None, Noise(white=0.1, slow=0.2)),
    "MBV10CT101": Point("lube_oil", None, TEMPERATURE),
    "MBD01CT101": Point("gt_bearings", 0, TEMPERATURE),
    "MBD02CT101": Point("gt_bearings", 1, TEMPERATURE),
    **{f"MBD0{b + 1}CY10{k + 1}": Point("gt_vibration", 2 * b + k, VIBRATION) for b in range(2) for k in range(2)},
}
"""Tag code -> signal, sensor and noise."""

CONDITIONS = {
    "cold_spot": Condition(24, "exhaust colder behind one can at its coldest place; below zero, hotter [K]"),
    "compressor_fouling": Condition(0, "share of air flow and of power that dirt on the blades takes [-]"),
    "online_wash": Condition(0, "above 0.5 water is sprayed into the compressor at load [-]"),
    "servo_stick": Condition(0, "fuel-valve servo: 1 = sticky with varnish, it lags, hunts and slows the start [-]"),
    "fuel_quality": Condition(0, "heating value of the gas above the usual one [-]"),
    "filter_dust": Condition(0, "resistance of the inlet filter beyond normal, as a share of it [-]"),
    "premix_transfer": Condition(0, "flame between pilot and premix burners: 1 = in the middle of the transfer [-]"),
}

CANS = 24
SPOT_WIDTH = np.deg2rad(16.0)
"""Mixing on the way from a can to the thermocouples: half width of a streak [rad]; half of it reaches the neighbours."""
SITE = 0.965
"""Air pressure of a site 300 m up, relative to sea level [-]; air flow counts relative to that there at 15 degC."""


def capability(ambient: Array, pressure: Array, fouling: Array) -> Array:
    """Power at base load [share of the rating] at ``ambient`` [degC], ``pressure`` [of 101.3 kPa] and fouling [-].

    Examples
    --------
    >>> (300.0 * capability(np.array([0.0, 15.0, 35.0, 40.0]), np.array(0.965), np.array(0.0))).round().tolist()
    [318.0, 290.0, 252.0, 242.0]
    """
    return (1.0 - 0.0065 * (ambient - 15.0)) * pressure * (1.0 - fouling)


def exhaust_mean(x: Array, ambient: Array, knee: Array) -> Array:
    """Mean exhaust temperature [degC]: the vanes hold it down to load ``knee`` [-]; below it falls 8 K per 1 % of load.

    Examples
    --------
    >>> exhaust_mean(np.array([1.0, 0.7, 0.6, 0.0]), np.array(15.0), np.array(0.62)).round().tolist()
    [600.0, 600.0, 584.0, 340.0]
    """
    held = 600.0 + 0.55 * (ambient - 15.0)
    return np.maximum(held - 800.0 * np.maximum(knee - x, 0.0), 340.0)


def vane_opening(x: Array, knee: Array) -> Array:
    """Opening of the inlet guide vanes [-]: shut to 0.32 below the load ``knee``, open at base load."""
    return 0.32 + 0.68 * np.clip((x - knee) / (1.0 - knee), 0.0, 1.0)


def discharge_temperature(ambient: Array, ratio: Array, efficiency: Array) -> Array:
    """Compressor discharge temperature [degC]: isentropic rise at ``ratio`` over its efficiency [-].

    Examples
    --------
    >>> discharge_temperature(np.array([0.0, 15.0, 40.0]), np.array([17.2, 16.2, 14.9]), np.array(0.88)).round().tolist()
    [389.0, 413.0, 454.0]
    """
    return (ambient + 273.15) * (1.0 + (ratio ** (0.4 / 1.4) - 1.0) / efficiency) - 273.15


def swirl(streaks: Array, angle: Array) -> Array:
    """What the thermocouples see of the streaks (t, u, 24) behind the cans [K], turned by ``angle`` (t, u) [rad].

    A streak widens on its way and swirls: the less air, the further. A single one keeps its peak; the mean stays zero, since the
    control holds the mean temperature.

    Examples
    --------
    >>> one = np.zeros((1, 1, 24))
    >>> one[..., 6] = 60.0
    >>> swirl(one, np.array([[np.deg2rad(30.0)]]))[0, 0, 6:11].round().tolist()
    [4.0, 32.0, 53.0, 32.0, 4.0]
    """
    k = np.arange(CANS // 2 + 1)
    width = np.exp(-0.5 * (k * SPOT_WIDTH) ** 2)
    peak = (width[0] + 2.0 * width[1:-1].sum() + width[-1]) / CANS
    kernel = np.where(k > 0, width / peak, 0.0) * np.exp(-1j * k * angle[..., None])
    seen: Array = np.fft.irfft(np.fft.rfft(streaks, axis=-1) * kernel, n=CANS, axis=-1)
    return seen


class GasTurbine:
    """The gas turbines of one station: manufacturing spread, fouling, washes.

    ``signals`` wants ``ambient`` [degC] and ``pressure`` [of 101.3 kPa] (t, 1), and, each (t, u): ``order`` (load [share of the
    rating]), ``peak`` (1 = above base load), ``n``, ``fired`` and ``synchronous`` (0 or 1).
    """

    def __init__(self, station: Station, units: tuple[str, ...], run: Run) -> None:
        self._rating = station.parameters
        self._n_units = n = len(units)
        self._run = run
        draw = run.generator("washes")
        self._online_phase = draw.integers(0, 4, n)
        self.offline_phase = draw.integers(0, 30, n)
        self._dust_phase = draw.uniform(0.0, 1.0, n)
        self._knee = np.clip(0.625 + 0.012 * run.spread("knee", (n,)), 0.60, 0.65)
        streaks = run.spread("cans", (n, CANS))
        steady = swirl(streaks[None], np.zeros((1, n)))[0]
        self._streaks = streaks * draw.uniform(19.0, 22.0, n)[:, None] / np.ptp(steady, axis=1)[:, None]

    def factor(self, name: str, spread: float, k: tuple[int, ...] = ()) -> Array:
        """Factors of about 1 that tell one machine from its sisters (u, k)."""
        return 1.0 + spread * self._run.spread(name, (self._n_units, *k)).clip(-2.5, 2.5)

    def signals(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Every signal of ``POINTS``, ``x``, ``power`` [MW] and ``air`` (flow, [-]) at ``time_s`` (t,) [s]."""
        out = dict(s)
        out |= self._cycle(time_s, out)
        out |= self._combustion(out)
        out |= self._exhaust(out)
        out |= self._mechanical(out)
        return out

    def _fouling(self, time_s: Array) -> tuple[Array, Array]:
        """Fouling (t, u) [-], and whether the compressor is washed at load: every four days at half past one, 20 minutes.

        On-line washes take the fresh dirt, the monthly wash at standstill takes all of it.
        """
        days = local_days(time_s)[:, None]
        online = (days - 13.5 / 24 + self._online_phase) % 4.0
        offline = (days - 26.0 / 24 + self.offline_phase) % 30.0
        fresh = 0.0004 * self.factor("fresh dirt", 0.3) * online
        settled = 0.00015 * self.factor("dirt", 0.3) * offline
        return fresh + settled, (online * DAY_S < 20 * MINUTE_S).astype(np.float64)

    def _cycle(self, time_s: Array, s: dict[str, Array]) -> dict[str, Array]:
        """Power, vanes, air, compressor and filter."""
        run, rating, ambient, n = self._run, self._rating, s["ambient"], s["n"]
        natural, by_plan = self._fouling(time_s)
        fouling = natural + run.condition("compressor_fouling")
        wash = np.maximum(by_plan, run.condition("online_wash") > 0.5) * s["synchronous"]
        wander = 1.0 + 0.003 * run.ou("blading", n.shape, 12 * DAY_S)
        able = capability(ambient, s["pressure"], fouling + 0.006 * wash) * self.factor("turbine", 0.007) * wander
        share = np.minimum(s["order"], able * (1.0 + 0.03 * s["peak"])) * s["synchronous"]
        x = share / able
        opening = run.lag("vanes", np.where(s["synchronous"] > 0.0, vane_opening(x, self._knee), 0.32), 10.0)
        swallowed = (0.56 + 0.44 * opening) * n * s["pressure"] / SITE * 288.15 / (ambient + 273.15)
        air = swallowed * (1.0 - 0.7 * fouling)
        gas = exhaust_mean(x, ambient, self._knee) + 12.0 * np.maximum(x - 1.0, 0.0) / 0.03
        heat = np.sqrt((gas + 273.15) / 873.15)
        inlet_bar = 1.013 * s["pressure"]
        ratio = 1.0 + 15.8 * air * np.where(s["fired"] > 0.0, heat, 0.75) * n * self.factor("nozzle", 0.006)
        efficiency = (
            0.885 * self.factor("compressor", 0.004) - 0.5 * fouling - 0.06 * (1.0 - n) - 0.03 * (1.0 - opening) ** 2
        )
        dry = discharge_temperature(ambient, ratio, efficiency)
        dust = (local_days(time_s)[:, None] / 24.0 + self._dust_phase) % 1.0
        filter_ = 6.0 * (1.0 + 0.35 * dust) * (1.0 + 0.05 * run.ou("air moisture", (len(n), 1), 10 * HOUR_S))
        return {
            "x": x,
            "power": share * rating["rated_gt_mw"],
            "p": share,
            "vanes": 100.0 * opening * np.where(n > 0.05, 1.0, 0.9),
            "air": air,
            "gas": gas,
            "discharge_pressure": inlet_bar * ratio - 1.013,
            "discharge": run.lag("discharge", np.where(n > 0.05, dry, ambient + 20.0) - 5.0 * wash, 3 * MINUTE_S),
            "inlet_filter": filter_ * (1.0 + run.condition("filter_dust")) * swallowed**2,
            "fouling": fouling,
            "wash": wash,
        }

    def _combustion(self, s: dict[str, Array]) -> dict[str, Array]:
        """Fuel and its valve, flame transfer, dynamics and NOx."""
        run, x, fired, shape = self._run, s["x"], s["fired"], s["n"].shape
        quality = 0.006 * run.regional("gas quality", s["time_s"], 5 * DAY_S) + run.condition("fuel_quality")
        stick = run.condition("servo_stick")
        hunting = run.ou("hunting", shape, 40.0)
        need = (0.22 * s["air"] * s["n"] + 0.78 * s["p"]) * (1.0 + 0.5 * s["fouling"]) * self.factor("heat rate", 0.006)
        fuel = need * fired / (1.0 + quality) * (1.0 + 0.004 * stick * hunting)
        valve = 100.0 * (0.14 + 0.66 * fuel) * self.factor("fuel valve", 0.01) + stick * (3.5 + 1.5 * hunting)
        # Below half load pilot burners hold the flame; the change to premix and back takes some minutes.
        premix = (x > 0.5).astype(np.float64)
        passing = np.abs(run.lag("premix, fast", premix, 45.0) - run.lag("premix, slow", premix, 150.0))
        transfer = 1.6 * passing * s["synchronous"] + run.condition("premix_transfer")
        piloted = run.lag("piloted", 1.0 - premix, 60.0)
        spots = np.abs(run.condition("cold_spot"))
        near = spots.reshape(*spots.shape[:2], 4, CANS // 4).sum(axis=-1)
        uneven = spots.sum(axis=-1)
        lean = (
            2.6
            + 0.8 * piloted
            + 1.1 * ((x.clip(0.4) - 0.85) / 0.4) ** 2
            + 0.015 * (15.0 - s["ambient"])
            - 25.0 * quality
        )
        hum = (lean * (1.0 + 0.06 * run.ou("flame", shape, 9 * HOUR_S)))[..., None] * self.factor(
            "cans hum", 0.09, (4,)
        )
        hum = hum + (3.2 * transfer)[..., None] + 0.08 * near + (0.045 * uneven)[..., None]
        nox = 25.0 + 8.0 * piloted + 5.0 * (1.0 - x) - 0.12 * (s["ambient"] - 15.0) + 150.0 * quality + 5.0 * transfer
        nox = nox * self.factor("burners", 0.06) * (1.0 + 0.017 * uneven) - 3.0 * s["wash"]
        return {
            "fuel": fuel * self._rating["rated_fuel_kg_s"],
            "fuel_valve": np.where(fired > 0.0, valve, 0.0),
            "dynamics": hum * fired[..., None],
            "nox": run.lag("nox", nox * fired, 90.0),
            "transfer": transfer,
        }

    def _exhaust(self, s: dict[str, Array]) -> dict[str, Array]:
        """Thermocouples: mean, streaks of the cans, and where the swirl puts them: 25 degrees further at half load."""
        run, u, fired = self._run, self._n_units, s["fired"]
        angle = np.deg2rad(50.0) * np.clip(1.0 - s["x"], 0.0, 0.8) + 0.04 * run.ou("swirl", fired.shape, 2 * DAY_S)
        uneven = 1.0 + 0.06 * run.ou("streaks", fired.shape, 4 * DAY_S) + 0.6 * s["transfer"]
        streaks = self._streaks * uneven[..., None] - run.condition("cold_spot")
        seen = swirl(streaks, angle) + 1.5 * run.spread("thermocouples", (u, CANS))
        cold = s["ambient"] + 25.0 * np.exp(-s["n"]) + 35.0 * run.lag("casing", fired, 3 * HOUR_S)
        mean = run.lag("gas temperature", np.where(fired > 0.0, s["gas"], cold), 50.0)
        return {
            "exhaust": mean[..., None] + seen * run.lag("flow through", fired, 30.0)[..., None],
            "exhaust_mean": mean,
        }

    def _mechanical(self, s: dict[str, Array]) -> dict[str, Array]:
        """Wheel spaces, lube oil, bearings, casing vibration."""
        run, u, n, p, fired = self._run, self._n_units, s["n"], s["p"], s["fired"]
        hot = 338.0 + 52.0 * np.minimum(s["x"], 1.0) + 0.5 * (s["ambient"] - 15.0)
        rows = np.array([0.0, 14.0, 30.0, -6.0]) + 5.0 * run.spread("wheel spaces", (u, 4)).clip(-2.0, 2.0)
        wheel = np.where(fired[..., None] > 0.0, hot[..., None] + rows, s["ambient"][..., None] + 70.0)
        slow, fast = (
            run.lag(f"wheel space, {name}", wheel, tau) for name, tau in (("slow", 5 * HOUR_S), ("fast", 1500.0))
        )
        oil = 44.0 + (6.5 + 1.5 * p) * n + 0.10 * (s["ambient"] - 17.0) + 0.5 * run.spread("lube oil", (u,))
        oil = run.lag("lube oil", oil + 0.4 * run.ou("oil cooler", n.shape, 8 * HOUR_S), 20 * MINUTE_S)
        heat = np.stack([36.0 + 5.0 * p, 41.0 + 7.0 * p], axis=-1) + 1.2 * run.spread("gt bearings", (u, 2)).clip(
            -2.0, 2.0
        )
        bearings = run.lag("gt bearings", oil[..., None] + 2.0 + heat * (n**1.5)[..., None], 14 * MINUTE_S)
        # The residual unbalance turns a little with casing temperature and load; criticals are passed at 45 and 70 % speed.
        length = np.array([2.5, 2.4, 3.3, 3.1]) * self.factor("gt balance", 0.10, (4,))
        thermal = run.lag("gt bow", p, 80 * MINUTE_S)[..., None] * 0.5 * run.spread("gt bow", (u, 4)).clip(-2.0, 2.0)
        drift = 0.2 * run.ou("gt drift", (*n.shape, 4), 5 * DAY_S)
        one = machines.rotate(np.broadcast_to(length, drift.shape), thermal + drift, 70.0)
        critical = 1.4 * np.exp(-(((n - 0.45) / 0.05) ** 2)) + 1.0 * np.exp(-(((n - 0.70) / 0.05) ** 2))
        shaken = machines.vector_sum(one * (n**2 + critical)[..., None], 0.5 + 0.25 * s["dynamics"][..., :1])
        return {
            "wheel_space": 0.93 * fast + 0.07 * slow,
            "lube_oil": oil,
            "gt_bearings": bearings,
            "gt_vibration": shaken * (n > 0.02)[..., None],
        }
