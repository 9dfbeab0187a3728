"""One scan: every reading of one block at one sample time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GOOD, UNCERTAIN, BAD = 0, 1, 2
"""The OPC quality triad as one byte per reading."""
FIRST_NS = 946_684_800_000_000_000
"""2000-01-01: older times are clocks that were never set, or milliseconds taken for nanoseconds [ns since 1970]."""
LAST_NS = 4_102_444_800_000_000_000
"""2100-01-01 [ns since 1970]."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """All readings of one block at one event time, as they travel on the wire.

    Parameters
    ----------
    station, block : codes of the catalogue, e.g. ``"YXK"`` and ``"units"``.
    revision : catalogue revision that fixes the order of units and tags.
    seq : running number given by the source; informative, never used to decide.
    time_ns : event time, integer nanoseconds since 1970-01-01 UTC.
    values : (n_units, n_tags) float32 [unit of each tag]; NaN = no good value.
    quality : (n_units, n_tags) uint8 of ``GOOD``, ``UNCERTAIN``, ``BAD``; None = all good.

    Examples
    --------
    >>> scan = Scan("YXK", "units", "r1", 0, 1_767_225_600_000_000_000, np.zeros((4, 2), np.float32))
    >>> scan.time_s
    1767225600.0
    """

    station: str
    block: str
    revision: str
    seq: int
    time_ns: int
    values: NDArray[np.float32]
    quality: NDArray[np.uint8] | None = None

    @property
    def time_s(self) -> float:
        """Event time [s since 1970-01-01 UTC]."""
        return self.time_ns / 1e9
