"""What people see on a terminal: progress, levels, dates. Grey is normal, colour only for the abnormal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from detectors.events import LEVELS
from stations.plant import Text

Advance = Callable[[float, str], None]
"""Called with how much is done [0 .. 1] and a few words; None done = nobody knows how much there will be."""

GREY: Final = "grey62"
PROGRESS_STEP: Final = 0.1
"""Where nobody watches, a line each so much."""


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
NORMAL: Final = Look("·", Text("正常", "normal"), GREY)


def look(level: int) -> Look:
    """The look of a level as monitors count them: 0 = none, 3 = urgent."""
    return LOOKS[LEVELS[level - 1]] if level else NORMAL


def worded(text: Text, language: str, separator: str = " ") -> str:
    """A text in the language of the settings: ``zh``, ``en`` or ``both``.

    >>> worded(Text("关注", "watch"), "both")
    '关注 watch'
    """
    return {"zh": text.zh, "en": text.en}.get(language) or f"{text.zh}{separator}{text.en}"


def date(time_ns: int) -> str:
    """An event time to the minute, in UTC.

    >>> date(1_772_409_600_000_000_000)
    '2026-03-02 00:00'
    """
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%Y-%m-%d %H:%M}"


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
    """A console on ``stdout`` or ``stderr``; where it is no terminal, sentences are not broken into lines."""
    made = Console(stderr=stream == "stderr", highlight=False, emoji=False, markup=False)
    if not made.is_terminal:
        made.soft_wrap = True
    return made


@contextmanager
def progress(title: str, *, out: Console) -> Iterator[Advance]:
    """A progress bar where ``out`` is a terminal; elsewhere a line for every tenth."""
    if not out.is_terminal:
        yield _Lines(title)
        return
    columns = TextColumn("{task.description}"), BarColumn(30), TaskProgressColumn(), TextColumn("{task.fields[note]}")
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as bar:
        task = bar.add_task(title, total=1.0, note="")
        yield lambda done, note: bar.update(task, completed=done, note=note)


class _Lines:
    """Progress as plain lines on stderr."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = 0.0

    def __call__(self, done: float, note: str) -> None:
        if done + 1e-9 >= self._shown + PROGRESS_STEP:
            self._shown = int(done / PROGRESS_STEP + 1e-9) * PROGRESS_STEP
            print(f"{self._title}: {done:.0%}, {note}", file=sys.stderr, flush=True)  # noqa: T201
