"""Judges a recording that nobody described, block of rows after block of rows, each of its units by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.recorded_monitor import RecordedMonitor, Told
from replay.adhoc import Adhoc
from replay.recordings import Recording, Rows

DISTURBED: Final = 6.0
"""A limit above it comes from learn rows that hold more than noise."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What one unit of a recording was judged by: learn rows, whether they are not there yet, and the limit of each head [-];
    none if nothing is judged."""

    unit: str
    rows: int
    learns: bool
    limits: dict[str, float]

    @property
    def is_disturbed(self) -> bool:
        """Whether the learn rows hold more than noise, so that faults may pass unseen."""
        return any(limit > DISTURBED for limit in self.limits.values())


class JudgedRows(NamedTuple):
    """Rows and what is said of them: score [-], NaN = cannot say, and warning of every judged tag (t, n); events in the order of
    the rows in which they are told."""

    rows: Rows
    score: NDArray[np.float64]
    warning: NDArray[np.bool_]
    events: list[Told]

    @property
    def n_known(self) -> int:
        """Rows of which something can be said."""
        return int(np.count_nonzero(~np.isnan(self.score).all(axis=1)))


class Watch:
    """One monitor for each unit of a recording; ``monitors`` by row of the block."""

    def __init__(self, made: Adhoc, *, sensitivity: float = 1.0) -> None:
        (block,) = made.station.blocks
        self._units, self._n_judged = block.units, len(block.judged)
        self.monitors = [
            RecordedMonitor(
                made.station,
                replace(block, units=(unit,)),
                learn_rows=rows,
                sensitivity=sensitivity,
                is_timed=made.is_timed,
            )
            for unit, rows in zip(block.units, made.learn_rows, strict=True)
        ]

    def run(
        self, recording: Recording, advanced: Callable[[int], object] = lambda n_bytes: None
    ) -> Iterator[JudgedRows]:
        """Every block of rows with what is said of it; ``advanced`` as in `Recording.rows`."""
        for rows in recording.rows(advanced):
            yield self._judge(rows)

    @property
    def learned(self) -> tuple[Learned, ...]:
        """What each unit was judged by."""
        return tuple(
            Learned(unit, monitor.learn_rows, monitor.learns, monitor.limits)
            for unit, monitor in zip(self._units, self.monitors, strict=True)
        )

    def finish(self) -> list[Told]:
        """The recording has ended: events that waited for more."""
        return [event for monitor in self.monitors for event in monitor.finish()]

    def _judge(self, rows: Rows) -> JudgedRows:
        shape = len(rows.seq), self._n_judged
        judged = JudgedRows(rows, np.full(shape, np.nan), np.zeros(shape, bool), [])
        told: list[tuple[int, Told]] = []
        for unit in np.unique(rows.unit).tolist():
            of_unit = np.flatnonzero(rows.unit == unit)
            said = self.monitors[unit].receive(rows.time_ns[of_unit], rows.values[of_unit])
            judged.score[of_unit], judged.warning[of_unit] = said.score, said.warning
            told += zip(of_unit[list(said.told)].tolist(), said.events, strict=True)
        told.sort(key=lambda one: one[0])
        judged.events.extend(event for _, event in told)
        return judged
