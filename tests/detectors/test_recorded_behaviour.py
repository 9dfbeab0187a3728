"""A recording that nobody described, as a station's monitor plays it: learned at once, then judged by the watcher."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.events import EarlyWarning, TagTrend
from detectors.monitor import StationMonitor
from replay.adhoc import Adhoc, describe_recording
from replay.recordings import Recording
from stations.scan import Scan

ROWS, LEARN = 1500, 500
FAULT = 900


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Adhoc, list[Scan]]:
    """Four tags and a load that drives two of them; tag c steps by four of its sigmas at row 900."""
    chance = np.random.default_rng(5)
    load = np.repeat(chance.uniform(0.3, 1.0, ROWS // 10), 10)
    noise = chance.standard_normal((ROWS, 4))
    values = np.stack([20 + 30 * load, 5 + 10 * load**2, np.full(ROWS, 7.0), np.full(ROWS, 1.0)], axis=1) + 0.5 * noise
    values[FAULT:, 2] += 2.0
    path = tmp_path_factory.mktemp("recorded") / "pump.csv"
    rows = "\n".join(",".join(f"{x:.4f}" for x in (one, *row)) for one, row in zip(load, values, strict=True))
    path.write_text(f"load,a,b,c,d\n{rows}\n")
    made = describe_recording([path], covariates=["load"], learn_rows=LEARN, period_s=60.0)
    return made, list(Recording([path], made.station.blocks[0]).scans())


def warnings(monitor: StationMonitor, scans: list[Scan]) -> list[EarlyWarning]:
    return [event for scan in scans for event in monitor.receive(scan) if isinstance(event, EarlyWarning)]


def test_the_step_is_found_within_minutes_and_named(played: tuple[Adhoc, list[Scan]]) -> None:
    made, scans = played
    first = warnings(StationMonitor(made.station, made.tuning), scans)[0]
    row = (first.time_ns - scans[0].time_ns) // (60 * 10**9)
    assert FAULT <= row <= FAULT + 15
    assert first.transition == "opened"
    assert first.evidence[0].tag.endswith("c")


def test_nothing_is_said_while_it_learns_and_the_expected_follows_the_load(played: tuple[Adhoc, list[Scan]]) -> None:
    made, scans = played
    monitor = StationMonitor(made.station, made.tuning)
    trends = [event for scan in scans[:FAULT] for event in monitor.receive(scan) if isinstance(event, TagTrend)]
    learning, judging = trends[LEARN - 10], trends[LEARN + 10]
    assert np.isnan(learning.score).all()
    assert np.isfinite(judging.score).all()
    value, expected = (
        np.stack([getattr(trend, name)[0, 0] for trend in trends[LEARN + 5 :]]) for name in ("value", "expected")
    )
    assert np.corrcoef(value, expected)[0, 1] > 0.99
    assert (judging.low < judging.expected).all()
    assert (judging.expected < judging.high).all()


@pytest.mark.parametrize("at", [100, LEARN, FAULT + 20])
def test_a_restored_monitor_goes_on_to_the_bit(at: int, played: tuple[Adhoc, list[Scan]]) -> None:
    made, scans = played
    one, two = (StationMonitor(made.station, made.tuning) for _ in range(2))
    warnings(one, scans[:at])
    two.restore("units", one.snapshot("units"))
    for scan in scans[at : at + 200]:
        assert repr(one.receive(scan)) == repr(two.receive(scan))
    assert one.snapshot("units") == two.snapshot("units")
