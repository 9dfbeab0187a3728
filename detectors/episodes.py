"""The life of an early warning: opens after an on-delay, escalates, returns with hysteresis and an off-delay."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.actions import Action
from detectors.base import Array, Mask
from detectors.tuning import Tuning

NAMESPACE = uuid.UUID("6d0a4c2e-5d4b-5b0e-9f53-77616e626961")
"""Fixed for ever: warning ids must come out the same on every machine and in every replay."""


def warning_id(asset: str, detector: str, start_ns: int) -> str:
    """Id of an episode: a function of what, how and when only, so a re-emission carries the same one.

    >>> warning_id("YXK.2.thrust_bearing", "normal-behaviour", 0) == warning_id("YXK.2.thrust_bearing", "normal-behaviour", 0)
    True
    """
    return str(uuid.uuid5(NAMESPACE, f"{asset}|{detector}|{start_ns}"))


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one episode, by row and column of the block; ``level`` is the one it has now or had last.

    ``action`` is what a person did, where it was one.
    """

    unit: int
    component: int
    kind: str
    level: int
    onset_ns: int
    action: Action | None = None


class Episodes:
    """One episode per unit and component. Arrays (n_units, n_components).

    A scan that cannot say (NaN) is passed over: it neither counts nor interrupts. Of the others, an episode opens, or escalates,
    at the highest of the `levels` that each of the latest `on_scans` scores reached; its onset is the first scan of the unbroken
    run of scores at or above the lowest level that opened it. It returns when each of the latest `off_scans` scores was at or
    below `off_score`. It never falls to a lower level.

    ``busy`` is True while any episode is open or any score counts towards one.
    """

    def __init__(self, n_units: int, n_components: int, tuning: Tuning) -> None:
        self._tuning = tuning
        shape = (n_units, n_components)
        self._over = np.zeros((len(tuning.levels), *shape))
        self._under = np.zeros(shape)
        self._level = np.zeros(shape)
        self._onset_ns = np.zeros(shape, dtype=np.int64)
        self.busy = False

    @property
    def level(self) -> NDArray[np.uint8]:
        """(n_units, n_components) level of each open episode, 0 = none."""
        return self._level.astype(np.uint8)

    @property
    def open(self) -> Mask:
        """(n_units, n_components) where an episode is open."""
        is_open: Mask = self._level > 0
        return is_open

    def frozen(self, time_ns: int, max_freeze_s: float) -> Mask:
        """(n_units, n_components) where an episode is open and not older than ``max_freeze_s`` [s]: nothing is learned there."""
        is_frozen: Mask = self.open & (time_ns - self._onset_ns <= max_freeze_s * 1e9)
        return is_frozen

    def step(self, score: Array, time_ns: int) -> list[Transition]:
        """Take the scores of one scan in, (n_units, n_components) [-]; returns what opened, escalated or returned."""
        if not (self.busy or (score >= self._tuning.levels[0]).any()):
            return []
        return self._count(score, time_ns)

    def _count(self, score: Array, time_ns: int) -> list[Transition]:
        tuning = self._tuning
        known = ~np.isnan(score)
        over = score >= np.array(tuning.levels)[:, None, None]
        begins = over[0] & (self._over[0] == 0) & (self._level == 0)
        self._onset_ns[begins] = time_ns
        self._over = np.where(known, (self._over + 1) * over, self._over)
        under = (self._under + 1) * ((self._level > 0) & (score <= tuning.off_score))
        self._under = np.where(known, under, self._under)
        reached = (self._over >= tuning.on_scans).sum(axis=0)
        rises = reached > self._level
        returns = (self._level > 0) & (self._under >= tuning.off_scans)
        transitions = self._turn(rises, returns, reached) if (rises | returns).any() else []
        self.busy = self._is_busy()
        return transitions

    def clear(self, where: Mask) -> None:
        """Forget the episodes at ``where`` (n_units, n_components): what stood there has been mended or has become normal."""
        for counter in (self._over, self._under[None], self._level[None]):
            counter[:, where] = 0.0
        self.busy = self._is_busy()

    def _is_busy(self) -> bool:
        """Whether any counter runs; if not, scores below the limit change nothing."""
        return bool(self._level.any() or self._over.any())

    def _turn(self, rises: Mask, returns: Mask, reached: NDArray[np.intp]) -> list[Transition]:
        transitions = []
        for unit, component in np.argwhere(rises | returns):
            at = unit, component
            before, onset_ns = int(self._level[at]), int(self._onset_ns[at])
            if rises[at]:
                kind, level = ("escalated" if before else "opened"), int(reached[at])
                self._level[at] = level
            else:
                kind, level = "returned", before
                self._level[at] = 0
            self._under[at] = 0
            transitions.append(Transition(int(unit), int(component), kind, level, onset_ns))
        return transitions

    def snapshot(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The state; arrays are copies."""
        return {
            "over": self._over.copy(),
            "under": self._under.copy(),
            "level": self._level.copy(),
            "onset_ns": self._onset_ns.copy(),
        }

    def restore(self, state: dict[str, NDArray[np.float64] | NDArray[np.int64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        self._over = state["over"].astype(np.float64)
        self._under = state["under"].astype(np.float64)
        self._level = state["level"].astype(np.float64)
        self._onset_ns = state["onset_ns"].astype(np.int64)
        self.busy = self._is_busy()
