"""Physics of conventional hydro sets against the values that such plants show."""

from __future__ import annotations

import numpy as np
import pytest

from stations.simulate import hydro, machines, water
from stations.simulate.season import local_hour
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
    bearings = {"MKD10": 4, "MKD11": 3, "MKD12": 3, "MED10": 3}
    spread = np.stack([
        np.ptp(tag(plant, hydro_year[1], *(f"{code}CT10{k + 1}" for k in range(n))).mean(axis=0), axis=1)
        for code, n in bearings.items()
    ])  # fmt: skip
    assert ((spread > 0.5) & (spread < 4.0)).all()
    assert 1.0 < np.median(spread) < 3.0


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
    assert 30.0 + machines.top_oil_rise(full) == pytest.approx(82.0)
    assert 30.0 + machines.top_oil_rise(full) + machines.hot_spot_gradient(full) == pytest.approx(104.0)


def test_gate_and_power_are_inverse_until_the_head_is_too_low() -> None:
    power = np.linspace(0.1, 1.0, 10)
    head = np.array(1.05)
    np.testing.assert_allclose(hydro.turbine_power(hydro.gate_for(power, head), head, 1.0), power, rtol=1e-3)
    assert hydro.gate_for(np.array(1.0), np.array(0.8)) == 1.0


def test_in_some_pauses_some_units_stop_and_cool_down(hydro_year: tuple[Array, Values]) -> None:
    plant = station("YXK")
    time_s, values = hydro_year
    power, speed, pad, winding, river = (
        tag(plant, values, code) for code in ("MKA10CE101", "MEA10CS101", "MED10CT101", "MKA10CT101", "PCB10CT101")
    )
    stopped = speed == 0.0
    hour = local_hour(time_s)
    assert (power[stopped] == 0.0).all()
    assert 0.02 < stopped.mean() < 0.15
    assert not stopped[((hour > 8) & (hour < 13)) | ((hour > 18) & (hour < 22))].any()
    assert not stopped.all(axis=1).any()
    assert (stopped.mean(axis=0) > 0.01).all()
    three_hours = np.logical_and.reduce([np.roll(stopped, k, axis=0) for k in range(18)])
    assert np.abs((pad - river)[three_hours] - 4.0).max() < 6.0
    assert np.abs((winding - river)[three_hours] - 2.0).max() < 5.0


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
    foul = water.fouling(time_s, np.array([0.004]), np.array([20.0]))[:, 0]
    assert (foul[: 150 * 4] == 0.0).all()
    assert (foul[295 * 4 :] == 0.0).all()
    assert foul.max() == pytest.approx(0.08, rel=0.05)
    flood = np.diff(foul[170 * 4 : 250 * 4])
    assert (flood < 0).sum() == 4
    assert np.median(flood) == pytest.approx(0.001, rel=0.05)


def test_the_cascade_follows_its_top_hours_later() -> None:
    """Correlation of the flow with that of Yunxikou is best at two hours, and at five."""
    days, period_s = 60, 600.0
    flows = {}
    for code in ("YXK", "BSX", "LJT"):
        plant = station(code, period_s)
        flow = tag(plant, record(plant, days=days, day=30)[1], "MEA10CF101").sum(axis=1)
        flows[code] = (flow - flow.mean()) / flow.std()

    def best_lag_h(code: str) -> float:
        lags = range(60)
        return max(lags, key=lambda k: (flows["YXK"][: len(flows[code]) - k] * flows[code][k:]).mean()) / 6.0

    assert best_lag_h("LJT") == pytest.approx(5.5, abs=1.0)  # and half an hour of the river bed
    assert 0.0 < best_lag_h("BSX") < 3.0  # its own share of the demand comes at once


def test_a_kaplan_turbine_shakes_less_in_its_rough_zone_and_loses_head_in_floods() -> None:
    plant = station("LJT")
    _, values = record(plant, days=365)
    head, load, vibration = (tag(plant, values, code) for code in ("MEA10CP101", "MKA10CE101", "MED10CY101"))
    july, january = head[180 * 144 : 210 * 144].mean(), head[: 30 * 144].mean()
    assert july < january
    assert head.min() >= 12.0
    assert head.max() <= 18.0
    running = load > 2.0
    assert np.percentile(vibration[running], 99) < 1.0
    stopped = load == 0.0
    assert stopped[170 * 144 : 250 * 144].mean() < 0.02  # it runs through the flood season
    assert stopped[: 90 * 144].mean() > 0.02


def test_a_small_set_has_a_head_that_hardly_moves() -> None:
    plant = station("HYG")
    head = tag(plant, record(plant, days=365)[1], "MEA10CP101")
    assert head.min() > 295.0
    assert head.max() < 322.0 + 3 * 0.0015 * 400.0  # and the noise of the sensor
