"""A bank of EWMA charts over several heads, on scales that are multiples of a row; it knows its own spread and when to forget.

For each head, scale tau and tag, with N rows seen, L rows of learning and e' = e - mu, every row does

    f   <- f + max(1/tau, 1/N) (e' - f)
    z    = (8 nu + 1)/(8 nu + 3) sqrt(nu ln(1 + f^2/(v nu)))     v, nu from before this row, see below
    vg  <- vg + al (min(f^2, c^2 vg) - vg)                       al = max(1/N, 1/(2.5 L)), c = 15
    vd  <- vd + al ((f - f_before)^2 - vd)
    mu  <- mu + max(1/N, 1/(1.5 L)) clip(e', +-c sqrt(vg_1))

    nu   = max(min(N - 1, 5 L) / max(4 vg/vd - 1, 1), 1)         rows over the correlation time of the filter
    v    = vg, pooled over the tags of the unit: w = nu/(nu + 5), ln v = w ln vg + (1 - w)(ln vg_1 + mean over tags ln(vg/vg_1))

A warning opens when the score has been beyond its limit for `persist` rows, where a row far beyond counts for several.
Learning stops later, after `persist` rows whatever they count for: vg, vd and mu move only for tags that are not *frozen*. (To
freeze at the first sign instead nearly doubles the false rows on public sets: what briefly jumps never comes back.) While a tag
is frozen, a slow average that still remembers a gone fault is handed over to a faster one that has settled, and a level that has
stood for long is accepted as the new normal.

References: as `detectors.bank`, whose scales are seconds and whose limits are fixed; here both come from the learn rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.bank import CLIP, FIRST_CLIP, KIN_FREEDOM
from detectors.base import Array

SCALES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Time constants [rows]; a scale of one row is left to the novelty head: it costs a sixth of the score on public sets."""
LONGEST_SHARE = 5.0
"""The longest scale is a fifth of the learn rows: of a slower one they hold too few independent values."""
SPREAD_MEMORY, MEAN_MEMORY = 2.5, 1.5
"""Memories [learn rows]. A shorter one of the spread makes a fault the new normal before it is seen."""
FLOOR = 0.01
"""Least spread of a row [-]: what a quantised signal that stands still cannot go below."""
OFF = 0.7
"""A warning ends when the score falls to this share of its limit; so does the freeze of learning."""
URGENCY = ((1.0, 1), (1.3, 3), (2.0, 6))
"""For how many rows one counts whose score is beyond so many limits: twelve just beyond it open a warning, or two far beyond."""
SETTLED, APART, AGREE_ROWS = 2.5, 3.0, 4
"""Hand-over: a faster scale within 2.5 of its spreads, and 3 of them apart from the slow one, for 4 rows."""
ACCEPT_LEARN, ACCEPT_S, ACCEPT_SCALE = 2.0, 40 * 86_400.0, 8.0
"""A warning that stands for twice the learn rows, or forty days, is the new normal; measured by a scale an eighth as long."""
TINY = 1e-12
RENEW, RENEW_FROM = 4, 2000
"""Spreads are pooled anew in each fourth row, but in every row of the first 2000: later they move by less than 0.05 % a row."""
STATE = ("f", "vg", "v", "nu", "vd", "agree", "mu", "rows_beyond", "weight_beyond", "frozen", "frozen_rows")
"""Names of the state arrays."""


class Chart:
    """State arrays (heads, scales, units, tags); see the module.

    Parameters
    ----------
    n_heads, n_units, n_tags : of the residuals.   learn_rows : L.   period_s : time between two rows [s].
    persist : rows beyond the limit that open a warning.
    """

    def __init__(
        self, n_heads: int, n_units: int, n_tags: int, *, learn_rows: int, period_s: float, persist: int
    ) -> None:
        scales = [tau for i, tau in enumerate(SCALES) if i == 0 or tau <= learn_rows / LONGEST_SHARE]
        self._tau = np.array(scales)[None, :, None, None]
        self._learn_rows, self._persist = learn_rows, persist
        shape = (n_heads, len(scales), n_units, n_tags)
        self._rows = 0
        self._f, self._vg, self._vd = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._v, self._nu = np.ones(shape), np.ones(shape)
        self._agree = np.zeros(shape)
        self._mu = np.zeros((n_heads, n_units, n_tags))
        self._floor = FLOOR**2 / (2.0 * self._tau - 1.0)
        self._prepare()
        self._rows_beyond, self._weight_beyond = np.zeros((n_units, n_tags)), np.zeros((n_units, n_tags))
        self._frozen: NDArray[np.bool_] = np.zeros((n_units, n_tags), bool)
        self._frozen_rows = np.zeros((n_units, n_tags))
        self.on: NDArray[np.bool_] = np.zeros((n_units, n_tags), bool)
        """Tags in warning (u, n)."""
        self._accept_rows = min(ACCEPT_LEARN * learn_rows, ACCEPT_S / period_s)
        longest = max(10.0, self._accept_rows / ACCEPT_SCALE)
        self._accept_scale = int(np.searchsorted(scales, longest, "right")) - 1

    def step(self, e: Array, known: NDArray[np.bool_] | None = None) -> Array:
        """Take in the residuals ``e`` (h, u, n) of one row [-]; normal-equivalent scores (h, scales, u, n) [-] of it.

        ``known`` (u, n): False = there was no good value; then nothing of that tag moves. None = all are known.
        """
        before, self._rows = self._rows, self._rows + 1
        learns = ~self._frozen | (self._frozen_rows > ACCEPT_LEARN * self._learn_rows)
        e = e - self._mu
        moved = e[:, None] - self._f
        moved *= np.maximum(1.0 / self._tau, 1.0 / self._rows)
        if known is not None and not known.all():
            moved *= known
            learns &= known
        self._f = self._f + moved
        if before <= RENEW_FROM or before % RENEW == 0:
            self._v, self._nu = self._spread(before)
            self._prepare()
        squared = self._f**2
        z: Array = np.log1p(squared * self._inverse)
        np.sqrt(z, out=z)
        z *= self._gain
        if before > FIRST_CLIP:
            bound = CLIP * np.sqrt(self._vg[:, 0] + TINY)
            np.minimum(squared, CLIP**2 * self._vg, out=squared)
            e = np.clip(e, -bound, bound)
        al = max(1.0 / self._rows, 1.0 / (SPREAD_MEMORY * self._learn_rows))
        # A tag that is not learned from moves by nothing.
        share = al if learns.all() else al * learns
        moved *= moved
        self._vd = self._vd + share * (moved - self._vd)
        self._vg = self._vg + share * (squared - self._vg)
        if self._frozen.any():
            self._hand_over(np.sqrt(self._v))
        self._mu = self._mu + max(1.0 / self._rows, 1.0 / (MEAN_MEMORY * self._learn_rows)) * e * learns
        return z

    def _prepare(self) -> None:
        """What turns filters into scores until the spreads are renewed."""
        self._gain = (8.0 * self._nu + 1.0) / (8.0 * self._nu + 3.0) * np.sqrt(self._nu)
        self._inverse = 1.0 / (self._v * self._nu)

    def _spread(self, rows: int) -> tuple[Array, Array]:
        """Variance of each filter and its degrees of freedom, pooled over the tags of a unit."""
        correlated = np.maximum(4.0 * self._vg / (self._vd + TINY) - 1.0, 1.0)
        nu = np.maximum(min(rows, 2.0 * SPREAD_MEMORY * self._learn_rows) / correlated, 1.0)
        v = self._vg + TINY
        if v.shape[-1] >= 3:
            weight = nu / (nu + KIN_FREEDOM)
            first = np.log(v[:, :1])
            log = np.log(v)
            slower = (log - first).mean(axis=-1, keepdims=True)
            v = np.exp(weight * log + (1.0 - weight) * (slower + first))
            nu = nu + KIN_FREEDOM
        return v + self._floor, nu

    def _hand_over(self, sd: Array) -> None:
        """Give a slow average of a frozen tag the value of a faster one that has settled elsewhere."""
        units, tags = np.nonzero(self._frozen)
        f, sd = self._f[:, :, units, tags], sd[:, :, units, tags]
        agree = self._agree[:, :, units, tags]
        for scale in range(1, f.shape[1]):
            faster = f[:, :scale]
            settled = np.abs(faster) < SETTLED * sd[:, :scale]
            apart = np.abs(f[:, scale : scale + 1] - faster) > APART * sd[:, :scale]
            fits = settled & apart
            agree[:, scale] = np.where(fits.any(axis=1), agree[:, scale] + 1, 0)
            taken = np.take_along_axis(faster, fits.argmax(axis=1)[:, None], axis=1)[:, 0]
            ready = agree[:, scale] >= AGREE_ROWS
            f[:, scale] = np.where(ready, taken, f[:, scale])
            agree[:, scale] = np.where(ready, 0, agree[:, scale])
        self._f[:, :, units, tags], self._agree[:, :, units, tags] = f, agree

    def snapshot(self) -> dict[str, Array]:
        """The whole state as arrays."""
        return {
            "rows": np.array(self._rows),
            **{name: getattr(self, f"_{name}").copy() for name in STATE},
            "on": self.on.copy(),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._rows = int(state["rows"])
        self.on = state["on"].astype(bool)
        for name in STATE:
            setattr(self, f"_{name}", state[name].astype(bool) if name == "frozen" else state[name].copy())
        self._prepare()

    @property
    def mean(self) -> Array:
        """Mean of the residuals as learned so far (h, u, n) [-]."""
        return self._mu

    def decide(self, z: Array, limits: Array) -> Array:
        """Open and close warnings by scores (h, scales, u, n) and limits (h, u): score (u, n), 1 = at its limit [-]."""
        ratio: Array = (z.max(axis=1) / limits[:, :, None]).max(axis=0)
        weight = np.zeros_like(ratio)
        for beyond, rows in URGENCY:
            weight = np.where(ratio > beyond, rows, weight)
        self._rows_beyond = np.where(ratio > 1.0, self._rows_beyond + 1, 0)
        self._weight_beyond = np.where(ratio > 1.0, self._weight_beyond + weight, 0)
        stays = ratio > OFF
        self._frozen = np.where(self._frozen, stays, self._rows_beyond >= self._persist)
        self.on = np.where(self.on, stays, self._weight_beyond >= self._persist)
        accepted = self._frozen & (self._frozen_rows > self._accept_rows)
        if accepted.any():
            self._accept(accepted)
        self._frozen_rows = np.where(self._frozen, self._frozen_rows + 1, 0)
        return ratio

    def _accept(self, tags: NDArray[np.bool_]) -> None:
        """The level of these tags (u, n) becomes normal."""
        k = self._accept_scale
        level = self._f[:, k] * tags
        self._mu = self._mu + level
        self._f[:, :k] -= level[:, None]
        self._f[:, k:] = np.where(tags, 0.0, self._f[:, k:])
        self.on, self._frozen = self.on & ~tags, self._frozen & ~tags
        self._rows_beyond = np.where(tags, 0, self._rows_beyond)
        self._weight_beyond = np.where(tags, 0, self._weight_beyond)
