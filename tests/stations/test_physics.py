"""Physics of the simulator against the values that plants of these kinds show: hydro and wind."""

from __future__ import annotations

import numpy as np
import pytest

from stations.simulate import drivers, hydro, wind
from stations.simulate.signals import DAY_S, Array
from tests.stations.plants import NEW_YEAR_NS, Values, record, station, tag


def test_pads_at_full_load_follow_the_river(hydro_year: tuple[Array, Values]) -> None:
    plant = station("YXK")
    _, values = hydro_year
    pads = tag(plant, values, *(f"{b}CT10{k}" for b in ("MED10", "MKD11", "MKD12") for k in (1, 2, 3))).mean(axis=2)
    water = tag(plant, values, "PCB10CT101")
    load = tag(plant, values, "MKA10CE101") / 150.0
    steady = (load > 0.9) & (np.roll(load, 6, axis=0) > 0.85)  # an hour ago
    cold, warm = (steady & (np.abs(water - t) < 1.0) for t in (9.5, 27.0))
    assert pads[cold].mean() == pytest.approx(43.5, abs=1.5)
    assert pads[warm].mean() == pytest.approx(61.0, abs=1.5)


def test_pads_of_one_bearing_lie_apart_by_one_to_three_kelvin(hydro_year: tuple[Array, Values]) -> None:
    plant = station("YXK")
    thrust = tag(plant, hydro_year[1], "MKD10CT101", "MKD10CT102", "MKD10CT103", "MKD10CT104").mean(axis=0)
    spread = np.ptp(thrust, axis=1)
    assert ((spread > 0.5) & (spread < 4.0)).all()


def test_the_rough_zone_moves_with_the_head(hydro_year: tuple[Array, Values]) -> None:
    plant = station("YXK")
    _, values = hydro_year
    load = tag(plant, values, "MKA10CE101") / 150.0
    head = tag(plant, values, "MEA10CP101") / 95.0
    vibration = tag(plant, values, "MED10CY101")
    near = np.abs(head - 1.0) < 0.03
    by_load = {p: np.median(vibration[near & (np.abs(load - p) < 0.02)]) for p in (0.45, 0.65, 0.85)}
    assert by_load[0.45] == pytest.approx(1.7, abs=0.25)
    assert by_load[0.65] < 1.0
    assert by_load[0.85] == pytest.approx(0.5, abs=0.1)
    p = np.linspace(0.15, 1.0, 171)
    peaks = [p[hydro.vibration(p, np.array(h)).argmax()] for h in (0.8, 1.0, 1.2)]
    assert peaks == pytest.approx([0.32, 0.45, 0.59], abs=0.01)


def test_the_transformer_is_that_of_iec_60076_7() -> None:
    full = np.array(1.0)
    assert 30.0 + hydro.top_oil_rise(full) == pytest.approx(82.0)
    assert 30.0 + hydro.top_oil_rise(full) + hydro.hot_spot_gradient(full) == pytest.approx(104.0)


def test_gate_and_power_are_inverse_until_the_head_is_too_low() -> None:
    power = np.linspace(0.1, 1.0, 10)
    head = np.array(1.05)
    np.testing.assert_allclose(hydro.turbine_power(hydro.gate_for(power, head), head, 1.0), power, rtol=1e-3)
    assert hydro.gate_for(np.array(1.0), np.array(0.8)) == 1.0


def test_some_nights_some_units_stop_and_cool_down(hydro_year: tuple[Array, Values]) -> None:
    plant = station("YXK")
    time_s, values = hydro_year
    power, speed, pad, winding, water = (
        tag(plant, values, code) for code in ("MKA10CE101", "MEA10CS101", "MED10CT101", "MKA10CT101", "PCB10CT101")
    )
    stopped = speed == 0.0
    hour = drivers.local_days(time_s) % 1.0 * 24
    assert (power[stopped] == 0.0).all()
    assert 0.02 < stopped.mean() < 0.15
    assert not stopped[(hour > 8) & (hour < 22)].any()
    assert not stopped.all(axis=1).any()
    assert (stopped.mean(axis=0) > 0.01).all()
    three_hours = np.logical_and.reduce([np.roll(stopped, k, axis=0) for k in range(18)])
    assert np.abs((pad - water)[three_hours] - 4.0).max() < 6.0
    assert np.abs((winding - water)[three_hours] - 2.0).max() < 5.0


def test_a_start_takes_minutes() -> None:
    plant = station("YXK", 10.0)
    _, values = record(plant, days=8)
    speed = tag(plant, values, "MEA10CS101") / 150.0
    power = tag(plant, values, "MKA10CE101") / 150.0
    starts = 0
    for unit in range(4):
        for begin in np.flatnonzero((speed[:-1, unit] == 0.0) & (speed[1:, unit] > 0.0)):
            full_speed = np.argmax(speed[begin:, unit] > 0.99) * 10.0
            loaded = np.argmax(power[begin:, unit] > 0.3) * 10.0
            assert 60.0 <= full_speed <= 150.0
            assert full_speed < loaded < 300.0
            starts += 1
    assert starts >= 3


def test_silt_fouls_the_coolers_in_the_flood_season_until_they_are_flushed() -> None:
    time_s = NEW_YEAR_NS / 1e9 + np.arange(0.0, 365.0, 0.25) * DAY_S
    foul = drivers.fouling(time_s, np.array([0.004]), np.array([20.0]))[:, 0]
    assert (foul[: 150 * 4] == 0.0).all()
    assert (foul[295 * 4 :] == 0.0).all()
    assert foul.max() == pytest.approx(0.08, rel=0.05)
    flood = np.diff(foul[170 * 4 : 250 * 4])
    assert (flood < 0).sum() == 4
    assert np.median(flood) == pytest.approx(0.001, rel=0.05)


# ---- wind


def test_power_curve_points() -> None:
    published = {4: 89, 6: 368, 8: 896, 10: 1599, 12: 1981, 14: 2000}
    speeds = np.array(list(published), dtype=float)
    np.testing.assert_allclose(2000.0 * wind.power_curve(speeds, np.array(1.225)), list(published.values()), atol=0.5)
    middle = np.array([6.0, 8.0, 10.0])
    ratio = wind.power_curve(middle, np.array(1.02)) / wind.power_curve(middle, np.array(1.225))
    assert ((ratio > 0.80) & (ratio < 0.90)).all()


def test_gear_oil_at_full_load() -> None:
    oil = wind.gear_oil_steady(np.array([5.0, 20.0, 35.0]), np.ones(3), np.ones(3))
    assert oil == pytest.approx([51.0, 60.0, 64.0], abs=0.3)


def test_the_farm_has_one_wind_and_each_turbine_its_own(wind_year: tuple[Array, Values]) -> None:
    plant = station("FYL", units=10)
    speed, power = (tag(plant, wind_year[1], code) for code in ("MET10CS101", "MKA10CE101"))
    correlation = np.asarray(np.corrcoef(speed.T))[~np.eye(10, dtype=bool)]
    assert correlation.mean() == pytest.approx(0.8, abs=0.05)
    assert speed.mean() == pytest.approx(5.8, abs=0.6)
    assert power.mean() / 2.5 == pytest.approx(0.23, abs=0.06)


def test_a_turbine_in_a_calm_stands_still(wind_year: tuple[Array, Values]) -> None:
    plant = station("FYL", units=10)
    speed, power, rotor, pitch = (
        tag(plant, wind_year[1], code) for code in ("MET10CS101", "MKA10CE101", "MDA10CS101", "MDA10CG101")
    )
    calm = np.logical_and.reduce([np.roll(speed, k, axis=0) < 2.5 for k in range(6)])
    assert calm.mean() > 0.05
    assert (power[calm] == 0.0).all()
    assert rotor[calm].max() < 1.0
    assert pitch[calm].min() > 70.0
    strong = speed > 15.0
    assert power[strong & (speed < 24.0)].min() > 2.4
    assert pitch[strong].mean() > 5.0


def test_drive_train_at_rated_power(wind_year: tuple[Array, Values]) -> None:
    plant = station("FYL", units=10)
    power, nacelle, oil, shaft, winding = (
        tag(plant, wind_year[1], code)
        for code in ("MKA10CE101", "MDL10CT101", "MDK20CT101", "MDK20CT102", "MKA10CT101")
    )
    rated = np.logical_and.reduce([np.roll(power, k, axis=0) > 2.45 for k in range(24)])  # four hours
    assert rated.sum() > 100
    expected = wind.gear_oil_steady(nacelle[rated], np.ones(rated.sum()), np.ones(rated.sum()))
    assert (oil[rated] - expected).mean() == pytest.approx(0.0, abs=1.5)
    assert (shaft - oil)[rated].mean() == pytest.approx(14.0, abs=1.5)
    assert (winding - nacelle)[rated].mean() == pytest.approx(80.0, abs=2.0)


# ---- the period is a matter of sampling
