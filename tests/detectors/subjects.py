"""The detectors that stand under the contract, each made small, and one that is only there to prove that the suite bites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detectors.bank import ShiftBank
from detectors.base import HUGE, Array, Covariates, Detector, Mask, Values
from detectors.covariates import CovariateFilter
from detectors.normal_behaviour import NormalBehaviour
from detectors.novelty import Novelty
from detectors.regression import SharedGainRegression
from tests.detectors.contract import N_SCANS, Subject
from tests.detectors.small import BLOCK, JUDGED, PERIOD_S, TUNING, WARM, telemetry


def block_telemetry() -> tuple[Array, Array]:
    """Judged values and covariates of the small block."""
    values = telemetry(N_SCANS).astype(np.float64)
    lags = CovariateFilter(BLOCK)
    return values[:, :, JUDGED], np.stack([lags.step(x, PERIOD_S) for x in values])


def noise() -> tuple[Array, Array]:
    """Values of three units with four tags that wander a little; no covariates."""
    white = np.random.default_rng(11).standard_normal((N_SCANS, 3, 4))
    values = 10.0 + np.array([1.0, 0.1, 5.0, 2.0]) * white
    return values, np.empty((N_SCANS, 3, 0))


def bank(tags: Sequence[int], n_units: int) -> Detector:
    """Tags of different sensors; each is the kin of its like in the other units only."""
    return ShiftBank(
        np.array([0.01, 0.001, 0.1, 0.5])[list(tags)],
        np.array(tags, dtype=np.intp),
        n_units=n_units,
        period_s=PERIOD_S,
        scales_s=TUNING.scales_s,
        limit=TUNING.limit,
        learn_s=TUNING.learn_s,
        guard_s=TUNING.guard_s,
        memory_s=TUNING.spread_memory_s,
        ready_s=20 * TUNING.learn_s,
        settle_s=TUNING.settle_s,
    )


def novelty(tags: Sequence[int], n_units: int) -> Detector:
    """Speaks after thirty rows; an event is over before the recording is."""
    return Novelty(n_units, len(tags), period_s=PERIOD_S, ready_rows=30, quiet_rows=15, recent_rows=50, slow_rows=5)


def normal_behaviour(tags: Sequence[int], n_units: int) -> Detector:
    """Regression and bank of the small block, logarithm included."""
    some = replace(BLOCK, units=tuple(str(i) for i in range(n_units)))
    return NormalBehaviour(some, [JUDGED[i] for i in tags], TUNING)


class Expectation:
    """The regression alone as a detector: the score is the residual over its spread factor [unit of the tag]."""

    def __init__(self, tags: Sequence[int], n_units: int) -> None:
        names = [covariate.code for covariate in BLOCK.covariates]
        members = np.array([[name in model.covariates for name in names] for model in BLOCK.models])
        models = [model.code for model in BLOCK.models]
        self._model = SharedGainRegression(
            members,
            np.array([models.index(BLOCK.tags[JUDGED[i]].model or "") for i in tags], dtype=np.intp),
            n_units=n_units,
            period_s=PERIOD_S,
            learn_s=TUNING.learn_s,
            memory_s=TUNING.memory_s,
            refit_s=TUNING.refit_s,
            ready_s=12 * TUNING.learn_s,
            correlation_s=TUNING.correlation_s,
        )
        self.learn, self.snapshot, self.restore = self._model.learn, self._model.snapshot, self._model.restore

    def score(self, x: Values, f: Covariates) -> Array:
        """See `Detector`."""
        expected, spread = self._model.expected(f)
        return np.abs(np.where(np.abs(x) < HUGE, x, np.nan) - expected) / spread


class Sound:
    """Distance from a running mean in running standard deviations: as plain as a detector can be, and within the contract."""

    limit, ready, slowest = 5.0, 20, 0.02

    def __init__(self, tags: Sequence[int], n_units: int) -> None:
        shape = (n_units, len(tags))
        self.mean, self.variance, self.learned = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def good(self, x: Values) -> Mask:
        """Where a value can be used."""
        is_good: Mask = np.abs(x) < HUGE
        return is_good

    def score(self, x: Values, f: Covariates) -> Array:
        """See `Detector`."""
        known = self.good(x) & (self.learned >= self.ready)
        distance = np.abs(np.where(known, x, np.nan) - self.mean)
        scores: Array = distance / (self.limit * np.sqrt(self.variance + 1e-9))
        return scores

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """See `Detector`."""
        learning = (where if where.ndim == 2 else where[:, None]) & self.good(x)
        rate = np.where(learning, np.maximum(1.0 / (self.learned + 1.0), self.slowest), 0.0)
        change = np.where(learning, x - self.mean, 0.0)
        self.mean += rate * change
        self.variance += rate * (change * change - self.variance)
        self.learned += learning

    def snapshot(self) -> dict[str, Array]:
        """See `Detector`."""
        return {"mean": self.mean.copy(), "variance": self.variance.copy(), "learned": self.learned.copy()}

    def restore(self, state: dict[str, Array]) -> None:
        """See `Detector`."""
        self.mean, self.variance = state["mean"].copy(), state["variance"].copy()
        self.learned = state["learned"].copy()


SUBJECTS = (
    Subject("shift bank", bank, noise, warm=60, pools=True),
    Subject("novelty", novelty, noise, warm=60),
    Subject("normal behaviour", normal_behaviour, block_telemetry, warm=WARM, pools=True),
    Subject("regression", Expectation, block_telemetry, warm=40),
    Subject("sound", Sound, noise, warm=40),
)
