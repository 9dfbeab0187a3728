"""The bank of charts against plain loops; when it warns, freezes, hands over, accepts."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.base import Array, Mask
from detectors.chart import RULES, Chart
from tests.detectors import naive_chart

LEARN = 600


def chart(n_tags: int = 4, n_units: int = 1, n_heads: int = 1, learn_rows: int = LEARN) -> Chart:
    return Chart(n_heads, n_units, n_tags, learn_rows=learn_rows, period_s=60.0)


def noise(rows: int, n_tags: int = 4, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, n_tags))


@pytest.mark.parametrize(("n_tags", "rows"), [(1, 700), (2, 700), (4, 700), (3, 1500)])
def test_scores_are_those_of_the_plain_loops(n_tags: int, rows: int) -> None:
    e = noise(rows, n_tags)
    e[300:, 0] += 40.0  # winsorised
    fast = chart(n_tags).learn(e[None, :, None])[0, :, 0]
    np.testing.assert_allclose(fast, naive_chart.scores(e, LEARN).max(axis=1), rtol=1e-9, atol=1e-12)


def test_units_and_heads_do_not_touch_one_another() -> None:
    e = np.random.default_rng(2).standard_normal((2, 300, 3, 4))
    whole, part = chart(4, 3, 2).learn(e), chart(4, 1, 1).learn(e[1:2, :, 2:3])
    np.testing.assert_array_equal(whole[1, :, 2], part[0, :, 0])


def judged(e: Array, one: Chart, limit: float = 4.0) -> tuple[Array, Mask]:
    """Ratio and warning (t, n) of further rows."""
    judged = one.judge(e[None, :, None], np.full((1, 1), limit))
    return judged.score[:, 0], judged.warning[:, 0]


@pytest.fixture
def learned() -> Chart:
    one = chart()
    one.learn(noise(LEARN)[None, :, None])
    return one


@pytest.mark.parametrize(("shift", "rows"), [(3.0, 25), (6.0, 6), (30.0, 3)])
def test_the_farther_the_sooner(learned: Chart, shift: float, rows: int) -> None:
    e = noise(60, seed=3)
    e[:, 1] += shift
    _, on = judged(e, learned)
    assert on[rows:, 1].all()
    assert not on[:, [0, 2, 3]].any()


def test_one_wild_value_warns_of_nothing(learned: Chart) -> None:
    e = noise(80, seed=4)
    e[20, 2] = 12.0
    assert not judged(e, learned)[1].any()


def test_it_returns_below_a_share_of_its_limit(learned: Chart) -> None:
    e = noise(400, seed=5)
    e[20:120, 0] += 5.0
    ratios, on = judged(e, learned)
    assert on[60:120, 0].all()
    ends = np.flatnonzero(np.diff(on[:, 0].astype(int)) == -1) + 1
    assert len(ends)
    assert (ratios[ends, 0] <= RULES.off).all()
    assert not on[220:, 0].any()


def test_what_is_in_warning_is_not_learned(learned: Chart) -> None:
    before = learned.snapshot()
    e = noise(300, seed=6)
    e[:, 0] += 8.0
    judged(e, learned)
    after = learned.snapshot()
    assert np.abs(after["mu"][..., 0] - before["mu"][..., 0]).max() < 0.3
    judged(noise(300, seed=6) + np.array([8.0, 0.0, 0.0, 0.0]), learned)
    later = learned.snapshot()
    np.testing.assert_array_equal(later["vg"][..., 0], after["vg"][..., 0])  # only the rows before the freeze were


def test_a_slow_average_does_not_remember_a_fault_that_is_gone(learned: Chart) -> None:
    e = noise(500, seed=7)
    e[:150, 0] += 10.0
    _, on = judged(e, learned)
    assert on[20:150, 0].all()
    assert not on[200:, 0].any()  # the slowest scale alone would take some three hundred rows


def test_a_level_that_stands_for_long_is_the_new_normal(learned: Chart) -> None:
    e = noise(2 * LEARN + 800, seed=8)
    e[:, 3] += 6.0
    _, on = judged(e, learned)
    assert on[50 : 2 * LEARN - 50, 3].all()
    assert not on[2 * LEARN + 200 :, 3].any()


def test_nothing_of_an_unknown_value_is_taken_in(learned: Chart) -> None:
    before = learned.snapshot()
    learned.judge(np.full((1, 1, 1, 4), 1e6), np.full((1, 1), 4.0), np.zeros((1, 1, 4), bool))
    after = learned.snapshot()
    for name in ("f", "vg", "vd", "mu"):
        np.testing.assert_array_equal(after[name], before[name])


def test_a_restored_chart_goes_on_to_the_bit(learned: Chart) -> None:
    e = noise(400, seed=9)
    e[100:, 2] += 5.0
    judged(e[:200], learned)
    other = chart()
    other.restore(learned.snapshot())
    for one, two in zip(judged(e[200:], learned), judged(e[200:], other), strict=True):
        assert one.tobytes() == two.tobytes()
