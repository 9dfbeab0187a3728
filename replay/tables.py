"""One file of a recording as a table: which column is which, and how a cell becomes a number or a time."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from connectors.wire import FIRST_NS, LAST_NS
from replay.files import RecordingError, read_lines
from stations.plant import Block
from stations.schema import nearest, show

TIME_COLUMNS: Final = ("time", "timestamp", "datetime", "date")
UNIT_COLUMN: Final = "unit"
NO_VALUE: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
"""Cells that say there is no value, in any case."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time_ns(text: str) -> int:
    """Nanoseconds since 1970 of an ISO 8601 time; UTC unless it has a zone. ValueError if it is none, or not of this century.

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


def parse_number(text: str) -> float:
    """A cell as a number; NaN if it says that there is none. ValueError if it is something else.

    >>> parse_number(" 4.5e1"), parse_number("n/a")
    (45.0, nan)
    """
    try:
        if "_" not in text:  # Python reads 1_0 as 10, nobody else does
            return float(text)
    except ValueError:
        if text.strip().lower() in NO_VALUE:
            return math.nan
    raise ValueError(text)


def time_text(time_ns: int) -> str:
    """The inverse, to the second.

    >>> time_text(1293868800000000000)
    '2011-01-01T08:00:00Z'
    """
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
            few = "; ".join(filter(None, [f"expected every tag of {block.station}", near_text(code, names)]))
            raise RecordingError(f"{path}: {'no' if code not in names else 'more than one'} column {show(code)}; {few}")
    free = [name.lower() if name not in block.tag_index else "" for name in names]
    unit = free.index(UNIT_COLUMN) if UNIT_COLUMN in free else None
    if unit is None and len(block.units) > 1:
        raise RecordingError(
            f'{path}: no column "{UNIT_COLUMN}"; expected one, as {block.station} has {len(block.units)} units'
        )
    time = next((free.index(name) for name in TIME_COLUMNS if name in free), None)
    return Table(path, separator, names, time, unit, tuple(names.index(tag.code) for tag in block.tags))


def near_text(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"nearest: {show(near)}" if near else ""
