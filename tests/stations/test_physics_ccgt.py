"""Combined cycle: values that such plants show, its failure modes and its benign events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from stations.faults import Case, kinds
from stations.simulate import ccgt, gas_turbine, simulate_chunks
from stations.simulate.season import local_hour
from stations.simulate.signals import Array
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, station, tag

EXHAUST = [f"MBR10CT{k}" for k in range(101, 125)]
APRIL, JULY = 100, 190
PLANT = station("JGW")

Mask = NDArray[np.bool_]


def record(
    day: float, days: float, *, period_s: float = 600.0, seed: int = 7, cases: Sequence[Case] = ()
) -> tuple[Array, Values]:
    """Times (t,) [s] and values (t, u, n) of JGW from ``day`` of 2025."""
    plant = station("JGW", period_s)
    n_scans = int(days * 86_400 / period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=seed, cases=cases, chunk=n_scans)
    return chunk.time_ns / 1e9, chunk.values


def case(kind: str, day: float, days: float, place: str = "") -> Case:
    """A case in unit 1, at severity 1."""
    return Case(kind, "JGW", "1", NEW_YEAR_NS + int(day * DAY_NS), days * 86_400.0, tag=place)


def running(values: Values) -> Mask:
    return tag(PLANT, values, "MKA10CE101") >= 90.0


def settled(values: Values, scans: int = 10) -> Mask:
    """On load for ``scans`` scans."""
    on: Mask = np.logical_and.reduce([np.roll(running(values), k, axis=0) for k in range(scans)])
    return on


def alarms(values: Values) -> set[str]:
    """Tags beyond an alarm limit while the unit is on load."""
    on, found = running(values), set()
    for column, one in enumerate(PLANT.block("units").tags):
        low, high = one.limits.alarm_low, one.limits.alarm_high
        x = values[:, :, column][on]
        if (high is not None and x.max() > high) or (low is not None and x.min() < low):
            found.add(one.code)
    return found


@pytest.fixture(scope="module")
def year() -> tuple[Array, Values]:
    return record(0, 365)


def test_power_falls_with_warm_air(year: tuple[Array, Values]) -> None:
    equation = 300.0 * gas_turbine.capability(np.array([0.0, 15.0, 35.0, 40.0]), np.array(0.965), np.array(0.0))
    assert equation.round().tolist() == [318.0, 290.0, 252.0, 242.0]
    _, values = year
    power, air, vanes = (tag(PLANT, values, code) for code in ("MKA10CE101", "MET10CT101", "MBA10CG101"))
    base = settled(values) & (vanes > 99.0)
    assert power[base & (np.abs(air - 15.0) < 1.5)].mean() == pytest.approx(290.0, abs=4.0)
    assert power[base & (np.abs(air - 30.0) < 1.5)].mean() == pytest.approx(261.0, abs=4.0)


def test_vanes_hold_the_exhaust_temperature(year: tuple[Array, Values]) -> None:
    _, values = year
    mean = tag(PLANT, values, *EXHAUST).mean(axis=2)
    air, vanes = tag(PLANT, values, "MET10CT101"), tag(PLANT, values, "MBA10CG101")
    held = settled(values) & (vanes > 40.0)
    assert np.abs((mean - 600.0 - 0.55 * (air - 15.0))[held]).max() < 6.0
    falling = gas_turbine.exhaust_mean(np.array([0.60, 0.55]), np.array(15.0), np.array(0.62))
    assert falling[0] - falling[1] == pytest.approx(40.0)


def test_normal_values(year: tuple[Array, Values]) -> None:
    _, values = year
    on = settled(values, 24) & (tag(PLANT, values, "MBA10CG101") > 60.0)
    bands = {
        "MBC10CP101": (12.5, 17.5),
        "MBL10CP101": (3.5, 10.0),
        "MBR10CQ101": (15.0, 45.0),
        "MBM10CP111": (1.4, 5.5),
        "MBA10CT101": (350.0, 450.0),
        "MBV10CT101": (48.0, 56.0),
        "MBD01CT101": (85.0, 105.0),
        "MBD02CT101": (90.0, 106.0),
        "MBD02CY101": (2.0, 5.0),
        "HNA10CT101": (84.0, 105.0),
        "MAD01CT101": (70.0, 95.0),
        "LBA10CT101": (540.0, 570.0),
    }
    for code, (low, high) in bands.items():
        x = tag(PLANT, values, code)[on]
        assert low <= np.quantile(x, 0.002), code
        assert np.quantile(x, 0.998) <= high, code
    spread = np.ptp(tag(PLANT, values, *EXHAUST), axis=2)
    for unit in range(2):
        assert 18.0 < np.median(spread[:, unit][on[:, unit]]) < 30.0


def test_the_streaks_turn_with_the_load(year: tuple[Array, Values]) -> None:
    _, values = year
    exhaust, vanes, power = (
        tag(PLANT, values, *EXHAUST),
        tag(PLANT, values, "MBA10CG101"),
        tag(PLANT, values, "MKA10CE101"),
    )
    on = settled(values)
    full = exhaust[on[:, 0] & (vanes[:, 0] > 99.0), 0].mean(axis=0)
    half = exhaust[on[:, 0] & (vanes[:, 0] < 33.0) & (power[:, 0] > 160.0), 0].mean(axis=0)
    match = [np.corrcoef(np.roll(full, k), half)[0, 1] for k in range(4)]
    assert np.argmax(match) == 1  # 15 to 20 degrees


def test_a_healthy_year_has_no_alarm_on_load(year: tuple[Array, Values]) -> None:
    assert alarms(year[1]) == set()
    assert alarms(record(0, 365, seed=8)[1]) == set()


def test_two_shifts_in_summer_and_long_runs_in_winter(year: tuple[Array, Values]) -> None:
    time_s, values = year
    day = (time_s - time_s[0]) / 86_400.0
    on = running(values)
    starts = np.vstack([np.zeros((1, 2), bool), ~on[:-1] & on[1:]])
    summer = (day > 160) & (day < 265)
    assert starts[summer].sum(axis=0) / 105.0 == pytest.approx([1.0, 1.0], abs=0.05)
    assert (starts[day < 140].sum(axis=0) / 140.0 < 0.35).all()
    night = (local_hour(time_s) > 1.0) & (local_hour(time_s) < 6.0)
    assert not on[summer & night].any()
    minutes = tag(PLANT, values, "MBJ10CU101")
    assert 12.0 < minutes.min() < minutes.max() < 18.0


def test_a_start_by_the_minute() -> None:
    _, values = record(JULY, 0.5, period_s=10.0)
    speed, power, steam, dynamics = (
        tag(PLANT, values, code)[:, 0] for code in ("MBA10CS101", "MKA10CE101", "MKA20CE101", "MBM10CP111")
    )
    spread = np.ptp(tag(PLANT, values, *EXHAUST), axis=2)[:, 0]
    begin = int(np.argmax(speed > 50.0))
    full, synchronous = begin + int(np.argmax(speed[begin:] > 2990.0)), begin + int(np.argmax(power[begin:] > 1.0))
    assert 12.0 <= (full - begin) / 6.0 <= 18.0
    assert full <= synchronous < full + 12
    assert 15.0 < (begin + np.argmax(steam[begin:] > 5.0) - synchronous) / 6.0 < 40.0
    assert np.diff(power).max() < 0.045 * 300.0 / 6.0 + 3.0  # 4 % a minute
    transfer = begin + int(np.argmax(power[begin:] > 135.0))
    near, later = slice(transfer, transfer + 30), slice(transfer + 120, transfer + 240)
    assert spread[near].max() > spread[later].max() + 2.0
    assert dynamics[near].max() > dynamics[later].max() + 1.0


def test_washes_keep_the_compressor_clean() -> None:
    _, healthy = record(APRIL, 70, seed=3)
    power, vanes, air = (tag(PLANT, healthy, code) for code in ("MKA10CE101", "MBA10CG101", "MET10CT101"))
    barometer = tag(PLANT, healthy, "MET10CP101") / 101.3
    base = settled(healthy) & (vanes > 99.0)
    ratio = power / (300.0 * gas_turbine.capability(air, barometer, np.array(0.0)))
    for unit in range(2):
        assert np.std(ratio[:, unit][base[:, unit]]) < 0.012
        assert np.mean(ratio[:, unit][base[:, unit]]) > 0.96


# ---- failure modes

FIRST = {
    "F25": ("MBR10CT109", 1.0),
    "F25-hot": ("MBR10CT109", -1.0),
    "F26": ("MKA10CE101", 1.0),
    "F27": ("MBP10CG101", -1.0),
}


@pytest.fixture(scope="module")
def july() -> Values:
    return record(JULY, 24)[1]


@pytest.mark.parametrize("kind", FIRST)
def test_a_failure_shows_in_its_own_unit_only(kind: str, july: Values) -> None:
    _, values = record(JULY, 24, cases=[case(kind, JULY + 2, 18)])
    np.testing.assert_array_equal(values[:, 1], july[:, 1])
    assert not np.array_equal(values[:, 0], july[:, 0])
    code, sign = FIRST[kind]
    grown = (np.arange(len(july)) > 20 * 144) & (settled(values) & settled(july))[:, 0]
    change = tag(PLANT, july, code)[grown, 0] - tag(PLANT, values, code)[grown, 0]
    noise = np.std(np.diff(tag(PLANT, july, code)[settled(july)[:, 0], 0]))
    assert sign * np.median(change) > min(3.0, noise)


def test_a_cold_spot_spreads_hums_and_smokes(july: Values) -> None:
    _, values = record(JULY, 24, cases=[case("F25", JULY + 2, 18)])
    grown = (np.arange(len(july)) > 20 * 144) & settled(july)[:, 0]
    spread, before = (np.ptp(tag(PLANT, v, *EXHAUST), axis=2)[grown, 0] for v in (values, july))
    assert np.median(spread - before) == pytest.approx(55.0, abs=12.0)
    drop = np.median((tag(PLANT, july, *EXHAUST) - tag(PLANT, values, *EXHAUST))[grown, 0], axis=0)
    assert abs(int(np.argmax(drop)) - 8) <= 1
    assert (np.sort(drop)[-3:] > 25.0).all()
    assert {"MBR10CQ101", "MBM10CP112"} <= alarms(values)


def test_a_hot_spot_passes_the_exhaust_limit(july: Values) -> None:
    assert "MBR10CT109" in alarms(record(JULY, 24, cases=[case("F25-hot", JULY + 2, 18)])[1])


def test_fouling_takes_power_and_pressure(july: Values) -> None:
    _, values = record(JULY, 24, cases=[case("F26", JULY + 2, 18)])
    base = (np.arange(len(july)) > 20 * 144) & settled(july)[:, 0] & (tag(PLANT, july, "MBA10CG101")[:, 0] > 99.0)
    power, pressure = (
        np.median(tag(PLANT, values, code)[base, 0] / tag(PLANT, july, code)[base, 0])
        for code in ("MKA10CE101", "MBC10CP101")
    )
    assert power == pytest.approx(0.94, abs=0.02)
    assert pressure == pytest.approx(0.955, abs=0.02)
    assert np.median((tag(PLANT, values, "MBC10CT101") - tag(PLANT, july, "MBC10CT101"))[base, 0]) > 2.0


def test_a_sticky_servo_makes_starts_long() -> None:
    _, values = record(JULY, 24, cases=[case("F27", JULY + 2, 18)])
    minutes = tag(PLANT, values, "MBJ10CU101")
    crossed = np.argmax(minutes[:, 0] > 22.0) / 144.0
    assert 0.55 < (crossed - 2.0) / 18.0 < 0.95
    assert minutes[:, 1].max() < 18.0


@pytest.mark.parametrize("kind", [code for code in kinds() if code.startswith("B4")])
def test_a_benign_event_raises_no_alarm(kind: str) -> None:
    shortest, longest = kinds()[kind].days
    days = (shortest * longest) ** 0.5
    short = days < 0.5
    event = case(kind, APRIL + 0.42, days)
    _, values = record(
        APRIL + 0.3 * short, days + 0.3 if short else days + 1.5, period_s=10.0 if short else 600.0, cases=[event]
    )
    _, healthy = record(APRIL + 0.3 * short, days + 0.3 if short else days + 1.5, period_s=10.0 if short else 600.0)
    assert not np.array_equal(values[:, 0], healthy[:, 0])
    np.testing.assert_array_equal(values[:, 1], healthy[:, 1])
    assert alarms(values) == set()


def test_the_same_seed_gives_the_same_bytes_in_any_chunk() -> None:
    whole = record(APRIL, 12)[1]
    start_ns = NEW_YEAR_NS + APRIL * DAY_NS
    pieces = simulate_chunks(PLANT, start_ns=start_ns, n_scans=len(whole), seed=7, chunk=500)
    np.testing.assert_array_equal(np.concatenate([piece.values for piece in pieces]), whole)


def test_every_condition_of_the_gas_turbine_is_used_by_a_kind_or_declared_for_others() -> None:
    named = {symptom.condition for kind in kinds().values() for symptom in kind.symptoms}
    assert set(gas_turbine.CONDITIONS) <= named
    assert {"bearing_metal", "shaft_1x", "condenser_fouling", "air_in_leak"} <= set(ccgt.CONDITIONS)
