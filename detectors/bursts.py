"""Warnings of the tags of one unit, put together into episodes: what begins together is one, and what comes back is the same.

A tag that goes into warning joins the youngest open episode if another tag joined that one less than `JOIN_ROWS` rows ago, or
else opens an episode of its own: a fault spreads within minutes, and a second one must not hide behind a first. An episode
returns when none of its tags has been in warning for `JOIN_ROWS` rows; it is then dated from the first of these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

JOIN_ROWS = 48
"""Four persistences: of the same tag, two warnings so close are one (joins a third of them on a real gas turbine)."""
NAMED_TAGS = 3
"""Tags of an episode that are told when they join; control rooms ask for the top three."""


@dataclass(slots=True, eq=False)
class Burst:
    """One episode: onset [ns], its tags in the order in which they joined, level, whether any is in warning; rows that matter."""

    onset_ns: int
    tags: list[int]
    level: int
    joined_row: int
    is_on: bool = True
    ends: str = "returned"
    quiet_row: int = 0
    quiet_ns: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of an episode, dated ``time_ns``: ``opened``, ``escalated`` (a higher level, or another tag), ``returned``, or
    ``accepted``: it ended because it has stood for so long that it is the new normal."""

    kind: str
    burst: Burst
    time_ns: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A tag in warning: its level, and when its score first passed the limit [ns]."""

    level: int
    onset_ns: int


@dataclass(slots=True)
class Bursts:
    """The episodes of one unit that are open, oldest first."""

    open: list[Burst] = field(default_factory=list)

    def step(self, row: int, time_ns: int, on: Mapping[int, Warned], accepted: Collection[int] = ()) -> list[Turn]:
        """Take in a row: the tags in warning, first cause first, and those ``accepted`` in it; at most one turn for each episode.

        Rows in which nothing changes and nothing is `due` may be left out.
        """
        turns: dict[int, Turn] = {}
        for tag, warned in on.items():
            if turn := self._warns(row, time_ns, tag, warned):
                turns.setdefault(id(turn.burst), turn)
        for burst in list(self.open):
            is_on = any(tag in on for tag in burst.tags)
            if burst.is_on and not is_on:
                burst.quiet_row, burst.quiet_ns = row, time_ns
                burst.ends = "accepted" if any(tag in accepted for tag in burst.tags) else "returned"
            burst.is_on = is_on
            if not is_on and row - burst.quiet_row >= JOIN_ROWS:
                self.open.remove(burst)
                turns[id(burst)] = Turn(burst.ends, burst, burst.quiet_ns)
        return list(turns.values())

    def _warns(self, row: int, time_ns: int, tag: int, warned: Warned) -> Turn | None:
        own = next((burst for burst in self.open if tag in burst.tags), None)
        if own is not None:
            rises, own.level = warned.level > own.level, max(own.level, warned.level)
            return Turn("escalated", own, time_ns) if rises else None
        joined = next((burst for burst in reversed(self.open) if row - burst.joined_row < JOIN_ROWS), None)
        if joined is None:
            self.open.append(Burst(warned.onset_ns, [tag], warned.level, row))
            return Turn("opened", self.open[-1], time_ns)
        joined.tags.append(tag)
        rises, joined.level, joined.joined_row = warned.level > joined.level, max(joined.level, warned.level), row
        return Turn("escalated", joined, time_ns) if rises or len(joined.tags) <= NAMED_TAGS else None

    @property
    def due(self) -> int | None:
        """The next row in which an episode returns if nothing warns; None = no episode is quiet."""
        return min((burst.quiet_row + JOIN_ROWS for burst in self.open if not burst.is_on), default=None)

    def finish(self) -> list[Turn]:
        """The recording has ended: what is quiet has returned."""
        quiet = [burst for burst in self.open if not burst.is_on]
        self.open = [burst for burst in self.open if burst.is_on]
        return [Turn(burst.ends, burst, burst.quiet_ns) for burst in quiet]
