"""From an action on the wire to one of a monitor, and from what the monitor says of it to the answer. Pure functions."""

from __future__ import annotations

from connectors.action_wire import ActionMessage, Audit, audit
from detectors.actions import Action
from detectors.events import Event, Refused


def to_action(message: ActionMessage) -> Action:
    """What a monitor is asked to do; without the id, which only its sender needs."""
    return Action(
        kind=message.action,
        station=message.station,
        who=message.who,
        time_ns=message.time_ns,
        why=message.why,
        warning=message.warning,
        unit=message.unit,
        component=message.component,
        tag=message.tag,
        until_ns=message.until_ns,
        outcome=message.outcome,
    )


def answer(message: ActionMessage, events: list[Event]) -> Audit:
    """What became of an action by the events that it made: refused with a sentence, or done."""
    return audit(message, next((event.reason for event in events if isinstance(event, Refused)), ""))
