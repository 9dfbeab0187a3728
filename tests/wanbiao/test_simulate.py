"""``wanbiao simulate`` to files and pictures; to Kafka it is tested with the pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from replay.library import INCIDENTS
from replay.recordings import Recording
from stations.catalogue import load_fleet
from stations.faults import kinds
from stations.profiles import in_profile
from stations.simulate.labels import label
from wanbiao.cli import cli
from wanbiao.simulation import find_scenario

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def usual_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANBIAO_PERIOD_S", "WANBIAO_PROFILE", "WANBIAO_CATALOGUE", "WANBIAO_CLOCK"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["simulate", *words])
    assert done.exit_code == code, done.output
    return done.output if code else done.stdout


def labels(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "labels.json").read_text())["labels"]
    return found


def test_a_recording_is_a_file_a_station_and_labels(tmp_path: Path) -> None:
    words = ["--out", str(tmp_path / "a"), "--stations", "YXK,HYG", "--days", "30", "--period", "600", "--json"]
    result = json.loads(run(*words, "--fault", "F09:YXK:2:2026-01-05T00:00Z:12d"))
    assert result["files"] == ["YXK.parquet", "HYG.parquet"]
    assert result["rows"] == 30 * 144 * (4 + 2)
    station = load_fleet().stations["YXK"].at_period(600.0)
    recording = Recording([tmp_path / "a" / "YXK.parquet"], station.block("units"))
    assert sum(1 for _ in recording.scans()) == 30 * 144
    (one,) = labels(tmp_path / "a")
    assert (one["kind"], one["station"], one["unit"], one["alarm_tag"]) == ("F09", "YXK", "2", "MEX10CU101")
    assert one["start_ns"] < one["sign_ns"] < one["alarm_ns"] < one["end_ns"]


def test_the_same_seed_writes_the_same_bytes_whoever_else_takes_part(tmp_path: Path) -> None:
    for name, codes in (("a", "BSX"), ("b", "YXK,BSX"), ("c", "BSX")):
        run("--out", str(tmp_path / name), "--stations", codes, "--days", "3", "--period", "600", "--benign")
    files = [(tmp_path / name / "BSX.parquet").read_bytes() for name in "abc"]
    assert files[0] == files[1] == files[2]


def test_a_scenario_brings_its_stations_time_and_events(tmp_path: Path) -> None:
    path = tmp_path / "pad.toml"
    path.write_text(
        'name = { zh = "瓦", en = "pad" }\nstart = "2026-07-01"\ndays = 4\nstations = ["HYG"]\nperiod_s = 600\nlearn_days = 1\n'
        '[[events]]\nkind = "S01"\nstation = "HYG"\nunit = "1"\ntag = "MKV10CT101"\nday = 2\ndays = 1\n'
    )
    text = run("--out", str(tmp_path / "out"), "--scenario", str(path))
    assert text.startswith("wrote 1440 rows of HYG")
    assert [one["kind"] for one in labels(tmp_path / "out")] == ["S01"]


def test_a_wrong_scenario_is_told_line_by_line_with_78(tmp_path: Path) -> None:
    path = tmp_path / "pad.toml"
    path.write_text('name = { zh = "瓦", en = "pad" }\nstart = "2026-07-01"\ndays = 4\nstations = ["YKX"]\n[[event]]\n')
    text = run("--out", str(tmp_path / "out"), "--scenario", str(path), code=78)
    assert "pad.toml: event: unknown key; expected one of name, start" in text
    assert 'nearest: "events"' in text
    assert not (tmp_path / "out").exists()


def test_an_unknown_scenario_is_told_the_nearest_shipped_one(tmp_path: Path) -> None:
    assert 'nearest: "i02_duvha"' in run("--out", str(tmp_path), "--scenario", "duvha", code=78)


@pytest.mark.parametrize("path", sorted(INCIDENTS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played(path: Path) -> None:
    played = find_scenario(path.stem.partition("_")[0], load_fleet())
    assert played.scenario.facts is not None
    assert bool(played.scenario.sources) == path.stem.startswith("i")
    assert played.scenario.expect


@pytest.mark.parametrize("path", sorted(INCIDENTS.glob("i*.toml")), ids=lambda path: path.stem)
def test_an_incident_asks_for_a_warning_before_any_static_alarm(path: Path) -> None:
    """Otherwise whoever repeats the alarm would pass; where no lead is promised (I2, I3) there is none to ask for."""
    played = find_scenario(path.stem, load_fleet())
    scenario = played.scenario
    if all(kinds()[case.kind].pace == "none" for case in played.cases if kinds()[case.kind].is_failure):
        return  # nothing is announced; and a day of seconds is a long way to simulate for that
    n_scans = [
        round((scenario.end_ns - scenario.first_ns) / 1e9 / one.block("units").period_s) for one in played.stations
    ]
    found = label(played.stations, played.cases, start_ns=scenario.first_ns, n_scans=n_scans, seed=scenario.seed)
    for expected in scenario.expect:
        if expected.finding != "warning" or expected.before_day is None:
            continue
        of_it = [one for one in found if one.category == "failure" and one.unit == expected.unit and one.pace != "none"]
        urgent = expected.level == "urgent"
        ends = [(one.trip_ns if urgent else one.alarm_ns) or one.trip_ns or one.end_ns for one in of_it]
        before_ns = scenario.at_day(expected.before_day)
        assert not of_it or any(one.start_ns < before_ns < end for one, end in zip(of_it, ends, strict=True))


def test_the_incidents_and_controls_are_complete() -> None:
    names = [path.stem.partition("_")[0] for path in sorted(INCIDENTS.glob("*.toml"))]
    assert names == ["b01", "b02", "b03", "c01", *(f"i{n:02d}" for n in range(1, 11))]


def test_a_folder_that_holds_a_recording_is_not_written_into(tmp_path: Path) -> None:
    words = ["--out", str(tmp_path / "a"), "--stations", "HYG", "--days", "1", "--period", "600"]
    run(*words)
    assert "is not empty; expected a new folder" in run(*words, code=2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--scenario", "i01", "--stations", "FYL"], "none of them is in the scenario; expected some of YXK"),
        (["--scenario", "i10", "--period", "60"], "the scenario has its own, 10 s"),
        (["--days", "1", "--fault", "F01:YXK:2:2030-01-01T00:10Z:1d"], "begins outside the time that is simulated"),
        (["--days", "9", "--fault", "F01:YXK:7:2026-01-02:1d"], "has no unit '7'; expected one of 1, 2, 3, 4"),
        (["--days", "9", *2 * ["--fault", "F01:YXK:2:2026-01-02:1d"]], "at the same time as"),
    ],
)
def test_what_cannot_be_together_is_refused(words: list[str], message: str, tmp_path: Path) -> None:
    assert message in run("--out", str(tmp_path / "x"), *words, code=2)
    assert not (tmp_path / "x").exists()


def test_a_profile_asked_for_comes_instead_of_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANBIAO_PROFILE", "lite")
    result = json.loads(run("--out", str(tmp_path), "--stations", "LTZ", "--scans", "3", "--profile", "full", "--json"))
    assert result["rows"] == 3 * 30


def test_a_profile_samples_fewer_units(tmp_path: Path) -> None:
    result = json.loads(
        run("--out", str(tmp_path), "--stations", "LTZ", "--scans", "10", "--profile", "lite", "--json")
    )
    assert result["rows"] == 10 * 6
    block = in_profile(load_fleet(), "lite").stations["LTZ"].block("units")
    assert len(list(Recording([tmp_path / "LTZ.parquet"], block).scans())) == 10


def test_pictures_are_drawn(tmp_path: Path) -> None:
    result = json.loads(run("--plot", str(tmp_path / "p"), "--stations", "HYG", "--json"))
    assert result["files"] == ["HYG-year.png", "HYG-day.png"]
    for name in result["files"]:
        data = (tmp_path / "p" / name).read_bytes()
        assert data.startswith(PNG)
        assert len(data) > 50_000


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = run("--out", str(tmp_path / "file" / "x"), "--stations", "HYG", "--days", "1", code=74)
    assert text.splitlines()[-1].endswith("not a directory")


def test_exception_reporting_and_disorder_reach_the_file(tmp_path: Path) -> None:
    words = ["--stations", "HYG", "--days", "1", "--format", "csv"]
    for name, more in (("a", []), ("b", ["--deadband", "0.002"]), ("c", ["--disorder", "0.1", "--duplicates", "0.1"])):
        run("--out", str(tmp_path / name), *words, *more)
    plain, held, unruly = ((tmp_path / name / "HYG.csv").read_text().splitlines() for name in "abc")
    assert len(held) == len(plain)
    assert held != plain
    assert len(unruly) > len(plain)
    assert [line[:24] for line in unruly[1:]] != sorted(line[:24] for line in unruly[1:])
