"""The whole application: the guard stands around pages, API and sign of life alike."""

from __future__ import annotations

import subprocess
import sys

from tests.wanbiao.documents import ROOT

# In a process of its own: pages are registered for all of a process, and another board may be served in this one.
SCRIPT = """
from starlette.testclient import TestClient

from dashboards.board.board import Board
from dashboards.board.entrance import entrance
from dashboards.board.room import Room
from dashboards.board.service import Service
from tests.dashboards.board.plant import FLEET
from tests.dashboards.board.test_api import Hand

hand = Hand()
token = "0123456789abcdef"
app = entrance(Service(Board(Room(FLEET), actor=hand, history=hand)), names=["board.plant"], token=token)
with TestClient(app, base_url="http://board.plant", follow_redirects=False) as client:
    known = {"authorization": f"Bearer {token}"}
    life = client.get("/health")
    assert (life.status_code, life.json()) == (200, {"is_alive": True, "is_well": False}), life.text
    for path in ("/", "/worklist", "/load", "/api/v1/", "/api/v1/fleet", "/openapi.json", "/nonesuch"):
        assert client.get(path).status_code == 401, path
        assert client.get(path, headers={"accept": "text/html"}).status_code == 303, path
        assert client.get(path, headers=known | {"host": "evil.example"}).status_code == 403, path
        assert client.get(path, headers=known | {"origin": "http://evil.example"}).status_code == 403, path
    for path in ("/", "/worklist", "/load", "/api/v1/", "/api/v1/fleet"):
        answer = client.get(path, headers=known)
        assert answer.status_code == 200, path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
    assert client.get("/api/v1/stations/XYZ", headers=known).json() == {"error": 'no station "XYZ"'}
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 403
print("all is guarded")
"""


def test_nothing_is_reached_without_the_guard() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "all is guarded\n"), done.stderr
