"""The writer against a server that misbehaves: every status, and nothing is lost that the server could have taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors import influx
from connectors.errors import ConnectorError
from connectors.influx import InfluxWriter

Answer = tuple[int, str]


class FakeInflux(ThreadingHTTPServer):
    """Answers writes as told and keeps the lines it takes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lines: list[str] = []
        self.requests = 0
        self.answer: Callable[[list[str], int], Answer] = lambda lines, request: (204, "")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: FakeInflux

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        self.server.requests += 1
        status, text = self.server.answer(lines, self.server.requests)
        if status == 204:
            self.server.lines += lines
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInflux]:
    monkeypatch.setattr(influx, "RETRY_FIRST_S", 0.01)
    monkeypatch.setattr(influx, "BATCH_WAIT_S", 0.01)
    with FakeInflux() as fake:
        thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


def write(server: FakeInflux, lines: list[str]) -> list[tuple[str, str]]:
    """Put lines, wait until they are dealt with, and return what was refused for good."""
    refused: list[tuple[str, str]] = []

    async def go() -> None:
        writer = InfluxWriter(
            server.url, token="", org="-", bucket="b", on_refused=lambda line, reason: refused.append((line, reason))
        )
        await writer.start()
        for line in lines:
            await writer.put(f"{line}\n", 1)
        await writer.flush()
        await writer.stop()

    asyncio.run(go())
    return refused


LINES = [f"m,u={i} v={i}.0 1" for i in range(300)]


def test_everything_put_is_written_in_order(server: FakeInflux) -> None:
    assert write(server, LINES) == []
    assert server.lines == LINES


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_a_server_that_is_busy_or_misconfigured_is_asked_again(server: FakeInflux, status: int) -> None:
    server.answer = lambda lines, request: (status, "no") if request <= 3 else (204, "")
    assert write(server, LINES) == []
    assert server.lines == LINES


def test_one_bad_line_costs_itself_only(server: FakeInflux) -> None:
    """A plain 400 of InfluxDB 2 writes nothing of the batch: it is halved until the line stands alone."""
    server.answer = lambda lines, request: (
        (400, "unable to parse") if any("u=137 " in one for one in lines) else (204, "")
    )
    refused = write(server, LINES)
    assert [line.strip() for line, _ in refused] == [LINES[137]]
    assert sorted(server.lines) == sorted(LINES[:137] + LINES[138:])
    assert server.requests <= 2 * 9 + 2


def test_a_partial_write_is_not_repeated(server: FakeInflux) -> None:
    """InfluxDB 1 has written all but the lines it names."""
    server.answer = lambda lines, request: (400, "partial write: field type conflict dropped=1")
    refused = write(server, LINES[:5])
    assert len(refused) == 1
    assert server.requests == 1


def test_a_full_buffer_makes_put_wait(server: FakeInflux, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "MAX_PENDING_LINES", 10)
    server.answer = lambda lines, request: (503, "away") if request <= 5 else (204, "")
    assert write(server, LINES) == []
    assert server.lines == LINES


def test_a_writer_that_fails_tells_those_who_wait(server: FakeInflux, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: InfluxWriter, lines: str) -> Answer:
        raise ArithmeticError("a fault of ours")

    monkeypatch.setattr(InfluxWriter, "_send", broken)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        write(server, LINES[:1])


def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ConnectorError, match=r"influxdb does not answer at http://127\.0\.0\.1:9"):
        influx.check("http://127.0.0.1:9", token="", org="-")
