"""NiceGUI's live connection (socket.io) behind the guard, as `wanbiao demo` and `wanbiao board` serve it: real handshakes."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.wanbiao.documents import ROOT

# In processes of their own: pages are registered for all of a process.
DEMO = """
import sys
from tests.dashboards.board.test_api import Hand
from wanbiao.demo import Demo
from wanbiao.demo_board import DemoBoard

board = DemoBoard(Demo(seed=7, learn_days=1.0), Hand(), 0, "en")
print(board.url, flush=True)
sys.stdin.read()
board.close()
"""
BOARD = """
import os, signal, sys, threading
from dashboards.board.board import Board
from dashboards.board.room import Room
from dashboards.board.service import Service
from tests.dashboards.board.plant import FLEET
from tests.dashboards.board.test_api import Hand
from wanbiao.board import bound, serve
from wanbiao.settings import Settings

hand, listening = Hand(), bound("127.0.0.1", 0)
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)

def end():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end, daemon=True).start()
settings = Settings.from_env({"WANBIAO_ALIVE_FILE": sys.argv[1]})
serve(Service(Board(Room(FLEET), actor=hand, history=hand)), listening, settings)
"""
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport="
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module", params=["demo", "board"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the board of the demo, and that of a pipeline, listens."""
    script = {"demo": DEMO, "board": BOARD}[request.param]
    alive = tmp_path_factory.mktemp("alive") / "alive"
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script, str(alive)]
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(30)


def knock(url: str, transport: str, **headers: str) -> tuple[int, str]:
    """Status of a handshake, and what is said if there is a body."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=30)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"{SOCKET}{transport}", headers=(UPGRADE if transport == "websocket" else {}) | given)
    answer = connection.getresponse()
    said = "" if answer.status == 101 else answer.read().decode()
    assert answer.headers["Access-Control-Allow-Origin"] in (
        None,
        given.get("Origin") if answer.status == 200 else None,
    )
    connection.close()
    return answer.status, said


OPEN = {"polling": 200, "websocket": 101}


@pytest.mark.parametrize("transport", OPEN)
def test_our_own_page_and_programs_are_let_in(url: str, transport: str) -> None:
    assert knock(url, transport, Origin=url, Sec_Fetch_Site="same-origin")[0] == OPEN[transport]
    assert knock(url, transport)[0] == OPEN[transport]


@pytest.mark.parametrize("transport", OPEN)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:1", "https://localhost.evil.example", "null"]
)
def test_a_page_of_a_stranger_is_kept_out(url: str, transport: str, origin: str) -> None:
    status, said = knock(url, transport, Origin=origin)
    assert status == 403
    assert "sid" not in said


@pytest.mark.parametrize("transport", OPEN)
def test_a_name_that_is_made_to_point_here_is_kept_out(url: str, transport: str) -> None:
    assert knock(url, transport, Host="evil.example", Origin="http://evil.example")[0] == 403


def test_what_a_browser_calls_foreign_opens_no_live_connection(url: str) -> None:
    assert knock(url, "websocket", Sec_Fetch_Site="cross-site")[0] == 403
