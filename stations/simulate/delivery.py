"""The way from the sensors to the message bus: gaps, backlogs, wrong clocks, repeats, disorder, exception reporting.

Scans go in as they were made and come out as they arrive. Everything is drawn by a seed, and bounded: no more than
``HELD_MAX`` scans wait at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stations.faults import Case
from stations.plant import Block
from stations.scan import Scan

HELD_MAX = 10_000
"""Scans that may wait for their delivery: a gap of a day at 10 s. What comes beyond is delivered."""
SKEW_S = 3600.0
"""By how much a gateway's clock is wrong at severity 1 [s]; 8 h (UTC taken for UTC+8) is severity 8."""
REPEATED, DELAYED = 0.05, 0.05
"""Share of the scans that come twice, and that come late, in a case of duplicates and disorder [-]."""

DATA_KINDS = frozenset({"S06", "S07", "S08", "S09", "B74"})
"""Kinds that change how scans arrive; a case without a unit is one of the whole station."""
WHOLE_STATION = frozenset({"S07", "S08", "S09"})
"""Of a gateway, hence of all units at once."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How a gateway reports.

    Parameters
    ----------
    deadband : a reading is sent anew only if it moved by more than this [share of its range]; 0 = every reading is sent.
    age_max_s : or if the last one sent is older than this [s].
    disorder : share of the scans that arrive late, after up to ``late_max`` others [-].
    duplicates : share of the scans that arrive twice [-].
    """

    deadband: float = 0.0
    age_max_s: float = 60.0
    disorder: float = 0.0
    duplicates: float = 0.0
    late_max: int = 5

    def __post_init__(self) -> None:
        for name, value in (("deadband", self.deadband), ("disorder", self.disorder), ("duplicates", self.duplicates)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must be in 0 .. 1, got {value}")


def deliver(
    scans: Iterable[Scan], block: Block, cases: Sequence[Case] = (), *, seed: int, transport: Transport | None = None
) -> Iterator[Scan]:
    """The scans of one block as they arrive.

    Parameters
    ----------
    cases : of kinds in ``DATA_KINDS``, of this station.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> block = load_fleet().stations["HYG"].block("units")
    >>> made = [Scan("HYG", "units", "r", i, i * 10**9, np.zeros(block.shape, np.float32)) for i in range(6)]
    >>> gap = Case("S07", "HYG", "", start_ns=2 * 10**9, development_s=2.0)
    >>> [scan.seq for scan in deliver(made, block, [gap], seed=1)]
    [0, 1, 4, 2, 3, 5]
    """
    transport = transport or Transport()
    if transport.deadband:
        scans = _by_exception(scans, block, transport)
    for case in cases:
        if case.kind in ("S06", "B74"):
            scans = _gap(scans, block, case)
        elif case.kind == "S07":
            scans = _backlog(scans, case)
        elif case.kind == "S08":
            scans = _skewed(scans, case)
        elif case.kind == "S09":
            scans = _unruly(scans, seed, DELAYED, REPEATED, transport.late_max, case)
    if transport.disorder or transport.duplicates:
        scans = _unruly(scans, seed, transport.disorder, transport.duplicates, transport.late_max)
    return iter(scans)


def _is_in(case: Case, scan: Scan) -> bool:
    return case.start_ns <= scan.time_ns < case.end_ns


def _gap(scans: Iterable[Scan], block: Block, case: Case) -> Iterator[Scan]:
    """A station that is not heard of sends no scan; a unit that is not heard of has no values in it."""
    for scan in scans:
        if not _is_in(case, scan):
            yield scan
        elif case.unit:
            values = scan.values.copy()
            values[block.units.index(case.unit)] = np.nan
            yield replace(scan, values=values)


def _backlog(scans: Iterable[Scan], case: Case) -> Iterator[Scan]:
    """What was kept during the gap comes after it, behind the first live scan, as a gateway sends its store."""
    held: list[Scan] = []
    for scan in scans:
        if _is_in(case, scan):
            held.append(scan)
            if len(held) > HELD_MAX:
                yield held.pop(0)
            continue
        yield scan
        yield from held
        held = []
    yield from held


def _skewed(scans: Iterable[Scan], case: Case) -> Iterator[Scan]:
    shift_ns = round(SKEW_S * case.severity * 1e9)
    for scan in scans:
        yield replace(scan, time_ns=scan.time_ns + shift_ns) if _is_in(case, scan) else scan


def _unruly(
    scans: Iterable[Scan], seed: int, late: float, twice: float, late_max: int, case: Case | None = None
) -> Iterator[Scan]:
    """Some scans come up to ``late_max`` scans late, some come again."""
    chance = np.random.default_rng([seed, 0 if case is None else case.start_ns // 10**9])
    waiting: list[tuple[int, Scan]] = []
    for number, scan in enumerate(scans):
        draws = chance.random(2)
        hit = case is None or _is_in(case, scan)
        if hit and draws[0] < late:
            waiting.append((number + 1 + int(chance.integers(late_max)), scan))
        else:
            yield scan
        if hit and draws[1] < twice:
            waiting.append((number + 1 + int(chance.integers(late_max)), scan))
        yield from (held for due, held in waiting if due <= number)
        waiting = [(due, held) for due, held in waiting if due > number]
    yield from (held for _, held in waiting)


def _by_exception(scans: Iterable[Scan], block: Block, transport: Transport) -> Iterator[Scan]:
    """The last values sent stand in each scan until a reading leaves its deadband or grows too old.

    So "unchanged" does not mean "stuck": a quiet sensor repeats its value for up to ``age_max_s``.
    """
    band = np.array([transport.deadband * (tag.high - tag.low) for tag in block.tags], np.float32)
    sent: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
    sent_ns = np.zeros(block.shape, np.int64)
    for scan in scans:
        if sent is None:
            sent = scan.values.copy()
            sent_ns[:] = scan.time_ns
        else:
            moved = ~(np.abs(scan.values - sent) <= band)
            old = scan.time_ns - sent_ns >= transport.age_max_s * 1e9
            sent = np.where(moved | old, scan.values, sent)
            sent_ns = np.where(moved | old, scan.time_ns, sent_ns)
        yield replace(scan, values=sent)
