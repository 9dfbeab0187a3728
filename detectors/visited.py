"""Where a signal has been: its range, and which bins of a grid over it were visited, for many signals at once.

The grid of a signal is laid when it shows its second distinct value, half as wide again as both; a value beyond it doubles the
bins towards that value. A row costs one look-up in a table of distances, which is mended only for a bin never visited before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask

BINS = 512
"""Half and twice as many lose up to a point on public series."""
JUMP_MOST = 8.0
"""Ranges; a wilder value is taken in as that, or it would make the grid blind to everything between."""
FLAT = 1e-9
"""Relative; a range below is rounding, not a range."""
_WORD = 32
"""Bins in one float of a snapshot, which holds them to the bit."""
_PLACES = np.arange(BINS, dtype=np.int16)
_POWERS = 2.0 ** np.arange(_WORD)


class Visited:
    """Ranges and visited bins of signals of any ``shape``; all arrays below have it, or it and `BINS`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        size = int(np.prod(shape))
        self._least, self._most = np.zeros(size), np.zeros(size)
        self._low, self._width = np.zeros(size), np.ones(size)
        self._count = np.zeros(size)
        self._away: NDArray[np.int16] = np.full((size, BINS), BINS, dtype=np.int16)
        self._all = np.arange(size)

    def distance(self, z: Array) -> Array:
        """Distance from what was visited, in ranges [-]; before there is a range 0 if nothing moved, else `JUMP_MOST`."""
        z = z.ravel()
        span = self._most - self._least
        has_range = span > self._flat()
        outside = np.maximum(np.maximum(z - self._most, self._least - z), 0.0)
        inside = self._away[self._all, self._bin(z)] * self._width
        shares = np.where(outside > 0.0, outside, inside) / np.where(has_range, span, 1.0)
        moved = (self._count > 0.0) & (outside > self._flat())
        return np.where(has_range, shares, np.where(moved, JUMP_MOST, 0.0)).reshape(self.shape)

    def insert(self, z: Array, where: Mask) -> None:
        """Visit the values ``z`` where ``where`` is True."""
        learning = np.broadcast_to(where, self.shape).ravel()
        z = z.ravel()
        span = self._most - self._least
        has_range = span > self._flat()
        reach = np.where(has_range, JUMP_MOST * span, np.inf)
        z = np.clip(z, self._least - reach, self._most + reach)
        first = learning & (self._count == 0.0)
        self._least = np.where(learning, np.where(first, z, np.minimum(self._least, z)), self._least)
        self._most = np.where(learning, np.where(first, z, np.maximum(self._most, z)), self._most)
        self._count += learning
        if not has_range.all():
            self._lay(np.flatnonzero(learning & ~has_range & (self._most - self._least > self._flat())), z)
        beyond = learning & has_range & ((z < self._low) | (z >= self._low + BINS * self._width))
        if beyond.any():
            self._widen(np.flatnonzero(beyond), z)
        place = self._bin(z)
        new = np.flatnonzero(learning & has_range & (self._away[self._all, place] > 0))
        if len(new):
            self._away[new] = np.minimum(self._away[new], np.abs(_PLACES - place[new, None].astype(np.int16)))

    def _flat(self) -> Array:
        return np.asarray(FLAT * np.maximum(np.abs(self._least), np.abs(self._most)) + 1e-100)

    def _bin(self, z: Array) -> NDArray[np.intp]:
        places: NDArray[np.intp] = np.clip((z - self._low) / self._width, 0.0, BINS - 1.0).astype(np.intp)
        return places

    def _lay(self, rows: NDArray[np.intp], z: Array) -> None:
        """First grid of some signals: both ends of the range are visited."""
        span = self._most[rows] - self._least[rows]
        self._width[rows] = 1.5 * span / BINS
        self._low[rows] = self._least[rows] - 0.25 * span
        visited = np.zeros((len(rows), BINS), dtype=bool)
        for ends in (self._least, self._most):
            visited[np.arange(len(rows)), self._bin(ends)[rows]] = True
        self._away[rows] = _distances(visited)

    def _widen(self, rows: NDArray[np.intp], z: Array) -> None:
        """Double the bins of some signals towards their values until these fit; at most five times, see `JUMP_MOST`."""
        for row in rows:
            visited = self._away[row] == 0
            while not self._low[row] <= z[row] < self._low[row] + BINS * self._width[row]:
                half = visited.reshape(-1, 2).any(axis=1)
                none = np.zeros_like(half)
                if z[row] < self._low[row]:
                    self._low[row] -= BINS * self._width[row]
                    visited = np.concatenate([none, half])
                else:
                    visited = np.concatenate([half, none])
                self._width[row] *= 2.0
            self._away[row] = _distances(visited[None])[0]

    def snapshot(self) -> dict[str, Array]:
        """The whole state; arrays are copies, bins are bits of the floats of ``visited``."""
        words = (self._away == 0).reshape(*self.shape, -1, _WORD) @ _POWERS
        names = {"least": self._least, "most": self._most, "low": self._low, "width": self._width, "count": self._count}
        return {**{name: array.reshape(self.shape).copy() for name, array in names.items()}, "visited": words}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name in ("least", "most", "low", "width", "count"):
            setattr(self, f"_{name}", state[name].ravel().copy())
        bits = state["visited"].reshape(-1, BINS // _WORD, 1).astype(np.int64) >> np.arange(_WORD) & 1
        self._away = _distances(bits.reshape(-1, BINS) > 0)


def _distances(visited: Mask) -> NDArray[np.int16]:
    """Bins to the nearest visited one, (m, BINS); `BINS` where none was.

    >>> _distances(np.arange(BINS)[None] == 3)[0, :6].tolist()
    [3, 2, 1, 0, 1, 2]
    """
    left = np.maximum.accumulate(np.where(visited, _PLACES, -BINS), axis=1)
    right = np.minimum.accumulate(np.where(visited, _PLACES, 2 * BINS)[:, ::-1], axis=1)[:, ::-1]
    nearest: NDArray[np.int16] = np.minimum(np.minimum(_PLACES - left, right - _PLACES), BINS).astype(np.int16)
    return nearest
