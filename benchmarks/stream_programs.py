"""The worker with other things inside; `benchmarks.stream` runs it as a process of its own.

    python -m benchmarks.stream_programs none
    python -m benchmarks.stream_programs river YXK,FYL

``river``: the same worker and scans, but for each tag a z-score (river's EWMean and EWVar) and a HalfSpaceTrees, one reading at
a time. ``none``: the same worker without detection, which answers at once with as many scores and trends: the transport's limit.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from river import anomaly, stats

from detectors.actions import Action
from detectors.base import Array
from detectors.events import RUNNING, Event, HealthScore, Refused, TagTrend
from detectors.tuning import Tuning
from stations.plant import Block, Station
from stations.scan import Scan
from streams.app import build_app, run_worker
from wanbiao.settings import Settings

Detectors = tuple[stats.EWMean, stats.EWVar, anomaly.HalfSpaceTrees, float, float]


class Stub:
    """Answers like a monitor: the same events, arrays of the same shapes, as often. What is in them comes from `_scores`."""

    def __init__(self, station: Station, tuning: Tuning) -> None:
        self._blocks = {block.code: block for block in station.blocks}
        self._columns = {
            block.code: [i for i, t in enumerate(block.tags) if t.model is not None] for block in station.blocks
        }
        self._history_ns = int(tuning.history_s * 1e9)
        self._last_ns = 0

    def receive(self, scan: Scan) -> list[Event]:
        """Events of one scan."""
        block = self._blocks[scan.block]
        x = scan.values[:, self._columns[block.code]].astype(np.float64)
        score = self._scores(block, x)
        n_components = len({block.tags[i].component for i in self._columns[block.code]})
        worst = np.broadcast_to(score.max(axis=1, keepdims=True), (len(x), n_components))
        events: list[Event] = [
            HealthScore(
                scan.station,
                scan.block,
                scan.revision,
                scan.time_ns,
                np.full(len(x), RUNNING, np.uint8),
                np.zeros(worst.shape, np.uint8),
                worst,
                100.0 - worst,
                np.ones(len(x)),
            )
        ]
        if scan.time_ns - self._last_ns >= self._history_ns:
            self._last_ns = scan.time_ns
            every = np.ones(len(x), dtype=bool)
            at = (scan.station, scan.block, scan.revision, scan.time_ns)
            events.append(TagTrend(*at, every, x, x, x, x, score))
        return events

    def _scores(self, block: Block, x: Array) -> Array:
        return np.zeros_like(x)

    def act(self, action: Action) -> list[Event]:
        return [Refused(action.station, "", action.time_ns, "this program judges nothing")]

    def snapshot(self, block: str) -> bytes:
        """No state worth keeping."""
        return b"-"

    def restore(self, block: str, data: bytes) -> None:
        """Nothing to restore."""


class RiverPerTag(Stub):
    """A z-score and a HalfSpaceTrees for every tag of every unit, as river is meant to be used: one reading at a time."""

    built: ClassVar[dict[str, list[list[Detectors]]]] = {}

    @classmethod
    def build(cls, station: Station) -> None:
        """Make the detectors of a station beforehand: a HalfSpaceTrees takes tens of milliseconds, and this is about readings."""
        block = station.blocks[0]
        tags = [tag for tag in block.tags if tag.model is not None]
        cls.built[station.code] = [
            [
                (stats.EWMean(), stats.EWVar(), anomaly.HalfSpaceTrees(seed=7), tag.low, tag.high - tag.low)
                for tag in tags
            ]
            for _ in block.units
        ]

    def _scores(self, block: Block, x: Array) -> Array:
        scores = np.empty_like(x)
        for unit, detectors in enumerate(self.built[block.station]):
            for tag, (mean, variance, trees, low, span) in enumerate(detectors):
                value = float(x[unit, tag])
                deviation = abs(value - mean.get()) / (variance.get() ** 0.5 + 1e-9)
                features = {"x": (value - low) / span}
                scores[unit, tag] = max(deviation / 6.5, trees.score_one(features))  # type: ignore[no-untyped-call]
                mean.update(value)
                variance.update(value)
                trees.learn_one(features)  # type: ignore[no-untyped-call]
        return scores


PROGRAMS: dict[str, Callable[[Station, Tuning], Stub]] = {"river": RiverPerTag, "none": Stub}


def main() -> None:
    """Run a worker with another monitor inside."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings.from_env(os.environ)
    if sys.argv[1] == "river":
        for code in sys.argv[2].split(","):
            RiverPerTag.build(settings.load_fleet().stations[code])
    run_worker(build_app(settings.worker_config(settings.load_fleet()), PROGRAMS[sys.argv[1]]))


if __name__ == "__main__":
    main()
