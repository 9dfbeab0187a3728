"""A bank of EWMA charts over several heads, on scales that are multiples of a row; it knows its own spread and when to forget.

For each head, scale tau and tag, with N rows seen, L rows of learning and e' = e - mu, every row does

    f   <- f + max(1/tau, 1/N) (e' - f)
    z    = g (8 nu + 1)/(8 nu + 3) sqrt(nu ln(1 + f^2/(v nu)))   v, nu from before this row, see below
    vg  <- vg + al (min(f^2, c^2 vg) - vg)                       al = max(1/N, 1/(2.5 L)), c = 15
    vd  <- vd + al ((f - f_before)^2 - vd)
    mu  <- mu + max(1/N, 1/(1.5 L)) clip(e', +-c sqrt(vg_1))

    g    = 1 + 0.06 max(0, log10(tau/30))                        a slow average has fewer chances to be wrong
    nu   = max(min(N - 1, 5 L) / max(4 vg/vd - 1, 1), 1)         rows over the correlation time of the filter
    v    = vg, pooled over the tags of the unit: w = nu/(nu + 5), ln v = w ln vg + (1 - w)(ln vg_1 + mean over tags ln(vg/vg_1))

A warning opens when the score has been beyond its limit for `Rules.persist` rows, where a row far beyond counts for several.
Learning stops later, after `Rules.freeze` rows whatever they count for: vg, vd and mu move only for tags that are not *frozen*.
(To freeze at the first sign instead nearly doubles the false rows on public sets: what briefly jumps never comes back.) While a
tag is frozen, a slow average that still remembers a gone fault is handed over to a faster one that has settled, and a level that
has stood for long is accepted as the new normal.

References: as `detectors.bank`, whose scales are seconds and whose limits are fixed; here both come from the learn rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask
from detectors.chart_rows import Rules, State, take_rows

SCALES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Time constants [rows]; a scale of one row is left to the excursions: it costs a sixth of the score on public sets."""
LONGEST_SHARE = 5.0
"""The longest scale is a fifth of the learn rows: of a slower one they hold too few independent values."""


RULES = Rules()


class Judged(NamedTuple):
    """What the charts say of rows, (t, u, n): score [-], 1 = at the limit, and its head; whether in warning; the mean of the
    first head [-]."""

    score: Array
    head: NDArray[np.int64]
    warning: Mask
    mean: Array


class Chart:
    """The charts of ``n_heads`` residuals of the units and tags of a block; see the module.

    Parameters
    ----------
    n_heads, n_units, n_tags : of the residuals.   learn_rows : L.   period_s : time between two rows [s].
    shortest : shortest scale that each head is scored on [rows]; None = all.

    Examples
    --------
    >>> chart = Chart(1, 1, 1, learn_rows=500, period_s=60.0)
    >>> scores = chart.learn(np.random.default_rng(1).standard_normal((1, 500, 1, 1)))
    >>> warning = chart.judge(np.full((1, 30, 1, 1), 3.0), np.array([[3.5]])).warning[:, 0, 0]
    >>> int(warning.argmax()), bool(warning[-1])
    (5, True)
    """

    def __init__(
        self,
        n_heads: int,
        n_units: int,
        n_tags: int,
        *,
        learn_rows: int,
        period_s: float,
        rules: Rules = RULES,
        shortest: Sequence[float] | None = None,
    ) -> None:
        scales = [tau for i, tau in enumerate(SCALES) if i == 0 or tau <= learn_rows / LONGEST_SHARE]
        self._tau = np.array(scales)
        self._first_scale = np.searchsorted(self._tau, np.zeros(n_heads) if shortest is None else np.array(shortest))
        self._learn_rows, self._rules = learn_rows, rules
        self._rows, self._tags = 0, n_tags
        self._unit_of = np.repeat(np.arange(n_units), n_tags)
        self._state = State.fresh(n_heads, len(scales), n_units * n_tags)
        self._accept_rows = min(rules.accept_learn * learn_rows, rules.accept_s / period_s)
        longest = max(10.0, self._accept_rows / rules.accept_scale)
        self._accept_scale = int(np.searchsorted(scales, longest, "right")) - 1

    def learn(self, e: Array) -> Array:
        """Take in the residuals ``e`` (h, t, u, n) of rows that are learned from [-]; scores (h, t, u, n) [-] of them."""
        scores = np.zeros((*e.shape[:2], len(self._unit_of)))
        self._take(e, None, np.ones((len(e), e.shape[2])), scores)
        return scores.reshape(e.shape)

    def judge(self, e: Array, limits: Array, known: Mask | None = None) -> Judged:
        """Judge the residuals ``e`` (h, t, u, n) of further rows [-] by ``limits`` (h, u) [-].

        ``known`` (t, u, n): False = there was no good value; then nothing of that tag moves. None = all are known.
        """
        return self._take(e, known, limits, np.zeros((0, 0, 0)))

    def _take(self, e: Array, known: Mask | None, limits: Array, by_head: Array) -> Judged:
        heads, rows = e.shape[:2]
        of_units = rows, *e.shape[2:]
        said = Judged(np.zeros(of_units), np.zeros(of_units, np.int64), np.zeros(of_units, bool), np.zeros(of_units))
        if not self._tags:
            return said
        flat = rows, len(self._unit_of)
        knows = np.ones(flat) if known is None else known.reshape(flat).astype(np.float64)
        take_rows(
            np.ascontiguousarray(e).reshape(heads, rows, -1), knows, _weights(limits, self._unit_of), self._rows, self._tags,
            float(self._learn_rows), self._accept_rows, self._accept_scale, self._tau, self._first_scale, self._rules,
            self._state, said.score.reshape(flat), said.head.reshape(flat), said.warning.reshape(flat), said.mean.reshape(flat),
            by_head,
        )  # fmt: skip
        self._rows += rows
        return said

    def snapshot(self) -> dict[str, Array]:
        """The whole state as arrays."""
        return {
            "rows": np.array(float(self._rows)),
            **{k: v.astype(np.float64) for k, v in self._state._asdict().items()},
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._rows = int(state["rows"])
        self._state = State(*(state[k].astype(like.dtype) for k, like in self._state._asdict().items()))


def _weights(limits: Array, unit_of: NDArray[np.intp]) -> Array:
    """What turns squared scores of each head and column into such by their limits (h, m)."""
    return np.ascontiguousarray(limits[:, unit_of] ** -2.0)
