"""Labels of a simulation: for every event when it began, when it first showed, when a static alarm and a trip would have come.

They are read off what ideal sensors would see, without noise: the station is run with a failure and without it, all else
equal. So a label never depends on a detector, nor on the luck of one noisy reading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stations.faults import ALL_STATIONS, Case, kinds
from stations.plant import Block, Station
from stations.simulate.simulator import TECHNOLOGIES, Simulation, Truth

Mask = NDArray[np.bool_]

SIGN_SD: Final = 1.0
"""A failure shows physically once it moves a tag by this many standard deviations of what the equations leave open."""
HELD_S, HELD_SCANS = 300.0, 3
"""An alarm counts when its limit is passed for so long [s], and for so many scans: so a plant's alarm list does it."""


@dataclass(frozen=True, slots=True)
class Label:
    """What became of one event; times are [ns since 1970], None = not within the simulation.

    Parameters
    ----------
    kind, station, unit, tag : as of the case; ``pace`` and ``category`` (failure, sensor, data, benign) as of its kind.
    start_ns, end_ns : begin, and when it is fully grown or over.
    severity : [-].
    sign_ns, sign_tag : first physical sign, and the tag that shows it.
    alarm_ns, alarm_tag : a tag of the unit passes its static alarm limit because of the failure.
    alarms : each tag of the unit that passes its static alarm limit because of the failure, and when it first does.
    trip_ns : it passes its trip limit, or, where no tag of the unit has one that it reaches, the failure is complete.
    repaired_ns : the part is as new again.
    """

    kind: str
    category: str
    pace: str
    station: str
    unit: str
    tag: str
    start_ns: int
    end_ns: int
    severity: float
    sign_ns: int | None = None
    sign_tag: str = ""
    alarm_ns: int | None = None
    alarm_tag: str = ""
    trip_ns: int | None = None
    alarms: tuple[tuple[str, int], ...] = ()
    repaired_ns: int | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def label(
    stations: Sequence[Station],
    cases: Sequence[Case],
    *,
    start_ns: int,
    n_scans: Sequence[int],
    seed: int,
    begun: Simulation | None = None,
) -> list[Label]:
    """Labels of all ``cases`` in a simulation of ``stations``, in order of time; ``n_scans`` is one number a station.

    ``begun`` is a simulation of the only station that has come as far as can be without any failure; it spares the way there.
    """
    here = {ALL_STATIONS, *(station.code for station in stations)}
    labels = [_bare(case) for case in cases if not kinds()[case.kind].is_failure and case.station in here]
    for station, n in zip(stations, n_scans, strict=True):
        failures = [case for case in cases if case.station == station.code and kinds()[case.kind].is_failure]
        if failures:
            at_start = begun or Simulation(station, start_ns=start_ns, seed=seed)
            labels += _label_station(station, cases, failures, at_start, start_ns=start_ns, n_scans=n)
    return sorted(labels, key=lambda one: (one.start_ns, one.station, one.unit, one.kind))


def _bare(case: Case) -> Label:
    kind = kinds()[case.kind]
    category = "failure" if kind.is_failure else kind.pace
    return Label(
        kind=case.kind,
        category=category,
        pace=kind.pace,
        station=case.station,
        unit=case.unit,
        tag=case.tag,
        start_ns=case.start_ns,
        end_ns=case.end_ns,
        severity=case.severity,
        repaired_ns=case.repaired_ns,
    )


def _label_station(
    station: Station, cases: Sequence[Case], failures: Sequence[Case], begun: Simulation, *, start_ns: int, n_scans: int
) -> list[Label]:
    """Runs with all cases, and without the first failure of each unit, without the second of each unit, ..."""
    block = station.block("units")
    # What follows the last failure tells nothing; a tenth of it is kept for what is late.
    tail_ns = [max((case.end_ns - case.start_ns) // 10, round(2 * HELD_S * 1e9)) for case in failures]
    last_ns = max(case.end_ns + tail for case, tail in zip(failures, tail_ns, strict=True))
    n = min(n_scans, max(1, math.ceil((last_ns - start_ns) / 1e9 / block.period_s)))
    labels = []
    for left_out in _one_a_unit(failures):
        others = [case for case in cases if case not in left_out]
        with_all, without = begun.fork(cases).truth(n), begun.fork(others).truth(n)
        watches = [_Watch(station, case) for case in left_out]
        for faulty, sound in zip(with_all, without, strict=True):
            for watch in watches:
                watch.see(faulty, sound)
        labels += [watch.label() for watch in watches]
    return labels


def _one_a_unit(failures: Sequence[Case]) -> list[list[Case]]:
    """The failures in as few lists as have no two of one unit."""
    lists: list[list[Case]] = []
    for case in failures:
        free = next((one for one in lists if all(not _same_unit(case, other) for other in one)), None)
        if free is None:
            lists.append([case])
        else:
            free.append(case)
    return lists


def _same_unit(one: Case, other: Case) -> bool:
    return not one.unit or not other.unit or one.unit == other.unit


class _Watch:
    """Looks for the sign, alarm and trip of one failure in the signals of its unit."""

    def __init__(self, station: Station, case: Case) -> None:
        block = station.block("units")
        self._case, self._block = case, block
        self._row = block.units.index(case.unit) if case.unit else 0
        points = TECHNOLOGIES[station.technology].points
        noises = [points[tag.code].noise for tag in block.tags]
        spans = np.array([tag.high - tag.low for tag in block.tags])
        self._absolute = np.array(
            [math.hypot(n.white, n.slow, n.of_span * span) for n, span in zip(noises, spans, strict=True)]
        )
        self._relative = np.array([math.hypot(noise.of_value, noise.slow_of_value) for noise in noises])
        self._telling = np.array([not points[tag.code].cyclic for tag in block.tags])
        self._resolution = np.array([tag.resolution for tag in block.tags])
        self._hold = max(HELD_SCANS, math.ceil(HELD_S / block.period_s))
        self._last_ns = 0
        self._sign: tuple[int, str] | None = None
        self._alarm: tuple[int, str] | None = None
        self._trip: tuple[int, str] | None = None
        self._alarms: dict[str, int] = {}
        self._run = {name: np.zeros(len(block.tags), np.int64) for name in ("alarm", "trip")}

    def see(self, faulty: Truth, sound: Truth) -> None:
        """The next stretch of both."""
        self._last_ns = int(faulty.time_ns[-1])
        inside = faulty.time_ns >= self._case.start_ns
        if not inside.any():
            return
        time_ns = faulty.time_ns[inside]
        with_it, without = faulty.values[inside, self._row], sound.values[inside, self._row]
        if self._sign is None:
            sd = np.maximum(np.hypot(self._absolute, self._relative * without), self._resolution)
            self._sign = self._first(time_ns, (np.abs(with_it - without) > SIGN_SD * sd) & self._telling)
        for name in ("alarm", "trip"):
            held = self._held(name, beyond(self._block, with_it, name) & ~beyond(self._block, without, name))
            if name == "alarm":
                self._alarm = self._alarm or self._first(time_ns, held)
                for column in np.flatnonzero(held.any(axis=0)):
                    self._alarms.setdefault(self._block.tags[column].code, int(time_ns[held[:, column].argmax()]))
            else:
                self._trip = self._trip or self._first(time_ns, held)

    def _held(self, name: str, passed: Mask) -> Mask:
        """Where a limit has been passed for ``_hold`` scans: (t, n)."""
        out = np.zeros(passed.shape, bool)
        run = self._run[name]
        for i, row in enumerate(passed):
            run = np.where(row, run + 1, 0)
            out[i] = run >= self._hold
        self._run[name] = run
        return out

    def _first(self, time_ns: NDArray[np.int64], where: Mask) -> tuple[int, str] | None:
        hit = where.any(axis=1)
        if not hit.any():
            return None
        i = int(np.argmax(hit))
        return int(time_ns[i]), self._block.tags[int(np.argmax(where[i]))].code

    def label(self) -> Label:
        """What was found."""
        case = self._case
        bare = _bare(case)
        repaired = case.repaired_ns is not None and case.repaired_ns < case.end_ns
        complete_ns = None if repaired or case.end_ns > self._last_ns else case.end_ns
        trip_ns = min(self._trip[0], complete_ns or self._trip[0]) if self._trip else complete_ns
        fields = asdict(bare) | {
            "sign_ns": self._sign and self._sign[0],
            "sign_tag": self._sign[1] if self._sign else "",
            "alarm_ns": self._alarm and self._alarm[0],
            "alarm_tag": self._alarm[1] if self._alarm else "",
            "trip_ns": trip_ns,
            "alarms": tuple(self._alarms.items()),
        }
        return Label(**fields)


def beyond(block: Block, values: NDArray[np.floating], name: str = "alarm") -> Mask:
    """Where ``values`` (..., n) [unit of each tag] are at or beyond the static limits of that ``name``, alarm or trip."""
    low = np.array([_or(getattr(tag.limits, f"{name}_low"), -math.inf) for tag in block.tags])
    high = np.array([_or(getattr(tag.limits, f"{name}_high"), math.inf) for tag in block.tags])
    passed: Mask = (values >= high) | (values <= low)
    return passed


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
