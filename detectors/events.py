"""What a monitor says: health of a block, trends of its tags, early warnings, data quality, refusals. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Mask

UNKNOWN, STOPPED, SETTLING, RUNNING = 0, 1, 2, 3
"""Operating modes of a unit that every technology has."""
MODE_NAMES = ("unknown", "stopped", "settling", "running")

LEVELS = ("watch", "warning", "urgent")
"""Severities of an early warning, least first; a level is its index + 1, 0 = none."""

ENDS = ("returned", "accepted", "closed")
"""Transitions after which an early warning is no longer open."""
OPENS = ("opened", "reopened")
"""Transitions with which an episode begins to stand."""
TELLS = ("opened", "reopened", "escalated", "reminded")
"""Transitions that say again how the machine is; the others say what people did, or that it is over."""


@dataclass(frozen=True, slots=True, eq=False)
class HealthScore:
    """Health of every unit and component of one block at one event time; one per scan.

    Attributes
    ----------
    mode : (n_units,) uint8 of ``UNKNOWN`` ... ``RUNNING``.
    level : (n_units, n_components) uint8, level of the open early warning, 0 = none.
    regime : (n_units,) uint8, number of the regime of its block in which each unit runs, from 1 on, 0 = none; None = it has none.
    attended : (n_units, n_components) bool, a person has taken it on: it counts as normal in what rolls up; None = none.
    score : (n_units, n_components) [-], 1 = at the warning limit; NaN = cannot say.
    health : (n_units, n_components) index 0-100 [-]; NaN = cannot say, never a free 100.
    good : (n_units,) share of readings with a good value [-].
    """

    station: str
    block: str
    revision: str
    time_ns: int
    mode: NDArray[np.uint8]
    level: NDArray[np.uint8]
    score: Array
    health: Array
    good: Array
    attended: Mask | None = None
    regime: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TagTrend:
    """Value beside expectation for the judged tags of some units; every ``history_s``, and every scan while in an episode.

    All arrays are (n_units, n_tags) [unit of the tag] but ``score`` [-]; ``low`` and ``high`` are the band at the warning
    limit. ``units`` (n_units,) says which rows are meant.
    """

    station: str
    block: str
    revision: str
    time_ns: int
    units: Mask
    value: Array
    expected: Array
    low: Array
    high: Array
    score: Array


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tag that speaks for an early warning: measured and expected [uom], score [-].

    ``deviation`` is by how much it has stood off lately [uom], free of the noise of the moment; ``trend_per_day`` how that grows
    [uom/d]; None = not known. ``head`` says how it stands out: its ``level`` is not as expected, it does not fit the other tags
    (``cross``), it jumps more than it used to (``spread``), or it is not where it was lately (``departure``).
    """

    tag: str
    name_zh: str
    name_en: str
    uom: str
    value: float
    expected: float
    score: float
    limit: float | None
    head: str = "level"
    deviation: float | None = None
    trend_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the first tag of a warning reaches its alarm limit: between ``low_s`` and ``high_s`` from now [s], four times of five.

    If ``state`` is not ``rising`` it says why there is no such time: ``no limit``, ``not rising``, ``beyond horizon``, ``at
    the limit``, or ``unknown`` while too little has been seen.
    """

    state: str
    low_s: float | None = None
    high_s: float | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did to a warning: who, why, with which outcome, until when [ns]."""

    who: str
    why: str
    outcome: str = ""
    until_ns: int = 0


@dataclass(frozen=True, slots=True)
class Likely:
    """A failure mode that the tags of a unit look like; ``share`` [-] of all that come into question, "none of them" included.

    ``check`` is what the crew does first; ``place`` is a tag of the part that fails, "" = the unit as a whole.
    """

    mode: str
    share: float
    name_zh: str
    name_en: str
    check_zh: str
    check_en: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """One transition in the life of one episode.

    ``opened``, ``escalated``, ``returned``; ``reopened`` when it comes back within a day; ``reminded`` when nobody has
    acknowledged it for a day; ``acknowledged``, ``shelved``, ``unshelved``, ``closed`` by a person (``act``), or at the end of a
    shelf; or ``accepted``: of a recording that nobody described, what has stood for so long that it is taken as normal.

    ``id`` is the same for all transitions of the episode; ``onset_ns`` is when its score first passed the limit. ``cause`` is the
    id of the warning to which this one belongs, "" = it stands for itself. ``mode`` is how the unit runs, a regime of its
    block or one of `MODE_NAMES`, ``load`` at what [load_uom]. ``likely`` holds failure modes that fit, the best first.
    """

    id: str
    kind: str
    station: str
    block: str
    unit: str
    component: str
    transition: str
    level: str
    time_ns: int
    onset_ns: int
    score: float
    evidence: tuple[Evidence, ...]
    text_zh: str
    text_en: str
    mode: str = ""
    load: float | None = None
    load_uom: str = ""
    likely: tuple[Likely, ...] = ()
    forecast: Forecast | None = None
    cause: str = ""
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class DataQuality:
    """A sensor, or all sensors of a unit (``tag`` "*"), begins or ceases to give good values. Never the machine's fault.

    ``transition`` is ``opened`` or ``returned``, or ``passed`` for a short excursion that is over, dated from its first row. A
    tag that stood still while it was to be learned is ``opened`` when it moves, and never returns.

    ``detector`` says by what: ``data-quality`` (no good value), ``sensor-stuck`` and its like, ``crew`` (people say so),
    ``maintenance``, ``gap``, ``excursion``, ``moved``. Maintenance is of a ``component``, "" = all, until ``until_ns`` [ns].
    """

    id: str
    kind: str
    station: str
    block: str
    unit: str
    tag: str
    transition: str
    time_ns: int
    reason: str
    text_zh: str
    text_en: str
    detector: str = ""
    component: str = ""
    until_ns: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A scan that was not taken in, with the reason; the state is as if it had never come."""

    station: str
    block: str
    time_ns: int
    reason: str


Event = HealthScore | TagTrend | EarlyWarning | DataQuality | Refused
