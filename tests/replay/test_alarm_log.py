"""Any list of warnings is read or refused in one line, never a traceback; words of other systems are understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.events import LEVELS
from replay import alarm_log
from replay.alarm_log import AlarmLog, read_alarm_log
from replay.alarm_words import level_of, transition_of
from replay.files import RecordingError

FRAGMENTS = st.sampled_from(
    [
        "time",
        "tag",
        "state",
        "priority",
        "2026-01-01",
        "1767225600",
        ",",
        ";",
        "\n",
        '"',
        "{",
        "}",
        '"id":1',
        "null",
        "é",
        "\0",
    ]
)


def read_or_refuse(path: Path) -> AlarmLog | str:
    """What was read, or the line that says why it cannot be."""
    try:
        return read_alarm_log([path])
    except RecordingError as error:
        return str(error)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.lists(FRAGMENTS, max_size=40).map("".join), st.text(max_size=60)))
def test_whatever_the_file_holds(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8", errors="replace")
    read = read_or_refuse(path)
    if isinstance(read, str):
        assert "\n" not in read
        assert str(path) in read
    else:
        assert read.tally.rows == len(read.occurrences) + read.tally.bad_rows


@pytest.mark.parametrize("value", ["null", "[1]", "NaN", '{"episodes": 3}', '{"id": 5, "kind": "early_warning"}'])
def test_json_that_is_no_warning_is_a_bad_row(tmp_path: Path, value: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"kind": "data_quality"}\n' + value + "\n")
    log = read_alarm_log([path])
    assert (log.tally.rows, log.tally.bad_rows, log.tally.named[0].line, log.occurrences) == (2, 1, 2, [])


def test_of_one_second_the_order_of_the_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time,tag,state\n2026-01-02,b,alm\n2026-01-01,a,rtn\n2026-01-01,a,alm\n")
    assert [one.transition for one in read_alarm_log([path]).occurrences] == ["opened", "returned", "opened"]
    path.write_text("time,tag,state\n2026-01-01,a,alm\n2026-01-01,a,rtn\n2026-01-02,b,alm\n")
    assert [one.transition for one in read_alarm_log([path]).occurrences] == ["opened", "returned", "opened"]


def test_more_rows_than_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm_log, "ROWS_MOST", 3)
    path = tmp_path / "log.csv"
    path.write_text("time,tag\n" + "2026-01-01,a\n" * 4)
    with pytest.raises(RecordingError, match="more than 3 rows"):
        read_alarm_log([path])


def test_our_own_words_mean_themselves() -> None:
    assert [level_of(level) for level in LEVELS] == list(LEVELS)
    own = (
        "opened",
        "reopened",
        "escalated",
        "reminded",
        "acknowledged",
        "shelved",
        "unshelved",
        "returned",
        "accepted",
        "closed",
    )
    assert [transition_of(word) for word in own] == list(own)
    with pytest.raises(ValueError, match='priority "purple"; expected low'):
        level_of("purple")
