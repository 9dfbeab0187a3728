"""What is stored: every measurement, tag and field that the dashboards read, worst-of on the way up, numbers as floats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import (
    RUNNING,
    SETTLING,
    STOPPED,
    UNKNOWN,
    HealthScore,
    TagTrend,
)
from detectors.health import health_index
from detectors.states import LEARNING, NO_DATA, NORMAL, PARTIAL, STOPPED_STATE, WATCH, states
from stations.catalogue import load_fleet
from streams.points import PointEncoder
from tests.connectors.protocol import Line, numbers, read
from tests.detectors.small import BLOCK, JUDGED, START_NS, UNITS

NAN = float("nan")
TIME_NS = START_NS + 123_456_789
TIME_MS = TIME_NS // 1_000_000
COMPONENTS = ("bearing", "shaft")
HEALTH_FIELDS = {"health", "score", "state", "mode", "quality"}
STATION_FIELDS = HEALTH_FIELDS | {
    "units",
    "units_running",
    "units_watch",
    "units_warning",
    "units_no_data",
    "event_ms",
}
TAG_FIELDS = {"value", "expected", "low", "high", "score"}


def event(
    *,
    score: list[list[float]],
    mode: tuple[int, int, int] = (RUNNING, RUNNING, RUNNING),
    level: list[list[int]] | None = None,
    good: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> HealthScore:
    """Health of three units with two components."""
    scores = np.array(score)
    return HealthScore(
        station="ABC",
        block="units",
        revision=BLOCK.revision,
        time_ns=TIME_NS,
        mode=np.array(mode, np.uint8),
        level=np.array(level or [[0, 0]] * 3, np.uint8),
        score=scores,
        health=health_index(scores),
        good=np.array(good),
    )


CALM = event(score=[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
TROUBLED = event(
    score=[[0.1, 1.2], [NAN, 2.0], [NAN, NAN]],
    level=[[0, 1], [0, 3], [0, 0]],
    good=(1.0, 0.5, 0.0),
    mode=(RUNNING, RUNNING, UNKNOWN),
)
ALL_UNITS = np.ones(3, dtype=bool)


def points(health: HealthScore, detailed: np.ndarray | None = ALL_UNITS) -> dict[tuple[str, str], Line]:
    """The points of an event by unit and component."""
    lines, count = PointEncoder(BLOCK).health(health, detailed)
    found = read(lines)
    assert count == len(found)
    assert all(line.measurement == "health" and line.time == TIME_MS for line in found)
    assert all(set(line.tags) == {"station", "unit", "component"} and line.tags["station"] == "ABC" for line in found)
    by_place = {(line.tags["unit"], line.tags["component"]): line for line in found}
    assert len(by_place) == count
    return by_place


def value(line: Line, field: str) -> float:
    return numbers(line)[field]


# ---- states


@pytest.mark.parametrize(
    ("mode", "score", "good", "level", "state"),
    [
        (RUNNING, 0.5, 1.0, 0, NORMAL),
        (RUNNING, NAN, 1.0, 0, LEARNING),
        (STOPPED, NAN, 1.0, 0, STOPPED_STATE),
        (SETTLING, NAN, 1.0, 0, STOPPED_STATE),
        (UNKNOWN, NAN, 0.0, 0, NO_DATA),
        (RUNNING, 1.0, 1.0, 1, WATCH),
        (RUNNING, 1.6, 1.0, 2, WATCH + 1),
        (RUNNING, 9.0, 1.0, 3, WATCH + 2),
        (STOPPED, NAN, 1.0, 2, WATCH + 1),
        (UNKNOWN, NAN, 0.0, 3, WATCH + 2),
    ],
)
def test_a_component_has_one_state(mode: int, score: float, good: float, level: int, state: float) -> None:
    """An open warning stays on the wall while its unit stands still or is silent."""
    health = event(score=[[score] * 2] * 3, mode=(mode,) * 3, level=[[level] * 2] * 3, good=(good,) * 3)
    assert (states(health) == state).all()


def test_states_are_ordered_so_that_the_highest_is_the_worst() -> None:
    assert LEARNING < STOPPED_STATE < NORMAL < PARTIAL < NO_DATA < WATCH == 3.0


STATES = st.tuples(st.sampled_from([UNKNOWN, STOPPED, SETTLING, RUNNING]), st.sampled_from([0.0, 0.9, 1.0]))


@given(
    units=st.lists(STATES, min_size=3, max_size=3),
    score=st.lists(st.lists(st.sampled_from([NAN, 0.0, 0.7, 2.0]), min_size=2, max_size=2), min_size=3, max_size=3),
    level=st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=3, max_size=3),
)
def test_the_worst_counts_on_the_way_up_and_units_are_counted_by_state(
    units: list[tuple[int, float]], score: list[list[float]], level: list[list[int]]
) -> None:
    modes, goods = (tuple(row) for row in zip(*units, strict=True))
    health = event(score=score, level=level, mode=modes, good=goods)
    found, state = points(health), states(health)
    worst = []
    for row, unit in enumerate(UNITS):
        expected = max(*state[row].tolist(), PARTIAL if 0.0 < goods[row] < 1.0 else LEARNING)
        line = found[unit, "all"]
        assert value(line, "state") == expected
        known = [s for s in score[row] if not np.isnan(s)]
        assert numbers(line).get("score") == (max(known) if known else None)
        assert numbers(line).get("health") == (pytest.approx(health_index(np.array(max(known)))) if known else None)
        for column, component in enumerate(COMPONENTS):
            assert value(found[unit, component], "state") == state[row, column]
        worst.append(expected)
    station = numbers(found["all", "all"])
    assert station["state"] == max(worst)
    assert station["units"] == 3.0
    assert station["units_running"] == sum(mode == RUNNING for mode in modes)
    assert station["units_watch"] == worst.count(WATCH)
    assert station["units_warning"] == sum(one > WATCH for one in worst)
    assert station["units_no_data"] == worst.count(NO_DATA)
    assert station["quality"] == min(goods)
    everything = [s for row in score for s in row if not np.isnan(s)]
    assert station.get("score") == (max(everything) if everything else None)


# ---- health


def test_every_unit_and_component_and_the_station_has_a_point_with_all_fields() -> None:
    found = points(CALM)
    places = {(unit, component) for unit in UNITS for component in (*COMPONENTS, "all")}
    assert set(found) == places | {("all", "all")}
    assert all(set(found[place].fields) == HEALTH_FIELDS for place in places)
    assert set(found["all", "all"].fields) == STATION_FIELDS
    assert value(found["all", "all"], "event_ms") == TIME_MS


def test_components_are_those_of_the_scores_in_their_order() -> None:
    found = points(CALM)
    scores = [[value(found[unit, component], "score") for component in COMPONENTS] for unit in UNITS]
    assert scores == CALM.score.tolist()


def test_only_units_in_detail_show_their_components() -> None:
    assert set(points(CALM, None)) == {(unit, "all") for unit in (*UNITS, "all")}
    some = points(CALM, np.array([False, True, False]))
    assert {place for place in some if place[1] != "all"} == {("2", "bearing"), ("2", "shaft")}
    assert some["2", "shaft"] == points(CALM)["2", "shaft"]


def test_health_that_is_not_known_is_neither_zero_nor_a_hundred() -> None:
    found = points(TROUBLED)
    for place in (("2", "bearing"), ("3", "bearing"), ("3", "shaft"), ("3", "all")):
        assert set(found[place].fields) == HEALTH_FIELDS - {"health", "score"}
    silent = points(event(score=[[NAN, NAN]] * 3, mode=(STOPPED,) * 3))
    assert "health" not in silent["all", "all"].fields
    assert value(silent["all", "all"], "state") == STOPPED_STATE


def test_every_number_of_health_is_a_float() -> None:
    for health in (CALM, TROUBLED):
        for line in points(health).values():
            assert numbers(line)


def test_the_same_event_gives_the_same_lines() -> None:
    encoder = PointEncoder(BLOCK)
    first = encoder.health(TROUBLED, ALL_UNITS)
    encoder.health(CALM, ALL_UNITS)
    assert encoder.health(TROUBLED, ALL_UNITS) == first


def test_a_block_in_which_nothing_is_judged_still_has_units_and_a_station() -> None:
    bare = replace(BLOCK, tags=tuple(replace(tag, model=None) for tag in BLOCK.tags), models=())
    nothing = np.empty((3, 0))
    health = replace(CALM, score=nothing, health=nothing, level=np.empty((3, 0), np.uint8))
    lines, count = PointEncoder(bare).health(health, ALL_UNITS)
    assert count == 4
    assert {value(line, "state") for line in read(lines)} == {LEARNING}


def test_the_encoder_of_every_block_of_the_fleet_takes_its_health() -> None:
    for block in load_fleet().blocks:
        judged = {tag.component for tag in block.tags if tag.model is not None}
        shape = (len(block.units), len(judged))
        health = replace(
            CALM,
            station=block.station,
            mode=np.full(shape[0], RUNNING, np.uint8),
            level=np.zeros(shape, np.uint8),
            score=np.zeros(shape),
            health=np.full(shape, 100.0),
            good=np.ones(shape[0]),
        )
        lines, count = PointEncoder(block).health(health, np.ones(shape[0], dtype=bool))
        assert count == len(read(lines)) == shape[0] * (shape[1] + 1) + 1


def test_what_somebody_attends_to_is_normal_in_what_rolls_up_but_keeps_its_own_state() -> None:
    attended = np.zeros((3, 2), dtype=bool)
    attended[1, 1] = True
    found = points(replace(TROUBLED, attended=attended))
    assert float(found["2", "shaft"].fields["state"]) == 5.0
    assert float(found["2", "all"].fields["state"]) < 3.0
    assert float(found["all", "all"].fields["state"]) == 3.0, "the watch of unit 1"
    assert float(points(TROUBLED)["all", "all"].fields["state"]) == 5.0


# ---- tags


def trend(units: list[bool]) -> TagTrend:
    shape = (3, len(JUDGED))
    value_ = np.arange(12.0).reshape(shape)
    score = np.full(shape, 0.5)
    score[0, 0] = NAN
    return TagTrend("ABC", "units", "r", TIME_NS, np.array(units), value_, value_ + 1, value_ - 2, value_ + 2, score)


def test_tags_of_the_units_meant_have_a_point_each_with_all_fields() -> None:
    lines, count = PointEncoder(BLOCK).tags(trend([True, False, True]))
    found = {(line.tags["unit"], line.tags["tag"]): line for line in read(lines)}
    order = ["PAD1", "PAD2", "VIB", "FLOW"]
    assert set(found) == {(unit, tag) for unit in ("1", "3") for tag in order}
    assert count == len(found) == 8
    for (unit, tag), line in found.items():
        number = (int(unit) - 1) * 4 + order.index(tag)
        assert (line.measurement, line.time, line.tags["station"]) == ("tag", TIME_MS, "ABC")
        assert line.tags["uom"] == {"VIB": "mm/s", "FLOW": "m³/s"}.get(tag, "°C")
        wanted = {"value": number, "expected": number + 1, "low": number - 2, "high": number + 2, "score": 0.5}
        if number == 0:
            del wanted["score"]
        assert numbers(line) == wanted
    assert set(found["3", "FLOW"].fields) == TAG_FIELDS
