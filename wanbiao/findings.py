"""What a run over a recording found: a table of episodes and a few lines for people, one object for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detectors.events import Evidence
from detectors.wording import number, shown_uom
from replay.logbook import Episode, Logbook
from replay.recordings import Recording
from replay.tables import time_text
from stations.plant import Station, Text
from wanbiao.display import LOOKS, date, worded

WIDTH: Final = 120
"""Where the output is no terminal, tables are made for so many columns."""
HEADINGS: Final = (Text("开始", "start"), Text("结束", "end"), Text("级别", "level"), Text("部件", "component"))
EVIDENCE: Final = Text("测点：实测（期望）", "tag: measured (expected)")


@dataclass(frozen=True, slots=True)
class Findings:
    """One station, one recording, what was said about it, and how long it took [s]."""

    station: Station
    recording: Recording
    logbook: Logbook
    seconds: float

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
            "extra_columns": list(self.recording.extra),
            "refused": logbook.refused,
            "warnings": len(logbook.episodes),
            "judged_h": round(logbook.judged_h, 3),
            "warnings_per_1000_h": _rounded(logbook.warnings_per_1000_h),
            "sensor_events": len(logbook.sensors),
            "seconds": round(self.seconds, 3),
            "episodes": [_episode_dict(episode) for episode in logbook.story],
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
            component += worded(self._component(episode), language)
            table.add_row(
                date(episode.onset_ns),
                date(episode.returned_ns) if episode.returned_ns else worded(Text("未结束", "open"), language),
                f"{look.shape} {worded(look.word, language)}",
                component,
                "\n".join(self._evidence(episode, one) for one in episode.evidence),
                style=look.style if out.is_terminal else "",
            )
        out.print(table)

    def print_summary(self, out: Console, language: str) -> None:
        """How much was read and judged, and how often it warned."""
        tally, logbook = self.recording.tally, self.logbook
        rate = logbook.warnings_per_1000_h
        often = Text("尚未评估", "nothing was judged yet")
        if rate is not None:
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
        """The bad rows by name, as far as they are kept, and the columns that were not used."""
        tally, extra = self.recording.tally, self.recording.extra
        for row in tally.named:
            out.print(f"{worded(Text('坏行', 'bad row'), language)}: {row}")
        if (more := tally.bad_rows - len(tally.named)) > 0:
            out.print(worded(Text(f"另有坏行 {more} 行", f"and {more} more bad rows"), language))
        if extra:
            label = worded(Text(f"{len(extra)} 列未使用", f"{len(extra)} columns not used"), language)
            out.print(f"{label}: {', '.join(extra)}")

    def _component(self, episode: Episode) -> Text:
        names = {part.code: part.name for block in self.station.blocks for part in block.components}
        return names[episode.component]

    def _evidence(self, episode: Episode, one: Evidence) -> str:
        """``TIT: 1071 (1079 °C)``: the code within the unit, since the table names station and unit elsewhere."""
        code = one.tag.removeprefix(f"{self.station.code}.{episode.unit}0")
        uom = f" {shown_uom(one.uom)}" if one.uom else ""
        return f"{code}: {number(one.value)} ({number(one.expected)}){uom}"


def _episode_dict(episode: Episode) -> dict[str, Any]:
    return {
        "id": episode.id,
        "unit": episode.unit,
        "component": episode.component,
        "level": episode.level,
        "start": time_text(episode.onset_ns),
        "opened": time_text(episode.opened_ns),
        "end": time_text(episode.returned_ns) if episode.returned_ns else None,
        "tags": [asdict(one) for one in episode.evidence],
        "text_zh": episode.text_zh,
        "text_en": episode.text_en,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
