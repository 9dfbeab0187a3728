"""Kafka for everything but the worker: clients, topics, producing scans. With `kafka_reader`, the only user of kafka-python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def unreachable(address: KafkaAddress, error: Exception) -> ConnectorError:
    """What is said if no broker answers."""
    # The client cannot tell a broker that is away from one that refuses the password.
    login = f", or refuses the login of {address.user}" if address.user else ""
    return ConnectorError(f"kafka does not answer at {address.bootstrap}{login}: {error}", retryable=True)


def make_client(kind: Any, address: KafkaAddress, **options: Any) -> Any:
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
        raise unreachable(address, error) from None


@contextmanager
def _admin(address: KafkaAddress) -> Iterator[Any]:
    """An admin client; whatever goes wrong with it is a ConnectorError."""
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    admin = make_client(KafkaAdminClient, address)
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


def no_topic(topic: str) -> ConnectorError:
    """What is said of a topic that does not exist, and that no client makes by asking."""
    return ConnectorError(f"topic {topic} does not exist; create it with: wanbiao topics create", retryable=False)


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
            raise no_topic(topic)
        self._producer = make_client(
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
            raise unreachable(self._address, Exception(self._failed[0]))
        try:
            self._producer.send(self._topic, key=station.encode(), value=value).add_errback(self._failed.append)
        except KafkaError as error:
            raise unreachable(self._address, error) from None

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
            raise unreachable(self._address, failure) from None
        finally:
            self._producer.close(timeout=5)
        if self._failed and error is None:
            raise unreachable(self._address, Exception(self._failed[0]))
