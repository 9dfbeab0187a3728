"""The condition of the parts of a station while something happens to them: the only door from events into the physics.

The equations of a technology name the conditions that they feel (``CONDITIONS``): the heat of a wiped pad, the fouling
of a cooler. All are zero in a machine as new. Failure modes and benign events say which conditions they move, and how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from stations.faults import Case, Effect
from stations.simulate.signals import Array


class Condition(NamedTuple):
    """What an event can change in a part: how many like parts a unit has (0 = the unit itself), and what it means [unit]."""

    places: int
    meaning: str


class Conditions:
    """Conditions of the units of one station over time.

    Parameters
    ----------
    known : by name.
    units : codes of the units.
    cases : what happens, each with the effects that it has; see `faults.effects`.
    """

    def __init__(
        self, known: Mapping[str, Condition], units: Sequence[str], cases: Sequence[tuple[Case, Sequence[Effect]]]
    ) -> None:
        self._known = known
        self._units = tuple(units)
        self._effects: dict[str, list[tuple[Case, Effect]]] = {}
        for case, effects in cases:
            for effect in effects:
                self._effects.setdefault(effect.condition, []).append((case, effect))

    def at(self, name: str, time_s: Array) -> Array:
        """Condition ``name`` at ``time_s`` (t,) [s since 1970]; see `Run.condition`."""
        places = self._known[name].places
        like = (places,) if places else ()
        happening = [
            (case, effect)
            for case, effect in self._effects.get(name, ())
            if case.is_felt(time_s[0], time_s[-1], effect.shape)
        ]
        if not happening:
            return np.zeros((1, 1, *like))
        out = np.zeros((len(time_s), len(self._units), *like))
        for case, effect in happening:
            rows = range(len(self._units)) if not case.unit else [self._units.index(case.unit)]
            columns = range(places) if effect.columns is None else effect.columns
            course = effect.size * case.severity * case.course(effect.shape, time_s)
            for row in rows:
                if places:
                    for column in columns:
                        out[:, row, column] += course
                else:
                    out[:, row] += course
        return out
