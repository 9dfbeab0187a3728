"""Writes scans as a recording: one file a station, Parquet or CSV, a column a tag, a row for each unit and time."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from replay.tables import UNIT_COLUMN
from stations.plant import Block
from stations.scan import Scan

Format = Literal["parquet", "csv"]
ROWS_MAX: Final = 16_384
"""Rows that wait to be written, and rows of a group in a Parquet file."""


class Recorder:
    """A recording under way, in ``folder``/``station``.parquet or .csv; to be used with ``with``.

    Rows stand in the order in which the scans came. Readings without a good value are empty cells. `replay.Recording`
    reads it back, value for value. A Parquet file says of which revision of the catalogue it is, under ``wanbiao.revision``.

    Parameters
    ----------
    folder : must exist.   block : whose scans come.   kind : of the file.

    Raises
    ------
    OSError : the file cannot be written.
    """

    def __init__(self, folder: Path, block: Block, kind: Format = "parquet") -> None:
        self.path = folder / f"{block.station}.{kind}"
        self.rows = 0
        self._block = block
        self._units = pa.array(block.units, pa.string())
        fields = [("time", pa.timestamp("ms", "UTC")), (UNIT_COLUMN, pa.string())]
        about = {"wanbiao.station": block.station, "wanbiao.revision": block.revision}
        self._schema = pa.schema(fields + [(tag.code, pa.float32()) for tag in block.tags], metadata=about)
        self._writer: Any
        if kind == "parquet":
            self._writer = parquet.ParquetWriter(self.path, self._schema, compression="zstd")
        else:
            options = csv.WriteOptions(quoting_style="none")
            self._writer = csv.CSVWriter(self.path, self._schema, write_options=options)
        self._times: list[int] = []
        self._values: list[Any] = []

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()

    def write(self, scan: Scan) -> None:
        """Add one scan of the block."""
        self._times.append(scan.time_ns)
        self._values.append(scan.values)
        if len(self._times) * len(self._block.units) >= ROWS_MAX:
            self._flush()

    def _flush(self) -> None:
        if not self._times:
            return
        n, u = len(self._times), len(self._block.units)
        times = np.repeat(np.array(self._times, np.int64) // 10**6, u)
        values = np.concatenate(self._values).reshape(n * u, len(self._block.tags))
        units = pa.concat_arrays([self._units] * n)
        columns = [
            pa.array(np.ascontiguousarray(values[:, i]), pa.float32(), from_pandas=True) for i in range(values.shape[1])
        ]
        stamps = pa.array(times, pa.timestamp("ms", "UTC"))
        self._writer.write_table(pa.table([stamps, units, *columns], schema=self._schema))
        self.rows += n * u
        self._times, self._values = [], []
