"""The connector against a server that behaves as Grafana documents its HTTP API, anonymous access and mishaps included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import ConnectorError
from connectors.grafana import Grafana
from tests.services.process import free_port

TOKEN = "glsa_right"  # noqa: S105 - of nobody
BOARD = {"uid": "wanbiao-fleet", "title": "全景墙 Fleet", "tags": ["wanbiao"], "panels": []}


class FakeGrafana(ThreadingHTTPServer):
    """Folders, dashboards and annotations in memory; a sub-path, if it is served under one."""

    def __init__(self, *, anonymous: bool = False, prefix: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.anonymous, self.prefix = anonymous, prefix
        self.folders: dict[str, str] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.annotations: list[dict[str, Any]] = []
        self.broken: tuple[int, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"


class Handler(BaseHTTPRequestHandler):
    server: FakeGrafana

    def do_GET(self) -> None:
        at = self.server
        if not (self._is_right() or (at.anonymous and not self.path.endswith("/api/org"))):
            return self._say(401, {"message": "Invalid API key"})
        path, query = self._path()
        if path == "/api/org":
            return self._say(200, {"id": 1, "name": "Main Org."})
        if path.startswith("/api/folders/"):
            uid = path.rpartition("/")[2]
            found = {"uid": uid, "title": at.folders[uid]} if uid in at.folders else {"message": "folder not found"}
            return self._say(200 if uid in at.folders else 404, found)
        if path == "/api/search":
            rows = [b for b in at.boards.values() if set(query["tag"]) <= set(b["tags"])]
            return self._say(200, [{**b, "url": f"{at.prefix}/d/{b['uid']}/x"} for b in rows])
        if path == "/api/annotations":
            rows = [a for a in at.annotations if set(query["tags"]) <= set(a["tags"])]
            return self._say(200, rows[: int(query["limit"][0])])
        return self._say(404, {"message": "Not found"})

    def do_POST(self) -> None:
        self._write()

    def do_PUT(self) -> None:
        self._write()

    def _write(self) -> None:
        at, body = self.server, json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._is_right():
            return self._say(403 if at.anonymous else 401, {"message": "Access denied"})
        path, _ = self._path()
        if path == "/api/folders":
            at.folders[body["uid"]] = body["title"]
            return self._say(200, body)
        if path == "/api/dashboards/db":
            if body["folderUid"] not in at.folders:
                return self._say(400, {"message": "folder not found"})
            board = body["dashboard"]
            if board["uid"] in at.boards and not body["overwrite"]:
                return self._say(412, {"message": "The dashboard has been changed by someone else"})
            at.boards[board["uid"]] = board
            return self._say(200, {"uid": board["uid"], "status": "success", "url": f"{at.prefix}/d/{board['uid']}/x"})
        if path == "/api/annotations":
            at.annotations.append(body | {"id": len(at.annotations) + 1})
            return self._say(200, {"id": len(at.annotations), "message": "Annotation added"})
        at.annotations[int(path.rpartition("/")[2]) - 1].update(body)
        return self._say(200, {"message": "Annotation updated"})

    def _is_right(self) -> bool:
        return self.headers["Authorization"] == f"Bearer {TOKEN}"

    def _path(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path.removeprefix(self.server.prefix), parse_qs(parts.query)

    def _say(self, status: int, answer: Any) -> None:
        text = json.dumps(answer)
        if self.server.broken:
            status, text = self.server.broken
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(params=[{}, {"anonymous": True}, {"prefix": "/grafana"}], ids=["plain", "anonymous", "prefix"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    with FakeGrafana(**request.param) as fake:
        thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


@pytest.fixture
def grafana(server: FakeGrafana) -> Grafana:
    return Grafana(server.url, token=TOKEN)


def publish(grafana: Grafana, board: dict[str, Any] = BOARD) -> str:
    return grafana.publish(board, folder="腕表 Wanbiao", folder_uid="wanbiao")


def test_a_dashboard_is_published_into_a_folder_that_is_made_once(server: FakeGrafana, grafana: Grafana) -> None:
    assert publish(grafana) == f"{server.url}/d/wanbiao-fleet/x"
    assert publish(grafana, BOARD | {"title": "new"}) == f"{server.url}/d/wanbiao-fleet/x"
    assert server.folders == {"wanbiao": "腕表 Wanbiao"}
    assert server.boards == {"wanbiao-fleet": BOARD | {"title": "new", "id": None}}


def test_dashboards_are_found_by_their_tag(server: FakeGrafana, grafana: Grafana) -> None:
    publish(grafana)
    assert [tuple(one) for one in grafana.find("wanbiao")] == [
        ("wanbiao-fleet", "全景墙 Fleet", f"{server.url}/d/wanbiao-fleet/x")
    ]
    assert grafana.find("other & more") == []


def test_a_mark_is_written_once_and_then_written_over(server: FakeGrafana, grafana: Grafana) -> None:
    tags = ["wanbiao", "YXK", "2"]
    first = grafana.annotate("瓦温高", key="6d0a & 4c2e", tags=tags, time_ms=1_000)
    again = grafana.annotate("瓦温高，已恢复", key="6d0a & 4c2e", tags=tags, time_ms=1_000, end_ms=9_000)
    other = grafana.annotate("pad", key="another", tags=tags, time_ms=2_000)
    assert first == again != other
    mark = server.annotations[0]
    assert (mark["text"], mark["time"], mark["timeEnd"]) == ("瓦温高，已恢复", 1_000, 9_000)
    assert mark["tags"] == [*tags, "6d0a & 4c2e"]
    assert len(server.annotations) == 2


def test_the_organisation_is_told(grafana: Grafana) -> None:
    assert grafana.check() == "Main Org."


def test_a_wrong_token_is_told_also_where_anybody_may_look(server: FakeGrafana) -> None:
    wrong = Grafana(server.url, token="glsa_wrong")  # noqa: S106 - of nobody
    for call in (wrong.check, lambda: wrong.find("wanbiao"), lambda: publish(wrong)):
        with pytest.raises(ConnectorError, match="does not let this token") as error:
            call()
        assert not error.value.retryable
        assert "glsa_wrong" not in str(error.value)
    with pytest.raises(ConnectorError, match="does not let this token"):
        wrong.annotate("x", key="k", tags=[], time_ms=1)
    assert (server.folders, server.boards, server.annotations) == ({}, {}, [])


@pytest.mark.parametrize(
    ("status", "text", "said", "retryable"),
    [
        (500, '{"message": "database\\nis locked"}', "refused: Server Error 500: database is locked", True),
        (503, "<html>no message here</html>", "is no grafana", False),
        (429, '{"message": "slow down"}', "slow down", True),
        (400, '{"message": "Cannot save provisioned dashboard"}', "Cannot save provisioned dashboard", False),
        (200, "<html>a proxy</html>", "is no grafana", False),
    ],
)
def test_mishaps_are_one_line(
    server: FakeGrafana, grafana: Grafana, status: int, text: str, said: str, retryable: bool
) -> None:
    server.broken = status, text
    with pytest.raises(ConnectorError) as error:
        publish(grafana)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.retryable == retryable


def test_another_service_is_told(server: FakeGrafana, grafana: Grafana) -> None:
    server.broken = 200, '{"status": "ok"}'
    with pytest.raises(ConnectorError, match="is no grafana"):
        grafana.check()


def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(ConnectorError, match="does not answer") as error:
        Grafana(f"http://127.0.0.1:{free_port()}", token=TOKEN).check()
    assert error.value.retryable
