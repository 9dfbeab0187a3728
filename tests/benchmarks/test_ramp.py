"""The oracle against the definition and its first simulation; delays and thresholds by hand; a chart whose delay is known."""

import numpy as np
import pytest
from scipy.signal import lfilter

from benchmarks import ramp
from benchmarks.subject import Recorded, Verdict


@pytest.mark.parametrize("coefficient", [0.0, 0.9])
def test_oracle_is_the_likelihood_ratio(coefficient: float) -> None:
    run, slope = ramp.make_noise(np.random.default_rng(2), 30, coefficient), 0.2
    run[10:] += slope * np.arange(1, 21)
    found = ramp.oracle(run, slope, coefficient)
    lags = np.abs(np.subtract.outer(np.arange(30), np.arange(30)))
    covariance = np.where(lags == 0, 1.0, coefficient**lags) if coefficient else np.eye(30)
    for t in range(1, 30):
        inverse = np.linalg.inv(covariance[: t + 1, : t + 1])
        means = [slope * np.maximum(np.arange(t + 1) - change + 1, 0) for change in range(1, t + 1)]
        ratios = [mean @ inverse @ run[: t + 1] - mean @ inverse @ mean / 2 for mean in means]
        assert found[t] == pytest.approx(max(0.0, *ratios), abs=1e-8)


def test_oracle_is_as_late_as_first_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ramp, "SLOPES", (0.1, 0.01))
    monkeypatch.setattr(ramp, "ORACLE_RUNS", 200)
    white = ramp.run_oracle(0.0)
    assert white.false_alarm == pytest.approx(ramp.FALSE_ALARM, rel=0.05)
    for slope in (0.1, 0.01):
        assert white.delays[slope].mean == pytest.approx(ramp.FIRST_SIMULATED[slope], rel=0.06)
        assert white.delays[slope].silent == 0


@pytest.mark.parametrize("coefficient", [0.0, 0.9])
def test_noise_has_unit_variance_and_its_correlation(coefficient: float) -> None:
    noise = ramp.make_noise(np.random.default_rng(1), 200_000, coefficient)
    assert noise.std() == pytest.approx(1.0, rel=0.03)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(coefficient, abs=0.01)


def test_mean_time_counts_quiet_runs() -> None:
    scores = np.array([[0, 0, 5, 0], [0, 0, 0, 0], [7, 0, 0, 0]], dtype=float)
    assert ramp.first_alarm(scores, 5).tolist() == [3, np.inf, 1]
    assert ramp.mean_time(scores, 5) == pytest.approx((3 + 4 + 1) / 2)
    assert ramp.mean_time(scores, 8) == np.inf


def test_threshold_has_the_mean_time_that_is_wanted() -> None:
    scores = np.random.default_rng(1).exponential(size=(400, 10_000))
    assert ramp.calibrate(scores) == pytest.approx(np.log(ramp.FALSE_ALARM), rel=0.03)


def test_runs_that_alarm_before_the_ramp_are_left_out() -> None:
    scores = np.zeros((4, ramp.BEFORE + 50))
    scores[0, 10] = scores[1, ramp.BEFORE] = scores[2, ramp.BEFORE + 9] = 1
    found = ramp.delay(scores, 1.0)
    assert (found.runs, found.silent) == (3, 1)
    assert found.mean == pytest.approx((1 + 10 + 50) / 3)


def test_a_moving_average_is_as_late_as_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One exponential average over 10 samples is 1.06 times as late as the oracle at .1 and 1.18 times at .01."""

    def average(recorded: Recorded) -> Verdict:
        smooth = lfilter([0.1], [1, -0.9], recorded.values, axis=0)
        return Verdict(np.abs(smooth[:, 0]), np.abs(smooth) > 1)

    monkeypatch.setattr(ramp, "SLOPES", (0.1, 0.01))
    monkeypatch.setattr(ramp, "NOISES", {"white": 0.0})
    measured = ramp.run_subject(average, 300, 200)["white"]
    assert measured.delays[0.1].mean / 15.2 == pytest.approx(1.06, abs=0.07)
    assert measured.delays[0.01].mean / 64.5 == pytest.approx(1.18, abs=0.09)
