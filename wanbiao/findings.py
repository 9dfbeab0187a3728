"""What a run over a recording found: a table of episodes and a few lines for people, one object for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detectors.events import DataQuality, Evidence
from detectors.wording import number, shown_uom
from replay.adhoc import Adhoc
from replay.clocks import time_text
from replay.logbook import Episode, Logbook
from replay.recordings import Recording
from replay.watching import Learned
from stations.plant import Station, Text
from stations.schema import show
from wanbiao.display import LOOKS, date, worded

WIDTH: Final = 120
"""Where the output is no terminal, tables are made for so many columns."""
HEADINGS: Final = (Text("开始", "start"), Text("结束", "end"), Text("级别", "level"), Text("部件", "component"))
SIGNS: Final = {
    "cross": Text("不一致", "unlike the others"),
    "spread": Text("波动", "fluctuates"),
    "departure": Text("偏离近期水平", "unlike lately"),
}
EVIDENCE: Final = Text("测点：实测（期望）", "tag: measured (expected)")


MAX_SENSORS: Final = 20
"""Sensor events that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class Findings:
    """One station, one recording, what was said about it, how long it took [s]; if no catalogue says it, what was learned, and
    what the station was made of."""

    station: Station
    recording: Recording
    logbook: Logbook
    seconds: float
    learned: tuple[Learned, ...] = ()
    made: Adhoc | None = None

    @property
    def extra(self) -> tuple[str, ...]:
        """The columns that are not used, or only watched for whether they stand still."""
        left_alone = self.made.left_alone if self.made else ()
        return tuple(dict.fromkeys([*left_alone, *self.recording.extra]))

    @property
    def has_header(self) -> bool:
        """Whether every file names its columns."""
        return all(table.header.is_named for table in self.recording.tables)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-able data; event times in ISO 8601."""
        tally, logbook = self.recording.tally, self.logbook
        return {
            "station": self.station.code,
            "files": [str(table.path) for table in self.recording.tables],
            "rows": tally.rows,
            "scans": tally.scans,
            "bad_rows": tally.bad_rows,
            "bad": [asdict(row) for row in tally.named],
            "has_header": self.has_header,
            "extra_columns": list(self.extra),
            "refused": logbook.refused,
            "warnings": len(logbook.episodes),
            "judged_h": round(logbook.judged_h, 3),
            "warnings_per_1000_h": _rounded(logbook.warnings_per_1000_h),
            "sensor_events": len(logbook.sensors),
            "seconds": round(self.seconds, 3),
            "episodes": [_episode_dict(episode) for episode in logbook.story],
            "sensors": [_sensor_dict(event) for event in logbook.sensors],
            "learned": [asdict(one) | {"is_disturbed": one.is_disturbed} for one in self.learned],
        }

    def print_table(self, out: Console, language: str) -> None:
        """One row for each episode; nothing if there is none."""
        if not self.logbook.episodes:
            return
        if not out.is_terminal:
            out.width = max(out.width, WIDTH)
        has_units = any(len(block.units) > 1 for block in self.station.blocks)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading in HEADINGS:
            wraps = heading is HEADINGS[-1]
            table.add_column(
                worded(heading, language), no_wrap=not wraps, min_width=12 if wraps else None, vertical="middle"
            )
        table.add_column(worded(EVIDENCE, language), overflow="fold", min_width=24)
        for episode in self.logbook.story:
            look = LOOKS[episode.level]
            component = f"{episode.unit} · " if has_units else ""
            name = self._component(episode)
            component += name.zh if name.zh == name.en else worded(name, language)
            table.add_row(
                date(episode.onset_ns),
                self._end(episode, language),
                f"{look.shape} {worded(look.word, language)}",
                component,
                "\n".join(self._evidence(episode, one, language) for one in episode.evidence),
                style=look.style if out.is_terminal else "",
            )
        out.print(table)

    def print_sensors(self, out: Console, language: str) -> None:
        """One line for each sensor that failed, came back or jumped, as far as `MAX_SENSORS`."""
        for event in self.logbook.sensors[:MAX_SENSORS]:
            text = Text(event.text_zh, event.text_en)
            out.print(f"{date(event.time_ns)}  {worded(text, language)}", highlight=False)
        if (more := len(self.logbook.sensors) - MAX_SENSORS) > 0:
            text = Text(f"另有数据质量事件 {more} 条", f"and {more:,} more sensor events")
            out.print(worded(text, language))

    def print_learned(self, out: Console, language: str) -> None:
        """What was learned from, and a word of caution where that was disturbed, or where rows lack time or names."""
        if not self.has_header:
            n = len(self.recording.tables[0].names)
            text = Text(
                f"无表头：各列称为 column 1 至 column {n}", f"no header: columns are named column 1 to column {n}"
            )
            out.print(worded(text, language, separator="\n"))
        if self.made is not None and not self.made.is_timed:
            period = f"{self.recording.block.period_s:g} s"
            text = Text(f"无时间列：按每行 {period} 计", f"no time column: rows are taken as {period} apart")
            out.print(worded(text, language, separator="\n"))
        for one in self.learned[:MAX_SENSORS]:
            for text in _learned_texts(one):
                unit = f"{one.unit} · " if len(self.learned) > 1 else ""
                out.print(worded(Text(unit + text.zh, unit + text.en), language, separator="\n"), highlight=False)

    def print_summary(self, out: Console, language: str) -> None:
        """How much was read and judged, and how often it warned."""
        tally, logbook = self.recording.tally, self.logbook
        rate = logbook.warnings_per_1000_h
        often = Text("尚未评估", "nothing was judged yet")
        if rate is not None and self.learned:
            per_rows = 1000.0 * len(logbook.episodes) / logbook.judged
            often = Text(
                f"每 1000 行评估 {per_rows:.2f} 次（共 {logbook.judged} 行）",
                f"{per_rows:.2f} per 1,000 rows judged ({logbook.judged:,} in all)",
            )
        elif rate is not None:
            often = Text(
                f"每 1000 h 评估 {rate:.2f} 次（共 {logbook.judged_h:.0f} h）",
                f"{rate:.2f} per 1,000 h judged ({logbook.judged_h:,.0f} h in all)",
            )
        summary = Text(
            f"{tally.rows} 行，其中坏行 {tally.bad_rows}；预警 {len(logbook.episodes)} 次，{often.zh}；用时 {self.seconds:.1f} s",
            f"{tally.rows:,} rows, {tally.bad_rows} bad; {len(logbook.episodes)} warnings, {often.en}; {self.seconds:.1f} s",
        )
        out.print(worded(summary, language, separator="\n"))

    def print_bad_rows(self, out: Console, language: str) -> None:
        """The bad rows by name, as far as they are kept, what may make them good, and the columns that were not used."""
        tally, extra = self.recording.tally, self.extra
        for row in tally.named:
            out.print(f"{worded(Text('坏行', 'bad row'), language)}: {row}")
        if (more := tally.bad_rows - len(tally.named)) > 0:
            out.print(worded(Text(f"另有坏行 {more} 行", f"and {more} more bad rows"), language))
        if self.made is not None and self.made.units_hint is not None:
            option = f"--units-column {show(self.made.units_hint)}"
            text = Text(
                f"同一时刻有多行：若属不同机组，请加 {option}",
                f"several rows of one time: if they are of several units, add {option}",
            )
            out.print(worded(text, language))
        if extra:
            label = worded(Text(f"{len(extra)} 列未使用", f"{len(extra)} columns not used"), language)
            names = ", ".join(name or '""' for name in extra)
            out.print(f"{label}: {names}")

    @staticmethod
    def _end(episode: Episode, language: str) -> str:
        if episode.returned_ns is None:
            return worded(Text("未结束", "open"), language)
        accepted = f"\n{worded(Text('转为正常', 'taken as normal'), language)}" if episode.accepted else ""
        return date(episode.returned_ns) + accepted

    def _component(self, episode: Episode) -> Text:
        names = {part.code: part.name for block in self.station.blocks for part in block.components}
        return names[episode.component]

    def _evidence(self, episode: Episode, one: Evidence, language: str) -> str:
        """``TIT: 1071 (1079 °C)``: the code within the unit, since the table names station and unit elsewhere."""
        code = one.tag.removeprefix(f"{self.station.code}.{episode.unit}0")
        uom = f" {shown_uom(one.uom)}" if one.uom else ""
        how = f" · {worded(SIGNS[one.head], language)}" if one.head in SIGNS else ""
        return f"{code}: {number(one.value)} ({number(one.expected)}){uom}{how}"


def _episode_dict(episode: Episode) -> dict[str, Any]:
    return {
        "id": episode.id,
        "unit": episode.unit,
        "component": episode.component,
        "level": episode.level,
        "start": time_text(episode.onset_ns),
        "opened": time_text(episode.opened_ns),
        "end": time_text(episode.returned_ns) if episode.returned_ns else None,
        "accepted": episode.accepted,
        "tags": [asdict(one) for one in episode.evidence],
        "text_zh": episode.text_zh,
        "text_en": episode.text_en,
    }


def _learned_texts(one: Learned) -> Iterator[Text]:
    limits = ", ".join(f"{head} {limit:.1f}" for head, limit in one.limits.items())
    if one.learns:
        yield Text(f"学习行数不足（需 {one.rows} 行）", f"too few rows: {one.rows} are needed to learn from")
    elif not limits:
        yield Text(
            f"前 {one.rows} 行中无足够变化的有效值，无法评估",
            f"nothing is judged: no column has enough values that vary in the {one.rows:,} learn rows",
        )
    else:
        yield Text(f"由前 {one.rows} 行学习；限值 {limits}", f"learned from {one.rows:,} rows; limits: {limits}")
    if one.is_disturbed:
        yield Text("学习段数据有扰动，限值偏高", "the learn rows are disturbed, so the limits are high")


def _sensor_dict(event: DataQuality) -> dict[str, Any]:
    return {
        "unit": event.unit,
        "tag": event.tag,
        "time": time_text(event.time_ns),
        "transition": event.transition,
        "reason": event.reason,
        "text_zh": event.text_zh,
        "text_en": event.text_en,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
