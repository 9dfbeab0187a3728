"""Slow ramps in noise: how much later than an oracle that knows the slope, the mean and the sigma.

    python -m benchmarks.ramp [--json] [--check] [--runs 60] [--learn 5000] [--baselines]

One tag of unit noise, white and AR(.9); ramps of .1, .01 and .001 sigma per sample. Every detector gets one threshold on its
score for both noises, at which neither raises a false alarm more often than once in 10,000 samples; the oracle gets one for each
slope and noise. The delay counts samples from the first that is raised to the alarm; the figures are the mean delay on white
noise over that of the oracle. Runs that alarm in the 200 samples before the ramp are left out.

References: oracle: maximum over the change time of the exact log-likelihood ratio (E. S. Page, "Continuous inspection schemes,"
Biometrika 41, 1954, for a mean that ramps); its delays as first simulated: 15.2, 64.5, 265 samples.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.signal import lfilter

from benchmarks import baselines, machine
from benchmarks.subject import Array, Recorded, Subject

SLOPES: Final = (0.1, 0.01, 0.001)
"""[sigma per sample]."""
NOISES: Final = {"white": 0.0, "AR(.9)": 0.9}
"""Name and coefficient of the first-order autoregression; the variance is 1."""
FALSE_ALARM: Final = 10_000.0
"""Mean time to a false alarm [samples]."""
BEFORE: Final = 200
"""Samples of noise between the learn part and the ramp."""
QUIET: Final = 10_000
"""Length of a run of noise in which false alarms are counted [samples]."""
ORACLE_RUNS: Final = 400
FIRST_SIMULATED: Final = {0.1: 15.2, 0.01: 64.5, 0.001: 265.0}
"""Delay of the oracle on white noise [samples]."""
NEAR: Final = 0.05
"""The oracle is right within so much of them."""

Scorer = Callable[[Array], Array]
"""Scores (t,) of one run of noise (t,)."""


class Delay(NamedTuple):
    """Mean delay [samples], its standard error, the runs in it; ``silent`` of them never alarmed and count at their length."""

    mean: float
    error: float
    runs: int
    silent: int


class Measured(NamedTuple):
    """A detector on one noise: the threshold, mean time to a false alarm [samples], delay by slope."""

    threshold: float
    false_alarm: float
    delays: dict[float, Delay]


def make_noise(chance: np.random.Generator, samples: int, coefficient: float) -> Array:
    """(samples,) of stationary Gaussian noise with variance 1."""
    shocks = chance.standard_normal(samples) * np.sqrt(1 - coefficient**2)
    shocks[0] = chance.standard_normal()
    return np.asarray(lfilter([1.0], [1.0, -coefficient], shocks), dtype=np.float64)


def length(slope: float, coefficient: float) -> int:
    """Samples of a ramp that is watched: four times the delay (6 k ln T / slope^2)^(1/3) for small slopes.

    k is how many samples of the noise are worth one independent one.
    """
    worth = (1 + coefficient) / (1 - coefficient)
    return int(4 * (6 * worth * np.log(FALSE_ALARM) / slope**2) ** (1 / 3))


def oracle(run: Array, slope: float, coefficient: float) -> Array:
    """Maximum over the change time of the log-likelihood ratio of the ramp, (t,).

    Whitened, the m samples since the change have the means slope * w_j, w_j = j - coefficient (j - 1), j = 1..m, and the variance
    s2 = 1 - coefficient^2: ratio = (slope sum w_j y_j - slope^2 / 2 sum w_j^2) / s2. The sums over the last m samples are
    differences of cumulative ones. The first sample is before the change; change times further back than 32 samples are tried
    4 % apart.
    """
    variance = 1 - coefficient**2
    white = run[1:] - coefficient * run[:-1]
    count = np.arange(1, len(white) + 1)
    plain = np.concatenate([[0.0], np.cumsum(white)])
    weighted = np.concatenate([[0.0], np.cumsum(count * white)])
    weights = count * (1 - coefficient) + coefficient
    squares = np.concatenate([[0.0], np.cumsum(weights**2)])
    best = np.zeros(len(white))
    for m in _lags(min(length(slope, coefficient), len(white))):
        total = plain[m:] - plain[:-m]
        ramped = weighted[m:] - weighted[:-m] - count[: len(total)] * total + total  # sum of j y_j
        mean = (1 - coefficient) * ramped + coefficient * total
        ratio = (slope * mean - slope**2 / 2 * squares[m]) / variance
        np.maximum(best[m - 1 :], ratio, out=best[m - 1 :])
    return np.concatenate([[0.0], best])


def _lags(most: int) -> list[int]:
    far = np.geomspace(33, max(most, 33), max(int(np.log(max(most, 34) / 33) / np.log(1.04)), 1)).astype(int)
    return sorted({*range(1, min(most, 32) + 1), *(int(m) for m in far if m <= most)})


def first_alarm(scores: Array, threshold: float) -> Array:
    """Samples up to and with the first score at or above the threshold, (runs,) from (runs, t); inf = none."""
    over = scores >= threshold
    return np.where(over.any(axis=1), over.argmax(axis=1) + 1.0, np.inf)


def mean_time(scores: Array, threshold: float) -> float:
    """Mean time to the first alarm [samples], runs without one counted as censored (maximum likelihood, exponential)."""
    first = first_alarm(scores, threshold)
    alarms = int(np.isfinite(first).sum())
    return float(np.minimum(first, scores.shape[1]).sum() / alarms) if alarms else np.inf


def calibrate(scores: Array) -> float:
    """The least threshold with the mean time to a false alarm that is wanted, from scores (runs, t) of noise."""
    low, high = 0.0, float(scores.max()) + 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_time(scores, middle) < FALSE_ALARM else (low, middle)
    return high


def delay(scores: Array, threshold: float) -> Delay:
    """From scores (runs, t), the ramp begins after ``BEFORE`` samples."""
    kept = scores[first_alarm(scores[:, :BEFORE], threshold) == np.inf][:, BEFORE:]
    first = first_alarm(kept, threshold)
    silent = int(np.isinf(first).sum())
    first = np.minimum(first, kept.shape[1])
    return Delay(float(first.mean()), float(first.std(ddof=1) / np.sqrt(len(first))), len(first), silent)


def scores_of(scorer: Scorer, runs: int, coefficient: float, slope: float, learn: int, seed: int) -> Array:
    """Scores (runs, t) after the learn part; slope 0 is noise alone, for ``QUIET`` samples."""
    samples = BEFORE + length(slope, coefficient) if slope else QUIET
    scores = np.empty((runs, samples))
    for i in range(runs):
        _progress(f"AR({coefficient}), slope {slope}, run {i + 1} of {runs}")
        chance = np.random.default_rng([seed, i, round(1e4 * slope), round(10 * coefficient)])
        run = make_noise(chance, learn + samples, coefficient)
        if slope:
            run[learn + BEFORE :] += slope * np.arange(1, samples - BEFORE + 1)
        scores[i] = np.nan_to_num(scorer(run)[learn:], nan=0.0)
    _progress("")
    return scores


def run_oracle(coefficient: float, seed: int = 1) -> Measured:
    """The oracle on one noise, with a threshold of its own for each slope (that of the last is returned)."""
    delays, threshold, time = {}, 0.0, 0.0
    for slope in SLOPES:

        def scorer(run: Array, slope: float = slope) -> Array:
            return oracle(run, slope, coefficient)

        quiet = scores_of(scorer, ORACLE_RUNS, coefficient, 0.0, 0, seed)
        threshold = calibrate(quiet)
        time = mean_time(quiet, threshold)
        delays[slope] = delay(scores_of(scorer, ORACLE_RUNS, coefficient, slope, 0, seed + 1), threshold)
    return Measured(threshold, time, delays)


def run_subject(subject: Subject, runs: int, learn: int, seed: int = 3) -> dict[str, Measured]:
    """A detector on both noises, with one threshold: the greater of the two that noise asks for."""

    def scorer(run: Array) -> Array:
        return subject(Recorded("recording", run[:, None], None, learn, 1.0, ("tag",))).score

    quiet = {name: scores_of(scorer, runs, phi, 0.0, learn, seed) for name, phi in NOISES.items()}
    threshold = max(calibrate(scores) for scores in quiet.values())
    measured = {}
    for name, phi in NOISES.items():
        delays = {d: delay(scores_of(scorer, runs, phi, d, learn, seed + 1), threshold) for d in SLOPES}
        measured[name] = Measured(threshold, mean_time(quiet[name], threshold), delays)
    return measured


def check(white: Measured) -> None:
    """The oracle on white noise against its first simulation; SystemExit if it is not the same."""
    for slope, wanted in FIRST_SIMULATED.items():
        if abs(white.delays[slope].mean / wanted - 1) > NEAR:
            raise SystemExit(f"oracle at slope {slope}: {white.delays[slope].mean:.1f} samples instead of {wanted}")


def print_table(name: str, measured: dict[str, Measured], best: dict[str, Measured]) -> None:
    """One line a noise: threshold, mean time to a false alarm, delay and its ratio to the oracle's by slope."""
    for noise, one in measured.items():
        cells = "".join(f"{_cell(one.delays[d], best[noise].delays[d]):>26}" for d in SLOPES)
        print(f"{name:<24}{noise:>8}  threshold {one.threshold:6.2f}  false alarm in {one.false_alarm:8.0f}{cells}")


def _cell(one: Delay, oracle_: Delay) -> str:
    silent = f", {one.silent} silent" if one.silent else ""
    return f"{one.mean:.1f} +- {one.error:.1f} ({one.mean / oracle_.mean:.2f}x{silent})"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def figures(ours: dict[str, Measured], best: dict[str, Measured]) -> dict[str, Any]:
    """The figures of ``--json``: delay over that of the oracle, on white noise."""
    return {f"ratio_{d}": round(ours["white"].delays[d].mean / best["white"].delays[d].mean, 2) for d in SLOPES}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--check", action="store_true", help="only simulate the oracle")
    parser.add_argument("--runs", type=int, default=60, help="runs a slope and noise (60)")
    parser.add_argument("--learn", type=int, default=5000, help="samples of the learn part (5000)")
    parser.add_argument("--baselines", action="store_true", help="detectors of other libraries beside ours (slow)")
    arguments = parser.parse_args()
    best = {name: run_oracle(phi) for name, phi in NOISES.items()}
    check(best["white"])
    if arguments.check or not arguments.json:
        print_table("oracle", best, best)
    if arguments.check:
        return
    # Only here, so that the check needs no detector.
    unified: Subject = import_module("benchmarks.ours").unified
    measured = run_subject(unified, arguments.runs, arguments.learn)
    if not arguments.json:
        print_table("ours", measured, best)
    if arguments.baselines:
        for name, subject in baselines.watchers().items():
            print_table(name, run_subject(subject, arguments.runs, arguments.learn), best)
    machine.report("ramp", figures(measured, best), as_json=arguments.json)


if __name__ == "__main__":
    main()
