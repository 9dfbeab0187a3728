"""Scores of what was said of a recording: which rows count, and what is said where labels do not carry a score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detectors.events import HealthScore
from replay.scores.answers import Answers, UnitRows
from replay.scores.recorded import Score, scores_of
from stations.simulate.labels import Label
from tests.replay.small import START_NS, pump

HOUR_NS = 3600 * 10**9
LETTERS = {" ": (True, False), "x": (True, True), "?": (False, False), "!": (False, True)}
"""Judged and said: quiet, in warning, not judged, in warning though not judged."""


def label(unit: str, begin_h: float, end_h: float, **changes: Any) -> Label:
    """A failure of a unit between two hours, both inside."""
    times = START_NS + round(begin_h * HOUR_NS), START_NS + round(end_h * HOUR_NS)
    return replace(Label("F01", "failure", "slow", "PMP", unit, "", *times, 1.0), **changes)


def answers(**units: str) -> Answers:
    """What was said of units hour by hour, a letter each."""
    block = replace(pump(tuple(units)).blocks[0], period_s=3600.0)
    kept = Answers(block)
    for i, letters in enumerate(zip(*units.values(), strict=True)):
        judged, said = (np.array(one) for one in zip(*(LETTERS[letter] for letter in letters), strict=True))
        score = np.where(judged, 0.5, np.nan)[:, None]
        unknown = np.zeros(len(units))
        kept.take(
            HealthScore(
                station="PMP",
                block=block.code,
                revision="",
                time_ns=START_NS + i * HOUR_NS,
                mode=unknown.astype(np.uint8),
                level=said[:, None].astype(np.uint8),
                score=score,
                health=score,
                good=unknown,
            )
        )
    return kept


def scored(labels: list[Label], **units: str) -> dict[str, Score]:
    return {one.name: one for one in scores_of([answers(**units)], labels)}


def rows(labels: list[Label], **units: str) -> list[UnitRows]:
    return list(answers(**units).rows(labels))


def letters(where: np.ndarray[Any, np.dtype[np.bool_]]) -> str:
    return "".join("x" if one else " " for one in where)


QUIET = " " * 40
FOUND = " " * 10 + "x" * 30
FAILS = label("a", 10, 39)


def test_all_told_at_once_and_nothing_else_is_perfect() -> None:
    found = scored([FAILS], a=FOUND, b=QUIET)
    assert {name: one.value for name, one in found.items()} == pytest.approx({"nab": 100.0, "skab": 1.0, "care": 1.0})
    assert all(one.why is None for one in found.values())
    assert {part.name: part.value for part in found["skab"].parts} == {"far": 0.0, "mar": 0.0}


def test_nothing_told_is_nothing() -> None:
    found = scored([FAILS], a=QUIET, b=QUIET)
    assert {name: one.value for name, one in found.items()} == {"nab": 0.0, "skab": 0.0, "care": 0.0}


def test_a_false_warning_costs_once_by_nab_however_long_it_stands() -> None:
    found = scored([FAILS], a=FOUND, b="     " + "x" * 30 + "     ")
    assert found["nab"].value == pytest.approx(100.0 - 50.0 * 0.11)
    assert found["skab"].value == pytest.approx(30 / (30 + 30 / 2))
    assert found["care"].to_dict()["accuracy"] == pytest.approx(0.25)
    assert found["care"].value == pytest.approx(0.25), "no better than a coin"


def test_what_follows_a_failure_is_not_known_before_its_repair() -> None:
    (one,) = rows([label("a", 2, 4)], a=" " * 10)
    assert (letters(one.failing), letters(one.left_out)) == ("  xxx     ", "     xxxxx")
    (one,) = rows([label("a", 2, 4, repaired_ns=START_NS + 6 * HOUR_NS)], a=" " * 10)
    assert (letters(one.failing), letters(one.left_out)) == ("  xxx     ", "     xxx  ")
    (one,) = rows([label("a", 2, 9, repaired_ns=START_NS + 3 * HOUR_NS)], a=" " * 10)
    assert (letters(one.failing), letters(one.left_out)) == ("  xx      ", "    x     ")
    (one,) = rows([label("a", 2, 4), label("a", 7, 8)], a=" " * 10)
    assert (letters(one.failing), letters(one.left_out)) == ("  xxx  xx ", "     xx  x")


def test_a_failure_without_a_unit_is_of_all() -> None:
    both = rows([label("", 1, 1), label("b", 2, 2), label("b", 0, 0, category="sensor")], a="   ", b="   ")
    assert [letters(one.failing) for one in both] == [" x ", " xx"]


def test_a_warning_opens_once() -> None:
    (one,) = rows([], a=" xx x!?")
    assert (letters(one.said), letters(one.opens), letters(one.judged)) == (" xx xx ", " x  x  ", "xxxxx  ")


def test_a_failure_in_which_nothing_could_be_said_is_missed_and_it_says_so() -> None:
    found = scored([FAILS], a=" " * 10 + "?" * 30, b=QUIET)
    assert found["nab"].value == 0.0
    assert [found[name].value for name in ("skab", "care")] == [None, None]
    assert found["skab"].why == found["care"].why
    assert found["skab"].why is not None
    assert found["skab"].why.en == "no unit was judged while it failed"


@pytest.mark.parametrize(
    ("labels", "units", "why"),
    [
        ([], {"a": FOUND}, ("no failure is labelled",) * 3),
        ([label("a", 10, 39, category="sensor")], {"a": FOUND}, ("no failure is labelled",) * 3),
        ([label("a", 900, 901)], {"a": FOUND}, ("no failure is labelled",) * 3),
        ([label("a", 10, 14)], {"a": FOUND, "b": QUIET}, ("", "", "no failure was judged for 12 h")),
        ([FAILS], {"a": FOUND}, ("", "", "every stretch ends with a failure")),
        ([FAILS], {"a": "?" * 10 + "x" * 30}, ("", "no healthy time was judged", "every stretch ends with a failure")),
    ],
)
def test_labels_that_do_not_carry_a_score_say_why(
    labels: list[Label], units: dict[str, str], why: tuple[str, ...]
) -> None:
    found = scored(labels, **units)
    for one, expected in zip(found.values(), why, strict=True):
        assert (one.value is None) is bool(expected)
        assert expected in ("" if one.why is None else one.why.en)
        assert expected in one.figures().en


def test_a_healthy_recording_tells_what_was_said_in_vain() -> None:
    found = scored([], a=QUIET, b=FOUND)
    assert found["skab"].figures().en == "–, no failure is labelled in the time of the recording (FAR 37.50 %)"
    assert found["care"].figures().zh == "–，记录时段内没有标注的故障（准确 0.62）"


def test_a_part_of_it_is_not_scored() -> None:
    for one in scores_of([answers(a=FOUND)], [FAILS], is_whole=False):
        assert (one.value, one.figures().en.partition(" (")[0]) == (None, "–, only a part of it was played")


def test_people_and_programs_are_told_the_same() -> None:
    one = scored([FAILS], a=FOUND, b=QUIET)["care"]
    assert one.figures().en == "1.00 (coverage 1.00, accuracy 1.00, reliability 1.00, earliness 1.00)"
    assert one.figures().zh == "1.00（覆盖 1.00，准确 1.00，可靠 1.00，提前 1.00）"
    keys = ["value", "coverage", "accuracy", "reliability", "earliness", "why_zh", "why_en", "text_zh", "text_en"]
    assert list(one.to_dict()) == keys
    assert one.to_dict()["value"] == 1.0
