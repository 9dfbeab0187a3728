"""Records of the topic of warnings as events."""

from __future__ import annotations

import msgspec

from connectors.kafka_reader import Record
from detectors.events import DataQuality, EarlyWarning


class _Kind(msgspec.Struct):
    kind: str


class UnreadableError(ValueError):
    """A record that holds no event that this program knows."""


def event_of(record: Record) -> EarlyWarning | DataQuality | None:
    """The event in a record; None = of a kind that concerns no list of warnings. UnreadableError on other bytes."""
    value = record.value or b""
    try:
        kind = msgspec.json.decode(value, type=_Kind).kind
        if kind == "early_warning":
            return msgspec.json.decode(value, type=EarlyWarning)
        return msgspec.json.decode(value, type=DataQuality) if kind == "data_quality" else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(str(error)) from None
