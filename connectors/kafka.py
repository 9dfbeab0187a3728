"""Kafka for everything but the worker: topics, producing scans, reading a topic to its end. The only user of kafka-python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from connectors.errors import ConnectorError

BOOTSTRAP_TIMEOUT_MS = 5_000
"""Longest wait for the first answer of a broker, or to hear whether it is still there [ms]; then one clear line."""
DELIVERY_TIMEOUT_MS = 120_000
"""Longest wait for a record to be acknowledged, retries included [ms]."""
REPLICATION = 1
"""Copies of each partition where nothing else is said."""
MAX_STATE_BYTES = 8 << 20
"""Largest checkpoint record [bytes]; the largest block of the fleet, 222 inverters, needs a third."""
CHECKPOINT_CONFIG = {
    "cleanup.policy": "compact",
    "segment.bytes": str(32 << 20),
    "min.cleanable.dirty.ratio": "0.1",
    "max.message.bytes": str(MAX_STATE_BYTES),
}

FOR_EVER: Mapping[str, str] = {"retention.ms": "-1"}

Positions = dict[tuple[str, int], int]
"""Offset by topic and partition."""


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where a broker is and who we are there; ``password`` never shows in a repr."""

    bootstrap: str
    user: str = ""
    password: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"KafkaAddress({self.bootstrap!r}, user={self.user!r})"

    def options(self) -> dict[str, Any]:
        """Arguments for a client of kafka-python."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap.split(",")}
        if self.user:
            options |= {
                "security_protocol": "SASL_SSL" if self.ca_file else "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        elif self.ca_file:
            options["security_protocol"] = "SSL"
        if self.ca_file:
            options["ssl_cafile"] = self.ca_file
        return options


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """One topic to be: name, partitions, settings."""

    name: str
    partitions: int
    config: Mapping[str, str]


def topic_plans(prefix: str, partitions: int, *, keep_for_ever: bool = False) -> list[TopicPlan]:
    """Every topic of the pipeline under one prefix; all but the dead letters have the same number of partitions.

    ``keep_for_ever`` switches retention by age off, for recordings whose event times lie years back.

    >>> [plan.name for plan in topic_plans("wanbiao.", 4)][:2]
    ['wanbiao.telemetry', 'wanbiao.health']
    """
    age = FOR_EVER if keep_for_ever else {}
    # The broker's own clock, not that of a gateway, says when a scan was written: event times are held against it.
    written = {"message.timestamp.type": "LogAppendTime"}
    plans = [TopicPlan(f"{prefix}telemetry", partitions, {**age, **written})]
    plans.append(TopicPlan(f"{prefix}health", partitions, age))
    # What stands may have been told of weeks ago, and who did what is asked years later; both are few.
    plans += [TopicPlan(f"{prefix}{name}", partitions, FOR_EVER) for name in ("warnings", "actions")]
    plans.append(TopicPlan(f"{prefix}checkpoints", partitions, CHECKPOINT_CONFIG))
    plans.append(TopicPlan(f"{prefix}telemetry.dead", 1, age))
    return plans


def _unreachable(address: KafkaAddress, error: Exception) -> ConnectorError:
    # The client cannot tell a broker that is away from one that refuses the password.
    login = f", or refuses the login of {address.user}" if address.user else ""
    return ConnectorError(f"kafka does not answer at {address.bootstrap}{login}: {error}", retryable=True)


def _client(kind: Any, address: KafkaAddress, **options: Any) -> Any:
    """A client of kafka-python, once a broker has answered; a ConnectorError if none does.

    The library leaves the thread and the sockets of a client behind that could not be built: of a program that tries again and
    again while a broker is away, thousands. So what it builds inside is closed here.
    """
    from kafka.errors import KafkaError
    from kafka.net.compat import KafkaNetClient

    inner: list[Any] = []

    def build(**config: Any) -> Any:
        inner.append(KafkaNetClient(**config))
        return inner[-1]

    try:
        return kind(**address.options(), bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS, kafka_client=build, **options)
    except (KafkaError, OSError) as error:
        for each in inner:
            each.close()
        raise _unreachable(address, error) from None


@contextmanager
def _admin(address: KafkaAddress) -> Iterator[Any]:
    """An admin client; whatever goes wrong with it is a ConnectorError."""
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    admin = _client(KafkaAdminClient, address)
    try:
        yield admin
    except KafkaError as error:
        raise ConnectorError(f"kafka at {address.bootstrap} refused: {error}", retryable=False) from None
    finally:
        admin.close()


def _partitions(admin: Any) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


def topic_partitions(address: KafkaAddress) -> dict[str, int]:
    """Every topic there is, by name: its number of partitions. ConnectorError if no broker answers."""
    with _admin(address) as admin:
        return _partitions(admin)


def create_topics(address: KafkaAddress, plans: Sequence[TopicPlan]) -> list[str]:
    """Create the topics that are missing; returns their names.

    Raises
    ------
    ConnectorError : no broker answers, or a topic exists with another number of partitions.
    """
    from kafka.admin import NewTopic

    with _admin(address) as admin:
        present = _partitions(admin)
        for plan in plans:
            if present.get(plan.name, plan.partitions) != plan.partitions:
                raise ConnectorError(
                    f"topic {plan.name} has {present[plan.name]} partitions; expected {plan.partitions}",
                    retryable=False,
                )
        missing = [plan for plan in plans if plan.name not in present]
        if missing:
            admin.create_topics(
                [NewTopic(p.name, p.partitions, REPLICATION, topic_configs=dict(p.config)) for p in missing],
                wait_for_metadata=True,
            )
        return [plan.name for plan in missing]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read from a topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class ScanProducer:
    """Sends encoded scans to a telemetry topic, keyed by station, idempotently.

    **Buffered:** by the client. **Full:** `send` waits. **Order:** kept within a station. Use as a context manager: leaving it
    waits for every acknowledgement.
    """

    def __init__(self, address: KafkaAddress, topic: str) -> None:
        from kafka import KafkaProducer

        self._topic = topic
        self._address = address
        self._failed: list[BaseException] = []
        if topic not in topic_partitions(address):  # the producer itself would wait two minutes for it to appear
            raise _no_topic(topic)
        self._producer = _client(
            KafkaProducer,
            address,
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            max_block_ms=DELIVERY_TIMEOUT_MS,
            allow_auto_create_topics=False,
        )

    def send(self, station: str, value: bytes) -> None:
        """Queue one encoded scan; ConnectorError if it cannot be queued or an earlier one could not be delivered."""
        from kafka.errors import KafkaError

        if self._failed:
            raise _unreachable(self._address, Exception(self._failed[0]))
        try:
            self._producer.send(self._topic, key=station.encode(), value=value).add_errback(self._failed.append)
        except KafkaError as error:
            raise _unreachable(self._address, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from kafka.errors import KafkaError

        try:
            if error is None:
                self._producer.flush(timeout=DELIVERY_TIMEOUT_MS / 1000)
        except KafkaError as failure:
            raise _unreachable(self._address, failure) from None
        finally:
            self._producer.close(timeout=5)
        if self._failed and error is None:
            raise _unreachable(self._address, Exception(self._failed[0]))


def _consumer(
    address: KafkaAddress,
    topics: Sequence[str],
    *,
    most: int | Mapping[str, int] | None,
    committed_only: bool = False,
    group: str = "",
) -> tuple[Any, list[Any]]:
    """A consumer ``most`` records, of each topic its own number if it is a mapping, before the end of every partition of some
    topics (None = at its beginning), and these partitions. It has all of them, whoever else may be in ``group``, which only
    keeps how far it has come.
    """
    from kafka import KafkaConsumer, TopicPartition
    from kafka.errors import KafkaError

    consumer = _client(
        KafkaConsumer,
        address,
        group_id=group or None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed" if committed_only else "read_uncommitted",
        max_partition_fetch_bytes=16 << 20,
        allow_auto_create_topics=False,
    )
    try:
        parts = [TopicPartition(topic, p) for topic in topics for p in sorted(_parts_of(consumer, topic))]
        consumer.assign(parts)
        if most is None:
            consumer.seek_to_beginning(*parts)
        else:
            first = consumer.beginning_offsets(parts)
            for part, end in consumer.end_offsets(parts).items():
                back = most if isinstance(most, int) else most[part.topic]
                consumer.seek(part, max(first[part], end - back))
    except BaseException as error:
        consumer.close()
        if isinstance(error, KafkaError):
            raise _unreachable(address, error) from None
        raise
    return consumer, parts


def _parts_of(consumer: Any, topic: str) -> set[int]:
    parts: set[int] = consumer.partitions_for_topic(topic)
    if not parts:
        raise _no_topic(topic)
    return parts


def _no_topic(topic: str) -> ConnectorError:
    return ConnectorError(f"topic {topic} does not exist; create it with: wanbiao topics create", retryable=False)


def _records(polled: Mapping[Any, Any]) -> Iterator[tuple[str, Record]]:
    for part, records in polled.items():
        for r in records:
            yield part.topic, Record(part.partition, r.offset, r.key, r.value, tuple(r.headers))


def read_topic(
    address: KafkaAddress, topic: str, *, most: int | None = None, committed_only: bool = False
) -> Iterator[Record]:
    """Every record of a topic to the end it has now, of each partition at most the last ``most``, as they come."""
    from kafka.errors import KafkaError

    consumer, parts = _consumer(address, [topic], most=most, committed_only=committed_only)
    try:
        ends = {part.partition: end for part, end in consumer.end_offsets(parts).items()}
        while any(consumer.position(part) < ends[part.partition] for part in parts):
            for _, record in _records(consumer.poll(500)):
                if record.offset < ends[record.partition]:
                    yield record
    except KafkaError as error:
        raise _unreachable(address, error) from None
    finally:
        consumer.close()


class TopicReader:
    """Follows topics from their beginning, or from ``most`` records before the end that each partition has now, in its order.

    ``most`` may be one number, or one for each topic. Use as a context manager. With a ``group``, `commit` tells Kafka how far
    it has come.
    """

    def __init__(
        self,
        address: KafkaAddress,
        topics: Sequence[str],
        *,
        most: int | Mapping[str, int] | None = None,
        group: str = "",
    ) -> None:
        self._address = address
        self._consumer, self._parts = _consumer(address, topics, most=most, group=group)

    def poll(self, wait_s: float) -> list[tuple[str, Record]]:
        """Topic and record of what has arrived, in bounded portions; empty if nothing came in ``wait_s`` [s]."""
        from kafka.errors import KafkaError

        try:
            return list(_records(self._consumer.poll(round(1000 * wait_s))))
        except KafkaError as error:
            raise _unreachable(self._address, error) from None

    def is_at_end(self) -> bool:
        """True if `poll` has returned everything that is in the topics now."""
        from kafka.errors import KafkaError

        try:
            ends = self._consumer.end_offsets(self._parts)
            return all(self._consumer.position(part) >= end for part, end in ends.items())
        except KafkaError as error:
            raise _unreachable(self._address, error) from None

    def ends(self) -> Positions:
        """The offset after the last record of every partition; a broker that is away is said after `BOOTSTRAP_TIMEOUT_MS`."""
        ends: Positions = self._ask(self._consumer.end_offsets, self._parts, BOOTSTRAP_TIMEOUT_MS)
        return ends

    def committed(self) -> Positions:
        """What `commit` told last, of the partitions for which it did."""
        told = {part: self._ask(self._consumer.committed, part) for part in self._parts}
        return {(part.topic, part.partition): offset for part, offset in told.items() if offset is not None}

    def commit(self, positions: Positions) -> None:
        """Tell Kafka the offset of the next record of each partition, so that others see how far this reader is behind."""
        from kafka.structs import OffsetAndMetadata

        offsets = {
            part: OffsetAndMetadata(positions[part.topic, part.partition], "", -1)
            for part in self._parts
            if (part.topic, part.partition) in positions
        }
        self._ask(self._consumer.commit, offsets, BOOTSTRAP_TIMEOUT_MS)

    def seek_back(self, positions: Positions) -> None:
        """Go back to the offsets of those partitions where this reader is beyond them."""
        for part in self._parts:
            offset = positions.get((part.topic, part.partition))
            if offset is not None and offset < self._ask(self._consumer.position, part):
                self._ask(self._consumer.seek, part, offset)

    def position(self) -> Positions:
        """The offset of the next record of every partition."""
        return {(part.topic, part.partition): self._ask(self._consumer.position, part) for part in self._parts}

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the client says; offsets by topic and partition."""
        from kafka.errors import KafkaError

        try:
            said = function(*arguments)
        except KafkaError as error:
            raise _unreachable(self._address, error) from None
        return {(part.topic, part.partition): n for part, n in said.items()} if isinstance(said, dict) else said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()
