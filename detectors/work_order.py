"""A message as work orders for a maintenance-management system, in the shape of SAP PM: a header and items for each warning.

docs/messages.md has an example. The id of the warning is the external reference: an order that comes again, or is over, is
the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from detectors.forecast import PASSED, RISES
from detectors.worklist import OVER

PRIORITIES: Final = {"urgent": "1", "warning": "2", "watch": "3"}
"""1 = very high, 2 = high, 3 = medium."""
WITHIN_D: Final = {"urgent": 1, "warning": 7, "watch": 30}
"""Where no time to the alarm limit is foretold, the work is to end within so many days."""
BREAKDOWN, REQUEST = "M2", "M1"
"""Notification types: a malfunction report, a maintenance request."""
SHORT_TEXT_MOST: Final = 40
"""Characters of a short text in SAP PM."""


def work_orders(body: Mapping[str, Any]) -> dict[str, Any]:
    """The orders of a message, by the object for programs of `detectors.messages`; warnings of another cause join its order."""
    return {
        "schema": body["schema"],
        "id": body["id"],
        "kind": body["kind"],
        "time": body["time"],
        "orders": [_order(one, body["time"]) for one in body["warnings"] if not one["cause"]],
    }


def _order(one: Mapping[str, Any], time: str) -> dict[str, Any]:
    is_breakdown = one["forecast"]["state"] == PASSED
    return {
        "header": {
            "reference": one["id"],
            "type": BREAKDOWN if is_breakdown else REQUEST,
            "status": "closed" if one["state"] in (*OVER, "returned") else "open",
            "functional_location": one["code"],
            "priority": PRIORITIES[one["level"]],
            "required_start": time,
            "required_end": _required_end(one, time),
            "breakdown": is_breakdown,
            "malfunction_start": one["since"],
            "short_text": f"{one['code']}: {one['level']}"[:SHORT_TEXT_MOST],
            "long_text_zh": one["text_zh"],
            "long_text_en": one["text_en"],
            "outcome": one["act"]["outcome"] if one["act"] else None,
        },
        "items": [_item(one, likely, number) for number, likely in enumerate(one["likely"] or [None], start=1)],
    }


def _item(one: Mapping[str, Any], likely: Mapping[str, Any] | None, number: int) -> dict[str, Any]:
    """One likely failure mode as the cause; a warning that none fits has one item without a cause."""
    return {
        "number": number,
        "object_part": one["component"]["code"],
        "damage_code": _damage(one),
        "damage_zh": one["what_zh"],
        "damage_en": one["what_en"],
        "cause_code": likely["mode"] if likely else None,
        "cause_zh": likely["name_zh"] if likely else None,
        "cause_en": likely["name_en"] if likely else None,
        "likelihood": likely["share"] if likely else None,
        "task_zh": one["first_check_zh"] if number == 1 else None,
        "task_en": one["first_check_en"] if number == 1 else None,
    }


def _damage(one: Mapping[str, Any]) -> str | None:
    """How the first tag stands out: ``level_high``, ``level_low``, or by another head."""
    if not one["evidence"]:
        return None
    first = one["evidence"][0]
    if first["head"] != "level":
        return str(first["head"])
    size = first["measured"] - first["expected"] if first["deviation"] is None else first["deviation"]
    return "level_high" if size > 0 else "level_low"


def _required_end(one: Mapping[str, Any], time: str) -> str:
    """The early end of the interval in which the limit is reached; else by the level."""
    start = datetime.fromisoformat(time).astimezone(UTC)
    forecast = one["forecast"]
    within = timedelta(days=WITHIN_D[one["level"]])
    if forecast["state"] == RISES and forecast["low_s"] is not None:
        within = min(within, timedelta(seconds=forecast["low_s"]))
    return f"{start + within:%Y-%m-%dT%H:%M:%SZ}"
