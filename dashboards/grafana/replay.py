"""Two runs of an incident side by side."""

from __future__ import annotations

from typing import Final

from dashboards.grafana import influxql as ql
from dashboards.grafana.look import (
    BLUE_LINE,
    SCORE_LIMIT,
    STATE_LONG,
    STATE_STRIP,
    Json,
    Names,
)
from dashboards.grafana.panels import (
    answer,
    asked,
    dashboard,
    field,
    fixed,
    lines,
    strip,
    table,
    target,
)
from dashboards.grafana.parts import (
    COLUMNS,
    LANGUAGE,
    measured,
)

RUNS: Final = ("a", "b")


def replay(names: Names) -> Json:
    """One run of an incident beside another: each is a bucket of its own (`wanbiao replay --bucket`)."""
    part = f"{ql.UNIT} AND \"component\" = '$component'"

    def firsts(run: str) -> str:
        columns = 'first("score") AS "score", "level", "onset_ms", "tag", "text_${lang}" AS "text"'
        by = '"unit", "component"'
        opened = f"{ql.STATION} AND \"transition\" = 'opened' AND $timeFilter"
        return f'SELECT {columns} FROM "$run_{run}"."autogen"."warning" WHERE {opened} GROUP BY {by}'

    tables = [
        table(
            f"{run.upper()} $run_{run}　首次预警 first warnings",
            (12 * i, 0, 12, 7),
            [target(firsts(run), table=True)],
            overrides=[
                field("Time", {"displayName": "首次预警 first warning", "custom.width": 170}),
                field("unit", {"displayName": COLUMNS["unit"][0], "custom.width": 80}),
                field("component", {"displayName": COLUMNS["component"][0], "mappings": names.component_map}),
                field("level", {"displayName": COLUMNS["level"][0], "mappings": STATE_LONG, "custom.width": 120}),
                field("score", {"displayName": COLUMNS["score"][0], "decimals": 2, "custom.width": 80}),
                field("onset_ms", {"displayName": "起始 onset", "unit": "dateTimeAsIso", "custom.width": 170}),
                field("tag", {"displayName": "首测点 first tag", "custom.width": 170}),
                field("text", {"displayName": "现象 what"}),
            ],
        )
        for i, run in enumerate(RUNS)
    ]
    looks = (
        {"color": fixed("text")},
        {"color": fixed(BLUE_LINE), "custom.lineStyle": {"fill": "dash", "dash": [8, 5]}},
    )
    scores = lines(
        "评分对比 Scores of both runs （1 = 预警线 warning limit）",
        (0, 7, 24, 9),
        [
            target(
                ql.over_time("max", "score", f"$run_{run}.health", part), run.upper(), alias=f"{run.upper()} $run_{run}"
            )
            for run in RUNS
        ],
        interval="2m",
        legend=True,
        tooltip="multi",
        custom={"lineWidth": 2, "axisLabel": "评分 score", "thresholdsStyle": {"mode": "dashed"}},
        defaults={"min": 0, "decimals": 2, "thresholds": SCORE_LIMIT},
        overrides=[answer(run.upper(), look) for run, look in zip(RUNS, looks, strict=True)],
    )
    states = [
        strip(
            f"{run.upper()} $run_{run}　部件状态 component state",
            (12 * i, 16, 12, 8),
            ql.states(f"{ql.UNIT} AND \"component\" != 'all'", "component", source=f"$run_{run}.health", fill="null"),
            STATE_STRIP,
            alias="$tag_component",
            interval="4m",
            overrides=[field(code, {"displayName": f"{name.zh} {name.en}"}) for code, name in names.components.items()],
        )
        for i, run in enumerate(RUNS)
    ]
    readings = [
        measured(
            f"{run.upper()} $run_{run}　$tag 实测与期望 measured and expected",
            (12 * i, 24, 12, 9),
            f"$run_{run}.tag",
            f"{ql.UNIT} AND \"tag\" = '$tag'",
        )
        for i, run in enumerate(RUNS)
    ]

    def values(tag: str, measurement: str, where: str = "") -> str:
        return ql.values_of(tag, measurement, where, database="$run_a")

    return dashboard(
        "wanbiao-replay",
        "腕表 7 · 事件回放 Replay",
        [*tables, scores, *states, *readings],
        variables=[
            *(asked(f"run_{r}", f"回放 run {r.upper()}", "SHOW DATABASES", current="pm_replay") for r in RUNS),
            asked("station", "电站 station", values("station", "health"), current=next(iter(names.stations))),
            asked("unit", "机组 unit", values("unit", "health", f"{ql.STATION} AND \"unit\" != 'all'"), current="1"),
            asked(
                "component",
                "部件 component",
                values("component", "health", f"{ql.UNIT} AND \"component\" != 'all'"),
                current="turbine",
            ),
            asked("tag", "测点 tag", values("tag", "tag", ql.UNIT), current="MKD10CT101"),
            LANGUAGE,
        ],
        refresh="",
    )
