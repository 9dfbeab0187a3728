"""How rows tell the time: every notation is found and read back, and what is none is refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.clocks import (
    DAY_FIRST,
    EPOCHS_NS,
    FIRST_ROWS,
    MONTH_FIRST,
    START,
    TIME_COLUMNS,
    UNITS_NS,
    Clock,
    UndecidedError,
    find_clock,
    looks_like_time,
    parse_time_ns,
    time_text,
)

START_NS = parse_time_ns(START)
SECOND_NS = 10**9
moments = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001 - it is UTC


def ns(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def times(names: list[str], rows: list[list[str]]) -> list[int]:
    """Times of the rows by the clock that is found for them."""
    clock = find_clock(names, rows)
    assert clock is not None
    return [clock.time_ns(row, START_NS) for row in rows]


# ---- one time


@given(moments)
def test_iso_in_any_layout_is_read_to_the_microsecond(moment: datetime) -> None:
    for text in (moment.isoformat(), moment.isoformat(" "), moment.isoformat() + "Z", f" {moment.isoformat()} "):
        assert parse_time_ns(text) == ns(moment)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_a_zone_is_heeded(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_time_ns(there.isoformat()) == ns(moment)


@given(moments, st.sampled_from("-/."), st.booleans())
def test_loose_dates_year_first(moment: datetime, separator: str, seconds: bool) -> None:
    moment = moment.replace(microsecond=0, second=moment.second if seconds else 0)
    day = separator.join(map(str, (moment.year, moment.month, moment.day)))
    clock = f"{moment.hour}:{moment.minute:02}" + (f":{moment.second:02}" if seconds else "")
    assert parse_time_ns(f"{day} {clock}") == ns(moment)
    assert parse_time_ns(day) == ns(moment.replace(hour=0, minute=0, second=0))


@given(moments)
def test_a_time_is_written_as_it_is_read(moment: datetime) -> None:
    whole = ns(moment.replace(microsecond=0))
    assert parse_time_ns(time_text(whole)) == whole


@pytest.mark.parametrize(
    "text",
    ["", "x", "yesterday", "2020", "2020-13-01", "2020/2/30", "2020-01-01 25:00", "31.13.2020", "1.2.20", "1/2/2020 8:00",
     "8:00", "nan",
     "2020/1/1 8:60", "1e9", "٢٠٢٠/1/1 x"],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as 2011-01-31T08:00:00Z"):
        parse_time_ns(text)


@pytest.mark.parametrize("text", ["1999-12-31T23:59:59Z", "2100-01-01", "1970-01-01", "0001-01-01", "9999/12/31 23:59"])
def test_times_of_other_centuries_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time in the years 2000 to 2099"):
        parse_time_ns(text)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """With nothing but the one error that `find_clock` passes over."""
    with suppress(ValueError):
        assert isinstance(parse_time_ns(text), int)


# ---- the clock of a table


@given(moments, st.sampled_from(EPOCHS_NS), st.lists(st.integers(1, 10**6), min_size=1, max_size=80), st.booleans())
def test_counts_since_1970_are_told_apart_by_their_size(
    moment: datetime, count_ns: int, steps: list[int], as_float: bool
) -> None:
    counts = [ns(moment.replace(year=min(moment.year, 2090))) // count_ns]
    for step in steps:
        counts.append(counts[-1] + step)
    found = find_clock(["t", "Timestamp"], [["1", str(count)] for count in counts])
    assert found == Clock((1,), count_ns)
    assert found.time_ns(["1", str(counts[-1])], START_NS) == counts[-1] * count_ns
    if as_float and count_ns == SECOND_NS:
        half = found.time_ns(["1", f"{counts[0]}.5"], START_NS) - counts[0] * SECOND_NS
        assert half == pytest.approx(SECOND_NS // 2, abs=1000)


@given(
    st.sampled_from(sorted(UNITS_NS)), st.sampled_from([0, 1, 7, 100]), st.sampled_from([1, 10, 125, 10**4, 10**8]),
    st.integers(2, 2 * FIRST_ROWS),
)  # fmt: skip
def test_time_that_has_passed_is_in_the_unit_of_the_column(unit: str, first: int, step: int, rows: int) -> None:
    """Also where it grows so large that it could be a count since 1970."""
    counts = [first + i * step for i in range(rows)]
    if counts[-1] * UNITS_NS[unit] > 80 * 365 * 86_400 * SECOND_NS:
        return
    assert times([f"Time [{unit}]"], [[str(count)] for count in counts]) == [
        START_NS + count * UNITS_NS[unit] for count in counts
    ]


def test_time_that_has_passed_is_in_seconds_where_nothing_says_otherwise() -> None:
    assert times(["time"], [["0.0"], ["0.1"], ["0.2"]]) == [START_NS, START_NS + 10**8, START_NS + 2 * 10**8]
    assert times(["time"], [["0,5"], ["1,5"]]) == [START_NS + SECOND_NS // 2, START_NS + 3 * SECOND_NS // 2]


@pytest.mark.parametrize("name", TIME_COLUMNS)
def test_a_column_is_known_by_its_name_in_any_case(name: str) -> None:
    assert find_clock(["a", name.title()], [["2020-01-01", "2020-01-02"]]) == Clock((1,))
    assert find_clock(["a", name + " [s]"], [["1", "2"]]) == Clock((1,), SECOND_NS, since_start=True)


def test_date_and_time_of_day_in_two_columns() -> None:
    names = ["Time", "a", "Date"]
    assert times(names, [["8:05", "1", "2020/1/5"], ["8:06", "1", "2020/1/5"]]) == [
        parse_time_ns("2020-01-05T08:05"),
        parse_time_ns("2020-01-05T08:06"),
    ]


def test_where_date_and_time_do_not_fit_together_one_of_them_is_the_clock() -> None:
    assert find_clock(["date", "time"], [["monday", "2020-01-05 08:00"]]) == Clock((1,))
    assert find_clock(["date", "time"], [["2020-01-05 08:00", "early"]]) == Clock((0,))


def test_of_columns_without_such_a_name_the_first_that_holds_times() -> None:
    assert find_clock(["a", "", "c"], [["1", "2020-01-01", "2020-01-01"]]) == Clock((1,))
    assert find_clock(["a", "b"], [["1", "2"]]) is None
    assert find_clock(["a", "b"], [["20200105", "2"]]) is None  # a number is not taken for a date
    assert find_clock(["a"], []) is None
    assert find_clock([], []) is None


def test_a_time_column_that_cannot_be_read_is_the_clock_all_the_same() -> None:
    """So that the rows are refused for it, and nobody takes another column for the time."""
    clock = find_clock(["other", "time"], [["2020-01-01", "5 Jan 2020 8:00"]])
    assert clock == Clock((1,))
    with pytest.raises(ValueError, match="expected a time such as"):
        clock.time_ns(["2020-01-01", "5 Jan 2020 8:00"], START_NS)


@given(moments, st.booleans())
def test_dates_with_dots_have_the_day_first(moment: datetime, seconds: bool) -> None:
    moment = moment.replace(microsecond=0, second=moment.second if seconds else 0)
    of_day = f"{moment.hour}:{moment.minute:02}" + (f":{moment.second:02}" if seconds else "")
    for day in (f"{moment.day}.{moment.month}.{moment.year}", f"{moment:%d.%m.%Y}"):
        assert parse_time_ns(f"{day} {of_day}") == ns(moment)
        assert parse_time_ns(day) == ns(moment.replace(hour=0, minute=0, second=0))
        assert looks_like_time(day)


@pytest.mark.parametrize(("slashed", "form"), [(DAY_FIRST, "%d/%m/%Y"), (MONTH_FIRST, "%m/%d/%Y")])
@pytest.mark.parametrize("name", ["time", "logged"])
def test_a_value_above_12_tells_day_from_month(slashed: str, form: str, name: str) -> None:
    days = [datetime(2020, 3, 1, tzinfo=UTC) + timedelta(days=i) for i in range(FIRST_ROWS)]
    rows = [["7", f"{day:{form}} 8:05"] for day in days]
    assert find_clock(["a", name], rows) == Clock((1,), slashed=slashed)
    assert times(["a", name], rows) == [ns(day) + (8 * 60 + 5) * 60 * SECOND_NS for day in days]
    parts = [["8:05", f"{day:{form}}"] for day in days]
    assert find_clock(["Time", "Date"], parts) == Clock((1, 0), slashed=slashed)


@pytest.mark.parametrize(
    "days", [["1/2/2020", "2/2/2020"], ["31/1/2020", "1/31/2020"]], ids=["nothing decides", "some contradict others"]
)
def test_dates_that_can_be_read_in_two_ways_are_refused(days: list[str]) -> None:
    rows = [[day] for day in days]
    for name in ("time", "logged"):
        with pytest.raises(UndecidedError, match=f'column "{name}": .* nothing in the first 2 rows tells dd/mm/yyyy'):
            find_clock([name], rows)
    assert find_clock(["time"], rows, MONTH_FIRST) == Clock((0,), slashed=MONTH_FIRST)


def test_dates_that_are_no_times_of_rows_are_passed_over() -> None:
    assert find_clock(["built", "a"], [["1/2/2020", "1"], ["1/2/2020", "2"]]) is None
    assert find_clock(["built", "at"], [["1/2/2020", "2020-01-01"], ["2/2/2020", "2020-01-02"]]) == Clock((1,))


def test_rows_that_cannot_be_read_do_not_change_the_notation() -> None:
    rows = [["s"], ["oops"], ["1577836800"], ["1577836860"], [""]]
    assert find_clock(["time"], rows) == Clock((0,), SECOND_NS)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-inf", "1e400", "0x10"])
def test_a_count_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number, the time of the row|expected a time in the years"):
        Clock((0,), SECOND_NS, since_start=True).time_ns([text], START_NS)


@given(
    st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=8), st.sampled_from(["time", "a", "date"])
)
def test_any_cells_have_a_clock_or_none(rows: list[list[str]], name: str) -> None:
    clock = find_clock([name, "b"], rows)
    assert clock is not None or name == "a"
