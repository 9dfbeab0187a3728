"""The worklist: what waits for somebody, what somebody has taken on, what is over, and what is not watched."""

from __future__ import annotations

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    ATTENDED,
    LIFE_STRIP,
    WAITING,
    Json,
    Names,
)
from dashboards.grafana.panels import (
    Figure,
    asked,
    choice,
    dashboard,
    figures,
    strip,
)
from dashboards.grafana.parts import (
    LANGUAGE,
    WAITS,
    counts,
    listed,
    not_watched,
    stations_choice,
)


def worklist(names: Names) -> Json:
    """What waits for somebody, what somebody has taken on, what is over."""
    waiting = f"{ql.episodes(ql.STATIONS)} AND {WAITS}"
    longest = f'SELECT (${{__to}} - min("onset_ms")) / 1000 {waiting}'
    top = [
        *counts(ql.STATIONS),
        Figure("未确认 not acknowledged", f'SELECT count("level") {waiting}', {}),
        Figure(
            "最久未确认 longest not acknowledged",
            longest,
            {"unit": "s", "decimals": 1},
        ),
    ]
    life = (
        f'SELECT last("transition") FROM "warning" WHERE "id" =~ /^($open)$/ AND {ql.RANGE} '
        f'GROUP BY time($__interval, {ql.TO}), "station", "unit", "component" fill(previous)'
    )
    life_choice = [(f"{name.zh} {name.en}", code) for code, name in (WAITING | ATTENDED).items()]
    return dashboard(
        "wanbiao-worklist",
        "腕表 4 · 工单 Worklist",
        [
            figures("", (0, 0, 24, 3), top),
            listed(
                names,
                "未关闭 Open （最严重最新在前 worst and newest first）",
                (0, 3, 24, 11),
                f'{ql.worklist(ql.STATIONS)} AND "transition" =~ /^($life)$/',
                roomy=True,
            ),
            strip(
                "未关闭预警的处理过程 What was done with the open warnings",
                (0, 14, 24, 8),
                life,
                LIFE_STRIP,
                alias="$tag_station $tag_unit $tag_component",
                interval="5m",
                empty="没有记录 no rows",
            ),
            listed(
                names,
                "已结束 Over （一周内 within a week）",
                (0, 22, 24, 8),
                ql.worklist(ql.STATIONS, is_over=True),
                columns=("over", "station", "unit", "component", "what", "likely", "life", "who", "id"),
            ),
            not_watched(names, (0, 30, 24, 8), ql.STATIONS),
        ],
        variables=[
            stations_choice(names, many=True),
            choice("life", "处理 life cycle", life_choice, many=True),
            LANGUAGE,
            asked(
                "open",
                "",
                f'SELECT "id", "level" {ql.episodes(ql.STATIONS)} AND "open" = 1',
                regex="/^[0-9a-f]{8}-/",
                hidden=True,
            ),
        ],
    )
