"""Sensors: what they report of a signal, and what they report when they are at fault.

A sensor fault changes what is read, never the machine. Sizes are those of plant practice: a resistance thermometer drifts by
0.1 to 1 K a day, a bias step is 3 to 10 K, a spike 20 to 100 % of the value; other sensors likewise, by their range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.faults import Case
from stations.plant import Block, Tag
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, Array, Point, quantise

SLOW_TAU_S = 6 * HOUR_S
"""Correlation time of the physics that no equation explains."""

DRIFT_PER_DAY, BIAS = 0.0023, 0.03
"""Drift a day and bias at severity 1 [share of the range]: 0.4 K/d and 5 K of a thermometer of -20 to 150 degC."""
RAILS = (-0.5, 1.5)
"""What an open or shorted sensor reads, as far outside its range as 850 degC is [share of the range]."""
SPIKE, SPIKES_PER_DAY = 0.6, 12.0
"""Height of a spike at severity 1 [share of the value], and how many there are; never more than one scan in ten begins one."""
SWAPS = {
    "MPa": (10.0, 0.0),
    "kPa": (10.0, 0.0),
    "bar": (0.1, 0.0),
    "degC": (1.8, 32.0),
    "K": (1.8, 0.0),
    "MW": (1e3, 0.0),
}
"""Unit that is taken for another: MPa for bar, kPa for mbar, degC for degF, MW for kW, as factor and offset; else times ten."""
CALIBRATION_SPAN = (0.0, 1.0)
"""A calibration takes the sensor from the lower to the upper end of its range [share of the range]."""


def physical(run: Run, tag: Tag, point: Point, signal: Array) -> Array:
    """``signal`` (t, u) with the slow physics that no equation explains: what an ideal sensor would see [unit of the tag]."""
    noise = point.noise
    if not (noise.slow or noise.slow_of_value):
        return signal
    # Sensors of one signal share half of the slow physics: what a pad feels, its neighbour feels in part.
    shared = run.once(f"slow/{point.signal}", lambda name: run.ou(name, signal.shape, SLOW_TAU_S))
    own = run.ou(f"slow/{tag.code}", signal.shape, SLOW_TAU_S)
    seen: Array = signal + (noise.slow + noise.slow_of_value * signal) * np.sqrt(0.5) * (shared + own)
    return seen


def measure(run: Run, tag: Tag, point: Point, signal: Array, time_ns: NDArray[np.int64]) -> Array:
    """What sound sensors of one tag report of ``signal`` (t, u): (t, u) [unit of the tag]."""
    noise = point.noise
    sd = noise.white + noise.of_value * np.abs(signal) + noise.of_span * (tag.high - tag.low)
    white = sd * run.white(f"white/{tag.code}", signal.shape)
    values = physical(run, tag, point, signal) + white
    if tag.shared:
        values = np.broadcast_to(values[:, :1], values.shape)
    if tag.period_s > run.dt_s:
        period_ns, dt_ns = round(tag.period_s * 1e9), round(run.dt_s * 1e9)
        values = run.hold(f"hold/{tag.code}", values, time_ns // period_ns != (time_ns - dt_ns) // period_ns)
    return quantise(values, tag.resolution, tag.low, tag.high)


class _Reading(NamedTuple):
    """One sensor at fault: its tag, the case, and where it is in the block (rows of units, column)."""

    case: Case
    tag: Tag
    rows: list[int]
    column: int


class SensorFaults:
    """The sensors of one block that are at fault.

    Parameters
    ----------
    cases : of kinds in `SENSOR_KINDS`; each names its tag and, unless that is shared, its unit.

    Raises
    ------
    ValueError if a case names no tag, or one that the block has not.
    """

    def __init__(self, block: Block, cases: Sequence[Case], seed: int) -> None:
        self._block, self._seed = block, seed
        self._faults = [self._place(case) for case in cases]
        self._stuck: dict[int, Array] = {}

    def _place(self, case: Case) -> _Reading:
        whose = f"{case.kind} of {case.station} unit {case.unit or 'all'}"
        if case.tag not in self._block.tag_index:
            raise ValueError(f"{whose}: it needs the tag of the sensor, got {case.tag!r}")
        column = self._block.tag_index[case.tag]
        tag = self._block.tags[column]
        n = len(self._block.units)
        rows = list(range(n)) if tag.shared or not case.unit else [self._block.units.index(case.unit)]
        return _Reading(case, tag, rows, column)

    def apply(self, time_s: Array, values: NDArray[np.float32]) -> None:
        """Change ``values`` (t, u, n) at ``time_s`` (t,) [s since 1970] in place. Stretches come in order of time."""
        for i, reading in enumerate(self._faults):
            case = reading.case
            end_s = min(case.end_ns, case.repaired_ns or case.end_ns) / 1e9
            where = (time_s >= case.start_ns / 1e9) & (time_s < end_s)
            if not where.any():
                continue
            sound = values[:, reading.rows, reading.column].astype(np.float64)
            if case.kind == "S01":
                held = self._stuck.setdefault(i, sound[np.argmax(where)])
                wrong = np.broadcast_to(held, sound.shape)
            elif case.kind == "S11":
                wrong = values[:, reading.rows, self._twin(reading)].astype(np.float64)
                _put(values, where, reading.rows, self._twin(reading), sound)
            else:
                wrong = WRONG[case.kind](reading.tag, case, time_s, sound, self._seed)
            _put(values, where, reading.rows, reading.column, wrong)

    def _twin(self, reading: _Reading) -> int:
        """The tag whose wires were exchanged with those of ``reading``: the next of the same unit of measurement."""
        tags = self._block.tags
        like = [i for i, tag in enumerate(tags) if tag.uom == reading.tag.uom and tag.shared == reading.tag.shared]
        return like[(like.index(reading.column) + 1) % len(like)]


def _put(values: NDArray[np.float32], where: NDArray[np.bool_], rows: Sequence[int], column: int, new: Array) -> None:
    """Overwrite one column of some units at the times ``where`` (t,) with ``new`` (t, rows)."""
    for i, row in enumerate(rows):
        values[where, row, column] = new[where, i]


def _span(tag: Tag) -> float:
    return tag.high - tag.low


def _drift(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    days = (time_s - case.start_ns / 1e9) / DAY_S
    return sound + _sign(case) * case.severity * DRIFT_PER_DAY * _span(tag) * days[:, None]


def _bias(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    return sound + _sign(case) * case.severity * BIAS * _span(tag)


def _spikes(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    """One to three scans long, up or down. Drawn by the time of the scan in which one begins, so it needs no state."""
    period_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 1.0
    chance = min(0.1, SPIKES_PER_DAY * period_s / DAY_S)
    key = [seed, int.from_bytes(f"{case.station}/{case.unit}/{tag.code}".encode())]
    hit = np.zeros(len(time_s))
    for back in (2, 1, 0):
        begun = [np.random.default_rng([*key, round(t / period_s) - back]).random(3) for t in time_s]
        for i, (begins, length, up) in enumerate(begun):
            if begins < chance and back < 1 + int(3 * length):
                hit[i] = 1.0 if up < 0.5 else -1.0
    return sound + hit[:, None] * SPIKE * case.severity * np.maximum(np.abs(sound), 0.1 * _span(tag))


def _open(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    rail = RAILS[_sign(case) > 0]
    return np.full_like(sound, tag.low + rail * _span(tag))


def _swap(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    factor, offset = SWAPS.get(tag.uom, (10.0, 0.0))
    return factor * sound + offset


def _calibrate(tag: Tag, case: Case, time_s: Array, sound: Array, seed: int) -> Array:
    low, high = (tag.low + share * _span(tag) for share in CALIBRATION_SPAN)
    return np.broadcast_to((low + (high - low) * case.progress(time_s))[:, None], sound.shape)


def _sign(case: Case) -> float:
    """Up, or down for the variants of that name."""
    return -1.0 if case.kind.endswith("-low") else 1.0


WRONG: dict[str, Callable[[Tag, Case, Array, Array, int], Array]] = {
    "S02": _drift,
    "S02-low": _drift,
    "S03": _bias,
    "S03-low": _bias,
    "S04": _spikes,
    "S05": _open,
    "S05-low": _open,
    "S10": _swap,
    "B73": _calibrate,
}
SENSOR_KINDS = frozenset({*WRONG, "S01", "S11"})
"""Kinds that change what a sensor reads."""
