"""What the columns of a recording that nobody described hold: numbers, a mere count of the rows, or the names of units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE
from replay.clocks import START, Clock, parse_time_ns
from replay.tables import parse_number

NUMERIC_SHARE: Final = 0.9
"""A column is numeric if so much of what is written in it are numbers."""
COUNTED_ROWS: Final = 10
"""Rows of equal steps that are no chance."""
MAX_UNITS: Final = 1000


def numeric_columns(
    names: Sequence[str], cells: list[list[str]], separator: str
) -> Iterator[tuple[str, NDArray[np.float64]]]:
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


def is_counter(values: NDArray[np.float64], rows: NDArray[np.int64], units: NDArray[np.str_]) -> bool:
    """Whether a column rises or falls by one step from row to row, of all rows or of each unit: an index, seconds.

    ``rows`` are the numbers of the rows and ``units`` their units; a column that lacks a value is no counter.

    >>> rows, units = np.arange(20), np.full(20, "1")
    >>> is_counter(5.0 - 0.1 * rows, rows, units), is_counter(rows % 7.0, rows, units)
    (True, False)
    """
    if len(values) != len(rows):
        return False
    if _ticks(values, rows):
        return True
    return all(_ticks(values[units == unit], np.arange(np.sum(units == unit))) for unit in np.unique(units))


def _ticks(values: NDArray[np.float64], rows: NDArray[np.int64]) -> bool:
    if len(values) < COUNTED_ROWS:
        return False
    steps, rounding = (
        np.diff(values) / np.diff(rows),
        4.0 * float(np.spacing(np.abs(values).max())),
    )  # 0.1, 0.2, 0.3 are not exact
    return bool(abs(steps[0]) > rounding and np.ptp(steps) <= rounding)


def times_of(cells: Sequence[Sequence[str]], clock: Clock) -> list[int | None]:
    """Event time of every row [ns]; None where it tells none."""
    start_ns = parse_time_ns(START)
    times: list[int | None] = []
    for row in cells:
        try:
            times.append(clock.time_ns(row, start_ns))
        except ValueError:
            times.append(None)
    return times


def find_units(names: Sequence[str], cells: Sequence[Sequence[str]], clock: Clock, separator: str) -> str | None:
    """The column that names units, if rows come several to a time and those of each of its values ascend; text goes first."""
    timed = [(row, time) for row, time in zip(cells, times_of(cells, clock), strict=True) if time is not None]
    times = [time for _, time in timed]
    if len(set(times)) == len(times):
        return None
    integers = []
    for column, name in enumerate(names):
        values = [row[column].strip() for row, _ in timed]
        kind = _kind(set(values), separator) if name and column not in clock.columns else ""
        if not kind or names.count(name) > 1 or 2 * len(set(values)) > len(values) or not _ascend(values, times):
            continue
        if kind == "text":
            return name
        integers.append(name)
    return integers[0] if integers else None


def _kind(values: set[str], separator: str) -> str:
    """What values that may name units are, ``text`` or ``integer``; empty if they may not."""
    if not 2 <= len(values) <= MAX_UNITS or "" in values:
        return ""
    texts = 0
    for value in values:
        try:
            number = parse_number(value, separator)
        except ValueError:
            texts += 1
            continue
        if not number.is_integer():
            return ""
    return "text" if texts else "integer"


def _ascend(values: Sequence[str], times: Sequence[int]) -> bool:
    """Whether the times of each value ascend."""
    last: dict[str, int] = {}
    for value, time in zip(values, times, strict=True):
        if time <= last.get(value, -1):
            return False
        last[value] = time
    return True
