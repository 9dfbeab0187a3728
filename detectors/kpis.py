"""What the load of warnings should be, and whether it is: targets with their sources, key figures, and what they are of.

The targets of EEMUA 191 and ANSI/ISA-18.2 are for all alarms of one operator over a month. Early warnings come on top of
those, so our own targets are far lower.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

EEMUA: Final = "EEMUA 191"
ISA: Final = "ISA-18.2"
OURS: Final = "ours"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, on which side of it the figure should be (``<=``, ``<`` or ``>=``), and who says so."""

    relation: str
    bound: float
    source: str

    def is_met(self, value: float) -> bool:
        """Whether a figure is on the right side.

        >>> Target("<", 0.01, ISA).is_met(0.01)
        False
        """
        return {"<=": value <= self.bound, "<": value < self.bound, ">=": value >= self.bound}[self.relation]


TARGETS: Final[dict[str, Target | None]] = {
    "per_slot": Target("<=", 1.0, EEMUA),
    "per_slot_most": Target("<=", 10.0, ISA),
    "flood_share": Target("<", 0.01, ISA),
    "per_day": Target("<=", 5.0, OURS),
    "per_day_most": Target("<=", 150.0, ISA),
    "per_shift": Target("<=", 1.0, OURS),
    "watch_share": Target(">=", 0.80, ISA),
    "warning_share": Target("<=", 0.15, ISA),
    "urgent_share": Target("<=", 0.05, ISA),
    "chattering": Target("<=", 0.0, ISA),
    "returning": Target("<=", 0.0, OURS),
    "stale": Target("<", 5.0, ISA),
    "longest_s": None,
    "top_share": Target("<=", 0.05, ISA),
    "acknowledge_s": Target("<=", 8 * 3600.0, OURS),
    "false_per_unit_month": Target("<=", 1.0, OURS),
}
"""Every key figure, in the order in which people read them, with its target; None = there is none, it is there to look at."""
SHARE_LEAST: Final = 20
"""Of fewer warnings no share of 5 % can be kept: one is more."""
TOP_SHARE_LEAST: Final = 200
"""And the ten most frequent assets have at least ten warnings."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure.

    Attributes
    ----------
    value : [-], or [s] where the name ends so; None = cannot say.
    is_met : None where there is no target, or nothing to judge by.
    """

    name: str
    value: float | None
    target: Target | None
    is_met: bool | None


def kpi(name: str, value: float | None, *, can_judge: bool = True) -> Kpi:
    """A key figure beside its target.

    >>> kpi("per_day", 6.0).is_met, kpi("per_day", None).is_met
    (False, None)
    """
    target = TARGETS[name]
    return Kpi(name, value, target, None if value is None or target is None or not can_judge else target.is_met(value))


@dataclass(frozen=True, slots=True)
class Frequent:
    """An asset that warns often: how often, and which share of all that is [-]."""

    asset: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Longest:
    """A warning that stands: since when [ns], for how long [s], and whether a person has taken it on."""

    id: str
    asset: str
    since_ns: int
    standing_s: float
    is_attended: bool


@dataclass(frozen=True, slots=True)
class OfDay:
    """What one day (UTC, as ISO 8601) brought: how many warnings, how many in the worst slot, how many slots in flood."""

    day: str
    count: int
    most: int
    flooded: int


@dataclass(frozen=True, slots=True)
class Kpis:
    """The load of one desk over the days from ``since_ns`` to ``now_ns``.

    Attributes
    ----------
    count : warnings that asked for attention: opened, escalated, reminded, ...
    figures : in the order of `TARGETS`.
    chattering, returning : ids, in alphabetical order.
    days : those with a warning, oldest first.
    forgotten : warnings that stood and were lost from sight, as there were too many.
    """

    desk: str
    since_ns: int
    now_ns: int
    count: int
    figures: tuple[Kpi, ...]
    top: tuple[Frequent, ...]
    longest: tuple[Longest, ...]
    chattering: tuple[str, ...]
    returning: tuple[str, ...]
    days: tuple[OfDay, ...]
    forgotten: int = 0

    def __getitem__(self, name: str) -> Kpi:
        return next(figure for figure in self.figures if figure.name == name)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return asdict(self)
