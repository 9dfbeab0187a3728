"""A Parquet file is read as its rows; one that is made to burst is refused by what its footer says, or its cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from replay import files, parquet_lines
from replay.files import RecordingError, read_lines

N = 1_234_567
"""Rows: a number that occurs in a footer for nothing else."""


def lines(path: Path) -> list[str]:
    return [line for _, line in read_lines(path)]


def refused(path: Path) -> str:
    """The one line with which it is refused, without its path."""
    with pytest.raises(RecordingError) as caught:
        lines(path)
    told = str(caught.value)
    assert told.isprintable()
    return told.removeprefix(f"{path}: ")


def varint(value: int) -> bytes:
    """A whole number as the footer has it: zigzag, seven bits a byte."""
    value, out = 2 * value, []
    while value > 127:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def claiming(path: Path, rows: int) -> None:
    """Let the footer of a file with `N` rows say that they are so many."""
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    footer = data[-8 - length : -8].replace(varint(N), varint(rows))
    path.write_bytes(data[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def test_rows_come_as_lines(tmp_path: Path) -> None:
    """Also of columns whose names are alike in part, of lists between others, and of text that is kept once."""
    path = tmp_path / "r.parquet"
    table = pa.table(
        {
            "a": [1, 2],
            "many": [[1, 2], [3]],
            "a.b": [0.5, None],
            "word": ["on, off", None],
            "raw": [b"x", b"y"],
            "state": pa.array(["run", "stop"]).dictionary_encode(),
        }
    )
    parquet.write_table(table, path)
    assert lines(path) == ["a,many,a.b,word,raw,state", "1,,0.5,on  off,,run", "2,,,,,stop"]


def test_a_column_that_unpacks_a_thousand_fold_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    table = pa.table({"a": np.full(4 << 20, 7.0)})
    parquet.write_table(table, path, use_dictionary=False, compression="gzip")
    assert path.stat().st_size < 100_000
    assert "a recording packs less than 200-fold" in refused(path)


def test_a_footer_that_claims_too_many_rows_is_not_believed(tmp_path: Path) -> None:
    """A constant takes ten bytes, however often it comes; so the values count."""
    path = tmp_path / "r.parquet"
    parquet.write_table(pa.table({"a": pa.nulls(N, pa.int64()).fill_null(7)}), path, row_group_size=N)
    claiming(path, 10**12)
    most = files.MAX_TEXT_BYTES // parquet_lines.VALUE_BYTES
    assert refused(path) == f"its footer claims {10**12} values; expected at most {most}"


def test_a_row_group_has_to_fit_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.parquet"
    parquet.write_table(pa.table({"a": range(10_000)}), path, use_dictionary=False)
    monkeypatch.setattr(parquet_lines, "MAX_CHUNK_BYTES", 50_000)
    assert "in one row group; expected at most 50000: smaller row groups" in refused(path)


def test_a_footer_has_to_fit_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.parquet"
    parquet.write_table(pa.table({"a": range(10_000)}), path)
    monkeypatch.setattr(parquet_lines, "MAX_FOOTER_BYTES", 100)
    assert "a Parquet footer of " in refused(path)


def test_a_text_that_is_kept_once_for_all_rows_is_a_bomb(tmp_path: Path) -> None:
    """A megabyte in each of a hundred thousand rows: a hundred gigabytes in two."""
    path = tmp_path / "r.parquet"
    word = "x" * (1 << 20)
    table = pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array([word]))})
    parquet.write_table(table.replace_schema_metadata(None), path, store_schema=False)
    assert path.stat().st_size < 2 << 20
    assert refused(path) == f"column a: a text of {1 << 20} bytes; expected at most {parquet_lines.MAX_CELL_BYTES}"


def test_lists_are_not_unpacked(tmp_path: Path) -> None:
    """Ten million zeros in one cell take no more than their name."""
    path = tmp_path / "r.parquet"
    zeros = pa.nulls(10_000_000, pa.int64()).fill_null(0)
    parquet.write_table(pa.table({"a": [1], "b": pa.ListArray.from_arrays(pa.array([0, len(zeros)]), zeros)}), path)
    before = pa.total_allocated_bytes()
    del zeros
    pool = pa.default_memory_pool()
    assert lines(path) == ["a,b", "1,"]
    assert pool.bytes_allocated() <= before
