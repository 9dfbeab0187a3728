"""What ``wanbiao demo`` shows: sentences on stdout, a status that changes on stderr, a table at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text as Styled

from detectors.events import DataQuality, EarlyWarning
from stations.local_time import zone_name
from stations.plant import Text
from wanbiao.demo import PERIOD_S, START_NS, Demo
from wanbiao.display import (
    GREY,
    LOOKS,
    NO_DATA,
    NOT_JUDGED,
    REFRESH_S,
    RETURNED,
    STOPPED,
    Advance,
    console,
    date,
    look,
    progress,
    worded,
    zoned,
)
from wanbiao.embedded import Pace, Step
from wanbiao.tally import DAY_S, Episode, Now

LIVE: Final = Text("实时", "live")
LEARNING_PAST: Final = Text("学习", "learning")
TITLES: Final = (
    Text("电站", "station"),
    Text("机组", "unit"),
    Text("部件", "component"),
    Text("级别", "level"),
    Text("首次预警", "first warning"),
    Text("提前量", "lead"),
    Text("原因", "cause"),
)
FALSE_SHOWN: Final = 5
"""False warnings named in the table; the others are counted."""


class View:
    """Everything the demo prints.

    Parameters
    ----------
    language : ``zh``, ``en`` or ``both``.
    as_json : stdout is for one JSON object, so all of it goes to stderr.
    """

    def __init__(self, demo: Demo, *, language: str, as_json: bool) -> None:
        self._demo, self._language = demo, language
        self.err = console("stderr")
        self.out = self.err if as_json else console("stdout")
        # On one screen both must pass through the console that redraws the status, or they write over each other.
        self._live = self.err if self.out.is_terminal and self.err.is_terminal else self.out

    def say(self, text: Text, style: str = "", *, where: Console | None = None) -> None:
        """A sentence; in both languages it takes two lines."""
        (where or self.out).print(worded(text, self._language, "\n"), style=style)

    def header(self) -> None:
        """What is about to happen."""
        demo = self._demo
        names = [station.name for station in demo.fleet.stations.values()]
        size = f"{demo.fleet.n_units}", f"{demo.fleet.n_tags}", f"{PERIOD_S / 60:.0f}"
        self.say(
            Text(
                f"腕表：{'、'.join(name.zh for name in names)}，{size[0]} 台机组，{size[1]} 个测点，每 {size[2]} 分钟一次。",
                f"Wanbiao: {' and '.join(name.en for name in names)}, {size[0]} units, {size[1]} tags, every {size[2]} min.",
            )
        )

    def link(self, url: str) -> None:
        """Where the board is."""
        self.say(Text(f"看板：{url}", f"The board: {url}"), where=self.err)

    def aside(self, text: Text) -> None:
        """Something beside the story, which programs need not read."""
        self.say(text, GREY, where=self.err)

    def stays(self) -> None:
        """That the board is still there."""
        self.aside(Text("看板仍在运行；Ctrl-C 结束。", "The board stays; Ctrl-C ends it."))

    def learning(self) -> AbstractContextManager[Advance]:
        """A progress bar for the healthy past."""
        return progress(worded(LEARNING_PAST, self._language), out=self.err)

    def learned(self, speed: float) -> None:
        """What was learned, and what was put in."""
        demo = self._demo
        days, seconds = f"{demo.learn_days:g}", f"{demo.learning_s:.1f}"
        self.say(
            Text(
                f"已学习 {days} 天正常运行（{date(START_NS)[:10]} 至 {date(demo.live_ns)[:10]}），用时 {seconds} 秒。",
                f"Learned {days} days of healthy operation, {date(START_NS)[:10]} to {date(demo.live_ns)[:10]}, in {seconds} s.",
            ),
            GREY,
        )
        for seeded in demo.seeded:
            case = seeded.case
            station, component = demo.fleet.stations[case.station], self._component(case.station, seeded.component)
            day, days = date(case.start_ns)[:10], f"{case.development_s / DAY_S:.0f}"
            self.say(
                Text(
                    f"已植入故障 {case.kind}：{station.name.zh} {case.unit} 号机 {component.zh}，{day} 起 {days} 天内发展。",
                    f"Fault {case.kind} put in: {station.name.en} unit {case.unit}, {component.en}, "
                    f"from {day}, develops in {days} d.",
                ),
                GREY,
            )
        pace = (
            ("全速", "at full speed")
            if speed > 1e12
            else (f"每秒 {speed / 3600:g} 小时", f"{speed / 3600:g} h a second")
        )
        zone = zone_name()
        self.say(
            Text(
                f"实时运行，{pace[0]}，{zone.zh}；Ctrl-C 结束。",
                f"Live, {pace[1]}, in {zone.en}; Ctrl-C ends it.",
            ),
            GREY,
        )

    def _component(self, station: str, code: str) -> Text:
        components = self._demo.fleet.stations[station].block("units").components
        return next((component.name for component in components if component.code == code), Text(code, code))

    def events(self, step: Step) -> None:
        """Every early warning and every sensor that fails, as plain sentences.

        Not that a warning still stands: where a day takes two seconds, nobody has had the time to acknowledge it.
        """
        for event in step.events:
            if isinstance(event, EarlyWarning | DataQuality) and event.transition != "reminded":
                self._live.print(self._line(event))

    def _line(self, event: EarlyWarning | DataQuality) -> RenderableType:
        is_over = event.transition == "returned"
        alive = LOOKS[event.level] if isinstance(event, EarlyWarning) else NO_DATA
        looks = RETURNED if is_over else alive
        mark = Styled(f"{looks.shape} {worded(looks.word, self._language)}", looks.style)
        words = worded(Text(event.text_zh, event.text_en), self._language, "\n")
        if not self._live.is_terminal:
            indent = "\n" + " " * 18
            return Styled.assemble(date(event.time_ns), "  ", mark, "  ", words.replace("\n", indent))
        row = Table.grid(padding=(0, 2, 0, 0))
        for width in (16, 15 if self._language == "both" else 10, None):
            row.add_column(width=width, overflow="fold")
        row.add_row(Styled(date(event.time_ns), GREY), mark, Styled(words, GREY if is_over else ""))
        return row

    @contextmanager
    def status(self, pace: Pace, for_s: float) -> Iterator[Callable[[], None]]:
        """What is so now, redrawn a few times a second; where nobody watches, a line for every tenth of the time."""
        if not self.err.is_terminal:
            with progress(worded(LIVE, self._language), out=self.err) as advance:
                yield lambda: advance(min(1.0, pace.elapsed_s / for_s), self._short(pace))
            return
        drawn_s = -1.0
        with Live(console=self.err, auto_refresh=False, transient=True) as live:

            def draw() -> None:
                nonlocal drawn_s
                if pace.elapsed_s - drawn_s >= REFRESH_S:
                    drawn_s = pace.elapsed_s
                    live.update(self._panel(pace, for_s), refresh=True)

            yield draw

    def _short(self, pace: Pace) -> str:
        tally = self._demo.tally
        n_open = sum(now.open for now in tally.now.values())
        words = Text(f"{n_open} 条预警未关闭", f"{n_open} early warnings open")
        return f"{zoned(tally.last_ns, self._language)}, {self._rate(pace):.0f}/s, {worded(words, self._language)}"

    def _rate(self, pace: Pace) -> float:
        """Scans a second."""
        return self._demo.tally.scans / max(pace.elapsed_s, 1e-3)

    def _panel(self, pace: Pace, for_s: float) -> RenderableType:
        demo, left, rate = self._demo, max(0.0, for_s - pace.elapsed_s), self._rate(pace)
        words = Text(
            f"第 {demo.live_days:.1f} 天，每秒 {rate:.0f} 次扫描，剩余 {left:.0f} 秒",
            f"day {demo.live_days:.1f}, {rate:.0f} scans/s, {left:.0f} s left",
        )
        head = f"{zoned(demo.tally.last_ns, self._language)} · {worded(words, self._language, ' · ')}"
        table = Table.grid(*(Column(overflow="fold") for _ in range(5)), padding=(0, 2, 0, 0))
        for code in demo.fleet.stations:
            table.add_row(*self._station_row(code, demo.tally.now.get(code, Now())))
        panel = Table.grid()
        panel.add_row(Styled(head, GREY))
        panel.add_row(table)
        return panel

    def _station_row(self, code: str, now: Now) -> tuple[Styled, ...]:
        name = f"{code} {worded(self._demo.fleet.stations[code].name, self._language)}"
        if not now.unit:
            looks = NOT_JUDGED if now.running else STOPPED
            return Styled(name, GREY), Styled(f"{looks.shape} {worded(looks.word, self._language)}", looks.style)
        looks, grey = look(now.level), "" if now.level else GREY
        health = "–" if math.isnan(now.health) else f"{now.health:.0f}"
        return (
            Styled(name, grey),
            Styled(f"{looks.shape} {worded(looks.word, self._language)}", looks.style),
            Styled(f"#{now.unit} {self._named(code, now.component)}", grey),
            Styled(f"{worded(Text('健康度', 'health'), self._language)} {health:>3}", looks.style),
            Styled(f"{worded(Text('预警', 'open'), self._language)} {now.open}", grey),
        )

    def summary(self) -> None:
        """A table of what was found, then how much of it was false."""
        tally = self._demo.tally
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in TITLES:
            table.add_column(worded(title, self._language, "\n"), no_wrap=title is not TITLES[2], overflow="fold")
        for seeded in self._demo.seeded:
            if tally.found(seeded) is None:
                station, unit, component = seeded.where
                table.add_row(station, unit, self._named(station, component), "–", "–", "", seeded.case.kind)
        caused = [episode for episode in tally.episodes.values() if episode.cause is not None]
        for episode in sorted(caused, key=lambda episode: not episode.is_found) + tally.false[:FALSE_SHOWN]:
            table.add_row(*self._row(episode))
        self.out.print()
        self.out.print(table)
        self._false_sentence()

    def _named(self, station: str, component: str) -> str:
        return worded(self._component(station, component), self._language)

    def _row(self, episode: Episode) -> tuple[str | Styled, ...]:
        station, unit, component = episode.where
        looks = LOOKS[episode.level]
        cause = worded(Text("误报", "false"), self._language)
        if episode.cause is not None:
            cause = episode.cause.kind if episode.is_found else f"({episode.cause.kind})"
        lead = self._demo.tally.lead_s(episode)
        return (
            station,
            unit,
            self._named(station, component),
            Styled(f"{looks.shape} {worded(looks.word, self._language)}", looks.style),
            date(episode.first.time_ns),
            "" if lead is None else f"{'' if lead[1] else '> '}{lead[0] / DAY_S:.1f} d",
            cause,
        )

    def _false_sentence(self) -> None:
        demo = self._demo
        n, units, days = len(demo.tally.false), demo.fleet.n_units - len(demo.seeded), f"{demo.live_days:.0f}"
        per_year = n / (units * max(demo.live_days, 1e-3) / 365.0)
        self.say(
            Text(
                f"提前量：首次预警到实测值首次越过报警限值的时间（“>”表示尚未越限）；括号表示同一机组的其他部件。"
                f"误报：{units} 台无故障机组 {days} 天内 {n} 次，每台每年 {per_year:.2f} 次。",
                f"Lead: from the first warning to the first value beyond the alarm limit (> = not reached yet); "
                f"in brackets: another part of that unit. "
                f"False warnings: {n} on {units} units without a fault in {days} d, {per_year:.2f} per unit-year.",
            ),
            GREY,
        )
