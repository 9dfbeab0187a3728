"""What people did in a plant that is simulated anew at each start: a SQLite file that survives kill -9. It blocks for ms.

An entry is kept before it is carried out, so nobody is told of a thing as done that a restart forgets. It holds what was done as
it goes over the wire (who, why, and when in the time of the plant), when that was on the wall, and the scan after which it was
carried out: done again at that place, it gives the same state to the bit.

**Kept:** `ENTRIES_MOST` in a file, of all stories together; one more is refused, none is dropped. **Damage:** a file that cannot
be read is put aside, once, and a fresh one begun. **Threads:** any, one at a time. **Programs:** several may share a file.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.errors import ConnectorError

ENTRIES_MOST: Final = 10_000
"""Acts in a file: a hundred a day for three months, a few megabytes."""
BUSY_S: Final = 5.0
"""Longest wait for another program's transaction [s]."""
SCHEMA: Final = 1
ASIDE: Final = ".damaged"
"""What the name of a file that cannot be read ends in from then on; an earlier one of that name is written over."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, story TEXT NOT NULL, station TEXT NOT NULL, after_ns INTEGER NOT NULL,
    kept_ns INTEGER NOT NULL, body BLOB NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of one person.

    Attributes
    ----------
    after_ns : event time of the scan of its station that it followed [ns]; 0 = there was none yet.
    kept_ns : when it was kept, by the wall [ns since 1970].   body : the action as `connectors.action_wire` has it.
    """

    station: str
    after_ns: int
    kept_ns: int
    body: bytes


class Diary:
    """The entries of one story in a file, which other stories may share.

    Parameters
    ----------
    path : of the file; its folder must be there.   story : what tells this plant from any other.

    Attributes
    ----------
    damage : why the file that was there could not be read, in a few words; "" = it could.

    Raises
    ------
    ConnectorError, here and by every method : the file cannot be used.
    """

    def __init__(self, path: Path, story: str) -> None:
        self.path, self._story, self.damage = path, story, ""
        try:
            self._db = _opened(path)
        except sqlite3.OperationalError as error:  # no such folder, no permission, locked: the file is not at fault
            raise self._failed(error) from None
        except sqlite3.DatabaseError as error:
            self.damage = str(error)
            self._begin_afresh()

    def _begin_afresh(self) -> None:
        try:
            self.path.replace(f"{self.path}{ASIDE}")
            for beside in ("-wal", "-shm"):
                Path(f"{self.path}{beside}").unlink(missing_ok=True)
            self._db = _opened(self.path)
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from None

    def entries(self) -> list[Entry]:
        """All of them, in the order in which they were carried out at each station."""
        rows = self._execute(
            "SELECT station, after_ns, kept_ns, body FROM entry WHERE story = ? ORDER BY after_ns, number", self._story
        )
        return [Entry(*row) for row in rows]

    def keep(self, entry: Entry) -> None:
        """Write one; it is on the disk when this returns."""
        ((count,),) = self._execute("SELECT count(*) FROM entry")
        if count >= ENTRIES_MOST:
            raise ConnectorError(
                f"diary {self.path} holds {count} acts; expected fewer than {ENTRIES_MOST}", retryable=False
            )
        self._execute(
            "INSERT INTO entry (story, station, after_ns, kept_ns, body) VALUES (?, ?, ?, ?, ?)",
            self._story,
            entry.station,
            entry.after_ns,
            entry.kept_ns,
            entry.body,
        )

    def forget(self) -> None:
        """Forget every entry, of all stories."""
        self._execute("DELETE FROM entry")

    def close(self) -> None:
        """Let go of the file; nothing is lost."""
        self._db.close()

    def _execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> ConnectorError:
        return ConnectorError(f"diary {self.path}: {error}", retryable=False)


def _opened(path: Path) -> sqlite3.Connection:
    """The database, sound. sqlite3.DatabaseError if it is not, ConnectorError if it is no diary, or of a newer program."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _check(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # a person is told that it is recorded: then it is on the disk
        ((found,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        db.execute("BEGIN IMMEDIATE")  # table and schema appear at once, to a program that begins the same file too
        db.execute(_TABLE)
        db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Look at a file before anything is written: what is no diary of ours is left as it is."""
    db.execute("BEGIN")
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    db.execute("COMMIT")
    if schema > SCHEMA:
        raise ConnectorError(f"diary {path} is of schema {schema}; this program reads 1 to {SCHEMA}", retryable=False)
    if schema == 0 and tables:
        raise ConnectorError(f"{path} is a SQLite file of another program; expected a diary", retryable=False)
