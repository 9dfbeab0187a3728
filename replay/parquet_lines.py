"""A Parquet file as the lines of the CSV file that it could have been; its footer is judged before anything is unpacked.

A footer may claim less than its pages hold: against that there is no bound but the 2 GiB that a page may have by its format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from replay.files import MAX_TEXT_BYTES, RecordingError, check_unpacked

BATCH_ROWS: Final = 4096
"""Rows that are unpacked at a time."""
MAX_FOOTER_BYTES: Final = 16 << 20
"""The footer itself [bytes]: a thousand row groups of a hundred columns take a tenth of it."""
MAX_CHUNK_BYTES: Final = 1 << 30
"""One column of one row group, unpacked [bytes]: a page of it has to fit in memory."""
MAX_CELL_BYTES: Final = 64 << 10
"""Text in a cell [bytes]: stored once for all its rows, it costs as much memory as a batch has rows."""
VALUE_BYTES: Final = 8
"""What a value counts for: a file may say in ten bytes that one comes a billion times."""


def read_parquet(path: Path, raw: BinaryIO, advanced: Callable[[int], object]) -> Iterator[tuple[int, str]]:
    """As `replay.files.read_lines`, which reads the files that begin as Parquet does."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    size, told = path.stat().st_size, 0
    _check_footer(path, raw, size)
    try:
        metadata = parquet.read_metadata(raw)
        _check_claims(path, metadata, size)
        schema = metadata.schema.to_arrow_schema()
        texts = [one.name for one in schema if _is_text(one.type)]
        file = parquet.ParquetFile(raw, metadata=metadata, read_dictionary=texts)
        yield 1, ",".join(_quoted(name) for name in schema.names)
        number, n_rows = 1, max(1, metadata.num_rows)
        for batch in file.iter_batches(BATCH_ROWS, columns=[one.name for one in schema if _is_single(one.type)]):
            text = pa.BufferOutputStream()
            csv.write_csv(
                _plain(path, batch, schema), text, csv.WriteOptions(include_header=False, quoting_style="none")
            )
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


def _check_footer(path: Path, raw: BinaryIO, size: int) -> None:
    """RecordingError if the footer says that it is longer than one is; whether it is one at all, others say."""
    raw.seek(max(size - 8, 0))
    claimed = int.from_bytes(raw.read(4), "little")
    raw.seek(0)
    if MAX_FOOTER_BYTES < claimed < size:
        raise RecordingError(f"{path}: a Parquet footer of {claimed} bytes; expected at most {MAX_FOOTER_BYTES}")


def _check_claims(path: Path, metadata: Any, size: int) -> None:
    """RecordingError if the columns are said to unpack to more than those of a recording."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    unpacked = [chunk.total_uncompressed_size for chunk in chunks]
    check_unpacked(path, sum(unpacked), size)
    if max(unpacked, default=0) > MAX_CHUNK_BYTES:
        few = f"expected at most {MAX_CHUNK_BYTES}: smaller row groups"
        raise RecordingError(f"{path}: a column of {max(unpacked)} bytes in one row group; {few}")
    n_values = max(metadata.num_rows, sum(chunk.num_values for chunk in chunks))
    if n_values * VALUE_BYTES > MAX_TEXT_BYTES:
        most = MAX_TEXT_BYTES // VALUE_BYTES
        raise RecordingError(f"{path}: its footer claims {n_values} values; expected at most {most}")


def _quoted(name: str) -> str:
    """The name of a column as a cell of the first line."""
    name = " ".join(name.split())
    return '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_single(kind: Any) -> bool:
    """Whether cells of such a column hold one value that text can show."""
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _plain(path: Path, batch: Any, schema: Any) -> Any:
    """A batch whose cells need no quotes: text without commas and line ends; of what is no single value, nothing.

    What is no single value was not even unpacked: a list may be as long as a file says.
    """
    import pyarrow as pa
    from pyarrow import compute

    unpacked = iter([column for column in batch.columns if _is_single(column.type)])
    columns = []
    for one in schema:
        if not _is_single(one.type):
            columns.append(pa.nulls(batch.num_rows, pa.string()))
            continue
        column = next(unpacked)
        if pa.types.is_dictionary(column.type):
            if _is_text(column.type.value_type):
                longest = compute.max(compute.binary_length(column.dictionary)).as_py() or 0
                if longest > MAX_CELL_BYTES:
                    few = f"expected at most {MAX_CELL_BYTES}"
                    raise RecordingError(f"{path}: column {_quoted(one.name)}: a text of {longest} bytes; {few}")
            column = column.dictionary_decode()
        if _is_text(column.type):
            column = compute.replace_substring_regex(column, r'[,"\r\n]', " ")
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=schema.names)
