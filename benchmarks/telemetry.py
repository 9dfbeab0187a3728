"""Plausible scans for every block of the fleet at no cost: one day of slow load and weather with noise, played in a circle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stations.plant import Block
from stations.scan import Scan

START_NS = 1_767_225_600_000_000_000
CYCLE = 144
"""Scans before the values come round again."""


class Telemetry:
    """Scans of one block. Values stay inside the range of every sensor; what has a mode tag runs."""

    def __init__(self, block: Block, seed: int = 7) -> None:
        self._block = block
        rng = np.random.default_rng([seed, sum(block.station.encode())])
        low = np.array([tag.low for tag in block.tags])
        high = np.array([tag.high for tag in block.tags])
        day = np.sin(2 * np.pi * np.arange(CYCLE) / CYCLE)[:, None, None]
        middle = low + (high - low) * (0.55 + 0.1 * day)
        noise = 0.01 * (high - low) * rng.standard_normal((CYCLE, *block.shape))
        values = middle + noise
        if block.mode is not None:
            column = block.tag_index[block.mode.tag]
            values[..., column] = np.maximum(
                values[..., column], block.mode.running_above + 0.05 * (high - low)[column]
            )
        self._values: NDArray[np.float32] = values.astype(np.float32)

    def scan(self, i: int) -> Scan:
        """The i-th scan, one period after the one before."""
        block = self._block
        time_ns = START_NS + round(i * block.period_s * 1e9)
        return Scan(block.station, block.code, block.revision, i, time_ns, self._values[i % CYCLE])

    def scans(self, first: int, count: int) -> Iterator[Scan]:
        """``count`` scans from the ``first``-th on."""
        return (self.scan(i) for i in range(first, first + count))
