"""A unit: why, and until when; measured beside expected for the tags that stand out most."""

from __future__ import annotations

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    HEALTH_FILL,
    MODE_LONG,
    SCORE_LINE,
    STATE_LONG,
    STATE_STRIP,
    UNKNOWN_TIME,
    Json,
    Names,
)
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    Figure,
    asked,
    choice,
    dashboard,
    field,
    figures,
    lines,
    notes_shown,
    repeated,
    strip,
    target,
)
from dashboards.grafana.parts import (
    HISTORY_S,
    LANGUAGE,
    TAG_CODE,
    age,
    measured,
    stations_choice,
    strip_interval,
    warning_marks,
)


def unit(names: Names) -> Json:
    """Why: measured beside expected for the tags that stand out most."""
    where, bucket = f"{ql.UNIT} AND {ql.WHOLE_UNIT}", names.bucket()
    known = f'{ql.episodes(ql.UNIT)} AND "open" = 1 AND "hours_low" >= 0'
    days = {"unit": "suffix: 天 d", "decimals": 1, "noValue": "无预测 none", "mappings": UNKNOWN_TIME}
    top = [
        Figure("状态 state", ql.worst(where, bucket), {"mappings": STATE_LONG, "noValue": "○ 无数据 no data"}),
        Figure("健康 health", ql.present("min", "health", where, bucket), {"thresholds": HEALTH_FILL}),
        Figure(
            "工况 mode", ql.present("last", "mode", where, bucket), {"mappings": MODE_LONG, "noValue": "○ 未知 unknown"}
        ),
        Figure("距限值最早 limit, earliest", f'SELECT min("hours_low") / 24 {known}', days),
        Figure("距限值最晚 limit, latest", f'SELECT min("hours_high") / 24 {known}', days),
        age(names, f"{ql.STATION} AND {ql.WHOLE_STATION}"),
    ]
    tag = f'{ql.UNIT} AND "tag" =~ /^$tag$/'
    most = (
        'SELECT top("s", $top), "tag" FROM (SELECT max("score") AS "s" FROM "tag" '
        f'WHERE {ql.UNIT} AND time > {ql.FROM} AND time <= {ql.TO} GROUP BY "tag")'
    )
    return dashboard(
        "wanbiao-unit",
        "腕表 3 · 机组 Unit",
        [
            figures("", (0, 0, 24, 3), top),
            strip(
                "部件状态 Component state",
                (0, 3, 24, 8),
                ql.states(f"{ql.UNIT} AND \"component\" != 'all'", "component"),
                STATE_STRIP,
                alias="$tag_component",
                interval=names.bucket(least_s=HISTORY_S),
                overrides=[
                    field(code, {"displayName": f"{name.zh} {name.en}"}) for code, name in names.components.items()
                ],
            ),
            strip(
                "工况 Operating mode",
                (0, 11, 24, 3),
                f'SELECT last("mode") FROM "health" WHERE {where} AND {ql.RANGE} GROUP BY time($__interval, {ql.TO}) fill(0)',
                MODE_LONG,
                alias="工况 mode",
                interval=strip_interval(names),
            ),
            repeated("tag", "测点 tag $tag", 14),
            measured(
                "$tag 实测与期望 measured and expected （灰带 = 正常范围 grey band = expected range）",
                (0, 15, 24, 8),
                "tag",
                tag,
            ),
            lines(
                "$tag 评分 score （1 = 预警线 warning limit）",
                (0, 23, 24, 4),
                [target(ql.over_time("max", "score", "tag", tag, fill="none"), alias="评分 score")],
                interval="5m",
                custom={
                    "gradientMode": "scheme",
                    "lineWidth": 2,
                    "fillOpacity": 12,
                    "spanNulls": 900_000,
                    "axisWidth": 92,
                    "thresholdsStyle": {"mode": "dashed"},
                    "axisSoftMax": 1.2,
                },
                defaults={
                    "color": BY_THRESHOLD,
                    "thresholds": SCORE_LINE,
                    "min": 0,
                    "decimals": 1,
                    "noValue": "停机或工况未知，不评判 not judged in this mode",
                },
            ),
        ],
        variables=[
            stations_choice(names),
            asked(
                "unit", "机组 unit", ql.values_of("unit", "health", f"{ql.STATION} AND \"unit\" != 'all'"), current="1"
            ),
            choice("top", "最突出测点 tags that stand out", [(n, n) for n in ("3", "6", "12", "500")]),
            asked("tag", "测点 tag", most, regex=TAG_CODE),
            LANGUAGE,
        ],
        annotations=[warning_marks(ql.UNIT), notes_shown("$station", "$unit")],
    )
