"""Our equations against libraries of the field, as oracles: they agree, or differ where and as far as stated."""

from __future__ import annotations

import datetime as dt

import iapws.iapws97
import numpy as np
import pandas as pd
import pvlib
import pytest
import transformer_thermal_model.model as thermal
import windpowerlib.density
import windpowerlib.power_output
from transformer_thermal_model.cooler import CoolerType
from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
from transformer_thermal_model.schemas.thermal_model.initial_state import InitialLoad
from transformer_thermal_model.transformer import PowerTransformer

from stations.simulate import machines, steam_turbine, sunlight, weather, wind
from stations.simulate.conditions import Conditions
from stations.simulate.run import Run
from stations.simulate.signals import HOUR_S, Array

SITE = (29.5, 107.0, 600.0)
YEAR_S: Array = 1_767_225_600.0 + np.arange(0.0, 8760.0, 0.5) * HOUR_S


# ---- wind: windpowerlib 0.2

SPEEDS: Array = np.append(np.linspace(3.5, 14.0, 64), 26.0)
CURVE = wind.power_curve(SPEEDS, np.array(wind.RHO_0))


def test_air_density_is_that_of_windpowerlib() -> None:
    air: Array = np.linspace(-15.0, 40.0, 12)
    pressure = float(weather.pressure(1650.0))
    theirs = windpowerlib.density.ideal_gas(pressure, 1650.0, 1650.0, air + 273.15)
    np.testing.assert_allclose(wind.air_density(air, 1650.0), theirs, rtol=1e-4)


def test_power_is_that_of_windpowerlib_in_standard_air() -> None:
    speed: Array = np.linspace(0.0, 25.0, 501)
    theirs = windpowerlib.power_output.power_curve(speed, SPEEDS, CURVE)
    np.testing.assert_allclose(wind.power_curve(speed, np.array(wind.RHO_0)), theirs, atol=1e-3)


def test_power_in_thin_air_differs_near_rated_wind_only() -> None:
    """IEC 61400-12-1 takes the cube root of the density everywhere, windpowerlib up to 7.5 m/s and its power 2/3 from 12.5."""
    speed: Array = np.linspace(0.0, 25.0, 501)
    density: Array = np.full(501, 1.02)
    theirs = windpowerlib.power_output.power_curve_density_correction(speed, SPEEDS, CURVE, density)
    difference = wind.power_curve(speed, density) - theirs
    assert np.abs(difference[speed < 7.5]).max() < 0.003
    assert np.abs(difference[speed > 15.0]).max() < 0.001
    assert 0.04 < difference.max() < 0.06
    assert difference.min() > -0.003


# ---- transformer: transformer-thermal-model 0.6, IEC 60076-7


def test_top_oil_and_hot_spot_are_those_of_transformer_thermal_model() -> None:
    steps, dt_s = 1008, 600.0
    chance = np.random.default_rng(3)
    load = np.clip(0.7 + 0.4 * np.sin(np.arange(steps) / 20.0) + 0.1 * chance.standard_normal(steps), 0.0, 1.3)
    air = 20.0 + 8.0 * np.sin(np.arange(steps) / 23.0)
    run = Run(5, "T", dt_s, Conditions(machines.TRANSFORMER_CONDITIONS, ("1",), ()))
    time_s = np.arange(float(steps)) * dt_s
    run.advance(time_s)
    ours = machines.transformer(run, load[:, None], air[:, None])
    specs = UserTransformerSpecifications(
        load_loss=6000.0,
        no_load_loss=1000.0,
        nom_load_sec_side=1.0,
        top_oil_temp_rise=52.0 * (1.0 + 0.02 * float(run.spread("transformer", (1,))[0])),
        winding_oil_gradient=22.0,
        hot_spot_fac=1.0,
    )
    begin = dt.datetime.fromisoformat("2026-01-01")
    profile = InputProfile.create(
        datetime_index=[begin + dt.timedelta(seconds=i * dt_s) for i in range(steps)],
        load_profile=load.tolist(),
        ambient_temperature_profile=air.tolist(),
    )
    built = PowerTransformer(user_specs=specs, cooling_type=CoolerType.ONAF)
    theirs = thermal.Model(profile, built, initial_condition=InitialLoad(initial_load=float(load[0]))).run()
    np.testing.assert_allclose(ours.top_oil[:, 0], theirs.top_oil_temp_profile.to_numpy(), atol=1e-6)
    np.testing.assert_allclose(ours.hot_spot[:, 0], theirs.hot_spot_temp_profile.to_numpy(), atol=1e-6)


# ---- water and air: iapws 1.5, IAPWS-IF97


def test_saturation_pressure_is_that_of_if97() -> None:
    temperature: Array = np.linspace(5.0, 60.0, 56)
    theirs = np.array([1000.0 * iapws.iapws97._PSat_T(t + 273.15) for t in temperature])
    np.testing.assert_allclose(steam_turbine.saturation_pressure(temperature), theirs, rtol=0.004)


@pytest.mark.parametrize("humidity", [30.0, 60.0, 78.0, 95.0])
def test_wet_bulb_solves_the_psychrometric_equation(humidity: float) -> None:
    """Stull's fit claims -1.0 to 0.65 K; in dry heat it is beyond that."""
    air: Array = np.linspace(5.0, 40.0, 21)
    np.testing.assert_allclose(weather.wet_bulb(air, np.array(humidity)), psychrometric(air, humidity), atol=0.8)


def psychrometric(air: Array, humidity: float) -> Array:
    """Wet bulb [degC] at sea level by bisection, with saturation pressures of IF97 and Sprung's 6.62e-4 per kelvin."""

    def saturated(temperature: Array) -> Array:
        return np.array([1e6 * iapws.iapws97._PSat_T(max(t, 0.01) + 273.15) for t in temperature])

    vapour = humidity / 100.0 * saturated(air)
    low, high = air - 30.0, air.copy()
    for _ in range(30):
        middle = (low + high) / 2.0
        wet = saturated(middle) - 6.62e-4 * 101325.0 * (air - middle) > vapour
        low, high = np.where(wet, low, middle), np.where(wet, middle, high)
    return (low + high) / 2.0


# ---- sun: pvlib 0.16


def test_the_sun_is_that_of_pvlib() -> None:
    ours = sunlight.sun(YEAR_S, *SITE)
    theirs = pvlib.solarposition.get_solarposition(pd.to_datetime(YEAR_S, unit="s", utc=True), *SITE)
    up = theirs["elevation"].to_numpy() > 0.0
    np.testing.assert_allclose(ours.zenith[up], theirs["apparent_zenith"].to_numpy()[up], atol=0.02)
    np.testing.assert_allclose(ours.azimuth[up], theirs["azimuth"].to_numpy()[up], atol=0.1)


@pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear is deprecated")  # pvlib 0.16.1 under pandas 3.1
def test_one_turbidity_for_the_season_does_for_the_climatology_of_pvlib() -> None:
    when = pd.to_datetime(YEAR_S, unit="s", utc=True)
    theirs = pvlib.location.Location(SITE[0], SITE[1], altitude=SITE[2]).get_clearsky(when)["ghi"].to_numpy()
    ours = sunlight.sun(YEAR_S, *SITE).clear
    assert np.abs(ours - theirs).max() < 60.0
    assert ours.sum() / theirs.sum() == pytest.approx(1.0, abs=0.04)


def test_haurwitz_would_be_poorer_in_winter() -> None:
    """The one-line clear sky knows no season: right in June, 5 % short in December."""
    sky = sunlight.sun(YEAR_S, *SITE)
    cosine = np.maximum(np.cos(np.deg2rad(sky.zenith)), 1e-3)
    simple = 1098.0 * cosine * np.exp(-0.057 / cosine)
    june, december = slice(170 * 48, 175 * 48), slice(352 * 48, 357 * 48)
    assert simple[june].max() / sky.clear[june].max() == pytest.approx(1.016, abs=0.01)
    assert simple[december].max() / sky.clear[december].max() == pytest.approx(0.95, abs=0.01)


def test_module_temperature_is_that_of_pvlib() -> None:
    light, air, speed = np.array([0.0, 400.0, 1000.0]), np.array([-5.0, 20.0, 38.0]), np.array([0.5, 2.0, 6.0])
    theirs = pvlib.temperature.faiman(light, air, speed)
    np.testing.assert_allclose(sunlight.cell_temperature(air, light, speed), theirs, atol=0.01)
