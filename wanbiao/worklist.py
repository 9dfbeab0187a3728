"""The list of early warnings as it stands on Kafka, and acting on one of them."""

from __future__ import annotations

from typing import Any, Final

import click

from connectors.action_wire import Audit
from connectors.kafka_reader import read_topic
from detectors.events import EarlyWarning
from detectors.worklist import Item, Worklist
from wanbiao.acts import send_act
from wanbiao.settings import Settings
from wanbiao.warning_log import UnreadableError, event_of

EVENTS_BACK_MOST: Final = 20_000
"""Of each partition of the topic of warnings, so many records are read: years of a plant, a second of ours."""
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


def act(settings: Settings, kind: str, item: Item, **options: Any) -> Audit:
    """Do something to a warning, later than what happened to it last; what the worker made of it: `send_act`."""
    told = item.told
    return send_act(settings, kind, told.station, after_ns=item.last.time_ns, warning=told.id, **options)
