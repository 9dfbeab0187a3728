"""What a scenario expects beside what was said: each expectation held, not held, or not decided where the play ended before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.events import LEVELS, OPENS, DataQuality, EarlyWarning
from detectors.pages import LEVEL_WORDS
from detectors.wording import unit_name
from replay.clocks import time_text
from replay.heard import Heard, opened
from replay.incident import DAY_S
from stations.faults import ALL_STATIONS
from stations.plant import Station, Text
from stations.scenario import Expected, Scenario

Finding = EarlyWarning | DataQuality
NEWS: Final = (*OPENS, "escalated")
"""Transitions that count as a finding: a reminder of what was told before its window is none."""
ALL_SENSORS: Final = "*"
"""The tag of a data-quality event of a whole unit."""


HELD: Final = {True: Text("✓ 符合", "✓ held"), False: Text("✗ 不符", "✗ not held"), None: Text("– 未定", "– undecided")}
"""Whether what was expected came, for people."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation.

    Attributes
    ----------
    where : the place that is meant, by its names.   held : None = the play ended before it was decided.
    found : the finding that decided it; None = there was none.   count : of findings in its window that stand for themselves.
    """

    expected: Expected
    where: Text
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
        one, when = self.expected, _when(self.expected)
        level = LEVEL_WORDS[LEVELS.index(one.level)]
        is_top = one.level == LEVELS[-1]
        what = {
            "warning": Text(
                f"应有{level.zh}{'' if is_top else '或更高'}级别的预警",
                f"a warning of level {level.en}{'' if is_top else ' or above'}",
            ),
            "quality": Text("应有数据质量事件", "a data-quality event"),
            "none": Text("不应有预警", "no warning"),
        }[one.finding]
        most = Text("", "") if one.most is None else Text(f"，最多 {one.most} 条", f", at most {one.most}")
        where = self.where
        return Text(f"{where.zh}：{when.zh}{what.zh}{most.zh}", f"{where.en}: {what.en} {when.en}{most.en}")


def elapsed(seconds: float) -> Text:
    """A length of time in its two largest units, from an hour on to the minute.

    >>> elapsed(3780).en, elapsed(86_400 * 58.5).zh, elapsed(2594).en
    ('1 h 3 min', '58 天 12 小时', '43 min 14 s')
    """
    whole = 60 * round(seconds / 60) if seconds >= 3600 else round(seconds)
    if not whole:
        return Text("0 秒", "0 s")
    minutes = whole // 60
    days = (minutes // 1440, "天", "d"), (minutes // 60 % 24, "小时", "h")
    sizes = *days, (minutes % 60, "分钟", "min"), (whole % 60, "秒", "s")
    first = next(i for i, (n, _, _) in enumerate(sizes) if n)
    told = [one for one in sizes[first : first + 2] if one[0]]
    return Text(" ".join(f"{n} {zh}" for n, zh, _ in told), " ".join(f"{n} {en}" for n, _, en in told))


def _when(one: Expected) -> Text:
    """The time in which it is expected, counted from the begin of the incident."""
    after, before = one.after_day, one.before_day
    if after is None and before is None:
        return Text("自始至终", "from begin to end")
    if before is None:
        since = _moment(after or 0.0)
        return Text(f"{since.zh}起", f"from {since.en} on")
    until = _moment(before)
    if after is None:
        return Text(f"{until.zh}之前", f"until {until.en}")
    since = elapsed(after * DAY_S) if 0 < after < before else _moment(after)
    begin = "开始后 " if 0 < after < before else ""
    return Text(
        f"{begin}{since.zh}至{' ' if begin else ''}{until.zh.removeprefix(begin)}之间", f"from {since.en} to {until.en}"
    )


def _moment(day: float) -> Text:
    length = elapsed(abs(day) * DAY_S)
    if day == 0:
        return Text("开始", "the begin")
    if day < 0:
        return Text(f"开始前 {length.zh}", f"{length.en} before the begin")
    return Text(f"开始后 {length.zh}", f"{length.en} after the begin")


def _place(one: Expected, stations: Mapping[str, Station]) -> Text:
    """The place of an expectation by the names of the catalogue; codes where it has none."""
    if one.station not in stations:
        return Text("所有电站", "all stations") if one.station == ALL_STATIONS else Text(one.station, one.station)
    station = stations[one.station]
    block = station.block("units")
    place = unit_name(station.name, one.unit) if one.unit else station.name
    names = [component.name for component in block.components if component.code == one.component]
    names += [block.tags[block.tag_index[tag]].name for tag in one.tags if tag in block.tag_index]
    if not names:
        return place
    zh, en = "或".join(name.zh for name in names), " or ".join(name.en for name in names)
    return Text(f"{place.zh} {zh}", f"{place.en}, {en}")


def check(scenario: Scenario, heard: Heard, until_ns: int) -> list[Checked]:
    """Every expectation of a scenario of which everything before ``until_ns`` [ns] was played."""
    return [_check(one, scenario, heard, until_ns) for one in scenario.expect]


def _check(one: Expected, scenario: Scenario, heard: Heard, until_ns: int) -> Checked:
    first_ns = scenario.at_day(0.0 if one.after_day is None else one.after_day)
    last_ns = scenario.end_ns if one.before_day is None else scenario.at_day(one.before_day)
    warnings = [event for event in heard.warnings if event.transition in NEWS and _fits(one, event)]
    own = [event for event in opened(warnings) if event.time_ns >= first_ns]
    where = _place(one, heard.stations)
    is_over = until_ns >= min(last_ns, scenario.end_ns)
    if one.finding == "none":
        broken = [event for event in own if event.time_ns < last_ns]
        held = False if broken else True if is_over else None
        return Checked(one, where, held, broken[0] if broken else None, len(broken))
    said: Sequence[Finding] = warnings
    if one.finding == "quality":
        said = [event for event in heard.quality if event.transition != "returned" and _fits(one, event)]
    found = next((event for event in said if first_ns <= event.time_ns <= last_ns), None)
    held = True if found else False if is_over else None
    if one.most is not None and held is not False:
        held = False if len(own) > one.most else held if until_ns >= scenario.end_ns else None
    return Checked(one, where, held, found, len(own) if one.finding == "warning" else len(said))


def _fits(one: Expected, event: Finding) -> bool:
    """Whether an event is of the place that is meant, and as grave."""
    if one.station not in (ALL_STATIONS, event.station) or one.unit not in ("", event.unit):
        return False
    if isinstance(event, DataQuality):
        return not one.tags or event.tag == ALL_SENSORS or any(event.tag.endswith(tag) for tag in one.tags)
    is_grave = LEVELS.index(event.level) >= LEVELS.index(one.level)
    return is_grave and one.component in ("", event.component)
