"""What is kept of a play: the same verdict, under a name that changes with all that matters, and never anything worse."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detectors.tuning import Tuning
from replay import kept
from replay.heard import Heard
from replay.incident import Incident
from replay.kept import Kept, Shelf, kept_of, key_of, recall
from replay.player import HEALTH, Message
from replay.verdict import judge_incident
from replay.versions import Version
from tests.replay.played import fleet, incident, whole

ROOT = Path(kept.__file__).resolve().parent.parent
KEY = "0" * 32


def again() -> Heard:
    """A run through the small incident that has heard nothing yet."""
    one, run, _ = whole()
    return Heard(run.name, one.stations, run.tuning, one.scenario.start_ns, one.scenario.days)


def small(key: str = KEY, size: int = 0) -> Kept:
    return Kept(key, "x" * size, [], [], {}, [])


def test_what_was_kept_gives_the_very_same_verdict(tmp_path: Path) -> None:
    one, run, labels = whole()
    Shelf(tmp_path).keep(kept_of(KEY, run, labels))
    found, told = Shelf(tmp_path).find(KEY), again()
    assert found is not None
    assert found.labels == labels
    assert recall(found, told)
    until_ns = one.scenario.end_ns
    verdict = judge_incident(one, found.labels, told, until_ns)
    assert verdict == judge_incident(one, labels, run, until_ns)
    unit = labels[0].unit
    judged = [heard.said["HYG"].judged(unit, one.scenario.start_ns, until_ns) for heard in (run, told)]
    assert judged[0] == judged[1] > 0.0


def test_a_digest_that_was_counted_before_takes_no_more_in() -> None:
    told = again()
    _, run, labels = whole()
    assert recall(kept_of(KEY, run, labels), told)
    with pytest.raises(ValueError, match="counted before"):
        told.digest.add(Message(HEALTH, b"HYG", b""))


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


@pytest.mark.parametrize("spoil", [_cut, _flip, lambda data: b"", lambda data: b"PK\x03\x04 of another program"])
def test_a_file_that_is_damaged_or_foreign_is_as_if_it_were_not_there(
    spoil: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    _, run, labels = whole()
    shelf = Shelf(tmp_path)
    shelf.keep(kept_of(KEY, run, labels))
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    assert shelf.find(KEY) is None
    shelf.keep(kept_of(KEY, run, labels))
    assert shelf.find(KEY) is not None


def test_a_file_under_a_wrong_name_is_not_used(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep(small())
    (path,) = tmp_path.iterdir()
    path.rename(path.with_stem("1" * 32))
    assert shelf.find("1" * 32) is None


def test_what_is_of_other_stations_or_of_a_wrong_size_is_not_heard() -> None:
    _, run, labels = whole()
    right = kept_of(KEY, run, labels)
    for scans in ({}, {"HYG": (right.scans["HYG"][0], b"")}):
        told = again()
        assert not recall(Kept(KEY, right.digest, right.warnings, right.quality, scans, labels), told)
        assert (told.warnings, told.quality) == ([], [])


def test_a_folder_that_cannot_be_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shelf = Shelf(tmp_path / "file" / "folder")
    shelf.keep(small())
    assert shelf.find(KEY) is None


def test_the_oldest_files_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path)
    for i in range(3):
        shelf.keep(small(str(i) * 32, 300))
        os.utime(tmp_path / f"{str(i) * 32}{kept.SUFFIX}", (i, i))
    monkeypatch.setattr(kept, "FOLDER_MOST_BYTES", 1000)
    assert shelf.find("0" * 32) is not None  # used just now: the second is the oldest
    shelf.keep(small("3" * 32, 300))
    assert [shelf.find(str(i) * 32) is not None for i in range(4)] == [True, False, False, True]
    left = tmp_path / f"killed{kept.UNDER_WAY}"
    left.write_bytes(bytes(999))
    os.utime(left, (0, 0))
    shelf.keep(small("5" * 32, 300))
    assert not left.exists()
    monkeypatch.setattr(kept, "FILE_MOST_BYTES", 200)
    shelf.keep(small("4" * 32, 300))
    assert not (tmp_path / f"{'4' * 32}{kept.SUFFIX}").exists()
    assert shelf.find("3" * 32) is None


@pytest.mark.parametrize("changes", [{"seed": 4}, {"days": 4.0}, {"learn_days": 9.0}, {"start": "2026-07-02T00:00Z"}])
def test_another_incident_has_another_name(changes: dict[str, Any]) -> None:
    end_ns = incident().scenario.end_ns
    assert key_of(incident(**changes), Tuning(), end_ns) != key_of(incident(), Tuning(), end_ns)


def test_so_have_other_constants_another_end_another_version_and_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    one = incident()
    end_ns, station = one.scenario.end_ns, one.stations[0]
    named = replace(station, parameters=station.parameters | {"rated_mw": 23.0})
    keys = [
        key_of(one, Tuning(), end_ns),
        key_of(one, Tuning(limit=7.0), end_ns),
        key_of(one, Tuning(), end_ns - 1),
        key_of(one, Tuning(), end_ns, Version(station, named)),
    ]
    monkeypatch.setattr(kept, "_code", lambda: "other")
    keys.append(key_of(one, Tuning(), end_ns))
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_all_files_that_decide_what_is_said_are_part_of_the_name() -> None:
    """What they import of ours, and cannot do without, is among them."""
    known = {name.removesuffix(".py").replace("/", ".") for name in kept.CODE}
    for name in kept.CODE:
        path = ROOT / name
        assert path.exists()
        for one in path.rglob("*.py") if path.is_dir() else [path]:
            assert [names for names in _imports(one) if not names & known] == [], one


def _imports(path: Path) -> Iterator[set[str]]:
    """What each import of ours may mean: package, module, or module and a name in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            package = module.partition(".")[0]
            if package in {"stations", "detectors", "connectors", "replay", "wanbiao"}:
                names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
                yield {package, module, *(f"{module}.{name}" for name in names)}


def test_what_is_only_judged_or_shown_in_another_way_has_the_same_name() -> None:
    one = incident()
    other = incident(replace(one.scenario.expect[0], before_day=2.0), name=fleet().stations["HYG"].name)
    end_ns = one.scenario.end_ns
    assert key_of(other, Tuning(history_s=1.0), end_ns) == key_of(one, Tuning(), end_ns)


def test_what_is_not_simulated_from_its_scenario_has_none() -> None:
    class Recorded(Incident):
        pass

    one = incident()
    other = Recorded.__new__(Recorded)
    other.__dict__.update(one.__dict__)
    assert key_of(other, Tuning(), one.scenario.end_ns) is None
