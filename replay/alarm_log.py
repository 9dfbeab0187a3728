"""A list of warnings or alarms read from a file: what this program writes, or the log of any other alarm system.

- JSON lines: early warnings as on the topic ``warnings`` (``wanbiao watch --events``); lines of other kinds are passed over. Of
  the one object of ``wanbiao watch --json`` or ``replay --json``, each episode counts as its opening and its end.
- A table (CSV, gzip, Parquet) with a column that tells the time and one that names tag, asset or id; optionally priority or
  level, state or transition, and outcome. The times are as in `replay.clocks`.

What cannot be read is a bad row, named by its line and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from detectors.attention import Occurrence, asset_of
from detectors.events import LEVELS
from replay.alarm_words import COLUMNS, level_of, transition_of
from replay.clocks import START, Clock, parse_time_ns
from replay.files import RecordingError, find_files, read_lines
from replay.recordings import BadRow, Tally
from replay.tables import PLAIN, Dialect, clock_of, lines_below, near_text, read_header, read_rows, split
from stations.scan import FIRST_NS, LAST_NS
from stations.schema import show

ROWS_MOST: Final = 5_000_000
"""Rows that are put in order of time in memory: a year of an alarm system in constant flood."""


@dataclass(slots=True)
class AlarmLog:
    """What was read, in order of time.

    Attributes
    ----------
    tally : how many rows, how many of them bad, and the first of these by name.
    has_ends : whether all files say that something is over.
    repeats : early warnings that were there twice, and count once.
    """

    occurrences: list[Occurrence] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    has_ends: bool = True
    repeats: int = 0


class _Act(msgspec.Struct):
    outcome: str = ""


class _Warning(msgspec.Struct):
    """The part of an early warning that counts; other keys are passed over."""

    id: str
    station: str
    unit: str
    component: str
    transition: str
    level: str
    time_ns: int
    act: _Act | None = None


class _Episode(msgspec.Struct):
    id: str
    unit: str
    component: str
    level: str
    opened: str
    end: str | None = None
    accepted: bool = False


class _Findings(msgspec.Struct):
    station: str
    episodes: list[_Episode]


class _Columns(NamedTuple):
    """Where a table tells what; None = nowhere."""

    id: int
    asset: int
    level: int | None
    state: int | None
    outcome: int | None


def read_alarm_log(
    paths: Sequence[Path], dialect: Dialect = PLAIN, advanced: Callable[[int], object] = lambda n_bytes: None
) -> AlarmLog:
    """All files, put in order of time; ``advanced`` as in `replay.files.read_lines`.

    Raises
    ------
    RecordingError : a file cannot be read, is no list of warnings, or all its rows are bad.
    """
    log = AlarmLog()
    for path in find_files(paths):
        rows, bad = log.tally.rows, log.tally.bad_rows
        found = list((_read_json if _is_json(path) else _read_table)(path, log, dialect, advanced))
        if log.tally.rows > rows and log.tally.rows - rows == log.tally.bad_rows - bad:
            named = next((row for row in log.tally.named if row.file == str(path)), None)
            raise RecordingError(f"{path}: no row can be read{f'; {named}' if named else ''}")
        if len(found) > 1 and found[0].time_ns > found[-1].time_ns:
            found.reverse()  # the newest first, as lists of alarms are shown: of one second, too
        log.occurrences += found
    log.occurrences.sort(key=lambda one: one.time_ns)
    return log


def _count_row(path: Path, log: AlarmLog) -> None:
    log.tally.rows += 1
    if log.tally.rows > ROWS_MOST:
        raise RecordingError(f"{path}: more than {ROWS_MOST} rows; expected parts of fewer")


def _is_json(path: Path) -> bool:
    first = next((line for _, line in read_lines(path) if line.strip()), "")
    return first.lstrip().startswith("{")


def _read_json(path: Path, log: AlarmLog, _dialect: Dialect, advanced: Callable[[int], object]) -> Iterator[Occurrence]:
    seen: set[tuple[str, str, int]] = set()
    for number, line in read_lines(path, advanced):
        if not line.strip():
            continue
        _count_row(path, log)
        try:
            for one in _from_json(line):
                key = one.id, one.transition, one.time_ns
                if key in seen:
                    log.repeats += 1
                    continue
                seen.add(key)
                yield one
        except ValueError as error:
            log.tally.bad(BadRow(str(path), number, "", str(error)))


def _from_json(line: str) -> list[Occurrence]:
    """What one line says; ValueError, in words, if it is no JSON object, or one that lacks something."""
    try:
        read: Any = msgspec.json.decode(line)
        if not isinstance(read, dict):
            raise ValueError("expected a JSON object")
        if "episodes" in read:
            return list(_of_episodes(msgspec.convert(read, _Findings)))
        if read.get("kind", "early_warning") != "early_warning":
            return []
        one = msgspec.convert(read, _Warning)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error).splitlines()[0]) from None
    transition = transition_of(one.transition)
    if one.level not in LEVELS:
        raise ValueError(f"level {show(one.level)}; expected one of {', '.join(LEVELS)}")
    if not FIRST_NS <= one.time_ns < LAST_NS:
        raise ValueError(f"time_ns {one.time_ns}; expected nanoseconds since 1970, of the years 2000 to 2099")
    asset = asset_of(one.station, one.unit, one.component)
    return [Occurrence(one.time_ns, one.id, asset, one.level, transition, one.act.outcome if one.act else "")]


def _of_episodes(findings: _Findings) -> Iterator[Occurrence]:
    for one in findings.episodes:
        level = level_of(one.level)
        asset = asset_of(findings.station, one.unit, one.component)
        yield Occurrence(parse_time_ns(one.opened), one.id, asset, level)
        if one.end is not None:
            yield Occurrence(parse_time_ns(one.end), one.id, asset, level, "accepted" if one.accepted else "returned")


def _read_table(path: Path, log: AlarmLog, dialect: Dialect, advanced: Callable[[int], object]) -> Iterator[Occurrence]:
    header = read_header(path, dialect)
    if not header.is_named:
        raise RecordingError(f"{path}: the first line does not name its columns; expected time, tag, ...")
    columns = _find_columns(path, header.names)
    used = {column for column in columns if column is not None}
    free = ["" if i in used else name for i, name in enumerate(header.names)]
    clock = clock_of(path, free, read_rows(path, dialect), dialect)
    if clock is None:
        raise RecordingError(f'{path}: no column tells the time; expected one named "time"')
    log.has_ends &= columns.state is not None
    for number, line in lines_below(path, header, advanced):
        _count_row(path, log)
        cells = split(line, header.separator)
        try:
            if len(cells) != len(header.names):
                raise ValueError(f"{len(cells)} cells; expected {len(header.names)}")
            yield _from_row([cell.strip() for cell in cells], columns, clock)
        except ValueError as error:
            log.tally.bad(BadRow(str(path), number, "", str(error)))


def _find_columns(path: Path, names: Sequence[str]) -> _Columns:
    folded = [name.strip().lower().replace(" ", "_") for name in names]

    def find(kinds: Iterable[str]) -> int | None:
        return next((folded.index(name) for name in kinds if name in folded), None)

    tag, asset = find(COLUMNS["tag"]), find(COLUMNS["asset"])
    own = tag if tag is not None else asset
    if own is None:
        near = near_text("tag", names)
        few = "; ".join(filter(None, ['expected one named "tag", "asset" or "id"', near]))
        raise RecordingError(f"{path}: no column says what alarmed; {few}")
    return _Columns(
        own,
        asset if asset is not None else own,
        find(COLUMNS["level"]),
        find(COLUMNS["state"]),
        find(COLUMNS["outcome"]),
    )


def _from_row(cells: Sequence[str], columns: _Columns, clock: Clock) -> Occurrence:
    """One row; ValueError, in words, if it cannot be read."""
    time_ns = clock.time_ns(cells, parse_time_ns(START))
    if not cells[columns.id]:
        raise ValueError("no tag; expected what alarmed")
    return Occurrence(
        time_ns,
        cells[columns.id],
        cells[columns.asset] or cells[columns.id],
        "" if columns.level is None else level_of(cells[columns.level]),
        "opened" if columns.state is None else transition_of(cells[columns.state]),
        "" if columns.outcome is None else cells[columns.outcome].lower(),
    )
