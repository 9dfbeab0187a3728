"""``wanbiao replay --kafka``: the real recording through a real Kafka, worker and InfluxDB, equal to the embedded run."""

from __future__ import annotations

import gzip
import json
import signal
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka import KafkaAddress, create_topics, topic_plans
from connectors.kafka_reader import read_topic
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.wanbiao.programs import CLEAN, Start, children, end
from wanbiao.workers import RESTARTS_MAX, WorkerError, Workers

ROWS = 2000
ALL_ROWS = 36_733
FULL_TIMEOUT_S = 300.0


@pytest.fixture
def recording(data_root: Path, tmp_path: Path) -> Path:
    """The first 2,000 hours of the gas turbine, in two files."""
    with gzip.open(data_root / "gas_turbine_emissions" / "gt_2011.csv.gz", "rt") as lines:
        head, *rows = islice(lines, ROWS + 1)
    folder = tmp_path / "recording"
    folder.mkdir()
    (folder / "1.csv").write_text(head + "".join(rows[:900]))
    (folder / "2.csv.gz").write_bytes(gzip.compress((head + "".join(rows[900:])).encode()))
    return folder


@pytest.mark.integration
def test_every_row_is_one_health_point_and_every_byte_is_the_same(
    start: Start, recording: Path, names: tuple[str, str], kafka_broker: KafkaBroker, influx_server: InfluxServer
) -> None:
    run, bucket = names
    code, out, err = end(start("replay", "--kafka", recording, "--run", run, "--bucket", bucket, "--json"))
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    assert (found["rows"], found["bad_rows"], found["right"], found["equal"]) == (ROWS, 0, True, True)
    assert (found["health_messages"], found["dead_letters"], found["points"]) == (ROWS, 0, {"1": ROWS})
    assert found["warnings"] == len(found["episodes"]) > 0

    # Counted without our own eyes, and against the other command.
    query = "SELECT COUNT(state) FROM health WHERE station = 'GTE' AND unit = '1' AND component = 'all'"
    assert influx_server.query(query, bucket)[0]["count"] == ROWS
    address = KafkaAddress(kafka_broker.bootstrap)
    assert len({r.value for r in read_topic(address, f"replay.{run}.health")}) == ROWS
    code, out, err = end(start("watch", recording, "--catalogue", "gas_turbine", "--json"))
    assert json.loads(out)["episodes"] == found["episodes"]


@pytest.mark.integration
@pytest.mark.timeout(FULL_TIMEOUT_S + 20)
def test_the_whole_recording(start: Start, data_root: Path, names: tuple[str, str]) -> None:
    """Five years: a minute on two cores, most of it in the worker."""
    run, bucket = names
    words = ["replay", "--kafka", data_root / "gas_turbine_emissions", "--run", run, "--bucket", bucket, "--json"]
    code, out, err = end(start(*words), FULL_TIMEOUT_S)
    assert code == 0, err
    found = json.loads(out)
    assert (found["rows"], found["bad_rows"], found["points"]) == (ALL_ROWS, 0, {"1": ALL_ROWS})
    assert (found["health_messages"], found["dead_letters"], found["equal"]) == (ALL_ROWS, 0, True)


@pytest.mark.integration
def test_people_read_measured_and_expected_and_the_verdict(
    start: Start, recording: Path, names: tuple[str, str]
) -> None:
    run, bucket = names
    words = ["replay", "--kafka", recording, "--run", run, "--bucket", bucket]
    code, out, err = end(start(*words, "--workers", "2", "--language", "en"))
    assert code == 0, err
    assert "tag: measured (expected)" in out
    assert "unit 1 has 2,000 health points, expected 2,000" in out
    assert "equal to the embedded run, byte for byte: 2,000 health" in out
    assert "\x1b" not in out + err
    code, out, err = end(start(*words))
    assert (code, out) == (78, "")
    assert f"run replay.{run}. exists on kafka already; expected another --run NAME" in err


@pytest.mark.integration
def test_workers_elsewhere_with_other_constants_are_found_out(
    start: Start, recording: Path, names: tuple[str, str], tmp_path: Path, kafka_broker: KafkaBroker
) -> None:
    run, bucket = names
    prefix = f"replay.{run}."
    create_topics(KafkaAddress(kafka_broker.bootstrap), topic_plans(prefix, 3, keep_for_ever=True))
    words = [
        "replay",
        "--kafka",
        recording,
        "--run",
        run,
        "--bucket",
        bucket,
        "--workers",
        "0",
        "--stall",
        "20",
        "--json",
    ]
    replay = start(*words, WANBIAO_PARTITIONS="3")
    assert replay.stderr is not None
    line = replay.stderr.readline()
    environ = dict(word.split("=", 1) for word in line.split() if word.startswith("WANBIAO_"))
    assert environ == {
        "WANBIAO_PREFIX": prefix,
        "WANBIAO_PARTITIONS": "3",
        "WANBIAO_CATALOGUE": "gas_turbine",
        "WANBIAO_CLOCK": "recorded",
        "WANBIAO_INFLUX_BUCKET": bucket,
    }
    other = tmp_path / "other.toml"
    other.write_text("limit = 4.0\n")
    start("worker", **environ, WANBIAO_TUNING=str(other))
    code, out, err = end(replay)
    found = json.loads(out)
    assert (code, found["right"], found["equal"], found["points"]) == (1, False, False, {"1": ROWS}), err
    assert "health, key GTE: message" in found["difference"]


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_workers_and_keeps_what_came(
    start: Start, recording: Path, names: tuple[str, str], number: signal.Signals
) -> None:
    run, bucket = names
    replay = start("replay", "--kafka", recording, "--run", run, "--bucket", bucket, "--language", "en")
    assert replay.stderr is not None
    assert "sending" in replay.stderr.readline()
    workers = children(replay.pid)
    assert workers
    replay.send_signal(number)
    code, out, err = end(replay)
    assert code == 130, err
    assert "interrupted" in out
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.integration
def test_what_is_away_is_one_line(start: Start, recording: Path) -> None:
    for environ in ({"WANBIAO_KAFKA": "127.0.0.1:1"}, {"WANBIAO_INFLUX_URL": "http://127.0.0.1:1"}):
        code, out, err = end(start("replay", "--kafka", recording, **environ))
        assert (code, out) == (69, "")
        assert len(err.splitlines()) == 1
    code, _, err = end(start("replay", recording))
    assert (code, "expected --kafka" in err) == (2, True)


@pytest.mark.integration
def test_workers_sample_as_the_recording_was(
    start: Start, tmp_path: Path, names: tuple[str, str], influx_server: InfluxServer
) -> None:
    """Four scans an hour apart, of a station that the catalogue samples each ten seconds.

    In the bucket another run has left a point between them, which is not counted.
    """
    run, bucket = names
    words = ["--stations", "HYG", "--scans", "4", "--period", "3600", "--start", "2026-01-01"]
    assert end(start("simulate", "--out", tmp_path / "try", *words))[0] == 0
    influx_server.create_database(bucket)
    influx_server.write(bucket, "health,station=HYG,unit=1,component=all state=0 1767231000000000000")  # 01:30
    words = ["--catalogue", "HYG", "--run", run, "--bucket", bucket, "--json"]
    code, out, err = end(start("replay", "--kafka", tmp_path / "try" / "HYG.parquet", *words))
    assert code == 0, out + err
    assert json.loads(out)["points"] == {"1": 4, "2": 4}


# ---- the workers, without any service


def check_until_it_raises(workers: Workers) -> None:
    def checked() -> bool:
        workers.check()
        return False

    wait_until(checked, timeout_s=20.0, what="a worker has ended for good")


def test_a_worker_that_cannot_run_says_why() -> None:
    workers = Workers(1, CLEAN | {"WANBIAO_CATALOGUE": "nowhere.toml"})
    try:
        workers.start()
        with pytest.raises(WorkerError, match="replay-1 ended with exit code 78: wanbiao: environment: ") as caught:
            check_until_it_raises(workers)
        assert caught.value.exit_code == 78
        assert workers.restarts == 0
    finally:
        workers.close()


def test_a_worker_that_is_killed_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanbiao.workers.COMMAND", [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    workers = Workers(1, CLEAN)
    try:
        workers.start()
        with pytest.raises(WorkerError, match="exit code -9: it said nothing"):
            check_until_it_raises(workers)
        assert workers.restarts == RESTARTS_MAX
    finally:
        workers.close()
