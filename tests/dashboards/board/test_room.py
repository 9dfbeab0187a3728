"""The room beside a naive count: states roll up worst-of, attended is normal, unknown is never healthy, ages are told."""

from __future__ import annotations

import json
from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.board import room as limits
from dashboards.board.room import Room
from dashboards.board.views import plain
from detectors.events import STOPPED, HealthScore
from detectors.states import STATE_NAMES
from stations.catalogue import load_fleet
from tests.dashboards.board.plant import FLEET, acted, health, trend, warning
from tests.detectors.small import BLOCK, PERIOD_NS, START_NS

HOUR_NS = 3600 * 10**9


def told(*events: object) -> Room:
    room = Room(FLEET)
    room.take(events)  # type: ignore[arg-type]
    return room


def naive_unit(event: HealthScore, unit: int) -> int:
    """State of a unit, said again in plain words."""
    states = []
    for part in range(event.score.shape[1]):
        state = -2 if np.isnan(event.score[unit, part]) else 0
        if event.mode[unit] != 3:
            state = -1
        if event.good[unit] == 0:
            state = 2
        if event.level[unit, part]:
            state = 2 + int(event.level[unit, part])
        if event.attended is not None and event.attended[unit, part]:
            state = 0
        states.append(state)
    worst = max(states)
    return max(worst, 1) if 0 < event.good[unit] < 1 else worst


cell = st.sampled_from([0.0, 0.4, 2.0, float("nan")])


@given(
    score=st.lists(cell, min_size=6, max_size=6),
    mode=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    good=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3),
    level=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    attended=st.none() | st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_states_roll_up_as_a_naive_count_does(
    score: list[float], mode: list[int], good: list[float], level: list[int], attended: list[bool] | None
) -> None:
    event = health(
        score=np.reshape(score, (3, 2)),
        mode=np.array(mode, dtype=np.uint8),
        good=np.array(good),
        level=np.reshape(level, (3, 2)).astype(np.uint8),
        attended=None if attended is None else np.reshape(attended, (3, 2)),
    )
    expected = [naive_unit(event, unit) for unit in range(3)]
    tile = told(event).fleet_view(START_NS).stations[0]
    assert tile.state == max(expected)
    assert tile.counts == Counter(STATE_NAMES[state] for state in expected)
    assert tile.running == mode.count(3)
    lowest = [value for value in event.health.ravel() if not np.isnan(value)]
    assert tile.health == (pytest.approx(min(lowest)) if lowest else None)


def test_what_was_never_heard_of_is_no_data_and_has_no_numbers() -> None:
    view = Room(FLEET).fleet_view(START_NS)
    tile = view.stations[0]
    assert (tile.state, tile.health, tile.age_s, tile.is_stale) == (2, None, None, True)
    assert set(tile.spark) == {None}
    unit = Room(FLEET).unit_view("ABC", "1", START_NS)
    assert (unit.state, unit.age_s, unit.tags_age_s) == (2, None, None)
    assert {tag.value for tag in unit.tags} == {None}


def test_every_number_has_an_age_and_silence_is_no_data() -> None:
    room = told(health(), trend())
    assert room.fleet_view(START_NS + 30 * 10**9).stations[0].age_s == 30.0
    assert room.unit_view("ABC", "1", START_NS + 30 * 10**9).tags_age_s == 30.0
    assert room.fleet_view(START_NS + 3 * PERIOD_NS).stations[0].state == 0
    silent = room.fleet_view(START_NS + 4 * PERIOD_NS).stations[0]
    assert (silent.state, silent.is_stale) == (2, True)
    assert room.fleet_view(START_NS + 4 * PERIOD_NS).worst == ("ABC",)


def test_silence_does_not_hide_what_is_worse() -> None:
    room = told(_urgent())
    assert room.fleet_view(START_NS + 100 * PERIOD_NS).stations[0].state == 5


def _urgent() -> HealthScore:
    level = np.zeros((3, 2), dtype=np.uint8)
    level[1, 0] = 3
    score = np.zeros((3, 2))
    score[1, 0] = 3.0
    return health(level=level, score=score)


def test_the_worst_unit_and_its_part_are_named() -> None:
    tile = told(_urgent()).fleet_view(START_NS).stations[0]
    assert (tile.state, tile.worst_unit) == (5, "2")
    assert tile.worst_component is not None
    assert tile.worst_component.en == "bearing"
    calm = told(health()).fleet_view(START_NS).stations[0]
    assert (calm.worst_unit, calm.worst_component) == ("", None)


def test_the_part_that_is_named_is_the_one_that_warns_even_while_it_stands_still() -> None:
    level, score = np.zeros((3, 2), dtype=np.uint8), np.full((3, 2), 0.5)
    level[1, 1], score[1] = 3, np.nan
    tile = told(health(level=level, score=score)).fleet_view(START_NS).stations[0]
    assert (tile.worst_unit, tile.worst_component and tile.worst_component.en) == ("2", "shaft")


def test_the_array_of_a_monitor_may_go_on_changing() -> None:
    event = _urgent()
    room = told(event)
    event.level[:] = 0
    event.mode[:] = STOPPED
    assert room.fleet_view(START_NS).stations[0].state == 5
    assert room.unit_view("ABC", "1", START_NS).mode == "running"


def test_the_matrix_shows_what_is_attended_as_it_is() -> None:
    event = _urgent()
    attended = np.zeros((3, 2), dtype=bool)
    attended[1, 0] = True
    room = told(health(level=event.level, score=event.score, attended=attended))
    row = room.station_view("ABC", START_NS).blocks[0].units[1]
    assert (row.state, row.cells, row.attended) == (0, (5, 0), (True, False))
    assert row.is_attended
    assert room.unit_view("ABC", "2", START_NS).is_attended
    tile = room.fleet_view(START_NS).stations[0]
    assert (tile.state, tile.attended, tile.counts) == (0, 1, {"normal": 3})
    assert [part.code for part in room.station_view("ABC", START_NS).blocks[0].components] == ["bearing", "shaft"]


def test_attended_is_only_what_is_calm_because_of_it() -> None:
    event, attended = _urgent(), np.zeros((3, 2), dtype=bool)
    event.level[1, 1] = 1
    attended[1, 0] = attended[0, 0] = True  # of unit 1 nothing is abnormal any more
    room = told(health(level=event.level, score=event.score, attended=attended))
    rows = room.station_view("ABC", START_NS).blocks[0].units
    assert [(row.state, row.is_attended) for row in rows] == [(0, False), (3, False), (0, False)]
    assert room.fleet_view(START_NS).stations[0].attended == 0


def test_a_unit_has_its_tags_modes_and_warnings() -> None:
    stopped = health(START_NS + HOUR_NS, mode=np.array([3, STOPPED, 3], dtype=np.uint8))
    room = told(health(), trend(), stopped, warning("a"), warning("b", unit="1"))
    room.take([trend(START_NS + HOUR_NS, units=(True, False, True), value=60.0)])
    view = room.unit_view("ABC", "2", START_NS + HOUR_NS)
    assert view.modes == ((START_NS, "running"), (START_NS + HOUR_NS, "stopped"))
    assert [one.id for one in view.warnings] == ["a"]
    assert {tag.value for tag in view.tags} == {50.0}
    assert {tag.value for tag in room.unit_view("ABC", "1", START_NS + HOUR_NS).tags} == {60.0}
    assert [tag.code for tag in view.tags] == [BLOCK.tags[i].code for i in BLOCK.judged]
    with pytest.raises(KeyError):
        room.unit_view("ABC", "9", START_NS)


def test_of_a_unit_are_the_warnings_of_all_units_too() -> None:
    room = told(warning("a", unit="*"))
    assert [one.id for one in room.unit_view("ABC", "1", START_NS).warnings] == ["a"]


def test_who_did_what_and_when_is_in_the_history() -> None:
    room = told(warning("a"), acted("a", "acknowledged", START_NS + 1, why="on site"))
    (view,) = room.warnings()
    assert view.state == "acknowledged"
    assert [(one.transition, one.who, one.why) for one in view.history] == [
        ("opened", "", ""),
        ("acknowledged", "Li", "on site"),
    ]
    assert view.first.en == "oil sample"
    assert room.fleet_view(START_NS).waiting == 0
    room.take([acted("a", "closed", START_NS + 2, outcome="confirmed")])
    assert room.warnings() == ()
    assert room.warnings(ended=True)[0].outcome == "confirmed"
    assert not room.warnings(ended=True)[0].can_act


def test_the_version_moves_only_with_what_is_seen() -> None:
    room = told(health())
    before = room.version
    room.take([health(), health(START_NS - 1)])
    assert room.version == before
    room.take([health(START_NS + PERIOD_NS)])
    assert room.version > before
    before = room.version
    room.progress = 0.5, "2026-01-01"
    assert room.version > before


def test_what_a_killed_worker_says_again_is_counted_once() -> None:
    said = [warning("a"), acted("a", "acknowledged", START_NS + 1), warning("a", "reminded", START_NS + 2)]
    room = told(*said)
    version, load = room.version, room.load_view(START_NS + HOUR_NS)
    assert load.count == 2
    room.take(said)
    assert (room.version, room.load_view(START_NS + HOUR_NS)) == (version, load)
    room.take([warning("a", "reminded", START_NS + HOUR_NS)])
    assert room.load_view(START_NS + HOUR_NS).count == 3


def test_events_of_another_plant_are_passed_over() -> None:
    room = told(warning("a", station="XYZ"))
    assert room.version == 0
    assert room.warnings() == ()


def test_the_spark_line_ends_now_and_has_gaps() -> None:
    step_ns = round(limits.SPARK_S * 1e9)
    room = told(health(), _at(START_NS + 2 * step_ns))
    spark = room.fleet_view(START_NS + 2 * step_ns).stations[0].spark
    assert len(spark) == limits.SPARK_MOST
    assert spark[-3:] == (100.0, None, 50.0)


def test_a_spark_line_is_filled_with_what_was_before() -> None:
    step_ns = round(limits.SPARK_S * 1e9)
    now_ns = START_NS + 200 * step_ns
    room = told(health(now_ns))
    room.recall("ABC", [(now_ns - 2 * step_ns, 70.0), (now_ns - step_ns + 60 * 10**9, 60.0), (now_ns, 10.0)])
    spark = room.fleet_view(now_ns).stations[0].spark
    assert spark[-4:] == (None, 70.0, 60.0, 100.0), "what is known already stays"
    room.take([_at(now_ns + step_ns)])
    assert room.fleet_view(now_ns + step_ns).stations[0].spark[-2:] == (100.0, 50.0)


def test_too_much_of_before_pushes_out_nothing_newer() -> None:
    step_ns = round(limits.SPARK_S * 1e9)
    now_ns = START_NS + 200 * step_ns
    room = told(health(now_ns))
    room.recall("ABC", [(now_ns - i * step_ns, float(i)) for i in range(2 * limits.SPARK_MOST)])
    assert room.fleet_view(now_ns).stations[0].spark == (*map(float, range(limits.SPARK_MOST - 1, 0, -1)), 100.0)


def _at(time_ns: int) -> HealthScore:
    score = np.zeros((3, 2))
    score[0, 0] = 1.0
    return health(time_ns, score=score)


def test_of_too_many_warnings_those_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ITEMS_MOST", 2)
    room = told(warning("a"), warning("b"), acted("b", "closed", START_NS + 1, outcome="false"), warning("c"))
    assert set(room.worklist.items) == {"a", "c"}


def test_views_are_json() -> None:
    room = told(health(score=[[float("nan")] * 2] * 3), trend(), warning("a"))
    views = [
        room.fleet_view(START_NS),
        room.station_view("ABC", START_NS),
        room.unit_view("ABC", "2", START_NS),
        room.load_view(START_NS),
        room.warnings(),
    ]
    for view in views:
        assert "NaN" not in json.dumps(plain(view))
        assert msgspec.json.encode(view)


def test_the_whole_fleet_is_seen_before_anything_is_said() -> None:
    room = Room(load_fleet())
    view = room.fleet_view(START_NS)
    assert (len(view.stations), view.units, view.counts) == (13, 379, {"no_data": 379})
    assert len(room.station_view("QJG", START_NS).blocks[0].units) == 222
