"""The SKAB scorer: published figures, and answers small enough to reckon by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import skab
from replay.scores.skab import PROFILES, Judged, changepoints, outliers, reward

STANDARD = PROFILES["standard"]


@pytest.fixture(scope="module")
def experiments(data_root: Path) -> list[skab.Experiment]:
    return skab.load(data_root / "skab")


def test_the_published_figures_come_out(data_root: Path, experiments: list[skab.Experiment]) -> None:
    skab.check(data_root / "skab", experiments)


def test_the_files_are_whole(experiments: list[skab.Experiment]) -> None:
    assert len(experiments) == 34
    assert sum(len(one.times) for one in experiments) == 23_801
    assert sum(int(one.anomalous.sum()) for one in experiments) == 12_771
    assert sum(int(one.changepoint.sum()) for one in experiments) == 127


def test_who_knows_nothing_is_worth_what_is_said(experiments: list[skab.Experiment]) -> None:
    rows = {name: skab.figures(experiments, answers) for name, answers in skab.trivial(experiments).items()}
    assert rows["always in warning"]["f1"] == 0.698
    assert rows["a clock"]["f1"] == 0.919


def judged(changes: list[int], said: list[tuple[int, int]], n_rows: int = 300) -> Judged:
    """A file of one row a second; in warning from row to row."""
    rows = np.arange(n_rows)
    answer = np.zeros(n_rows, dtype=bool)
    for begin, end in said:
        answer[begin:end] = True
    return Judged(rows.astype(np.float64), (rows >= 100) & (rows < 200), np.isin(rows, changes), answer)


def test_rows_are_counted() -> None:
    found = outliers([judged([], [(90, 150)])])
    assert found.f1 == pytest.approx(50 / (50 + (10 + 50) / 2))
    assert found.far == pytest.approx(5.0)
    assert found.mar == pytest.approx(50.0)


def test_a_changepoint_found_at_once_is_perfect_and_none_is_null() -> None:
    assert changepoints([judged([100, 200], [(100, 200)])], STANDARD) == pytest.approx((100.0, 0, 0))
    assert changepoints([judged([100, 200], [])], STANDARD) == pytest.approx((0.0, 2, 0))


def test_a_second_prediction_in_a_window_is_free_and_one_outside_is_not() -> None:
    free = changepoints([judged([100], [(100, 120)])], STANDARD)
    assert free == pytest.approx((100.0, 0, 0))
    false = changepoints([judged([100], [(100, 120), (250, 260)])], STANDARD)
    assert false == pytest.approx((100.0 - 50.0 * 2 * 0.11, 0, 2))


def test_of_two_windows_that_overlap_the_later_one_is_cut() -> None:
    """Windows 100 .. 160 and 160 .. 190: a prediction at 150 is in the first one only."""
    assert changepoints([judged([100, 130], [(150, 300)])], STANDARD).missed == 1
    assert changepoints([judged([100, 130], [(110, 170)])], STANDARD).missed == 0


def test_the_reward_falls_from_found_to_false() -> None:
    rewards = [reward(position, STANDARD) for position in np.linspace(0.0, 1.0, 50)]
    assert rewards[0] == pytest.approx(STANDARD.found)
    assert rewards[-1] == pytest.approx(STANDARD.false)
    assert (np.diff(rewards) < 0.0).all()
