"""``wanbiao catalogue``: what it prints is the catalogue, and a problem is a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stations.catalogue import to_dict
from stations.template import SHIPPED
from wanbiao.cli import cli
from wanbiao.settings import Settings

MISTAKES = Path(__file__).resolve().parents[1] / "stations" / "mistakes.toml"


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, ["catalogue", *words])
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    return result.stdout


def test_the_shipped_catalogue_has_no_problems() -> None:
    fleet = Settings().load_fleet()
    assert run("check") == f"13 stations, 379 units, {fleet.n_tags} tags: no problems\n"
    counts = {"stations": 13, "units": 379, "tags": fleet.n_tags, "problems": []}
    assert json.loads(run("check", "--json")) == counts


def test_one_file_is_counted_alone() -> None:
    assert run("check", str(SHIPPED / "yxk.toml")).startswith("1 station, 4 units, ")
    assert run("check", str(SHIPPED / "templates" / "ccgt.toml")) == "1 template: no problems\n"
    assert run("check", str(SHIPPED / "recordings")).startswith("1 station, 1 unit, ")


def test_every_problem_is_a_line() -> None:
    lines = run("check", str(MISTAKES), code=78).splitlines()
    assert len(lines) > 3
    assert [line for line in lines if not (line.startswith("mistakes.toml: ") and "; expected " in line)] == []
    problems = json.loads(run("check", "--json", str(MISTAKES), code=78))["problems"]
    assert len(problems) == len(lines)
    assert set(problems[0]) == {"file", "key", "value", "expected", "nearest"}


def test_a_file_that_is_not_there_is_a_problem() -> None:
    assert "no such file" in run("check", "nonesuch.toml", code=78)


def test_the_list_has_every_station() -> None:
    fleet = Settings().load_fleet()
    rows = json.loads(run("list", "--json"))
    assert [row["code"] for row in rows] == list(fleet.stations)
    assert sum(row["units"] for row in rows) == fleet.n_units
    assert sum(row["tags"] for row in rows) == fleet.n_tags
    assert len(run("list").splitlines()) == len(rows) + 1


@pytest.mark.parametrize("code", ["YXK", "yxk"])
def test_a_station_is_shown(code: str) -> None:
    station = Settings().load_fleet().stations["YXK"]
    text = run("show", code)
    assert "云溪口水电站" in text
    assert [tag.code for tag in station.blocks[0].tags if tag.code not in text] == []
    assert json.loads(run("show", code, "--json")) == to_dict(station)


def test_the_catalogue_of_the_settings_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_CATALOGUE", "gas_turbine")
    assert [row["code"] for row in json.loads(run("list", "--json"))] == ["GTE"]
