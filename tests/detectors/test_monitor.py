"""The station monitor: what it refuses, what bad data does to it, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.events import RUNNING, DataQuality, EarlyWarning, Event, HealthScore, Refused, TagTrend
from detectors.monitor import StationMonitor
from stations.scan import BAD, Scan
from tests.detectors.incident import N_SCANS, PAD1, fresh, incident, told
from tests.detectors.small import BLOCK, PERIOD_NS, START_NS, STATION, TUNING, WARM, of, run, scans, telemetry

POWER = BLOCK.tag_index["POWER"]


def test_health_comes_first_and_once_for_every_scan() -> None:
    monitor = fresh()
    for scan in incident():
        first, *rest = monitor.receive(scan)
        assert isinstance(first, HealthScore)
        assert first.time_ns == scan.time_ns
        assert not of(rest, HealthScore)


def warmed() -> StationMonitor:
    monitor = fresh()
    run(monitor, scans(telemetry(20)))
    return monitor


LATEST = scans(telemetry(20))[-1]
NEXT = scans(telemetry(1), first=20)[0]
WRONG = [
    (replace(NEXT, station="XYZ"), "unknown block XYZ/units; expected one of ABC/units"),
    (replace(NEXT, block="strangers"), "unknown block ABC/strangers; expected one of ABC/units"),
    (replace(NEXT, revision="0" * 12), f"unknown catalogue revision {'0' * 12}; expected {BLOCK.revision}"),
    (replace(NEXT, values=NEXT.values[:2]), r"values have shape (2, 6); expected (3, 6) (units, tags)"),
    (replace(NEXT, values=NEXT.values[:, :5]), r"values have shape (3, 5); expected (3, 6) (units, tags)"),
    (replace(NEXT, values=NEXT.values.ravel()), r"values have shape (18,); expected (3, 6) (units, tags)"),
    (replace(NEXT, quality=np.zeros((3, 5), np.uint8)), r"quality has shape (3, 5); expected (3, 6) (units, tags)"),
    (LATEST, "duplicate: a scan of this event time was taken in already"),
    (replace(LATEST, values=NEXT.values), "duplicate: a scan of this event time was taken in already"),
    (replace(LATEST, time_ns=LATEST.time_ns - 1_500_000_000), "out of order: 1.500 s older than the newest scan"),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG, ids=[reason[:30] for _, reason in WRONG])
def test_what_does_not_belong_is_refused_with_a_reason_and_changes_nothing(wrong: Scan, reason: str) -> None:
    monitor = warmed()
    before = monitor.snapshot("units")
    (refused,) = monitor.receive(wrong)
    assert isinstance(refused, Refused)
    assert (refused.station, refused.block, refused.time_ns) == (wrong.station, wrong.block, wrong.time_ns)
    assert refused.reason.startswith(reason)
    assert monitor.snapshot("units") == before
    assert isinstance(monitor.receive(NEXT)[0], HealthScore)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.01, 0.5, 1.0]), is_quality=st.booleans())
def test_a_storm_of_missing_values_is_data_and_the_machine_is_not_blamed(
    seed: int, share: float, is_quality: bool
) -> None:
    """As NaN or as marks of the source: no exception, no early warning, no health where nothing is known."""
    storm = np.random.default_rng(seed).random((N_SCANS, *BLOCK.shape)) < share
    storm[:WARM] = False
    values = telemetry(N_SCANS)
    marks: NDArray[np.uint8] = np.where(storm, BAD, 0).astype(np.uint8)
    calm = scans(values)
    if is_quality:
        stormy = [replace(scan, quality=mark) for scan, mark in zip(calm, marks, strict=True)]
    else:
        stormy = scans(np.where(storm, np.float32(np.nan), values))
    monitor = fresh()
    events = run(monitor, stormy)
    assert not of(events, EarlyWarning)
    for event, missing in zip(of(events, HealthScore), storm, strict=True):
        assert isinstance(event, HealthScore)
        np.testing.assert_allclose(event.good, 1.0 - missing.mean(axis=1))
        assert np.isnan(event.health[event.good == 0.0]).all()
        np.testing.assert_array_equal(np.isnan(event.health), np.isnan(event.score))
    after = monitor.receive(scans(telemetry(1), first=N_SCANS)[0])[0]
    assert isinstance(after, HealthScore)
    assert (after.mode == RUNNING).all()


def test_marks_of_the_source_do_what_nan_does() -> None:
    values = telemetry(N_SCANS)
    missing = np.random.default_rng(3).random(values.shape) < 0.2
    by_mark = [
        replace(s, quality=np.where(m, BAD, 0).astype(np.uint8)) for s, m in zip(scans(values), missing, strict=True)
    ]
    by_nan = scans(np.where(missing, np.float32(np.nan), values))
    assert told(run(fresh(), by_mark)) == told(run(fresh(), by_nan))


def test_a_missing_unit_says_nothing_and_the_others_go_on() -> None:
    values = telemetry(N_SCANS)
    values[WARM:, 1] = np.nan
    events = run(fresh(), scans(values))
    last = of(events, HealthScore)[-1]
    assert isinstance(last, HealthScore)
    assert np.isnan(last.health[1]).all()
    assert np.isfinite(last.health[[0, 2]]).all()
    assert [(e.unit, e.tag) for e in events if isinstance(e, DataQuality)] == [("2", "*")]


def test_a_stopped_unit_is_not_judged() -> None:
    values = telemetry(N_SCANS)
    values[WARM:, 0, POWER] = 0.0
    for event in of(run(fresh(), scans(values)), HealthScore)[WARM:]:
        assert isinstance(event, HealthScore)
        assert np.isnan(event.score[0]).all()
        assert np.isfinite(event.score[1:]).all()


def test_a_hot_pad_is_told_with_what_was_measured_and_expected() -> None:
    events = run(fresh(), incident())
    first = next(event for event in events if isinstance(event, EarlyWarning))
    assert (first.station, first.block, first.unit, first.component) == ("ABC", "units", "2", "bearing")
    assert first.evidence[0].tag == "ABC.20PAD1"
    assert first.evidence[0].value - first.evidence[0].expected == pytest.approx(8.0, abs=1.0)
    assert first.evidence[0].limit == pytest.approx(108.0)
    assert first.score == first.evidence[0].score >= 1.0
    assert "tag PAD1" in first.text_en
    assert "测点PAD1" in first.text_zh
    # Three scans long a jump may be a spike.
    assert incident()[WARM + 13].time_ns <= first.onset_ns <= incident()[WARM + 15].time_ns
    assert first.time_ns == first.onset_ns + (TUNING.on_scans - 1) * PERIOD_NS


def test_trends_come_every_half_hour_and_with_every_scan_of_a_unit_in_an_episode() -> None:
    events = run(fresh(), incident())
    trends = [event for event in events if isinstance(event, TagTrend)]
    all_units = [trend for trend in trends if trend.units.all()]
    assert {b.time_ns - a.time_ns for a, b in pairwise(all_units)} == {3 * PERIOD_NS}
    others = [trend.units.tolist() for trend in trends if not trend.units.all()]
    assert others
    assert all(units == [False, True, False] for units in others)


def test_what_stands_out_is_not_learned_until_it_has_stood_out_for_too_long() -> None:
    """A pad that is 8 K hotter for good: expected as before for `max_freeze_s` (a day), and then the new normal, slowly."""
    values = telemetry(WARM + 6 * 144)
    sound = run(fresh(), scans(values))
    values[WARM:, 1, PAD1] += 8.0
    shifts = {
        (hot.time_ns - START_NS) // PERIOD_NS - WARM: hot.expected[1, 0] - calm.expected[1, 0]
        for hot, calm in zip(of_trends(run(fresh(), scans(values))), of_trends(sound), strict=False)
        if hot.units.all()
    }
    assert max(abs(shift) for scan, shift in shifts.items() if 0 <= scan <= 144) < 0.3
    assert shifts[max(shifts)] > 2.0


def of_trends(events: Sequence[Event]) -> list[TagTrend]:
    """The trends of all units, which come at the same times in every run."""
    return [event for event in events if isinstance(event, TagTrend) and event.units.all()]


def test_the_band_of_a_trend_holds_what_is_expected_and_the_logarithm_is_undone() -> None:
    trend = of(run(fresh(), scans(telemetry(N_SCANS))), TagTrend)[-1]
    assert isinstance(trend, TagTrend)
    assert (trend.low < trend.expected).all()
    assert (trend.expected < trend.high).all()
    assert (trend.low < trend.value).all()
    assert (trend.value < trend.high).all()
    vibration = [tag.code for tag in BLOCK.tags if tag.model and tag.component == "shaft"].index("VIB") + 2
    np.testing.assert_allclose(trend.expected[:, vibration], trend.value[:, vibration], rtol=0.25)
    np.testing.assert_allclose(
        trend.high[:, vibration] / trend.expected[:, vibration], trend.expected[:, vibration] / trend.low[:, vibration]
    )


def test_a_scan_is_neither_kept_nor_changed() -> None:
    monitor, reference = fresh(), fresh()
    for scan in incident():
        lent = scan.values.copy()
        lent.setflags(write=False)
        events = monitor.receive(replace(scan, values=lent))
        lent.setflags(write=True)
        lent[:] = 1e30
        assert told(events) == told(reference.receive(scan))
    assert monitor.snapshot("units") == reference.snapshot("units")


def test_events_do_not_share_memory_with_the_state() -> None:
    monitor, reference = fresh(), fresh()
    for scan in incident():
        for event in monitor.receive(scan):
            for field in fields(event):
                value = getattr(event, field.name)
                if isinstance(value, np.ndarray):
                    value[...] = 77
        reference.receive(scan)
    assert monitor.snapshot("units") == reference.snapshot("units")


def test_a_block_in_which_nothing_is_judged_says_so_and_goes_on() -> None:
    bare = replace(
        BLOCK, tags=tuple(replace(tag, model=None) for tag in BLOCK.tags), models=(), covariates=(), mode=None
    )
    monitor = StationMonitor(replace(STATION, blocks=(bare,)), TUNING)
    values = telemetry(10)
    values[5:, 0, 0] = np.nan
    events = run(monitor, scans(values, block=bare))
    assert all(event.score.shape == (3, 0) for event in events if isinstance(event, HealthScore))
    assert [(event.unit, event.tag) for event in events if isinstance(event, DataQuality)] == [("1", "POWER")]
    monitor.restore("units", monitor.snapshot("units"))
