"""The charts of one tag after another, scale after scale, as their equations stand in `detectors.chart`: slow and plain.

Without hand-over and acceptance, which the tests look at on their own.
"""

from __future__ import annotations

import math

import numpy as np

from detectors.base import Array
from detectors.chart import LONGEST_SHARE, RULES, SCALES
from detectors.chart_rows import TINY


def scores(e: Array, learn_rows: int) -> Array:
    """Scores (t, scales, n) of the residuals ``e`` (t, n) of one head and unit that never warns."""
    taus = [tau for tau in SCALES if tau == SCALES[0] or tau <= learn_rows / LONGEST_SHARE]
    rows, n = e.shape
    f, vg, vd = ([[0.0] * n for _ in taus] for _ in range(3))
    mu = [0.0] * n
    out = np.zeros((rows, len(taus), n))
    v: list[list[float]] = []
    nu: list[list[float]] = []
    for t in range(rows):
        seen, before = t + 1, t
        if before % max(1, int(min(before, RULES.spread_memory * learn_rows)) // RULES.renew_share) == 0:
            v, nu = _spreads(vg, vd, before, learn_rows, n)
        for j in range(n):
            error = e[t, j] - mu[j]
            bound = RULES.clip * math.sqrt(vg[0][j] + TINY)
            for k, tau in enumerate(taus):
                old = f[k][j]
                f[k][j] = old + max(1 / tau, 1 / seen) * (error - old)
                var = v[k][j] + RULES.floor**2 / (2 * tau - 1)
                free = nu[k][j]
                out[t, k, j] = (
                    (1 + RULES.slow_gain * max(0.0, math.log10(tau / RULES.slow_from)))
                    * (8 * free + 1)
                    / (8 * free + 3)
                    * math.sqrt(free * math.log1p(f[k][j] ** 2 / (var * free)))
                )
                squared = f[k][j] ** 2 if before <= RULES.first_clip else min(f[k][j] ** 2, RULES.clip**2 * vg[k][j])
                al = max(1 / seen, 1 / (RULES.spread_memory * learn_rows))
                vd[k][j] += al * ((f[k][j] - old) ** 2 - vd[k][j])
                vg[k][j] += al * (squared - vg[k][j])
            if before > RULES.first_clip:
                error = min(max(error, -bound), bound)
            mu[j] += max(1 / seen, 1 / (RULES.mean_memory * learn_rows)) * error
    return out


def _spreads(
    vg: list[list[float]], vd: list[list[float]], before: int, learn_rows: int, n: int
) -> tuple[list[list[float]], list[list[float]]]:
    """Variances and degrees of freedom, pooled over three tags or more."""
    v = [[one + TINY for one in row] for row in vg]
    nu = [
        [
            max(min(before, 2 * RULES.spread_memory * learn_rows) / max(4 * vg[k][j] / (vd[k][j] + TINY) - 1, 1), 1)
            for j in range(n)
        ]
        for k in range(len(vg))
    ]
    if n < 3:
        return v, nu
    pooled = [[0.0] * n for _ in v]
    for k in range(len(v)):
        slower = sum(math.log(v[k][j] / v[0][j]) for j in range(n)) / n
        for j in range(n):
            w = nu[k][j] / (nu[k][j] + RULES.kin_freedom)
            pooled[k][j] = math.exp(w * math.log(v[k][j]) + (1 - w) * (slower + math.log(v[0][j])))
    return pooled, [[one + RULES.kin_freedom for one in row] for row in nu]
