"""The gas-turbine benchmark: cases and episodes counted by hand, the recording and its cases as first measured."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gas_turbine as turbine
from benchmarks.gas_turbine_data import FAULTS, LEARN, MEASURED, RESIDUAL_SD, Injected, check, hinged, inject, load
from benchmarks.subject import Mask, Recorded, Verdict


def warnings(rows: int, *spans: tuple[int, int, int]) -> Mask:
    """(rows, 7) in warning in these spans: column, first row, row after the last."""
    mask = np.zeros((rows, 7), dtype=bool)
    for column, begin, end in spans:
        mask[begin:end, column] = True
    return mask


def small(rows: int = 8000, learn: int = 1000) -> Recorded:
    """White noise of the sd of the residuals."""
    values = np.random.default_rng(3).standard_normal((rows, 7)) * RESIDUAL_SD
    return Recorded("recording", values, None, learn, 3600.0, MEASURED)


def test_recording_is_as_first_measured(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_DATA", str(data_root))
    recorded = load()
    check(recorded)
    assert recorded.covariates is not None
    assert recorded.covariates.shape == (36_733, 4)
    assert hinged(recorded.covariates).shape == (36_733, 14)
    assert np.isfinite(recorded.values).all()
    assert np.median(recorded.values[:LEARN, 4]) == pytest.approx(12, abs=0.5), "compressor discharge pressure [bar]"
    with pytest.raises(SystemExit):
        check(recorded._replace(values=recorded.values[:-1]))


def test_faults_are_six_sd_of_one_tag_after_the_learn_part() -> None:
    recorded = small()
    for hours, held in FAULTS.values():
        faulty, cases = inject(recorded, hours, held, 5)
        added = (faulty.values - recorded.values) / RESIDUAL_SD
        assert not added[: recorded.learn].any()
        assert np.abs(added).max() == pytest.approx(6.0)
        inside = np.zeros(added.shape, dtype=bool)
        for column, begin, end in cases:
            assert end - begin == (hours if hours > 1 else 0) + held
            assert abs(added[end - 1, column]) == pytest.approx(6.0)
            inside[begin:end, column] = True
        assert not added[~inside].any()
        again, _ = inject(recorded, hours, held, 5)
        assert np.array_equal(again.values, faulty.values)


def test_episodes_within_48_hours_are_one() -> None:
    mask = warnings(1100, (0, 120, 130), (1, 140, 150), (2, 169, 170), (0, 400, 410))
    assert turbine.natural_rate(mask, 100, 0) == pytest.approx(3.0), "rows 120 and 140; 169, 49 h after 120; 400"
    assert turbine.natural_rate(mask, 200, 0) == pytest.approx(1000 / 900)


def test_a_warning_that_returns_is_the_old_one() -> None:
    mask = warnings(200, (0, 10, 20), (0, 30, 40), (0, 100, 110))
    assert turbine.starts(mask, 0)[0] == [10, 30, 100]
    assert turbine.starts(mask, 48)[0] == [10, 100]


def test_caught_is_an_episode_of_that_tag_that_begins_inside() -> None:
    mask = warnings(500, (0, 150, 260), (1, 300, 310))
    cases = [Injected(0, 140, 200), Injected(0, 200, 260), Injected(1, 140, 200), Injected(1, 310, 400)]
    assert turbine.caught(mask, cases, 100, 0).tolist() == [True, False, False, False]


def test_the_point_nearest_below_one_per_1000_hours() -> None:
    assert turbine.below_budget({0.9: 2.0, 1.0: 0.98, 1.1: 0.5}) == 1.0
    assert turbine.below_budget({0.8: 0.5, 0.9: 2.0, 1.0: 0.9, 1.1: 0.2}) == 1.0, (
        "a warning that never ends is no quiet"
    )
    assert turbine.below_budget({0.9: 2.0, 1.0: 1.5}) == 1.0


def test_curve_and_picture_of_a_shewhart_chart(tmp_path: Path) -> None:
    def shewhart(recorded: Recorded, factor: float) -> Verdict:
        score = np.abs(recorded.values / RESIDUAL_SD) / 5
        return Verdict(score.max(axis=1) / factor, score > factor)

    options = argparse.Namespace(join=0, seeds=(1, 2), plot=str(tmp_path / "curve.png"))
    point, points = turbine.curve(shewhart, (0.5, 1.0, 3.0), small(), options)
    assert [one.factor for one in points] == [0.5, 1.0, 3.0]
    assert point.factor == 1.0
    assert points[0].rate > 10
    assert points[2].caught == dict.fromkeys(FAULTS, 0.0)
    assert point.caught["step_168h"] == 100.0
    assert point.chance["step_168h"] == 0.0
    figures = turbine.figures(point)
    assert list(figures) == ["episodes_per_1000h", *FAULTS, "by_tag"]
    assert set(figures["by_tag"]) == set(MEASURED)
    turbine.draw(points, options.plot)
    assert Path(options.plot).read_bytes().startswith(b"\x89PNG")
