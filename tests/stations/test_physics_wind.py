"""Wind turbines against the values that farms of these kinds show, and every failure mode and benign event of theirs."""

from __future__ import annotations

import numpy as np
import pytest

from stations.faults import Case, kinds
from stations.plant import Station
from stations.simulate import drive_train, simulate_chunks, wind
from stations.simulate.signals import DAY_S, Array
from tests.stations.plants import DAY_NS, FLEET, NEW_YEAR_NS, Values, case_in, over, record, station, tag

SEED = 7
TEN_MINUTES_A_DAY = 144
GEARED, DIRECT = "LTZ", "YZP"


@pytest.fixture(scope="module")
def geared() -> tuple[Array, Values]:
    """LTZ, the first ten turbines, a year."""
    return record(station(GEARED, units=10), days=365, seed=SEED)


@pytest.fixture(scope="module")
def direct() -> tuple[Array, Values]:
    """YZP, the first eight turbines, a year."""
    return record(station(DIRECT, units=8), days=365, seed=SEED)


def _record(plant: Station, day: int, days: float, cases: tuple[Case, ...] = ()) -> Values:
    return record(plant, days=days, day=day, seed=SEED, cases=cases)[1]


# ---- a healthy year


def test_power_curve_points() -> None:
    published = {4: 89, 6: 368, 8: 896, 10: 1599, 12: 1981, 14: 2000}
    speeds = np.array(list(published), dtype=float)
    np.testing.assert_allclose(2000.0 * wind.power_curve(speeds, np.array(1.225)), list(published.values()), atol=0.5)


def test_thin_air_costs_an_eighth_to_a_sixth_of_the_power(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    speed, power, air, pitch = (
        tag(plant, geared[1], code) for code in ("MET10CS101", "MKA10CE101", "MET10CT101", "MDA10CG101")
    )
    free = (air > 8.0) & (power > 0.05) & (pitch < 1.5)
    for low, high in ((5.0, 6.0), (6.0, 7.0), (7.0, 8.5)):
        here = free & (speed > low) & (speed < high)
        book = 2.0 * wind.power_curve(speed[here], np.array(1.225))
        assert power[here].mean() / book.mean() == pytest.approx(0.855, abs=0.045)


def test_the_farm_has_one_wind_and_each_turbine_its_own(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    speed, power = (tag(plant, geared[1], code) for code in ("MET10CS101", "MKA10CE101"))
    correlation = np.asarray(np.corrcoef(speed.T))[~np.eye(10, dtype=bool)]
    assert correlation.mean() == pytest.approx(0.8, abs=0.06)
    assert speed.mean() == pytest.approx(5.75, abs=0.4)
    assert power.mean() / 2.0 == pytest.approx(0.23, abs=0.035)


def test_no_alarm_and_no_end_of_range_in_a_healthy_year(
    geared: tuple[Array, Values], direct: tuple[Array, Values]
) -> None:
    for code, (_, values) in ((GEARED, geared), (DIRECT, direct)):
        plant = station(code, units=values.shape[1])
        assert over(plant, values) == []
        for i, one in enumerate(plant.block("units").tags):
            assert one.low < values[..., i].min() <= values[..., i].max() < one.high, one.code


def test_drive_train_at_rated_power(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    power, nacelle, oil, fast, middle, winding, main = (
        tag(plant, geared[1], code)
        for code in (
            "MKA10CE101",
            "MDL10CT101",
            "MDK20CT101",
            "MDK20CT102",
            "MDK20CT103",
            "MKA10CT101",
            "MDK10CT101",
        )
    )
    rated = np.logical_and.reduce([np.roll(power, k, axis=0) > 1.92 for k in range(24)])  # four hours
    assert rated.sum() > 100
    ones = np.ones(int(rated.sum()))
    expected = drive_train.gear_oil_steady(nacelle[rated], ones, ones)
    assert (oil[rated] - expected).mean() == pytest.approx(0.0, abs=2.0)
    assert (fast - oil)[rated].mean() == pytest.approx(14.0, abs=1.5)
    assert (middle - oil)[rated].mean() == pytest.approx(10.0, abs=1.5)
    assert (winding - nacelle)[rated].mean() == pytest.approx(80.0, abs=3.0)
    assert (main - nacelle)[rated].mean() == pytest.approx(12.0, abs=2.0)
    assert oil.min() > 3.0
    assert oil.max() < 70.0


def test_gear_oil_at_full_load() -> None:
    oil = drive_train.gear_oil_steady(np.array([5.0, 20.0, 35.0]), np.ones(3), np.ones(3))
    assert oil == pytest.approx([51.0, 60.0, 64.0], abs=0.3)


def test_direct_drive_has_two_main_bearings_and_a_slow_rotor(direct: tuple[Array, Values]) -> None:
    plant = station(DIRECT, units=8)
    front, rear, rpm, vibration, power = (
        tag(plant, direct[1], code) for code in ("MDK10CT101", "MDK10CT102", "MDA10CS101", "MDK10CY101", "MKA10CE101")
    )
    assert (rear - front).mean() == pytest.approx(1.5, abs=1.2)
    assert 13.0 < rpm.max() < 13.4
    assert np.median(vibration[power > 2.5]) == pytest.approx(0.95, abs=0.2)
    assert vibration[power <= 0.0].mean() < 0.35


def test_icing_takes_power_in_winter_only(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    time_s, values = geared
    speed, power, air = (tag(plant, values, code) for code in ("MET10CS101", "MKA10CE101", "MET10CT101"))
    pitch = tag(plant, values, "MDA10CG101")
    book = 2.0 * wind.power_curve(speed, np.array(1.02))
    poor = (speed > 7.0) & (speed < 10.0) & (power > 0.0) & (power < 0.7 * book) & (np.abs(pitch) < 1.0)
    month = (time_s + 8 * 3600.0).astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12 + 1
    winter = np.isin(month, [12, 1, 2])
    frosty_days = poor.any(axis=1).reshape(-1, TEN_MINUTES_A_DAY).any(axis=1) & winter[::TEN_MINUTES_A_DAY]
    assert 5 <= frosty_days.sum() <= 60
    assert poor[winter].mean() > 5 * poor[np.isin(month, [5, 6, 7, 8, 9])].mean()
    assert np.median(air[poor & winter[:, None]]) < 2.0


def test_curtailment_stops_and_quiet_nights_come_by_themselves(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    speed, power, pitch, rpm = (
        tag(plant, geared[1], code) for code in ("MET10CS101", "MKA10CE101", "MDA10CG101", "MDA10CS101")
    )
    held = (speed > 8.0) & (speed < 10.0) & (pitch > 3.0) & (pitch < 30.0)
    assert 0.001 < held.sum() / ((speed > 8.0) & (speed < 10.0)).sum() < 0.2
    running = rpm > 8.0
    alone = ~running & (running.sum(axis=1, keepdims=True) >= 8) & (speed > 6.0)
    assert 0.0002 < alone.mean() < 0.03
    assert (alone.sum(axis=0) > 0).all()
    assert power[alone].mean() < 0.1  # a stop begins between two scans


def test_a_wake_has_its_direction(geared: tuple[Array, Values]) -> None:
    plant = station(GEARED, units=10)
    speed, direction = (tag(plant, geared[1], code) for code in ("MET10CS101", "MET10CG101"))
    windy = speed.mean(axis=1) > 5.0
    ratio = speed / np.median(speed, axis=1, keepdims=True)
    lowest = []
    for unit in range(10):
        sector = (direction[:, unit] // 15.0).astype(int)
        by_sector = [
            np.median(ratio[windy & (sector == k), unit]) for k in range(24) if (windy & (sector == k)).sum() > 200
        ]
        lowest.append(min(by_sector) / np.median(by_sector))
    assert min(lowest) < 0.93
    assert max(lowest) < 1.0


def test_a_voltage_dip_is_over_in_seconds() -> None:
    plant = station(GEARED, 10.0, units=3)
    start_ns = NEW_YEAR_NS + 80 * DAY_NS
    dip = Case("B54", GEARED, "", start_ns + 3600 * 10**9, 30.0)
    with_dip, without = (
        next(iter(simulate_chunks(plant, start_ns=start_ns, n_scans=1440, seed=SEED, cases=cases, chunk=1440))).values
        for cases in ((dip,), ())
    )
    changed = np.abs(tag(plant, with_dip, "MKA10CE101") - tag(plant, without, "MKA10CE101")) > 0.02
    assert changed.any()
    assert 360 <= np.flatnonzero(changed.any(axis=1)).min() <= np.flatnonzero(changed.any(axis=1)).max() <= 365


# ---- failures: the first tag moves, in its own unit only, and crosses its limit

FAILURES = [
    ("F28", GEARED, "MDK20CT102", 60, 30.0),
    ("F28", GEARED, "MDK20CT103", 60, 30.0),
    ("F29-cooler", GEARED, "MDK20CT101", 60, 30.0),
    ("F29-pump", GEARED, "MDK20CT101", 60, 30.0),
    ("F30", GEARED, "MKD10CT101", 60, 30.0),
    ("F30", GEARED, "MKD10CT102", 60, 30.0),
    ("F31", GEARED, "MDK10CT101", 60, 30.0),
    ("F31", DIRECT, "MDK10CT102", 60, 30.0),
    ("F32", GEARED, "MDX10CU101", 60, 30.0),
    ("F32", DIRECT, "MDX10CU101", 60, 30.0),
    ("F33-converter", DIRECT, "MSE10CT101", 60, 30.0),
    ("F33-transformer", GEARED, "BAT10CT101", 60, 30.0),
]
NEIGHBOURS = {
    "F28": ["MDK20CY101"],
    "F29-cooler": ["MDK20CT102", "MDK20CT103"],
    "F29-pump": ["MDK20CT102", "MDK20CT103"],
    "F30": ["MKA10CT101", "MDK20CY101"],
    "F32": ["MDX10CP101", "MDA10CG101"],
}


@pytest.mark.parametrize(("kind", "code", "first", "day", "days"), FAILURES)
def test_a_failure_shows_in_its_first_tag(kind: str, code: str, first: str, day: int, days: float) -> None:
    plant = station(code, units=3)
    case = case_in(kind, plant, day, days, first)
    sound, failing = (_record(plant, day, days + 2.0, cases) for cases in ((), (case,)))
    np.testing.assert_array_equal(sound[:, [0, 2]], failing[:, [0, 2]])
    column = plant.block("units").tag_index[first]
    limit = plant.block("units").tags[column].limits.alarm_high
    assert limit is not None
    above = failing[:, 1, column] > limit
    x = np.arange(len(failing)) / TEN_MINUTES_A_DAY / days
    assert above.any(), failing[:, 1, column].max()
    assert x[above.argmax()] >= (0.5 if kinds()[kind].pace != "step" else 0.1)
    assert sound[:, 1, column].max() < limit
    late = x > 0.9
    for neighbour in NEIGHBOURS.get(kind, []):
        moved = tag(plant, failing, neighbour)[late, 1] - tag(plant, sound, neighbour)[late, 1]
        assert np.abs(moved).max() > 0.4, neighbour


def test_every_kind_of_a_turbine_is_tested() -> None:
    tested = {kind for kind, *_ in FAILURES}
    mine = {
        code
        for code, kind in kinds().items()
        if kind.is_failure and set(kind.technologies) & {"wind_dfig", "wind_pmsg"}
    }
    assert mine == tested


# ---- benign events

BENIGN = ("B04", "B50", "B51", "B52", "B53", "B54", "B56", "B57")


@pytest.mark.parametrize("kind", BENIGN)
@pytest.mark.parametrize("code", [GEARED, DIRECT])
def test_a_benign_event_shows_but_passes_no_limit(kind: str, code: str) -> None:
    plant = station(code, units=3)
    longest = kinds()[kind].days[1]
    unit = "" if kinds()[kind].regional else "2"
    start = 15.4 if kind != "B54" else 15.5 - 20.0 / DAY_S
    tags = [t for t in kinds()[kind].tags if t in plant.block("units").tag_index] or [""]
    shown = np.zeros(1)
    for one in tags:
        case = case_in(kind, plant, start, max(longest, 60.0 / DAY_S), one, unit)
        quiet, values = (_record(plant, 12, 10.0, cases) for cases in ((), (case,)))
        assert over(plant, values) == []
        shown = np.abs(values - quiet)
        if unit:
            assert shown[:, [0, 2]].max() == 0.0
    assert shown.max() > 0.0


def test_grease_warms_a_bearing_for_a_day() -> None:
    plant = station(GEARED, units=3)
    case = case_in("B57", plant, 101.0, 2.0, "MKD10CT101")
    quiet, greased = (_record(plant, 100, 4.0, cases) for cases in ((), (case,)))
    heat = tag(plant, greased, "MKD10CT101")[:, 1] - tag(plant, quiet, "MKD10CT101")[:, 1]
    assert 2.0 < heat.max() < 10.5
    assert heat[-30:].max() == pytest.approx(0.0, abs=0.11)


def test_the_altitude_of_the_station_sets_its_air() -> None:
    assert float(wind.air_density(np.array(10.0), FLEET.stations["FYL"].parameters["altitude_m"])) == pytest.approx(
        1.02, abs=0.005
    )
