"""One detector for any recording: it learns from whatever it is given, and says what it should."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Array, Mask
from detectors.basis import QUANTILES, Basis
from detectors.heads import HEADS, LATELY_ROWS, Heads, Lately
from detectors.limits import BUDGET, budget_limit, running_minimum
from detectors.residuals import Residuals, robust_regression, robust_sd
from detectors.watcher import Watcher

ROWS = 500


def plant(rows: int, n: int = 5, seed: int = 1, units: int = 1) -> Array:
    """Tags (t, u, n) that share a wander, each with noise of its own size."""
    chance = np.random.default_rng(seed)
    common = 0.5 * np.cumsum(0.1 * chance.standard_normal((rows, units, 1)), axis=0)
    return 20.0 + common + np.linspace(0.5, 2.0, n) * chance.standard_normal((rows, units, n))


def warned(watcher: Watcher, x: Array, f: Array | None = None) -> Mask:
    """(t, u, n)"""
    return watcher.judge(x, f).warning


def test_it_hardly_speaks_of_what_it_learned() -> None:
    chance = np.random.default_rng(3)
    watcher = Watcher(chance.standard_normal((ROWS, 2, 6)), period_s=1.0)
    said = warned(watcher, chance.standard_normal((4000, 2, 6)))
    episodes = (np.diff(said.astype(int), axis=0) == 1).sum()
    assert episodes <= 8000 * BUDGET


@pytest.mark.parametrize("kind", ["step", "ramp", "noise", "pattern"])
def test_it_names_the_tag_that_changes(kind: str) -> None:
    chance = np.random.default_rng(4)
    common = chance.standard_normal((1200, 1, 1))
    x = common + 0.3 * chance.standard_normal((1200, 1, 5))
    tail = x[ROWS + 200 :, 0]
    n = len(tail)
    if kind == "step":
        tail[:, 2] += 3.0
    elif kind == "ramp":
        tail[:, 2] += np.linspace(0.0, 6.0, n)
    elif kind == "noise":
        tail[:, 2] += 1.5 * chance.standard_normal(n)
    else:
        tail[:, 2] = chance.standard_normal(n)  # as large as ever, but no longer with the others
    said = warned(Watcher(x[:ROWS], period_s=1.0), x[ROWS:])
    assert not said[:200].any()
    first = {tag: np.argmax(said[:, 0, tag]) for tag in range(5) if said[:, 0, tag].any()}
    assert 2 in first
    assert min(first, key=lambda tag: first[tag]) == 2


def test_covariates_explain_away_what_they_drive() -> None:
    chance = np.random.default_rng(5)
    load = np.concatenate([chance.uniform(0.2, 1.0, 800), chance.uniform(0.9, 1.0, 400)])
    x = (40.0 + 30.0 * load**2 + 0.5 * chance.standard_normal(1200))[:, None, None]
    with_load = warned(Watcher(x[:800], load[:800, None, None], period_s=60.0), x[800:], load[800:, None, None])
    without = warned(Watcher(x[:800], period_s=60.0), x[800:])
    assert without.any()
    assert not with_load.any()


@pytest.mark.parametrize("rows", [64, 100, 400])
@pytest.mark.parametrize(
    "what", ["constant", "duplicate", "all constant", "missing", "half missing", "two values", "huge"]
)
def test_no_learn_part_stops_it(what: str, rows: int) -> None:
    x = plant(rows + 100)
    if what == "constant":
        x[:, :, 1] = 7.0
    elif what == "duplicate":
        x[:, :, 1] = x[:, :, 2]
        x[:, :, 3] = -2.0 * x[:, :, 2]
    elif what == "all constant":
        x[:] = 7.0
    elif what == "missing":
        x[5:20, :, 1] = np.nan
        x[:, :, 2] = np.nan
    elif what == "half missing":
        x[::2] = np.nan
    elif what == "two values":
        x[:, :, 1] = (np.arange(rows + 100) % 7 == 0)[:, None]
    else:
        x[rows // 2, 0, 1] = 1e30
    watcher = Watcher(x[:rows], period_s=1.0)
    verdict = watcher.judge(x[rows:])
    assert all(array.shape == (100, 1, 5) for array in verdict)
    assert np.isfinite(verdict.score[:, :, watcher.moves]).all() or what in ("missing", "half missing")
    assert np.isnan(verdict.score[:, :, ~watcher.moves]).all()
    assert not verdict.warning[:, :, ~watcher.moves].any()


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="63 rows to learn from; at least 64 are needed"):
        Watcher(plant(63), period_s=1.0)


def test_a_missing_value_is_held_for_a_while_and_then_nothing_is_said() -> None:
    chance = np.random.default_rng(6)
    x = chance.standard_normal((ROWS + 60, 1, 4))
    x[ROWS + 20 : ROWS + 40, 0, 1] = np.nan
    watcher = Watcher(x[:ROWS], period_s=1.0)
    scores = watcher.judge(x[ROWS:]).score[:, 0]
    gone = np.isnan(scores[:, 1])
    assert np.flatnonzero(gone).tolist() == list(range(23, 40))
    assert np.isfinite(scores[:, [0, 2, 3]]).all()


def test_units_are_judged_each_by_itself() -> None:
    x = plant(ROWS + 100, units=3)
    together = Watcher(x[:ROWS], period_s=1.0)
    alone = Watcher(x[:ROWS, 1:2], period_s=1.0)
    np.testing.assert_array_equal(together.judge(x[ROWS:]).score[:, 1], alone.judge(x[ROWS:, 1:2]).score[:, 0])


def test_rows_to_come_change_nothing() -> None:
    x = plant(ROWS + 200)
    other = x.copy()
    other[ROWS + 100 :] += 50.0
    one, two = Watcher(x[:ROWS], period_s=1.0), Watcher(other[:ROWS], period_s=1.0)
    for a, b in zip(one.judge(x[ROWS:]), two.judge(other[ROWS:]), strict=True):
        assert a[:100].tobytes() == b[:100].tobytes()


@given(st.lists(st.integers(0, 220), max_size=6), st.booleans())
@settings(max_examples=30, deadline=None)
def test_rows_give_the_same_bits_however_they_are_cut(cuts: list[int], explained: bool) -> None:
    x = plant(ROWS + 220, units=2)
    x[ROWS + 40, 1, 0] += 30.0
    x[ROWS + 60 :, 0, 1] += 9.0
    x[ROWS + 100 : ROWS + 110, 0, 2] = np.nan
    f = np.linspace(0.0, 1.0, len(x))[:, None, None] + np.zeros((1, 2, 1)) if explained else None
    learn_f, rest_f = (None, None) if f is None else (f[:ROWS], f[ROWS:])
    whole = Watcher(x[:ROWS], learn_f, period_s=1.0).judge(x[ROWS:], rest_f)
    assert whole.warning.any()
    assert whole.excursion.any()
    watcher = Watcher(x[:ROWS], learn_f, period_s=1.0)
    edges = [0, *sorted(cuts), 220]
    parts = [watcher.judge(x[ROWS + a : ROWS + b], None if rest_f is None else rest_f[a:b]) for a, b in pairwise(edges)]
    for name in whole._fields:
        together = np.concatenate([getattr(part, name) for part in parts])
        assert together.tobytes() == getattr(whole, name).tobytes(), name


def test_a_restored_watcher_goes_on_to_the_bit() -> None:
    x = plant(ROWS + 200)
    x[ROWS + 50 :, 0, 1] += 9.0
    one, two = Watcher(x[:ROWS], period_s=1.0), Watcher(x[:ROWS], period_s=1.0)
    one.judge(x[ROWS : ROWS + 100])
    two.restore(one.snapshot())
    for a, b in zip(one.judge(x[ROWS + 100 :]), two.judge(x[ROWS + 100 :]), strict=True):
        assert a.tobytes() == b.tobytes()


def test_the_head_that_speaks_is_named() -> None:
    chance = np.random.default_rng(15)
    x = chance.standard_normal((ROWS + 200, 1, 1)) + 0.3 * chance.standard_normal((ROWS + 200, 1, 5))
    x[ROWS + 100 :, 0, 1] = chance.standard_normal(100)
    x[ROWS + 100 :, 0, 3] += 1.5 * (-1.0) ** np.arange(100)
    last = Watcher(x[:ROWS], period_s=1.0).judge(x[ROWS:]).head[-50:, 0]
    assert (last[:, 1] == HEADS.index("cross")).mean() > 0.8
    assert (last[:, 3] == HEADS.index("spread")).mean() > 0.5


def test_what_is_expected_follows_the_covariates() -> None:
    chance = np.random.default_rng(16)
    load = chance.uniform(0.0, 1.0, (ROWS + 300, 1, 1))
    x = 10.0 + 5.0 * load + 0.1 * chance.standard_normal((ROWS + 300, 1, 1))
    expected = Watcher(x[:ROWS], load[:ROWS], period_s=1.0).judge(x[ROWS:], load[ROWS:]).expected
    np.testing.assert_allclose(expected, 10.0 + 5.0 * load[ROWS:], atol=0.1)


# ---- the parts


def test_a_robust_spread_hardly_feels_a_tenth_of_outliers() -> None:
    x = np.random.default_rng(7).standard_normal((2000, 1))
    x[::10] = 8.0
    assert robust_sd(x)[0] == pytest.approx(1.12, abs=0.08)
    assert x.std() > 2.0


def test_a_robust_regression_finds_the_line_through_outliers() -> None:
    chance = np.random.default_rng(8)
    f = np.stack([np.ones(1000), chance.uniform(-1, 1, 1000)], axis=1)
    y = f @ np.array([[5.0, 1.0], [2.0, -3.0]]) + 0.1 * chance.standard_normal((1000, 2))
    y[::15] += 20.0
    np.testing.assert_allclose(robust_regression(f, y), [[5.0, 2.0], [1.0, -3.0]], atol=0.05)


def test_residuals_have_one_spread_also_where_it_depends_on_the_load() -> None:
    chance = np.random.default_rng(9)
    load = chance.uniform(0.0, 1.0, 4000)
    f = np.stack([np.ones(4000), load], axis=1)
    x = (3.0 + load + 0.2 * np.exp(2.0 * load) * chance.standard_normal(4000))[:, None]
    e = Residuals.fit(x, f)(x, f)[:, 0]
    assert e[load < 0.2].std() / e[load > 0.8].std() == pytest.approx(1.0, abs=0.3)  # raw, it is 1 : 5


def test_the_cross_head_takes_out_what_all_share() -> None:
    chance = np.random.default_rng(10)
    shared = chance.standard_normal((3000, 1))
    e = shared + 0.2 * chance.standard_normal((3000, 6))
    heads = Heads.fit(e)
    alone = e + 0.0
    alone[:, 4] += 1.0
    together = e + 1.0
    assert heads.cross(alone)[:, 4].mean() > 2.5
    assert np.abs(heads.cross(together).mean(axis=0)).max() < 1.0
    assert heads(e, Lately((6,))).shape == (4, 3000, 6)


def test_hinges_stand_at_quantiles_and_the_ends_are_straight() -> None:
    f = np.random.default_rng(11).uniform(0.0, 1.0, (2000, 1))
    basis = Basis.fit(f)
    assert basis.knots.shape == (1, len(QUANTILES))
    ends = basis(np.array([[1.0], [2.0], [3.0]]))
    np.testing.assert_allclose(ends[2] - ends[1], ends[1] - ends[0])
    assert Basis.fit(f[:100]).knots.shape[1] < len(QUANTILES)


def test_a_running_minimum_is_that_of_the_last_rows() -> None:
    x = np.random.default_rng(12).standard_normal(200)
    naive = [x[max(0, i - 11) : i + 1].min() for i in range(200)]
    np.testing.assert_array_equal(running_minimum(x, 12), naive)


def test_a_smaller_budget_asks_for_a_higher_limit() -> None:
    z = np.abs(np.random.default_rng(13).standard_normal((3000, 8)))
    limits = [budget_limit(z, budget, 12) for budget in (1e-2, 1e-3, 1e-4)]
    assert limits == sorted(limits)
    assert limits[0] < limits[2]


def test_a_departure_is_measured_from_where_the_tag_was_lately_and_not_on_the_way_back() -> None:
    e = 0.1 * np.random.default_rng(14).standard_normal((1200, 1))
    e[:400] += 3.0  # far from normal for long
    e[400:800] += 5.0  # farther
    e[800:] += 0.5  # nearly back
    away = Lately((1,))(e)[:, 0]
    assert away[390:400].mean() < 0.5
    assert away[400:410].mean() > 1.5
    assert np.abs(away[800:810]).mean() < 0.2
    mean, naive = 0.0, []
    for i, (value,) in enumerate(e):
        naive.append(value - np.clip(value, min(0.0, mean), max(0.0, mean)))
        mean += max(1.0 / LATELY_ROWS, 1.0 / (i + 1)) * (value - mean)
    np.testing.assert_allclose(away, naive, atol=1e-12)


@pytest.mark.parametrize("size", [8.0, 10.0, 25.0, 40.0])
@pytest.mark.parametrize("lasts", [1, 2])
def test_a_spike_is_told_as_an_excursion_and_never_as_a_warning(size: float, lasts: int) -> None:
    chance = np.random.default_rng(21)
    x = chance.standard_normal((2000 + 2000, 1, 6))
    watcher = Watcher(x[:2000], period_s=1.0)
    rows = x[2000:].copy()
    at = np.arange(100, 1900, 100)
    for lag in range(lasts):
        rows[at + lag, 0, 2] = size
    verdict = watcher.judge(rows)
    bare = Watcher(x[:2000], period_s=1.0).judge(x[2000:]).warning
    near = (at[:, None] + np.arange(15)).ravel()
    assert not (verdict.warning[near, 0, 2] & ~bare[near, 0, 2]).any()
    assert (verdict.excursion[at + lasts, 0, 2] == lasts).mean() > 0.95


def test_a_gap_opens_closes_and_forgets_nothing() -> None:
    chance = np.random.default_rng(22)
    x = chance.standard_normal((ROWS + 400, 1, 4))
    x[ROWS + 50 :, 0, 1] += 5.0
    x[ROWS + 100 : ROWS + 300, 0, 1] = np.nan
    x[ROWS + 20, 0, 3] = 2.0
    x[ROWS + 21 : ROWS + 200, 0, 3] = np.nan
    verdict = Watcher(x[:ROWS], period_s=1.0).judge(x[ROWS:])
    assert verdict.warning[70:, 0, 1].all()
    assert not verdict.warning[:, 0, 3].any()
    assert np.isnan(verdict.score[105:300, 0, 1]).all()
