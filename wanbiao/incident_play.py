"""Plays an incident in this process: monitors learn, then live through it, at a pace, with one set of constants or several."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from detectors.events import OPENS, EarlyWarning, Event
from detectors.tuning import Tuning
from replay.heard import Heard, opened, silent
from replay.incident import Incident, ready
from replay.traces import Traces, telling
from replay.verdict import Verdict, judge_incident
from replay.versions import Version, VersionError
from stations.catalogue import CatalogueError, load_station
from stations.plant import Fleet
from stations.scenario import ScenarioError, load_scenario
from stations.schema import Problem, read_toml
from stations.simulate.labels import Label
from wanbiao.display import Advance, date
from wanbiao.embedded import Pace
from wanbiao.errors import ConfigError

USUAL: Final = "usual"
"""Name of the run with the constants of the settings."""
OF_STATION: Final = frozenset({"code", "template"})
"""Keys of a station file that no file of constants has."""
SHOWN: Final = (*OPENS, "escalated")
"""Transitions that are printed while it plays."""


def nothing(_event: EarlyWarning) -> None:
    """Nobody looks."""


TRACED_MOST: Final = 2
"""Runs whose tags are kept for a report: the first, and the one that lies over it."""


class Waits(Protocol):
    """Says when an event is due: a `wanbiao.embedded.Pace`, or one that people steer."""

    def wait(self, time_ns: int) -> bool:
        """Wait until an event of time ``time_ns`` [ns] is due."""
        ...


class Audience(Protocol):
    """Looks on while the first run is played."""

    def learn(self, share: float, time_ns: int, events: list[Event]) -> None:
        """A scan of the healthy life, of which that share was played [0 .. 1], and what was said of it."""
        ...

    def begin(self, labels: Sequence[Label]) -> None:
        """All was learned; this is true of the incident."""
        ...

    def hear(self, time_ns: int, events: list[Event], heard: Heard) -> None:
        """A scan of the incident is due, and this was said of it; ``heard`` has all that was said."""
        ...

    def end(self, verdict: Verdict | None) -> None:
        """Nothing more is played; None = there is nothing to judge."""
        ...


@dataclass(slots=True)
class Play:
    """An incident, the runs through it, and how it is to be played.

    Attributes
    ----------
    variants : constants by name of run; the first is shown.   versions : of a station's catalogue, for runs that have another.
    from_ns, to_ns : fast-forward before, end there [ns]; None = begin and end of the incident.
    pace : from ``from_ns`` on.   show : of each warning of the first run.   pause : called where one opens; None = never.
    traced : whether the tags of the first runs are kept for a report.   audience : looks on; None = nobody.
    """

    incident: Incident
    variants: dict[str, Tuning]
    from_ns: int | None = None
    to_ns: int | None = None
    pace: Waits = field(default_factory=lambda: Pace(math.inf))
    show: Callable[[EarlyWarning], None] = nothing
    pause: Callable[[], None] | None = None
    traced: bool = False
    audience: Audience | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    interrupted: bool = False
    seconds: float = 0.0
    traces: list[Traces] = field(default_factory=list)

    def run(self, advance: Advance) -> list[Verdict]:
        """One verdict a run; Ctrl-C ends the play and keeps what was found, nothing while it still learns."""
        begun_s, scenario = self.clock(), self.incident.scenario
        end_ns = scenario.end_ns if self.to_ns is None else min(self.to_ns, scenario.end_ns)
        runs = [self._heard(name, tuning) for name, tuning in self.variants.items()]
        if self.traced:
            self.traces = [Traces(run.stations, self.incident.cases, scenario.start_ns) for run in runs[:TRACED_MOST]]
        reached_ns, labels = scenario.first_ns, None
        try:
            for scan in self.incident.scans(end_ns):
                if labels is None and self.audience is not None and scan.time_ns >= scenario.start_ns:
                    labels = self.incident.labels()
                    self.audience.begin(labels)
                told = [run.receive(scan) for run in runs]
                reached_ns = scan.time_ns + 1
                advance((scan.time_ns - scenario.first_ns) / (end_ns - scenario.first_ns), date(scan.time_ns))
                for traces, events in zip(self.traces, told, strict=False):
                    traces.take(events)
                if scan.time_ns >= scenario.start_ns:
                    self._present(scan.time_ns, told[0], runs[0])
                elif self.audience is not None:
                    share = (scan.time_ns - scenario.first_ns) / (scenario.start_ns - scenario.first_ns)
                    self.audience.learn(share, scan.time_ns, told[0])
            reached_ns = end_ns
        except KeyboardInterrupt:
            self.interrupted = True
        verdicts = []
        if reached_ns > scenario.start_ns:
            labels = self.incident.labels() if labels is None else labels
            verdicts = [judge_incident(self.incident, labels, run, reached_ns) for run in runs]
        if self.audience is not None:
            self.audience.end(verdicts[0] if verdicts else None)
        self.seconds = self.clock() - begun_s
        return verdicts

    def _heard(self, name: str, tuning: Tuning) -> Heard:
        scenario, tuned = self.incident.scenario, ready(tuning, self.incident.scenario)
        tuned = telling(tuned) if self.traced or self.audience is not None else silent(tuned)
        return Heard(
            name, self.incident.stations, tuned, scenario.start_ns, scenario.days, version=self.versions.get(name)
        )

    def _present(self, time_ns: int, events: list[Event], heard: Heard) -> None:
        if self.from_ns is None or time_ns >= self.from_ns:
            self.pace.wait(time_ns)
        if self.audience is not None:
            self.audience.hear(time_ns, events, heard)
        warnings = [event for event in events if isinstance(event, EarlyWarning)]
        for event in warnings:
            if event.transition in SHOWN:
                self.show(event)
        if self.pause is not None and opened(warnings):
            self.pause()


def load_incident(path: Path, fleet: Fleet) -> Incident:
    """An incident from its scenario file, made ready; it is called by the stem of the file.

    Raises
    ------
    ConfigError : the file has problems.
    """
    try:
        return Incident(path.stem, load_scenario(path, fleet))
    except ScenarioError as error:
        raise ConfigError(str(error)) from None


def is_station(path: Path) -> bool:
    """Whether a file describes a station, as ``wanbiao catalogue`` has them: it names its template, which no constant does."""
    problems: list[Problem] = []
    raw = read_toml(path, problems)
    return raw is not None and not OF_STATION.isdisjoint(raw)


def load_version(path: Path, incident: Incident) -> Version:
    """Another version of one of the stations of an incident, from its file.

    Raises
    ------
    ConfigError : the file has problems, is of another station, or cannot judge these readings.
    """
    try:
        other = load_station(path)
        played = next((one for one in incident.stations if one.code == other.code), None)
        if played is None:
            known = ", ".join(one.code for one in incident.stations)
            raise VersionError(f'code: "{other.code}"; expected a station of the incident: {known}')
        return Version(played, other)
    except CatalogueError as error:
        raise ConfigError(str(error)) from None
    except VersionError as error:
        raise ConfigError(f"{path.name}: {error}") from None
