"""The files of a recording as lines of text: plain, gzip or Parquet, one after the other, in bounded memory.

A row is a line: a quoted cell never spans two lines, so a stray quote costs one row and not the rest of the file.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")
"""What is played from a folder; a file that is named itself may be called anything."""
MAX_LINE_BYTES: Final = 1 << 20
"""Longest line [bytes]: some ten thousand columns. A file without line ends is not a table."""
MAX_UNPACKED_BYTES: Final = 16 << 20
"""What any packed file may hold [bytes], however small it is; beyond, `MAX_RATIO` holds."""
MAX_RATIO: Final = 200
"""Unpacked bytes per packed byte [-]: telemetry packs 3- to 20-fold, a decompression bomb a thousand-fold."""
MAX_TEXT_BYTES: Final = 64 << 30
"""What a packed file may hold [bytes], however large it is: a hundred columns each second for two years."""
TELL_BYTES: Final = 64 << 10
"""Progress is told each time so much text was read [bytes]."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_PARQUET_MAGIC: Final = b"PAR1"


class RecordingError(ValueError):
    """A recording that cannot be played; one line for people, with the file and what is wrong with it."""


class CutOffError(RecordingError):
    """A gzip file that ends too early; what is in front of ``line`` was read, and is as it was written."""

    def __init__(self, path: Path, line: int) -> None:
        self.line = line
        super().__init__(f"{path}: damaged gzip file: it is cut off in line {line}")


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
    CutOffError : a gzip file is cut off; lines that are whole came before.
    RecordingError : the file cannot be read, is damaged, or unpacks to more than it may.
    """
    try:
        with path.open("rb") as raw:
            if _begins(raw, _PARQUET_MAGIC):
                from replay.parquet_lines import read_parquet

                yield from read_parquet(path, raw, advanced)
            else:
                yield from _read(path, raw, advanced)
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
    lines = io.BufferedReader(_Unpacked(raw)) if is_packed else raw
    number = n_bytes = told = told_at = allowed = 0
    while line := _line(path, lines, number + 1):
        number += 1
        n_bytes += len(line)
        if len(line) > MAX_LINE_BYTES:
            raise RecordingError(
                f"{path}: line {number} is longer than {MAX_LINE_BYTES} bytes; expected a table of text"
            )
        if is_packed and n_bytes > allowed:
            allowed = check_unpacked(path, n_bytes, raw.tell())
        yield number, _decoded(line, number).rstrip("\r\n")
        if n_bytes - told_at >= TELL_BYTES:
            position = raw.tell()
            advanced(position - told)
            told, told_at = position, n_bytes
    advanced(raw.tell() - told)


class _Unpacked(io.RawIOBase):
    """The text in a gzip file; read by itself, `gzip.GzipFile` loses the last kilobytes before the end of one that is cut off."""

    def __init__(self, raw: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        text = self._file.read1(len(buffer))
        buffer[: len(text)] = text
        return len(text)


def _line(path: Path, lines: io.BufferedReader | BinaryIO, number: int) -> bytes:
    """The next line; of one that is cut off nothing, since a number that lost its end is another number."""
    try:
        return lines.readline(MAX_LINE_BYTES + 1)
    except EOFError:
        if number == 1:
            raise
        raise CutOffError(path, number) from None


def check_unpacked(path: Path, n_bytes: int, packed: int) -> int:
    """How many bytes may come out of ``packed`` bytes; RecordingError if ``n_bytes`` are more, as no recording packs so well.

    It holds all along the way, so that a bomb is found at its begin, whatever its size.
    """
    if n_bytes > MAX_TEXT_BYTES:
        raise RecordingError(f"{path}: unpacks to more than {MAX_TEXT_BYTES} bytes; expected smaller files")
    most = MAX_UNPACKED_BYTES + MAX_RATIO * packed
    if n_bytes > most:
        raise RecordingError(f"{path}: unpacks to more than {most} bytes; a recording packs less than {MAX_RATIO}-fold")
    return min(most, MAX_TEXT_BYTES)
