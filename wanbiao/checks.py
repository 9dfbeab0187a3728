"""Checks of settings: text in, value out, or `WrongError` with what was expected."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from stations.schema import nearest, show

Check = Callable[[str], Any]

_HOST_PORT: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
_HOST: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}|\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?")
_KAFKA_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""What Kafka takes in names of topics and group members, shorter than its 249 characters since more is added."""
_BUCKET: Final = re.compile(r"[^\s\"'\\\x00-\x1f][^\"'\\\x00-\x1f]{0,199}")


class WrongError(ValueError):
    """A value that cannot be used: how to show it, what was expected, and the nearest valid one."""

    def __init__(self, shown: str, expected: str, near: str | None = None) -> None:
        super().__init__(f"{shown}; expected {expected}")
        self.shown, self.expected, self.nearest = shown, expected, near


def text(value: str) -> str:
    """Any text on one line."""
    if not value.isprintable():
        raise WrongError(show(value), "text without control characters")
    return value


def secret(value: str) -> str:
    """A password or token, which no message shows: printable ASCII, since it goes into a header."""
    if not (value.isascii() and value.isprintable()):
        raise WrongError("(hidden)", "printable ASCII characters")
    return value


TOKEN_CHARS_LEAST: Final = 16
"""A shorter token might be guessed."""


def token(value: str) -> str:
    """A token of ours, which no message shows, long enough not to be guessed."""
    if not (value.isascii() and value.isprintable() and len(value) >= TOKEN_CHARS_LEAST):
        raise WrongError("(hidden)", f"at least {TOKEN_CHARS_LEAST} printable ASCII characters")
    return value


def host(value: str) -> str:
    """An address or name of this machine, without port.

    >>> host("[::1]")
    '::1'
    """
    if not _HOST.fullmatch(value):
        raise WrongError(show(value), "an address or name of this machine, without port, such as 127.0.0.1")
    return value.strip("[]").lower()


def hosts(value: str) -> str:
    """Names of hosts, separated by commas.

    >>> hosts("Board.plant, 10.1.2.3")
    'board.plant,10.1.2.3'
    """
    names = [name.strip() for name in value.split(",")]
    if not all(_HOST.fullmatch(name) for name in names):
        raise WrongError(show(value), "names or addresses without port, separated by commas")
    return ",".join(name.strip("[]").lower() for name in names)


def one_of(*words: str, **aliases: str) -> Check:
    """One of ``words``, or an alias of one, in any case.

    >>> one_of("warning", "error", warn="warning")("WARN")
    'warning'
    """

    def check(value: str) -> str:
        word = value.casefold()
        word = aliases.get(word, word)
        if word not in words:
            expected = f"{', '.join(words[:-1])} or {words[-1]}"
            raise WrongError(show(value), expected, nearest(value, words))
        return word

    return check


def time_zone(value: str) -> str:
    """A time zone as the IANA names it.

    >>> time_zone("Asia/Shanghai")
    'Asia/Shanghai'
    """
    from zoneinfo import available_timezones

    known = available_timezones()  # reads a folder: not where nobody asks
    if value not in known:
        raise WrongError(show(value), "a time zone such as Asia/Shanghai", nearest(value, known))
    return value


def whole(least: int, most: int) -> Check:
    """A whole number in ``least`` .. ``most``."""

    def check(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            raise WrongError(show(value), f"a whole number from {least} to {most}")
        return int(value)

    return check


def number(least: float, most: float) -> Check:
    """A number in ``least`` .. ``most``."""

    def check(value: str) -> float:
        try:
            result = float(value)
        except ValueError:
            result = math.nan
        if not least <= result <= most:
            raise WrongError(show(value), f"a number from {least:g} to {most:g}")
        return result

    return check


def bootstrap(value: str) -> str:
    """Kafka's first addresses: ``host:port`` or several, separated by commas; no password, which would be logged.

    >>> bootstrap("kafka-1:9092, kafka-2:9092")
    'kafka-1:9092,kafka-2:9092'
    """
    addresses = [address.strip() for address in value.split(",")]
    for address in addresses:
        match = _HOST_PORT.fullmatch(address)
        if "@" in address:
            hidden = "(hidden)@" + address.rpartition("@")[2]
            raise WrongError(
                show(hidden), "host:port; user and password have settings of their own, KAFKA_USER and _PASSWORD"
            )
        if match is None or not 1 <= int(match[1]) <= 65_535:
            raise WrongError(show(value), "host:port, or several separated by commas")
    return ",".join(addresses)


def kafka_name(value: str) -> str:
    """Part of a name in Kafka."""
    if not _KAFKA_NAME.fullmatch(value):
        raise WrongError(show(value), "1 to 100 letters, digits, dots, underscores or hyphens")
    return value


def bucket(value: str) -> str:
    """Name of a bucket or database; it is quoted in queries, so it holds no quotes."""
    if not _BUCKET.fullmatch(value):
        raise WrongError(show(value), "1 to 200 characters, no quotes and no backslash")
    return value


def url(value: str) -> str:
    """``http://host:port`` or ``https://...``; credentials do not belong there.

    >>> url("http://127.0.0.1:8086/")
    'http://127.0.0.1:8086'
    """
    expected = "http://host:port or https://host:port"
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise WrongError(show(value), expected) from None
    if "@" in parts.netloc:
        raise WrongError(
            show(f"{parts.scheme}://(hidden)@{parts.hostname}"), f"{expected}; the token has a setting of its own"
        )
    if not fine or parts.query or parts.fragment or re.search(r"\s", value):
        raise WrongError(show(value), expected)
    return value.rstrip("/")


def file(value: str) -> str:
    """A file that is there."""
    if not Path(value).is_file():
        raise WrongError(show(value), "a file that is there")
    return value


def new_file(value: str) -> str:
    """A file that is there or can be made."""
    path = Path(value)
    if not value.isprintable() or path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise WrongError(show(value), "a file in a folder that can be written to")
    return value


def ca_file(value: str) -> str:
    """Certificates in PEM form."""
    try:
        found = "-----BEGIN CERTIFICATE-----" in Path(value).read_text(encoding="ascii", errors="replace")
    except (OSError, ValueError):
        found = False
    if not found:
        raise WrongError(show(value), "a file with a certificate in PEM form")
    return value
