"""A message as marks on a time axis, one for each warning: from its onset until it is over, or as long as nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from detectors.worklist import OVER

TAG: Final = "wanbiao"
"""Every mark has it, so that a dashboard can ask for all of them."""
ENDED: Final = (*OVER, "returned")
"""States in which a warning stands no more."""


def marks(body: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """The marks of a message, by the object for programs of `detectors.messages`.

    ``key`` is the id of the warning: a mark of the same key replaces the one before. ``end_ms`` is null while it stands.
    """
    return [_mark(one, language) for one in body["warnings"]]


def _mark(one: Mapping[str, Any], language: str) -> dict[str, Any]:
    words = {"zh": [one["text_zh"]], "en": [one["text_en"]]}.get(language, [one["text_zh"], one["text_en"]])
    return {
        "key": one["id"],
        "text": "\n".join(words),
        "tags": [TAG, one["station"]["code"], one["code"], one["level"]],
        "time_ms": _ms(one["since"]),
        "end_ms": _ms(one["changed"]) if one["state"] in ENDED else None,
    }


def _ms(time: str) -> int:
    """Milliseconds since 1970.

    >>> _ms("2026-01-01T00:00:00Z")
    1767225600000
    """
    return round(datetime.fromisoformat(time).timestamp() * 1000)
