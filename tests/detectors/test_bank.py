"""The shift bank: equals the naive one, keeps quiet on noise, finds steps and ramps, is not numbed by a slow fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.bank import ShiftBank, student_quantile, usable_scales
from detectors.base import Array, run
from detectors.tuning import DAY_S, HOUR_S, Tuning
from tests.detectors.naive_bank import BankTag, bank, student

PERIOD_S = 600.0
TUNING = Tuning()
READY_S = 20 * DAY_S
WARM = 20 * 144 + 8
"""Scans until the default bank speaks: ready, and renewed once since."""


class Limits(TypedDict):
    limit: float
    learn_s: float
    guard_s: float
    memory_s: float
    ready_s: float


def default_bank(
    n_units: int, n_tags: int, *, guard_s: float = TUNING.guard_s, limit: float = TUNING.limit
) -> ShiftBank:
    """A bank of kin with the constants of the plant, on ten-minute data."""
    return ShiftBank(
        np.full(n_tags, 0.01),
        np.zeros(n_tags, dtype=np.intp),
        n_units=n_units,
        period_s=PERIOD_S,
        scales_s=TUNING.scales_s,
        limit=limit,
        learn_s=TUNING.learn_s,
        guard_s=guard_s,
        memory_s=TUNING.spread_memory_s,
        ready_s=READY_S,
        settle_s=TUNING.settle_s,
    )


def noise(n_scans: int, shape: tuple[int, int], correlation: float, seed: int) -> Array:
    """(n_scans, u, n) first-order process of unit variance; ``correlation`` from scan to scan [-]."""
    white = np.random.default_rng(seed).standard_normal((n_scans, *shape))
    out = np.empty_like(white)
    out[0] = white[0]
    for t in range(1, n_scans):
        out[t] = correlation * out[t - 1] + np.sqrt(1.0 - correlation**2) * white[t]
    return out


def scores(detector: ShiftBank, residuals: Array) -> Array:
    """(t, u, n) scores, each scan judged before it is learned, and all of them learned."""
    return run(detector, residuals, np.empty((*residuals.shape[:2], 0)))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("learn_s", [600.0, 1200.0])
def test_equals_the_naive_bank(seed: int, learn_s: float) -> None:
    """Through all ages: young, clipped and guarded; with gaps, outliers, a late tag and scans that must not be learned."""
    n_scans, n_units, n_tags = 500, 2, 3
    scales_s = (1800.0, 7200.0, 43_200.0)
    limits = Limits(limit=4.0, learn_s=learn_s, guard_s=DAY_S, memory_s=4 * DAY_S, ready_s=150 * learn_s)
    resolution, kin = np.array([0.01, 5.0, 0.01]), np.array([0, 1, 0], dtype=np.intp)
    rng = np.random.default_rng(seed)
    e = 2.0 + noise(n_scans, (n_units, n_tags), 0.7, seed) * np.array([1.0, 2.0, 30.0])
    e[rng.random(e.shape) < 0.01] *= 100.0
    e[rng.random(e.shape) < 0.05] = np.nan
    e[:80, 1, 2] = np.nan
    e[400:, 0, 0] += np.linspace(0.0, 8.0, n_scans - 400)
    where = rng.random(e.shape) < 0.9

    detector = ShiftBank(
        resolution, kin, n_units=n_units, period_s=PERIOD_S, scales_s=scales_s, settle_s=DAY_S, **limits
    )
    nothing = np.empty((n_units, 0))
    fast = []
    for residual, learns in zip(e, where, strict=True):
        fast.append(detector.score(residual, nothing).ravel())
        detector.learn(residual, nothing, learns)

    tags = [
        BankTag(resolution[i], int(kin[i]), PERIOD_S, scales_s, **limits) for _ in range(n_units) for i in range(n_tags)
    ]
    slow = bank(tags, e.reshape(n_scans, -1).tolist(), where.reshape(n_scans, -1).tolist())
    np.testing.assert_allclose(fast, slow, rtol=1e-8)
    assert np.isfinite(fast).mean() > 0.2


@pytest.mark.parametrize("nu", [6.0, 30.0, 1e4])
def test_the_quantile_inverts_the_transform(nu: float) -> None:
    for sigmas in (0.5, 3.0, 6.5):
        assert float(student_quantile(sigmas, np.array(nu))) == pytest.approx(student(sigmas, nu), rel=1e-9)


def test_the_quantile_is_that_of_student_to_a_few_percent() -> None:
    """t with the same tail as 3 sigma, P = 0.99865: tables of Student's t."""
    table = {5.0: 5.507, 10.0: 3.957, 30.0: 3.270, 120.0: 3.065}
    for nu, t in table.items():
        assert float(student_quantile(3.0, np.array(nu))) == pytest.approx(t, rel=0.02)


def test_scales_under_three_periods_are_not_used() -> None:
    assert usable_scales((60.0, 600.0, 1800.0), 600.0) == (1800.0,)
    assert usable_scales((60.0, 600.0), 600.0) == (600.0,)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_false_alarms_on_noise_stay_below_one_scan_in_ten_thousand(correlation: float) -> None:
    """200 tags for 100 days after the warm-up, at the default limit; and no score ever gets far beyond it."""
    said = scores(default_bank(10, 20), noise(WARM + 100 * 144, (10, 20), correlation, seed=1))[WARM:]
    assert np.isfinite(said).all()
    assert (said >= 1.0).mean() < 1e-4
    assert said.max() < 1.5
    assert np.median(said) > 0.05  # the limit is not simply out of reach


def test_nothing_is_said_before_ready_s_of_learned_scans() -> None:
    detector = default_bank(1, 1)
    said = scores(detector, noise(WARM + 10, (1, 1), 0.0, seed=2))
    assert np.isnan(said[: WARM - 8]).all()
    assert np.isfinite(said[WARM:]).all()


SHARP = 4.5
"""Limit at which the filters are raced against the guard: to be as sure as the plant wants to be takes a week longer."""


def found_after_days(
    residuals: Array, *, guard_s: float = TUNING.guard_s, limit: float = TUNING.limit
) -> Sequence[float]:
    """Days after the first 60 when each tag first passes the limit; inf = never."""
    said = scores(default_bank(1, residuals.shape[2], guard_s=guard_s, limit=limit), residuals)[60 * 144 :, 0]
    over = said >= 1.0
    days: list[float] = np.where(over.any(axis=0), over.argmax(axis=0) / 144, np.inf).tolist()
    return days


def test_a_step_is_found_within_hours_and_a_ramp_within_weeks() -> None:
    """4 sigma of a residual with an hour and a half of memory: at once, or grown over sixty days; the sound tags stay silent."""
    e = noise(120 * 144, (1, 4), 0.9, seed=2)
    days = np.arange(60 * 144) / 144
    e[60 * 144 :, 0, 0] += 6.0
    e[60 * 144 :, 0, 1] += 4.0 * days / 60
    step, ramp, *sound = found_after_days(e)
    assert step < 1.0
    assert 5.0 < ramp < 30.0
    assert sound == [np.inf, np.inf]


def test_the_guard_keeps_a_slow_fault_from_numbing_its_own_limit() -> None:
    """The same ramp, all of it learned: found with the guard, never found when a spread may double within the hour."""
    e = noise(120 * 144, (1, 4), 0.9, seed=2)
    e[60 * 144 :, 0, 0] += 4.0 * np.arange(60 * 144) / 144 / 60
    guarded = found_after_days(e, guard_s=60 * DAY_S, limit=SHARP)[0]
    assert guarded < 30.0
    assert guarded < found_after_days(e, guard_s=60 * DAY_S)[0] < 45.0
    for limit in (SHARP, TUNING.limit):
        assert found_after_days(e, guard_s=HOUR_S, limit=limit)[0] == np.inf


def test_the_guard_bounds_what_a_ready_tag_can_forget() -> None:
    """Within guard_s a variance at most doubles and a mean moves by 0.83 sigma, whatever comes."""
    detector = default_bank(1, 1)
    scores(detector, noise(WARM, (1, 1), 0.0, seed=3))
    before = detector.snapshot()
    n_guard = int(TUNING.guard_s / PERIOD_S)
    scores(detector, np.full((n_guard, 1, 1), 1e6))
    after = detector.snapshot()
    assert (after["spread"] <= 2.001 * before["spread"] + 1e-4).all()
    sigma = np.sqrt(before["spread"][0])
    assert 0.5 * sigma < after["mean"] - before["mean"] < 0.84 * sigma


def test_one_spike_during_the_warm_up_hardly_moves_the_band() -> None:
    """30 sigma; winsorised scan by scan, so a spike that the slow filters still hold weeks later counts more often than once."""
    calm = noise(WARM + 100, (1, 1), 0.0, seed=4)
    spiked = calm.copy()
    spiked[500] = 30.0
    bands = []
    for residuals in (calm, spiked):
        detector = default_bank(1, 1)
        scores(detector, residuals)
        bands.append(detector.band().item())
    assert bands[1] == pytest.approx(bands[0], rel=0.1)


def test_the_band_is_what_reaches_the_limit_if_it_lasts() -> None:
    """A residual held at the band scores 1 in the end, while the scales that reach it change little meanwhile."""
    detector = default_bank(2, 3)
    scores(detector, noise(WARM + 50 * 144, (2, 3), 0.0, seed=5))
    band = detector.band()
    must_not = np.zeros((2, 3), dtype=bool)
    level = detector.snapshot()["mean"] + band
    nothing = np.empty((2, 0))
    for _ in range(60 * 144):
        detector.learn(level, nothing, must_not)
    np.testing.assert_allclose(detector.score(level, nothing), 1.0, rtol=0.01)


def test_a_sensor_of_coarse_steps_is_not_judged_by_less_than_a_step() -> None:
    """A residual of zero for months, then one step of the sensor: its spread is not zero."""
    e: NDArray[np.float64] = np.zeros((WARM + 200, 1, 1))
    e[-1] = 0.01
    said = scores(default_bank(1, 1), e)
    assert said[-2, 0, 0] == 0.0
    assert 0.0 < said[-1, 0, 0] < 1.0
