"""Bad messages go to the dead letters with a reason and their own bytes; neighbours stay on time; the agent never restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kafka import KafkaProducer

from connectors import wire
from stations.scan import Scan
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.streams.pipeline import START_NS, Pipeline

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture
def pipeline(
    kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str, tmp_path: Path
) -> Iterator[Pipeline]:
    pipeline = Pipeline(kafka_broker.bootstrap, influx_server.url, topic_prefix, tmp_path, stations=("YXK",))
    yield pipeline
    pipeline.stop()


def bad_messages(good: Scan) -> dict[str, tuple[bytes | None, bytes | None, str]]:
    """name -> (key, value, words its reason must hold); ``good`` is a scan that was taken in already."""
    key = b"YXK"
    late = replace(good, time_ns=good.time_ns - 5_000_000_000)
    wide = replace(good, values=np.zeros((4, 3), np.float32))
    return {
        "empty": (key, b"", "empty message"),
        "tombstone": (key, None, "empty message"),
        "binary": (key, bytes(range(256)), "neither a msgpack nor a JSON scan"),
        "deep JSON": (key, b'{"values":' * 50_000, "neither a msgpack nor a JSON scan"),
        "NaN in JSON": (key, b'{"schema": 1, "station": "YXK", "block": "units", "values": {"1": {"x": NaN}}}', "JSON"),
        "newer schema": (key, wire.encode_scan(good).replace(b"\x98\x01", b"\x98\x63", 1), "schema 99"),
        "unknown station": (b"ABC", wire.encode_scan(replace(good, station="ABC")), "unknown station or block"),
        "unknown block": (key, wire.encode_scan(replace(good, block="dam")), "unknown station or block"),
        "unknown revision": (key, wire.encode_scan(replace(good, revision="0" * 12)), "unknown revision"),
        "wrong shape": (key, wire.encode_scan(wide), "expected 4 units"),
        "wrong key": (b"FYL", wire.encode_scan(good), "expected the station"),
        "no key": (None, wire.encode_scan(good), "expected the station"),
        "duplicate": (key, wire.encode_scan(good), "duplicate"),
        "out of order": (key, wire.encode_scan(late), "out of order"),
        "1970": (key, wire.encode_scan(replace(good, time_ns=1000)), "nanoseconds since 1970"),
        "milliseconds": (key, wire.encode_scan(replace(good, time_ns=START_NS // 1_000_000)), "nanoseconds since 1970"),
        "year 9999": (key, wire.encode_scan(replace(good, time_ns=9 * 10**18)), "nanoseconds since 1970"),
    }


def test_every_kind_of_bad_message_is_buried_with_its_reason(pipeline: Pipeline) -> None:
    scans = pipeline.scans(60)
    worker = pipeline.start_worker()
    sent = pipeline.send(scans[:30])
    bad = bad_messages(scans[29])
    topic = f"{pipeline.prefix}telemetry"
    producer = KafkaProducer(bootstrap_servers=pipeline.kafka)
    partition = next(iter({r.partition for r in pipeline.read("telemetry")}))
    for key, value, _ in bad.values():
        producer.send(topic, key=key, value=value, partition=partition)
    producer.close()
    sent += len(bad) + pipeline.send(scans[30:])
    pipeline.wait(sent)

    assert pipeline.check(scans).clean, "neighbours of bad messages were judged as if there were none"
    dead = pipeline.read("telemetry.dead")
    assert [record.value or b"" for record in dead] == [value or b"" for _, value, _ in bad.values()]
    for (name, (key, _, words)), record in zip(bad.items(), dead, strict=True):
        headers = {header: text.decode() for header, text in record.headers}
        assert words in headers["reason"], name
        assert record.key == key
        assert {"topic", "partition", "offset", "stage"} <= headers.keys()
        assert headers["topic"] == topic
    assert worker.poll() is None
    assert "Traceback" not in pipeline.logs()


def test_values_that_are_no_numbers_are_a_matter_of_quality_not_of_refusal(pipeline: Pipeline) -> None:
    """NaN, infinities and numbers far outside the range of a sensor: the scan counts, the readings do not."""
    scans = pipeline.scans(40)
    wild = np.array([np.nan, np.inf, -np.inf, 3.0e38, -3.0e38, 1e-45, -0.0], np.float32)
    spoilt = []
    for i, scan in enumerate(scans):
        values = scan.values.copy()
        if 10 <= i < 30:
            values.ravel()[:: 7 + i % 3] = np.resize(wild, len(values.ravel()[:: 7 + i % 3]))
        spoilt.append(replace(scan, values=values))
    pipeline.start_worker()
    pipeline.wait(pipeline.send(spoilt))
    report = pipeline.check(spoilt)
    assert report.clean, report
    assert not pipeline.read("telemetry.dead")
    told = b"".join(record.value or b"" for record in pipeline.read("warnings"))
    assert b"data_quality" in told
    assert b"NaN" not in told
    assert b"Infinity" not in told
