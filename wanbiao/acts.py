"""Putting what a person does on the log of a station, and hearing what the worker made of it."""

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
from streams.acting import to_action
from wanbiao.errors import RefusedError
from wanbiao.settings import Settings

HEALTH_BACK_MOST: Final = 50
"""Of each partition of the topic of health, so many records are read, to learn what time it is in a plant that is recorded."""
STEP_NS: Final = 1_000_000
"""InfluxDB keeps times to the millisecond [ns]."""


def send_act(
    settings: Settings,
    kind: str,
    station: str,
    *,
    wait_s: float,
    who: str | None,
    why: str,
    after_ns: int = 0,
    for_s: float | None = None,
    **more: Any,
) -> Audit:
    """Do something to a warning or a part of a station; what the worker made of it.

    ``after_ns`` is what it must be later than [ns], ``for_s`` how long it holds, from now [s]; ``more`` are fields of
    `ActionMessage`. A usage error if it can be done to nothing, ConnectorError if nobody answers.
    """
    now_ns = plant_time_ns(settings, station, after_ns)
    message = ActionMessage(
        schema=1,
        action=kind,
        id=uuid.uuid4(),
        station=station,
        who=" ".join((_user() if who is None else who).split()),
        time_ns=now_ns,
        why=" ".join(why.split()),
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


def plant_time_ns(settings: Settings, station: str, after_ns: int = 0) -> int:
    """What time it is in the plant: ours, or under ``WANBIAO_CLOCK=recorded`` that of its newest health [ns].

    It is later than ``after_ns``, what was acted on last, even where plant time stands still, or two acts would be one event.
    RefusedError if a recorded station has said nothing yet.
    """
    if settings.clock != "recorded":
        return time.time_ns()
    newest_ns = max(after_ns + STEP_NS if after_ns else 0, newest_health_ns(settings, station))
    if not newest_ns:
        raise RefusedError(
            f"{station} has no health yet; under WANBIAO_CLOCK=recorded that tells what time it is there"
        )
    return newest_ns


def newest_health_ns(settings: Settings, station: str = "") -> int:
    """Time of the newest health of a station, "" = of any [ns]; 0 = there is none."""
    newest_ns = 0
    for record in read_topic(settings.kafka_address(), f"{settings.prefix}health", most=HEALTH_BACK_MOST):
        if record.key == station.encode() or not station:
            newest_ns = max(newest_ns, decode_health(record.value or b"").time_ns)
    return newest_ns


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may know no name for its user
        raise click.UsageError("the system does not say who you are; expected --who NAME") from None
