"""A station: its units beside their components, which of them left normal, what is open."""

from __future__ import annotations

from typing import Final

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    CLEAR,
    HEALTH_FILL,
    HEALTH_LINE,
    KEY,
    ORANGE,
    PURPLE,
    STATE_CELL,
    STATE_LONG,
    STATE_STRIP,
    Json,
    Names,
    from_one,
    steps,
)
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    FILLED,
    Figure,
    asked,
    dashboard,
    field,
    fields_like,
    figures,
    lines,
    note,
    strip,
    table,
    target,
    unit_link,
)
from dashboards.grafana.parts import (
    COLUMNS,
    HISTORY_S,
    LANGUAGE,
    UNIT_CODE,
    age,
    listed,
    not_watched,
    stations_choice,
    strip_interval,
    warning_marks,
)

ROW: Final = "unit.component"
"""Name of the first column of the matrix; a component may be called unit too."""


def station(names: Names) -> Json:
    """Units beside components, and which of them left normal."""
    where, bucket = f"{ql.STATION} AND {ql.WHOLE_STATION}", names.bucket()

    def count(name: str) -> str:
        return ql.present("max", name, where, bucket)

    top = [
        Figure("状态 state", ql.worst(where, bucket), {"mappings": STATE_LONG, "noValue": "○ 无数据 no data"}),
        Figure("最差健康 worst health", ql.present("min", "health", where, bucket), {"thresholds": HEALTH_FILL}),
        Figure("预警机组 units in warning", count("units_warning"), {"thresholds": from_one(ORANGE)}),
        Figure("关注机组 units in watch", count("units_watch"), {}),
        Figure("缺数据机组 units without data", count("units_no_data"), {"thresholds": from_one(PURPLE)}),
        Figure("运行机组 units running", count("units_running"), {}),
        age(names, where),
    ]
    units = f"{ql.STATION} AND \"unit\" != 'all'"
    part_bucket = names.bucket(least_s=HISTORY_S)
    matrix = table(
        "机组 × 部件，现在 Units × components now （空 = 正常 blank = normal）",
        (0, 3, 16, 14),
        [
            target(
                f'SELECT last("s") AS "state" FROM (SELECT max("state") AS "s" FROM "health" WHERE {units} '
                f'AND time >= {ql.TO} - 3h AND time < {ql.TO} GROUP BY time({part_bucket}, {ql.TO}), "unit", "component" '
                'fill(2)) GROUP BY "unit", "component"',
                table=True,
            )
        ],
        overrides=[
            fields_like(
                f"^(?!{ROW}$).*",
                {
                    "mappings": STATE_CELL,
                    "custom.minWidth": 60,
                    "custom.cellOptions": FILLED,
                    "color": BY_THRESHOLD,
                    "thresholds": steps((None, CLEAR)),
                    "noValue": "○",
                },
            ),
            fields_like(
                f"^{ROW}$",
                {
                    "displayName": COLUMNS["unit"][0],
                    "custom.width": 90,
                    "links": unit_link("${station}", "${__value.raw}"),
                },
            ),
            field("all", {"displayName": "整机 whole unit"}),
            *(field(code, {"displayName": f"{name.zh} {name.en}"}) for code, name in names.components.items()),
        ],
        transformations=[
            {
                "id": "groupingToMatrix",
                "options": {
                    "columnField": "component",
                    "rowField": "unit",
                    "valueField": "state",
                    "emptyValue": "null",
                },
            }
        ],
        sort="整机 whole unit",
    )
    abnormal = (
        f'SELECT "unit", "s" + 100000 AS "s" FROM (SELECT max("state") AS "s" FROM "health" WHERE {units} '
        f'AND {ql.WHOLE_UNIT} AND time > {ql.FROM} AND time <= {ql.TO} GROUP BY "unit") WHERE "s" >= 1'
    )
    return dashboard(
        "wanbiao-station",
        "腕表 2 · 电站 Station",
        [
            figures("", (0, 0, 24, 3), top),
            matrix,
            lines(
                "机组健康 Unit health （低于 50 变色 coloured below 50）",
                (16, 3, 8, 14),
                [
                    target(
                        ql.over_time("min", "health", "health", f"{units} AND {ql.WHOLE_UNIT}", by="unit"),
                        alias="$tag_unit",
                    )
                ],
                interval=strip_interval(names),
                custom={"gradientMode": "scheme", "lineWidth": 1.5, "axisLabel": "健康 health, 0-100"},
                defaults={"color": BY_THRESHOLD, "thresholds": HEALTH_LINE, "min": 0, "max": 100, "decimals": 0},
            ),
            strip(
                "全站与曾异常的机组 The station, and the units that left normal in this range",
                (0, 17, 24, 7),
                ql.states(f'{ql.STATION} AND "unit" =~ /^(all|$abnormal)$/ AND {ql.WHOLE_UNIT}', "unit"),
                STATE_STRIP,
                alias="$tag_unit",
                interval=strip_interval(names),
                overrides=[
                    field("all", {"displayName": "全站 all"}),
                    fields_like(".*", {"links": unit_link("${station}", "${__field.labels.unit}")}),
                ],
            ),
            listed(
                names,
                "本站未关闭的早期预警 Open early warnings of this station",
                (0, 24, 24, 6),
                ql.worklist(ql.STATION),
                columns=("level", "unit", "component", "what", "likely", "first", "since", "life", "who", "low"),
            ),
            not_watched(names, (0, 30, 24, 6), ql.STATION),
            note(KEY, (0, 36, 24, 2)),
        ],
        # A farm of 222 units has few rows that matter. The other column of the variable is no unit.
        variables=[
            stations_choice(names),
            asked("abnormal", "", abnormal, regex=UNIT_CODE, hidden=True),
            LANGUAGE,
        ],
        annotations=[warning_marks(ql.STATION)],
    )
