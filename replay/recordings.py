"""A recording as scans of one block: columns are tags, rows are times, what cannot be read is counted and named.

The first line of each file names its columns: the tag codes in any order, optionally ``time`` (or ``timestamp``, ``datetime``, ``date``)
and, for a block of several units, ``unit``. Cells are separated by commas, semicolons or tabs. Without a time column the rows are
one period of the catalogue apart.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from connectors.wire import FIRST_NS, LAST_NS
from replay.files import RecordingError, find_files, read_lines
from stations.plant import Block
from stations.scan import Scan
from stations.schema import nearest, show

START: Final = "2011-01-01T00:00:00Z"
"""Event time of the first row of a recording that does not tell the time."""
TIME_COLUMNS: Final = ("time", "timestamp", "datetime", "date")
UNIT_COLUMN: Final = "unit"
NO_VALUE: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
"""Cells that say there is no value, in any case."""
MAX_NAMED: Final = 20
"""Bad rows that are kept by name; the others are only counted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time_ns(text: str) -> int:
    """Integer nanoseconds since 1970 of an ISO 8601 time; UTC unless it has a zone. ValueError if it is none, or not of this century.

    >>> parse_time_ns("2011-01-01 08:00"), parse_time_ns("2011-01-01T08:00:00+08:00")
    (1293868800000000000, 1293840000000000000)
    """
    try:
        time = datetime.fromisoformat(text.strip())
        time_ns = ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise ValueError(f"{show(text)}; expected a time such as 2011-01-31T08:00:00Z") from None
    if not FIRST_NS <= time_ns < LAST_NS:
        raise ValueError(f"{show(text)}; expected a time in the years 2000 to 2099")
    return time_ns


def time_text(time_ns: int) -> str:
    """The inverse, to the second.

    >>> time_text(1293868800000000000)
    '2011-01-01T08:00:00Z'
    """
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be read as it stands; ``column`` is empty if the whole row is meant."""

    file: str
    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, f"line {self.line}", self.column, self.problem) if part)


@dataclass(slots=True)
class Tally:
    """What was read so far: rows, scans made of them, bad rows and the first ``MAX_NAMED`` of these."""

    rows: int = 0
    scans: int = 0
    bad_rows: int = 0
    named: list[BadRow] = field(default_factory=list)

    def bad(self, row: BadRow) -> None:
        """Count a bad row."""
        self.bad_rows += 1
        if len(self.named) < MAX_NAMED:
            self.named.append(row)


@dataclass(frozen=True, slots=True)
class Table:
    """One file: its separator, the names of its columns, and the cells that hold time, unit and tags (in block order)."""

    path: Path
    separator: str
    names: tuple[str, ...]
    time: int | None
    unit: int | None
    tags: tuple[int, ...]

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not used."""
        used = {self.time, self.unit, *self.tags}
        return tuple(name for i, name in enumerate(self.names) if i not in used)


def split(line: str, separator: str) -> list[str]:
    """The cells of a line."""
    return next(csv.reader([line], delimiter=separator)) if '"' in line else line.split(separator)


def read_header(path: Path) -> tuple[str, tuple[str, ...]]:
    """Separator and column names of a file. RecordingError if it has no first line of text."""
    for _, line in read_lines(path):
        if "\0" in line or "\ufffd" in line:
            raise RecordingError(f"{path}: is not text in UTF-8; expected a first line with the names of the columns")
        separator = max(",;\t", key=line.count)
        return separator, tuple(name.strip() for name in split(line, separator))
    raise RecordingError(f"{path}: is empty; expected a first line with the names of the columns")


def open_table(path: Path, block: Block) -> Table:
    """A file and where its columns are. RecordingError if a tag of the block, or the unit, has no column or has two."""
    separator, names = read_header(path)
    for code in block.tag_index:
        if names.count(code) != 1:
            few = "; ".join(filter(None, [f"expected every tag of {block.station}", _near(code, names)]))
            raise RecordingError(f"{path}: {'no' if code not in names else 'more than one'} column {show(code)}; {few}")
    free = [name.lower() if name not in block.tag_index else "" for name in names]
    unit = free.index(UNIT_COLUMN) if UNIT_COLUMN in free else None
    if unit is None and len(block.units) > 1:
        raise RecordingError(f'{path}: no column "{UNIT_COLUMN}"; expected one, as {block.station} has {len(block.units)} units')
    time = next((free.index(name) for name in TIME_COLUMNS if name in free), None)
    return Table(path, separator, names, time, unit, tuple(names.index(tag.code) for tag in block.tags))


def _near(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"nearest: {show(near)}" if near else ""


class Recording:
    """Files that are played one after the other as scans of one block. Reads the header of each at once, the rows when asked.

    Parameters
    ----------
    paths : files and folders; see `find_files`.
    start_ns : event time of the first row [ns] if no file tells the time.

    Raises
    ------
    RecordingError : here or while reading, in one line, if a file cannot be played.
    """

    def __init__(self, paths: Sequence[Path], block: Block, *, start_ns: int | None = None) -> None:
        self.block = block
        self.tables = [open_table(path, block) for path in find_files(paths)]
        self.extra = tuple(dict.fromkeys(name for table in self.tables for name in table.extra))
        self.n_bytes = sum(table.path.stat().st_size for table in self.tables)
        self.tally = Tally()
        self._start_ns = parse_time_ns(START) if start_ns is None else start_ns
        self._period_ns = round(block.period_s * 1e9)
        first = self.tables[0]
        for table in self.tables:
            if (table.time is None) != (first.time is None) or (table.unit is None) != (first.unit is None):
                raise RecordingError(f"{table.path}: has other columns for time or unit than {first.path}")

    def scans(self, advanced: Callable[[int], object] = lambda n_bytes: None) -> Iterator[Scan]:
        """Every scan in order of time; `tally` counts along. ``seq`` counts rows, bad ones too; scans where a row is one unit.

        ``advanced`` is told now and then how many more bytes have been read, of `n_bytes`.
        """
        self.tally = Tally()
        rows = self._rows(advanced)
        for scan in self._of_one_unit(rows) if self.tables[0].unit is None else self._of_units(rows):
            self.tally.scans += 1
            yield scan
        if not self.tally.scans:
            why = f": {self.tally.named[0]}" if self.tally.named else "; expected at least one below the column names"
            raise RecordingError(f"{self.tables[0].path}: no usable row{why}")

    def _of_one_unit(self, rows: Iterator[_Row]) -> Iterator[Scan]:
        last_ns = -1
        for row in rows:
            seq = self.tally.rows - 1
            time_ns = self._start_ns + seq * self._period_ns if row.time_ns is None else row.time_ns
            if self._is_later(row, time_ns, last_ns):
                last_ns = time_ns
                yield self._scan(seq, time_ns, row.values[None, :])

    def _of_units(self, rows: Iterator[_Row]) -> Iterator[Scan]:
        """Rows of one time, one a unit, are one scan; without a time column it ends where a unit comes again."""
        seq, time_ns, last_ns = 0, self._start_ns, -1
        values: dict[int, NDArray[np.float32]] = {}
        for row in rows:
            ends = row.unit in values if row.time_ns is None else row.time_ns > time_ns
            if values and ends:
                yield self._scan(seq, time_ns, self._stacked(values))
                seq, last_ns, values = seq + 1, time_ns, {}
            given_ns = self._start_ns + seq * self._period_ns if row.time_ns is None else row.time_ns
            if self._is_later(row, given_ns, last_ns if row.unit not in values else time_ns):
                time_ns, values[row.unit] = given_ns, row.values
        if values:
            yield self._scan(seq, time_ns, self._stacked(values))

    def _is_later(self, row: _Row, time_ns: int, last_ns: int) -> bool:
        if last_ns < time_ns < LAST_NS:
            return True
        expected = f"later than {time_text(last_ns)}" if time_ns <= last_ns else "the years 2000 to 2099"
        self.tally.bad(BadRow(row.file, row.line, "time", f"{time_text(time_ns)}; expected {expected}"))
        return False

    def _stacked(self, values: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float32]:
        stacked = np.full(self.block.shape, np.nan, np.float32)
        for unit, row in values.items():
            stacked[unit] = row
        return stacked

    def _scan(self, seq: int, time_ns: int, values: NDArray[np.float32]) -> Scan:
        return Scan(self.block.station, self.block.code, self.block.revision, seq, time_ns, values)
