"""First cause first: what one failure mode explains, and what many units say at once, belongs to the oldest warning."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.episodes import Transition
from detectors.grouping import Groups
from detectors.lifecycle import LifeCycle, Slot
from detectors.tuning import Tuning

MINUTE = 60 * 10**9
START = 1_767_225_600 * 10**9


class Block:
    """Six units of four components; a warning shows where its mode shows."""

    def __init__(self, n_units: int = 6) -> None:
        self.life = LifeCycle(n_units, 4, Tuning())
        self.groups = Groups(n_units, 4, group_s=3600.0)

    def opens(self, at: Slot, minute: float, shows: tuple[int, ...] = ()) -> Slot | None:
        """A warning opens; the one that it belongs to."""
        time_ns = START + round(minute * MINUTE)
        self.life.step([Transition(*at, "opened", 1, time_ns)], np.ones(self.life.factor.shape), time_ns)
        self.groups.join(at, np.isin(np.arange(4), shows), self.life, time_ns)
        cause = self.groups.cause(at)
        return None if cause is None else cause[0]

    def returns(self, at: Slot, minute: float) -> None:
        time_ns = START + round(minute * MINUTE)
        self.life.step([Transition(*at, "returned", 1, 0)], np.ones(self.life.factor.shape), time_ns)


def test_what_the_likely_mode_of_an_older_warning_shows_in_belongs_to_it() -> None:
    block = Block()
    assert block.opens((2, 0), 0, shows=(0, 1)) is None
    assert block.opens((2, 1), 900) == (2, 0)
    assert block.opens((2, 3), 901) is None, "the mode does not show there"
    assert block.opens((3, 1), 902) is None, "another unit"


def test_the_cause_of_a_cause_is_the_first() -> None:
    block = Block()
    block.opens((2, 0), 0, shows=(1,))
    block.opens((2, 1), 100, shows=(2,))
    assert block.opens((2, 2), 200) == (2, 0)


def test_what_has_returned_causes_nothing() -> None:
    block = Block()
    block.opens((2, 0), 0, shows=(1,))
    block.returns((2, 0), 10)
    assert block.opens((2, 1), 20) is None


def test_from_the_third_unit_on_within_an_hour_it_is_one_event_of_the_station() -> None:
    block = Block()
    assert block.opens((4, 1), 0) is None
    assert block.opens((0, 2), 30) is None
    assert block.opens((1, 1), 59) == (4, 1)
    assert block.opens((5, 3), 59.5) == (4, 1)


def test_units_that_warn_hours_apart_have_nothing_in_common() -> None:
    block = Block()
    for unit in range(6):
        assert block.opens((unit, 1), 61 * unit) is None


@pytest.mark.parametrize(("n_units", "first_that_joins"), [(6, 2), (40, 13)])
def test_of_a_large_farm_a_third_must_warn(n_units: int, first_that_joins: int) -> None:
    block = Block(n_units)
    joined = [block.opens((unit, 0), unit) is not None for unit in range(first_that_joins + 2)]
    assert joined == [unit >= first_that_joins for unit in range(first_that_joins + 2)]


def test_the_state_comes_back() -> None:
    block = Block()
    block.opens((2, 0), 0, shows=(0, 1))
    block.opens((2, 1), 5)
    other = Groups(6, 4, group_s=3600.0)
    other.restore(block.groups.snapshot())
    assert other.cause((2, 1)) == ((2, 0), START)
    assert other.cause((2, 0)) is None


def test_the_cause_stays_what_it_was_when_another_episode_stands_in_its_place() -> None:
    block = Block()
    block.opens((2, 0), 0, shows=(1,))
    block.opens((2, 1), 10)
    block.returns((2, 0), 20)
    block.opens((2, 0), 3000)
    assert block.groups.cause((2, 1)) == ((2, 0), START)
