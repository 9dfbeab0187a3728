"""What a worker tells of itself: rates of what was counted, since the last report and no longer."""

from __future__ import annotations

from streams.vitals import Vitals
from tests.connectors.protocol import numbers, read


def test_stations_and_worker_have_a_point_each() -> None:
    vitals = Vitals("worker 1", begun_s=100.0)
    for seq in range(30):
        vitals.took("YXK", seq * 10**9)
    vitals.took("FYL", 7 * 10**9)
    vitals.buried()
    lines, count = vitals.report(160.0, lag=12, uncovered_s=4.5)
    found = {line.tags["station"]: line for line in read(lines)}
    assert count == len(found) == 3
    assert all(
        (line.measurement, line.tags["worker"], line.time) == ("pipeline", "worker 1", 160_000)
        for line in found.values()
    )
    assert numbers(found["YXK"]) == {"scans_s": 0.5, "last_scan_ms": 29_000.0}
    assert numbers(found["FYL"]) == {"scans_s": 0.0167, "last_scan_ms": 7_000.0}
    assert numbers(found["all"]) == {"scans_s": 0.5167, "lag": 12.0, "dead_letters": 1.0, "uncovered_s": 4.5}


def test_every_report_counts_anew_and_a_silent_station_is_not_in_it() -> None:
    vitals = Vitals("w", begun_s=0.0)
    vitals.took("YXK", 10**9)
    vitals.buried()
    vitals.report(60.0, lag=0, uncovered_s=0.0)
    vitals.took("FYL", 10**9)
    (station, worker) = read(vitals.report(120.0, lag=0, uncovered_s=0.0)[0])
    assert station.tags["station"] == "FYL"
    assert numbers(worker) == {"scans_s": 0.0167, "lag": 0.0, "dead_letters": 0.0, "uncovered_s": 0.0}


def test_two_reports_at_one_time_divide_by_no_zero() -> None:
    vitals = Vitals("w", begun_s=5.0)
    vitals.took("YXK", 10**9)
    assert read(vitals.report(5.0, lag=0, uncovered_s=0.0)[0])
