"""What a monitor said beside what was true: a case detected in time, found at all, a false warning, a sensor taken for one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.events import DataQuality, EarlyWarning, Event, HealthScore
from stations.faults import Case
from stations.simulate.labels import Label

DEADLINE: Final = 0.8
"""A failure that passes no static alarm must be told before so much of its development."""
HOUR_NS, DAY_NS = 3600 * 10**9, 86_400 * 10**9
SEASON_OF_MONTH: Final = ("winter", "winter", *("spring",) * 3, *("summer",) * 3, *("autumn",) * 3, "winter")


class Warned(NamedTuple):
    """An early warning that opened: where and when [ns]."""

    unit: str
    component: str
    time_ns: int


class Doubted(NamedTuple):
    """A sensor, or all of a unit (tag "*"), called out of order: where and when [ns]."""

    unit: str
    tag: str
    time_ns: int


@dataclass
class Said:
    """What a monitor said that counts: the begin of each early warning and of each doubt about a sensor.

    ``units`` are those of the block, in its order; ``scans`` are their times [ns] and which units had a score at all.
    """

    warnings: list[Warned] = field(default_factory=list)
    doubts: list[Doubted] = field(default_factory=list)
    units: Sequence[str] = ()
    scans: list[tuple[int, NDArray[np.bool_]]] = field(default_factory=list)

    def take(self, events: Iterable[Event]) -> None:
        """Take the events of one scan in; what escalates, or returns, was counted when it opened."""
        for event in events:
            if isinstance(event, EarlyWarning) and event.transition == "opened":
                self.warnings.append(Warned(event.unit, event.component, event.time_ns))
            elif isinstance(event, DataQuality) and event.transition != "returned":
                self.doubts.append(Doubted(event.unit, event.tag, event.time_ns))
            elif isinstance(event, HealthScore):
                judged: NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(event.score), axis=1)
                self.scans.append((event.time_ns, judged))

    def judged(self, unit: str, first_ns: int, last_ns: int) -> float:
        """Share of the scans from ``first_ns`` until before ``last_ns`` in which the unit had a score [-]; 0 if there is none.

        A unit that stands still has none, nor has one that is still being learned: such a unit cannot be warned of.
        """
        if not self.scans:
            return 0.0
        time_ns, judged = self._table
        first, last = np.searchsorted(time_ns, (first_ns, last_ns))
        return float(judged[first:last, self.units.index(unit)].mean()) if last > first else 0.0

    @cached_property
    def _table(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """``scans`` as arrays (t,) and (t, n_units); only once all is said."""
        return np.array([time_ns for time_ns, _ in self.scans]), np.array([judged for _, judged in self.scans])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one failure.

    Parameters
    ----------
    shown : whether it moves anything at all, by the truth.
    alarm_ns : its static alarm; None = it never passes one.
    deadline_ns : before this it must be told.   judged : share of the time until then in which the unit had a score [-].
    warned_ns, component : the first early warning of the unit from its start to its end; None, "" = it was not found.
    """

    kind: str
    pace: str
    station: str
    unit: str
    season: str
    severity: float
    start_ns: int
    end_ns: int
    shown: bool
    alarm_ns: int | None
    deadline_ns: int
    judged: float
    warned_ns: int | None
    component: str

    @property
    def found(self) -> bool:
        """Whether it was told at all before it was complete."""
        return self.warned_ns is not None

    @property
    def detected(self) -> bool:
        """Whether it was told before its static alarm, or, without one, early enough."""
        return self.warned_ns is not None and self.warned_ns < self.deadline_ns

    @property
    def lead_h(self) -> float | None:
        """From the warning to the static alarm [h]; None = no warning before it, or no alarm."""
        if self.warned_ns is None or self.alarm_ns is None or not self.detected:
            return None
        return (self.alarm_ns - self.warned_ns) / HOUR_NS


@dataclass(frozen=True, slots=True)
class SensorVerdict:
    """What became of one sensor or data fault: told as one, or taken for a machine that fails."""

    kind: str
    pace: str
    station: str
    unit: str
    tag: str
    season: str
    start_ns: int
    as_sensor: bool
    as_machine: bool


class Watched(NamedTuple):
    """Healthy operation in one season: false warnings, how long units were watched, and for how much of it judged [d]."""

    season: str
    false: int
    unit_days: float
    judged_days: float = 0.0


def judge(label: Label, season: str, said: Said) -> Verdict:
    """One failure beside what was said of its unit.

    >>> label = Label("F01", "failure", "slow", "YXK", "2", "", 0, 100, 1.0, sign_ns=20, alarm_ns=90)
    >>> verdict = judge(label, "winter", Said([Warned("1", "guide", 30), Warned("2", "guide", 40)]))
    >>> verdict.detected, verdict.warned_ns, judge(label, "winter", Said([Warned("2", "guide", 95)])).detected
    (True, 40, False)
    """
    end_ns = max(label.end_ns, label.alarm_ns or 0)
    first = min(
        (one for one in said.warnings if one.unit == label.unit and label.start_ns <= one.time_ns <= end_ns),
        key=lambda one: one.time_ns,
        default=None,
    )
    deadline_ns = label.alarm_ns
    if deadline_ns is None:
        deadline_ns = label.start_ns + round(DEADLINE * (label.end_ns - label.start_ns))
    return Verdict(
        kind=label.kind,
        pace=label.pace,
        station=label.station,
        unit=label.unit,
        season=season,
        severity=label.severity,
        start_ns=label.start_ns,
        end_ns=label.end_ns,
        shown=label.sign_ns is not None,
        alarm_ns=label.alarm_ns,
        deadline_ns=deadline_ns,
        judged=said.judged(label.unit, label.start_ns, deadline_ns),
        warned_ns=first and first.time_ns,
        component=first.component if first else "",
    )


def judge_sensor(label: Label, season: str, said: Said) -> SensorVerdict:
    """One sensor or data fault; one without a unit is of all units, one without a tag of all sensors."""

    def is_of(unit: str, time_ns: int) -> bool:
        return label.unit in ("", unit) and label.start_ns <= time_ns <= label.end_ns + HOUR_NS

    tags = {label.tag, "*"} if label.tag else {"*"}
    return SensorVerdict(
        kind=label.kind,
        pace=label.pace,
        station=label.station,
        unit=label.unit,
        tag=label.tag,
        season=season,
        start_ns=label.start_ns,
        as_sensor=any(is_of(one.unit, one.time_ns) and one.tag in tags for one in said.doubts),
        as_machine=any(is_of(one.unit, one.time_ns) for one in said.warnings),
    )


def false_warnings(
    units: Sequence[str], cases: Sequence[Case], first_ns: int, last_ns: int, said: Said
) -> list[Watched]:
    """False warnings by season: of units that stay healthy, and of the others until their case begins.

    ``first_ns`` to ``last_ns`` is the time that was watched.
    """
    false: Counter[str] = Counter()
    days: defaultdict[str, float] = defaultdict(float)
    judged_days: defaultdict[str, float] = defaultdict(float)
    for unit in units:
        until_ns = min((case.start_ns for case in cases if case.unit in ("", unit)), default=last_ns)
        for begin_ns, end_ns in _days(first_ns, until_ns):
            length = (end_ns - begin_ns) / DAY_NS
            days[season_of(begin_ns)] += length
            judged_days[season_of(begin_ns)] += length * said.judged(unit, begin_ns, end_ns)
        for one in said.warnings:
            if one.unit == unit and first_ns <= one.time_ns < until_ns:
                false[season_of(one.time_ns)] += 1
    return [Watched(season, false[season], length, judged_days[season]) for season, length in days.items()]


def season_of(time_ns: int) -> str:
    """The season of a time, by its month.

    >>> season_of(1_772_409_600_000_000_000)
    'spring'
    """
    return SEASON_OF_MONTH[datetime.fromtimestamp(time_ns // 10**9, UTC).month - 1]


def _days(first_ns: int, last_ns: int) -> Iterable[tuple[int, int]]:
    """The stretch cut into days, each from begin to end [ns]."""
    for begin_ns in range(first_ns, last_ns, DAY_NS):
        yield begin_ns, min(begin_ns + DAY_NS, last_ns)
