"""Messages of the telemetry topic become recordings that can be read back, value for value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from connectors.wire import encode_scan
from replay.files import RecordingError
from replay.recordings import Recording
from replay.taping import CONTENTS, Tape
from stations.scan import Scan
from stations.simulate import simulate
from tests.replay.played import fleet

N = 300


def scans() -> list[Scan]:
    return list(simulate(fleet().stations["HYG"], start_ns=1_767_225_600 * 10**9, n_scans=N, seed=1))


def taped(folder: Path, messages: list[bytes], only: frozenset[str] = frozenset()) -> Tape:
    with Tape(folder, fleet(), only) as tape:
        for message in messages:
            tape.take(message)
    return tape


def test_what_was_sent_can_be_played(tmp_path: Path) -> None:
    sent = scans()
    tape = taped(tmp_path, [encode_scan(scan) for scan in sent])
    assert (tape.scans, tape.unreadable) == (N, 0)
    block = fleet().stations["HYG"].block("units")
    for mine, theirs in zip(Recording([tmp_path], block).scans(), sent, strict=True):
        assert mine.time_ns == theirs.time_ns
        np.testing.assert_array_equal(mine.values, theirs.values)
    contents = json.loads((tmp_path / CONTENTS).read_text())["stations"]["HYG"]
    assert (contents["rows"], contents["revision"]) == (N * len(block.units), block.revision)
    about = pq.read_schema(tmp_path / "HYG.parquet").metadata
    assert about[b"wanbiao.revision"].decode() == block.revision


def test_what_cannot_be_read_is_counted_and_named(tmp_path: Path) -> None:
    good = encode_scan(scans()[0])
    tape = taped(tmp_path, [b"", good, b"\xff\xff", good.replace(b"HYG", b"HYX"), b'{"action": "close"}'])
    assert (tape.scans, tape.unreadable) == (1, 3)
    assert len(tape.reasons) == 3
    assert tape.reasons[0] == "decode: empty message"


def test_only_the_stations_that_are_wanted(tmp_path: Path) -> None:
    assert taped(tmp_path, [encode_scan(scans()[0])], frozenset({"YXK"})).scans == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [CONTENTS]


def test_scans_out_of_order_are_kept_as_they_came_and_told_when_played(tmp_path: Path) -> None:
    sent = scans()
    sent[10], sent[11] = sent[11], sent[10]
    taped(tmp_path, [encode_scan(scan) for scan in sent])
    recording = Recording([tmp_path], fleet().stations["HYG"].block("units"))
    played = list(recording.scans())
    assert len(played) == N - 1
    assert recording.tally.bad_rows == len(recording.block.units)


@pytest.mark.parametrize("keep", [0.2, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_one_clear_line(tmp_path: Path, keep: float) -> None:
    taped(tmp_path, [encode_scan(scan) for scan in scans()])
    path = tmp_path / "HYG.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    with pytest.raises(RecordingError, match=r"HYG\.parquet: damaged Parquet file: "):
        list(Recording([tmp_path], fleet().stations["HYG"].block("units")).scans())


def test_flipped_bytes_never_give_another_error(tmp_path: Path) -> None:
    taped(tmp_path, [encode_scan(scan) for scan in scans()])
    path, chance = tmp_path / "HYG.parquet", np.random.default_rng(1)
    data = path.read_bytes()
    for place in chance.integers(4, len(data), 40):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        problem = _problem(tmp_path)
        assert "\n" not in problem


def _problem(folder: Path) -> str:
    """What is wrong with a recording; empty if it can be played."""
    try:
        list(Recording([folder], fleet().stations["HYG"].block("units")).scans())
    except RecordingError as error:
        return str(error)
    return ""
