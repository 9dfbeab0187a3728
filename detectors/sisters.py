"""Sister units vouch for one another: what all turbines of a farm do alike is no turbine's fault.

Weather that no covariate explains, ice, a curtailment or a new oil move all units at once. Told of each of forty that is forty
warnings for one cause. With f_k the filter of the bank on scale k, rho_k its ratio to its limit, and m_k the median of f_k
over the other units that can say something, 0 for those that hardly stand out themselves (|rho_k| < `HARDLY`), the score of a
unit is

    max_k min(|rho_k|, d_k / (`VOUCH` limit_k + `LIKE` |m_k|)),    d_k = |f_k - m_k|, 0 if f_k lies between 0 and m_k

so it must stand out by itself, and farther than its sisters. They are there to veto, not to be as sure. What all have in common
is not lost: the score of all units together is max_k |median of rho_k|, of two in the middle the lesser. A unit whose sisters
stand still, or cannot say, stands alone.

The median is right until half of the units are ill (breakdown point; P. J. Huber, "Robust Statistics," 1981, section 1.4).
The shares below were chosen, not tuned (docs/decisions/0030).
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Values
from detectors.compiled import compiled

FARM_UNITS = 8
"""Blocks of at least so many units are farms; of three or four hydro sets often one alone runs (docs/decisions/0030)."""
LEAST_KNOWN = 5
"""Known units that make a median worth the name."""
VOUCH = 0.6
"""Share of the limit by which a unit must stand out among its sisters."""
HARDLY = 0.4
"""A sister that stands out less by her own limit has nothing in common: hers may be wide, as of a unit that starts each day."""
LIKE = 0.25
"""What moves all units moves each a little more or less: so much of it is no difference yet."""
ASKED = 0.5
"""Sisters are asked from this score on: whoever says less is neither told of nor kept from learning."""
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
    _medians(x, middle)
    return middle


def vouched(own: Array, filters: Array, per_limit: Array) -> Array:
    """Scores (n_units + 1, n_tags) [-]: of each unit by itself and among its sisters, and of all units together.

    Parameters
    ----------
    own : (n_units, n_tags) score of each unit by itself, max_k |rho_k|; NaN = it cannot say.
    filters, per_limit : (n_scales, n_units, n_tags) f_k [unit of the tag] and 1 / limit_k; their product is rho_k.

    >>> rho = np.array([[[1.2], [1.2], [1.2], [1.2], [-1.2], [2.5]]])
    >>> vouched(np.abs(rho[0]), rho, np.ones_like(rho))[:, 0].round(2).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.2, 1.44, 1.2]
    """
    scores = np.empty((len(own) + 1, own.shape[1]))
    _vouch(own, filters, per_limit, scores)
    return scores


@compiled
def _medians(x: Array, middle: Array) -> None:
    known = np.empty(x.shape[0])
    for j in range(x.shape[1]):
        n = 0
        for u in range(x.shape[0]):
            if abs(x[u, j]) < HUGE:
                known[n] = x[u, j]
                n += 1
        middle[j] = np.nan
        if n >= LEAST_KNOWN:
            lower, upper = _middles(known, n)
            middle[j] = (lower + upper) / 2.0


@compiled
def _vouch(own: Array, filters: Array, per_limit: Array, scores: Array) -> None:
    """Most tags of most scans stand out in no unit: they cost one look at each."""
    n_units = own.shape[0]
    some = np.empty(n_units)
    for j in range(own.shape[1]):
        n = 0
        most = 0.0
        for u in range(n_units):
            scores[u, j] = own[u, j]
            if abs(own[u, j]) < HUGE:
                some[n] = own[u, j]
                most = max(most, own[u, j])
                n += 1
        scores[n_units, j] = np.nan
        if n < LEAST_KNOWN:
            continue
        scores[n_units, j], _ = _middles(some, n)
        if most < ASKED:
            continue
        if scores[n_units, j] >= ASKED:
            scores[n_units, j] = _alike(own, filters, per_limit, j, some)
        for u in range(n_units):
            if own[u, j] >= ASKED:
                scores[u, j] = _apart(own, filters, per_limit, u, j, some)


@compiled
def _alike(own: Array, filters: Array, per_limit: Array, j: int, some: Array) -> float:
    """Score of all units together: what the middle ones agree on."""
    most = 0.0
    for k in range(len(filters)):
        n = 0
        for u in range(len(own)):
            if abs(own[u, j]) < HUGE:
                some[n] = filters[k, u, j] * per_limit[k, u, j]
                n += 1
        lower, upper = _middles(some, n)
        if lower * upper > 0.0:
            most = max(most, min(abs(lower), abs(upper)))
    return most


@compiled
def _apart(own: Array, filters: Array, per_limit: Array, u: int, j: int, some: Array) -> float:
    """Score of a unit by itself and among its sisters."""
    most = 0.0
    for k in range(len(filters)):
        n = 0
        for v in range(len(own)):
            if v != u and abs(own[v, j]) < HUGE:
                some[n] = filters[k, v, j] if abs(filters[k, v, j] * per_limit[k, v, j]) >= HARDLY else 0.0
                n += 1
        lower, upper = _middles(some, n)
        f, m = filters[k, u, j], (lower + upper) / 2.0
        d = abs(f - m) if f * m <= 0.0 or abs(f) > abs(m) else 0.0
        among = d / (VOUCH / per_limit[k, u, j] + LIKE * abs(m))
        most = max(most, min(abs(f) * per_limit[k, u, j], among))
    return most


@compiled
def _middles(values: Array, n: int) -> tuple[float, float]:
    """The two values in the middle of the first ``n``, the same one twice if that is odd; it reorders them."""
    upper = _select(values, n, n // 2)
    # Of an even number the lower one is the largest of those that stand before it now.
    return (values[: n // 2].max() if n % 2 == 0 else upper), upper


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
