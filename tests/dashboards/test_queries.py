"""Every query of every dashboard against a real InfluxDB that holds a real run: each has rows, and they are right."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from connectors import influx
from dashboards.grafana import check
from dashboards.grafana.build import build
from detectors.alarm_load import AlarmLoad
from detectors.events import ENDS, LEVELS, TELLS, DataQuality, EarlyWarning
from detectors.outages import ALL_TAGS, MAINTENANCE, Outages, units_of
from streams.points import PointEncoder
from tests.dashboards import recorded
from tests.services.influx import InfluxServer
from tests.streams.test_warning_points import WARNING

pytestmark = pytest.mark.integration

BOARDS = build(recorded.FLEET)


class Database:
    """Asks as Grafana would."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.given = {"run_a": name, "run_b": name}

    def ask(self, query: str) -> list[dict[str, Any]]:
        return influx.query(self.url, token="", database=self.name, influxql=query)

    def values(self, uid: str, place: str, now_ms: int = recorded.NOW_MS, **variables: str) -> list[dict[str, Any]]:
        """Rows of one query of a dashboard."""
        board = BOARDS[uid]
        (query,) = (one for one in check.queries(board) if one.place == place)
        return self.ask(check.filled(query, board, {"station": "YXK", "unit": "1", "lang": "zh"} | variables, now_ms))


@pytest.fixture(scope="module")
def database(influx_server: InfluxServer) -> Database:
    for name in ("boards", "boards_empty"):
        influx_server.create_database(name)
    recorded.fill(influx_server.url, "boards")
    return Database(influx_server.url, "boards")


def last(rows: list[dict[str, Any]]) -> Any:
    return next(value for name, value in rows[-1].items() if name != "time")


def wrong(database: Database, *, strict: bool = False, **given: str) -> list[str]:
    answers = check.run(BOARDS, database.ask, now_ms=recorded.NOW_MS, given=database.given | given, strict=strict)
    found = list(answers)
    assert len(found) >= 75
    return [str(finding) for _, finding in found if finding is not None]


def test_every_query_runs_and_has_rows(database: Database) -> None:
    assert wrong(database, strict=True) == []


def test_every_query_runs_in_english_and_of_the_other_station(database: Database) -> None:
    assert wrong(database, lang="en", station="FYL", unit="3") == []


def test_an_empty_database_refuses_nothing(database: Database) -> None:
    empty = Database(database.url, "boards_empty")
    assert {line.rpartition(": ")[2] for line in wrong(empty)} == {"no rows"}


def test_what_influxdb_refuses_is_told_with_its_place(database: Database) -> None:
    unit = copy.deepcopy(BOARDS["wanbiao-unit"])
    next(panel for panel in unit["panels"] if panel["type"] == "timeseries")["targets"][0]["query"] = "SELECT FROM"
    answers = check.run({"wanbiao-unit": unit}, database.ask, now_ms=recorded.NOW_MS)
    (finding,) = (found for _, found in answers if found is not None)
    assert "实测与期望" in finding.place
    assert "refused" in finding.reason


def test_a_tile_shows_the_present_and_turns_to_no_data_after_three_periods(database: Database) -> None:
    """The last bucket of the query is what the tile shows."""
    newest = database.ask('SELECT last("state") AS "s" FROM "health" WHERE "station" = \'YXK\' AND "unit" = \'all\'')
    title = "云溪口水电站 YXK"
    assert last(database.values("wanbiao-fleet", f"{title} / A")) == newest[0]["s"] != 2
    assert last(database.values("wanbiao-fleet", f"{title} / D")) == 1
    later_ms = recorded.NOW_MS + 181_000
    assert last(database.values("wanbiao-fleet", f"{title} / A", now_ms=later_ms)) == 2
    assert last(database.values("wanbiao-fleet", f"{title} / B", now_ms=later_ms)) is None
    assert last(database.values("wanbiao-fleet", f"{title} / D", now_ms=later_ms)) == 182


def standing() -> dict[str, dict[str, Any]]:
    """How every episode stands by the events themselves: the level and the last transition, of those that are open."""
    found: dict[str, dict[str, Any]] = {}
    for event in recorded.all_events():
        if isinstance(event, EarlyWarning):
            one = found.setdefault(event.id, {})
            one |= {"life": event.transition, "who": event.act.who if event.act else ""}
            if event.transition in TELLS:
                one |= {"open": True, "level": 3.0 + LEVELS.index(event.level), "tag": event.evidence[0].tag}
            elif event.transition in ENDS:
                one["open"] = False
    return {id: one for id, one in found.items() if one["open"]}


def test_the_worklist_is_what_is_open_and_nothing_else(database: Database) -> None:
    rows = database.values("wanbiao-worklist", _place("wanbiao-worklist", "未关闭 Open"), station=".*", life=".*")
    expected = standing()
    assert {row["id"]: (row["level"], row["life"], row["who"]) for row in rows} == {
        id: (one["level"], one["life"], one["who"]) for id, one in expected.items()
    }
    assert {"acknowledged", "shelved"} <= {row["life"] for row in rows}
    assert all(row["what"] for row in rows)
    assert len(rows) > 10


def test_counts_are_those_of_the_list(database: Database) -> None:
    levels = [one["level"] for one in standing().values()]
    for ref, level in (("A", 5.0), ("B", 4.0), ("C", 3.0)):
        assert last(database.values("wanbiao-worklist", f"stat / {ref}", station=".*")) == levels.count(level)


def test_what_people_attend_to_is_not_counted_as_waiting(database: Database) -> None:
    waiting = [one for one in standing().values() if not one["who"]]
    assert last(database.values("wanbiao-worklist", "stat / D", station=".*")) == len(waiting)


def test_days_of_the_load_are_those_of_the_warnings(database: Database) -> None:
    told = [e.level for e in recorded.all_events() if isinstance(e, EarlyWarning) and e.transition in TELLS]
    rows = database.values("wanbiao-load", _place("wanbiao-load", "每天预警"), station=".*")
    for level in LEVELS:
        assert sum(row[level] for row in rows) == told.count(level)


def test_what_is_not_watched_is_what_the_events_leave_open(database: Database) -> None:
    outages = Outages(units_of(recorded.FLEET))
    for event in recorded.all_events():
        if isinstance(event, DataQuality):
            outages.take(event)
    expected = sorted(
        (one.event.station, unit, one.event.tag, one.event.detector)
        for one in outages.listed(recorded.LAST_NS)
        for unit in one.units
        if one.is_maintenance or one.event.tag != ALL_TAGS
    )
    rows = database.values("wanbiao-worklist", _place("wanbiao-worklist", "不参与评估"), station=".*")
    assert sorted((row["station"], row["unit"], row["tag"], row["detector"]) for row in rows) == expected
    assert {"crew", MAINTENANCE} <= {row["detector"] for row in rows}
    assert all(row["what"] for row in rows)
    later = database.values(
        "wanbiao-worklist", _place("wanbiao-worklist", "不参与评估"), now_ms=recorded.NOW_MS + 86_400_000, station=".*"
    )
    assert MAINTENANCE not in {row["detector"] for row in later}, "windows end by their time"


def test_an_act_is_no_score_of_zero(database: Database) -> None:
    """What is logged of people has no score; what is measured is none of it zero."""
    count = 'SELECT count("score") FROM "warning" WHERE "who" != \'\''
    assert database.ask(count) == []
    assert database.ask('SELECT min("score") FROM "warning"')[0]["min"] > 0.0
    levels = database.ask('SELECT min("level") FROM "warning" WHERE "transition" =~ /^(acknowledged|shelved)$/')
    assert levels[0]["min"] >= 3.0


# ---- chatter, and the desks of stations


def chattering() -> list[EarlyWarning]:
    """Warnings that come again: within a minute across the hour, just not within a minute, within a day, and often."""
    courses = {
        ("YXK", "aaaaaaaa"): [3590, 3610, 3645],
        ("YXK", "bbbbbbbb"): [0, 30, 61],
        ("FYL", "cccccccc"): [0, 7_200, 40_000, 80_000],
        ("FYL", "dddddddd"): [10, 20, 30, 40, 50_000, 90_000],
    }
    return sorted(
        (
            replace(
                WARNING,
                id=f"{id}-0000",
                station=station,
                transition=transition,
                time_ns=recorded.START_NS + second * 10**9,
                onset_ns=recorded.START_NS,
            )
            for (station, id), opened in courses.items()
            for i, at in enumerate(opened)
            for transition, second in (("reopened" if i else "opened", at), ("returned", at + 5))
        ),
        key=lambda event: event.time_ns,
    )


def test_chatter_and_returns_are_those_of_the_load(influx_server: InfluxServer, database: Database) -> None:
    """The board counts as `detectors.alarm_load`, for each desk."""
    influx_server.create_database("boards_chatter")
    points = PointEncoder(recorded.FLEET.stations["YXK"].blocks[0])
    recorded.put(influx_server.url, "boards_chatter", [points.warning(event) for event in chattering()])
    asked = Database(database.url, "boards_chatter")
    now_ns = recorded.START_NS + 100_000 * 10**9
    now_ms, place = now_ns // 10**6, _place("wanbiao-load", "每个电站值班台").removesuffix("A")
    for station in ("YXK", "FYL"):
        load = AlarmLoad(station)
        load.take(event for event in chattering() if event.station == station)
        kpis = load.kpis(now_ns)
        found = {
            name: [row[name] for row in asked.values("wanbiao-load", place + ref, now_ms=now_ms, station=station)]
            for ref, name in (("B", "most"), ("C", "chattering"), ("D", "returning"))
        }
        assert found["most"] == [kpis["per_slot_most"].value]
        assert sum(found["chattering"]) == len(kpis.chattering)
        assert sum(found["returning"]) == len(kpis.returning)
    assert last(asked.values("wanbiao-load", "stat / E", now_ms=now_ms, station=".*")) == 2
    assert last(asked.values("wanbiao-load", "stat / F", now_ms=now_ms, station=".*")) == 2


def _place(uid: str, start: str) -> str:
    return next(one.place for one in check.queries(BOARDS[uid]) if one.place.startswith(start))


def test_the_tags_that_stand_out_most_are_chosen(database: Database) -> None:
    rows = database.values("wanbiao-unit", "variable tag", top="3", unit="2")
    scores = database.ask(
        'SELECT max("score") AS "s" FROM "tag" WHERE "station" = \'YXK\' AND "unit" = \'2\' GROUP BY "tag"'
    )
    worst = sorted(scores, key=lambda row: -float(row["s"]))[:3]
    assert {row["tag"] for row in rows} == {row["tag"] for row in worst}
