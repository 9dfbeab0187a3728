"""Ours, as the benchmarks judge it: `detectors.watcher` on one unit, the same constants for every set."""

from __future__ import annotations

import numpy as np

from benchmarks.subject import Array, Mask, Recorded, Verdict
from detectors.watcher import Watcher


def unified(recorded: Recorded) -> Verdict:
    """Learn from the learn rows, then row by row."""
    score, warning = rowwise(recorded)
    return Verdict(score.max(axis=1, initial=0.0, where=~np.isnan(score)), warning)


def swept(recorded: Recorded, factor: float) -> Verdict:
    """As `unified`, with every limit times ``factor``."""
    score, warning = rowwise(recorded, factor)
    return Verdict(score.max(axis=1, initial=0.0, where=~np.isnan(score)), warning)


def rowwise(recorded: Recorded, margin: float = 1.0) -> tuple[Array, Mask]:
    """Score and warning (t, n) of every tag and row; zero in the learn rows."""
    learn, x, f = recorded.learn, recorded.values[:, None], recorded.covariates
    f = None if f is None else f[:, None]
    watcher = Watcher(x[:learn], None if f is None else f[:learn], period_s=recorded.period_s, margin=margin)
    score, warning = np.zeros(recorded.values.shape), np.zeros(recorded.values.shape, bool)
    for row in range(learn, len(x)):
        one, on = watcher.step(x[row], None if f is None else f[row])
        score[row], warning[row] = one[0], on[0]
    return score, warning
