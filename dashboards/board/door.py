"""The token of the board: asked of programs in a header, of people once a shift on a page that leaves a cookie.

The cookie holds no token but the hour until which it is good, signed with the token. So nothing is kept here, a restart asks
nobody again, and another token ends every session.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

COOKIE: Final = "wanbiao_board"
SESSION_S: Final = 12 * 3600.0
"""How long a login is good [s]: the longest shift."""
FAILURES_MOST: Final = 10
"""Wrong tokens of one address in `FAILURES_S`; then it has to wait."""
FAILURES_S: Final = 60.0
ADDRESSES_MOST: Final = 1000
"""Addresses whose failures are remembered; of more, the one that failed longest ago is forgotten."""
LOGIN_BYTES_MAX: Final = 16 << 10
"""Largest form of a login [bytes]."""
LOGIN, LOGOUT, LIFE = "/login", "/logout", "/health"
"""`LIFE` says whether the board runs, to whoever asks: a supervisor has no token."""
PAGE: Final = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>腕表 Wanbiao</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #2b2e33; color: #e6e6e6; margin: 0; min-height: 95vh;
  display: grid; place-items: center }}
form {{ display: grid; gap: .8rem; width: min(22rem, 90vw) }}
input, button {{ font: inherit; padding: .6rem; border-radius: 4px; border: 1px solid #888 }}
button {{ background: #c4c4c4; color: #111; cursor: pointer }}
p {{ color: #e69f00; margin: 0; min-height: 1.5em }}
h1 {{ font-size: 1.3rem; margin: 0 }}
</style></head><body><form method="post" action="/login">
<h1>腕表 Wanbiao</h1><label for="token">口令 Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="{next}"><p role="alert">{said}</p><button>登录 Log in</button></form></body></html>
"""


class Failures:
    """Wrong tokens by address, so that guessing takes for ever. ``clock`` in seconds, of any origin.

    >>> failures = Failures(lambda: 0.0)
    >>> [failures.wait_s("a") for _ in range(FAILURES_MOST) if failures.add("a") is None][-2:], failures.wait_s("b")
    ([0.0, 60.0], 0.0)
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, address: str) -> None:
        """One more."""
        times = self._times.setdefault(address, deque(maxlen=FAILURES_MOST))
        times.append(self._clock())
        self._times.move_to_end(address)
        if len(self._times) > ADDRESSES_MOST:
            self._times.popitem(last=False)

    def wait_s(self, address: str) -> float:
        """How long this address has to wait [s]; 0 = it may try."""
        times = self._times.get(address)
        if times is None or len(times) < FAILURES_MOST:
            return 0.0
        return max(0.0, times[0] + FAILURES_S - self._clock())


class Door:
    """Asks for the token.

    Parameters
    ----------
    token : what is asked for; not empty.   clock : of the wall [s since 1970].
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        if not token:
            raise ValueError("an empty token keeps nobody out")
        self._token, self._clock = token.encode(), clock
        self._failures = Failures(clock)

    def ticket(self) -> str:
        """The value of a cookie that is good from now on."""
        until = str(int(self._clock() + SESSION_S))
        return f"{until}.{self._sign(until)}"

    def _sign(self, until: str) -> str:
        return hmac.new(self._token, f"wanbiao board until {until}".encode(), hashlib.sha256).hexdigest()

    def _is_good(self, ticket: str) -> bool:
        until, _, signature = ticket.partition(".")
        signed = hmac.compare_digest(signature.encode(), self._sign(until).encode())
        return signed and self._clock() < int(until)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token)

    async def stops(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether a request ends here: answered with the login, or refused."""
        if scope["type"] == "http" and scope["path"] == LIFE:
            return False
        if scope["type"] == "http" and scope["path"] in (LOGIN, LOGOUT):
            answer = await self._at_door(Request(scope, receive))
        else:
            refusal = self._refusal(scope)
            if refusal is None:
                return False
            answer = refusal
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "log in first"})
        else:
            await answer(scope, receive, send)
        return True

    def _refusal(self, scope: Scope) -> Response | None:
        """None = whoever asks is known."""
        headers, address = Headers(scope=scope), _address(scope)
        given = headers.get("authorization")
        if given is None:
            if self._is_good(_cookie(headers)):
                return None
            if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                return RedirectResponse(f"{LOGIN}?next={quote(scope['path'])}", 303)
            return _unknown("log in first, or send the header Authorization: Bearer with the token of this board")
        wait_s = self._failures.wait_s(address)
        if wait_s:
            return _wait(wait_s)
        scheme, _, token = given.partition(" ")
        if scheme.lower() == "bearer" and self._is_token(token.strip()):
            return None
        self._failures.add(address)
        return _unknown("wrong token; expected the header Authorization: Bearer with the token of this board")

    async def _at_door(self, request: Request) -> Response:
        if request.url.path == LOGOUT:
            gone = RedirectResponse(LOGIN, 303)
            if request.method == "POST":
                gone.delete_cookie(COOKIE, httponly=True, samesite="strict")
            return gone
        if request.method != "POST":
            return _page(_local(request.query_params.get("next", "/")))
        wait_s = self._failures.wait_s(_address(request.scope))
        if wait_s:
            return _wait(wait_s)
        form = await _form(request)
        where = _local(form.get("next", "/"))
        if not self._is_token(form.get("token", "").strip()):
            self._failures.add(_address(request.scope))
            return _page(where, "口令不对。Wrong token.", 401)
        answer = RedirectResponse(where, 303)
        answer.set_cookie(
            COOKIE,
            self.ticket(),
            max_age=int(SESSION_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer


def _page(where: str, said: str = "", status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.format(next=html.escape(where), said=html.escape(said)), status)


def _unknown(reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, 401, {"www-authenticate": 'Bearer realm="wanbiao board"'})


def _wait(wait_s: float) -> JSONResponse:
    seconds = int(wait_s) + 1
    reason = f"{FAILURES_MOST} wrong tokens within {FAILURES_S:.0f} s; try again in {seconds} s"
    return JSONResponse({"error": reason}, 429, {"retry-after": str(seconds)})


def _local(where: str) -> str:
    """A path of ours; anything else, which might lead to another host, becomes the first page.

    >>> _local("/worklist"), _local("//evil.example"), _local("/\\\\evil.example"), _local("https://evil.example")
    ('/worklist', '/', '/', '/')
    """
    fine = where.startswith("/") and where[1:2] not in ("/", "\\") and where.isprintable()
    return where if fine else "/"


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


def _address(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""


async def _form(request: Request) -> dict[str, str]:
    """The fields of a login; none of a body that is too long or no form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LOGIN_BYTES_MAX:
            return {}
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=10).items()}
    except ValueError:
        return {}
