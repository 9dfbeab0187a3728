"""When a deviation reaches its limit: growth read off the filters of a bank, and an interval between two kinds of growth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.base import Array
from detectors.forecast import AGES_S, MISFIT, POWERS, Reach, growth, time_to
from detectors.tuning import Tuning

HOUR, DAY = 3600.0, 86_400.0
TAUS = np.array([HOUR, 6 * HOUR, DAY, 3 * DAY, 10 * DAY])
SPREADS = np.full(5, 0.2)


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
    now, rate = growth(filtered(per_day * time_s / DAY), SPREADS, TAUS)
    assert now == pytest.approx(4.0 * sign, rel=0.1)
    assert rate * DAY == pytest.approx(per_day, rel=0.34)


def test_what_stands_still_or_is_noise_has_no_rate() -> None:
    assert growth(np.full(5, 2.0), SPREADS, TAUS) == (2.0, 0.0)
    noise = np.array([0.1, -0.05, 0.02, 0.01, 0.0])
    assert growth(noise, SPREADS, TAUS)[1] == 0.0


def test_what_comes_back_has_no_rate() -> None:
    values = np.concatenate([np.full(3000, 4.0), np.linspace(4.0, 2.0, 500)])
    assert growth(filtered(values), SPREADS, TAUS)[1] == 0.0


@pytest.mark.parametrize("power", [0.7, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_every_power_of_time_reaches_its_limit_within_the_interval(power: float, share: float, sign: float) -> None:
    """y = c t^p, 20 days until the limit, at the time where it has come to a share of it."""
    at_s = 20 * DAY * share ** (1.0 / power)
    filters = filtered(sign * 12.0 * (np.arange(0.0, at_s, 600.0) / (20 * DAY)) ** power)
    forecast = time_to(50.0 + sign * 12.0, 50.0, filters, SPREADS, TAUS)
    assert forecast.low_s is not None
    assert forecast.high_s is not None
    assert forecast.low_s <= 20 * DAY - at_s <= forecast.high_s


def test_the_interval_is_that_of_the_weights_written_as_loops() -> None:
    filters, room = filtered(5.0 * np.arange(0.0, 10 * DAY, 600.0) / (10 * DAY)), 20.0
    noise = np.array(
        [
            [2 * math.sqrt(a * b) / (a + b) * 0.2**2 + (a == b) * (MISFIT * filters.max()) ** 2 for b in TAUS]
            for a in TAUS
        ]
    )
    times, weights = [], []
    for power in POWERS:
        for age_s in AGES_S:
            u = np.linspace(0.0, 1.0, 20_001)[None] * np.minimum(age_s / TAUS, 40.0)[:, None]
            course = np.clip(1.0 - u * TAUS[:, None] / age_s, 0.0, None) ** power * np.exp(-u)
            shown = np.trapezoid(course, u, axis=1)
            precision = shown @ np.linalg.solve(noise, shown)
            size = shown @ np.linalg.solve(noise, filters) / precision
            misfit = filters @ np.linalg.solve(noise, filters) - size**2 * precision
            for z, share in ((-1.22, 0.3), (0.0, 0.4), (1.22, 0.3)):
                times.append(age_s * ((room / (size + z / math.sqrt(precision))) ** (1.0 / power) - 1.0))
                weights.append(share * math.exp(-0.5 * misfit))
    order = np.argsort(times)
    below = (np.cumsum(np.array(weights)[order]) - 0.5 * np.array(weights)[order]) / sum(weights)
    forecast = time_to(50.0 + room, 50.0, filters, SPREADS, TAUS)
    assert forecast.low_s == pytest.approx(float(np.interp(0.1, below, np.array(times)[order])), rel=0.02)
    assert forecast.high_s == pytest.approx(float(np.interp(0.9, below, np.array(times)[order])), rel=0.02)


def ramp(per_day: float, days: float = 20.0) -> Array:
    return filtered(per_day * np.arange(0.0, days * DAY, 600.0) / DAY)


@pytest.mark.parametrize(
    ("filters", "limit", "state"),
    [
        (np.full(5, 5.0), 70.0, "not rising"),
        (filtered(np.concatenate([np.full(3000, 5.0), np.linspace(5.0, 2.0, 500)])), 70.0, "not rising"),
        (ramp(0.525), 70.0, "at the limit"),
        (ramp(0.5), 10_000.0, "beyond horizon"),
        (np.array([-3.0, 3.1, -3.0, -3.0, -3.0]), 70.0, "unknown"),  # one filter is above, all else says below
        (filtered(np.full(100, 5.0)), 600.0, "unknown"),  # no way to tell a ramp of a day from a step
    ],
)
def test_there_is_an_honest_word_where_there_is_no_time(filters: Array, limit: float, state: str) -> None:
    forecast = time_to(limit, 60.0, filters, SPREADS, TAUS)
    assert forecast.state == state
    if state != "at the limit":
        assert forecast.low_s is forecast.high_s is None


@pytest.mark.parametrize(
    ("minutes", "grows", "state"),
    [(5, True, "unknown"), (60, True, "unknown"), (600, True, "rising"), (5, False, "unknown")],
)
def test_what_has_grown_for_less_than_three_hours_is_not_forecast(minutes: int, state: str, grows: bool) -> None:
    """Seen by all filters of the stations, at 20 s between two scans; what came at once and stands looks like a short ramp."""
    taus = np.array(Tuning().scales_s)
    seen = np.zeros(len(taus))
    for i in range(3 * minutes):
        seen += -np.expm1(-20.0 / taus) * ((i + 1) / (3 * minutes) * 5.0 - seen if grows else 5.0 - seen)
    assert time_to(70.0, 60.0, seen, np.full(len(taus), 0.1), taus).state == state


def test_a_level_beyond_its_limit_without_any_fault_is_at_it_and_an_unknown_one_unknown() -> None:
    assert time_to(70.0, 71.0, ramp(0.1), SPREADS, TAUS).state == "at the limit"
    assert time_to(70.0, float("nan"), ramp(0.1), SPREADS, TAUS).state == "unknown"
    assert time_to(70.0, 60.0, ramp(0.1), np.full(5, np.nan), TAUS).state == "unknown"


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
