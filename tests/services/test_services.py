"""The services of the tests are real servers, keep their data over a restart and a kill, and never outlive a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from tests.services.cache import ServiceUnavailableError, cached
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import ServiceError, wait_until

ROOT = Path(__file__).resolve().parents[2]
READ_TIMEOUT_MS = 15_000


def create_topic(broker: KafkaBroker, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name=topic, num_partitions=1, replication_factor=1)])
    admin.close()


def produce(broker: KafkaBroker, topic: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    producer.send(topic, value).get(timeout=READ_TIMEOUT_MS / 1000)
    producer.close()


def consume(broker: KafkaBroker, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=READ_TIMEOUT_MS
    )
    values = [record.value for _, record in zip(range(count), consumer, strict=False)]
    consumer.close()
    return values


@pytest.mark.integration
def test_kafka_carries_a_message(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    topic = topic_prefix + "telemetry"
    create_topic(kafka_broker, topic)
    produce(kafka_broker, topic, "导轴承".encode())
    assert consume(kafka_broker, topic, 1) == ["导轴承".encode()]


@pytest.mark.integration
def test_kafka_keeps_messages_and_address_over_restart_and_kill(own_kafka_broker: KafkaBroker) -> None:
    create_topic(own_kafka_broker, "telemetry")
    produce(own_kafka_broker, "telemetry", b"before")
    own_kafka_broker.restart()
    produce(own_kafka_broker, "telemetry", b"between")
    own_kafka_broker.kill()
    assert not own_kafka_broker.running
    own_kafka_broker.start()
    assert consume(own_kafka_broker, "telemetry", 2) == [b"before", b"between"]


@pytest.mark.integration
def test_influx_takes_the_v2_write_api_and_answers_influxql(influx_server: InfluxServer, topic_prefix: str) -> None:
    influx_server.create_database(topic_prefix)
    with InfluxDBClient(url=influx_server.url, token="any", org="-") as client:  # noqa: S106 - the server asks for none
        line = "health,station=YXK health=97.5 1700000000123"
        client.write_api(write_options=SYNCHRONOUS).write(bucket=topic_prefix, record=line, write_precision="ms")
    rows = influx_server.query("SELECT health, station FROM health", topic_prefix)
    assert rows == [{"time": 1_700_000_000_123, "health": 97.5, "station": "YXK"}]


@pytest.mark.integration
def test_influx_keeps_points_and_address_over_restart_and_kill(own_influx_server: InfluxServer) -> None:
    own_influx_server.create_database("pm")
    with InfluxDBClient(url=own_influx_server.url, token="any", org="-") as client:  # noqa: S106 - the server asks for none
        client.write_api(write_options=SYNCHRONOUS).write(bucket="pm", record="health health=1 1700000000000000000")
    own_influx_server.restart()
    own_influx_server.kill()
    assert not own_influx_server.running
    own_influx_server.start()
    assert own_influx_server.query("SELECT count(health) FROM health", "pm") == [{"time": 0, "count": 1}]


@pytest.mark.integration
def test_influx_says_why_it_refuses(influx_server: InfluxServer) -> None:
    with pytest.raises(ServiceError, match="database not found"):
        influx_server.query("SELECT * FROM health", "no-such-database")


@pytest.mark.integration
def test_a_server_ends_with_a_run_that_is_killed(influx_server: InfluxServer) -> None:
    assert influx_server.url  # asked for first, so that the program is there
    script = """
import os, signal
from tests.services.influx import InfluxServer
server = InfluxServer()
server.start()
print(server.pid, server.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    pid, folder = done.stdout.split()
    shutil.rmtree(folder)
    wait_until(lambda: not alive(int(pid)), timeout_s=10, what=f"process {pid} ends with its parent")


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


def test_a_server_that_is_given_is_not_ours_to_stop() -> None:
    broker = KafkaBroker("127.0.0.1:9")
    with pytest.raises(ServiceError, match="not ours to stop"):
        broker.kill()
    broker.close()


def test_cache_is_filled_once_and_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def broken(folder: Path) -> None:
        (folder / "half").touch()
        raise ServiceUnavailableError("the network went away")

    with pytest.raises(ServiceUnavailableError):
        cached("server-1", broken)
    home = cached("server-1", lambda folder: (folder / "whole").touch())
    assert [file.name for file in cached("server-1", broken).iterdir()] == ["whole"]
    assert [file.name for file in home.parent.iterdir() if file.name != ".server-1.lock"] == ["server-1"]


def test_a_machine_without_java_and_go_is_told_in_one_line(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.services"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 69
    assert done.stderr.splitlines() == ["no `java` on this machine, which the test Kafka 4.3.1 needs"]
