"""One scan of `detectors.regression`, as compiled loops over the models and tags of each unit; the equations are there.

``covariates`` (n_models, k) are those of each model, from column 1 on; ``lengths`` (n_models,) how many count, the constant
included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE, Array, Mask
from detectors.compiled import compiled

LEAK = 1e-3
"""Weight of the prior per unit of memory, against covariates of size about 1: far below one day of scans."""
MAX_COVARIATE = 100.0
"""Covariates are scaled to the range of their source; one that is far outside is unknown, and must not spoil A."""


@compiled
def _row(f: Array, covariates: NDArray[np.intp], length: int, row: Array) -> bool:
    """F of one unit and model into ``row``; whether all of it is known."""
    row[0] = 1.0
    for i in range(1, length):
        row[i] = f[covariates[i]]
        if not abs(row[i]) <= MAX_COVARIATE:
            return False
    return True


@compiled
def expect(
    f: Array,
    lengths: NDArray[np.intp],
    covariates: NDArray[np.intp],
    model_of_tag: NDArray[np.intp],
    ready: float,
    dependence: float,
    learned: Array,
    inverse: Array,
    weights: Array,
    value: Array,
    spread: Array,
) -> None:
    """What is expected of one scan, into ``value`` and ``spread`` (n_units, n_tags)."""
    rows = np.zeros(covariates.shape)
    ahead = np.zeros(covariates.shape[1])
    factor = np.zeros(len(lengths))
    for u in range(len(f)):
        for m in range(len(lengths)):
            factor[m] = np.nan
            if learned[u, m] < ready or not _row(f[u], covariates[m], lengths[m], rows[m]):
                continue
            row, length = rows[m], lengths[m]
            ahead[:] = 0.0  # A^-1 F, sums side by side: one after the other each would wait for the one before
            for i in range(length):
                share, into = row[i], inverse[u, m, i]
                for k in range(length):
                    ahead[k] += share * into[k]
            leverage = 0.0
            for k in range(length):
                leverage += ahead[k] * row[k]
            factor[m] = np.sqrt(1.0 + dependence * max(leverage, 0.0))
        for n in range(len(model_of_tag)):
            m = model_of_tag[n]
            spread[u, n] = factor[m]
            value[u, n] = np.nan
            if not np.isnan(factor[m]):
                value[u, n] = _dot(weights[u, n], rows[m], lengths[m])


@compiled
def _dot(a: Array, b: Array, length: int) -> float:
    total = 0.0
    for k in range(length):
        total += a[k] * b[k]
    return total


@compiled
def learn(
    x: Array,
    f: Array,
    where: Mask,
    lengths: NDArray[np.intp],
    covariates: NDArray[np.intp],
    model_of_tag: NDArray[np.intp],
    forget: float,
    information: Array,
    moment: Array,
    weights: Array,
    learned: Array,
    fresh: Array,
) -> None:
    """One scan into A (n_units, n_models, k, k), b (n_units, n_tags, k) and the counts of both; W as of the latest solution."""
    leak = (1.0 - forget) * LEAK
    rows = np.zeros(covariates.shape)
    known, active = np.zeros(len(lengths), np.bool_), np.zeros(len(lengths), np.bool_)
    for u in range(len(f)):
        for m in range(len(lengths)):
            known[m] = _row(f[u], covariates[m], lengths[m], rows[m])
            active[m] = False
        for n in range(len(model_of_tag)):
            if known[model_of_tag[n]] and where[u, n] and abs(x[u, n]) < HUGE:
                active[model_of_tag[n]] = True
        for m in range(len(lengths)):
            if not active[m]:
                continue
            row, length = rows[m], lengths[m]
            for i in range(length):
                share, into = row[i], information[u, m, i]
                for k in range(length):
                    into[k] = forget * into[k] + share * row[k]
                into[i] += leak
            learned[u, m] += 1.0
            fresh[u, m] += 1.0
        for n in range(len(model_of_tag)):
            m = model_of_tag[n]
            if not active[m]:
                continue
            row, length, w, into = rows[m], lengths[m], weights[u, n], moment[u, n]
            target = x[u, n]
            if not (where[u, n] and abs(target) < HUGE):
                target = _dot(w, row, length)
            for k in range(length):
                into[k] = forget * into[k] + (target * row[k] + leak * w[k])
