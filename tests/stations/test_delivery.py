"""From the sensors to the bus: nothing is invented, what is lost is lost on purpose, and the seed decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.faults import Case
from stations.scan import Scan
from stations.simulate import simulate
from stations.simulate.delivery import Transport, deliver
from tests.stations.plants import NEW_YEAR_NS, station

PLANT = station("HYG", 10.0)
BLOCK = PLANT.block("units")
SECOND_NS = 10**9


def made(n: int = 400) -> list[Scan]:
    return list(simulate(PLANT, start_ns=NEW_YEAR_NS, n_scans=n, seed=3))


MADE = made()


def case(kind: str, unit: str = "", first: int = 100, n: int = 50, severity: float = 1.0) -> Case:
    return Case(kind, "HYG", unit, MADE[first].time_ns, n * 10.0, severity)


def arrived(cases: Sequence[Case] = (), seed: int = 1, **transport: float) -> list[Scan]:
    return list(deliver(MADE, BLOCK, cases, seed=seed, transport=Transport(**transport)))  # type: ignore[arg-type]


def seqs(scans: Sequence[Scan]) -> list[int]:
    return [scan.seq for scan in scans]


def test_a_good_way_changes_nothing() -> None:
    assert arrived() == MADE


def test_a_station_that_is_not_heard_of_sends_nothing() -> None:
    assert seqs(arrived([case("S06")])) == [*range(100), *range(150, 400)]


def test_a_unit_that_is_not_heard_of_has_no_values() -> None:
    scans = arrived([case("S06", unit="2")])
    assert seqs(scans) == list(range(400))
    gone = np.stack([np.isnan(scan.values) for scan in scans])
    assert gone[100:150, 1].all()
    assert not gone[:, 0].any()
    assert not gone[:100].any()
    assert not gone[150:].any()


def test_a_backlog_comes_after_the_gap_with_its_own_times() -> None:
    scans = arrived([case("S07")])
    assert seqs(scans) == [*range(100), 150, *range(100, 150), *range(151, 400)]
    assert all(scan.time_ns == MADE[scan.seq].time_ns for scan in scans)


@pytest.mark.parametrize(("severity", "hours"), [(1.0, 1), (8.0, 8)])
def test_a_wrong_clock_shifts_the_times(severity: float, hours: int) -> None:
    shifts = [scan.time_ns - MADE[scan.seq].time_ns for scan in arrived([case("S08", severity=severity)])]
    assert shifts[100:150] == [hours * 3600 * SECOND_NS] * 50
    assert shifts[:100] == [0] * 100


def test_an_unruly_gateway_repeats_and_disorders_but_loses_nothing() -> None:
    scans = arrived([case("S09", first=0, n=400)])
    counts = Counter(seqs(scans))
    assert set(counts) == set(range(400))
    assert 0.02 < sum(count > 1 for count in counts.values()) / 400 < 0.1
    assert seqs(scans) != sorted(seqs(scans))


@given(seed=st.integers(0, 2**31), disorder=st.floats(0, 1), duplicates=st.floats(0, 1))
def test_disorder_is_bounded_and_drawn_by_the_seed(seed: int, disorder: float, duplicates: float) -> None:
    scans = arrived(seed=seed, disorder=disorder, duplicates=duplicates)
    assert scans == arrived(seed=seed, disorder=disorder, duplicates=duplicates)
    assert set(seqs(scans)) == set(range(400))
    newest = np.maximum.accumulate(seqs(scans))
    assert (newest - seqs(scans)).max() <= 6


def test_exception_reporting_repeats_what_hardly_moved() -> None:
    scans = arrived(deadband=0.002, age_max_s=60.0)
    true = np.stack([scan.values for scan in MADE])
    held = np.stack([scan.values for scan in scans])
    span = np.array([tag.high - tag.low for tag in BLOCK.tags])
    assert (np.abs(held - true) <= 0.002 * span * 1.001 + 1e-6).all()
    still = (np.diff(held, axis=0) == 0).mean()
    assert still > (np.diff(true, axis=0) == 0).mean() + 0.2


def test_a_value_is_reported_again_when_it_grows_old() -> None:
    scans = arrived(deadband=1.0, age_max_s=60.0)
    pad = BLOCK.tag_index["MED10CT101"]
    held = np.array([scan.values[0, pad] for scan in scans])
    changes = np.flatnonzero(np.diff(held) != 0) + 1
    assert len(changes) > 20
    assert (changes % 6 == 0).all()


@pytest.mark.parametrize("name", ["deadband", "disorder", "duplicates"])
def test_a_share_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be in 0 .. 1, got 1.5"):
        Transport(**{name: 1.5})  # type: ignore[arg-type]
