"""Figures from hand-made verdicts."""

from __future__ import annotations

import math

import pytest

from replay.evaluation.judging import HOUR_NS, SensorVerdict, Verdict, Watched
from replay.evaluation.running import Outcome
from replay.evaluation.summary import Summary
from stations.catalogue import load_fleet


def verdict(kind: str, pace: str, warned_h: int | None, alarm_h: int | None = 100) -> Verdict:
    return Verdict(
        kind=kind,
        pace=pace,
        station="YXK",
        unit="1",
        season="winter",
        severity=1.0,
        start_ns=0,
        end_ns=120 * HOUR_NS,
        shown=True,
        alarm_ns=None if alarm_h is None else alarm_h * HOUR_NS,
        deadline_ns=(96 if alarm_h is None else alarm_h) * HOUR_NS,
        judged=1.0,
        warned_ns=None if warned_h is None else warned_h * HOUR_NS,
        component="guide",
    )


def sensor(pace: str, as_sensor: bool, as_machine: bool) -> SensorVerdict:
    return SensorVerdict("S01", pace, "YXK", "1", "T", "winter", 0, as_sensor, as_machine)


def test_shares_and_leads_leave_out_what_has_no_lead() -> None:
    outcome = Outcome(0, "hydro_francis")
    outcome.failures = [
        verdict("F01", "slow", 40),
        verdict("F01", "slow", 110),
        verdict("F09", "medium", 90),
        verdict("F08", "step", 10, alarm_h=None),
        verdict("X01", "none", None),
    ]
    figures = Summary(load_fleet(), [outcome]).to_dict()
    assert figures["detected_slow_medium"] == pytest.approx(2 / 3, abs=1e-4)
    assert (figures["detected"], figures["found"]) == (0.75, 1.0)
    assert figures["lead_hours_median"] == {"slow": 60.0, "medium": 10.0, "fast": None}
    assert figures["by_mode"]["F01"] | {"by_chance": None} == {
        "pace": "slow",
        "n": 2,
        "judged": 2,
        "shown": 2,
        "alarms": 2,
        "detected": 1,
        "found": 2,
        "lead_met": 0,
        "top1": 0,
        "top3": 0,
        "coverage": None,
        "by_chance": None,
        "lead_hours_median": 60.0,
        "lead_hours_p10": 60.0,
    }
    assert figures["by_mode"]["F08"]["lead_hours_median"] is None


def test_the_rate_of_each_technology_counts_for_all_its_units() -> None:
    fleet = load_fleet()
    technologies = {station.technology for station in fleet.stations.values()}
    outcomes = [
        Outcome(i, name, healthy=[Watched("winter", 1, 365.25, 365.25, reopened=2, doubts=3)])
        for i, name in enumerate(sorted(technologies))
    ]
    figures = Summary(fleet, outcomes).to_dict()
    n_units = sum(len(station.block("units").units) for station in fleet.stations.values())
    assert figures["false_per_day_fleet"] == pytest.approx(n_units / 365.25, abs=1e-3)
    assert figures["reopened_per_day_fleet"] == pytest.approx(2 * n_units / 365.25, abs=1e-3)
    assert figures["doubts_per_day_fleet"] == pytest.approx(3 * n_units / 365.25, abs=1e-3)
    assert figures["unit_years"] == len(technologies)
    assert Summary(fleet, outcomes[1:]).to_dict()["false_per_day_fleet"] is None


def test_what_false_warnings_alone_would_detect() -> None:
    outcome = Outcome(0, "hydro_francis", beside=[Watched("winter", 73050, 365.25 * 100)])  # two a day
    outcome.failures = [verdict("F01", "slow", None, alarm_h=12)]
    figures = Summary(load_fleet(), [outcome]).to_dict()
    assert figures["detected_by_chance"] == pytest.approx(1 - math.exp(-1), abs=1e-4)
    assert figures["beside_failures_by_period"]["0 s"]["false"] == 73050


def test_a_fault_of_the_data_is_no_sensor() -> None:
    outcome = Outcome(0, "hydro_francis")
    outcome.sensors = [sensor("sensor", True, False), sensor("sensor", False, True), sensor("data", False, False)]
    figures = Summary(load_fleet(), [outcome]).to_dict()
    assert (figures["sensor_as_sensor"], figures["sensor_as_machine"]) == (0.5, pytest.approx(1 / 3, abs=1e-4))
    assert figures["by_sensor_fault"] == {"S01": {"n": 3, "as_sensor": 1, "as_machine": 1}}
