"""The equations of the detectors once more, one number at a time: slow, plain, and written from the docstrings only.

Where a fast version and its naive one differ, the docstring decides who is wrong. Nothing here imports numpy. The bank has a
file of its own, `naive_bank`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

NAN = math.nan
LEAK, MAX_COVARIATE = 1e-3, 100.0
HUGE = 1e100

Row = Sequence[float]


def is_good(value: float) -> bool:
    """A number that a machine can have."""
    return not math.isnan(value) and abs(value) < HUGE


# ---- detectors/regression.py


@dataclass
class Expectation:
    """What one model says before one scan: expected value of each tag [unit of the tag], spread factor [-]."""

    values: list[float]
    spread: float


@dataclass
class _Learned:
    f: list[float]
    targets: list[float]
    weights: list[list[float]]
    """In force when this scan was learned, one row a tag."""


def regression(
    fs: Sequence[Row],
    xs: Sequence[Row],
    where: Sequence[Sequence[bool]],
    *,
    largest_model: int,
    period_s: float,
    learn_s: float,
    memory_s: float,
    refit_s: float,
    ready_s: float,
    correlation_s: float,
) -> list[Expectation]:
    """Weighted least squares of one unit and model, from scratch at every solution.

    ``fs`` (scans, covariates of the model, without the constant), ``xs`` and ``where`` (scans, tags of the model);
    ``largest_model`` = weights of the largest model of the block. Each scan is judged before it is learned.
    """
    stride = max(1, round(learn_s / period_s))
    step_s = stride * period_s
    forget = math.exp(-step_s / memory_s)
    refit_scans = max(1, round(refit_s / step_s))
    ready = max(1 + largest_model, round(ready_s / step_s))
    d = max(1.0, correlation_s / step_s)
    n_weights, n_tags = 1 + len(fs[0]), len(xs[0])

    information = [[LEAK if i == j else 0.0 for j in range(n_weights)] for i in range(n_weights)]
    weights = [[0.0] * n_weights for _ in range(n_tags)]
    history: list[_Learned] = []
    solved_at = 0
    said = []
    for t, (covariates, x) in enumerate(zip(fs, xs, strict=True), 1):
        f = [1.0, *(value if abs(value) <= MAX_COVARIATE else NAN for value in covariates)]
        known = not any(math.isnan(value) for value in f)
        expected = [_dot(w, f) for w in weights]
        if known and len(history) >= ready:
            said.append(Expectation(expected, math.sqrt(1.0 + d * _dot(f, solve(information, f)))))
        else:
            said.append(Expectation([NAN] * n_tags, NAN))
        learns = [known and is_good(x[i]) and where[t - 1][i] for i in range(n_tags)]
        if t % stride or not any(learns):
            continue
        targets = [x[i] if learns[i] else expected[i] for i in range(n_tags)]
        history.append(_Learned(f, targets, weights))
        if len(history) - solved_at >= min(refit_scans, max(1.0, len(history) / 8)):
            information = _information(history, forget, n_weights)
            weights = [solve(information, _moment(history, forget, n_weights, i)) for i in range(n_tags)]
            solved_at = len(history)
    return said


def _information(history: Sequence[_Learned], forget: float, n_weights: int) -> list[list[float]]:
    """Weighted sum of F F' plus eps I: the first eps I fades as fast as the leak fills it up."""
    total = [[LEAK if i == j else 0.0 for j in range(n_weights)] for i in range(n_weights)]
    for age, scan in enumerate(reversed(history)):
        for i in range(n_weights):
            for j in range(n_weights):
                total[i][j] += forget**age * scan.f[i] * scan.f[j]
    return total


def _moment(history: Sequence[_Learned], forget: float, n_weights: int, tag: int) -> list[float]:
    total = [0.0] * n_weights
    for age, scan in enumerate(reversed(history)):
        for i in range(n_weights):
            pull = (1.0 - forget) * LEAK * scan.weights[tag][i]
            total[i] += forget**age * (scan.f[i] * scan.targets[tag] + pull)
    return total


def solve(matrix: Sequence[Row], right: Row) -> list[float]:
    """Gauss elimination with partial pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    n = len(rows)
    for column in range(n):
        pivot = max(range(column, n), key=lambda i: abs(rows[i][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for i in range(column + 1, n):
            ratio = rows[i][column] / rows[column][column]
            rows[i] = [a - ratio * b for a, b in zip(rows[i], rows[column], strict=True)]
    solution = [0.0] * n
    for i in reversed(range(n)):
        known = sum(rows[i][j] * solution[j] for j in range(i + 1, n))
        solution[i] = (rows[i][n] - known) / rows[i][i]
    return solution


def _dot(a: Row, b: Row) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


# ---- detectors/covariates.py


def covariate(
    values: Row,
    elapsed_s: Row,
    *,
    low: float,
    high: float,
    lag_s: float = 0.0,
    power: float = 1.0,
    above: float | None = None,
    least: float | None = None,
    factors: Row | None = None,
) -> list[float]:
    """One covariate of one unit over the scans; ``elapsed_s`` since the scan before.

    ``least`` is the resolution of the source of a logarithm; ``factors`` the scaled readings of a second tag.
    """
    y, since_good_s = NAN, 0.0
    out = []
    for x, factor, dt in zip(values, factors or [1.0] * len(values), elapsed_s, strict=True):
        since_good_s += dt
        good = is_good(x) and is_good(factor)
        if good:
            share = (x - low) / (high - low)
            value = math.copysign(abs(share) ** power, share)
            if above is not None:
                value = max(0.0, x - above) / (high - low)
            if least is not None:
                value = math.log(max(x, least) / high)
            weight = 1.0 if lag_s == 0.0 else 1.0 - math.exp(-since_good_s / lag_s)
            y = value * factor if math.isnan(y) else y + weight * (value * factor - y)
            since_good_s = 0.0
        out.append(NAN if lag_s == 0.0 and not good else y)
    return out


# ---- detectors/episodes.py


@dataclass
class Change:
    """One transition: at which scan, what, level, onset [ns]."""

    scan: int
    kind: str
    level: int
    onset_ns: int


def episodes(
    scores: Row,
    times_ns: Sequence[int],
    *,
    levels: Row,
    on_scans: int,
    off_scans: int,
    off_score: float,
    on_shares: Row = (1.0, 1.0, 1.0),
) -> list[Change]:
    """The life of the episodes of one component, looking back over all scans that could say something."""
    changes: list[Change] = []
    level, onset_ns = 0, 0
    known: list[tuple[float, int]] = []
    for scan, (score, time_ns) in enumerate(zip(scores, times_ns, strict=True)):
        if math.isnan(score):
            continue
        known.append((score, time_ns))
        reached = 0
        for rank, (limit, share) in enumerate(zip(levels, on_shares, strict=True), 1):
            recent = [s for s, _ in known[-math.ceil(share * on_scans) :]]
            if len(recent) == math.ceil(share * on_scans) and min(recent) >= limit:
                reached = rank
        if reached > level:
            if level == 0:
                onset_ns = _start_of_run(known, levels[0])
            changes.append(Change(scan, "escalated" if level else "opened", reached, onset_ns))
            level = reached
        elif level and len(known) >= off_scans and all(s <= off_score for s, _ in known[-off_scans:]):
            changes.append(Change(scan, "returned", level, onset_ns))
            level = 0
    return changes


def _start_of_run(known: Sequence[tuple[float, int]], limit: float) -> int:
    onset_ns = 0
    for score, time_ns in reversed(known):
        if score < limit:
            break
        onset_ns = time_ns
    return onset_ns
