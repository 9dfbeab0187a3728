"""A recording comes out as it was written; what is wrong with it is one line, a row or the file."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay import files
from replay.clocks import parse_time_ns, time_text
from replay.files import RecordingError, find_files
from replay.recordings import MAX_NAMED, Recording
from stations.scan import LAST_NS, Scan
from tests.replay.small import MINUTE_NS, START_NS, pump

BLOCK = pump().blocks[0]
TWO_UNITS = pump(("a", "b")).blocks[0]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(text: str | bytes, name: str = "pump.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return written


def read(path: Path | list[Path], start_ns: int | None = None) -> tuple[Recording, list[Scan]]:
    recording = Recording(path if isinstance(path, list) else [path], BLOCK, start_ns=start_ns)
    return recording, list(recording.scans())


def minutes(scans: list[Scan]) -> list[float]:
    return [(scan.time_ns - START_NS) / MINUTE_NS for scan in scans]


def bad(recording: Recording) -> list[str]:
    assert recording.tally.bad_rows == len(recording.tally.named)
    return [str(row) for row in recording.tally.named]


# ---- what is right


def test_columns_in_any_order_with_extra_ones(write: Callable[..., Path]) -> None:
    recording, scans = read(write("VIB, note ,TEMP,LOAD,spare\n3,x,2,1,\n6,y,5,4,\n"))
    assert recording.extra == ("note", "spare")
    assert [scan.values.tolist() for scan in scans] == [[[1, 2, 3]], [[4, 5, 6]]]
    assert (scans[0].station, scans[0].block, scans[0].revision) == ("PMP", "units", BLOCK.revision)
    assert scans[0].values.dtype == np.float32
    assert (minutes(scans), [scan.seq for scan in scans]) == ([0, 1], [0, 1])


def test_start_and_period_tell_the_time_where_no_column_does(write: Callable[..., Path]) -> None:
    _, scans = read(write("LOAD,TEMP,VIB\n1,2,3\n\n1,2,3\n"), start_ns=START_NS + 7)
    assert [scan.time_ns - START_NS for scan in scans] == [7, 7 + MINUTE_NS]


@pytest.mark.parametrize("name", ["time", "Timestamp", "DATETIME", "date"])
@pytest.mark.parametrize(
    "text",
    [
        "2011-01-01T00:05:00Z",
        "2011-01-01 00:05",
        "2011-01-01 00:05:00",
        "2011-01-01T08:05+08:00",
        "2011-01-01T00:05:00.000",
    ],
)
def test_times(write: Callable[..., Path], name: str, text: str) -> None:
    _, scans = read(write(f"{name},LOAD,TEMP,VIB\n{text},1,2,3\n"))
    assert minutes(scans) == [5]


@pytest.mark.parametrize("cell", ["", " ", "NaN", "nan", "null", "N/A", "-"])
def test_cells_without_a_value_are_no_mistake(write: Callable[..., Path], cell: str) -> None:
    recording, scans = read(write(f"LOAD,TEMP,VIB\n1,{cell},3\n"))
    assert math.isnan(scans[0].values[0, 1])
    assert bad(recording) == []


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_separators_quotes_byte_order_mark_and_line_ends(write: Callable[..., Path], separator: str) -> None:
    lines = ["LOAD|TEMP|VIB", '1|"2.5"|3e1', " 4 |5|6"]
    text = "\r\n".join(line.replace("|", separator) for line in lines)
    _, scans = read(write(b"\xef\xbb\xbf" + text.encode()))
    assert [scan.values.tolist() for scan in scans] == [[[1, 2.5, 30]], [[4, 5, 6]]]


def test_files_and_folders_are_played_one_after_the_other(write: Callable[..., Path], tmp_path: Path) -> None:
    write("VIB,TEMP,LOAD\n30,20,10\n", "b.csv")
    write(gzip.compress(b"LOAD,TEMP,VIB\n1,2,3\n"), "a.csv.gz")
    write("not played", "readme.txt")
    recording, scans = read([tmp_path, tmp_path / "b.csv"])
    assert [scan.values[0, 0] for scan in scans] == [1, 10, 10]
    assert (minutes(scans), recording.tally.rows) == ([0, 1, 2], 3)


def test_progress_adds_up_to_the_size_of_the_files(write: Callable[..., Path]) -> None:
    path = write(gzip.compress(b"LOAD,TEMP,VIB\n" + b"1,2,3\n" * 50_000), "a.csv.gz")
    recording, told = Recording([path], BLOCK), list[int]()
    assert sum(1 for _ in recording.scans(told.append)) == 50_000
    assert (sum(told), len(told) > 2) == (path.stat().st_size, True)


def test_scans_may_be_asked_for_again(write: Callable[..., Path]) -> None:
    recording, scans = read(write("LOAD,TEMP,VIB\n1,2,3\n1,2\n"))
    again = list(recording.scans())
    assert (len(again), recording.tally.rows, recording.tally.bad_rows) == (len(scans), 2, 1)


def test_rows_of_units_become_scans_of_the_block(write: Callable[..., Path]) -> None:
    rows = ["t0,a,1", "t0,b,2", "t1,b,3", "t2,a,4", "t2,a,5", "t1,b,6", "t2,b,7"]
    times = {f"t{i}": f"2011-01-01T00:0{i}Z" for i in range(3)}
    text = "".join(f"{times[row[:2]]}{row[2:]},0,0\n" for row in rows)
    recording = Recording([write("time,unit,LOAD,TEMP,VIB\n" + text)], TWO_UNITS)
    scans = list(recording.scans())
    loads = [scan.values[:, 0].tolist() for scan in scans]
    assert minutes(scans) == [0, 1, 2]
    assert (loads[0], loads[2]) == ([1, 2], [4, 7])
    assert (math.isnan(loads[1][0]), loads[1][1]) == (True, 3)
    assert [row.line for row in recording.tally.named] == [6, 7], "a unit twice, and a time that was over"


def test_without_times_a_scan_ends_where_a_unit_comes_again(write: Callable[..., Path]) -> None:
    recording = Recording([write("unit,LOAD,TEMP,VIB\na,1,0,0\nb,2,0,0\nb,3,0,0\na,4,0,0\nc,5,0,0\n")], TWO_UNITS)
    scans = list(recording.scans())
    assert [scan.values[:, 0].tolist() for scan in scans] == [[1, 2], [4, 3]]
    assert (minutes(scans), [scan.seq for scan in scans]) == ([0, 1], [0, 1])
    assert bad(recording) == ['pump.csv: line 6: unit: "c"; expected a unit of PMP']


# ---- what is wrong with a row: counted, named, never fatal


@pytest.mark.parametrize(
    ("row", "line", "kept"),
    [
        ("00:01,1,2", "line 3: 3 cells; expected 4", False),
        ("00:01,1,2,3,4", "line 3: 5 cells; expected 4", False),
        ("00:01,1,x,3", 'line 3: TEMP: "x"; expected a number', True),
        ("00:01,1,1_0,3", 'line 3: TEMP: "1_0"; expected a number', True),
        ("00:01,1,\0,3", r'line 3: TEMP: "\x00"; expected a number', True),
        ("00:01,1,\N{BLACK HEART SUIT},y", 'line 3: TEMP: "♥"; expected a number', True),
        ("soon,1,2,3", 'line 3: time: "2011-01-01Tsoon"; expected a time such as 2011-01-31T08:00:00Z', False),
        (",1,2,3", 'line 3: time: "2011-01-01T"; expected a time such as 2011-01-31T08:00:00Z', False),
        ("00:00,1,2,3", "line 3: time: 2011-01-01T00:00:00Z; expected later than 2011-01-01T00:00:00Z", False),
    ],
)
def test_a_bad_row(write: Callable[..., Path], row: str, line: str, kept: bool) -> None:
    rows = ["00:00,1,2,3", row, "00:02,1,2,3"]
    path = write("time,LOAD,TEMP,VIB\n" + "".join(f"2011-01-01T{row}\n" for row in rows))
    recording, scans = read(path)
    assert bad(recording) == [f"pump.csv: {line}"]
    assert minutes(scans) == ([0, 1, 2] if kept else [0, 2])
    assert [scan.seq for scan in scans] == ([0, 1, 2] if kept else [0, 2])
    assert recording.tally.rows == 3


@pytest.mark.parametrize("time", ["1899-01-01T00:00Z", "2100-01-01T00:00Z", "0001-01-01T00:00+14:00"])
def test_times_of_other_centuries(write: Callable[..., Path], time: str) -> None:
    recording, _ = read(write(f"time,LOAD,TEMP,VIB\n{time},1,2,3\n2011-01-01,1,2,3\n"))
    assert bad(recording) == [f'pump.csv: line 2: time: "{time}"; expected a time in the years 2000 to 2099']


def test_a_bad_row_takes_its_time_along_where_rows_tell_the_time(write: Callable[..., Path]) -> None:
    _, scans = read(write("LOAD,TEMP,VIB\n1,2,3\noops\n4,5,6\n"))
    assert minutes(scans) == [0, 2]


def test_a_recording_that_runs_past_the_century(write: Callable[..., Path]) -> None:
    recording, scans = read(write("LOAD,TEMP,VIB\n1,2,3\n4,5,6\n"), start_ns=LAST_NS - MINUTE_NS)
    assert len(scans) == 1
    assert bad(recording) == ["pump.csv: line 3: time: 2100-01-01T00:00:00Z; expected the years 2000 to 2099"]


def test_numbers_too_large_for_the_wire_are_infinite(write: Callable[..., Path]) -> None:
    _, scans = read(write("LOAD,TEMP,VIB\n1e300,-inf,3\n"))
    assert scans[0].values.tolist() == [[math.inf, -math.inf, 3]]


def test_only_the_first_bad_rows_are_kept(write: Callable[..., Path]) -> None:
    recording, _ = read(write("LOAD,TEMP,VIB\n1,2,3\n" + "oops\n" * 1000))
    assert (recording.tally.bad_rows, len(recording.tally.named)) == (1000, MAX_NAMED)


def test_a_stray_quote_costs_one_row(write: Callable[..., Path]) -> None:
    recording, scans = read(write('LOAD,TEMP,VIB\n1,"2,3\n4,5,6\n'))
    assert (len(scans), recording.tally.bad_rows) == (1, 1)


def test_bytes_that_are_no_text_cost_one_row(write: Callable[..., Path]) -> None:
    recording, scans = read(write(b"LOAD,TEMP,VIB\n1,2,3\n\xff\xfe\x00\n4,5,6\n"))
    assert (len(scans), recording.tally.bad_rows) == (2, 1)


# ---- what is wrong with a file: one line


HEADER = b"LOAD,TEMP,VIB\n"
STREAM = zlib.compressobj(wbits=31)
CUT_OFF = STREAM.compress(HEADER) + STREAM.flush(zlib.Z_SYNC_FLUSH)
PACKED = gzip.compress(HEADER + b"1,2,3\n" * 10_000)
VARIED = gzip.compress(HEADER + b"".join(b"1,%d,3\n" % (i * 7919 % 1000) for i in range(10_000)))
BAD_FILES = {
    "empty": (b"", "is empty; expected a first line with the names of the columns"),
    "header only": (HEADER, "no usable row; expected at least one below the column names"),
    "no good row": (HEADER + b"x\ny\n", "no usable row: pump.csv: line 2: 1 cells; expected 3"),
    "binary": (
        bytes(range(256)) * 9,
        "is not text in UTF-8 or GB18030; expected a first line with the names of the columns",
    ),
    "utf-16": (HEADER.decode().encode("utf-16"), "is not text in UTF-8"),
    "no header": (b"1,2,3\n4,5,6\n", 'no column "LOAD"; expected every tag of PMP'),
    "typing error": (b"LOAD,TMEP,VIB\n1,2,3\n", 'no column "TEMP"; expected every tag of PMP; nearest: "TMEP"'),
    "column twice": (b"LOAD,TEMP,VIB,TEMP\n1,2,3,4\n", 'more than one column "TEMP"'),
    "one endless line": (b"x" * (files.MAX_LINE_BYTES + 1), f"line 1 is longer than {files.MAX_LINE_BYTES} bytes"),
    "gzip that ends before its first row": (CUT_OFF, "no usable row: pump.csv: line 2: the gzip file is cut off"),
    "damaged gzip": (VARIED[:2000] + b"\x00" * 40 + VARIED[2040:], "damaged gzip file"),
    "gzip with rubbish behind": (PACKED + b"rubbish", "damaged gzip file: Not a gzipped file"),
    "only the start of gzip": (PACKED[:4], "damaged gzip file"),
    "bomb of one line": (gzip.compress(HEADER + b"0" * (64 << 20)), "line 2 is longer than 1048576 bytes"),
    "bomb of many lines": (
        gzip.compress(HEADER + b"0" * 999 + b"\n" + (b"0" * 999 + b"\n") * (32 << 10)),
        "unpacks to more",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_line(write: Callable[..., Path], name: str) -> None:
    content, expected = BAD_FILES[name]
    path = write(content)
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {expected}")
    assert str(caught.value).isprintable()


def test_a_bomb_is_stopped_by_its_ratio(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(RecordingError, match="a recording packs less than 200-fold"):
        read(write(gzip.compress(HEADER + b"1,2,3\n" * 100_000)))
    assert len(read(write(gzip.compress(HEADER + b"1,2,3\n" * 1000)))[1]) == 1000


def test_a_bomb_is_found_at_its_begin(write: Callable[..., Path]) -> None:
    """Ten megabytes that hold five gigabytes: little more is unpacked than what any file may hold."""
    row = b"1,2," + b" " * 1000 + b"3\n"
    member = gzip.compress(row * 100_000)
    n_members = (10 << 20) // len(member)
    path = write(gzip.compress(HEADER) + member * n_members)
    assert n_members * 100_000 * len(row) > 4 << 30
    recording = Recording([path], BLOCK)
    with pytest.raises(RecordingError, match="a recording packs less than 200-fold"):
        sum(1 for _ in recording.scans())
    assert recording.tally.rows * len(row) < 2 * files.MAX_UNPACKED_BYTES


def test_a_packed_file_has_a_size_that_is_too_much(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TEXT_BYTES", 5000)
    with pytest.raises(RecordingError, match="unpacks to more than 5000 bytes; expected smaller files"):
        read(write(gzip.compress(HEADER + b"1,2,3\n" * 1000)))


def test_of_a_gzip_file_that_is_cut_off_what_is_there_is_played(write: Callable[..., Path]) -> None:
    """A download that broke off; bad rows before it do not hide it, and the next file follows."""
    rows = [f"{i},{i * 7919 % 1000},3\n" for i in range(20_000)]
    rows[:100] = ["oops\n"] * 100
    whole = gzip.compress((HEADER.decode() + "".join(rows)).encode())
    path = write(whole[: len(whole) // 2], "a.csv.gz")
    recording, scans = read([path, write("LOAD,TEMP,VIB\n-1,0,0\n", "b.csv")])
    loads = [scan.values[0, 0] for scan in scans]
    n = len(loads) - 1
    assert 5000 < n < 15_000
    assert loads == [*range(100, 100 + n), -1]
    assert str(recording.tally.named[0]) == (
        f"a.csv.gz: line {n + 102}: the gzip file is cut off here; the rows before it were played"
    )
    assert (recording.tally.rows, recording.tally.bad_rows) == (n + 102, 101)


def test_what_is_no_file(tmp_path: Path) -> None:
    for path, expected in (
        (tmp_path / "nothing.csv", "no such file"),
        (tmp_path, "no recording in this folder; expected files *.csv, *.csv.gz or *.parquet"),
        (Path("/dev/null"), "is not a file"),
    ):
        with pytest.raises(RecordingError) as caught:
            find_files([path])
        assert str(caught.value) == f"{path}: {expected}"


def test_files_must_agree_on_time(write: Callable[..., Path]) -> None:
    paths = [write("LOAD,TEMP,VIB\n1,2,3\n"), write("time,LOAD,TEMP,VIB\n2011-01-01,1,2,3\n", "b.csv")]
    with pytest.raises(RecordingError, match=r"b.csv: has other columns for time or unit than .*pump.csv"):
        read(paths)


def test_several_units_need_their_column(write: Callable[..., Path]) -> None:
    with pytest.raises(RecordingError, match='no column "unit"; expected one, as PMP has 2 units'):
        Recording([write("LOAD,TEMP,VIB\n1,2,3\n")], TWO_UNITS)


# ---- whatever is written


NUMBERS = st.one_of(st.none(), st.floats(width=32, allow_nan=False))
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30)


@settings(deadline=None)
@given(rows=ROWS, packed=st.booleans(), order=st.permutations(["LOAD", "TEMP", "VIB"]))
def test_numbers_come_out_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, ...]], packed: bool, order: list[str]
) -> None:
    places = [BLOCK.tag_index[code] for code in order]
    lines = [",".join("" if row[i] is None else repr(row[i]) for i in places) for row in rows]
    text = "\n".join([",".join(order), *lines]).encode()
    path = tmp_path_factory.mktemp("rows") / "r.csv"
    path.write_bytes(gzip.compress(text) if packed else text)
    recording, scans = read(path)
    expected = np.array([[np.nan if x is None else x for x in row] for row in rows], np.float32)
    np.testing.assert_array_equal(np.concatenate([scan.values for scan in scans]), expected)
    assert recording.tally.bad_rows == 0


@settings(deadline=None)
@given(content=st.binary(max_size=400), header=st.booleans())
def test_whatever_is_in_a_file_it_is_played_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, header: bool
) -> None:
    path = tmp_path_factory.mktemp("any") / "r.csv"
    path.write_bytes((HEADER if header else b"") + content)
    try:
        recording, scans = read(path)
    except RecordingError as error:
        message = str(error)
    else:
        message = ""
        assert [scan.time_ns for scan in scans] == sorted({scan.time_ns for scan in scans})
        assert len(scans) <= recording.tally.rows <= len(scans) + recording.tally.bad_rows
    assert "\n" not in message


@given(st.integers(0, (LAST_NS - START_NS) // 10**9 - 1))
def test_times_are_read_as_they_are_shown(seconds: int) -> None:
    time_ns = START_NS + seconds * 10**9
    assert parse_time_ns(time_text(time_ns)) == time_ns


def test_a_recording_is_read_as_it_is_played(write: Callable[..., Path]) -> None:
    """Nothing is read ahead of the scan that is asked for: a damaged end does not spoil the beginning."""
    path = write(PACKED[:-20])
    scans: Iterator[Scan] = Recording([path], BLOCK).scans()
    assert [next(scans).seq for _ in range(100)] == list(range(100))
