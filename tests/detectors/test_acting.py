"""What people do, through a whole monitor: warnings worked with, sensors marked, maintenance; nothing wrong changes anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detectors.actions import OUTCOMES, Action
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore, Refused
from detectors.monitor import StationMonitor
from detectors.sisters import ALL_UNITS, FARM_UNITS
from tests.detectors.incident import told
from tests.detectors.small import BLOCK, PERIOD_NS, START_NS, STATION, TUNING, WARM, of, run, scans, telemetry

PAD1, PAD2, POWER = (BLOCK.tag_index[code] for code in ("PAD1", "PAD2", "POWER"))
N = WARM + 200
HOT = WARM + 10
"""Scan from which on pad 1 of unit 2 is too hot."""
NOW = START_NS + (WARM + 30) * PERIOD_NS


def hot(until: int = N) -> list[Any]:
    values = telemetry(N)
    values[HOT:until, 1, PAD1] += 8.0
    values[HOT:until, 1, PAD2] += 3.0
    return scans(values)


SCANS = hot()


def warned() -> tuple[StationMonitor, EarlyWarning]:
    """A monitor twenty scans after the pad became hot, and its warning."""
    monitor = StationMonitor(STATION, TUNING)
    events = run(monitor, SCANS[: WARM + 30])
    return monitor, of(events, EarlyWarning)[0]


def do(monitor: StationMonitor, kind: str, **more: Any) -> list[Event]:
    return monitor.act(Action(kind, "ABC", "Li Wei", NOW, **more))


def test_a_warning_says_how_the_unit_runs_and_how_it_goes_on() -> None:
    _, warning = warned()
    assert (warning.unit, warning.component, warning.mode) == ("2", "bearing", "running")
    assert warning.load == pytest.approx(float(SCANS[WARM + 12].values[1, POWER]), rel=0.2)
    assert warning.load_uom == "MW"
    first = warning.evidence[0]
    assert first.deviation is not None
    assert 2.0 < first.deviation < 9.0
    assert warning.forecast is not None
    assert "running" in warning.text_en


def test_acknowledge_is_told_under_the_same_id_and_shows_in_the_health() -> None:
    monitor, warning = warned()
    (done,) = do(monitor, "acknowledge", warning=warning.id, why="on site")
    assert isinstance(done, EarlyWarning)
    assert (done.id, done.transition, done.onset_ns) == (warning.id, "acknowledged", warning.onset_ns)
    assert done.act is not None
    assert (done.act.who, done.act.why) == ("Li Wei", "on site")
    health = of(monitor.receive(SCANS[WARM + 30]), HealthScore)[0]
    assert health.attended is not None
    assert health.attended[1].any()
    assert not health.attended[[0, 2]].any()
    assert health.level[1].max() > 0, "it keeps showing its true level"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Action("acknowledge", "ABC", "Li", NOW, warning="nothing"), "knows no 'nothing'"),
        (Action("acknowledge", "XYZ", "Li", NOW, warning="x"), "station 'XYZ'; this is ABC"),
        (Action("wipe", "ABC", "Li", NOW, warning="x"), "unknown action 'wipe'"),
        (Action("acknowledge", "ABC", " ", NOW, warning="x"), "needs the name of who acts"),
        (Action("acknowledge", "ABC", "Li", NOW, why="x" * 501, warning="x"), "at most 500 characters"),
        (Action("shelve", "ABC", "Li", NOW, warning="x"), "shelve needs an end"),
        (Action("shelve", "ABC", "Li", NOW, warning="x", until_ns=NOW - 1), "shelve needs an end"),
        (Action("close", "ABC", "Li", NOW, warning="x"), "outcome ''; expected one of confirmed"),
        (Action("maintain", "ABC", "Li", NOW, unit="9", until_ns=NOW + 1), "knows no 'unit 9'"),
        (
            Action("maintain", "ABC", "Li", NOW, unit="1", component="oil", until_ns=NOW + 1),
            "no judged component 'oil'",
        ),
        (Action("repaired", "ABC", "Li", NOW, tag="ABC.10PAD1"), "is not marked as faulty"),
        (Action("repaired", "ABC", "Li", NOW, unit="1", tag="nonsense"), "knows no 'nonsense'"),
        (Action("resume", "ABC", "Li", NOW, unit="1"), "unit 1 is not in maintenance"),
        (Action("acknowledge", "ABC", "Li", 10**30, warning="x"), "of the years 2000 to 2099"),
        (Action("relearn", "ABC", "Li", NOW, unit="1", until_ns=10**30), "of the years 2000 to 2099"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason_and_changes_nothing(action: Action, reason: str) -> None:
    monitor, _ = warned()
    before = monitor.snapshot("units")
    (refused,) = monitor.act(action)
    assert isinstance(refused, Refused)
    assert reason in refused.reason
    assert monitor.snapshot("units") == before


def test_a_closed_warning_is_refused_the_second_time() -> None:
    monitor, warning = warned()
    (done,) = do(monitor, "close", warning=warning.id, outcome="confirmed")
    assert isinstance(done, EarlyWarning)
    assert done.transition == "closed"
    (refused,) = do(monitor, "acknowledge", warning=warning.id)
    assert isinstance(refused, Refused)
    assert not of(run(monitor, SCANS[WARM + 30 :]), EarlyWarning)


def test_what_is_closed_while_it_stands_becomes_normal() -> None:
    """It is learned again, or it would stand out for ever."""
    monitor, warning = warned()
    do(monitor, "close", warning=warning.id, outcome="false")
    health = of(run(monitor, SCANS[WARM + 30 :]), HealthScore)
    assert health[0].score[1, 0] > 1.0
    assert health[-1].score[1, 0] < health[0].score[1, 0] / 2


def test_the_outcome_sensor_marks_the_sensor_until_it_is_repaired() -> None:
    monitor, warning = warned()
    closed, marked = do(monitor, "close", warning=warning.id, outcome="sensor")
    assert isinstance(closed, EarlyWarning)
    assert isinstance(marked, DataQuality)
    assert (marked.unit, marked.tag, marked.transition) == ("2", "PAD1", "opened")
    assert "Li Wei" in marked.text_en
    health = of(run(monitor, SCANS[WARM + 30 : WARM + 40]), HealthScore)
    assert health[-1].good[1] < 1.0
    (repaired,) = do(monitor, "repaired", tag="ABC.20PAD1")
    assert isinstance(repaired, DataQuality)
    assert repaired.transition == "returned"
    assert of(run(monitor, SCANS[WARM + 40 : WARM + 60]), HealthScore)[-1].good[1] == 1.0


def test_the_outcome_sensor_of_all_units_marks_the_sensor_of_each() -> None:
    units = tuple(str(i + 1) for i in range(FARM_UNITS))
    block = replace(BLOCK, units=units)
    values = np.concatenate([telemetry(WARM + 30, seed) for seed in range(len(units))], axis=1)[:, : len(units)]
    values[HOT:, :, PAD1] += 8.0
    monitor = StationMonitor(replace(STATION, blocks=(block,)), TUNING)
    (warning,) = of(run(monitor, scans(values, block=block)), EarlyWarning)[:1]
    assert warning.unit == ALL_UNITS
    _, *marked = do(monitor, "close", warning=warning.id, outcome="sensor")
    assert [(one.unit, one.tag) for one in of(marked, DataQuality)] == [(unit, "PAD1") for unit in units]


def test_maintenance_suppresses_and_learns_the_new_level_afterwards() -> None:
    monitor, warning = warned()
    until_ns = NOW + 20 * PERIOD_NS
    (begun,) = do(monitor, "maintain", unit="2", until_ns=until_ns)
    assert isinstance(begun, DataQuality)
    assert (begun.tag, begun.transition) == ("*", "opened")
    events = run(monitor, SCANS[WARM + 30 :])
    (over,) = of(events, EarlyWarning)
    assert (over.id, over.transition, over.time_ns) == (warning.id, "returned", until_ns)
    score = np.stack([one.score for one in of(events, HealthScore)])
    assert np.isnan(score[:20, 1]).all()
    assert not np.isnan(score[:20, [0, 2]]).any()
    assert np.nanmax(score[-40:, 1]) < 1.0, "eight degrees more are the new normal"
    assert np.isfinite(score[-1, 1]).all()


def test_maintenance_can_end_early() -> None:
    monitor, _ = warned()
    do(monitor, "maintain", unit="2", component="bearing", until_ns=NOW + 100 * PERIOD_NS)
    assert np.isnan(of(monitor.receive(SCANS[WARM + 30]), HealthScore)[0].score[1, 0])
    (resumed,) = do(monitor, "resume", unit="2", component="bearing")
    assert isinstance(resumed, DataQuality)
    assert resumed.transition == "returned"
    score = np.stack([one.score for one in of(run(monitor, SCANS[WARM + 31 :]), HealthScore)])
    assert np.isfinite(score[-1]).all()


def test_what_people_did_survives_a_restart_to_the_bit() -> None:
    ways: list[dict[str, Any]] = [
        {"kind": "acknowledge"},
        {"kind": "shelve", "until_ns": NOW + 86_400 * 10**9},
        {"kind": "close", "outcome": "sensor"},
    ]
    for way in ways:
        monitor, warning = warned()
        do(monitor, warning=warning.id, **way)
        other = StationMonitor(STATION, TUNING)
        other.restore("units", monitor.snapshot("units"))
        assert told(run(other, SCANS[WARM + 30 :])) == told(run(monitor, SCANS[WARM + 30 :]))
        assert other.snapshot("units") == monitor.snapshot("units")


def test_nobody_is_reminded_of_what_is_shelved_and_all_is_told_again_at_its_end() -> None:
    tuning = replace(TUNING, max_freeze_s=1e9)
    monitor = StationMonitor(STATION, tuning)
    warning = of(run(monitor, SCANS[: WARM + 30]), EarlyWarning)[0]
    do(monitor, "shelve", warning=warning.id, until_ns=NOW + 86_400 * 10**9)
    later = [one.transition for one in of(run(monitor, SCANS[WARM + 30 :]), EarlyWarning)]
    assert later == ["unshelved"]


@pytest.mark.parametrize(
    "way",
    [
        {"kind": "acknowledge"},
        {"kind": "shelve", "until_ns": NOW + 3600 * 10**9},
        {"kind": "unshelve"},
        *({"kind": "close", "outcome": outcome} for outcome in OUTCOMES),
        {"kind": "maintain", "unit": "2", "until_ns": NOW + 3600 * 10**9},
        {"kind": "resume", "unit": "2"},
        {"kind": "relearn", "unit": "2"},
        {"kind": "repaired", "tag": "ABC.20PAD1"},
    ],
    ids=lambda way: "-".join(str(way[key]) for key in ("kind", "outcome") if key in way),
)
def test_what_is_done_twice_is_done_once(way: dict[str, Any]) -> None:
    """Nobody keeps the ids of actions, because the second time is refused, or says and changes the same."""
    monitor, warning = warned()
    before: dict[str, list[dict[str, Any]]] = {
        "unshelve": [{"kind": "shelve", "warning": warning.id, "until_ns": NOW + 3600 * 10**9}],
        "resume": [{"kind": "maintain", "unit": "2", "until_ns": NOW + 3600 * 10**9}],
        "repaired": [{"kind": "close", "warning": warning.id, "outcome": "sensor"}],
    }
    for first in before.get(way["kind"], []):
        do(monitor, **first)
    way = {"warning": warning.id} | way
    done = do(monitor, **way)
    assert not of(done, Refused)
    state = monitor.snapshot("units")
    again = do(monitor, **way)
    assert of(again, Refused) or told(again) == told(done)
    assert monitor.snapshot("units") == state
