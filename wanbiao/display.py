"""What people see on a terminal: progress, levels, dates. Grey is normal, colour only for the abnormal."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from detectors.events import LEVELS
from stations.local_time import moment, zone_name
from stations.plant import Text

Advance = Callable[[float | None, str], None]
"""Called with how much is done [0 .. 1], or None where no end is known, and a few words."""

GREY: Final = "grey62"
PROGRESS_STEP: Final = 0.1
"""Where nobody watches, a line each so much."""
ENDLESS_LINE_S: Final = 60.0
"""And for what has no end, a line each so long [s]."""
FILE_WIDTH: Final = 120
"""Columns of a table in a file or a pipe."""
REFRESH_S: Final = 0.1
"""Time between two pictures on a terminal [s]."""


class Look(NamedTuple):
    """A state in three codes: a shape, a word and a colour, so that none has to be seen."""

    shape: str
    word: Text
    style: str


LOOKS: Final = {
    "watch": Look("◆", Text("关注", "watch"), "#E69F00"),
    "warning": Look("▲", Text("预警", "warning"), "#D55E00"),
    "urgent": Look("■", Text("紧急", "urgent"), "bold #D55E00"),
}
"""The palette of Okabe and Ito, which colour-blind people can tell apart."""
NO_DATA: Final = Look("○", Text("无数据", "no data"), "#CC79A7")
RETURNED: Final = Look("·", Text("恢复", "returned"), GREY)
NOT_JUDGED: Final = Look("…", Text("未判定", "not judged"), GREY)
STOPPED: Final = Look("·", Text("停运", "stopped"), GREY)
NORMAL: Final = Look("·", Text("正常", "normal"), GREY)


def look(level: int) -> Look:
    """The look of a level as monitors count them: 0 = none, 3 = urgent."""
    return LOOKS[LEVELS[level - 1]] if level else NORMAL


def worded(text: Text, language: str, separator: str = " ") -> str:
    """A text in the language of the settings: ``zh``, ``en`` or ``both``.

    >>> worded(Text("关注", "watch"), "both")
    '关注 watch'
    """
    if text.zh == text.en:
        return text.zh
    return {"zh": text.zh, "en": text.en}.get(language) or f"{text.zh}{separator}{text.en}"


def date(time_ns: int) -> str:
    """An event time to the minute, in the zone of `stations.local_time`.

    >>> date(1_772_409_600_000_000_000)
    '2026-03-02 00:00'
    """
    return moment(time_ns)


def zoned(time_ns: int, language: str) -> str:
    """An event time to the minute, with the name of its zone.

    >>> zoned(1_772_409_600_000_000_000, "en")
    '2026-03-02 00:00 UTC'
    """
    return f"{moment(time_ns)} {worded(zone_name(), language)}"


def duration(seconds: float) -> str:
    """A length of time with at most three digits.

    >>> duration(4.2), duration(5400), duration(259_200)
    ('4.2 s', '1.5 h', '3.0 d')
    """
    for size, unit in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def console(stream: str) -> Console:
    """A console on ``stdout`` or ``stderr``; where it is no terminal, tables have room and sentences stay on one line."""
    made = Console(stderr=stream == "stderr", highlight=False, emoji=False, markup=False)
    if not made.is_terminal:
        made.soft_wrap, made.width = True, max(made.width, FILE_WIDTH)
    return made


@contextmanager
def progress(title: str, *, out: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Advance]:
    """A progress bar where ``out`` is a terminal; elsewhere a line for every tenth, or every minute if no end is known.

    What it yields may be called for every scan: it draws ten times a second at most.
    """
    if not out.is_terminal:
        yield _Lines(title, out, clock)
        return
    columns = TextColumn("{task.description}"), BarColumn(30), TaskProgressColumn(), TextColumn("{task.fields[note]}")
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(title, total=None, note="")
        drawn_s = -math.inf

        def advance(done: float | None, note: str) -> None:
            nonlocal drawn_s
            if clock() - drawn_s >= REFRESH_S:
                drawn_s = clock()
                bar.update(task, total=None if done is None else 1.0, completed=done, note=note, refresh=True)

        yield advance


class _Lines:
    """Progress as plain lines."""

    def __init__(self, title: str, out: Console, clock: Callable[[], float]) -> None:
        self._title, self._out, self._clock = title, out, clock
        self._shown, self._shown_s = 0.0, clock()

    def __call__(self, done: float | None, note: str) -> None:
        if done is None:
            if self._clock() - self._shown_s >= ENDLESS_LINE_S:
                self._shown_s = self._clock()
                self._out.print(f"{self._title}: {note}")
        elif done + 1e-9 >= self._shown + PROGRESS_STEP:
            self._shown = int(done / PROGRESS_STEP + 1e-9) * PROGRESS_STEP
            self._out.print(f"{self._title}: {done:.0%}, {note}")


def until_interrupted() -> None:
    """Wait for Ctrl-C."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
