"""Kinds of events and their cases: the table is sound, shapes are as said, and an event touches its own unit only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stations.faults import ALL_STATIONS, PACES, Case, course, draw, effects, kinds
from stations.plant import Station
from stations.simulate import TECHNOLOGIES, simulate_chunks
from stations.simulate.delivery import DATA_KINDS
from stations.simulate.sensors import SENSOR_KINDS
from tests.stations.plants import DAY_NS, FLEET, NEW_YEAR_NS, Values, station, tag

DAY_S = 86_400.0
JULY_1 = 181
PAD = "MED10CT103"
SHARED_LOAD = {"outage", "derating", "full_load"}
BY_TECHNOLOGY = {station.technology: code for code, station in FLEET.stations.items()}
PHYSICAL = {code: kind for code, kind in kinds().items() if kind.symptoms}
PAIRS = [
    (code, technology)
    for code, kind in PHYSICAL.items()
    for technology in TECHNOLOGIES
    if technology in (kind.technologies or TECHNOLOGIES) and not kind.regional
]


def record(plant: Station, *, day: int, days: float, cases: Sequence[Case] = ()) -> Values:
    """Values (t, u, n) of ``days`` from ``day`` of 2025."""
    n_scans = int(days * DAY_S / plant.block("units").period_s)
    start_ns = NEW_YEAR_NS + day * DAY_NS
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=5, cases=cases, chunk=n_scans)
    return chunk.values


def pad_case(unit: str = "2", *, severity: float = 1.0, pad: str = "") -> Case:
    """F01 that grows for 21 days from 8 July."""
    start_ns = NEW_YEAR_NS + (JULY_1 + 7) * DAY_NS
    return Case("F01", "YXK", unit, start_ns, 21 * DAY_S, severity=severity, tag=pad)


@pytest.fixture(scope="module")
def healthy() -> Values:
    return record(station("YXK"), day=JULY_1, days=35)


@pytest.fixture(scope="module")
def faulty() -> Values:
    return record(station("YXK"), day=JULY_1, days=35, cases=[pad_case()])


# ---- the table


def test_every_failure_mode_of_the_reference_is_there() -> None:
    assert {code.split("-")[0] for code, kind in kinds().items() if kind.is_failure and code[0] == "F"} == {
        f"F{i:02d}" for i in range(1, 36)
    }


@pytest.mark.parametrize("code", kinds())
def test_a_kind_is_sound(code: str) -> None:
    kind = kinds()[code]
    assert kind.pace in PACES
    assert 0 < kind.days[0] <= kind.days[1]
    assert 0 < kind.severity[0] <= kind.severity[1]
    assert set(kind.technologies) <= set(TECHNOLOGIES)
    assert kind.name.zh != kind.name.en
    assert (kind.check is not None) == kind.is_failure
    assert bool(kind.symptoms) != (code in SENSOR_KINDS | DATA_KINDS)
    for symptom in kind.symptoms:
        assert symptom.where in ("place", "others", "all")
        assert np.isfinite(course(symptom.shape, np.array([-1.0, 0.5, 2.0]), np.array([-1.0, 0.5, 2.0]))).all()


@pytest.mark.parametrize("code", PHYSICAL)
def test_every_symptom_can_show_in_some_technology(code: str) -> None:
    kind = kinds()[code]
    technologies = [TECHNOLOGIES[name] for name in kind.technologies or TECHNOLOGIES]
    for symptom in kind.symptoms:
        signals = [
            technology.points[tag].signal
            for technology in technologies
            for tag in kind.tags
            if tag in technology.points
        ]
        names = {symptom.condition.format(signal=signal) for signal in signals or [""]}
        assert any(name in technology.conditions for technology in technologies for name in names), symptom.condition


# ---- shapes


def test_progress_is_held_at_its_end() -> None:
    case = Case("F28", "FYL", "7", start_ns=1000 * 10**9, development_s=200.0)
    assert case.progress(np.array([0.0, 1000.0, 1050.0, 1200.0, 1e9])).tolist() == [0.0, 0.0, 0.25, 1.0, 1.0]


@pytest.mark.parametrize("shape", ["x", "x^2.5", "exp", "step", "cycle", "while", "hump", "fade"])
def test_a_course_is_nothing_before_and_at_most_one(shape: str) -> None:
    x = np.linspace(-1.0, 3.0, 401)
    values = course(shape, x, x * DAY_S)
    assert (values[x < 0] == 0.0).all()
    assert values.min() >= 0.0
    assert 0.9 < values.max() <= 1.0
    passes = shape in ("while", "hump", "fade")
    assert (np.abs(values[x > 1]) < 1e-12).all() if passes else values[x > 1].max() > 0.9


def test_an_unknown_shape_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown shape 'sinus'; expected x, x.POWER, cycle, exp"):
        course("sinus", np.zeros(1), np.zeros(1))


def test_a_repaired_part_is_as_new() -> None:
    case = Case("F01", "YXK", "2", 0, 100.0, repaired_ns=80 * 10**9)
    assert case.course("x", np.array([50.0, 79.0, 80.0, 200.0])).tolist() == [0.5, 0.79, 0.0, 0.0]


def test_a_drawn_case_lies_in_the_ranges_of_its_kind() -> None:
    tags = tuple(station("YXK").block("units").tag_index)
    cases = [draw("F01", "YXK", "1", 0, np.random.default_rng(seed), tags) for seed in range(50)]
    days = [case.development_s / DAY_S for case in cases]
    assert 7.0 <= min(days) < 10.0 < 20.0 < max(days) <= 28.0
    assert len({case.tag for case in cases}) > 5
    assert all(0.85 <= case.severity <= 1.2 for case in cases)


# ---- what cannot be


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "F99"}, "unknown kind 'F99'; known: F01, F02"),
        ({"development_s": 0.0}, "development_s must be positive"),
        ({"development_s": float("nan")}, "development_s must be positive"),
        ({"severity": -1.0}, "severity must be positive"),
    ],
)
def test_an_impossible_case_is_refused(change: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"kind": "F01", "station": "YXK", "unit": "1", "start_ns": 0, "development_s": 1.0}
    with pytest.raises(ValueError, match=message):
        Case(**(fields | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (Case("F28", "YXK", "1", 0, 1.0), "YXK: no F28 in hydro_francis; possible: F01, F02"),
        (Case("F01", "YXK", "9", 0, 1.0), "names unit '9', which the station has not"),
        (Case("F01", "YXK", "1", 0, 1.0, tag="MKA10CT101"), "'MKA10CT101' is none of MED10CT103"),
        (Case("S01", "YXK", "1", 0, 1.0), "it needs the tag of the sensor"),
    ],
)
def test_a_case_the_station_cannot_have_is_refused(case: Case, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_chunks(station("YXK"), start_ns=NEW_YEAR_NS, n_scans=1, seed=1, cases=[case])


# ---- what they do


@pytest.mark.parametrize(("code", "technology"), PAIRS)
def test_an_event_moves_its_unit_and_no_other(code: str, technology: str) -> None:
    """Once without it, once with it; sister units stay as they are, to the bit.

    A short event is tried at noon, in the evening and by night: it can show only when its machine runs, or stands. Who takes
    over load, or lives on the same reservoir, is a physical neighbour.
    """
    days = kinds()[code].days[1]
    period_s, span_days = (600.0, 20.0) if days > 4 else (60.0, 2.0) if days > 0.001 else (10.0, 2.0)
    day = JULY_1
    if code == "F02":  # it shows at a start only, and these are rare in the flood season
        period_s, day, span_days = 60.0, 10, 40.0
    plant = station(BY_TECHNOLOGY[technology], period_s, units=3)
    without = record(plant, day=day, days=span_days)
    for hour in (36.0, 43.5, 27.0, 33.0, 39.0):
        start_ns = NEW_YEAR_NS + round((day + hour / 24) * DAY_NS)
        case = Case(code, plant.code, "1", start_ns, (30.0 if code == "F02" else min(days, 0.7 * span_days)) * DAY_S)
        with_it = record(plant, day=day, days=span_days, cases=[case])
        changed = (without != with_it).any(axis=0)
        if changed[0].any():
            break
    assert changed[0].any(), f"{code} shows nowhere"
    before = int(hour * 3600.0 / plant.block("units").period_s)
    assert with_it[:before].tobytes() == without[:before].tobytes()
    places = {tag: (point.signal, point.column) for tag, point in TECHNOLOGIES[technology].points.items()}
    sizes = {name: condition.places for name, condition in TECHNOLOGIES[technology].conditions.items()}
    moved = {effect.condition for effect in effects(case, places, sizes)}
    if not moved & SHARED_LOAD and technology != "pumped_storage":
        assert not changed[1:, [i for i, tag in enumerate(plant.block("units").tags) if not tag.shared]].any()


@pytest.mark.parametrize(("code", "technology"), PAIRS)
def test_a_repaired_unit_runs_on_as_if_nothing_had_been(code: str, technology: str) -> None:
    """Over two stretches: what a filter was given by turns for one unit and for all must not trip it up."""
    plant = station(BY_TECHNOLOGY[technology], 600.0, units=2)
    start_ns = NEW_YEAR_NS + (JULY_1 + 2) * DAY_NS
    case = Case(code, plant.code, "1", start_ns, 3 * DAY_S, repaired_ns=start_ns + 2 * DAY_NS)
    values = record(plant, day=JULY_1, days=30, cases=[case])
    assert np.isfinite(values).all()


@pytest.mark.parametrize("code", [code for code, kind in kinds().items() if kind.regional])
def test_weather_is_felt_by_every_unit(code: str) -> None:
    technology = (kinds()[code].technologies or ("hydro_francis",))[0]
    plant = station(BY_TECHNOLOGY[technology], units=2)
    day = 10 if code == "B04" else JULY_1  # ice comes in January
    case = Case(code, ALL_STATIONS, "", NEW_YEAR_NS + (day + 2) * DAY_NS, 4 * DAY_S)
    changed = record(plant, day=day, days=8) != record(plant, day=day, days=8, cases=[case])
    assert changed.any(axis=(0, 2)).all()


def test_an_event_of_another_station_is_passed_over(healthy: Values) -> None:
    elsewhere = Case("F28", "FYL", "7", NEW_YEAR_NS, 1.0)
    assert record(station("YXK"), day=JULY_1, days=35, cases=[elsewhere]).tobytes() == healthy.tobytes()


def test_a_distressed_pad_crosses_its_alarm_before_the_end(healthy: Values, faulty: Values) -> None:
    plant = station("YXK")
    pad = tag(plant, faulty, PAD)[:, 1]
    assert tag(plant, healthy, PAD).max() < 66.0
    crossed_day = np.argmax(pad > 70.0) / 144 - 7
    assert 10.0 < crossed_day < 20.0


def test_a_distressed_pad_drags_neighbours_oil_and_at_last_the_shaft(healthy: Values, faulty: Values) -> None:
    plant = station("YXK")
    power = tag(plant, healthy, "MKA10CE101")[:, 1]

    def rise(code: str, first_day: float, last_day: float) -> float:
        days = np.arange(len(power)) / 144 - 7
        where = (days >= first_day) & (days < last_day) & (power > 60.0)
        return float((tag(plant, faulty, code) - tag(plant, healthy, code))[where, 1].mean())

    assert rise(PAD, 22, 28) == pytest.approx(26.0 + 1.5, abs=2.0)
    assert rise("MED10CT101", 22, 28) == pytest.approx(2.6 + 1.5, abs=0.6)
    assert rise("MKD11CT101", 22, 28) == pytest.approx(1.5, abs=0.5)  # another bearing feels the oil only
    assert rise("MKV10CT101", 22, 28) == pytest.approx(1.5, abs=0.3)
    assert rise("MKA10CT101", 22, 28) == 0.0
    assert rise("MED10CY111", 22, 28) > 80.0
    assert rise(PAD, 10, 11) > 2.0
    assert rise("MED10CY111", 10, 11) < 6.0  # the shaft is late


def test_the_tag_tells_which_pad(healthy: Values) -> None:
    plant = station("YXK")
    thrust = record(plant, day=JULY_1, days=35, cases=[pad_case("3", severity=0.5, pad="MKD10CT102")])
    hotter = tag(plant, thrust, "MKD10CT101", "MKD10CT102", PAD) - tag(plant, healthy, "MKD10CT101", "MKD10CT102", PAD)
    assert hotter[-144:, 2].max(axis=0) == pytest.approx([1.3 + 0.75, 13.0 + 0.75, 0.75], abs=0.6)
