"""The NAB scorer: published figures, and windows small enough to reckon by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import nab
from benchmarks.baselines import said_once
from benchmarks.subject import Array, Recorded
from replay.scores.nab import FULL, PROFILES, Judged, at_threshold, probation, sweep, worth

STANDARD = PROFILES["standard"]


@pytest.fixture(scope="module")
def series(data_root: Path) -> list[nab.Series]:
    return nab.load(data_root / "nab")


def test_the_published_figures_come_out(data_root: Path, series: list[nab.Series]) -> None:
    nab.check(data_root / "nab", series)


def test_the_files_are_whole(series: list[nab.Series]) -> None:
    assert len(series) == 58
    assert sum(len(one.recorded.values) for one in series) == 365_558
    assert sum(len(one.windows) for one in series) == 116
    assert {one.recorded.period_s for one in series} >= {300.0, 1800.0, 3600.0}


def scored(*at: int, n_rows: int = 100) -> Array:
    """Scores of a file: 1 at these rows."""
    scores = np.zeros(n_rows)
    scores[list(at)] = 1.0
    return scores


def sigmoid(x: float) -> float:
    return float(2.0 / (1.0 + np.exp(5.0 * x)) - 1.0)


def test_what_a_row_is_worth() -> None:
    value = worth(100, [(40, 49)])
    assert (value[:40] == -1.0).all()
    assert value[40] == 1.0
    assert value[49] == pytest.approx(sigmoid(-0.1) / FULL)
    assert value[50] == pytest.approx(sigmoid(1 / 9))
    assert value[49 + 28] == -1.0


def test_the_first_row_of_a_window_is_perfect_and_none_is_null() -> None:
    assert at_threshold([Judged(scored(40), [(40, 49)])], STANDARD, 1.0) == pytest.approx(100.0)
    assert at_threshold([Judged(scored(), [(40, 49)])], STANDARD, 1.0) == pytest.approx(0.0)


def test_only_the_best_row_of_a_window_counts_and_every_row_outside() -> None:
    late = at_threshold([Judged(scored(45, 48), [(40, 49)])], STANDARD, 1.0)
    assert late == pytest.approx(50.0 * (1.0 + sigmoid(-0.5) / FULL))
    false = at_threshold([Judged(scored(20, 30, 40), [(40, 49)])], STANDARD, 1.0)
    assert false == pytest.approx(100.0 - 50.0 * 2 * 0.11)


def test_rows_of_the_probation_do_not_count() -> None:
    assert probation(100) == 15
    assert at_threshold([Judged(scored(3, 14, 40), [(40, 49)])], STANDARD, 1.0) == pytest.approx(100.0)


def test_the_sweep_equals_trying_every_threshold() -> None:
    rng = np.random.default_rng(1)
    files = [Judged(np.round(rng.random(200), 2), [(60, 79), (120, 139)]) for _ in range(3)]
    files[0].score[::7] = np.nan
    for profile in PROFILES.values():
        swept = sweep(files, profile)
        tried = [
            at_threshold(files, profile, threshold) for threshold in (*np.linspace(0.0, 1.0, 101).round(2), np.inf)
        ]
        assert swept.normalised == pytest.approx(max(tried))
        assert at_threshold(files, profile, swept.threshold) == pytest.approx(swept.normalised)


def test_our_head_sees_no_later_row() -> None:
    values = np.random.default_rng(2).standard_normal((400, 1))
    whole = nab.novelty(Recorded("", values, None, 60, 300.0, ("value",))).score
    begun = nab.novelty(Recorded("", values[:250], None, 60, 300.0, ("value",))).score
    np.testing.assert_array_equal(whole[:250], begun)
    assert np.isnan(whole[:60]).all()


def test_a_baseline_says_each_event_once() -> None:
    scores = np.random.default_rng(3).random(400)
    scores[200:220], scores[220:240], scores[380] = 5.0, 9.0, 5.0
    said = np.flatnonzero(said_once(scores, 90) > 2.0)
    assert said.tolist() == [200, 220, 380]
