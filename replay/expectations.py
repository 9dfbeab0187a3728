"""What a scenario expects beside what was said: each expectation held, not held, or not decided where the play ended before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.events import LEVELS, OPENS, DataQuality, EarlyWarning
from replay.clocks import time_text
from replay.heard import Heard, opened
from stations.faults import ALL_STATIONS
from stations.plant import Text
from stations.scenario import Expected, Scenario

Finding = EarlyWarning | DataQuality
NEWS: Final = (*OPENS, "escalated")
"""Transitions that count as a finding: a reminder of what was told before its window is none."""
ALL_SENSORS: Final = "*"
"""The tag of a data-quality event of a whole unit."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation.

    Attributes
    ----------
    held : None = the play ended before it was decided.
    found : the finding that decided it; None = there was none.   count : of findings in its window that stand for themselves.
    """

    expected: Expected
    held: bool | None
    found: Finding | None
    count: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        one = self.expected
        return {
            "finding": one.finding,
            "station": one.station,
            "unit": one.unit,
            "component": one.component,
            "tags": list(one.tags),
            "level": one.level,
            "after_day": one.after_day,
            "before_day": one.before_day,
            "most": one.most,
            "held": self.held,
            "found": None if self.found is None else time_text(self.found.time_ns),
            "count": self.count,
        }

    def text(self) -> Text:
        """What is expected, in a few words."""
        one = self.expected
        where = " ".join(filter(None, (one.station, one.unit, one.component, "/".join(one.tags))))
        days = f"{0 if one.after_day is None else one.after_day:g} - " + (
            "" if one.before_day is None else f"{one.before_day:g}"
        )
        what = {
            "warning": Text(f"预警（{one.level}）", f"a warning ({one.level})"),
            "quality": Text("数据质量事件", "a data-quality event"),
            "none": Text("无预警", "no warning"),
        }[one.finding]
        most = "" if one.most is None else f", <= {one.most}"
        return Text(f"{where}：{what.zh}，第 {days} 天{most}", f"{where}: {what.en}, days {days}{most}")


def check(scenario: Scenario, heard: Heard, until_ns: int) -> list[Checked]:
    """Every expectation of a scenario of which everything before ``until_ns`` [ns] was played."""
    return [_check(one, scenario, heard, until_ns) for one in scenario.expect]


def _check(one: Expected, scenario: Scenario, heard: Heard, until_ns: int) -> Checked:
    first_ns = scenario.at_day(0.0 if one.after_day is None else one.after_day)
    last_ns = scenario.end_ns if one.before_day is None else scenario.at_day(one.before_day)
    warnings = [event for event in heard.warnings if event.transition in NEWS and _fits(one, event)]
    own = [event for event in opened(warnings) if event.time_ns >= first_ns]
    is_over = until_ns >= min(last_ns, scenario.end_ns)
    if one.finding == "none":
        broken = [event for event in own if event.time_ns < last_ns]
        held = False if broken else True if is_over else None
        return Checked(one, held, broken[0] if broken else None, len(broken))
    said: Sequence[Finding] = warnings
    if one.finding == "quality":
        said = [event for event in heard.quality if event.transition != "returned" and _fits(one, event)]
    found = next((event for event in said if first_ns <= event.time_ns <= last_ns), None)
    held = True if found else False if is_over else None
    if one.most is not None and held is not False:
        held = False if len(own) > one.most else held if until_ns >= scenario.end_ns else None
    return Checked(one, held, found, len(own) if one.finding == "warning" else len(said))


def _fits(one: Expected, event: Finding) -> bool:
    """Whether an event is of the place that is meant, and as grave."""
    if one.station not in (ALL_STATIONS, event.station) or one.unit not in ("", event.unit):
        return False
    if isinstance(event, DataQuality):
        return not one.tags or event.tag == ALL_SENSORS or any(event.tag.endswith(tag) for tag in one.tags)
    is_grave = LEVELS.index(event.level) >= LEVELS.index(one.level)
    return is_grave and one.component in ("", event.component)
