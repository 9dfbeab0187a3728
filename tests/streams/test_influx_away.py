"""InfluxDB goes away while the worker runs: the stream waits when it must, and then everything has arrived exactly once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import influx
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.streams.pipeline import Pipeline

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

AWAY_S = 15.0


@pytest.fixture
def pipeline(
    kafka_broker: KafkaBroker, own_influx_server: InfluxServer, topic_prefix: str, tmp_path: Path
) -> Iterator[Pipeline]:
    pipeline = Pipeline(kafka_broker.bootstrap, own_influx_server.url, topic_prefix, tmp_path)
    yield pipeline
    pipeline.stop()


def tag_points(pipeline: Pipeline) -> int:
    """Points of the measurement ``tag`` over all stations."""
    rows = influx.query(
        pipeline.influx_url, token="", database=pipeline.bucket, influxql='SELECT count("value") FROM "tag"'
    )
    return int(rows[0]["count"]) if rows else 0


def alive_age_s(pipeline: Pipeline) -> float:
    """Time since the worker last touched its file [s]."""
    return time.time() - (pipeline.folder / "alive-w1").stat().st_mtime


def test_an_outage_loses_nothing_and_holds_no_warning_up(pipeline: Pipeline, own_influx_server: InfluxServer) -> None:
    scans = pipeline.scans(1_200)
    worker = pipeline.start_worker()
    sent = pipeline.send(scans[:1_200])
    pipeline.wait(sent)
    wait_until(lambda: alive_age_s(pipeline) < AWAY_S / 3, timeout_s=30.0, what="the barrier goes on")
    own_influx_server.stop()
    sent += pipeline.send(scans[1_200:])
    begun = time.monotonic()
    while len(pipeline.read("health")) < 1_300 and time.monotonic() < begun + AWAY_S:
        time.sleep(0.2)  # a poll with a deadline
    assert len(pipeline.read("health")) > 1_200, "health and warnings go on while InfluxDB is away"
    assert pipeline.position() == 1_200, "no barrier passes a point that is not stored"
    time.sleep(max(0.0, begun + AWAY_S - time.monotonic()))  # the length of the outage
    assert alive_age_s(pipeline) > AWAY_S / 2, "a barrier that is held up is no sign of life"
    own_influx_server.start()
    pipeline.wait(sent)
    wait_until(lambda: alive_age_s(pipeline) < AWAY_S / 3, timeout_s=30.0, what="the barrier goes on")

    assert worker.poll() is None
    report = pipeline.check(scans)
    assert report.clean, report
    assert report.repeats == 0
    assert {code: pipeline.points(code) for code in pipeline.stations} == dict.fromkeys(pipeline.stations, 1_200)
    assert tag_points(pipeline) > 0
