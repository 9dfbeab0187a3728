"""Sending an action over Kafka and waiting for what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.action_wire import ActionMessage, Audit, decode_audit, encode_action
from connectors.errors import NoAnswerError
from connectors.kafka import KafkaAddress, ScanProducer
from connectors.kafka_reader import Record, TopicReader

ANSWER_S: Final = 30.0
"""Longest wait for an answer [s]: a worker that was killed is back within ten."""
POLL_S: Final = 0.5


def send_action(
    address: KafkaAddress,
    prefix: str,
    message: ActionMessage,
    *,
    wait_s: float = ANSWER_S,
    clock: Callable[[], float] = time.monotonic,
) -> Audit:
    """Put one action on the log of its station; returns what the worker made of it.

    Raises
    ------
    ConnectorError : no broker, no topics.
    NoAnswerError : none within ``wait_s`` [s]; the action is on the log all the same, and will be carried out. Sending it again
        does no harm.
    """
    with TopicReader(
        address, [f"{prefix}actions"], most=0
    ) as trail:  # before it is sent, or the answer could be missed
        with ScanProducer(address, f"{prefix}telemetry") as producer:
            producer.send(message.station, encode_action(message))
        deadline_s = clock() + wait_s
        while (left_s := deadline_s - clock()) > 0:
            for _, record in trail.poll(min(left_s, POLL_S)):
                found = _answer(record)
                if found is not None and found.id == message.id:
                    return found
    raise NoAnswerError(
        f"no worker has answered within {wait_s:.0f} s; the action is on the log of {message.station} and will be carried "
        "out once a worker runs"
    )


def _answer(record: Record) -> Audit | None:
    """The answer in a record; None if it is none that this program can read, and hence none to what it sent."""
    try:
        return decode_audit(record.value or b"")
    except msgspec.MsgspecError:
        return None
