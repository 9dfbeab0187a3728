"""The list of early warnings as it stands on Kafka, and acting on one of them."""

from __future__ import annotations

import getpass
import time
import uuid
from typing import Any, Final

import click

from connectors.action_log import send_action
from connectors.action_wire import ActionMessage, Audit, decode_action, encode_action
from connectors.kafka_reader import read_topic
from connectors.wire import Unreadable, decode_health
from detectors.actions import fault
from detectors.events import EarlyWarning
from detectors.worklist import Item, Worklist
from streams.acting import to_action
from wanbiao.settings import Settings
from wanbiao.warning_log import UnreadableError, event_of

EVENTS_BACK_MOST: Final = 20_000
"""Of each partition of the topic of warnings, so many records are read: years of a plant, a second of ours."""
HEALTH_BACK_MOST: Final = 50
"""And of the topic of health, to learn what time it is in a plant that is simulated or replayed."""
STEP_NS: Final = 1_000_000
"""InfluxDB keeps times to the millisecond [ns]."""
IDS_SHOWN_MOST: Final = 5


def read_worklist(settings: Settings) -> tuple[Worklist, int]:
    """The list as it stands now, and how many records could not be read. ConnectorError if no broker answers."""
    worklist, unreadable = Worklist(), 0
    for record in read_topic(settings.kafka_address(), f"{settings.prefix}warnings", most=EVENTS_BACK_MOST):
        try:
            event = event_of(record)
        except UnreadableError:
            unreadable += 1
            continue
        if isinstance(event, EarlyWarning):
            worklist.take(event)
    return worklist, unreadable


def find_item(worklist: Worklist, start: str) -> Item:
    """The one warning whose id begins so; a usage error if there is none, or more."""
    found = worklist.find(start.strip().lower())
    if len(found) == 1:
        return found[0]
    if not found:
        raise click.UsageError(f'no warning "{start[:40]}"; wanbiao warnings list --all shows what there is')
    ids = ", ".join(item.told.id for item in found[:IDS_SHOWN_MOST])
    raise click.UsageError(f'"{start}" begins {len(found)} ids: {ids}{" ..." if len(found) > IDS_SHOWN_MOST else ""}')


def act(settings: Settings, kind: str, item: Item, *, wait_s: float, who: str | None, why: str, **more: Any) -> Audit:
    """Do something to a warning; what the worker made of it.

    ``for_s`` [s] is how long, from now. A usage error if it can be done to no warning, ConnectorError if nobody answers.
    """
    now_ns = plant_time_ns(settings, item)
    for_s = more.pop("for_s", None)
    message = ActionMessage(
        schema=1,
        action=kind,
        id=uuid.uuid4(),
        station=item.told.station,
        who=" ".join((_user() if who is None else who).split()),
        time_ns=now_ns,
        why=" ".join(why.split()),
        warning=item.told.id,
        until_ns=now_ns + round(for_s * 1e9) if for_s else 0,
        **more,
    )
    reason = fault(to_action(message))
    read = decode_action(encode_action(message), (message.station,))
    if not reason and isinstance(read, Unreadable):
        reason = read.reason
    if reason:
        raise click.UsageError(reason)
    return send_action(settings.kafka_address(), settings.prefix, message, wait_s=wait_s)


def plant_time_ns(settings: Settings, item: Item) -> int:
    """What time it is in the plant: ours, or under ``WANBIAO_CLOCK=recorded`` that of its newest health [ns].

    It is later than what happened to the warning last, even where plant time stands still, or two acts would be the same event.
    """
    if settings.clock != "recorded":
        return time.time_ns()
    newest_ns = item.last.time_ns + STEP_NS
    for record in read_topic(settings.kafka_address(), f"{settings.prefix}health", most=HEALTH_BACK_MOST):
        if record.key == item.told.station.encode():
            newest_ns = max(newest_ns, decode_health(record.value or b"").time_ns)
    return newest_ns


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may know no name for its user
        raise click.UsageError("the system does not say who you are; expected --who NAME") from None
