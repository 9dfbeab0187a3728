"""``wanbiao incidents`` and ``wanbiao replay NAME``: the play, its verdict and exit codes, several runs, the report."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detectors.tuning import Tuning
from replay import library
from replay.files import read_lines
from replay.incident import Incident
from stations.scan import Scan
from stations.scenario import load_scenario
from stations.template import SHIPPED
from tests.replay.played import SMALL, fleet, incident
from wanbiao import incident_replay
from wanbiao.cli import cli
from wanbiao.embedded import Pace
from wanbiao.incident_play import USUAL, Play
from wanbiao.steering import SteeredPace

CATALOGUE = {"WANBIAO_CATALOGUE": "HYG", "WANBIAO_LANGUAGE": "en"}


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env=CATALOGUE)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The verdict on the small incident, as JSON."""
    result = run("replay", SMALL, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_library_is_listed() -> None:
    result = CliRunner().invoke(cli, ["incidents", "--json"])
    found = json.loads(result.stdout)
    assert [one["name"] for one in found] == [path.stem for path in library.shipped()]
    assert all(one["expectations"] for one in found)
    table = CliRunner().invoke(cli, ["incidents", "--language", "zh"]).stdout
    assert "i02_duvha" in table
    assert "杜瓦4号机" in table


def test_an_incident_ends_with_a_verdict(told: dict[str, Any]) -> None:
    assert (told["name"], told["held"], told["caught"], told["false_warnings"]) == ("small", True, True, 0)
    assert (told["whole"], told["interrupted"], len(told["expectations"])) == (True, False, 1)


def test_people_read_the_same(told: dict[str, Any]) -> None:
    result = run("replay", SMALL)
    assert result.exit_code == 0
    assert (
        "✓ held: Heiyugou small hydro unit 2: a warning of level watch or above from 12 h to 3 d after the begin"
        in result.stdout
    )
    assert f"digest of all messages: {told['digest']}" in result.stdout
    assert "replaying: 50%" in result.stderr


def test_an_expectation_that_does_not_hold_is_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "early.toml"
    path.write_text(SMALL.read_text().replace("before_day = 3.0", "before_day = 0.6"))
    result = run("replay", path, "--json")
    assert (result.exit_code, json.loads(result.stdout)["held"]) == (1, False)


def test_what_lies_beyond_the_end_is_undecided() -> None:
    result = run("replay", SMALL, "--to", "0.3")
    assert result.exit_code == 0
    assert "– undecided" in result.stdout
    assert "played only to: 2026-07-01 07:12" in result.stdout


def test_all_of_them_are_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> None:
    for name in ("a01_small", "a02_late"):
        shutil.copy(SMALL, tmp_path / f"{name}.toml")
    late = tmp_path / "a02_late.toml"
    late.write_text(late.read_text().replace("before_day = 3.0", "before_day = 0.6"))
    monkeypatch.setattr(library, "INCIDENTS", tmp_path)
    result = run("replay", "--all", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [(row["name"], row["held"]) for row in rows] == [("a01_small", True), ("a02_late", False)]
    keys = ["name", "expected", "held", "caught", "lead_to_alarm_h", "lead_to_event_h", "false_warnings", "seconds"]
    assert list(rows[0]) == keys
    assert rows[0]["lead_to_alarm_h"] == told["lead_to_alarm_h"]


def test_other_constants_run_beside_the_usual_ones(tmp_path: Path, told: dict[str, Any]) -> None:
    """And do not disturb them: the first run says the very bytes that it says alone."""
    (tmp_path / "blind.toml").write_text("limit = 60.0\n")
    result = run("replay", SMALL, "--what-if", tmp_path / "blind.toml", "--json")
    usual, blind = json.loads(result.stdout)["runs"]
    assert (usual["variant"], blind["variant"]) == (USUAL, "blind.toml")
    assert usual["digest"] == told["digest"] != blind["digest"]
    assert (blind["caught"], blind["warnings"]) == (False, 0)


def other_catalogue(path: Path, **changes: str) -> Path:
    """The station of the small incident in another version: without two tags, and with other words."""
    text = (SHIPPED / "hyg.toml").read_text(encoding="utf-8")
    for old, new in {'template = "hydro_small"\n': "", **changes}.items():
        text = text.replace(old, new)
    omitted = '[template]\nextends = "hydro_small"\n[template.omit]\ntags = ["MKA10CT103", "MKA10CT102"]\n'
    path.write_text(text + omitted, encoding="utf-8")
    return path


def test_another_version_of_the_catalogue_judges_the_same_readings(tmp_path: Path, told: dict[str, Any]) -> None:
    path = other_catalogue(tmp_path / "less.toml")
    result = run("replay", SMALL, "--what-if", path, "--json")
    usual, less = json.loads(result.stdout)["runs"]
    assert (usual["variant"], less["variant"]) == (USUAL, "less.toml")
    assert usual["digest"] == told["digest"] != less["digest"]
    assert usual["about"] == less["about"]
    assert less["catalogue"]["left_out"] == ["MKA10CT102", "MKA10CT103"]
    assert (less["catalogue"]["station"], less["catalogue"]["without_readings"]) == ("HYG", [])
    assert "catalogue" not in usual
    assert "MKA10CT103" not in json.dumps(less["false"]) + json.dumps(less["first"])
    assert "less.toml: HYG by revision" in result.stderr
    assert "tags left out (2): MKA10CT102, MKA10CT103" in result.stderr


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"code = ": "cod = "}, "less.toml: cod: unknown key; expected"),
        ({'"HYG"': '"ABC"'}, 'less.toml: code: "ABC"; expected a station of the incident: HYG'),
        ({"units = 2": "units = 3"}, "less.toml: units 1, 2, 3; expected those that are played: 1, 2"),
    ],
)
def test_a_version_that_cannot_be_is_refused_in_one_line(changes: dict[str, str], part: str, tmp_path: Path) -> None:
    result = run("replay", SMALL, "--what-if", other_catalogue(tmp_path / "less.toml", **changes))
    assert result.exit_code == 78
    assert part in result.stderr


def test_two_files_of_one_name_are_two_runs(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "try.toml" for folder in ("a", "b")]
    for path, limit in zip(paths, (7.0, 8.0), strict=True):
        path.parent.mkdir()
        path.write_text(f"limit = {limit}\n")
    result = run("replay", SMALL, "--what-if", paths[0], "--what-if", paths[1], "--to", "0.1", "--json")
    names = [one["variant"] for one in json.loads(result.stdout)["runs"]]
    assert names == [USUAL, "try.toml", str(paths[1])]


def test_a_sweep_tells_what_earliness_costs() -> None:
    result = run("replay", SMALL, "--sweep", "limit=6,9")
    assert result.exit_code == 0
    assert "limit=6.0" not in result.stdout
    assert "limit=6 " in result.stdout
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("limit=9")]
    assert "*" in row


@pytest.mark.timeout(400)  # two runs and matplotlib, on a machine that has other things to do
def test_the_report_needs_nothing_else_and_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "small.html"
    assert run("replay", SMALL, "--report", path, "--sweep", "limit=9").exit_code == 0
    text = path.read_text()
    assert text.startswith("<!doctype html>")
    assert text.count("<svg") == 3
    assert "Two runs over one another: usual and limit=9" in text
    assert "B: limit=9" in text
    assert "a cooler leaks &lt;b&gt;" in text
    assert "MKA10CT103" in text
    outside = [part for part in ("<script", "<link", "@import", 'src="', 'href="http') if part in text]
    assert outside == []


# ---------------------------------------------------------------------------------------------------- what was kept


def test_the_second_play_is_told_from_the_cache_and_is_the_same(tmp_path: Path, told: dict[str, Any]) -> None:
    def again(*words: str) -> tuple[dict[str, Any], str]:
        env = CATALOGUE | {"WANBIAO_CACHE": str(tmp_path)}
        result = CliRunner().invoke(cli, ["replay", str(SMALL), "--json", *words], env=env)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found, result.stderr

    first, second, (anew, said_anew) = again()[0], again(), again("--no-cache")
    assert [one["cached"] for one in (told, first, second[0], anew)] == [False, False, True, False]
    assert "unchanged, from the cache (--no-cache plays it): usual" in second[1]
    assert "cache" not in said_anew
    for found in (first, second[0], anew):
        assert found | {"seconds": 0, "cached": False} == told | {"seconds": 0}
    runs = again("--sweep", "limit=9")[0]["runs"]
    assert [run["cached"] for run in runs] == [True, False]
    assert runs[0]["digest"] == told["digest"] != runs[1]["digest"]
    assert again("--to", "3")[0]["cached"] is False
    assert again("--speed", "1e9")[0]["cached"] is False


# -------------------------------------------------------------------------------------------------------- speed, keys


def play(**changes: Any) -> Play:
    return Play(incident(), {USUAL: Tuning()}, **changes)


def test_the_same_bytes_at_any_speed_and_with_pauses(told: dict[str, Any]) -> None:
    now, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(86_400.0, clock=lambda: now[0], sleep=sleep)
    slow = play(pace=pace, from_ns=incident().scenario.at_day(3.0), pause=lambda: pauses.append(now[0]), traced=True)
    (verdict,) = slow.run(lambda done, note: None)
    assert verdict.digest == told["digest"]
    assert now[0] == pytest.approx(2.0, abs=0.01)
    assert len(pauses) == told["warnings"]
    assert pauses[0] == 0.0


def test_a_steered_play_says_the_same_bytes_and_stops_at_each_warning(told: dict[str, Any]) -> None:
    """What a board does to a play: it holds it where a warning opens, and lets it go on at another speed."""
    held = []

    def go_on(_changed: threading.Condition, seconds: float | None) -> None:
        assert seconds is None
        held.append(True)
        pace.set_speed(math.inf)
        pace.go_on()

    pace = SteeredPace(clock=lambda: 0.0, pause=go_on)
    (verdict,) = play(pace=pace, pause=pace.hold).run(lambda done, note: None)
    assert verdict.digest == told["digest"]
    assert len(held) == told["warnings"] > 0


class _Interrupted(Incident):
    """Ctrl-C after so many scans."""

    after = 0

    def scans(self, until_ns: int | None = None) -> Iterator[Scan]:
        yield from islice(super().scans(until_ns), self.after)
        raise KeyboardInterrupt


@pytest.mark.parametrize(("after", "code", "part"), [(8 * 144 + 200, 130, "played only to"), (100, 130, "no verdict")])
def test_ctrl_c_keeps_what_was_found(after: int, code: int, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Interrupted, "after", after)
    played = load_scenario(SMALL, fleet())
    monkeypatch.setattr(incident_replay, "load_incident", lambda path, fleet: _Interrupted("small", played))
    result = run("replay", SMALL)
    assert result.exit_code == code
    assert part in result.output


# ---------------------------------------------------------------------------------------------------- labelled recordings


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


def test_a_recording_with_labels_has_scores_and_an_incident_of_the_library_has_none(
    folder: Path, told: dict[str, Any]
) -> None:
    scores = json.loads(run("replay", folder, "--json").stdout)["scores"]
    assert list(scores) == ["nab", "skab", "care"]
    assert 0 < scores["nab"]["value"] < 100
    assert 0 < scores["skab"]["value"] < 1
    assert 0 < scores["care"]["earliness"] < scores["care"]["value"] < 1
    assert scores["care"]["accuracy"] > 0.9
    assert told["scores"] == {}


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


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "what? expected an incident"),
        (["calide"], 'no such incident; expected one of wanbiao incidents; nearest: "i03_callide"'),
        (["i01", "i02"], "one incident at a time, or --all"),
        (
            ["README.md"],
            "expected --kafka, if it is a recording; else an incident, a scenario file or a folder with labels.json",
        ),
        (["i01", "--workers", "2"], "--workers is for when it goes through Kafka, with --kafka"),
        (["i01", "--start", "2011-01-01"], "--start is for when a recording does, with --kafka"),
        (["x.csv", "--kafka", "--speed", "60"], "--speed is for when an incident is replayed"),
        (["i01", "--kafka", "--catalogue", "YXK"], "--catalogue is for when a recording does, with --kafka"),
        (["i01", "--kafka", "--sweep", "limit=5"], "--sweep is for when an incident is replayed in this process"),
        (["--all", "--kafka"], "--all is for when an incident is replayed in this process, without --kafka"),
        (["i01", "--kafka", "--bucket", "try"], 'expected a name with "replay" in it'),
        (["i01", "--all"], 'expected no name beside it, not "i01"'),
        (["--all", "--sweep", "limit=5"], "expected it without --sweep"),
        (["i01", "--sweep", "limit=5", "--what-if", "x.toml"], "either --what-if or --sweep"),
        (["i01", "--sweep", "limt=5"], 'nearest: "limit"'),
        (["i01", "--sweep", "limit=five"], "expected numbers such as 5,6,7"),
        (["i01", "--sweep", "limit=" + ",".join(map(str, range(1, 30)))], "expected at most 20"),
        (["i01", "--from", "119"], "outside the incident; expected a day from 0 to 118"),
        (["i01", "--from", "soon"], "expected a day from 0 to 118, or a time such as 2009-04-21"),
        (["i01", "--from", "20", "--to", "10"], "--from is not before --to"),
        (["i01", "--to", "0"], '--to "0" is where the incident begins; expected a later time'),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused_in_one_line(words: list[str], part: str) -> None:
    result = CliRunner().invoke(cli, ["replay", *words])
    assert result.exit_code == 2
    assert part in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("environ", "words", "part"),
    [
        ({}, ["--bucket", "pm"], "--bucket pm: is that of live health"),
        ({"WANBIAO_INFLUX_BUCKET": "pm_replay"}, [], "--bucket pm_replay: is that of live health"),
        ({"WANBIAO_PREFIX": "replay.x."}, ["--run", "x"], "--run x: its topics are those of WANBIAO_PREFIX"),
    ],
)
def test_live_rooms_see_nothing_of_a_replay_through_kafka(environ: dict[str, str], words: list[str], part: str) -> None:
    """Two locks, topics and bucket, each of which holds alone."""
    result = CliRunner().invoke(cli, ["replay", "x.csv", "--kafka", *words], env=environ)
    assert result.exit_code == 2
    assert part in result.stderr


def test_a_name_that_is_a_file_too_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("i01").touch()
    result = CliRunner().invoke(cli, ["replay", "i01"])
    assert result.exit_code == 2
    assert "expected its longer name, i01_sayano_shushenskaya, for the incident" in result.stderr


def test_a_report_that_cannot_be_written_is_told_before_the_play(tmp_path: Path) -> None:
    result = run("replay", SMALL, "--report", tmp_path / "no" / "x.html")
    assert result.exit_code == 78
    assert "expected a file in a folder that exists" in result.stderr


def test_a_report_does_not_take_the_place_of_a_recording_or_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(LABELS)
    result = run("replay", SMALL, "--report", path)
    assert result.exit_code == 78
    assert "is there, and is no page; expected a new file, or one that ends in .html" in result.stderr
    assert path.read_text() == LABELS
