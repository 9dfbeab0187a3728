"""What was seen since the demo went live, and whether it was true: the faults are ours, so the truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.events import LEVELS, RUNNING, EarlyWarning, HealthScore
from replay.clocks import time_text
from stations.faults import Case
from stations.plant import Block
from stations.scan import Scan

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Seeded:
    """A fault that was put in, and the component in which it is to be found."""

    case: Case
    component: str

    @property
    def where(self) -> tuple[str, str, str]:
        """Station, unit and component."""
        return self.case.station, self.case.unit, self.component


@dataclass(slots=True)
class Episode:
    """One early warning over its life.

    ``level`` is the highest it had, ``after_s`` the wall time until it opened [s]. ``cause`` is the fault that was put into its
    unit; without one it is false. ``is_found`` = it is of the very component that fails: another may follow, or be chance.
    """

    first: EarlyWarning
    level: str
    after_s: float
    cause: Case | None
    is_found: bool
    returned_ns: int | None = None

    @property
    def where(self) -> tuple[str, str, str]:
        """Station, unit and component."""
        return self.first.station, self.first.unit, self.first.component

    def plain(self) -> dict[str, Any]:
        """For programs, as JSON can hold it."""
        first = self.first
        return {
            "id": first.id,
            "station": first.station,
            "unit": first.unit,
            "component": first.component,
            "level": self.level,
            "time": time_text(first.time_ns),
            "returned": None if self.returned_ns is None else time_text(self.returned_ns),
            "fault": None if self.cause is None else self.cause.kind,
            "text_zh": first.text_zh,
            "text_en": first.text_en,
        }


@dataclass(frozen=True, slots=True)
class Now:
    """A station at this moment: units that run, early warnings that are open, the worst component; no unit = cannot say."""

    running: int = 0
    open: int = 0
    health: float = math.nan
    unit: str = ""
    component: str = ""
    level: int = 0


@dataclass(slots=True)
class Tally:
    """Counts scans and early warnings, and notes when a failing component passes a static alarm limit."""

    blocks: dict[str, Block]
    """The block of each station, by station."""
    seeded: Sequence[Seeded]
    scans: int = 0
    last_ns: int = 0
    now: dict[str, Now] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    """By id, in the order in which they opened."""
    alarms: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Station, unit and component of a fault -> event time of the first value at or beyond a static alarm limit [ns]."""

    def take(self, scan: Scan) -> None:
        """Count a scan, and compare what fails with its limits."""
        self.scans += 1
        self.last_ns = scan.time_ns
        for seeded in self.seeded:
            if seeded.case.station == scan.station and seeded.where not in self.alarms:
                is_grown = scan.time_ns >= seeded.case.start_ns
                if is_grown and beyond_alarm(self.blocks[scan.station], scan.values, seeded):
                    self.alarms[seeded.where] = scan.time_ns

    def score(self, event: HealthScore) -> None:
        """Keep the worst of a station."""
        self.now[event.station] = worst_of(self.blocks[event.station], event)

    def warn(self, event: EarlyWarning, after_s: float) -> None:
        """Keep the life of an early warning that opened ``after_s`` [s]; one from before the start is not ours."""
        episode = self.episodes.get(event.id)
        if episode is None:
            if event.transition == "opened":
                self.episodes[event.id] = self._opened(event, after_s)
        elif event.transition == "returned":
            episode.returned_ns = event.time_ns
        else:
            episode.level = max(episode.level, event.level, key=LEVELS.index)

    def _opened(self, event: EarlyWarning, after_s: float) -> Episode:
        unit = event.station, event.unit
        growing = [s for s in self.seeded if s.where[:2] == unit and s.case.start_ns <= event.onset_ns]
        is_found = any(seeded.component == event.component for seeded in growing)
        return Episode(event, event.level, after_s, growing[0].case if growing else None, is_found)

    @property
    def false(self) -> list[Episode]:
        """Early warnings on units without a fault."""
        return [episode for episode in self.episodes.values() if episode.cause is None]

    @property
    def first(self) -> Episode | None:
        """The first early warning of a fault that was put in."""
        return next((episode for episode in self.episodes.values() if episode.is_found), None)

    def found(self, seeded: Seeded) -> Episode | None:
        """The first early warning of one fault."""
        episodes = self.episodes.values()
        return next((episode for episode in episodes if episode.is_found and episode.where == seeded.where), None)

    def lead_s(self, episode: Episode) -> tuple[float, bool] | None:
        """From the warning of a fault to the alarm limit [s], and whether it was reached; if not, it is at least so much.

        None if the warning is not of the component that fails.
        """
        if not episode.is_found:
            return None
        alarm_ns = self.alarms.get(episode.where)
        return ((alarm_ns or self.last_ns) - episode.first.time_ns) / 1e9, alarm_ns is not None

    def outcome(self, seeded: Seeded) -> dict[str, Any]:
        """What became of one fault, as JSON can hold it."""
        case, found = seeded.case, self.found(seeded)
        lead = None if found is None else self.lead_s(found)
        return {
            "kind": case.kind,
            "station": case.station,
            "unit": case.unit,
            "component": seeded.component,
            "start": time_text(case.start_ns),
            "development_days": case.development_s / DAY_S,
            "first_warning": None if found is None else time_text(found.first.time_ns),
            "alarm": time_text(self.alarms[seeded.where]) if seeded.where in self.alarms else None,
            "lead_days": round(lead[0] / DAY_S, 2) if lead is not None and lead[1] else None,
            "lead_days_at_least": None if lead is None else round(lead[0] / DAY_S, 2),
        }


def worst_of(block: Block, event: HealthScore) -> Now:
    """The worst component of a block; an open early warning is worse than any low health without one."""
    running, n_open = int(np.count_nonzero(event.mode == RUNNING)), int(np.count_nonzero(event.level))
    if np.isnan(event.health).all() and not n_open:
        return Now(running)
    components = list(dict.fromkeys(block.tags[column].component for column in block.judged))
    badness = event.level * 1000.0 - np.nan_to_num(event.health, nan=500.0)
    unit, component = np.unravel_index(np.argmax(badness), badness.shape)
    health, level = float(event.health[unit, component]), int(event.level[unit, component])
    return Now(running, n_open, health, block.units[unit], components[component], level)


def beyond_alarm(block: Block, values: NDArray[np.float32], seeded: Seeded) -> bool:
    """Whether any tag of the component that fails is at or beyond its upper alarm limit in a scan."""
    row = values[block.units.index(seeded.case.unit)]
    return any(
        tag.limits.alarm_high is not None and value >= tag.limits.alarm_high
        for tag, value in zip(block.tags, row.tolist(), strict=True)
        if tag.component == seeded.component
    )
