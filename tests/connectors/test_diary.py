"""The diary: what is kept is there after kill -9, in order, of one story; bounded; a file that is damaged holds nobody up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import diary
from connectors.diary import ASIDE, Diary, Entry
from connectors.errors import ConnectorError


def entry(after_ns: int, body: str = "act", station: str = "YXK") -> Entry:
    return Entry(station, after_ns, 5, body.encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo.sqlite3"


def test_entries_come_back_in_the_order_of_their_scans_and_then_as_they_were_kept(path: Path) -> None:
    kept = Diary(path, "story")
    for one in (entry(20, "a"), entry(10, "b"), entry(20, "c")):
        kept.keep(one)
    kept.close()
    again = Diary(path, "story")
    assert [(one.after_ns, one.body) for one in again.entries()] == [(10, b"b"), (20, b"a"), (20, b"c")]
    assert (again.damage, again.entries()[0]) == ("", entry(10, "b"))
    again.close()


def test_what_is_kept_survives_kill_9(path: Path) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from connectors.diary import Diary, Entry\n"
        "Diary(pathlib.Path(sys.argv[1]), 'story').keep(Entry('YXK', 1, 2, b'act'))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", script, str(path)], cwd=root).returncode == -9
    again = Diary(path, "story")
    assert again.entries() == [Entry("YXK", 1, 2, b"act")]
    again.close()


def test_stories_share_a_file_and_see_only_their_own(path: Path) -> None:
    one, other = Diary(path, "one"), Diary(path, "other")
    one.keep(entry(1, "mine"))
    other.keep(entry(2, "theirs"))
    assert [each.body for each in one.entries()] == [b"mine"]
    assert [each.body for each in other.entries()] == [b"theirs"]
    one.forget()
    assert other.entries() == []
    one.close()
    other.close()


def test_one_too_many_is_refused_and_none_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "ENTRIES_MOST", 2)
    kept = Diary(path, "story")
    kept.keep(entry(1))
    kept.keep(entry(2))
    with pytest.raises(ConnectorError, match="holds 2 acts; expected fewer than 2"):
        kept.keep(entry(3))
    assert [one.after_ns for one in kept.entries()] == [1, 2]
    kept.close()


@pytest.mark.parametrize("size", [20, 5_000])
def test_a_damaged_file_is_put_aside_and_a_fresh_one_begun(path: Path, size: int) -> None:
    path.write_bytes(b"no database at all, " * (size // 20))
    kept = Diary(path, "story")
    assert "not a database" in kept.damage
    assert kept.entries() == []
    kept.keep(entry(1))
    kept.close()
    assert Path(f"{path}{ASIDE}").read_bytes().startswith(b"no database")
    again = Diary(path, "story")
    assert (again.damage, len(again.entries())) == ("", 1)
    again.close()


def test_a_torn_page_is_noticed(path: Path) -> None:
    kept = Diary(path, "story")
    for number in range(300):
        kept.keep(entry(number, "x" * 200))
    kept.close()
    raw = bytearray(path.read_bytes())
    raw[3 * 4096 : 4 * 4096] = bytes(range(256)) * 16
    path.write_bytes(raw)
    again = Diary(path, "story")
    assert again.damage
    assert again.entries() == []
    again.close()


def test_a_file_of_a_newer_program_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ConnectorError, match="is of schema 9; this program reads 1 to 1"):
        Diary(path, "story")
    assert not Path(f"{path}{ASIDE}").exists()
    assert path.read_bytes() == before


def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE entry (note TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ConnectorError, match="another program; expected a diary"):
        Diary(path, "story")
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match=r"diary .*: unable to open database file"):
        Diary(tmp_path / "nowhere" / "demo.sqlite3", "story")
