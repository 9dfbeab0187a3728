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


def escape(text: str, *, measurement: bool = False) -> str:
    r"""Escape a measurement, tag key or tag value; line breaks become spaces, since the protocol cannot hold them.

    >>> escape("guide bearing,top=1")
    'guide\\ bearing\\,top\\=1'
    """
    flat = text.replace("\n", " ").replace("\r", " ").rstrip("\\") or "-"
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
        self._fields = [f"{escape(field)}=" for field in fields]
        self._templates: dict[tuple[bytes, bytes], list[str]] = {}
        self._all = np.arange(len(series))

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
            rows, key = self._all, (b"", b"")
        else:
            values, key = values[rows], (rows.tobytes(), b"")
        finite = np.abs(values) < MOST
        if finite.all():
            return self._render(values, rows, None, time_ms, key), len(rows)
        # Rows that lack the same fields are rendered together; a number stands for a pattern, since sorting rows is slow.
        bits = 1 << np.arange(finite.shape[1])
        patterns = finite @ bits
        parts, count = [], 0
        for pattern in np.unique(patterns):
            if pattern:
                chosen, fields = patterns == pattern, (pattern & bits) > 0
                key = (rows[chosen].tobytes(), fields.tobytes())
                parts.append(self._render(values[chosen][:, fields], rows[chosen], fields, time_ms, key))
                count += int(chosen.sum())
        return "".join(parts), count

    def _render(
        self,
        values: NDArray[np.float64],
        rows: NDArray[np.intp],
        present: NDArray[np.bool_] | None,
        time_ms: int,
        key: tuple[bytes, bytes],
    ) -> str:
        if not len(rows):
            return ""
        template = self._templates.get(key)
        if template is None:
            template = self._template(rows, present)
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            self._templates[key] = template
        # One call formats all numbers, one joins them with the fixed text: a tenth of what a format string per line would cost.
        numbers = msgspec.json.encode(np.round(values, DECIMALS).ravel().tolist()).decode()[1:-1].split(",")
        pieces, stride = template.copy(), 2 * values.shape[1] + 1
        for field in range(values.shape[1]):
            pieces[2 * field + 1 :: stride] = numbers[field :: values.shape[1]]
        end = f" {time_ms}\n"
        pieces[stride - 1 :: stride] = [end] * len(rows)
        return "".join(pieces)

    def _template(self, rows: NDArray[np.intp], present: NDArray[np.bool_] | None) -> list[str]:
        """For every line: the text before its first number, a gap, the text before the next, a gap ..., a gap for the time."""
        fields = self._fields if present is None else [self._fields[i] for i in np.flatnonzero(present)]
        pieces = []
        for row in rows:
            pieces += [self._prefixes[row] + fields[0], ""]
            for field in fields[1:]:
                pieces += ["," + field, ""]
            pieces.append("")
        return pieces
