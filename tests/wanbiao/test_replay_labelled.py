"""``wanbiao replay FOLDER``: recordings with labels as an incident, their scores, and labels that are refused."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from replay.files import read_lines
from tests.replay.played import SMALL
from wanbiao.cli import cli

CATALOGUE = {"WANBIAO_CATALOGUE": "HYG", "WANBIAO_LANGUAGE": "en"}


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env=CATALOGUE)


LABELS = """{"labels": [{"kind": "F10", "category": "failure", "pace": "slow", "station": "HYG", "unit": "2", "tag": "",
"start_ns": 1782900000000000000, "end_ns": 1783000000000000000, "severity": 1.0}]}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small incident as a recording with labels."""
    path = tmp_path_factory.mktemp("recorded") / "mine"
    assert run("simulate", "--out", path, "--scenario", SMALL).exit_code == 0
    return path


def test_a_recording_with_labels_is_an_incident(folder: Path) -> None:
    """It has no expectations, so none can fail; what it is about is what is complete last."""
    result = run("replay", folder, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["name"], found["expected"], found["held"], found["caught"]) == ("mine", 0, None, True)
    assert found["about"]["kind"] == "F10"
    assert 0 < found["lead_to_alarm_h"] < found["lead_to_event_h"]


def test_a_recording_with_labels_has_scores_and_an_incident_of_the_library_has_none(folder: Path) -> None:
    scores = json.loads(run("replay", folder, "--json").stdout)["scores"]
    assert list(scores) == ["nab", "skab", "care"]
    assert 0 < scores["nab"]["value"] < 100
    assert 0 < scores["skab"]["value"] < 1
    assert 0 < scores["care"]["earliness"] < scores["care"]["value"] < 1
    assert scores["care"]["accuracy"] > 0.9
    assert json.loads(run("replay", SMALL, "--json").stdout)["scores"] == {}


def test_a_warning_after_a_repair_is_false_and_the_unit_is_healthy_again(folder: Path, tmp_path: Path) -> None:
    """Say that it was repaired an hour after it began to fail: all that is told of it comes later."""
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    labels = json.loads((mine / "labels.json").read_text())
    (one,) = [one for one in labels["labels"] if one["category"] == "failure"]
    one["repaired_ns"] = one["start_ns"] + 3600 * 10**9
    (mine / "labels.json").write_text(json.dumps(labels))
    found = json.loads(run("replay", mine, "--json").stdout)
    assert found["false_warnings"] > 0
    assert found["scores"]["nab"]["value"] < 0
    assert found["scores"]["care"]["why_en"].startswith("no failure was judged for 12 h")


def test_a_recording_that_is_a_bomb_or_cut_off(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    text = "\n".join(line for _, line in read_lines(mine / "HYG.parquet")).encode()
    (mine / "HYG.parquet").unlink()
    packed = gzip.compress(text)
    (mine / "HYG.csv.gz").write_bytes(packed[: len(packed) * 9 // 10])
    result = run("replay", mine)
    assert result.exit_code == 0
    assert "the gzip file is cut off here; the rows before it were played" in result.stderr
    row = b"2026-01-01T00:00:00Z,1" + b" " * 1000 + b"\n"
    (mine / "HYG.csv.gz").write_bytes(gzip.compress(text.partition(b"\n")[0] + b"\n" + row * 40_000))
    result = run("replay", mine)
    assert result.exit_code == 65
    assert "a recording packs less than 200-fold" in result.stderr
    assert result.stderr.count("\n") == 1


def test_people_read_what_each_score_means(folder: Path, tmp_path: Path) -> None:
    """In their language, on the terminal and in the report, a column a run there."""
    told = run("replay", folder, "--language", "zh").stdout
    assert "CARE 得分: 0." in told
    assert "及早发现故障而不打扰健康机组" in told
    path = tmp_path / "mine.html"
    assert run("replay", folder, "--report", path, "--sweep", "limit=9").exit_code == 0
    text = path.read_text()
    assert "<th>score</th><th>usual</th><th>limit=9</th><th>meaning</th>" in text
    assert text.count("SKAB F1") == 1


def test_a_recording_that_is_played_in_part_says_why_it_has_no_score(folder: Path) -> None:
    assert "CARE score: –, only a part of it was played" in run("replay", folder, "--to", "1").stdout


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        ("{", "labels.json: Input data was truncated"),
        ('{"labels": 3}', "Expected `array`, got `int`"),
        ('{"labels": [{"kind": "F10"}]}', "Object missing required field"),
        ("[" * 9000, "labels.json: "),
        (LABELS.replace('"2"', '"9"'), 'labels[0].unit: "9"; expected a unit of HYG'),
        (
            LABELS.replace("1.0", '1.0, "repaired_ns": 1782900000000000000'),
            "repaired_ns: 1782900000000000000; expected later",
        ),
        (
            LABELS.replace("1783000000000000000", "1782900000000000000"),
            "labels[0].end_ns: 1782900000000000000; expected",
        ),
        (LABELS.replace("1783000000000000000", "9" * 30), "expected nanoseconds since 1970, in the years 2000 to 2099"),
        (LABELS.replace("1782900000000000000", "-1"), "labels[0].start_ns: -1; expected nanoseconds since 1970"),
        (LABELS.replace("]}", '], "event_ns": 3}'), "labels.json: event_ns: 3; expected nanoseconds since 1970"),
        (
            LABELS.replace('"tag": ""', '"tag": "MED10CT110"'),
            'labels[0].tag: "MED10CT110"; expected a tag of HYG; nearest: ',
        ),
        (
            LABELS.replace("178", "175"),
            "F10: 2025-07-19T04:40:00Z to 2025-07-20T08:26:40Z; expected a fault within the recordings, 2026-",
        ),
        (LABELS.replace('"slow"', '"slowly"'), 'labels[0].pace: "slowly"; expected one of slow, medium, fast'),
        (LABELS.replace("1.0", '1.0, "alarm_ns": -5'), "labels[0].alarm_ns: -5; expected nanoseconds since 1970"),
        (LABELS.replace('"2"', '"2\\n"'), 'labels[0].unit: "2\\n"; expected a unit of HYG'),
        (LABELS.replace("1.0", "-1"), "labels[0].severity: -1; expected a positive number"),
        (LABELS.replace('"HYG"', '"YXK"'), 'labels[0].station: "YXK"; expected one with a recording: HYG'),
        (None, 'labels[0].category: "failur"; expected one of failure, sensor, data, benign; nearest: "failure"'),
    ],
)
def test_labels_that_cannot_be_read_are_one_line(folder: Path, labels: str | None, part: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    right = (mine / "labels.json").read_text()
    (mine / "labels.json").write_text(right.replace('"failure"', '"failur"') if labels is None else labels)
    result = run("replay", mine)
    assert result.exit_code == 65
    assert part in result.stderr
    assert result.stderr.count("\n") == 1


def test_two_recordings_of_a_station_are_one_too_many(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    (mine / "HYG.csv").write_text("time,unit\n")
    result = run("replay", mine)
    assert result.exit_code == 65
    assert "HYG.parquet: a second recording of HYG; expected one a station, beside HYG.csv" in result.stderr


def test_a_recording_that_is_cut_off_is_one_line(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    data = (mine / "HYG.parquet").read_bytes()
    (mine / "HYG.parquet").write_bytes(data[: len(data) // 2])
    result = run("replay", mine)
    assert result.exit_code == 65
    assert "HYG.parquet: damaged Parquet file" in result.stderr
