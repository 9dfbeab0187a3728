"""Episodes: on-delay, escalation, hysteresis, off-delay; equal the naive state machine; ids for ever the same."""

from __future__ import annotations

import uuid
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.episodes import Episodes, warning_id
from detectors.tuning import Tuning
from tests.detectors import naive

NAN = float("nan")
TUNING = replace(Tuning(), on_scans=3, off_scans=2, off_score=0.7, levels=(1.0, 1.6, 2.5), on_shares=(1.0, 1.0, 1.0))
SCORES = st.sampled_from([NAN, 0.0, 0.7, 0.71, 0.99, 1.0, 1.2, 1.6, 2.5, 9.0])
STRETCHES = st.lists(st.tuples(SCORES, st.integers(1, 4)), max_size=20).map(
    lambda stretches: [score for score, length in stretches for _ in range(length)]
)
"""Scores that stay for some scans, or nothing would ever open."""


def follow(scores: list[float], episodes: Episodes | None = None, first: int = 0) -> list[tuple[int, str, int, int]]:
    """(scan, kind, level, onset) of one component; scan i is at i + 1 seconds."""
    episodes = episodes or Episodes(1, 1, TUNING)
    return [
        (i, turn.kind, turn.level, turn.onset_ns // 10**9 - 1)
        for i, score in enumerate(scores, first)
        for turn in episodes.step(np.array([[score]]), (i + 1) * 10**9)
    ]


def test_opens_after_the_on_delay_with_the_onset_of_the_first_high_score() -> None:
    assert follow([0.0, 1.0, 1.0]) == []
    assert follow([0.0, 1.0, 1.0, 1.0]) == [(3, "opened", 1, 1)]
    assert follow([1.0, 1.0, 0.9, 1.0, 1.0, 1.0]) == [(5, "opened", 1, 3)]


def test_what_stands_out_far_needs_less_patience() -> None:
    hasty = replace(TUNING, on_scans=4, on_shares=(1.0, 0.5, 0.25))
    assert follow([9.0], Episodes(1, 1, hasty)) == [(0, "opened", 3, 0)]
    assert follow([1.7, 1.7], Episodes(1, 1, hasty)) == [(1, "opened", 2, 0)]
    assert follow([1.2, 1.2, 1.7], Episodes(1, 1, hasty)) == []
    assert follow([1.2, 1.2, 1.2, 1.2], Episodes(1, 1, hasty)) == [(3, "opened", 1, 0)]


def test_opens_at_the_level_that_lasted() -> None:
    assert follow([9.0, 9.0, 1.7]) == [(2, "opened", 2, 0)]
    assert follow([9.0, 9.0, 9.0]) == [(2, "opened", 3, 0)]


def test_escalates_once_a_level_and_never_back() -> None:
    scores = [1.0] * 3 + [1.6] * 3 + [1.0] * 5 + [1.6] * 5 + [2.5] * 3
    assert follow(scores) == [(2, "opened", 1, 0), (5, "escalated", 2, 0), (18, "escalated", 3, 0)]


def test_a_dip_during_an_episode_does_not_move_its_onset() -> None:
    """Nor, with it, the id that all its transitions share."""
    assert follow([1.0] * 3 + [0.9] * 2 + [1.6] * 3) == [(2, "opened", 1, 0), (7, "escalated", 2, 0)]


def test_returns_after_the_off_delay_below_the_hysteresis() -> None:
    opened = (2, "opened", 1, 0)
    assert follow([1.0] * 3 + [0.71] * 9) == [opened]
    assert follow([1.0] * 3 + [0.7]) == [opened]
    assert follow([1.0] * 3 + [0.7, 0.8, 0.7]) == [opened]
    assert follow([1.0] * 3 + [0.7, 0.7]) == [opened, (4, "returned", 1, 0)]


def test_the_next_episode_has_an_onset_and_a_level_of_its_own() -> None:
    turns = follow([2.5] * 3 + [0.0] * 2 + [1.0] * 3)
    assert turns == [(2, "opened", 3, 0), (4, "returned", 3, 0), (7, "opened", 1, 5)]


def test_a_scan_that_cannot_say_stops_every_counter() -> None:
    assert follow([1.0, NAN, 1.0, NAN, NAN, 1.0]) == [(5, "opened", 1, 0)]
    assert follow([1.0] * 3 + [0.0, NAN, NAN, 0.0]) == [(2, "opened", 1, 0), (6, "returned", 1, 0)]
    assert follow([1.0] * 3 + [NAN] * 50) == [(2, "opened", 1, 0)]


@settings(max_examples=300)
@given(scores=STRETCHES, split=st.integers(0, 80), on_shares=st.sampled_from([(1.0, 1.0, 1.0), (1.0, 0.5, 0.25)]))
def test_equals_the_naive_state_machine_also_after_a_restart(
    scores: list[float], split: int, on_shares: tuple[float, float, float]
) -> None:
    tuning = replace(TUNING, on_shares=on_shares)
    times_ns = [(i + 1) * 10**9 for i in range(len(scores))]
    slow = naive.episodes(
        scores,
        times_ns,
        levels=TUNING.levels,
        on_scans=TUNING.on_scans,
        off_scans=TUNING.off_scans,
        off_score=TUNING.off_score,
        on_shares=on_shares,
    )
    first, second = Episodes(1, 1, tuning), Episodes(1, 1, tuning)
    fast = follow(scores[:split], first)
    second.restore(first.snapshot())
    fast += follow(scores[split:], second, first=len(scores[:split]))
    assert fast == [(turn.scan, turn.kind, turn.level, turn.onset_ns // 10**9 - 1) for turn in slow]


@settings(max_examples=50)
@given(st.lists(st.tuples(SCORES, SCORES, SCORES, SCORES), max_size=30))
def test_units_and_components_live_apart(rows: list[tuple[float, ...]]) -> None:
    block = Episodes(2, 2, TUNING)
    together: list[list[tuple[int, str, int]]] = [[], [], [], []]
    for i, row in enumerate(rows):
        for turn in block.step(np.array(row).reshape(2, 2), (i + 1) * 10**9):
            together[2 * turn.unit + turn.component].append((i, turn.kind, turn.level))
    for one, turns in zip(zip(*rows, strict=True), together, strict=False):
        assert [turn[:3] for turn in follow(list(one))] == turns


def test_nothing_is_learned_in_an_episode_until_it_has_lasted_too_long() -> None:
    episodes = Episodes(1, 2, TUNING)
    for i in range(3):
        episodes.step(np.array([[1.0, 0.0]]), (i + 1) * 10**9)
    assert episodes.open.tolist() == [[True, False]]
    assert episodes.level.tolist() == [[1, 0]]
    assert episodes.frozen(61 * 10**9, 60.0).tolist() == [[True, False]]
    assert episodes.frozen(62 * 10**9, 60.0).tolist() == [[False, False]]


def test_is_busy_while_anything_counts() -> None:
    episodes = Episodes(1, 1, TUNING)
    busy = []
    for i, score in enumerate([0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.8, 0.0, 0.0]):
        episodes.step(np.array([[score]]), (i + 1) * 10**9)
        busy.append(episodes.busy)
    assert busy == [False, True, False, True, True, True, True, True, False]


def test_a_snapshot_is_a_copy() -> None:
    episodes = Episodes(1, 1, TUNING)
    state = episodes.snapshot()
    follow([1.0] * 3, episodes)
    assert state["level"].tolist() == [[0.0]]
    episodes.snapshot()["level"][:] = 0.0
    assert episodes.level.tolist() == [[1]]


def test_the_id_is_a_uuid_of_what_how_and_when() -> None:
    """Pinned: an id must come out the same on every machine, in every version and in every replay."""
    pinned = warning_id("YXK.units.2.turbine_guide_bearing", "normal-behaviour", 1_767_225_600_000_000_000)
    assert pinned == "d484aa83-1452-597b-9f49-5821dafdbe0e"
    assert uuid.UUID(pinned).version == 5


@pytest.mark.parametrize(("asset", "detector", "start_ns"), [("b", "d", 1), ("a", "e", 1), ("a", "d", 2)])
def test_another_asset_detector_or_start_has_another_id(asset: str, detector: str, start_ns: int) -> None:
    assert warning_id(asset, detector, start_ns) != warning_id("a", "d", 1)
