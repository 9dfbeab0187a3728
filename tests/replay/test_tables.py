"""How a file begins: which line names the columns, if any does, and in which encoding it is written."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from replay.adhoc import describe_recording
from replay.clocks import time_text
from replay.files import RecordingError, read_lines
from replay.recordings import Recording
from replay.tables import Dialect, Header, read_header, read_rows
from tests.replay.small import pump

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str | bytes, name: str = "r.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return written


# ---- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_text_from_china(write: Write, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    path = write(pack("时间,轴承温度 [℃]\n2020-01-01,1\n".encode(encoding)))
    assert [line for _, line in read_lines(path)] == ["时间,轴承温度 [℃]", "2020-01-01,1"]
    assert read_header(path).names == ("时间", "轴承温度 [℃]")


def test_each_line_is_read_for_itself(write: Write) -> None:
    path = write("a,备注\n1,正常\n".encode("gbk") + "2,停机\n".encode() + b"3,\xff\xfe\n")
    assert [line for _, line in read_lines(path)] == ["a,备注", "1,正常", "2,停机", "3,\ufffd\ufffd"]


def test_what_is_neither_is_refused(write: Write) -> None:
    with pytest.raises(RecordingError, match="is not text in UTF-8 or GB18030; expected a first line"):
        read_header(write(b"\xff\xfea\x00,\x00b\x00\n\x00"))


# ---- no names


@pytest.mark.parametrize(
    ("text", "separator", "columns"),
    [
        ("1,2\n3,4\n", ",", 2),
        ("2020-01-01 08:00,1.5\n2020-01-01 08:01,2.5\n", ",", 2),
        ("7;31.1.2020 8:00;1,5\n8;31.1.2020 8:01;2,5\n", ";", 3),
        ("1,5;2,5\n1,5;2,6\n", ";", 2),
        ("1/2/2020\t-1e3\n2/2/2020\t5\n", "\t", 2),
        ("5\n6\n", ",", 1),
        ('"5"|6\n6|7\n', "|", 2),
        ("\n# by hand, on 2020-01-01\n// no names\n1,2\n3,4\n", ",", 2),
    ],
)
def test_a_first_line_of_numbers_is_a_row(write: Write, text: str, separator: str, columns: int) -> None:
    path = write(text)
    header = read_header(path)
    assert header.names == tuple(f"column {i + 1}" for i in range(columns))
    assert (header.separator, header.is_named, len(list(read_rows(path)))) == (separator, False, 2)


@pytest.mark.parametrize("first", ["a,b", "1,b", ",0", "nan,1", "2020-01-01,2020-01-02", "1,2020-01-01x", "time,1"])
def test_a_first_line_of_anything_else_names_the_columns(write: Write, first: str) -> None:
    header = read_header(write(first + "\n1,2\n"))
    assert header == Header(",", tuple(first.split(",")), 1, True)


def test_a_separator_that_is_given_holds_without_names_too(write: Write) -> None:
    assert read_header(write("1 2 3\n"), Dialect(" ")).names == ("column 1", "column 2", "column 3")


def test_no_row_is_lost_and_lines_keep_their_numbers(write: Write) -> None:
    path = write("# log\n\n" + "".join(f"2020-01-01 00:{i:02},{i % 7},{i % 5}\n" for i in range(50)) + "oops\n")
    block = describe_recording([path]).station.blocks[0]
    assert [tag.code for tag in block.tags] == ["column 2", "column 3"]
    recording = Recording([path], block)
    (rows,) = recording.rows()
    assert (rows.values[0].tolist(), len(rows.seq), recording.tally.rows) == ([0.0, 0.0], 50, 51)
    assert [str(row) for row in recording.tally.named] == ["r.csv: line 53: 1 cells; expected 3"]


# ---- lines above the names


@pytest.mark.parametrize(
    "above", ["", "\n", "  \n\n", "# a, b, c\n", "// by hand\n\n#\n", "#a,b\n# 1,2\n", "\ufeff# a\n"]
)
def test_blank_lines_and_remarks_above_the_names_are_passed_over(write: Write, above: str) -> None:
    path = write(above + "LOAD,TEMP,VIB\n1,2,3\n\n1,2\n")
    n = above.count("\n")
    assert read_header(path) == Header(",", ("LOAD", "TEMP", "VIB"), n + 1, True)
    recording = Recording([path], pump().blocks[0])
    assert [scan.values.tolist() for scan in recording.scans()] == [[[1, 2, 3]]]
    assert [row.line for row in recording.tally.named] == [n + 4]


@pytest.mark.parametrize(
    ("remark", "row", "names"),
    [
        ("# time, a ,b", "2020-01-01,1,2", ("time", "a", "b")),
        ("#,time,note", "1,2020-01-01,ok", ("#", "time", "note")),
        ("//x;y", "1,5;2", ("x", "y")),
    ],
)
def test_names_may_stand_in_a_remark(write: Write, remark: str, row: str, names: tuple[str, ...]) -> None:
    path = write(f"# log\n{remark}\n\n{row}\n")
    header = read_header(path)
    assert (header.names, header.is_named, len(list(read_rows(path)))) == (names, True, 1)


def test_a_parquet_file_always_names_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    parquet.write_table(pa.table({"0": [1.0, 2.0], "1": [3.0, 4.0]}), path)
    assert read_header(path) == Header(",", ("0", "1"), 1, True)
    assert len(list(read_rows(path))) == 2


def test_remarks_alone_are_no_recording(write: Write) -> None:
    with pytest.raises(RecordingError, match="is empty; expected a first line with the names of the columns"):
        read_header(write("# a\n\n// b\n"))


# ---- dates with slashes


def test_a_later_file_that_does_not_tell_day_from_month_is_as_the_one_before(write: Write) -> None:
    header = "time,LOAD,TEMP,VIB\n"
    first = write(header + "31/01/2020,1,2,3\n")
    second = write(header + "01/02/2020,1,2,3\n02/02/2020,1,2,3\n", "s.csv")
    block = pump().blocks[0]
    times = [time_text(scan.time_ns)[:10] for scan in Recording([first, second], block).scans()]
    assert times == ["2020-01-31", "2020-02-01", "2020-02-02"]
    with pytest.raises(RecordingError, match=r's.csv: column "time": "01/02/2020": nothing in the first 2 rows tells'):
        Recording([second], block)
