"""The CARE score: coverage, accuracy, reliability and earliness of the detection of faults in many machines, as one number.

An event is a stretch of rows of one machine that ends with a failure, or in which nothing fails.

- coverage: F0.5 of the rows of each event that ends with a failure; mean.
- accuracy: share of the rows without a warning of each event in which nothing fails; mean.
- earliness: of the rows of each failure the share with a warning, a row in the first quarter counting once, later ones the
  less the nearer the end; mean.
- reliability: F0.5 of the events that are flagged: rows with a warning count up, rows without count down, not below zero, and an
  event is flagged once that reaches twelve hours (72 rows of ten minutes).

CARE = (coverage + earliness + reliability + 2 accuracy) / 5; but 0 if no event is flagged, and the accuracy itself where it is
not above one half. Rows in which a machine was not judged, as it stood still, count for earliness only.

Source: C. Gueck, C. M. A. Roelofs, S. Faulstich, "CARE to Compare: a real-world benchmark dataset for early fault detection in
wind turbine data", Data 9(12):138, 2024; AEFDI/EnergyFaultDetector 79e8ad3, evaluation/care_score.py (where a count that reaches
the threshold flags; that counts end at 1000 changes nothing of what is flagged).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.bool_]

BETA: Final = 0.5
"""What is said in vain weighs more than what is missed."""
FLAGGED_S: Final = 43_200.0
"""Net time with a warning that flags an event [s]: 72 rows of ten minutes."""
FULL_SHARE: Final = 0.25
"""Part of a failure in which a warning counts in full [-]."""
ACCURACY_WEIGHT: Final = 2.0
"""Of accuracy; the other three have one."""
ACCURACY_LEAST: Final = 0.5
"""Whoever is not better in quiet times gets that accuracy as the score."""


class Event(NamedTuple):
    """A stretch of one machine, all (t,): whether a warning stood, it was failing, it was judged; and the count that flags it."""

    said: Rows
    failing: Rows
    judged: Rows
    flag_rows: int = 72

    @property
    def is_flagged(self) -> bool:
        """Whether its count reaches `flag_rows`: up with a warning, down without, not below zero."""
        walk = np.cumsum(np.where(self.said[self.judged], 1, -1))
        counts = walk - np.minimum(np.minimum.accumulate(walk), 0)
        return bool((counts >= self.flag_rows).any())


class Care(NamedTuple):
    """The score and its parts [-]; None = there is no event that it could be taken from."""

    score: float | None
    coverage: float | None
    accuracy: float | None
    reliability: float | None
    earliness: float | None


def care(events: Sequence[Event]) -> Care:
    """The score of some events; those of a healthy machine that was never judged count for nothing."""
    failures = [one for one in events if one.failing.any()]
    healthy = [one for one in events if not one.failing.any() and one.judged.any()]
    coverage, earliness = _mean([_coverage(one) for one in failures]), _mean([_earliness(one) for one in failures])
    accuracy = _mean([float((~one.said[one.judged]).mean()) for one in healthy])
    hits, false = (sum(one.is_flagged for one in some) for some in (failures, healthy))
    reliability = f_beta(hits, false, len(failures) - hits) if failures else None
    score = None
    if coverage is not None and earliness is not None and reliability is not None and accuracy is not None:
        total = coverage + earliness + reliability + ACCURACY_WEIGHT * accuracy
        score = total / (3.0 + ACCURACY_WEIGHT)
        score = 0.0 if not hits + false else accuracy if accuracy <= ACCURACY_LEAST else score
    return Care(score, coverage, accuracy, reliability, earliness)


def f_beta(hits: int, false: int, missed: int) -> float:
    """F0.5 [-]; 0 without a hit.

    >>> f_beta(2, 1, 0), f_beta(2, 0, 1), f_beta(0, 0, 3)
    (0.7142857142857143, 0.9090909090909091, 0.0)
    """
    square = BETA**2
    return (1.0 + square) * hits / max((1.0 + square) * hits + square * missed + false, 1.0)


def _coverage(event: Event) -> float:
    said, failing = event.said[event.judged], event.failing[event.judged]
    return f_beta(int((said & failing).sum()), int((said & ~failing).sum()), int((~said & failing).sum()))


def _earliness(event: Event) -> float:
    said = event.said[event.failing]
    weights = weigh(len(said))
    return float(weights[said].sum() / weights.sum())


def weigh(n_rows: int) -> NDArray[np.float64]:
    """What each row of a failure counts [-], (n_rows,).

    >>> weigh(4).round(3).tolist()
    [1.0, 0.978, 0.622, 0.267]
    """
    parts = round(1.0 / FULL_SHARE)
    at = parts * np.arange(n_rows)  # the source looks at every fourth of four times as many rows
    falling = (1.0 - at / max(parts * n_rows - 1, 1)) / (1.0 - FULL_SHARE)
    return np.where(at < n_rows, 1.0, falling)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
