"""The file whose age is the health of a worker; that a barrier held up lets it age is shown in `test_influx_away`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from streams.alive import AliveFile


def test_each_touch_makes_the_file_new(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    alive = AliveFile(str(path))
    assert not path.exists(), "nothing was done yet"
    alive.touch()
    os.utime(path, (0.0, 0.0))
    alive.touch()
    assert path.stat().st_mtime > 0.0


def test_a_disk_that_refuses_is_told_once_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alive = AliveFile(str(tmp_path / "gone" / "alive"))
    with caplog.at_level(logging.WARNING):
        alive.touch()
        alive.touch()
    assert len(caplog.records) == 1


def test_no_file_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    AliveFile("").touch()
    assert list(tmp_path.iterdir()) == []
