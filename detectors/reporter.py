"""Turns transitions of episodes and sensors into events that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.actions import MAINTAIN, RESUME, Action
from detectors.base import Array
from detectors.episodes import Transition, warning_id
from detectors.events import LEVELS, Act, DataQuality, EarlyWarning, Evidence, Forecast, Likely
from detectors.heads import HEADS
from detectors.outages import ALL_TAGS, MAINTENANCE
from detectors.quality import WHOLE_UNIT
from detectors.sensor_faults import KINDS, Change
from detectors.sentences import NOTHING, warning_sentence
from detectors.sisters import ALL_UNITS
from detectors.wording import (
    excursion_sentence,
    fault_sentence,
    gap_sentence,
    marked_sentence,
    moved_sentence,
    planned_sentence,
    quality_sentence,
)
from stations.plant import Block, Station, Tag, Text

EVIDENCE_TAGS = 3
"""Tags named in a warning; control rooms ask for the top three."""
DETECTOR = "normal-behaviour"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a block looks like at one event time; (n_units, n_tags) each: value, expected [unit of the tag], score [-], where
    there are several heads the one that gives the score, and, where it is known, by how much each tag has stood off lately."""

    value: Array
    expected: Array
    score: Array
    head: NDArray[np.int64] | None = None
    deviation: Array | None = None


class Course(NamedTuple):
    """How the first tag of a warning goes on: its trend [uom/d], and when it reaches its limit."""

    trend_per_day: float | None = None
    forecast: Forecast | None = None


UNKNOWN = Course()


@dataclass(frozen=True, slots=True)
class Context:
    """What belongs to a warning beside its evidence: how the unit runs, failure modes that fit, how it goes on, its cause."""

    mode: str = ""
    mode_name: Text = NOTHING
    load: float | None = None
    load_uom: str = ""
    likely: tuple[Likely, ...] = ()
    course: Course = UNKNOWN
    cause: str = ""


ALONE = Context()


class Reporter:
    """Words for one block. Holds nothing that changes.

    Parameters
    ----------
    columns : column in the scan of every judged tag.
    components : code of every judged component, in the order of the scores.
    """

    def __init__(self, station: Station, block: Block, columns: list[int], components: list[str]) -> None:
        self._station, self._block = station, block
        self._units = (*block.units, ALL_UNITS)
        self._tags = [block.tags[column] for column in columns]
        names = {component.code: component.name for component in block.components}
        self._components = [(code, names[code]) for code in components]
        self._of_component = [
            np.array([i for i, tag in enumerate(self._tags) if tag.component == code], dtype=np.intp)
            for code in components
        ]

    def id_of(self, unit: int, component: int, onset_ns: int) -> str:
        """Id of the episode of a unit and component that began then."""
        block, code = self._block, self._components[component][0]
        return warning_id(f"{block.station}.{block.code}.{self._units[unit]}.{code}", DETECTOR, onset_ns)

    def warnings(self, time_ns: int, transitions: Iterable[Transition], picture: Picture) -> Iterator[EarlyWarning]:
        """One early warning for every transition of one scan."""
        for transition in transitions:
            evidence = self.evidence(transition.unit, self.worst(transition, picture), picture)
            yield self.warning(time_ns, transition, evidence)

    def warning(
        self, time_ns: int, transition: Transition, evidence: tuple[Evidence, ...], context: Context = ALONE
    ) -> EarlyWarning:
        """The early warning of one transition."""
        block, unit = self._block, self._units[transition.unit]
        code, component = self._components[transition.component]
        act = transition.action
        event = EarlyWarning(
            id=self.id_of(transition.unit, transition.component, transition.onset_ns),
            kind="early_warning",
            station=block.station,
            block=block.code,
            unit=unit,
            component=code,
            transition=transition.kind,
            level=LEVELS[transition.level - 1],
            time_ns=time_ns,
            onset_ns=transition.onset_ns,
            score=evidence[0].score if evidence else 0.0,
            evidence=evidence,
            text_zh="",
            text_en="",
            mode=context.mode,
            load=context.load,
            load_uom=context.load_uom,
            likely=context.likely,
            forecast=context.course.forecast,
            cause=context.cause,
            act=None if act is None else Act(act.who, act.why, act.outcome, act.until_ns),
        )
        text = warning_sentence(self._station.name, component, context.mode_name, event)
        return replace(event, text_zh=text.zh, text_en=text.en)

    def evidence(
        self, unit: int, columns: Sequence[int], picture: Picture, course: Course = UNKNOWN
    ) -> tuple[Evidence, ...]:
        """The first of these columns, in their order; ``course`` is that of the very first."""
        return tuple(
            self._one(unit, column, picture, None if rank else course.trend_per_day)
            for rank, column in enumerate(columns[:EVIDENCE_TAGS])
        )

    def worst(self, transition: Transition, picture: Picture) -> list[int]:
        """The tags of the component that can say, those that stand out most first."""
        unit, columns = transition.unit, self._of_component[transition.component]
        scores = np.nan_to_num(picture.score[unit, columns], nan=-1.0)
        return [int(columns[i]) for i in np.argsort(-scores, kind="stable") if scores[i] >= 0.0]

    def _one(self, unit: int, column: int, picture: Picture, trend_per_day: float | None) -> Evidence:
        tag = self._tags[column]
        value, expected = float(picture.value[unit, column]), float(picture.expected[unit, column])
        deviation = None if picture.deviation is None else _known(float(picture.deviation[unit, column]))
        is_high = value >= expected if deviation is None else deviation >= 0.0
        return Evidence(
            tag=self._block.tag_id(self._units[unit], tag.code),
            name_zh=tag.name.zh,
            name_en=tag.name.en,
            uom=tag.uom,
            value=round(value, 4),
            expected=round(expected, 4),
            score=round(float(picture.score[unit, column]), 4),
            limit=tag.limits.alarm_high if is_high else tag.limits.alarm_low,
            head=HEADS[0 if picture.head is None else int(picture.head[unit, column])],
            deviation=deviation,
            trend_per_day=None if trend_per_day is None else _known(trend_per_day),
        )

    def sensors(self, time_ns: int, changes: Iterable[tuple[int, int, bool]]) -> Iterator[DataQuality]:
        """One data-quality event for every sensor, whole unit, or the whole station, that changed in one scan."""
        block = self._block
        for row, column, is_bad in self._as_station(list(changes)):
            code = "*" if column == WHOLE_UNIT else block.tags[column].code
            name = Text("全部测点", "all sensors") if column == WHOLE_UNIT else block.tags[column].name
            text = quality_sentence(self._station.name, self._units[row], name, is_bad)
            reason = "no good value: missing, called bad by its source, or outside the range of the sensor"
            yield self._quality("data-quality", time_ns, row, code, "opened" if is_bad else "returned", reason, text)

    def _as_station(self, changes: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
        """Where all units fall silent, or are back, with one scan, one change of all of them (row -1) stands for theirs."""
        whole = {is_bad for _, column, is_bad in changes if column == WHOLE_UNIT}
        each = [one for one in changes if one[1] == WHOLE_UNIT]
        if len(whole) != 1 or not 1 < len(each) == len(self._block.units):
            return changes
        return [(-1, WHOLE_UNIT, whole.pop()), *(one for one in changes if one[1] != WHOLE_UNIT)]

    def sensor_faults(self, time_ns: int, changes: Iterable[Change]) -> Iterator[DataQuality]:
        """One data-quality event for every sensor whose fault began or ended in one scan."""
        tags = self._block.tags
        for change in changes:
            kind, tag = KINDS[change.kind], tags[change.tag]
            other = tags[change.other].name if change.other >= 0 else None
            text = fault_sentence(
                self._station.name, self._units[change.unit], tag.name, kind, change.transition, other
            )
            transition = "opened" if change.transition == "opened" else "returned"
            reason = kind if change.transition in ("opened", "returned") else f"{kind}: {change.transition}"
            yield self._quality(f"sensor-{kind}", time_ns, change.unit, tag.code, transition, reason, text)

    def gap(self, time_ns: int, lasted_s: float) -> DataQuality:
        """No scan came for long, or the clock of the gateway was put forward: once for the station, not for each unit."""
        text = gap_sentence(self._station.name, lasted_s)
        reason = f"gap: {lasted_s:.0f} s between two scans"
        return self._quality("gap", time_ns, -1, "*", "passed", reason, text)

    def marked(self, action: Action, row: int, column: int, *, is_marked: bool) -> DataQuality:
        """One sensor that the crew called out of order, or repaired."""
        unit, tag = self._block.units[row], self._block.tags[column]
        text = marked_sentence(self._station.name, unit, tag.name, action.who, is_marked)
        reason = f"{'marked as faulty' if is_marked else 'repaired'}, says {action.who}"
        return self._quality("crew", action.time_ns, row, tag.code, "opened" if is_marked else "returned", reason, text)

    def planned(self, action: Action, row: int) -> DataQuality:
        """Work on a unit or one of its components that begins or ends, or its normal that is learned anew."""
        component = dict(self._components).get(action.component, Text("全部部件", "all components"))
        text = planned_sentence(self._station.name, self._block.units[row], component, action)
        transition = {MAINTAIN: "opened", RESUME: "returned"}.get(action.kind, "passed")
        reason = f"{action.kind}, says {action.who}"
        event = self._quality(MAINTENANCE, action.time_ns, row, ALL_TAGS, transition, reason, text)
        return replace(event, component=action.component, until_ns=action.until_ns if action.kind == MAINTAIN else 0)

    def excursion(self, begun_ns: int, row: int, column: int, rows: int, expected: float) -> DataQuality:
        """One short excursion of a judged column that is over; dated from its first row."""
        unit, tag = self._block.units[row], self._tags[column]
        text = excursion_sentence(self._station.name, unit, tag.name, rows, expected, tag.uom)
        reason = f"excursion: {rows} {'row' if rows == 1 else 'rows'} farther from its level than ever, then back"
        return self._quality("excursion", begun_ns, row, tag.code, "passed", reason, text)

    def moved(self, time_ns: int, row: int, tag: Tag) -> DataQuality:
        """One tag that stood still in the learn rows and moves; it need be none of the block."""
        text = moved_sentence(self._station.name, self._block.units[row], tag.name)
        reason = "stood still in the learn rows and moves now; it is not judged"
        return self._quality("moved", time_ns, row, tag.code, "opened", reason, text)

    def _quality(
        self, detector: str, time_ns: int, row: int, code: str, transition: str, reason: str, text: Text
    ) -> DataQuality:
        """One event; row -1 stands for all units."""
        block, unit = self._block, self._units[row]
        return DataQuality(
            id=warning_id(f"{block.station}.{block.code}.{unit}.{code}", detector, time_ns),
            kind="data_quality",
            station=block.station,
            block=block.code,
            unit=unit,
            tag=code,
            transition=transition,
            time_ns=time_ns,
            reason=reason,
            text_zh=text.zh,
            text_en=text.en,
            detector=detector,
        )


def _known(value: float) -> float | None:
    """To four decimals; None if it is no number."""
    return round(value, 4) if np.isfinite(value) else None
