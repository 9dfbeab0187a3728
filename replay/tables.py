"""One file of a recording as a table: which column is which, and how a cell becomes a number."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from replay.clocks import FIRST_ROWS, Clock, find_clock
from replay.files import RecordingError, read_lines
from stations.plant import Block
from stations.schema import nearest, show

UNIT_COLUMN: Final = "unit"
SEPARATORS: Final = ",;\t|"
NO_VALUE: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
"""Cells that say there is no value, in any case."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


class Dialect(NamedTuple):
    """What is known of a file beforehand: its separator, None = found in its first line; the column that names the unit."""

    separator: str | None = None
    unit: str = UNIT_COLUMN


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
    """One file: its separator, the names of its columns, how it tells the time, the columns of unit and tags (in block order)."""

    path: Path
    separator: str
    names: tuple[str, ...]
    clock: Clock | None
    unit: int | None
    tags: tuple[int, ...]

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not used."""
        used = {*(self.clock.columns if self.clock else ()), self.unit, *self.tags}
        return tuple(name for i, name in enumerate(self.names) if i not in used)


def split(line: str, separator: str) -> list[str]:
    """The cells of a line."""
    return next(csv.reader([line], delimiter=separator)) if '"' in line else line.split(separator)


def read_header(path: Path, dialect: Dialect = PLAIN) -> tuple[str, tuple[str, ...]]:
    """Separator and column names of a file. RecordingError if it has no first line of text."""
    for _, line in read_lines(path):
        if "\0" in line or "\ufffd" in line:
            raise RecordingError(f"{path}: is not text in UTF-8; expected a first line with the names of the columns")
        separator = dialect.separator or max(SEPARATORS, key=line.count)
        return separator, tuple(name.strip() for name in split(line, separator))
    raise RecordingError(f"{path}: is empty; expected a first line with the names of the columns")


def read_rows(path: Path, dialect: Dialect = PLAIN) -> Iterator[list[str]]:
    """The rows of a file below its header that have a cell for each column; others are passed over."""
    separator, names = read_header(path, dialect)
    for _, line in islice(read_lines(path), 1, None):
        if line.strip() and len(cells := split(line, separator)) == len(names):
            yield cells


def open_table(path: Path, block: Block, dialect: Dialect = PLAIN) -> Table:
    """A file and where its columns are. RecordingError if a tag of the block, or the unit, has no column or has two."""
    separator, names = read_header(path, dialect)
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
    clock = find_clock(free, islice(read_rows(path, dialect), FIRST_ROWS))
    return Table(path, separator, names, clock, unit, tuple(names.index(tag.code) for tag in block.tags))


def unit_column(names: Sequence[str], dialect: Dialect) -> int | None:
    """Which column names the unit, if any does."""
    folded = [name.lower() for name in names]
    return folded.index(dialect.unit.lower()) if dialect.unit.lower() in folded else None


def near_text(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"nearest: {show(near)}" if near else ""
