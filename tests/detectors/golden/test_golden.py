"""Golden incidents come out exactly as committed: the faulty unit early, before any static alarm, and nobody else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from detectors.events import LEVELS
from tests.detectors.golden import paths, play, read, write

RISES = ("opened", "escalated")
PATHS = pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)


@cache
def played(path: Path) -> dict[str, Any]:
    return play(read(path)[0])


def test_each_technology_has_an_incident() -> None:
    assert [(read(path)[0].station, read(path)[0].fault) for path in paths()] == [("YXK", "F01"), ("FYL", "F28")]


@PATHS
def test_exactly_the_committed_warnings_come_out(path: Path) -> None:
    assert played(path) == read(path)[1]


@PATHS
def test_the_faulty_unit_is_warned_of_days_before_its_alarm_limit_and_no_other_unit_is(path: Path) -> None:
    incident, _ = read(path)
    warnings = played(path)["warnings"]
    assert {warning["unit"] for warning in warnings} == {incident.unit}
    assert warnings[0]["transition"] == "opened"
    assert 0 < warnings[0]["hours"] < played(path)["alarm_hours"] - 7 * 24


@PATHS
def test_the_first_episode_grows_with_the_fault_and_is_urgent_before_the_alarm(path: Path) -> None:
    warnings = played(path)["warnings"]
    first = [one for one in warnings if one["component"] == warnings[0]["component"] and one["transition"] in RISES]
    assert [warning["level"] for warning in first] == list(LEVELS)
    assert first[-1]["hours"] < played(path)["alarm_hours"]


@PATHS
def test_the_first_episode_is_a_warning_days_before_the_alarm(path: Path) -> None:
    warnings = played(path)["warnings"]
    first = [one for one in warnings if one["component"] == warnings[0]["component"] and one["transition"] in RISES]
    assert [warning["level"] for warning in first] == list(LEVELS)
    assert first[1]["hours"] < played(path)["alarm_hours"] - 3 * 24


@PATHS
def test_the_command_writes_what_was_committed(path: Path, tmp_path: Path) -> None:
    write(tmp_path / path.name, *read(path))
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()
