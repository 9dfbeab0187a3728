"""Parts that several dashboards share: the list of warnings, the age of the data, marks at warnings, measured beside expected."""

from __future__ import annotations

from typing import Final

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    GREY,
    LIFE,
    MUTED_ORANGE,
    ORANGE,
    PURPLE,
    STATE_LONG,
    UNKNOWN_TIME,
    VERMILLION,
    WAITING,
    WHOLE_STATION,
    Json,
    Names,
    from_one,
    mapped,
    steps,
)
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    FILLED,
    Figure,
    Place,
    answer,
    choice,
    field,
    fixed,
    lines,
    link,
    station_link,
    table,
    target,
    unit_link,
    warnings_shown,
)
from stations.plant import Text

HISTORY_S: Final = 180.0
"""Components and tags are stored once a minute; three times that is silence [s]."""
STATION_CODE = TAG_CODE = "/^[A-Za-z_]/"
"""Keeps the codes of what a query gives, and drops its numbers."""
UNIT_CODE: Final = "/^(?!\\d{6,}$).+/"
"""Of a query that gives large numbers beside units, which may be numbers too."""
ALL_TAGS: Final = "*"
HIDDEN: Final = {"legend": True, "tooltip": False, "viz": False}
LANGUAGE: Final = choice("lang", "语言 language", [("中文", "zh"), ("English", "en")])
WAITS: Final = f'"open" = 1 AND "transition" =~ /^({"|".join(WAITING)})$/'
DAYS: Final = {"unit": "suffix: d", "decimals": 1, "custom.align": "right", "mappings": UNKNOWN_TIME}
COLUMNS: Final = {
    "over": ("结束于 over", 140),
    "level": ("状态 state", 132),
    "station": ("电站 station", 190),
    "unit": ("机组 unit", 92),
    "component": ("部件 component", 190),
    "what": ("现象 what", None),
    "likely": ("可能 likely", 190),
    "first": ("先做 first", 220),
    "since": ("已持续 since", 105),
    "life": ("处理 life cycle", 165),
    "who": ("处理人 who", 95),
    "score": ("评分 score", 86),
    "low": ("距限值 最早 earliest", 96),
    "high": ("最晚 latest", 86),
    "id": ("编号 id", 120),
}
"""Title and width [pixels] of each column of a list, in their order."""
ON_THE_WALL: Final = ("level", "station", "unit", "what", "since", "low")


def listed(
    names: Names, title: str, place: Place, query: str, *, columns: tuple[str, ...] = (), roomy: bool = False
) -> Json:
    """A list of warnings, the worst and newest first."""
    wanted = columns or tuple(name for name in COLUMNS if name != "over")
    hidden = ["Time", "sort_key", "st", "un", *(name for name in COLUMNS if name not in wanted)]
    shown = [
        field(name, {"displayName": words} | ({"custom.width": width} if width else {}))
        for name, (words, width) in COLUMNS.items()
        if name in wanted
    ]
    looks: dict[str, Json] = {
        "over": {"unit": "dateTimeFromNow"},
        "level": {"mappings": STATE_LONG, "custom.cellOptions": FILLED, "color": BY_THRESHOLD},
        "station": {"mappings": names.station_map, "links": station_link("${__data.fields.st}")},
        "unit": {
            "mappings": mapped([(WHOLE_STATION, "全站 all", None)]),
            "links": unit_link("${__data.fields.st}", "${__data.fields.un}"),
        },
        "component": {"mappings": names.component_map},
        "since": {"unit": "s", "decimals": 1, "custom.align": "right"},
        "life": {"mappings": LIFE},
        "score": {"decimals": 2, "custom.align": "right"},
        "low": DAYS,
        "high": DAYS,
    }
    return table(
        title,
        place,
        [target(query, table=True)],
        overrides=[
            *(field(name, {"custom.hidden": True}) for name in hidden),
            *shown,
            *(field(name, properties) for name, properties in looks.items()),
            *(field(name, {"noValue": "—"}) for name in ("likely", "first", "who")),
        ],
        transformations=[{"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "sort_key", "desc": True}]}}],
        roomy=roomy,
    )


DETECTORS: Final = {
    "data-quality": Text("无有效值", "no good value"),
    "sensor-stuck": Text("卡死", "stuck"),
    "sensor-spikes": Text("尖峰", "spikes"),
    "sensor-step": Text("阶跃", "step"),
    "sensor-drift": Text("漂移", "drift"),
    "sensor-unit": Text("单位错误", "wrong unit"),
    "sensor-swap": Text("接线互换", "swapped"),
    "crew": Text("人工标记", "marked by the crew"),
    "maintenance": Text("检修", "maintenance"),
}
"""Why something is not watched, by the detector that is stored."""


def not_watched(names: Names, place: Place, where: str) -> Json:
    """A calm list of sensors that are out and of maintenance, the newest first: nothing that calls for anybody."""
    shown: dict[str, Json] = {
        "detector": {
            "displayName": "原因 why",
            "custom.width": 190,
            "mappings": mapped((code, f"{name.zh} {name.en}", None) for code, name in DETECTORS.items()),
        },
        "station": {
            "displayName": COLUMNS["station"][0],
            "custom.width": COLUMNS["station"][1],
            "mappings": names.station_map,
            "links": station_link("${__data.fields.st}"),
        },
        "unit": {
            "displayName": COLUMNS["unit"][0],
            "custom.width": COLUMNS["unit"][1],
            "links": unit_link("${__data.fields.st}", "${__data.fields.un}"),
        },
        "tag": {
            "displayName": "测点 tag",
            "custom.width": 150,
            "mappings": mapped([(ALL_TAGS, "整机或部件 unit or component", None)]),
        },
        "what": {"displayName": "说明 what"},
        "since": {"displayName": COLUMNS["since"][0], "unit": "s", "decimals": 1, "custom.width": 105},
        "until": {
            "displayName": "至 until",
            "unit": "dateTimeFromNow",
            "custom.width": 140,
            "mappings": UNKNOWN_TIME,
        },
    }
    return table(
        "不参与评估：传感器与检修 Not watched: sensors and maintenance",
        place,
        [target(ql.outages(where), table=True)],
        overrides=[
            *(field(name, {"custom.hidden": True}) for name in ("Time", "sort_key", "st", "un")),
            *(field(name, properties) for name, properties in shown.items()),
        ],
        transformations=[{"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "sort_key", "desc": True}]}}],
        empty="无 none",
    )


def counts(where: str = ql.EVERYWHERE) -> list[Figure]:
    """How many are open at each level."""
    return [
        Figure("■ 紧急 urgent", ql.open_at(5, where), {"thresholds": from_one(VERMILLION)}),
        Figure("▲ 预警 warning", ql.open_at(4, where), {"thresholds": from_one(ORANGE)}),
        Figure("◆ 关注 watch", ql.open_at(3, where), {"thresholds": from_one(MUTED_ORANGE)}),
    ]


def stations_choice(names: Names, *, many: bool = False) -> Json:
    """The variable ``station``."""
    return choice("station", "电站 station", [(names.station(code), code) for code in names.stations], many=many)


def worklist_link() -> list[Json]:
    """To the worklist."""
    return link("工单 worklist", "/d/wanbiao-worklist?${__url_time_range}")


def age(names: Names, where: str, *codes: str) -> Figure:
    """Age of the newest scan; purple when it should have been followed by others."""
    late_s = float(names.bucket(*codes).removesuffix("s"))
    shown = {"unit": "s", "thresholds": steps((None, GREY), (late_s, PURPLE))}
    return Figure("数据时龄 age", ql.age_s(where), shown)


def strip_interval(names: Names) -> str:
    """A bucket of a strip holds at least one scan of every station."""
    return names.bucket(least_s=120.0)


def warning_marks(where: str) -> Json:
    query = (
        'SELECT "text_${lang}" AS "text", "transition", "unit", "component" FROM "warning" '
        f"WHERE {where} AND {ql.IS_TOLD} AND $timeFilter"
    )
    return warnings_shown(query, "text", "transition,unit,component")


def measured(title: str, place: Place, source: str, where: str) -> Json:
    """Measured and expected over the band of what is normal; the legend has the unit of the tag, which is part of its series."""
    targets = [
        target(ql.over_time("mean", name, source, where, by=by, fill="none"), ref, alias=alias)
        for ref, name, by, alias in (
            ("A", "value", "uom", "实测 measured [$tag_uom]"),
            ("B", "expected", "uom", "期望 expected [$tag_uom]"),
            ("C", "low", "", "low"),
            ("D", "high", "", "high"),
        )
    ]
    return lines(
        title,
        place,
        targets,
        interval="5m",
        legend=True,
        tooltip="multi",
        custom={"spanNulls": 900_000, "axisWidth": 92},
        overrides=[
            field("low", {"custom.lineWidth": 0, "custom.hideFrom": HIDDEN}),
            field(
                "high",
                {
                    "custom.lineWidth": 0,
                    "custom.fillBelowTo": "low",
                    "custom.fillOpacity": 22,
                    "custom.hideFrom": HIDDEN,
                },
            ),
            answer("A", {"color": fixed("text"), "custom.lineWidth": 2}),
            answer("B", {"custom.lineStyle": {"fill": "dash", "dash": [6, 5]}}),
        ],
    )
