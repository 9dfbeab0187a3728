"""Operating modes: from tags only, in event time, and never "running" on a guess."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import MODE_NAMES, RUNNING, SETTLING, STOPPED, UNKNOWN
from detectors.modes import ModeTracker, PartModes, Regimes
from stations.plant import Bound, Mode, Regime, Text
from tests.detectors.small import BLOCK, JUDGED

POWER = BLOCK.tag_index["POWER"]


def follow(tracker: ModeTracker, powers: list[float], elapsed_s: float = 600.0) -> list[int]:
    """Modes of the first unit while its power takes these values; the rule is running above 10 MW, settled after 1,200 s."""
    out = []
    for power in powers:
        x = np.full(BLOCK.shape, 50.0)
        x[0, POWER] = power
        out.append(int(tracker.step(x, elapsed_s)[0]))
    return out


def test_the_names_follow_the_numbers() -> None:
    assert [MODE_NAMES[i] for i in (UNKNOWN, STOPPED, SETTLING, RUNNING)] == [
        "unknown",
        "stopped",
        "settling",
        "running",
    ]


def test_a_unit_is_judged_only_after_it_has_settled() -> None:
    tracker = ModeTracker(BLOCK)
    modes = follow(tracker, [0.0, 9.99, 10.0, 50.0, 50.0, 50.0, 0.0, 50.0])
    assert modes == [STOPPED, STOPPED, SETTLING, SETTLING, RUNNING, RUNNING, STOPPED, SETTLING]


def test_a_unit_that_runs_when_first_seen_counts_as_settled() -> None:
    assert follow(ModeTracker(BLOCK), [50.0], elapsed_s=0.0) == [RUNNING]


def test_no_good_value_is_unknown_and_neither_settles_nor_unsettles() -> None:
    tracker = ModeTracker(BLOCK)
    modes = follow(tracker, [0.0, 50.0, np.nan, np.nan, np.nan, 50.0, 50.0])
    assert modes == [STOPPED, SETTLING, UNKNOWN, UNKNOWN, UNKNOWN, SETTLING, RUNNING]
    assert follow(tracker, [np.nan, 50.0]) == [UNKNOWN, RUNNING]


def test_settling_counts_event_time_not_scans() -> None:
    assert follow(ModeTracker(BLOCK), [0.0, 50.0, 50.0, 50.0], elapsed_s=400.0)[-1] == SETTLING
    assert follow(ModeTracker(BLOCK), [0.0, 50.0], elapsed_s=1201.0)[-1] == RUNNING


def test_units_do_not_share_a_mode() -> None:
    tracker = ModeTracker(BLOCK)
    x = np.full(BLOCK.shape, 50.0)
    x[:, POWER] = [0.0, np.nan, 50.0]
    assert tracker.step(x, 0.0).tolist() == [STOPPED, UNKNOWN, RUNNING]


def test_a_block_without_a_rule_always_runs() -> None:
    tracker = ModeTracker(replace(BLOCK, mode=None))
    assert tracker.step(np.full(BLOCK.shape, np.nan), 0.0).tolist() == [RUNNING] * 3


@given(powers=st.lists(st.sampled_from([0.0, 50.0, np.nan]), max_size=20), split=st.integers(0, 20))
def test_goes_on_from_a_snapshot(powers: list[float], split: int) -> None:
    whole = follow(ModeTracker(BLOCK), powers)
    first, second = ModeTracker(BLOCK), ModeTracker(BLOCK)
    beginning = follow(first, powers[:split])
    second.restore(first.snapshot())
    assert beginning + follow(second, powers[split:]) == whole


def test_a_part_that_stands_still_says_nothing_until_it_has_settled() -> None:
    parts = tuple(
        replace(one, mode=Mode("FLOW", 10.0, 1200.0) if one.code == "shaft" else None) for one in BLOCK.components
    )
    tracker = PartModes(replace(BLOCK, components=parts), JUDGED)
    shaft = [BLOCK.tags[column].component == "shaft" for column in JUDGED]
    silent = []
    for flow in [50.0, 5.0, 10.0, 50.0, 50.0, np.nan, 50.0]:
        x = np.full(BLOCK.shape, 50.0)
        x[0, BLOCK.tag_index["FLOW"]] = flow
        found = tracker.step(x, 600.0)
        assert not found[1:].any()
        assert not found[0, np.logical_not(shaft)].any()
        silent.append(bool(found[0, shaft].all()))
    assert silent == [False, True, True, True, False, True, False]
    other = PartModes(replace(BLOCK, components=parts), JUDGED)
    other.restore(tracker.snapshot())
    np.testing.assert_array_equal(other.step(x, 600.0), tracker.step(x, 600.0))


def test_a_part_is_silent_while_one_of_its_bounds_does_not_hold() -> None:
    """As a farm that is curtailed: its power says nothing of the light."""
    mode = Mode("FLOW", 10.0, 1200.0, (Bound("WATER", 98.0, float("inf")),))
    parts = tuple(replace(part, mode=mode if part.code == "shaft" else None) for part in BLOCK.components)
    tracker = PartModes(replace(BLOCK, components=parts), JUDGED)
    shaft = [BLOCK.tags[column].component == "shaft" for column in JUDGED]
    silent = []
    for water in [100.0, 60.0, 100.0, 100.0, 100.0, np.nan, 100.0]:
        x = np.full(BLOCK.shape, 50.0)
        x[:, BLOCK.tag_index["WATER"]] = 100.0
        x[0, BLOCK.tag_index["WATER"]] = water
        found = tracker.step(x, 600.0)
        assert not found[1:].any()
        assert not found[0, np.logical_not(shaft)].any()
        silent.append(bool(found[0, shaft].all()))
    assert silent == [False, True, True, True, False, True, False]


def test_what_is_judged_at_rest_speaks_while_its_part_stands_still() -> None:
    parts = tuple(
        replace(one, mode=Mode("FLOW", 10.0, 1200.0) if one.code == "shaft" else None) for one in BLOCK.components
    )
    tags = tuple(replace(tag, at_rest=tag.code == "VIB") for tag in BLOCK.tags)
    stands = np.zeros(BLOCK.shape)
    silent = PartModes(replace(BLOCK, components=parts, tags=tags), JUDGED).step(stands, 600.0)[0]
    assert [BLOCK.tags[column].code for column in np.array(JUDGED)[silent]] == ["FLOW"]


def test_without_a_rule_every_part_speaks() -> None:
    assert not PartModes(BLOCK, JUDGED).step(np.full(BLOCK.shape, np.nan), 600.0).any()


def test_the_first_regime_all_of_whose_bounds_hold_is_the_one_of_a_unit() -> None:
    inf = float("inf")
    block = replace(
        BLOCK,
        regimes=(
            Regime("cold", Text("冷", "cold"), (Bound("POWER", 10.0, 40.0), Bound("WATER", -inf, 5.0))),
            Regime("low", Text("低", "low"), (Bound("POWER", 10.0, 40.0),)),
            Regime("high", Text("高", "high"), (Bound("POWER", 40.0, inf),)),
        ),
    )
    x = np.full(BLOCK.shape, 4.0)
    x[:, POWER] = (20.0, 40.0, float("nan"))
    assert Regimes(block).of(x).tolist() == [1, 3, 0]
    x[0, BLOCK.tag_index["WATER"]] = 5.0
    assert Regimes(block).of(x).tolist() == [2, 3, 0]
    assert Regimes(BLOCK).of(x).tolist() == [0, 0, 0]
    assert block.revision == BLOCK.revision, "a better word must not cost what was learned"
