"""The covariates of a block, scan by scan: scaled, lagged, raised to a power, hinged."""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Covariates, Mask, Values
from stations.plant import Block


class CovariateFilter:
    """Turns the values of a block into its covariates; keeps the first-order lags.

    For a good value x of the source, whose range is low .. high, dt after the latest scan with a good value of it,

        y <- y + (1 - exp(-dt / lag_s)) (x - y)      the first good x starts it: y = x; and so it is always where lag_s = 0
        value = sign(s) |s| ** power                 s = (y - low) / (high - low)
        value = max(0, y - above) / (high - low)     where there is a hinge

    A lag follows the event time that has really passed, so a gap counts in full, whether scans or values were missing. While its
    source is missing a lag stands still, and its covariate with it; a covariate without a lag is unknown (NaN) then, and so is
    every one before the first good value.
    """

    def __init__(self, block: Block) -> None:
        tags = [block.tags[block.tag_index[covariate.tag]] for covariate in block.covariates]
        self._source = np.array([block.tag_index[covariate.tag] for covariate in block.covariates], dtype=np.intp)
        self._low = np.array([tag.low for tag in tags])
        self._span = np.array([tag.high - tag.low for tag in tags])
        self._power = np.array([covariate.power for covariate in block.covariates])
        self._lag_s = np.array([covariate.lag_s for covariate in block.covariates])
        hinges = [covariate.above for covariate in block.covariates]
        self._hinged = np.flatnonzero([hinge is not None for hinge in hinges])
        self._hinge = np.array([hinge for hinge in hinges if hinge is not None])
        self._curved = np.flatnonzero(self._power != 1.0)
        self._all_squares = bool((self._power[self._curved] == 2.0).all())
        self._lagged = np.full((len(block.units), len(tags)), np.nan)
        self._missing_s = np.zeros(self._lagged.shape)
        self._weight_for_s, self._weight = -1.0, np.zeros(len(tags))

    def step(self, x: Values, elapsed_s: float) -> Covariates:
        """Covariates (n_units, n_covariates) [-] of one scan that comes ``elapsed_s`` [s] after the one before."""
        source = x[:, self._source]
        good: Mask | None = None
        change = source - self._lagged
        if (np.abs(change) < HUGE).all() and not self._missing_s.any():
            if elapsed_s != self._weight_for_s:
                self._weight_for_s, self._weight = elapsed_s, self._weight_after(elapsed_s)
            lagged = self._lagged + self._weight * change
        else:
            good = np.abs(source) < HUGE
            since_s = self._missing_s + elapsed_s
            lagged = np.where(good, self._lagged + self._weight_after(since_s) * change, self._lagged)
            lagged = np.where(good & np.isnan(self._lagged), source, lagged)
            self._missing_s = np.where(good, 0.0, since_s)
        self._lagged = lagged
        scaled: Array = (lagged - self._low) / self._span
        if len(self._curved):
            scaled[:, self._curved] = self._raised(scaled[:, self._curved])
        if len(self._hinged):
            scaled[:, self._hinged] = np.maximum(lagged[:, self._hinged] - self._hinge, 0.0) / self._span[self._hinged]
        if good is not None:
            scaled[~good & (self._lag_s == 0.0)] = np.nan
        return scaled

    def _weight_after(self, seconds: Array | float) -> Array:
        weight: Array = -np.expm1(-seconds / np.maximum(self._lag_s, 1e-9))
        return weight

    def _raised(self, base: Array) -> Array:
        """To their powers, signs kept; squares, which nearly all are, without a power function."""
        if self._all_squares:
            return base * np.abs(base)
        raised: Array = np.sign(base) * np.abs(base) ** self._power[self._curved]
        return raised

    def snapshot(self) -> dict[str, Array]:
        """The lags [unit of their source] and for how long their sources have been missing [s]; copies."""
        return {"lagged": self._lagged.copy(), "missing_s": self._missing_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._lagged = state["lagged"].copy()
        self._missing_s = state["missing_s"].copy()
