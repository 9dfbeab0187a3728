"""Which early warnings become pages of a desk, so that no flood of faults becomes a flood of calls, and none is lost.

- A warning that reaches a level worth a page, higher than it was told before, is a page of its own; the worst first.
- At most `Desk.most` pages in any `WINDOW_S` (EEMUA 191, ANSI/ISA-18.2: more than ten in ten minutes is a flood, in which people
  no longer read). The last place of the window is kept for a digest of whatever had no place, one digest a window.
- What belongs to another warning (`EarlyWarning.cause`) is counted in the page of its cause, or in a digest.
- That a paged warning still stands, or is over, is a page while `AGAIN_MOST` places are free of such; else it is in a digest.
- What is worth no page waits on the worklist and is in the next digest, at the latest after `digest_s`; sooner if it is urgent.

Every transition but those that people make themselves is in exactly one page. Event time only: call `take` with every scan, or
when `due_ns` says that something is due.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from detectors.events import ENDS, LEVELS, EarlyWarning, Event
from detectors.pages import AGAIN, PAGE, Line, Page, digest, single

WINDOW_S: Final = 600.0
PAGES_MOST: Final = 10
AGAIN_MOST: Final = 5
"""Reminders and returns leave so many places of a window to what is new."""
DIGEST_S: Final = 8 * 3600.0
"""What is worth no page is told once a shift [s]."""
LINES_MOST: Final = 1000
"""So many lines are not kept for the shift to end: they are a digest as soon as there is a place."""
FORGET_S: Final = 86_400.0
"""So long after it has ended, a warning does not come back under its id (`Tuning.reopen_s`) [s]."""
SILENT_S: Final = 60 * 86_400.0
"""What nobody has heard of for so long has ended unheard [s]."""
SWEEP_NS: Final = 3600 * 10**9
"""Time between two looks for warnings to forget [ns]."""
SEEN_MOST: Final = 16
"""Transitions of one warning that are known again when they are delivered twice."""
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk knows of one warning: its last line, the rank at which it was told (0 = not yet), whether in a page of its
    own, whether it is over, and its last transitions."""

    line: Line
    told: int = 0
    paged: bool = False
    over: bool = False
    seen: tuple[tuple[str, int], ...] = ()


class Desk:
    """The pages of one desk.

    Parameters
    ----------
    name : of the desk, part of every page.
    page_from : the least level that is worth a page.
    most : pages in any `WINDOW_S`, digests included, >= 1.
    digest_s : longest time for which something waits for a digest [s].

    Examples
    --------
    >>> Desk("fleet").take([], 0)
    []
    """

    def __init__(
        self, name: str, *, page_from: str = "warning", most: int = PAGES_MOST, digest_s: float = DIGEST_S
    ) -> None:
        if page_from not in LEVELS or most < 1 or not digest_s > 0:
            raise ValueError(f"page_from {page_from}, most {most}, digest_s {digest_s}; expected a level and sizes > 0")
        self.name = name
        self._least, self._most = LEVELS.index(page_from) + 1, most
        self._window_ns, self._digest_ns = round(WINDOW_S * 1e9), round(digest_s * 1e9)
        self._now_ns: int = 0
        self._sent: list[tuple[int, bool]] = []
        self._waiting: dict[str, list[Line]] = {}
        self._quiet: list[Line] = []
        self._quiet_ns: int = 0
        self._urgent_ns: int = 0
        self._known: dict[str, Standing] = {}

    def take(self, events: Iterable[Event], time_ns: int, *, digest_now: bool = False) -> list[Page]:
        """What the desk is told after the events of one scan, at this event time [ns]; the worst first.

        With ``digest_now`` whatever waits for a digest is told if the window has a place for one.
        """
        before_ns, self._now_ns = self._now_ns, max(self._now_ns, time_ns)
        self._sent = [one for one in self._sent if self._now_ns - one[0] <= self._window_ns]
        if before_ns // SWEEP_NS < self._now_ns // SWEEP_NS:
            self._forget()
        again = [line for event in events if isinstance(event, EarlyWarning) for line in self._receive(event)]
        pages = []
        for own in sorted(self._waiting.values(), key=_urgency):
            if not self._has_place():
                break
            pages.append(self._page(PAGE, own))
        for line in sorted(again, key=lambda line: (-line.rank, line.time_ns, line.id)):
            if len(self._sent) < min(AGAIN_MOST, self._most - 1):
                pages.append(self._page(AGAIN, [line]))
            else:
                self._keep(line)
        if self._has_place(is_digest=True) and (self._waiting or self._is_due() or (digest_now and self._quiet)):
            pages.append(self._digest())
        return pages

    @property
    def due_ns(self) -> int | None:
        """When `take` has something to say though nothing happens [ns]; None = never."""
        if not self._waiting and not self._quiet:
            return None
        due_ns: int = self._now_ns if self._waiting else self._quiet_due_ns()
        digests = [sent_ns for sent_ns, was_digest in self._sent if was_digest]
        free = [self._sent[-self._most][0]] if len(self._sent) >= self._most else []
        held = [sent_ns + self._window_ns + 1 for sent_ns in (*free, *(() if self._waiting else digests))]
        return max(due_ns, *held) if held else due_ns

    @property
    def waits_for_digest(self) -> bool:
        """Whether anything is to be told that is worth no page of its own."""
        return bool(self._quiet)

    def __contains__(self, id: str) -> bool:
        """Whether it has heard of a warning and not forgotten it."""
        return id in self._known

    @property
    def worklist(self) -> tuple[Line, ...]:
        """The last line of every warning that is not over, the worst and newest first, whether paged or not."""
        lines = [one.line for one in self._known.values() if not one.over]
        return tuple(sorted(lines, key=lambda line: (-line.rank, -line.time_ns, line.id)))

    def _receive(self, event: EarlyWarning) -> list[Line]:
        """Find the place of one transition; it is returned if it is one of a warning that was paged before."""
        line, was = Line.of(event), self._known.get(event.id)
        key = event.transition, event.time_ns
        if was is not None and key in was.seen:
            return []
        told, paged = (was.told, was.paged) if was else (0, False)
        seen = ((*was.seen, key) if was else (key,))[-SEEN_MOST:]
        self._known[line.id] = Standing(line, told, paged, event.transition in ENDS, seen)
        if event.act is not None:
            if event.transition != "unshelved":
                self._no_page(line.id)
            return []
        if not line.tells:
            self._no_page(line.id)
        elif line.rank >= self._least and line.rank > self._rank(line.id, told) and not line.cause:
            self._waiting[line.id] = [line, *self._waiting.get(line.id, ())]
            return []
        elif line.id in self._waiting:
            self._waiting[line.id].append(line)
            return []
        if paged and not line.cause:
            return [line]
        self._keep(line)
        return []

    def _rank(self, id: str, told: int) -> int:
        """The rank at which a warning was told, or is about to be."""
        return max(told, self._waiting[id][0].rank) if id in self._waiting else told

    def _no_page(self, id: str) -> None:
        """Whoever has taken it on needs no page, and nobody does once it is over: what waited for one goes to a digest."""
        for line in self._waiting.pop(id, ()):
            self._keep(line)

    def _keep(self, line: Line) -> None:
        self._quiet_ns = self._quiet_ns or self._now_ns
        if line.tells and line.level == LEVELS[-1]:
            self._urgent_ns = self._urgent_ns or self._now_ns
        self._quiet.append(line)

    def _page(self, kind: str, own: list[Line]) -> Page:
        """Send a page of one warning."""
        first = own[0]
        self._waiting.pop(first.id, None)
        belonging = [line for line in self._quiet if line.cause == first.id]
        self._quiet = [line for line in self._quiet if line.cause != first.id]
        self._tidy()
        self._told(own, is_page=True)
        self._told(belonging)
        self._sent.append((self._now_ns, False))
        return single(self.name, self._now_ns, kind, own, belonging)

    def _digest(self) -> Page:
        """Send whatever waits as one page; the page of the one warning that waits, if it is only one."""
        if len(self._waiting) == 1 and not self._quiet:
            return self._page(PAGE, next(iter(self._waiting.values())))
        lines = [line for own in self._waiting.values() for line in own] + self._quiet
        self._waiting, self._quiet = {}, []
        self._tidy()
        self._told(lines)
        self._sent.append((self._now_ns, True))
        return digest(self.name, self._now_ns, lines)

    def _told(self, lines: Iterable[Line], *, is_page: bool = False) -> None:
        for line in lines:
            was = self._known.get(line.id)
            if was is not None and line.tells:
                is_worth = is_page or (line.rank >= self._least and not line.cause)
                self._known[line.id] = replace(was, told=max(was.told, line.rank), paged=was.paged or is_worth)

    def _has_place(self, *, is_digest: bool = False) -> bool:
        """Whether the window has a place for a page, or for a digest, which has one of its own."""
        had_digest = any(was_digest for _, was_digest in self._sent)
        if is_digest:
            return len(self._sent) < self._most and not had_digest
        return len(self._sent) < self._most - (not had_digest)

    def _is_due(self) -> bool:
        return bool(self._quiet) and self._now_ns >= self._quiet_due_ns()

    def _quiet_due_ns(self) -> int:
        if len(self._quiet) >= LINES_MOST:
            return self._quiet_ns
        due_ns = self._quiet_ns + self._digest_ns
        return min(due_ns, self._urgent_ns + self._window_ns) if self._urgent_ns else due_ns

    def _tidy(self) -> None:
        """Since when something waits for a digest, once some of it was told."""
        if not self._quiet:
            self._quiet_ns = 0
        if not any(line.tells and line.level == LEVELS[-1] for line in self._quiet):
            self._urgent_ns = 0

    def _forget(self) -> None:
        """Leave behind the warnings that do not come back."""
        gone = [
            id
            for id, one in self._known.items()
            if self._now_ns - one.line.time_ns > 1e9 * (FORGET_S if one.over else SILENT_S)
        ]
        for id in gone:
            if id not in self._waiting:
                del self._known[id]

    def snapshot(self) -> dict[str, Any]:
        """The state as JSON-able data."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "now_ns": self._now_ns,
            "sent": [list(one) for one in self._sent],
            "waiting": [[line.to_dict() for line in own] for own in self._waiting.values()],
            "quiet": [line.to_dict() for line in self._quiet],
            "quiet_ns": self._quiet_ns,
            "urgent_ns": self._urgent_ns,
            "known": [
                {
                    "line": one.line.to_dict(),
                    "told": one.told,
                    "paged": one.paged,
                    "over": one.over,
                    "seen": [list(key) for key in one.seen],
                }
                for one in self._known.values()
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `snapshot`. ValueError if it is of another desk, or of newer code."""
        if state["schema"] != SCHEMA or state["name"] != self.name:
            raise ValueError(f"state of desk {state['name']}, schema {state['schema']}; expected {self.name}, {SCHEMA}")
        self._now_ns, self._quiet_ns, self._urgent_ns = state["now_ns"], state["quiet_ns"], state["urgent_ns"]
        self._sent = [(sent_ns, was_digest) for sent_ns, was_digest in state["sent"]]
        self._waiting = {own[0]["id"]: [Line(**line) for line in own] for own in state["waiting"]}
        self._quiet = [Line(**line) for line in state["quiet"]]
        known = [
            Standing(Line(**one["line"]), one["told"], one["paged"], one["over"], tuple((t, n) for t, n in one["seen"]))
            for one in state["known"]
        ]
        self._known = {one.line.id: one for one in known}


def _urgency(own: list[Line]) -> tuple[int, int, str]:
    """The worst first, of these the oldest."""
    return -own[0].rank, own[-1].time_ns, own[0].id
