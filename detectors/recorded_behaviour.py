"""Normal behaviour of a recording that nobody has described: its first rows are learned at once, then each row is judged.

It stands in place of `NormalBehaviour` where `Tuning.learn_rows` says so: no covariate has a lag, no season is known, and
everything is relative to the learn rows. The detector is `watcher.Watcher`; its warning is this one's score of 1.
"""

from __future__ import annotations

import numpy as np

from detectors.base import HUGE, Array, Covariates, Mask, Values
from detectors.chart import Chart
from detectors.heads import HEADS
from detectors.limits import PERSIST
from detectors.normal_behaviour import Judgement
from detectors.tuning import Tuning
from detectors.watcher import ROWS_MIN, Watcher
from stations.plant import Block

QUIET = float(np.nextafter(1.0, 0.0))
"""The most that a tag scores which is not in warning: twelve rows must agree before it is."""


class RecordedBehaviour:
    """As `NormalBehaviour`, for the judged tags of one block."""

    def __init__(self, block: Block, columns: list[int], tuning: Tuning) -> None:
        shape = len(block.units), len(columns)
        self._period_s = block.period_s
        learn_rows = max(ROWS_MIN, tuning.learn_rows or 0)
        self._rows = np.full((learn_rows, *shape), np.nan)
        self._explained = np.full((learn_rows, shape[0], len(block.covariates)), np.nan)
        self._learned = 0
        self._watcher: Watcher | None = None
        self._nothing = np.full(shape, np.nan)
        # A state keeps its layout from the first row on, so what the watcher will hold at most has its place from the start.
        chart = Chart(len(HEADS), *shape, learn_rows=learn_rows, period_s=block.period_s, persist=PERSIST)
        self._room = sum(array.size for array in chart.snapshot().values()) + 2 * self._nothing.size

    def judge(self, x: Values, f: Covariates) -> Judgement:
        """Expected value, residual and score of one scan, (n_units, n_tags); each scan is judged once, in order."""
        x = np.where(np.abs(x) < HUGE, x, np.nan)
        none = self._nothing
        if self._watcher is None:
            return Judgement(none, np.ones_like(none), x, none, none, none)
        expected, spread = self._watcher.expected(f if f.shape[1] else None)
        ratio, on = self._watcher.step(x, f if f.shape[1] else None)
        score = np.where(on, np.maximum(ratio, 1.0), np.minimum(ratio, QUIET))
        return Judgement(expected, spread, x, (x - expected) / spread, score, none)

    def learn_judged(self, f: Covariates, judgement: Judgement, where: Mask) -> None:
        """Take one scan in: the learn rows are kept, and learned from when the last of them is there."""
        if self._watcher is not None:
            return
        self._rows[self._learned], self._explained[self._learned] = judgement.judged, f
        self._learned += 1
        if self._learned == len(self._rows):
            self._watch()

    def _watch(self) -> None:
        explained = self._explained if self._explained.shape[2] else None
        self._watcher = Watcher(self._rows, explained, period_s=self._period_s)

    def measured(self, judged: Values) -> Values:
        """What is judged is what was measured."""
        return judged

    def band(self, judgement: Judgement) -> tuple[Array, Array]:
        """Low and high end of the band around the expected value [unit of the tag]: the limit of one row's level."""
        width = self._nothing if self._watcher is None else self._watcher.limits[0][:, None] * judgement.spread
        return judgement.expected - width, judgement.expected + width

    def snapshot(self) -> dict[str, Array]:
        """The whole state: the learn rows, and what changed since."""
        since = np.zeros(self._room)
        if self._watcher is not None:
            flat = np.concatenate([array.astype(np.float64).ravel() for array in self._watcher.snapshot().values()])
            since[: len(flat)] = flat
        learned = np.array(self._learned, dtype=np.float64)
        return {"rows": self._rows.copy(), "explained": self._explained.copy(), "learned": learned, "since": since}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._rows, self._explained = state["rows"].copy(), state["explained"].copy()
        self._learned, self._watcher = int(state["learned"]), None
        if self._learned == len(self._rows):
            self._watch()
        if self._watcher is not None:
            at, restored = 0, {}
            for name, like in self._watcher.snapshot().items():
                restored[name] = state["since"][at : at + like.size].reshape(like.shape).astype(like.dtype)
                at += like.size
            self._watcher.restore(restored)
