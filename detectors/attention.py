"""Which warnings stand, which of them wait for a person, and which come again and again: what a list of warnings shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from detectors.events import ENDS, LEVELS, OPENS, TELLS, EarlyWarning
from detectors.kpis import Longest

DAY_NS: Final = 86_400 * 10**9
TIMES: Final = 3
CHATTER_NS: Final = 60 * 10**9
"""Three openings within a minute are chatter (ISA-18.2) ..."""
RETURN_NS: Final = DAY_NS
"""... and of warnings that take hours to open, three reopenings within a day are no better."""
FOLLOWED_MOST: Final = 50_000
"""Warnings that are followed at a time; of more, the one heard of least lately is forgotten, and counted."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One transition of a warning, or of an alarm of any other system; ``level`` one of `LEVELS`, "" = not known.

    ``asset`` is what is counted as frequent; ``transition`` as in `EarlyWarning`, ``outcome`` that of one that is closed.
    """

    time_ns: int
    id: str
    asset: str
    level: str = ""
    transition: str = "opened"
    outcome: str = ""

    @property
    def rank(self) -> int:
        """1 = watch, 2 = warning, 3 = urgent, 0 = not known."""
        return LEVELS.index(self.level) + 1 if self.level else 0


def asset_of(station: str, unit: str, component: str) -> str:
    """What a component is counted as.

    >>> asset_of("YXK", "2", "thrust_bearing")
    'YXK.2.thrust_bearing'
    """
    return f"{station}.{unit}.{component}"


def occurrence(event: EarlyWarning) -> Occurrence:
    """The part of an early warning that counts."""
    asset = asset_of(event.station, event.unit, event.component)
    outcome = event.act.outcome if event.act is not None else ""
    return Occurrence(event.time_ns, event.id, asset, event.level, event.transition, outcome)


class Seen(NamedTuple):
    """What one occurrence shows: chatter, the third return within a day, how long it took a person to acknowledge [s]."""

    chatters: bool = False
    returns: bool = False
    waited_s: float | None = None


@dataclass(slots=True)
class _Followed:
    """One id: since when it stands [ns], 0 = it does not; since when it waits for a person [ns], 0 = it does not."""

    asset: str
    since_ns: int = 0
    waits_ns: int = 0
    rank: int = 0
    last_ns: int = 0
    is_shelved: bool = False
    opened: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)


class Attention:
    """The warnings of one desk that stand, or may come back. ``forgotten``: those lost from sight, as there were too many.

    Examples
    --------
    >>> attention = Attention()
    >>> _ = attention.follow(Occurrence(5 * 10**9, "a", "YXK.1.bearing"))
    >>> attention.follow(Occurrence(65 * 10**9, "a", "YXK.1.bearing", transition="acknowledged")).waited_s
    60.0
    """

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}
        self.forgotten = 0

    def follow(self, one: Occurrence) -> Seen:
        """Take the next transition of an id in."""
        followed = self._followed.pop(one.id, None) or _Followed(one.asset)
        self._followed[one.id] = followed  # the last place: the one heard of last
        if len(self._followed) > FOLLOWED_MOST:
            self.forgotten += 1
            del self._followed[next(iter(self._followed))]
        chatters = returns = False
        if one.transition in OPENS:
            chatters = _is_again(followed.opened, one.time_ns, CHATTER_NS)
            if one.transition == "reopened" or len(followed.opened) > 1:
                returns = _is_again(followed.reopened, one.time_ns, RETURN_NS)
        waited_s = None
        if one.transition in TELLS:
            _stand(followed, one)
        elif one.transition == "acknowledged" and followed.waits_ns:
            waited_s = (one.time_ns - followed.waits_ns) / 1e9
            followed.waits_ns = 0
        elif one.transition in ("shelved", "unshelved"):
            followed.is_shelved = one.transition == "shelved"
        elif one.transition in ENDS:
            followed.since_ns = 0
        followed.last_ns = one.time_ns
        return Seen(chatters, returns, waited_s)

    def forget(self, before_ns: int) -> None:
        """Leave behind what has ended and was last heard of before then."""
        for id in [id for id, one in self._followed.items() if not one.since_ns and one.last_ns < before_ns]:
            del self._followed[id]

    def standing(self, now_ns: int) -> list[Longest]:
        """What stands, the oldest first."""
        standing = [(one.since_ns, id, one) for id, one in self._followed.items() if one.since_ns]
        return [
            Longest(id, one.asset, since_ns, (now_ns - since_ns) / 1e9, one.is_shelved or not one.waits_ns)
            for since_ns, id, one in sorted(standing, key=lambda each: each[:2])
        ]


def _stand(followed: _Followed, one: Occurrence) -> None:
    """It tells that it stands; what is new, or has risen, waits for a person, whatever was acknowledged before."""
    is_new = not followed.last_ns or (one.transition == "opened" and not followed.since_ns)
    followed.since_ns = followed.since_ns or one.time_ns
    if is_new or one.rank > followed.rank:
        followed.waits_ns, followed.is_shelved = one.time_ns, False
    followed.rank = one.rank if is_new else max(one.rank, followed.rank)


def _is_again(times: list[int], time_ns: int, within_ns: int) -> bool:
    """Whether this is the third time within so long; ``times`` are the last ones, and kept so."""
    times.append(time_ns)
    del times[:-TIMES]
    return len(times) == TIMES and times[-1] - times[0] <= within_ns
