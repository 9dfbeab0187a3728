"""An incident told once is the simulation told at once; learning is as long as the scenario says."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from detectors.tuning import Tuning
from replay.incident import DAY_S, ready
from stations.simulate import simulate
from stations.simulate.labels import label
from tests.replay.played import incident, whole

DAY_NS = 86_400 * 10**9


def test_its_scans_are_those_of_the_simulation() -> None:
    """Though the simulation is kept where learning ends, and goes on from there."""
    one = incident()
    (station,) = one.stations
    scenario = one.scenario
    n = one.n_scans(station, scenario.end_ns)
    assert n == 13 * 144
    at_once = simulate(station, start_ns=scenario.first_ns, n_scans=n, seed=scenario.seed, cases=one.cases)
    for mine, theirs in zip(one.scans(), at_once, strict=True):
        assert (mine.time_ns, mine.seq) == (theirs.time_ns, theirs.seq)
        np.testing.assert_array_equal(mine.values, theirs.values)


def test_its_labels_are_those_of_the_simulation() -> None:
    one, _, labels = whole()
    scenario = one.scenario
    n_scans = [one.n_scans(station, scenario.end_ns) for station in one.stations]
    assert labels == label(one.stations, one.cases, start_ns=scenario.first_ns, n_scans=n_scans, seed=scenario.seed)
    assert labels[0].alarm_ns is not None


def test_it_ends_where_it_is_told_to() -> None:
    one = incident()
    until_ns = one.scenario.start_ns + DAY_NS
    times = [scan.time_ns for scan in one.scans(until_ns)]
    assert times[-1] == until_ns - 600 * 10**9
    assert times[:2] == [scan.time_ns for scan in islice(one.scans(), 2)]


def test_a_short_life_has_to_do() -> None:
    scenario = incident().scenario
    tuned = ready(Tuning(), scenario)
    assert tuned.warm_up(600.0) == 8 * DAY_S
    assert replace(tuned, warm_up_s=Tuning().warm_up_s, warm_up_scans=Tuning().warm_up_scans) == Tuning()
    assert ready(Tuning(), replace(scenario, learn_days=0.0)) == Tuning(), (
        "then nothing is said in the first thirty days"
    )
