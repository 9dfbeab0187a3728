"""Covariates: equal the naive ones; lags follow event time; a missing source stops its own covariates only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import HUGE, Array
from detectors.covariates import CovariateFilter
from stations.plant import Covariate, Tag
from tests.detectors import naive
from tests.detectors.small import BLOCK, PERIOD_S, UNITS, telemetry

CURVED = replace(
    BLOCK,
    covariates=(
        *BLOCK.covariates,
        Covariate("power_2_20min", "POWER", lag_s=1200.0, power=2.0),
        Covariate("power_over_60_20min", "POWER", lag_s=1200.0, above=60.0),
        Covariate("power_water", "POWER", times="WATER"),
        Covariate("hot_water_power_20min", "WATER", lag_s=1200.0, above=18.0, times="POWER"),
        Covariate("ln_power", "POWER", log=True),
        Covariate("ln_power_20min", "POWER", lag_s=1200.0, log=True),
    ),
)

NO_GOOD = [np.nan, np.inf, -np.inf, 1e308, -1e308, 2e100]
CODES = [covariate.code for covariate in BLOCK.covariates]
CODES_CURVED = [covariate.code for covariate in CURVED.covariates]
POWER = BLOCK.tag_index["POWER"]


def follow(values: Array, elapsed_s: Array, filter_: CovariateFilter | None = None) -> Array:
    """(t, u, k) covariates of values (t, u, n)."""
    filter_ = filter_ or CovariateFilter(BLOCK)
    return np.stack([filter_.step(x, dt) for x, dt in zip(values, elapsed_s.tolist(), strict=True)])


def scaled(x: Array, tag: Tag) -> list[float]:
    """Readings by the range of their tag; NaN where they are no good."""
    readings: list[float] = np.where(np.abs(x) < HUGE, (x - tag.low) / (tag.high - tag.low), np.nan).tolist()
    return readings


def values(n_scans: int, seed: int = 1) -> Array:
    return telemetry(n_scans, seed).astype(np.float64)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_the_naive_covariates(seed: int) -> None:
    """With missing, infinite and negative values and steps of time between nothing and a week."""
    rng = np.random.default_rng(seed)
    x = values(120, seed)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.05] = rng.choice(NO_GOOD)
    x[rng.random(x.shape) < 0.05] *= -1.0
    elapsed_s = rng.choice([1.0, PERIOD_S, 7200.0, 604_800.0], len(x))
    elapsed_s[0] = 0.0
    fast = follow(x, elapsed_s, CovariateFilter(CURVED))
    for column, covariate in enumerate(CURVED.covariates):
        source = BLOCK.tag_index[covariate.tag]
        tag = BLOCK.tags[source]
        second = BLOCK.tags[BLOCK.tag_index[covariate.times]] if covariate.times else None
        for unit in range(len(UNITS)):
            slow = naive.covariate(
                x[:, unit, source].tolist(),
                elapsed_s.tolist(),
                low=tag.low,
                high=tag.high,
                lag_s=covariate.lag_s,
                power=covariate.power,
                above=covariate.above,
                least=tag.resolution if covariate.log else None,
                factors=None if second is None else scaled(x[:, unit, BLOCK.tag_index[second.code]], second),
            )
            np.testing.assert_allclose(fast[:, unit, column], slow, rtol=1e-10, atol=1e-12)


def test_scales_by_the_range_of_the_source() -> None:
    x = np.zeros((1, 3, 6))
    x[0, :, POWER] = [0.0, 80.0, 100.0]
    x[0, :, BLOCK.tag_index["WATER"]] = [10.0, 20.0, 40.0]
    f = dict(zip(CODES, follow(x, np.zeros(1))[0].T.tolist(), strict=True))
    assert f["power"] == [0.0, 0.8, 1.0]
    assert f["power_20min"] == [0.0, 0.8, 1.0]
    assert f["power_2"] == pytest.approx([0.0, 0.64, 1.0])
    assert f["power_over_60"] == pytest.approx([0.0, 0.2, 0.4])
    assert f["water"] == [0.25, 0.5, 1.0]


@given(gaps=st.lists(st.sampled_from([1.0, 60.0, 600.0, 3600.0]), min_size=1, max_size=20))
def test_a_lag_of_a_steady_source_depends_on_the_time_that_passed_only(gaps: list[float]) -> None:
    """However the time is cut into scans, a step of the load is felt by the same amount at its end."""
    x = np.zeros((len(gaps) + 1, 3, 6))
    x[1:, :, POWER] = 100.0
    felt = follow(x, np.array([0.0, *gaps]))[-1, 0, CODES.index("power_20min")]
    assert felt == pytest.approx(1.0 - np.exp(-sum(gaps) / 1200.0), abs=1e-12)


@pytest.mark.parametrize("bad", NO_GOOD)
def test_a_missing_source_stops_its_own_covariates_only(bad: float) -> None:
    x = values(40)
    whole = follow(x, np.full(40, PERIOD_S))
    holed = x.copy()
    holed[20:24, 1, POWER] = bad
    f = follow(holed, np.full(40, PERIOD_S))
    own = np.zeros(f.shape, dtype=bool)
    own[20:24, 1] = [covariate.tag == "POWER" for covariate in BLOCK.covariates]
    lagged = np.zeros(f.shape, dtype=bool)
    lagged[20:, 1, CODES.index("power_20min")] = True
    np.testing.assert_array_equal(f[~own & ~lagged], whole[~own & ~lagged])
    assert np.isnan(f[own & ~lagged]).all()
    np.testing.assert_array_equal(f[20:24, 1, CODES.index("power_20min")], whole[19, 1, CODES.index("power_20min")])
    assert np.isfinite(f[lagged]).all()


@pytest.mark.parametrize("bad", NO_GOOD)
def test_a_reading_that_no_machine_can_have_does_not_stay_in_a_slow_lag(bad: float) -> None:
    """Also where every covariate has a lag, which takes a small share of it only."""
    slow = CovariateFilter(replace(BLOCK, covariates=(Covariate("slow", "POWER", lag_s=60_000.0),)))
    x = values(3)
    slow.step(x[0], 0.0)
    state = slow.snapshot()["lagged"].tobytes()
    x[1, :, POWER] = bad
    slow.step(x[1], PERIOD_S)
    assert slow.snapshot()["lagged"].tobytes() == state


def test_nothing_is_known_before_the_first_good_value() -> None:
    x = values(3)
    x[:2, 0, POWER] = np.nan
    f = follow(x, np.full(3, PERIOD_S))
    assert np.isnan(f[:2, 0, :4]).all()
    assert f[2, 0, CODES.index("power_20min")] == f[2, 0, CODES.index("power")]


@given(split=st.integers(0, 30))
def test_goes_on_from_a_snapshot_to_the_bit(split: int) -> None:
    x, elapsed_s = values(30), np.full(30, PERIOD_S)
    x[10:15, 0, POWER] = np.nan
    whole = follow(x, elapsed_s)
    first, second = CovariateFilter(BLOCK), CovariateFilter(BLOCK)
    if split:
        follow(x[:split], elapsed_s[:split], first)
    second.restore(first.snapshot())
    for t in range(split, 30):
        np.testing.assert_array_equal(second.step(x[t], PERIOD_S), whole[t])


def test_neither_keeps_nor_changes_the_values_and_hands_out_copies() -> None:
    filter_ = CovariateFilter(BLOCK)
    x = values(2)
    original = x.copy()
    follow(x, np.full(2, PERIOD_S), filter_)
    np.testing.assert_array_equal(x, original)
    state = filter_.snapshot()["lagged"].copy()
    x[:] = -1.0
    filter_.snapshot()["lagged"][:] = -1.0
    np.testing.assert_array_equal(filter_.snapshot()["lagged"], state)


def test_a_block_may_have_no_covariates() -> None:
    bare = replace(BLOCK, covariates=())
    assert CovariateFilter(bare).step(values(1)[0], 0.0).shape == (3, 0)


MEAN = replace(BLOCK, covariates=(Covariate("pads", "PAD1", lag_s=1200.0, others=("PAD2",)),))


def test_of_several_sources_it_is_that_of_their_mean() -> None:
    x = values(40)
    x[5:8, 0, BLOCK.tag_index["PAD1"]] = np.nan
    x[6, 0, BLOCK.tag_index["PAD2"]] = 1e308
    pads = x[:, :, [BLOCK.tag_index["PAD1"], BLOCK.tag_index["PAD2"]]]
    mean = pads.mean(axis=2)
    mean[5:8, 0] = pads[5:8, 0, 1]  # of what is left, and none in the middle: then it stands still
    mean[6, 0] = np.nan
    alone = replace(BLOCK, covariates=(Covariate("pads", "PAD1", lag_s=1200.0),))
    as_one = x.copy()
    as_one[:, :, BLOCK.tag_index["PAD1"]] = mean
    elapsed_s = np.full(40, PERIOD_S)
    np.testing.assert_array_equal(
        follow(x, elapsed_s, CovariateFilter(MEAN)), follow(as_one, elapsed_s, CovariateFilter(alone))
    )


def test_a_hinge_that_moves_is_one_on_the_difference() -> None:
    """Lags, gaps and missing values of either tag included."""
    fixed = Covariate("fixed", "POWER", lag_s=1200.0, above=60.0)
    moving = replace(fixed, above=20.0, moves_with="WATER", slope=2.5)
    x = values(60)
    x[20:24, 1, POWER] = np.nan
    x[30:33, 2, BLOCK.tag_index["WATER"]] = np.nan
    difference = x.copy()
    difference[:, :, POWER] += 40.0 - 2.5 * x[:, :, BLOCK.tag_index["WATER"]]
    elapsed_s = np.tile([PERIOD_S, 7200.0], 30)
    f = follow(x, elapsed_s, CovariateFilter(replace(BLOCK, covariates=(moving,))))
    like = follow(difference, elapsed_s, CovariateFilter(replace(BLOCK, covariates=(fixed,))))
    np.testing.assert_allclose(f, like, rtol=1e-12, atol=1e-12)
    assert (f > 0.0).any()
    assert (f < 1e-3).any()


def test_two_covariates_of_one_source_are_told_apart() -> None:
    pair = replace(BLOCK, covariates=(Covariate("slow", "POWER", lag_s=6000.0), Covariate("fast", "POWER", lag_s=60.0)))
    filter_ = CovariateFilter(pair)
    x = np.zeros((3, 6))
    filter_.step(x, 0.0)
    x[:, POWER] = 100.0
    np.testing.assert_allclose(filter_.step(x, 600.0)[0], [1 - np.exp(-0.1), 1 - np.exp(-10.0)])


def test_a_lag_of_a_square_is_not_the_square_of_a_lag() -> None:
    """A load that swings heats a winding by the mean of its square, and a hinge in the lag forgets no short peak."""
    x = np.zeros((400, 3, 6))
    x[::2, :, POWER] = 100.0
    f = dict(zip(CODES_CURVED, follow(x, np.full(400, 60.0), CovariateFilter(CURVED))[-1, 0].tolist(), strict=True))
    assert f["power_20min"] == pytest.approx(0.5, abs=0.02)
    assert f["power_2_20min"] == pytest.approx(0.5, abs=0.02)
    assert f["power_over_60_20min"] == pytest.approx(0.2, abs=0.02)


def test_a_second_tag_that_is_missing_stops_the_product() -> None:
    x = np.full((2, 3, 6), 20.0)
    x[1, 0, BLOCK.tag_index["WATER"]] = np.nan
    f = follow(x, np.array([0.0, 60.0]), CovariateFilter(CURVED))
    product, lagged = CODES_CURVED.index("power_water"), CODES_CURVED.index("hot_water_power_20min")
    assert np.isnan(f[1, 0, product])
    assert f[1, 1, product] == pytest.approx(0.2 * 0.5)
    assert f[1, 0, lagged] == f[0, 0, lagged]


def test_a_step_that_is_made_again_counts_once() -> None:
    x, elapsed_s = values(30), np.full(30, PERIOD_S)
    jumping = x.copy()
    jumping[::7, 1, POWER] *= 5.0
    filter_, plain = CovariateFilter(BLOCK), follow(x, elapsed_s)
    for t in range(30):
        filter_.step(jumping[t], PERIOD_S)
        np.testing.assert_array_equal(filter_.again(x[t], PERIOD_S), plain[t])
