"""Options of curves: times of the wall in the zone that the page names, dates in figures in either language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboards.board.pages.charts import trend_options
from dashboards.board.views import TagNow, Trend
from dashboards.board.words import Count, say
from stations.local_time import in_zone
from stations.plant import Text

NEW_YEAR_NS = 1_767_225_600 * 10**9
TAG = TagNow("T1", Text("瓦温", "pad"), "°C", "bearing", 60.0, 58.0, 55.0, 61.0, 0.5, None, 70.0)
TREND = Trend("T1", (NEW_YEAR_NS,), (60.0,), (58.0,), (55.0,), (61.0,), (0.5,))


def times(options: dict[str, Any]) -> set[int]:
    return {pair[0] for series in options["series"] for pair in series["data"]}


def test_curves_run_over_the_clock_on_the_wall() -> None:
    assert times(trend_options(TREND, TAG, "zh")) == {NEW_YEAR_NS // 10**6}
    with in_zone("Asia/Shanghai"):
        options = trend_options(TREND, TAG, "zh")
    assert times(options) == {NEW_YEAR_NS // 10**6 + 8 * 3_600_000}
    assert options["useUTC"]  # or a browser in another zone would move them again


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_axis_names_no_month(language: str) -> None:
    """ECharts has names of months in one language for all of a browser; a figure is read in both."""
    shown = [
        axis for axis in trend_options(TREND, TAG, language)["xAxis"] if axis["axisLabel"].get("show") is not False
    ]
    assert [set(axis["axisLabel"]["formatter"]) for axis in shown] == [
        {"year", "month", "day", "hour", "minute", "second"}
    ]
    formats = json.dumps([axis["axisLabel"]["formatter"] for axis in shown])
    assert "MMM" not in formats
    assert "{MM}-{dd}" in formats


def test_one_station_is_no_stations() -> None:
    assert say("stations_units", "en", stations=Count(1), units=Count(32)) == "1 station, 32 units"
    assert say("stations_units", "zh", stations=Count(1), units=Count(32)) == "1 座电站，32 台机组"
