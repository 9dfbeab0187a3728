"""A recording that is written reads back value for value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from replay.recorder import ROWS_MAX, Format, Recorder
from replay.recordings import Recording
from stations.catalogue import load_fleet
from stations.scan import Scan
from stations.simulate import simulate

STATION = load_fleet().stations["HYG"].at_period(600.0)
BLOCK = STATION.block("units")
START_NS = 1_767_225_600 * 10**9


def made(n: int) -> list[Scan]:
    scans = list(simulate(STATION, start_ns=START_NS, n_scans=n, seed=1))
    scans[1].values[0, 3] = np.nan
    return scans


@pytest.mark.parametrize("kind", get_args(Format))
@pytest.mark.parametrize("n", [5, ROWS_MAX // 2 + 3])
def test_what_was_written_reads_back(kind: Format, n: int, tmp_path: Path) -> None:
    scans = made(n)
    with Recorder(tmp_path, BLOCK, kind) as recorder:
        for scan in scans:
            recorder.write(scan)
    assert recorder.rows == 2 * n
    assert recorder.path == tmp_path / f"HYG.{kind}"
    recording = Recording([recorder.path], BLOCK)
    back = list(recording.scans())
    assert recording.tally.bad_rows == 0
    assert [scan.time_ns for scan in back] == [scan.time_ns for scan in scans]
    for one, other in zip(back, scans, strict=True):
        assert one.values.tobytes() == other.values.tobytes()


def test_an_empty_recording_is_a_file_with_a_header(tmp_path: Path) -> None:
    with Recorder(tmp_path, BLOCK, "csv"):
        pass
    assert (tmp_path / "HYG.csv").read_text().startswith('"time","unit","MKA10CE101"')


def test_progress_over_a_parquet_file_comes_to_its_size(tmp_path: Path) -> None:
    with Recorder(tmp_path, BLOCK) as recorder:
        for scan in made(3000):
            recorder.write(scan)
    told: list[int] = []
    recording = Recording([recorder.path], BLOCK)
    assert len(list(recording.scans(told.append))) == 3000
    assert sum(told) == recorder.path.stat().st_size


def test_a_damaged_parquet_file_is_one_line(tmp_path: Path) -> None:
    with Recorder(tmp_path, BLOCK) as recorder:
        for scan in made(50):
            recorder.write(scan)
    whole = recorder.path.read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("holed", whole[:600] + bytes(600) + whole[1200:])):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=rf"{name}.parquet: ") as caught:
            list(Recording([path], BLOCK).scans())
        assert len(str(caught.value).splitlines()) == 1


def test_rows_stand_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    scans = made(4)
    with Recorder(tmp_path, BLOCK, "csv") as recorder:
        for scan in (scans[0], scans[2], scans[1], replace(scans[3], time_ns=scans[3].time_ns + 10**6)):
            recorder.write(scan)
    times = [line.split(",")[0][11:23] for line in recorder.path.read_text().splitlines()[1::2]]
    assert times == ["00:00:00.000", "00:20:00.000", "00:10:00.000", "00:30:00.001"]
