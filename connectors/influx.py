"""InfluxDB: bounded batches, explicit retries, nothing lost. The only place that knows influxdb-client.

The client's own batching drops points when the server is away, so it is not used: whole batches of lines are written
synchronously in a thread, again and again until the server takes them, and `InfluxWriter.put` waits when too much is pending.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from influxdb_client import InfluxDBClient
    from influxdb_client.client.write_api import WriteApi

logger = logging.getLogger(__name__)

BATCH_LINES = 5_000
"""Lines in one request: the size the server's makers recommend."""
BATCH_WAIT_S = 0.5
"""A batch that is not full leaves after this long [s]."""
MAX_PENDING_LINES = 100_000
"""Lines in memory before `put` waits: about 15 MB, a quarter of a minute at the full rate of a fleet."""
RETRY_FIRST_S, RETRY_MOST_S = 0.2, 5.0
"""Wait after the first failure, doubled up to the last [s]."""
REQUEST_TIMEOUT_MS = 10_000
"""One request [ms]."""
_SPLIT_STATUS = {400, 413, 422}
"""The server has looked at the lines and refuses some, or their number. All other failures are tried again: it is busy, something
stands between us, or an operator must mend a token or a bucket first."""


class InfluxWriter:
    """Writes lines to one bucket, in order, at least once; repeats overwrite themselves since points are keyed by event time.

    **Buffered:** yes, `MAX_PENDING_LINES`. **Full:** `put` waits. **Order:** as put. **Threads:** one event loop only.

    Parameters
    ----------
    on_refused : called with (line, reason) for each line the server will never take.
    """

    def __init__(self, url: str, *, token: str, org: str, bucket: str, on_refused: Callable[[str, str], None]) -> None:
        self._url, self._token, self._org, self._bucket = url, token, org, bucket
        self._on_refused = on_refused
        self._pending: deque[tuple[str, int]] = deque()
        self._pending_lines = 0
        self._put_lines = 0
        self._done_lines = 0
        self._changed = asyncio.Condition()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._client: InfluxDBClient | None = None
        self._api: WriteApi | None = None

    async def start(self) -> None:
        """Begin. A server that is away is waited for; `check` tells beforehand."""
        self._client = await asyncio.to_thread(_client, self._url, self._token, self._org)
        self._api = _write_api(self._client)
        self._task = asyncio.create_task(self._run())

    async def put(self, lines: str, count: int) -> None:
        """Hand over ``count`` lines (text, each ended by a line feed); waits while too many are pending."""
        if not count:
            return
        await self._until(lambda: self._pending_lines < MAX_PENDING_LINES)
        self._pending.append((lines, count))
        self._pending_lines += count
        self._put_lines += count
        if self._pending_lines >= BATCH_LINES:
            self._wake.set()

    async def flush(self) -> None:
        """Return when everything put before this call has been taken by the server (or refused for good)."""
        goal = self._put_lines
        self._wake.set()
        await self._until(lambda: self._done_lines >= goal)

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait for progress; RuntimeError if the writer itself has failed, since then none will come."""
        if not reached():
            async with self._changed:
                await self._changed.wait_for(lambda: reached() or self._failure is not None)
        if self._failure is not None:
            raise RuntimeError(f"the writer to influxdb has failed: {self._failure!r}") from self._failure

    async def stop(self) -> None:
        """End at once; what is pending stays unwritten (its source was not acknowledged either)."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            self._client.close()

    async def _run(self) -> None:
        try:
            await self._drain()
        except Exception as error:  # a fault of ours: whoever waits must hear of it
            self._failure = error
            async with self._changed:
                self._changed.notify_all()

    async def _drain(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), BATCH_WAIT_S)
            self._wake.clear()
            while self._pending:
                lines, count = self._take()
                await self._write(lines)
                async with self._changed:
                    self._pending_lines -= count
                    self._done_lines += count
                    self._changed.notify_all()

    def _take(self) -> tuple[str, int]:
        parts, total = [], 0
        while self._pending and total < BATCH_LINES:
            lines, count = self._pending.popleft()
            parts.append(lines)
            total += count
        return "".join(parts), total

    async def _write(self, lines: str) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            status, reason = await asyncio.to_thread(self._send, lines)
            if status < 300:
                return
            if status in _SPLIT_STATUS:
                await self._split(lines, reason)
                return
            logger.warning("influxdb %s: %s; trying again in %.1f s", self._url, reason, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2.0 * wait_s, RETRY_MOST_S)

    async def _split(self, lines: str, reason: str) -> None:
        """The server will not take this batch: find the lines it means by halving (v2 writes nothing of a bad batch)."""
        if "partial write" in reason:
            self._on_refused("", reason)
            return
        single = [f"{line}\n" for line in lines.split("\n") if line]
        if len(single) == 1:
            self._on_refused(lines, reason)
            return
        middle = len(single) // 2
        await self._write("".join(single[:middle]))
        await self._write("".join(single[middle:]))

    def _send(self, lines: str) -> tuple[int, str]:
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        if self._api is None:
            raise RuntimeError("start() first")
        try:
            self._api.write(bucket=self._bucket, org=self._org, record=lines, write_precision="ms")  # type: ignore[arg-type]  # a string, whatever the hint says
        except ApiException as error:
            return int(error.status or 503), str(error.body or error.reason)[:300].strip()
        except (HTTPError, OSError) as error:
            return 503, f"{type(error).__name__}: {error}"[:300]
        return 204, ""


def _client(url: str, token: str, org: str) -> InfluxDBClient:
    from influxdb_client import InfluxDBClient

    return InfluxDBClient(url=url, token=token, org=org, timeout=REQUEST_TIMEOUT_MS)


def _write_api(client: InfluxDBClient) -> WriteApi:
    from influxdb_client.client.write_api import SYNCHRONOUS

    return client.write_api(write_options=SYNCHRONOUS)


def check(url: str, *, token: str, org: str) -> None:
    """ConnectorError, in one line, unless the server answers."""
    client = _client(url, token, org)
    try:
        if not client.ping():
            raise ConnectorError(f"influxdb does not answer at {url}", retryable=True)
    finally:
        client.close()


def check_bucket(url: str, *, token: str, org: str, bucket: str) -> None:
    """ConnectorError, in one line, unless the bucket takes our writes; asked with an empty one, so no right to read is needed."""
    import urllib3

    headers = {"Authorization": f"Token {token}"} if token else {}
    query_string = urlencode({"org": org, "bucket": bucket, "precision": "ms"})
    timeout = REQUEST_TIMEOUT_MS / 1000
    try:
        answer = urllib3.request(
            "POST", f"{url}/api/v2/write?{query_string}", body=b"", headers=headers, timeout=timeout, retries=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise ConnectorError(f"influxdb does not answer at {url}: {error}", retryable=True) from None
    if answer.status == HTTPStatus.NOT_FOUND:
        raise ConnectorError(
            f"influxdb at {url} has no bucket {bucket}; create it with: wanbiao buckets create", retryable=False
        )
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise ConnectorError(f"influxdb at {url} does not let this token write to bucket {bucket}", retryable=False)


def ensure_bucket(url: str, *, token: str, org: str, bucket: str) -> None:
    """Create a bucket (v2) or database (v1) unless it is there. ConnectorError if the server is away or refuses."""
    from influxdb_client.rest import ApiException

    check(url, token=token, org=org)
    client = _client(url, token, org)
    try:
        buckets = client.buckets_api()
        if buckets.find_bucket_by_name(bucket) is None:
            buckets.create_bucket(bucket_name=bucket, org=org)
    except ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise ConnectorError(
                f"influxdb at {url} refused to create bucket {bucket}: {error.reason}", retryable=False
            ) from None
        query(url, token=token, database=bucket, influxql=f'CREATE DATABASE "{bucket}"')
    finally:
        client.close()


def query(url: str, *, token: str, database: str, influxql: str) -> list[dict[str, Any]]:
    """Rows of an InfluxQL query, one dict a row with the tags of its series; the one language of InfluxDB 1.8, 2 and 3.

    ConnectorError if the server is away or refuses.
    """
    import urllib3

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if token:
        headers["Authorization"] = f"Token {token}"
    body = urlencode({"db": database, "q": influxql, "epoch": "ms"})
    try:
        answer = urllib3.request("POST", f"{url}/query", body=body, headers=headers, timeout=REQUEST_TIMEOUT_MS / 1000)
    except urllib3.exceptions.HTTPError as error:
        raise ConnectorError(f"influxdb does not answer at {url}: {error}", retryable=True) from None
    try:
        result = msgspec.json.decode(answer.data, type=dict[str, Any])
    except msgspec.MsgspecError:
        result = {"error": f"status {answer.status}"}
    if answer.status >= 300 and "error" not in result:
        result = {"error": result.get("message", f"status {answer.status}")}
    errors = [part["error"] for part in (result, *result.get("results", ())) if "error" in part]
    if errors:
        raise ConnectorError(f"influxdb at {url} refused {influxql[:80]!r}: {errors[0]}", retryable=False)
    return [
        {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
        for part in result["results"]
        for series in part.get("series", ())
        for row in series["values"]
    ]
