"""Short excursions: as a plain version says, most of those put in are named, hardly any other, and never a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Array
from detectors.chart import RULES
from detectors.excursions import BACK, CLIP, LEAST, LEVEL_ROWS, MOST, STAYS, Excursions
from detectors.watcher import Verdict, Watcher

pytestmark = pytest.mark.filterwarnings("error")

TAGS = 8
SIZE = 8.0
"""Of the excursions put in [sd of the noise]."""
EVERY = 150
"""Rows from one to the next: what the charts say of one is over."""
SLACK = 15
"""Rows after its end in which it must have been named."""
N_PUT = 60
NOISES = (0.0, 0.9)
LEARN_ROWS = (100, 500, 2000)


def noise(rows: int, memory: float, seed: int) -> Array:
    """(rows, 1, TAGS) of unit spread, white or a first-order process."""
    white = np.random.default_rng(seed).standard_normal((rows + 100, 1, TAGS)) * np.sqrt(1.0 - memory**2)
    for row in range(1, len(white)):
        white[row] += memory * white[row - 1]
    settled: Array = white[100:]
    return settled


def watched(learn: Array, rows: Array) -> Verdict:
    return Watcher(learn, period_s=60.0).judge(rows)


# ---- how many are named


@pytest.mark.parametrize("memory", NOISES)
@pytest.mark.parametrize("learn_rows", LEARN_ROWS)
def test_most_excursions_are_named(memory: float, learn_rows: int) -> None:
    chance = np.random.default_rng(learn_rows)
    x = noise(learn_rows + EVERY * (N_PUT + 1), memory, seed=7)
    learn, rows = x[:learn_rows], x[learn_rows:]
    put = [
        (EVERY * i + int(chance.integers(0, 20)), 1 + i % 10, int(chance.integers(TAGS)), float(chance.choice([-1, 1])))
        for i in range(1, N_PUT + 1)
    ]
    for first, lasts, tag, sign in put:
        rows[first : first + lasts, 0, tag] += sign * SIZE
    verdict = watched(learn, rows)
    named = 0
    for first, lasts, tag, _ in put:
        meant = slice(first, first + lasts + SLACK)
        before = verdict.warning[first - 1, 0, tag]
        named += bool(verdict.excursion[meant, 0, tag].any() or (verdict.warning[meant, 0, tag].any() and not before))
    assert named >= 0.8 * N_PUT


@pytest.mark.parametrize("memory", NOISES)
@pytest.mark.parametrize("learn_rows", LEARN_ROWS)
def test_hardly_any_is_named_that_was_not_put_in(memory: float, learn_rows: int) -> None:
    rows, false = 0, 0
    for seed in range(5):
        x = noise(learn_rows + 8000, memory, seed)
        verdict = watched(x[:learn_rows], x[learn_rows:])
        rows, false = rows + 8000, false + int(np.count_nonzero(verdict.excursion))
    assert false <= rows / 10_000


@pytest.mark.parametrize("memory", NOISES)
@pytest.mark.parametrize("learn_rows", LEARN_ROWS)
@pytest.mark.parametrize("size", [SIZE, -30.0])
def test_a_step_that_stays_is_no_excursion(memory: float, learn_rows: int, size: float) -> None:
    for seed in range(4):
        x = noise(learn_rows + 500, memory, seed)
        x[learn_rows + 50 :, 0, seed] += size
        verdict = watched(x[:learn_rows], x[learn_rows:])
        assert not (verdict.excursion[50:, 0, seed] > 0).any()
        if learn_rows > 100 or not memory:  # so few rows that hang together do not show what is usual
            assert verdict.warning[50:80, 0, seed].any()


def test_a_ramp_is_no_excursion() -> None:
    x = noise(1500, 0.0, seed=3)
    x[1000:, 0, 2] += np.linspace(0.0, 40.0, 500)
    assert not watched(x[:500], x[500:]).excursion[:, 0, 2].any()


# ---- what the head does, on signals without noise


def head(learn_rows: int = 400, tags: int = 1) -> Excursions:
    chance = np.random.default_rng(5)
    return Excursions(chance.standard_normal((learn_rows, 1, tags)), RULES.persist)


def column(*parts: tuple[float, int]) -> Array:
    """Residuals (t, 1, 1): each value for so many rows."""
    return np.concatenate([np.full(rows, value) for value, rows in parts])[:, None, None]


@pytest.mark.parametrize("lasts", range(1, RULES.persist))
def test_it_is_named_when_it_is_over_with_the_rows_it_lasted(lasts: int) -> None:
    said = head().step(column((0.0, 30), (20.0, lasts), (0.0, 30))).lasted[:, 0, 0]
    assert np.flatnonzero(said).tolist() == [30 + lasts]
    assert said[30 + lasts] == lasts


@pytest.mark.parametrize("lasts", [RULES.persist + 1, RULES.persist + 2, 100])
def test_what_lasts_is_not_named_nor_is_the_way_back(lasts: int) -> None:
    said = head().step(column((0.0, 30), (20.0, RULES.persist + 1), (20.0, lasts))).lasted[:, 0, 0]
    assert np.flatnonzero(said).tolist() == [30 + RULES.persist]
    assert said[30 + RULES.persist] == STAYS


def test_it_is_over_within_half_of_its_limit() -> None:
    one = head()
    (limit,) = one.limits
    assert LEAST <= limit <= MOST
    near, far = (BACK - 0.1) * limit, (BACK + 0.1) * limit
    said = one.step(column((0.0, 30), (2 * limit, 2), (far, 3), (near, 3))).lasted[:, 0, 0]
    assert said.nonzero()[0].tolist() == [35]
    assert said[35] == 5


def test_a_row_far_away_is_doubted_until_its_third() -> None:
    found = head().step(column((0.0, 30), (20.0, 6), (0.0, 10), (20.0, 1), (0.0, 10)))
    assert np.flatnonzero(found.doubted).tolist() == [30, 31, 46]


def test_without_a_value_nothing_moves() -> None:
    e = column((0.0, 30), (20.0, 2), (np.nan, 50), (0.0, 5))
    assert np.flatnonzero(head().step(e).lasted).tolist() == [82]


def test_no_tags_and_tags_that_stand_still() -> None:
    assert Excursions(np.zeros((100, 1, 0)), 12).step(np.zeros((5, 1, 0))).lasted.shape == (5, 1, 0)
    still = Excursions(np.zeros((100, 1, 2)), 12)
    assert not still.step(np.zeros((50, 1, 2))).lasted.any()


# ---- the plain version, from the docstring


def plain(e: list[float], level: float, spread: float, limit: float, persist: int) -> list[int]:
    said, begun = [], None
    for row, value in enumerate(e):
        d = value - level
        far = abs(d) / spread
        ends = 0
        if begun is not None and far > BACK * limit:
            if row - begun + 1 > persist:
                level, begun, ends = value, None, STAYS
        elif begun is None and far > limit:
            begun = row
        else:
            if begun is not None:
                ends = row - begun
            begun = None
            level += min(max(d, -CLIP * spread), CLIP * spread) / LEVEL_ROWS
        said.append(ends)
    return said


values = st.one_of(st.floats(-3, 3), st.sampled_from([-20.0, -8.0, 6.0, 7.0, 20.0, 50.0]))
runs = st.lists(st.tuples(values, st.integers(1, 20)), min_size=1, max_size=25)


@given(runs, st.lists(st.integers(0, 300), max_size=4))
def test_as_the_plain_version_however_the_rows_are_cut(some: list[tuple[float, int]], cuts: list[int]) -> None:
    e = [value for value, rows in some for _ in range(rows)]
    one = head()
    level, spread = float(one.snapshot()["level"][0]), float(one._spread[0])
    expected = plain(e, level, spread, float(one.limits[0]), RULES.persist)
    parts = np.split(np.array(e)[:, None, None], sorted({cut for cut in cuts if 0 < cut < len(e)}))
    assert np.concatenate([one.step(part).lasted[:, 0, 0] for part in parts]).tolist() == expected


def test_a_snapshot_goes_on_to_the_bit() -> None:
    e = np.random.default_rng(2).standard_normal((300, 1, 3)) * 3.0
    one, other = head(tags=3), head(tags=3)
    one.step(e[:150])
    other.restore(one.snapshot())
    for a, b in zip(one.step(e[150:]), other.step(e[150:]), strict=True):
        assert np.array_equal(a, b)
    assert all(np.array_equal(one.snapshot()[key], other.snapshot()[key]) for key in one.snapshot())
