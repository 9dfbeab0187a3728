"""InfluxDB line protocol for many series at once: prefixes are escaped once, numbers are formatted by one C call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

MAX_TEMPLATES = 128
"""Row selections whose templates are kept; each is about as long as the lines it makes."""
DECIMALS = 4
"""Digits after the point in stored numbers; sensors resolve less."""
MOST = 1e300
"""Numbers beyond it are left out like infinite ones: rounding would overflow."""
_TIME = "\0"
"""Stands for the time in a template; `escape` lets no such character through."""


def escape(text: str, *, measurement: bool = False) -> str:
    r"""Escape a measurement, tag key or tag value; line breaks become spaces, since the protocol cannot hold them.

    >>> escape("guide bearing,top=1")
    'guide\\ bearing\\,top\\=1'
    """
    flat = text.replace("\n", " ").replace("\r", " ").replace(_TIME, " ").rstrip("\\") or "-"
    flat = flat.replace(" ", "\\ ").replace(",", "\\,")
    return flat if measurement else flat.replace("=", "\\=")


def quote(text: str) -> str:
    r"""A string field value.

    >>> quote('3" pipe')
    '"3\\" pipe"'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class LineEncoder:
    """Lines of one measurement for a fixed list of series.

    Parameters
    ----------
    measurement : name of the measurement.
    series : tags of each series, e.g. ``{"station": "YXK", "unit": "1"}``.
    fields : names of the float fields, in the order of the columns given to `encode`.
    """

    def __init__(self, measurement: str, series: Sequence[Mapping[str, str]], fields: Sequence[str]) -> None:
        name = escape(measurement, measurement=True)
        self._prefixes = [
            ",".join([name, *(f"{escape(key)}={escape(value)}" for key, value in tags.items())]) + " "
            for tags in series
        ]
        self._fields = [f"{escape(field)}=".replace("%", "%%") + "%s" for field in fields]
        self._templates: dict[tuple[bytes, bytes], str] = {}

    def encode(
        self, values: NDArray[np.float64], time_ms: int, rows: NDArray[np.intp] | None = None
    ) -> tuple[str, int]:
        """Lines for one event time and how many they are; no line where a series has no number at all.

        Parameters
        ----------
        values : (n_series, n_fields) [unit of the field]; a field that is not finite is left out of its line.
        time_ms : event time [ms since 1970-01-01 UTC].
        rows : series to write; None = all.
        """
        if rows is None:
            rows = np.arange(len(values))
        finite = np.abs(values[rows]) < MOST
        if finite.all():
            return self._render(values[rows], rows, None, time_ms), len(rows)
        # Rows that lack the same fields are rendered together; a number stands for a pattern, since sorting rows is slow.
        bits = 1 << np.arange(finite.shape[1])
        patterns = finite @ bits
        parts, count = [], 0
        for pattern in np.unique(patterns):
            if pattern:
                chosen, fields = rows[patterns == pattern], (pattern & bits) > 0
                parts.append(self._render(values[chosen][:, fields], chosen, fields, time_ms))
                count += len(chosen)
        return "".join(parts), count

    def _render(
        self, values: NDArray[np.float64], rows: NDArray[np.intp], pattern: NDArray[np.bool_] | None, time_ms: int
    ) -> str:
        key = (rows.tobytes(), b"" if pattern is None else pattern.tobytes())
        template = self._templates.get(key)
        if template is None:
            template = self._template(rows, pattern)
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            self._templates[key] = template
        numbers = msgspec.json.encode(np.round(values, DECIMALS).ravel().tolist()).decode()
        return template.replace(_TIME, str(time_ms)) % tuple(numbers[1:-1].split(",")) if len(rows) else ""

    def _template(self, rows: NDArray[np.intp], pattern: NDArray[np.bool_] | None) -> str:
        fields = self._fields if pattern is None else [self._fields[i] for i in np.flatnonzero(pattern)]
        tail = ",".join(fields) + f" {_TIME}\n"
        return "".join(self._prefixes[row].replace("%", "%%") + tail for row in rows)
