"""A recording as scans of one block: columns are tags, rows are times, what cannot be read is counted and named.

The first line of each file names its columns (`replay.tables`): the tag codes in any order, optionally the time (`replay.clocks`)
and, for a block of several units, ``unit``. Cells are separated by commas, semicolons, tabs or bars. Without a time column the
rows are one period of the catalogue apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.clocks import START, parse_time_ns, time_text
from replay.files import CutOffError, RecordingError, find_files
from replay.tables import PLAIN, Dialect, Table, lines_below, near_text, open_table, parse_number, split
from stations.plant import Block
from stations.scan import LAST_NS, Scan
from stations.schema import show

BLOCK_ROWS: Final = 4096
"""Rows that are judged at a time where nobody waits for the single one."""
MAX_NAMED: Final = 20
"""Bad rows that are kept by name; the others are only counted."""


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
    """What was read so far: rows, scans made of them, bad rows and the first ``MAX_NAMED`` of these, and what is cut off."""

    rows: int = 0
    scans: int = 0
    bad_rows: int = 0
    named: list[BadRow] = field(default_factory=list)

    def bad(self, row: BadRow) -> None:
        """Count a bad row."""
        self.bad_rows += 1
        if len(self.named) < MAX_NAMED:
            self.named.append(row)

    def cut_off(self, row: BadRow) -> None:
        """Count the row in which a file is cut off; it is named first, however many are bad."""
        self.rows += 1
        self.bad_rows += 1
        self.named.insert(0, row)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that can be used; ``unit`` is its row in the block, ``values`` (n_tags,) [unit of each tag]."""

    file: str
    line: int
    time_ns: int | None
    unit: int
    values: list[float]


class Rows(NamedTuple):
    """Rows in the order of the files: numbers from 0, event times [ns], units (t,); values (t, n_tags) [unit of each tag]."""

    seq: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    unit: NDArray[np.intp]
    values: NDArray[np.float64]


class _LostError(Exception):
    """A row that cannot be used: column and problem."""


class Recording:
    """Files that are played one after the other as scans of one block. Reads the header of each at once, the rows when asked.

    Parameters
    ----------
    paths : files and folders; see `find_files`.
    start_ns : event time of the first row [ns] if no file tells the time.
    dialect : what is known of the files beforehand.

    Raises
    ------
    RecordingError : here or while reading, in one line, if a file cannot be played.
    """

    def __init__(
        self, paths: Sequence[Path], block: Block, *, start_ns: int | None = None, dialect: Dialect = PLAIN
    ) -> None:
        self.block = block
        self.tables: list[Table] = []
        for path in find_files(paths):
            self.tables.append(open_table(path, block, dialect))
            clock = self.tables[-1].clock
            dialect = dialect._replace(slashed=clock.slashed if clock else "")  # a later file may not tell by itself
        self.extra = tuple(dict.fromkeys(name for table in self.tables for name in table.extra))
        self.n_bytes = sum(table.path.stat().st_size for table in self.tables)
        self.tally = Tally()
        self._start_ns = parse_time_ns(START) if start_ns is None else start_ns
        self._period_ns = round(block.period_s * 1e9)
        first = self.tables[0]
        for table in self.tables:
            if (table.clock is None) != (first.clock is None) or (table.unit is None) != (first.unit is None):
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
        self._check_usable()

    def rows(self, advanced: Callable[[int], object] = lambda n_bytes: None) -> Iterator[Rows]:
        """Every row, up to `BLOCK_ROWS` at a time; `tally` counts along, each row as a scan. Each unit has a time of its own."""
        self.tally = Tally()
        seqs = [0] * len(self.block.units)
        last = [-1] * len(self.block.units)
        block: list[tuple[int, int, int, list[float]]] = []
        for row in self._rows(advanced):
            seq = self.tally.rows - 1 if self.tables[0].unit is None else seqs[row.unit]
            seqs[row.unit] += 1
            time_ns = self._start_ns + seq * self._period_ns if row.time_ns is None else row.time_ns
            if not self._is_later(row, time_ns, last[row.unit]):
                continue
            last[row.unit] = time_ns
            self.tally.scans += 1
            block.append((self.tally.rows - 1, time_ns, row.unit, row.values))
            if len(block) == BLOCK_ROWS:
                yield _stack(block)
                block = []
        if block:
            yield _stack(block)
        self._check_usable()

    def _check_usable(self) -> None:
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
                yield self._scan(seq, time_ns, _single([row.values]))

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
            is_twice = bool(values) and (row.unit in values or given_ns < time_ns)
            if self._is_later(row, given_ns, time_ns if is_twice else last_ns):
                time_ns, values[row.unit] = given_ns, _single(row.values)
        if values:
            yield self._scan(seq, time_ns, self._stacked(values))

    def _rows(self, advanced: Callable[[int], object]) -> Iterator[_Row]:
        units = {unit: row for row, unit in enumerate(self.block.units)}
        for table in self.tables:
            try:
                yield from self._rows_of(table, units, advanced)
            except CutOffError as cut:
                problem = "the gzip file is cut off here; the rows before it were played"
                self.tally.cut_off(BadRow(table.path.name, cut.line, "", problem))

    def _rows_of(self, table: Table, units: Mapping[str, int], advanced: Callable[[int], object]) -> Iterator[_Row]:
        for number, line in lines_below(table.path, table.header, advanced):
            self.tally.rows += 1
            try:
                yield self._row(table, number, split(line, table.header.separator), units)
            except _LostError as lost:
                self.tally.bad(BadRow(table.path.name, number, *lost.args))

    def _row(self, table: Table, number: int, cells: list[str], units: Mapping[str, int]) -> _Row:
        """A row from its cells; _LostError with column and problem if it cannot be used at all."""
        if len(cells) != len(table.names):
            raise _LostError("", f"{len(cells)} cells; expected {len(table.names)}")
        time_ns, unit = None, 0
        if table.clock is not None:
            try:
                time_ns = table.clock.time_ns(cells, self._start_ns)
            except ValueError as error:
                raise _LostError(table.names[table.clock.columns[0]], str(error)) from None
        if table.unit is not None:
            name = cells[table.unit].strip()
            if name not in units:
                few = "; ".join(
                    filter(None, [f"expected a unit of {self.block.station}", near_text(name, list(units))])
                )
                raise _LostError(table.names[table.unit], f"{show(name)}; {few}")
            unit = units[name]
        return _Row(table.path.name, number, time_ns, unit, self._values(table, number, cells))

    def _values(self, table: Table, number: int, cells: list[str]) -> list[float]:
        """Value of each tag; a cell that is no number has no value, and makes a bad row that is used all the same."""
        values, wrong = [], None
        for column in table.tags:
            cell = cells[column]
            try:
                values.append(parse_number(cell, table.header.separator))
            except ValueError:
                values.append(math.nan)
                wrong = wrong or (table.names[column], f"{show(cell)}; expected a number")
        if wrong:
            self.tally.bad(BadRow(table.path.name, number, *wrong))
        return values

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


def _single(values: list[float] | list[list[float]]) -> NDArray[np.float32]:
    """As scans carry them; what is too large for that is infinite."""
    with np.errstate(over="ignore"):
        return np.array(values, dtype=np.float32)


def _stack(rows: list[tuple[int, int, int, list[float]]]) -> Rows:
    seq, time_ns, unit, values = zip(*rows, strict=True)
    return Rows(np.array(seq), np.array(time_ns), np.array(unit, np.intp), np.array(values, np.float64))
