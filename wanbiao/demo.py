"""The story of ``wanbiao demo``: two healthy stations are learned, then two faults grow, and what is said of them is weighed."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from detectors.events import EarlyWarning, HealthScore
from detectors.tuning import Tuning
from stations.catalogue import load_station
from stations.faults import Case
from stations.plant import Fleet
from stations.template import SHIPPED
from wanbiao.display import Advance, date
from wanbiao.embedded import Embedded, Pace, Step, simulated
from wanbiao.tally import DAY_S, Seeded, Tally

PERIOD_S: Final = 600.0
"""Time between two scans [s], as plant histories are kept: a day takes 144."""
START_NS: Final = 1_767_225_600_000_000_000
"""2026-01-01 UTC: what is shown is the same on every day it is shown."""
STORY: Final = (("F01", "YXK", "turbine_guide_bearing", 2.0, 21.0), ("F28", "FYL", "gearbox", 2.0, 45.0))
"""Fault, station, the component that fails, begin [days of live], development [days]; the unit is drawn."""


class Demo:
    """Two stations, their monitors, and what happens to them.

    Parameters
    ----------
    seed : draws the units that fail, and everything the simulation draws.
    learn_days : healthy operation before the stations go live [d].
    clock : of the wall [s], only to say how long things took.

    Attributes
    ----------
    plant : the monitors and their scans; who wants to hear more than `live` tells listens there.
    story : tells what is simulated and judged from any other; where it is the same, warnings have the same ids.
    """

    def __init__(
        self,
        *,
        seed: int,
        learn_days: float = 60.0,
        tuning: Tuning | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._begun = clock, clock()
        self.seed, self.learn_days = seed, learn_days
        stations = [load_station(SHIPPED / f"{code.lower()}.toml").at_period(PERIOD_S) for _, code, *_ in STORY]
        self.fleet = Fleet({station.code: station for station in stations})
        self.live_ns = START_NS + round(learn_days * DAY_S / PERIOD_S) * round(PERIOD_S * 1e9)
        self.seeded = _draw_faults(self.fleet, seed, self.live_ns)
        self.tally = Tally({station.code: station.block("units") for station in stations}, self.seeded)
        self.learning_s, self.learning_scans, self.learning_warnings = 0.0, 0, 0
        cases = [seeded.case for seeded in self.seeded]
        revisions = [station.block("units").revision for station in stations]
        told = (STORY, START_NS, PERIOD_S, seed, learn_days, revisions, tuning)
        self.story = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
        self.plant = Embedded(stations, simulated(stations, start_ns=START_NS, seed=seed, cases=cases), tuning)

    def learn(self, advance: Advance) -> None:
        """The healthy past, as fast as it goes."""
        begun = self._clock()
        for step in self.plant.run(until_ns=self.live_ns):
            self.learning_scans += 1
            self.learning_warnings += sum(isinstance(e, EarlyWarning) and e.transition == "opened" for e in step.events)
            advance((step.scan.time_ns - START_NS) / (self.live_ns - START_NS), date(step.scan.time_ns))
        self.learning_s = self._clock() - begun

    def live(self, pace: Pace) -> Iterator[Step]:
        """The present at a pace; every step is in `tally` when it is yielded."""
        for step in self.plant.run(pace=pace):
            self.tally.take(step.scan)
            for event in step.events:
                if isinstance(event, HealthScore):
                    self.tally.score(event)
                elif isinstance(event, EarlyWarning):
                    self.tally.warn(event, self._clock() - self._begun)
            yield step

    @property
    def live_days(self) -> float:
        """Plant time since the stations went live [d]."""
        return max(0.0, (self.tally.last_ns - self.live_ns) / 1e9 / DAY_S)

    def result(self) -> dict[str, Any]:
        """Everything for programs, as JSON can hold it."""
        tally, first = self.tally, self.tally.first
        return {
            "stations": len(self.fleet.stations),
            "units": self.fleet.n_units,
            "tags": self.fleet.n_tags,
            "scans": self.learning_scans + tally.scans,
            "seed": self.seed,
            "period_s": PERIOD_S,
            "learning_days": self.learn_days,
            "learning_seconds": round(self.learning_s, 3),
            "learning_warnings": self.learning_warnings,
            "live_days": round(self.live_days, 3),
            "seconds": round(self._clock() - self._begun, 3),
            "seconds_to_first_warning": None if first is None else round(first.after_s, 3),
            "first_warning": None if first is None else first.plain(),
            "faults": [tally.outcome(seeded) for seeded in self.seeded],
            "warnings": [episode.plain() for episode in tally.episodes.values()],
            "false_warnings": len(tally.false),
        }


def _draw_faults(fleet: Fleet, seed: int, live_ns: int) -> list[Seeded]:
    draw = random.Random(seed)
    seeded = []
    for kind, code, component, begin_days, development_days in STORY:
        unit = draw.choice(fleet.stations[code].block("units").units)
        start_ns = live_ns + round(begin_days * DAY_S * 1e9)
        seeded.append(Seeded(Case(kind, code, unit, start_ns, development_days * DAY_S), component))
    return seeded
