"""What is drawn for an evaluation, and that one trial tells the same wherever it runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from detectors.tuning import Tuning
from replay.evaluation.running import run_all
from replay.evaluation.trials import (
    DAY_NS,
    FAST_LEARN_DAYS,
    LEARN_DAYS,
    PERIOD_S,
    SEED_BASE,
    TUNING_BASE,
    UNITS_MAX,
    Trial,
    plan,
)
from stations.catalogue import load_fleet
from stations.faults import Case, kinds
from stations.plant import Station


@pytest.fixture(scope="module")
def stations() -> list[Station]:
    return list(load_fleet().stations.values())


@pytest.fixture(scope="module")
def full(stations: list[Station]) -> list[Trial]:
    return plan(stations)


def cases(trials: list[Trial]) -> list[tuple[Trial, Case]]:
    return [(trial, case) for trial in trials for branch in trial.branches for case in branch.cases]


def test_every_mode_has_its_seeds_in_every_group_and_every_season_as_often(full: list[Trial]) -> None:
    counts = Counter(case.kind for _, case in cases(full))
    assert set(counts) == {code for code, kind in kinds().items() if kind.pace != "benign"}
    assert counts["F01"] == 2 * 10  # hydro, pumped storage
    assert counts["F34-PD"] == 4 * 10
    assert counts["S01"] == 6 * 10
    seasons = Counter(trial.season for trial, case in cases(full) if kinds()[case.kind].is_failure)
    assert max(seasons.values()) - min(seasons.values()) <= 0.06 * sum(seasons.values())


def test_at_least_a_third_of_the_units_stays_healthy(full: list[Trial]) -> None:
    for trial in full:
        units = trial.station.block("units").units
        assert len(units) <= UNITS_MAX or not any(branch.cases for branch in trial.branches)
        for branch in trial.branches:
            hit = [case.unit for case in branch.cases if case.unit]
            assert len(set(hit)) == len(hit) <= len(units) - max(1, len(units) / 3)
            assert {kinds()[case.kind].is_failure for case in branch.cases} in (set(), {True}, {False})


def test_nothing_happens_before_all_is_learned_and_everything_ends_in_time(full: list[Trial]) -> None:
    for trial, case in cases(full):
        days = LEARN_DAYS if trial.station.block("units").period_s == PERIOD_S else FAST_LEARN_DAYS
        assert trial.learned_ns - trial.start_ns == days * DAY_NS
        assert DAY_NS <= case.start_ns - trial.learned_ns <= 2 * DAY_NS
        assert any(case in branch.cases and case.end_ns < branch.end_ns for branch in trial.branches)
        assert trial.seed >= SEED_BASE


def test_every_station_is_also_healthy_for_years_with_all_its_units(full: list[Trial], stations: list[Station]) -> None:
    healthy = [trial.station for trial in full if not any(branch.cases for branch in trial.branches)]
    assert Counter(station.code for station in healthy) == {station.code: 2 for station in stations}
    assert sum(len(station.block("units").units) for station in healthy) >= 500


def test_what_comes_at_once_is_scanned_often(full: list[Trial]) -> None:
    for trial, case in cases(full):
        is_fast = kinds()[case.kind].pace in ("fast", "step")
        assert trial.station.block("units").period_s == (
            {"pv": 60.0}.get(trial.station.technology[:2], 20.0) if is_fast else 600.0
        )


def test_what_is_tuned_on_is_never_what_judges(stations: list[Station], full: list[Trial]) -> None:
    tuned = plan(stations, base=TUNING_BASE)
    assert not {trial.seed for trial in tuned} & {trial.seed for trial in full}
    assert not {case.severity for _, case in cases(tuned)} & {case.severity for _, case in cases(full)} - {1.0}


def test_a_quick_plan_has_each_mode_once_and_each_station_healthy_once(stations: list[Station]) -> None:
    trials = plan(stations, quick=True)
    counts = Counter(case.kind for _, case in cases(trials))
    assert set(counts.values()) == {1}
    healthy = [trial.station.code for trial in trials if any(not branch.cases for branch in trial.branches)]
    assert sorted(healthy) == sorted(station.code for station in stations)


def test_a_plan_is_drawn_once_and_for_all(stations: list[Station]) -> None:
    assert plan(stations, quick=True) == plan(stations, quick=True)


def test_some_parts_alone(stations: list[Station]) -> None:
    trials = plan(stations, seeds=1, parts=("slow", "sensor"))
    assert {kinds()[case.kind].pace for _, case in cases(trials)} == {"slow", "sensor"}
    assert all(branch.cases for trial in trials for branch in trial.branches)
    assert not cases(plan(stations, seeds=1, parts=("healthy",)))


def test_one_kind_alone(stations: list[Station]) -> None:
    assert {case.kind for _, case in cases(plan(stations, seeds=1, kind="F03"))} == {"F03", "F03-strainer"}
    assert plan(stations[-1:], seeds=1, kind="F03") == []


def test_the_same_outcomes_from_one_process_and_from_two(stations: list[Station]) -> None:
    small = [station for station in stations if station.code == "HYG"]
    trials = [replace(trial, start_ns=trial.learned_ns - 5 * DAY_NS) for trial in plan(small, seeds=3, kind="F09")]
    hasty = Tuning(warm_up_s=2 * 86_400.0, warm_up_scans=200)
    told: list[float] = []
    alone = run_all(trials, hasty, workers=1, advance=lambda done, note: told.append(done))
    assert alone == run_all(trials, hasty, workers=2, advance=lambda done, note: None)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert [one.number for one in alone] == [trial.number for trial in trials]
    assert all(one.costs.monitor > 0 for one in alone)
    assert any(one.failures[0].found or any(watched.false for watched in one.beside) for one in alone)
