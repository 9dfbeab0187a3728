"""A recording in which the small station has every kind of trouble, and its events as something that compares to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from detectors.events import Event
from detectors.monitor import StationMonitor
from stations.scan import Scan
from tests.detectors.small import BLOCK, STATION, TUNING, WARM, run, scans, telemetry

N_SCANS = WARM + 70
PAD1, PAD2 = BLOCK.tag_index["PAD1"], BLOCK.tag_index["PAD2"]


@cache
def incident() -> list[Scan]:
    """Stops and starts, a pad of unit 2 that gets hot, and its sister in part, a silent unit 3, a dead sensor of unit 1."""
    values = telemetry(N_SCANS, stops=True)
    values[WARM + 10 : WARM + 21, 1, PAD1] += 8.0
    values[WARM + 10 : WARM + 21, 1, PAD2] += 5.0
    values[WARM + 20 : WARM + 35, 2] = np.nan
    values[WARM + 50 :, 0, PAD1] = np.nan
    return scans(values)


def fresh() -> StationMonitor:
    """A monitor of the small station that has seen nothing."""
    return StationMonitor(STATION, TUNING)


def _plain(event: Event) -> tuple[Any, ...]:
    assert is_dataclass(event)
    values = [getattr(event, field.name) for field in fields(event)]
    return type(event).__name__, *(v.tobytes() if isinstance(v, np.ndarray) else v for v in values)


def told(events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """Events as something that can be compared to the bit."""
    return [_plain(event) for event in events]


@cache
def uninterrupted() -> tuple[list[tuple[Any, ...]], bytes]:
    """What a monitor that never stops tells of the incident, and its state at the end."""
    monitor = fresh()
    return told(run(monitor, incident())), monitor.snapshot("units")
