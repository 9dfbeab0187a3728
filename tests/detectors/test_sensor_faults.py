"""Sensors at fault: each kind is named, is not judged while it lies, is never blamed on the machine; and the machine still is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.events import DataQuality, EarlyWarning, Event, HealthScore
from detectors.monitor import StationMonitor
from detectors.sensor_faults import KINDS
from detectors.tuning import Tuning
from stations.plant import Covariate, Model, Signature, Text
from tests.detectors.small import BLOCK, JUDGED, PERIOD_NS, STATION, TUNING, run, scans, telemetry

PAD1, PAD2, VIB, FLOW, WATER = (BLOCK.tag_index[code] for code in ("PAD1", "PAD2", "VIB", "FLOW", "WATER"))
BEGIN, END, N_SCANS = 500, 800, 900
"""Three days of learning; a fault lasts for two."""
PATIENT: Tuning = replace(TUNING, max_freeze_s=5 * 86_400.0)
"""Two days of lying are not yet the truth."""


def values() -> NDArray[np.float32]:
    return telemetry(N_SCANS)


def events_of(changed: NDArray[np.float32], tuning: Tuning = PATIENT) -> list[Event]:
    return run(StationMonitor(STATION, tuning), scans(changed))


def doubts(events: list[Event]) -> list[tuple[str, str, str, str]]:
    """Unit, tag, transition and reason of each data-quality event."""
    return [(e.unit, e.tag, e.transition, e.reason.split(":")[0]) for e in events if isinstance(e, DataQuality)]


def warned(events: list[Event]) -> set[tuple[str, str]]:
    return {(e.unit, e.component) for e in events if isinstance(e, EarlyWarning)}


def only(events: list[Event], tag: str, kind: str) -> None:
    """One sensor of unit 2 was at fault, once, and nobody was warned of a machine."""
    assert doubts(events) == [("2", tag, "opened", kind), ("2", tag, "returned", kind)]
    assert warned(events) == set()


def test_without_a_fault_nothing_is_doubted() -> None:
    events = events_of(values())
    assert doubts(events) == []
    assert warned(events) == set()


def test_a_stuck_sensor() -> None:
    changed = values()
    changed[BEGIN:END, 1, PAD1] = changed[BEGIN, 1, PAD1]
    only(events_of(changed), "PAD1", "stuck")


def test_a_stuck_driver_is_told_and_what_depends_on_it_cannot_say() -> None:
    changed = values()
    changed[:, :, WATER] += 0.1 * np.random.default_rng(4).standard_normal(changed.shape[:2]).astype(np.float32)
    changed[BEGIN:, 1, WATER] = changed[BEGIN, 1, WATER]
    events = events_of(changed)
    assert ("2", "WATER", "opened", "stuck") in doubts(events)
    last = [e for e in events if isinstance(e, HealthScore)][-1]
    bearing, shaft = 0, 1
    assert np.isnan(last.score[1, bearing])
    assert np.isfinite(last.score[1, shaft])
    assert np.isfinite(last.score[[0, 2]]).all()


def test_spikes_are_one_message_until_a_quiet_day() -> None:
    changed = values()
    for begin, scans_long in ((BEGIN, 1), (BEGIN + 20, 2), (BEGIN + 60, 3)):
        changed[begin : begin + scans_long, 1, PAD1] += 15.0
    only(events_of(changed), "PAD1", "spikes")


@pytest.mark.parametrize("size", [40.0, -8.0])
def test_a_temperature_that_steps_alone(size: float) -> None:
    changed = values()
    changed[BEGIN:END, 1, PAD1] += size
    only(events_of(changed), "PAD1", "step")


@pytest.mark.parametrize(("pauses", "told"), [(False, ["step"]), (True, [])])
def test_what_differs_after_a_pause_has_not_stepped(pauses: bool, told: list[str]) -> None:
    """It has to last and to grow as a drift does: nobody is sent to a sensor for the way in which a machine started."""
    changed = values()
    for begin in (*range(150, BEGIN - 50, 40), *[BEGIN - 10][:pauses]):
        changed[begin : begin + 10, :, PAD1] = np.nan
    changed[BEGIN:, 1, PAD1] -= 8.0
    day = scans(changed)[: BEGIN + 144]
    events = run(StationMonitor(STATION, PATIENT), day)
    assert [kind for *_, how, kind in doubts(events) if how == "opened" and kind in KINDS] == told


def test_a_temperature_that_rises_between_scans_ten_minutes_apart_may_be_the_machine() -> None:
    """No metal warms by more than 3 K a minute, but by eight in ten it may."""
    changed = values()
    changed[BEGIN:END, 1, PAD1] += 8.0
    events = events_of(changed)
    assert doubts(events) == []
    assert warned(events) == {("2", "bearing")}


@pytest.mark.parametrize(("is_sudden", "told"), [(False, "sensor"), (True, "machine")])
def test_what_takes_days_does_not_jump(is_sudden: bool, told: str) -> None:
    hot = Signature("F01", Text("热", "hot"), Text("看", "look"), "", (("PAD1", 1.0),), is_sudden)
    station = replace(STATION, blocks=(replace(BLOCK, signatures=(hot,)),))
    changed = values()
    changed[BEGIN:END, 1, PAD1] += 8.0
    revision = station.block("units").revision
    events = run(StationMonitor(station, PATIENT), [replace(one, revision=revision) for one in scans(changed)])
    assert {"sensor": doubts(events) != [], "machine": warned(events) != set()}[told]
    assert not {"machine": doubts(events) != [], "sensor": warned(events) != set()}[told]


def test_one_sensor_that_moves_the_mean_of_its_sisters_is_one_sensor() -> None:
    """What is judged by the mean of all others jumps too, by far less, and to the other side."""
    sisters = tuple(replace(BLOCK.tags[PAD1], code=f"BAR{i}", model=f"bar{i}", high=300.0) for i in range(6))
    codes = [tag.code for tag in sisters]
    others = [tuple(code for code in codes if code != own) for own in codes]
    means = tuple(Covariate(f"mean{i}", one[0], others=one[1:]) for i, one in enumerate(others))
    models = tuple(Model(f"bar{i}", ("power_20min", "water", f"mean{i}")) for i in range(6))
    block = replace(
        BLOCK,
        tags=BLOCK.tags + sisters,
        covariates=BLOCK.covariates + means,
        models=BLOCK.models + models,
    )
    station = replace(STATION, blocks=(block,))
    plain = values()
    noise = 0.3 * np.random.default_rng(6).standard_normal((*plain.shape[:2], 6)).astype(np.float32)
    changed = np.concatenate([plain, plain[:, :, [PAD1]] + noise], axis=2)
    bar = len(BLOCK.tags)
    changed[BEGIN:END, 1, bar] = 1.8 * changed[BEGIN:END, 1, bar] + 32.0
    some = [replace(one, revision=block.revision, values=row) for one, row in zip(scans(plain), changed, strict=True)]
    only(run(StationMonitor(station, PATIENT), some), "BAR0", "unit")


def test_a_drift_of_a_temperature_to_where_no_failure_takes_it() -> None:
    changed = values()
    changed[BEGIN:, 1, PAD1] -= np.linspace(0.0, 20.0, N_SCANS - BEGIN, dtype=np.float32)
    events = events_of(changed)
    assert doubts(events) == [("2", "PAD1", "opened", "drift")]
    assert warned(events) == set()


def test_another_unit_of_measurement() -> None:
    changed = values()
    changed[BEGIN:END, 1, FLOW] *= 0.1
    only(events_of(changed), "FLOW", "unit")


def test_exchanged_wires() -> None:
    changed = values()
    changed[:, :, PAD2] += 6.0
    pair = changed[BEGIN:END, 1][:, [PAD1, PAD2]]
    changed[BEGIN:END, 1, PAD1], changed[BEGIN:END, 1, PAD2] = pair[:, 1], pair[:, 0]
    events = events_of(changed)
    assert {(tag, how, kind) for _, tag, how, kind in doubts(events)} == {
        (tag, how, "swap") for tag in ("PAD1", "PAD2") for how in ("opened", "returned")
    }
    assert warned(events) == set()
    texts = [e.text_en for e in events if isinstance(e, DataQuality) and e.transition == "opened"]
    assert "tag PAD1 seems exchanged with tag PAD2" in " ".join(texts)


def test_a_step_of_a_machine_is_no_sensor() -> None:
    """A vibration can step, and no redundant sensor says otherwise; three scans of doubt is all it costs."""
    changed = values()
    changed[BEGIN:END, 1, VIB] *= 3.0
    events = events_of(changed)
    assert warned(events) == {("2", "shaft")}
    assert not [one for one in doubts(events) if one[2] == "opened"]
    first = next(e for e in events if isinstance(e, EarlyWarning))
    assert first.onset_ns - scans(changed)[BEGIN].time_ns <= 5 * PERIOD_NS


def test_a_hot_part_that_its_neighbour_feels_is_no_sensor() -> None:
    changed = values()
    changed[BEGIN:END, 1, PAD1] += 8.0
    changed[BEGIN:END, 1, PAD2] += 3.0
    events = events_of(changed)
    assert warned(events) == {("2", "bearing")}
    assert doubts(events) == []


def test_the_doubt_is_withdrawn_when_others_follow() -> None:
    changed = values()
    changed[BEGIN:END, 1, PAD1] -= 8.0
    changed[BEGIN + 100 : END, 1, PAD2] -= 4.0
    events = events_of(changed)
    assert doubts(events)[0] == ("2", "PAD1", "opened", "step")
    withdrawn = [e for e in events if isinstance(e, DataQuality) and e.reason == "step: withdrawn"]
    assert [(e.unit, e.tag) for e in withdrawn] == [("2", "PAD1")]
    assert ("2", "bearing") in warned(events)


def test_what_never_comes_back_is_normal_after_a_time() -> None:
    changed = values()
    changed[BEGIN:, 1, PAD1] -= 8.0
    events = events_of(changed, TUNING)
    assert [e.reason for e in events if isinstance(e, DataQuality)] == ["step", "step: accepted"]
    assert warned(events) == set()


def test_a_gap_is_told_once_for_the_station_and_is_no_alarm() -> None:
    some = scans(values())
    events = run(StationMonitor(STATION, PATIENT), some[:BEGIN] + some[BEGIN + 30 :])
    assert doubts(events) == [("*", "*", "passed", "gap")]
    assert warned(events) == set()


@settings(max_examples=15, deadline=None)
@given(
    split=st.integers(BEGIN - 30, END + 30),
    kind=st.sampled_from(["stuck", "spike", "step", "drift", "unit", "gone"]),
    seed=st.integers(0, 99),
)
def test_a_restored_monitor_goes_on_to_the_bit(split: int, kind: str, seed: int) -> None:
    changed = values()
    where = slice(BEGIN, END), seed % 3, JUDGED[seed % len(JUDGED)]
    if kind == "stuck":
        changed[where] = changed[BEGIN][where[1:]]
    elif kind == "spike":
        changed[BEGIN:END:7, seed % 3, PAD1] += 20.0
    elif kind == "drift":
        changed[where] -= np.linspace(0.0, 8.0, END - BEGIN, dtype=np.float32)
    elif kind == "gone":
        changed[where] = np.nan
    else:
        changed[where] *= 1.5 if kind == "step" else 10.0
    some = scans(changed)
    monitor = StationMonitor(STATION, PATIENT)
    run(monitor, some[:split])
    other = StationMonitor(STATION, PATIENT)
    other.restore("units", monitor.snapshot("units"))
    rest = some[split:]
    assert doubts(run(other, rest)) == doubts(run(monitor, rest))
    assert other.snapshot("units") == monitor.snapshot("units")


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
def test_to_which_side_a_tag_drifts_is_what_it_did_of_late(phase: float) -> None:
    """A part that warms over days reads less than usual in some hours, when it may not be taken for a sensor that reads low."""
    warm = Signature("F01", Text("热", "hot"), Text("看", "look"), "", (("PAD1", 1.0),), False)
    station = replace(STATION, blocks=(replace(BLOCK, signatures=(warm,)),))
    changed = values()
    t = np.arange(len(changed) - BEGIN)
    swing = 3.0 * np.minimum(1.0, t / 40.0) * np.sin(2.0 * np.pi * (t / 24.0 + phase))
    changed[BEGIN:, 1, PAD1] += (0.02 * t + swing).astype(np.float32)
    revision = station.block("units").revision
    events = run(StationMonitor(station, PATIENT), [replace(one, revision=revision) for one in scans(changed)])
    assert doubts(events) == []
    assert warned(events) == {("2", "bearing")}
