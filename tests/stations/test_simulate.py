"""The simulator: reproducible to the byte, physical, and as hard on a detector as a real station."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from stations.faults import Case, draw, kinds
from stations.plant import Block, Limits, Station, Tag, Text
from stations.simulate import TECHNOLOGIES, Chunk, simulate, simulate_chunks
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, Array
from stations.simulate.simulator import STRETCH, Simulation
from tests.stations.plants import NEW_YEAR_NS, Values, record, station, tag

# ---- the contract


@pytest.mark.parametrize("code", ["YXK", "LJT", "TMY", "SLP", "WTB", "JGW", "FYL", "YZP", "XSP", "QJG"])
def test_same_seed_gives_the_same_bytes_for_every_chunk(code: str) -> None:
    plant = station(code, units=2)

    def run(chunk: int) -> bytes:
        chunks = simulate_chunks(plant, start_ns=NEW_YEAR_NS, n_scans=3001, seed=7, chunk=chunk)
        pairs = [(c.time_ns.tobytes(), c.values.tobytes()) for c in chunks]
        return b"".join(times for times, _ in pairs) + b"".join(values for _, values in pairs)

    reference = run(1440)
    assert all(run(chunk) == reference for chunk in (1, 100, 1439, 100_000))


@pytest.mark.parametrize("code", ["YXK", "LJT", "TMY", "SLP", "WTB", "JGW", "FYL", "YZP", "XSP", "QJG"])
def test_a_fork_goes_on_as_if_its_cases_had_been_known_from_the_start(code: str) -> None:
    """A failure and a sensor fault that begin after the fork, each beside a calibration that began before it."""
    plant = station(code, units=2)
    kind = next(
        one
        for one, what in kinds().items()
        if what.pace in ("slow", "medium") and plant.technology in what.technologies
    )
    at_ns = NEW_YEAR_NS + 1500 * 600 * 10**9
    tags = tuple(tag.code for tag in plant.block("units").tags if tag.model)
    before = Case("B73", code, "1", NEW_YEAR_NS + 1400 * 600 * 10**9, 1e5, tag=tags[0])
    failure = draw(kind, code, "2", at_ns, np.random.default_rng(3), tags)
    sensor = Case("S02", code, "1", at_ns, 5e5, tag=tags[-1])
    plant = plant.at_period(600.0)
    begun = Simulation(plant, start_ns=NEW_YEAR_NS, seed=7, cases=[before])
    first = [scan.values for scan in begun.scans(STRETCH)]
    for later in ([], [failure], [sensor, failure]):
        whole = list(simulate(plant, start_ns=NEW_YEAR_NS, n_scans=3500, seed=7, cases=[before, *later]))
        forked = list(begun.fork([before, *later]).scans(3500))
        np.testing.assert_array_equal(first, [scan.values for scan in whole[:STRETCH]])
        np.testing.assert_array_equal([s.values for s in forked], [s.values for s in whole[STRETCH:]])
        assert [(s.seq, s.time_ns) for s in forked] == [(s.seq, s.time_ns) for s in whole[STRETCH:]]


def test_a_fork_begins_after_a_whole_stretch() -> None:
    begun = Simulation(station("YXK", units=1), start_ns=NEW_YEAR_NS, seed=7)
    list(begun.scans(100))
    with pytest.raises(ValueError, match="100 scans are told; expected a multiple of 1440"):
        begun.fork([])


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
    with pytest.raises(ValueError, match=r"TST: no simulator for 'tidal'.*: .*hydro_francis.*wind_dfig"):
        start(plain_station("tidal", ()))


def test_a_missing_rating_is_named() -> None:
    plant = replace(plain_station("hydro_francis", ()), parameters={"rated_mw": 150.0})
    with pytest.raises(ValueError, match="needs parameter rated_rpm, rated_head_m"):
        start(plant)


@pytest.mark.parametrize(("name", "value"), [("start_ns", -1), ("n_scans", -1), ("seed", -1), ("chunk", 0)])
def test_a_number_out_of_range_is_named(name: str, value: int) -> None:
    numbers = {"start_ns": NEW_YEAR_NS, "n_scans": 1, "seed": 1, "chunk": 1} | {name: value}
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        simulate(station("YXK"), **numbers)  # type: ignore[arg-type]  # numbers only


def test_a_signal_name_serves_once_per_stretch() -> None:
    run = Run(1, "TST", 10.0)
    run.advance(np.arange(3.0))
    run.lag("oil", np.zeros((3, 1)), 60.0)
    with pytest.raises(ValueError, match="'oil' is used twice"):
        run.lag("oil", np.zeros((3, 1)), 60.0)
    run.advance(np.arange(3.0))
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
    plant = station("YXK")
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
