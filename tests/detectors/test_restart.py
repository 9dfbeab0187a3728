"""A restart is as if there had been none, whatever a transport repeats, and however stations are mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.events import DataQuality, EarlyWarning, Event, HealthScore, Refused, TagTrend
from detectors.monitor import StationMonitor
from detectors.monitor import run as run_monitor
from stations.plant import Text
from tests.detectors.incident import N_SCANS, fresh, incident, told, uninterrupted
from tests.detectors.small import BLOCK, STATION, TUNING, of, run, scans, telemetry


def test_the_incident_holds_what_a_restart_could_break() -> None:
    events = run(fresh(), incident())
    warnings = [event for event in events if isinstance(event, EarlyWarning)]
    assert {(w.unit, w.component) for w in warnings} == {("2", "bearing")}
    assert [w.transition for w in warnings] == ["opened", "escalated", "escalated", "returned"]
    assert len({w.id for w in warnings}) == 1
    sensors = [(e.unit, e.tag, e.transition) for e in events if isinstance(e, DataQuality)]
    assert sensors == [("3", "*", "opened"), ("3", "*", "returned"), ("1", "PAD1", "opened")]
    assert of(events, TagTrend)
    assert not of(events, Refused)


@settings(max_examples=25)
@given(splits=st.sets(st.integers(0, N_SCANS), min_size=1, max_size=4), is_used=st.booleans())
def test_a_restart_at_any_scan_is_no_restart(splits: set[int], is_used: bool) -> None:
    """Every event and the last state, to the bit; also when the new process had been used for something else."""
    events: list[Event] = []
    monitor = fresh()
    for first, last in zip([0, *sorted(splits)], [*sorted(splits), N_SCANS], strict=True):
        events += run(monitor, incident()[first:last])
        data = monitor.snapshot("units")
        monitor = fresh()
        if is_used:
            run(monitor, scans(telemetry(30, seed=8)))
        monitor.restore("units", data)
        assert monitor.snapshot("units") == data
    assert told(events) == uninterrupted()[0]
    assert monitor.snapshot("units") == uninterrupted()[1]


def test_run_yields_every_event_in_order() -> None:
    assert told(list(run_monitor(fresh(), incident()))) == uninterrupted()[0]


@settings(max_examples=20)
@given(
    late=st.lists(st.tuples(st.integers(1, N_SCANS - 1), st.integers(1, 50)), max_size=15),
)
def test_duplicates_and_late_scans_leave_no_trace(late: list[tuple[int, int]]) -> None:
    """However often a transport repeats old scans, every other event is what it would have been."""
    monitor, events = fresh(), []
    for i, scan in enumerate(incident()):
        events += monitor.receive(scan)
        for at, back in late:
            if at == i:
                (refused,) = monitor.receive(incident()[max(0, i - back + 1)])
                assert isinstance(refused, Refused)
    assert told(events) == uninterrupted()[0]
    assert monitor.snapshot("units") == uninterrupted()[1]


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_stations_do_not_feel_each_other(seed: int) -> None:
    """In any interleaving, each block of each station says what it says alone."""
    twin = replace(STATION, code="XYZ", name=Text("乙站", "Beta"), blocks=(replace(BLOCK, station="XYZ"),))
    others = scans(telemetry(N_SCANS, seed=7), block=twin.blocks[0])
    turns = np.random.default_rng(seed).permutation([0, 1] * N_SCANS)
    monitors, queues = (fresh(), StationMonitor(twin, TUNING)), (iter(incident()), iter(others))
    events: tuple[list[Event], list[Event]] = ([], [])
    for turn in turns:
        events[turn].extend(monitors[turn].receive(next(queues[turn])))
    assert told(events[0]) == uninterrupted()[0]
    assert told(events[1]) == told(run(StationMonitor(twin, TUNING), others))


def test_two_blocks_of_a_station_do_not_feel_each_other() -> None:
    pair = replace(STATION, blocks=(BLOCK, replace(BLOCK, code="others")))
    monitor = StationMonitor(pair, TUNING)
    events = []
    for scan, other in zip(incident(), scans(telemetry(N_SCANS, seed=7), block=pair.blocks[1]), strict=True):
        events += monitor.receive(scan)
        assert isinstance(monitor.receive(other)[0], HealthScore)
    assert told(events) == uninterrupted()[0]
