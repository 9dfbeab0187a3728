"""The checkpoint log of one source partition: states and the source position they include, in one transaction.

Invariant: the compacted topic always holds, per source partition, an atomic picture {state of every block} + {next source
offset}, and every output of a scan below that offset has been acknowledged before it was written.

The transactional id is fixed per partition, so a new owner's `open` makes the broker refuse every later write of the old one
(InitProducerId bumps the epoch: fencing). It reads only after that, so nothing can change behind its back.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from aiokafka.errors import KafkaError

from connectors.kafka import MAX_STATE_BYTES
from streams.config import WorkerConfig
from streams.kafka_options import aiokafka_options

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

POSITION_KEY = b"__position__"
SCHEMA = 1
TRANSACTION_TIMEOUT_MS = 30_000
CLOSE_S = 3.0
"""Longest wait for a producer to end [s]: its transaction is aborted by the next owner anyway."""


class CheckpointError(RuntimeError):
    """The log of a partition cannot be trusted or written; the worker must not go on."""


class _Position(msgspec.Struct, array_like=True):
    schema: int
    next_offset: int


@dataclass(slots=True)
class Loaded:
    """What the log held: the next source offset (None = nothing yet) and the states by key."""

    next_offset: int | None = None
    states: dict[bytes, bytes] = field(default_factory=dict)


class CheckpointLog:
    """One partition of the checkpoint topic, owned by this process until it is fenced or closed."""

    def __init__(self, config: WorkerConfig, partition: int) -> None:
        self._config, self._partition = config, partition
        self._topic = config.topic("checkpoints")
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> Loaded:
        """Fence older owners, then read the log to its end."""
        from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

        self._producer = AIOKafkaProducer(
            **aiokafka_options(self._config),
            transactional_id=f"{self._config.group}-{self._partition}",
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_request_size=MAX_STATE_BYTES,
        )
        await self._producer.start()
        consumer = AIOKafkaConsumer(
            **aiokafka_options(self._config),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # the default, latest, races with the seek below
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=MAX_STATE_BYTES,
        )
        await consumer.start()
        try:
            return await self._read(consumer)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> Loaded:
        from aiokafka import TopicPartition

        part = TopicPartition(self._topic, self._partition)
        consumer.assign([part])
        end = (await consumer.end_offsets([part]))[part]
        consumer.seek(part, (await consumer.beginning_offsets([part]))[part])
        loaded = Loaded()
        while await consumer.position(part) < end:
            for record in (await consumer.getmany(part, timeout_ms=200)).get(part, ()):
                if record.key == POSITION_KEY:
                    loaded.next_offset = self._position(record.value)
                elif record.value is not None:
                    loaded.states[record.key] = record.value
        if loaded.states and loaded.next_offset is None:
            raise CheckpointError(f"{self._topic}/{self._partition} holds states but no position: it was tampered with")
        return loaded

    def _position(self, value: bytes) -> int:
        try:
            position = msgspec.msgpack.decode(value, type=_Position)
        except msgspec.MsgspecError as error:
            raise CheckpointError(f"position in {self._topic}/{self._partition} cannot be read: {error}") from None
        if position.schema > SCHEMA:
            raise CheckpointError(
                f"position in {self._topic} has schema {position.schema}; this program reads {SCHEMA}"
            )
        return position.next_offset

    async def write(self, next_offset: int, states: dict[bytes, bytes]) -> None:
        """One transaction with changed states and the position they include. Raises aiokafka's ProducerFenced for a zombie."""
        if self._producer is None:
            raise RuntimeError("open() first")
        async with self._producer.transaction():
            for key, value in states.items():
                await self._producer.send(self._topic, value, key=key, partition=self._partition)
            position = msgspec.msgpack.encode(_Position(SCHEMA, next_offset))
            await self._producer.send(self._topic, position, key=POSITION_KEY, partition=self._partition)

    async def close(self) -> None:
        """Give the partition up; an open transaction is left for the next owner to abort."""
        if self._producer is not None:
            with contextlib.suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE_S):
                    await self._producer.stop()
