"""What becomes of an early warning once it is open: told again, acknowledged, shelved, returned, closed with an outcome.

Of each unit and component the latest episode is on the list. Its states are those of ANSI/ISA-18.2-2016, section 6 (state model):

    unacknowledged --acknowledge--> acknowledged
          |                              |
       returns                        returns            escalation asks for a new acknowledgement
          v                              v
    returned, unacknowledged         normal (off the list)
    any of them --shelve--> shelved until its end; --close--> normal, with an outcome; a maintenance window suppresses

What returns and comes back within `Tuning.reopen_s` is the same episode, not a new one: nothing chatters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors import actions
from detectors.actions import Action
from detectors.base import Array, Mask
from detectors.episodes import Transition
from detectors.tuning import Tuning

NORMAL, UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, SHELVED, SUPPRESSED = range(6)
"""States of an episode on the list, by the names of ISA-18.2; returned = returned to normal, unacknowledged."""
STATE_NAMES: Final = ("normal", "unacknowledged", "acknowledged", "returned", "shelved", "suppressed")
RAISE_BY, RAISE_MOST = 1.2, 1.75
"""A warning found false raises the limit of its component by a fifth, three times at most: it must not go blind."""

NEVER: Final = int(np.iinfo(np.int64).max)
Slot = tuple[int, int]
"""Unit and component, as row and column."""


class LifeCycle:
    """The list of one block. All arrays are (n_rows, n_components); times in event time [ns].

    ``factor`` (n_rows, n_components) is what the crew's answers made of the limit [-], from 1 to `RAISE_MOST`.
    """

    def __init__(self, n_rows: int, n_components: int, tuning: Tuning) -> None:
        shape = (n_rows, n_components)
        self._remind_ns, self._reopen_ns = round(tuning.remind_s * 1e9), round(tuning.reopen_s * 1e9)
        self.listed: Mask = np.zeros(shape, dtype=bool)
        self._standing: Mask = np.zeros(shape, dtype=bool)
        self._acknowledged: Mask = np.zeros(shape, dtype=bool)
        self._closed: Mask = np.zeros(shape, dtype=bool)
        self._level = np.zeros(shape)
        self._onset_ns = np.zeros(shape, dtype=np.int64)
        self._opened_ns = np.zeros(shape, dtype=np.int64)
        self._told_ns = np.zeros(shape, dtype=np.int64)
        self._returned_ns = np.zeros(shape, dtype=np.int64)
        self._shelved_ns = np.zeros(shape, dtype=np.int64)
        self._window_ns = np.zeros(shape, dtype=np.int64)
        self.factor: Array = np.ones(shape)
        self._any_listed = self.is_raised = False
        self._next_ns = NEVER

    def step(self, transitions: list[Transition], score: Array, time_ns: int) -> list[Transition]:
        """What the transitions of one scan are to people, and what is due by time: reminders and ends of shelves.

        ``score`` (n_rows, n_components) [-]: of what cannot say now nobody is reminded.
        """
        told = [one for transition in transitions if (one := self._turn(transition, time_ns)) is not None]
        if told:
            self._plan()
        if time_ns >= self._next_ns:
            told += self._due(score, time_ns)
            self._plan()
        return told

    def _turn(self, transition: Transition, time_ns: int) -> Transition | None:
        at = transition.unit, transition.component
        if transition.kind == "returned":
            self._standing[at] = False
            if self._closed[at]:
                self._closed[at] = False
                return None
            self._returned_ns[at] = time_ns
            self.listed[at] = not self._acknowledged[at] or self._shelved_ns[at] > time_ns
            return replace(transition, onset_ns=int(self._onset_ns[at]), level=int(self._level[at]))
        if self._closed[at]:
            return None
        kind, first = transition.kind, int(self._onset_ns[at])
        if kind == "opened":
            returned_ns = int(self._returned_ns[at])
            if returned_ns and time_ns - returned_ns <= self._reopen_ns:
                kind = "reopened"
            else:
                self._onset_ns[at], self._opened_ns[at] = first, _ = transition.onset_ns, time_ns
                self._level[at] = 0.0
            self.listed[at] = self._standing[at] = True
        if transition.level > self._level[at]:
            # What rises is no longer what was acknowledged or shelved.
            self._level[at], self._acknowledged[at], self._shelved_ns[at] = transition.level, False, 0
        self._told_ns[at] = time_ns
        return replace(transition, kind=kind, onset_ns=first, level=int(self._level[at]))

    def _plan(self) -> None:
        """When, at the earliest, something is due."""
        self._any_listed = bool(self.listed.any())
        reminders = np.where(self.listed & self._standing & ~self._acknowledged, self._told_ns + self._remind_ns, NEVER)
        shelves = np.where(self._shelved_ns > 0, self._shelved_ns, NEVER)
        self._next_ns = int(min(reminders.min(initial=NEVER), shelves.min(initial=NEVER)))

    def _due(self, score: Array, time_ns: int) -> list[Transition]:
        expired: Mask = (self._shelved_ns > 0) & (self._shelved_ns <= time_ns)
        if expired.any():
            self._shelved_ns[expired] = 0
        quiet = self._acknowledged | self._closed | (self._shelved_ns > time_ns) | (self._window_ns > time_ns)
        again: Mask = self.listed & self._standing & ~quiet & (time_ns - self._told_ns >= self._remind_ns)
        again &= ~np.isnan(score)
        if not (again | expired).any():
            return []
        self._told_ns[again | expired] = time_ns
        due = [(int(unit), int(component)) for unit, component in np.argwhere((again | expired) & self.listed)]
        self.listed &= ~(expired & self._acknowledged & ~self._standing)
        return [self._transition(at, "unshelved" if expired[at] else "reminded") for at in due]

    def _transition(self, at: Slot, kind: str, action: Action | None = None) -> Transition:
        transition = Transition(*at, kind, max(1, int(self._level[at])), int(self._onset_ns[at]))
        return transition if action is None else replace(transition, action=action)

    def act(self, action: Action, at: Slot) -> Transition | str:
        """Carry out an action of `actions.OF_WARNINGS` on the episode at ``at``; or why that cannot be, in one sentence."""
        if not self.listed[at] or self._closed[at]:
            return f"{action.kind}: the warning is closed"
        if action.kind == actions.ACKNOWLEDGE:
            if self._acknowledged[at]:
                return "acknowledge: the warning is acknowledged already"
            self._acknowledged[at] = True
            self.listed[at] = self._standing[at]
        elif action.kind == actions.SHELVE:
            self._shelved_ns[at] = action.until_ns
        elif action.kind == actions.UNSHELVE:
            if not self._shelved_ns[at]:
                return "unshelve: the warning is not shelved"
            self._shelved_ns[at] = 0
        else:
            self._close(action, at)
        self._plan()
        return self._transition(at, _PAST[action.kind], action)

    def _close(self, action: Action, at: Slot) -> None:
        self.listed[at], self._shelved_ns[at], self._returned_ns[at] = False, 0, 0
        self._closed[at] = self._standing[at]
        if action.outcome == actions.FALSE:
            self.factor[at] = min(RAISE_MOST, RAISE_BY * float(self.factor[at]))
            self.is_raised = True

    def maintain(self, units: Mask, until_ns: int) -> None:
        """Suppress what ``units`` (n_rows, n_components) says until then."""
        self._window_ns[units] = until_ns

    def ended(self, time_ns: int) -> Mask | None:
        """Where a maintenance window ends with this scan, told once; None = nowhere."""
        if not self._window_ns.any():
            return None
        over: Mask = (self._window_ns > 0) & (self._window_ns <= time_ns)
        if not over.any():
            return None
        self._window_ns[over] = 0
        return over

    def suppressed(self, time_ns: int) -> Mask | None:
        """Where a maintenance window is open; None = nowhere."""
        return self._window_ns > time_ns if self._window_ns.any() else None

    @property
    def standing(self) -> Mask:
        """Where the signal of an episode on the list stands, and nobody has closed it."""
        return self._standing & ~self._closed

    @property
    def opened_ns(self) -> NDArray[np.int64]:
        """When the latest episode opened [ns]."""
        return self._opened_ns

    @property
    def closed(self) -> Mask:
        """Where an episode was closed while it stands: people say that this is normal, or mended."""
        return self._closed

    @property
    def onset_ns(self) -> NDArray[np.int64]:
        """Onset of the latest episode [ns], 0 = there was none; with unit and component it makes its id."""
        return self._onset_ns

    def attended(self, time_ns: int, n_rows: int) -> Mask | None:
        """Where a person has taken a warning on: it counts as normal in what rolls up, but keeps its level; None = nowhere."""
        if not self._any_listed and not self._closed.any():
            return None
        taken: Mask = self._acknowledged | self._closed | (self._shelved_ns > time_ns)
        return taken[:n_rows] if taken.any() else None

    def state(self, time_ns: int) -> NDArray[np.uint8]:
        """ISA-18.2 state of each episode, one of `NORMAL` ... `SUPPRESSED`."""
        state = np.where(self._acknowledged, ACKNOWLEDGED, UNACKNOWLEDGED)
        state = np.where(self._standing, state, RETURNED)
        state = np.where(self._shelved_ns > time_ns, SHELVED, state)
        state = np.where(self.listed, state, NORMAL)
        return np.where(self._window_ns > time_ns, SUPPRESSED, state).astype(np.uint8)

    def snapshot(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The state; arrays are copies."""
        flags = {name: getattr(self, attribute).astype(np.float64) for name, attribute in _FLAGS.items()}
        return flags | {name: getattr(self, attribute).copy() for name, attribute in _NUMBERS.items()}

    def restore(self, state: dict[str, NDArray[np.float64] | NDArray[np.int64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, attribute in _FLAGS.items():
            setattr(self, attribute, state[name] > 0.0)
        for name, attribute in _NUMBERS.items():
            setattr(self, attribute, state[name].copy())
        self.is_raised = bool((self.factor > 1.0).any())
        self._plan()


_PAST: Final = {
    actions.ACKNOWLEDGE: "acknowledged",
    actions.SHELVE: "shelved",
    actions.UNSHELVE: "unshelved",
    actions.CLOSE: "closed",
}
_FLAGS: Final = {
    "listed": "listed",
    "standing": "_standing",
    "acknowledged": "_acknowledged",
    "closed": "_closed",
}
_NUMBERS: Final = {
    "level": "_level",
    "onset_ns": "_onset_ns",
    "opened_ns": "_opened_ns",
    "told_ns": "_told_ns",
    "returned_ns": "_returned_ns",
    "shelved_ns": "_shelved_ns",
    "window_ns": "_window_ns",
    "factor": "factor",
}
