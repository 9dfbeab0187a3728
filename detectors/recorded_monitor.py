"""Judges one unit of a recording that nobody described: its first rows are learned at once, then rows are judged in blocks.

The same rows give the same events and scores however they are cut into blocks. Nothing is known of the unit but the names of
its columns, so there is no mode, no redundancy and no limit of design; every column is a component. The detector is
`detectors.watcher`, whose excursions are told as data quality: a jump that is over is rather the sensor's than the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask, held
from detectors.bursts import Bursts, Turn, Warned
from detectors.chart import RULES
from detectors.episodes import Transition
from detectors.events import DataQuality, EarlyWarning
from detectors.heads import HEADS
from detectors.limits import BUDGET
from detectors.quality import QualityGate, StillTags
from detectors.reporter import Picture, Reporter
from detectors.tuning import Tuning
from detectors.watcher import ROWS_MIN, Verdict, Watcher
from stations.plant import Block, Station

Told = EarlyWarning | DataQuality
BACK = RULES.persist + 1
"""Rows before the newest that an onset may lie in."""


class Judgement(NamedTuple):
    """What is said of rows: score [-] and warning of every judged tag (t, n), NaN = cannot say; the events in the order of the
    rows in which they are told, whatever time they are dated, and these rows."""

    score: Array
    warning: Mask
    events: list[Told]
    told: tuple[int, ...] = ()


class RecordedMonitor:
    """One unit.

    Parameters
    ----------
    block : of this unit alone. Tags that are neither judged nor covariates are only watched for whether they stand still.
    learn_rows : rows that are learned from; fewer than `ROWS_MIN` count as so many.
    sensitivity : factor on the budget of false warnings; 1 = as `detectors.limits` has it.
    is_timed : whether the times of rows are true; if not, there is no hour of the day.
    """

    def __init__(
        self, station: Station, block: Block, *, learn_rows: int, sensitivity: float = 1.0, is_timed: bool = True
    ) -> None:
        tuning, self._is_timed = Tuning(), is_timed
        self._tags, self._inside = block.tags, QualityGate(block, bad_scans=tuning.bad_scans).inside
        explains = {covariate.code for covariate in block.covariates}
        self._used = [i for i, tag in enumerate(block.tags) if tag.model is not None or tag.code in explains]
        self._idle = [i for i, tag in enumerate(block.tags) if tag.code not in explains]
        """Tags that are not judged, but no covariates: at first all that might turn out so."""
        block = replace(block, tags=tuple(block.tags[i] for i in self._used))
        self._block, self._columns = block, list(block.judged)
        self._explain = [block.tag_index[covariate.code] for covariate in block.covariates]
        self._reporter = Reporter(station, block, self._columns, [block.tags[i].component for i in self._columns])
        self._quality = QualityGate(block, bad_scans=tuning.bad_scans)
        self._bad_rows, self._levels = tuning.bad_scans, np.array(tuning.levels[1:])
        self.learn_rows, self._budget = max(ROWS_MIN, learn_rows), BUDGET * sensitivity
        self._learned: list[Array] = []
        self._learned_ns: list[NDArray[np.int64]] = []
        self._bursts = Bursts()
        self._row = 0
        n = len(self._columns)
        self._past_ns: NDArray[np.int64] = np.zeros(0, np.int64)
        self._past_score, self._level, self._bad = np.zeros((0, n)), np.zeros(n), np.zeros(n, bool)
        self._seen = np.zeros((3, n))  # last value, expected value and score that there were: events have no gaps
        self._last: Picture | None = None
        self._watcher: Watcher | None = None
        self._still: StillTags | None = None

    @property
    def learns(self) -> bool:
        """Whether learn rows are missing yet."""
        return self._watcher is None

    @property
    def limits(self) -> dict[str, float]:
        """Limit of each head [-]; none while it still learns, or if no column can be judged."""
        if self._watcher is None or not self._watcher.moves.any():
            return {}
        return dict(zip(HEADS, self._watcher.limits[:, 0].round(2).tolist(), strict=True))

    def receive(self, time_ns: NDArray[np.int64], x: Array) -> Judgement:
        """Take in rows ``x`` (t, tags of the block) [unit of each tag] at ``time_ns`` (t,), which ascend."""
        whole = self._inside(x)
        x, good = np.take(x, self._used, axis=1), np.take(whole, self._used, axis=1)
        told: list[tuple[int, Told]] = list(self._sensors(time_ns, good))
        start = self._learn(time_ns, whole) if self._watcher is None else 0
        shape = len(x), len(self._columns)
        score, warning = np.full(shape, np.nan), np.zeros(shape, bool)
        self._row += start
        if self._watcher is not None and start < len(x):
            f = good[start:, None, self._explain] if self._explain else None
            judged, raw = good[start:, None, self._columns], x[start:, None, self._columns]
            verdict = self._watcher.judge(judged, f, self._time_s(time_ns[start:]), raw)
            score[start:], warning[start:] = verdict.score[:, 0], verdict.warning[:, 0]
            later = [*self._moved(time_ns[start:], whole[start:]), *self._tell(time_ns[start:], judged[:, 0], verdict)]
            told += [(start + row, event) for row, event in later]
        self._row += len(x) - start
        told.sort(key=lambda one: one[0])
        return Judgement(score, warning, [event for _, event in told], tuple(row for row, _ in told))

    def finish(self) -> list[Told]:
        """The recording has ended: events that waited for more."""
        return [] if self._last is None else [self._warning(turn, self._last) for turn in self._bursts.finish()]

    def _learn(self, time_ns: NDArray[np.int64], whole: Array) -> int:
        """Keep the learn rows, learn when the last is there; how many of the rows were learn rows."""
        taken = whole[: self.learn_rows - self._row]
        self._learned.append(taken)
        self._learned_ns.append(time_ns[: len(taken)])
        if self._row + len(taken) < self.learn_rows:
            return len(taken)
        learned = np.concatenate(self._learned)
        rows = np.take(learned, self._used, axis=1)[:, None]
        f = rows[:, :, self._explain] if self._explain else None
        x, time_s = rows[:, :, self._columns], self._time_s(np.concatenate(self._learned_ns))
        self._watcher = Watcher(x, f, time_s, period_s=self._block.period_s, budget=self._budget)
        judged = {self._used[i] for i, moves in zip(self._columns, self._watcher.moves, strict=True) if moves}
        self._idle = [i for i in self._idle if i not in judged]
        self._still = StillTags(learned[:, self._idle], np.array([self._tags[i].resolution for i in self._idle]))
        self._learned, self._learned_ns = [], []
        self._seen[:2] = held(x[:, 0], np.zeros(len(self._columns)))[-1]
        return len(taken)

    def _time_s(self, time_ns: NDArray[np.int64]) -> Array | None:
        return time_ns / 1e9 if self._is_timed else None

    def _moved(self, time_ns: NDArray[np.int64], whole: Array) -> Iterator[tuple[int, DataQuality]]:
        """Row and event of each tag that stood still in the learn rows and moves for the first time."""
        if self._still is not None:
            for row, i in self._still.step(whole[:, self._idle]):
                yield row, self._reporter.moved(int(time_ns[row]), 0, self._tags[self._idle[i]])

    def _sensors(self, time_ns: NDArray[np.int64], good: Array) -> Iterator[tuple[int, DataQuality]]:
        """Row and event of sensors that begin or cease to give values; only blocks in which a value is missing are looked at row
        by row."""
        if not (np.isnan(good).any() or self._quality.busy):
            return
        for row, at_ns in enumerate(time_ns.tolist()):
            for event in self._reporter.sensors(at_ns, self._quality.step(good[row : row + 1])):
                yield row, event

    def _tell(self, time_ns: NDArray[np.int64], x: Array, verdict: Verdict) -> Iterator[tuple[int, Told]]:
        """Rows and events of rows with the good values ``x``: excursions that are over, and what happens to episodes."""
        score, warning, bad = verdict.score[:, 0], verdict.warning[:, 0], np.isnan(x)
        seen = held(np.stack([x, verdict.expected[:, 0], score], axis=1), self._seen)
        times = np.concatenate([self._past_ns, time_ns])
        scores = np.concatenate([self._past_score, score])
        past = len(self._past_ns)
        was_bad = np.concatenate([self._bad[None], bad[:-1]])
        for row, tag in np.argwhere(verdict.excursion[:, 0] > 0):
            lasted = int(verdict.excursion[row, 0, tag])
            if lasted < self._bad_rows or not was_bad[row, tag]:
                begun_ns = int(times[max(past + row - lasted, 0)])
                yield int(row), self._reporter.excursion(begun_ns, 0, int(tag), lasted, float(seen[row, 1, tag]))
        level = np.where(warning, 1 + (score[..., None] >= self._levels).sum(axis=-1), 0)
        before = np.concatenate([self._level[None], level[:-1]])
        turning = np.flatnonzero(((level > before) | ((level == 0) != (before == 0))).any(axis=1)).tolist()
        for row in self._rows_to_tell(turning, len(score)):
            on = {}
            for tag in sorted(np.flatnonzero(warning[row]).tolist(), key=lambda tag: -np.nan_to_num(score[row, tag])):
                run = scores[max(0, past + row - BACK) : past + row + 1, tag] > 1.0
                beyond = int(run[::-1].argmin()) if not run.all() else len(run)
                on[tag] = Warned(int(level[row, tag]), int(times[past + row - max(beyond - 1, 0)]))
            picture = _picture(seen[row], verdict.head[row])
            # A warning that ends while its score is high has stood for so long that it is the new normal.
            accepted = np.flatnonzero((level[row] == 0) & (before[row] > 0) & (score[row] > RULES.off)).tolist()
            for turn in self._bursts.step(self._row + row, int(time_ns[row]), on, accepted):
                yield row, self._warning(turn, picture)
        self._past_ns, self._past_score, self._level, self._bad = times[-BACK:], scores[-BACK:], level[-1], bad[-1]
        self._seen, self._last = seen[-1], _picture(seen[-1], verdict.head[-1])

    def _rows_to_tell(self, turning: list[int], rows: int) -> Iterator[int]:
        """Rows in which a warning turns or an episode is due, in order; the latter move while it goes on."""
        row = -1
        while True:
            due = self._bursts.due
            following = [*turning[:1], *([] if due is None else [due - self._row])]
            row = min((one for one in following if one > row), default=rows)
            if row >= rows:
                return
            if turning and turning[0] == row:
                turning.pop(0)
            yield row

    def _warning(self, turn: Turn, picture: Picture) -> EarlyWarning:
        burst = turn.burst
        transition = Transition(0, burst.tags[0], turn.kind, burst.level, burst.onset_ns)
        return self._reporter.warning(turn.time_ns, transition, self._reporter.evidence(0, burst.tags, picture))


def _picture(seen: Array, head: NDArray[np.int64]) -> Picture:
    """What one row looks like, by value, expected value and score (3, n)."""
    return Picture(seen[:1], seen[1:2], seen[2:], head)
