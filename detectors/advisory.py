"""From the score of a component to what a crew is told: episodes, their life, their cause, their likely reason, their course."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors import actions, forecast, sisters
from detectors.actions import Action
from detectors.base import Array, Mask, Values
from detectors.diagnosis import Diagnosis
from detectors.episodes import Episodes, Transition
from detectors.events import MODE_NAMES, OPENS, TELLS, EarlyWarning, Forecast, Likely
from detectors.grouping import Groups
from detectors.lifecycle import LifeCycle, Slot
from detectors.normal_behaviour import Judgement, NormalBehaviour
from detectors.reporter import Context, Course, Picture, Reporter
from detectors.sentences import MODE_WORDS, NOTHING
from detectors.tuning import DAY_S, Tuning
from stations.plant import Block, Text

POWERS: Final = ("MW", "kW")
LIKELY_ENOUGH: Final = 0.4
"""Share from which a failure mode is believed to be the cause of what else it shows in [-]."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One scan of a block: when, mode and regime of each unit, all good values, and what was made of them."""

    time_ns: int
    mode: NDArray[np.uint8]
    regime: NDArray[np.uint8]
    values: Values
    x: Values
    judgement: Judgement


class Advisory:
    """Early warnings of one block. Rows are units, of a farm with one more for all of them together; columns are components.

    Parameters
    ----------
    columns : column in the scan of every judged tag.
    component_of : (n_judged,) component of every judged tag, as a column here.
    """

    def __init__(
        self,
        block: Block,
        columns: list[int],
        component_of: NDArray[np.intp],
        *,
        reporter: Reporter,
        diagnosis: Diagnosis,
        tuning: Tuning,
    ) -> None:
        n_rows = len(block.units) + sisters.is_farm(len(block.units))
        n_components = int(component_of.max(initial=-1)) + 1
        self._block, self._reporter = block, reporter
        self._tags = [block.tags[column] for column in columns]
        self._component_of = component_of
        self._components = [self._tags[int(np.argmax(component_of == i))].component for i in range(n_components)]
        self._diagnosis = diagnosis
        self._load = _load_tag(block)
        self.episodes = Episodes(n_rows, n_components, tuning)
        self.life = LifeCycle(n_rows, n_components, tuning)
        self._groups = Groups(n_rows, n_components, group_s=tuning.group_s)
        self._reach = forecast.Reach(len(block.units), len(columns), every_s=max(block.period_s, tuning.learn_s))
        self._stride = max(1, round(tuning.learn_s / block.period_s))
        self._first_tag = np.zeros((n_rows, n_components), dtype=np.int64)
        self._scans = 0
        self._max_freeze_s, self._learn_score = tuning.max_freeze_s, tuning.learn_score

    def step(self, score: Array, look: Look) -> list[Transition]:
        """Take the scores of one scan in, (n_rows, n_components) [-], on the scale of `shown`; what happens to warnings."""
        self._scans += 1
        if self._scans % self._stride == 0:
            self._reach.take(look.judgement.expected)
        return self.life.step(self.episodes.step(score, look.time_ns), score, look.time_ns)

    def shown(self, score: Array) -> Array:
        """The score on the scale of people: divided by what their answers made of the limit."""
        return score / self.life.factor if self.life.is_raised else score

    def end_windows(self, time_ns: int) -> tuple[list[Transition], Mask | None]:
        """What maintenance windows end with this scan: warnings that are over with them, and where."""
        over = self.life.ended(time_ns)
        if over is None:
            return [], None
        ended = [
            Transition(int(row), int(part), "returned", 1, 0) for row, part in np.argwhere(over & self.episodes.open)
        ]
        self.episodes.clear(over)
        return self.life.step(ended, np.full(over.shape, np.nan), time_ns), over

    def learnable(self, score: Array, time_ns: int) -> Mask:
        """(n_rows, n_tags) where normal may be learned: not while a tag stands out, nor while its component is in an episode.

        In an episode that has lasted longer than `max_freeze_s`, or that people have closed, everything is learned, or what
        stands out would do so for ever.
        """
        outstanding: Mask = score >= self._learn_score
        if self.episodes.busy:
            frozen = self.episodes.frozen(time_ns, self._max_freeze_s) & ~self.life.closed
            accepted = self.episodes.open & ~frozen
            outstanding = (outstanding | frozen[:, self._component_of]) & ~accepted[:, self._component_of]
        return ~outstanding

    def warnings(self, transitions: list[Transition], look: Look, behaviour: NormalBehaviour) -> Iterator[EarlyWarning]:
        """One early warning for every transition of one scan."""
        if not transitions:
            return
        expected = behaviour.measured(look.judgement.expected)
        leaning, deviation = behaviour.leaning(look.judgement)
        x = look.x
        if len(look.judgement.score) > len(x):  # all units together are told of by the middle one
            x, expected, leaning, deviation = (
                np.concatenate([rows, sisters.median(rows)[None]]) for rows in (x, expected, leaning, deviation)
            )
        picture = Picture(x, expected, look.judgement.score, deviation=deviation)
        for transition in transitions:
            yield self._warning(transition, picture, leaning, look, behaviour)

    def _warning(
        self, transition: Transition, picture: Picture, leaning: Array, look: Look, behaviour: NormalBehaviour
    ) -> EarlyWarning:
        row, _ = at = transition.unit, transition.component
        columns = self._reporter.worst(transition, picture)
        is_unit = row < len(look.x)
        likely: tuple[Likely, ...] = ()
        if columns and transition.kind in TELLS:
            self._first_tag[at] = columns[0]
            likely = self._diagnosis.likely(leaning[row], self._components[transition.component])
        if transition.kind in OPENS:
            self._groups.join(at, self._shows(likely), self.life, look.time_ns)
        course = self._course(row, columns[0], look, behaviour) if is_unit and columns else Course()
        cause = self._groups.cause(at)
        mode, mode_name = self._mode_of(row, look) if is_unit else ("", NOTHING)
        context = Context(
            mode=mode,
            mode_name=mode_name,
            load=self._load_of(row, look) if is_unit else None,
            load_uom="" if self._load is None else self._block.tags[self._load].uom,
            likely=likely,
            course=course,
            cause="" if cause is None else self._reporter.id_of(*cause[0], cause[1]),
        )
        evidence = self._reporter.evidence(row, columns, picture, course)
        return self._reporter.warning(look.time_ns, transition, evidence, context)

    def _shows(self, likely: tuple[Likely, ...]) -> Mask:
        """(n_components,) where the likeliest failure mode shows; nowhere if none is likely."""
        if not likely or likely[0].share < LIKELY_ENOUGH:
            return np.zeros(len(self._components), dtype=bool)
        parts = self._diagnosis.components(likely[0].mode, likely[0].place)
        return np.array([code in parts for code in self._components])

    def _mode_of(self, row: int, look: Look) -> tuple[str, Text]:
        """How a unit runs: its regime if it has one while it runs, else its mode; as code and in words."""
        name = MODE_NAMES[look.mode[row]]
        number = int(look.regime[row]) if name in ("running", "settling") else 0
        if not number:
            return name, MODE_WORDS[name]
        regime = self._block.regimes[number - 1]
        return regime.code, regime.name

    def _load_of(self, row: int, look: Look) -> float | None:
        if self._load is None or np.isnan(look.values[row, self._load]):
            return None
        return round(float(look.values[row, self._load]), 4)

    def _course(self, row: int, column: int, look: Look, behaviour: NormalBehaviour) -> Course:
        """Trend and forecast of one tag."""
        tag = self._tags[column]
        filters = behaviour.filters(look.judgement, row, column)
        now, rate = forecast.growth(*filters)
        if not np.isfinite(now):
            return Course()
        limit = tag.limits.alarm_high if now >= 0 else tag.limits.alarm_low
        if limit is None:
            return Course(DAY_S * rate, Forecast(forecast.NO_LIMIT))
        levels = behaviour.measured(self._reach.high if now >= 0 else self._reach.low)
        return Course(DAY_S * rate, forecast.time_to(limit, float(levels[row, column]), *filters))

    def act(self, action: Action) -> EarlyWarning | str:
        """Carry out an action of `actions.OF_WARNINGS`; the transition it makes, or why it cannot be, in one sentence."""
        at = self.find(action.warning)
        if at is None:
            return f"{action.kind}: there is no warning {action.warning[:40]!r}"
        done = self.life.act(action, at)
        return done if isinstance(done, str) else self._reporter.warning(action.time_ns, done, (), Context())

    def blamed(self, warning: str) -> tuple[int, int]:
        """Unit and judged tag that spoke first for a warning on the list when it was last told."""
        at = self.find(warning)
        return (at[0], int(self._first_tag[at])) if at is not None else (0, 0)

    def find(self, warning: str) -> Slot | None:
        """Where the early warning of that id is on the list, or was last; None = it is not."""
        for row, component in np.argwhere(self.life.onset_ns > 0):
            at = int(row), int(component)
            if self._reporter.id_of(*at, int(self.life.onset_ns[at])) == warning:
                return at
        return None

    def maintain(self, where: Mask, action: Action) -> str:
        """Open or end a maintenance window at ``where`` (n_rows, n_components); why there is none to end, "" = it is done."""
        if action.kind == actions.MAINTAIN:
            self.life.maintain(where, action.until_ns)
            return ""
        suppressed = self.life.suppressed(action.time_ns)
        if suppressed is None or not suppressed[where].any():
            return f"{action.kind}: unit {action.unit} is not in maintenance"
        self.life.maintain(where & suppressed, action.time_ns)
        return ""

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """The state; arrays are copies."""
        arrays: dict[str, NDArray[Any]] = {
            "scans": np.array(self._scans, dtype=np.int64),
            "first_tag": self._first_tag.copy(),
        }
        for name, part in self._parts.items():
            arrays |= {f"{name}.{key}": array for key, array in part.snapshot().items()}
        return arrays

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._scans = int(state["scans"])
        self._first_tag = state["first_tag"].copy()
        for name, part in self._parts.items():
            prefix = f"{name}."
            part.restore({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})

    @property
    def _parts(self) -> dict[str, Any]:
        return {"episodes": self.episodes, "life": self.life, "groups": self._groups, "reach": self._reach}


def _load_tag(block: Block) -> int | None:
    """Column of the tag that says at what load a unit runs: its power, if it has one, else the tag of its mode."""
    powers = [i for i, tag in enumerate(block.tags) if tag.uom in POWERS]
    if powers or block.mode is None:
        return powers[0] if powers else None
    return block.tag_index[block.mode.tag]
