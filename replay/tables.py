"""One file of a recording as a table: which column is which, and how a cell becomes a number."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from replay.clocks import FIRST_ROWS, Clock, UndecidedError, find_clock, looks_like_time
from replay.files import CutOffError, RecordingError, names_its_columns, read_lines
from stations.plant import Block
from stations.schema import nearest, show

UNIT_COLUMN: Final = "unit"
SEPARATORS: Final = ",;\t|"
NO_VALUE: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
"""Cells that say there is no value, in any case."""
REMARKS: Final = ("#", "//")
"""How lines begin that are passed over above the names of the columns."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


class Dialect(NamedTuple):
    """What is known of a file beforehand: its separator, None = found in its first line; the column that names the unit; how
    dates with slashes are written where its own rows do not tell (`replay.clocks`)."""

    separator: str | None = None
    unit: str = UNIT_COLUMN
    slashed: str = ""


class Header(NamedTuple):
    """How a file begins: its separator, the names of its columns, the lines above its rows, and whether they hold the names."""

    separator: str
    names: tuple[str, ...]
    above: int
    is_named: bool


PLAIN = Dialect()


def parse_number(text: str, separator: str = ",") -> float:
    """A cell as a number; NaN if it says that there is none. ValueError if it is something else.

    Where cells are not separated by commas, a comma may stand for the decimal point.

    >>> parse_number(" 4.5e1"), parse_number("n/a")
    (45.0, nan)
    >>> parse_number("4,5", ";")
    4.5
    """
    try:
        if "_" not in text:  # Python reads 1_0 as 10, nobody else does
            return float(text)
    except ValueError:
        if text.strip().lower() in NO_VALUE:
            return math.nan
        if separator != "," and _DECIMAL_COMMA.fullmatch(text.strip()):
            return float(text.replace(",", "."))
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Table:
    """One file: how it begins, how it tells the time, the columns of unit and tags (in block order)."""

    path: Path
    header: Header
    clock: Clock | None
    unit: int | None
    tags: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.header.names

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not used."""
        used = {*(self.clock.columns if self.clock else ()), self.unit, *self.tags}
        return tuple(name for i, name in enumerate(self.names) if i not in used)


def split(line: str, separator: str) -> list[str]:
    """The cells of a line."""
    return next(csv.reader([line], delimiter=separator)) if '"' in line else line.split(separator)


def read_header(path: Path, dialect: Dialect = PLAIN) -> Header:
    """How a file begins. RecordingError if it has no first line of text.

    Blank lines and remarks above it are passed over. A first line of numbers, or of a time and numbers, is a row already: then
    the columns are called ``column 1``, ``column 2`` and so on.
    """
    remark = ""
    for number, line in read_lines(path):
        if "\0" in line or "\ufffd" in line:
            few = "expected a first line with the names of the columns"
            raise RecordingError(f"{path}: is not text in UTF-8 or GB18030; {few}")
        if names_its_columns(path):
            return _named(line, number, dialect)
        if line.lstrip().startswith(REMARKS):
            remark = line
        elif line.strip():
            return _named_by_remark(remark, line, number, dialect) or _begun(line, number, dialect)
    raise RecordingError(f"{path}: is empty; expected a first line with the names of the columns")


def _named(line: str, number: int, dialect: Dialect) -> Header:
    separator = dialect.separator or max(SEPARATORS, key=line.count)
    return Header(separator, tuple(name.strip() for name in split(line, separator)), number, True)


def _named_by_remark(remark: str, line: str, number: int, dialect: Dialect) -> Header | None:
    """The remark above a first ``line``, if it is no remark but names the columns: ``# time, a`` or ``#,time,a``."""
    separator = _separator_of_row(line, dialect) or dialect.separator or max(SEPARATORS, key=line.count)
    cells, names = split(line, separator), split(remark, separator)
    if not len(cells) == len(names) > 1 or not any(
        _is_number(cell, separator) or looks_like_time(cell) for cell in cells
    ):
        return None
    first = names[0].strip()
    names[0] = next((rest for mark in REMARKS if (rest := first.removeprefix(mark).strip()) != first), first) or first
    return Header(separator, tuple(name.strip() for name in names), number - 1, True)


def _begun(line: str, number: int, dialect: Dialect) -> Header:
    """As the first line that is no remark has it: names, or a row already."""
    separator = _separator_of_row(line, dialect)
    if separator is None:
        return _named(line, number, dialect)
    return Header(separator, tuple(f"column {i + 1}" for i in range(len(split(line, separator)))), number - 1, False)


def _separator_of_row(line: str, dialect: Dialect) -> str | None:
    """What separates the cells of a line that holds numbers and at most one time; None if it holds anything else."""
    found = [separator for separator in SEPARATORS[::-1] if separator in line] or [SEPARATORS[0]]
    for separator in [dialect.separator] if dialect.separator else found:  # a comma comes last: it may be a decimal one
        cells = split(line, separator)
        others = [cell for cell in cells if not _is_number(cell, separator)]
        if len(others) < len(cells) and len(others) <= 1 and all(looks_like_time(cell) for cell in others):
            return separator
    return None


def _is_number(cell: str, separator: str) -> bool:
    try:
        return math.isfinite(parse_number(cell, separator))
    except ValueError:
        return False


def lines_below(
    path: Path, header: Header, advanced: Callable[[int], object] = lambda n_bytes: None
) -> Iterator[tuple[int, str]]:
    """Number and text of every line below the header that is not blank; ``advanced`` as in `read_lines`."""
    return ((number, line) for number, line in read_lines(path, advanced) if number > header.above and line.strip())


def read_rows(path: Path, dialect: Dialect = PLAIN) -> Iterator[list[str]]:
    """The rows of a file below its header that have a cell for each column; others are passed over."""
    header = read_header(path, dialect)
    with suppress(CutOffError):  # `replay.recordings` tells it
        for _, line in lines_below(path, header):
            if len(cells := split(line, header.separator)) == len(header.names):
                yield cells


def clock_of(path: Path, names: Sequence[str], rows: Iterable[Sequence[str]], dialect: Dialect) -> Clock | None:
    """As `find_clock` of the first ``rows``; RecordingError if they can be read in two ways."""
    try:
        return find_clock(names, islice(rows, FIRST_ROWS), dialect.slashed)
    except UndecidedError as error:
        raise RecordingError(f"{path}: {error}") from None


def open_table(path: Path, block: Block, dialect: Dialect = PLAIN) -> Table:
    """A file and where its columns are. RecordingError if a tag of the block, or the unit, has no column or has two."""
    header = read_header(path, dialect)
    names = header.names
    for code in block.tag_index:
        if names.count(code) != 1:
            if code in names:
                raise RecordingError(f"{path}: more than one column {show(code)}; expected names of their own")
            few = "; ".join(filter(None, [f"expected every tag of {block.station}", near_text(code, names)]))
            raise RecordingError(f"{path}: no column {show(code)}; {few}")
    free = ["" if name in block.tag_index else name for name in names]
    unit = unit_column(free, dialect)
    if unit is None and len(block.units) > 1:
        raise RecordingError(
            f'{path}: no column "{dialect.unit}"; expected one, as {block.station} has {len(block.units)} units'
        )
    clock = clock_of(path, free, read_rows(path, dialect), dialect)
    return Table(path, header, clock, unit, tuple(names.index(tag.code) for tag in block.tags))


def unit_column(names: Sequence[str], dialect: Dialect) -> int | None:
    """Which column names the unit, if any does."""
    folded = [name.lower() for name in names]
    return folded.index(dialect.unit.lower()) if dialect.unit.lower() in folded else None


def near_text(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"nearest: {show(near)}" if near else ""
