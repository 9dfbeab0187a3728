"""Shift and drift: a bank of EWMAs over the residual, from minutes to days, each judged by its own spread.

For the residual e of one tag, its mean mu and the scales tau_k (all in event time, tau_1 the shortest), every scan with a good
value does

    f_k  <- f_k + a_k (e - mu - f_k)                          a_k = max(1 - exp(-period / tau_k), 1 / (N s + 1))
    score = max_k |f_k| / (q_k sqrt(V_k))                     V_k, q_k as of the latest renewal, see below

where the filters are those after this scan, N counts learned scans and s = learn_s / period. Every s-th scan, if it may be
learned, does in this order

    al   = max(2 / (N + 2), learn_s / memory)
    w_k  <- w_k + al min(f_k^2 - w_k, c (w_k + floor_k))      c = `CLIP`^2; before N = `FIRST_CLIP`: inf
    v_k  <- min(w_k, v_k + guard (v_k + floor_k))             before N = ready: w_k
    d    <- d + bl (min((f_1 - g)^2, 4 `CLIP`^2 u) - d)       bl = max(2 / (N / L + 2), L learn_s / memory)
    mu   <- mu + max(-m, min(al (e - mu), m))                 m = guard sqrt(u); before ready: `CLIP` al sqrt(u); before: inf
    N    <- N + 1

with u = v_1 + floor_1, floor_k = resolution^2 / 12 * a_k / (2 - a_k) for the a_k of old age, ready = ready_s / learn_s. d says
how fast the residual forgets: it moves in each L-th of these scans only, L = max(1, tau_1 / learn_s), when also g <- f_1, learned
or not. guard = ln 2 learn_s / guard_s: without it, a fault that grows over weeks numbs its own limit long before it is seen,
however the spread is winsorised. It bounds how fast v_k follows the mean square w_k, not the steps of w_k: cutting the steps up,
and not those down, held the spread of healthy tags at 0.6 of what it is, and made four sigma of a limit of six. In each
`REFRESH`-th of these scans the limits are renewed, for the tags that are ready:

    V_k  = v_k + floor_k
    T    = -L learn_s / ln(1 - d / 2 V_1)                     correlation time of f_1; the argument held in e^-1 .. 1 - 1e-6
    nu_k = max(min(N, 2 memory / learn_s) learn_s / 2 (T + tau_k), 1)    degrees of freedom of V_k

Any autocorrelation of the residual widens its limits twice: v_k is the spread of the filter itself, and a slow scale with few
independent samples gets the wide limits of Student's t, which relax by themselves as history grows. (T + tau_k is the correlation
time of an EWMA over a first-order process; estimating it from steps of one scan instead would multiply the two times, and a slow
scale would stay blind for years.) A slow scale of one tag knows little by itself, so it borrows from its kin, the tags of the
same model in all units of the block:

    r_k  = mean over the kin that are ready of ln(V_k / V_1)  how much slower than noise their residuals are
    w    = nu_k / (nu_k + `KIN_FREEDOM`)
    ln V_k <- w ln V_k + (1 - w) (ln V_1 + r_k),  nu_k <- nu_k + `KIN_FREEDOM`

q_k is the Student quantile with nu_k degrees of freedom that is as rare as `limit` sigma of a normal variable; it inverts the
normalising transform z = (8 nu + 1) / (8 nu + 3) sqrt(nu ln(1 + t^2 / nu)). Scoring costs no logarithm.

References: D. L. Wallace, "Bounds on normal approximations to Student's and the chi-square distributions", Ann. Math. Statist.
30, 1959 (the transform); D. Han, F. Tsung, "A generalized EWMA control chart", Ann. Statist. 32(1), 2004 (bank of EWMAs equals
the generalised likelihood ratio); J. M. Lucas, M. S. Saccucci, Technometrics 32(1), 1990 (EWMA charts).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors import bank_rows
from detectors.base import HUGE, Array, Covariates, Mask, Values

REFRESH = 8
"""Spreads move by less than 1 % in so many learned scans once warm; their square roots and logarithms can wait."""
KIN_FREEDOM = 5.0
"""Degrees of freedom that the kin lend. Without any: 16 % fewer faults found in public sets at the same false warnings."""
LEAST_MEMORY = float(np.exp(-1.0))
"""Correlation of f_1 over its own time constant: an EWMA of white noise has this much, nothing can have less."""
MIN_PERIODS = 3.0
"""Scales under three periods see single readings; those belong to data quality."""


def usable_scales(scales_s: tuple[float, ...], period_s: float) -> tuple[float, ...]:
    """The scales [s] that hold at least three periods; at least the longest one is kept.

    >>> usable_scales((60.0, 3600.0, 86400.0), 600.0)
    (3600.0, 86400.0)
    """
    return tuple(tau for tau in scales_s if tau >= MIN_PERIODS * period_s) or scales_s[-1:]


def student_quantile(sigmas: float, nu: Array) -> Array:
    """Student quantile with ``nu`` degrees of freedom as rare as ``sigmas`` of a normal variable [-] (Wallace 1959).

    >>> bool(abs(student_quantile(3.0, np.array(1e9)) - 3.0) < 1e-6)
    True
    """
    z = sigmas * (8.0 * nu + 3.0) / (8.0 * nu + 1.0)
    quantile: Array = np.sqrt(nu * np.expm1(np.minimum(z * z / nu, 500.0)))
    return quantile


class ShiftBank:
    """EWMA bank over the residuals of a block; a `Detector` on residuals (its covariates are not used).

    Parameters
    ----------
    resolution : (n_tags,) smallest step of each sensor [unit of the tag]; bounds the spread from below.
    kin : (n_tags,) int, tags with the same number borrow from each other.
    n_units : units in the block.
    scales_s : time constants of the bank [s], ascending.
    limit : warning limit [sigma]; score 1 stands for it.
    learn_s : time between two scans that are learned [s].
    guard_s : once ready, the time in which v_k may at most double, or a mean move by 0.83 sigma of the fastest filter [s].
    memory_s : forgetting time of means and spreads [s].
    ready_s : learned time before anything is scored [s].
    settle_s : learned time in which a mean that is to be learned anew is found [s].
    """

    def __init__(
        self,
        resolution: Array,
        kin: NDArray[np.intp],
        *,
        n_units: int,
        period_s: float,
        scales_s: tuple[float, ...],
        limit: float,
        learn_s: float,
        guard_s: float,
        memory_s: float,
        ready_s: float,
        settle_s: float,
    ) -> None:
        scales = np.array(usable_scales(scales_s, period_s))
        self.scales_s: Array = scales
        self.shape = (len(scales), n_units, len(resolution))
        self._limit = limit
        self._is_kin = (kin[:, None] == kin[None, :]).astype(np.float64)
        self._stride = max(1, round(learn_s / period_s))
        self._memory = max(1.0, memory_s / (self._stride * period_s))
        self._ready = max(1.0, ready_s / (self._stride * period_s))
        self._tau = scales[:, None, None] / (self._stride * period_s)
        self._lag = max(1, round(scales[0] / (self._stride * period_s)))
        self._guard = float(np.log(2.0) * self._stride * period_s / guard_s)
        self._gain = (-np.expm1(-period_s / scales))[:, None, None]
        # White noise of one resolution step, filtered: sigma^2 a / (2 - a); scaled so, the floor does not blind the slow scales.
        self._floor = np.maximum(resolution, 1e-12) ** 2 / 12.0 * self._gain / (2.0 - self._gain)
        self._mean = np.zeros(self.shape[1:])
        self._learned = np.zeros(self.shape[1:])
        self._filter = np.zeros(self.shape)
        self._square = np.zeros(self.shape)
        self._spread = np.zeros(self.shape)
        self._before = np.zeros(self.shape[1:])
        self._step = np.zeros(self.shape[1:])
        self._per_limit = np.full(self.shape, np.nan)
        self._settle_scans = max(1.0, settle_s / (self._stride * period_s))
        self._settling = np.zeros(self.shape[1:])
        self._found = np.zeros(self.shape[1:])
        self._any_settling = False
        self._scans = 0

    def moved(self, x: Values) -> Array:
        """Filters after one scan of residuals, (n_scales, n_units, n_tags) [unit of the tag]; still where it is missing."""
        moved = np.empty(self.shape)
        bank_rows.move(x, self._mean, self._learned, self._stride, self._gain[:, 0, 0], self._filter, moved)
        return moved

    def score_moved(self, x: Values, moved: Array) -> Array:
        """`score`, given what `moved` returned for the same residuals."""
        scores = np.empty(self.shape[1:])
        bank_rows.score(x, moved, self._per_limit, scores)
        if self._any_settling:
            scores[self._settling > 0.0] = np.nan
        return scores

    def leading(self, moved: Array) -> tuple[Array, Array]:
        """Score with its sign [-] and deviation [unit of the tag] on the scale that stands out most, both (n_units, n_tags).

        NaN where too little was learned; a reading that is missing now leaves both as they were.
        """
        ratio, deviation = np.empty(self.shape[1:]), np.empty(self.shape[1:])
        bank_rows.lead(moved, self._per_limit, ratio, deviation)
        return ratio, deviation

    def learn_moved(self, x: Values, moved: Array, where: Mask) -> None:
        """`learn`, given what `moved` returned for the same residuals."""
        if self._any_settling:
            moved = np.where(self._settling > 0.0, 0.0, moved)
        self._filter = moved
        self._scans += 1
        if self._scans % self._stride:
            return
        if where.ndim == 1:
            where = np.repeat(where[:, None], x.shape[1], axis=1)
        if self._any_settling:
            where = where & ~self._settle(x, where & (np.abs(x) < HUGE) & (self._settling > 0.0))
        bank_rows.learn(
            x,
            where,
            self._ready,
            self._memory,
            self._guard,
            self._lag,
            self._scans % (self._lag * self._stride) == 0,
            self._filter,
            self._floor,
            self._square,
            self._spread,
            self._step,
            self._before,
            self._mean,
            self._learned,
        )
        if self._scans % (REFRESH * self._stride) == 0:
            self._refresh()

    def score(self, x: Values, f: Covariates) -> Array:
        """Score of every tag [-], (n_units, n_tags); NaN where the residual is missing or too little was learned."""
        return self.score_moved(x, self.moved(x))

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one scan of residuals in; means and spreads move only where ``where`` is True and the reading is good."""
        self.learn_moved(x, self.moved(x), where)

    @property
    def mean(self) -> Array:
        """(n_units, n_tags) what the residuals usually are [unit of the tag]; not to be changed."""
        return self._mean

    @property
    def per_limit(self) -> Array:
        """(n_scales, n_units, n_tags) one over the deviation at the limit; NaN = too little was learned; not to be changed."""
        return self._per_limit

    def band(self) -> Array:
        """Residual that reaches the limit if it lasts [unit of the tag], (n_units, n_tags); NaN while too little was learned."""
        width: Array = 1.0 / self._per_limit.max(axis=0)
        return width

    def relearn(self, where: Mask) -> None:
        """Look for a new level at ``where`` (n_units, n_tags) for ``settle_s`` of learning; no score until then."""
        self._settling[where] = np.ceil(self._settle_scans)
        self._found[where] = 0.0
        self._any_settling = bool(self._settling.any())

    def _settle(self, x: Values, settles: Mask) -> Mask:
        """The new level is the plain mean of what was seen since; means and spreads stay as they are."""
        seen = np.ceil(self._settle_scans) - self._settling
        self._found += np.where(settles, x - self._found, 0.0) / (seen + 1.0)
        self._settling -= settles
        return settles

    @property
    def settling(self) -> Mask | None:
        """Where a new level is looked for, (n_units, n_tags); None = nowhere."""
        return self._settling > 0.0 if self._any_settling else None

    def settled(self) -> Array | None:
        """By how much the residuals have moved where a new level was found with the latest scan, told once; None = nowhere."""
        if not self._any_settling:
            return None
        self._any_settling = bool(self._settling.any())
        done = (self._found != 0.0) & (self._settling == 0.0)
        if not done.any():
            return None
        moved: Array = np.where(done, self._found - self._mean, 0.0)
        self._found[done] = 0.0
        return moved

    def widths(self, unit: int, tag: int) -> Array:
        """(n_scales,) deviation at the warning limit on each scale [unit of the tag]; NaN while too little was learned."""
        return 1.0 / self._per_limit[:, unit, tag]

    def _refresh(self) -> None:
        spread = self._spread + self._floor
        memory = -self._lag / np.log(np.clip(1.0 - self._step / (2.0 * spread[0]), LEAST_MEMORY, 1.0 - 1e-6))
        nu = np.maximum(np.minimum(self._learned, 2.0 * self._memory) / (2.0 * (memory + self._tau)), 1.0)
        ready = self._learned >= self._ready
        own = np.log(spread / spread[0])
        count = np.maximum(ready.sum(axis=0) @ self._is_kin, 1.0)
        kin = (own * ready).sum(axis=1) @ self._is_kin / count
        weight = nu / (nu + KIN_FREEDOM)
        spread = spread[0] * np.exp(weight * own + (1.0 - weight) * kin[:, None, :])
        self._per_limit = 1.0 / (student_quantile(self._limit, nu + KIN_FREEDOM) * np.sqrt(spread))
        self._per_limit[:, ~ready] = np.nan

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies."""
        return {
            "mean": self._mean.copy(),
            "learned": self._learned.copy(),
            "filter": self._filter.copy(),
            "before": self._before.copy(),
            "square": self._square.copy(),
            "spread": self._spread.copy(),
            "step": self._step.copy(),
            "per_limit": self._per_limit.copy(),
            "settling": self._settling.copy(),
            "found": self._found.copy(),
            "scans": np.array(float(self._scans)),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._mean = state["mean"].copy()
        self._learned = state["learned"].copy()
        self._filter = state["filter"].copy()
        self._before = state["before"].copy()
        self._square = state["square"].copy()
        self._spread = state["spread"].copy()
        self._step = state["step"].copy()
        self._per_limit = state["per_limit"].copy()
        self._settling = state["settling"].copy()
        self._found = state["found"].copy()
        self._any_settling = bool(self._settling.any())
        self._scans = int(state["scans"])
