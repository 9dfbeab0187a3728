"""Our equations against libraries of the field: how far they differ, and how much longer the libraries take.

    python -m benchmarks.field_libraries [--json]

windpowerlib, transformer-thermal-model, iapws and pvlib are needed. A ratio is library time over ours for the same numbers;
``*_difference`` is the largest. ``pvlib_*_s`` is the sun and the light in the plane of the modules, for one station-year.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import iapws.iapws97
import numpy as np
import pandas as pd
import pvlib
import transformer_thermal_model.model as thermal
import windpowerlib.density
import windpowerlib.power_output
from transformer_thermal_model.cooler import CoolerType
from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
from transformer_thermal_model.schemas.thermal_model.initial_state import InitialLoad
from transformer_thermal_model.transformer import PowerTransformer

from benchmarks import machine
from stations.simulate import machines, steam_turbine, sunlight, weather, wind
from stations.simulate.conditions import Conditions
from stations.simulate.run import Run
from stations.simulate.signals import Array

VALUES = 1_000_000
WEEK, TEN_MINUTES_S, YEAR_S = 1008, 600.0, 365 * 86_400.0
TRANSFORMERS = 40
SITE = (29.5, 107.0, 600.0)


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU seconds of some runs."""
    best = np.inf
    for _ in range(repeats):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return float(best)


def wind_figures() -> dict[str, float]:
    """A million values of density and power: differences relative to the rating, and time ratios."""
    chance = np.random.default_rng(1)
    speed, air = chance.uniform(0.0, 25.0, VALUES), chance.uniform(-10.0, 35.0, VALUES)
    pressure = float(weather.pressure(1650.0))
    grid: Array = np.append(np.linspace(3.5, 14.0, 22), 26.0)
    curve = wind.power_curve(grid, np.array(wind.RHO_0))
    density = wind.air_density(air, 1650.0)
    plain, corrected = (
        windpowerlib.power_output.power_curve,
        windpowerlib.power_output.power_curve_density_correction,
    )
    ours = seconds(lambda: wind.power_curve(speed, wind.air_density(air, 1650.0)))
    theirs = seconds(
        lambda: corrected(speed, grid, curve, windpowerlib.density.ideal_gas(pressure, 1650.0, 1650.0, air + 273.15)),
        1,
    )
    standard = wind.power_curve(speed, np.array(wind.RHO_0)) - plain(speed, grid, curve)
    thin = wind.power_curve(speed, density) - corrected(speed, grid, curve, density)
    theirs_density = windpowerlib.density.ideal_gas(pressure, 1650.0, 1650.0, air + 273.15)
    return {
        "air_density_relative_difference": float(np.abs(density / theirs_density - 1.0).max()),
        "power_standard_air_difference": float(np.abs(standard).max()),
        "power_thin_air_difference": float(np.abs(thin).max()),
        "power_ours_s": ours,
        "power_windpowerlib_s": theirs,
        "power_ratio": theirs / ours,
    }


def transformer_figures() -> dict[str, float]:
    """A week of a varying load at ten minutes: differences [K] and time for one transformer."""
    chance = np.random.default_rng(3)
    day: Array = np.arange(WEEK) / 144.0
    load = np.clip(0.7 + 0.4 * np.sin(6.3 * day) + 0.1 * chance.standard_normal(WEEK), 0.0, 1.3)
    air = 20.0 + 8.0 * np.sin(6.3 * day + 1.0)
    units = tuple(map(str, range(TRANSFORMERS)))
    made: list[machines.Transformer] = []

    def ours() -> None:
        run = Run(5, "T", TEN_MINUTES_S, Conditions(machines.TRANSFORMER_CONDITIONS, units, ()))
        run.advance(day * 86_400.0)
        made.append(machines.transformer(run, np.repeat(load[:, None], TRANSFORMERS, axis=1), air[:, None]))

    our_s = seconds(ours) / TRANSFORMERS
    spread = 0.02 * Run(5, "T", TEN_MINUTES_S).spread("transformer", (TRANSFORMERS,))[0]
    specs = UserTransformerSpecifications(
        load_loss=6000.0,
        no_load_loss=1000.0,
        nom_load_sec_side=1.0,
        top_oil_temp_rise=52.0 * (1.0 + float(spread)),
        winding_oil_gradient=22.0,
        hot_spot_fac=1.0,
    )
    index = pd.date_range("2026-01-01", periods=WEEK, freq="600s").to_pydatetime().tolist()

    def theirs() -> Any:
        profile = InputProfile.create(
            datetime_index=index, load_profile=load.tolist(), ambient_temperature_profile=air.tolist()
        )
        built = PowerTransformer(user_specs=specs, cooling_type=CoolerType.ONAF)
        return thermal.Model(profile, built, initial_condition=InitialLoad(initial_load=float(load[0]))).run()

    their_s, result = seconds(theirs), theirs()
    return {
        "top_oil_difference_k": float(np.abs(made[0].top_oil[:, 0] - result.top_oil_temp_profile.to_numpy()).max()),
        "hot_spot_difference_k": float(np.abs(made[0].hot_spot[:, 0] - result.hot_spot_temp_profile.to_numpy()).max()),
        "transformer_week_ours_ms": 1e3 * our_s,
        "transformer_week_library_ms": 1e3 * their_s,
        "transformer_ratio": their_s / our_s,
    }


def steam_figures() -> dict[str, float]:
    """Saturation pressure from 5 to 60 degC, and wet bulb from 5 to 40: differences, and time ratios."""
    temperature: Array = np.linspace(5.0, 60.0, 2000)

    def saturated(at: Array) -> Array:
        return np.array([1000.0 * iapws.iapws97._PSat_T(max(t, 0.01) + 273.15) for t in at])

    difference = steam_turbine.saturation_pressure(temperature) / saturated(temperature) - 1.0
    ratio = seconds(lambda: saturated(temperature)) / seconds(lambda: steam_turbine.saturation_pressure(temperature))
    air: Array = np.linspace(5.0, 60.0, 56)
    worst = {40.0: 0.0, 60.0: 0.0}
    for humidity in (30.0, 50.0, 78.0, 95.0):
        low, high = air - 40.0, air.copy()
        for _ in range(30):
            middle = (low + high) / 2.0
            wet = saturated(middle) - 6.62e-4 * 101.325 * (air - middle) > humidity / 100.0 * saturated(air)
            low, high = np.where(wet, low, middle), np.where(wet, middle, high)
        off = np.abs(weather.wet_bulb(air, np.array(humidity)) - (low + high) / 2.0)
        worst = {most: max(was, float(off[air <= most].max())) for most, was in worst.items()}
    bisected = 30.0 * seconds(lambda: saturated(temperature))
    return {
        "saturation_relative_difference": float(np.abs(difference).max()),
        "saturation_ratio": ratio,
        "wet_bulb_difference_to_40_k": worst[40.0],
        "wet_bulb_difference_to_60_k": worst[60.0],
        "wet_bulb_ratio": bisected / seconds(lambda: weather.wet_bulb(temperature, np.array(78.0))),
    }


def sun_figures() -> dict[str, float]:
    """What pvlib costs here, and how its one-line clear sky by Haurwitz compares with Ineichen's."""

    def light(period_s: float) -> sunlight.Sun:
        time_s: Array = 1_767_225_600.0 + np.arange(0.0, YEAR_S, period_s)
        sky = sunlight.sun(time_s, *SITE)
        sunlight.in_plane(sky, time_s, np.full((len(time_s), 1), 0.5), 20.0)
        return sky

    command = [
        sys.executable,
        "-c",
        "import time; t = time.process_time(); import pvlib; print(time.process_time() - t)",
    ]
    imported = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    sky = light(TEN_MINUTES_S)
    cosine = np.maximum(np.cos(np.deg2rad(sky.zenith)), 1e-3)
    simple = 1098.0 * cosine * np.exp(-0.057 / cosine)
    when = pd.to_datetime(1_767_225_600.0 + np.arange(0.0, YEAR_S, TEN_MINUTES_S), unit="s", utc=True)
    ephemeris = pvlib.solarposition.ephemeris(when, *SITE[:2])["apparent_zenith"].to_numpy()
    day = sky.zenith < 85.0
    return {
        "pvlib_import_s": imported,
        "pvlib_year_600_s": seconds(lambda: light(600.0)),
        "pvlib_year_60_s": seconds(lambda: light(60.0), 1),
        "haurwitz_difference_w_m2": float(np.abs(simple - sky.clear).max()),
        "haurwitz_energy_ratio": float(simple.sum() / sky.clear.sum()),
        "ephemeris_difference_deg": float(np.abs(ephemeris - sky.zenith)[day].max()),
        "ephemeris_year_600_s": seconds(lambda: pvlib.solarposition.ephemeris(when, *SITE[:2])),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    figures = wind_figures() | transformer_figures() | steam_figures() | sun_figures()
    machine.report("field_libraries", {k: float(f"{v:.4g}") for k, v in figures.items()}, as_json=arguments.json)


if __name__ == "__main__":
    main()
