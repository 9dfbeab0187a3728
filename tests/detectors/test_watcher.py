"""One detector for any recording: it learns from whatever it is given, and says what it should."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.base import Array
from detectors.basis import QUANTILES, Basis
from detectors.heads import Heads
from detectors.limits import BUDGET, PERSIST, budget_limit, running_minimum
from detectors.residuals import Residuals, robust_regression, robust_sd
from detectors.watcher import Watcher

ROWS = 500


def plant(rows: int, n: int = 5, seed: int = 1, units: int = 1) -> Array:
    """Tags (t, u, n) that share a wander, each with noise of its own size."""
    chance = np.random.default_rng(seed)
    common = 0.5 * np.cumsum(0.1 * chance.standard_normal((rows, units, 1)), axis=0)
    return 20.0 + common + np.linspace(0.5, 2.0, n) * chance.standard_normal((rows, units, n))


def warned(watcher: Watcher, x: Array, f: Array | None = None) -> Array:
    """(t, u, n)"""
    return np.stack([watcher.step(row, None if f is None else f[i])[1] for i, row in enumerate(x)])


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
    for row in x[rows:]:
        score, warning = watcher.step(row)
        assert score.shape == warning.shape == (1, 5)
        assert np.isfinite(score[:, watcher.moves]).all() or what in ("missing", "half missing")
        assert np.isnan(score[:, ~watcher.moves]).all()
        assert not warning[:, ~watcher.moves].any()


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="63 rows to learn from; at least 64 are needed"):
        Watcher(plant(63), period_s=1.0)


def test_a_missing_value_is_held_for_a_while_and_then_nothing_is_said() -> None:
    chance = np.random.default_rng(6)
    x = chance.standard_normal((ROWS + 60, 1, 4))
    x[ROWS + 20 : ROWS + 40, 0, 1] = np.nan
    watcher = Watcher(x[:ROWS], period_s=1.0)
    scores = np.stack([watcher.step(row)[0][0] for row in x[ROWS:]])
    gone = np.isnan(scores[:, 1])
    assert np.flatnonzero(gone).tolist() == list(range(23, 40))
    assert np.isfinite(scores[:, [0, 2, 3]]).all()


def test_units_are_judged_each_by_itself() -> None:
    x = plant(ROWS + 100, units=3)
    together = Watcher(x[:ROWS], period_s=1.0)
    alone = Watcher(x[:ROWS, 1:2], period_s=1.0)
    for row in x[ROWS:]:
        np.testing.assert_allclose(together.step(row)[0][1], alone.step(row[1:2])[0][0], rtol=1e-12)


def test_rows_to_come_change_nothing() -> None:
    x = plant(ROWS + 200)
    other = x.copy()
    other[ROWS + 100 :] += 50.0
    one, two = Watcher(x[:ROWS], period_s=1.0), Watcher(other[:ROWS], period_s=1.0)
    for a, b in zip(x[ROWS : ROWS + 100], other[ROWS : ROWS + 100], strict=True):
        assert one.step(a)[0].tobytes() == two.step(b)[0].tobytes()


def test_a_restored_watcher_goes_on_to_the_bit() -> None:
    x = plant(ROWS + 200)
    x[ROWS + 50 :, 0, 1] += 9.0
    one, two = Watcher(x[:ROWS], period_s=1.0), Watcher(x[:ROWS], period_s=1.0)
    for row in x[ROWS : ROWS + 100]:
        one.step(row)
    two.restore(one.snapshot())
    for row in x[ROWS + 100 :]:
        (score, on), (other_score, other_on) = one.step(row), two.step(row)
        assert score.tobytes() == other_score.tobytes()
        assert on.tobytes() == other_on.tobytes()


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
    assert heads.over(e).shape == (3, 3000, 6)


def test_hinges_stand_at_quantiles_and_the_ends_are_straight() -> None:
    f = np.random.default_rng(11).uniform(0.0, 1.0, (2000, 1))
    basis = Basis.fit(f)
    assert basis.knots.shape == (1, len(QUANTILES))
    ends = basis(np.array([[1.0], [2.0], [3.0]]))
    np.testing.assert_allclose(ends[2] - ends[1], ends[1] - ends[0])
    assert Basis.fit(f[:100]).knots.shape[1] < len(QUANTILES)


def test_a_running_minimum_is_that_of_the_last_rows() -> None:
    x = np.random.default_rng(12).standard_normal(200)
    naive = [x[max(0, i - PERSIST + 1) : i + 1].min() for i in range(200)]
    np.testing.assert_array_equal(running_minimum(x, PERSIST), naive)


def test_a_smaller_budget_asks_for_a_higher_limit() -> None:
    z = np.abs(np.random.default_rng(13).standard_normal((3000, 8)))
    limits = [budget_limit(z, budget) for budget in (1e-2, 1e-3, 1e-4)]
    assert limits == sorted(limits)
    assert limits[0] < limits[2]
