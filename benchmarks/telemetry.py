"""Plausible scans for every block of the fleet at no cost: one day of slow load and weather with noise, played in a circle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stations.plant import Block, Bound
from stations.scan import Scan

START_NS = 1_767_225_600_000_000_000
CYCLE = 144
"""Scans before the values come round again."""


def _conditions(block: Block) -> list[Bound]:
    """All that has to hold so that units and parts run; the narrowest comes last."""
    modes = [block.mode, *(component.mode for component in block.components)]
    found = [bound for mode in modes if mode is not None for bound in mode.conditions]
    return sorted(found, key=lambda bound: bound.low)


class Telemetry:
    """Scans of one block. Values stay inside the range of every sensor; what has a mode tag runs, units and parts."""

    def __init__(self, block: Block, seed: int = 7) -> None:
        self._block = block
        rng = np.random.default_rng([seed, sum(block.station.encode())])
        low = np.array([tag.low for tag in block.tags])
        high = np.array([tag.high for tag in block.tags])
        day = np.sin(2 * np.pi * np.arange(CYCLE) / CYCLE)[:, None, None]
        middle = low + (high - low) * (0.55 + 0.1 * day)
        noise = 0.01 * (high - low) * rng.standard_normal((CYCLE, *block.shape))
        values = middle + noise
        for bound in _conditions(block):
            column = block.tag_index[bound.tag]
            margin = 0.05 * (min(bound.high, high[column]) - max(bound.low, low[column]))
            values[..., column] = np.clip(values[..., column], bound.low + margin, bound.high - margin)
        self._values: NDArray[np.float32] = values.astype(np.float32)

    def scan(self, i: int) -> Scan:
        """The i-th scan, one period after the one before."""
        block = self._block
        time_ns = START_NS + round(i * block.period_s * 1e9)
        return Scan(block.station, block.code, block.revision, i, time_ns, self._values[i % CYCLE])

    def scans(self, first: int, count: int) -> Iterator[Scan]:
        """``count`` scans from the ``first``-th on."""
        return (self.scan(i) for i in range(first, first + count))
