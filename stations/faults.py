"""What can happen in a station: failure modes, benign events and sensor faults, and one case of any of them.

The kinds are data: ``catalogue/events/*.toml``. A kind says which conditions of the physics it moves, how far and in what
course; a ``Case`` says where and when. A failure develops in ``x``, the elapsed fraction of its development time: 0
before it starts, 1 once it is fully grown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.patterns import expand
from stations.plant import Text
from stations.schema import Problem, read, read_toml

Array = NDArray[np.float64]

FOLDER: Final = Path(__file__).parent / "catalogue" / "events"
PACES: Final = ("slow", "medium", "fast", "step", "none", "benign", "sensor", "data")
"""How a failure grows, by which the lead time that can be asked for is set; or that it is no failure at all."""
ALL_STATIONS: Final = "*"
PASSING: Final = ("while", "hump", "fade")
"""Courses that are over by themselves."""
CYCLE_S: Final = 2 * 3600.0
"""Period of a rub: the shaft bows, rubs, heats, bends back in one to three hours (domain practice)."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One condition that a kind moves.

    Parameters
    ----------
    condition : its name in the physics; ``{signal}`` stands for the signal of the place, e.g. ``turbine_pads``.
    size : at the end of the development, at severity 1 [unit of the condition].
    shape : its course, see `course`.
    where : ``place`` = the part that fails, ``others`` = its like neighbours in the unit, ``all``.
    """

    condition: str
    size: float
    shape: str = "x"
    where: str = "place"


@dataclass(frozen=True, slots=True)
class Kind:
    """A failure mode, a benign event or a sensor fault.

    Parameters
    ----------
    name : in both languages.
    pace : one of ``PACES``.
    days : shortest and longest development or duration [d].
    technologies : stations in which it can happen; empty = all.
    symptoms : conditions that it moves; a sensor fault moves none.
    places : tag codes (patterns) of the parts that can fail, the usual one first; empty = the unit as a whole.
    severity : range from which the size of all symptoms is drawn [-].
    regional : it happens to all stations at once (weather).
    per_year : how often a benign event happens to a unit (to the region if ``regional``) of its own accord [1/a].
    check : what the crew does first, in both languages.
    """

    name: Text
    pace: str
    days: tuple[float, float]
    technologies: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    places: tuple[str, ...] = ()
    severity: tuple[float, float] = (0.85, 1.2)
    regional: bool = False
    per_year: float = 0.0
    check: Text | None = None

    @property
    def is_sudden(self) -> bool:
        """Whether it may come at once: not what takes hours or more."""
        return self.pace not in ("slow", "medium")

    @property
    def is_failure(self) -> bool:
        """Whether equipment fails in it."""
        return self.pace not in ("benign", "sensor", "data")

    @property
    def tags(self) -> tuple[str, ...]:
        """``places`` one by one."""
        return tuple(code for pattern in self.places for code, _ in expand(pattern))


class Effect(NamedTuple):
    """A symptom put in its place: condition, which of the like parts (None = all), size and shape."""

    condition: str
    columns: tuple[int, ...] | None
    size: float
    shape: str


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its code (``F01``, ``F34-T2``, ``B05``, ``S01``), failures first; a variant follows its mode.

    Examples
    --------
    >>> kinds()["F01"].name.en, kinds()["F01"].days
    ('guide or thrust pad distress', (7.0, 28.0))
    """
    found: dict[str, Kind] = {}
    problems: list[Problem] = []
    for path in sorted(FOLDER.glob("*.toml")):
        for code, raw in (read_toml(path, problems) or {}).items():
            kind = read(Kind, raw, path.name, problems, code)
            if kind is not None:
                found[code] = kind
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    return dict(sorted(found.items(), key=lambda item: ("FXBS".find(item[0][0]), item[0])))


@dataclass(frozen=True, slots=True)
class Case:
    """One failure, benign event or sensor fault: what, where, when, how fast and how bad.

    Parameters
    ----------
    kind : a key of `kinds`.
    station, unit : codes of the catalogue; unit "" = every unit of the station, station "*" = every station.
    start_ns : when it begins, integer nanoseconds since 1970-01-01 UTC.
    development_s : time until it is fully grown, or its duration if it passes by itself [s].
    severity : size of every symptom relative to the usual one [-].
    tag : code of the tag of the part that suffers; "" = the first of the kind's places.
    repaired_ns : when the part is as new again; None = never.

    Raises
    ------
    ValueError if the kind is unknown, or if development time or severity is not positive.

    Examples
    --------
    >>> case = Case("F01", "YXK", "2", start_ns=0, development_s=100.0)
    >>> case.progress(np.array([-50.0, 0.0, 25.0, 100.0, 900.0])).tolist()
    [0.0, 0.0, 0.25, 1.0, 1.0]
    """

    kind: str
    station: str
    unit: str
    start_ns: int
    development_s: float
    severity: float = 1.0
    tag: str = ""
    repaired_ns: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in kinds():
            raise ValueError(f"unknown kind {self.kind!r}; known: {', '.join(kinds())}")
        for name, value in (("development_s", self.development_s), ("severity", self.severity)):
            if not (math.isfinite(value) and value > 0):
                whose = f"{self.kind} of {self.station} unit {self.unit}"
                raise ValueError(f"{whose}: {name} must be positive, got {value}")

    @property
    def end_ns(self) -> int:
        """When it is fully grown, or over [ns since 1970]."""
        return self.start_ns + round(self.development_s * 1e9)

    def progress(self, time_s: Array) -> Array:
        """Elapsed fraction x of the development at ``time_s`` (t,) [s since 1970]: (t,) in 0 .. 1 [-]."""
        return np.clip((time_s - self.start_ns / 1e9) / self.development_s, 0.0, 1.0)

    def is_felt(self, first_s: float, last_s: float, shape: str) -> bool:
        """Whether a symptom of that course can show between two times [s since 1970]."""
        over_ns = self.end_ns if shape in PASSING else None
        ends = [ns / 1e9 for ns in (over_ns, self.repaired_ns) if ns is not None]
        return last_s > self.start_ns / 1e9 and (not ends or first_s <= min(ends))

    def course(self, shape: str, time_s: Array) -> Array:
        """`course` of ``shape`` at ``time_s`` (t,) [s since 1970], 0 once repaired: (t,) [-]."""
        elapsed_s = time_s - self.start_ns / 1e9
        values = course(shape, elapsed_s / self.development_s, elapsed_s)
        return values if self.repaired_ns is None else np.where(time_s < self.repaired_ns / 1e9, values, 0.0)


def course(shape: str, x: Array, elapsed_s: Array) -> Array:
    """How a symptom grows with ``x`` (t,), the elapsed fraction, which may lie outside 0 .. 1: (t,) [-].

    ========  ==========================================================================
    ``x^2.5`` a power of x, held at 1 (``x`` is ``x^1``)
    ``exp``   runs away: (e^5x - 1) / (e^5 - 1), held at 1
    ``step``  0 before, 1 from the start on
    ``while`` 1 from the start to the end, then 0: what passes by itself
    ``hump``  half a sine from the start to the end
    ``fade``  1 at the start, exponentially gone (to 5 %) at the end
    ``cycle`` grows with x and swings between 0 and that every two hours (a rub)
    ========  ==========================================================================

    Raises
    ------
    ValueError if the shape is none of these.

    Examples
    --------
    >>> x = np.array([-0.5, 0.5, 1.5])
    >>> [course(shape, x, x).round(3).tolist() for shape in ("x^3", "step", "while", "hump")]
    [[0.0, 0.125, 1.0], [0.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    """
    held = np.clip(x, 0.0, 1.0)
    name, _, power = shape.partition("^")
    if name == "x":
        powered: Array = held ** float(power or 1.0)
        return powered
    if shape == "cycle":
        return held * (0.5 - 0.5 * np.cos(2 * np.pi * elapsed_s / CYCLE_S))
    lasts = (x > 0) & (x < 1)
    courses: dict[str, Array] = {
        "exp": np.expm1(5 * held) / math.expm1(5),
        "step": (x > 0).astype(np.float64),
        "while": lasts.astype(np.float64),
        "hump": np.where(lasts, np.sin(np.pi * held), 0.0),
        "fade": np.where(lasts, np.exp(-3 * held), 0.0),
    }
    if shape not in courses:
        raise ValueError(f"unknown shape {shape!r}; expected x, x^POWER, cycle, {', '.join(courses)}")
    return courses[shape]


def effects(case: Case, places: Mapping[str, tuple[str, int | None]], sizes: Mapping[str, int]) -> list[Effect]:
    """The symptoms of a case, put in their places.

    Parameters
    ----------
    places : tag code -> signal and column, of the technology.
    sizes : condition -> number of like parts (0 = one for the unit).

    Raises
    ------
    ValueError if the kind cannot happen there: its tag or a condition is not known.
    """
    kind = kinds()[case.kind]
    whose = f"{case.kind} of {case.station} unit {case.unit or 'all'}"
    here = [code for code in kind.tags if code in places]
    tag = case.tag or (here[0] if here else "")
    if kind.places and tag not in here:
        raise ValueError(f"{whose}: {tag!r} is none of {', '.join(here) or 'the tags there'}")
    signal, column = places[tag] if tag else ("", None)
    found = []
    for symptom in kind.symptoms:
        condition = symptom.condition.format(signal=signal)
        if condition not in sizes:
            continue  # a kind may name what only some of its technologies have: a hot spot, a head cover
        found.append(Effect(condition, _columns(symptom, column, sizes[condition]), symptom.size, symptom.shape))
    if kind.symptoms and not found:
        raise ValueError(f"{whose}: none of its symptoms can show in this technology")
    return found


def _columns(symptom: Symptom, column: int | None, n: int) -> tuple[int, ...] | None:
    if n == 0 or symptom.where == "all" or column is None:
        return None
    if symptom.where == "others":
        return tuple(i for i in range(n) if i != column)
    return (column,)


def draw(kind: str, station: str, unit: str, start_ns: int, chance: np.random.Generator, tags: Sequence[str]) -> Case:
    """A case of a kind whose development, severity and place are drawn; ``tags`` are those that the station has."""
    what = kinds()[kind]
    shortest, longest = what.days
    days = math.exp(chance.uniform(math.log(shortest), math.log(longest)))
    severity = float(chance.uniform(*what.severity))
    here = [code for code in what.tags if code in tags]
    tag = here[int(chance.integers(len(here)))] if here else ""
    return Case(kind, station, unit, start_ns, days * 86_400.0, severity, tag)
