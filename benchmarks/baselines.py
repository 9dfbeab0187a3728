"""Detectors of other libraries on the same rows: river, rcf3 and pysad, with their default settings (extra ``[bench]``).

Each scores a row before it learns it, and learns all rows. Columns are scaled with the learn part. The score is smoothed over
10 rows, and its limit is the 99 % quantile in the second half of the learn part: the least that a user would add.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from scipy.signal import lfilter

from benchmarks.subject import Array, Recorded, Verdict

SMOOTH_ROWS: Final = 10
QUANTILE: Final = 0.99
RANGE_SD: Final = 6.0
"""Half the range that a detector for values from 0 to 1 is given [sd of the learn part]."""

RowScorer = Callable[[Array], float]
"""Scores one row (n,) from the rows before it, then learns it; more is stranger."""


class Watcher:
    """A Subject from a function that scores whole recordings, (t,) or (t, n); its limit is multiplied by a factor."""

    def __init__(self, scores: Callable[[Recorded], Array]) -> None:
        self._scores = scores
        self._last: tuple[Array, Array] | None = None

    def __call__(self, recorded: Recorded, factor: float = 1.0) -> Verdict:
        """Without scores by tag the warning is every tag's."""
        if self._last is None or self._last[0] is not recorded.values:
            self._last = recorded.values, limited(self._scores(recorded), recorded.learn)
        over = self._last[1] / factor
        return Verdict(over.max(axis=1), np.broadcast_to(over > 1, recorded.values.shape))


def limited(scores: Array, learn: int) -> Array:
    """Smoothed scores, 0 at their median in the learn part and 1 at their limit, (t, n) from (t, n) or (t, 1) from (t,)."""
    columns = scores[:, None] if scores.ndim == 1 else scores
    smooth = lfilter([1 / SMOOTH_ROWS], [1, 1 / SMOOTH_ROWS - 1], columns, axis=0)
    known = smooth[learn // 2 : learn]
    middle, limit = np.median(known, axis=0), np.quantile(known, QUANTILE, axis=0)
    return np.asarray(np.maximum((smooth - middle) / np.maximum(limit - middle, 1e-12), 0.0))


def scaled(recorded: Recorded) -> Array:
    """Tags and covariates in sd of the learn part, (t, n + k); columns that do not move there stay unscaled."""
    columns = recorded.values if recorded.covariates is None else np.hstack([recorded.values, recorded.covariates])
    known = columns[: recorded.learn]
    spread = known.std(axis=0)
    return np.asarray((columns - known.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0))


def row_by_row(make: Callable[[int], RowScorer]) -> Callable[[Recorded], Array]:
    """Scores (t,) of a detector that reads all columns of a row at once; ``make`` is given their number."""

    def scores(recorded: Recorded) -> Array:
        rows = scaled(recorded)
        score = make(rows.shape[1])
        return np.array([score(row) for row in rows])

    return scores


def river_trees(columns: int) -> RowScorer:
    """Half-space trees of river, S. C. Tan et al., IJCAI 2011; they say nothing in their first 250 rows."""
    trees: Any = import_module("river.anomaly").HalfSpaceTrees(seed=1)
    names = range(columns)

    def score(row: Array) -> float:
        shares = np.clip(row / (2 * RANGE_SD) + 0.5, 0.0, 1.0).tolist()
        features = dict(zip(names, shares, strict=True))
        found = float(trees.score_one(features))
        trees.learn_one(features)
        return found

    return score


def river_tags(recorded: Recorded) -> Array:
    """river, tag by tag, (t, n): linear regression on the covariates, on line, then the distance of its residual in sd."""
    rows = scaled(recorded)
    tags = recorded.values.shape[1]
    return np.column_stack([_river_tag(rows[:, i], rows[:, tags:]) for i in range(tags)])


def _river_tag(values: Array, covariates: Array) -> Array:
    """Scores (t,) of one tag (t,) with covariates (t, k)."""
    model: Any = import_module("river.linear_model").LinearRegression()
    detector: Any = import_module("river.anomaly").StandardAbsoluteDeviation()
    scores = np.empty(len(values))
    names = range(covariates.shape[1])
    for i, (value, row) in enumerate(zip(values.tolist(), covariates.tolist(), strict=True)):
        residual = value
        if row:
            features = dict(zip(names, row, strict=True))
            residual = value - model.predict_one(features)
            model.learn_one(features, value)
        scores[i] = detector.score_one(None, residual)
        detector.learn_one(None, residual)
    return scores


def rcf3_forest(columns: int) -> RowScorer:
    """Random cut forest of rcf3, S. Guha et al., ICML 2016."""
    forest: Any = import_module("rcf3").Forest(columns, seed=1)
    return lambda row: float(forest.update_and_score(row.tolist()))


def pysad_loda(_columns: int) -> RowScorer:
    """LODA of pysad, T. Pevny, Machine Learning 102, 2016."""
    model: Any = import_module("pysad.models").LODA(random_state=1)
    return lambda row: float(model.fit_score_partial(row))


def watchers() -> dict[str, Watcher]:
    """Every detector whose library is installed, by its name and version; one line on stderr for each that is not."""
    found: dict[str, Watcher] = {}
    for library, name, scores in (
        ("river", "one a tag", river_tags),
        ("river", "HalfSpaceTrees", row_by_row(river_trees)),
        ("rcf3", "RCF", row_by_row(rcf3_forest)),
        ("pysad", "LODA", row_by_row(pysad_loda)),
    ):
        try:
            import_module(library)
        except ImportError as error:
            print(f"{library} {name} is left out: {error}", file=sys.stderr)
            continue
        found[f"{library} {version(library)} {name}"] = Watcher(scores)
    return found


def said_once(scores: Array, learn: int) -> Array:
    """Scores (t,) in their 99.9 % quantile of the learn part; 0 while no more than the largest of the last learn / 3 rows.

    Without it a detector that stays excited is charged for every row of one event where rows outside windows are counted.
    """
    known = scores[learn // 2 : learn]
    middle = float(np.median(known))
    unit = max(float(np.quantile(known, 0.999)) - middle, 1e-12)
    out = np.maximum((scores - middle) / unit, 0.0)
    peak, age = 0.0, 0
    for i in range(learn, len(out)):
        age += 1
        if age > learn / 3:
            peak = 0.0
        if out[i] > peak:
            peak, age = out[i], 0
        else:
            out[i] = 0.0
    return out


def event_watchers() -> dict[str, Callable[[Recorded], Verdict]]:
    """`watchers`, unsmoothed, and each event said once: subjects where single rows of an event are charged."""

    def subject(watcher: Watcher) -> Callable[[Recorded], Verdict]:
        def judge(recorded: Recorded) -> Verdict:
            scores = watcher._scores(recorded)
            over = said_once(scores if scores.ndim == 1 else scores.max(axis=1), recorded.learn)
            return Verdict(over, np.broadcast_to(over[:, None] > 1, recorded.values.shape))

        return judge

    return {name: subject(watcher) for name, watcher in watchers().items()}
