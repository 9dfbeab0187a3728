"""Who may talk to the board: an ASGI layer around everything that it serves, pages, live connections and the HTTP API.

A page of somebody else's, open in the browser of an operator, can reach whatever that browser can. So a request must name one of
the hosts that are ours (or a name that points here, DNS rebinding, would do), and if a page sent it, that page must be one of
ours. There is no CORS. Beyond loopback a token is asked for besides: `dashboards.board.door`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.board.door import Door

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Names of this machine to itself."""
BODY_BYTES_MAX: Final = 256 << 10
"""Largest body of a request [bytes]: the longest act, escaped, needs an eighth of it."""
CHANGELESS: Final = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing; a link on any page may cause them."""
POLICY: Final = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "  # NiceGUI starts with a script in the page and compiles templates
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""What a page may load: from here, and nothing else; in no frame of another page."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class Guard:
    """Lets through what comes from our own pages or from programs, and refuses the rest with one sentence.

    Parameters
    ----------
    app : what is guarded.
    names : hosts under which browsers reach us besides `LOOPBACK`, without port, in lower case.
    door : asks for the token; None = nobody is asked, which is right on loopback only.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str] = (), door: Door | None = None) -> None:
        self._app, self._door = app, door
        self._names = frozenset(name.lower() for name in (*LOOPBACK, *names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        send = _with_headers(send) if scope["type"] == "http" else send
        reason = self._foreign(scope)
        if reason:
            await refuse(scope, send, 403, reason)
            return
        if self._door is not None and await self._door.stops(scope, receive, send):
            return
        if scope["type"] == "http":
            limited = await _limited(scope, receive)
            if limited is None:
                await refuse(scope, send, 413, f"a body of more than {BODY_BYTES_MAX} bytes is not read")
                return
            receive = limited
        await self._app(scope, receive, send)

    def _foreign(self, scope: Scope) -> str:
        """Why a request is none of ours; "" = it is."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        name = host_name(hosts[0]) if len(hosts) == 1 else ""
        if name not in self._names:
            shown = hosts[0][:60] if hosts else ""
            return f"host {shown!r} is not one of this board's names; WANBIAO_BOARD_NAMES lists those besides localhost"
        for origin in headers.getlist("origin"):
            if not _is_same(origin, hosts[0]):
                return f"a page of {origin[:60]!r} may not talk to this board"
        site = headers.get("sec-fetch-site", "none")
        is_change = scope["type"] == "websocket" or scope["method"] not in CHANGELESS
        if is_change and site not in ("none", "same-origin"):
            return f"a page of another origin ({site[:20]}) may change nothing on this board"
        return ""


def host_name(value: str) -> str:
    """The name in a Host header, in lower case and without port; "" if it is none.

    >>> host_name("LocalHost:8765"), host_name("[::1]:8765"), host_name("evil@localhost")
    ('localhost', '::1', '')
    """
    if not _HOST.fullmatch(value):
        return ""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def _is_same(origin: str, host: str) -> bool:
    """Whether a page of this origin came from this very host and port; a proxy in front may have added TLS."""
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()


async def refuse(scope: Scope, send: Send, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
    """Answer with one sentence, as the HTTP API does; a live connection is closed before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason[:100]})
        return
    body = msgspec.json.encode({"error": reason})
    raw = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    start = [(name.encode(), value.encode()) for name, value in raw.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


async def _limited(scope: Scope, receive: Receive) -> Receive | None:
    """The body of a request, read to its end and handed on in one piece; None = it is too large."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if not length and "transfer-encoding" not in headers:
        return receive
    if length.isdecimal() and int(length) > BODY_BYTES_MAX:
        return None
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break  # the client has left
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_BYTES_MAX:
            return None
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return given.pop() if given else await receive()

    return again
