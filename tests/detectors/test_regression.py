"""Normal behaviour: equals the naive least squares, finds the truth, keeps what it knew, says where it does not know."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.base import Array
from detectors.regression import SharedGainRegression
from detectors.regression_rows import MAX_COVARIATE
from tests.detectors import naive

PERIOD_S = 600.0
DAY_S = 86_400.0


class Constants(TypedDict):
    period_s: float
    learn_s: float
    memory_s: float
    refit_s: float
    ready_s: float
    correlation_s: float


QUICK = Constants(
    period_s=PERIOD_S, learn_s=1200.0, memory_s=2 * DAY_S, refit_s=7200.0, ready_s=6 * 3600.0, correlation_s=3600.0
)
USUAL = Constants(
    period_s=PERIOD_S, learn_s=600.0, memory_s=90 * DAY_S, refit_s=6 * 3600.0, ready_s=DAY_S, correlation_s=6 * 3600.0
)
MEMBERS = np.array([[True, True, False], [False, False, True]])
MODEL_OF_TAG = np.array([0, 1, 0], dtype=np.intp)


def regression(constants: Constants, *, n_units: int = 1) -> SharedGainRegression:
    """Two models of two and one covariates; tags 0 and 2 belong to the first."""
    return SharedGainRegression(MEMBERS, MODEL_OF_TAG, n_units=n_units, **constants)


def course(n_scans: int, n_units: int = 1, seed: int = 3) -> tuple[Array, Array]:
    """Covariates (t, u, 3) that wander in 0 .. 1, and tags (t, u, 3) that follow them with noise of 0.1."""
    rng = np.random.default_rng(seed)
    f = 0.5 + 0.5 * np.sin(np.cumsum(rng.normal(0.0, 0.3, (n_scans, n_units, 3)), axis=0))
    x = np.stack(
        [50.0 + 20.0 * f[..., 0] - 8.0 * f[..., 1], 3.0 + 5.0 * f[..., 2], -4.0 + 2.0 * f[..., 1]], axis=2
    ) + rng.normal(0.0, 0.1, (n_scans, n_units, 3))
    return f, x


def follow(
    model: SharedGainRegression, f: Array, x: Array, where: NDArray[np.bool_] | None = None
) -> tuple[Array, Array]:
    """Expected values and spreads (t, u, n), each scan judged before it is learned."""
    if where is None:
        where = np.ones(x.shape, dtype=bool)
    said = []
    for ft, xt, wt in zip(f, x, where, strict=True):
        said.append(model.expected(ft))
        model.learn(xt, ft, wt)
    return np.stack([value for value, _ in said]), np.stack([spread for _, spread in said])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_the_naive_least_squares_of_each_unit_and_model(seed: int) -> None:
    """With gaps, unknown covariates and tags that must not learn, some for long."""
    n_scans, n_units = 160, 2
    f, x = course(n_scans, n_units, seed)
    rng = np.random.default_rng(seed)
    f[rng.random(f.shape) < 0.03] = np.nan
    f[5, 0, 1] = 2.0 * MAX_COVARIATE
    x[rng.random(x.shape) < 0.1] = np.nan
    x[60:90, 1] = np.nan
    where = rng.random(x.shape) < 0.9
    where[30:70, 0, 2] = False
    value, spread = follow(regression(QUICK, n_units=n_units), f, x, where)
    for unit in range(n_units):
        for model, member in enumerate(MEMBERS):
            tags = np.flatnonzero(model == MODEL_OF_TAG)
            said = naive.regression(
                f[:, unit, member].tolist(),
                x[:, unit, tags].tolist(),
                where[:, unit, tags].tolist(),
                largest_model=3,
                **QUICK,
            )
            np.testing.assert_allclose(value[:, unit, tags], [e.values for e in said], rtol=1e-7, atol=1e-7)
            np.testing.assert_allclose(
                spread[:, unit, tags], np.transpose([[e.spread for e in said]] * len(tags)), rtol=1e-7
            )
    assert np.isfinite(value).mean() > 0.5


def test_finds_the_coefficients_that_made_the_data() -> None:
    f, x = course(2000)
    model = regression(USUAL)
    follow(model, f, x)
    corners = np.array([[[0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]], [[0.0, 1.0, 1.0]]])
    found = np.stack([model.expected(corner)[0][0] for corner in corners])
    np.testing.assert_allclose(found, [[50, 3, -4], [70, 3, -4], [42, 8, -2]], atol=0.05)


def test_says_nothing_before_it_is_ready_and_something_right_after() -> None:
    """Ready after 6 h of learned scans, 20 min apart: 18 of them."""
    f, x = course(60)
    value, spread = follow(regression(QUICK), f, x)
    assert np.isnan(value[:36]).all()
    assert np.isnan(spread[:36]).all()
    assert np.isfinite(value[36:]).all()


def test_is_never_ready_with_fewer_scans_than_weights() -> None:
    f, x = course(20)
    eager: Constants = {**QUICK, "ready_s": 1.0}
    value, _ = follow(regression(eager), f, x)
    assert np.isnan(value[:8]).all()
    assert np.isfinite(value[8:]).all()


def test_a_frozen_tag_keeps_its_expectation_while_its_neighbours_learn() -> None:
    """A slow fault of 10 K in a tag that must not learn for five days leaves what is expected of it where it was."""
    f, x = course(1500)
    model = regression(USUAL)
    follow(model, f[:780], x[:780])
    at = np.array([[0.3, 0.7, 0.5]])
    before, _ = model.expected(at)
    drifting = x[780:].copy()
    drifting[:, 0, 0] += np.linspace(0.0, 10.0, len(drifting))
    drifting[:, 0, 2] += 1.0
    where = np.ones(drifting.shape, dtype=bool)
    where[:, 0, 0] = False
    follow(model, f[780:], drifting, where)
    after, _ = model.expected(at)
    assert after[0, 0] == pytest.approx(before[0, 0], abs=1e-3)
    assert after[0, 2] > before[0, 2] + 0.4


def test_the_spread_widens_outside_the_learned_range_only() -> None:
    f, x = course(500)
    f = 0.4 + 0.2 * f
    model = regression(USUAL)
    follow(model, f, x)
    _, inside = model.expected(np.full((1, 3), 0.5))
    _, outside = model.expected(np.full((1, 3), 1.5))
    _, far = model.expected(np.full((1, 3), 5.0))
    assert (inside < 1.1).all()
    assert (outside > 1.2 * inside).all()
    assert (far > 3.0 * outside).all()


def test_weeks_of_constant_load_do_not_wind_up() -> None:
    """Sixty days at one load, thirty memories: the first error after a load change is that of noise, not of a lost model."""
    rng = np.random.default_rng(4)
    f, x = course(2000, seed=4)
    model = regression(QUICK)
    follow(model, f, x)
    still = np.array([[0.6, 0.4, 0.5]])
    truth = np.array([[50.0 + 12.0 - 3.2, 5.5, -3.2]])
    for _ in range(60 * 144):
        model.learn(truth + rng.normal(0.0, 0.1, (1, 3)), still, np.ones((1, 3), dtype=bool))
    value, spread = model.expected(np.array([[0.1, 0.9, 0.0]]))
    np.testing.assert_allclose(value, [[50.0 + 2.0 - 7.2, 3.0, -2.2]], atol=0.5)
    assert np.isfinite(spread).all()
    information = model.snapshot()["information"]
    assert np.linalg.cond(information).max() < 1e7


def test_follows_a_plant_that_has_changed_within_its_memory() -> None:
    f, x = course(3000)
    model = regression(QUICK)
    follow(model, f[:1500], x[:1500])
    follow(model, f[1500:], x[1500:] + 5.0)
    value, _ = model.expected(np.full((1, 3), 0.5))
    np.testing.assert_allclose(value, [[50.0 + 10.0 - 4.0 + 5.0, 10.5, 2.0]], atol=0.1)


def test_an_unknown_covariate_silences_its_own_model_only() -> None:
    f, x = course(100, 2)
    model = regression(QUICK, n_units=2)
    follow(model, f, x)
    known, _ = model.expected(f[0])
    for bad in (np.nan, np.inf, -np.inf, 1e308, 2.0 * MAX_COVARIATE):
        hole = f[0].copy()
        hole[0, 2] = bad
        value, spread = model.expected(hole)
        assert np.isnan(value[0, 1])
        assert np.isnan(spread[0, 1])
        known_too = np.ones_like(value, dtype=bool)
        known_too[0, 1] = False
        np.testing.assert_array_equal(value[known_too], known[known_too])


def test_a_covariate_that_no_model_uses_may_be_unknown() -> None:
    model = SharedGainRegression(MEMBERS[:1], np.zeros(1, dtype=np.intp), n_units=1, **QUICK)
    f, x = course(100)
    follow(model, f, x[:, :, :1])
    known, _ = model.expected(f[0])
    f[0, 0, 2] = np.nan
    np.testing.assert_array_equal(model.expected(f[0])[0], known)


@pytest.mark.parametrize("members", [MEMBERS[:1], np.ones((2, 3), dtype=bool), np.zeros((1, 3), dtype=bool)])
def test_models_of_any_width_find_the_truth(members: NDArray[np.bool_]) -> None:
    """Also where no model is narrower than the widest, or has no covariate at all."""
    f, _ = course(300)
    truth = 7.0 + (f * members[0]).sum(axis=2, keepdims=True)
    model = SharedGainRegression(members, np.zeros(1, dtype=np.intp), n_units=1, **QUICK)
    value, _ = follow(model, f, truth)
    np.testing.assert_allclose(value[100:], truth[100:], atol=0.02)


def test_a_unit_that_learns_later_is_solved_as_if_it_were_alone() -> None:
    """The solutions of a unit are timed by its own history, not by that of its neighbours."""
    f, x = course(200, 2)
    x[:90, 1] = np.nan
    together, _ = follow(regression(QUICK, n_units=2), f, x)
    for unit in range(2):
        alone, _ = follow(regression(QUICK), f[:, [unit]], x[:, [unit]])
        np.testing.assert_allclose(together[:, [unit]], alone, rtol=1e-9)


def test_a_shift_is_as_though_all_that_was_learned_had_been_so() -> None:
    """Also for what is learned afterwards: it does not drift back."""
    f, x = course(600, 2)
    by = np.array([[5.0, 0.0, -2.0], [0.0, 3.0, 0.0]])
    shifted, like = regression(QUICK, n_units=2), regression(QUICK, n_units=2)
    follow(shifted, f[:400], x[:400])
    follow(like, f[:400], x[:400] + by)
    shifted.shift(by)
    got, _ = follow(shifted, f[400:], x[400:] + by)
    want, _ = follow(like, f[400:], x[400:] + by)
    np.testing.assert_allclose(got, want, atol=2e-3)
