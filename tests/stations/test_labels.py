"""Labels: read off the signals, so that measured data agree with them, and none depends on luck or on a detector."""

from __future__ import annotations

import numpy as np
import pytest

from stations.faults import Case
from stations.simulate import simulate_chunks
from stations.simulate.labels import Label, label
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, station, tag

PLANT = station("YXK")
DAYS = 40
START_NS = NEW_YEAR_NS + 181 * DAY_NS


def labels(*cases: Case, seed: int = 5) -> list[Label]:
    return label([PLANT], cases, start_ns=START_NS, n_scans=[DAYS * 144], seed=seed)


def pad(day: float = 7, days: float = 21, severity: float = 1.0, unit: str = "2") -> Case:
    return Case("F01", "YXK", unit, START_NS + round(day * DAY_NS), days * 86_400.0, severity)


def x_of(case: Case, time_ns: int | None) -> float:
    assert time_ns is not None
    return (time_ns - case.start_ns) / 1e9 / case.development_s


def test_a_failure_shows_then_alarms_then_trips() -> None:
    case = pad()
    (one,) = labels(case)
    assert (one.category, one.pace) == ("failure", "slow")
    assert (one.sign_tag, one.alarm_tag) == ("MED10CT103", "MED10CT103")
    assert 0.2 < x_of(case, one.sign_ns) < 0.45
    assert x_of(case, one.sign_ns) < x_of(case, one.alarm_ns) < x_of(case, one.trip_ns) <= 1.0


@pytest.mark.parametrize("severity", [0.9, 1.0, 1.4])
def test_the_measured_value_crosses_its_limit_when_the_label_says(severity: float) -> None:
    case = pad(severity=severity)
    (one,) = labels(case)
    (chunk,) = simulate_chunks(PLANT, start_ns=START_NS, n_scans=DAYS * 144, seed=5, cases=[case], chunk=10**6)
    above = tag(PLANT, chunk.values, "MED10CT103")[:, 1] >= 70.0
    crossed_ns = int(chunk.time_ns[np.argmax(above)])
    assert abs(x_of(case, crossed_ns) - x_of(case, one.alarm_ns)) < 0.1


def test_worse_comes_earlier() -> None:
    (mild,), (bad,) = labels(pad(severity=0.8)), labels(pad(severity=1.6))
    assert bad.sign_ns is not None
    assert mild.sign_ns is not None
    assert bad.sign_ns < mild.sign_ns
    assert bad.alarm_ns is not None
    assert mild.alarm_ns is None or bad.alarm_ns < mild.alarm_ns


def test_a_failure_that_reaches_no_limit_ends_in_its_completion() -> None:
    case = Case("F06", "YXK", "1", START_NS, 30 * 86_400.0)
    (one,) = labels(case)
    assert one.alarm_ns is None
    assert one.trip_ns == case.end_ns
    assert one.sign_ns is not None


def test_a_repaired_part_does_not_fail() -> None:
    case = pad(days=25)
    repaired = Case("F01", "YXK", "2", case.start_ns, case.development_s, repaired_ns=case.start_ns + 10 * DAY_NS)
    (one,) = labels(repaired)
    assert one.alarm_ns is None
    assert one.trip_ns is None
    assert one.repaired_ns == repaired.repaired_ns


def test_a_failure_beyond_the_end_has_no_trip() -> None:
    (one,) = labels(pad(day=30, days=28))
    assert one.trip_ns is None


def test_a_leak_shows_in_its_pump_not_in_the_phase_of_its_vessel() -> None:
    (one,) = labels(Case("F09", "YXK", "1", START_NS + 2 * DAY_NS, 10 * 86_400.0))
    assert one.sign_tag == "MEX10CU101"
    assert 0.02 < x_of(Case("F09", "YXK", "1", START_NS + 2 * DAY_NS, 10 * 86_400.0), one.sign_ns) < 0.2


def test_what_is_no_failure_has_begin_and_end_only() -> None:
    stuck = Case("S01", "YXK", "1", START_NS + DAY_NS, 3600.0, tag="MED10CT101")
    outage = Case("B70", "YXK", "3", START_NS + 2 * DAY_NS, 86_400.0)
    one, other = labels(outage, stuck)
    assert (one.kind, one.category, one.tag) == ("S01", "sensor", "MED10CT101")
    assert (other.kind, other.category) == ("B70", "benign")
    assert one.sign_ns is one.alarm_ns is one.trip_ns is None
    assert one.end_ns - one.start_ns == 3600 * 10**9


def test_failures_of_two_units_are_told_apart() -> None:
    first, second = pad(day=5, unit="1"), pad(day=12, unit="3")
    together, alone = labels(first, second), labels(second)
    assert [one.unit for one in together] == ["1", "3"]
    assert together[1] == alone[0]


def test_the_worst_of_weather_belongs_to_no_failure() -> None:
    heat = Case("B01", "*", "", START_NS + 8 * DAY_NS, 8 * 86_400.0)
    with_heat = next(one for one in labels(pad(), heat) if one.kind == "F01")
    assert with_heat.alarm_tag == "MED10CT103"
