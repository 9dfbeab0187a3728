"""What a monitor said beside what was true: a case detected in time, found at all, a false warning, a sensor taken for one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.events import TELLS, DataQuality, EarlyWarning, Event, HealthScore
from detectors.sisters import ALL_UNITS
from stations.faults import Case
from stations.simulate.labels import Label

DEADLINE: Final = 0.8
"""A failure that passes no static alarm must be told before so much of its development."""
LEAD_H: Final = {"slow": 72.0, "medium": 12.0, "fast": 5.0 / 60.0}
"""How long before the static alarm a failure is to be told, by its pace [h]."""
EARLY: Final = 0.6
"""Without an alarm: by so much of its development."""
AT_ONCE_S: Final = {"fast": 60.0, "step": 600.0}
"""Or so soon after it has begun [s]; for a step that is all that can be asked."""
CALLS_SOMEBODY: Final = {f"sensor-{kind}" for kind in ("stuck", "step", "drift", "unit", "swap")}
"""Doubts about a sensor that send somebody to it; spikes and missing values pass by themselves."""
HOUR_NS, DAY_NS = 3600 * 10**9, 86_400 * 10**9
SEASON_OF_MONTH: Final = ("winter", "winter", *("spring",) * 3, *("summer",) * 3, *("autumn",) * 3, "winter")


class Warned(NamedTuple):
    """An early warning that opened: where and when [ns]; ``cause`` = the warning that it belongs to, "" = none."""

    unit: str
    component: str
    time_ns: int
    cause: str = ""


class Told(NamedTuple):
    """What a message about a warning that stands for itself said: failure modes, the best first; begin and end of the time in
    which the first tag is to reach its alarm limit [ns], None = it gave none."""

    unit: str
    time_ns: int
    modes: tuple[str, ...]
    due_ns: tuple[int, int] | None = None
    tag: str = ""


class Doubted(NamedTuple):
    """A sensor, or all of a unit (tag "*"), called out of order: where and when [ns]; by which detector."""

    unit: str
    tag: str
    time_ns: int
    detector: str = ""


@dataclass
class Said:
    """What a monitor said that counts: the begin of each early warning, which of them opened again, each doubt about a sensor.

    ``units`` are those of the block, in its order; ``scans`` are their times [ns] and which units had a score at all.
    """

    warnings: list[Warned] = field(default_factory=list)
    reopened: list[Warned] = field(default_factory=list)
    doubts: list[Doubted] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    units: Sequence[str] = ()
    scans: list[tuple[int, NDArray[np.bool_]]] = field(default_factory=list)

    def take(self, events: Iterable[Event]) -> None:
        """Take the events of one scan in; what escalates, or returns, was counted when it opened."""
        for event in events:
            if isinstance(event, EarlyWarning):
                self._warning(event)
            elif isinstance(event, DataQuality) and event.transition != "returned":
                self.doubts.append(Doubted(event.unit, event.tag, event.time_ns, event.detector))
            elif isinstance(event, HealthScore):
                judged: NDArray[np.bool_] = np.logical_or.reduce(~np.isnan(event.score), axis=1)
                self.scans.append((event.time_ns, judged))

    def _warning(self, event: EarlyWarning) -> None:
        begins = {"opened": self.warnings, "reopened": self.reopened}.get(event.transition)
        if begins is not None:
            begins.append(Warned(event.unit, event.component, event.time_ns, event.cause))
        if event.transition in TELLS and not event.cause:
            modes, when = tuple(one.mode for one in event.likely), event.forecast
            due_ns = None
            if when is not None and when.low_s is not None and when.high_s is not None:
                due_ns = event.time_ns + round(when.low_s * 1e9), event.time_ns + round(when.high_s * 1e9)
            tag = event.evidence[0].tag if event.evidence else ""
            self.told.append(Told(event.unit, event.time_ns, modes, due_ns, tag))

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
    modes, modes_first : failure modes named in the latest message before the deadline, and in the first; the best first.
    due : for each message that said when a tag reaches its alarm limit, whether that tag did then.
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
    modes: tuple[str, ...] = ()
    modes_first: tuple[str, ...] = ()
    due: tuple[bool, ...] = ()

    def named(self, best: int) -> bool:
        """Whether the true failure mode is among the ``best`` likely ones of the latest message before the deadline."""
        return any(_is_kind(mode, self.kind) for mode in self.modes[:best])

    @property
    def named_first(self) -> bool:
        """Whether the very first message put the true failure mode first."""
        return any(_is_kind(mode, self.kind) for mode in self.modes_first[:1])

    @property
    def progress(self) -> float | None:
        """Share of the development that had passed when it was told [-]; None = it was not."""
        length = max(1, self.end_ns - self.start_ns)
        return None if self.warned_ns is None else (self.warned_ns - self.start_ns) / length

    @property
    def lead_met(self) -> bool:
        """Whether it was told as early as its pace asks for (`LEAD_H`, `EARLY`, `AT_ONCE_S`)."""
        if self.warned_ns is None or self.progress is None or not self.detected:
            return False
        if self.pace in AT_ONCE_S and (self.warned_ns - self.start_ns) / 1e9 <= AT_ONCE_S[self.pace]:
            return True
        if self.pace not in LEAD_H:
            return False
        return self.lead_h >= LEAD_H[self.pace] if self.lead_h is not None else self.progress <= EARLY

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
    """Healthy operation in one season: false warnings, how long units were watched, and for how much of it judged [d].

    ``reopened`` : how often a false warning came again; ``doubts`` : sensors that somebody would have looked at in vain.
    """

    season: str
    false: int
    unit_days: float
    judged_days: float = 0.0
    reopened: int = 0
    doubts: int = 0


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
    told = [one for one in said.told if one.unit == label.unit and label.start_ns <= one.time_ns < deadline_ns]
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
        modes=told[-1].modes if told else (),
        modes_first=told[0].modes if told else (),
        due=tuple(_came_true(told, label.alarms, label.end_ns)),
    )


def _is_kind(mode: str, kind: str) -> bool:
    """Whether a mode is that kind, or the family that it is of.

    >>> _is_kind("F34", "F34-T2"), _is_kind("F34-T1", "F34-T2")
    (True, False)
    """
    return mode == kind or kind.startswith(f"{mode}-")


def _came_true(told: Iterable[Told], alarms: Iterable[tuple[str, int]], end_ns: int) -> Iterator[bool]:
    """For each interval told, whether its tag passes its limit within it; one that is not over when all ends is left out."""
    passed = dict(alarms)
    for one in told:
        if one.due_ns is None:
            continue
        low_ns, high_ns = one.due_ns
        alarm_ns = next((time_ns for code, time_ns in passed.items() if one.tag.endswith(code)), None)
        if alarm_ns is not None:
            yield low_ns <= alarm_ns <= high_ns
        elif high_ns < end_ns:
            yield False


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

    A warning that belongs to an earlier one is part of it, and not counted again. One of all units of a farm together is one
    more, until any case begins.

    ``first_ns`` to ``last_ns`` is the time that was watched.
    """
    false, reopened, doubts = Counter[str](), Counter[str](), Counter[str]()
    days: defaultdict[str, float] = defaultdict(float)
    judged_days: defaultdict[str, float] = defaultdict(float)
    for unit in (*units, ALL_UNITS):
        until_ns = min(
            (case.start_ns for case in cases if case.unit in ("", unit) or unit == ALL_UNITS), default=last_ns
        )
        for begin_ns, end_ns in _days(first_ns, until_ns) if unit != ALL_UNITS else ():
            length = (end_ns - begin_ns) / DAY_NS
            days[season_of(begin_ns)] += length
            judged_days[season_of(begin_ns)] += length * said.judged(unit, begin_ns, end_ns)
        for count, times in (
            (false, [one.time_ns for one in said.warnings if one.unit == unit and not one.cause]),
            (reopened, [one.time_ns for one in said.reopened if one.unit == unit and not one.cause]),
            (doubts, [one.time_ns for one in said.doubts if one.unit == unit and one.detector in CALLS_SOMEBODY]),
        ):
            count.update(season_of(time_ns) for time_ns in times if first_ns <= time_ns < until_ns)
    return [
        Watched(season, false[season], length, judged_days[season], reopened[season], doubts[season])
        for season, length in days.items()
    ]


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
