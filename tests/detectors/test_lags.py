"""Lags and the hour of the day are taken where they explain something, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from detectors.base import Array
from detectors.lags import TAUS, Lags
from detectors.watcher import Watcher

ROWS, PERIOD_S = 2500, 600.0


def load(seed: int, rows: int = ROWS) -> Array:
    """A covariate (t, 1, 1) that changes each hour of ten."""
    return np.repeat(np.random.default_rng(seed).uniform(0.3, 1.0, rows // 60 + 1), 60)[:rows, None, None]


def lagged(f: Array, tau: float) -> Array:
    share = 1.0 - np.exp(-1.0 / tau)
    return np.asarray(lfilter([share], [1.0, share - 1.0], f, axis=0, zi=((1.0 - share) * f[:1]))[0])


def times(rows: int = ROWS) -> Array:
    return np.asarray(np.arange(rows) * PERIOD_S)


@pytest.mark.parametrize("tau", TAUS)
def test_the_lag_that_drives_a_tag_is_found(tau: float) -> None:
    chance, f = np.random.default_rng(1), load(2)
    x = np.concatenate([20.0 + 30.0 * lagged(f, tau), 5.0 + f], axis=2) + 0.3 * chance.standard_normal((ROWS, 1, 2))
    assert Lags(x, f, None, PERIOD_S).lags == [(0, tau)]


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_found_where_nothing_is(seed: int) -> None:
    chance = np.random.default_rng(seed)
    x = chance.standard_normal((400, 2, 8))
    f = chance.standard_normal((400, 2, 3)).cumsum(axis=0)
    lags = Lags(x, f, times(400), PERIOD_S)
    assert (lags.lags, lags.day) == ([], False)
    np.testing.assert_array_equal(lags(f, times(400)), f)


def test_without_covariates_and_without_a_day_nothing_explains() -> None:
    lags = Lags(np.random.default_rng(3).standard_normal((400, 1, 2)), np.zeros((400, 1, 0)), None, PERIOD_S)
    assert lags(np.zeros((5, 1, 0)), None) is None


def test_the_hour_of_the_day_is_found_and_explains_the_next_days() -> None:
    chance = np.random.default_rng(4)
    day = 5.0 * np.sin(2.0 * np.pi * times() / 86_400.0 + 1.0)[:, None, None]
    x = 40.0 + day + chance.standard_normal((ROWS, 1, 1))
    watcher = Watcher(x[:1500], time_s=times()[:1500], period_s=PERIOD_S)
    assert watcher.lags.day
    expected = watcher.judge(x[1500:], time_s=times()[1500:]).expected
    assert np.abs(expected - 40.0 - day[1500:]).max() < 1.0
    assert not Watcher(x[:1500], period_s=PERIOD_S).lags.day


def test_three_days_at_least_show_a_day() -> None:
    day = np.sin(2.0 * np.pi * times() / 86_400.0)[:, None, None]
    x = day + 0.1 * np.random.default_rng(5).standard_normal(day.shape)
    few, enough = 2 * 144, 4 * 144
    assert not Lags(x[:few], np.zeros((few, 1, 0)), times(few), PERIOD_S).day
    assert Lags(x[:enough], np.zeros((enough, 1, 0)), times(enough), PERIOD_S).day


def test_a_lag_goes_on_through_blocks_gaps_and_restarts() -> None:
    chance, f = np.random.default_rng(6), load(7)
    x = 30.0 * lagged(f, 30.0) + 0.3 * chance.standard_normal(f.shape)
    gap = f.copy()
    gap[2000:2010] = np.nan
    whole = Lags(x[:1500], f[:1500], None, PERIOD_S)
    whole(f[:1500], None)
    parts = Lags(x[:1500], f[:1500], None, PERIOD_S)
    parts(f[:1500], None)
    together = whole(gap[1500:], None)
    first = parts(gap[1500:2005], None)
    restarted = Lags(x[:1500], f[:1500], None, PERIOD_S)
    restarted.restore(parts.snapshot())
    last = restarted(gap[2005:], None)
    assert together is not None
    assert first is not None
    assert last is not None
    assert np.concatenate([first, last]).tobytes() == together.tobytes()
    assert np.isfinite(together[:, 0, 1]).all()
