"""Habits: what comes back by itself again and again is usual; what goes farther, or stays, is told as ever."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors import habits
from detectors.base import Array
from detectors.events import EarlyWarning
from detectors.habits import Habits
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.scan import Scan
from tests.detectors.small import BLOCK, START_NS, STATION, TUNING, run, telemetry

PERIOD_S = 600.0
FLOW = BLOCK.tag_index["FLOW"]
BEGINS = 0.7
FOUND = round(habits.FOUND_S / PERIOD_S)
SHIFT, PULSE = 48, 3
"""A flush of half an hour every eight hours [scans]."""


@dataclass
class Naive:
    """The habit of one tag of one unit, told scan by scan in plain words."""

    seen: int = 0
    under_way: list[float] = field(default_factory=list)
    found: list[tuple[int, float]] = field(default_factory=list)
    length: float = 0.0
    height: float = 0.0

    def step(self, score: float) -> float:
        if np.isnan(score):
            return score
        has = len(self.found) >= max(habits.OFTEN, self.seen * PERIOD_S / habits.RARELY_S)
        finds = self.seen < FOUND
        self.seen += finds
        if score >= BEGINS:
            self.under_way.append(score)
            usual = has and len(self.under_way) <= habits.LONGER * self.length
            return score / max(1.0, habits.HIGHER * self.height) if usual else score
        if self.under_way:
            self._end(has=has, finds=finds)
        return score

    def _end(self, *, has: bool, finds: bool) -> None:
        length, height = len(self.under_way), max(self.under_way)
        self.under_way = []
        bounded = has and length <= habits.LONGER * self.length and height <= habits.HIGHER * self.height
        if height < 1.0 or length * PERIOD_S > habits.BRIEF_S or not (finds or bounded):
            return
        if finds:
            self.found.append((length, height))
        share = 1.0 / min(len(self.found), habits.MEMORY)
        self.length += share * (length - self.length)
        self.height += share * (height - self.height)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from([0.3, 0.8, 1.2, 2.0, 3.0, 4.5, float("nan")])),
        min_size=5,
        max_size=120,
    ),
    st.integers(0, 60),
)
def test_as_told_in_plain_words(runs: list[tuple[int, float]], split: int) -> None:
    scores = np.repeat([value for _, value in runs], [length for length, _ in runs])
    ours, naive = Habits(1, 1, 1, period_s=PERIOD_S, begins=BEGINS), Naive()
    for i, score in enumerate(scores.tolist()):
        if i == split:  # a restart is not to be noticed
            state, ours = ours.snapshot(), Habits(1, 1, 1, period_s=PERIOD_S, begins=BEGINS)
            ours.restore(state)
        measured = np.array([[score]])
        usual = ours.step(measured)
        expected = naive.step(score)
        np.testing.assert_allclose(measured[0, 0], expected, rtol=1e-12)
        assert not usual[0, 0] or measured[0, 0] <= score


def shifts(n: int, height: float, *, first: int = 0) -> Array:
    """Scores (n,) of a tag that is flushed each shift from ``first`` on."""
    at = np.arange(n)
    return np.where((at % SHIFT < PULSE) & (at >= first), height, 0.2)


def after(days: Array, then: Array) -> Array:
    """What ``then`` is measured as by who lived through ``days``, (n,) each."""
    ours = Habits(1, 1, 1, period_s=PERIOD_S, begins=BEGINS)
    measured = []
    for score in np.concatenate([days, then]):
        one = np.array([[score]])
        ours.step(one)
        measured.append(one[0, 0])
    return np.array(measured[len(days) :])


def test_what_goes_farther_is_told_at_once_and_what_stays_soon() -> None:
    usual, farther, stays = np.full(3, 2.0), np.full(3, 4.0), np.full(10, 2.0)
    days = shifts(2 * FOUND, 2.0)
    assert (after(days, usual) < 1.0).all()
    assert (after(days, farther) > 1.0).all()
    assert after(days, stays).tolist() == [pytest.approx(2.0 / 3.0)] * 4 + [2.0] * 6


def test_what_begins_later_is_no_habit() -> None:
    days = shifts(4 * FOUND, 2.0, first=FOUND + SHIFT)
    assert (after(days, np.full(3, 2.0)) == 2.0).all()


def test_a_handful_of_excursions_in_many_units_is_chance() -> None:
    ours = Habits(60, 60, 1, period_s=PERIOD_S, begins=BEGINS)
    for scan in range(FOUND):
        score = np.full((60, 1), 0.2)
        if scan % 60 == 0:
            score[scan // 60] = 2.0
        ours.step(score)
    assert not ours.step(np.full((60, 1), 2.0)).any()


def test_sisters_share_what_they_do() -> None:
    ours = Habits(2, 2, 1, period_s=PERIOD_S, begins=BEGINS)
    for score in shifts(8 * SHIFT, 2.0):
        ours.step(np.array([[score], [0.2]]))
    assert ours.step(np.array([[0.2], [2.0]])).tolist() == [[False], [True]]


def test_all_units_together_have_habits_of_their_own() -> None:
    ours = Habits(3, 2, 1, period_s=PERIOD_S, begins=BEGINS)
    for score in shifts(8 * SHIFT, 2.0):
        ours.step(np.array([[score], [score], [0.2]]))
    assert ours.step(np.full((3, 1), 2.0)).tolist() == [[True], [True], [False]]


MINUTE: Tuning = replace(
    TUNING,
    scales_s=(60.0, 600.0, 3600.0, 43_200.0),
    learn_s=600.0,
    on_scans=6,
    on_shares=(1.0, 0.5, 0.25),
    off_scans=6,
)
DAY, FLUSH_EVERY, FLUSH, DAYS = 1440, 480, 5, 9
"""Of scans a minute apart: five minutes each shift of eight hours."""


def opened(values: NDArray[np.float32]) -> list[tuple[str, str, float]]:
    """Unit, component and day of each warning of scans a minute apart that opened."""
    station = STATION.at_period(60.0)
    revision, day_ns = station.block(BLOCK.code).revision, DAY * 60 * 10**9
    every = (
        Scan(STATION.code, BLOCK.code, revision, i, START_NS + i * 60 * 10**9, row) for i, row in enumerate(values)
    )
    events = run(StationMonitor(station, MINUTE), every)
    told = [one for one in events if isinstance(one, EarlyWarning) and one.transition == "opened"]
    return [(one.unit, one.component, (one.time_ns - START_NS) / day_ns) for one in told]


def test_a_strainer_that_is_flushed_each_shift_warns_of_nothing_until_it_clogs(monkeypatch: pytest.MonkeyPatch) -> None:
    clogs = DAYS * DAY - 100
    values = telemetry(DAYS * DAY)
    values[np.arange(len(values)) % FLUSH_EVERY < FLUSH, :, FLOW] *= 0.7
    values[clogs:, 1, FLOW] *= 0.7
    told = [one for one in opened(values) if one[2] > 2.0]
    assert [one[:2] for one in told] == [("2", "shaft")]
    assert clogs / DAY < told[0][2] < (clogs + 3 * FLUSH) / DAY
    monkeypatch.setattr(Habits, "step", lambda _, score: np.zeros(score.shape, dtype=bool))
    assert len([one for one in opened(values[:clogs]) if one[2] > 2.0]) >= 5
