"""Limits from a budget of false warnings, by the extremes of the rows that were learned from.

Whoever runs a plant can say how many false warnings are bearable, not how many sigmas. The scores of the learn rows, taken out of
sample, are cut into blocks; the largest of each block follows Gumbel's law, and the limit is where it is passed as
often as the budget allows. A short learn part is trusted in proportion, the rest is a reference.

Reference: E. J. Gumbel, "Statistics of Extremes," 1958, chapter 5 (block maxima; the fit by moments).
"""

from __future__ import annotations

import math

import numpy as np

from detectors.base import Array

BUDGET = 1e-3
"""False episodes a row, head and block of tags that the limit is set for before the margin."""
REFERENCE, REFERENCE_ROWS = 3.1, 400.0
"""Limit of white noise of some ten tags, and the rows of learning that weigh as much as it."""
LEAST, MOST = 3.0, 8.0
EULER = 0.5772156649
BURN_SHARE, BLOCKS, LEAST_BLOCK = 4, 40, 10
"""The first quarter is left out, as spreads are still forming; the learn rows make forty blocks of at least ten rows."""


def running_minimum(x: Array, rows: int) -> Array:
    """Least of the last ``rows`` values over axis 0, (t, ...): what persists.

    Examples
    --------
    >>> running_minimum(np.array([1.0, 5.0, 6.0, 7.0, 2.0]), 3).tolist()
    [1.0, 1.0, 1.0, 5.0, 2.0]
    """
    least = x.copy()
    for back in range(1, rows):
        least[back:] = np.minimum(least[back:], x[:-back])
    return least


def budget_limit(scores: Array, budget: float, persist: int, most: float = MOST) -> float:
    """Limit [as scores] that no tag of ``scores`` (t, n) of learn rows passes for ``persist`` rows in a row more often than the
    ``budget`` [1/row].

    Examples
    --------
    >>> z = np.abs(np.random.default_rng(1).standard_normal((2000, 8)))
    >>> 0.5 < budget_limit(z, BUDGET, 12) < 1.5
    True
    """
    rows = len(scores)
    persistent = running_minimum(scores, persist).max(axis=1)[rows // BURN_SHARE :]
    size = max(LEAST_BLOCK, rows // BLOCKS)
    n = len(persistent) // size
    if n < 2:
        return REFERENCE
    largest = persistent[len(persistent) - n * size :].reshape(n, size).max(axis=1)
    scale = float(largest.std()) * math.sqrt(6.0) / math.pi
    rare = -math.log(-math.log1p(-min(0.5, size * budget)))
    return float(np.clip(largest.mean() - EULER * scale + scale * rare, 1e-3, most))


def shrunk(limit: float, rows: int, margin: float) -> float:
    """``limit`` as far as ``rows`` of learning can vouch for it, and ``margin`` for what a learn part cannot contain.

    Examples
    --------
    >>> round(shrunk(3.1, 400, 1.17), 2), shrunk(1.0, 100, 1.0)
    (3.63, 3.0)
    """
    weight = rows / (rows + REFERENCE_ROWS)
    return max(LEAST, margin * math.exp(weight * math.log(limit) + (1.0 - weight) * math.log(REFERENCE)))
