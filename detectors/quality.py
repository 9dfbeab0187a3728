"""Data quality at the door: a reading is good, or it is NaN from here on; a sensor that stays bad is reported once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detectors.base import Array, Mask, Values
from detectors.compiled import compiled
from stations.plant import Block
from stations.scan import BAD, Scan

WHOLE_UNIT = -1
"""Stands for the tag where every sensor of a unit changed at once."""


class StillTags:
    """Tags that stood still in the learn rows, each of them until it moves.

    Parameters
    ----------
    learned : (t, n) good values of the learn rows [unit of each tag]; a tag that half of them lack did not stand still.
    resolution : (n,) what each has to move by, to have moved [as learned].
    """

    def __init__(self, learned: Array, resolution: Array) -> None:
        known = ~np.isnan(learned)
        first = np.take_along_axis(learned, known.argmax(axis=0)[None], axis=0)[0]
        self._level, self._resolution = first, resolution
        moved = (np.abs(learned - first) > resolution).any(axis=0)
        self._still: Mask = ~moved & (2 * known.sum(axis=0) >= len(learned)) & ~np.isnan(first)

    def step(self, x: Array) -> Iterator[tuple[int, int]]:
        """Row and tag of each that moves now for the first time, by good values ``x`` (t, n), in the order of rows."""
        columns = np.flatnonzero(self._still)
        if not len(columns):
            return
        moves = np.abs(x[:, columns] - self._level[columns]) > self._resolution[columns]
        moving = np.flatnonzero(moves.any(axis=0))
        self._still[columns[moving]] = False
        rows = moves.argmax(axis=0)
        for i in sorted(moving.tolist(), key=lambda i: int(rows[i])):
            yield int(rows[i]), int(columns[i])


class QualityGate:
    """Range check and source quality of one block.

    A reading is good if its source does not call it bad, it is finite, and it lies inside the range its sensor can report.
    ``bad_scans`` readings in a row without a good value make a sensor bad, as many good ones make it good again.

    What is reported adds up: a sensor is on record as bad from its change to True until its change to False, a whole unit
    likewise. While a unit is not silent, the sensors on record are exactly those that are bad.
    """

    def __init__(self, block: Block, *, bad_scans: int) -> None:
        self._low = np.array([tag.low for tag in block.tags])
        self._high = np.array([tag.high for tag in block.tags])
        self._bad_scans = bad_scans
        self._run = np.zeros(block.shape)
        self._bad: Mask = np.zeros(block.shape, dtype=bool)
        self._reported: Mask = np.zeros(block.shape, dtype=bool)
        self._silent: Mask = np.zeros(len(block.units), dtype=bool)

    def values(self, scan: Scan) -> Values:
        """(n_units, n_tags) float64 [unit of each tag] of a scan, NaN where there is no good value. Changes nothing."""
        x = scan.values.astype(np.float64)
        bad = ~((x >= self._low) & (x <= self._high))
        if scan.quality is not None:
            bad |= scan.quality >= BAD
        x[bad] = np.nan
        return x

    def inside(self, x: Array) -> Array:
        """Rows ``x`` (t, n_tags) [unit of each tag], NaN where there is no good value. Changes nothing."""
        good: Array = np.where((x >= self._low) & (x <= self._high), x, np.nan)
        return good

    @property
    def bad(self) -> Mask:
        """(n_units, n_tags) sensors that are bad; not to be changed."""
        return self._bad

    @property
    def busy(self) -> bool:
        """Whether a sensor is bad, or counted towards it; if not, rows of good values change nothing."""
        return bool(self._run.any() or self._bad.any())

    def step(self, x: Values) -> Iterator[tuple[int, int, bool]]:
        """Take the values of one scan in; yields (unit, tag, is_bad) for each change of the record.

        When the last sensors of a unit turn bad, one change with tag ``WHOLE_UNIT`` stands for them, and so it does when the
        first are good again; those that stay bad are then put on record one by one.
        """
        if not _count(x, self._bad, self._bad_scans, self._run):
            return
        turned = self._run >= self._bad_scans
        self._bad = self._bad ^ turned
        self._run[turned] = 0.0
        silent: Mask = np.logical_and.reduce(self._bad, axis=1)
        together = silent != self._silent
        self._silent = silent
        changed = (self._bad != self._reported) & ~silent[:, None]
        self._reported = self._reported ^ changed
        for unit in np.flatnonzero(together):
            yield int(unit), WHOLE_UNIT, bool(silent[unit])
        for unit, tag in np.argwhere(changed):
            yield int(unit), int(tag), bool(self._bad[unit, tag])

    def snapshot(self) -> dict[str, Array]:
        """The state; arrays are copies."""
        return {
            "run": self._run.copy(),
            "bad": self._bad.astype(np.float64),
            "reported": self._reported.astype(np.float64),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._run = state["run"].copy()
        self._bad = state["bad"] > 0.0
        self._reported = state["reported"] > 0.0
        self._silent = np.logical_and.reduce(self._bad, axis=1)


@compiled
def _count(x: Array, bad: Mask, bad_scans: float, run: Array) -> bool:
    """Readings in a row that are not as the record has it, of every sensor; whether any are so many that it turns."""
    any_turned = False
    for u in range(x.shape[0]):
        for j in range(x.shape[1]):
            run[u, j] = run[u, j] + 1.0 if np.isnan(x[u, j]) != bad[u, j] else 0.0
            any_turned = any_turned or run[u, j] >= bad_scans
    return any_turned
