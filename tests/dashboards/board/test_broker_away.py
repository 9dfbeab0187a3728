"""A real broker is killed while the board follows it: that is said within a minute; nothing is told twice, or not at all."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_plans
from connectors.wire import encode_warning
from dashboards.board.decoding import WARNINGS, Decoder
from dashboards.board.following import Follower
from detectors.events import Event
from tests.dashboards.board.plant import FLEET
from tests.dashboards.board.test_following import EARLY, QUALITY
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until

SAID_WITHIN_S = 60.0


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # kafka-python drops those still being connected
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_that_is_killed_is_told_and_read_on(
    own_kafka_broker: KafkaBroker, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # what it logs holds its sockets, and pytest holds what is logged
    address, events = KafkaAddress(own_kafka_broker.bootstrap), list[Event]()
    create_topics(address, topic_plans(topic_prefix, 2))

    def tell(event: Any) -> None:
        with ScanProducer(address, f"{topic_prefix}{WARNINGS}") as producer:
            producer.send("w", encode_warning(event))

    tell(EARLY)
    follower = Follower(address, topic_prefix, Decoder(FLEET), events.extend)
    follower.start()
    try:
        wait_until(lambda: events == [EARLY], timeout_s=30.0, what="what lay on the topic is told")
        assert follower.part().is_well
        own_kafka_broker.kill()
        killed_s = time.monotonic()
        wait_until(lambda: not follower.part().is_well, timeout_s=SAID_WITHIN_S, what="it says that kafka is away")
        assert time.monotonic() - killed_s < SAID_WITHIN_S
        own_kafka_broker.start()
        tell(QUALITY)
        wait_until(lambda: len(events) > 1, timeout_s=60.0, what="what came later is told")
        assert events == [EARLY, QUALITY]
        assert follower.part().is_well
    finally:
        follower.stop()
