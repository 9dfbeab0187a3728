"""What one channel is told: its desk, its quiet hours, its daily digest, what others escalate to it. Time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from detectors.desk import PAGES_MOST, WINDOW_S, Desk
from detectors.events import ENDS, LEVELS, EarlyWarning
from detectors.notices import Notice, daily, escalation, merged
from detectors.pages import DIGEST, Line
from detectors.routes import Route
from detectors.worklist import Worklist

WINDOW_NS: Final = round(WINDOW_S * 1e9)
HELD_LINES_MOST: Final = 10_000
"""So many lines are not kept for the quiet hours to end: they are told at once, as one digest."""
NEVER_S: Final = 30 * 86_400.0
"""A desk whose digest has a time of the day makes none by age."""
SCHEMA: Final = 1


class Outlet:
    """The notices of one channel. No more than `PAGES_MOST` in any `WINDOW_S`, whatever they are; nothing is left out.

    Parameters
    ----------
    route : what the channel wants to hear.
    technologies : by station.
    is_target : whether others escalate to it; then it keeps a place of its window for that.
    """

    def __init__(self, route: Route, technologies: Mapping[str, str], *, is_target: bool = False) -> None:
        self.route, self._technologies = route, technologies
        # What is beyond the desk has places of its own: a night as one digest, a digest of the day, an escalation.
        kept = (route.quiet is not None) + (route.digest_at is not None) + is_target
        digest_s = {} if route.digest_at is None else {"digest_s": NEVER_S}
        self._desk = Desk(route.channel, page_from=route.level, most=PAGES_MOST - kept, **digest_s)
        self._held: list[Notice] = []
        self._unattended: dict[str, tuple[int, Line]] = {}
        self._escalated: dict[str, tuple[str, Line]] = {}
        self._escalated_ns = -WINDOW_NS - 1
        self._adopted: set[str] = set()
        self._digest_ns: int | None = None

    def take(self, events: Iterable[EarlyWarning], now_ns: int, worklist: Worklist) -> list[Notice]:
        """What the channel is told now [ns], after some events; ``worklist`` has taken them in already."""
        routed = [event for event in events if self._is_ours(event)]
        is_daily = self._digest_ns is not None and now_ns >= self._digest_ns
        found = []
        for page in self._desk.take(routed, now_ns, digest_now=is_daily):
            if is_daily and page.kind == DIGEST:
                found.append(daily(page.desk, now_ns, page, self._standing(worklist)))
                is_daily, self._digest_ns = False, None
            else:
                found.append(Notice.of(page))
        if is_daily and not self._desk.waits_for_digest:
            found.append(daily(self.route.channel, now_ns, None, self._standing(worklist)))
            self._digest_ns = None
        if self._digest_ns is None:
            self._digest_ns = self.route.next_digest_ns(now_ns)
        told = self._after_rest([*found, *self._escalate(now_ns, worklist)], now_ns)
        for notice in told:
            self._follow(notice, now_ns)
        return told

    def overdue(self, now_ns: int, worklist: Worklist) -> list[Line]:
        """What it was told and nobody has attended to in time; each is returned once."""
        due = [line for due_ns, line in self._unattended.values() if due_ns <= now_ns]
        for line in due:
            del self._unattended[line.id]
        return [line for line in due if worklist.is_unattended(line.id)]

    def escalate(self, source: str, lines: Iterable[Line]) -> None:
        """Have this channel told with its next `take` what nobody attended to in another."""
        for line in lines:
            self._escalated.setdefault(line.id, (source, line))

    def _is_ours(self, event: EarlyWarning) -> bool:
        is_known = event.id in self._desk or event.id in self._adopted
        if event.transition in ENDS:
            self._adopted.discard(event.id)
        return is_known or self.route.takes(event, self._technologies)

    def _standing(self, worklist: Worklist) -> list[tuple[str, bool]]:
        """Level of what stands and is for this channel, and whether anybody attends to it."""
        return [
            (item.told.level, not worklist.is_unattended(item.told.id))
            for item in worklist.listed()
            if item.is_standing and self.route.takes(item.told, self._technologies)
        ]

    def _escalate(self, now_ns: int, worklist: Worklist) -> list[Notice]:
        """At most one a window; what comes meanwhile is in the next, unless somebody attends to it before."""
        self._escalated = {id: one for id, one in self._escalated.items() if worklist.is_unattended(id)}
        if not self._escalated or now_ns - self._escalated_ns <= WINDOW_NS:
            return []
        is_urgent = any(line.level == LEVELS[-1] for _, line in self._escalated.values())
        if self.route.is_quiet(now_ns) and not is_urgent:
            return []
        sources = sorted({source for source, _ in self._escalated.values()})
        lines = [line for _, line in self._escalated.values()]
        self._escalated, self._escalated_ns = {}, now_ns
        self._adopted.update(line.id for line in lines)
        return [escalation(self.route.channel, ", ".join(sources), now_ns, lines)]

    def _after_rest(self, notices: list[Notice], now_ns: int) -> list[Notice]:
        """Hold back what is not urgent in the quiet hours; after them it is one notice."""
        if self.route.is_quiet(now_ns):
            self._held += [notice for notice in notices if notice.level != LEVELS[-1]]
            notices = [notice for notice in notices if notice.level == LEVELS[-1]]
            if sum(len(notice.lines) for notice in self._held) < HELD_LINES_MOST:
                return notices
        if not self._held:
            return notices
        held, self._held = self._held, []
        with_lines = [notice for notice in held if notice.lines]
        return [merged(with_lines or held[-1:], now_ns), *notices]

    def _follow(self, notice: Notice, now_ns: int) -> None:
        """From now on somebody has to attend to what was told."""
        if self.route.escalate_after_s is None:
            return
        due_ns = now_ns + round(self.route.escalate_after_s * 1e9)
        least = LEVELS.index(self.route.level) + 1
        for line in notice.lines:
            was = self._unattended.get(line.id)
            is_new = was is None or was[1].rank < line.rank
            if is_new and line.tells and not line.cause and line.rank >= least:
                self._unattended[line.id] = (due_ns, line)

    def snapshot(self) -> dict[str, Any]:
        """The state as JSON-able data."""
        return {
            "schema": SCHEMA,
            "desk": self._desk.snapshot(),
            "held": [notice.to_dict() for notice in self._held],
            "unattended": [[due_ns, line.to_dict()] for due_ns, line in self._unattended.values()],
            "escalated": [[source, line.to_dict()] for source, line in self._escalated.values()],
            "escalated_ns": self._escalated_ns,
            "adopted": sorted(self._adopted),
            "digest_ns": self._digest_ns,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `snapshot`. ValueError if it is of another channel, or of newer code."""
        if state["schema"] != SCHEMA:
            raise ValueError(f"state of channel {self.route.channel} of schema {state['schema']}; expected {SCHEMA}")
        self._desk.restore(state["desk"])
        self._held = [Notice.from_dict(raw) for raw in state["held"]]
        self._unattended = {line["id"]: (due_ns, Line(**line)) for due_ns, line in state["unattended"]}
        self._escalated = {line["id"]: (source, Line(**line)) for source, line in state["escalated"]}
        self._escalated_ns, self._adopted = state["escalated_ns"], set(state["adopted"])
        # A digest that came due while nobody was here is told; the next one has the time of the day that the file says now.
        kept_ns, next_ns = state["digest_ns"], self.route.next_digest_ns(state["desk"]["now_ns"])
        self._digest_ns = None if kept_ns is None or next_ns is None else min(kept_ns, next_ns)
