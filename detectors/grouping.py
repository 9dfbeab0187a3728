"""First cause first: which warning another one belongs to, so that one fault is one page, and hides nothing.

A warning that opens joins the oldest one that stands

- in its unit, if the likely failure mode of that one shows in its component too; or
- in its station, once units in number have opened a warning within `Tuning.group_s`: `UNITS_LEAST`, and a third of all.

It keeps a life of its own; `EarlyWarning.cause` is the id of the one it joined.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.base import Mask
from detectors.lifecycle import LifeCycle, Slot

UNITS_LEAST: Final = 3
"""Units that warn together before they are taken for one event of the station."""
UNITS_SHARE: Final = 1.0 / 3.0
"""And at least so much of the station."""
NONE: Final = -1


class Groups:
    """Which warning each one of a block belongs to: the slot it joined, as one number, and the onset of what stood there then."""

    def __init__(self, n_rows: int, n_components: int, *, group_s: float) -> None:
        self._cause = np.full((n_rows, n_components), NONE, dtype=np.int64)
        self._onset_ns = np.zeros((n_rows, n_components), dtype=np.int64)
        self._shown = np.zeros((n_rows, n_components, n_components))
        self._group_ns = round(group_s * 1e9)

    def join(self, at: Slot, shows: Mask, life: LifeCycle, time_ns: int) -> None:
        """Find the place of a warning that has just opened; ``shows`` (n_components,): where its likely mode shows too."""
        self._shown[at] = shows
        self._cause[at] = NONE
        standing = life.standing.copy()
        standing[at] = False
        found = self._in_unit(at, standing[at[0]], life.opened_ns[at[0]])
        if found is None:
            found = self._in_station(at, standing, life.opened_ns, time_ns)
        if found is None:
            return
        if self._cause[found] != NONE:
            self._cause[at], self._onset_ns[at] = self._cause[found], self._onset_ns[found]
        else:
            self._cause[at] = np.ravel_multi_index(found, self._cause.shape)
            self._onset_ns[at] = life.onset_ns[found]

    def _in_unit(self, at: Slot, standing: Mask, opened_ns: NDArray[np.int64]) -> Slot | None:
        unit, component = at
        older = np.flatnonzero(standing & (self._shown[unit, :, component] > 0))
        return (unit, int(older[opened_ns[older].argmin()])) if len(older) else None

    def _in_station(self, at: Slot, standing: Mask, opened_ns: NDArray[np.int64], time_ns: int) -> Slot | None:
        lately: Mask = standing & (time_ns - opened_ns <= self._group_ns)
        lately[at[0]] = False
        units = int(np.logical_or.reduce(lately, axis=1).sum()) + 1
        if units < max(UNITS_LEAST, UNITS_SHARE * len(standing)):
            return None
        when = np.where(lately, opened_ns, np.iinfo(np.int64).max)
        row, column = np.unravel_index(int(when.argmin()), when.shape)
        return int(row), int(column)

    def cause(self, at: Slot) -> tuple[Slot, int] | None:
        """Place and onset [ns] of the warning that the one at ``at`` belongs to; None = it stands for itself.

        The onset is part of what it joined: by and by another episode may stand in the same place.
        """
        place = int(self._cause[at])
        if place == NONE:
            return None
        row, column = np.unravel_index(place, self._cause.shape)
        return (int(row), int(column)), int(self._onset_ns[at])

    def snapshot(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The state; arrays are copies."""
        return {"cause": self._cause.copy(), "onset_ns": self._onset_ns.copy(), "shown": self._shown.copy()}

    def restore(self, state: dict[str, NDArray[np.float64] | NDArray[np.int64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._cause = state["cause"].astype(np.int64)
        self._onset_ns = state["onset_ns"].astype(np.int64)
        self._shown = state["shown"].astype(np.float64)
