"""Acts in the demo survive a restart: the same acts after the same scans, so the same state and the same words."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest

from connectors.action_wire import ActionMessage
from connectors.diary import ASIDE, Diary, Entry
from connectors.errors import ConnectorError
from detectors.events import EarlyWarning, Event, HealthScore
from detectors.tuning import Tuning
from stations.plant import Text
from wanbiao.demo import Demo
from wanbiao.demo_diary import FILE, DemoDiary
from wanbiao.embedded import Pace
from wanbiao.folders import state_folder

LIVELY = Tuning(limit=1.2, warm_up_s=7200.0, warm_up_scans=12, on_scans=3, off_scans=3)
"""Warns soon and for little."""
MOST_SCANS = 400


class Run:
    """A demo from its start, every event that it told, and a diary in some folder."""

    def __init__(self, folder: Path, *, seed: int = 7, fresh: bool = False) -> None:
        self.said: list[Text] = []
        self.heard: list[Event] = []
        self.demo = Demo(seed=seed, learn_days=0.25, tuning=LIVELY)
        self.demo.plant.hear = self.heard.extend
        self.diary = DemoDiary(self.demo, folder, fresh=fresh, tell=self.said.append, wall_ns=lambda: 5)
        self.steps = self.demo.live(Pace())
        self.scans = 0

    def until_a_warning(self) -> EarlyWarning:
        seen = 0
        while True:
            self.scan()
            for event in self.heard[seen:]:
                if isinstance(event, EarlyWarning) and event.transition == "opened":
                    return event
            seen = len(self.heard)

    def scan(self) -> None:
        next(self.steps)
        self.scans += 1

    def to_the_end(self) -> list[str]:
        """Every warning in full, and every health by its bits."""
        while self.scans < MOST_SCANS:
            self.scan()
        self.diary.close()
        return [_bits(event) for event in self.heard if isinstance(event, EarlyWarning | HealthScore)]


def _bits(event: EarlyWarning | HealthScore) -> str:
    if isinstance(event, EarlyWarning):
        return repr(event)
    attended = b"" if event.attended is None else event.attended.tobytes()
    return f"{event.station} {event.time_ns} {(event.score.tobytes() + event.level.tobytes() + attended).hex()}"


def act(kind: str, on: EarlyWarning, **more: object) -> ActionMessage:
    known: dict[str, Any] = {
        "schema": 1,
        "id": uuid.UUID(int=1),
        "who": "Li Wei",
        "why": "on site",
        "time_ns": on.time_ns + 1,
    }
    return ActionMessage(action=kind, station=on.station, warning=on.id, **(known | more))


def test_a_restart_does_again_what_people_did_and_says_so(tmp_path: Path) -> None:
    first = Run(tmp_path)
    assert first.said == []
    one = first.until_a_warning()
    assert first.diary.act(act("acknowledge", one)).result == "done"
    first.scan()
    other = first.until_a_warning()
    assert first.diary.act(act("close", other, outcome="false", why="wash of the sump")).result == "done"
    told = first.to_the_end()
    again = Run(tmp_path)
    assert again.to_the_end() == told
    (said,) = again.said
    assert "done again when their time comes: 2" in said.en
    acts = [(e.act.who, e.act.why, e.act.outcome) for e in again.heard if isinstance(e, EarlyWarning) and e.act]
    assert acts[:2] == [("Li Wei", "on site", ""), ("Li Wei", "wash of the sump", "false")]


def test_without_what_was_done_it_is_another_story(tmp_path: Path) -> None:
    """Or the test above could not fail."""
    first = Run(tmp_path)
    first.diary.act(act("acknowledge", first.until_a_warning()))
    told = first.to_the_end()
    assert Run(tmp_path, fresh=True).to_the_end() != told


def test_fresh_forgets_for_good(tmp_path: Path) -> None:
    first = Run(tmp_path)
    first.diary.act(act("acknowledge", first.until_a_warning()))
    first.diary.close()
    Run(tmp_path, fresh=True).diary.close()
    again = Run(tmp_path)
    again.diary.close()
    assert again.said == []


def test_acts_of_another_seed_are_not_done_here_and_are_kept(tmp_path: Path) -> None:
    first = Run(tmp_path)
    first.diary.act(act("acknowledge", first.until_a_warning()))
    first.diary.close()
    other, again = Run(tmp_path, seed=8), Run(tmp_path)
    other.diary.close()
    again.diary.close()
    assert (other.said, len(again.said)) == ([], 1)


def test_who_when_and_why_stand_in_the_file(tmp_path: Path) -> None:
    run = Run(tmp_path)
    one = run.until_a_warning()
    run.diary.act(act("acknowledge", one))
    run.diary.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        ((station, after_ns, kept_ns, body),) = db.execute("SELECT station, after_ns, kept_ns, body FROM entry")
    db.close()
    assert (station, after_ns, kept_ns) == (one.station, one.time_ns, 5)
    assert b'"who":"Li Wei"' in body
    assert b'"why":"on site"' in body
    assert b'"time_ns":%d' % (one.time_ns + 1) in body


def test_a_damaged_file_is_one_sentence_and_the_demo_goes_on(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database " * 99)
    run = Run(tmp_path)
    (said,) = run.said
    assert said.en.startswith("What was done in earlier runs cannot be read (file is not a database): put aside as ")
    assert (tmp_path / f"{FILE}{ASIDE}").exists()
    assert run.diary.act(act("acknowledge", run.until_a_warning())).result == "done"
    run.diary.close()


def test_where_nothing_can_be_kept_acts_are_done_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = Run(tmp_path / "file")
    (said,) = run.said
    assert said.en.startswith("What you do is kept until the demo ends only (")
    assert run.diary.act(act("acknowledge", run.until_a_warning())).result == "done"


def test_an_act_that_cannot_be_read_is_passed_over_and_counted(tmp_path: Path) -> None:
    first = Run(tmp_path)
    first.diary.close()
    kept = Diary(tmp_path / FILE, first.demo.story)
    kept.keep(Entry("YXK", 0, 0, b"nonsense"))
    kept.close()
    again = Run(tmp_path)
    again.diary.close()
    assert [said.en for said in again.said] == ["Acts that cannot be read, and are passed over: 1."]


def test_what_cannot_be_kept_any_more_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.diary.ENTRIES_MOST", 0)
    run = Run(tmp_path)
    one = run.until_a_warning()
    heard = len(run.heard)
    with pytest.raises(ConnectorError, match="expected fewer than 0"):
        run.diary.act(act("acknowledge", one))
    assert len(run.heard) == heard
    run.diary.close()


def test_the_folder_is_that_of_the_user(tmp_path: Path) -> None:
    assert state_folder({"HOME": str(tmp_path)}) == tmp_path / ".local" / "state" / "wanbiao"
    relative = {"HOME": str(tmp_path), "XDG_STATE_HOME": "state"}  # which the standard tells to ignore
    assert state_folder(relative) == tmp_path / ".local" / "state" / "wanbiao"


def test_without_a_folder_it_is_told_that_nothing_is_kept() -> None:
    said: list[Text] = []
    DemoDiary(Demo(seed=7, learn_days=1.0), state_folder({}), fresh=False, tell=said.append).close()
    assert [one.en for one in said] == ["What you do is kept until the demo ends only (HOME: not set)."]


def test_a_story_is_another_by_seed_days_and_constants() -> None:
    stories = {
        Demo(seed=7, learn_days=1.0).story,
        Demo(seed=8, learn_days=1.0).story,
        Demo(seed=7, learn_days=2.0).story,
        Demo(seed=7, learn_days=1.0, tuning=LIVELY).story,
    }
    assert len(stories) == 4
    assert Demo(seed=7, learn_days=1.0).story in stories
