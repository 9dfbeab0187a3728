"""The covariates of a block, scan by scan: scaled, lagged, raised to a power, hinged."""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Covariates, Mask, Values
from stations.plant import Block


class CovariateFilter:
    """Turns the values of a block into its covariates; keeps the first-order lags.

    A lag follows the event time that has really passed, so a gap counts in full. While its source is missing a lag stands still.
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
        self._lagged = np.full((len(block.units), len(tags)), np.nan)
        self._weight_for_s, self._weight = -1.0, np.zeros(len(tags))

    def step(self, x: Values, elapsed_s: float) -> Covariates:
        """Covariates (n_units, n_covariates) [-] of one scan that comes ``elapsed_s`` [s] after the one before."""
        source = x[:, self._source]
        if elapsed_s != self._weight_for_s:
            self._weight_for_s, self._weight = elapsed_s, -np.expm1(-elapsed_s / np.maximum(self._lag_s, 1e-9))
        lagged = self._lagged + self._weight * (source - self._lagged)
        good: Mask | None = None
        if not (np.abs(lagged) < HUGE).all():
            # The first good value starts a lag; while its source is missing a lag stands still.
            good = np.abs(source) < HUGE
            lagged = np.where(good & np.isnan(self._lagged), source, np.where(good, lagged, self._lagged))
        self._lagged = lagged
        scaled: Array = (lagged - self._low) / self._span
        if len(self._curved):
            base = scaled[:, self._curved]
            scaled[:, self._curved] = np.sign(base) * np.abs(base) ** self._power[self._curved]
        if len(self._hinged):
            scaled[:, self._hinged] = np.maximum(lagged[:, self._hinged] - self._hinge, 0.0) / self._span[self._hinged]
        if good is not None:
            scaled[~good & (self._lag_s == 0.0)] = np.nan
        return scaled

    def snapshot(self) -> dict[str, Array]:
        """The lags [unit of their source]; a copy."""
        return {"lagged": self._lagged.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._lagged = state["lagged"].copy()
