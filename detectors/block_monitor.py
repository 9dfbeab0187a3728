"""Puts the parts in a row for one block: quality, mode, covariates, judgement, health, episodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detectors import actions
from detectors import snapshot as codec
from detectors.actions import Action
from detectors.advisory import Advisory, Look
from detectors.base import Array, Covariates, Mask, Values
from detectors.covariates import CovariateFilter
from detectors.diagnosis import Diagnosis
from detectors.episodes import Transition
from detectors.events import RUNNING, Event, HealthScore, Refused, TagTrend
from detectors.habits import Habits
from detectors.health import health_index, worst
from detectors.modes import ModeTracker, PartModes, Regimes
from detectors.normal_behaviour import Judgement, NormalBehaviour
from detectors.quality import QualityGate
from detectors.reporter import Reporter
from detectors.sensor_faults import SensorFaults
from detectors.tuning import NO_HISTORY_S, Tuning
from stations.plant import Block, Station
from stations.scan import Scan

RESUME_SCANS = 6.0
"""After a longer gap a reading may be anywhere: no jump."""
GAP_S, GAP_SCANS = 300.0, 3.5
"""A longer time without a scan is told of: restarts of a control system take five minutes."""
NEVER = -1
"""Stands for the event time of the newest scan before the first one; no event time is negative."""


class _Part(Protocol):
    def snapshot(self) -> dict[str, NDArray[Any]]: ...
    def restore(self, state: dict[str, NDArray[Any]]) -> None: ...


class BlockMonitor:
    """Judges the identical units of one block together; a step is array operations, or a compiled loop, over all of them."""

    def __init__(self, station: Station, block: Block, tuning: Tuning) -> None:
        self._station, self._block, self._tuning = station, block, tuning
        components = [component.code for component in block.components]
        judged = [i for i, tag in enumerate(block.tags) if tag.model is not None]
        # Judged tags stand sorted by component, so that a component is a run of columns.
        self._columns = sorted(judged, key=lambda i: components.index(block.tags[i].component))
        self._judged_columns = np.array(self._columns, dtype=np.intp)
        codes = [block.tags[i].component for i in self._columns]
        self._components = sorted(set(codes), key=components.index)
        self._first = np.array([codes.index(code) for code in self._components], dtype=np.intp)
        self._component_of = np.array([self._components.index(code) for code in codes], dtype=np.intp)
        self._reporter = Reporter(station, block, self._columns, self._components)
        self._regimes = Regimes(block)
        self._diagnosis = Diagnosis(block, self._columns)
        self._warm_up_ns = round(tuning.warm_up(block.period_s) * 1e9)
        self._tag_ids = {
            block.tag_id(unit, tag.code): (row, column)
            for row, unit in enumerate(block.units)
            for column, tag in enumerate(block.tags)
        }
        self._start()

    def _start(self) -> None:
        block, tuning = self._block, self._tuning
        self._quality = QualityGate(block, bad_scans=tuning.bad_scans)
        self._modes = ModeTracker(block)
        self._parts_run = PartModes(block, self._columns)
        self._covariates = CovariateFilter(block)
        self._behaviour = NormalBehaviour(block, self._columns, tuning)
        self._habits = Habits(
            self._behaviour.n_rows,
            len(block.units),
            len(self._columns),
            period_s=block.period_s,
            begins=tuning.learn_score,
        )
        self._faults = SensorFaults(block, self._columns, tuning, self._diagnosis)
        self._advisory = Advisory(
            block,
            self._columns,
            self._component_of,
            reporter=self._reporter,
            diagnosis=self._diagnosis,
            tuning=tuning,
        )
        self._marked: Mask = np.zeros(block.shape, dtype=bool)
        self._last_ns = self._first_ns = NEVER
        self._history_ns = 0

    @property
    def _parts(self) -> dict[str, _Part]:
        return {
            "quality": self._quality,
            "modes": self._modes,
            "parts_run": self._parts_run,
            "covariates": self._covariates,
            "behaviour": self._behaviour,
            "habits": self._habits,
            "faults": self._faults,
            "advisory": self._advisory,
        }

    def receive(self, scan: Scan) -> list[Event]:
        """Take one scan in; see `StationMonitor.receive`."""
        if reason := self._refusal(scan):
            return [Refused(scan.station, scan.block, scan.time_ns, reason)]
        elapsed_s = (scan.time_ns - self._last_ns) / 1e9 if self._last_ns != NEVER else 0.0
        self._last_ns = scan.time_ns
        if self._first_ns == NEVER:
            self._first_ns = scan.time_ns
        values = self._quality.values(scan)
        sensors = list(self._quality.step(values))
        values[self._marked] = np.nan
        sound = self._faults.sound(values)
        mode = self._modes.step(sound, elapsed_s)
        ended = self._end_windows(scan.time_ns)
        x, f, judgement = self._judged(values, sound, self._silent(scan.time_ns, sound, mode, elapsed_s), elapsed_s)
        usual = self._habits.step(judgement.score)
        if scan.time_ns - self._first_ns < self._warm_up_ns:
            judgement.score[:] = np.nan
        faults = list(self._faults.decide(scan.time_ns, values, judgement, self._behaviour))
        score = self._advisory.shown(worst(judgement.score, self._first))
        look = Look(scan.time_ns, mode, self._regimes.of(values), values, x, judgement)
        transitions = ended + self._advisory.step(score, look)
        self._behaviour.learn_judged(f, judgement, self._advisory.learnable(judgement.score, scan.time_ns) & ~usual)
        events: list[Event] = [self._health(scan, look, score)]
        if trend := self._trend(scan, x, judgement):
            events.append(trend)
        events.extend(self._advisory.warnings(transitions, look, self._behaviour))
        events.extend(self._reporter.sensors(scan.time_ns, sensors))
        events.extend(self._reporter.sensor_faults(scan.time_ns, faults))
        if elapsed_s > max(GAP_S, GAP_SCANS * self._block.period_s):
            events.append(self._reporter.gap(scan.time_ns, elapsed_s))
        return events

    def _silent(self, time_ns: int, sound: Values, mode: NDArray[np.uint8], elapsed_s: float) -> Mask:
        """(n_units, n_judged) which judged tags have nothing to say: of what stands still, and of what people work on."""
        silent = self._parts_run.step(sound, elapsed_s)
        silent[mode != RUNNING] = True
        if (suppressed := self._advisory.life.suppressed(time_ns)) is not None:
            worked_on = suppressed[: len(silent), self._component_of]
            silent |= worked_on
            self._faults.forget(worked_on)
        return silent

    def _judged(
        self, values: Values, sound: Values, silent: Mask, elapsed_s: float
    ) -> tuple[Values, Covariates, Judgement]:
        """Judged readings, covariates and what they come to; a reading that is doubted explains nothing either."""
        bad = self._quality.bad | self._marked
        f = self._faults.known(self._covariates.step(sound, elapsed_s), bad)
        x = sound.take(self._judged_columns, axis=1)
        x[silent] = np.nan
        judgement = self._behaviour.judge(x, f)
        resumes = elapsed_s > RESUME_SCANS * self._block.period_s
        doubted = self._doubted(judgement, values, silent, resumes=resumes)
        if doubted is None:
            return x, f, judgement
        x[doubted] = np.nan
        sound = sound.copy()
        sound[:, self._judged_columns] = np.where(doubted, np.nan, sound[:, self._judged_columns])
        f = self._faults.known(self._covariates.again(sound, elapsed_s), bad)
        return x, f, self._behaviour.judge(x, f)

    def _doubted(self, judgement: Judgement, values: Values, silent: Mask, *, resumes: bool) -> Mask | None:
        """Which of the judged readings are not believed yet; None = all are."""
        residual = judgement.residual
        if self._faults.busy:
            read = values.take(self._judged_columns, axis=1)
            read[silent] = np.nan
            residual = self._behaviour.residual(read, judgement)
        return self._faults.doubted(values, residual, silent, judgement, resumes=resumes)

    def _end_windows(self, time_ns: int) -> list[Transition]:
        """Where maintenance ends, warnings are over and the level of every tag is learned anew."""
        transitions, over = self._advisory.end_windows(time_ns)
        if over is not None:
            self._behaviour.relearn(over[: len(self._block.units), self._component_of])
        return transitions

    def knows(self, action: Action) -> bool:
        """Whether an action means something of this block."""
        if action.kind in actions.OF_WARNINGS:
            return self._advisory.find(action.warning) is not None
        return action.tag in self._tag_ids if action.kind == actions.REPAIRED else action.unit in self._block.units

    def act(self, action: Action) -> list[Event]:
        """Carry out an action that this block `knows`; `Refused`, and nothing changed, if that cannot be."""
        if action.kind not in actions.OF_WARNINGS:
            return [self._act_on_part(action)]
        done = self._advisory.act(action)
        if isinstance(done, str):
            return [Refused(action.station, self._block.code, action.time_ns, done)]
        events: list[Event] = [done]
        if action.outcome == actions.SENSOR:
            unit, judged = self._advisory.blamed(action.warning)
            events.extend(self._mark_blamed(action, unit, self._columns[judged]))
        return events

    def _mark_blamed(self, action: Action, unit: int, column: int) -> Iterator[Event]:
        """Of a warning of all units together every one has a sensor of its own, unless they share it."""
        n_units = len(self._block.units)
        all_units = range(1 if self._block.tags[column].shared else n_units)
        for one in all_units if unit == n_units else (unit,):
            yield self._mark(action, one, column, is_marked=True)

    def _act_on_part(self, action: Action) -> Event:
        if action.kind == actions.REPAIRED:
            unit, column = self._tag_ids[action.tag]
            if not self._marked[self._rows(unit, column), column].any():
                return self._refused(action, f"repaired: {action.tag} is not marked as faulty")
            return self._mark(action, unit, column, is_marked=False)
        known = [code for code in self._components if action.component in ("", code)]
        if not known:
            reason = f"{action.kind}: unit {action.unit} has no judged component {action.component[:40]!r}"
            return self._refused(action, reason)
        unit = self._block.units.index(action.unit)
        where = np.zeros(self._advisory.life.factor.shape, dtype=bool)
        where[unit, [self._components.index(code) for code in known]] = True
        if action.kind == actions.RELEARN:
            self._behaviour.relearn(where[: len(self._block.units), self._component_of])
        elif reason := self._advisory.maintain(where, action):
            return self._refused(action, reason)
        return self._reporter.planned(action, unit)

    def _rows(self, unit: int, column: int) -> slice:
        """The units that a sensor serves: one instrument may serve all."""
        return slice(None) if self._block.tags[column].shared else slice(unit, unit + 1)

    def _mark(self, action: Action, unit: int, column: int, *, is_marked: bool) -> Event:
        """A sensor is out of order, says the crew: it is not judged, and explains nothing, until it is repaired."""
        self._marked[self._rows(unit, column), column] = is_marked
        return self._reporter.marked(action, unit, column, is_marked=is_marked)

    def _refused(self, action: Action, reason: str) -> Refused:
        return Refused(action.station, self._block.code, action.time_ns, reason)

    def _refusal(self, scan: Scan) -> str:
        block = self._block
        if scan.revision != block.revision:
            return f"unknown catalogue revision {scan.revision}; expected {block.revision}"
        if scan.values.shape != block.shape:
            return f"values have shape {scan.values.shape}; expected {block.shape} (units, tags)"
        if scan.quality is not None and scan.quality.shape != block.shape:
            return f"quality has shape {scan.quality.shape}; expected {block.shape} (units, tags)"
        if scan.time_ns == self._last_ns:
            return "duplicate: a scan of this event time was taken in already"
        if scan.time_ns < self._last_ns:
            return (
                f"out of order: {(self._last_ns - scan.time_ns) / 1e9:.3f} s older than the newest scan of this block"
            )
        return ""

    def _health(self, scan: Scan, look: Look, score: Array) -> HealthScore:
        mode, values = look.mode, look.values
        return HealthScore(
            station=scan.station,
            block=scan.block,
            revision=scan.revision,
            time_ns=scan.time_ns,
            mode=mode,
            level=self._advisory.episodes.level[: len(mode)],
            score=score[: len(mode)],
            health=health_index(score[: len(mode)]),
            good=(values == values).sum(axis=1) / values.shape[1],
            regime=look.regime if self._block.regimes else None,
            attended=self._advisory.life.attended(scan.time_ns, len(mode)),
        )

    def _trend(self, scan: Scan, x: Values, judgement: Judgement) -> TagTrend | None:
        if self._tuning.history_s >= NO_HISTORY_S:
            return None
        if not self._advisory.episodes.busy and scan.time_ns - self._history_ns < self._tuning.history_s * 1e9:
            return None
        units: Mask = np.logical_or.reduce(self._advisory.episodes.open[: len(x)], axis=1)
        if scan.time_ns - self._history_ns >= self._tuning.history_s * 1e9:
            self._history_ns = scan.time_ns
            units = np.ones_like(units)
        if not units.any():
            return None
        low, high = self._behaviour.band(judgement)
        return TagTrend(
            station=scan.station,
            block=scan.block,
            revision=scan.revision,
            time_ns=scan.time_ns,
            units=units,
            value=x,
            expected=self._behaviour.measured(judgement.expected),
            low=low,
            high=high,
            score=judgement.score[: len(x)],
        )

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {
            "first_ns": np.array(self._first_ns, dtype=np.int64),
            "history_ns": np.array(self._history_ns, dtype=np.int64),
            "marked": self._marked.astype(np.float64),
        }
        for name, part in self._parts.items():
            arrays |= {f"{name}.{key}": array for key, array in part.snapshot().items()}
        return arrays

    def snapshot(self) -> bytes:
        """The whole state of the block."""
        block = self._block
        return codec.pack(
            codec.Snapshot(
                block.station, block.code, block.revision, self._tuning.digest, self._last_ns, self._arrays()
            )
        )

    def restore(self, data: bytes) -> None:
        """The inverse of `snapshot`, to the bit; see `StationMonitor.restore`."""
        state = codec.unpack(data)
        block = self._block
        given = (state.station, state.block, state.revision, state.tuning)
        wanted = (block.station, block.code, block.revision, self._tuning.digest)
        for what, have, want in zip(("station", "block", "catalogue revision", "tuning"), given, wanted, strict=True):
            if have != want:
                raise codec.SnapshotError(f"state is of {what} {have}; expected {want}")
        codec.check_layout(state.arrays, self._arrays())
        for name, part in self._parts.items():
            prefix = f"{name}."
            part.restore({k.removeprefix(prefix): v for k, v in state.arrays.items() if k.startswith(prefix)})
        self._first_ns = int(state.arrays["first_ns"])
        self._history_ns = int(state.arrays["history_ns"])
        self._marked = state.arrays["marked"] > 0.0
        self._last_ns = state.last_ns
