"""Data quality: what is a good value, when a sensor is bad, and that the reports add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.base import Array
from detectors.quality import WHOLE_UNIT, QualityGate
from stations.scan import BAD, GOOD, UNCERTAIN, Scan
from tests.detectors.small import BLOCK, scans, telemetry

N_UNITS, N_TAGS = BLOCK.shape
BAD_SCANS = 3


def gate() -> QualityGate:
    return QualityGate(BLOCK, bad_scans=BAD_SCANS)


def scan(values: NDArray[np.float32], quality: NDArray[np.uint8] | None = None) -> Scan:
    return replace(scans(values[None])[0], quality=quality)


def healthy() -> NDArray[np.float32]:
    values: NDArray[np.float32] = telemetry(1)[0]
    return values


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 3e38, -3e38, 100.001, -0.001])
def test_a_reading_that_is_no_number_or_out_of_range_is_no_good_value(wrong: float) -> None:
    values = healthy()
    values[1, 0] = wrong
    x = gate().values(scan(values))
    assert np.isnan(x[1, 0])
    assert np.isnan(x).sum() == 1


@pytest.mark.parametrize("right", [0.0, -0.0, 100.0, 1e-45])
def test_the_ends_of_the_range_are_good(right: float) -> None:
    values = healthy()
    values[1, 0] = right
    x = gate().values(scan(values))
    assert x[1, 0] == np.float32(right)
    assert x.dtype == np.float64


@pytest.mark.parametrize(("quality", "is_good"), [(GOOD, True), (UNCERTAIN, True), (BAD, False), (192, False)])
def test_a_reading_that_its_source_calls_bad_is_no_good_value(quality: int, is_good: bool) -> None:
    marks = np.zeros(BLOCK.shape, dtype=np.uint8)
    marks[2, 5] = quality
    x = gate().values(scan(healthy(), marks))
    assert np.isfinite(x[2, 5]) == is_good
    assert np.isfinite(x).sum() == x.size - (not is_good)


def test_values_changes_neither_the_scan_nor_the_gate() -> None:
    values = healthy()
    values[0, 0] = np.inf
    values.setflags(write=False)
    detector = gate()
    before = detector.snapshot()
    detector.values(scan(values))
    for name, array in detector.snapshot().items():
        np.testing.assert_array_equal(array, before[name])


def feed(detector: QualityGate, missing: list[tuple[int, int]], times: int) -> list[tuple[int, int, bool]]:
    """Changes of ``times`` scans without a good value from some (unit, tag)."""
    x = np.ones(BLOCK.shape)
    for at in missing:
        x[at] = np.nan
    return [change for _ in range(times) for change in detector.step(x)]


def unit(number: int) -> list[tuple[int, int]]:
    return [(number, tag) for tag in range(N_TAGS)]


def test_a_sensor_is_bad_after_three_scans_without_a_good_value_and_good_after_three_with() -> None:
    detector = gate()
    assert feed(detector, [(1, 2)], 2) == []
    assert feed(detector, [(1, 2)], 1) == [(1, 2, True)]
    assert feed(detector, [(1, 2)], 20) == []
    assert feed(detector, [], 2) == []
    assert feed(detector, [], 1) == [(1, 2, False)]
    assert feed(detector, [], 20) == []


def test_a_flapping_sensor_is_never_reported() -> None:
    detector = gate()
    assert [feed(detector, [(0, 0)], 2) + feed(detector, [], 1) for _ in range(10)] == [[]] * 10


def test_a_unit_that_falls_silent_is_one_report_and_one_when_it_returns() -> None:
    detector = gate()
    assert feed(detector, unit(1), 5) == [(1, WHOLE_UNIT, True)]
    assert feed(detector, [], 5) == [(1, WHOLE_UNIT, False)]


def test_a_unit_that_returns_without_one_sensor_leaves_that_sensor_on_record() -> None:
    detector = gate()
    feed(detector, unit(1), 5)
    assert feed(detector, [(1, 4)], 5) == [(1, WHOLE_UNIT, False), (1, 4, True)]
    assert feed(detector, [], 5) == [(1, 4, False)]


def test_a_sensor_that_was_bad_before_its_unit_fell_silent_is_reported_good_when_all_return() -> None:
    detector = gate()
    assert feed(detector, [(1, 4)], 5) == [(1, 4, True)]
    assert feed(detector, unit(1), 5) == [(1, WHOLE_UNIT, True)]
    assert sorted(feed(detector, [], 5)) == [(1, WHOLE_UNIT, False), (1, 4, False)]


@st.composite
def storms(draw: st.DrawFn) -> NDArray[np.bool_]:
    """(t, u, n) where there is no good value: long stretches of single sensors and of whole units."""
    missing = np.zeros((40, N_UNITS, N_TAGS), dtype=bool)
    for _ in range(draw(st.integers(1, 8))):
        first, length = draw(st.integers(0, 39)), draw(st.integers(1, 20))
        number = draw(st.integers(0, N_UNITS - 1))
        tag = draw(st.one_of(st.none(), st.integers(0, N_TAGS - 1)))
        missing[first : first + length, number, slice(None) if tag is None else tag] = True
    return missing


@settings(max_examples=60)
@given(missing=storms(), split=st.integers(0, 40))
def test_the_record_says_at_any_time_which_sensors_are_bad(missing: NDArray[np.bool_], split: int) -> None:
    """Against a slow count of scans in a row; and a gate that was restored half way goes on the same."""
    detector = gate()
    record: set[tuple[int, int]] = set()
    bad = np.zeros(BLOCK.shape, dtype=bool)
    for t, now in enumerate(missing):
        if t == split:
            restored = gate()
            restored.restore(detector.snapshot())
            detector = restored
        x: Array = np.where(now, np.nan, 1.0)
        for number, tag, is_bad in detector.step(x):
            assert ((number, tag) in record) != is_bad
            record ^= {(number, tag)}
        if t + 1 >= BAD_SCANS:
            latest = missing[t + 1 - BAD_SCANS : t + 1]
            bad = np.where(latest.all(axis=0), True, np.where((~latest).all(axis=0), False, bad))
        for number in range(N_UNITS):
            singles = {tag for u, tag in record if u == number and tag != WHOLE_UNIT}
            if bad[number].all():
                assert (number, WHOLE_UNIT) in record
            else:
                assert (number, WHOLE_UNIT) not in record
                assert singles == set(np.flatnonzero(bad[number]).tolist())
