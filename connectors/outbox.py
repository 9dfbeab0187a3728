"""What is still to be sent, and what was sent: a SQLite file that survives kill -9. It blocks for milliseconds.

Messages and the state of who makes them are written in one transaction (`Outbox.put`), so that after a crash either both are
there or neither is: nothing is made twice, nothing is lost. Each channel has a queue of its own. A message keeps its id through
every try, and the id of what was delivered is remembered for `REMEMBER_S`: put again, it is passed over.

**Buffered:** on disk, `WAITING_MOST` messages a channel. **Full:** the oldest that is not urgent is given up, and its id said.
**Order:** oldest first; one that fails is tried later and holds no other back. **Threads:** one `Outbox` each, on one file.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from connectors.errors import ConnectorError

WAITING_MOST: Final = 10_000
"""Messages of one channel that wait: a week of a channel that is away, at ten in ten minutes."""
RETRY_FIRST_S: Final = 1.0
RETRY_MOST_S: Final = 300.0
"""Tries come after 1, 2, 4 ... s, and then each five minutes."""
GIVE_UP_S: Final = 7 * 86_400.0
"""What could not be delivered for a week is given up: the worklist still has it [s]."""
REMEMBER_S: Final = 90 * 86_400.0
"""Ids of delivered messages are remembered for so long [s]."""
REASON_CHARS_MOST: Final = 300
BUSY_S: Final = 10.0
"""Longest wait for another thread's transaction [s]."""
SCHEMA: Final = 1

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given up"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS message (
    channel TEXT NOT NULL, id TEXT NOT NULL, urgent INTEGER NOT NULL, made_ns INTEGER NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL, next_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (channel, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due ON message (channel, state, next_ns, made_ns);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one channel, encoded; ``tries`` is how often it was sent in vain."""

    channel: str
    id: str
    is_urgent: bool
    made_ns: int
    body: bytes
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How a channel does: messages by state, when the oldest that waits was made [ns], the last reason for a failure."""

    waiting: int
    delivered: int
    given_up: int
    oldest_ns: int | None
    reason: str


def retry_s(tries: int) -> float:
    """How long to wait after so many tries in vain [s].

    >>> [retry_s(n) for n in (1, 2, 3, 12)]
    [1.0, 2.0, 4.0, 300.0]
    """
    return min(RETRY_MOST_S, RETRY_FIRST_S * 2.0 ** min(tries - 1, 30))


@contextmanager
def only_user(path: str) -> Iterator[None]:
    """Have an outbox for oneself: two programs would tell everybody everything twice. ConnectorError if another has it."""
    try:
        with Path(f"{path}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConnectorError(
                    f"outbox {path} is in use; expected one program for each outbox", retryable=False
                ) from None
            yield
    except OSError as error:
        raise ConnectorError(
            f"outbox {path}: {(error.strerror or 'cannot be used').lower()}", retryable=False
        ) from None


class Outbox:
    """One file; use as a context manager. ConnectorError if it cannot be opened, read or written."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what Kafka is told as done must be on the disk
        (schema,) = self._db.execute("PRAGMA user_version").fetchone()
        if schema > SCHEMA:
            raise ConnectorError(
                f"outbox {Path(self.path).name} is of schema {schema}; this program reads 1 to {SCHEMA}",
                retryable=False,
            )
        if schema < SCHEMA:
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def put(self, parcels: Iterable[Parcel], state: Mapping[str, bytes], now_ns: int) -> list[str]:
        """Add messages and replace states, all or nothing; known ids are passed over. Returns ids that had to be given up."""
        with self._transaction():
            channels = set()
            for one in parcels:
                channels.add(one.channel)
                self._db.execute(
                    "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '') ON CONFLICT (channel, id) DO NOTHING",
                    (one.channel, one.id, one.is_urgent, one.made_ns, one.body, WAITING, now_ns),
                )
            for name, value in state.items():
                self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))
            return [id for channel in sorted(channels) for id in self._make_room(channel, now_ns)]

    def _make_room(self, channel: str, now_ns: int) -> list[str]:
        waiting = self._count(channel, WAITING)
        if waiting <= WAITING_MOST:
            return []
        rows = self._db.execute(
            "SELECT id FROM message WHERE channel = ? AND state = ? ORDER BY urgent, made_ns, id LIMIT ?",
            (channel, WAITING, waiting - WAITING_MOST),
        ).fetchall()
        for (id,) in rows:
            self._end(channel, id, GIVEN_UP, now_ns, f"more than {WAITING_MOST} wait")
        return [id for (id,) in rows]

    def state(self, name: str) -> bytes | None:
        """A state as `put` wrote it; None = there is none."""
        row = self._execute("SELECT value FROM state WHERE name = ?", (name,))
        return bytes(row[0][0]) if row else None

    def due(self, channel: str, now_ns: int) -> Parcel | None:
        """The message of a channel that is to be tried now; None = none is."""
        rows = self._execute(
            "SELECT id, urgent, made_ns, body, tries FROM message "
            "WHERE channel = ? AND state = ? AND next_ns <= ? ORDER BY next_ns, made_ns, id LIMIT 1",
            (channel, WAITING, now_ns),
        )
        return Parcel(channel, rows[0][0], bool(rows[0][1]), *rows[0][2:]) if rows else None

    def next_ns(self, channel: str) -> int | None:
        """When a message of a channel is to be tried next [ns]; None = none waits."""
        rows = self._execute("SELECT min(next_ns) FROM message WHERE channel = ? AND state = ?", (channel, WAITING))
        found: int | None = rows[0][0]
        return found

    def delivered(self, parcel: Parcel, now_ns: int) -> None:
        """It has arrived; what was delivered too long ago is forgotten."""
        with self._transaction():
            self._end(parcel.channel, parcel.id, DELIVERED, now_ns, "")
            self._db.execute(
                "DELETE FROM message WHERE channel = ? AND state != ? AND ended_ns < ?",
                (parcel.channel, WAITING, now_ns - round(REMEMBER_S * 1e9)),
            )

    def failed(self, parcel: Parcel, now_ns: int, reason: str, *, retryable: bool) -> bool:
        """It has not arrived: it is tried again later, unless that is hopeless or too late. Whether it is given up."""
        is_over = not retryable or now_ns - parcel.made_ns > GIVE_UP_S * 1e9
        reason = reason[:REASON_CHARS_MOST]
        with self._transaction():
            if is_over:
                self._end(parcel.channel, parcel.id, GIVEN_UP, now_ns, reason)
            else:
                self._db.execute(
                    "UPDATE message SET tries = tries + 1, next_ns = ?, reason = ? WHERE channel = ? AND id = ?",
                    (now_ns + round(retry_s(parcel.tries + 1) * 1e9), reason, parcel.channel, parcel.id),
                )
        return is_over

    def tally(self, channel: str) -> Tally:
        """How a channel does."""
        rows = self._execute(
            "SELECT min(made_ns) FROM message WHERE channel = ? AND state = ? UNION ALL "
            "SELECT * FROM (SELECT reason FROM message WHERE channel = ? AND reason != '' ORDER BY next_ns DESC LIMIT 1)",
            (channel, WAITING, channel),
        )
        waiting, delivered, given_up = (self._count(channel, state) for state in (WAITING, DELIVERED, GIVEN_UP))
        return Tally(waiting, delivered, given_up, rows[0][0], rows[1][0] if len(rows) > 1 else "")

    def channels(self) -> list[str]:
        """Every channel that a message was put for, in the order of their names."""
        return [name for (name,) in self._execute("SELECT DISTINCT channel FROM message ORDER BY channel", ())]

    def _end(self, channel: str, id: str, state: str, now_ns: int, reason: str) -> None:
        """The body is kept no longer: what it was about stands on the topic of warnings."""
        self._db.execute(
            "UPDATE message SET state = ?, ended_ns = ?, reason = ?, body = x'' WHERE channel = ? AND id = ?",
            (state, now_ns, reason, channel, id),
        )

    def _count(self, channel: str, state: str) -> int:
        rows = self._execute("SELECT count(*) FROM message WHERE channel = ? AND state = ?", (channel, state))
        return int(rows[0][0])

    def _execute(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _failed(self, error: sqlite3.Error) -> ConnectorError:
        return ConnectorError(f"outbox {self.path}: {error}", retryable=False)

    def close(self) -> None:
        """Let go of the file; nothing is lost."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
