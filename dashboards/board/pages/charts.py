"""Options of ECharts for curves: plain data, so that nothing of it is ever HTML or script."""

from __future__ import annotations

from typing import Any, Final

from dashboards.board.replayed import MARKS, ReplayView
from dashboards.board.views import TagNow, Trend
from dashboards.board.words import in_language, say
from detectors.kpis import OfDay
from stations.local_time import moment, wall_ms

GREY, INK, BAND = "#8a9099", "#5b7fa6", "rgba(138,144,153,0.25)"
ORANGE, VERMILLION = "#E69F00", "#D55E00"
MARK_COLOURS: Final = {"first": "#0072B2", "alarm": VERMILLION, "event": GREY}
"""Blue is no state of a plant; the static alarm has the colour of an alarm."""
SHAPES: Final = {"first": "diamond", "alarm": "triangle", "event": "rect"}
AHEAD: Final = 0.45
"""Opacity of what is still to come."""
SHORT_NS: Final = 3 * 86_400 * 10**9
"""A replay that is shorter is told in hours, a longer one in days [ns]."""
REM: Final = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
"""The size of letters on the screen that shows it. Options whose key begins with a colon are scripts: this is the only one."""
FONTS: Final = "Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
SMALL: Final[dict[str, Any]] = {":fontSize": f"0.78*{REM}"}
AXIS: Final[dict[str, Any]] = {
    "axisLine": {"lineStyle": {"color": GREY}},
    "axisLabel": {"color": GREY, "hideOverlap": True, **SMALL},
    "splitLine": {"lineStyle": {"color": "rgba(138,144,153,0.18)"}},
}
TIMES: Final = {
    "year": "{yyyy}-{MM}-{dd}",
    "month": "{MM}-{dd}",
    "day": "{MM}-{dd}",
    "hour": "{HH}:{mm}",
    "minute": "{HH}:{mm}",
    "second": "{HH}:{mm}:{ss}",
}
"""Labels of an axis by what begins there: in figures, as everywhere on the pages, where ECharts would name months in English."""
HIDDEN: Final = {"show": False}
UNLABELLED: Final[dict[str, Any]] = {"axisLabel": HIDDEN, "axisTick": HIDDEN, "splitLine": HIDDEN}
QUIET: Final[dict[str, Any]] = {"type": "line", "showSymbol": False, "animation": False, "silent": True}


def trend_options(trend: Trend, tag: TagNow, language: str) -> dict[str, Any]:
    """Value, expectation and band of a tag above its score, over time."""
    times = _ms(trend.time_ns)
    band = [
        None if low is None or high is None else high - low for low, high in zip(trend.low, trend.high, strict=True)
    ]

    def line(name: str, values: Any, **more: Any) -> dict[str, Any]:
        return {"name": name, **QUIET, "data": [list(pair) for pair in zip(times, values, strict=True)], **more}

    limits = [
        {"yAxis": limit, "name": say("limit", language)}
        for limit in (tag.alarm_low, tag.alarm_high)
        if limit is not None and _is_near(limit, trend)
    ]
    marks = {"silent": True, "symbol": "none", "animation": False, "label": {"show": False}}
    return {
        "animation": False,
        "useUTC": True,  # the times are those of the wall already: a browser elsewhere shows the same
        "textStyle": {"fontFamily": FONTS},
        "title": {
            "text": in_language(tag.name, language),
            "subtext": f"{tag.code}  {tag.uom}".strip(),
            "left": 4,
            "top": 2,
        }
        | {
            "textStyle": {"color": GREY, ":fontSize": f"0.9*{REM}", "fontWeight": 600},
            "subtextStyle": {"color": GREY, **SMALL},
            "itemGap": 4,
        },
        "tooltip": {"trigger": "axis", "renderMode": "richText", "axisPointer": {"animation": False}},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "grid": [
            {":left": f"3.6*{REM}", ":right": REM, ":top": f"3.3*{REM}", "height": "47%"},
            {":left": f"3.6*{REM}", ":right": REM, ":bottom": f"1.6*{REM}", "height": "15%"},
        ],
        "xAxis": [
            {
                "type": "time",
                "gridIndex": 0,
                **AXIS,
                "axisLabel": {"show": False},
                "axisTick": {"show": False},
                "splitLine": {"show": False},
            },
            {"type": "time", "gridIndex": 1, **AXIS, "splitLine": {"show": False}}
            | {"axisLabel": {**AXIS["axisLabel"], "formatter": TIMES}},
        ],
        "yAxis": [
            {"type": "value", "gridIndex": 0, "scale": True, **AXIS, "splitNumber": 3},
            {"type": "value", "gridIndex": 1, "min": 0, "splitNumber": 1, **AXIS},
        ],
        "series": [
            line(
                "low", trend.low, stack="band", lineStyle={"opacity": 0}, tooltip={"show": False}, stackStrategy="all"
            ),
            line(
                say("band", language),
                band,
                stack="band",
                stackStrategy="all",
                lineStyle={"opacity": 0},
                areaStyle={"color": BAND},
                tooltip={"show": False},
            ),
            line(say("expected", language), trend.expected, lineStyle={"color": GREY, "type": "dashed", "width": 1.2})
            | {"itemStyle": {"color": GREY}},
            line(say("value", language), trend.value, lineStyle={"color": INK, "width": 1.8})
            | {"itemStyle": {"color": INK}}
            | {"markLine": marks | {"lineStyle": {"color": VERMILLION, "type": "solid"}, "data": limits}},
            line(
                say("score", language), trend.score, xAxisIndex=1, yAxisIndex=1, lineStyle={"color": GREY, "width": 1.2}
            )
            | {"areaStyle": {"color": BAND}, "itemStyle": {"color": GREY}}
            | {"markLine": marks | {"lineStyle": {"color": ORANGE, "type": "solid"}, "data": [{"yAxis": 1}]}},
        ],
    }


def _is_near(limit: float, trend: Trend) -> bool:
    """Whether a limit can be shown without pressing the curve flat: within three times its own height."""
    known = [one for values in (trend.value, trend.low, trend.high) for one in values if one is not None]
    if not known:
        return False
    low, high = min(known), max(known)
    return low - 2 * (high - low) <= limit <= high + 2 * (high - low)


def days_options(days: tuple[OfDay, ...], language: str) -> dict[str, Any]:
    """Warnings of each day as bars."""
    return {
        "animation": False,
        "grid": {":left": f"3*{REM}", ":right": REM, ":top": REM, ":bottom": f"2*{REM}"},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "category", "data": [day.day for day in days], **AXIS},
        "yAxis": {"type": "value", "minInterval": 1, **AXIS},
        "series": [
            {
                "type": "bar",
                "name": say("per_day", language),
                "data": [day.count for day in days],
                "itemStyle": {"color": GREY},
                "barMaxWidth": 28,
                "animation": False,
            }
        ],
    }


def timeline_options(view: ReplayView, language: str) -> dict[str, Any]:
    """A lane for each mark above the score, over all of a replay; a dash = not known, or none; what was played is shaded."""
    names = {kind: say(f"mark_{kind}", language) for kind in MARKS}
    lanes = [name if kind in view.marks else f"{name}  –" for kind, name in names.items()]
    is_short = view.end_ns - view.start_ns < SHORT_NS
    middle_ns = (view.start_ns + view.end_ns) // 2
    last_ns = view.now_ns if view.verdict is None else view.verdict.until_ns
    points, lines = [], []
    for kind, time_ns in view.marks.items():
        ahead = {"opacity": AHEAD if time_ns > last_ns else 1.0}
        at_ms, colour = wall_ms(time_ns), MARK_COLOURS[kind]
        label = {"show": True, "formatter": moment(time_ns), "color": GREY, "opacity": 1.0, **SMALL}
        label["position"] = "left" if time_ns > middle_ns else "right"
        points.append(
            {"value": [at_ms, names[kind]], "symbol": SHAPES[kind], "label": label}
            | {"itemStyle": {"color": colour, **ahead}}
        )
        lines.append({"xAxis": at_ms, "lineStyle": {"color": colour, "type": "solid", "width": 1.5, **ahead}})
    span: dict[str, Any] = {"type": "time", "min": wall_ms(view.start_ns), "max": wall_ms(view.end_ns)}
    labels = {"axisLabel": {**AXIS["axisLabel"], "formatter": "{HH}:{mm}" if is_short else "{MM}-{dd}"}}
    played = [[{"xAxis": wall_ms(view.start_ns)}, {"xAxis": wall_ms(last_ns)}]]
    shade = {"silent": True, "animation": False, "itemStyle": {"color": "rgba(138,144,153,0.12)"}}
    place = f"{view.station} {view.unit}".strip() or say("all_places", language)
    top = max((score for score in view.trace if score is not None), default=0.0)
    return {
        "animation": False,
        "useUTC": True,  # the times are those of the wall already: a browser elsewhere shows the same
        "textStyle": {"fontFamily": FONTS},
        "title": {
            "text": say("score_of", language, place=place),
            "left": 4,
            ":top": f"6.9*{REM}",
            "textStyle": {"color": GREY, ":fontSize": f"0.85*{REM}", "fontWeight": 600},
        },
        "tooltip": {"trigger": "item", "renderMode": "richText"},
        "grid": [
            {":left": f"6.2*{REM}", ":right": f"1.6*{REM}", ":top": f"0.4*{REM}", ":height": f"5.4*{REM}"},
            {":left": f"6.2*{REM}", ":right": f"1.6*{REM}", ":top": f"8.9*{REM}", ":bottom": f"1.9*{REM}"},
        ],
        "xAxis": [
            {**span, "gridIndex": 0, **AXIS, **UNLABELLED},
            {**span, "gridIndex": 1, **AXIS, "splitLine": HIDDEN, **labels},
        ],
        "yAxis": [
            {"type": "category", "inverse": True, "data": lanes, "gridIndex": 0, **AXIS, "splitLine": {"show": True}},
            {
                "type": "value",
                "gridIndex": 1,
                "min": 0,
                "max": max(2, round(1.1 * top + 0.5)),
                **AXIS,
                "splitNumber": 3,
            },
        ],
        "series": [
            {"type": "scatter", "symbolSize": 14, "animation": False, "data": points}
            | {"markArea": shade | {"data": played}},
            {
                **QUIET,
                "xAxisIndex": 1,
                "yAxisIndex": 1,
                "data": [list(pair) for pair in zip(_ms(view.trace_ns), view.trace, strict=True)],
                "lineStyle": {"color": INK, "width": 1.5},
                "itemStyle": {"color": INK},
                "markArea": shade | {"data": played},
                "markLine": {"silent": True, "symbol": "none", "animation": False, "label": HIDDEN}
                | {"data": [{"yAxis": 1, "lineStyle": {"color": ORANGE, "type": "dashed"}}, *lines]},
            },
        ],
    }


def _ms(times_ns: tuple[int, ...]) -> list[int]:
    return [wall_ms(time_ns) for time_ns in times_ns]
