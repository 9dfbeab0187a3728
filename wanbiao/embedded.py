"""Everything in one process and one thread: scans of many stations in order of event time, judged, paced.

Neither the clock nor the origin of the scans is known here: both are given. So a test needs no sleep, and a recording
plays through the same object as a simulation.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from detectors.actions import Action
from detectors.events import Event, Refused
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.faults import Case
from stations.plant import Station
from stations.scan import Scan
from stations.simulate import simulate

ENDLESS_SCANS = 10**9
"""More scans than any simulation lives to see: 300 years at one each 10 s."""


class Step(NamedTuple):
    """One scan and what its monitor said of it."""

    scan: Scan
    events: list[Event]


class Planned(NamedTuple):
    """An act that is to be carried out after the scan of its station of event time ``after_ns`` [ns]; 0 = before the first."""

    after_ns: int
    action: Action


def merged(sources: Iterable[Iterable[Scan]]) -> Iterator[Scan]:
    """The scans of several sources, each in order, as one: by event time, then by station."""
    return heapq.merge(*sources, key=lambda scan: (scan.time_ns, scan.station, scan.block))


def simulated(
    stations: Sequence[Station],
    *,
    start_ns: int,
    seed: int,
    cases: Sequence[Case] = (),
    n_scans: int = ENDLESS_SCANS,
    span_s: float = math.inf,
) -> Iterator[Scan]:
    """Simulated scans of several stations from event time ``start_ns``; see `stations.simulate`.

    It ends after ``n_scans`` of each station, or ``span_s`` [s] of event time, whichever comes first.

    Raises
    ------
    ValueError, before the first scan, if a station or case is not one that can be simulated.
    """
    sources = []
    for station in stations:
        n = math.ceil(min(n_scans, span_s / station.block("units").period_s))
        sources.append(simulate(station, start_ns=start_ns, n_scans=n, seed=seed, cases=cases))
    return merged(sources)


class Pace:
    """Holds event time down to a speed, and ends after some wall time.

    Parameters
    ----------
    speed : seconds of event time a second; infinite = as fast as it goes.
    for_s : wall time after which it ends [s].
    clock, sleep : of the wall; a test gives its own.

    Examples
    --------
    >>> now = [0.0]
    >>> pace = Pace(3600.0, for_s=2.0, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    >>> [pace.wait(int(hour * 3.6e12)) for hour in (5, 6, 7, 8)], now
    ([True, True, False, False], [2.0])
    """

    def __init__(
        self,
        speed: float = math.inf,
        *,
        for_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not (speed > 0 and for_s > 0):
            raise ValueError(f"speed and for_s must be positive, got {speed} and {for_s}")
        self._speed, self._for_s = speed, for_s
        self.clock, self._sleep = clock, sleep
        self._start: tuple[float, int] | None = None

    @property
    def elapsed_s(self) -> float:
        """Wall time since the first scan [s]."""
        return 0.0 if self._start is None else self.clock() - self._start[0]

    def wait(self, time_ns: int) -> bool:
        """Wait until an event of time ``time_ns`` [ns] is due: True; or until the time is up: False."""
        if self._start is None:
            self._start = self.clock(), time_ns
        due_s = (time_ns - self._start[1]) / 1e9 / self._speed
        wait_s = min(due_s, self._for_s) - self.elapsed_s
        if wait_s > 0:
            self._sleep(wait_s)
        return due_s < self._for_s and self.elapsed_s < self._for_s


class Embedded:
    """Monitors of some stations, and the scans that they have yet to see.

    Parameters
    ----------
    stations : what is watched; the scans must be of them, sampled at the same period.
    scans : in order of event time, e.g. of `simulated` or of a recording.
    tuning : the constants of detection.

    Attributes
    ----------
    hear : called with the events of every scan and of every act, in the order in which they were made; nobody, until it is set.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> station = load_fleet().stations["YXK"].at_period(600.0)
    >>> plant = Embedded([station], simulated([station], start_ns=0, seed=1))
    >>> [step.scan.time_s for step in plant.run(until_ns=1800 * 10**9)]
    [0.0, 600.0, 1200.0]
    >>> next(iter(plant.run())).scan.time_s
    1800.0
    """

    def __init__(self, stations: Iterable[Station], scans: Iterable[Scan], tuning: Tuning | None = None) -> None:
        self._monitors = {station.code: StationMonitor(station, tuning) for station in stations}
        self._scans = iter(scans)
        self._next: Scan | None = None
        self._seen_ns = dict.fromkeys(self._monitors, 0)
        self._planned: dict[str, deque[Planned]] = {code: deque() for code in self._monitors}
        self.hear: Callable[[list[Event]], None] = lambda _events: None
        self._lock = threading.Lock()  # people act from another thread while scans are judged

    def run(self, *, until_ns: int | None = None, pace: Pace | None = None) -> Iterator[Step]:
        """Judge scan after scan, each when it is due, up to event time ``until_ns`` (exclusive) or the end of the pace.

        What is left is for the next call: first the past in fast-forward, then the present at a pace.
        """
        while True:
            self._next = self._next or next(self._scans, None)
            scan = self._next
            if scan is None or (until_ns is not None and scan.time_ns >= until_ns):
                return
            if pace is not None and not pace.wait(scan.time_ns):
                return
            self._next = None
            with self._lock:
                self._carry_out(scan.station)
                events = self._monitors[scan.station].receive(scan)
                self.hear(events)
                self._seen_ns[scan.station] = scan.time_ns
                self._carry_out(scan.station)
            yield Step(scan, events)

    def plan(self, acts: Iterable[Planned]) -> None:
        """Have acts carried out, of each station in this order, each after its scan; those of other stations are passed over."""
        with self._lock:
            for planned in acts:
                if planned.action.station in self._planned:
                    self._planned[planned.action.station].append(planned)

    def _carry_out(self, station: str) -> None:
        planned = self._planned[station]
        while planned and planned[0].after_ns <= self._seen_ns[station]:
            self.hear(self._monitors[station].act(planned.popleft().action))

    def act(self, action: Action, *, keep: Callable[[int], None] = lambda _after_ns: None) -> list[Event]:
        """Carry out what a person did, between two scans; may be called from any thread.

        ``keep`` is called just before, with the event time of the scan that it follows [ns], as in `Planned`; what it raises
        is raised, and nothing is done.
        """
        monitor = self._monitors.get(action.station)
        if monitor is None:
            return [Refused(action.station, "", action.time_ns, f"unknown station {action.station[:40]!r}")]
        with self._lock:
            keep(self._seen_ns[action.station])
            events = monitor.act(action)
            self.hear(events)
        return events
