"""``wanbiao incidents`` and ``wanbiao replay NAME``: the play, its verdict and exit codes, several runs, the report."""

from __future__ import annotations

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
    path.write_text("{}")
    result = run("replay", SMALL, "--report", path)
    assert result.exit_code == 78
    assert "is there, and is no page; expected a new file, or one that ends in .html" in result.stderr
    assert path.read_text() == "{}"
