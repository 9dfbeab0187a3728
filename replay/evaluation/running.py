"""Runs trials: a station is learned once, its state is kept, and every branch begins with it. Many trials, many processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, parent_process
from threading import Thread

from detectors.monitor import StationMonitor
from detectors.tuning import NO_HISTORY_S, Tuning
from replay.evaluation.judging import Said, SensorVerdict, Verdict, Watched, false_warnings, judge, judge_sensor
from replay.evaluation.trials import Branch, Trial
from stations.faults import Case
from stations.scan import Scan
from stations.scenario import ordinary
from stations.simulate.labels import label
from stations.simulate.simulator import STRETCH, Simulation

Advance = Callable[[float, str], None]
"""Called with the share that is done [-] and a few words."""


@dataclass(slots=True)
class Costs:
    """Where the time of a trial went [s]."""

    simulate: float = 0.0
    monitor: float = 0.0
    label: float = 0.0


@dataclass(slots=True)
class Outcome:
    """All that a trial told. ``healthy``: in branches without any case; ``beside``: in those where other units failed."""

    number: int
    technology: str
    period_s: float = 0.0
    """Time between two scans [s]."""
    failures: list[Verdict] = field(default_factory=list)
    sensors: list[SensorVerdict] = field(default_factory=list)
    healthy: list[Watched] = field(default_factory=list)
    beside: list[Watched] = field(default_factory=list)
    costs: Costs = field(default_factory=Costs, compare=False)


def run_all(trials: Sequence[Trial], tuning: Tuning, *, workers: int, advance: Advance) -> list[Outcome]:
    """Run all trials, the longest first; the outcomes are in their order and do not depend on ``workers``.

    Raises
    ------
    BrokenProcessPool : a process was ended from outside, e.g. for want of memory.
    """
    total = sum(trial.work for trial in trials)
    outcomes: list[Outcome] = []
    done = 0.0
    for trial, outcome in _each(sorted(trials, key=lambda trial: -trial.work), tuning, workers):
        outcomes.append(outcome)
        done += trial.work
        advance(done / total, f"{len(outcomes)} of {len(trials)} trials")
    return sorted(outcomes, key=lambda outcome: outcome.number)


def _each(trials: Sequence[Trial], tuning: Tuning, workers: int) -> Iterator[tuple[Trial, Outcome]]:
    """Trials with their outcomes, as they are ready."""
    if min(workers, len(trials)) <= 1:
        for trial in trials:
            yield trial, run_trial(trial, tuning)
        return
    pool = ProcessPoolExecutor(min(workers, len(trials)), get_context("spawn"), initializer=_interruptible)
    try:
        waiting: dict[Future[Outcome], Trial] = {pool.submit(run_trial, trial, tuning): trial for trial in trials}
        for ready in as_completed(waiting):
            yield waiting[ready], ready.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _interruptible() -> None:
    """Ctrl-C ends a worker at once and without a word; the first process says what there is to say, or has ended itself."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process that was killed cannot end its workers, which would be busy with a trial for minutes yet."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_trial(trial: Trial, tuning: Tuning) -> Outcome:
    """Learn the station, then watch every branch from the state in which learning left the monitor."""
    station = trial.station
    outcome = Outcome(trial.number, station.technology, station.block("units").period_s)
    monitor = StationMonitor(station, replace(tuning, history_s=NO_HISTORY_S))
    benign = ordinary([station], trial.start_ns, max(branch.end_ns for branch in trial.branches), trial.seed)
    healthy = Simulation(station, start_ns=trial.start_ns, seed=trial.seed, cases=benign)
    n_learned = trial.n_scans(trial.learned_ns)
    _watch(monitor, healthy.scans(n_learned - n_learned % STRETCH), outcome.costs)
    _watch(monitor, healthy.fork(benign).scans(n_learned), outcome.costs)
    learned = monitor.snapshot("units")
    for branch in trial.branches:
        monitor.restore("units", learned)
        scans = healthy.fork([*benign, *branch.cases]).scans(trial.n_scans(branch.end_ns))
        # The same scans come first: a case that begins later changes none of them.
        late = (scan for scan in scans if scan.time_ns >= trial.learned_ns)
        _judge(trial, branch, benign, healthy, _watch(monitor, late, outcome.costs), outcome)
    return outcome


def _watch(monitor: StationMonitor, scans: Iterator[Scan], costs: Costs) -> Said:
    """What the monitor says of these scans."""
    said = Said(units=monitor.station.block("units").units)
    begun_s, judged_s = time.perf_counter(), 0.0
    for scan in scans:
        at_s = time.perf_counter()
        said.take(monitor.receive(scan))
        judged_s += time.perf_counter() - at_s
    costs.monitor += judged_s
    costs.simulate += time.perf_counter() - begun_s - judged_s
    return said


def _judge(
    trial: Trial, branch: Branch, benign: Sequence[Case], healthy: Simulation, said: Said, outcome: Outcome
) -> None:
    """Put the verdicts on one branch into ``outcome``."""
    units = trial.station.block("units").units
    watched = false_warnings(units, branch.cases, trial.learned_ns, branch.end_ns, said)
    (outcome.beside if branch.cases else outcome.healthy).extend(watched)
    if not branch.cases:
        return
    with _timed(outcome.costs):
        labels = label(
            [trial.station],
            [*benign, *branch.cases],
            start_ns=trial.start_ns,
            n_scans=[trial.n_scans(branch.end_ns)],
            seed=trial.seed,
            begun=healthy,
        )
    for one in labels:
        if one.category == "failure":
            outcome.failures.append(judge(one, trial.season, said))
        elif one.category != "benign":
            outcome.sensors.append(judge_sensor(one, trial.season, said))


@contextmanager
def _timed(costs: Costs) -> Iterator[None]:
    begun_s = time.perf_counter()
    yield
    costs.label += time.perf_counter() - begun_s
