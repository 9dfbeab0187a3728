"""What was said of each row of a recording, unit by unit, and what was true of it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.events import HealthScore
from stations.plant import Block
from stations.simulate.labels import Label

Rows = NDArray[np.bool_]

LATE_NS: Final = 3600 * 10**9
"""What is said so soon after a repair is of what was repaired [ns]."""


class UnitRows(NamedTuple):
    """The rows of one unit, all (t,).

    Parameters
    ----------
    period_s : time between two rows [s].
    judged : it had a score: it runs, and was learned.
    said : an early warning was open.
    opens : the first row of an early warning.
    failing : a labelled failure develops.
    left_out : a failure is complete and was not repaired, so that nothing is known.
    """

    period_s: float
    judged: Rows
    said: Rows
    opens: Rows
    failing: Rows
    left_out: Rows


class Answers:
    """What a monitor said of a block, scan by scan; two bits for each unit and scan."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._time_ns = array("q")
        self._judged, self._said = bytearray(), bytearray()

    def take(self, event: HealthScore) -> None:
        """Keep what was said of a scan; those of other blocks are passed over."""
        if (event.station, event.block) == (self._block.station, self._block.code):
            self._time_ns.append(event.time_ns)
            self._judged += np.packbits(~np.isnan(event.score).all(axis=1)).tobytes()
            self._said += np.packbits((event.level > 0).any(axis=1)).tobytes()

    def rows(self, labels: Sequence[Label]) -> Iterator[UnitRows]:
        """The rows of each unit beside the failures among the labels; of no scan no rows."""
        if not self._time_ns:
            return
        n_units, time_ns = len(self._block.units), np.array(self._time_ns)
        judged, said = (
            np.unpackbits(np.frombuffer(some, np.uint8).reshape(len(time_ns), -1), axis=1, count=n_units).astype(bool)
            for some in (self._judged, self._said)
        )
        for i, unit in enumerate(self._block.units):
            of_unit = [
                one
                for one in labels
                if one.category == "failure" and one.station == self._block.station and one.unit in ("", unit)
            ]
            failing, left_out = _truth(time_ns, of_unit)
            before = np.concatenate([[False], said[:-1, i]])
            yield UnitRows(self._block.period_s, judged[:, i], said[:, i], said[:, i] & ~before, failing, left_out)


def _truth(time_ns: NDArray[np.int64], failures: Sequence[Label]) -> tuple[Rows, Rows]:
    """Where one of the failures of a unit develops, and where one is complete but none develops."""
    failing, complete = np.zeros(len(time_ns), bool), np.zeros(len(time_ns), bool)
    for one in failures:
        repaired_ns = np.iinfo(np.int64).max if one.repaired_ns is None else one.repaired_ns
        failing |= (time_ns >= one.start_ns) & (time_ns <= min(one.end_ns, repaired_ns))
        complete |= (time_ns > min(one.end_ns, repaired_ns)) & (time_ns - LATE_NS <= repaired_ns)
    return failing, complete & ~failing
