"""The outbox: every message once by its id, whatever is killed; bounded; a channel that is away holds nobody up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import outbox
from connectors.errors import ConnectorError
from connectors.outbox import GIVE_UP_S, REMEMBER_S, Outbox, Parcel, only_user

SECOND = 10**9
START = 1_767_225_600 * SECOND


def parcel(id: str, channel: str = "crew", made_ns: int = START, *, is_urgent: bool = False) -> Parcel:
    return Parcel(channel, id, is_urgent, made_ns, f"body of {id}".encode())


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "outbox.sqlite3")


@pytest.fixture
def box(path: str) -> Iterator[Outbox]:
    with Outbox(path) as opened:
        yield opened


def test_what_is_put_is_due_until_it_is_delivered(box: Outbox) -> None:
    box.put([parcel("b", made_ns=START + 1), parcel("a")], {}, START)
    first = box.due("crew", START)
    assert first == parcel("a")
    box.delivered(first, START)
    second = box.due("crew", START)
    assert second == parcel("b", made_ns=START + 1)
    box.delivered(second, START)
    assert box.due("crew", START) is None
    assert box.next_ns("crew") is None
    tally = box.tally("crew")
    assert (tally.waiting, tally.delivered, tally.given_up, tally.oldest_ns, tally.reason) == (0, 2, 0, None, "")


def test_an_id_that_is_known_is_passed_over_also_after_a_restart(path: str, box: Outbox) -> None:
    box.put([parcel("a")], {}, START)
    box.put([parcel("a"), parcel("a", "boss")], {}, START)
    sent = box.due("crew", START)
    assert sent is not None
    box.delivered(sent, START)
    with Outbox(path) as again:
        again.put([parcel("a")], {}, START)
        assert again.due("crew", START + 1) is None
        assert again.due("boss", START + 1) == parcel("a", "boss")


def test_ids_are_forgotten_once_nobody_can_send_them_again(box: Outbox) -> None:
    box.put([parcel("a"), parcel("b")], {}, START)
    box.delivered(parcel("a"), START)
    box.delivered(parcel("b"), START + round(REMEMBER_S * 1e9) + 1)
    assert box.tally("crew").delivered == 1


def test_a_message_that_fails_is_tried_later_and_later_and_holds_no_other_back(box: Outbox) -> None:
    box.put([parcel("a"), parcel("b", made_ns=START + 1)], {}, START)
    now_ns, waits = START, []
    for tries in range(11):
        one = box.due("crew", now_ns)
        assert one is not None
        assert (one.id, one.tries) == ("a", tries)
        assert box.failed(one, now_ns, "away", retryable=True) is False
        if tries == 0:
            other = box.due("crew", now_ns)
            assert other is not None
            assert other.id == "b"
            box.delivered(other, now_ns)
        next_ns = box.next_ns("crew")
        assert next_ns is not None
        assert box.due("crew", next_ns - 1) is None
        waits.append((next_ns - now_ns) // SECOND)
        now_ns = next_ns
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert box.tally("crew").reason == "away"


def test_what_is_hopeless_or_a_week_old_is_given_up(box: Outbox) -> None:
    box.put([parcel("a"), parcel("b")], {}, START)
    assert box.failed(parcel("a"), START, "x" * 5000, retryable=False)
    late_ns = START + round(GIVE_UP_S * 1e9)
    assert not box.failed(parcel("b"), late_ns, "away", retryable=True)
    assert box.failed(parcel("b"), late_ns + 1, "away", retryable=True)
    tally = box.tally("crew")
    assert (tally.waiting, tally.given_up) == (0, 2)
    assert len(tally.reason) <= outbox.REASON_CHARS_MOST


def test_a_queue_that_is_full_gives_up_the_oldest_that_is_not_urgent(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAITING_MOST", 3)
    box.put([parcel("u", is_urgent=True), parcel("a", made_ns=START + 1), parcel("x", "boss")], {}, START)
    assert box.put([parcel("b", made_ns=START + 2)], {}, START) == []
    assert box.put([parcel("c", made_ns=START + 3), parcel("d", made_ns=START + 4)], {}, START) == ["a", "b"]
    tally = box.tally("crew")
    assert (tally.waiting, tally.given_up, tally.reason) == (3, 2, "more than 3 wait")
    assert box.tally("boss").waiting == 1
    assert box.channels() == ["boss", "crew"]


def test_messages_and_state_are_written_together_or_not_at_all(box: Outbox) -> None:
    box.put([parcel("a")], {"positions": b"1"}, START)
    broken = Parcel("crew", "c", False, START, None)  # type: ignore[arg-type]  # a body that no table takes
    with pytest.raises(ConnectorError, match="NOT NULL"):
        box.put([parcel("b"), broken], {"positions": b"2"}, START)
    assert (box.state("positions"), box.state("desk"), box.tally("crew").waiting) == (b"1", None, 1)


def test_an_outbox_has_one_user(path: str, tmp_path: Path) -> None:
    with only_user(path), pytest.raises(ConnectorError, match="is in use; expected one program"), only_user(path):
        pass
    with only_user(path):
        pass
    with pytest.raises(ConnectorError, match="no such file or directory"), only_user(str(tmp_path / "missing" / "x")):
        pass


KILLED = """
import os, sys
from connectors.outbox import Outbox, Parcel
box = Outbox(sys.argv[1])
box.put([Parcel("crew", "a", False, 1, b"x")], {"positions": b"1"}, 1)
box._db.execute("BEGIN IMMEDIATE")
box._db.execute("INSERT INTO state VALUES ('positions2', x'32')")
os.kill(os.getpid(), 9)
"""


def test_kill_9_in_a_transaction_leaves_what_was_before_it(path: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    with Outbox(path) as after:
        assert (after.state("positions"), after.state("positions2")) == (b"1", None)
        assert after.due("crew", 2) is not None


def test_what_is_no_outbox_is_one_sentence(tmp_path: Path, path: str) -> None:
    (tmp_path / "text").write_text("no database, but long enough to look like one" * 40)
    for wrong in (str(tmp_path / "text"), str(tmp_path / "missing" / "outbox"), str(tmp_path)):
        with pytest.raises(ConnectorError, match="outbox "):
            Outbox(wrong)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(ConnectorError, match="schema 9; this program reads 1 to 1"):
        Outbox(path)
