"""A catalogue made on the spot for a recording that nobody has described: one unit, one component, what varies is judged.

Ranges and resolutions come from the rows that are learned from, never from later ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.recorded_behaviour import QUIET
from detectors.tuning import Tuning
from replay.files import RecordingError, find_files, read_lines
from replay.tables import TIME_COLUMNS, UNIT_COLUMN, near_text, parse_number, parse_time_ns, read_header, split
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
STEP_ROWS: Final = 2000
"""Rows from which the time between two rows is taken, where nothing else is wanted of them."""

_UNIT_OF_MEASURE = re.compile(r"(.+?)\s*[\[(]([^\[\]()]+)[\])]")


@dataclass(frozen=True, slots=True)
class Adhoc:
    """A station made for a recording, how to judge it, and the columns that are left alone: still ones and texts."""

    station: Station
    tuning: Tuning
    learn_rows: int
    left_alone: tuple[str, ...]


def describe_recording(
    paths: Sequence[Path],
    *,
    covariates: Sequence[str] = (),
    learn_rows: int | None = None,
    period_s: float | None = None,
    tuning: Tuning | None = None,
) -> Adhoc:
    """A catalogue from the header and the first rows of a recording.

    Parameters
    ----------
    covariates : columns that explain the others and are not judged.
    learn_rows : rows to learn from; None = a tenth of all, at least 100.
    period_s : time between two rows [s]; None = the median step of the time column.
    tuning : constants of detection; None = usual ones, with time constants that fit the period.

    Raises
    ------
    RecordingError : nothing can be judged, a covariate is no numeric column, or the period is not known.
    """
    files = find_files(paths)
    _, names = read_header(files[0])
    if learn_rows is None:
        rows = sum(1 for path in files for _ in _body(path))
        learn_rows = max(LEARN_ROWS_MIN, round(LEARN_SHARE * rows))
    cells = _first_cells(files, names, min(learn_rows, MAX_CELLS // len(names)))
    _refuse_several_units(files[0], names, cells)
    period_s = period_s or _median_step_s(files[0], names, cells)
    columns = dict(_numeric(names, cells))
    for name in covariates:
        if name not in columns:
            few = "; ".join(filter(None, ["expected a numeric column", near_text(name, list(columns))]))
            raise RecordingError(f"{files[0]}: covariate {show(name)}; {few}")
    still = [name for name, values in columns.items() if np.ptp(values) == 0.0 and name not in covariates]
    tags = [_tag(name, columns[name], name in covariates, period_s) for name in columns if name not in still]
    if all(tag.model is None for tag in tags):
        raise RecordingError(f"{files[0]}: no column to judge: none but the covariates holds numbers that vary")
    station = _station(files[0], tags, covariates, period_s)
    used = {tag.code for tag in tags}
    left_alone = tuple(name for name in names if name not in used and name.lower() not in TIME_COLUMNS)
    return Adhoc(station, tuning or _tuning(period_s, learn_rows), learn_rows, left_alone)


def _body(path: Path) -> Iterator[str]:
    """The rows of a file as text."""
    return (line for _, line in islice(read_lines(path), 1, None) if line.strip())


def _first_cells(files: Sequence[Path], names: Sequence[str], most: int) -> list[list[str]]:
    separator = read_header(files[0])[0]
    rows = (split(line, separator) for path in files for line in _body(path))
    return [row for row in islice(rows, most) if len(row) == len(names)]


def found_period_s(path: Path) -> float | None:
    """Median step of the times in the first rows of a recording [s]; None if it has no time column, or no two times."""
    separator, names = read_header(path)
    rows = (split(line, separator) for line in _body(path))
    cells = [row for row in islice(rows, STEP_ROWS) if len(row) == len(names)]
    try:
        return _median_step_s(path, names, cells)
    except RecordingError:
        return None


def _refuse_several_units(path: Path, names: Sequence[str], cells: list[list[str]]) -> None:
    """A recording of several units is one of a station that somebody has described."""
    free = [name.lower() for name in names]
    if UNIT_COLUMN in free:
        units = {row[free.index(UNIT_COLUMN)] for row in cells}
        if len(units) > 1:
            few = f"{len(units)} units in column {show(UNIT_COLUMN)}"
            raise RecordingError(
                f"{path}: {few}; expected --catalogue, the station that was recorded, e.g. --catalogue YXK"
            )


def _median_step_s(path: Path, names: Sequence[str], cells: list[list[str]]) -> float:
    free = [name.lower() for name in names]
    column = next((free.index(name) for name in TIME_COLUMNS if name in free), None)
    if column is None:
        raise RecordingError(f"{path}: has no time column; give the time between two rows with --period SECONDS")
    times = []
    for row in cells:
        try:
            times.append(parse_time_ns(row[column]))
        except ValueError:
            continue
    steps = np.diff(np.array(times, dtype=np.int64))
    steps = steps[steps > 0]
    if not len(steps):
        raise RecordingError(f"{path}: column {show(names[column])} holds no two times in order; give --period SECONDS")
    return float(np.median(steps)) / 1e9


def _numeric(names: Sequence[str], cells: list[list[str]]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name and finite values of every column that holds numbers."""
    for column, name in enumerate(names):
        if not name or name.lower() in TIME_COLUMNS:
            continue
        values, texts = [], 0
        for row in cells:
            try:
                values.append(parse_number(row[column]))
            except ValueError:
                texts += 1
        found = np.array(values)
        found = found[np.isfinite(found)]
        if len(found) and len(found) >= NUMERIC_SHARE * (len(found) + texts):
            yield name, found


def _tag(name: str, values: NDArray[np.float64], explains: bool, period_s: float) -> Tag:
    span = float(np.ptp(values)) or max(1.0, abs(float(values[0])))
    steps = np.abs(np.diff(values))
    steps = steps[steps > 0.0]
    match = _UNIT_OF_MEASURE.fullmatch(name)
    label, uom = match.groups() if match else (name, "")
    return Tag(
        code=name,
        name=Text(label, label),
        uom=uom,
        low=float(values.min()) - WIDEN * span,
        high=float(values.max()) + WIDEN * span,
        component="unit",
        model=None if explains else "recording",
        limits=Limits(),
        group=None,
        shared=False,
        period_s=period_s,
        resolution=float(steps.min()) if len(steps) else span / 1e3,
    )


def _station(path: Path, tags: Sequence[Tag], covariates: Sequence[str], period_s: float) -> Station:
    name = Text(path.name, path.name)
    block = Block(
        station=CODE,
        code="units",
        technology="recording",
        period_s=period_s,
        units=("1",),
        tags=tuple(tags),
        components=(Component("unit", Text("整机", "whole unit")),),
        covariates=tuple(Covariate(code, code) for code in covariates),
        models=(Model("recording", tuple(covariates)),),
        mode=None,
    )
    return Station(CODE, name, "recording", {}, (block,))


def _tuning(period_s: float, learn_rows: int) -> Tuning:
    """The usual constants, but the first rows are learned at once, and the detector itself waits for what persists."""
    return replace(
        Tuning(),
        learn_s=period_s,
        warm_up_s=learn_rows * period_s,
        warm_up_scans=learn_rows,
        learn_rows=learn_rows,
        on_scans=1,
        off_scans=1,
        off_score=QUIET,
    )
