"""The verdict on an incident: told before its alarm or not, by what, how early, at which price; and whether all expected held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.events import DataQuality, EarlyWarning
from detectors.kpis import Kpis
from detectors.sisters import ALL_UNITS
from replay.clocks import time_text
from replay.evaluation.judging import judge, judge_sensor, season_of
from replay.expectations import HELD, Checked, Finding, check
from replay.heard import Heard, opened
from replay.incident import Incident
from replay.scores.answers import LATE_NS
from replay.scores.recorded import Score, scores_of
from stations.faults import Case, kinds
from stations.plant import Text
from stations.simulate.labels import Label

HOUR_NS: Final = 3600 * 10**9


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one incident under one set of constants.

    Attributes
    ----------
    checked : every expectation of the scenario.
    caught : what the incident is about was told before its static alarm, or, without one, before 80 % of its development; None =
        it is a control, or nothing announces it.
    first : the first true finding of what it is about.
    label : the case that it is about; None = a control.
    false : early warnings that stand for themselves while nothing was failing where they are.
    told : every transition since the incident began.   doubts : sensors that were called out of order since.
    scores : of a labelled recording.
    digest : of all messages, see `Heard.digest`.   until_ns : how far it was played [ns].   is_whole : whether that is the end.
    """

    name: str
    variant: str
    checked: tuple[Checked, ...]
    caught: bool | None
    label: Label | None
    first: Finding | None
    event_ns: int | None
    false: tuple[EarlyWarning, ...]
    told: tuple[EarlyWarning, ...]
    doubts: tuple[DataQuality, ...]
    load: Kpis
    digest: str
    until_ns: int
    is_whole: bool
    scores: tuple[Score, ...] = ()

    @property
    def held(self) -> bool | None:
        """Whether every expectation held; None = none failed, but not all were decided, or there is none."""
        held = [one.held for one in self.checked]
        return False if False in held else None if None in held or not held else True

    @property
    def held_text(self) -> Text:
        """The same for people; a recording of which nothing is expected leaves nothing undecided."""
        return HELD[self.held] if self.checked else Text("–", "–")

    @property
    def lead_to_alarm_h(self) -> float | None:
        """From the first finding to the static alarm [h], negative = after it; None = there was no finding, or no alarm."""
        alarm_ns = None if self.label is None else self.label.alarm_ns
        return None if self.first is None or alarm_ns is None else (alarm_ns - self.first.time_ns) / HOUR_NS

    @property
    def lead_to_event_h(self) -> float | None:
        """From the first finding to the event [h]; None = there was no finding, or no event."""
        return None if self.first is None or self.event_ns is None else (self.event_ns - self.first.time_ns) / HOUR_NS

    @property
    def taken_for_sensors(self) -> list[DataQuality]:
        """Where a machine fails: sensors of its unit that were called out of order while it did."""
        about = self.label
        if about is None or about.category != "failure":
            return []
        return [
            one
            for one in self.doubts
            if (one.station, one.unit) == (about.station, about.unit) and about.start_ns <= one.time_ns <= about.end_ns
        ]

    def summary(self) -> dict[str, Any]:
        """The row of the table of all incidents."""
        return {
            "name": self.name,
            "expected": len(self.checked),
            "held": self.held,
            "caught": self.caught,
            "lead_to_alarm_h": _rounded(self.lead_to_alarm_h),
            "lead_to_event_h": _rounded(self.lead_to_event_h),
            "false_warnings": len(self.false),
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        figures = {one.name: one.value for one in self.load.figures}
        return self.summary() | {
            "variant": self.variant,
            "expectations": [one.to_dict() for one in self.checked],
            "about": self.label and self.label.plain(),
            "first": None if self.first is None else _finding(self.first),
            "event": None if self.event_ns is None else time_text(self.event_ns),
            "false": [_finding(one) for one in self.false],
            "warnings": len(opened(self.told)),
            "quality_events": len(self.doubts),
            "taken_for_sensors": [_finding(one) for one in self.taken_for_sensors],
            "load": figures,
            "digest": self.digest,
            "until": time_text(self.until_ns),
            "whole": self.is_whole,
            "scores": {one.name: one.to_dict() for one in self.scores},
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _finding(event: Finding) -> dict[str, Any]:
    """An event in short."""
    plain: dict[str, Any] = {"time": time_text(event.time_ns), "station": event.station, "unit": event.unit}
    if isinstance(event, EarlyWarning):
        head, tag = (event.evidence[0].head, event.evidence[0].tag) if event.evidence else ("", "")
        plain |= {"kind": "warning", "component": event.component, "level": event.level, "head": head, "tag": tag}
    else:
        plain |= {"kind": "quality", "tag": event.tag, "reason": event.reason}
    return plain | {"text_zh": event.text_zh, "text_en": event.text_en}


def judge_incident(incident: Incident, labels: Sequence[Label], heard: Heard, until_ns: int) -> Verdict:
    """The verdict on an incident that was played before ``until_ns`` [ns]; ``labels`` are those of the incident."""
    scenario = incident.scenario
    about = subject(labels, incident.event_ns)
    told = tuple(one for one in heard.warnings if one.time_ns >= scenario.start_ns)
    is_whole = until_ns >= scenario.end_ns
    return Verdict(
        name=incident.name,
        variant=heard.name,
        checked=tuple(check(scenario, heard, until_ns)),
        caught=None if about is None else _is_caught(about, heard),
        label=about,
        first=None if about is None else first_of(about, heard),
        event_ns=incident.event_ns,
        false=tuple(one for one in opened(told) if not is_true(one, incident.cases)),
        told=told,
        doubts=tuple(one for one in heard.quality if one.transition != "returned" and one.time_ns >= scenario.start_ns),
        load=heard.load(until_ns),
        digest=str(heard.digest),
        until_ns=until_ns,
        is_whole=is_whole,
        scores=scores_of(heard.answers, labels, is_whole=is_whole) if heard.answers else (),
    )


def subject(labels: Sequence[Label], event_ns: int | None) -> Label | None:
    """What an incident is about: the failure, or where nothing fails the fault, that is complete nearest to its event.

    None = it is a control.
    """
    if event_ns is None:
        return None
    wrong = [one for one in labels if one.category != "benign"]
    return min(wrong, key=lambda one: (one.category != "failure", abs(one.end_ns - event_ns)), default=None)


def _is_caught(about: Label, heard: Heard) -> bool | None:
    if about.pace == "none":
        return None
    said, season = heard.said[about.station], season_of(about.start_ns)
    if about.category != "failure":
        return judge_sensor(about, season, said).as_sensor
    return judge(about, season, said).detected


def first_of(about: Label, heard: Heard) -> Finding | None:
    """The first thing that was said of it, however late: a warning of its unit, or, of a sensor, a doubt about it."""

    def is_of(event: Finding) -> bool:
        return event.station == about.station and about.unit in ("", event.unit) and event.time_ns >= about.start_ns

    if about.category == "failure":
        return next((one for one in heard.warnings if one.transition == "opened" and is_of(one)), None)
    doubts = (one for one in heard.quality if one.transition != "returned" and is_of(one))
    return next((one for one in doubts if not about.tag or one.tag == "*" or one.tag.endswith(about.tag)), None)


def is_true(warning: EarlyWarning, cases: Sequence[Case]) -> bool:
    """Whether a machine was failing where a warning opened: a failure had begun in its unit, and was not repaired yet.

    A sensor that drifts is no machine that fails, and what is said after a repair is said of a sound machine.
    """
    return any(
        kinds()[case.kind].is_failure
        and case.station == warning.station
        and (warning.unit == ALL_UNITS or case.unit in ("", warning.unit))
        and case.start_ns <= warning.time_ns
        and (case.repaired_ns is None or warning.time_ns <= case.repaired_ns + LATE_NS)
        for case in cases
    )
