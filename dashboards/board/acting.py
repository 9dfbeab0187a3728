"""How the board acts and looks back: what it is given from outside, in one process or over Kafka and InfluxDB."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Final, Protocol

from connectors.action_wire import SCHEMA, ActionMessage, Audit, decode_action, encode_action
from connectors.wire import Unreadable
from dashboards.board.views import Trend
from detectors.actions import Action, fault
from detectors.worklist import Item

STEP_NS: Final = 1_000_000
"""An act is so much later than what happened before, even where plant time stands still, or two would be one event [ns]."""


class Actor(Protocol):
    """Carries acts out: on the monitor in this process, or by the log of the station."""

    def act(self, message: ActionMessage) -> Audit:
        """What became of it. Blocks until it is known: run it in a thread.

        Raises
        ------
        ConnectorError : nobody has answered.
        """
        ...


class History(Protocol):
    """Looks back at tags."""

    def trend(self, station: str, unit: str, tag: str, back_s: float) -> Trend:
        """The tag over the last ``back_s`` [s of plant time], the oldest first; empty if nothing is known. May block."""
        ...


def new_action(
    kind: str, item: Item, *, who: str, now_ns: int, why: str = "", until_ns: int = 0, outcome: str = ""
) -> ActionMessage:
    """The message of an act on a warning, with an id of its own.

    Raises
    ------
    ValueError : it can be carried out on no warning, in one sentence for who acts.
    """
    action = Action(
        kind=kind,
        station=item.told.station,
        who=in_one_line(who),
        time_ns=max(now_ns, item.last.time_ns + STEP_NS),
        why=in_one_line(why),
        warning=item.told.id,
        until_ns=until_ns,
        outcome=outcome,
    )
    return message_of(action)


def in_one_line(words: str) -> str:
    """What a person wrote, without line breaks and spaces that say nothing.

    >>> in_one_line(" oil sample\\n taken ")
    'oil sample taken'
    """
    return " ".join(words.split())


def message_of(action: Action) -> ActionMessage:
    """The message of an act, with an id of its own. ValueError as of `new_action`."""
    words = asdict(action)
    message = ActionMessage(schema=SCHEMA, action=words.pop("kind"), id=uuid.uuid4(), **words)
    reason = fault(action)
    read = decode_action(encode_action(message), (message.station,))
    if not reason and isinstance(read, Unreadable):
        reason = read.reason
    if reason:
        raise ValueError(reason)
    return message
