"""Pumped storage: modes, starts, the water balance; its failure mode and its benign events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stations.faults import Case, kinds
from stations.simulate import hydro, pump_plan, simulate_chunks
from stations.simulate.season import local_hour
from stations.simulate.signals import Array
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, station, tag

PLANT = station("TMY")
GAUGES = ("LPA10CL101", "LPA10CL102", "LPA10CL103")
RATED_MW, RATED_RPM, AREA_M2 = 300.0, 428.6, 254_000.0
APRIL, JULY = 100, 190
SHARED = {*GAUGES, "MEA10CP101"}
"""What all units feel: the level, and with it the head."""


def record(
    day: float, days: float, *, period_s: float = 600.0, seed: int = 7, cases: Sequence[Case] = ()
) -> tuple[Array, Values]:
    """Times (t,) [s] and values (t, u, n) of TMY from ``day`` of 2025."""
    plant = station("TMY", period_s)
    n_scans = int(days * 86_400 / period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=seed, cases=cases, chunk=n_scans)
    return chunk.time_ns / 1e9, chunk.values


def case(kind: str, day: float, days: float, place: str = "") -> Case:
    """A case in unit 1, at severity 1."""
    return Case(kind, "TMY", "1", NEW_YEAR_NS + int(day * DAY_NS), days * 86_400.0, tag=place)


def alarms(values: Values) -> set[str]:
    """Tags beyond an alarm limit while their unit is at speed."""
    on, found = tag(PLANT, values, "MEA10CS101") >= 0.9 * RATED_RPM, set()
    for column, one in enumerate(PLANT.block("units").tags):
        low, high = one.limits.alarm_low, one.limits.alarm_high
        x = values[:, :, column][on]
        if (high is not None and x.max() > high) or (low is not None and x.min() < low):
            found.add(one.code)
    return found


def modes(values: Values) -> Array:
    """Mode of each unit: 1 turbine, -1 pump, 2 at speed without load, 0 at rest or on the way."""
    power, speed = tag(PLANT, values, "MKA10CE101"), tag(PLANT, values, "MEA10CS101")
    idle = np.where(speed > 0.99 * RATED_RPM, 2.0, 0.0)
    return np.where(power > 30.0, 1.0, np.where(power < -30.0, -1.0, idle))


@pytest.fixture(scope="module")
def year() -> tuple[Array, Values]:
    return record(0, 365)


@pytest.fixture(scope="module")
def days() -> tuple[Array, Values]:
    """Four days of ten seconds in July."""
    return record(JULY, 4, period_s=10.0)


def test_it_pumps_by_night_and_at_noon_and_generates_in_the_peaks(year: tuple[Array, Values]) -> None:
    time_s, values = year
    mode, hour = modes(values), local_hour(time_s)
    assert (mode[(hour > 19.0) & (hour < 20.8)] == 1.0).mean() > 0.85
    assert (mode[(hour > 3.5) & (hour < 5.5)] == -1.0).mean() > 0.6
    assert (mode[(hour > 12.3) & (hour < 13.3)] == -1.0).mean() > 0.4
    changes = (np.diff(mode, axis=0) != 0).sum(axis=0) / 365.0
    assert ((changes > 4.0) & (changes < 8.0)).all()
    assert 0.01 < (mode == 2.0).mean() < 0.10
    assert np.unique(mode[:, 0]).tolist() == [-1.0, 0.0, 1.0, 2.0]


def test_the_pump_takes_what_the_head_decides(year: tuple[Array, Values]) -> None:
    _, values = year
    power, head, flow = (tag(PLANT, values, code) for code in ("MKA10CE101", "MEA10CP101", "MEA10CF101"))
    pumps = np.logical_and.reduce([np.roll(modes(values) == -1.0, k, axis=0) for k in (-1, 0, 1)])
    share = -power[pumps] / RATED_MW
    assert 0.88 < np.quantile(share, 0.01) < np.quantile(share, 0.99) < 1.05
    assert np.corrcoef(share, head[pumps])[0, 1] < -0.8
    hydraulic = 9.81e-3 * -flow[pumps] * head[pumps]
    assert (hydraulic / -power[pumps]).mean() == pytest.approx(0.915, abs=0.02)
    assert flow[pumps].max() < 0.0
    turbines = np.logical_and.reduce([np.roll(modes(values) == 1.0, k, axis=0) for k in (-1, 0, 1)])
    efficiency = power[turbines] / (9.81e-3 * flow[turbines] * head[turbines])
    assert efficiency.mean() == pytest.approx(0.93, abs=0.03)


def test_volume_closes_each_day_and_the_level_stays_within_its_limits(year: tuple[Array, Values]) -> None:
    _, values = year
    level = tag(PLANT, values, *GAUGES)[:, 0].mean(axis=1)
    flow = tag(PLANT, values, "MEA10CF101").sum(axis=1)
    assert 2.0 < level.min() < 9.0
    assert 20.0 < level.max() < 24.0
    daily = np.diff(level[::144])
    volume = -flow.reshape(-1, 144).sum(axis=1)[:-1] * 600.0 / AREA_M2
    assert np.abs(daily - volume).mean() < 0.35  # of 14.5 m that go in and out
    pumped = -np.minimum(flow, 0.0).sum() * 600.0 / AREA_M2 / 365.0
    assert 11.0 < pumped < 18.0
    hours = np.diff(level[::6])  # the same by the hour
    volume = -flow.reshape(-1, 6).sum(axis=1)[:-1] * 600.0 / AREA_M2
    assert np.corrcoef(hours, volume)[0, 1] > 0.97
    gauges = tag(PLANT, values, *GAUGES)
    assert np.ptp(gauges, axis=2).max() < 0.15
    np.testing.assert_array_equal(gauges[:, 0], gauges[:, 3])


def test_a_plan_is_full_each_morning_whenever_it_begins() -> None:
    plant = station("TMY")
    _, whole = record(200, 12, seed=5)
    _, later = record(205, 7, seed=5)
    a, b = tag(plant, whole, GAUGES[0])[5 * 144 :, 0], tag(plant, later, GAUGES[0])[:, 0]
    assert np.abs(a - b).max() < 1.5
    np.testing.assert_array_equal(modes(whole)[5 * 144 :], modes(later))


def test_pads_follow_the_river(year: tuple[Array, Values]) -> None:
    _, values = year
    long = np.logical_and.reduce([np.roll(modes(values) == 1.0, k, axis=0) for k in range(12)])
    pads = tag(PLANT, values, *(f"{bearing}CT10{k}" for bearing in ("MED10", "MKD10", "MKD12") for k in (1, 2, 3)))
    water = tag(PLANT, values, "PCB10CT101")
    cold, warm = (pads[long & (np.abs(water - t) < 1.0)].mean() for t in (9.5, 27.0))
    assert cold == pytest.approx(49.0, abs=2.0)
    assert warm == pytest.approx(62.0, abs=2.0)


def test_a_pump_shakes_a_third_more_than_a_turbine(year: tuple[Array, Values]) -> None:
    _, values = year
    vibration, mode = tag(PLANT, values, "MED10CY101"), modes(values)
    for unit in range(4):
        turbine, pump = (np.median(vibration[:, unit][mode[:, unit] == kind]) for kind in (1.0, -1.0))
        assert pump / turbine == pytest.approx(1.3, abs=0.1)


def test_starts_by_the_second(days: tuple[Array, Values]) -> None:
    _, values = days
    speed, power, burst, valve = (
        tag(PLANT, values, code) for code in ("MEA10CS101", "MKA10CE101", "MED10CY101", "MEB10CG101")
    )
    turbine: list[float] = []
    pump: list[float] = []
    for unit in range(4):
        n, p = speed[:, unit] / RATED_RPM, power[:, unit] / RATED_MW
        for begin in np.flatnonzero((n[:-1] < 0.001) & (n[1:] >= 0.001))[:-1]:
            window = slice(begin, begin + 90)
            up = float(np.argmax(n[window] > 0.98)) * 10.0
            backward = p[window].min() < -0.5
            (pump if backward else turbine).append(up)
            assert (np.abs(p[window][:8]) < 0.06).all()
            assert 1.0 < burst[window, unit].max() < 5.0
            assert valve[window, unit].max() > 99.0
    assert len(turbine) > 10
    assert len(pump) > 10
    assert 50.0 <= min(turbine) <= max(turbine) <= 150.0
    assert 215.0 <= min(pump) <= max(pump) <= 260.0
    seconds, stroke = tag(PLANT, values, "MJS10CU101"), tag(PLANT, values, "MEB10CU101")
    assert seconds.mean() == pytest.approx(240.0, abs=5.0)
    assert 225.0 < seconds.min() < seconds.max() < 255.0
    assert 42.5 < stroke.min() < stroke.max() < 47.5


def test_turbine_to_pump_takes_about_eight_minutes(days: tuple[Array, Values]) -> None:
    _, values = days
    power = tag(PLANT, values, "MKA10CE101") / RATED_MW
    found = []
    for unit in range(4):
        p = power[:, unit]
        for stop in np.flatnonzero((p[:-1] > 0.6) & (p[1:] <= 0.6)):
            pumping = np.flatnonzero(p[stop : stop + 100] < -0.85)
            if len(pumping):
                found.append(pumping[0] / 6.0)
    assert len(found) > 5
    assert 7.0 < min(found) <= max(found) < 9.5


def test_no_alarm_in_healthy_operation(year: tuple[Array, Values], days: tuple[Array, Values]) -> None:
    assert alarms(year[1]) == set()
    assert alarms(record(0, 365, seed=8)[1]) == set()
    assert alarms(days[1]) == set()


def test_power_and_flow_are_those_of_a_francis_turbine() -> None:
    load = np.array([0.7, 0.85, 1.0])
    flow = pump_plan.turbine_flow(load, np.array(1.0))
    gate = flow * hydro.GATE_RATED
    np.testing.assert_allclose(hydro.turbine_power(gate, np.array(1.0), 1.0), load, rtol=2e-3)


# ---- failure modes and benign events


@pytest.fixture(scope="module")
def july() -> Values:
    return record(JULY, 30)[1]


def changed(values: Values, healthy: Values, unit: int) -> set[str]:
    """Tags of a unit that differ by more than three steps of their sensors."""
    found = set()
    for column, one in enumerate(PLANT.block("units").tags):
        if np.abs(values[:, unit, column] - healthy[:, unit, column]).max() > 3.0 * one.resolution:
            found.add(one.code)
    return found


def test_a_worn_converter_starts_ever_later_and_passes_its_limit(july: Values) -> None:
    _, values = record(JULY, 30, cases=[case("F11", JULY + 2, 27)])
    seconds = tag(PLANT, values, "MJS10CU101")
    crossed = np.argmax(seconds[:, 0] > 300.0) / 144.0
    assert 0.55 < (crossed - 2.0) / 27.0 < 0.95
    assert seconds[:, 1:].max() < 260.0
    assert {"MJS10CU101", "MJS10CT101"} <= changed(values, july, 0)
    assert changed(values, july, 1) <= SHARED


def test_pad_distress_shows_in_its_unit_only(july: Values) -> None:
    _, values = record(JULY, 30, cases=[case("F01", JULY + 2, 14, "MED10CT103")])
    assert "MED10CT103" in alarms(values)
    assert "MED10CT103" in changed(values, july, 0)
    np.testing.assert_array_equal(values[:, 1:], july[:, 1:])


BENIGN = {"B20": 0.3, "B21": 0.6, "B22": 0.62, "B23": 0.1}
"""Kind -> time of the day at which it begins: in a pause, or, for back-to-back starts, before the night's pumping."""


@pytest.mark.parametrize("kind", BENIGN)
def test_a_benign_event_shows_and_raises_no_alarm(kind: str) -> None:
    shortest, longest = kinds()[kind].days
    days = (shortest * longest) ** 0.5
    event = case(kind, APRIL + BENIGN[kind], days)
    _, values = record(APRIL, days + 1.0, period_s=10.0 if days < 1 else 600.0, cases=[event])
    _, healthy = record(APRIL, days + 1.0, period_s=10.0 if days < 1 else 600.0)
    assert changed(values, healthy, 0)
    assert changed(values, healthy, 1) <= SHARED
    assert alarms(values) == set()


def test_an_outage_leaves_the_others_alone_and_the_level_within_its_limits(july: Values) -> None:
    _, values = record(JULY, 30, cases=[case("B70", JULY + 3.6, 9)])
    out = slice(int(3.7 * 144), int(12.5 * 144))
    assert np.abs(tag(PLANT, values, "MKA10CE101")[out, 0]).max() < 1.0
    assert tag(PLANT, values, "MEA10CS101")[out, 0].max() < 1.0
    assert not alarms(values) & set(GAUGES)
    assert np.corrcoef(modes(values)[:, 1], modes(july)[:, 1])[0, 1] > 0.999


def test_the_same_seed_gives_the_same_bytes_in_any_chunk() -> None:
    whole = record(APRIL, 12)[1]
    start_ns = NEW_YEAR_NS + APRIL * DAY_NS
    pieces = simulate_chunks(PLANT, start_ns=start_ns, n_scans=len(whole), seed=7, chunk=500)
    np.testing.assert_array_equal(np.concatenate([piece.values for piece in pieces]), whole)
