"""An incident ready to be played: its stations, the scans they had, and what is true of it.

A monitor has to learn what is normal first: the healthy life before an incident is simulated with it, as long as the scenario
says. The labels come from the same simulation, which is kept where learning ends so that nothing is simulated twice.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from detectors.tuning import Tuning
from stations.faults import Case, kinds
from stations.plant import Station
from stations.scan import Scan
from stations.scenario import Played, Scenario
from stations.simulate.labels import Label, label
from stations.simulate.simulator import STRETCH, Simulation

DAY_S: Final = 86_400.0


class Incident:
    """One scenario as scans and truth.

    Parameters
    ----------
    name : of the library, e.g. ``i01_sayano_shushenskaya``.
    played : the scenario made ready.
    """

    is_scored: ClassVar[bool] = False
    """Whether its verdict has scores: that of a recording, which has no expectations."""

    def __init__(self, name: str, played: Played) -> None:
        self.name, self.scenario = name, played.scenario
        self.stations: Sequence[Station] = played.stations
        self.cases: Sequence[Case] = played.cases
        self._healthy: dict[str, Simulation] = {}

    @property
    def event_ns(self) -> int | None:
        """When what it is about takes place [ns]; None = nothing does."""
        day = self.scenario.event_day
        return None if day is None else self.scenario.at_day(day)

    def n_scans(self, station: Station, until_ns: int) -> int:
        """Scans of a station from the first until before then."""
        return max(0, math.ceil((until_ns - self.scenario.first_ns) / 1e9 / station.block("units").period_s))

    def scans(self, until_ns: int | None = None) -> Iterator[Scan]:
        """Every scan before ``until_ns`` [ns; None = the end], learning included, in order of event time, then of station."""
        end_ns = self.scenario.end_ns if until_ns is None else until_ns
        lives = [self._life(station, end_ns) for station in self.stations]
        return heapq.merge(*lives, key=lambda scan: (scan.time_ns, scan.station, scan.block))

    def _life(self, station: Station, end_ns: int) -> Iterator[Scan]:
        sound = [case for case in self.cases if not kinds()[case.kind].is_failure]
        healthy = Simulation(station, start_ns=self.scenario.first_ns, seed=self.scenario.seed, cases=sound)
        failures = [case.start_ns for case in self.cases if kinds()[case.kind].is_failure]
        n_learned = self.n_scans(station, min([self.scenario.start_ns, end_ns, *failures]))
        yield from healthy.scans(n_learned - n_learned % STRETCH)
        self._healthy[station.code] = healthy
        yield from healthy.fork(self.cases).scans(self.n_scans(station, end_ns))

    def labels(self) -> list[Label]:
        """What became of every case, in order of time; quicker once the scans were told."""
        of_all = [case for case in self.cases if not kinds()[case.kind].is_failure]
        found = label(self.stations, of_all, start_ns=self.scenario.first_ns, n_scans=self._ends(), seed=0)
        for station, n in zip(self.stations, self._ends(), strict=True):
            if any(case.station == station.code and kinds()[case.kind].is_failure for case in self.cases):
                begun = self._healthy.get(station.code)
                told = label(
                    [station],
                    self.cases,
                    start_ns=self.scenario.first_ns,
                    n_scans=[n],
                    seed=self.scenario.seed,
                    begun=begun,
                )
                found += [one for one in told if one.category == "failure"]
        return sorted(found, key=lambda one: (one.start_ns, one.station, one.unit, one.kind))

    def _ends(self) -> list[int]:
        return [self.n_scans(station, self.scenario.end_ns) for station in self.stations]


def ready(tuning: Tuning, scenario: Scenario) -> Tuning:
    """The constants, but everything that is learned before the scenario has to do: nothing is said while it is learned.

    What develops in minutes is sampled each second, and a season of that is no recording that anybody has. So a scenario with
    less healthy life than the constants ask for is judged by what that life can teach (docs/decisions/0023).

    >>> from stations.plant import Text
    >>> ready(Tuning(), Scenario(Text("", ""), "2026-01-01", 1.0, learn_days=5.0)).warm_up_s / DAY_S
    5.0
    >>> ready(Tuning(), Scenario(Text("", ""), "2026-01-01", 1.0, learn_days=60.0)) == Tuning()
    True
    """
    span_s = scenario.learn_days * DAY_S
    if not 0 < span_s < tuning.warm_up_s:
        return tuning
    return replace(
        tuning, warm_up_s=span_s, warm_up_scans=min(tuning.warm_up_scans, max(1, int(span_s / tuning.learn_s)))
    )
