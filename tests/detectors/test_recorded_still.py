"""A tag of a recording that stood still in the learn rows is told when it moves, once, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detectors.recorded_monitor import RecordedMonitor
from tests.detectors.recorded import (
    LEARN_ROWS,
    assert_same,
    eventful,
    fed,
    minute,
    monitor,
    noise,
    sensors_of,
    station,
)

pytestmark = pytest.mark.filterwarnings("error")


def idle(tags: int) -> RecordedMonitor:
    """Judges all tags but the last, which is only watched."""
    made = station(tags)
    block = made.blocks[0]
    watched = replace(block.tags[-1], model=None)
    return RecordedMonitor(
        made,
        replace(block, tags=(*block.tags[:-1], watched), components=block.components[:-1]),
        learn_rows=LEARN_ROWS,
    )


def test_a_tag_that_stood_still_is_told_once_in_the_row_in_which_it_moves() -> None:
    x = noise(700, 4)
    x[:, 3] = 5.0
    x[300:, 3] = 5.01  # no more than its resolution
    x[450:460, 3], x[500:, 3] = 5.2, 9.0
    for one in (monitor(4), idle(4)):
        said = fed(one, x)
        (moved,) = [event for event in sensors_of(said.events) if event.tag == "T3"]
        assert (moved.transition, minute(moved.time_ns)) == ("opened", 450)
        assert moved.reason == "stood still in the learn rows and moves now; it is not judged"
    for cuts in ([450], [451], [100, 449], range(700)):
        assert_same(fed(idle(4), x, cuts), fed(idle(4), x))


def test_a_tag_that_is_only_watched_changes_nothing_else() -> None:
    x = eventful(5)
    x = np.column_stack([x, np.full(len(x), 3.0)])
    x[::3, 5] = np.nan  # nor is it told as a sensor that fails
    assert_same(fed(idle(6), x), fed(monitor(5), x[:, :5]))


@pytest.mark.parametrize("learned", ["moves", "mostly missing", "missing", "covariate"])
def test_nothing_is_told_of_a_tag_that_did_not_stand_still(learned: str) -> None:
    x = noise(500, 3)
    x[:, 0] = 5.0
    x[300:, 0] = 9.0
    rows = np.arange(LEARN_ROWS)
    if learned == "moves":
        x[150, 0] = 6.0
    elif learned != "covariate":
        x[rows[rows % 3 > 0] if learned == "mostly missing" else rows, 0] = np.nan
    told = sensors_of(fed(monitor(3, explains=int(learned == "covariate")), x).events)
    assert not [event for event in told if event.reason.startswith("stood still")]
