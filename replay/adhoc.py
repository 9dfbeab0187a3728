"""A catalogue made on the spot for a recording that nobody has described: each column that varies is a part of its own.

Ranges and resolutions come from the rows that are learned from, never from later ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE
from replay.clocks import START, Clock, parse_time_ns, split_unit
from replay.columns import MAX_UNITS, find_units, is_counter, numeric_columns, times_of
from replay.files import RecordingError, find_files
from replay.tables import PLAIN, Dialect, clock_of, lines_below, near_text, read_header, read_rows, split, unit_column
from stations.plant import Block, Component, Covariate, Limits, Model, Station, Tag, Text
from stations.schema import show

CODE: Final = "REC"
MODEL: Final = "recording"
LEARN_SHARE: Final = 0.1
LEARN_ROWS_MIN: Final = 100
WIDEN: Final = 10.0
"""Room on either side of what was learned, in spans: a fault is to be judged, a broken sensor is not."""
MAX_CELLS: Final = 10_000_000
"""Cells that are held in memory to find ranges: 80 MB."""
STEP_ROWS: Final = 2000
"""Rows from which the time between two rows is taken, where nothing else is wanted of them, and by which times descend."""
UNKNOWN_PERIOD_S: Final = 1.0
"""Time between two rows where nothing tells it: most of what is judged counts rows, not seconds."""


class Learning(NamedTuple):
    """How much of a recording is learned from: so many rows, or the rows before a time [ns]; neither = a tenth, at least 100."""

    rows: int | None = None
    until_ns: int | None = None


USUAL: Final = Learning()


@dataclass(frozen=True, slots=True)
class Adhoc:
    """A station made for a recording, rows to learn from of each of its units, the columns left alone, whether its rows tell the
    time, and the column that seems to name units, if rows come several to a time and none does.

    Columns that stand still are left alone, but tags of the block all the same, without a model: when they move, it is told.
    """

    station: Station
    learn_rows: tuple[int, ...]
    left_alone: tuple[str, ...]
    is_timed: bool
    units_hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Learned:
    """Rows to learn from by unit; the cells, the number and the unit of each of these rows."""

    rows: dict[str, int]
    cells: list[list[str]]
    numbers: list[int]
    units: list[str]


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
    header = read_header(files[0], dialect)
    names = header.names
    unit = _unit(files[0], names, dialect)
    first = list(islice(_rows_of(files, names, dialect), STEP_ROWS))
    clock = clock_of(files[0], names, first, dialect)
    _check_order(files[0], names, first, clock, unit)
    learned = _learn_rows(
        files, names, learning, dialect, clock, parse_time_ns(START) if start_ns is None else start_ns
    )
    found_s = _period_s(files[0], names, learned.cells, clock, unit, is_wanted=period_s is None)
    period_s = period_s or found_s or UNKNOWN_PERIOD_S
    aside = {*(clock.columns if clock else ()), *([] if unit is None else [unit])}
    free = ["" if i in aside else name for i, name in enumerate(names)]
    columns = dict(numeric_columns(free, learned.cells, header.separator))
    for name in covariates:
        if name not in columns:
            few = "; ".join(filter(None, ["expected a numeric column", near_text(name, list(columns))]))
            raise RecordingError(f"{files[0]}: covariate {show(name)}; {few}")
    used, still = _chosen(columns, covariates, learned)
    if set(used) <= set(covariates):
        few = "none but the covariates holds numbers that vary and are no mere count of the rows"
        raise RecordingError(f"{files[0]}: no column to judge: {few}")
    tags = [_tag(name, columns[name], None if name in covariates else MODEL, period_s) for name in used]
    tags += [_unbounded(_tag(name, columns[name], None, period_s)) for name in _in_all(still, files, dialect)]
    return Adhoc(
        _station(files[0], tags, covariates, period_s, tuple(learned.rows)),
        tuple(learned.rows.values()),
        tuple(name for i, name in enumerate(names) if name not in used and i not in aside),
        clock is not None,
        find_units(names, learned.cells, clock, header.separator) if unit is None and clock else None,
    )


def found_period_s(path: Path, dialect: Dialect = PLAIN) -> float | None:
    """Median step of the times in the first rows of a recording [s]; None if it has no rows, no time column, or no two times."""
    names = read_header(path, dialect).names
    cells = list(islice(read_rows(path, dialect), STEP_ROWS))
    if not cells:
        return None
    try:
        return _period_s(path, names, cells, clock_of(path, names, cells, dialect), unit_column(names, dialect))
    except RecordingError:
        return None


def _chosen(
    columns: Mapping[str, NDArray[np.float64]], covariates: Sequence[str], learned: _Learned
) -> tuple[list[str], list[str]]:
    """Of the numeric columns those that are judged or asked for as covariates, and those that stand still, in their order."""
    numbers, units = np.array(learned.numbers), np.array(learned.units)
    used, still = [], []
    for name, values in columns.items():
        if name in covariates:
            used.append(name)
        elif np.ptp(values) == 0.0:
            if 2 * len(values) >= len(units):
                still.append(name)
        elif not is_counter(values, numbers, units):
            used.append(name)
    return used, still


def _in_all(columns: Sequence[str], files: Sequence[Path], dialect: Dialect) -> list[str]:
    """Those of the columns that each file has once."""
    names = [read_header(path, dialect).names for path in files]
    return [column for column in columns if all(of_file.count(column) == 1 for of_file in names)]


def _unit(path: Path, names: Sequence[str], dialect: Dialect) -> int | None:
    """Which column names the unit, if any does; RecordingError if that which should is not there."""
    unit = unit_column(names, dialect)
    if unit is None and dialect.unit != PLAIN.unit:
        few = "; ".join(filter(None, ["expected the column that names the unit", near_text(dialect.unit, names)]))
        raise RecordingError(f"{path}: no column {show(dialect.unit)}; {few}")
    return unit


def _learn_rows(
    files: Sequence[Path],
    names: Sequence[str],
    learning: Learning,
    dialect: Dialect,
    clock: Clock | None,
    start_ns: int,
) -> _Learned:
    """How many rows of each unit are learned from, and these rows."""
    unit = unit_column(names, dialect)
    counts: Counter[str] = Counter()
    before: Counter[str] = Counter()
    if learning.until_ns is not None and clock is None:
        raise RecordingError(f"{files[0]}: has no time column; expected one, as rows until a time are to be learned")
    last_ns: dict[str, int] = {}
    for cells in _rows_of(files, names, dialect):
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
    return _first_rows(rows, files, names, dialect)


def _first_rows(rows: dict[str, int], files: Sequence[Path], names: Sequence[str], dialect: Dialect) -> _Learned:
    """So many ``rows`` of each unit, as far as there is room for them."""
    unit, left = unit_column(names, dialect), dict(rows)
    learned = _Learned(rows, [], [], [])
    room = MAX_CELLS // len(names)
    for number, row in enumerate(_rows_of(files, names, dialect)):
        name = "1" if unit is None else row[unit].strip()
        if left.get(name, 0) > 0:
            left[name] -= 1
            learned.cells.append(row)
            learned.numbers.append(number)
            learned.units.append(name)
        if len(learned.cells) >= room or not any(left.values()):
            break
    return learned


def _rows_of(files: Sequence[Path], names: Sequence[str], dialect: Dialect) -> Iterator[list[str]]:
    """The rows of all files, cells in the order of ``names``, those of the first file."""
    return chain.from_iterable(_rows_by(path, names, dialect) for path in files)


def _rows_by(path: Path, names: Sequence[str], dialect: Dialect) -> Iterator[list[str]]:
    """As `_rows_of`, of one file; empty cells where it has no such column."""
    own = read_header(path, dialect).names
    if own == tuple(names):
        yield from read_rows(path, dialect)
        return
    order = [own.index(name) if name in own else None for name in names]
    for cells in read_rows(path, dialect):
        yield ["" if i is None else cells[i] for i in order]


def _why_none(files: Sequence[Path], dialect: Dialect) -> str:
    """Why no row of these files can be used, in words."""
    for path in files:
        header = read_header(path, dialect)
        for number, line in lines_below(path, header):
            n_cells = len(split(line, header.separator))
            return f": {path.name}: line {number}: {n_cells} cells; expected {len(header.names)}"
    return "; expected at least one below the column names"


def _times(cells: list[list[str]], clock: Clock, unit: int | None) -> tuple[bool, list[int]]:
    """Whether any row tells its time, and the time from row to row of each unit [ns]."""
    times: dict[str, list[int]] = {}
    for row, time_ns in zip(cells, times_of(cells, clock), strict=True):
        if time_ns is not None:
            times.setdefault("" if unit is None else row[unit], []).append(time_ns)
    steps = [step for of_unit in times.values() for step in np.diff(np.array(of_unit, np.int64)).tolist()]
    return bool(times), steps


def _check_order(
    path: Path, names: Sequence[str], cells: list[list[str]], clock: Clock | None, unit: int | None
) -> None:
    """RecordingError if the first rows of a recording have the newest first."""
    steps = _times(cells, clock, unit)[1] if clock else []
    if clock and steps and max(steps) <= 0 and min(steps) < 0:
        raise RecordingError(f"{path}: column {show(names[clock.columns[0]])}: times descend; expected oldest first")


def _period_s(
    path: Path,
    names: Sequence[str],
    cells: list[list[str]],
    clock: Clock | None,
    unit: int | None,
    *,
    is_wanted: bool = True,
) -> float | None:
    """Median time between two rows of a unit [s]; None = no column tells the time, or nobody wants to know it."""
    if clock is None:
        return None
    has_time, steps = _times(cells, clock, unit)
    steps = [step for step in steps if step > 0]
    if steps:
        return float(np.median(steps)) / 1e9
    if not is_wanted:
        return None
    column = show(names[clock.columns[0]])
    if not has_time:
        cell = show(" ".join(cells[0][i] for i in clock.columns))
        raise RecordingError(f"{path}: column {column}: {cell}; expected a time such as 2011-01-31T08:00:00Z")
    of_unit = "" if unit is None else f" for any unit of column {show(names[unit])}"
    few = "expected each row later than the one before"
    raise RecordingError(f"{path}: column {column} holds no two times in order{of_unit}; {few}")


def _tag(name: str, values: NDArray[np.float64], model: str | None, period_s: float) -> Tag:
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
        model=model,
        limits=Limits(),
        group=None,
        shared=False,
        period_s=period_s,
        resolution=float(steps.min()) if len(steps) else span / 1e3,
    )


def _unbounded(tag: Tag) -> Tag:
    """A tag that stands still: nothing tells how far it may move."""
    return replace(tag, low=-HUGE, high=HUGE)


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
        models=(Model(MODEL, tuple(covariates)),),
        mode=None,
    )
    return Station(CODE, name, "recording", {}, (block,))
