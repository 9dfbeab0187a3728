"""The loop over time: drivers and physics of one technology, then its sensors, scan by scan.

Time is worked off in fixed stretches of ``STRETCH`` scans from the start, whatever the caller asks for: so every random
stream is drawn, and every sum is rounded, in the same way for every ``chunk``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stations.faults import Fault
from stations.plant import Block, Station, Tag
from stations.scan import Scan
from stations.simulate import hydro, wind
from stations.simulate.signals import HOUR_S, Array, Point, Run, quantise

STRETCH = 1440
"""Scans computed at once: 4 h of 10 s, 10 d of 10 min. Larger is no faster, and the arrays leave the cache."""

SLOW_TAU_S = 6 * HOUR_S
"""Correlation time of the physics that no equation explains."""


class Plant(Protocol):
    """The physics of one technology, as it runs in one station."""

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of the technology at the next ``time_s`` (t,) [s since 1970]: (t, u) or (t, u, k)."""


@dataclass(frozen=True, slots=True)
class Technology:
    """How to simulate one kind of station: its physics, the source of each tag, the ratings it needs, its faults."""

    build: Callable[[Station, tuple[str, ...], Run, Sequence[Fault]], Plant]
    points: Mapping[str, Point]
    parameters: tuple[str, ...]
    faults: tuple[str, ...]


TECHNOLOGIES = {
    "hydro_francis": Technology(hydro.FrancisPlant, hydro.POINTS, hydro.PARAMETERS, ("F01",)),
    "wind_dfig": Technology(wind.GearedPlant, wind.POINTS, wind.PARAMETERS, ("F28",)),
}
"""By ``Station.technology``; a new technology is one file and one line here."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive scans of one block.

    Parameters
    ----------
    time_ns : (t,) event times, integer nanoseconds since 1970-01-01 UTC.
    values : (t, n_units, n_tags) float32 [unit of each tag].
    """

    time_ns: NDArray[np.int64]
    values: NDArray[np.float32]


def simulate(
    station: Station, *, start_ns: int, n_scans: int, seed: int, faults: Sequence[Fault] = (), chunk: int = STRETCH
) -> Iterator[Scan]:
    """Scans of the block ``units`` of ``station``, one per period of the block.

    Parameters
    ----------
    station : YXK or FYL of the catalogue, or any other of a technology in ``TECHNOLOGIES``.
    start_ns : event time of the first scan [ns since 1970-01-01 UTC].
    n_scans : how many.
    seed : same seed, same bytes, whatever ``chunk`` and ``n_scans`` are.
    faults : failures that grow meanwhile; those of other stations are passed over.
    chunk : scans computed ahead at a time; it trades memory only.

    Raises
    ------
    ValueError, before the first scan, if technology, tag, parameter, unit or fault is not one that can be simulated.
    """
    block = station.block("units")
    chunks = simulate_chunks(station, start_ns=start_ns, n_scans=n_scans, seed=seed, faults=faults, chunk=chunk)
    return _scans(block, chunks)


def simulate_chunks(
    station: Station, *, start_ns: int, n_scans: int, seed: int, faults: Sequence[Fault] = (), chunk: int = STRETCH
) -> Iterator[Chunk]:
    """As ``simulate``, but ``chunk`` scans in one array (the last may be shorter): for training and for reports."""
    checks = (("start_ns", start_ns, 0), ("n_scans", n_scans, 0), ("seed", seed, 0), ("chunk", chunk, 1))
    for name, value, least in checks:
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    block = station.block("units")
    technology = _technology(station, block)
    run = Run(seed, station.code, block.period_s)
    mine = _own_faults(technology, station, block, faults)
    plant = technology.build(station, block.units, run, mine)
    return _cut(_stretches(block, technology.points, plant, run, start_ns, n_scans), chunk)


def _technology(station: Station, block: Block) -> Technology:
    if station.technology not in TECHNOLOGIES:
        known = ", ".join(TECHNOLOGIES)
        raise ValueError(
            f"{station.code}: no simulator for {station.technology!r}; technologies that have one: {known}"
        )
    technology = TECHNOLOGIES[station.technology]
    missing = [name for name in technology.parameters if name not in station.parameters]
    if missing:
        raise ValueError(f"{station.code}: simulator of {station.technology} needs parameter {', '.join(missing)}")
    unknown = [tag.code for tag in block.tags if tag.code not in technology.points]
    if unknown:
        raise ValueError(
            f"{station.code}: simulator of {station.technology} has no signal for tag {', '.join(unknown)}"
        )
    return technology


def _own_faults(technology: Technology, station: Station, block: Block, faults: Sequence[Fault]) -> tuple[Fault, ...]:
    mine = tuple(fault for fault in faults if fault.station == station.code)
    for fault in mine:
        if fault.kind not in technology.faults:
            known = ", ".join(technology.faults)
            raise ValueError(f"{station.code}: no fault {fault.kind} in {station.technology}; possible: {known}")
        if fault.unit not in block.units:
            raise ValueError(f"{station.code}: fault {fault.kind} names unit {fault.unit!r}, which the station has not")
    return mine


def _stretches(
    block: Block, points: Mapping[str, Point], plant: Plant, run: Run, start_ns: int, n_scans: int
) -> Iterator[Chunk]:
    """Whole stretches that cover ``n_scans``; only then is the last one cut to it."""
    period_ns = round(block.period_s * 1e9)
    for first in range(0, n_scans, STRETCH):
        time_ns = start_ns + np.arange(first, first + STRETCH, dtype=np.int64) * period_ns
        signals = plant.signals(time_ns / 1e9)
        values = np.empty((STRETCH, *block.shape), np.float32)
        for column, tag in enumerate(block.tags):
            point = points[tag.code]
            signal = signals[point.signal] if point.column is None else signals[point.signal][..., point.column]
            values[:, :, column] = _measure(run, tag, point, np.broadcast_to(signal, values.shape[:2]), time_ns)
        run.advance()
        left = n_scans - first
        yield Chunk(time_ns[:left], values[:left])


def _measure(run: Run, tag: Tag, point: Point, signal: Array, time_ns: NDArray[np.int64]) -> Array:
    """What the sensors of one tag report of ``signal`` (t, u): (t, u) [unit of the tag]."""
    noise = point.noise
    sd = noise.white + noise.of_value * np.abs(signal) + noise.of_span * (tag.high - tag.low)
    values = signal + sd * run.white(f"white/{tag.code}", signal.shape)
    if noise.slow or noise.slow_of_value:
        # Sensors of one signal share half of the slow physics: what a pad feels, its neighbour feels in part.
        shared = run.once(f"slow/{point.signal}", lambda name: run.ou(name, signal.shape, SLOW_TAU_S))
        own = run.ou(f"slow/{tag.code}", signal.shape, SLOW_TAU_S)
        values += (noise.slow + noise.slow_of_value * signal) * np.sqrt(0.5) * (shared + own)
    if tag.shared:
        values = np.broadcast_to(values[:, :1], values.shape)
    if tag.period_s > run.dt_s:
        period_ns, dt_ns = round(tag.period_s * 1e9), round(run.dt_s * 1e9)
        values = run.hold(f"hold/{tag.code}", values, time_ns // period_ns != (time_ns - dt_ns) // period_ns)
    return quantise(values, tag.resolution, tag.low, tag.high)


def _cut(stretches: Iterator[Chunk], chunk: int) -> Iterator[Chunk]:
    """The same scans in pieces of ``chunk``."""
    waiting: list[Chunk] = []
    n = 0
    for stretch in stretches:
        waiting.append(stretch)
        n += len(stretch.time_ns)
        if n < chunk:
            continue
        joined = _join(waiting)
        whole = n - n % chunk
        for first in range(0, whole, chunk):
            yield _slice(joined, first, first + chunk)
        waiting, n = [_slice(joined, whole, n)], n - whole
    if n:
        yield _join(waiting)


def _join(chunks: Sequence[Chunk]) -> Chunk:
    return Chunk(np.concatenate([c.time_ns for c in chunks]), np.concatenate([c.values for c in chunks]))


def _slice(chunk: Chunk, first: int, last: int) -> Chunk:
    return Chunk(chunk.time_ns[first:last], chunk.values[first:last])


def _scans(block: Block, chunks: Iterator[Chunk]) -> Iterator[Scan]:
    seq = 0
    for chunk in chunks:
        for time_ns, values in zip(chunk.time_ns.tolist(), chunk.values, strict=True):
            yield Scan(block.station, block.code, block.revision, seq, time_ns, values)
            seq += 1
