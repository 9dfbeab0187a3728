"""The monitor of a recording: the same to the bit however its rows are cut, whatever is in them, and what it says of faults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.heads import HEADS
from detectors.recorded_monitor import RecordedMonitor
from detectors.watcher import ROWS_MIN
from tests.detectors.recorded import (
    HIGH,
    LEARN_ROWS,
    MINUTE_NS,
    START_NS,
    assert_same,
    eventful,
    fed,
    minute,
    monitor,
    noise,
    sensors_of,
    station,
    times,
    warnings_of,
)

pytestmark = pytest.mark.filterwarnings("error")


# ---- however it is cut


@pytest.mark.parametrize("explains", [0, 2])
@pytest.mark.parametrize("seed", range(6))
def test_blocks_cut_anywhere_say_the_same(seed: int, explains: int) -> None:
    x, chance = eventful(seed), np.random.default_rng(seed)
    whole = fed(monitor(5, explains), x)
    assert warnings_of(whole.events)
    assert {event.transition for event in sensors_of(whole.events)} >= {"opened", "returned"}
    for _ in range(4):
        assert_same(
            fed(monitor(5, explains), x, chance.integers(0, len(x), int(chance.integers(1, 60))).tolist()), whole
        )


def test_blocks_cut_anywhere_say_the_same_of_what_lags_and_of_the_hour_of_the_day() -> None:
    rows, chance = 900, np.random.default_rng(4)
    x = noise(rows, 3)
    x[:, 0] = 10.0 * np.sin(np.arange(rows) / 9.0)
    for row in range(1, rows):
        x[row, 1] = x[row - 1, 1] + (x[row, 0] - x[row - 1, 1]) / 10.0
    x[:, 1] += 0.2 * noise(rows, 1, seed=2)[:, 0]
    x[:, 2] += 5.0 * np.sin(2.0 * np.pi * np.arange(rows) / 24.0)
    x[600:660, 1:] += 6.0
    x[400:403, 0], x[500:530, 0] = np.nan, np.nan
    made = station(3, explains=1)
    block = replace(made.blocks[0], period_s=3600.0)
    hours = START_NS + 60 * MINUTE_NS * np.arange(rows, dtype=np.int64)
    whole = fed(RecordedMonitor(made, block, learn_rows=300), x, time_ns=hours)
    assert warnings_of(whole.events)
    untimed = fed(RecordedMonitor(made, block, learn_rows=300, is_timed=False), x, time_ns=hours)
    assert not np.array_equal(whole.score, untimed.score, equal_nan=True)
    for _ in range(6):
        cuts = chance.integers(0, rows, int(chance.integers(1, 60))).tolist()
        assert_same(fed(RecordedMonitor(made, block, learn_rows=300), x, cuts, hours), whole)


def test_row_by_row_says_the_same() -> None:
    x = eventful(11, rows=500)
    assert_same(fed(monitor(5), x, range(500)), fed(monitor(5), x))


parts = st.lists(
    st.tuples(
        st.integers(0, 399),
        st.integers(1, 60),
        st.integers(0, 2),
        st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e30, 999.0, 1001.0, 0.0, 5.0, -12.0]),
    ),
    max_size=10,
)


@settings(max_examples=60)
@given(parts, st.lists(st.integers(0, 399), max_size=6), st.sampled_from([64, 65, 100, 199, 200]), st.integers(0, 1))
def test_whatever_is_in_the_rows(
    some: list[tuple[int, int, int, float]], cuts: list[int], learn_rows: int, explains: int
) -> None:
    x = noise(400, 3)
    for first, rows, tag, value in some:
        x[first : first + rows, tag] = value
    whole = fed(monitor(3, explains, learn_rows), x)
    assert_same(fed(monitor(3, explains, learn_rows), x, cuts), whole)
    assert np.isnan(whole.score[:learn_rows]).all()
    assert not whole.warning[:learn_rows].any()
    assert (np.isnan(whole.score) | (whole.score >= 0.0)).all()
    assert not np.isinf(whole.score).any()
    for event in whole.events:
        assert START_NS <= event.time_ns <= times(400)[-1]
        assert "nan" not in event.text_en + event.text_zh


# ---- what there is to learn from


@pytest.mark.parametrize("learn_rows", [1, 10, ROWS_MIN, ROWS_MIN + 1, 100, 199, 200])
def test_nothing_is_said_before_the_rows_to_learn_from(learn_rows: int) -> None:
    one = monitor(3, learn_rows=learn_rows)
    said = fed(one, noise(300, 3))
    assert one.learn_rows == max(ROWS_MIN, learn_rows)
    assert np.flatnonzero(~np.isnan(said.score).all(axis=1))[0] == one.learn_rows
    assert (list(one.limits), one.learns) == (list(HEADS), False)


def test_too_few_rows() -> None:
    one = monitor(2, learn_rows=100)
    said = fed(one, noise(99, 2))
    assert np.isnan(said.score).all()
    assert (said.events, one.limits, one.learns) == ([], {}, True)
    one.receive(times(100)[99:], noise(1, 2))
    assert not one.learns


@pytest.mark.parametrize("column", ["still", "missing", "huge", "twin", "tiny", "rarely there"])
def test_an_odd_column_leaves_the_others_judged(column: str) -> None:
    x = noise(700, 4)
    x[:, 3] = {
        "still": np.full(700, 3.0),
        "missing": np.full(700, np.nan),
        "huge": np.full(700, 1e300),
        "twin": x[:, 0],
        "tiny": 1e-300 * x[:, 0],
        "rarely there": np.where(np.arange(700) % 50 == 0, x[:, 0], np.nan),
    }[column]
    x[500:560, 1] += 6.0
    said = fed(monitor(4), x)
    assert not np.isnan(said.score[LEARN_ROWS:, :3]).any()
    assert said.warning[510:560, 1].all()
    assert np.isnan(said.score[LEARN_ROWS:, 3]).all() == (column != "twin")


@pytest.mark.parametrize("explains", [0, 1])
@pytest.mark.parametrize("value", [3.0, np.nan, 1e300, 0.0])
def test_nothing_to_judge_says_nothing(value: float, explains: int) -> None:
    one, x = monitor(3, explains), np.full((500, 3), value)
    x[:, :explains] = noise(500, explains)
    said = fed(one, x, [150, 350])
    assert np.isnan(said.score).all()
    assert (warnings_of(said.events), one.limits, one.learns) == ([], {}, False)


def test_sensitivity_moves_the_limits() -> None:
    limits = []
    for sensitivity in (0.1, 1.0, 10.0):
        one = monitor(4, learn_rows=1000, sensitivity=sensitivity)
        fed(one, noise(1001, 4))
        limits.append(sum(one.limits.values()))
    assert limits[0] > limits[1] > limits[2]


# ---- what is said


def test_a_fault_is_one_episode_of_its_tag() -> None:
    x = noise(900, 4)
    x[500:600, 2] += 6.0
    opened, *others = warnings_of(fed(monitor(4), x).events)
    assert (opened.transition, opened.component, opened.unit) == ("opened", "T2", "1")
    assert 495 <= minute(opened.onset_ns) <= minute(opened.time_ns) <= 515
    assert others[-1].transition == "returned"
    assert 600 <= minute(others[-1].time_ns) < 660
    assert {one.id for one in others} == {opened.id}
    assert all(one.time_ns >= opened.time_ns for one in others)


def test_a_fault_of_several_tags_is_one_episode_that_names_the_worst_first() -> None:
    x = noise(700, 6)
    x[500:, 1] += 8.0
    x[500:, 4] += 12.0
    told = warnings_of(fed(monitor(6), x).events)
    assert len({one.id for one in told}) == 1
    assert told[0].component == "T4"
    assert {evidence.tag.rpartition(".")[2].removeprefix("1") for evidence in told[-1].evidence} >= {"T4", "T1"} or len(
        told[-1].evidence
    ) >= 2
    assert "returned" not in {one.transition for one in told}


def test_an_excursion_is_data_quality_dated_from_its_first_row() -> None:
    x = noise(700, 4)
    x[500, 2] += 10.0
    said = fed(monitor(4), x)
    (jump,) = sensors_of(said.events)
    assert (jump.transition, jump.tag, minute(jump.time_ns)) == ("passed", "T2", 500)
    assert "1 row " in jump.reason
    for cut in range(495, 505):
        assert_same(fed(monitor(4), x, [cut]), said)


def test_a_jump_beyond_the_range_of_the_sensor_is_told_once() -> None:
    """One row is an excursion; so many that the sensor counts as bad are no excursion besides."""
    x = noise(900, 4)
    x[500, 2] = HIGH + 1.0
    x[700:706, 2] = HIGH + 1.0
    told = [(one.transition, minute(one.time_ns)) for one in sensors_of(fed(monitor(4), x).events)]
    assert told == [("passed", 500), ("opened", 702), ("returned", 708)]


def test_sensors_are_told_while_it_still_learns() -> None:
    x = noise(150, 3)
    x[50:60, 1] = np.nan
    told = sensors_of(fed(monitor(3), x).events)
    assert [(one.transition, one.tag, minute(one.time_ns)) for one in told] == [
        ("opened", "T1", 52),
        ("returned", "T1", 62),
    ]


def test_nothing_is_said_of_a_tag_that_is_missing_for_long() -> None:
    x = noise(500, 3)
    x[300:400, 1] = np.nan
    score = fed(monitor(3), x).score
    assert np.isnan(score[310:400, 1]).all()
    assert not np.isnan(score[LEARN_ROWS:, [0, 2]]).any()
    assert not np.isnan(score[400:, 1]).any()


def test_what_covariates_explain_is_no_fault() -> None:
    x = noise(1200, 3)
    x[:, 0] = 50.0 + 20.0 * np.sin(np.arange(1200) / 17.0)
    x[:, 1] += x[:, 0]
    x[900:960, 1] += 6.0
    told = warnings_of(fed(monitor(3, explains=1, learn_rows=500), x).events)
    assert [minute(one.time_ns) for one in told if one.transition == "opened"] == [pytest.approx(903, abs=8)]
    assert "T0" not in {one.component for one in told}


def test_ids_differ_from_unit_to_unit() -> None:
    x = noise(700, 3)
    x[500:, 2] += 6.0
    ids = [{one.id for one in warnings_of(fed(monitor(3, unit=unit), x).events)} for unit in ("1", "2")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_events_have_no_gaps_where_values_are_missing() -> None:
    """The tags of an episode are told by what they were last, so that every event can be written."""
    x = noise(800, 3)
    x[500:560, 1:] += 8.0
    x[503:506, 2] = np.nan
    x[600:, 1], x[600:, 2] = np.nan, np.inf
    told = warnings_of(fed(monitor(3), x).events)
    assert told[-1].transition == "returned"
    for one in told:
        assert np.isfinite([number for tag in one.evidence for number in (tag.value, tag.expected, tag.score)]).all()
        assert all(abs(tag.value) < 15.0 for tag in one.evidence)


def test_events_are_told_in_the_order_of_rows_whatever_they_are_dated() -> None:
    """The jump of T2 is over in the row in which T0 is told, which is missing, and is dated from before."""
    x = noise(700, 4)
    x[501, 2] += 10.0
    x[500:, 0] = np.nan
    said = monitor(4).receive(times(700), x)
    told = list(zip(said.told, [minute(event.time_ns) for event in said.events], strict=True))
    assert [event.transition for event in sensors_of(said.events)] == ["opened", "passed"]
    assert told[:2] == [(502, 502), (502, 501)]
    assert list(said.told) == sorted(said.told)
    assert_same(fed(monitor(4), x, [501, 502]), fed(monitor(4), x))


def test_what_stands_for_long_is_told_as_taken_for_normal() -> None:
    x = noise(1500, 4)
    x[500:, 2] += 6.0
    last = warnings_of(fed(monitor(4), x).events)[-1]
    assert last.transition == "accepted"
    assert "taken as normal" in last.text_en
    assert "正常水平" in last.text_zh
