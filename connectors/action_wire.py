"""What people do, on the wire: a JSON object among the scans of its station, and one on the topic ``actions`` that answers it.

    {"schema": 1, "action": "acknowledge", "id": "5e0c6e2e-...", "station": "YXK", "who": "Li Wei",
     "time_ns": 1767225600000000000, "why": "on site", "warning": "6d0a4c2e-..."}

The key "action" tells it from a scan. ``id`` is a UUID made by who sends it; the answer carries it too. What else an action
needs (``warning``, ``unit``, ``component``, ``tag``, ``until_ns``, ``outcome``) depends on its kind: `detectors.actions`. The
answer is the same object with ``result``, `DONE` or `REFUSED`, and ``reason``, one sentence, empty if it was done.

Bad bytes are an answer, never an exception; texts have limits and no control characters, since they end up on terminals.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Final
from uuid import UUID

import msgspec

from connectors.wire import Unreadable

SCHEMA: Final = 1
"""Version of both messages; a newer one is refused with that reason, an older one is read."""
ACTION_BYTES_MAX: Final = 32_768
"""All texts at their limits, escaped, need less."""
TEXT_CHARS_MAX: Final = 500
"""Of a name or a comment."""
CODE_CHARS_MAX: Final = 100
"""Of a kind, a station, a warning, a unit, a component, a tag, an outcome."""
REASON_CHARS_MAX: Final = 1000
DONE, REFUSED = "done", "refused"

_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)]
_Code = Annotated[str, msgspec.Meta(max_length=CODE_CHARS_MAX)]


class ActionMessage(msgspec.Struct, frozen=True):
    """One act of one person; the words are those of `detectors.actions.Action`."""

    schema: _Int64
    action: _Code
    id: UUID
    station: _Code
    who: _Text
    time_ns: _Int64
    why: _Text = ""
    warning: _Code = ""
    unit: _Code = ""
    component: _Code = ""
    tag: _Code = ""
    until_ns: _Int64 = 0
    outcome: _Code = ""


class Audit(ActionMessage, frozen=True):
    """What became of an action: ``result`` is `DONE` or `REFUSED`, ``reason`` says why it was refused."""

    result: str = DONE
    reason: Annotated[str, msgspec.Meta(max_length=REASON_CHARS_MAX)] = ""


class _Head(msgspec.Struct):
    action: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_head = msgspec.json.Decoder(_Head)
_action = msgspec.json.Decoder(ActionMessage)
_audit = msgspec.json.Decoder(Audit)


def encode_action(message: ActionMessage) -> bytes:
    """The JSON form of an action, keys in a fixed order."""
    return msgspec.json.encode(message)


def is_action(data: bytes) -> bool:
    """Whether some bytes of the telemetry topic are meant as an action, good or bad; all others are meant as a scan.

    >>> is_action(b'{"action": 5}'), is_action(b'{"values": {"1": {"action": 5}}}')
    (True, False)
    """
    if data[:1] != b"{" or b'"action"' not in data:  # nearly all scans end here
        return False
    try:
        return _head.decode(data).action is not msgspec.UNSET
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def decode_action(data: bytes, stations: Container[str]) -> ActionMessage | Unreadable:
    """The action in some bytes, of one of these stations; `Unreadable` if it is none. Never raises.

    Whether it can be carried out is not asked here: what cannot be is answered to who sent it, not buried.
    """
    if len(data) > ACTION_BYTES_MAX:
        return Unreadable("decode", f"action of {len(data)} bytes; at most {ACTION_BYTES_MAX} are read")
    try:
        message = _action.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable("decode", f"not an action: {error}")
    if not 1 <= message.schema <= SCHEMA:
        return Unreadable("schema", f"schema {message.schema}; this program reads 1 to {SCHEMA}")
    for name in ("action", "station", "who", "why", "warning", "unit", "component", "tag", "outcome"):
        if not getattr(message, name).isprintable():
            return Unreadable("decode", f"not an action: {name} holds control characters")
    if message.station not in stations:
        return Unreadable("catalogue", f"unknown station {message.station[:40]!r}")
    return message


def audit(message: ActionMessage, refusal: str = "") -> Audit:
    """What became of an action: refused for that reason, or done."""
    known = {name: getattr(message, name) for name in ActionMessage.__struct_fields__}
    return Audit(**known, result=REFUSED if refusal else DONE, reason=refusal[:REASON_CHARS_MAX])


def encode_audit(record: Audit) -> bytes:
    """The JSON form of what became of an action: a function of the action and its result only, so that repeats are equal."""
    return msgspec.json.encode(record)


def decode_audit(data: bytes) -> Audit:
    """The inverse of `encode_audit`; msgspec.MsgspecError on other bytes."""
    try:
        return _audit.decode(data)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None
