"""Jumps of single readings: spikes, steps, and what is neither."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.jumps import SPIKE, STEP, Jumps

STEADY = np.zeros((1, 4))
"""Nothing is expected to move."""


def jumps() -> Jumps:
    return Jumps(np.full(2, 0.01), n_units=1, warm_scans=100.0, fresh_scans=72.0)


@pytest.mark.parametrize(("scans_long", "outcome"), [(1, SPIKE), (3, SPIKE), (4, STEP)])
def test_a_jump_is_a_spike_for_three_scans_and_then_a_step(scans_long: int, outcome: int) -> None:
    r = np.random.default_rng(5).standard_normal((300, 1, 2))
    r[250 : 250 + scans_long, 0, 1] += 30.0
    watch = jumps()
    doubted, told = [], []
    for t, row in enumerate(r[:260]):
        if found := watch.step(row, STEADY[:, : row.size]):
            doubted += [t] if found[0][0, 1] else []
            told += [(t, int(one)) for one in found[1][0] if one]
    assert doubted[: min(scans_long, 3)] == list(range(250, 250 + min(scans_long, 3)))
    assert told[0] == (250 + min(scans_long, 3), outcome)


def test_what_jumps_on_the_same_way_is_doubted_but_once() -> None:
    """As the gas of a fire does; a spike to the other side is one still."""
    r = np.random.default_rng(5).standard_normal((300, 1, 2))
    r[250:280, 0, 0] += 15.0 * np.arange(1, 31)
    r[280:, 0, 0] += 450.0
    r[290, 0, 0] -= 60.0
    watch = jumps()
    doubted = [
        t for t, row in enumerate(r) if (found := watch.step(row, STEADY[:, : row.size])) is not None and found[0].any()
    ]
    assert doubted == [250, 251, 252, 253, 290]
    assert watch.sharp[0, 0] == 0.0
    assert watch.size[0, 0] == pytest.approx(450.0, abs=10.0)


def test_what_many_tags_do_at_once_is_not_doubted() -> None:
    r = np.random.default_rng(5).standard_normal((300, 1, 4))
    r[250:, 0, :3] += 30.0
    watch = Jumps(np.full(4, 0.01), n_units=1, warm_scans=100.0, fresh_scans=72.0)
    assert [watch.step(row, STEADY[:, : row.size]) for row in r] == [None] * len(r)


def test_what_jumps_far_beside_many_that_hardly_do_is_alone() -> None:
    r = np.random.default_rng(5).standard_normal((300, 1, 4))
    r[250:, 0] += (90.0, -10.0, -10.0, -10.0)
    watch = Jumps(np.full(4, 0.01), n_units=1, warm_scans=100.0, fresh_scans=72.0)
    doubted = [found[0][0].tolist() for row in r if (found := watch.step(row, STEADY[:, : row.size])) is not None]
    assert doubted == [[True, False, False, False]] * 4
    assert watch.size[0].round(-1).tolist() == [90.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(("silent_scans", "is_pause"), [(0, False), (20, True), (100, True)])
def test_a_jump_across_a_pause_is_a_step(silent_scans: int, is_pause: bool) -> None:
    """Ten pauses are known, after which the tag went on where it was; in one it may have come a long way slowly."""
    r = np.random.default_rng(5).standard_normal((800, 1, 2))
    for begin in range(200, 500, 30):
        r[begin : begin + 10] = np.nan
    r[600 : 600 + silent_scans] = np.nan
    r[600 + silent_scans :, 0, 1] += 30.0
    watch = jumps()
    told = [
        (t, found[1][0].tolist())
        for t, row in enumerate(r[:720])
        if (found := watch.step(row, STEADY[:, : row.size])) is not None
    ]
    assert told[-1] == (600 + silent_scans + 3, [0, STEP])
    assert watch.sharp[0].tolist() == [0.0, 1.0]
    assert watch.carried[0].tolist() == [0.0, float(is_pause)]


def test_a_jump_that_comes_with_the_load_may_come_from_it() -> None:
    r = np.random.default_rng(5).standard_normal((300, 1, 2))
    r[250:, 0, 1] += 30.0
    watch = jumps()
    for t, row in enumerate(r[:260]):
        watch.step(row, np.array([[0.0, 20.0 if t == 250 else 0.0]]))
    assert watch.sharp[0].tolist() == watch.carried[0].tolist() == [0.0, 1.0]


def test_a_machine_that_starts_elsewhere_each_time_has_not_jumped() -> None:
    r = np.random.default_rng(5).standard_normal((800, 1, 2))
    for number, begin in enumerate(range(100, 700, 30)):
        r[begin : begin + 10] = np.nan
        r[begin + 10 : begin + 30, 0, 1] += 15.0 * (number % 3)
    watch = jumps()
    for row in r[:700]:
        watch.step(row, STEADY[:, : row.size])
    assert not watch.size.any()
