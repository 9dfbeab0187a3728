"""The rows of `detectors.chart`, one after the other, as compiled loops over heads, scales and tags of one unit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask
from detectors.compiled import compiled

TINY = 1e-12
LEAST_KIN = 3
"""Tags of a unit from which on their spreads are pooled."""


class Rules(NamedTuple):
    """Constants of the charts; scales and memories are multiples of a row or of the learn rows."""

    persist: int = 12
    """Rows beyond the limit, in a row and weighted by `urgency`, that open a warning."""
    freeze: int = 12
    """Rows beyond the limit, in a row, that stop learning."""
    off: float = 0.7
    """A warning ends when the score falls to this share of its limit; so does the freeze of learning."""
    urgency: tuple[float, ...] = (1.0, 1.3, 2.0)
    urgency_rows: tuple[int, ...] = (1, 3, 6)
    """For how many rows one counts whose score is beyond so many limits: twelve just beyond open a warning, or two far beyond."""
    spread_memory: float = 2.5
    """[learn rows] A shorter one makes a fault the new normal before it is seen."""
    mean_memory: float = 1.5
    """[learn rows]"""
    clip: float = 15.0
    first_clip: int = 100
    """What is learned from is held within so many spreads, from this row on."""
    kin_freedom: float = 5.0
    """Rows of its own that a tag's spread must have to weigh as much as its kin's."""
    floor: float = 0.01
    """Least spread of a row [-]: what a quantised signal that stands still cannot go below."""
    settled: float = 2.5
    apart: float = 3.0
    agree_rows: int = 4
    """Hand-over: a faster scale within 2.5 of its spreads, and 3 of them apart from the slow one, for 4 rows."""
    accept_learn: float = 2.0
    accept_s: float = 40 * 86_400.0
    accept_scale: float = 8.0
    """A warning that stands for twice the learn rows, or forty days, is the new normal; measured by a scale an eighth as long."""
    slow_gain: float = 0.06
    slow_from: float = 30.0
    """Scores of scales beyond 30 rows count 6 % more a decade: a slow average passes a given limit by chance more rarely."""
    renew_share: int = 500
    """Spreads are pooled anew after a five-hundredth of their memory: they cannot have moved by more than 0.2 % in between."""


class State(NamedTuple):
    """All that changes from row to row: of each head, scale and column (h, k, m) up to ``agree``; then as said.

    A column is one tag of one unit; those of a unit lie side by side.
    """

    f: Array
    vg: Array
    vd: Array
    v: Array
    nu: Array
    inverse: Array
    gain: Array
    agree: Array
    mu: Array
    """(h, m), and from here on (m,)"""
    rows_beyond: Array
    weight_beyond: Array
    frozen: Mask
    frozen_rows: Array
    on: Mask

    @classmethod
    def fresh(cls, heads: int, scales: int, columns: int) -> State:
        """Before the first row."""
        three = heads, scales, columns
        zeros, ones = np.zeros, np.ones
        return cls(
            zeros(three), zeros(three), zeros(three), ones(three), ones(three), ones(three), ones(three), zeros(three),
            zeros((heads, columns)), zeros(columns), zeros(columns), zeros(columns, bool), zeros(columns),
            zeros(columns, bool),
        )  # fmt: skip


@compiled
def take_rows(
    e: Array,
    known: Array,
    weights: Array,
    rows: int,
    tags: int,
    learn_rows: float,
    accept_rows: float,
    accept_scale: int,
    tau: Array,
    first_scale: NDArray[np.int64],
    rules: Rules,
    state: State,
    ratio: Array,
    head: NDArray[np.int64],
    on: Mask,
    mean: Array,
    by_head: Array,
) -> None:
    """Take in ``e`` (h, t, m), of which ``known`` (t, m) counts (1 or 0), after ``rows`` others; a unit has ``tags`` columns.

    Writes the scores ``ratio`` (t, m), squares of which are scaled by ``weights`` (h, m), the ``head`` that each comes from, the
    warnings ``on``, and the ``mean`` from which the first head is measured (t, m). With ``by_head`` (h, t, m) instead of an empty
    array only the score of each head is written, and nothing is decided. A head is scored from its ``first_scale`` on (h,); of
    the shorter ones it has the shortest, which its spreads are measured by.
    """
    learning_only = len(by_head) > 0
    heads, n_rows, columns = e.shape
    memory = rules.spread_memory * learn_rows
    most, before_head, share, error = np.empty(columns), np.empty(columns), np.empty(columns), np.empty(columns)
    for t in range(n_rows):
        before = rows + t
        renews = before % max(1, int(min(float(before), memory)) // rules.renew_share) == 0
        al = max(1.0 / (before + 1), 1.0 / memory)
        pace = max(1.0 / (before + 1), 1.0 / (rules.mean_memory * learn_rows))
        for j in range(columns):
            thawed = not state.frozen[j] or state.frozen_rows[j] > rules.accept_learn * learn_rows
            share[j] = al * known[t, j] if thawed else 0.0
        most[:] = 0.0
        mean[t] = state.mu[0]
        for h in range(heads):
            if first_scale[h] == len(tau):
                continue
            if renews:
                _pool(state, h, tags, min(float(before), 2.0 * memory), tau, first_scale[h], rules)
            for j in range(columns):
                error[j] = e[h, t, j] - state.mu[h, j]
            _learn_mean(state, h, error, share, pace / al, before > rules.first_clip, rules)
            for k in range(len(tau)):
                if not 0 < k < first_scale[h]:
                    gain = max(1.0 / tau[k], 1.0 / (before + 1))
                    _move(state, h, k, error, known[t], share, gain, before > rules.first_clip, rules)
            if learning_only:
                _score(state, h, weights[h], by_head[h, t], first_scale[h])
            else:
                before_head[:] = most
                _score(state, h, weights[h], most, first_scale[h])
                for j in range(columns):
                    if most[j] > before_head[j]:
                        head[t, j] = h
        if learning_only:
            by_head[:, t] = np.sqrt(by_head[:, t])
            continue
        if state.frozen.any():
            _hand_over(state, first_scale, rules)
        ratio[t] = np.sqrt(most)
        _decide(state, ratio[t], known[t], accept_rows, accept_scale, rules)
        on[t] = state.on


@compiled
def _pool(state: State, h: int, tags: int, seen: float, tau: Array, first_scale: int, rules: Rules) -> None:
    """Variance of each filter and its degrees of freedom, pooled over the tags of a unit; what turns a filter into a score."""
    log_first = np.log(state.vg[h, 0] + TINY)
    for k in range(len(tau)):
        if 0 < k < first_scale:
            continue
        vg, v, nu = state.vg[h, k], state.v[h, k], state.nu[h, k]
        floor = rules.floor**2 / (2.0 * tau[k] - 1.0)
        slow = 1.0 + rules.slow_gain * math.log10(max(tau[k] / rules.slow_from, 1.0))
        log = np.log(vg + TINY)
        for first in range(0, len(vg), tags):
            slower = 0.0
            for j in range(first, first + tags):
                slower += log[j] - log_first[j]
            slower /= tags
            for j in range(first, first + tags):
                correlated = max(4.0 * vg[j] / (state.vd[h, k, j] + TINY) - 1.0, 1.0)
                free, own = max(seen / correlated, 1.0), vg[j] + TINY
                if tags >= LEAST_KIN:
                    weight = free / (free + rules.kin_freedom)
                    own = math.exp(weight * log[j] + (1.0 - weight) * (slower + log_first[j]))
                    free += rules.kin_freedom
                v[j], nu[j] = own + floor, free
                state.inverse[h, k, j] = 1.0 / (v[j] * free)
                state.gain[h, k, j] = (slow * (8.0 * free + 1.0) / (8.0 * free + 3.0)) ** 2 * free


@compiled
def _learn_mean(state: State, h: int, error: Array, share: Array, pace: float, clips: bool, rules: Rules) -> None:
    """One row of the mean of each column; ``error`` is measured from the mean before."""
    mu, vg = state.mu[h], state.vg[h, 0]
    for j in range(len(error)):
        bound = rules.clip * math.sqrt(vg[j] + TINY) if clips else np.inf
        mu[j] += pace * share[j] * min(max(error[j], -bound), bound)


@compiled
def _move(
    state: State, h: int, k: int, error: Array, known: Array, share: Array, gain: float, clips: bool, rules: Rules
) -> None:
    """One row of the filter of each column, its variance and that of its steps."""
    f, vg, vd = state.f[h, k], state.vg[h, k], state.vd[h, k]
    square = rules.clip**2
    for j in range(len(error)):
        moved = gain * known[j] * (error[j] - f[j])
        now = f[j] + moved
        squared = min(now * now, square * vg[j]) if clips else now * now
        f[j] = now
        vd[j] += share[j] * (moved * moved - vd[j])
        vg[j] += share[j] * (squared - vg[j])


@compiled
def _score(state: State, h: int, weights: Array, most: Array, first: int) -> None:
    """Raise ``most`` (m,) to ``weights`` times the squared score of the scales, where that is more.

    x/(1 + x) <= ln(1 + x) <= x: the left side finds what the most will be at least, the right side leaves one logarithm or two.
    """
    scales, columns = state.f.shape[1:]
    least = most.copy()
    for k in range(first, scales):
        f, inverse, gain = state.f[h, k], state.inverse[h, k], state.gain[h, k]
        for j in range(columns):
            x = f[j] * f[j] * inverse[j]
            least[j] = max(least[j], weights[j] * gain[j] * x / (1.0 + x))
    for k in range(first, scales):
        f, inverse, gain = state.f[h, k], state.inverse[h, k], state.gain[h, k]
        for j in range(columns):
            x = f[j] * f[j] * inverse[j]
            scale = weights[j] * gain[j]
            if scale * x > least[j]:
                most[j] = max(most[j], scale * math.log1p(x))


@compiled
def _hand_over(state: State, first_scale: NDArray[np.int64], rules: Rules) -> None:
    """Give a slow average of a frozen column the value of a faster one that has settled elsewhere."""
    heads, scales, columns = state.f.shape
    for h in range(heads):
        for k in range(max(1, first_scale[h]), scales):
            for j in range(columns):
                if not state.frozen[j]:
                    continue
                f = state.f[h, :, j]
                fits = -1
                for q in range(k):
                    if 0 < q < first_scale[h]:
                        continue
                    sd = math.sqrt(state.v[h, q, j])
                    if abs(f[q]) < rules.settled * sd and abs(f[k] - f[q]) > rules.apart * sd:
                        fits = q
                        break
                agree = state.agree[h, k, j] + 1 if fits >= 0 else 0
                if agree >= rules.agree_rows:
                    f[k] = f[fits]
                    agree = 0
                state.agree[h, k, j] = agree


@compiled
def _decide(state: State, ratio: Array, known: Array, accept_rows: float, accept_scale: int, rules: Rules) -> None:
    """Open and close the warnings of columns by their scores, 1 = at the limit; stop and go on learning. Gaps decide nothing."""
    for j in range(len(ratio)):
        score = ratio[j]
        if known[j] == 0.0:
            continue
        if score <= min(rules.off, 1.0) and not state.frozen[j] and not state.on[j]:
            state.rows_beyond[j] = state.weight_beyond[j] = 0
            continue
        weight = 0
        for i in range(len(rules.urgency)):
            if score > rules.urgency[i]:
                weight = rules.urgency_rows[i]
        beyond, stays = score > 1.0, score > rules.off
        state.rows_beyond[j] = state.rows_beyond[j] + 1 if beyond else 0
        state.weight_beyond[j] = state.weight_beyond[j] + weight if beyond else 0
        frozen = stays if state.frozen[j] else state.rows_beyond[j] >= rules.freeze
        state.on[j] = stays if state.on[j] else state.weight_beyond[j] >= rules.persist
        if frozen and state.frozen_rows[j] > accept_rows:
            _accept(state, j, accept_scale)
            frozen = False
        state.frozen[j] = frozen
        state.frozen_rows[j] = state.frozen_rows[j] + 1 if frozen else 0


@compiled
def _accept(state: State, j: int, scale: int) -> None:
    """The level of a column becomes normal."""
    for h in range(state.f.shape[0]):
        level = state.f[h, scale, j]
        state.mu[h, j] += level
        state.f[h, :scale, j] -= level
        state.f[h, scale:, j] = 0.0
    state.on[j] = False
    state.rows_beyond[j] = state.weight_beyond[j] = 0
