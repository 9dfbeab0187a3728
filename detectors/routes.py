"""Which channel is told what, and when it wants its rest: plain frozen data, and local times of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from detectors.events import LEVELS, EarlyWarning

DAYS_AHEAD: Final = 3
"""A time of the day comes within so many days, whatever a clock change does to one of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """What one channel wants to hear.

    Attributes
    ----------
    channel : its name.
    level : the least level that is told at once.
    digest_level : the least level that is told at all, in a digest; at most ``level``.
    stations, technologies : only of these; empty = of all. A warning must fit both. A technology may stand for its `family`.
    quiet : begin and end of the quiet hours [local time]; only what is urgent is told in them. None = it has none.
    digest_at : when the daily digest is told [local time]; None = what is worth no message of its own is told once a shift.
    zone : whose local time.
    escalate_after_s : what nobody has attended to for so long is told to ``escalate_to`` [s]; None = never.
    """

    channel: str
    level: str = "warning"
    digest_level: str = "warning"
    stations: frozenset[str] = frozenset()
    technologies: frozenset[str] = frozenset()
    quiet: tuple[time, time] | None = None
    digest_at: time | None = None
    zone: tzinfo = UTC
    escalate_after_s: float | None = None
    escalate_to: str = ""

    def takes(self, event: EarlyWarning, technologies: Mapping[str, str]) -> bool:
        """Whether a warning is for this channel; ``technologies`` by station."""
        if self.stations and event.station not in self.stations:
            return False
        technology = technologies.get(event.station, "")
        if self.technologies and not self.technologies & {technology, family(technology)}:
            return False
        return LEVELS.index(event.level) >= LEVELS.index(self.digest_level)

    def is_quiet(self, now_ns: int) -> bool:
        """Whether it is in its quiet hours.

        >>> route = Route("crew", quiet=(time(22), time(6)))
        >>> [route.is_quiet(hour * 3600 * 10**9) for hour in (5, 6, 21, 22)]
        [True, False, False, True]
        """
        if self.quiet is None:
            return False
        begin, end = self.quiet
        now = datetime.fromtimestamp(now_ns // 10**9, self.zone).time()
        return begin <= now < end if begin <= end else now >= begin or now < end

    def quiet_until_ns(self, now_ns: int) -> int:
        """When the quiet hours of now are over [ns]; now, if there are none."""
        return next_time_ns(self.quiet[1], self.zone, now_ns) if self.quiet and self.is_quiet(now_ns) else now_ns

    def next_digest_ns(self, after_ns: int) -> int | None:
        """When the next daily digest is due [ns]; None = there is none."""
        return None if self.digest_at is None else next_time_ns(self.digest_at, self.zone, after_ns)


def family(technology: str) -> str:
    """What a technology and its kin have in common.

    >>> family("hydro_francis"), family("ccgt")
    ('hydro', 'ccgt')
    """
    return technology.partition("_")[0]


def next_time_ns(at: time, zone: tzinfo, after_ns: int) -> int:
    """The first time after ``after_ns`` at which clocks in a zone show ``at`` [ns].

    An hour that a clock change leaves out is the one after it; of one that comes twice, the first counts.

    >>> next_time_ns(time(6), UTC, 6 * 3600 * 10**9) // (3600 * 10**9)
    30
    """
    today = datetime.fromtimestamp(after_ns // 10**9, zone).date()
    for day in range(DAYS_AHEAD):
        found = datetime.combine(today + timedelta(days=day), at, zone).astimezone(UTC)
        if (found_ns := round(found.timestamp()) * 10**9) > after_ns:
            return found_ns
    raise AssertionError("a time of the day comes every day")
