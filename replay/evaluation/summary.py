"""The figures of an evaluation: per failure mode, per technology and season, per kind of sensor fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from replay.evaluation.judging import SensorVerdict, Verdict, Watched
from replay.evaluation.running import Outcome
from stations.plant import Fleet

YEAR_DAYS: Final = 365.25
PACES_ASKED: Final = ("slow", "medium", "fast", "step")
NO_LEAD: Final = "none"
"""The pace of what comes without warning: no lead time is promised, so it counts in no total."""


class Rate(NamedTuple):
    """False warnings over healthy operation; how often they came again, and sensors that were doubted in vain."""

    false: int
    unit_years: float
    judged: float
    """Share of the time in which the units had a score [-]: one that stands still, or is not learned yet, is never warned of."""
    reopened: int = 0
    doubts: int = 0

    @property
    def per_unit_year(self) -> float | None:
        """[1/a]; None = nothing was watched."""
        return self.false / self.unit_years if self.unit_years else None

    def to_dict(self) -> dict[str, float]:
        """Counts and unit-years, as JSON can hold them."""
        return self._asdict() | {"unit_years": round(self.unit_years, 3), "judged": round(self.judged, 3)}


@dataclass(frozen=True, slots=True)
class Mode:
    """One failure mode over all its cases.

    Parameters
    ----------
    judged : cases in which the unit had a score at all in time.
    shown : that move a tag at all, by the truth.   alarms : that pass a static alarm.
    detected : told before it, or in time.   found : told at all.
    lead_met : told as early as the pace asks for.   top1, top3 : of those detected, with the true failure mode named.
    coverage : share of the intervals told in which the alarm came [-]; None = none was told.
    by_chance : how many false warnings alone would have detected, at the rate of their stations [cases].
    lead_h : of those told before an alarm [h].
    """

    pace: str
    n: int
    judged: int
    shown: int
    alarms: int
    detected: int
    found: int
    lead_met: int
    top1: int
    top3: int
    coverage: float | None
    by_chance: float | None
    lead_h: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; of the leads median and first decile."""
        plain = asdict(self)
        del plain["lead_h"]
        chance = None if self.by_chance is None else round(self.by_chance, 2)
        return plain | {
            "by_chance": chance,
            "lead_hours_median": quantile(self.lead_h, 0.5),
            "lead_hours_p10": quantile(self.lead_h, 0.1),
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """All outcomes of an evaluation of ``fleet``."""

    fleet: Fleet
    outcomes: Sequence[Outcome]

    @property
    def failures(self) -> list[Verdict]:
        """Every failure, in order of trials."""
        return [one for outcome in self.outcomes for one in outcome.failures]

    @property
    def sensors(self) -> list[SensorVerdict]:
        """Every sensor or data fault, in order of trials."""
        return [one for outcome in self.outcomes for one in outcome.sensors]

    def modes(self) -> dict[str, Mode]:
        """By failure mode."""
        found: dict[str, list[Verdict]] = defaultdict(list)
        for one in self.failures:
            found[one.kind].append(one)
        return {kind: self.mode(found[kind]) for kind in sorted(found)}

    def mode(self, verdicts: Sequence[Verdict]) -> Mode:
        """These cases, at least one, as one."""
        leads = [one.lead_h for one in verdicts if one.lead_h is not None]
        return Mode(
            pace=verdicts[0].pace,
            n=len(verdicts),
            judged=sum(one.judged > 0 for one in verdicts),
            shown=sum(one.shown for one in verdicts),
            alarms=sum(one.alarm_ns is not None for one in verdicts),
            detected=sum(one.detected for one in verdicts),
            found=sum(one.found for one in verdicts),
            lead_met=sum(one.lead_met for one in verdicts),
            top1=sum(one.detected and one.named(1) for one in verdicts),
            top3=sum(one.detected and one.named(3) for one in verdicts),
            coverage=coverage(verdicts),
            by_chance=self._by_chance(verdicts),
            lead_h=tuple(leads),
        )

    def _by_chance(self, verdicts: Sequence[Verdict]) -> float | None:
        """Cases in which a false warning falls before the deadline, were they to come at random; None = no rate is known."""
        watched: dict[str, list[Watched]] = defaultdict(list)
        for outcome in self.outcomes:
            watched[outcome.technology] += outcome.healthy + outcome.beside
        per_year = {technology: rate(some).per_unit_year for technology, some in watched.items()}
        total = 0.0
        for one in verdicts:
            often = per_year[self.fleet.stations[one.station].technology]
            if often is None:
                return None
            total += -float(np.expm1(-often * (one.deadline_ns - one.start_ns) / 86_400e9 / YEAR_DAYS))
        return total

    def by_technology(self) -> dict[str, Rate]:
        """False warnings of stations in which nothing fails, by technology."""
        return {key: rate(found) for key, found in self._healthy().items()}

    def by_season(self) -> dict[str, dict[str, Rate]]:
        """The same by technology and season."""
        return {
            technology: {
                season: rate(one for one in found if one.season == season)
                for season in dict.fromkeys(one.season for one in found)
            }
            for technology, found in self._healthy().items()
        }

    def beside(self) -> dict[float, Rate]:
        """False warnings of healthy units whose sisters fail, by the time between two scans [s]."""
        periods = sorted({outcome.period_s for outcome in self.outcomes if outcome.beside})
        return {
            period_s: rate(one for outcome in self.outcomes if outcome.period_s == period_s for one in outcome.beside)
            for period_s in periods
        }

    def _healthy(self) -> dict[str, list[Watched]]:
        found: dict[str, list[Watched]] = defaultdict(list)
        for outcome in self.outcomes:
            if outcome.healthy:
                found[outcome.technology] += outcome.healthy
        order = {station.technology: i for i, station in enumerate(self.fleet.stations.values())}
        return dict(sorted(found.items(), key=lambda item: order[item[0]]))

    def per_day_fleet(self, count: Callable[[Rate], int]) -> float | None:
        """A count of `Rate` for the whole fleet [1/d]: of each technology, times its units; None if one was not watched."""
        rates = self.by_technology()
        total = 0.0
        for station in self.fleet.stations.values():
            one = rates.get(station.technology)
            if one is None or not one.unit_years:
                return None
            total += count(one) / one.unit_years * len(station.block("units").units) / YEAR_DAYS
        return total

    def to_dict(self) -> dict[str, Any]:
        """Every figure, as JSON can hold it; what was not asked is null."""
        promised = [one for one in self.failures if one.pace != NO_LEAD]
        long = [one for one in promised if one.pace in ("slow", "medium")]
        told = [one for one in promised if one.detected]
        real = [one for one in self.sensors if one.pace == "sensor"]
        rates = self.by_technology()
        seasons = self.by_season()
        chance = self._by_chance(promised)
        return {
            "detected_slow_medium": share(one.detected for one in long),
            "detected": share(one.detected for one in promised),
            "detected_by_chance": None if chance is None or not promised else round(chance / len(promised), 4),
            "found": share(one.found for one in promised),
            "judged": share(one.judged > 0 for one in promised),
            "false_per_day_fleet": rounded(self.per_day_fleet(lambda one: one.false)),
            "reopened_per_day_fleet": rounded(self.per_day_fleet(lambda one: one.reopened)),
            "doubts_per_day_fleet": rounded(self.per_day_fleet(lambda one: one.doubts)),
            "sensor_as_sensor": share(one.as_sensor for one in real),
            "sensor_as_machine": share(one.as_machine for one in self.sensors),
            "top1": share(one.named(1) for one in told),
            "top1_first_message": share(one.named_first for one in told),
            "top3": share(one.named(3) for one in told),
            "interval_coverage": coverage(promised),
            "lead_met": {
                pace: share(one.lead_met for one in promised if one.pace == pace) for pace in dict.fromkeys(PACES_ASKED)
            },
            "lead_hours_median": {
                pace: quantile([one.lead_h for one in promised if one.pace == pace and one.lead_h is not None], 0.5)
                for pace in ("slow", "medium", "fast")
            },
            "cases": len(self.failures),
            "sensor_cases": len(self.sensors),
            "by_mode": {kind: mode.to_dict() for kind, mode in self.modes().items()},
            "by_sensor_fault": sensor_table(self.sensors),
            "false_per_unit_year": {name: rounded(one.per_unit_year) for name, one in rates.items()},
            "false_by_season": {
                name: {season: rounded(one.per_unit_year) for season, one in by.items()} for name, by in seasons.items()
            },
            "judged_share": {name: rounded(one.judged) for name, one in rates.items()},
            "beside_failures_by_period": {f"{period_s:g} s": one.to_dict() for period_s, one in self.beside().items()},
            "unit_years": rounded(sum(one.unit_years for one in rates.values())),
        }

    def cases(self) -> list[dict[str, Any]]:
        """Every single verdict, as JSON can hold it."""
        failures = [
            asdict(one) | {"detected": one.detected, "found": one.found, "lead_h": rounded(one.lead_h)}
            for one in self.failures
        ]
        return [*failures, *(asdict(one) for one in self.sensors)]

    def costs(self) -> dict[str, float]:
        """Seconds of all trials together, by what they were spent on [s]."""
        names = ("simulate", "monitor", "label")
        return {name: round(sum(getattr(one.costs, name) for one in self.outcomes), 1) for name in names}


def sensor_table(verdicts: Sequence[SensorVerdict]) -> dict[str, dict[str, int]]:
    """By kind: how many, told as sensor, taken for a machine."""
    found: dict[str, list[SensorVerdict]] = defaultdict(list)
    for one in verdicts:
        found[one.kind].append(one)
    return {
        kind: {
            "n": len(some),
            "as_sensor": sum(one.as_sensor for one in some),
            "as_machine": sum(one.as_machine for one in some),
        }
        for kind, some in sorted(found.items())
    }


def coverage(verdicts: Iterable[Verdict]) -> float | None:
    """Share of the intervals told in which the alarm came [-]; every failure that was told of counts alike."""
    each = [sum(one.due) / len(one.due) for one in verdicts if one.due]
    return round(float(np.mean(each)), 4) if each else None


def rate(watched: Iterable[Watched]) -> Rate:
    """Stretches of healthy operation as one.

    >>> rate([Watched("winter", 1, 365.25), Watched("spring", 0, 365.25)]).per_unit_year
    0.5
    """
    some = list(watched)
    days = sum(one.unit_days for one in some)
    judged = sum(one.judged_days for one in some)
    false, reopened, doubts = (sum(getattr(one, what) for one in some) for what in ("false", "reopened", "doubts"))
    return Rate(false, days / YEAR_DAYS, judged / days if days else 0.0, reopened, doubts)


def share(hits: Iterable[bool]) -> float | None:
    """Share that is true [-]; None = there is none.

    >>> share([True, False, True, True]), share([])
    (0.75, None)
    """
    some = list(hits)
    return round(sum(some) / len(some), 4) if some else None


def quantile(values: Sequence[float], at: float) -> float | None:
    """A quantile to a tenth; None = there are no values."""
    return round(float(np.quantile(values, at)), 1) if len(values) else None


def rounded(value: float | None) -> float | None:
    """To three decimals."""
    return None if value is None else round(value, 3)
