"""One scan of `detectors.bank`, as compiled loops over units, tags and scales; the equations are there, and letters as there.

Arrays are (n_units, n_tags), or (n_scales, n_units, n_tags).
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Mask
from detectors.compiled import compiled

FIRST_CLIP = 100
"""No winsorising before: a spread that starts at zero would lock itself in."""
CLIP = 15.0
"""Winsorising of what is learned [sigma]; tighter clips learn too small a spread from heavy tails."""


@compiled
def move(x: Array, mean: Array, learned: Array, stride: int, gain: Array, filters: Array, moved: Array) -> None:
    """f_k into ``moved``; ``gain`` (n_scales,) that of old age: a young filter is the plain mean of what it has seen."""
    a = np.empty(x.shape[1])
    for u in range(x.shape[0]):
        for k in range(len(gain)):
            for j in range(x.shape[1]):
                a[j] = max(gain[k], 1.0 / (stride * learned[u, j] + 1.0))
            for j in range(x.shape[1]):
                f = filters[k, u, j]
                moved[k, u, j] = f + a[j] * ((x[u, j] - mean[u, j]) - f) if abs(x[u, j]) < HUGE else f


@compiled
def score(x: Array, moved: Array, per_limit: Array, scores: Array) -> None:
    """The largest ratio to its limit of all scales; a tag that is not ready has no limit (NaN) on any."""
    for u in range(x.shape[0]):
        into = scores[u]
        for j in range(x.shape[1]):
            into[j] = abs(moved[0, u, j]) * per_limit[0, u, j] if abs(x[u, j]) < HUGE else np.nan
        for k in range(1, len(moved)):
            for j in range(x.shape[1]):
                ratio = abs(moved[k, u, j]) * per_limit[k, u, j]
                into[j] = ratio if ratio > into[j] else into[j]


@compiled
def lead(moved: Array, per_limit: Array, ratio: Array, deviation: Array) -> None:
    """Ratio to its limit, with its sign, and filter on the scale that stands out most."""
    for u in range(moved.shape[1]):
        for j in range(moved.shape[2]):
            ratio[u, j], deviation[u, j] = moved[0, u, j] * per_limit[0, u, j], moved[0, u, j]
            for k in range(1, len(moved)):
                one = moved[k, u, j] * per_limit[k, u, j]
                if abs(one) > abs(ratio[u, j]):
                    ratio[u, j], deviation[u, j] = one, moved[k, u, j]


@compiled
def learn(
    x: Array,
    where: Mask,
    ready: float,
    memory: float,
    guard: float,
    lag: int,
    paces: bool,
    filters: Array,
    floor: Array,
    square: Array,
    spread: Array,
    step: Array,
    before: Array,
    mean: Array,
    learned: Array,
) -> None:
    """w, v, d, mu and N of one scan; ``paces`` = it is an L-th one, in which d moves too. Times count in learned scans."""
    for u in range(x.shape[0]):
        for j in range(x.shape[1]):
            fast = filters[0, u, j]
            if where[u, j] and abs(x[u, j]) < HUGE:
                n = learned[u, j]
                # 2 / (N + 2) weighs the latest scans most: what was learned while the regression was poor fades sooner.
                al = max(2.0 / (n + 2.0), 1.0 / memory)
                clip = np.inf if n < FIRST_CLIP else CLIP * CLIP
                grows = np.inf if n < ready else guard
                for k in range(len(filters)):
                    f, w, v = filters[k, u, j], square[k, u, j], spread[k, u, j]
                    w += al * min(f * f - w, clip * (w + floor[k, 0, j]))
                    square[k, u, j] = w
                    spread[k, u, j] = min(w, v + grows * (v + floor[k, 0, j]))
                variance = spread[0, u, j] + floor[0, 0, j]
                if paces:
                    bl = max(2.0 / (n / lag + 2.0), lag / memory)
                    moved = min((fast - before[u, j]) ** 2, 4.0 * CLIP * CLIP * variance)
                    step[u, j] += bl * (moved - step[u, j])
                most = np.inf
                if n >= FIRST_CLIP:
                    most = (CLIP * al if n < ready else guard) * np.sqrt(variance)
                mean[u, j] += max(-most, min(al * (x[u, j] - mean[u, j]), most))
                learned[u, j] = n + 1.0
            if paces:
                before[u, j] = fast
