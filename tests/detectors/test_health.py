"""Health: what the index of a score is, and that the worst counts on the way up."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.health import health_index, lowest, worst

SCORES = st.one_of(st.just(math.nan), st.floats(0.0, 50.0))


def test_is_a_hundred_when_sound_and_fifty_at_the_warning_limit() -> None:
    assert health_index(np.array([0.0, 1.0])).tolist() == [100.0, 50.0]
    assert health_index(np.array([0.3])) > 90.0


def test_what_cannot_be_said_is_no_free_hundred() -> None:
    assert np.isnan(health_index(np.array([math.nan]))).all()


@given(st.floats(0.0, allow_nan=False), st.floats(0.0, allow_nan=False))
def test_falls_as_the_score_rises_and_never_reaches_zero(a: float, b: float) -> None:
    low, high = health_index(np.array(sorted([a, b])))
    assert 100.0 >= low >= high > 0.0


@given(st.lists(SCORES, min_size=6, max_size=6))
def test_the_worst_tag_speaks_for_its_component(scores: list[float]) -> None:
    """Components of one, two and three tags, one unit."""
    groups = worst(np.array([scores]), np.array([0, 1, 3]))[0]
    for group, tags in zip(groups, (scores[:1], scores[1:3], scores[3:]), strict=True):
        known = [score for score in tags if not math.isnan(score)]
        assert (group == max(known)) if known else math.isnan(group)


def test_units_are_judged_apart() -> None:
    scores = np.array([[0.1, 0.2], [math.nan, 3.0]])
    assert worst(scores, np.array([0])).tolist() == [[0.2], [3.0]]


def test_a_block_without_judged_tags_has_no_components() -> None:
    assert worst(np.empty((3, 0)), np.empty(0, dtype=np.intp)).shape == (3, 0)


def test_the_lowest_health_is_that_of_what_is_known() -> None:
    assert lowest(np.array([[90.0, math.nan], [70.0, 80.0]])) == 70.0
    assert math.isnan(lowest(np.array([[math.nan]])))
    assert math.isnan(lowest(np.empty((3, 0))))
