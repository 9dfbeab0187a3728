"""The CARE score of events that can be reckoned by hand; no data set of it is needed."""

from __future__ import annotations

import numpy as np
import pytest

from replay.scores.care import Event, care, weigh


def event(said: str, failing: str = "", judged: str = "", flag_rows: int = 2) -> Event:
    """Rows as text: ``x`` = yes."""
    told, fails, knows = (
        np.array([one == "x" for one in text.ljust(len(said))]) for text in (said, failing, judged or "x" * len(said))
    )
    return Event(told, fails, knows, flag_rows)


def test_who_tells_all_and_nothing_else_is_perfect() -> None:
    assert care([event("  xxxx", "  xxxx"), event("      ")]) == (1.0, 1.0, 1.0, 1.0, 1.0)


def test_a_late_warning_by_hand() -> None:
    """Of four failing rows the last two; of four healthy ones one; a second machine of ten rows with one false."""
    found = care([event(" x    xx", "    xxxx"), event("x         ")])
    coverage = 1.25 * 2 / (1.25 * 2 + 0.25 * 2 + 1)
    assert found.coverage == pytest.approx(coverage)
    assert found.accuracy == pytest.approx(0.9)
    first = 16 / 15
    weights = [1.0, *((4 - n * first) / 4 / 0.75 for n in (1, 2, 3))]
    earliness = sum(weights[2:]) / sum(weights)
    assert found.earliness == pytest.approx(earliness)
    assert found.reliability == 1.0
    assert found.score == pytest.approx((coverage + earliness + 1.0 + 2 * 0.9) / 5)


def test_coverage_accuracy_and_earliness_are_means_and_reliability_counts_events() -> None:
    """One failure found, one missed, one of two healthy machines flagged."""
    found = care([event("xx", "xx"), event("  ", "xx"), event("xx      "), event("        ")])
    assert (found.coverage, found.earliness, found.accuracy) == (0.5, 0.5, (0.75 + 1.0) / 2)
    assert found.reliability == pytest.approx(1.25 / (1.25 + 0.25 + 1.0))


def test_who_flags_nothing_has_nothing() -> None:
    found = care([event("x x x ", "xxxxxx"), event("      ")])
    assert (found.score, found.reliability) == (0.0, 0.0)
    assert found.coverage is not None
    assert found.coverage > 0.0


@pytest.mark.parametrize(("healthy", "is_accuracy"), [("xx  ", True), ("xxx ", True), ("x    ", False)])
def test_who_is_no_better_than_a_coin_on_healthy_machines_gets_that(healthy: str, is_accuracy: bool) -> None:
    found = care([event("xxxx", "xxxx"), event(healthy)])
    assert (found.score == found.accuracy) is is_accuracy


@pytest.mark.parametrize(
    ("said", "judged", "flagged"),
    [
        ("xx", "", True),
        ("x x", "", False),
        ("x xx", "", True),
        ("   xx", "", True),
        ("x xx", "x xx", True),
        ("x  x", "x  x", True),
        ("xxxx", "x   ", False),
        ("xxxx", "    ", False),
    ],
)
def test_a_count_goes_up_and_down_and_waits_while_nothing_is_judged(said: str, judged: str, flagged: bool) -> None:
    one = event(said, judged=judged or "x" * len(said))
    assert one.is_flagged is flagged


def test_rows_that_were_not_judged_count_for_earliness_only() -> None:
    found = care([event("x xx", "xxxx", "  xx"), event("x ", judged=" x")])
    assert (found.coverage, found.accuracy) == (1.0, 1.0)
    weights = weigh(4)
    assert found.earliness == pytest.approx((weights.sum() - weights[1]) / weights.sum())


def test_without_a_healthy_machine_or_a_failure_there_is_no_score() -> None:
    assert care([event("xx", "xx")])[:3] == (None, 1.0, None)
    assert care([event("  ")]) == (None, None, 1.0, None, None)
    assert care([event("xx", "xx"), event("  ", judged="  ")]).score is None, "nothing is known of one never judged"


def test_a_warning_in_the_first_quarter_counts_in_full_and_the_end_for_almost_nothing() -> None:
    weights = weigh(1000)
    assert (weights[:250] == 1.0).all()
    assert (np.diff(weights[250:]) < 0.0).all()
    assert 0.0 < weights[-1] < 0.01
    assert weigh(1).tolist() == [1.0]
