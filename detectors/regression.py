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

from detectors.base import HUGE, Array, Covariates, Mask, Values

LEAK = 1e-3
"""Weight of the prior per unit of memory, against covariates of size about 1: far below one day of scans."""
MAX_COVARIATE = 100.0
"""Covariates are scaled to the range of their source; one that is far outside is unknown, and must not spoil A."""
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
        n_models, n_covariates = members.shape
        self._width = 1 + int(members.sum(axis=1).max(initial=0))
        # Column 0 of the extended covariates is the constant, the last one a zero that pads the shorter models.
        self._padding = n_covariates + 1
        self._columns = np.full((n_models, self._width), self._padding, dtype=np.intp)
        for row, member in enumerate(members):
            chosen = np.flatnonzero(member) + 1
            self._columns[row, : len(chosen) + 1] = [0, *chosen]
        self._model_of_tag = model_of_tag
        self._tag_in_model = model_of_tag[:, None] == np.arange(n_models)
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
        self._derive()

    def _derive(self) -> None:
        """What follows from the state: weights spread over all covariates, and which models may not speak yet."""
        n_units, n_tags, _ = self._weights.shape
        self._dense = np.zeros((n_units, n_tags, self._padding + 1))
        self._spread_out(*np.indices((n_units, n_tags)).reshape(2, -1))
        self._unready = self._learned < self._ready

    def _spread_out(self, unit: NDArray[np.intp], tag: NDArray[np.intp]) -> None:
        columns = self._columns[self._model_of_tag[tag]]
        self._dense[unit[:, None], tag[:, None], columns] = self._weights[unit, tag]
        self._dense[unit, tag, self._padding] = 0.0

    def _extend(self, f: Covariates) -> Array:
        """(n_units, 1 + n_covariates + 1): a one for the constant, the covariates, a zero that pads; NaN where unknown."""
        extended = np.zeros((len(f), f.shape[1] + 2))
        extended[:, 0] = 1.0
        extended[:, 1:-1] = f
        wild = np.abs(extended) > MAX_COVARIATE
        if wild.any():
            extended[wild] = np.nan
        return extended

    def expected(self, f: Covariates) -> tuple[Array, Array]:
        """Expected value [unit of the tag] and spread factor [-] of every tag, both (n_units, n_tags).

        The spread factor, >= 1, says how much wider a residual is where the covariates leave their learned range:
        sqrt(1 + d F' A^-1 F), d = learned scans that count as one independent observation. NaN until the model is ready.
        """
        extended = self._extend(f)
        per_model = extended[:, self._columns]
        direction = np.einsum("umkl,uml->umk", self._inverse, per_model)
        direction *= per_model
        leverage = np.maximum(direction.sum(axis=2), 0.0)
        leverage *= self._dependence
        leverage += 1.0
        leverage[self._unready] = np.nan
        spread: Array = np.sqrt(leverage)[:, self._model_of_tag]
        value: Array = np.einsum("unk,uk->un", self._dense, extended)
        if np.isnan(leverage).any() or np.isnan(value).any():
            # An unknown covariate must not spread to the tags of other models through their weights of 0.
            value = np.einsum("unk,uk->un", self._dense, np.nan_to_num(extended))
            value[np.isnan(spread)] = np.nan
        return value, spread

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one scan in where it is good and ``where``, (n_units, n_tags) or (n_units,), is True."""
        self._scans += 1
        if self._scans % self._stride:
            return
        per_model = self._extend(f)[:, self._columns]
        known: Mask = ~np.logical_or.reduce(np.isnan(per_model), axis=2)
        per_model[~known] = 0.0
        if where.ndim == 1:
            where = where[:, None]
        learning = where & (np.abs(x) < HUGE) & known[:, self._model_of_tag]
        active = learning @ self._tag_in_model
        rows = per_model[:, self._model_of_tag]
        target = x
        if not learning.all():
            target = np.where(learning, x, (self._weights * rows).sum(axis=2))
        self._accumulate(per_model, rows, target, active)
        self._learned += active
        self._fresh += active
        self._unready = self._learned < self._ready
        due = self._fresh >= np.minimum(self._refit_every, np.maximum(1.0, self._learned / REFITS_PER_DOUBLING))
        if due.any():
            self._refit(due)

    def _accumulate(self, per_model: Array, rows: Array, target: Array, active: NDArray[np.bool_]) -> None:
        leak = (1.0 - self._forget) * LEAK
        gain = per_model[..., :, None] * per_model[..., None, :]
        diagonal = np.arange(self._width)
        gain[..., diagonal, diagonal] += leak
        rows *= target[..., None]
        rows += leak * self._weights
        if active.all():
            self._information *= self._forget
            self._moment *= self._forget
        else:
            gain *= active[..., None, None]
            rows *= active[:, self._model_of_tag, None]
            decay = np.where(active, self._forget, 1.0)
            self._information *= decay[..., None, None]
            self._moment *= decay[:, self._model_of_tag, None]
        self._information += gain
        self._moment += rows

    def shift(self, by: Array) -> None:
        """Move the expected values by ``by`` (n_units, n_tags) [unit of the tag], as though all that was learned had been so."""
        self._moment += by[..., None] * self._information[..., 0][:, self._model_of_tag]
        self._weights[..., 0] += by
        self._derive()

    def _refit(self, due: NDArray[np.bool_]) -> None:
        """Solve for the weights of the units and models, (n_units, n_models), that are due."""
        self._inverse[due] = np.linalg.inv(self._information[due])
        unit, tag = np.nonzero(due[:, self._model_of_tag])
        inverse = self._inverse[unit, self._model_of_tag[tag]]
        self._weights[unit, tag] = np.einsum("ikl,il->ik", inverse, self._moment[unit, tag])
        self._fresh[due] = 0.0
        self._spread_out(unit, tag)

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
        self._derive()
