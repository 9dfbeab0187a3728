"""Reading the end of a topic, and what is said of topics that do not exist; on a real broker."""

from __future__ import annotations

import threading
import uuid

import pytest

from connectors import kafka
from connectors.action_log import send_action
from connectors.action_wire import ActionMessage, decode_action
from connectors.errors import ConnectorError
from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_partitions, topic_plans
from connectors.kafka_reader import TopicReader, read_topic
from tests.services.kafka import KafkaBroker

pytestmark = pytest.mark.integration

MESSAGE = ActionMessage(1, "acknowledge", uuid.UUID(int=7), "YXK", "Li", 0, warning="w")


def test_what_people_did_is_kept_for_ever_and_health_is_not() -> None:
    kept = {plan.name for plan in topic_plans("", 1) if plan.config.get("retention.ms") == "-1"}
    assert kept == {"warnings", "actions"}


def test_the_end_of_a_topic_is_read(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    address, topic = KafkaAddress(kafka_broker.bootstrap), f"{topic_prefix}telemetry"
    create_topics(address, topic_plans(topic_prefix, 2))
    assert list(read_topic(address, topic, most=5)) == []
    with ScanProducer(address, topic) as producer:
        for i in range(10):
            producer.send("YXK", b"%d" % i)
    assert [record.value for record in read_topic(address, topic, most=3)] == [b"7", b"8", b"9"]
    assert len(list(read_topic(address, topic, most=1000))) == len(list(read_topic(address, topic))) == 10
    with TopicReader(address, [topic], most=0) as reader:
        assert reader.is_at_end()
        with ScanProducer(address, topic) as producer:
            producer.send("YXK", b"new")
        assert [record.value for _, record in reader.poll(10.0)] == [b"new"]


def test_a_reader_goes_back_and_tells_how_far_it_has_come(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    address, topic = KafkaAddress(kafka_broker.bootstrap), f"{topic_prefix}warnings"
    create_topics(address, topic_plans(topic_prefix, 1))
    with ScanProducer(address, topic) as producer:
        for i in range(5):
            producer.send("x", str(i).encode())
    part = (topic, 0)
    with TopicReader(address, [topic], most=2, group=f"{topic_prefix}notify") as reader:
        assert (reader.ends(), reader.position(), reader.committed()) == ({part: 5}, {part: 3}, {})
        reader.seek_back({part: 4})
        assert reader.position() == {part: 3}, "it is before that already"
        reader.seek_back({part: 1})
        assert [record.value for _, record in reader.poll(10.0)] == [b"1", b"2", b"3", b"4"]
        reader.commit({part: 4})
    with TopicReader(address, [topic], group=f"{topic_prefix}notify") as reader:
        assert (reader.committed(), reader.position()) == ({part: 4}, {part: 0})
    with TopicReader(address, [topic], group=f"{topic_prefix}other") as reader:
        assert reader.committed() == {}


def test_an_action_without_an_answer_is_on_the_log_all_the_same(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    address = KafkaAddress(kafka_broker.bootstrap)
    create_topics(address, topic_plans(topic_prefix, 2))
    with ScanProducer(address, f"{topic_prefix}actions") as producer:
        producer.send("YXK", b"no answer of ours")
    with pytest.raises(ConnectorError, match="no worker has answered within 1 s; the action is on the log of YXK"):
        send_action(address, topic_prefix, MESSAGE, wait_s=1.0)
    (record,) = read_topic(address, f"{topic_prefix}telemetry")
    assert (record.key, decode_action(record.value or b"", ["YXK"])) == (b"YXK", MESSAGE)


def test_a_missing_topic_is_said_so_and_is_not_made(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    address = KafkaAddress(kafka_broker.bootstrap)
    with pytest.raises(ConnectorError, match=f"topic {topic_prefix}health does not exist; create it with"):
        list(read_topic(address, f"{topic_prefix}health"))
    with pytest.raises(ConnectorError, match="actions does not exist"):
        send_action(address, topic_prefix, MESSAGE)
    assert not [name for name in topic_partitions(address) if name.startswith(topic_prefix)]


@pytest.mark.usefixtures("topic_prefix")  # it collects sockets that were still being connected
def test_a_broker_that_is_away_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that tries again and again would end with thousands."""
    monkeypatch.setattr(kafka, "BOOTSTRAP_TIMEOUT_MS", 200)
    before = {thread.ident for thread in threading.enumerate()}
    for _ in range(2):
        with pytest.raises(ConnectorError, match="kafka does not answer"):
            topic_partitions(KafkaAddress("127.0.0.1:9"))
        with pytest.raises(ConnectorError, match="kafka does not answer"):
            TopicReader(KafkaAddress("127.0.0.1:9"), ["t"])
    assert {thread.ident for thread in threading.enumerate()} <= before


def test_each_topic_may_be_read_from_another_place(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    address = KafkaAddress(kafka_broker.bootstrap)
    create_topics(address, topic_plans(topic_prefix, 1))
    names = [f"{topic_prefix}health", f"{topic_prefix}warnings"]
    for name in names:
        with ScanProducer(address, name) as producer:
            for i in range(5):
                producer.send("YXK", b"%d" % i)
    found: list[tuple[str, bytes | None]] = []
    with TopicReader(address, names, most=dict(zip(names, (1, 3), strict=True))) as reader:
        while not reader.is_at_end():
            found += [(name, record.value) for name, record in reader.poll(1.0)]
    assert [value for name, value in found if name == names[0]] == [b"4"]
    assert [value for name, value in found if name == names[1]] == [b"2", b"3", b"4"]
