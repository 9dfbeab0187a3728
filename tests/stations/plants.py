"""Stations and recordings for the tests of the simulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stations.catalogue import load_fleet
from stations.plant import Station
from stations.simulate import simulate_chunks
from stations.simulate.signals import DAY_S, Array

FLEET = load_fleet()
NEW_YEAR_NS = 1_735_660_800 * 10**9
"""2025-01-01 00:00 local time (UTC+8)."""
DAY_NS = 86_400 * 10**9
TEN_MINUTES = 600.0

Values = NDArray[np.float32]


def station(code: str, period_s: float = TEN_MINUTES, units: int | None = None) -> Station:
    """A station of the catalogue at another period, or with its first ``units`` only."""
    at_period = FLEET.stations[code].at_period(period_s)
    block = at_period.block("units")
    return replace(at_period, blocks=(replace(block, units=block.units[:units]),))


def record(plant: Station, *, days: float, day: float = 0.0, seed: int = 1) -> tuple[Array, Values]:
    """Time (t,) [s] and values (t, u, n) of ``days`` [d] from ``day`` of 2025."""
    n_scans = int(days * DAY_S / plant.block("units").period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=seed, chunk=n_scans)
    return chunk.time_ns / 1e9, chunk.values


def tag(plant: Station, values: Values, *codes: str) -> Array:
    """Columns of one tag (t, u), or of several (t, u, k)."""
    index = plant.block("units").tag_index
    columns = values[:, :, [index[code] for code in codes]].astype(np.float64)
    return columns[..., 0] if len(codes) == 1 else columns
