"""Scenario files: what is left open is drawn by the seed, what is wrong is named, and a scenario touches nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stations.catalogue import load_fleet
from stations.faults import kinds
from stations.plant import Text
from stations.scenario import Event, Scenario, ScenarioError, load_scenario, ordinary, prepare
from stations.simulate import simulate_chunks
from tests.stations.plants import DAY_NS, FLEET, NEW_YEAR_NS, station

GOOD = """
name = { zh = "瓦温", en = "pad" }
start = "2026-07-01"
days = 30
period_s = 600
stations = ["YXK", "BSX"]
learn_days = 10

[[events]]
kind = "F01"
station = "YXK"
unit = "2"
day = 3

[[events]]
kind = "S02"
station = "YXK"
unit = "1"
tag = "MKD10CT101"
day = 5
days = 4
severity = 1.5

[[events]]
kind = "B01"
station = "*"
day = -8

[[expect]]
finding = "warning"
station = "YXK"
unit = "2"
component = "turbine_guide_bearing"
before_day = 20
"""


def problems(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_scenario(path, FLEET)
    except ScenarioError as error:
        return str(error).splitlines()
    return []


def test_a_good_file_is_played_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(GOOD, encoding="utf-8")
    played = load_scenario(path, FLEET)
    scenario = played.scenario
    assert scenario.start_ns == 1_782_864_000 * 10**9
    assert scenario.first_ns == scenario.start_ns - 10 * DAY_NS
    assert scenario.end_ns == scenario.start_ns + 30 * DAY_NS
    assert [s.code for s in played.stations] == ["YXK", "BSX"]
    assert {s.block("units").period_s for s in played.stations} == {600.0}
    heat, pad, drift = played.cases
    assert (heat.kind, heat.station, heat.start_ns) == ("B01", "*", scenario.at_day(-8))
    assert 7 <= pad.development_s / 86_400 <= 28
    assert pad.tag in kinds()["F01"].tags
    assert (drift.development_s, drift.severity, drift.tag) == (4 * 86_400, 1.5, "MKD10CT101")
    assert load_scenario(path, FLEET) == played


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"F01"',
            '"F02x"',
            'case.toml: events[0].kind: "F02x"; expected a kind such as F01, B70 or S01; nearest: "F02"',
        ),
        ('"F01"', '"F28"', 'case.toml: events[0].kind: "F28"; expected what a hydro_francis can have: F01, F02'),
        (
            'station = "YXK"\nunit = "2"\nday',
            'station = "YKX"\nunit = "2"\nday',
            'events[0].station: "YKX"; expected one of YXK',
        ),
        ('unit = "2"\nday', 'unit = "7"\nday', 'events[0].unit: "7"; expected a unit of YXK'),
        ('"MKD10CT101"', '"MKD10CT111"', 'events[1].tag: "MKD10CT111"; expected a tag of YXK; nearest: "MKD10CT101"'),
        ('tag = "MKD10CT101"\n', "", "events[1].tag: missing; expected the tag of the sensor that is at fault"),
        ("day = 3", "day = 31", "events[0].day: 31; expected a day within the scenario, -10 to 30"),
        ("day = 3", "day = 3\nrepaired_day = 2", "events[0].repaired_day: 2; expected later than its begin, day 3"),
        ("days = 4", "days = -4", "events[1].days: -4; expected a number above 0"),
        ("severity = 1.5", "severity = 0", "events[1].severity: 0; expected a number above 0"),
        ("day = 3", 'day = 3\ntag = "MKA10CT101"', 'events[0].tag: "MKA10CT101"; expected one of MED10CT103'),
        ('station = "*"', 'station = "YXK"', 'events[2].station: "YXK"; expected "*": weather happens to all'),
        ('"B01"', '"B70"', 'events[2].station: "*"; expected one station: B70 does not happen to all'),
        ('start = "2026-07-01"', 'start = "soon"', 'start: "soon"; expected a time such as 2026-01-31T08:00:00Z'),
        ('start = "2026-07-01"', 'start = "1926-07-01"', "expected a time in the years 2000 to 2099"),
        ("days = 30", "days = 0", "days: 0; expected a number above 0"),
        ("learn_days = 10", "learn_days = -1", "learn_days: -1; expected a number from 0"),
        ('["YXK", "BSX"]', '["YXK", "BSY"]', 'stations[1]: "BSY"; expected one of YXK'),
        (
            'finding = "warning"',
            'finding = "alarm"',
            'expect[0].finding: "alarm"; expected one of warning, quality, none',
        ),
        (
            "turbine_guide_bearing",
            "turbine_bearing",
            'expect[0].component: "turbine_bearing"; expected a component of YXK',
        ),
        (
            "before_day = 20",
            "before_day = 31",
            "expect[0].before_day: 31; expected a day within the scenario, -10 to 30",
        ),
        (
            "before_day = 20",
            "after_day = -11",
            "expect[0].after_day: -11; expected a day within the scenario, -10 to 30",
        ),
        (
            "before_day = 20",
            "before_day = 20\nafter_day = 20",
            "expect[0].before_day: 20; expected later than after_day, 20",
        ),
        ("before_day = 20", "most = 0", "expect[0].most: 0; expected a number from 1, of warnings"),
        ("before_day = 20", 'tags = ["MKD10CT101"]', 'expect[0].tags: "MKD10CT101"; expected none but of the finding'),
        (
            'finding = "warning"',
            'finding = "quality"\ntags = ["MKD10CT111"]',
            'expect[0].tags: "MKD10CT111"; expected a tag of YXK; nearest: "MKD10CT101"',
        ),
        ("before_day", "befor_day", "expect[0].befor_day: unknown key; expected one of finding"),
        ("[[events]]", "[[events]", "expected valid TOML"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in GOOD
    lines = problems(GOOD.replace(old, new, 1), tmp_path)
    assert len(lines) == 1
    assert lines[0].startswith("case.toml: ")
    assert message in lines[0]


def test_two_events_of_one_part_at_one_time_contradict(tmp_path: Path) -> None:
    station_wide = '\n[[events]]\nkind = "F01"\nstation = "YXK"\ntag = "MKD10CT101"\nday = 3\n'
    twice = GOOD.replace('unit = "2"\nday = 3', 'unit = "2"\ntag = "MKD10CT101"\nday = 3') + station_wide
    assert "events[3]: F01 at the same time as events[0], F01" in problems(twice, tmp_path)[0]
    again = '\n[[events]]\nkind = "S01"\nstation = "YXK"\nunit = "1"\ntag = "MKD10CT101"\nday = 6\n'
    assert problems(GOOD + again, tmp_path) == [
        "case.toml: events[3]: S01 at the same time as events[1], S02; expected one after the other"
    ]
    assert problems(GOOD + again.replace("day = 6", "day = 10"), tmp_path) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"F01"', '"F99"').replace("severity = 1.5", "severity = -1").replace("days = 30", "days = 0")
    assert len(problems(text, tmp_path)) >= 3


def test_a_scenario_changes_nothing_outside_its_unit() -> None:
    event = Event("F03", "YXK", day=1.0, unit="2", days=10.0)
    scenario = Scenario(Text("", "x"), "2026-07-01", days=10, stations=("YXK", "BSX"), period_s=600.0, events=(event,))
    eventful = prepare(scenario, FLEET)
    for plant in eventful.stations:
        (with_it,), (without,) = (
            list(simulate_chunks(plant, start_ns=scenario.start_ns, n_scans=1440, seed=7, cases=cases, chunk=1440))
            for cases in (eventful.cases, ())
        )
        units = np.flatnonzero((with_it.values != without.values).any(axis=(0, 2)))
        assert units.tolist() == ([1] if plant.code == "YXK" else [])


# ---- what happens of its own accord


def test_ordinary_events_are_benign_and_as_frequent_as_they_say() -> None:
    plants = [station("YXK"), station("LJT")]
    years = 20
    cases = ordinary(plants, NEW_YEAR_NS, NEW_YEAR_NS + years * 365 * DAY_NS, seed=1)
    assert {kinds()[case.kind].pace for case in cases} == {"benign"}
    flushes = sum(case.kind == "B13" for case in cases)
    assert flushes == pytest.approx(8 * years * kinds()["B13"].per_year, rel=0.15)


def test_what_happens_at_a_station_does_not_depend_on_the_others_nor_on_the_start() -> None:
    alone = ordinary([station("YXK")], NEW_YEAR_NS, NEW_YEAR_NS + 400 * DAY_NS, seed=1)
    among = ordinary(list(load_fleet().stations.values())[:3], NEW_YEAR_NS, NEW_YEAR_NS + 400 * DAY_NS, seed=1)
    outage = next(case for case in alone if case.kind == "B70")
    amid_ns = (outage.start_ns + outage.end_ns) // 2
    later = ordinary([station("YXK")], amid_ns, NEW_YEAR_NS + 400 * DAY_NS, seed=1)
    assert [case for case in among if case.station in ("YXK", "*")] == alone
    assert later == [case for case in alone if case.end_ns > amid_ns]
    assert outage in later  # it is under way


def test_a_scenario_may_have_them_too() -> None:
    scenario = Scenario(Text("", "x"), "2026-07-01", days=200, stations=("YXK",))
    assert prepare(scenario, FLEET).cases == ()
    assert len(prepare(replace(scenario, benign=True), FLEET).cases) > 5
