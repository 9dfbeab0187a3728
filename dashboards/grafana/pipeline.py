"""The pipeline: does every station send, and do the workers keep up?"""

from __future__ import annotations

from typing import Final

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import GREY, ORANGE, PURPLE, STATE_CELL, Json, Names, steps
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    FILLED,
    Figure,
    dashboard,
    field,
    figures,
    lines,
    station_link,
    strip,
    table,
    target,
)
from dashboards.grafana.parts import COLUMNS, strip_interval

LATE_S = 60
"""A board must say within so long that a part of the pipeline is dead [s]; silence of three minutes is purple."""
LAG_MOST = 100
"""Messages; more are some minutes of a fleet [-]."""
PALETTE: Final = {"mode": "palette-classic"}
OF_WORKERS: Final[tuple[tuple[str, str, str, Json], ...]] = (
    ("积压 Lag of each worker", "max", "lag", {"decimals": 0}),
    ("死信 Dead letters of each worker", "sum", "dead_letters", {"decimals": 0}),
    ("未存盘时间 Not in a checkpoint", "max", "uncovered_s", {"unit": "s"}),
)
"""Title, function and field of the charts of what workers tell of themselves."""
AGE_COLOURS = steps((None, "transparent"), (LATE_S, ORANGE), (3 * LATE_S, PURPLE))


def pipeline(names: Names) -> Json:
    """Ages and gaps of every station, from the points that each scan leaves; what the workers tell of themselves each minute."""
    by_station = f'FROM "health" WHERE {ql.WHOLE_STATION} AND'
    ages = (
        f'(SELECT floor((${{__to}} - last("event_ms")) / 1000) AS "age" {by_station} {ql.since("30d")} '
        'GROUP BY "station")'
    )
    per_minute = f'(SELECT count("state") / 5 AS "n" {by_station} {ql.since("5m")} GROUP BY "station")'
    figures_now = [
        Figure(
            "最旧扫描 oldest scan",
            f'SELECT max("age") FROM {ages}',
            {"unit": "s", "thresholds": steps((None, GREY), (LATE_S, ORANGE), (3 * LATE_S, PURPLE))},
        ),
        Figure("有数据电站 stations heard of", f'SELECT count("age") FROM {ages}', {}),
        Figure("扫描 scans / min", f'SELECT sum("n") FROM {per_minute}', {"decimals": 1}),
        Figure(
            "积压 lag, messages",
            f'SELECT sum("n") FROM (SELECT last("lag") AS "n" FROM "pipeline" WHERE {ql.since("5m")} GROUP BY "worker")',
            {"thresholds": steps((None, GREY), (LAG_MOST, ORANGE))},
        ),
        Figure("死信 dead letters", 'SELECT sum("dead_letters") FROM "pipeline" WHERE $timeFilter', {}),
        Figure(
            "未存盘 not in a checkpoint",
            f'SELECT max("uncovered_s") FROM "pipeline" WHERE {ql.since("2m")}',
            {"unit": "s", "thresholds": steps((None, GREY), (LATE_S, ORANGE))},
        ),
    ]

    def of_workers(function: str, name: str) -> list[Json]:
        by_worker = ql.over_time(function, name, "pipeline", "\"station\" = 'all'", by="worker", fill="none")
        return [target(by_worker, alias="$tag_worker")]

    return dashboard(
        "wanbiao-pipeline",
        "腕表 6 · 数据管道 Pipeline",
        [
            figures("", (0, 0, 24, 3), figures_now),
            table(
                "各站 By station",
                (0, 3, 9, 15),
                [
                    target(f'SELECT "age", "station" FROM {ages}', table=True),
                ],
                overrides=[
                    field("Time", {"custom.hidden": True}),
                    field(
                        "station",
                        {
                            "displayName": COLUMNS["station"][0],
                            "mappings": names.station_map,
                            "links": station_link("${__value.raw}"),
                        },
                    ),
                    field(
                        "age",
                        {
                            "displayName": "时龄 age",
                            "unit": "s",
                            "custom.align": "right",
                            "thresholds": AGE_COLOURS,
                            "color": BY_THRESHOLD,
                            "custom.cellOptions": FILLED,
                        },
                    ),
                ],
                sort="时龄 age",
            ),
            strip(
                "数据到达 Data arriving （紫 = 无扫描 purple = no scan）",
                (9, 3, 15, 15),
                ql.states(ql.WHOLE_STATION, "station"),
                STATE_CELL,
                alias="$tag_station",
                interval=strip_interval(names),
                overrides=[field(code, {"displayName": names.station(code)}) for code in names.stations],
            ),
            lines(
                "扫描速率 Scans in a bucket",
                (0, 18, 24, 7),
                [
                    target(
                        ql.over_time("count", "state", "health", ql.WHOLE_STATION, by="station", fill="0"),
                        alias="$tag_station",
                    )
                ],
                interval=strip_interval(names),
                legend=True,
                tooltip="multi",
                defaults={"min": 0, "decimals": 0, "color": PALETTE},
            ),
            *(
                lines(
                    title,
                    (8 * i, 25, 8, 7),
                    of_workers(function, name),
                    interval="1m",
                    legend=True,
                    custom={"lineWidth": 2},
                    defaults={"min": 0, "color": PALETTE} | shown,
                )
                for i, (title, function, name, shown) in enumerate(OF_WORKERS)
            ),
        ],
    )
