"""The early warnings as people work with them: of each its state, what it said last, what was done. A fold over events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from detectors.desk import FORGET_S, SILENT_S
from detectors.events import LEVELS, OPENS, TELLS, EarlyWarning
from detectors.lifecycle import ACKNOWLEDGED, NORMAL, RETURNED, SHELVED, STATE_NAMES, UNACKNOWLEDGED

ACCEPTED, CLOSED = "accepted", "closed"
OVER: Final = (STATE_NAMES[NORMAL], ACCEPTED, CLOSED)
"""States in which nobody has to do anything any more."""


@dataclass(slots=True)
class Item:
    """One early warning. ``told`` is the last event that says how the machine is, ``history`` every transition once, in order."""

    told: EarlyWarning
    history: list[EarlyWarning] = field(default_factory=list)
    rank: int = 0
    is_standing: bool = True
    is_acknowledged: bool = False
    until_ns: int = 0
    ended: str = ""

    @property
    def last(self) -> EarlyWarning:
        """What happened last."""
        return self.history[-1]

    @property
    def state(self) -> str:
        """One of `STATE_NAMES` as in `detectors.lifecycle`, or `ACCEPTED`, or `CLOSED`."""
        if self.ended:
            return self.ended
        if self.until_ns:
            return STATE_NAMES[SHELVED]
        if self.is_standing:
            return STATE_NAMES[ACKNOWLEDGED if self.is_acknowledged else UNACKNOWLEDGED]
        return STATE_NAMES[NORMAL if self.is_acknowledged else RETURNED]


class Worklist:
    """Takes the events of the topic of warnings in, in the order of each id; what comes twice counts once.

    It holds what it is given: who reads a topic limits how far back.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def take(self, event: EarlyWarning) -> bool:
        """Take the next transition in; False if it is known: a worker that was killed says things again."""
        item = self.items.setdefault(event.id, Item(event))
        if event in item.history:
            return False
        item.history.append(event)
        if event.transition in TELLS:
            item.told = event
        if event.transition in OPENS:
            item.is_standing = True
        rank = LEVELS.index(event.level) + 1
        if event.transition in TELLS and rank > item.rank:
            # What rises is no longer what was acknowledged or shelved.
            item.rank, item.is_acknowledged, item.until_ns = rank, False, 0
        _do(item, event)
        return True

    def listed(self, *, ended: bool = False) -> list[Item]:
        """What waits for a person or is being worked on, with ``ended`` all; the worst first, of these the newest.

        What stands but was not heard of for `SILENT_S` is left out: its station has gone, or has learned anew.
        """
        newest_ns = max((item.last.time_ns for item in self.items.values()), default=0)
        kept = [
            item
            for item in self.items.values()
            if ended or (item.state not in OVER and newest_ns - item.last.time_ns <= SILENT_S * 1e9)
        ]
        return sorted(kept, key=lambda item: (-item.rank, -item.told.onset_ns, item.told.id))

    def is_unattended(self, id: str) -> bool:
        """Whether a warning stands and nobody has taken it on; so it is taken to be if it is not known."""
        item = self.items.get(id)
        return item is None or item.state == STATE_NAMES[UNACKNOWLEDGED]

    def forget(self) -> None:
        """Leave behind what is over and comes back no more, and what nobody has heard of for `SILENT_S`."""
        newest_ns = max((item.last.time_ns for item in self.items.values()), default=0)
        for id, item in list(self.items.items()):
            most_s = FORGET_S if item.state in OVER else SILENT_S
            if newest_ns - item.last.time_ns > most_s * 1e9:
                del self.items[id]

    def find(self, start: str) -> list[Item]:
        """All whose id begins so."""
        return [item for id, item in self.items.items() if start and id.startswith(start)]


def _do(item: Item, event: EarlyWarning) -> None:
    """What people did, and what is over."""
    if event.transition == "returned":
        item.is_standing = False
    elif event.transition == "acknowledged":
        item.is_acknowledged = True
    elif event.transition == "shelved":
        item.until_ns = event.act.until_ns if event.act else 0
    elif event.transition == "unshelved":
        item.until_ns = 0
    elif event.transition in (ACCEPTED, CLOSED):
        item.ended = event.transition
