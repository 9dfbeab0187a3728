"""The simulator: reproducible to the byte, physical, and as hard on a detector as a real station."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stations.catalogue import load_fleet
from stations.plant import Block, Limits, Station, Tag, Text
from stations.simulate import TECHNOLOGIES, Chunk, drivers, hydro, simulate, simulate_chunks, wind
from stations.simulate.signals import DAY_S, HOUR_S, Array, Run

FLEET = load_fleet()
NEW_YEAR_NS = 1_735_660_800 * 10**9
"""2025-01-01 00:00 local time (UTC+8)."""
DAY_NS = 86_400 * 10**9
TEN_MINUTES = 600.0

Values = NDArray[np.float32]


def station(code: str, period_s: float = TEN_MINUTES, units: int | None = None) -> Station:
    """A station of the catalogue at another period, or with its first ``units`` only."""
    at_period = FLEET.stations[code].at_period(period_s)
    block = at_period.block("units")
    return replace(at_period, blocks=(replace(block, units=block.units[:units]),))


def record(plant: Station, *, days: float, day: float = 0.0, seed: int = 1) -> tuple[Array, Values]:
    """Time (t,) [s] and values (t, u, n) of ``days`` [d] from ``day`` of 2025."""
    n_scans = int(days * DAY_S / plant.block("units").period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=seed, chunk=n_scans)
    return chunk.time_ns / 1e9, chunk.values


def tag(plant: Station, values: Values, *codes: str) -> Array:
    """Columns of one tag (t, u), or of several (t, u, k)."""
    index = plant.block("units").tag_index
    columns = values[:, :, [index[code] for code in codes]].astype(np.float64)
    return columns[..., 0] if len(codes) == 1 else columns


@pytest.fixture(scope="module")
def hydro_year() -> tuple[Array, Values]:
    return record(station("YXK"), days=365)


@pytest.fixture(scope="module")
def wind_year() -> tuple[Array, Values]:
    return record(station("FYL", units=10), days=365)


# ---- the contract


@pytest.mark.parametrize("code", ["YXK", "FYL"])
def test_same_seed_gives_the_same_bytes_for_every_chunk(code: str) -> None:
    plant = station(code, units=3)

    def run(chunk: int) -> bytes:
        chunks = simulate_chunks(plant, start_ns=NEW_YEAR_NS, n_scans=3001, seed=7, chunk=chunk)
        pairs = [(c.time_ns.tobytes(), c.values.tobytes()) for c in chunks]
        return b"".join(times for times, _ in pairs) + b"".join(values for _, values in pairs)

    reference = run(1440)
    assert all(run(chunk) == reference for chunk in (1, 7, 100, 1439, 2000, 100_000))


def test_chunks_have_the_size_asked_for() -> None:
    def sizes(chunk: int) -> list[int]:
        chunks = simulate_chunks(station("YXK"), start_ns=NEW_YEAR_NS, n_scans=3001, seed=7, chunk=chunk)
        return [len(c.time_ns) for c in chunks]

    assert sizes(1000) == [1000, 1000, 1000, 1]
    assert sizes(2900) == [2900, 101]
    assert sizes(3001) == [3001]
    assert list(simulate_chunks(station("YXK"), start_ns=NEW_YEAR_NS, n_scans=0, seed=7)) == []


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    _, short = record(station("YXK"), days=2)
    _, long = record(station("YXK"), days=15)
    assert short.tobytes() == long[: len(short)].tobytes()


def test_another_seed_differs_in_every_tag_and_unit() -> None:
    plant = station("YXK")
    _, one = record(plant, days=3, seed=1)
    _, other = record(plant, days=3, seed=2)
    assert (one != other).any(axis=0).all()


@pytest.mark.parametrize("period_s", [10.0, 600.0])
def test_scans_are_those_of_the_block(period_s: float) -> None:
    plant = station("YXK", period_s)
    block = plant.block("units")
    scans = list(simulate(plant, start_ns=NEW_YEAR_NS, n_scans=5, seed=1, chunk=2))
    assert [scan.seq for scan in scans] == [0, 1, 2, 3, 4]
    assert [scan.time_ns for scan in scans] == [NEW_YEAR_NS + i * int(period_s) * 10**9 for i in range(5)]
    assert {(scan.station, scan.block, scan.revision) for scan in scans} == {("YXK", "units", block.revision)}
    assert all(scan.values.shape == block.shape and scan.values.dtype == np.float32 for scan in scans)
    _, values = record(plant, days=5 * period_s / DAY_S)
    np.testing.assert_array_equal(np.stack([scan.values for scan in scans]), values)


def test_a_new_tag_leaves_the_others_as_they_were() -> None:
    whole = station("YXK")
    block = whole.block("units")
    fewer = replace(whole, blocks=(replace(block, tags=block.tags[::2]),))
    _, all_values = record(whole, days=1)
    _, some_values = record(fewer, days=1)
    np.testing.assert_array_equal(some_values, all_values[:, :, ::2])


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_the_physics_gives_every_signal_of_its_table(technology: str) -> None:
    points = TECHNOLOGIES[technology].points
    tags = tuple(plain_tag(code) for code in points)
    plant = plain_station(technology, tags)
    (chunk,) = simulate_chunks(plant, start_ns=NEW_YEAR_NS, n_scans=10, seed=1)
    assert chunk.values.shape == (10, 2, len(points))
    assert np.isfinite(chunk.values).all()


# ---- what cannot be simulated is refused, by name, before the first scan


def plain_tag(code: str) -> Tag:
    return Tag(code, Text("", ""), "", -1e6, 1e6, "unit", None, Limits(), None, False, 10.0, 0.0)


def plain_station(technology: str, tags: tuple[Tag, ...]) -> Station:
    block = Block("TST", "units", technology, 10.0, ("1", "2"), tags, (), (), (), None)
    names = [name for known in TECHNOLOGIES.values() for name in known.parameters]
    return Station("TST", Text("", ""), technology, dict.fromkeys(names, 100.0), (block,))


def start(plant: Station) -> Iterator[Chunk]:
    return simulate_chunks(plant, start_ns=NEW_YEAR_NS, n_scans=1, seed=1)


def test_a_tag_without_signal_is_named() -> None:
    plant = plain_station("hydro_francis", (plain_tag("MKA10CE101"), plain_tag("XXX10CT999")))
    with pytest.raises(ValueError, match=r"TST: simulator of hydro_francis has no signal for tag XXX10CT999"):
        start(plant)


def test_an_unknown_technology_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"TST: no simulator for 'tidal'.*: hydro_francis, wind_dfig"):
        start(plain_station("tidal", ()))


def test_a_missing_rating_is_named() -> None:
    plant = replace(plain_station("hydro_francis", ()), parameters={"rated_mw": 150.0})
    with pytest.raises(ValueError, match="needs parameter rated_rpm, rated_head_m"):
        start(plant)


@pytest.mark.parametrize(("name", "value"), [("start_ns", -1), ("n_scans", -1), ("seed", -1), ("chunk", 0)])
def test_a_number_out_of_range_is_named(name: str, value: int) -> None:
    numbers = {"start_ns": NEW_YEAR_NS, "n_scans": 1, "seed": 1, "chunk": 1} | {name: value}
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        simulate(station("YXK"), faults=(), **numbers)


def test_a_signal_name_serves_once_per_stretch() -> None:
    run = Run(1, "TST", 10.0)
    run.lag("oil", np.zeros((3, 1)), 60.0)
    with pytest.raises(ValueError, match="'oil' is used twice"):
        run.lag("oil", np.zeros((3, 1)), 60.0)
    run.advance()
    run.lag("oil", np.zeros((3, 1)), 60.0)


# ---- readings


@pytest.mark.parametrize(("code", "year"), [("YXK", "hydro_year"), ("FYL", "wind_year")])
def test_no_sensor_saturates_and_none_reports_between_its_steps(
    code: str, year: str, request: pytest.FixtureRequest
) -> None:
    _, values = request.getfixturevalue(year)
    for column, point in enumerate(station(code).block("units").tags):
        x = values[:, :, column].astype(np.float64)
        assert x.min() > point.low, point.code
        assert x.max() < point.high, point.code
        steps = x / point.resolution
        assert np.abs(steps - np.rint(steps)).max() < 0.02, point.code


@pytest.mark.parametrize(("code", "year"), [("YXK", "hydro_year"), ("FYL", "wind_year")])
def test_a_healthy_year_touches_no_limit(code: str, year: str, request: pytest.FixtureRequest) -> None:
    _, values = request.getfixturevalue(year)
    plant = station(code)
    running = tag(plant, values, "MKA10CE101") > 0.05 * plant.parameters["rated_mw"]
    for column, point in enumerate(plant.block("units").tags):
        x = values[:, :, column][running]
        assert point.limits.alarm_high is None or x.max() < point.limits.alarm_high, point.code
        assert point.limits.alarm_low is None or x.min() > point.limits.alarm_low, point.code


def test_a_shared_instrument_says_the_same_in_all_units(hydro_year: tuple[Array, Values]) -> None:
    ambient = tag(station("YXK"), hydro_year[1], "MET10CT101")
    assert (ambient == ambient[:, :1]).all()


def test_a_slow_instrument_holds_its_reading() -> None:
    plant = FLEET.stations["YXK"]  # as it is: `at_period` would make the hourly gas analyser as fast as the scan
    time_s, values = record(plant, days=1)
    hydrogen = tag(plant, values, "BAT10CQ101")
    changed = (np.diff(hydrogen, axis=0) != 0).any(axis=1)
    assert changed.sum() > 10
    assert (time_s[1:][changed] % HOUR_S == 0).all()


def test_stations_share_the_weather_of_their_region() -> None:
    valley, ridge = station("YXK"), station("FYL", units=5)
    below = tag(valley, record(valley, days=30)[1], "MET10CT101")[:, 0]
    above = tag(ridge, record(ridge, days=30)[1], "MET10CT101").mean(axis=1)
    assert np.corrcoef(below, above)[0, 1] > 0.99
    assert (below - above).mean() == pytest.approx(6.5 * 1.35, abs=1.0)  # 1350 m, and the turbines' own heights


# ---- hydro


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


def test_ten_seconds_and_ten_minutes_are_the_same_station() -> None:
    def summary(period_s: float) -> list[float]:
        plant = station("YXK", period_s)
        time_s, values = record(plant, days=16, day=120)
        power, pad, oil, winding, cold = (
            tag(plant, values, f"MK{code}") for code in ("A10CE101", "D11CT101", "V10CT101", "A10CT101", "J10CT101")
        )
        water, speed = (tag(plant, values, code) for code in ("PCB10CT101", "MEA10CS101"))
        running = speed > 140.0
        hourly = np.diff(oil[time_s % HOUR_S == 0], axis=0)
        return [
            power[running].mean() / 150.0, power[running].std() / 150.0, running.mean(),
            (pad - oil)[running].mean() / 20.0, (oil - water)[running].mean() / 15.0, (oil - water).std() / 15.0,
            (winding - cold)[running].mean() / 50.0, (winding - cold)[running].std() / 50.0, hourly.std() / 5.0,
        ]  # fmt: skip

    assert summary(10.0) == pytest.approx(summary(600.0), abs=0.04)


@pytest.mark.parametrize("dt_s", [10.0, 600.0])
def test_slow_physics_keeps_its_time_constant(dt_s: float) -> None:
    run = Run(3, "TST", dt_s)
    x = run.ou("slow", (int(20 * DAY_S / dt_s), 200), 6 * HOUR_S)
    shift = int(6 * HOUR_S / dt_s)
    assert x.std() == pytest.approx(1.0, abs=0.03)
    assert (x[shift:] * x[:-shift]).mean() == pytest.approx(np.exp(-1.0), abs=0.04)
