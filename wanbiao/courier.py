"""Delivers what waits for one channel, in a thread of its own: a channel that is slow or away delays no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from connectors.errors import ConnectorError
from connectors.notify import Outgoing, Sender, sender_of
from connectors.outbox import Outbox, Parcel, retry_s
from detectors.events import LEVELS
from detectors.marks import marks
from detectors.messages import Message
from detectors.work_order import work_orders
from wanbiao.channels import GRAFANA, WORK_ORDER, Channel
from wanbiao.display import worded

logger = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""Where nothing is due, the outbox is looked at so often [s]; what is new wakes the thread at once."""
SECOND_NS: Final = 10**9


class Letter(msgspec.Struct, frozen=True):
    """What the outbox keeps of a message: the text in the language of its channel, and the object for programs."""

    title: str
    text: str
    payload: msgspec.Raw


def parcel(message: Message, channel: Channel) -> Parcel:
    """A message, made ready for one channel."""
    payload: Any = message.body
    if channel.format == WORK_ORDER:
        payload = work_orders(message.body)
    elif channel.format == GRAFANA:
        payload = marks(message.body, channel.language)
    letter = Letter(
        worded(message.title, channel.language, separator=" / "),
        worded(message.text, channel.language, separator="\n\n"),
        msgspec.Raw(msgspec.json.encode(payload)),
    )
    return Parcel(channel.name, message.id, message.level == LEVELS[-1], message.time_ns, msgspec.json.encode(letter))


def sender(channel: Channel) -> Sender:
    """What delivers to a channel."""
    if channel.format == GRAFANA:
        from connectors.grafana import Annotator

        return Annotator(channel.name, channel.url, token=channel.secret)
    return sender_of(channel.name, channel.url, secret=channel.secret)


def outgoing(parcel: Parcel) -> Outgoing:
    """What is in a parcel."""
    letter = msgspec.json.decode(parcel.body, type=Letter)
    return Outgoing(parcel.id, letter.title, letter.text, parcel.is_urgent, bytes(letter.payload))


class Courier:
    """The deliveries of one channel.

    After a failure the whole channel pauses, longer each time, as each message does: who is away is not run down.

    Parameters
    ----------
    channel : its name.   path : of the outbox.   clock : nanoseconds since 1970.
    """

    def __init__(self, channel: str, sender: Sender, path: str, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.channel, self._sender, self._path, self._clock = channel, sender, path, clock
        self._failures = 0
        self._paused_ns = 0
        self._wake = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name=f"courier-{channel}", daemon=True)
        self.error: ConnectorError | None = None

    def step(self, box: Outbox) -> float:
        """Try the next message, if one is due. How long to wait until the next step [s]; 0 = there may be more."""
        now_ns = self._clock()
        if now_ns < self._paused_ns:
            return (self._paused_ns - now_ns) / SECOND_NS
        one = box.due(self.channel, now_ns)
        if one is None:
            next_ns = box.next_ns(self.channel)
            return LOOK_S if next_ns is None else max(0.0, (next_ns - now_ns) / SECOND_NS)
        try:
            self._sender.send(outgoing(one))
        except ConnectorError as error:
            self._fail(box, one, str(error), retryable=error.retryable)
        except Exception as error:  # a library's bug with one message must not end the channel
            logger.exception("channel %s: message %s", self.channel, one.id)
            self._fail(box, one, f"{type(error).__name__}: {error}", retryable=True)
        else:
            if self._failures:
                logger.info("channel %s: delivers again", self.channel)
            self._failures, self._paused_ns = 0, 0
            box.delivered(one, self._clock())
        return 0.0

    def _fail(self, box: Outbox, one: Parcel, reason: str, *, retryable: bool) -> None:
        now_ns = self._clock()
        if box.failed(one, now_ns, reason, retryable=retryable):
            logger.error("channel %s: message %s is given up: %s", self.channel, one.id, reason)
        if not retryable:
            return  # it was the message, not the channel
        self._failures += 1
        self._paused_ns = now_ns + round(retry_s(self._failures) * SECOND_NS)
        if self._failures == 1:
            logger.warning("channel %s: %s; it is tried again until it arrives", self.channel, reason)

    def start(self) -> None:
        """Deliver from now on."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def end(self, wait_s: float) -> None:
        """Finish what is under way, at most ``wait_s`` [s]; what waits stays in the outbox."""
        self._is_ending = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _run(self) -> None:
        try:
            with Outbox(self._path) as box:
                while not self._is_ending:
                    wait_s = self.step(box)
                    if wait_s > 0.0 and not self._is_ending:
                        self._wake.wait(min(wait_s, LOOK_S))
                        self._wake.clear()
        except ConnectorError as error:  # of the outbox: the program cannot go on
            self.error = error
