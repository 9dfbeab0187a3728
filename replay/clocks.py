"""When a row was measured: which column tells it, and in which notation.

Times are ISO 8601 or close to it (2020/1/5 8:00, 5.1.2020 8:00), counts since 1970 (s, ms, us, ns, told apart by their size), or
time that has passed since the first row (0.0, 0.1, 0.2), in the unit that the column's name gives, e.g. ``Time [ms]``, or else in
seconds. Date and time of day may stand in two columns. Whether 5/1/2020 is in May or in January is told by the first rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from stations.scan import FIRST_NS, LAST_NS
from stations.schema import show

TIME_COLUMNS: Final = (
    "time",
    "timestamp",
    "datetime",
    "date",
    "date_time",
    "date time",
    "ts",
    "时间",
    "日期时间",
    "日期",
)
DATE_AND_TIME: Final = ("date", "time")
START: Final = "2011-01-01T00:00:00Z"
"""Event time of the first row of a recording that does not tell the time."""
UNITS_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "sec": 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
}
EPOCHS_NS: Final = (10**9, 10**6, 10**3, 1)
"""A count since 1970 may be of seconds, milli-, micro- or nanoseconds; only one of them lies in this century."""
FIRST_ROWS: Final = 50
"""Rows in which a notation is looked for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = re.compile(r"(.+?)\s*[\[(]([^\[\]()]+)[\])]")
_OF_DAY = r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>\.\d+)?)?)?"
_LOOSE = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _OF_DAY)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _OF_DAY)
DAY_FIRST, MONTH_FIRST = "dd/mm/yyyy", "mm/dd/yyyy"
_SLASHED: Final = {
    DAY_FIRST: re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})" + _OF_DAY),
    MONTH_FIRST: re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _OF_DAY),
}
"""Notations of a date with slashes, day or month first, of which a clock knows one."""


class UndecidedError(ValueError):
    """Times that can be read in two ways; one line for people."""


def parse_time_ns(text: str, slashed: str = "") -> int:
    """Nanoseconds since 1970 of an ISO 8601 time; UTC unless it has a zone. ValueError if it is none, or not of this century.

    Dates with dots may have the day first; those with slashes are ``slashed``, `DAY_FIRST` or `MONTH_FIRST`, if anything.

    >>> parse_time_ns("2011-01-01 08:00"), parse_time_ns("2011-01-01T08:00:00+08:00"), parse_time_ns("2011/1/1 8:00")
    (1293868800000000000, 1293840000000000000, 1293868800000000000)
    >>> time_text(parse_time_ns("5.1.2020 8:00")), time_text(parse_time_ns("5/1/2020", MONTH_FIRST))
    ('2020-01-05T08:00:00Z', '2020-05-01T00:00:00Z')
    """
    try:
        time = _datetime(text.strip(), slashed)
        time_ns = ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise ValueError(f"{show(text)}; expected a time such as 2011-01-31T08:00:00Z") from None
    if not FIRST_NS <= time_ns < LAST_NS:
        raise ValueError(f"{show(text)}; expected a time in the years 2000 to 2099")
    return time_ns


def looks_like_time(text: str) -> bool:
    """Whether this is a time in any notation but a number, day or month first alike.

    >>> [looks_like_time(text) for text in ("2020-01-05 8:00", "5/1/2020", "8", "load")]
    [True, True, False, False]
    """
    if text.strip().isdigit():  # ISO 8601 has 20200105 too
        return False
    for slashed in _SLASHED:
        try:
            parse_time_ns(text, slashed)
        except ValueError:
            continue
        return True
    return False


def _datetime(text: str, slashed: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        notations = [_LOOSE, _DOTTED, *([_SLASHED[slashed]] if slashed else [])]
        match = next((found for notation in notations if (found := notation.fullmatch(text))), None)
        if match is None:
            raise
        names = ("year", "month", "day", "hour", "minute", "second")
        year, month, day, hour, minute, second = (int(match[name] or 0) for name in names)
        micros = round(float(match["part"] or 0.0) * 1e6)
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)


def split_unit(name: str) -> tuple[str, str]:
    """Name and unit of measure of a column.

    >>> split_unit("Load [MW]"), split_unit("load")
    (('Load', 'MW'), ('load', ''))
    """
    match = _UNIT.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")


@dataclass(frozen=True, slots=True)
class Clock:
    """Which columns tell the time, joined by a blank; ``count_ns`` None = ISO 8601, else what one count is worth [ns];
    ``slashed`` as in `parse_time_ns`."""

    columns: tuple[int, ...]
    count_ns: int | None = None
    since_start: bool = False
    slashed: str = ""

    def time_ns(self, cells: Sequence[str], start_ns: int) -> int:
        """Event time of a row [ns]; ValueError, in words, if it has none."""
        text = " ".join(cells[column] for column in self.columns)
        if self.count_ns is None:
            return parse_time_ns(text, self.slashed)
        try:
            count = (
                int(text) * self.count_ns
                if text.strip().isdigit()
                else round(float(text.replace(",", ".")) * self.count_ns)
            )
        except (ValueError, OverflowError):
            raise ValueError(f"{show(text)}; expected a number, the time of the row") from None
        time_ns = start_ns + count if self.since_start else count
        if not FIRST_NS <= time_ns < LAST_NS:
            raise ValueError(f"{show(text)}; expected a time in the years 2000 to 2099")
        return time_ns


def find_clock(names: Sequence[str], rows: Iterable[Sequence[str]], slashed: str = "") -> Clock | None:
    """How the first ``rows`` of a table tell the time; None if no column does.

    A column named for it counts first, readable or not; of the others the first one that holds times, such as an index without
    a name. Where nothing tells day from month they are as in ``slashed``; UndecidedError if that is empty.

    >>> find_clock(["Time [ms]", "a"], [["0", "1"], ["100", "2"]])
    Clock(columns=(0,), count_ns=1000000, since_start=True, slashed='')
    """
    rows = list(rows)
    free = [split_unit(name)[0].lower() for name in names]
    named: list[tuple[int, ...]] = [(free.index(name),) for name in TIME_COLUMNS if name in free]
    if all(name in free for name in DATE_AND_TIME):
        named.insert(0, tuple(free.index(name) for name in DATE_AND_TIME))
    for columns in named:
        if clock := _clock(names, columns, rows, slashed):
            return clock
    if named:
        for columns in named:
            _check_decided(names, columns, rows)
        return Clock(named[-1])
    written = [Clock((column,), slashed=_slashed((column,), rows) or slashed) for column in range(len(names))]
    clock = next((clock for clock in written if rows and not _is_number(rows[0], clock) and _n_read(clock, rows)), None)
    if clock is None:
        for column in range(len(names)):
            if len({row[column] for row in rows}) > 1:  # one date all along is no time of rows
                _check_decided(names, (column,), rows)
    return clock


def _slashed(columns: tuple[int, ...], rows: Sequence[Sequence[str]]) -> str:
    """How these columns write dates with slashes: as a value above 12 shows; empty if none does, or some contradict others."""
    found = [_SLASHED[DAY_FIRST].fullmatch(" ".join(row[column] for column in columns).strip()) for row in rows]
    is_day_first = any(match is not None and int(match["day"]) > 12 for match in found)
    is_month_first = any(match is not None and int(match["month"]) > 12 for match in found)
    if is_day_first == is_month_first:
        return ""
    return DAY_FIRST if is_day_first else MONTH_FIRST


def _check_decided(names: Sequence[str], columns: tuple[int, ...], rows: Sequence[Sequence[str]]) -> None:
    """UndecidedError if these columns hold dates with slashes and nothing tells day from month."""
    if _slashed(columns, rows):
        return
    for row in rows:
        text = " ".join(row[column] for column in columns)
        if _SLASHED[DAY_FIRST].fullmatch(text.strip()):
            why = f"nothing in the first {len(rows)} rows tells {DAY_FIRST} from {MONTH_FIRST}; expected yyyy-mm-dd"
            raise UndecidedError(f"column {show(names[columns[0]])}: {show(text)}: {why}")


def _clock(names: Sequence[str], columns: tuple[int, ...], rows: Sequence[Sequence[str]], slashed: str) -> Clock | None:
    """The notation of these columns, if it is one of those of the module."""
    clocks = [Clock(columns, slashed=_slashed(columns, rows) or slashed)]
    if len(columns) == 1:
        unit = split_unit(names[columns[0]])[1].lower()
        clocks += [Clock(columns, count_ns) for count_ns in EPOCHS_NS]
        clocks.append(Clock(columns, UNITS_NS.get(unit, UNITS_NS["s"]), since_start=True))
    best = max(clocks, key=lambda clock: _n_read(clock, rows))  # 1e9 ns that have passed could be a second of 2001
    return best if _n_read(best, rows) else None


def _n_read(clock: Clock, rows: Sequence[Sequence[str]]) -> int:
    """How many of the rows tell the time in this way."""
    start_ns, n = parse_time_ns(START), 0
    for row in rows:
        try:
            clock.time_ns(row, start_ns)
        except ValueError:
            continue
        n += 1
    return n


def _is_number(row: Sequence[str], clock: Clock) -> bool:
    try:
        float(row[clock.columns[0]])
    except ValueError:
        return False
    return True


def time_text(time_ns: int) -> str:
    """The inverse of `parse_time_ns`, to the second.

    >>> time_text(1293868800000000000)
    '2011-01-01T08:00:00Z'
    """
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
