"""What a run said, put together for people: one entry for each episode, and how much was judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from detectors.events import ENDS, TELLS, DataQuality, EarlyWarning, Event, Evidence, HealthScore, Refused
from stations.plant import Block

HOUR_S = 3600.0


@dataclass(slots=True)
class Episode:
    """One early warning from onset to return; level, evidence and texts are those of its highest level; ``accepted``: it did not
    return, but is taken as normal."""

    id: str
    unit: str
    component: str
    level: str
    onset_ns: int
    opened_ns: int
    returned_ns: int | None
    evidence: tuple[Evidence, ...]
    text_zh: str
    text_en: str
    accepted: bool = False


@dataclass(slots=True)
class Logbook:
    """Takes events in, keeps the story.

    Attributes
    ----------
    episodes : by id.
    sensors : data-quality events, each a sensor that failed or came back.
    judged : scans and units for which the monitor could say how the machine is.
    refused : scans that were not taken in.
    """

    block: Block
    episodes: dict[str, Episode] = field(default_factory=dict)
    sensors: list[DataQuality] = field(default_factory=list)
    judged: int = 0
    refused: int = 0

    def count_judged(self, rows: int) -> None:
        """So many rows of a unit were judged of which no health score is among the events."""
        self.judged += rows

    def take(self, events: Iterable[Event]) -> None:
        """Take the events of one scan in."""
        for event in events:
            if isinstance(event, HealthScore):
                self.judged += int(np.count_nonzero(~np.isnan(event.score).all(axis=1)))
            elif isinstance(event, EarlyWarning):
                self._transition(event)
            elif isinstance(event, DataQuality):
                self.sensors.append(event)
            elif isinstance(event, Refused):
                self.refused += 1

    def _transition(self, event: EarlyWarning) -> None:
        episode = self.episodes.get(event.id)
        if event.transition in ENDS:
            if episode is not None:
                episode.returned_ns, episode.accepted = event.time_ns, event.transition == "accepted"
            return
        if event.transition not in TELLS:
            return
        self.episodes[event.id] = Episode(
            id=event.id,
            unit=event.unit,
            component=event.component,
            level=event.level,
            onset_ns=event.onset_ns,
            opened_ns=event.time_ns if episode is None else episode.opened_ns,
            returned_ns=None,
            evidence=event.evidence,
            text_zh=event.text_zh,
            text_en=event.text_en,
        )

    @property
    def story(self) -> list[Episode]:
        """The episodes in the order in which they opened, whatever the order in which their messages came.

        Of one scan, in that of the units and components of the block, as a monitor tells them; all units together come last.
        """
        units = {unit: i for i, unit in enumerate(self.block.units)}
        components = {component.code: i for i, component in enumerate(self.block.components)}

        def place(episode: Episode) -> tuple[int, int, int]:
            unit, component = units.get(episode.unit, len(units)), components.get(episode.component, len(components))
            return episode.opened_ns, unit, component

        return sorted(self.episodes.values(), key=place)

    @property
    def judged_h(self) -> float:
        """Hours of operation that were judged, over all units [h]."""
        return self.judged * self.block.period_s / HOUR_S

    @property
    def warnings_per_1000_h(self) -> float | None:
        """Episodes per 1,000 judged hours [1/1000 h]; None while nothing was judged."""
        return 1000.0 * len(self.episodes) / self.judged_h if self.judged else None
