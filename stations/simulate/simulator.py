"""The loop over time: drivers and physics of one technology, then its sensors, scan by scan.

Time is worked off in fixed stretches of ``STRETCH`` scans from the start, whatever the caller asks for: so every random
stream is drawn, and every sum is rounded, in the same way for every ``chunk``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stations.faults import ALL_STATIONS, Case, Effect, effects, kinds
from stations.plant import Block, Station, Tag
from stations.scan import Scan
from stations.simulate import ccgt, coal, hydro, pumped_storage, pv, wind
from stations.simulate.conditions import Condition, Conditions
from stations.simulate.delivery import DATA_KINDS, Transport, deliver
from stations.simulate.run import Run
from stations.simulate.sensors import SENSOR_KINDS, SensorFaults, measure, physical
from stations.simulate.signals import Array, Point

STRETCH = 1440
"""Scans computed at once: 4 h of 10 s, 10 d of 10 min. Larger is no faster, and the arrays leave the cache."""


class Plant(Protocol):
    """The physics of one technology, as it runs in one station."""

    def signals(self, time_s: Array) -> dict[str, Array]:
        """Every signal of the technology at the next ``time_s`` (t,) [s since 1970]: (t, u) or (t, u, k)."""


@dataclass(frozen=True, slots=True)
class Technology:
    """How to simulate one kind of station: its physics, the source of each tag, the ratings it needs, what it feels."""

    build: Callable[[Station, tuple[str, ...], Run], Plant]
    points: Mapping[str, Point]
    parameters: tuple[str, ...]
    conditions: Mapping[str, Condition]


TECHNOLOGIES = {
    "coal_660": Technology(coal.CoalPlant, coal.POINTS, coal.PARAMETERS, coal.CONDITIONS),
    "chp_350": Technology(coal.ChpPlant, coal.CHP_POINTS, coal.CHP_PARAMETERS, coal.CHP_CONDITIONS),
    "ccgt": Technology(ccgt.CombinedCycle, ccgt.POINTS, ccgt.PARAMETERS, ccgt.CONDITIONS),
    "pumped_storage": Technology(
        pumped_storage.PumpedStoragePlant, pumped_storage.POINTS, pumped_storage.PARAMETERS, pumped_storage.CONDITIONS
    ),
    "hydro_francis": Technology(hydro.HydroPlant, hydro.POINTS, hydro.PARAMETERS, hydro.CONDITIONS),
    "hydro_small": Technology(hydro.HydroPlant, hydro.POINTS, hydro.PARAMETERS, hydro.CONDITIONS),
    "hydro_kaplan": Technology(hydro.KaplanPlant, hydro.KAPLAN_POINTS, hydro.PARAMETERS, hydro.CONDITIONS),
    "wind_dfig": Technology(wind.GearedPlant, wind.POINTS, wind.GEARED_PARAMETERS, wind.CONDITIONS),
    "wind_pmsg": Technology(wind.DirectDrivePlant, wind.DIRECT_POINTS, wind.PARAMETERS, wind.DIRECT_CONDITIONS),
    "pv_central": Technology(pv.CentralPlant, pv.CENTRAL_POINTS, pv.CENTRAL_PARAMETERS, pv.CENTRAL_CONDITIONS),
    "pv_string": Technology(pv.StringPlant, pv.STRING_POINTS, pv.STRING_PARAMETERS, pv.STRING_CONDITIONS),
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


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """As ``Chunk``, but what ideal sensors would see: (t, n_units, n_tags) float64 [unit of each tag]."""

    time_ns: NDArray[np.int64]
    values: Array


def simulate(
    station: Station,
    *,
    start_ns: int,
    n_scans: int,
    seed: int,
    cases: Sequence[Case] = (),
    chunk: int = STRETCH,
    transport: Transport | None = None,
) -> Iterator[Scan]:
    """Scans of the block ``units`` of ``station``, one per period of the block, as they arrive.

    Parameters
    ----------
    station : of the catalogue, or any other of a technology in ``TECHNOLOGIES``.
    start_ns : event time of the first scan [ns since 1970-01-01 UTC].
    n_scans : how many.
    seed : same seed, same bytes, whatever ``chunk`` and ``n_scans`` are.
    cases : failures, sensor and data faults, benign events; those of other stations are passed over.
    chunk : scans computed ahead at a time; it trades memory only.
    transport : how the gateway reports; None = every scan once, in order.

    Raises
    ------
    ValueError, before the first scan, if technology, tag, parameter, unit or case is not one that can be simulated.
    """
    simulation = Simulation(station, start_ns=start_ns, seed=seed, cases=cases)
    chunks = simulation.chunks(n_scans, chunk)
    return deliver(
        _scans(simulation.block, chunks), simulation.block, simulation.data_faults, seed=seed, transport=transport
    )


def simulate_chunks(
    station: Station, *, start_ns: int, n_scans: int, seed: int, cases: Sequence[Case] = (), chunk: int = STRETCH
) -> Iterator[Chunk]:
    """As ``simulate``, but ``chunk`` scans in one array (the last may be shorter), as they were made, not as they arrive."""
    return Simulation(station, start_ns=start_ns, seed=seed, cases=cases).chunks(n_scans, chunk)


class Simulation:
    """One station over one stretch of life, which can be told as its sensors see it or as it is.

    Parameters as of ``simulate``; ``n_scans``, counted from the start, and ``chunk`` are given when it is told. It goes on where
    it stands: what was told is not told again.
    """

    def __init__(self, station: Station, *, start_ns: int, seed: int, cases: Sequence[Case] = ()) -> None:
        for name, value in (("start_ns", start_ns), ("seed", seed)):
            if value < 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        self.block = station.block("units")
        self._station, self._seed = station, seed
        self._technology = _technology(station, self.block)
        self._run = Run(seed, station.code, self.block.period_s)
        self._plant = self._technology.build(station, self.block.units, self._run)
        self._start_ns = start_ns
        self._told = 0
        self._happens(cases)

    def _happens(self, cases: Sequence[Case]) -> None:
        """Let these cases be all that happens."""
        own = _own(self._technology, self._station, self.block, cases)
        self._run.happens(Conditions(self._technology.conditions, self.block.units, own))
        self._sensors = SensorFaults(self.block, [case for case, _ in own if case.kind in SENSOR_KINDS], self._seed)
        self.data_faults = [case for case, _ in own if case.kind in DATA_KINDS]

    def fork(self, cases: Sequence[Case]) -> Simulation:
        """The same station, as it stands, with other cases: the scans to come are those that it would have had from its start.

        ``cases`` must be those of this one as far as they have begun; it stands at the end of a whole stretch of `STRETCH` scans.
        """
        if self._told % STRETCH:
            raise ValueError(f"{self._told} scans are told; expected a multiple of {STRETCH}")
        other = copy(self)
        other._run, other._plant = deepcopy((self._run, self._plant))
        other._happens(cases)
        return other

    def scans(self, n_scans: int, chunk: int = STRETCH) -> Iterator[Scan]:
        """The scans up to the ``n_scans``-th, as they arrive."""
        made = _scans(self.block, self.chunks(n_scans, chunk), self._told)
        return deliver(made, self.block, self.data_faults, seed=self._seed)

    def chunks(self, n_scans: int, chunk: int = STRETCH) -> Iterator[Chunk]:
        """What the sensors report, ``chunk`` scans at a time."""
        for name, value, least in (("n_scans", n_scans, 0), ("chunk", chunk, 1)):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        return _cut(self._measured(n_scans), chunk)

    def truth(self, n_scans: int) -> Iterator[Truth]:
        """What ideal sensors would see, a stretch at a time: no measurement noise, no quantum, no fault of a sensor."""
        points = self._technology.points
        for time_ns, signals in self._stretches(n_scans):
            values = np.empty((STRETCH, *self.block.shape))
            for column, tag in enumerate(self.block.tags):
                seen = physical(self._run, tag, points[tag.code], self._signal(signals, tag))
                values[:, :, column] = seen[:, :1] if tag.shared else seen
            left = n_scans - (int(time_ns[0]) - self._start_ns) // round(self.block.period_s * 1e9)
            yield Truth(time_ns[:left], values[:left])

    def _stretches(self, n_scans: int) -> Iterator[tuple[NDArray[np.int64], dict[str, Array]]]:
        """Whole stretches that cover ``n_scans``: the last one is cut to it by the caller, when all is drawn."""
        period_ns = round(self.block.period_s * 1e9)
        for first in range(self._told, n_scans, STRETCH):
            self._told = min(first + STRETCH, n_scans)
            time_ns = self._start_ns + np.arange(first, first + STRETCH, dtype=np.int64) * period_ns
            self._run.advance(time_ns / 1e9)
            yield time_ns, self._plant.signals(time_ns / 1e9)

    def _signal(self, signals: dict[str, Array], tag: Tag) -> Array:
        point = self._technology.points[tag.code]
        signal = signals[point.signal] if point.column is None else signals[point.signal][..., point.column]
        return np.broadcast_to(signal, (STRETCH, len(self.block.units)))

    def _measured(self, n_scans: int) -> Iterator[Chunk]:
        block, points = self.block, self._technology.points
        made = self._told
        for time_ns, signals in self._stretches(n_scans):
            values = np.empty((STRETCH, *block.shape), np.float32)
            for column, tag in enumerate(block.tags):
                values[:, :, column] = measure(self._run, tag, points[tag.code], self._signal(signals, tag), time_ns)
            self._sensors.apply(time_ns / 1e9, values)
            yield Chunk(time_ns[: n_scans - made], values[: n_scans - made])
            made += STRETCH


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


def _own(
    technology: Technology, station: Station, block: Block, cases: Sequence[Case]
) -> list[tuple[Case, Sequence[Effect]]]:
    """The cases of this station, each with its effects here."""
    places = {
        code: (point.signal, point.column) for code, point in technology.points.items() if code in block.tag_index
    }
    sizes = {name: condition.places for name, condition in technology.conditions.items()}
    found: list[tuple[Case, Sequence[Effect]]] = []
    for case in cases:
        kind = kinds()[case.kind]
        if case.station not in (station.code, ALL_STATIONS):
            continue
        if kind.technologies and station.technology not in kind.technologies:
            if case.station == ALL_STATIONS:
                continue
            possible = ", ".join(code for code, kind in kinds().items() if station.technology in kind.technologies)
            raise ValueError(f"{station.code}: no {case.kind} in {station.technology}; possible: {possible}")
        if case.unit and case.unit not in block.units:
            raise ValueError(f"{station.code}: {case.kind} names unit {case.unit!r}, which the station has not")
        found.append((case, effects(case, places, sizes)))
    return found


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


def _scans(block: Block, chunks: Iterator[Chunk], seq: int = 0) -> Iterator[Scan]:
    for chunk in chunks:
        for time_ns, values in zip(chunk.time_ns.tolist(), chunk.values, strict=True):
            yield Scan(block.station, block.code, block.revision, seq, time_ns, values)
            seq += 1
