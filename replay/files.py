"""The files of a recording as lines of text: plain, gzip or Parquet, one after the other, in bounded memory.

A row is a line: a quoted cell never spans two lines, so a stray quote costs one row and not the rest of the file.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")
"""What is played from a folder; a file that is named itself may be called anything."""
MAX_LINE_BYTES: Final = 1 << 20
"""Longest line [bytes]: some ten thousand columns. A file without line ends is not a table."""
MAX_UNPACKED_BYTES: Final = 16 << 20
"""Text that any gzip file may hold [bytes], however small it is; beyond, `MAX_RATIO` holds."""
MAX_RATIO: Final = 200
"""Text in a gzip file per packed byte [-]: telemetry packs 3- to 20-fold, a decompression bomb a thousand-fold."""
TELL_BYTES: Final = 64 << 10
"""Progress is told each time so much text was read [bytes]."""
BATCH_ROWS: Final = 4096
"""Rows of a Parquet file that are unpacked at a time."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_PARQUET_MAGIC: Final = b"PAR1"


class RecordingError(ValueError):
    """A recording that cannot be played; one line for people, with the file and what is wrong with it."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files to play, in order: each path itself, and of a folder its ``SUFFIXES`` files sorted by name.

    Raises
    ------
    RecordingError : a path is neither a file nor a folder, or a folder holds no recording.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.name.lower().endswith(SUFFIXES) and p.is_file())
            if not found:
                raise RecordingError(
                    f"{path}: no recording in this folder; expected files *.csv, *.csv.gz or *.parquet"
                )
            files += found
        elif path.is_file():
            files.append(path)
        else:
            raise RecordingError(f"{path}: {'is not a file' if path.exists() else 'no such file'}")
    return files


def read_lines(path: Path, advanced: Callable[[int], object] = lambda n_bytes: None) -> Iterator[tuple[int, str]]:
    """Number and text of every line, without its line end; numbers count from 1.

    A line that is no UTF-8 is read as GB18030, which holds GBK, as spreadsheets write it in China; bytes that are neither show as
    ``\\ufffd``. ``advanced`` is told now and then how many more bytes of the file [as stored] have been read.

    Raises
    ------
    RecordingError : the file cannot be read, is damaged, or unpacks to more than it may.
    """
    try:
        with path.open("rb") as raw:
            yield from (_read_parquet if _begins(raw, _PARQUET_MAGIC) else _read)(path, raw, advanced)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordingError(f"{path}: damaged gzip file: {error}") from None
    except OSError as error:
        first = str(error.strerror or error).partition("\n")[0]  # a damaged Parquet file may be told in several lines
        raise RecordingError(f"{path}: {first}") from None


def names_its_columns(path: Path) -> bool:
    """Whether the first line of `read_lines` is sure to hold the names of the columns: that of a Parquet file does."""
    with path.open("rb") as raw:
        return _begins(raw, _PARQUET_MAGIC)


def _begins(raw: BinaryIO, magic: bytes) -> bool:
    """Whether a file begins with these bytes; it is read from its beginning afterwards."""
    found = raw.read(len(magic)) == magic
    raw.seek(0)
    return found


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return line.decode("gb18030")
    except UnicodeDecodeError:
        return line.decode("utf-8", errors="replace")


def _read(path: Path, raw: BinaryIO, advanced: Callable[[int], object]) -> Iterator[tuple[int, str]]:
    is_packed = _begins(raw, _GZIP_MAGIC)
    lines = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))) if is_packed else raw
    most = max(MAX_UNPACKED_BYTES, MAX_RATIO * path.stat().st_size) if is_packed else None
    number = n_bytes = told = told_at = 0
    while line := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        n_bytes += len(line)
        if len(line) > MAX_LINE_BYTES:
            raise RecordingError(
                f"{path}: line {number} is longer than {MAX_LINE_BYTES} bytes; expected a table of text"
            )
        if most is not None and n_bytes > most:
            raise RecordingError(
                f"{path}: unpacks to more than {most} bytes; a recording packs less than {MAX_RATIO}-fold"
            )
        yield number, _decoded(line, number).rstrip("\r\n")
        if n_bytes - told_at >= TELL_BYTES:
            position = raw.tell()
            advanced(position - told)
            told, told_at = position, n_bytes
    advanced(raw.tell() - told)


def _read_parquet(path: Path, raw: BinaryIO, advanced: Callable[[int], object]) -> Iterator[tuple[int, str]]:
    """Its rows as the lines of the CSV file that they could have been."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    size, told = path.stat().st_size, 0
    try:
        file = parquet.ParquetFile(raw)
        yield 1, ",".join(_quoted(name) for name in file.schema_arrow.names)
        number, n_rows = 1, max(1, file.metadata.num_rows)
        for batch in file.iter_batches(BATCH_ROWS):
            text = pa.BufferOutputStream()
            csv.write_csv(_plain(batch), text, csv.WriteOptions(include_header=False, quoting_style="none"))
            for line in text.getvalue().to_pybytes().decode(errors="replace").splitlines():
                number += 1
                yield number, line
            position = size * (number - 1) // n_rows
            advanced(position - told)
            told = position
    except pa.ArrowException as error:
        first = str(error).partition("\n")[0]
        raise RecordingError(f"{path}: damaged Parquet file: {first}") from None
    advanced(size - told)


def _quoted(name: str) -> str:
    """The name of a column as a cell of the first line."""
    name = " ".join(name.split())
    return '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name


def _plain(batch: Any) -> Any:
    """A batch whose cells need no quotes: text without commas and line ends; of what is no single value, nothing."""
    import pyarrow as pa
    from pyarrow import compute

    columns = []
    for column in batch.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.dictionary_decode(), kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            columns.append(compute.replace_substring_regex(column, r'[,"\r\n]', " "))
        elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            columns.append(pa.nulls(len(column), pa.string()))
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
