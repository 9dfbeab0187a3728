"""A scenario file as it is written, and everything that can be wrong with it: file, key, value, what was expected.

Days count from ``start``; before it lie ``learn_days`` of healthy life from which a detector may learn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from stations.faults import ALL_STATIONS, Case, effects, kinds
from stations.plant import Fleet, Station, Text
from stations.schema import Problem, nearest, show
from stations.simulate.delivery import WHOLE_STATION
from stations.simulate.sensors import SENSOR_KINDS
from stations.simulate.simulator import TECHNOLOGIES

DAY_NS = 86_400 * 10**9
EVENTS_MAX, PERIOD_S_MAX, DAYS_MAX = 1000, 86_400.0, 36_600.0
"""Events in one file, time between two scans [s], length [d]: beyond, it is a typing error."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a scenario; what is left out is drawn by the seed.

    Parameters
    ----------
    kind : code of a failure mode, benign event or sensor fault.
    station : its code; "*" = all, for weather.   unit : "" = every unit.   tag : the part or sensor, by tag code.
    day : begin [d after start].   days : development or duration [d].   severity : [-].
    repaired_day : when the part is as new again [d after start]; None = never.
    label : a name for it in the labels.
    """

    kind: str
    station: str
    day: float
    unit: str = ""
    tag: str = ""
    days: float | None = None
    severity: float | None = None
    repaired_day: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an early-warning system must, or must not, say in this scenario.

    Parameters
    ----------
    finding : ``warning`` = an early warning, ``quality`` = a data-quality event, ``none`` = no early warning at all.
    station, unit : where; unit "" = the station.
    component : of the catalogue; "" = any of the unit.   tags : for ``quality``, the sensors, one of which is to be found.
    after_day, before_day : not sooner and not later than this [d after start]; None = within the scenario.
    level : at least ``watch``, ``warning`` or ``urgent``.
    most : of early warnings that stand for themselves, at most so many from ``after_day`` to the end; None = any number.
    """

    finding: str
    station: str
    unit: str = ""
    component: str = ""
    tags: tuple[str, ...] = ()
    after_day: float | None = None
    before_day: float | None = None
    level: str = "watch"
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as its file has it.

    Parameters
    ----------
    name : in both languages.   start : first instant, ISO 8601, UTC unless it has a zone.   days : length [d].
    stations : codes; empty = all.   period_s : time between two scans [s]; None = as the catalogue says.
    seed : draws weather, noise and whatever an event leaves open.
    learn_days : healthy life before ``start`` [d].   benign : whether ordinary benign events happen of their own accord.
    event_day : when what the scenario is about takes place [d after start]; None = nothing does.
    facts : what happened, as reported.   sources : where that is told.   expect : see `Expected`.
    """

    name: Text
    start: str
    days: float
    stations: tuple[str, ...] = ()
    period_s: float | None = None
    seed: int = 7
    learn_days: float = 0.0
    benign: bool = False
    event_day: float | None = None
    facts: Text | None = None
    sources: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    expect: tuple[Expected, ...] = ()

    @property
    def start_ns(self) -> int:
        """Begin of the scenario proper [ns since 1970]; ValueError if ``start`` is no time."""
        moment = datetime.fromisoformat(self.start)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1) * 1000

    @property
    def first_ns(self) -> int:
        """Event time of the first scan, learning included [ns since 1970]."""
        return self.start_ns - round(self.learn_days * DAY_NS)

    @property
    def end_ns(self) -> int:
        """End [ns since 1970]."""
        return self.start_ns + round(self.days * DAY_NS)

    def at_day(self, day: float) -> int:
        """Event time ``day`` [d] after start [ns since 1970]."""
        return self.start_ns + round(day * DAY_NS)


def problems_of(scenario: Scenario, fleet: Fleet, file: str) -> Iterator[Problem]:
    """What is wrong with single values, by key."""

    def wrong(key: str, value: object, expected: str, near: str | None = None) -> Problem:
        return Problem(file, key, show(value), expected, near)

    try:
        year = datetime.fromisoformat(scenario.start).year
        if not 2000 <= year < 2100:
            yield wrong("start", scenario.start, "a time in the years 2000 to 2099")
    except ValueError:
        yield wrong("start", scenario.start, "a time such as 2026-01-31T08:00:00Z")
    for key, value, most in (("days", scenario.days, DAYS_MAX), ("period_s", scenario.period_s, PERIOD_S_MAX)):
        if value is not None and not 0 < value <= most:
            yield wrong(key, value, f"a number above 0, at most {most:g}")
    if not 0 <= scenario.learn_days <= 3660:
        yield wrong("learn_days", scenario.learn_days, "a number from 0 to 3660")
    if not 0 <= scenario.seed < 2**63:
        yield wrong("seed", scenario.seed, "a whole number from 0 to 9223372036854775807")
    for i, code in enumerate(scenario.stations):
        if code not in fleet.stations:
            yield wrong(f"stations[{i}]", code, f"one of {', '.join(fleet.stations)}", nearest(code, fleet.stations))
    if len(scenario.events) > EVENTS_MAX:
        yield Problem(file, "events", f"{len(scenario.events)} events", f"at most {EVENTS_MAX}")
        return
    taking_part = [code for code in (scenario.stations or fleet.stations) if code in fleet.stations]
    for i, event in enumerate(scenario.events):
        yield from _event_problems(event, i, scenario, fleet, taking_part, file)
    for i, expected in enumerate(scenario.expect):
        yield from _expect_problems(expected, f"expect[{i}]", fleet, taking_part, file)
        yield from _window_problems(expected, f"expect[{i}]", scenario, file)


def _event_problems(
    event: Event, i: int, scenario: Scenario, fleet: Fleet, taking_part: Sequence[str], file: str
) -> Iterator[Problem]:
    at = f"events[{i}]"
    known = kinds()
    if event.kind not in known:
        yield Problem(
            file, f"{at}.kind", show(event.kind), "a kind such as F01, B70 or S01", nearest(event.kind, known)
        )
        return
    kind = known[event.kind]
    first = 0.0 - scenario.learn_days
    if first <= 0 < scenario.days and not first <= event.day <= scenario.days:
        yield Problem(file, f"{at}.day", show(event.day), f"a day within the scenario, {first:g} to {scenario.days:g}")
    for name, value, most in (("days", event.days, 36_600.0), ("severity", event.severity, 100.0)):
        if value is not None and not (0 < value <= most and math.isfinite(value)):
            yield Problem(file, f"{at}.{name}", show(value), f"a number above 0, at most {most:g}")
    if event.repaired_day is not None and event.repaired_day <= event.day:
        yield Problem(file, f"{at}.repaired_day", show(event.repaired_day), f"later than its begin, day {event.day:g}")
    if (kind.regional or event.kind in WHOLE_STATION) and event.unit:
        yield Problem(file, f"{at}.unit", show(event.unit), f"none: {event.kind} happens to a station as a whole")
    if kind.regional != (event.station == ALL_STATIONS):
        expected = (
            '"*": weather happens to all' if kind.regional else f"one station: {event.kind} does not happen to all"
        )
        yield Problem(file, f"{at}.station", show(event.station), expected)
        return
    if kind.regional:
        return
    if event.station not in taking_part:
        near = nearest(event.station, taking_part)
        yield Problem(file, f"{at}.station", show(event.station), f"one of {', '.join(taking_part)}", near)
        return
    station = fleet.stations[event.station]
    units = station.block("units").units
    if event.unit and event.unit not in units:
        yield Problem(file, f"{at}.unit", show(event.unit), f"a unit of {station.code}", nearest(event.unit, units))
    if kind.technologies and station.technology not in kind.technologies:
        possible = [code for code, kind in known.items() if station.technology in kind.technologies]
        expected = f"what a {station.technology} can have: {', '.join(possible)}"
        yield Problem(file, f"{at}.kind", show(event.kind), expected)
    tags = station.block("units").tag_index
    if event.tag and event.tag not in tags:
        yield Problem(file, f"{at}.tag", show(event.tag), f"a tag of {station.code}", nearest(event.tag, tags))
    elif event.kind in SENSOR_KINDS and not event.tag:
        yield Problem(file, f"{at}.tag", "missing", "the tag of the sensor that is at fault")


def _expect_problems(
    expected: Expected, at: str, fleet: Fleet, taking_part: Sequence[str], file: str
) -> Iterator[Problem]:
    for name, value, choices in (
        ("finding", expected.finding, ("warning", "quality", "none")),
        ("level", expected.level, ("watch", "warning", "urgent")),
        ("station", expected.station, (*taking_part, ALL_STATIONS)),
    ):
        if value not in choices:
            near = nearest(value, choices)
            yield Problem(file, f"{at}.{name}", show(value), f"one of {', '.join(choices)}", near)
    if expected.station in fleet.stations:
        block = fleet.stations[expected.station].block("units")
        if expected.unit and expected.unit not in block.units:
            expects = f"a unit of {expected.station}"
            yield Problem(file, f"{at}.unit", show(expected.unit), expects, nearest(expected.unit, block.units))
        components = dict.fromkeys(tag.component for tag in block.tags)
        if expected.component and expected.component not in components:
            expects = f"a component of {expected.station}"
            near = nearest(expected.component, components)
            yield Problem(file, f"{at}.component", show(expected.component), expects, near)
        for tag in expected.tags:
            if tag not in block.tag_index:
                near = nearest(tag, block.tag_index)
                yield Problem(file, f"{at}.tags", show(tag), f"a tag of {expected.station}", near)
    elif expected.tags:
        yield Problem(file, f"{at}.tags", show(expected.tags[0]), "none: tags are of one station")


def _window_problems(expected: Expected, at: str, scenario: Scenario, file: str) -> Iterator[Problem]:
    """Days outside the scenario, or in the wrong order, could never be met, or always."""
    first, last = 0.0 - scenario.learn_days, scenario.days
    for name in ("after_day", "before_day"):
        day = getattr(expected, name)
        if day is not None and first <= 0 < last and not first <= day <= last:
            yield Problem(file, f"{at}.{name}", show(day), f"a day within the scenario, {first:g} to {last:g}")
    after = 0.0 if expected.after_day is None else expected.after_day
    if expected.before_day is not None and expected.before_day <= after:
        yield Problem(file, f"{at}.before_day", show(expected.before_day), f"later than after_day, {after:g}")
    if expected.most is not None and (expected.finding != "warning" or expected.most < 1):
        yield Problem(file, f"{at}.most", show(expected.most), "a number from 1, of warnings")
    if expected.tags and expected.finding != "quality":
        yield Problem(file, f"{at}.tags", show(expected.tags[0]), 'none but of the finding "quality"')


def misplaced(case: Case, event: Event, stations: Sequence[Station], file: str, at: str) -> Iterator[Problem]:
    """A part that cannot fail so, e.g. a pad's failure at a winding."""
    if case.station == ALL_STATIONS:
        return
    station = next(station for station in stations if station.code == case.station)
    why = why_not(case, station)
    if why:
        here = [tag for tag in kinds()[case.kind].tags if tag in station.block("units").tag_index]
        expected = f"one of {', '.join(here)}" if here else f"a kind that {station.code} can have"
        yield Problem(file, f"{at}.tag", show(event.tag or case.kind), expected, nearest(event.tag, here))


def contradictions(cases: Sequence[Case], file: str) -> Iterator[Problem]:
    """Two events of one kind in one part at one time, or two faults of one sensor."""
    for (i, one), (j, other) in combinations(enumerate(cases), 2):
        same_unit = one.unit == other.unit or not one.unit or not other.unit
        if one.station != other.station or not same_unit or not _overlap(one, other):
            continue
        same_kind = one.kind == other.kind and one.tag == other.tag
        same_sensor = {one.kind, other.kind} <= SENSOR_KINDS and one.tag == other.tag
        if same_kind or same_sensor:
            yield Problem(
                file, f"events[{j}]", f"{other.kind} at the same time as events[{i}], {one.kind}", "one after the other"
            )


def _overlap(one: Case, other: Case) -> bool:
    def end_ns(case: Case) -> float:
        passes = not kinds()[case.kind].is_failure
        return case.end_ns if passes else (math.inf if case.repaired_ns is None else case.repaired_ns)

    return one.start_ns < end_ns(other) and other.start_ns < end_ns(one)


def why_not(case: Case, station: Station) -> str:
    """Why a case cannot happen at a station; "" = it can."""
    technology = TECHNOLOGIES[station.technology]
    index = station.block("units").tag_index
    places = {code: (point.signal, point.column) for code, point in technology.points.items() if code in index}
    try:
        effects(case, places, {name: condition.places for name, condition in technology.conditions.items()})
    except ValueError as error:
        return str(error)
    return ""
