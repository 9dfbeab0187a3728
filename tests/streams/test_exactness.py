"""Nothing lost, nothing double that differs, every state right to the bit: on a real broker, through kills."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.action_wire import DONE, REFUSED, decode_audit
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.streams.people import mingled
from tests.streams.pipeline import Pipeline

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

KILLS = 10
KILLS_AMONG_ACTIONS = 5


@pytest.fixture
def pipeline(
    kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str, tmp_path: Path
) -> Iterator[Pipeline]:
    pipeline = Pipeline(kafka_broker.bootstrap, influx_server.url, topic_prefix, tmp_path)
    yield pipeline
    pipeline.stop()


def steadily(per_second: float) -> Callable[[int], None]:
    """A pause that keeps a rate of messages."""
    begun = time.monotonic()

    def pause(i: int) -> None:
        time.sleep(max(0.0, begun + i / per_second - time.monotonic()))  # the load of the test, not a wait for a result

    return pause


def test_ten_kills_under_load_lose_nothing(pipeline: Pipeline) -> None:
    """Kill -9 at ten random instants while scans and poison keep coming; then everything is as if nothing had happened."""
    scans = pipeline.scans(2_500)
    chance = random.Random(20261124)
    sent: list[int] = []
    load = threading.Thread(target=lambda: sent.append(pipeline.send(scans, poison_every=400, pause=steadily(160.0))))
    worker = pipeline.start_worker()
    load.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(2.0, 6.0))  # a random instant is what is tested
        worker.kill()
        worker.wait()
        worker = pipeline.start_worker()
    load.join()
    pipeline.wait(sent[0])
    report = pipeline.check(scans)
    assert report.clean, report
    assert report.warnings > 50, "the run must hold warnings that could have been lost"
    assert report.repeats > 0, "a kill that costs nothing was no kill under load"
    print(report)
    assert len(pipeline.read("telemetry.dead")) >= sent[0] - len(scans)
    assert {code: pipeline.points(code) for code in pipeline.stations} == dict.fromkeys(pipeline.stations, 2_500)
    assert pipeline.terminate(worker) == 0


def test_what_people_do_survives_every_kill(pipeline: Pipeline) -> None:
    """Acknowledged, shelved, closed, maintained while the worker is killed: each once in effect, answered, in its order."""
    scans = pipeline.scans(1_000)
    log = list(mingled(pipeline.fleet, pipeline.tuning, scans, share=0.05))
    chance = random.Random(20261129)
    sent: list[int] = []
    load = threading.Thread(target=lambda: sent.append(pipeline.send(log, poison_every=400, pause=steadily(110.0))))
    worker = pipeline.start_worker()
    load.start()
    for _ in range(KILLS_AMONG_ACTIONS):
        time.sleep(chance.uniform(3.0, 7.0))  # a random instant is what is tested
        worker.kill()
        worker.wait()
        worker = pipeline.start_worker()
    load.join()
    pipeline.wait(sent[0])
    report = pipeline.check(log)
    assert report.clean, report
    assert report.answers > 150, "people must have done much that could have been lost or done twice"
    assert report.repeats > 0, "a kill that costs nothing was no kill under load"
    print(report)
    answers = [decode_audit(record.value or b"") for record in pipeline.read("actions")]
    assert {answer.result for answer in answers} == {DONE, REFUSED}
    assert len(answers) > report.answers, "answers too were given again, with the same bytes"
    assert pipeline.terminate(worker) == 0


def test_two_workers_share_the_stations_and_one_is_killed(pipeline: Pipeline) -> None:
    """Stations move to the survivor, then to a third worker, and back after a SIGTERM; nothing is lost or doubled."""
    scans = pipeline.scans(2_000)
    sent: list[int] = []
    shared = threading.Event()

    def pause(i: int) -> None:  # the load of the test: it lasts until all three workers have had their share
        time.sleep(1 / 220.0 if shared.is_set() or i < 1_000 else 1 / 20.0)

    load = threading.Thread(target=lambda: sent.append(pipeline.send(scans, poison_every=500, pause=pause)))
    first, second = pipeline.start_worker("w1"), pipeline.start_worker("w2")
    load.start()
    pipeline.wait_for_share("worker-1-w1.log")
    pipeline.wait_for_share("worker-2-w2.log")
    first.kill()
    first.wait()
    third = pipeline.start_worker("w3")
    pipeline.wait_for_share("worker-3-w3.log")
    shared.set()
    assert pipeline.terminate(second) == 0
    load.join()
    pipeline.wait(sent[0])
    report = pipeline.check(scans)
    assert report.clean, report
    print(report)
    assert pipeline.terminate(third) == 0


def test_what_people_do_moves_with_their_station(pipeline: Pipeline) -> None:
    """Acts go on while a second worker joins, the first is killed and comes back: each answered, each once in effect."""
    log = list(mingled(pipeline.fleet, pipeline.tuning, pipeline.scans(1_000), share=0.05))
    sent: list[int] = []
    shared = threading.Event()

    def pause(i: int) -> None:  # the load of the test: it lasts until every worker has had its share
        time.sleep(1 / 150.0 if shared.is_set() or i < 500 else 1 / 20.0)

    load = threading.Thread(target=lambda: sent.append(pipeline.send(log, poison_every=400, pause=pause)))
    first = pipeline.start_worker("w1")
    load.start()
    pipeline.wait_for_share("worker-1-w1.log")
    second = pipeline.start_worker("w2")
    pipeline.wait_for_share("worker-2-w2.log")
    first.kill()
    first.wait()
    third = pipeline.start_worker("w3")
    pipeline.wait_for_share("worker-3-w3.log")
    shared.set()
    load.join()
    pipeline.wait(sent[0])
    report = pipeline.check(log)
    assert report.clean, report
    assert report.answers > 150, "people must have done much that could have been lost or done twice"
    print(report)
    assert pipeline.terminate(second) == 0
    assert pipeline.terminate(third) == 0
