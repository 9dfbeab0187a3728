"""What a model lags behind: the load has moved, and what it heats has not followed yet.

A regression knows only the lags that its catalogue names. The others do not show between scans of ten minutes; between those of
seconds every gas turbine that runs down stands out for a quarter of an hour. So a residual counts the less the farther its
expectation has moved of late. With e the expectation, g its EWMA over `LATELY_S`, and r the residual,

    m = e - g,    Var r = s^2 + c m^2,    spread = sqrt(max(1, (s^2 + c m^2) / mean(r^2)))

c and s^2 are the least squares of r^2 over m^2, with forgetting, of each tag and all units of the block:

    c = max(0, cov(r^2, m^2) / var(m^2)),    s^2 = mean(r^2) - c mean(m^2)

It widens what is worse than usual, and narrows nothing: limits at rest are what they would be without it.

A tag that stood out when it was last at rest (m^2 <= s^2) teaches nothing: that is no lag. One that does so only while it moves
must, or its lag would never be learned. r^2 is winsorised at `CLIP`^2 (s^2 + m^2): no reading lags behind by more than its
expectation has moved, and its noise.

Reference: R. J. Carroll, D. Ruppert, "Transformation and Weighting in Regression," 1988, section 3.3 (variance functions by
regression of squared residuals). The constants were chosen, not tuned (docs/decisions/0031).
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Mask
from detectors.compiled import compiled

LATELY_S = 600.0
"""Lags that no catalogue names are of minutes [s]."""
LEAST_SCANS = 3.0
"""In fewer scans no lag of so long can be seen."""
CLIP = 3.0
"""Winsorising of a residual [spreads]."""
LEAST_SHARE = 0.05
"""Least share of mean(r^2) that is noise."""
READY = 1000.0
"""Residuals of a tag, of all units, before any is widened."""


def shows(period_s: float) -> bool:
    """Whether scans ``period_s`` apart show what a model lags behind.

    >>> shows(20.0), shows(600.0)
    (True, False)
    """
    return period_s * LEAST_SCANS <= LATELY_S


class Transients:
    """Spread factors of the judged tags of one block.

    Parameters
    ----------
    resolution : (n_tags,) smallest step of each residual; bounds s^2 from below.
    memory_s : forgetting time [s].

    Examples
    --------
    A reading that lags five minutes behind: its residual is worth little while the expectation moves, all while it rests.

    >>> transients = Transients(np.array([0.1]), n_units=1, period_s=60.0, memory_s=1e6)
    >>> chance, lagging = np.random.default_rng(1), 0.0
    >>> for scan in range(4000):
    ...     expected = np.full((1, 1), 100.0 * (scan // 100 % 2))
    ...     lagging += (expected[0, 0] - lagging) / 5.0
    ...     residual = lagging + chance.standard_normal((1, 1)) - expected
    ...     transients.learn(expected, residual / transients.spread(expected), np.ones((1, 1), bool))
    >>> rest = transients.spread(expected)
    >>> moves = transients.spread(expected + 50.0)
    >>> round(float(rest[0, 0]), 1), bool(moves[0, 0] > 2.0)
    (1.0, True)
    """

    def __init__(self, resolution: Array, *, n_units: int, period_s: float, memory_s: float) -> None:
        self._gain = float(-np.expm1(-period_s / LATELY_S))
        self._memory = memory_s / period_s * n_units
        self._floor = np.maximum(resolution, 1e-12) ** 2 / 12.0
        self._lately = np.full((n_units, len(resolution)), np.nan)
        self._calm = np.ones((n_units, len(resolution)))
        """Whether a tag could be learned when it was last at rest."""
        self._means = np.zeros((5, len(resolution)))
        """Of each tag: residuals seen, mean of m^2, of m^4, of r^2, of r^2 m^2."""
        self._fit = np.stack([np.zeros(len(resolution)), self._floor, self._floor])
        """Of each tag: c, s^2 and mean(r^2)."""

    def spread(self, expected: Array) -> Array:
        """Spread factor >= 1 [-] of residuals from ``expected``, both (n_units, n_tags). Changes nothing."""
        factor = np.empty(expected.shape)
        _widen(expected, self._lately, self._gain, self._fit, factor)
        return factor

    def learn(self, expected: Array, residual: Array, where: Mask) -> None:
        """Take one scan in: expectations, residuals over `spread`, and what may be learned (``where``), all (n_units, n_tags)."""
        _learn(
            expected,
            residual,
            where,
            self._gain,
            self._memory,
            self._floor,
            self._lately,
            self._calm,
            self._means,
            self._fit,
        )

    def snapshot(self) -> dict[str, Array]:
        """The state; arrays are copies."""
        return {name: array.copy() for name, array in self._state.items()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, array in self._state.items():
            array[:] = state[name]

    @property
    def _state(self) -> dict[str, Array]:
        return {"lately": self._lately, "calm": self._calm, "means": self._means, "fit": self._fit}


@compiled
def _widen(expected: Array, lately: Array, gain: float, fit: Array, factor: Array) -> None:
    for u in range(expected.shape[0]):
        for j in range(expected.shape[1]):
            m = (1.0 - gain) * (expected[u, j] - lately[u, j])
            factor[u, j] = np.sqrt(_wider(fit, j, m * m)) if abs(m) < HUGE else 1.0


@compiled
def _wider(fit: Array, j: int, m2: float) -> float:
    wider: float = max(1.0, (fit[1, j] + fit[0, j] * m2) / fit[2, j])
    return wider


@compiled
def _learn(
    expected: Array,
    residual: Array,
    where: Mask,
    gain: float,
    memory: float,
    floor: Array,
    lately: Array,
    calm: Array,
    means: Array,
    fit: Array,
) -> None:
    for u in range(expected.shape[0]):
        for j in range(expected.shape[1]):
            e = expected[u, j]
            if not abs(e) < HUGE:
                continue
            if np.isnan(lately[u, j]):
                lately[u, j] = e
            m = (1.0 - gain) * (e - lately[u, j])
            lately[u, j] = e - m
            m2, s2 = m * m, fit[1, j]
            if not abs(residual[u, j]) < HUGE:
                continue
            if m2 <= s2:
                calm[u, j] = where[u, j]
            if not calm[u, j]:
                continue
            means[0, j] += 1.0
            a = max(1.0 / means[0, j], 1.0 / memory)
            r2 = residual[u, j] ** 2 * _wider(fit, j, m2)
            if means[0, j] > READY:
                r2 = min(r2, CLIP * CLIP * (s2 + m2))
            means[1, j] += a * (m2 - means[1, j])
            means[2, j] += a * (m2 * m2 - means[2, j])
            means[3, j] += a * (r2 - means[3, j])
            means[4, j] += a * (r2 * m2 - means[4, j])
    for j in range(expected.shape[1]):
        of_m2 = means[2, j] - means[1, j] ** 2
        if means[0, j] >= READY and of_m2 > 0.0:
            fit[0, j] = max(0.0, (means[4, j] - means[3, j] * means[1, j]) / of_m2)
            fit[1, j] = max(means[3, j] - fit[0, j] * means[1, j], LEAST_SHARE * means[3, j], floor[j])
            fit[2, j] = max(means[3, j], floor[j])
