"""Ours, as the benchmarks judge it: `detectors.watcher` on one unit, the same constants for every set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.subject import Array, Mask, Recorded, Verdict
from detectors.chart import RULES
from detectors.chart_rows import Rules
from detectors.excursions import STAYS
from detectors.watcher import Watcher


def unified(recorded: Recorded) -> Verdict:
    """Learn from the learn rows, then row by row."""
    return swept(recorded, 1.0)


def swept(recorded: Recorded, factor: float) -> Verdict:
    """As `unified`, with every limit times ``factor``."""
    score, warning, steps = rowwise(recorded, factor)
    turns = np.diff(warning, axis=0, prepend=False)
    changes = np.logical_or.reduce(turns | steps, axis=1)
    return Verdict(score.max(axis=1, initial=0.0, where=~np.isnan(score)), warning, changes)


def rowwise(
    recorded: Recorded,
    margin: float = 1.0,
    rules: Rules = RULES,
    change: Callable[[Watcher], None] = lambda watcher: None,
) -> tuple[Array, Mask, Mask]:
    """Score, warning and steps (t, n) of every tag and row; zero in the learn rows. ``change`` is done to what has learned."""
    learn, x, f = recorded.learn, recorded.values[:, None], recorded.covariates
    f = None if f is None else f[:, None]
    watcher = Watcher(
        x[:learn], None if f is None else f[:learn], period_s=recorded.period_s, margin=margin, rules=rules
    )
    change(watcher)
    score, (warning, steps) = np.zeros(recorded.values.shape), np.zeros((2, *recorded.values.shape), bool)
    verdict = watcher.judge(x[learn:], None if f is None else f[learn:])
    score[learn:], warning[learn:] = verdict.score[:, 0], verdict.warning[:, 0]
    steps[learn:] = verdict.excursion[:, 0] == STAYS
    return score, warning, steps
