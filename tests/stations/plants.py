"""Stations and recordings for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stations.catalogue import load_fleet
from stations.faults import Case
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


def record(
    plant: Station, *, days: float, day: float = 0.0, seed: int = 1, cases: Sequence[Case] = ()
) -> tuple[Array, Values]:
    """Time (t,) [s] and values (t, u, n) of ``days`` [d] from ``day`` of 2025, with what happens then."""
    n_scans = int(days * DAY_S / plant.block("units").period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=seed, cases=cases, chunk=n_scans)
    return chunk.time_ns / 1e9, chunk.values


def tag(plant: Station, values: Values, *codes: str) -> Array:
    """Columns of one tag (t, u), or of several (t, u, k)."""
    index = plant.block("units").tag_index
    columns = values[:, :, [index[code] for code in codes]].astype(np.float64)
    return columns[..., 0] if len(codes) == 1 else columns


def over(plant: Station, values: Values) -> list[str]:
    """Tags that pass an alarm limit at any time, in any unit."""
    found = []
    for i, one in enumerate(plant.block("units").tags):
        low, high = one.limits.alarm_low, one.limits.alarm_high
        if (high is not None and (values[..., i] > high).any()) or (low is not None and (values[..., i] < low).any()):
            found.append(one.code)
    return found


def case_in(kind: str, plant: Station, day: float, days: float, code: str = "", unit: str = "2") -> Case:
    """A case at severity 1, from ``day`` of 2025."""
    return Case(kind, plant.code, unit, NEW_YEAR_NS + int(day * DAY_NS), days * DAY_S, 1.0, code)
