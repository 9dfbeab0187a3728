"""What people do with an early warning, or tell the watch about the plant: acknowledge, shelve, close, maintain, relearn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from stations.scan import FIRST_NS, LAST_NS

ACKNOWLEDGE, SHELVE, UNSHELVE, CLOSE = "acknowledge", "shelve", "unshelve", "close"
MAINTAIN, RESUME, RELEARN, REPAIRED = "maintain", "resume", "relearn", "repaired"
OF_WARNINGS: Final = (ACKNOWLEDGE, SHELVE, UNSHELVE, CLOSE)
"""Actions on one early warning, by its id."""
OF_PARTS: Final = (MAINTAIN, RESUME, RELEARN, REPAIRED)
"""Actions on a unit, one of its components, or one sensor."""
CONFIRMED, FALSE, SENSOR, DUPLICATE, DEFERRED = "confirmed", "false", "sensor", "duplicate", "deferred"
OUTCOMES: Final = (CONFIRMED, FALSE, SENSOR, DUPLICATE, DEFERRED)
"""What a warning turned out to be, once somebody looked."""
SHELVE_MOST_S: Final = 14 * 86_400.0
"""Nothing is shelved for longer: what nobody wants to see for weeks has to be mended, closed or told as false [s]."""
MAINTAIN_MOST_S: Final = 180 * 86_400.0
"""Longest maintenance window, a major overhaul [s]."""
TEXT_MOST: Final = 500
"""Characters of a name or a comment."""


@dataclass(frozen=True, slots=True)
class Action:
    """One act of one person, as the audit trail keeps it.

    Parameters
    ----------
    kind : one of `OF_WARNINGS` and `OF_PARTS`.
    who, why : name and comment; ``time_ns`` : when [ns since 1970].
    warning : id of the early warning that is meant.
    unit, component, tag : of what is maintained, learned again or repaired; component "" = the whole unit.
    until_ns : end of a shelf or a window; ``outcome`` : of a warning that is closed, one of `OUTCOMES`.
    """

    kind: str
    station: str
    who: str
    time_ns: int
    why: str = ""
    warning: str = ""
    unit: str = ""
    component: str = ""
    tag: str = ""
    until_ns: int = 0
    outcome: str = ""


def fault(action: Action) -> str:
    """Why an action cannot be carried out whatever the state of the plant, in one sentence; "" = it can.

    Examples
    --------
    >>> now_ns = 1_767_225_600 * 10**9
    >>> fault(Action("shelve", "YXK", "Li", now_ns, warning="x"))
    'shelve needs an end (until); at most 14 days from now'
    >>> fault(Action("close", "YXK", "Li", now_ns, warning="x", outcome="fixed"))
    "outcome 'fixed'; expected one of confirmed, false, sensor, duplicate, deferred"
    >>> fault(Action("acknowledge", "YXK", "Li", now_ns, warning="x"))
    ''
    """
    if action.kind not in OF_WARNINGS + OF_PARTS:
        return f"unknown action {action.kind[:40]!r}; expected one of {', '.join(OF_WARNINGS + OF_PARTS)}"
    if not action.who.strip() or max(len(action.who), len(action.why)) > TEXT_MOST:
        return f"an action needs the name of who acts; name and comment have at most {TEXT_MOST} characters"
    if action.kind in OF_WARNINGS and not action.warning:
        return f"{action.kind} needs the id of an early warning"
    if action.kind in OF_PARTS and not (action.tag if action.kind == REPAIRED else action.unit):
        return f"{action.kind} needs {'a sensor (tag)' if action.kind == REPAIRED else 'a unit'}"
    if not (FIRST_NS <= action.time_ns < LAST_NS and 0 <= action.until_ns < LAST_NS):
        return f"{action.kind}: times are nanoseconds since 1970, of the years 2000 to 2099"
    if action.kind == CLOSE and action.outcome not in OUTCOMES:
        return f"outcome {action.outcome[:40]!r}; expected one of {', '.join(OUTCOMES)}"
    most_s = {SHELVE: SHELVE_MOST_S, MAINTAIN: MAINTAIN_MOST_S}.get(action.kind)
    if most_s is not None and not 0 < action.until_ns - action.time_ns <= most_s * 1e9:
        return f"{action.kind} needs an end (until); at most {most_s / 86_400:.0f} days from now"
    return ""


def moment(time_ns: int) -> str:
    """A time for people, to the minute.

    >>> moment(1_767_225_600_000_000_000)
    '2026-01-01 00:00 UTC'
    """
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
