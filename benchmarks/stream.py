"""Readings per CPU-second through a real Kafka, Faust and InfluxDB, side by side with what else one could do.

    python -m benchmarks.stream [--json] [--minutes 200]

A backlog of scans of the whole fleet is sent first; then each program works it off alone, and its process is asked for its CPU
time once a first part is done and once all is done. Programs: ours; (i) the obvious one, one JSON reading a message and river per
tag; (ii) our worker with river per tag inside; (iii) our worker without detection, the transport's limit. Then ours again at the
speed of life, for latency, and at a hundred times that, for lag. Services: WANBIAO_TEST_KAFKA and WANBIAO_TEST_INFLUX, else
started here. A reading is one value of one tag of one unit, drivers included, for all programs alike; the rivals run
their detectors on drivers too, ours explains the other tags with them.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.rig import Rig
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker

FEW = ("YXK", "FYL")
"""Stations for river inside our worker, which needs a quarter of an hour to start for all tags of the fleet; ours is then
measured on the same scans."""


def measure(rig: Rig, minutes: float) -> dict[str, Any]:
    """All figures of this benchmark."""
    few = ",".join(FEW)
    ours = rig.backlog("ours", ["-m", "wanbiao", "worker"], minutes=minutes)
    none = rig.backlog("none", ["-m", "benchmarks.stream_programs", "none"], minutes=minutes)
    again = rig.backlog("again", ["-m", "wanbiao", "worker"], minutes=minutes)
    river = rig.backlog("river", ["-m", "benchmarks.stream_programs", "river", few], minutes=minutes / 2, stations=FEW)
    same = rig.backlog("same", ["-m", "wanbiao", "worker"], minutes=minutes, stations=FEW)
    naive = rig.naive(readings=32_000)
    life = rig.paced("life", speed=1.0, seconds=90.0)
    hundred = rig.paced("hundred", speed=100.0, seconds=30.0)
    rate = (ours.readings_per_cpu_s + again.readings_per_cpu_s) / 2  # before and after the transport's limit
    return {
        "readings_per_cpu_s": round(rate),
        "ratio_to_naive": round(rate / naive.readings_per_cpu_s, 1),
        "ratio_to_river": round(same.readings_per_cpu_s / river.readings_per_cpu_s, 1),
        "share_of_transport": round(rate / none.readings_per_cpu_s, 3),
        "scan_to_health_p99_ms": round(life.latency_p99_ms, 1),
        "scan_to_health_p50_ms": round(life.latency_p50_ms, 1),
        "rss_mb": round(max(ours.rss_mb, life.rss_mb, hundred.rss_mb)),
        "ready_s": round(life.ready_s, 2),
        "at_100x_cpu_share": round(hundred.cpu_share, 3),
        "at_100x_lag_scans": hundred.lag_scans,
        "at_100x_p99_ms": round(hundred.latency_p99_ms, 1),
        "naive_readings_per_cpu_s": round(naive.readings_per_cpu_s),
        "river_readings_per_cpu_s": round(river.readings_per_cpu_s),
        "transport_readings_per_cpu_s": round(none.readings_per_cpu_s),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "--minutes", type=float, default=200.0, help="minutes of life of the fleet in the backlog (200)"
    )
    arguments = parser.parse_args()
    if arguments.minutes < 200:
        parser.error("--minutes must be at least 200, or detection is not warm")
    logging.getLogger("kafka").setLevel(logging.ERROR)
    with ExitStack() as stack:
        kafka = stack.enter_context(closing(KafkaBroker(os.environ.get("WANBIAO_TEST_KAFKA"))))
        influx = stack.enter_context(closing(InfluxServer(os.environ.get("WANBIAO_TEST_INFLUX"))))
        kafka.start()
        influx.start()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wanbiao-stream-")))
        figures = measure(Rig(kafka.bootstrap, influx.url, folder), arguments.minutes)
    machine.report("stream", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
