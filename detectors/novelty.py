"""Never seen before: how far a reading lies from everything its tag has shown, however short it lasts.

Four views of each tag are watched, each with a weight: the value itself, what is left of it after a mean and one harmonic of
the day (recursive least squares), and the EWMAs of both. A view keeps the range mn .. mx it has covered, and on a grid over it
which bins it has visited (`detectors.visited`). The distance d of a reading from the nearest visited bin, or from the range if
it lies outside, gives

    s     = min(d / (mx - mn), `JUMP_MOST`)
    u     = -log10((K + 1) / (N + 2))              surprise: how rare s > `NOVEL` was in the last ``recent_rows`` rows (K of N)
    r     = max over views of weight s u / ``limit``
    v     = r if r > peak else r clip((age / ``quiet_rows`` - `FADES_FROM`) / (`FADES_BY` - `FADES_FROM`), 0, 1)
    score = v / (1 + `DOUBT` w)
    w    <- (1 - 1 / `DOUBT_ROWS`) (w + min(score, 1))

where peak is the largest r of the event, raised ``age`` rows ago: one novelty is said once, again at once when it is outdone, and
little by little when it grows old. w is about the number of warnings of late: a tag that says much is believed less, so that
one limit serves quiet and restless tags. Visited bins never age. Novel rows are counted after ``ready_rows`` learned rows; peaks
and w, which need no score to be heard, after the share `HEEDS_FROM` of them.

Every quantity counts rows, not seconds, since chance does; only the day is time. On short records the range is young and much
looks new: a limit of its own, never one figure with other heads.

Chosen on half of the files of the Numenta Anomaly Benchmark, as they are and with rows left out; there the value alone is worth 6
points less, and belief that does not wane 1 less. Before that, two harmonics were worth 1 less, bins that are forgotten after
4,000 rows 1 less, and grids of (value, earlier value) or (value, time of day) instead of the residual 9 to 14 less. Worth nothing
more: views of differences, of spread, of the extremes of a day, of other EWMAs; robust ranges; the second nearest value; the rank
of s for u; sums of views for their maximum. On the other half the whole is worth 15 points less.
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Covariates, Mask, Values
from detectors.visited import JUMP_MOST, Visited

NOVEL = 0.004
"""Share of the range from which a distance counts as novel; twice the width of a bin of a full grid."""
WEIGHTS = np.array([1.0, 0.8, 0.3, 0.3])[:, None, None]
"""Value, residual, EWMA of the residual, EWMA of the value: the surer the view is to repeat itself, the more."""
FADES_FROM, FADES_BY = 0.5, 2.0
"""Parts of ``quiet_rows`` after which a peak begins to be forgotten, and is; a sharp end after one is worth 1.5 points less."""
DOUBT, DOUBT_ROWS = 0.25, 1000.0
"""Four warnings at once halve the score. At the best limit half or twice as much, and twice as long, are worth the same."""
HEEDS_FROM = 0.5
"""Share of ``ready_rows``; a young range warns of much, and that should be held against it from the first score on."""
PRIOR = 1e4
"""Variance of the coefficients before anything is learned, in those of one reading: next to ordinary least squares."""
DAY_S = 86_400.0
LEAST_A_DAY = 8.0
"""With fewer rows a day there is no harmonic."""


class Novelty:
    """Novelty of the tags of a block; a `Detector` on values or residuals (its covariates are not used).

    Parameters
    ----------
    n_units, n_tags : size of the block.
    period_s : time between two rows [s].
    ready_rows : learned rows before anything is scored.
    quiet_rows : rows in which a novelty is about forgotten and a smaller one is said again.
    recent_rows : forgetting of the counts of novel rows [rows].
    memory_rows : forgetting of the harmonic [rows].
    slow_rows : time constant of the EWMAs [rows].
    limit : novelty that is worth a warning [-]; score 1 stands for it.
    """

    def __init__(
        self,
        n_units: int,
        n_tags: int,
        *,
        period_s: float,
        ready_rows: float = 750.0,
        quiet_rows: float = 250.0,
        recent_rows: float = 1000.0,
        memory_rows: float = 50_000.0,
        slow_rows: float = 30.0,
        limit: float = 0.02,
    ) -> None:
        shape = (n_units, n_tags)
        self._pace = 2.0 * np.pi * period_s / DAY_S
        self._terms = 3 if period_s * LEAST_A_DAY <= DAY_S else 1
        self._ready, self._quiet = ready_rows, quiet_rows
        self._keep, self._recall, self._gain = 1.0 - 1.0 / recent_rows, 1.0 - 1.0 / memory_rows, 1.0 / slow_rows
        self._weights = WEIGHTS / limit
        self._scans = 0
        self._seen = np.zeros(shape)
        self._learned = np.zeros(shape)
        self._slow = np.zeros((2, *shape))
        self._coefficients = np.zeros((self._terms, *shape))
        self._variance = np.zeros((self._terms, self._terms, *shape))
        self._variance += PRIOR * np.eye(self._terms)[:, :, None, None]
        self._visited = Visited((len(WEIGHTS), *shape))
        self._novel = np.zeros((len(WEIGHTS), *shape))
        self._counted = np.zeros((len(WEIGHTS), *shape))
        self._peak = np.zeros(shape)
        self._age = np.zeros(shape)
        self._warned = np.zeros(shape)

    def score(self, x: Values, f: Covariates) -> Array:
        """Score of every tag [-], (n_units, n_tags); 0 while an event is fresh and not outdone, NaN where nothing can be said."""
        return self.score_views(x, self.views(x))

    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        """Take one row in; ranges, bins, counts and the harmonic move only where ``where`` is True and the reading is good."""
        self.learn_views(x, self.views(x), where)

    def views(self, x: Values) -> Array:
        """Value, residual and their EWMAs after this row, (4, n_units, n_tags) [unit of the tag]; of 0 where it is missing."""
        x = np.where(np.abs(x) < HUGE, x, 0.0)
        now = np.stack([x - np.tensordot(self._phase(), self._coefficients, 1), x])
        slow = self._slow + np.maximum(self._gain, 1.0 / (self._seen + 1.0)) * (now - self._slow)
        return np.concatenate([now[::-1], slow])

    def score_views(self, x: Values, views: Array) -> Array:
        """`score`, given what `views` returned for the same row."""
        scores = self._said(self._rarity(self._visited.distance(views)))
        scores[~((np.abs(x) < HUGE) & (self._learned >= self._ready))] = np.nan
        return scores

    def learn_views(self, x: Values, views: Array, where: Mask) -> None:
        """`learn`, given what `views` returned for the same row."""
        good: Mask = np.abs(x) < HUGE
        learning: Mask = good & (where if where.ndim == 2 else where[:, None])
        distance = self._visited.distance(views)
        ready: Mask = good & (self._learned >= self._ready)
        self._heed(self._rarity(distance), good)
        counting = learning & ready
        fade = np.where(counting, self._keep, 1.0)
        self._novel = self._novel * fade + (counting & (distance > NOVEL))
        self._counted = self._counted * fade + counting
        self._visited.insert(views, learning)
        self._regress(views[1], learning)
        self._slow = np.where(good, views[2:], self._slow)
        self._seen += good
        self._learned += learning
        self._scans += 1

    def _rarity(self, distance: Array) -> Array:
        """r, (n_units, n_tags) [-]."""
        surprise = -np.log10((self._novel + 1.0) / (self._counted + 2.0))
        rarity: Array = (self._weights * np.minimum(distance, JUMP_MOST) * surprise).max(axis=0)
        return rarity

    def _said(self, rarity: Array) -> Array:
        """Score of a good row, of which peak, age and w know nothing yet, (n_units, n_tags) [-]."""
        faded = ((self._age + 1.0) / self._quiet - FADES_FROM) / (FADES_BY - FADES_FROM)
        share = np.where(rarity > self._peak, 1.0, np.clip(faded, 0.0, 1.0))
        return share * rarity / (1.0 + DOUBT * self._warned)

    def _heed(self, rarity: Array, good: Mask) -> None:
        """Take a row into peak, age and w."""
        heeding: Mask = good & (self._learned >= HEEDS_FROM * self._ready)
        warned = (1.0 - 1.0 / DOUBT_ROWS) * (self._warned + np.minimum(self._said(rarity), 1.0))
        self._warned = np.where(heeding, warned, self._warned)
        self._age += good
        self._peak = np.where(self._age > FADES_BY * self._quiet, 0.0, self._peak)
        higher = heeding & (rarity > self._peak)
        self._peak = np.where(higher, rarity, self._peak)
        self._age = np.where(higher, 0.0, self._age)

    def _phase(self) -> Array:
        turn = self._pace * self._scans
        return np.array([1.0, np.sin(turn), np.cos(turn)])[: self._terms]

    def _regress(self, residual: Array, learning: Mask) -> None:
        """One step of recursive least squares with forgetting, for each tag by itself."""
        phase = self._phase()
        p = np.tensordot(phase, self._variance, 1)
        gain = np.where(learning, 1.0, 0.0) * p / (self._recall + np.tensordot(phase, p, 1))
        self._coefficients = self._coefficients + gain * residual
        variance = (self._variance - gain[:, None] * p[None]) / np.where(learning, self._recall, 1.0)
        trace = np.trace(variance)
        # Without new readings of some hour, forgetting would blow the variance up.
        self._variance = variance * np.minimum(1.0, self._terms * PRIOR / trace)

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies."""
        own = {name: getattr(self, f"_{name}").copy() for name in STATE}
        return {**own, **self._visited.snapshot(), "scans": np.array(float(self._scans))}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name in STATE:
            setattr(self, f"_{name}", state[name].copy())
        self._visited.restore(state)
        self._scans = int(state["scans"])


STATE = ("seen", "learned", "slow", "coefficients", "variance", "novel", "counted", "peak", "age", "warned")
