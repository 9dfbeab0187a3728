"""Scores of a labelled recording by the rules of NAB, SKAB and CARE; where its labels do not carry one, why.

The limit is the one that people live with: a row counts as detected while an early warning of its unit is open. What a machine
did after a failure was complete is known only from its repair on; before, rows count for nothing. Sensors that lie, and what is
benign, count as healthy (docs/decisions/0027).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.scores import nab, skab
from replay.scores.answers import Answers, UnitRows
from replay.scores.care import FLAGGED_S, Event, care
from stations.plant import Text
from stations.simulate.labels import Label

NAB: Final = Text(
    "在故障期内发出预警得分，越早越高；期外的每条预警扣分。100 = 全部立即发现且无误报，0 = 从未预警",
    "a warning that opens within a failure earns, the sooner the more, one outside costs; 100 = all at once and none in vain, "
    "0 = never a warning",
)
SKAB: Final = Text(
    "逐行比较预警与故障的吻合程度，1 = 完全吻合；括号内为健康行中有预警、故障行中无预警的比例",
    "how well rows with a warning and rows of a failure coincide, 1 = they are the same; in brackets the shares of healthy rows "
    "with a warning, and of failing rows without",
)
CARE: Final = Text(
    "覆盖、准确（双倍权重）、可靠、提前四项的加权平均：及早发现故障而不打扰健康机组，1 为满分",
    "a mean of coverage, accuracy (which counts twice), reliability and earliness: failures told early and healthy machines left "
    "in peace, 1 = perfect",
)
NO_FAILURE: Final = Text("记录时段内没有标注的故障", "no failure is labelled in the time of the recording")
NOT_WHOLE: Final = Text("只回放了一部分", "only a part of it was played")
NOT_JUDGED: Final = Text("故障期内机组从未被评估", "no unit was judged while it failed")
NOT_HEALTHY: Final = Text("没有已评估的健康时段", "no healthy time was judged")
NO_HEALTHY_EVENT: Final = Text(
    "没有不以故障结束的健康时段，无法衡量准确性", "every stretch ends with a failure: nothing to measure accuracy by"
)
TOO_SHORT: Final = Text(
    f"没有故障被评估满 {FLAGGED_S / 3600:g} 小时，无法计数",
    f"no failure was judged for {FLAGGED_S / 3600:g} h, which it takes to count",
)


class Part(NamedTuple):
    """A figure beside a score; None = there is none."""

    name: str
    title: Text
    value: float | None
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """One score.

    Attributes
    ----------
    value : None = the labels do not carry it.   why : then the reason.
    digits : decimals that mean something.   meaning : one sentence.
    """

    name: str
    title: Text
    value: float | None
    digits: int
    parts: tuple[Part, ...]
    meaning: Text
    why: Text | None = None

    def figures(self) -> Text:
        """The value with its parts, or why there is none."""
        told = "–" if self.value is None else f"{self.value:.{self.digits}f}"
        parts = [one for one in self.parts if one.value is not None]
        zh = "，".join(f"{one.title.zh} {one.value:.{self.digits}f}{one.uom}" for one in parts)
        en = ", ".join(f"{one.title.en} {one.value:.{self.digits}f}{one.uom}" for one in parts)
        why = Text("", "") if self.why is None else Text(f"，{self.why.zh}", f", {self.why.en}")
        return Text(f"{told}{why.zh}{f'（{zh}）' if zh else ''}", f"{told}{why.en}{f' ({en})' if en else ''}")

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        plain: dict[str, Any] = {"value": _rounded(self.value)} | {one.name: _rounded(one.value) for one in self.parts}
        plain |= {"why_zh": self.why and self.why.zh, "why_en": self.why and self.why.en}
        return plain | {"text_zh": self.meaning.zh, "text_en": self.meaning.en}


def scores_of(answers: Sequence[Answers], labels: Sequence[Label], *, is_whole: bool = True) -> tuple[Score, ...]:
    """The scores of what was said of a recording that was played as a whole, or not."""
    if not is_whole:
        return _nab([], NOT_WHOLE), _skab([], NOT_WHOLE), _care([], NOT_WHOLE)
    units = [unit for one in answers for unit in one.rows(labels)]
    why = None if any(unit.failing.any() for unit in units) else NO_FAILURE
    return _nab(units, why), _skab(units, why), _care(units, why)


def _nab(units: Sequence[UnitRows], why: Text | None) -> Score:
    """A warning counts once, in the row in which it opens: one that stands for a week is not a thousand false ones."""
    values: dict[str, float | None] = dict.fromkeys(nab.PROFILES)
    if why is None:
        files = [_judged(unit) for unit in units]
        values = {name: nab.at_threshold(files, profile, 1.0) for name, profile in nab.PROFILES.items()}
    parts = (
        Part("low_fp", Text("重误报", "few false ones wanted"), values["low_fp"]),
        Part("low_fn", Text("重漏报", "few misses wanted"), values["low_fn"]),
    )
    return Score("nab", Text("NAB 得分", "NAB score"), values["standard"], 1, parts, NAB, why)


def _judged(unit: UnitRows) -> nab.Judged:
    """From where the unit is judged, or fails without having been: a failure that nobody could have seen is missed."""
    begun = np.logical_or.accumulate(unit.judged | unit.failing)
    kept = np.flatnonzero(begun & ~unit.left_out)
    windows = [(int(rows[0]), int(rows[-1])) for rows in _runs(unit.failing[kept])]
    return nab.Judged(unit.opens[kept].astype(np.float64), windows, ignored=0)


def _skab(units: Sequence[UnitRows], why: Text | None) -> Score:
    kept = [unit.judged & ~unit.left_out for unit in units]
    failing = _joined([unit.failing[rows] for unit, rows in zip(units, kept, strict=True)])
    said = _joined([unit.said[rows] for unit, rows in zip(units, kept, strict=True)])
    found = skab.outliers(
        [skab.Judged(np.arange(len(said), dtype=np.float64), failing, np.zeros(len(said), bool), said)]
    )
    why = why or (NOT_JUDGED if not failing.any() else NOT_HEALTHY if failing.all() else None)
    parts = (
        Part("far", Text("误报率", "FAR"), None if failing.all() else found.far, " %"),
        Part("mar", Text("漏报率", "MAR"), found.mar if failing.any() else None, " %"),
    )
    return Score("skab", Text("SKAB F1", "SKAB F1"), None if why else found.f1, 2, parts, SKAB, why)


def _care(units: Sequence[UnitRows], why: Text | None) -> Score:
    events = [event for unit in units for event in _events(unit)]
    told = care(events)
    longest = [int((event.failing & event.judged).sum()) for event in events]
    if why is None and all(n_rows < event.flag_rows for n_rows, event in zip(longest, events, strict=True)):
        told, why = told._replace(score=None, reliability=None), TOO_SHORT if any(longest) else NOT_JUDGED
    why = NO_HEALTHY_EVENT if why is None and told.accuracy is None else why
    names = {
        "coverage": Text("覆盖", "coverage"),
        "accuracy": Text("准确", "accuracy"),
        "reliability": Text("可靠", "reliability"),
        "earliness": Text("提前", "earliness"),
    }
    parts = tuple(Part(name, title, getattr(told, name)) for name, title in names.items())
    return Score("care", Text("CARE 得分", "CARE score"), told.score, 2, parts, CARE, why)


def _events(unit: UnitRows) -> Iterator[Event]:
    """The stretches of a unit: each ends with a failure, or with the recording."""
    kept = np.flatnonzero(~unit.left_out)
    said, failing, judged = unit.said[kept], unit.failing[kept], unit.judged[kept]
    begin, flag_rows = 0, max(1, round(FLAGGED_S / unit.period_s))
    for rows in _runs(failing):
        end = int(rows[-1]) + 1
        yield Event(said[begin:end], failing[begin:end], judged[begin:end], flag_rows)
        begin = end
    if begin < len(kept):
        yield Event(said[begin:], failing[begin:], judged[begin:], flag_rows)


def _joined(parts: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.concatenate(parts) if parts else np.zeros(0, bool)


def _runs(where: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """The numbers of the rows of each unbroken run."""
    rows = np.flatnonzero(where)
    return [run for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
