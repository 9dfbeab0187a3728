"""Each way in that is not meant as one is refused; what is meant gets through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboards.board.door import COOKIE, FAILURES_MOST, FAILURES_S, LOGIN_BYTES_MAX, SESSION_S, Door
from dashboards.board.guard import BODY_BYTES_MAX, Guard

TOKEN = "correct-horse-battery"  # noqa: S105 - of this test
BASE, LIVE = "http://127.0.0.1:8765", "ws://127.0.0.1:8765/live"


class Wall:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now_s


async def echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def live(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


INSIDE = Starlette(
    routes=[
        Route("/", echo, methods=["GET", "POST"]),
        Route("/health", echo),
        Route("/worklist", echo),
        WebSocketRoute("/live", live),
    ]
)


def client(door: Door | None = None, **options: object) -> TestClient:
    return TestClient(Guard(INSIDE, names=("board.plant",), door=door), base_url=BASE, **options)  # type: ignore[arg-type]


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def locked(wall: Wall) -> TestClient:
    return client(Door(TOKEN, clock=wall), follow_redirects=False)


# ---- host and origin


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "LOCALHOST", "Board.Plant:443"])
def test_our_names_are_let_in(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil@localhost",
        "localhost/evil",
        "",
        "10.0.0.7:8765",
        "[::1",
        "localhost:port",
    ],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    answer = client().get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "is not one of this board's names" in answer.json()["error"]


def test_two_hosts_are_none() -> None:
    assert client().get("/", headers=[("host", "localhost"), ("host", "localhost")]).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1:9999",  # another program of this machine
        "http://localhost:8765",  # another name than that of the request
        "null",
        "file://",
        "ftp://127.0.0.1:8765",
        "http://127.0.0.1:8765.evil.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_page_is_refused(origin: str, method: str) -> None:
    answer = client().request(method, "/", headers={"origin": origin})
    assert answer.status_code == 403
    assert "may not talk to this board" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers


def test_our_page_and_programs_may_change_something() -> None:
    assert client().post("/", headers={"origin": BASE, "sec-fetch-site": "same-origin"}).status_code == 200
    assert client().post("/").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_calls_foreign_changes_nothing_without_an_origin_too(site: str) -> None:
    assert client().post("/", headers={"sec-fetch-site": site}).status_code == 403
    assert client().get("/", headers={"sec-fetch-site": site}).status_code == 200, "a link in a mail"


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"host": "evil.example"}])
def test_a_foreign_live_connection_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), client().websocket_connect(LIVE, headers=headers):
        pass


def test_our_live_connection_is_let_in() -> None:
    with client().websocket_connect(LIVE, headers={"origin": BASE}) as socket:
        assert socket.receive_text() == "hello"


# ---- headers and bodies


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example"}])
def test_every_answer_tells_browsers_to_be_careful(headers: dict[str, str]) -> None:
    found = client().get("/", headers=headers).headers
    policy = found["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "http:" not in policy
    assert "*" not in policy
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == "DENY"
    assert found["referrer-policy"] == "same-origin"
    assert found["cache-control"] == "no-store"


def test_a_body_is_handed_on_up_to_the_limit_and_no_further() -> None:
    assert client().post("/", content=b"x" * BODY_BYTES_MAX).json() == {"bytes": BODY_BYTES_MAX}
    answer = client().post("/", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()) == (413, {"error": "a body of more than 262144 bytes is not read"})


def test_a_body_that_does_not_say_how_long_it_is_is_counted() -> None:
    def parts(count: int) -> Iterator[bytes]:
        return (b"x" * 1024 for _ in range(count))

    assert client().post("/", content=parts(3)).json() == {"bytes": 3072}
    assert client().post("/", content=parts(300)).status_code == 413


# ---- the token


def test_programs_show_the_token(locked: TestClient) -> None:
    assert locked.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert locked.get("/", headers={"authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer t\xf6ken"]
)
def test_a_wrong_token_is_refused(locked: TestClient, value: str) -> None:
    answer = locked.get("/", headers={"authorization": value.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.json()["error"].startswith("wrong token; expected")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_without_a_token_a_program_is_told_and_a_browser_is_sent_to_the_login(locked: TestClient) -> None:
    answer = locked.get("/worklist")
    assert (answer.status_code, answer.json()["error"].split(",")[0]) == (401, "log in first")
    sent = locked.get("/worklist", headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/worklist")
    assert locked.post("/", headers={"accept": "text/html"}).status_code == 401
    with pytest.raises(WebSocketDisconnect), locked.websocket_connect(LIVE):
        pass
    assert locked.get("/health").status_code == 200, "a supervisor has no token"


def test_a_login_is_good_for_a_shift_and_a_restart(wall: Wall, locked: TestClient) -> None:
    answer = locked.post("/login", data={"token": TOKEN, "next": "/worklist"}, headers={"origin": BASE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/worklist")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/").status_code == 200
    with locked.websocket_connect(LIVE) as socket:
        assert socket.receive_text() == "hello"
    ticket = locked.cookies[COOKIE]
    again = client(Door(TOKEN, clock=wall), cookies={COOKIE: ticket})
    assert again.get("/").status_code == 200, "nothing is kept that a restart would lose"
    assert client(Door(TOKEN + "2", clock=wall), cookies={COOKIE: ticket}).get("/").status_code == 401
    wall.now_s += SESSION_S
    assert again.get("/").status_code == 401


def test_over_tls_the_cookie_stays_there(wall: Wall) -> None:
    secure = TestClient(
        Guard(INSIDE, door=Door(TOKEN, clock=wall)), base_url="https://localhost", follow_redirects=False
    )
    assert "; Secure" in secure.post("/login", data={"token": TOKEN}).headers["set-cookie"]


@pytest.mark.parametrize("ticket", ["", "x", ".", "9999999999.", "9999999999.00", f"9999999999.{TOKEN}", "é.é"])
def test_a_forged_cookie_is_refused(locked: TestClient, ticket: str) -> None:
    headers = {"cookie": f"{COOKIE}={ticket}".encode()}
    assert locked.get("/", headers=headers).status_code == 401


def test_a_login_is_refused_with_a_wrong_token_and_from_a_foreign_page(locked: TestClient) -> None:
    answer = locked.post("/login", data={"token": "wrong", "next": "/"})
    assert answer.status_code == 401
    assert "Wrong token." in answer.text
    assert "set-cookie" not in answer.headers
    assert locked.post("/login", data={"token": TOKEN}, headers={"origin": "http://evil.example"}).status_code == 403
    for body in (b"", b"\xff\xfe", b"token", b"a=1&" * 50, b"token=" + b"x" * LOGIN_BYTES_MAX):
        assert locked.post("/login", content=body).status_code in (401, 429)


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_login_leads_nowhere_else(locked: TestClient, where: str) -> None:
    assert locked.post("/login", data={"token": TOKEN, "next": where}).headers["location"] == "/"


def test_the_page_of_the_login_shows_texts_as_text(locked: TestClient) -> None:
    page = locked.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


def test_guessing_has_to_wait(wall: Wall, locked: TestClient) -> None:
    for _ in range(FAILURES_MOST):
        assert locked.post("/login", data={"token": "guess"}).status_code == 401
        wall.now_s += 1.0
    for answer in (
        locked.post("/login", data={"token": TOKEN}),
        locked.get("/", headers={"authorization": f"Bearer {TOKEN}"}),
    ):
        assert answer.status_code == 429
        assert answer.json()["error"].startswith("10 wrong tokens within 60 s; try again in ")
        assert int(answer.headers["retry-after"]) <= FAILURES_S
    wall.now_s += FAILURES_S
    assert locked.post("/login", data={"token": TOKEN}).status_code == 303


def test_who_logs_out_is_out(locked: TestClient) -> None:
    locked.post("/login", data={"token": TOKEN})
    assert locked.get("/logout").status_code == 303
    assert locked.get("/").status_code == 200, "a link logs nobody out"
    locked.post("/logout")
    assert locked.get("/").status_code == 401


def test_an_empty_token_is_none() -> None:
    with pytest.raises(ValueError, match="keeps nobody out"):
        Door("")
