"""Curves in memory: all of the last days, one each few hours before, and nothing of a unit that was not told of."""

from __future__ import annotations

import numpy as np
import pytest

from dashboards.board import trends as limits
from dashboards.board.trends import Trends
from tests.dashboards.board.plant import FLEET, trend
from tests.detectors.small import START_NS

HOUR_NS = 3600 * 10**9
FOREVER_S = 1e9


def test_a_curve_is_what_was_told() -> None:
    kept = Trends(FLEET)
    kept.take([trend(), trend(START_NS + HOUR_NS, units=(True, False, True), value=55.123456)])
    first = kept.trend("ABC", "1", "PAD1", FOREVER_S)
    assert first.time_ns == (START_NS, START_NS + HOUR_NS)
    assert first.value == (50.0, 55.123)
    assert (first.expected[0], first.low[0], first.high[0], first.score[0]) == (48.0, 46.0, 50.0, 1.0)
    assert kept.trend("ABC", "2", "PAD1", FOREVER_S).value == (50.0,)


@pytest.mark.parametrize(
    "place", [("XYZ", "1", "PAD1"), ("ABC", "9", "PAD1"), ("ABC", "1", "X"), ("ABC", "1", "POWER")]
)
def test_of_what_is_not_judged_there_is_none(place: tuple[str, str, str]) -> None:
    kept = Trends(FLEET)
    kept.take([trend()])
    assert kept.trend(*place, FOREVER_S).time_ns == ()


def test_what_is_not_known_is_a_gap() -> None:
    event = trend()
    event.value[0] = np.nan
    kept = Trends(FLEET)
    kept.take([event])
    assert kept.trend("ABC", "1", "PAD1", FOREVER_S).value == (None,)


def test_the_range_ends_with_the_newest() -> None:
    kept = Trends(FLEET)
    kept.take([trend(START_NS + hour * HOUR_NS) for hour in range(10)])
    assert kept.trend("ABC", "1", "PAD1", 3 * 3600.0).time_ns == tuple(START_NS + h * HOUR_NS for h in range(6, 10))


def test_older_trends_are_thinned_and_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECENT_MOST", 5)
    kept = Trends(FLEET)
    kept.take([trend(START_NS + hour * HOUR_NS) for hour in range(20)])
    hours = [(time_ns - START_NS) // HOUR_NS for time_ns in kept.trend("ABC", "1", "PAD1", FOREVER_S).time_ns]
    assert hours == [*range(0, 15, 2), *range(15, 20)]
    monkeypatch.setattr(limits, "POINTS_MOST", 4)
    told = kept.trend("ABC", "1", "PAD1", FOREVER_S).time_ns
    assert len(told) <= 4
    assert told[-1] == START_NS + 19 * HOUR_NS
