"""``wanbiao watch``: a real recording with its catalogue, any recording without one, and what can be wrong with either."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stations.template import SHIPPED
from tests.wanbiao.watched import FAULT, answer, done, table, watch, write_pump, wrong
from wanbiao import cli

YEAR_ROWS = 7411


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)


@pytest.fixture(scope="module")
def year(data_root: Path) -> Path:
    return data_root / "gas_turbine_emissions" / "gt_2011.csv.gz"


@pytest.fixture
def pump(tmp_path: Path) -> Path:
    path = tmp_path / "pump.csv"
    write_pump(path)
    return path


# ---- with a catalogue


def test_a_real_year(year: Path, tmp_path: Path) -> None:
    events, scores = tmp_path / "events.jsonl", tmp_path / "scores.csv"
    found = answer(year, "--catalogue", "gas_turbine", "--events", events, "--scores", scores)
    assert (found["station"], found["rows"], found["scans"], found["bad_rows"]) == ("GTE", YEAR_ROWS, YEAR_ROWS, 0)
    assert found["warnings"] == len(found["episodes"]) > 0
    assert found["warnings_per_1000_h"] == pytest.approx(1000 * found["warnings"] / found["judged_h"], rel=1e-3)

    said = [json.loads(line) for line in events.read_text().splitlines()]
    opened = [one for one in said if one.get("transition") == "opened" and one["kind"] == "early_warning"]
    assert [one["id"] for one in opened] == [episode["id"] for episode in found["episodes"]]

    rows = table(scores)
    assert len(rows) == YEAR_ROWS
    assert rows[0] == {"time": "2011-01-01T00:00:00Z", "score": "", "health": "", "warning": "0", "tag": ""}
    assert {row["tag"] for row in rows} <= {"", "AFDP", "GTEP", "TIT", "TAT", "CDP", "CO", "NOX"}
    assert sum(row["score"] != "" for row in rows) == found["judged_h"]
    for episode in found["episodes"]:
        assert [row["warning"] for row in rows if row["time"] == episode["opened"]] == ["1"]
        assert {"tag", "value", "expected", "uom"} <= set(episode["tags"][0])


def test_nothing_is_said_before_the_rows_to_learn_from(year: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    answer(year, "--catalogue", "gas_turbine", "--learn-rows", "5000", "--scores", scores)
    known = [i for i, row in enumerate(table(scores)) if row["score"]]
    assert 5000 <= known[0] < 5020


def test_constants_of_detection_from_a_file(year: Path, tmp_path: Path) -> None:
    path = tmp_path / "deaf.toml"
    path.write_text("limit = 1000.0\n")
    assert answer(year, "--catalogue", "gas_turbine", "--tuning", path)["warnings"] == 0


# ---- without one


def test_any_recording(pump: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    found = answer(pump, "--covariates", "load", "--scores", scores)
    assert (found["station"], found["rows"], found["extra_columns"]) == ("REC", 2000, ["note"])
    (episode,) = found["episodes"]
    start = datetime(2020, 1, 1, tzinfo=UTC)
    onset = (datetime.fromisoformat(episode["start"]) - start) / timedelta(minutes=1)
    assert FAULT.start <= onset < FAULT.start + 30
    (tag,) = episode["tags"]
    assert (tag["name_en"], round(tag["value"] - tag["expected"])) == ("bearing", 3)
    rows = table(scores)
    assert (len(rows), rows[1700]["warning"], rows[1700]["tag"]) == (2000, "1", "bearing")


def test_people_read_a_table_in_their_language(pump: Path) -> None:
    outputs = {code: done(pump, "--covariates", "load", "--language", code) for code in ("zh", "en", "both")}
    assert "测点：实测（期望）" in outputs["zh"].stdout
    assert "warning" not in outputs["zh"].stdout
    assert "tag: measured (expected)" in outputs["en"].stdout
    assert "期望" not in outputs["en"].stdout
    assert "2,000 rows, 0 bad" in outputs["both"].stdout
    assert "2000 行" in outputs["both"].stdout
    for result in outputs.values():
        assert "\x1b" not in result.output
        assert "\r" not in result.output
        assert max(map(len, result.stdout.splitlines())) <= 120
        assert "100%" in result.stderr


def test_bad_rows_are_named_and_keep_the_scores_in_line(pump: Path, tmp_path: Path) -> None:
    lines = pump.read_text().splitlines()
    lines[6] = "oops"
    lines[9] = lines[9].replace(lines[9].split(",")[2], "warm")
    lines[2000] = "the end"
    pump.write_text("\n".join(lines) + "\n")
    scores = tmp_path / "scores.csv"
    result = done(pump, "--covariates", "load", "--scores", scores)
    named = [line for line in result.stderr.splitlines() if "bad row" in line]
    assert named == [
        "坏行 bad row: pump.csv: line 7: 1 cells; expected 4",
        '坏行 bad row: pump.csv: line 10: bearing: "warm"; expected a number',
        "坏行 bad row: pump.csv: line 2001: 1 cells; expected 4",
    ]
    assert "2,000 rows, 3 bad" in result.stdout
    rows = table(scores)
    assert len(rows) == 2000
    assert [i for i, row in enumerate(rows) if not row["time"]] == [5, 1999]
    assert rows[6]["time"] == "2020-01-01T00:06:00Z"


def test_a_gzip_file_that_is_cut_off_is_played_so_far(pump: Path, tmp_path: Path) -> None:
    packed = gzip.compress(pump.read_bytes())
    path = tmp_path / "pump.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    result = done(path, "--covariates", "load")
    (line,) = [line for line in result.stderr.splitlines() if "bad row" in line]
    assert line.startswith("坏行 bad row: pump.csv.gz: line ")
    assert line.endswith("the gzip file is cut off here; the rows before it were played")


def test_start_and_period_of_rows_without_time(tmp_path: Path) -> None:
    path, scores = tmp_path / "r.csv", tmp_path / "s.csv"
    path.write_text("a\n" + "".join(f"{i % 9}\n" for i in range(150)))
    answer(path, "--period", "600", "--start", "2024-02-28T23:50+08:00", "--scores", scores)
    assert [row["time"] for row in table(scores)[:2]] == ["2024-02-28T15:50:00Z", "2024-02-28T16:00:00Z"]


# ---- what can be wrong


def test_a_recording_that_cannot_be_played(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for content, expected in (
        (b"", "is empty"),
        (b"\x00\x01\x02", "is not text in UTF-8"),
        (b"a,b\nx,y\n", "no column to judge"),
        (b"a,b\n1\n", "no usable row: r.csv: line 2: 1 cells; expected 2"),
        (b"time,a\n5 Jan 2020,3\n", 'column "time": "5 Jan 2020"; expected a time such as 2011-01-31T08:00:00Z'),
        (b"a,a\n" + b"1,2\n2,3\n" * 100, 'more than one column "a"; expected names of their own'),
        (b"\x1f\x8b\x08", "damaged gzip file"),
        (gzip.compress(b"a,b\n" + (b"1," + b" " * 1000 + b"2\n") * (32 << 10)), "a recording packs less than 200-fold"),
    ):
        path.write_bytes(content)
        wrong(65, expected, path)
    wrong(65, "no such file", tmp_path / "none.csv")
    (tmp_path / "folder").mkdir()
    wrong(65, "no recording in this folder", tmp_path / "folder")


def test_a_column_that_is_missing(year: Path, pump: Path) -> None:
    wrong(65, 'no column "AT"; expected every tag of GTE', pump, "--catalogue", "gas_turbine")
    wrong(65, 'covariate "laod"; expected a numeric column; nearest: "load"', pump, "--covariates", "laod")


def test_a_catalogue_that_is_none(pump: Path, tmp_path: Path) -> None:
    wrong(78, 'wanbiao: --catalogue: "gas_turbin"; expected a folder', pump, "--catalogue", "gas_turbin")
    wrong(78, "13 stations; expected one", pump, "--catalogue", SHIPPED)
    broken = tmp_path / "own.toml"
    broken.write_text("code = 3\n")
    assert watch(pump, "--catalogue", broken).exit_code == 78


def test_options_that_do_not_fit(pump: Path, tmp_path: Path) -> None:
    for words in (
        ("--covariates", "load"),
        ("--learn-until", "2020-01-01T05:00Z"),
        ("--sensitivity", "2"),
        ("--units-column", "note"),
        ("--separator", ","),
    ):
        wrong(2, f"{words[0]} is for a recording without --catalogue", pump, "--catalogue", "gas_turbine", *words)
    wrong(2, "--tuning is for a recording with --catalogue", pump, "--tuning", tmp_path / "deaf.toml")
    wrong(2, "both say what to learn from", pump, "--learn-rows", "100", "--learn-until", "2020-01-02")
    wrong(2, "--learn-until now", pump, "--learn-until", "now")
    wrong(2, "--start now: a recording was made before", pump, "--start", "now")
    wrong(2, "--start now: a recording was made before", pump, "--start", "now", "--catalogue", "gas_turbine")
    wrong(2, "expected two files", pump, "--events", tmp_path / "out", "--scores", tmp_path / "out")
    wrong(2, "expected a time such as", pump, "--start", "yesterday")
    wrong(78, "deaf.toml", pump, "--catalogue", "gas_turbine", "--tuning", tmp_path / "deaf.toml")


@pytest.mark.parametrize("option", ["--events", "--scores"])
def test_files_that_cannot_be_written(pump: Path, tmp_path: Path, option: str) -> None:
    before = pump.read_bytes()
    wrong(78, "is the recording itself; expected another file", pump, option, pump)
    wrong(78, "cannot be written: no such file or directory", pump, option, tmp_path / "none" / "out")
    assert pump.read_bytes() == before


def test_the_language_of_the_option_goes_before_that_of_the_setting(
    pump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANBIAO_LANGUAGE", "en")
    assert "2,000 rows" in done(pump).stdout
    assert "2000 行" in done(pump, "--language", "zh").stdout
