"""When a deviation reaches its limit: growth read off the filters of a bank, and an interval between two kinds of growth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Array
from detectors.forecast import HORIZON_S, WIDEN, Reach, growth, time_to

HOUR, DAY = 3600.0, 86_400.0
TAUS = np.array([HOUR, 6 * HOUR, DAY, 3 * DAY, 10 * DAY])
WIDTHS = np.full(5, 1.0)


def filtered(values: Array, step_s: float = 600.0) -> Array:
    """What EWMAs of the time constants make of values, one each ``step_s``."""
    gain = -np.expm1(-step_s / TAUS)
    state = np.zeros(len(TAUS))
    for value in values:
        state += gain * (value - state)
    return state


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("days", [3, 10, 40])
def test_a_ramp_is_read_off_to_a_third_however_long_it_lasts(sign: float, days: int) -> None:
    per_day = sign * 4.0 / days
    time_s = np.arange(0.0, days * DAY, 600.0)
    now, rate = growth(filtered(per_day * time_s / DAY), WIDTHS, TAUS)
    assert now == pytest.approx(4.0 * sign, rel=0.1)
    assert rate * DAY == pytest.approx(per_day, rel=0.34)


def test_what_stands_still_or_is_noise_has_no_rate() -> None:
    assert growth(np.full(5, 2.0), WIDTHS, TAUS) == (2.0, 0.0)
    noise = np.array([0.1, -0.05, 0.02, 0.01, 0.0])
    assert growth(noise, WIDTHS, TAUS)[1] == 0.0


def test_what_comes_back_has_no_rate() -> None:
    values = np.concatenate([np.full(3000, 4.0), np.linspace(4.0, 2.0, 500)])
    assert growth(filtered(values), WIDTHS, TAUS)[1] == 0.0


@given(power=st.floats(1.0, 8.0), share=st.floats(0.1, 0.95), limit=st.sampled_from([12.0, -12.0]))
def test_every_power_of_time_reaches_its_limit_within_the_interval(power: float, share: float, limit: float) -> None:
    """y = c t^p at the time where it has come to a share of the limit."""
    at_s = 20 * DAY * share ** (1.0 / power)
    rate = limit * share * power / at_s
    forecast = time_to(50.0 + limit, 50.0, limit * share, rate)
    assert forecast.low_s is not None
    assert forecast.high_s is not None
    assert forecast.low_s <= 20 * DAY - at_s <= forecast.high_s


def test_the_ends_are_those_of_the_exponential_and_of_the_line() -> None:
    forecast = time_to(70.0, 60.0, 5.0, 1.0 / DAY)
    assert forecast.low_s == pytest.approx(WIDEN[0] * 5.0 * math.log(2.0) * DAY)
    assert forecast.high_s == pytest.approx(WIDEN[1] * 5.0 * DAY)


@pytest.mark.parametrize(
    ("now", "rate", "state"),
    [
        (5.0, 0.0, "not rising"),
        (5.0, -1.0, "not rising"),
        (2.0, -1.0, "not rising"),
        (10.5, 1.0, "at the limit"),
        (5.0, 2.0 / HORIZON_S, "beyond horizon"),
    ],
)
def test_there_is_an_honest_word_where_there_is_no_time(now: float, rate: float, state: str) -> None:
    forecast = time_to(70.0, 60.0, now, rate)
    assert forecast.state == state
    if state != "at the limit":
        assert forecast.low_s is forecast.high_s is None


def test_a_level_beyond_its_limit_without_any_fault_is_at_it_and_an_unknown_one_unknown() -> None:
    assert time_to(70.0, 71.0, 2.0, 1.0).state == "at the limit"
    assert time_to(70.0, float("nan"), 2.0, 1.0).state == "unknown"


def test_the_reach_follows_at_once_upwards_and_forgets_in_weeks() -> None:
    reach = Reach(1, 1, every_s=DAY)
    assert np.isnan(reach.high).all()
    for expected in (50.0, 60.0, np.nan, 40.0):
        reach.take(np.array([[expected]]))
    assert reach.low[0, 0] == 40.0
    assert 57.0 < reach.high[0, 0] < 60.0
    for _ in range(60):
        reach.take(np.array([[50.0]]))
    assert reach.high[0, 0] == pytest.approx(50.0, abs=0.01)
    assert reach.low[0, 0] == pytest.approx(50.0, abs=0.01)
    other = Reach(1, 1, every_s=DAY)
    other.restore(reach.snapshot())
    assert other.high == reach.high
