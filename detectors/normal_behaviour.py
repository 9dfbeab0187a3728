"""One detector made of three: the residual of normal behaviour, how far to believe it, and the shift bank that watches it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors import sisters, transients
from detectors.bank import ShiftBank
from detectors.base import HUGE, Array, Covariates, Mask, Values
from detectors.compiled import compiled
from detectors.regression import SharedGainRegression
from detectors.transients import Transients
from detectors.tuning import Tuning
from stations.plant import Block

BURN_IN = 1.0 / 3.0
"""Share of the warm-up after which the regression is trusted; residuals from before would teach the bank too wide a spread."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What one scan looks like against normal behaviour; (n_units, n_tags) each, NaN = cannot say.

    ``expected`` [unit of the tag, or its logarithm]; ``spread`` >= 1 [-], how much wider a residual is where the covariates leave
    their learned range, and while the expectation moves; ``judged`` the values in that unit; ``residual`` (judged - expected) /
    spread; ``score`` [-], of a farm with one row more, that of all units together (`detectors.sisters`);
    ``moved`` (n_scales, n_units, n_tags) is what the filters of the bank become when the scan is learned.
    """

    expected: Array
    spread: Array
    judged: Array
    residual: Array
    score: Array
    moved: Array


LOG_MOST = 100.0
"""Bound on an expected logarithm, so that a wild extrapolation stays a number."""
LOG_RESOLUTION = 0.01
"""Smallest relative step worth telling apart, for tags judged by their logarithm."""


class NormalBehaviour:
    """A `Detector`: shared-gain regression on covariates, EWMA bank on its residual, for the judged tags of one block."""

    def __init__(self, block: Block, columns: list[int], tuning: Tuning) -> None:
        names = {covariate.code: i for i, covariate in enumerate(block.covariates)}
        tags = [block.tags[column] for column in columns]
        # A part that stands still by itself has a gain of its own: what its unit does meanwhile must not be learned as 0 of it.
        # So has what is judged meanwhile.
        parts = {component.code for component in block.components if component.mode}
        gain_of_tag = [(tag.model or "", tag.component if tag.component in parts else "", tag.at_rest) for tag in tags]
        gains = list(dict.fromkeys(gain_of_tag))
        covariates = {model.code: [names[code] for code in model.covariates] for model in block.models}
        members = np.zeros((len(gains), len(names)), dtype=bool)
        for row, (model, *_) in enumerate(gains):
            members[row, covariates[model]] = True
        order = [model.code for model in block.models]
        self._log = np.flatnonzero([tag.log for tag in tags])
        self._least = np.array([tag.resolution for tag in tags])[self._log]
        self._limit = tuning.limit
        operation_s = tuning.warm_up_share * tuning.warm_up(block.period_s)
        self._n_units = len(block.units)
        self._is_farm = sisters.is_farm(self._n_units)
        self._regression = SharedGainRegression(
            members,
            np.array([gains.index(gain) for gain in gain_of_tag], dtype=np.intp),
            n_units=len(block.units),
            period_s=block.period_s,
            learn_s=tuning.learn_s,
            memory_s=tuning.memory_s,
            refit_s=tuning.refit_s,
            ready_s=BURN_IN * operation_s,
            correlation_s=tuning.correlation_s,
        )
        resolution = np.array([LOG_RESOLUTION if tag.log else tag.resolution for tag in tags])
        self._transients: Transients | None = None
        if transients.shows(block.period_s):
            self._transients = Transients(
                resolution, n_units=self._n_units, period_s=block.period_s, memory_s=tuning.spread_memory_s
            )
        self._bank = ShiftBank(
            resolution,
            np.array([order.index(tag.model or "") for tag in tags], dtype=np.intp),
            n_units=self._n_units,
            period_s=block.period_s,
            scales_s=tuning.scales_s,
            limit=tuning.limit,
            learn_s=tuning.learn_s,
            guard_s=tuning.guard_s,
            memory_s=tuning.spread_memory_s,
            ready_s=(1.0 - BURN_IN) * operation_s,
            settle_s=tuning.settle_s,
        )

    def judge(self, x: Values, f: Covariates) -> Judgement:
        """Expected value, residual and score of one scan. Changes nothing."""
        expected, spread = self._regression.expected(f)
        if self._transients is not None:
            spread *= self._transients.spread(expected)
        judged = self._judged(x)
        residual = (judged - expected) / spread
        moved = self._bank.moved(residual)
        score = self._bank.score_moved(residual, moved)
        if self._is_farm:
            score = sisters.vouched(score, moved, self._bank.per_limit)
        return Judgement(expected, spread, judged, residual, score, moved)

    @property
    def n_rows(self) -> int:
        """Rows of a score: the units, and of a farm all of them together."""
        return self._n_units + self._is_farm

    def _judged(self, x: Values) -> Values:
        """Values as they are judged: logarithms where the tag says so."""
        judged = x.copy() if len(self._log) else x
        _take_logarithms(judged, self._log, self._least)
        return judged

    def measured(self, judged: Values) -> Values:
        """The inverse: from what is judged back to the unit of the tag, (n_units, n_tags)."""
        if not len(self._log):
            return judged
        values = judged.copy()
        values[:, self._log] = np.exp(np.minimum(judged[:, self._log], LOG_MOST))
        return values

    def lean(self, judgement: Judgement) -> Array:
        """To which side every tag stands out, (n_units, n_tags): its score by itself, signed [-]; NaN = cannot say."""
        return self._bank.leading(judgement.moved)[0]

    def leaning(self, judgement: Judgement) -> tuple[Array, Array]:
        """To which side every tag stands out, and by how much of late, both (n_units, n_tags).

        What `lean` says, and the deviation itself, filtered on the scale that gives the score [unit of the tag]: what a reading
        of the moment, which carries all noise, does not show. NaN = cannot say.
        """
        score, deviation = self._bank.leading(judgement.moved)
        lately = judgement.expected + deviation * judgement.spread
        return score, self.measured(lately) - self.measured(judgement.expected)

    def filters(self, judgement: Judgement, unit: int, column: int) -> tuple[Array, Array, Array]:
        """Deviation of one tag on every scale, its spread there [unit of the tag], time constants [s]; (n_scales,)."""
        wider = judgement.spread[unit, column]
        deviation = judgement.moved[:, unit, column] * wider
        spread = self._bank.widths(unit, column) * wider / self._limit
        if column in self._log:  # what fails does not know that it is judged by its logarithm: it grows in its unit
            level = math.exp(min(judgement.expected[unit, column], LOG_MOST))
            spread *= level * np.exp(np.minimum(0.5 * np.abs(deviation), LOG_MOST))
            deviation = level * np.expm1(np.minimum(deviation, LOG_MOST))
        return deviation, spread, self._bank.scales_s

    def relearn(self, where: Mask) -> None:
        """Learn the level of the tags at ``where`` (n_units, n_tags) anew; until that is done they say nothing."""
        self._bank.relearn(where)

    def residual(self, x: Values, judgement: Judgement) -> Array:
        """Residuals (n_units, n_tags) of other values at the same covariates."""
        residual: Array = (self._judged(x) - judgement.expected) / judgement.spread
        return residual

    @property
    def usual(self) -> Array:
        """(n_units, n_tags) what the residuals usually are; not to be changed."""
        return self._bank.mean

    def forget(self, judgement: Judgement, where: Mask) -> None:
        """Forget how the tags at ``where`` (n_units, n_tags) stood out, once ``judgement`` is learned; it changes."""
        judgement.moved[:, where] = 0.0
        judgement.score[: self._n_units][where] = np.nan

    def score(self, x: Values, f: Covariates) -> Array:
        """Score of every tag [-], (n_units, n_tags); see `Detector`."""
        return self.judge(x, f).score[: self._n_units]

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one scan in; see `Detector`."""
        if where.ndim == 1:
            where = np.repeat(where[:, None], x.shape[1], axis=1)
        if self._is_farm:
            where = np.concatenate([where, np.logical_or.reduce(where, axis=0)[None]])
        self.learn_judged(f, self.judge(x, f), where)

    def learn_judged(self, f: Covariates, judgement: Judgement, where: Mask) -> None:
        """Take one scan in that was judged already: what `learn` does, without judging twice; ``where`` as the score."""
        if self._is_farm:
            where = where[:-1] & where[-1]  # what all units do alike must not become normal either while it stands out
        settling = self._bank.settling
        if self._transients is not None:
            self._transients.learn(judgement.expected, judgement.residual, where)
        self._bank.learn_moved(judgement.residual, judgement.moved, where)
        self._regression.learn(judgement.judged, f, where if settling is None else where & ~settling)
        moved = self._bank.settled()
        if moved is not None:
            self._regression.shift(moved)

    def band(self, judgement: Judgement) -> tuple[Array, Array]:
        """Low and high end of the band around the expected value [unit of the tag], (n_units, n_tags); NaN = cannot say.

        A deviation to either end reaches the warning limit if it lasts.
        """
        width = self._bank.band() * judgement.spread
        return self.measured(judgement.expected - width), self.measured(judgement.expected + width)

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies."""
        return {f"{part}.{name}": array for part, of in self._parts for name, array in of.snapshot().items()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for part, of in self._parts:
            of.restore({n.removeprefix(f"{part}."): a for n, a in state.items() if n.startswith(f"{part}.")})

    @property
    def _parts(self) -> tuple[tuple[str, SharedGainRegression | Transients | ShiftBank], ...]:
        of_lags = () if self._transients is None else (("transients", self._transients),)
        return ("regression", self._regression), *of_lags, ("bank", self._bank)


@compiled
def _take_logarithms(x: Array, columns: NDArray[np.intp], least: Array) -> None:
    """A logarithm would bring a value that counts as missing back into range."""
    for u in range(x.shape[0]):
        for i in range(len(columns)):
            value = x[u, columns[i]]
            x[u, columns[i]] = math.log(max(value, least[i])) if abs(value) < HUGE else np.nan
