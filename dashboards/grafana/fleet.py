"""The wall: one glance over all stations, and the list of what is open."""

from __future__ import annotations

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    HEALTH_FILL,
    KEY,
    ORANGE,
    SCORE_LINE,
    STATE_SHORT,
    STATE_STRIP,
    Json,
    Names,
    from_one,
)
from dashboards.grafana.panels import (
    BY_THRESHOLD,
    Figure,
    asked,
    dashboard,
    field,
    fields_like,
    figures,
    note,
    station_link,
    strip,
    table,
    target,
)
from dashboards.grafana.parts import (
    COLUMNS,
    LANGUAGE,
    ON_THE_WALL,
    STATION_CODE,
    age,
    counts,
    listed,
    strip_interval,
    worklist_link,
)

TILE_WIDTH, TILE_HEIGHT, ACROSS = 3, 5, 8
"""Of a tile, in cells, and how many stand in a row."""


def fleet(names: Names) -> Json:
    """One glance over all stations; 24 by 28 cells are 1920 by 1080 pixels."""
    tiles = [_tile(names, code, number) for number, code in enumerate(names.stations)]
    rows = -(-len(tiles) // ACROSS)
    left = TILE_WIDTH * (len(tiles) % ACROSS)
    is_new_row = not 0 < left <= 24 - 2 * TILE_WIDTH
    x, y = (0, rows * TILE_HEIGHT) if is_new_row else (left, (rows - 1) * TILE_HEIGHT)
    below = y + TILE_HEIGHT
    running = (
        f'SELECT sum("n") FROM (SELECT last("units_running") AS "n" FROM "health" WHERE {ql.WHOLE_STATION} '
        f'AND {ql.since(names.bucket())} GROUP BY "station")'
    )
    now = figures(
        "全网现在 Fleet now",
        (x, y, 24 - x, TILE_HEIGHT),
        [*counts(), Figure("运行机组 units running", running, {})],
        sizes=(14, 30),
        links=worklist_link(),
    )
    order = {"Time": 0, **{code: place for place, code in enumerate(names.stations, 1)}}
    states = strip(
        "各站最差状态 Worst state of each station",
        (0, below, 12, 16),
        ql.states(ql.WHOLE_STATION, "station"),
        STATE_STRIP,
        alias="$tag_station",
        interval=strip_interval(names),
        overrides=[
            *(field(code, {"displayName": names.station(code)}) for code in names.stations),
            fields_like(".*", {"links": station_link("${__field.labels.station}")}),
        ],
        transformations=[
            {"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}},
            {"id": "organize", "options": {"indexByName": order, "excludeByName": {}, "renameByName": {}}},
        ],
    )
    rising = (
        f'SELECT "station", "s" FROM (SELECT max("score") AS "s" FROM "health" WHERE {ql.WHOLE_STATION} '
        f'AND {ql.since("1h")} GROUP BY "station") WHERE "s" >= 0.5'
    )
    worse = table(
        "在变坏吗？评分高于 0.5 的电站 Getting worse? Stations scoring above 0.5 （1 = 预警线 limit）",
        (12, below + 10, 12, 6),
        [
            target(
                f'SELECT max("score") FROM "health" WHERE {ql.WHOLE_STATION} AND "station" =~ /^($rising)$/ '
                f'AND {ql.RANGE} GROUP BY time(10m, {ql.TO}), "station" fill(null)'
            )
        ],
        overrides=[
            field(
                "station",
                {
                    "displayName": COLUMNS["station"][0],
                    "mappings": names.station_map,
                    "custom.width": 190,
                    "links": station_link("${__value.raw}"),
                },
            ),
            fields_like(
                "^Trend.*",
                {
                    "displayName": "24 h",
                    "decimals": 2,
                    "min": 0,
                    "max": 2.5,
                    "custom.cellOptions": {
                        "type": "sparkline",
                        "lineWidth": 2,
                        "fillOpacity": 12,
                        "hideValue": False,
                        "gradientMode": "scheme",
                        "showPoints": "never",
                        "spanNulls": False,
                    },
                    "color": BY_THRESHOLD,
                    "thresholds": SCORE_LINE,
                },
            ),
        ],
        transformations=[{"id": "timeSeriesTable", "options": {"A": {"stat": "last", "timeField": "Time"}}}],
        sort="24 h",
        empty="没有高于 0.5 的评分 no score above 0.5",
    )
    return dashboard(
        "wanbiao-fleet",
        "腕表 1 · 全景墙 Fleet wall",
        [
            *tiles,
            now,
            states,
            listed(
                names,
                "未关闭的早期预警，最严重最新在前 Open early warnings, worst and newest first",
                (12, below, 12, 10),
                ql.worklist(ql.EVERYWHERE),
                columns=ON_THE_WALL,
                roomy=True,
            ),
            worse,
            note(KEY, (0, below + 16, 24, 2)),
        ],
        variables=[LANGUAGE, asked("rising", "", rising, regex=STATION_CODE, hidden=True)],
        refresh="10s",
    )


def _tile(names: Names, code: str, number: int) -> Json:
    """One station: worst state, worst health, units in warning, age of its data."""
    row, column = divmod(number, ACROSS)
    where, bucket = f"\"station\" = '{code}' AND {ql.WHOLE_STATION}", names.bucket(code)
    return figures(
        names.station(code),
        (column * TILE_WIDTH, row * TILE_HEIGHT, TILE_WIDTH, TILE_HEIGHT),
        [
            Figure("状态 state", ql.worst(where, bucket), {"mappings": STATE_SHORT, "noValue": "○ 无数据"}),
            Figure("最差健康 worst", ql.present("min", "health", where, bucket), {"thresholds": HEALTH_FILL}),
            Figure(
                "预警机组 units", ql.present("max", "units_warning", where, bucket), {"thresholds": from_one(ORANGE)}
            ),
            age(names, where, code),
        ],
        sizes=(12, 21),
        links=station_link(code),
        upright=False,
    )
