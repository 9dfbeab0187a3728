"""What a page or a program is told: plain frozen data, made by `dashboards.board.room`; `plain` makes JSON of it.

Numbers that are not known are None, never NaN. ``state`` is a key of `detectors.states.STATE_NAMES`, counts go by its names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from detectors.events import Evidence, Forecast, Likely
from stations.plant import Text


@dataclass(frozen=True, slots=True)
class StationTile:
    """One station at a glance.

    Attributes
    ----------
    health : the lowest of its units [0-100]; ``age_s`` of the newest scan [s of plant time]; None = there was none.
    is_stale : it has been silent for longer than its scans take; then ``state`` is no data at least.
    units : how many there are; ``running`` of them run; ``counts`` by the name of their state.
    attended : units that count as normal only because a person has taken on what is abnormal there.
    worst_unit, worst_component : where the worst state is, "" and None while nothing is abnormal.
    warnings : that stand or wait; ``waiting`` of them have not been acknowledged.
    spark : health at equal steps of time, the oldest first; None = not known then.
    """

    code: str
    name: Text
    technology: str
    state: int
    health: float | None
    age_s: float | None
    is_stale: bool
    units: int
    running: int
    counts: dict[str, int]
    attended: int
    worst_unit: str
    worst_component: Text | None
    warnings: int
    waiting: int
    spark: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class FleetView:
    """All stations in catalogue order; ``worst`` are the codes of those that are abnormal, the worst first.

    ``spark_s`` is how much time a whole spark line takes [s].
    """

    now_ns: int
    version: int
    progress: tuple[float, str] | None
    stations: tuple[StationTile, ...]
    worst: tuple[str, ...]
    units: int
    counts: dict[str, int]
    waiting: int
    spark_s: float


@dataclass(frozen=True, slots=True)
class Named:
    """A code and what people call it."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit in the matrix of its block: a state for each component, and whether a person attends to it.

    ``is_attended``: it counts as normal only because of that.
    """

    unit: str
    state: int
    mode: str
    regime: Text | None
    health: float | None
    good: float | None
    cells: tuple[int, ...]
    attended: tuple[bool, ...]
    is_attended: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """The units of a block by its judged components."""

    block: str
    components: tuple[Named, ...]
    units: tuple[UnitRow, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """One transition of a warning."""

    time_ns: int
    transition: str
    level: str
    who: str = ""
    why: str = ""
    outcome: str = ""
    until_ns: int = 0


@dataclass(frozen=True, slots=True)
class WarningView:
    """One early warning as people work with it; ``what``, ``likely_words`` and ``first`` are the parts of its sentence ``text``.

    ``can_act``: it is on the list of what can be acknowledged, shelved or closed.
    """

    id: str
    state: str
    level: str
    station: str
    station_name: Text
    unit: str
    component: str
    component_name: Text
    since_ns: int
    changed_ns: int
    until_ns: int
    outcome: str
    cause: str
    text: Text
    what: Text
    likely_words: Text
    first: Text
    evidence: tuple[Evidence, ...]
    likely: tuple[Likely, ...]
    forecast: Forecast | None
    can_act: bool
    history: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class QualityView:
    """A sensor that gives no good values now, or is taken for faulty."""

    id: str
    station: str
    unit: str
    tag: str
    since_ns: int
    reason: str
    text: Text


@dataclass(frozen=True, slots=True)
class StationView:
    """A station: its tile, its units by components, what stands, which sensors are out."""

    now_ns: int
    version: int
    tile: StationTile
    blocks: tuple[Matrix, ...]
    warnings: tuple[WarningView, ...]
    quality: tuple[QualityView, ...]


@dataclass(frozen=True, slots=True)
class ComponentNow:
    """One part of a unit now; ``score`` [-], 1 = at the warning limit; ``health`` [0-100]."""

    code: str
    name: Text
    state: int
    score: float | None
    health: float | None
    attended: bool


@dataclass(frozen=True, slots=True)
class TagNow:
    """One judged tag of a unit: value beside expectation and band [uom]; ``alarm_low``, ``alarm_high`` by design."""

    code: str
    name: Text
    uom: str
    component: str
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    score: float | None
    alarm_low: float | None
    alarm_high: float | None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit: parts, tags, the modes it was in (``modes``: begin [ns] and name), warnings and sensors.

    ``tags_age_s`` is the age of the values [s]: tags are told more rarely than health. ``is_attended`` as in `UnitRow`.
    """

    now_ns: int
    version: int
    station: str
    station_name: Text
    unit: str
    block: str
    state: int
    is_attended: bool
    mode: str
    regime: Text | None
    health: float | None
    good: float | None
    age_s: float | None
    is_stale: bool
    tags_age_s: float | None
    components: tuple[ComponentNow, ...]
    tags: tuple[TagNow, ...]
    modes: tuple[tuple[int, str], ...]
    warnings: tuple[WarningView, ...]
    quality: tuple[QualityView, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """One tag over time: times [ns] and, at each, value, expectation and band [uom] and score [-]; None = not known."""

    tag: str
    time_ns: tuple[int, ...]
    value: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    score: tuple[float | None, ...]


def plain(view: Any) -> Any:
    """Lists, dicts and scalars, as JSON takes them.

    >>> plain(Named("a", Text("甲", "A")))
    {'code': 'a', 'name': {'zh': '甲', 'en': 'A'}}
    """
    return msgspec.to_builtins(view)
