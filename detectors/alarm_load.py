"""What warnings cost those who read them: the key figures of EEMUA 191 and ANSI/ISA-18.2, kept up with every event.

Counted is what asks for attention: a warning that opens, comes back, escalates or is told again. Slots are ten minutes long and
begin with the hour; days are those of UTC. Only the last days are kept, so memory is bounded by the size of the plant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

from detectors.actions import FALSE
from detectors.attention import DAY_NS, Attention, Occurrence, occurrence
from detectors.events import TELLS, EarlyWarning
from detectors.kpis import SHARE_LEAST, TOP_SHARE_LEAST, Frequent, Kpi, Kpis, Longest, OfDay, kpi

SLOT_S, DAY_S, SHIFT_S, MONTH_S = 600.0, 86_400.0, 8 * 3600.0, 30 * 86_400.0
SLOT_NS: Final = 600 * 10**9
FLOOD: Final = 10
"""More than so many in one slot are a flood."""
STALE_NS: Final = DAY_NS
"""What stands for so long and nobody has acknowledged is stale."""
KEEP_DAYS: Final = 30
TOP_MOST: Final = 10
WAITS_MOST: Final = 10_000
"""Acknowledgements of a day whose times are kept."""


@dataclass(slots=True)
class _Day:
    """Counts of one day: (watch, warning, urgent, not known) for each slot with any."""

    slots: dict[int, list[int]] = field(default_factory=dict)
    assets: Counter[str] = field(default_factory=Counter)
    chattering: set[str] = field(default_factory=set)
    returning: set[str] = field(default_factory=set)
    waits_s: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


class AlarmLoad:
    """The load of one desk. Transitions of one id come in the order of their times; different ids need not.

    Parameters
    ----------
    name : of the desk.
    days : how many are kept and counted, that of the present included.
    since_ns : when counting began [ns]; None = with the first event.
    operators : who share the desk, >= 1.   units : that are watched, None = not known.
    has_ends : whether the source says that warnings are over; if not, nothing can be said of what stands.

    Examples
    --------
    >>> load = AlarmLoad("fleet")
    >>> load.take([Occurrence(1_767_225_600 * 10**9, "a", "YXK.1.bearing", "watch")])
    >>> load.kpis(1_767_225_700 * 10**9)["per_slot"].value
    1.0
    """

    def __init__(
        self,
        name: str,
        *,
        days: int = KEEP_DAYS,
        since_ns: int | None = None,
        operators: int = 1,
        units: int | None = None,
        has_ends: bool = True,
    ) -> None:
        if days < 1 or operators < 1 or (units is not None and units < 1):
            raise ValueError(f"days {days}, operators {operators}, units {units}; expected at least one of each")
        self.name = name
        self._keep, self._operators, self._units, self._has_ends = days, operators, units, has_ends
        self._since_ns = since_ns
        self._first_ns: int | None = None
        self._newest_ns = 0
        self._days: dict[int, _Day] = {}
        self._attention = Attention()

    def take(self, events: Iterable[Any]) -> None:
        """Count early warnings and occurrences; events of other kinds are passed over."""
        for event in events:
            if isinstance(event, EarlyWarning):
                self._count(occurrence(event))
            elif isinstance(event, Occurrence):
                self._count(event)

    def _count(self, one: Occurrence) -> None:
        self._first_ns = one.time_ns if self._first_ns is None else min(self._first_ns, one.time_ns)
        newest_ns, self._newest_ns = self._newest_ns, max(self._newest_ns, one.time_ns)
        if newest_ns // DAY_NS < self._newest_ns // DAY_NS:
            self._forget()
        seen = self._attention.follow(one)
        number = one.time_ns // DAY_NS
        if one.time_ns < (self._since_ns or 0) or number <= self._newest_ns // DAY_NS - self._keep:
            return
        day = self._days.setdefault(number, _Day())
        if one.transition in TELLS:
            # A level that is not known, rank 0, is counted last.
            day.slots.setdefault(one.time_ns // SLOT_NS, [0, 0, 0, 0])[one.rank - 1] += 1
            day.assets[one.asset] += 1
        if one.outcome:
            day.outcomes[one.outcome] += 1
        if seen.chatters:
            day.chattering.add(one.id)
        if seen.returns:
            day.returning.add(one.id)
        if seen.waited_s is not None and len(day.waits_s) < WAITS_MOST:
            day.waits_s.append(seen.waited_s)

    def _forget(self) -> None:
        """Leave behind the days that are over, and ids that have ended and no longer come back."""
        for number in [number for number in self._days if number <= self._newest_ns // DAY_NS - self._keep]:
            del self._days[number]
        self._attention.forget((self._newest_ns // DAY_NS - 1) * DAY_NS)

    def kpis(self, now_ns: int) -> Kpis:
        """The key figures of the days that end with this event time [ns]."""
        now_ns = max(now_ns, self._newest_ns)
        today = now_ns // DAY_NS
        begin_ns = self._first_ns if self._since_ns is None else self._since_ns
        since_ns = max(now_ns if begin_ns is None else min(begin_ns, now_ns), (today - self._keep + 1) * DAY_NS)
        days = {number: day for number, day in sorted(self._days.items()) if number > today - self._keep}
        counts = [count for day in days.values() for count in day.slots.values()]
        total, assets = sum(map(sum, counts)), Counter[str]()
        for day in days.values():
            assets.update(day.assets)
        chattering = sorted(set[str]().union(*(day.chattering for day in days.values())))
        returning = sorted(set[str]().union(*(day.returning for day in days.values())))
        longest = self._attention.standing(now_ns)
        top = sorted(assets.items(), key=lambda one: (-one[1], one[0]))[:TOP_MOST]
        figures = [
            *_rates(counts, now_ns // SLOT_NS - since_ns // SLOT_NS + 1, self._operators, list(days.values())),
            *_shares(counts),
            kpi("chattering", len(chattering)),
            kpi("returning", len(returning)),
            *self._standing(now_ns, longest),
            kpi("top_share", sum(n for _, n in top) / total if total else None, can_judge=total >= TOP_SHARE_LEAST),
            kpi(
                "acknowledge_s", median(waits) if (waits := [s for day in days.values() for s in day.waits_s]) else None
            ),
            self._false(list(days.values()), now_ns - since_ns),
        ]
        return Kpis(
            desk=self.name,
            since_ns=since_ns,
            now_ns=now_ns,
            count=total,
            figures=tuple(figures),
            top=tuple(Frequent(asset, n, n / total) for asset, n in top),
            longest=tuple(longest[:TOP_MOST]),
            chattering=tuple(chattering),
            returning=tuple(returning),
            days=tuple(_of_day(number, day) for number, day in days.items() if day.slots),
            forgotten=self._attention.forgotten,
        )

    def _standing(self, now_ns: int, longest: list[Longest]) -> Iterable[Kpi]:
        if not self._has_ends:
            return kpi("stale", None), kpi("longest_s", None)
        stale = sum(now_ns - one.since_ns > STALE_NS and not one.is_attended for one in longest)
        return kpi("stale", stale), kpi("longest_s", longest[0].standing_s if longest else 0.0)

    def _false(self, days: list[_Day], span_ns: int) -> Kpi:
        """Nobody knows how many were false where nobody tells outcomes."""
        told = sum(day.outcomes.total() for day in days)
        if self._units is None or not told or span_ns <= 0:
            return kpi("false_per_unit_month", None)
        months = self._units * span_ns / 1e9 / MONTH_S
        return kpi("false_per_unit_month", sum(day.outcomes[FALSE] for day in days) / months)


def _rates(counts: list[list[int]], slots: int, operators: int, days: list[_Day]) -> list[Kpi]:
    """How many come: of a slot, a day, a shift. A rate of what is not yet over once cannot be told."""
    each = [sum(count) for count in counts]
    total, span_s = sum(each), slots * SLOT_S
    return [
        kpi("per_slot", total / slots),
        kpi("per_slot_most", max(each, default=0)),
        kpi("flood_share", sum(n > FLOOD for n in each) / slots),
        kpi("per_day", total / (span_s / DAY_S) if span_s >= DAY_S else None),
        kpi("per_day_most", max((sum(map(sum, day.slots.values())) for day in days), default=0)),
        kpi("per_shift", total / (span_s / SHIFT_S) / operators if span_s >= SHIFT_S else None),
    ]


def _shares(counts: list[list[int]]) -> list[Kpi]:
    """Of the warnings whose level is known."""
    levels = [sum(column) for column in zip(*counts, strict=True)] if counts else [0, 0, 0, 0]
    known = sum(levels[:3])
    names = ("watch_share", "warning_share", "urgent_share")
    return [
        kpi(name, levels[i] / known if known else None, can_judge=known >= SHARE_LEAST) for i, name in enumerate(names)
    ]


def _of_day(number: int, day: _Day) -> OfDay:
    each = [sum(count) for count in day.slots.values()]
    date = datetime.fromtimestamp(number * DAY_S, UTC).date().isoformat()
    return OfDay(date, sum(each), max(each), sum(n > FLOOD for n in each))
