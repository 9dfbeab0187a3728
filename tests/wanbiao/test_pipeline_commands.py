"""The commands against a real Kafka and InfluxDB: topics, bucket, simulation, worker, and how the worker ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.kafka import KafkaAddress
from connectors.kafka_reader import read_topic
from connectors.wire import decode_health
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
STOP_S_MAX = 10.0
SIMULATE = [
    "simulate",
    "--kafka",
    "--stations",
    "YXK,FYL",
    "--start",
    "2026-01-01",
    "--period",
    "600",
    "--speed",
    "max",
]


class Site:
    """One pipeline of its own, run by its commands in real processes."""

    def __init__(self, kafka: KafkaBroker, influx: InfluxServer, prefix: str) -> None:
        self.address, self.influx, self.prefix = KafkaAddress(kafka.bootstrap), influx, prefix
        self.bucket = prefix.rstrip(".")
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")} | {
            "WANBIAO_KAFKA": kafka.bootstrap,
            "WANBIAO_INFLUX_URL": influx.url,
            "WANBIAO_INFLUX_BUCKET": self.bucket,
            "WANBIAO_PREFIX": prefix,
            "WANBIAO_PARTITIONS": "3",
            "WANBIAO_PERIOD_S": "600",
            "WANBIAO_CLOCK": "recorded",
            "WANBIAO_CHECKPOINT_S": "0.5",
        }

    def run(self, *words: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wanbiao", *words]
        env = self.environ | environ
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=100)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    @contextmanager
    def worker(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that runs; it is killed if the test did not end it."""
        command = [sys.executable, "-m", "wanbiao", "worker"]
        with (
            log.open("wb") as err,
            subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, stderr=err) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def station_rows(self) -> int:
        """Scans that have their station's point in InfluxDB."""
        query = "SELECT count(event_ms) FROM health WHERE unit = 'all' GROUP BY station"
        return sum(int(row["count"]) for row in self.influx.query(query, self.bucket))


@pytest.fixture
def site(kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str) -> Site:
    return Site(kafka_broker, influx_server, topic_prefix)


@pytest.fixture
def ready(site: Site) -> Site:
    site.run("topics", "create", "--keep-for-ever")
    site.run("buckets", "create")
    return site


def test_topics_are_created_once_and_listed(site: Site) -> None:
    assert json.loads(site.run("topics", "list", "--json").stdout)[f"{site.prefix}telemetry"] is None
    assert f"{site.prefix}telemetry: 3 partitions, created" in site.run("topics", "create").stdout
    assert f"{site.prefix}telemetry: 3 partitions, was there" in site.run("topics", "create").stdout
    counts = json.loads(site.run("topics", "list", "--json").stdout)
    assert counts == dict.fromkeys(counts, 3) | {f"{site.prefix}telemetry.dead": 1}


@pytest.mark.parametrize("words", [("topics", "create"), ("worker",)])
def test_another_number_of_partitions_is_a_wrong_setting(ready: Site, words: tuple[str, ...]) -> None:
    done = ready.run(*words, code=78, WANBIAO_PARTITIONS="4")
    assert done.stderr.startswith("wanbiao: environment: WANBIAO_PARTITIONS: 4; expected 3, as topic ")
    assert done.stderr.count("\n") == 1


def test_what_is_missing_is_said_before_the_start(site: Site) -> None:
    missing = site.run("worker", code=69).stderr
    assert f"no topic {site.prefix}telemetry" in missing
    assert "wanbiao topics create" in missing
    assert "wanbiao topics create" in site.run("simulate", "--kafka", "--scans", "1", code=69).stderr
    site.run("topics", "create")
    assert "create it with: wanbiao buckets create" in site.run("worker", code=69).stderr


def test_simulated_scans_become_health_in_influxdb_and_on_a_topic(ready: Site, tmp_path: Path) -> None:
    done = ready.run(*SIMULATE, "--days", "2", "--json")
    summary = json.loads(done.stdout)
    assert (summary["scans"], summary["stations"], summary["worker_needs"]) == (576, ["YXK", "FYL"], {})
    with ready.worker(tmp_path / "log") as worker:
        wait_until(lambda: ready.station_rows() == 576, timeout_s=60.0, what="every scan has its point")
        worker.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        out, _ = worker.communicate(timeout=60)
        assert time.monotonic() - begun <= STOP_S_MAX
    log = (tmp_path / "log").read_text()
    assert (worker.returncode, out) == (0, b"")
    assert "INFO wanbiao.commands.worker: worker " in log
    assert "Traceback" not in log
    records = [record.value for record in read_topic(ready.address, f"{ready.prefix}health")]
    health = [decode_health(value) for value in records if value is not None]
    assert len({(one.station, one.time_ns) for one in health}) == 576
    assert list(read_topic(ready.address, f"{ready.prefix}telemetry.dead")) == []


def test_the_summary_says_what_the_worker_needs(ready: Site) -> None:
    done = ready.run(*SIMULATE, "--scans", "2", WANBIAO_PERIOD_S="", WANBIAO_CLOCK="")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("sent 4 scans of YXK, FYL, 2026-01-01 00:00 to 2026-01-01 00:10 UTC, to ")
    assert done.stdout.endswith("the worker needs WANBIAO_PERIOD_S=600 WANBIAO_CLOCK=recorded\n")


def test_an_endless_simulation_ends_with_its_summary(ready: Site) -> None:
    command = [sys.executable, "-m", "wanbiao", *SIMULATE[:-1], "6000"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=ready.environ, text=True, stdout=pipe, stderr=pipe) as process:
        telemetry = f"{ready.prefix}telemetry"

        def some_arrived() -> bool:
            return sum(1 for _ in read_topic(ready.address, telemetry)) >= 4

        wait_until(some_arrived, timeout_s=60.0, what="scans arrive")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    sent = int(out.split()[1])
    assert sum(1 for _ in read_topic(ready.address, telemetry)) == sent
