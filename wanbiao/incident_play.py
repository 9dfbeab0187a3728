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
from replay.kept import Shelf, kept_of, key_of, recall
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


ADVANCE_LEAST: Final = 1e-3
"""Share of the play between two tellings of how far it is: a date costs as much as a tenth of a scan."""
LEARNING: Final = "学习 learning, "
"""What goes on before an incident begins, in the progress of its play."""
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
    shelf : where whole plays are kept, and found again by runs at which nobody looks, ``recalled``; None = nowhere.
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
    shelf: Shelf | None = None
    recalled: list[str] = field(default_factory=list)
    _labels: list[Label] | None = None

    def run(self, advance: Advance) -> list[Verdict]:
        """One verdict a run; Ctrl-C ends the play and keeps what was found, nothing while it still learns."""
        begun_s, scenario = self.clock(), self.incident.scenario
        end_ns = scenario.end_ns if self.to_ns is None else min(self.to_ns, scenario.end_ns)
        runs = [self._heard(name, tuning) for name, tuning in self.variants.items()]
        keys = [self._key(run, end_ns) for run in runs]
        labels = self._recall(runs, keys)
        playing = [run for run in runs if run.name not in self.recalled]
        reached_ns = self._play(runs, end_ns, advance) if playing else end_ns
        verdicts = []
        if reached_ns > scenario.start_ns:
            labels = self._labels or labels or self.incident.labels()
            verdicts = [judge_incident(self.incident, labels, run, reached_ns) for run in runs]
            if self.shelf is not None and not self.interrupted:
                for run, key in zip(runs, keys, strict=True):
                    if key is not None and run in playing:
                        self.shelf.keep(kept_of(key, run, labels))
        if self.audience is not None:
            self.audience.end(verdicts[0] if verdicts else None)
        self.seconds = self.clock() - begun_s
        return verdicts

    def _play(self, runs: Sequence[Heard], end_ns: int, advance: Advance) -> int:
        """Let the runs that are to be played hear every scan before ``end_ns`` [ns]; until before when they did."""
        scenario = self.incident.scenario
        first_ns, start_ns = scenario.first_ns, scenario.start_ns
        if self.traced:
            self.traces = [
                Traces(list(run.stations.values()), self.incident.cases, start_ns) for run in runs[:TRACED_MOST]
            ]
        reached_ns, shown = first_ns, 0.0
        try:
            for scan in self.incident.scans(end_ns):
                if self._labels is None and self.audience is not None and scan.time_ns >= start_ns:
                    self._labels = self.incident.labels()
                    self.audience.begin(self._labels)
                told = [[] if run.name in self.recalled else run.receive(scan) for run in runs]
                reached_ns = scan.time_ns + 1
                share = (scan.time_ns - first_ns) / (end_ns - first_ns)
                if share >= shown:
                    doing = LEARNING if scan.time_ns < start_ns else ""
                    advance(share, f"{doing}{date(scan.time_ns)}")
                    shown = share + ADVANCE_LEAST
                for traces, events in zip(self.traces, told, strict=False):
                    traces.take(events)
                if scan.time_ns >= start_ns:
                    self._present(scan.time_ns, told[0], runs[0])
                elif self.audience is not None:
                    learned = (scan.time_ns - first_ns) / (start_ns - first_ns)
                    self.audience.learn(learned, scan.time_ns, told[0])
        except KeyboardInterrupt:
            self.interrupted = True
            return reached_ns
        return end_ns

    def _key(self, run: Heard, end_ns: int) -> str | None:
        """What it is kept under; None = it is not."""
        if self.shelf is None:
            return None
        return key_of(self.incident, self.variants[run.name], end_ns, run.version)

    def _recall(self, runs: Sequence[Heard], keys: Sequence[str | None]) -> list[Label] | None:
        """Let runs at which nobody looks hear what was kept of them; the labels, if there was any."""
        labels = None
        for i, (run, key) in enumerate(zip(runs, keys, strict=True)):
            if self.shelf is None or key is None or self._is_watched(i):
                continue
            kept = self.shelf.find(key)
            if kept is not None and recall(kept, run):
                self.recalled.append(run.name)
                labels = kept.labels
        return labels

    def _is_watched(self, i: int) -> bool:
        """Whether somebody looks at a run while it is played: at the first, or at the tags of those in the report."""
        if i == 0 and (self.audience is not None or self.pause is not None or self.show is not nothing):
            return True
        return self.traced and i < TRACED_MOST

    def _heard(self, name: str, tuning: Tuning) -> Heard:
        scenario, tuned = self.incident.scenario, ready(tuning, self.incident.scenario)
        tuned = telling(tuned) if self.traced or self.audience is not None else silent(tuned)
        return Heard(
            name,
            self.incident.stations,
            tuned,
            scenario.start_ns,
            scenario.days,
            version=self.versions.get(name),
            scored=self.incident.is_scored,
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
