"""``wanbiao replay NAME --kafka``: the same ids, the same bytes and the same verdict as in one process, on a real broker.

The oracle is an uninterrupted run in this process; what came is read from the topics without the eyes of the program.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka import KafkaAddress, create_topics, topic_plans
from connectors.kafka_reader import TopicReader, read_topic
from detectors.tuning import Tuning
from replay.incident import Incident, ready
from replay.player import HEALTH, WARNINGS, encode
from stations.catalogue import load_station
from stations.plant import Fleet
from stations.scenario import load_scenario
from stations.template import SHIPPED
from tests.replay.played import heard
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.wanbiao.programs import Start, children, end
from wanbiao.incident_kafka import constants_file
from wanbiao.incident_play import USUAL, Play
from wanbiao.settings import Settings

PAIR = Path(__file__).parents[1] / "replay" / "scenarios" / "pair.toml"
CATALOGUE = {"WANBIAO_CATALOGUE": "HYG,LJT"}
LEARNED = 8 * 144
"""Scans of each station before the incident begins."""
SCANS = 13 * 144
TIMEOUT_S = 280.0
Told = dict[tuple[str, bytes], list[bytes]]


def incident() -> Incident:
    fleet = Fleet({code: load_station(SHIPPED / f"{code.lower()}.toml") for code in ("HYG", "LJT")})
    return Incident("pair", load_scenario(PAIR, fleet))


@cache
def embedded() -> tuple[dict[str, Any], Told]:
    """The verdict of one process, and every message by topic and key in its order."""
    (verdict,) = Play(incident(), {USUAL: Tuning()}).run(lambda done, note: None)
    one, told = incident(), defaultdict[tuple[str, bytes], list[bytes]](list)
    run = heard(one, one.scenario.first_ns)
    for scan in one.scans():
        for message in encode(run.receive(scan)):
            told[message.topic, message.key].append(message.value)
    return json.loads(json.dumps(verdict.to_dict())), dict(told)


def came(kafka: KafkaBroker, run: str) -> tuple[Told, int]:
    """What stands on the topics of a run, and how many exact repeats were left out."""
    address, told, repeats = KafkaAddress(kafka.bootstrap), defaultdict[tuple[str, bytes], dict[bytes, None]](dict), 0
    for topic in (HEALTH, WARNINGS):
        for record in read_topic(address, f"replay.{run}.{topic}"):
            values = told[topic, record.key or b""]
            repeats += (record.value or b"") in values
            values[record.value or b""] = None
    return {place: list(values) for place, values in told.items()}, repeats


def wait_for(replay: subprocess.Popen[str], workers: int, kafka: KafkaBroker, run: str) -> list[int]:
    """Return the workers once the incident has begun for them, well before its end."""
    wait_until(lambda: len(children(replay.pid)) == workers, timeout_s=60.0, what="workers run")
    seen = 0
    with TopicReader(KafkaAddress(kafka.bootstrap), [f"replay.{run}.{HEALTH}"]) as health:

        def has_begun() -> bool:
            nonlocal seen
            seen += len(health.poll(0.2))
            return seen > 2 * (LEARNED + 20)

        wait_until(has_begun, timeout_s=120.0, what="the incident has begun")
    return children(replay.pid)


def verdict_of(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("seconds", "interrupted", "kafka")}


@pytest.mark.integration
@pytest.mark.timeout(TIMEOUT_S + 20)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_bytes_and_the_same_verdict(
    workers: int, start: Start, names: tuple[str, str], kafka_broker: KafkaBroker
) -> None:
    run, bucket = names
    words = ["replay", PAIR, "--kafka", "--run", run, "--bucket", bucket, "--workers", workers, "--json"]
    code, out, err = end(start(*words, **CATALOGUE), TIMEOUT_S)
    assert code == 0, out + err
    found, (verdict, told) = json.loads(out), embedded()
    assert came(kafka_broker, run)[0] == told
    assert sum(len(values) for (topic, _), values in told.items() if topic == WARNINGS) > 5
    assert verdict_of(found) == verdict | {"name": "pair"}
    of_run = found["kafka"]
    assert (of_run["right"], of_run["equal"], of_run["dead_letters"], of_run["restarts"]) == (True, True, 0, 0)
    assert of_run["points"] == {f"{code} {unit}": SCANS for code, n in (("HYG", 2), ("LJT", 4)) for unit in "1234"[:n]}


@pytest.mark.integration
@pytest.mark.timeout(TIMEOUT_S + 20)
def test_the_same_bytes_after_a_kill_in_the_middle(
    start: Start, names: tuple[str, str], kafka_broker: KafkaBroker
) -> None:
    """Paced, so that the middle lasts: half a day a second from the begin of the incident on."""
    run, bucket = names
    words = ["replay", PAIR, "--kafka", "--run", run, "--bucket", bucket, "--workers", "2", "--json"]
    replay = start(*words, "--speed", "43200", "--language", "en", **CATALOGUE)
    victim, _ = wait_for(replay, 2, kafka_broker, run)
    os.kill(victim, signal.SIGKILL)
    code, out, err = end(replay, TIMEOUT_S)
    assert code == 0, out + err
    found, (verdict, told) = json.loads(out), embedded()
    things, repeats = came(kafka_broker, run)
    assert things == told
    assert found["kafka"]["restarts"] >= 1, "the other worker may want to start again too, when partitions move"
    assert (found["kafka"]["equal"], found["kafka"]["right"]) == (True, True)
    assert found["kafka"]["repeats"] == repeats
    assert verdict_of(found) == verdict | {"name": "pair"}
    assert "watch" in err, "warnings are told while it plays"


@pytest.mark.integration
@pytest.mark.timeout(TIMEOUT_S + 20)
def test_ctrl_c_keeps_what_was_found(start: Start, names: tuple[str, str], kafka_broker: KafkaBroker) -> None:
    """And the workers end; while they still learn there is no verdict."""
    run, bucket = names
    words = ["replay", PAIR, "--kafka", "--run", run, "--bucket", bucket, "--speed", "3600", "--json"]
    replay = start(*words, **CATALOGUE)
    (worker,) = wait_for(replay, 1, kafka_broker, run)
    replay.send_signal(signal.SIGINT)
    code, out, err = end(replay, TIMEOUT_S)
    found = json.loads(out)
    assert code == 130, err
    assert (found["interrupted"], found["whole"], found["held"]) == (True, False, None)
    assert found["until"] > "2026-07-01"
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.integration
@pytest.mark.timeout(TIMEOUT_S + 20)
def test_the_first_lock_holds_alone(
    start: Start, names: tuple[str, str], topic_prefix: str, kafka_broker: KafkaBroker, influx_server: InfluxServer
) -> None:
    """Live topics, of which live rooms, crews and workers hear, get nothing of a replay; nor does the bucket of live health."""
    run, bucket = names
    live = f"live-{topic_prefix}"
    address, plans = KafkaAddress(kafka_broker.bootstrap), topic_plans(live, 2)
    create_topics(address, plans)
    influx_server.query(f'CREATE DATABASE "{topic_prefix}"', "")
    words = ["replay", PAIR, "--kafka", "--run", run, "--bucket", bucket, "--to", "0.1", "--json"]
    code, out, err = end(start(*words, WANBIAO_PREFIX=live, WANBIAO_INFLUX_BUCKET=topic_prefix, **CATALOGUE), TIMEOUT_S)
    assert code == 0, err
    assert json.loads(out)["kafka"]["health_messages"] == 2 * (LEARNED + 15)
    with TopicReader(address, [plan.name for plan in plans]) as rooms:
        assert set(rooms.ends().values()) == {0}
    assert influx_server.query("SHOW MEASUREMENTS", topic_prefix) == []
    assert influx_server.query("SHOW MEASUREMENTS", bucket) != []


def test_a_worker_reads_the_very_constants_of_the_incident() -> None:
    """Those of its short life, and all that a file of the user's changes."""
    changed = ready(Tuning(limit=5.5, scales_s=(60.0, 3600.0), on_scans=3), incident().scenario)
    assert changed.warm_up_s == 8 * 86_400.0
    with constants_file(changed) as path:
        assert Settings(tuning=str(path)).load_tuning() == changed
    assert not path.exists()
    with constants_file(Tuning()) as path:
        assert Settings(tuning=str(path)).load_tuning() == Tuning()
