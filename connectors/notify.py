"""Sending one message to one channel: by apprise (mail, DingTalk, WeCom, Feishu ...) or as a signed webhook. It blocks.

A webhook is a POST of JSON with these headers, by which a receiver knows who sent it, when, and whether it has it already:

    Idempotency-Key: 5c0c1c9e-...          the id of the message, the same however often it is sent
    Wanbiao-Timestamp: 1767225600          seconds since 1970 of this try
    Wanbiao-Signature: v1=9f86d081...      HMAC-SHA256 over timestamp, a dot, and the body, in hex

`verify` is what a receiver does. The only place that knows apprise.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from connectors.errors import ConnectorError

CONNECT_S: Final = 5.0
ANSWER_S: Final = 10.0
"""A webhook must be reached, and begin to answer, within so long [s]."""
FRESH_S: Final = 300.0
"""A receiver refuses what was signed longer ago [s]: nobody can play a message again."""
KEY_HEADER: Final = "Idempotency-Key"
TIME_HEADER: Final = "Wanbiao-Timestamp"
SIGNATURE_HEADER: Final = "Wanbiao-Signature"
MAIL_HEADER: Final = "Wanbiao-Message"
"""The id of a message, in mail."""
HOPELESS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
"""Answers after which this body will never be taken; all others may change once somebody has mended something."""
WEBHOOK_SCHEMES: Final = ("https", "http")
MAIL_SCHEMES: Final = ("mailto", "mailtos")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready to be sent: text for people, ``body`` (JSON) for programs."""

    id: str
    title: str
    text: str
    is_urgent: bool
    body: bytes


class Sender(Protocol):
    """One channel."""

    def send(self, message: Outgoing) -> None:
        """Deliver a message; ConnectorError, without any secret, if it did not arrive."""


def is_webhook(url: str) -> bool:
    """Whether an address is that of a webhook; all others are apprise's.

    >>> is_webhook("https://cmms.example/orders"), is_webhook("mailto://mail.example")
    (True, False)
    """
    return urlsplit(url).scheme.lower() in WEBHOOK_SCHEMES


def is_open(url: str) -> bool:
    """Whether an address shows no secret to whoever reads it: a webhook or mail, without password and token.

    >>> is_open("mailto://mail.example/?to=a@b.example"), is_open("mailto://u:pw@mail.example"), is_open("dingtalk://token")
    (True, False, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    return not parts.query if is_webhook(url) else parts.scheme.lower() in MAIL_SCHEMES and "pass=" not in parts.query


def is_safe(url: str) -> bool:
    """Whether nobody on the way to a webhook can read along: by TLS, or since it stays on this machine.

    >>> is_safe("https://a.example/x"), is_safe("http://a.example/x"), is_safe("http://127.0.0.1:8000/x")
    (True, False, True)
    """
    parts = urlsplit(url)
    if parts.scheme.lower() == "https":
        return bool(parts.hostname)
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def is_known(url: str) -> bool:
    """Whether apprise can make something of an address."""
    from apprise import Apprise

    return Apprise.instantiate(url, suppress_exceptions=True) is not None


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What `SIGNATURE_HEADER` holds.

    >>> sign("s3cret", "1767225600", b"{}")[:15]
    'v1=29ee05578fef'
    """
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(secret: str, timestamp: str, body: bytes, signature: str, *, now_s: float) -> bool:
    """Whether a message was signed with this secret, not long ago [s since 1970]."""
    if not timestamp.isdecimal() or abs(now_s - int(timestamp)) > FRESH_S:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body), signature)


class Webhook:
    """POSTs JSON to one address, signed if there is a secret; redirects are not followed. ``name`` stands for it in messages."""

    def __init__(self, name: str, url: str, *, secret: str = "", clock: Callable[[], float] = time.time) -> None:
        self._name, self._url, self._secret, self._clock = name, url, secret, clock

    def send(self, message: Outgoing) -> None:
        """Deliver a message; any answer from 200 to 299 says that it has arrived."""
        from requests import RequestException, post

        timestamp = str(int(self._clock()))
        headers = {"Content-Type": "application/json", KEY_HEADER: message.id, TIME_HEADER: timestamp}
        if self._secret:
            headers[SIGNATURE_HEADER] = sign(self._secret, timestamp, message.body)
        try:
            # The answer's body is not read: nobody knows how long it is. `auth` keeps passwords of ~/.netrc out.
            with post(
                self._url,
                data=message.body,
                headers=headers,
                timeout=(CONNECT_S, ANSWER_S),
                allow_redirects=False,
                stream=True,
                auth=lambda request: request,
            ) as answer:
                status = answer.status_code
        except RequestException as error:
            raise ConnectorError(f"{self._name} does not answer ({type(error).__name__})", retryable=True) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise ConnectorError(f"{self._name} answers {status}", retryable=status not in HOPELESS)


class Service:
    """Whatever apprise knows, by its address: mailto://, dingtalk://, wecombot://, lark:// ..."""

    def __init__(self, name: str, url: str) -> None:
        self._name, self._url = name, url

    def send(self, message: Outgoing) -> None:
        """Deliver a message. What apprise says of a failure is not enough to tell what is hopeless, so all is tried again."""
        from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

        asset = AppriseAsset(async_mode=False)  # the caller has a thread of its own for this channel
        # One for each message: apprise waits 5.5 s between two of the same, and desks bound the rate already.
        server: Any = Apprise.instantiate(self._url, asset=asset, suppress_exceptions=True)
        if server is None:
            raise ConnectorError(f"{self._name}: apprise cannot read its address", retryable=False)
        if isinstance(getattr(server, "headers", None), dict):
            server.headers = server.headers | {MAIL_HEADER: message.id}
        said: list[str] = []
        sender = Apprise(asset=asset)
        sender.add(server)
        is_sent = sender.notify(
            title=message.title,
            body=message.text,
            body_format=NotifyFormat.TEXT,
            notify_type=NotifyType.FAILURE if message.is_urgent else NotifyType.WARNING,
            log_callback=lambda entry, _: said.append(entry.message) if entry.level != "INFO" else None,
        )
        if not is_sent:
            reason = " ".join(said[-1].split()) if said else "no reason given"
            raise ConnectorError(f"{self._name}: {reason}", retryable=True)


def sender_of(name: str, url: str, *, secret: str = "") -> Sender:
    """The sender for an address."""
    return Webhook(name, url, secret=secret) if is_webhook(url) else Service(name, url)
