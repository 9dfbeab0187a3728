"""Normal behaviour: what every tag should read, given load, cooling water, weather.

Recursive least squares with exponential forgetting in information form, one shared gain per model and unit. With the
covariates F of one unit and model (first entry 1, the constant), the good value x of one of its tags and the weights W of the
latest solution, one scan in every `learn_s` does

    A <- lam A + F F' + (1 - lam) eps I        shared by all tags of the model       (k, k), at first eps I
    b <- lam b + F x^ + (1 - lam) eps W        x^ = x, or W F where the tag is missing or must not learn; at first 0
    N <- N + 1                                 learned scans
    W = A^-1 b                                 once min(refit_s / learn_s, max(1, N / 8)) scans were learned since the last time

with lam = exp(-learn_s / memory_s) and eps = `LEAK`, provided that F is known and at least one tag of the model learns; if not,
nothing changes. Every unit and model counts for itself. The leak (1 - lam) eps I keeps A well conditioned when the load stands
still for weeks (no wind-up), and pulls W towards itself, not towards zero, so an unexcited direction keeps what it knew. What is
expected, and how much wider a residual may be there, is

    x^ = W F,   spread = sqrt(1 + d F' A^-1 F)      d = max(1, correlation_s / learn_s), A as of the latest solution

once N >= max(ready_s / learn_s, 1 + the number of weights of the largest model). A covariate beyond `MAX_COVARIATE` is unknown.

References: S. Haykin, Adaptive Filter Theory, ch. 10 (information form); R. Kulhavy, "Restricted exponential forgetting in
real-time identification", Automatica 23(5), 1987 (wind-up); R. L. Brown, J. Durbin, J. M. Evans, J. R. Stat. Soc. B 37(2), 1975,
eq. 2 (recursive residuals: the leverage F' A^-1 F).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors import regression_rows
from detectors.base import Array, Covariates, Mask, Values
from detectors.regression_rows import LEAK

REFITS_PER_DOUBLING = 8
"""While young, the fit is renewed each time the number of learned scans has grown by an eighth."""


class SharedGainRegression:
    """Expected value of every tag of a block from its covariates.

    Parameters
    ----------
    members : (n_models, n_covariates) bool, the covariates of each model.
    model_of_tag : (n_tags,) int, row of ``members`` for each tag.
    n_units : units in the block.
    period_s : time between scans [s].
    learn_s : time between two scans that are learned [s].
    memory_s : forgetting time [s].
    refit_s : time between two solutions for W [s].
    ready_s : learned time before anything is expected [s]; NaN until then.
    correlation_s : correlation time of what the model cannot explain [s]; so long a stretch of scans counts as one.
    """

    def __init__(
        self,
        members: NDArray[np.bool_],
        model_of_tag: NDArray[np.intp],
        *,
        n_units: int,
        period_s: float,
        learn_s: float,
        memory_s: float,
        refit_s: float,
        ready_s: float,
        correlation_s: float,
    ) -> None:
        n_models = len(members)
        self._width = 1 + int(members.sum(axis=1).max(initial=0))
        # What F is made of: of each model its length, and the covariates after the constant; what is beyond is never touched.
        self._length = 1 + members.sum(axis=1)
        self._covariates = np.zeros((n_models, self._width), dtype=np.intp)
        for row, member in enumerate(members):
            self._covariates[row, 1 : self._length[row]] = np.flatnonzero(member)
        self._model_of_tag = model_of_tag
        self._stride = max(1, round(learn_s / period_s))
        step_s = self._stride * period_s
        self._forget = float(np.exp(-step_s / memory_s))
        self._refit_every = max(1, round(refit_s / step_s))
        self._ready = max(self._width + 1, round(ready_s / step_s))
        self._dependence = max(1.0, correlation_s / step_s)
        self._information = np.tile(LEAK * np.eye(self._width), (n_units, n_models, 1, 1))
        self._inverse = np.tile(np.eye(self._width) / LEAK, (n_units, n_models, 1, 1))
        self._moment = np.zeros((n_units, len(model_of_tag), self._width))
        self._weights = np.zeros((n_units, len(model_of_tag), self._width))
        self._learned = np.zeros((n_units, n_models))
        self._fresh = np.zeros((n_units, n_models))
        self._scans = 0

    def expected(self, f: Covariates) -> tuple[Array, Array]:
        """Expected value [unit of the tag] and spread factor [-] of every tag, both (n_units, n_tags).

        The spread factor, >= 1, says how much wider a residual is where the covariates leave their learned range:
        sqrt(1 + d F' A^-1 F), d = learned scans that count as one independent observation. NaN until the model is ready.
        """
        value, spread = np.empty(self._weights.shape[:2]), np.empty(self._weights.shape[:2])
        regression_rows.expect(
            f,
            self._length,
            self._covariates,
            self._model_of_tag,
            self._ready,
            self._dependence,
            self._learned,
            self._inverse,
            self._weights,
            value,
            spread,
        )
        return value, spread

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one scan in where it is good and ``where``, (n_units, n_tags) or (n_units,), is True."""
        self._scans += 1
        if self._scans % self._stride:
            return
        if where.ndim == 1:
            where = np.repeat(where[:, None], x.shape[1], axis=1)
        regression_rows.learn(
            x,
            f,
            where,
            self._length,
            self._covariates,
            self._model_of_tag,
            self._forget,
            self._information,
            self._moment,
            self._weights,
            self._learned,
            self._fresh,
        )
        due = self._fresh >= np.minimum(self._refit_every, np.maximum(1.0, self._learned / REFITS_PER_DOUBLING))
        if due.any():
            self._refit(due)

    def shift(self, by: Array) -> None:
        """Move the expected values by ``by`` (n_units, n_tags) [unit of the tag], as though all that was learned had been so."""
        self._moment += by[..., None] * self._information[..., 0][:, self._model_of_tag]
        self._weights[..., 0] += by

    def _refit(self, due: NDArray[np.bool_]) -> None:
        """Solve for the weights of the units and models, (n_units, n_models), that are due."""
        self._inverse[due] = np.linalg.inv(self._information[due])
        unit, tag = np.nonzero(due[:, self._model_of_tag])
        inverse = self._inverse[unit, self._model_of_tag[tag]]
        self._weights[unit, tag] = np.einsum("ikl,il->ik", inverse, self._moment[unit, tag])
        self._fresh[due] = 0.0

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies."""
        return {
            "information": self._information.copy(),
            "inverse": self._inverse.copy(),
            "moment": self._moment.copy(),
            "weights": self._weights.copy(),
            "learned": self._learned.copy(),
            "fresh": self._fresh.copy(),
            "scans": np.array(float(self._scans)),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._information = state["information"].copy()
        self._inverse = state["inverse"].copy()
        self._moment = state["moment"].copy()
        self._weights = state["weights"].copy()
        self._learned = state["learned"].copy()
        self._fresh = state["fresh"].copy()
        self._scans = int(state["scans"])
