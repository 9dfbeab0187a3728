"""What warnings cost those who read them, beside the usual bounds (EEMUA 191, ISA-18.2)."""

from __future__ import annotations

from typing import Final

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    GREY,
    GREY_LINE,
    LIGHT_LINE,
    ORANGE,
    ORANGE_LINE,
    VERMILLION,
    VERMILLION_LINE,
    Json,
    Names,
    steps,
)
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    Figure,
    answer,
    dashboard,
    field,
    figures,
    fixed,
    lines,
    panel,
    table,
    target,
)
from dashboards.grafana.parts import (
    COLUMNS,
    WAITS,
    stations_choice,
)

DAYS: Final = f"(${{__to}} - ${{__from}}) / {ql.DAY_MS}"
"""Of the range that is shown."""
CHATTERING: Final = ql.came_again("opened|reopened", 60_000, ql.STATIONS)
"""Three openings within a minute ..."""
RETURNING: Final = ql.came_again("reopened", ql.DAY_MS, ql.STATIONS)
"""... and three reopenings within a day."""


def desks(names: Names) -> Json:
    """The load of each station's desk, since its people read only their own: the same figures, side by side."""
    all_told = ql.told(ql.STATIONS)
    slots = f'(SELECT sum("n") AS "n" FROM {all_told} WHERE $timeFilter GROUP BY time(10m), "station" fill(none))'
    columns = {
        "per_day": (f'SELECT sum("n") / ({DAYS}) AS "per_day" FROM {all_told}', "每天 per day", 1),
        "most": (f'SELECT max("n") AS "most" FROM {slots}', "峰值 peak / 10 min", 0),
        "chattering": (f'SELECT count("n") AS "chattering" FROM {CHATTERING}', "抖动 chattering", 0),
        "returning": (f'SELECT count("n") AS "returning" FROM {RETURNING}', "反复 returning", 0),
        "waiting": (
            f'SELECT count("level") AS "waiting" {ql.episodes(ql.STATIONS)} AND {WAITS}',
            "未确认 not acknowledged",
            0,
        ),
        "open": (f'SELECT sum("open") AS "open" {ql.episodes(ql.STATIONS)}', "未关闭 open now", 0),
    }
    return table(
        "每个电站值班台 The desk of each station",
        (0, 21, 24, 12),
        [
            target(f'{query} GROUP BY "station"', ref, table=True)
            for ref, (query, _, _) in zip("ABCDEF", columns.values(), strict=True)
        ],
        overrides=[
            field("station", {"displayName": COLUMNS["station"][0], "mappings": names.station_map}),
            *(
                field(name, {"displayName": words, "decimals": decimals, "custom.align": "right", "noValue": "0"})
                for name, (_, words, decimals) in columns.items()
            ),
        ],
        # Each query has a time of its own, which would keep the rows of one station apart.
        transformations=[
            {"id": "organize", "options": {"excludeByName": {"Time": True}}},
            {"id": "merge", "options": {}},
        ],
        sort=columns["per_day"][1],
    )


def alarm_load(names: Names, *, zone: str) -> Json:
    """Counted from the warnings themselves: nothing else need run, and a restart forgets nothing."""
    all_told = ql.told(ql.STATIONS)
    slots = f'(SELECT sum("n") AS "n" FROM {all_told} WHERE $timeFilter GROUP BY time(10m) fill(0))'
    is_stale = f'{WAITS} AND "onset_ms" < ${{__to}} - {ql.DAY_MS}'

    def bound(most: float, *, worse: float | None = None) -> Json:
        return {"thresholds": steps((None, GREY), (most, ORANGE), *(((worse, VERMILLION),) if worse else ()))}

    top = [
        Figure(
            "每天 per day ≤ 150", f'SELECT sum("n") / ({DAYS}) FROM {all_told}', bound(150, worse=300) | {"decimals": 1}
        ),
        Figure("平均 mean / 10 min ≤ 1", f'SELECT mean("n") FROM {slots}', bound(1, worse=2) | {"decimals": 2}),
        Figure("峰值 peak / 10 min ≤ 10", f'SELECT max("n") FROM {slots}', bound(11)),
        Figure(
            "泛滥 in flood < 1 %",
            f'SELECT 100 * 600000 * count("n") / (${{__to}} - ${{__from}}) FROM {slots} WHERE "n" > 10',
            bound(1) | {"decimals": 1, "unit": "percent"},
        ),
        Figure("抖动 chattering = 0", f'SELECT count("n") FROM {CHATTERING}', bound(1) | {"noValue": "0"}),
        Figure("反复 returning = 0", f'SELECT count("n") FROM {RETURNING}', bound(1) | {"noValue": "0"}),
        Figure("陈旧 stale > 24 h < 5", f'SELECT count("level") {ql.episodes(ql.STATIONS)} AND {is_stale}', bound(5)),
        Figure("未关闭 open now", f'SELECT sum("open") {ql.episodes(ql.STATIONS)}', {}),
    ]
    columns = ", ".join(f'sum("{name}") AS "{name}"' for name in ql.LEVELS.values())
    per_day = f"SELECT {columns} FROM {all_told} WHERE $timeFilter GROUP BY time(1d) fill(0) tz('{zone}')"
    levels = {
        "watch": ("◆ 关注 watch", LIGHT_LINE, None),
        "warning": ("▲ 预警 warning", ORANGE_LINE, 20),
        "urgent": ("■ 紧急 urgent", VERMILLION_LINE, 5),
    }
    return dashboard(
        "wanbiao-load",
        "腕表 5 · 预警负荷 Alarm load",
        [
            figures("", (0, 0, 24, 4), top, sizes=(14, 32)),
            panel(
                "barchart",
                "每天预警，按级别 Warnings per day by level",
                (0, 4, 14, 11),
                [target(per_day, table=True)],
                options={
                    "xField": "Time",
                    "stacking": "normal",
                    "orientation": "vertical",
                    "showValue": "never",
                    "barWidth": 0.62,
                    "groupWidth": 0.7,
                    "xTickLabelSpacing": 100,
                    "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
                    "tooltip": {"mode": "multi", "sort": "none"},
                },
                defaults={
                    "decimals": 0,
                    "noValue": "",
                    "color": fixed(GREY_LINE),
                    "custom": {
                        "fillOpacity": 90,
                        "lineWidth": 0,
                        "axisLabel": "条/天 per day",
                        "axisBorderShow": False,
                    },
                },
                overrides=[
                    field("Time", {"unit": "time:MM-DD"}),
                    *(
                        field(name, {"displayName": words, "color": fixed(colour)})
                        for name, (words, colour, _) in levels.items()
                    ),
                ],
            ),
            panel(
                "bargauge",
                "级别占比 Shares of the levels （目标 target 80 / 15 / 5 %）",
                (14, 4, 10, 5),
                [
                    target(f'SELECT 100 * sum("{name}") / sum("n") FROM {all_told}', ref, alias=levels[name][0])
                    for ref, name in zip("ABC", levels, strict=True)
                ],
                options={
                    "displayMode": "basic",
                    "orientation": "horizontal",
                    "valueMode": "color",
                    "showUnfilled": True,
                    "namePlacement": "left",
                    "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
                },
                defaults={"unit": "percent", "decimals": 0, "min": 0, "max": 100, "color": BY_THRESHOLD},
                overrides=[
                    answer(ref, {"thresholds": steps((None, LIGHT_LINE), *(((most, ORANGE_LINE),) if most else ()))})
                    for ref, (_, _, most) in zip("ABC", levels.values(), strict=True)
                ],
            ),
            table(
                "最频繁的十个部件 The ten components that warn most",
                (14, 9, 10, 12),
                [
                    target(
                        'SELECT top("n", 10) AS "n", "station", "unit", "component" FROM '
                        f'(SELECT sum("n") AS "n" FROM {all_told} GROUP BY "station", "unit", "component")',
                        table=True,
                    )
                ],
                overrides=[
                    field("Time", {"custom.hidden": True}),
                    field("station", {"displayName": COLUMNS["station"][0], "mappings": names.station_map}),
                    field("unit", {"displayName": COLUMNS["unit"][0], "custom.width": 90}),
                    field("component", {"displayName": COLUMNS["component"][0], "mappings": names.component_map}),
                    field("n", {"displayName": "次数 count", "decimals": 0, "custom.width": 110}),
                ],
                sort="次数 count",
            ),
            lines(
                "十分钟内预警数 Warnings in ten minutes",
                (0, 15, 14, 6),
                [target(f'SELECT sum("n") FROM {all_told} WHERE $timeFilter GROUP BY time(10m) fill(0)', alias="n")],
                interval="10m",
                custom={"drawStyle": "bars", "fillOpacity": 80, "lineWidth": 0, "thresholdsStyle": {"mode": "dashed"}},
                defaults={"min": 0, "decimals": 0, "thresholds": steps((None, "transparent"), (10, ORANGE_LINE))},
            ),
            desks(names),
        ],
        variables=[stations_choice(names, many=True)],
        since="now-14d",
        refresh="1m",
    )
