"""The fleet tick: how long one core takes to judge one scan of every block of the catalogue.

    python -m benchmarks.block [--json] [--days 365]

Values are synthetic, the detector is warm and learns; the mean counts, since learning and refits fall on few ticks.
``fleet_tick_spoilt_ms`` is the same with 5 % of the values missing. ``year_s`` is a run of ``--days`` days of ten-minute scans of
the whole fleet, measured; with fewer than 365 days it is scaled up, and ``year_days_measured`` says so.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from typing import Any

# One core: numpy's linear algebra would start a thread per core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks import machine
from benchmarks.telemetry import Telemetry
from detectors.events import Event, HealthScore
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet
from stations.scan import Scan

WARM = Tuning(warm_up_s=7200.0, warm_up_scans=12)
"""Speaks after two hours, so that the benchmark measures a detector that judges; everything else is as usual."""
WARM_SCANS_MOST = 5_000
SPEAKS = 0.9
"""Share of the components of a block that have to have a score."""
TICKS = 600
TEN_MINUTES_S = 600.0
SCANS_A_YEAR = 365 * 144


def tick_seconds(fleet: Fleet, ticks: int, *, missing: float = 0.0) -> list[float]:
    """CPU seconds of each of ``ticks`` fleet ticks: every block judges one scan, a share of whose values is ``missing``."""
    chance = np.random.default_rng(11)
    monitors = {code: StationMonitor(station, WARM) for code, station in fleet.stations.items()}
    sources = [(monitors[block.station], Telemetry(block)) for block in fleet.blocks]
    warm = 0
    while not _all_speak([monitor.receive(source.scan(warm)) for monitor, source in sources]):
        warm += 1
        if warm > WARM_SCANS_MOST:
            raise RuntimeError("the detectors do not become warm")
    warm += 1
    seconds = []
    for i in range(warm, warm + ticks):
        scans = [_spoilt(source.scan(i), missing, chance) for _, source in sources]
        begun = time.process_time()
        for (monitor, _), scan in zip(sources, scans, strict=True):
            monitor.receive(scan)
        seconds.append(time.process_time() - begun)
    return seconds


def _spoilt(scan: Scan, missing: float, chance: np.random.Generator) -> Scan:
    if not missing:
        return scan
    values = np.where(chance.random(scan.values.shape) < missing, np.nan, scan.values).astype(np.float32)
    return replace(scan, values=values)


def _all_speak(answers: list[list[Event]]) -> bool:
    """True when nearly every component of every block has a score: parts with a mode of their own may stand still."""
    healths = [event for events in answers for event in events if isinstance(event, HealthScore)]
    return all(np.isfinite(event.score).mean() >= SPEAKS for event in healths)


def state_bytes(fleet: Fleet) -> int:
    """Bytes of the checkpoints of all blocks."""
    return sum(
        len(StationMonitor(station).snapshot(block.code))
        for station in fleet.stations.values()
        for block in station.blocks
    )


def year_seconds(fleet: Fleet, days: int) -> float:
    """Wall seconds for ``days`` days of ten-minute scans of the fleet, scaled to a year."""
    slow = Fleet({code: station.at_period(TEN_MINUTES_S) for code, station in fleet.stations.items()})
    monitors = {code: StationMonitor(station) for code, station in slow.stations.items()}
    sources = [(monitors[block.station], Telemetry(block)) for block in slow.blocks]
    count = days * 144
    begun = time.perf_counter()
    for i in track(range(count), description=f"{days} days", console=Console(stderr=True), transient=True):
        for monitor, source in sources:
            monitor.receive(source.scan(i))
    return (time.perf_counter() - begun) * SCANS_A_YEAR / count


def measure(days: int) -> dict[str, Any]:
    """All figures of this benchmark."""
    fleet = load_fleet()
    seconds = tick_seconds(fleet, TICKS)
    readings = sum(units * tags for units, tags in (block.shape for block in fleet.blocks))
    tick = float(np.mean(seconds))
    spoilt = float(np.mean(tick_seconds(fleet, TICKS, missing=0.05)))
    return {
        "fleet_tick_ms": round(tick * 1e3, 3),
        "fleet_tick_spoilt_ms": round(spoilt * 1e3, 3),
        "fleet_tick_p99_ms": round(float(np.percentile(seconds, 99)) * 1e3, 3),
        "units": fleet.n_units,
        "tags": fleet.n_tags,
        "readings": readings,
        "readings_per_s": round(readings / tick),
        "bytes_per_tag": round(state_bytes(fleet) / fleet.n_tags),
        "year_s": round(year_seconds(fleet, days), 1),
        "year_days_measured": days,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--days", type=int, default=365, help="days of ten-minute scans that are run (365)")
    arguments = parser.parse_args()
    if arguments.days < 1:
        parser.error("--days must be at least 1")
    machine.report("block", measure(arguments.days), as_json=arguments.json)


if __name__ == "__main__":
    main()
