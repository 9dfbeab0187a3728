"""Real receivers of messages on loopback: a web server that verifies signatures, and a mail server. Both can be told to fail."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.notify import KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER, verify
from tests.services.process import free_port

SECRET = "of-nobody-0123456789abcdef"  # noqa: S105


@dataclass
class WebServer:
    """Takes POSTs at `url`. ``statuses`` are answered first, one a request, then ``status``; `taken` is what was answered 200."""

    status: int = 200
    statuses: list[int] = field(default_factory=list)
    delay_s: float = 0.0
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0
    forged: int = 0
    arrivals_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.receive(self)

            def log_message(self, format: str, *args: object) -> None:
                """Tests read what was taken."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._released = threading.Event()

    def receive(self, request: BaseHTTPRequestHandler) -> None:
        """One POST: late, refused, or verified and taken."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.asked += 1
        if self.delay_s:
            self._released.wait(self.delay_s)
        status = self.statuses.pop(0) if self.statuses else self.status
        headers = request.headers
        is_genuine = verify(
            SECRET, headers.get(TIME_HEADER, ""), body, headers.get(SIGNATURE_HEADER, ""), now_s=time.time()
        )
        if not is_genuine:
            self.forged += 1
            status = 401
        if status == 200:
            self.arrivals_s.append(time.time())
            self.taken.append((headers[KEY_HEADER], json.loads(body)))
        request.send_response(status)
        request.send_header("Content-Length", "0")
        if 300 <= status < 400:
            request.send_header("Location", self.url)
        request.end_headers()

    @property
    def ids(self) -> list[str]:
        """Ids of what was taken, in order."""
        return [id for id, _ in self.taken]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class MailServer:
    """Takes mail on loopback; `refusal` is its answer to all that comes, "" = it takes it."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.arrivals_s: list[float] = []
        self.refusal = ""
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        """The address for apprise."""
        return f"mailto://127.0.0.1:{self.port}/?from=wanbiao@plant.example&to=crew@plant.example&mode=insecure"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - of aiosmtpd
        """One mail."""
        if self.refusal:
            return self.refusal
        self.arrivals_s.append(time.time())
        parsed: Message = BytesParser(policy=default).parsebytes(cast("bytes", envelope.content))
        self.taken.append(cast("EmailMessage", parsed))
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
