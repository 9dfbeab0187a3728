"""Sensors out: each event has an id of its own, so what is over is known by place and cause."""

from __future__ import annotations

import pytest

from dashboards.board import sensors
from dashboards.board.room import Room
from detectors.events import DataQuality
from tests.dashboards.board.plant import FLEET
from tests.detectors.small import START_NS

NO_VALUE = "no good value: missing, called bad by its source, or outside the range of the sensor"


def quality(transition: str, reason: str = NO_VALUE, *, unit: str = "1", tag: str = "PAD1", at: int = 0) -> DataQuality:
    words = ("甲站：无数据。", "Alpha: no data.")
    id = f"{transition}-{unit}-{tag}-{at}"
    return DataQuality(id, "data_quality", "ABC", "units", unit, tag, transition, START_NS + at, reason, *words)


def out(*events: DataQuality, unit: str = "") -> list[tuple[str, str]]:
    room = Room(FLEET)
    room.take(events)
    return [(one.unit, one.tag) for one in room.quality("ABC", unit)]


def test_a_sensor_is_out_until_it_returns() -> None:
    assert out(quality("opened")) == [("1", "PAD1")]
    assert out(quality("opened"), quality("returned", at=9)) == []
    assert out(quality("opened"), unit="2") == []


def test_a_sensor_may_be_out_for_two_causes() -> None:
    both = quality("opened"), quality("opened", "drift", at=1)
    assert out(*both, quality("returned", "drift: withdrawn", at=2)) == [("1", "PAD1")]
    assert out(*both, quality("returned", "drift", at=2), quality("returned", at=3)) == []


def test_what_the_crew_marks_is_out_until_it_is_repaired() -> None:
    marked = quality("opened", "marked as faulty, says Li")
    assert out(marked) == [("1", "PAD1")]
    assert out(marked, quality("returned", "repaired, says Wang", at=1)) == []


def test_planned_work_and_what_has_passed_put_no_sensor_out() -> None:
    assert out(quality("opened", "maintain, says Li", tag="*"), quality("passed", "gap: 900 s", tag="*")) == []


def test_units_that_fell_silent_together_may_come_back_one_by_one() -> None:
    silent = quality("opened", unit="*", tag="*")
    assert out(silent, unit="2") == [("*", "*")]
    assert out(silent, quality("returned", unit="2", tag="*", at=1)) == []
    each = [quality("opened", unit=unit, tag="*") for unit in "123"]
    assert out(*each, quality("returned", unit="2", tag="*", at=1)) == [("1", "*"), ("3", "*")]
    assert out(*each, quality("returned", unit="*", tag="*", at=1)) == []


def test_of_too_many_the_first_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors, "OUT_MOST", 2)
    assert len(out(*(quality("opened", unit=unit) for unit in "123"))) == 2
