"""A real InfluxDB 1.8, the version 1 server that also speaks the version 2 write API; built once with Go."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.services.cache import cached, need, run
from tests.services.process import Server, ServiceError, free_port

VERSION = "1.8.3"
REQUEST_TIMEOUT_S = 30.0
CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{http}"
flux-enabled = true
log-enabled = false
[monitor]
store-enabled = false
"""


class InfluxServer(Server):
    """One server on the loopback interface; its address and data stay the same over `restart`."""

    name = "influxdb"

    def __init__(self, given: str | None = None) -> None:
        super().__init__(given)
        self._port = free_port()
        self.url = given.rstrip("/") if given else f"http://127.0.0.1:{self._port}"

    def _command(self) -> list[str]:
        program = cached(f"influxdb-{VERSION}", _build) / "influxd"
        config = self.folder / "influxdb.toml"
        if not config.exists():
            config.write_text(CONFIG.format(rpc=free_port(), http=self._port, folder=self.folder))
        return [str(program), "run", "-config", str(config)]

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            self._request("/ping", None)
            return True
        return False

    def create_database(self, name: str) -> None:
        """Create a database (a bucket, in the words of version 2); no error if it exists."""
        self.query(f'CREATE DATABASE "{name}"')

    def write(self, database: str, line: str) -> None:
        """Write one line of the line protocol."""
        self._request(f"/write?db={urllib.parse.quote(database)}", line.encode())

    def query(self, influxql: str, database: str | None = None) -> list[dict[str, Any]]:
        """Run one InfluxQL statement against ``database``; one dict a row: columns, group tags, ``time`` as integer ms.

        Raises ServiceError with the server's words if it refuses the statement.
        """
        form = {"q": influxql, "epoch": "ms"} | ({"db": database} if database else {})
        try:
            reply = json.loads(self._request("/query", urllib.parse.urlencode(form).encode()))
        except urllib.error.HTTPError as refusal:
            reason = refusal.read().decode(errors="replace").strip()
            raise ServiceError(f"influxdb refused {influxql!r}: {reason}") from None
        (result,) = reply["results"]
        if "error" in result:
            raise ServiceError(f"influxdb refused {influxql!r}: {result['error']}")
        return [
            series.get("tags", {}) | dict(zip(series["columns"], row, strict=True))
            for series in result.get("series", [])
            for row in series.get("values", [])
        ]

    def _request(self, path: str, body: bytes | None) -> bytes:
        with urllib.request.urlopen(self.url + path, body, timeout=REQUEST_TIMEOUT_S) as reply:  # noqa: S310 - always http
            answer: bytes = reply.read()
            return answer


def _build(folder: Path) -> None:
    go = need("go", for_=f"building the test InfluxDB {VERSION}")
    command = [go, "install", f"github.com/influxdata/influxdb/cmd/influxd@v{VERSION}"]
    env = {"GOBIN": str(folder), "CGO_ENABLED": "0"}
    run(command, cwd=folder, doing=f"building InfluxDB {VERSION} with Go", env=env)
