"""Turns transitions of episodes and sensors into events that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.episodes import Transition, warning_id
from detectors.events import LEVELS, DataQuality, EarlyWarning, Evidence
from detectors.heads import HEADS
from detectors.quality import WHOLE_UNIT
from detectors.sensor_faults import KINDS, Change
from detectors.sisters import ALL_UNITS
from detectors.wording import (
    excursion_sentence,
    fault_sentence,
    gap_sentence,
    moved_sentence,
    quality_sentence,
    warning_sentence,
)
from stations.plant import Block, Station, Tag, Text

EVIDENCE_TAGS = 3
"""Tags named in a warning; control rooms ask for the top three."""
DETECTOR = "normal-behaviour"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a block looks like at one event time; (n_units, n_tags) each: value, expected [unit of the tag], score [-], and, where
    there are several, the head that gives the score."""

    value: Array
    expected: Array
    score: Array
    head: NDArray[np.int64] | None = None


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

    def warnings(self, time_ns: int, transitions: Iterable[Transition], picture: Picture) -> Iterator[EarlyWarning]:
        """One early warning for every transition of one scan."""
        for transition in transitions:
            yield self.warning(time_ns, transition, self._worst(transition, picture))

    def warning(self, time_ns: int, transition: Transition, evidence: tuple[Evidence, ...]) -> EarlyWarning:
        """The early warning of one transition."""
        block, unit = self._block, self._units[transition.unit]
        code, component = self._components[transition.component]
        text = warning_sentence(
            self._station.name, unit, component, transition.kind, (time_ns - transition.onset_ns) / 1e9, evidence[0]
        )
        return EarlyWarning(
            id=warning_id(f"{block.station}.{block.code}.{unit}.{code}", DETECTOR, transition.onset_ns),
            kind="early_warning",
            station=block.station,
            block=block.code,
            unit=unit,
            component=code,
            transition=transition.kind,
            level=LEVELS[transition.level - 1],
            time_ns=time_ns,
            onset_ns=transition.onset_ns,
            score=evidence[0].score,
            evidence=evidence,
            text_zh=text.zh,
            text_en=text.en,
        )

    def evidence(self, unit: int, columns: Sequence[int], picture: Picture) -> tuple[Evidence, ...]:
        """The first of these columns, in their order."""
        return tuple(self._one(unit, column, picture) for column in columns[:EVIDENCE_TAGS])

    def _worst(self, transition: Transition, picture: Picture) -> tuple[Evidence, ...]:
        """The tags of the component that stand out most, most first; one that cannot say comes last and is left out if it can."""
        unit, columns = transition.unit, self._of_component[transition.component]
        scores = np.nan_to_num(picture.score[unit, columns], nan=-1.0)
        chosen = [int(columns[i]) for i in np.argsort(-scores, kind="stable") if scores[i] >= 0.0]
        return self.evidence(unit, chosen, picture)

    def _one(self, unit: int, column: int, picture: Picture) -> Evidence:
        tag = self._tags[column]
        value, expected = float(picture.value[unit, column]), float(picture.expected[unit, column])
        limit = tag.limits.alarm_high if value >= expected else tag.limits.alarm_low
        return Evidence(
            tag=self._block.tag_id(self._units[unit], tag.code),
            name_zh=tag.name.zh,
            name_en=tag.name.en,
            uom=tag.uom,
            value=round(value, 4),
            expected=round(expected, 4),
            score=round(float(picture.score[unit, column]), 4),
            limit=limit,
            head=HEADS[0 if picture.head is None else int(picture.head[unit, column])],
        )

    def sensors(self, time_ns: int, changes: Iterable[tuple[int, int, bool]]) -> Iterator[DataQuality]:
        """One data-quality event for every sensor, or whole unit, that changed in one scan."""
        block = self._block
        for row, column, is_bad in changes:
            code = "*" if column == WHOLE_UNIT else block.tags[column].code
            name = Text("全部测点", "all sensors") if column == WHOLE_UNIT else block.tags[column].name
            text = quality_sentence(self._station.name, block.units[row], name, is_bad)
            reason = "no good value: missing, called bad by its source, or outside the range of the sensor"
            yield self._quality("data-quality", time_ns, row, code, "opened" if is_bad else "returned", reason, text)

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
        )
