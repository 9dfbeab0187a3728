"""Sister units vouch for one another: what all turbines of a farm do alike is no turbine's fault.

Weather that no covariate explains, ice, a curtailment or a new oil move all units at once. Told of each of forty that is forty
warnings for one cause. So of a farm a second residual is judged beside the unit's own r,

    d = r - median over the units of r          where at least `LEAST_KNOWN` units can say something

and a unit's score is min(score of r, score of d / `VOUCH`): it must stand out by itself and among its sisters. What all have in
common is not lost: of all units together the score is the median of theirs. Where sisters cannot say, a unit stands alone.

The median is right until half of the units are ill (breakdown point; P. J. Huber, "Robust Statistics," 1981, section 1.4).
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Values
from detectors.compiled import compiled

FARM_UNITS = 8
"""Blocks of at least so many units are farms; of three or four hydro sets often one alone runs."""
LEAST_KNOWN = 5
"""Known units that make a median worth the name."""
VOUCH = 0.6
"""Sisters agree that a unit stands out from this share of the limit on: they are there to veto, not to be as sure."""
ALL_UNITS = "*"
"""Stands for the unit where a station as a whole is meant."""


def is_farm(n_units: int) -> bool:
    """Whether a block has sisters enough.

    >>> is_farm(4), is_farm(40)
    (False, True)
    """
    return n_units >= FARM_UNITS


def median(x: Values) -> Array:
    """Median over the units that are known, of each tag (n_tags,) of ``x`` (n_units, n_tags); NaN of fewer than `LEAST_KNOWN`.

    >>> median(np.array([[1.0], [2.0], [2.0], [9.0], [3.0], [np.nan]])).tolist()
    [2.0]
    """
    middle = np.empty(x.shape[1])
    _median(x, middle)
    return middle


@compiled
def _median(x: Array, middle: Array) -> None:
    known = np.empty(x.shape[0])
    for j in range(x.shape[1]):
        n = 0
        for u in range(x.shape[0]):
            if abs(x[u, j]) < HUGE:
                known[n] = x[u, j]
                n += 1
        middle[j] = np.nan
        if n >= LEAST_KNOWN:
            upper = _select(known, n, n // 2)
            lower = upper
            if n % 2 == 0:  # the largest of those that stand before it now
                lower = known[: n // 2].max()
            middle[j] = (lower + upper) / 2.0


@compiled
def _select(values: Array, n: int, rank: int) -> float:
    """The value of that ``rank``, from 0, of the first ``n``; none that is left before it is larger.

    C. A. R. Hoare, "Algorithm 65: find", Comm. ACM 4(7), 1961: its time grows with ``n``, that of a sort faster.
    """
    low, high = 0, n - 1
    while low < high:
        pivot, i, j = values[rank], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if j < rank:
            low = i
        if rank < i:
            high = j
    found: float = values[rank]
    return found


def vouched(own: Array, among: Array) -> Array:
    """Scores (n_units + 1, n_tags) [-]: of each unit by its own and by that among its sisters, and of all units together.

    >>> own, among = np.full((5, 1), 1.2), np.array([[0.3], [0.3], [0.3], [0.9], [np.nan]])
    >>> vouched(own, among)[:, 0].round(2).tolist()
    [0.5, 0.5, 0.5, 1.2, 1.2, 1.2]
    """
    scores = np.empty((len(own) + 1, own.shape[1]))
    _vouch(own, among, scores)
    _median(own, scores[-1])
    return scores


@compiled
def _vouch(own: Array, among: Array, scores: Array) -> None:
    """The lesser of both, or that of its own where sisters cannot say."""
    for u in range(own.shape[0]):
        for j in range(own.shape[1]):
            excused = among[u, j] / VOUCH
            scores[u, j] = excused if excused < own[u, j] else own[u, j]
