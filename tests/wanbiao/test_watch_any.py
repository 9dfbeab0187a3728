"""``wanbiao watch`` without a catalogue: what its options do, and what people and programs are told."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from replay import watching
from tests.wanbiao.watched import FAULT, answer, done, table, write_pump, wrong
from wanbiao import cli


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)


@pytest.fixture
def pump(tmp_path: Path) -> Path:
    path = tmp_path / "pump.csv"
    write_pump(path)
    return path


def test_a_recording_without_time_is_judged_a_second_a_row_and_says_so(pump: Path) -> None:
    lines = [line.partition(",")[2] for line in pump.read_text().splitlines()]
    pump.write_text("\n".join(lines) + "\n")
    found = answer(pump, "--covariates", "load")
    (episode,) = found["episodes"]
    begun = datetime.fromisoformat(episode["start"]) - datetime(2011, 1, 1, tzinfo=UTC)
    assert FAULT.start <= begun.total_seconds() < FAULT.start + 30
    assert found["judged_h"] == pytest.approx(1800 / 3600)
    english = done(pump, "--covariates", "load", "--language", "en")
    assert "no time column: rows are taken as 1 s apart" in english.stdout
    assert "无时间列：按每行 60 s 计" in done(pump, "--period", "60", "--language", "zh").stdout


def test_what_was_learned_is_told(pump: Path) -> None:
    found = answer(pump, "--covariates", "load")
    (learned,) = found["learned"]
    assert (learned["unit"], learned["rows"], learned["learns"], learned["is_disturbed"]) == ("1", 200, False, False)
    assert set(learned["limits"]) == {"level", "cross", "spread", "departure"}
    assert "learned from 200 rows; limits: level " in done(pump, "--covariates", "load", "--language", "en").stdout
    assert "由前 200 行学习；限值 level " in done(pump, "--covariates", "load", "--language", "zh").stdout


def test_too_few_rows_are_told(pump: Path) -> None:
    pump.write_text("\n".join(pump.read_text().splitlines()[:51]) + "\n")
    (learned,) = answer(pump)["learned"]
    assert (learned["rows"], learned["learns"], learned["limits"]) == (100, True, {})
    english = done(pump, "--language", "en").stdout
    assert "too few rows: 100 are needed to learn from" in english
    assert "nothing was judged yet" in english


def test_columns_of_which_nothing_can_be_said_are_told(pump: Path) -> None:
    pump.write_text("a,b\n" + "".join(f"{i % 7 if i % 4 == 0 else ''},{1 + i % 3}e-300\n" for i in range(500)))
    (learned,) = answer(pump)["learned"]
    assert (learned["learns"], learned["limits"], learned["is_disturbed"]) == (False, {}, False)
    english = done(pump, "--language", "en").stdout
    assert "nothing is judged: no column has enough values that vary in the 100 learn rows" in english
    assert "limits" not in english


def test_disturbed_learn_rows_are_told(pump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "DISTURBED", 2.9)  # no limit is lower
    (learned,) = answer(pump)["learned"]
    assert learned["is_disturbed"]
    assert "the learn rows are disturbed" in done(pump, "--language", "en").stdout
    assert "学习段数据有扰动" in done(pump, "--language", "zh").stdout


def test_learned_until_a_time(pump: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    found = answer(pump, "--learn-until", "2020-01-01T05:00Z", "--scores", scores)
    assert found["learned"][0]["rows"] == 300
    assert next(row["time"] for row in table(scores) if row["score"]) == "2020-01-01T05:00:00Z"


def test_learned_until_a_time_where_rows_tell_what_has_passed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("Time [min],a\n" + "".join(f"{i},{i % 7}\n" for i in range(400)))
    words = "--start", "2024-03-01", "--learn-until", "2024-03-01T02:00Z"
    assert answer(path, *words)["learned"][0]["rows"] == 120


def test_sensitivity_moves_what_is_told(pump: Path) -> None:
    limits = [sum(answer(pump, "--sensitivity", by)["learned"][0]["limits"].values()) for by in ("0.05", "1", "20")]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > limits[-1]


def test_each_unit_of_a_column_is_judged_by_itself(pump: Path, tmp_path: Path) -> None:
    """The second unit is the first one without its fault."""
    first, *lines = pump.read_text().splitlines()
    both = [first.replace("note", "machine")]
    for i, line in enumerate(lines):
        time, load, bearing, _ = line.split(",")
        both += [f"{time},{load},{bearing},one", f"{time},{load},{float(bearing) - 3 * (i in FAULT):.2f},two"]
    path, scores = tmp_path / "both.csv", tmp_path / "scores.csv"
    path.write_text("\n".join(both) + "\n")
    found = answer(path, "--units-column", "machine", "--covariates", "load", "--scores", scores)
    assert [episode["unit"] for episode in found["episodes"]] == ["one"]
    assert [(one["unit"], one["rows"]) for one in found["learned"]] == [("one", 200), ("two", 200)]
    rows = table(scores)
    assert (len(rows), [row["unit"] for row in rows[:3]]) == (4000, ["one", "two", "one"])
    english = done(path, "--units-column", "machine", "--covariates", "load", "--language", "en").stdout
    assert "one · bearing" in english
    assert "two · learned from 200 rows" in english


@pytest.mark.parametrize(("name", "between"), [("space", " "), (";", ";"), ("tab", "\t"), ("@", "@")])
def test_a_separator_that_is_given(pump: Path, name: str, between: str) -> None:
    rows = [line.split(",") for line in pump.read_text().splitlines()]
    pump.write_text("\n".join(between.join([row[0].replace(" ", "T"), *row[1:]]) for row in rows) + "\n")
    assert len(answer(pump, "--covariates", "load", "--separator", name)["episodes"]) == 1


def test_an_excursion_is_told_as_a_sensor_and_not_as_a_warning(pump: Path, tmp_path: Path) -> None:
    lines = pump.read_text().splitlines()
    time, load, bearing, note = lines[1001].split(",")
    lines[1001] = f"{time},{load},{float(bearing) + 1.4:.2f},{note}"
    pump.write_text("\n".join(lines) + "\n")
    events = tmp_path / "events.jsonl"
    found = answer(pump, "--covariates", "load", "--events", events)
    assert len(found["episodes"]) == 1  # that of the fault
    (sensor,) = found["sensors"]
    assert (sensor["tag"], sensor["time"], sensor["transition"]) == ("bearing", "2020-01-01T16:40:00Z", "passed")
    assert "jumped for 1 row and came back" in sensor["text_en"]
    assert found["sensor_events"] == 1
    said = [json.loads(line) for line in events.read_text().splitlines()]
    assert [one["transition"] for one in said if one["kind"] == "data_quality"] == ["passed"]
    for language, expected in (("en", "bearing jumped for 1 row and came back"), ("zh", "bearing短时跳变 1 行后恢复")):
        assert expected in done(pump, "--covariates", "load", "--language", language).stdout


def test_sensors_that_fail_are_told_but_not_without_end(pump: Path) -> None:
    lines = pump.read_text().splitlines()
    for first in range(300, 1500, 50):
        for i in range(first, first + 10):
            time, load, _, note = lines[i].split(",")
            lines[i] = f"{time},{load},,{note}"
    pump.write_text("\n".join(lines) + "\n")
    found = answer(pump, "--covariates", "load")
    assert found["sensor_events"] == len(found["sensors"]) == 48
    english = done(pump, "--covariates", "load", "--language", "en").stdout
    assert english.count("no good value from bearing") == 10
    assert "and 28 more sensor events" in english


def test_everything_that_is_written_is_json_whatever_is_missing(pump: Path, tmp_path: Path) -> None:
    """The bearing is lost while its episode is open: events tell the last value there was."""
    lines = pump.read_text().splitlines()
    for i in range(1700, 2001):
        time, load, _, note = lines[i].split(",")
        lines[i] = f"{time},{load},{'inf' if i % 2 else ''},{note}"
    pump.write_text("\n".join(lines) + "\n")
    events = tmp_path / "events.jsonl"

    def refuse(name: str) -> None:
        raise AssertionError(name)

    output = done("--json", pump, "--covariates", "load", "--events", events).stdout
    json.loads(output, parse_constant=refuse)
    for line in events.read_text().splitlines():
        json.loads(line, parse_constant=refuse)


# ---- files as people have them


def test_a_file_from_a_spreadsheet_in_china(pump: Path) -> None:
    text = pump.read_text().replace("load", "负荷").replace("bearing", "轴承温度 [℃]").replace("ok", "正常")
    pump.write_bytes(text.encode("gbk"))
    (episode,) = answer(pump, "--covariates", "负荷")["episodes"]
    assert episode["component"] == "轴承温度 [℃]"


def test_a_file_without_names_of_columns_is_judged_and_says_so(pump: Path) -> None:
    lines = [line.rpartition(",")[0] for line in pump.read_text().splitlines()[1:]]
    pump.write_text("# by hand\n" + "\n".join(lines) + "\n")
    found = answer(pump, "--covariates", "column 2")
    assert (found["rows"], found["bad_rows"], found["has_header"]) == (2000, 0, False)
    assert [episode["component"] for episode in found["episodes"]] == ["column 3"]
    english = done(pump, "--covariates", "column 2", "--language", "en").stdout
    assert "no header: columns are named column 1 to column 3\n" in english
    assert "无表头：各列称为 column 1 至 column 3\n" in done(pump, "--language", "zh").stdout


def test_a_file_with_names_of_columns_says_nothing_of_them(pump: Path) -> None:
    assert answer(pump)["has_header"] is True
    assert "header" not in done(pump, "--language", "en").stdout


def test_columns_that_count_or_stand_still_are_not_used(pump: Path) -> None:
    first, *lines = pump.read_text().splitlines()
    lines = [f"{i},{line},{3 + (i >= 900)}" for i, line in enumerate(lines)]
    pump.write_text("\n".join([f",{first},valve", *lines]) + "\n")
    found = answer(pump, "--covariates", "load")
    assert (found["extra_columns"], len(found["episodes"])) == (["", "note", "valve"], 1)
    (moved,) = found["sensors"]
    assert (moved["tag"], moved["transition"], moved["time"]) == ("valve", "opened", "2020-01-01T15:00:00Z")
    for language, said in (("en", "valve stood still in the learn rows and moves now"), ("zh", "valve在学习段内不变")):
        assert said in done(pump, "--covariates", "load", "--language", language).stdout


def test_several_rows_of_one_time_hint_at_the_column_of_units(pump: Path) -> None:
    first, *lines = pump.read_text().splitlines()
    both = [line.replace("ok", unit) for line in lines for unit in ("north", "south")]
    pump.write_text("\n".join([first, *both]) + "\n")
    for language, expected in (
        ("en", 'several rows of one time: if they are of several units, add --units-column "note"'),
        ("zh", '同一时刻有多行：若属不同机组，请加 --units-column "note"'),
    ):
        stderr = done(pump, "--json", "--language", language).stderr
        assert [line for line in stderr.splitlines() if "--units-column" in line] == [expected]
    assert "--units-column" not in done(pump, "--units-column", "note").stderr


# ---- what can be wrong


def test_times_that_no_row_may_have(pump: Path) -> None:
    first, *lines = pump.read_text().splitlines()
    pump.write_text("\n".join([first, *reversed(lines)]) + "\n")
    wrong(65, 'column "time": times descend; expected oldest first', pump)
    slashed = [f"02/01/2020 {i // 60}:{i % 60:02},{i % 7}" for i in range(300)]
    pump.write_text("\n".join(["time,a", *slashed]) + "\n")
    wrong(65, "nothing in the first 50 rows tells dd/mm/yyyy from mm/dd/yyyy; expected yyyy-mm-dd", pump)
    pump.write_text("\n".join(["time,a", *slashed]).replace("02/01", "13/01") + "\n")
    assert answer(pump)["bad_rows"] == 0


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--sensitivity", "0", "not in the range"),
        ("--sensitivity", "101", "not in the range"),
        ("--sensitivity", "nan", "expected a number"),
        ("--learn-rows", "9", "not in the range"),
        ("--separator", "ab", "expected one character that no number holds"),
        ("--separator", ".", "expected one character that no number holds"),
        ("--separator", "", "expected one character that no number holds"),
        ("--learn-until", "noon", "expected a time such as"),
        ("--period", "0", "not in the range"),
    ],
)
def test_values_that_no_option_takes(pump: Path, option: str, value: str, expected: str) -> None:
    wrong(2, expected, pump, option, value)


def test_a_recording_that_does_not_hold_what_an_option_names(pump: Path, tmp_path: Path) -> None:
    wrong(65, "no row to learn from before the given time", pump, "--learn-until", "2019-12-31")
    wrong(
        65, 'no column "nota"; expected the column that names the unit; nearest: "note"', pump, "--units-column", "nota"
    )
    wrong(65, "no column to judge", pump, "--separator", "tab")
    path = tmp_path / "r.csv"
    path.write_text("a\n" + "1\n2\n" * 100)
    wrong(65, "has no time column; expected one", path, "--learn-until", "2020-01-01")
