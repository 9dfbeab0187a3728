"""Normal behaviour: what every tag should read, given load, cooling water, weather.

Recursive least squares with exponential forgetting in information form, one shared gain per model of the block. With the
covariates F of one unit and model (first entry 1, the constant) and the good value x of one of its tags, each learned scan
(one every `learn_s`) does

    A <- lam A + F F' + (1 - lam) eps I        shared by all tags of the model       (k, k)
    b <- lam b + F x^ + (1 - lam) eps W'       x^ = value, or the expected one where the tag is missing or must not learn
    W = A^-1 b                                 solved every `refit_s`, not every scan

The leak (1 - lam) eps I keeps A well conditioned when the load stands still for weeks (no wind-up), and pulls W towards itself,
not towards zero, so an unexcited direction keeps what it knew.

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
        self._since_refit = 0
        self._scans = 0
        self._derive()

    def _derive(self) -> None:
        """What follows from the state: weights spread over all covariates, and which models may not speak yet."""
        n_units, n_tags, _ = self._weights.shape
        self._dense = np.zeros((n_units, n_tags, self._padding + 1))
        np.put_along_axis(
            self._dense, self._columns[self._model_of_tag][None].repeat(n_units, axis=0), self._weights, axis=2
        )
        self._dense[:, :, self._padding] = 0.0
        self._unready = self._learned < self._ready

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
        if np.isnan(leverage).any():
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
        target = np.where(learning, x, (self._weights * rows).sum(axis=2))
        self._accumulate(per_model, rows, target, active)
        self._learned += active
        self._unready = self._learned < self._ready
        self._since_refit += 1
        if self._since_refit >= min(self._refit_every, max(1.0, self._learned.max(initial=0.0) / REFITS_PER_DOUBLING)):
            self._refit()

    def _accumulate(self, per_model: Array, rows: Array, target: Array, active: NDArray[np.bool_]) -> None:
        leak = (1.0 - self._forget) * LEAK
        gain = per_model[..., :, None] * per_model[..., None, :]
        diagonal = np.arange(self._width)
        gain[..., diagonal, diagonal] += leak
        gain *= active[..., None, None]
        decay = np.where(active, self._forget, 1.0)
        self._information *= decay[..., None, None]
        self._information += gain
        rows *= target[..., None]
        rows += leak * self._weights
        rows *= active[:, self._model_of_tag, None]
        self._moment *= decay[:, self._model_of_tag, None]
        self._moment += rows

    def _refit(self) -> None:
        self._inverse = np.linalg.inv(self._information).astype(np.float64, copy=False)
        self._weights = np.einsum("unkl,unl->unk", self._inverse[:, self._model_of_tag], self._moment)
        self._since_refit = 0
        self._derive()

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies."""
        return {
            "information": self._information.copy(),
            "inverse": self._inverse.copy(),
            "moment": self._moment.copy(),
            "weights": self._weights.copy(),
            "learned": self._learned.copy(),
            "since_refit": np.array(float(self._since_refit)),
            "scans": np.array(float(self._scans)),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._information = state["information"].copy()
        self._inverse = state["inverse"].copy()
        self._moment = state["moment"].copy()
        self._weights = state["weights"].copy()
        self._learned = state["learned"].copy()
        self._since_refit = int(state["since_refit"])
        self._scans = int(state["scans"])
        self._derive()
