"""Line protocol: what a reader of the protocol finds in a line is what the official client's line says, and what was given."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision

from connectors.lines import DECIMALS, MAX_TEMPLATES, MOST, LineEncoder, escape, quote
from tests.connectors.protocol import numbers, read

TIME_MS = 1_767_225_600_123
NAN = math.nan
# Line breaks, trailing backslashes and emptiness are where the client writes what the server would not give back.
PLAIN = st.text(st.sampled_from(list("ab ,=\\\"'%汽轮机瓦温é°{}#\t|")), min_size=1, max_size=8).filter(
    lambda text: not text.endswith("\\") and "\t" not in text and not text.startswith("#")
)
NUMBERS = st.one_of(st.just(NAN), st.just(math.inf), st.floats(-1e9, 1e9), st.integers(-1000, 1000).map(float))


@settings(max_examples=200)
@given(
    measurement=PLAIN,
    tags=st.dictionaries(PLAIN, PLAIN, max_size=4),
    fields=st.dictionaries(PLAIN, NUMBERS, min_size=1, max_size=9),
)
def test_says_what_the_official_client_says(measurement: str, tags: dict[str, str], fields: dict[str, float]) -> None:
    encoder = LineEncoder(measurement, [tags], list(fields))
    lines, count = encoder.encode(np.array([list(fields.values())]), TIME_MS)
    point = Point(measurement).time(TIME_MS, WritePrecision.MS)
    for key, value in tags.items():
        point.tag(key, value)
    for key, number in fields.items():
        point.field(key, float(np.round(number, DECIMALS)))
    client = point.to_line_protocol()
    assert count == (1 if client else 0)
    assert (lines == "") == (client == "")
    if client:
        (ours,), (theirs,) = read(lines), read(client + "\n")
        assert (ours.measurement, ours.tags, ours.time) == (theirs.measurement, theirs.tags, theirs.time)
        assert (ours.measurement, ours.tags) == (measurement, tags)
        assert numbers(ours) == pytest.approx({key: float(text) for key, text in theirs.fields.items()})
        assert set(ours.fields) == {key for key, number in fields.items() if math.isfinite(number)}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        ("guide bearing", r"guide\ bearing"),
        ("a,b=c", r"a\,b\=c"),
        ("水导轴承 3号", r"水导轴承\ 3号"),
        ("two\nlines\r", r"two\ lines\ "),
        ("C:\\pump\\", "C:\\pump"),
        (r"a\,b", r"a\\,b"),
        ('3" pipe', '3"\\ pipe'),
        ("100 %", r"100\ %"),
        ("\\", "-"),
        ("", "-"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_an_equals_sign_is_plain_in_a_measurement() -> None:
    assert escape("a=b,c", measurement=True) == r"a=b\,c"


@given(st.text(max_size=30))
def test_a_tag_of_any_text_stays_in_its_line_and_in_its_place(text: str) -> None:
    lines, count = LineEncoder("m", [{"before": "x", "key": text, "after": "y"}], ["value"]).encode(np.ones((1, 1)), 5)
    assert count == 1
    assert lines.count("\n") == 1
    (line,) = read(lines)
    assert (line.measurement, line.tags["before"], line.tags["after"], line.time) == ("m", "x", "y", 5)
    assert line.tags["key"] == (re.sub(r"[\n\r]", " ", text).rstrip("\\") or "-")
    assert numbers(line) == {"value": 1.0}


@given(st.text(max_size=30))
def test_a_quoted_text_is_that_of_the_client_and_reads_as_it_was(text: str) -> None:
    client = Point("m").field("text", text).to_line_protocol()
    assert f"m text={quote(text)}" == client
    if "\n" not in text:
        (line,) = read(f"m a=1.0,text={quote(text)},b=2.0 5\n")
        assert line.fields == {"a": "1.0", "text": text, "b": "2.0"}


SERIES = [{"station": "ABC", "unit": str(unit), "tag": f"t{tag}"} for unit in range(3) for tag in range(4)]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[float]], list[int] | None]:
    """Values of twelve series and eight fields, and rows to write."""
    kinds = st.sampled_from([NAN, math.inf, 0.0, -0.0, 1.5, 2.25, -1e9])
    values = draw(st.lists(st.lists(kinds, min_size=8, max_size=8), min_size=12, max_size=12))
    rows = draw(st.one_of(st.none(), st.lists(st.integers(0, 11), unique=True).map(sorted)))
    return values, rows


@settings(max_examples=60)
@given(st.lists(tables(), min_size=1, max_size=4))
def test_every_series_has_its_own_numbers_whatever_was_written_before(
    asked: list[tuple[list[list[float]], list[int] | None]],
) -> None:
    """One encoder, several scans: each with other gaps and other rows."""
    names = [f"f{i}" for i in range(8)]
    encoder = LineEncoder("m", SERIES, names)
    for time_ms, (values, rows) in enumerate(asked):
        lines, count = encoder.encode(np.array(values), time_ms, None if rows is None else np.array(rows, np.intp))
        found = {(line.tags["unit"], line.tags["tag"]): line for line in read(lines)}
        assert len(found) == count == lines.count("\n")
        for row, (series, numbers_) in enumerate(zip(SERIES, values, strict=True)):
            wanted = {n: v for n, v in zip(names, numbers_, strict=True) if math.isfinite(v)}
            line = found.get((series["unit"], series["tag"]))
            if not wanted or (rows is not None and row not in rows):
                assert line is None
            else:
                assert line is not None
                assert (line.tags, numbers(line), line.time) == (series, wanted, time_ms)


def test_rows_and_gaps_are_not_mistaken_for_each_other() -> None:
    """Two rows of eight numbers, after one row that has only its first: their templates are different ones."""
    encoder = LineEncoder("m", SERIES[:2], [f"f{i}" for i in range(8)])
    values = np.ones((2, 8))
    values[0, 1:] = NAN
    assert encoder.encode(values[:1], 1, np.array([0]))[0].count("=") == 3 + 1
    values[:] = 2.0
    lines, count = encoder.encode(values, 2, np.array([0, 1]))
    assert count == 2
    assert all(len(line.fields) == 8 for line in read(lines))


def test_templates_are_limited_and_a_forgotten_one_is_made_again() -> None:
    encoder = LineEncoder("m", SERIES, ["value"])
    values = np.arange(12.0)[:, None]
    for subset in range(1, 2 * MAX_TEMPLATES):
        rows = np.array([i for i in range(12) if subset >> i & 1], dtype=np.intp)
        found = read(encoder.encode(values, subset, rows)[0])
        assert [line.fields["value"] for line in found] == [f"{row}.0" for row in rows]
        assert {line.time for line in found} == {subset}
    assert len(encoder._templates) <= MAX_TEMPLATES


def test_numbers_are_rounded_to_what_sensors_resolve() -> None:
    encoder = LineEncoder("m", [{}], ["value"])
    for number, text in ((0.12345, 0.1234), (1e-9, 0.0), (123456.78901, 123456.789), (1.7e12, 1.7e12), (-2.5, -2.5)):
        (line,) = read(encoder.encode(np.array([[number]]), 1)[0])
        assert float(line.fields["value"]) == pytest.approx(text)


@pytest.mark.parametrize("number", [NAN, math.inf, -math.inf, MOST, -1e305, 1.7e308])
def test_a_number_that_cannot_be_stored_is_left_out(number: float) -> None:
    lines, count = LineEncoder("m", [{}], ["a", "b"]).encode(np.array([[number, 1.0]]), 1)
    assert (lines, count) == ("m b=1.0 1\n", 1)
    assert LineEncoder("m", [{}], ["a"]).encode(np.array([[number]]), 1) == ("", 0)


def test_no_rows_are_no_lines() -> None:
    assert LineEncoder("m", SERIES, ["value"]).encode(np.ones((12, 1)), 1, np.array([], dtype=np.intp)) == ("", 0)
