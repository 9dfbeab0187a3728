"""A catalogue made on the spot for a recording that nobody has described: each column that varies is a part of its own.

Ranges and resolutions come from the rows that are learned from, never from later ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE
from replay.clocks import FIRST_ROWS, START, find_clock, parse_time_ns, split_unit
from replay.files import RecordingError, find_files, read_lines
from replay.tables import PLAIN, Dialect, near_text, parse_number, read_header, read_rows, split, unit_column
from stations.plant import Block, Component, Covariate, Limits, Model, Station, Tag, Text
from stations.schema import show

CODE: Final = "REC"
LEARN_SHARE: Final = 0.1
LEARN_ROWS_MIN: Final = 100
WIDEN: Final = 10.0
"""Room on either side of what was learned, in spans: a fault is to be judged, a broken sensor is not."""
NUMERIC_SHARE: Final = 0.9
"""A column is numeric if so much of what is written in it are numbers."""
MAX_CELLS: Final = 10_000_000
"""Cells that are held in memory to find ranges: 80 MB."""
MAX_UNITS: Final = 1000
STEP_ROWS: Final = 2000
"""Rows from which the time between two rows is taken, where nothing else is wanted of them."""
UNKNOWN_PERIOD_S: Final = 1.0
"""Time between two rows where nothing tells it: most of what is judged counts rows, not seconds."""


class Learning(NamedTuple):
    """How much of a recording is learned from: so many rows, or the rows before a time [ns]; neither = a tenth, at least 100."""

    rows: int | None = None
    until_ns: int | None = None


USUAL: Final = Learning()


@dataclass(frozen=True, slots=True)
class Adhoc:
    """A station made for a recording, rows to learn from of each of its units, the columns left alone, and whether its rows tell
    the time."""

    station: Station
    learn_rows: tuple[int, ...]
    left_alone: tuple[str, ...]
    is_timed: bool


@dataclass(frozen=True, slots=True)
class _Learned:
    """Rows to learn from by unit, and the cells of these rows."""

    rows: dict[str, int]
    cells: list[list[str]]


def describe_recording(
    paths: Sequence[Path],
    *,
    covariates: Sequence[str] = (),
    learning: Learning = USUAL,
    start_ns: int | None = None,
    period_s: float | None = None,
    dialect: Dialect = PLAIN,
) -> Adhoc:
    """A catalogue from the header and the first rows of a recording.

    Parameters
    ----------
    covariates : columns that explain the others and are not judged.
    learning : how much is learned from.
    start_ns : event time of the first row [ns], where rows tell the time that has passed since.
    period_s : time between two rows [s]; None = the median step of the time column.
    dialect : separator of the cells, and the column that names the unit.

    Raises
    ------
    RecordingError : nothing can be judged, a covariate is no numeric column, or the time column tells no time.
    """
    files = find_files(paths)
    names = read_header(files[0], dialect)[1]
    learned = _learn_rows(files, names, learning, dialect, parse_time_ns(START) if start_ns is None else start_ns)
    found_s, is_timed = _period_s(files[0], names, learned.cells, dialect, is_wanted=period_s is None)
    period_s = period_s or found_s or UNKNOWN_PERIOD_S
    separator = read_header(files[0], dialect)[0]
    clock = find_clock(names, learned.cells[:FIRST_ROWS])
    unit = unit_column(names, dialect)
    aside = {*(clock.columns if clock else ()), *([] if unit is None else [unit])}
    free = ["" if i in aside else name for i, name in enumerate(names)]
    columns = dict(_numeric(free, learned.cells, separator))
    for name in covariates:
        if name not in columns:
            few = "; ".join(filter(None, ["expected a numeric column", near_text(name, list(columns))]))
            raise RecordingError(f"{files[0]}: covariate {show(name)}; {few}")
    still = [name for name, values in columns.items() if np.ptp(values) == 0.0 and name not in covariates]
    tags = [_tag(name, columns[name], name in covariates, period_s) for name in columns if name not in still]
    if all(tag.model is None for tag in tags):
        raise RecordingError(f"{files[0]}: no column to judge: none but the covariates holds numbers that vary")
    station = _station(files[0], tags, covariates, period_s, tuple(learned.rows))
    used = {tag.code for tag in tags}
    left_alone = tuple(name for i, name in enumerate(names) if name not in used and i not in aside)
    return Adhoc(station, tuple(learned.rows.values()), left_alone, is_timed)


def found_period_s(path: Path, dialect: Dialect = PLAIN) -> float | None:
    """Median step of the times in the first rows of a recording [s]; None if it has no time column, or no two times."""
    names = read_header(path, dialect)[1]
    cells = list(islice(read_rows(path, dialect), STEP_ROWS))
    try:
        return _period_s(path, names, cells, dialect)[0]
    except RecordingError:
        return None


def _learn_rows(
    files: Sequence[Path], names: Sequence[str], learning: Learning, dialect: Dialect, start_ns: int
) -> _Learned:
    """How many rows of each unit are learned from, and these rows."""
    unit = unit_column(names, dialect)
    if unit is None and dialect.unit != PLAIN.unit:
        few = "; ".join(filter(None, ["expected the column that names the unit", near_text(dialect.unit, names)]))
        raise RecordingError(f"{files[0]}: no column {show(dialect.unit)}; {few}")
    counts: Counter[str] = Counter()
    before: Counter[str] = Counter()
    clock = find_clock(names, islice(read_rows(files[0], dialect), FIRST_ROWS))
    if learning.until_ns is not None and clock is None:
        raise RecordingError(f"{files[0]}: has no time column; expected one, as rows until a time are to be learned")
    last_ns: dict[str, int] = {}
    for path in files:
        for cells in _rows_by(path, names, dialect):
            name = "1" if unit is None else cells[unit].strip()
            counts[name] += 1
            if learning.until_ns is not None and clock is not None:
                try:
                    time_ns = clock.time_ns(cells, start_ns)
                except ValueError:
                    continue
                if time_ns > last_ns.get(name, -1):  # a row that is no later is not judged, nor learned from
                    last_ns[name] = time_ns
                    before[name] += time_ns < learning.until_ns
    if not counts:
        raise RecordingError(f"{files[0]}: no usable row{_why_none(files, dialect)}")
    if len(counts) > MAX_UNITS:
        raise RecordingError(f"{files[0]}: {len(counts)} units in column {show(names[unit or 0])}; at most {MAX_UNITS}")
    rows = {name: learning.rows or max(LEARN_ROWS_MIN, round(LEARN_SHARE * n)) for name, n in counts.items()}
    if learning.until_ns is not None:
        rows = {name: before[name] for name in counts}
        if not all(rows.values()):
            name = next(name for name in rows if not rows[name])
            where = "" if unit is None else f" of unit {show(name)}"
            raise RecordingError(f"{files[0]}: no row{where} to learn from before the given time")
    left = dict(rows)
    learned: list[list[str]] = []
    room = MAX_CELLS // len(names)
    for row in (row for path in files for row in _rows_by(path, names, dialect)):
        name = "1" if unit is None else row[unit].strip()
        if left.get(name, 0) > 0:
            left[name] -= 1
            learned.append(row)
        if len(learned) >= room or not any(left.values()):
            break
    return _Learned(rows, learned)


def _rows_by(path: Path, names: Sequence[str], dialect: Dialect) -> Iterator[list[str]]:
    """The rows of a file, cells in the order of ``names``, those of the first file; empty where it has no such column."""
    own = read_header(path, dialect)[1]
    if own == tuple(names):
        yield from read_rows(path, dialect)
        return
    order = [own.index(name) if name in own else None for name in names]
    for cells in read_rows(path, dialect):
        yield ["" if i is None else cells[i] for i in order]


def _why_none(files: Sequence[Path], dialect: Dialect) -> str:
    """Why no row of these files can be used, in words."""
    for path in files:
        separator, names = read_header(path, dialect)
        for number, line in islice(read_lines(path), 1, None):
            if line.strip():
                return f": {path.name}: line {number}: {len(split(line, separator))} cells; expected {len(names)}"
    return "; expected at least one below the column names"


def _period_s(
    path: Path, names: Sequence[str], cells: list[list[str]], dialect: Dialect, *, is_wanted: bool = True
) -> tuple[float | None, bool]:
    """Median time between two rows of a unit [s], None = no column tells the time; and whether one does."""
    clock = find_clock(names, cells[:FIRST_ROWS])
    if clock is None:
        return None, False
    unit = unit_column(names, dialect)
    start_ns = parse_time_ns(START)
    times: dict[str, list[int]] = {}
    for row in cells:
        try:
            times.setdefault("" if unit is None else row[unit], []).append(clock.time_ns(row, start_ns))
        except ValueError:
            continue
    steps = [step for of_unit in times.values() for step in np.diff(np.array(of_unit, np.int64)).tolist() if step > 0]
    if not steps:
        if not is_wanted:
            return None, True
        column = show(names[clock.columns[0]])
        if not any(times.values()):
            cell = show(" ".join(cells[0][i] for i in clock.columns))
            raise RecordingError(f"{path}: column {column}: {cell}; expected a time such as 2011-01-31T08:00:00Z")
        of_unit = "" if unit is None else f" for any unit of column {show(names[unit])}"
        few = "expected each row later than the one before"
        raise RecordingError(f"{path}: column {column} holds no two times in order{of_unit}; {few}")
    return float(np.median(steps)) / 1e9, True


def _numeric(names: Sequence[str], cells: list[list[str]], separator: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name and finite values of every named column that holds numbers."""
    for column, name in enumerate(names):
        if not name:
            continue
        values, texts = [], 0
        for row in cells:
            try:
                values.append(parse_number(row[column], separator))
            except ValueError:
                texts += 1
        found = np.array(values)
        found = found[np.abs(found) < HUGE]
        if len(found) and len(found) >= NUMERIC_SHARE * (len(found) + texts):
            yield name, found


def _tag(name: str, values: NDArray[np.float64], explains: bool, period_s: float) -> Tag:
    span = float(np.ptp(values)) or max(1.0, abs(float(values[0])))
    steps = np.abs(np.diff(values))
    steps = steps[steps > 0.0]
    label, uom = split_unit(name)
    return Tag(
        code=name,
        name=Text(label, label),
        uom=uom,
        low=float(values.min()) - WIDEN * span,
        high=float(values.max()) + WIDEN * span,
        component=name,
        model=None if explains else "recording",
        limits=Limits(),
        group=None,
        shared=False,
        period_s=period_s,
        resolution=float(steps.min()) if len(steps) else span / 1e3,
    )


def _station(
    path: Path, tags: Sequence[Tag], covariates: Sequence[str], period_s: float, units: tuple[str, ...]
) -> Station:
    name = Text(path.name, path.name)
    block = Block(
        station=CODE,
        code="units",
        technology="recording",
        period_s=period_s,
        units=units,
        tags=tuple(tags),
        components=tuple(Component(tag.code, tag.name) for tag in tags if tag.model),
        covariates=tuple(Covariate(code, code) for code in covariates),
        models=(Model("recording", tuple(covariates)),),
        mode=None,
    )
    return Station(CODE, name, "recording", {}, (block,))
