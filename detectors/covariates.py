"""The covariates of a block, scan by scan: averaged, scaled, curved or hinged, multiplied, lagged."""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Covariates, Mask, Values
from stations.plant import Block


class CovariateFilter:
    """Turns the values of a block into its covariates; keeps the first-order lags.

    For a good value x of the source, whose range is low .. high, dt after the latest scan with a good value of it (of several
    sources, x is the mean of those that are good),

        value = sign(s) |s| ** power                 s = (x - low) / (high - low)
        value = max(0, x - above) / (high - low)     where there is a hinge; if that moves with z, x - slope z stands for x
        value = ln(max(x, resolution) / high)        of a logarithm
        value = value s'                             where there is a second tag, scaled by its own range
        y <- y + (1 - exp(-dt / lag_s)) (value - y)  the first good value starts it: y = value; and so it is where lag_s = 0

    The power comes before the lag, as in a machine: losses go with the square of the current, and the metal is late for the
    losses. Where the load changes within the lag, the square of a lagged load is not the lag of its square.

    A lag follows the event time that has really passed, so a gap counts in full, whether scans or values were missing. While one
    of its tags is missing a lag stands still, and its covariate with it; a covariate without a lag is unknown (NaN) then, and so
    is every one before the first good value.
    """

    def __init__(self, block: Block) -> None:
        tags = [block.tags[block.tag_index[covariate.tag]] for covariate in block.covariates]
        self._source = np.array([block.tag_index[covariate.tag] for covariate in block.covariates], dtype=np.intp)
        averaged = [(column, covariate) for column, covariate in enumerate(block.covariates) if covariate.others]
        self._averaged = [column for column, _ in averaged]
        self._made_from = np.zeros((len(block.tags), len(averaged)))
        for place, (_, covariate) in enumerate(averaged):
            self._made_from[[block.tag_index[code] for code in (covariate.tag, *covariate.others)], place] = 1.0
        self._low = np.array([tag.low for tag in tags])
        self._span = np.array([tag.high - tag.low for tag in tags])
        self._power = np.array([covariate.power for covariate in block.covariates])
        self._lag_s = np.array([covariate.lag_s for covariate in block.covariates])
        hinges = [covariate.above for covariate in block.covariates]
        self._hinged = np.flatnonzero([hinge is not None for hinge in hinges])
        self._hinge = np.array([hinge for hinge in hinges if hinge is not None])
        moving = [covariate.moves_with for covariate in block.covariates]
        self._moving = np.flatnonzero([other is not None for other in moving])
        self._moves_with = np.array([block.tag_index[other] for other in moving if other is not None], dtype=np.intp)
        self._slope = np.array([covariate.slope for covariate in block.covariates])[self._moving]
        self._curved = np.flatnonzero(self._power != 1.0)
        self._all_squares = bool((self._power[self._curved] == 2.0).all())
        self._logged = np.flatnonzero([covariate.log for covariate in block.covariates])
        self._high = np.array([tag.high for tag in tags])[self._logged]
        self._least = np.array([tag.resolution for tag in tags])[self._logged]
        seconds = [covariate.times for covariate in block.covariates]
        self._multiplied = np.flatnonzero([code is not None for code in seconds])
        self._second = np.array([block.tag_index[code] for code in seconds if code is not None], dtype=np.intp)
        others = [block.tags[column] for column in self._second]
        self._second_low = np.array([tag.low for tag in others])
        self._second_span = np.array([tag.high - tag.low for tag in others])
        self._lagged = np.full((len(block.units), len(tags)), np.nan)
        self._missing_s = np.zeros(self._lagged.shape)
        self._weight_for_s, self._weight = -1.0, np.zeros(len(tags))

    def step(self, x: Values, elapsed_s: float) -> Covariates:
        """Covariates (n_units, n_covariates) [-] of one scan that comes ``elapsed_s`` [s] after the one before."""
        value = self._without_lag(x)
        change = value - self._lagged
        if (np.abs(change) < HUGE).all() and not self._missing_s.any():
            if elapsed_s != self._weight_for_s:
                self._weight_for_s, self._weight = elapsed_s, self._weight_after(elapsed_s)
            self._lagged = self._lagged + self._weight * change
            return self._lagged.copy()
        good: Mask = np.abs(value) < HUGE
        since_s = self._missing_s + elapsed_s
        lagged = np.where(good, self._lagged + self._weight_after(since_s) * change, self._lagged)
        self._lagged = np.where(good & np.isnan(self._lagged), value, lagged)
        self._missing_s = np.where(good, 0.0, since_s)
        known: Array = self._lagged.copy()
        known[~good & (self._lag_s == 0.0)] = np.nan
        return known

    def _without_lag(self, x: Values) -> Array:
        """What every covariate would be without its lag; NaN where a tag of it has no good value."""
        if not (np.abs(x) < HUGE).all():
            x = np.where(np.abs(x) < HUGE, x, np.nan)
        source = x[:, self._source]
        if self._averaged:
            source[:, self._averaged] = self._means(x)
        if len(self._moving):
            source[:, self._moving] -= self._slope * x[:, self._moves_with]
        value: Array = (source - self._low) / self._span
        if len(self._curved):
            value[:, self._curved] = self._raised(value[:, self._curved])
        if len(self._hinged):
            value[:, self._hinged] = np.maximum(source[:, self._hinged] - self._hinge, 0.0) / self._span[self._hinged]
        if len(self._logged):
            value[:, self._logged] = np.log(np.maximum(source[:, self._logged], self._least) / self._high)
        if len(self._multiplied):
            value[:, self._multiplied] *= (x[:, self._second] - self._second_low) / self._second_span
        return value

    def _means(self, x: Values) -> Array:
        """(n_units, n_averaged) mean of the good values of the tags of each; NaN where there is none."""
        good = ~np.isnan(x)
        count = good @ self._made_from
        means: Array = (np.where(good, x, 0.0) @ self._made_from) / np.where(count > 0.0, count, np.nan)
        return means

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
        """The lags [-] and for how long a tag of each has been missing [s]; copies."""
        return {"lagged": self._lagged.copy(), "missing_s": self._missing_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._lagged = state["lagged"].copy()
        self._missing_s = state["missing_s"].copy()
