"""A residual is believed the less the farther its expectation has moved of late, if the tag has shown that it lags."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.base import Array
from detectors.transients import CLIP, LATELY_S, LEAST_SHARE, READY, Transients

PERIOD_S = 60.0
EVERY = np.ones((1, 1), dtype=bool)


class Naive:
    """One tag by the docstring of `detectors.transients`, number by number; all readings of all units in one list."""

    def __init__(self, resolution: float, memory_scans: float) -> None:
        self.floor, self.memory = resolution**2 / 12.0, memory_scans
        self.lately: dict[int, float] = {}
        self.calm: dict[int, bool] = {}
        self.n, self.sums = 0, [0.0] * 4
        self.c, self.s2, self.usual = 0.0, self.floor, self.floor

    def moved(self, unit: int, e: float) -> float:
        gain = 1.0 - math.exp(-PERIOD_S / LATELY_S)
        return e - (self.lately[unit] + gain * (e - self.lately[unit])) if unit in self.lately else 0.0

    def spread(self, unit: int, e: float) -> float:
        return math.sqrt(max(1.0, (self.s2 + self.c * self.moved(unit, e) ** 2) / self.usual))

    def take(self, scan: list[tuple[int, float, float, bool]]) -> None:
        """Unit, expectation, residual before widening, whether it may be learned."""
        for unit, e, r, may in scan:
            m = self.moved(unit, e)
            self.lately[unit] = e - m
            if m**2 <= self.s2:
                self.calm[unit] = may
            if not self.calm.get(unit, True):
                continue
            self.n += 1
            r2 = min(r**2, CLIP**2 * (self.s2 + m**2)) if self.n > READY else r**2
            a = max(1.0 / self.n, 1.0 / self.memory)
            self.sums = [old + a * (new - old) for old, new in zip(self.sums, (m**2, m**4, r2, r2 * m**2), strict=True)]
        of_m2 = self.sums[1] - self.sums[0] ** 2
        if self.n >= READY and of_m2 > 0.0:
            self.c = max(0.0, (self.sums[3] - self.sums[2] * self.sums[0]) / of_m2)
            self.s2 = max(self.sums[2] - self.c * self.sums[0], LEAST_SHARE * self.sums[2], self.floor)
            self.usual = max(self.sums[2], self.floor)


def test_as_told_in_plain_words() -> None:
    chance = np.random.default_rng(5)
    transients = Transients(np.array([0.1]), n_units=2, period_s=PERIOD_S, memory_s=900.0 * PERIOD_S)
    naive = Naive(0.1, 2 * 900.0)
    expected = np.cumsum(chance.standard_normal((1500, 2, 1)), axis=0)
    raw = chance.standard_normal(expected.shape) + 0.3 * np.gradient(expected, axis=0)
    raw[chance.random(raw.shape) < 0.1] = np.nan
    raw[1200:, 0] += 5.0
    may = np.asarray(chance.random(raw.shape) < 0.8)
    for scan in range(len(raw)):
        wanted = [naive.spread(unit, expected[scan, unit, 0]) for unit in range(2)]
        spread = transients.spread(expected[scan])
        np.testing.assert_allclose(spread[:, 0], wanted, rtol=1e-9)
        transients.learn(expected[scan], raw[scan] / spread, may[scan])
        some = [(u, float(expected[scan, u, 0]), float(raw[scan, u, 0]), bool(may[scan, u, 0])) for u in range(2)]
        naive.take([one for one in some if not math.isnan(one[2])])
        for unit, e, r, _ in some:
            if math.isnan(r):
                naive.lately[unit] = e - naive.moved(unit, e)
    assert naive.c > 0.0


def learned(lag_scans: float, seed: int = 1) -> tuple[Transients, Array]:
    """Two days of a load that goes up and down each few hours, and of a reading with noise 1 that lags behind it."""
    chance = np.random.default_rng(seed)
    transients = Transients(np.array([0.1]), n_units=1, period_s=PERIOD_S, memory_s=90 * 86_400.0)
    expected = np.interp(np.arange(2880.0) % 360.0, [0.0, 150.0, 180.0, 330.0, 360.0], [0.0, 0.0, 60.0, 60.0, 0.0])
    reading = expected.copy()
    for scan in range(1, len(reading)):
        reading[scan] = reading[scan - 1] + (expected[scan] - reading[scan - 1]) / max(1.0, lag_scans)
    for e, x in zip(expected, reading + chance.standard_normal(len(reading)), strict=True):
        at = np.full((1, 1), e)
        transients.learn(at, np.full((1, 1), x - e) / transients.spread(at), EVERY)
    rest = np.full((1, 1), expected[-1])
    for _ in range(120):
        transients.learn(rest, np.full((1, 1), np.nan), EVERY)
    return transients, rest


@pytest.mark.parametrize(("lag_scans", "least", "most"), [(0.0, 1.0, 1.5), (6.0, 2.0, 60.0)])
def test_only_what_lags_is_widened_and_only_while_it_moves(lag_scans: float, least: float, most: float) -> None:
    transients, rest = learned(lag_scans)
    assert float(transients.spread(rest)[0, 0]) == pytest.approx(1.0, abs=0.01)
    assert least <= float(transients.spread(rest + 20.0)[0, 0]) <= most


def test_a_fault_at_rest_is_no_lag() -> None:
    transients, rest = learned(6.0)
    before = transients.spread(rest + 20.0)
    for _ in range(1440):
        transients.learn(rest, np.full((1, 1), 40.0), ~EVERY)
    np.testing.assert_allclose(transients.spread(rest + 20.0), before, rtol=0.05)


def test_what_is_unknown_widens_nothing() -> None:
    transients, rest = learned(6.0)
    assert transients.spread(np.full((1, 1), np.nan)) == 1.0
    transients.learn(np.full((1, 1), np.nan), np.full((1, 1), np.nan), EVERY)
    assert float(transients.spread(rest)[0, 0]) < 1.5
