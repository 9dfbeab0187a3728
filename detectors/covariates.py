"""The covariates of a block, scan by scan: averaged, scaled, curved or hinged, multiplied, lagged."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE, Array, Covariates, Values
from detectors.compiled import compiled
from stations.plant import Block, Covariate

NONE: Final = -1
"""Stands for the column of a tag where there is none."""
LEAST_S: Final = 1e-9
"""The lag of what has none [s]."""
_RULE: Final = np.dtype(
    [
        ("low", float),
        ("span", float),
        ("high", float),
        ("least", float),
        ("power", float),
        ("above", float),
        ("is_log", bool),
        ("moves_with", np.intp),
        ("slope", float),
        ("times", np.intp),
        ("times_low", float),
        ("times_span", float),
        ("lag_s", float),
    ],
    align=True,
)
"""What makes one covariate of its tags; ``above`` NaN = no hinge, tags by their column."""


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
        self._rules = np.array([_rule(block, covariate) for covariate in block.covariates], dtype=_RULE)
        sources = [[block.tag_index[code] for code in (each.tag, *each.others)] for each in block.covariates]
        self._sources = np.full((len(sources), max(map(len, sources), default=1)), NONE, dtype=np.intp)
        for row, columns in enumerate(sources):
            self._sources[row, : len(columns)] = columns
        self._lagged = np.full((len(block.units), len(sources)), np.nan)
        self._missing_s = np.zeros(self._lagged.shape)
        self._before = self._lagged.copy(), self._missing_s.copy()
        self._weight_for_s, self._weight = -1.0, np.zeros(len(sources))

    def step(self, x: Values, elapsed_s: float) -> Covariates:
        """Covariates (n_units, n_covariates) [-] of one scan that comes ``elapsed_s`` [s] after the one before."""
        if elapsed_s != self._weight_for_s:
            self._weight_for_s, self._weight = (
                elapsed_s,
                -np.expm1(-elapsed_s / np.maximum(self._rules["lag_s"], LEAST_S)),
            )
        np.copyto(self._before[0], self._lagged)
        np.copyto(self._before[1], self._missing_s)
        known = np.empty(self._lagged.shape)
        _step(x, elapsed_s, self._sources, self._rules, self._weight, self._lagged, self._missing_s, known)
        return known

    def again(self, x: Values, elapsed_s: float) -> Covariates:
        """The step that was made last, made with other values."""
        np.copyto(self._lagged, self._before[0])
        np.copyto(self._missing_s, self._before[1])
        return self.step(x, elapsed_s)

    def snapshot(self) -> dict[str, Array]:
        """The lags [-] and for how long a tag of each has been missing [s]; copies."""
        return {"lagged": self._lagged.copy(), "missing_s": self._missing_s.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._lagged = state["lagged"].copy()
        self._missing_s = state["missing_s"].copy()


def _rule(block: Block, covariate: Covariate) -> tuple[float, ...]:
    """The constants of one covariate, as `_RULE`."""
    tag = block.tags[block.tag_index[covariate.tag]]
    second = None if covariate.times is None else block.tags[block.tag_index[covariate.times]]
    return (
        tag.low,
        tag.high - tag.low,
        tag.high,
        tag.resolution,
        covariate.power,
        np.nan if covariate.above is None else covariate.above,
        covariate.log,
        NONE if covariate.moves_with is None else block.tag_index[covariate.moves_with],
        covariate.slope,
        NONE if covariate.times is None else block.tag_index[covariate.times],
        0.0 if second is None else second.low,
        1.0 if second is None else second.high - second.low,
        covariate.lag_s,
    )


@compiled
def _step(
    x: Array,
    elapsed_s: float,
    sources: NDArray[np.intp],
    rules: NDArray[np.void],
    weight: Array,
    lagged: Array,
    missing_s: Array,
    known: Array,
) -> None:
    """``weight`` (n_covariates,) is that after ``elapsed_s``; lags and times missing move, ``known`` is what they say."""
    for u in range(x.shape[0]):
        for c in range(len(rules)):
            value = _without_lag(x[u], sources[c], rules[c])
            if np.isnan(value):
                missing_s[u, c] += elapsed_s
                known[u, c] = lagged[u, c] if rules[c].lag_s > 0.0 else np.nan
                continue
            y = lagged[u, c]
            if np.isnan(y):
                y = value
            elif missing_s[u, c] == 0.0:
                y += weight[c] * (value - y)
            else:
                y -= math.expm1(-(missing_s[u, c] + elapsed_s) / max(rules[c].lag_s, LEAST_S)) * (value - y)
            missing_s[u, c] = 0.0
            known[u, c] = lagged[u, c] = y


@compiled
def _without_lag(x: Array, sources: NDArray[np.intp], rule: Any) -> float:
    """What a covariate of one unit would be without its lag; NaN where a tag of it has no good value."""
    total, n = 0.0, 0
    for column in sources:
        if column != NONE and abs(x[column]) < HUGE:
            total += x[column]
            n += 1
    other = x[rule.moves_with] if rule.moves_with != NONE else 0.0
    second = x[rule.times] if rule.times != NONE else 1.0
    if n == 0 or not (abs(other) < HUGE and abs(second) < HUGE):
        return np.nan
    source = total / n - rule.slope * other
    share = (source - rule.low) / rule.span
    if rule.is_log:
        value = math.log(max(source, rule.least) / rule.high)
    elif not np.isnan(rule.above):
        value = max(source - rule.above, 0.0) / rule.span
    elif rule.power == 1.0:
        value = share
    elif rule.power == 2.0:
        value = share * abs(share)
    else:
        value = math.copysign(abs(share) ** rule.power, share)
    value *= (second - rule.times_low) / rule.times_span
    return value if abs(value) < HUGE else np.nan
