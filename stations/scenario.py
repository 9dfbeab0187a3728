"""A scenario: which stations, from when, how long, and what happens to them. TOML in, cases out, or one line per problem.

What the file holds, and all that can be wrong with it, is in ``scenario_file``; ``docs/scenarios.md`` tells it to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from stations.faults import ALL_STATIONS, Case, Kind, draw, kinds
from stations.plant import Fleet, Station
from stations.scenario_file import DAY_NS, Event, Expected, Scenario, contradictions, misplaced, problems_of, why_not
from stations.schema import Problem, read, read_toml
from stations.simulate.delivery import DATA_KINDS
from stations.simulate.sensors import SENSOR_KINDS

__all__ = ["Event", "Expected", "Played", "Scenario", "ScenarioError", "load_scenario", "ordinary", "prepare"]


class ScenarioError(ValueError):
    """A scenario that cannot be played; ``str()`` is one line per problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario made ready: stations at its period, and every case that happens, in order of time."""

    scenario: Scenario
    stations: tuple[Station, ...]
    cases: tuple[Case, ...]


def load_scenario(path: Path, fleet: Fleet) -> Played:
    """A scenario from its file, checked against a fleet.

    Raises
    ------
    ScenarioError : with all problems of the file: file, key, value, what was expected, the nearest valid name.
    """
    problems: list[Problem] = []
    raw = read_toml(path, problems)
    if raw is not None and isinstance(raw.get("start"), date):  # TOML knows dates; nobody should have to quote them
        raw["start"] = raw["start"].isoformat()
    scenario = None if raw is None else read(Scenario, raw, path.name, problems)
    if scenario is None or problems:
        raise ScenarioError(problems)
    return prepare(scenario, fleet, path.name)


def prepare(scenario: Scenario, fleet: Fleet, file: str = "scenario") -> Played:
    """Check a scenario and draw what it leaves open.

    Raises
    ------
    ScenarioError : as `load_scenario`.
    """
    problems = list(problems_of(scenario, fleet, file))
    if problems:
        raise ScenarioError(problems)
    codes = scenario.stations or tuple(fleet.stations)
    stations = tuple(fleet.stations[code] for code in dict.fromkeys(codes))
    if scenario.period_s is not None:
        stations = tuple(station.at_period(scenario.period_s) for station in stations)
    cases = [_case(scenario, i, event, stations) for i, event in enumerate(scenario.events)]
    for i, (case, event) in enumerate(zip(cases, scenario.events, strict=True)):
        problems += misplaced(case, event, stations, file, f"events[{i}]")
    problems += contradictions(cases, file)
    if problems:
        raise ScenarioError(problems)
    cases = [one for case in cases for one in _a_unit_each(case, stations)]
    if scenario.benign:
        cases += ordinary(stations, scenario.first_ns, scenario.end_ns, scenario.seed)
    return Played(
        scenario, stations, tuple(sorted(cases, key=lambda case: (case.start_ns, case.station, case.unit, case.kind)))
    )


def _a_unit_each(case: Case, stations: Sequence[Station]) -> list[Case]:
    """A failure of every unit is one of each: each has a label of its own."""
    if case.unit or not kinds()[case.kind].is_failure:
        return [case]
    station = next(station for station in stations if station.code == case.station)
    return [replace(case, unit=unit) for unit in station.block("units").units]


def ordinary(stations: Sequence[Station], first_ns: int, end_ns: int, seed: int) -> list[Case]:
    """Benign events as they come of their own accord, drawn for each unit and day of life.

    What happens at a station is the same whichever others take part, and on a date whenever the simulation starts.
    """
    found: list[Case] = []
    for code, kind in kinds().items():
        if not kind.per_year or code in SENSOR_KINDS | DATA_KINDS:
            continue
        places = (
            [(ALL_STATIONS, "", ())]
            if kind.regional
            else [
                (station.code, unit, station.block("units").tag_index)
                for station in stations
                if not kind.technologies or station.technology in kind.technologies
                for unit in station.block("units").units
            ]
        )
        for station_code, unit, tags in places:
            found += _happenings(code, kind, station_code, unit, tuple(tags), first_ns, end_ns, seed)
    return [case for case in found if case.station == ALL_STATIONS or _fits(case, stations)]


def _happenings(
    code: str, kind: Kind, station: str, unit: str, tags: tuple[str, ...], first_ns: int, end_ns: int, seed: int
) -> Iterator[Case]:
    """Events of one kind in one unit that show after ``first_ns``: a yearly list, each year drawn by its number."""
    year_ns = round(365.25 * DAY_NS)
    key = int.from_bytes(f"{station}/{unit}/{code}".encode())
    for year in range(max(first_ns // year_ns - 1, 0), end_ns // year_ns + 1):
        chance = np.random.default_rng([seed, key, year])
        for _ in range(chance.poisson(kind.per_year)):
            case = draw(code, station, unit, year * year_ns + int(chance.random() * year_ns), chance, tags)
            if case.start_ns < end_ns and case.end_ns > first_ns:
                yield case


def _fits(case: Case, stations: Sequence[Station]) -> bool:
    """Whether the technology feels anything of it."""
    station = next(station for station in stations if station.code == case.station)
    return not why_not(case, station)


def _case(scenario: Scenario, i: int, event: Event, stations: Sequence[Station]) -> Case:
    """The case of an event; development, severity and place are drawn by seed and position where it leaves them open."""
    chance = np.random.default_rng([scenario.seed, i])
    tags = next((tuple(s.block("units").tag_index) for s in stations if s.code == event.station), ())
    drawn = draw(event.kind, event.station, event.unit, scenario.at_day(event.day), chance, tags)
    repaired = None if event.repaired_day is None else scenario.at_day(event.repaired_day)
    return replace(
        drawn,
        development_s=drawn.development_s if event.days is None else event.days * 86_400.0,
        severity=drawn.severity if event.severity is None else event.severity,
        tag=event.tag or drawn.tag,
        repaired_ns=repaired,
    )
