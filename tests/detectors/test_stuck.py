"""Readings that repeat themselves as they never did."""

from __future__ import annotations

import numpy as np

from detectors.base import Array
from detectors.stuck import Stuck


def still(values_: Array, expected: Array, stands: Array | None = None) -> list[bool]:
    watch = Stuck(np.zeros(1), np.full(1, 100.0), np.array([0]), n_units=1, warm_scans=50.0)
    silent = np.zeros(len(values_), dtype=bool) if stands is None else stands > 0.0
    variance = np.full((1, 1), 0.04)
    return [
        watch.step(v[None, None], no[None, None], e[None, None], variance)
        for v, no, e in zip(values_, silent, expected, strict=True)
    ]


def test_a_coarse_sensor_that_repeats_by_nature_is_not_stuck() -> None:
    chance = np.random.default_rng(2)
    truth = 50.0 + np.cumsum(0.05 * chance.standard_normal(1000))
    assert not any(still(np.round(truth), truth))


def test_a_slow_sensor_is_stuck_only_long_after_its_period_while_it_should_move() -> None:
    truth = 50.0 + 10.0 * np.sin(np.arange(1000) / 60.0)
    hourly = np.repeat(truth[::6], 6)[:1000]
    assert not any(still(hourly, truth))
    held = np.where(np.arange(1000) >= 700, hourly[700], hourly)
    told = still(held, truth)
    assert 708 < told.index(True) < 740


def test_who_reads_the_same_before_and_after_each_stop_is_stuck() -> None:
    """Each stretch of operation is too short to tell by itself; a sensor that rests at one value while all stands is sound."""
    scan = np.arange(1000)
    truth = 50.0 + 10.0 * np.sin(scan / 60.0) + 0.1 * np.random.default_rng(3).standard_normal(1000)
    stands = (scan % 12 >= 6).astype(np.float64)
    resting = np.where(stands > 0.0, 20.0, truth)
    assert not any(still(resting, truth, stands))
    held = np.where(scan >= 700, resting[700], resting)
    told = still(held, truth, stands)
    assert 708 < told.index(True) < 740


def test_at_the_end_of_its_range_a_value_may_stand_for_ever() -> None:
    truth = np.abs(np.random.default_rng(2).standard_normal(500))
    closed = np.where(np.arange(500) > 300, 0.0, truth)
    assert not any(still(closed, truth + 5.0))
