"""Reading topics of Kafka: all of one at once, or following some as they grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from connectors.kafka import BOOTSTRAP_TIMEOUT_MS, KafkaAddress, make_client, no_topic, unreachable

Positions = dict[tuple[str, int], int]
"""Offset by topic and partition."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read from a topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


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

    consumer = make_client(
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
            raise unreachable(address, error) from None
        raise
    return consumer, parts


def _parts_of(consumer: Any, topic: str) -> set[int]:
    parts: set[int] = consumer.partitions_for_topic(topic)
    if not parts:
        raise no_topic(topic)
    return parts


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
        raise unreachable(address, error) from None
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
            raise unreachable(self._address, error) from None

    def is_at_end(self) -> bool:
        """True if `poll` has returned everything that is in the topics now."""
        from kafka.errors import KafkaError

        try:
            ends = self._consumer.end_offsets(self._parts)
            return all(self._consumer.position(part) >= end for part, end in ends.items())
        except KafkaError as error:
            raise unreachable(self._address, error) from None

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
            raise unreachable(self._address, error) from None
        return {(part.topic, part.partition): n for part, n in said.items()} if isinstance(said, dict) else said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()
