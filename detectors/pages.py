"""What a desk is told at once: one warning with what belongs to it, or a digest of many. Plain frozen data, and their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any, Final

from detectors.events import ENDS, LEVELS, TELLS, EarlyWarning
from stations.plant import Text

PAGE, AGAIN, DIGEST = "page", "again", "digest"
"""Kinds of pages: a warning that is new at its level; one that was paged before, told again or over; many in one."""
LEVEL_WORDS: Final = (Text("关注", "watch"), Text("预警", "warning"), Text("紧急", "urgent"))
STATIONS_MOST: Final = 6
"""Stations that a digest names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One transition of one warning, as far as a desk needs it; ``cause`` as in `EarlyWarning`."""

    id: str
    station: str
    unit: str
    component: str
    transition: str
    level: str
    time_ns: int
    cause: str
    text_zh: str
    text_en: str

    @classmethod
    def of(cls, event: EarlyWarning) -> Line:
        """The line of an event."""
        return cls(
            id=event.id,
            station=event.station,
            unit=event.unit,
            component=event.component,
            transition=event.transition,
            level=event.level,
            time_ns=event.time_ns,
            cause=event.cause,
            text_zh=event.text_zh,
            text_en=event.text_en,
        )

    def to_dict(self) -> dict[str, Any]:
        """The line as JSON-able data; a twentieth of the time of `dataclasses.asdict`, and a desk knows thousands."""
        return dict(zip(_FIELDS, _values(self), strict=True))

    @property
    def rank(self) -> int:
        """1 = watch, 2 = warning, 3 = urgent."""
        return LEVELS.index(self.level) + 1

    @property
    def tells(self) -> bool:
        """Whether it says that something is wrong, rather than that it is over."""
        return self.transition in TELLS or self.transition == "unshelved"


_FIELDS: Final = tuple(Line.__dataclass_fields__)
_values = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Page:
    """What one desk is told at one event time.

    Attributes
    ----------
    kind : `PAGE`, `AGAIN` or `DIGEST`.
    level : that of its first line.
    lines : what it covers; its own first, the worst of a digest first.
    """

    desk: str
    time_ns: int
    kind: str
    level: str
    lines: tuple[Line, ...]
    text_zh: str
    text_en: str

    @property
    def key(self) -> str:
        """The same for the same page, whoever makes it again: by it, a channel that was told twice tells once."""
        first = self.lines[0]
        return f"{self.desk}/{self.time_ns}/{first.id}/{first.transition}/{first.time_ns}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the warnings it covers, once for every transition."""
        return tuple(line.id for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """The page as JSON-able data."""
        return {"key": self.key} | asdict(self)


def single(desk: str, time_ns: int, kind: str, own: list[Line], belonging: list[Line]) -> Page:
    """The page of one warning, its newest line first, and of what belongs to it."""
    more = len({line.id for line in belonging})
    first = own[0]
    return Page(
        desk,
        time_ns,
        kind,
        first.level,
        (*own, *belonging),
        first.text_zh + (f"另有 {more} 条预警属于此条。" if more else ""),
        first.text_en
        + (f" {more} more {'warning belongs' if more == 1 else 'warnings belong'} to it." if more else ""),
    )


def digest(desk: str, time_ns: int, lines: Iterable[Line]) -> Page:
    """One page for many lines: how many warnings of which level at which station, and what the worst one says.

    A warning counts once, at its highest level; what has ended meanwhile counts, and is said to be over.
    """
    ordered = sorted(lines, key=lambda line: (not line.tells, -line.rank, line.time_ns, line.id, line.transition))
    worst: dict[str, Line] = {}
    for line in ordered:
        worst.setdefault(line.id, line)
    over = len({line.id for line in ordered if line.transition in ENDS})
    text = _digest_text(list(worst.values()), over)
    return Page(desk, time_ns, DIGEST, ordered[0].level, tuple(ordered), text.zh, text.en)


def _digest_text(worst: list[Line], over: int) -> Text:
    n, stations = len(worst), Counter(line.station for line in worst)
    named = _worst_first(worst)[:STATIONS_MOST]
    each = [Text(f"{code} {_levels(worst, code).zh}", f"{code} {_levels(worst, code).en}") for code in named]
    if (more := len(stations) - len(named)) > 0:
        rest = n - sum(stations[code] for code in named)
        each.append(Text(f"其余 {more} 个场站 {rest} 条", f"{more} more stations {rest}"))
    ended = Text(f"，其中 {over} 条已结束", f", {over} of them over") if over else Text("", "")
    return Text(
        f"另有 {n} 条预警，涉及 {len(stations)} 个场站{ended.zh}：{'；'.join(one.zh for one in each)}。"
        f"最严重：{worst[0].text_zh}",
        f"{n} more {'warning' if n == 1 else 'warnings'} at {len(stations)} "
        f"{'station' if len(stations) == 1 else 'stations'}{ended.en}: {'; '.join(one.en for one in each)}. "
        f"Worst: {worst[0].text_en}",
    )


def _worst_first(worst: list[Line]) -> list[str]:
    """Stations, the one with most warnings of the highest level first."""
    counts: dict[str, list[int]] = {}
    for line in worst:
        counts.setdefault(line.station, [0, 0, 0])[-line.rank] += 1
    return sorted(counts, key=lambda code: ([-count for count in counts[code]], code))


def _levels(worst: list[Line], station: str) -> Text:
    """How many of which level, e.g. ``1 urgent, 4 warning``."""
    ranks = Counter(line.rank for line in worst if line.station == station)
    found = [(LEVEL_WORDS[rank - 1], ranks[rank]) for rank in (3, 2, 1) if ranks[rank]]
    return Text("、".join(f"{word.zh} {n}" for word, n in found), ", ".join(f"{n} {word.en}" for word, n in found))
