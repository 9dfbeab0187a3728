"""From score to health: an index 0-100 for every component, unit and station; worst-of on the way up."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.compiled import compiled

SCORE_MOST = 30.0
"""Its health is the least there is; from 33 on the power of two would underflow to 0."""


def health_index(score: Array) -> Array:
    """Health 0-100 [-] of a score [-] of any shape: 100 at 0, 50 at the warning limit, NaN where the score is.

    100 * 2 ** -(score ** 2), the score held at `SCORE_MOST`: flat near normal, so noise does not look like decay, and never
    quite 0, which is what a fault of the arithmetic would look like.

    >>> health_index(np.array([0.0, 1.0, 2.0, np.nan])).tolist()
    [100.0, 50.0, 6.25, nan]
    """
    return 100.0 * np.exp2(-np.square(np.minimum(score, SCORE_MOST)))


def worst(score: Array, first: NDArray[np.intp]) -> Array:
    """Highest score of every group of columns, (n_units, n_groups); NaN where the whole group cannot say.

    Parameters
    ----------
    score : (n_units, n_tags) [-], columns sorted by group.
    first : (n_groups,) first column of each group, ascending, no group empty.
    """
    groups = np.empty((len(score), len(first)))
    _worst(score, first, groups)
    return groups


@compiled
def _worst(score: Array, first: NDArray[np.intp], groups: Array) -> None:
    for u in range(score.shape[0]):
        for i in range(len(first)):
            most = np.nan
            for j in range(first[i], first[i + 1] if i + 1 < len(first) else score.shape[1]):
                if not score[u, j] <= most and not np.isnan(score[u, j]):
                    most = score[u, j]
            groups[u, i] = most


def lowest(health: Array) -> float:
    """The lowest health of all [-]; NaN if none is known.

    >>> lowest(np.array([[90.0, np.nan], [70.0, 80.0]]))
    70.0
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmin(health)) if health.size else float("nan")
