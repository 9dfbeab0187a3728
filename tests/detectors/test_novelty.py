"""Novelty: equals the naive one, says once what was never seen, and knows the day."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.base import Array, run
from detectors.novelty import Novelty
from detectors.visited import BINS, JUMP_MOST, Visited
from tests.detectors.naive_novelty import NoveltyTag

PERIOD_S = 600.0
DAY = 144
MEMORIES = {"ready_rows": 60, "quiet_rows": 40, "recent_rows": 200, "memory_rows": 5000, "slow_rows": 10}


def alone(values: Array, *, ready_rows: int = 300) -> Array:
    """Scores (t,) of one tag of ten-minute values (t,)."""
    detector = Novelty(1, 1, period_s=PERIOD_S, ready_rows=ready_rows)
    scores: Array = run(detector, values[:, None, None], np.empty((len(values), 1, 0)))[:, 0, 0]
    return scores


@pytest.mark.parametrize("seed", [1, 2])
def test_equals_the_naive_novelty(seed: int) -> None:
    """Noise, a random walk, a coarse sensor, a late tag; with jumps beyond the grid, gaps, and rows that must not be learned."""
    n_rows, n_units, n_tags = 700, 2, 2
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_rows, n_units, n_tags))
    x[:, 0, 1] = np.cumsum(x[:, 0, 1])
    x[:, 1, 0] = np.round(x[:, 1, 0])
    x[:150, 1, 0] = 3.0
    x[rng.random(x.shape) < 0.004] *= 1000.0
    x[rng.random(x.shape) < 0.05] = np.nan
    x[:90, 1, 1] = np.nan
    where = rng.random(x.shape) < 0.9
    detector = Novelty(n_units, n_tags, period_s=PERIOD_S, **MEMORIES)
    nothing = np.empty((n_units, 0))
    fast = np.empty(x.shape)
    for t in range(n_rows):
        fast[t] = detector.score(x[t], nothing)
        detector.learn(x[t], nothing, where[t])
    slow = np.empty(x.shape)
    for unit, tag in np.ndindex(n_units, n_tags):
        naive = NoveltyTag(PERIOD_S, **MEMORIES)
        for t in range(n_rows):
            slow[t, unit, tag] = naive.step(x[t, unit, tag], learns=bool(where[t, unit, tag]))
    np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-9)
    assert (fast > 1.0).sum() > 10


def test_one_novelty_is_said_once_and_again_only_when_outdone() -> None:
    """A step out of the range stays: one row speaks, the next ones are known; a greater one speaks again."""
    values = np.random.default_rng(3).uniform(0.0, 1.0, 1000)
    values[700:720], values[720:740] = 2.0, 8.0
    said = np.flatnonzero(alone(values) >= 1.0)
    assert 700 in said
    assert 720 in said
    assert len(said[(said > 700) & (said < 720)]) == 0


def test_a_novelty_is_forgotten_little_by_little() -> None:
    """The same smaller novelty after a greater one: silent while that is fresh, then said the louder the older it is."""
    told = []
    for later in (100, 200, 350, 450):
        values = np.random.default_rng(7).uniform(0.0, 1.0, 1300)
        values[700], values[700 + later] = 9.0, 5.0
        told.append(alone(values)[700 + later])
    assert told[0] == 0.0
    assert 0.0 < told[1] < told[2] < told[3]


def test_a_tag_that_warns_often_is_believed_less() -> None:
    """The same novelty, with and without ten others in the thousand rows before it."""
    calm = np.where(np.arange(2400) // 7 % 2, 100.0, 0.0) + np.random.default_rng(8).normal(0.0, 0.1, 2400)
    calm[2000] = 75.0
    restless = calm.copy()
    restless[1000:1950:95] = np.linspace(5.0, 50.0, 10)
    many = np.flatnonzero(alone(restless)[:2000] >= 1.0)
    assert len(many[many >= 1000]) >= 3
    assert 1.0 < alone(restless)[2000] < 0.7 * alone(calm)[2000]


def test_a_value_between_two_known_levels_is_new() -> None:
    """No limit of amplitude sees it."""
    values = np.where(np.arange(1200) // 7 % 2, 10.0, 20.0) + np.random.default_rng(4).normal(0.0, 0.1, 1200)
    values[1000] = 15.0
    scores = alone(values)
    assert scores[1000] > 5.0
    assert np.nanmax(np.delete(scores, 1000)[500:]) < 1.0


def test_a_common_value_at_the_wrong_hour_is_new() -> None:
    """The trough of the day at its peak: nothing for the value itself, but for what the day leaves of it."""
    rows = np.arange(14 * DAY)
    values = 10.0 * np.sin(2 * np.pi * rows / DAY) + np.random.default_rng(5).normal(0.0, 0.2, len(rows))
    values[12 * DAY + DAY // 4] = -10.0
    scores = alone(values)
    assert scores[12 * DAY + DAY // 4] > 5.0


def test_stationary_noise_falls_silent() -> None:
    """The extremes of a long record are rarer and rarer, and less and less new."""
    scores = alone(np.random.default_rng(6).standard_normal(6000))
    late = scores[3000:] >= 1.0
    assert late.mean() < 1e-3


def test_the_grid_follows_a_range_of_any_size_and_forgets_no_visit() -> None:
    """From a millionth to a million; every value that was there is at most a bin away."""
    seen = Visited((1,))
    values = np.concatenate([np.linspace(0.0, 1e-6, 50), np.geomspace(1e-6, 1e6, 400), -np.geomspace(1e-6, 1e6, 400)])
    everywhere = np.ones(1, dtype=bool)
    for value in values:
        seen.insert(np.array([value]), everywhere)
    state = seen.snapshot()
    width = state["width"][0] / (state["most"][0] - state["least"][0])
    assert width <= 4.0 / BINS
    assert max(seen.distance(np.array([value]))[0] for value in values) <= width


def test_a_wild_value_counts_for_eight_ranges() -> None:
    seen = Visited((1,))
    for value in (0.0, 1.0, 1e30):
        seen.insert(np.array([value]), np.ones(1, dtype=bool))
    assert seen.snapshot()["most"][0] == 1.0 + JUMP_MOST
