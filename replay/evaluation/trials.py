"""The trials of an evaluation: which failures and faults happen in which stations, units and seasons, drawn by the seeds.

A trial is one station that is learned from for ninety healthy days, ordinary benign events included. What comes then is told in
branches: each begins with the same learned state, and in each some units fail, every one with a case of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from stations.faults import Case, Kind, draw, kinds
from stations.plant import Station
from stations.scenario_file import why_not
from stations.simulate.delivery import WHOLE_STATION

DAY_NS: Final = 86_400 * 10**9
YEAR_NS: Final = 1_798_761_600 * 10**9
"""2027-01-01 UTC."""
SEED_BASE: Final = 10_000
"""Evaluation draws by seeds from here on."""
TUNING_BASE: Final = 500
"""And everything that is tuned is tuned on these, so that no constant has seen what judges it."""
SEASONS: Final = {"winter": 15, "spring": 105, "summer": 196, "autumn": 288}
"""Middle of each season [day of the year]."""
SEASON_SPREAD_D: Final = 30.0
"""Learning ends within so many days of the middle [d]."""
GROUPS: Final = {
    "hydro": ("hydro_francis", "hydro_kaplan", "hydro_small"),
    "pumped storage": ("pumped_storage",),
    "coal": ("coal_660", "chp_350"),
    "ccgt": ("ccgt",),
    "wind": ("wind_dfig", "wind_pmsg"),
    "pv": ("pv_central", "pv_string"),
}
"""Technologies that are like enough to share the seeds of a failure mode."""
PERIOD_S, FAST_PERIOD_S = 600.0, 20.0
"""Time between two scans, of failures that take days and of those that take minutes or come at once [s]."""
QUICK_FAST_PERIOD_S, QUICK_FAST_LEARN_DAYS = 60.0, 50.0
"""If it has to be quick: ninety days of a third of a minute are most of all that there is to do."""
LEARN_DAYS, FAST_LEARN_DAYS = 90.0, 75.0
"""A plant has so much history; what runs a third of the time, as the sun in winter, is not judged after sixty days. Where a day
has 4,320 scans, seventy-five have to do."""
UNITS_MAX: Final = 8
"""Units of a station that are simulated where some of them fail: sisters enough, and eight times faster than a whole PV site."""
BRANCHES_MAX: Final = 6
"""Of one trial of ten-minute scans; they share weather and benign events, so the fewer the better."""
HEALTHY_DAYS, QUICK_HEALTHY_DAYS = 365.25, 60.0
HEALTHY: Final = "healthy"
PARTS: Final = ("slow", "medium", "fast", "step", "none", "sensor", "data", HEALTHY)
"""Of an evaluation: the paces of what happens, and the years in which nothing does."""
HEALTHY_YEARS: Final = 2
"""So often is the whole fleet watched for a year in which nothing fails: 758 unit-years."""
READINGS_A_SCAN: Final = 1200
"""So many readings are simulated, and simulated twice more for the labels, in the time in which one scan is judged."""
CLEAR_DAYS: Final = 1.0
"""From the end of learning to the first case, and after the last one at most [d]."""


class Branch(NamedTuple):
    """One future of a station: its cases (none = it stays healthy), and when it ends [ns]."""

    cases: tuple[Case, ...]
    end_ns: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One station at its period, learned from ``start_ns`` to ``learned_ns``, then every branch."""

    number: int
    station: Station
    season: str
    start_ns: int
    learned_ns: int
    branches: tuple[Branch, ...]
    base: int = SEED_BASE

    @property
    def seed(self) -> int:
        """Of weather, noise and benign events."""
        return self.base + self.number

    def n_scans(self, until_ns: int) -> int:
        """Scans from the start until then."""
        return math.ceil((until_ns - self.start_ns) / 1e9 / self.station.block("units").period_s)

    @property
    def work(self) -> float:
        """What a trial costs, in scans of the monitor; every branch is simulated once, and twice more for its labels."""
        return self.n_judged + self.n_judged * math.prod(self.station.block("units").shape) / READINGS_A_SCAN

    @property
    def n_judged(self) -> int:
        """Scans that the monitor sees: learning once, then each branch."""
        learn = self.n_scans(self.learned_ns)
        return learn + sum(self.n_scans(branch.end_ns) - learn for branch in self.branches)


class _Wanted(NamedTuple):
    station: Station
    season: str
    period_s: float
    """Time between two scans [s]."""
    case: Case
    """With its start still to come."""


def plan(
    stations: Sequence[Station],
    *,
    seeds: int = 10,
    kind: str = "",
    quick: bool = False,
    learn_days: float = LEARN_DAYS,
    base: int = SEED_BASE,
    parts: Collection[str] = PARTS,
) -> list[Trial]:
    """All trials of an evaluation.

    Parameters
    ----------
    stations : to draw from; where units fail, and in quick, each is cut to its first ``UNITS_MAX`` units.
    seeds : cases of every failure mode and group of technologies; spread over its stations, each season equally often.
    kind : only this kind and its variants, and no station without a failure.
    quick : one case a mode, in one group; every station has one season, and sixty healthy days instead of a year.
    learn_days : healthy operation before anything happens [d].
    parts : only these of `PARTS`.
    base : first of the seeds, `SEED_BASE` or `TUNING_BASE`; they lie so far apart that none is shared.
    """
    some = [replace(one, blocks=tuple(block.only(UNITS_MAX) for block in one.blocks)) for one in stations]
    buckets: dict[tuple[str, str, float], list[_Wanted]] = defaultdict(list)
    for wanted in _wanted(some, 1 if quick else seeds, kind, parts, quick, base):
        buckets[wanted.station.code, wanted.season, wanted.period_s].append(wanted)
    trials: list[Trial] = []
    healthy_codes = {one.code for one in some} if HEALTHY in parts and not kind else set()
    for (code, _, period_s), found in sorted(buckets.items()):
        futures = _futures(found)
        at_once = len(futures) if quick or period_s < PERIOD_S else BRANCHES_MAX
        for first in range(0, len(futures), at_once):
            days = 0.0
            if (
                quick and period_s == PERIOD_S and code in healthy_codes
            ):  # what is learned already may as well stay healthy
                healthy_codes.remove(code)
                days = QUICK_HEALTHY_DAYS
            learn = learn_days
            if period_s < PERIOD_S:
                learn = min(learn, QUICK_FAST_LEARN_DAYS if quick else FAST_LEARN_DAYS)
            trials.append(_trial(len(trials), found[0], futures[first : first + at_once], learn, days, base))
    whole, days = (some, QUICK_HEALTHY_DAYS) if quick else (stations, HEALTHY_DAYS)
    for year in range(1 if quick else HEALTHY_YEARS):
        for place, station in enumerate(whole):
            if station.code in healthy_codes:
                season = list(SEASONS)[(place + len(SEASONS) // HEALTHY_YEARS * year) % len(SEASONS)]
                alone = _Wanted(station, season, PERIOD_S, Case("B70", station.code, "", 0, 1.0))
                trials.append(_trial(len(trials), alone, [], learn_days, days, base))
    return trials


def is_meant(code: str, kind: str) -> bool:
    """Whether a kind is ``kind`` or a variant of it; every one is if that is empty.

    >>> is_meant("F34-T2", "F34"), is_meant("F34-T2", "F3"), is_meant("F01", "")
    (True, False, True)
    """
    return not kind or code == kind or code.startswith(f"{kind}-")


def _wanted(
    stations: Sequence[Station], seeds: int, kind: str, parts: Collection[str], quick: bool, base: int
) -> Iterator[_Wanted]:
    """Every case, in its station and season; the place of a kind in the list turns both, so that none is favoured."""
    meant = [(code, what) for code, what in kinds().items() if what.pace != "benign" and is_meant(code, kind)]
    seasons = list(SEASONS)
    for place, (code, what) in enumerate(meant):
        if what.pace not in parts:
            continue
        is_fast = what.pace in ("fast", "step")
        period_s = (QUICK_FAST_PERIOD_S if quick else FAST_PERIOD_S) if is_fast else PERIOD_S
        groups = _possible(stations, code, what)
        if quick and groups:
            groups = [groups[0 if is_fast else place % len(groups)]]
        for number, group in enumerate(groups):
            for k in range(seeds):
                station = group[0 if is_fast else (k + place) % len(group)]  # many scans to learn from: few stations
                turn = stations.index(station) if quick else k + k // len(seasons) + place
                if (
                    is_fast and not quick
                ):  # two seasons a group, the one opposite the other; all groups together have all
                    turn = 2 * k + number
                chance = np.random.default_rng([base + k, place, number])
                tags = tuple(station.block("units").tag_index)
                case = draw(code, station.code, station.block("units").units[0], 0, chance, tags)
                if what.pace == "sensor":
                    case = replace(case, tag=_sensor(station, code, chance))
                yield _Wanted(station, seasons[turn % len(seasons)], period_s, case)


def _possible(stations: Sequence[Station], code: str, what: Kind) -> list[list[Station]]:
    """Stations in which a kind can happen, by group."""
    groups: dict[str, list[Station]] = defaultdict(list)
    for station in stations:
        if what.technologies and station.technology not in what.technologies:
            continue
        if what.is_failure and why_not(Case(code, station.code, "", 0, 1.0), station):
            continue
        groups[group_of(station.technology)].append(station)
    return list(groups.values())


def group_of(technology: str) -> str:
    """The group of a technology; one that has none is its own."""
    return next((group for group, members in GROUPS.items() if technology in members), technology)


def _sensor(station: Station, code: str, chance: np.random.Generator) -> str:
    """A judged sensor of one unit; for exchanged wires one that has a like."""
    own = [tag for tag in station.block("units").tags if not tag.shared]
    uoms = [tag.uom for tag in own]
    judged = [tag.code for tag in own if tag.model is not None and (code != "S11" or uoms.count(tag.uom) > 1)]
    return judged[int(chance.integers(len(judged)))]


def _futures(found: Sequence[_Wanted]) -> list[list[Case]]:
    """Cases that share a branch: of about one length, at most as many as leave a third of the units healthy."""
    n_units = len(found[0].station.block("units").units)
    room = max(1, n_units - max(1, math.ceil(n_units / 3)))
    futures: list[list[Case]] = []
    for case in sorted((one.case for one in found), key=lambda case: (_category(case), case.development_s)):
        last = futures[-1] if futures else []
        if last and len(last) < room and _category(last[0]) == _category(case) != "whole":
            last.append(case)
        else:
            futures.append([case])
    return futures


def _category(case: Case) -> str:
    """Sensor faults have branches of their own; a fault of a gateway, which is one of all units, is alone."""
    if case.kind in WHOLE_STATION:
        return "whole"
    return "failure" if kinds()[case.kind].is_failure else "sensor"


def _trial(
    number: int, one: _Wanted, futures: Sequence[Sequence[Case]], learn_days: float, healthy: float, base: int
) -> Trial:
    """Date and units drawn; ``healthy`` days without a case, if any, come first."""
    chance = np.random.default_rng([base + number])
    day = SEASONS[one.season] + chance.uniform(-SEASON_SPREAD_D, SEASON_SPREAD_D)
    learned_ns = YEAR_NS + int(day) * DAY_NS
    station = one.station.at_period(max(one.period_s, one.station.block("units").period_s))
    branches = [_branch(station, cases, learned_ns, chance) for cases in futures]
    if healthy:
        branches.insert(0, Branch((), learned_ns + round(healthy * DAY_NS)))
    return Trial(
        number, station, one.season, learned_ns - round(learn_days * DAY_NS), learned_ns, tuple(branches), base
    )


def _branch(station: Station, cases: Sequence[Case], learned_ns: int, chance: np.random.Generator) -> Branch:
    units = station.block("units").units
    chosen = chance.permutation(len(units))[: len(cases)]
    placed = [
        replace(
            case,
            unit="" if case.kind in WHOLE_STATION else units[int(row)],
            start_ns=learned_ns + round((CLEAR_DAYS + chance.random()) * DAY_NS),
        )
        for case, row in zip(cases, chosen, strict=True)
    ]
    last = max(placed, key=lambda case: case.end_ns)
    tail_ns = min(DAY_NS, max(3600 * 10**9, round(last.development_s * 1e8)))  # labels look a tenth further
    return Branch(tuple(placed), last.end_ns + tail_ns)
