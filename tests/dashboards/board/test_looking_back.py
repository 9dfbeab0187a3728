"""Tags out of InfluxDB: the newest as events, one over time as a curve; on a real server what a worker writes comes back."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import Any

import numpy as np
import pytest

from connectors import influx
from connectors.errors import ConnectorError
from connectors.influx_read import TREND_POINTS_MOST, InfluxReader, literal
from dashboards.board.looking_back import InfluxHistory, Poller, trends
from dashboards.board.room import SPARK_MOST, SPARK_S
from detectors.events import Event
from streams.points import PointEncoder
from tests.dashboards.board.plant import FLEET, health, trend
from tests.detectors.small import BLOCK, START_NS
from tests.services.influx import InfluxServer

TAGS = [BLOCK.tags[i].code for i in BLOCK.judged]
START_MS = START_NS // 10**6


def row(unit: str, tag: str, time_ms: int, value: float | None = 1.0) -> dict[str, Any]:
    return {"unit": unit, "tag": tag, "time": time_ms, "value": value} | dict.fromkeys(
        ("expected", "low", "high", "score"), 2.0
    )


def test_rows_of_one_time_are_one_event() -> None:
    rows = [row("1", tag, START_MS) for tag in TAGS] + [row("3", TAGS[0], START_MS, None)]
    (event,) = trends(BLOCK, rows)
    assert (event.time_ns, event.units.tolist(), event.revision) == (START_NS, [True, False, True], BLOCK.revision)
    assert event.value[0].tolist() == [1.0] * len(TAGS)
    assert math.isnan(event.value[2, 0])
    assert event.expected[2, 0] == 2.0
    assert np.isnan(event.value[1]).all()


def test_units_of_other_times_are_other_events_and_older_rows_of_a_unit_are_left_out() -> None:
    rows = [row("1", TAGS[0], START_MS + 1000), row("1", TAGS[1], START_MS), row("2", TAGS[0], START_MS)]
    first, second = trends(BLOCK, rows)
    assert (first.time_ns, first.units.tolist()) == (START_NS, [False, True, False])
    assert (second.time_ns, second.units.tolist()) == (START_NS + 10**9, [True, False, False])
    assert math.isnan(second.value[0, 1])


def test_rows_of_what_is_not_known_are_passed_over() -> None:
    assert trends(BLOCK, [row("9", TAGS[0], START_MS), row("1", "NONE", START_MS)]) == []


@pytest.mark.parametrize("text", ["'; DROP DATABASE pm; --", "a\\", "\\'", "瓦温"])
def test_a_name_is_data_whatever_it_holds(text: str) -> None:
    quoted = literal(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("\\\\", "").replace("\\'", "").count("'") == 0


def test_a_name_with_control_characters_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="control characters"):
        literal("a\nb")


class Away:
    """A reader whose server is away, and then is not."""

    def __init__(self) -> None:
        self.failing = 1
        self.asked: list[int] = []
        self.recalled: list[tuple[int, int, int]] = []

    def health(self, station: str, *, since_ms: int, until_ms: int, step_ms: int) -> list[dict[str, Any]]:
        self.recalled.append((since_ms, until_ms, step_ms))
        return [{"time": until_ms - step_ms, "health": 70.0}, {"time": until_ms, "health": None}]

    def newest(self, station: str, *, until_ms: int) -> list[dict[str, Any]]:
        self.asked.append(until_ms)
        if self.failing:
            self.failing -= 1
            raise ConnectorError("influxdb does not answer", retryable=True)
        return [row("1", TAGS[0], until_ms)]


def test_a_server_that_is_away_is_told_and_asked_again() -> None:
    reader, given, now_s = Away(), list[Event](), [100.0]
    recalled: list[tuple[str, list[tuple[int, float]]]] = []

    def recall(*told: Any) -> None:
        recalled.append(told)

    poller = Poller(reader, FLEET, given.extend, lambda: START_NS, recall=recall, clock=lambda: now_s[0])  # type: ignore[arg-type]
    assert poller.part().is_well
    poller._look()
    now_s[0] += 30.0
    assert (poller.part().is_well, poller.part().said.en) == (False, "influxdb has not answered for 30 s")
    poller._look()
    assert poller.part().is_well
    assert reader.asked == [START_MS] * 2
    assert len(given) == 1
    day_ms, step_ms = round(SPARK_MOST * SPARK_S * 1000), round(SPARK_S * 1000)
    assert reader.recalled == [(START_MS - day_ms, START_MS, step_ms)], "once, though the server was away after it"
    assert recalled == [("ABC", [(START_NS - step_ms * 10**6, 70.0)])]


def test_before_the_first_scan_nobody_is_asked_and_the_thread_ends() -> None:
    reader = Away()
    poller = Poller(reader, FLEET, lambda _: None, lambda: 0, recall=lambda *_: None)  # type: ignore[arg-type]
    poller.start()
    poller.stop()
    assert reader.asked == []
    assert reader.recalled == []
    assert "board-tags" not in [thread.name for thread in threading.enumerate()]


# ---- on a real InfluxDB


async def write(url: str, database: str, points: list[tuple[str, int]]) -> None:
    """As a worker writes."""
    writer = influx.InfluxWriter(url, token="", org="-", bucket=database, on_refused=lambda *_: None)
    await writer.start()
    for lines, count in points:
        await writer.put(lines, count)
    await writer.flush()
    await writer.stop()


@pytest.mark.integration
def test_what_a_worker_writes_is_read_back(influx_server: InfluxServer, topic_prefix: str) -> None:
    database = topic_prefix.rstrip(".")
    influx.ensure_bucket(influx_server.url, token="", org="-", bucket=database)
    encoder, minutes = PointEncoder(BLOCK), range(2 * TREND_POINTS_MOST)
    last_ns = START_NS + minutes[-1] * 60 * 10**9
    events = [trend(START_NS + i * 60 * 10**9, (True, i % 2 == 0, False), value=50.0 + i) for i in minutes]
    asyncio.run(write(influx_server.url, database, [encoder.tags(event) for event in events]))
    asyncio.run(write(influx_server.url, database, [encoder.health(health(event.time_ns)) for event in events]))
    reader = InfluxReader(influx_server.url, database)
    step_ms = round(SPARK_S * 1000)
    until_ms = last_ns // 10**6
    day = reader.health(BLOCK.station, since_ms=until_ms - 4 * step_ms, until_ms=until_ms, step_ms=step_ms)
    assert [row["health"] for row in day] == [100.0] * len(day)
    assert 4 <= len(day) <= 5
    assert {row["time"] % step_ms for row in day} == {0}
    assert reader.health("XYZ", since_ms=0, until_ms=until_ms, step_ms=step_ms) == []
    history = InfluxHistory(reader, lambda: last_ns)
    code, newest = BLOCK.station, 50.0 + 2 * TREND_POINTS_MOST - 1
    found = history.trend(code, "1", TAGS[0], 3600.0)
    assert len(found.value) == 60
    assert list(found.time_ns) == sorted(found.time_ns)
    assert (found.value[-1], found.expected[-1], found.score[-1]) == (newest, 48.0, (newest - 48.0) / 2)
    assert START_NS < found.time_ns[0] <= last_ns
    assert len(history.trend(code, "2", TAGS[0], 3600.0).value) == 30
    whole = history.trend(code, "1", TAGS[0], len(minutes) * 60.0)
    assert TREND_POINTS_MOST - 1 <= len(whole.value) <= TREND_POINTS_MOST + 1, "half the minutes, averaged"
    assert history.trend(code, "3", TAGS[0], 3600.0).value == ()
    assert history.trend("'; DROP DATABASE x; --", "1", TAGS[0], 3600.0).value == ()
    second, first = trends(BLOCK, reader.newest(code, until_ms=last_ns // 10**6))
    assert (first.units.tolist(), first.value[0].tolist()) == ([True, False, False], [newest] * len(TAGS))
    assert (second.units.tolist(), second.value[1].tolist()) == ([False, True, False], [newest - 1] * len(TAGS))
