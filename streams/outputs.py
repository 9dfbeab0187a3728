"""Where events go: topics of Kafka and points of InfluxDB. `publish` hands over, `settle` says that all of it arrived."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from connectors import wire
from connectors.action_wire import Audit, encode_audit
from connectors.influx import InfluxWriter
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore, Refused, TagTrend
from streams.config import WorkerConfig
from streams.kafka_options import aiokafka_options
from streams.points import PointEncoder
from streams.vitals import Vitals

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer
    from faust.types import Message

logger = logging.getLogger(__name__)

Sent: TypeAlias = Awaitable[Any]
"""Done when the broker has acknowledged the record."""
KEY_BYTES, REASON_CHARS = 1024, 500
"""Of the key and the reason of a dead letter, so much is kept: a dead letter must never be too large to be sent."""
DEAD_HEAD_BYTES = 1024
"""Of a message too large to be forwarded whole, this much is kept, beside its SHA-256."""


class Outputs:
    """All outputs of one worker. One event loop only."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._points = {(b.station, b.code): PointEncoder(b) for b in config.fleet.blocks}
        self._influx = InfluxWriter(
            config.influx_url,
            token=config.influx_token,
            org=config.influx_org,
            bucket=config.influx_bucket,
            on_refused=lambda line, reason: logger.error("influxdb refuses for good: %s: %s", reason, line[:200]),
        )
        self._producer: AIOKafkaProducer | None = None
        self._vitals = Vitals(config.worker_id, begun_s=time.time())

    async def start(self) -> None:
        """Connect, once."""
        if self._producer is not None:
            return
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(
            **aiokafka_options(self._config),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            request_timeout_ms=120_000,
        )
        await producer.start()
        await self._influx.start()
        self._producer = producer

    async def stop(self) -> None:
        """End; what was not settled is not waited for."""
        await self._influx.stop()
        if self._producer is not None:
            await self._producer.stop()

    async def publish(self, events: list[Event]) -> list[Sent]:
        """Hand the events of one scan over; waits while too much is pending. Warnings leave before anything is stored.

        Returns what has to be acknowledged before the scan may be forgotten; see `settle`.
        """
        sent = []
        for event in events:
            if isinstance(event, HealthScore):
                self._vitals.took(event.station, event.time_ns)
                sent.append(await self._send("health", event.station, wire.encode_health(event)))
            elif isinstance(event, EarlyWarning | DataQuality):
                sent.append(await self._send("warnings", event.id, wire.encode_warning(event)))
        await self._store(events)
        return sent

    async def _store(self, events: list[Event]) -> None:
        """Units at every scan; tags and components when their history is due and while a unit is in an episode (`TagTrend`)."""
        detailed = next((event.units for event in events if isinstance(event, TagTrend)), None)
        for event in events:
            if isinstance(event, Refused):
                continue
            points = self._points[event.station, event.block]
            if isinstance(event, HealthScore):
                lines, count = points.health(event, detailed)
            elif isinstance(event, TagTrend):
                lines, count = points.tags(event)
            elif isinstance(event, DataQuality):
                lines, count = points.outage(event)
            else:
                lines, count = points.warning(event)
            if count:
                await self._influx.put(lines, count)

    async def answer(self, record: Audit) -> Sent:
        """Tell what became of an action, for who waits for it and for the audit trail."""
        return await self._send("actions", record.station, encode_audit(record))

    async def report(self, *, lag: int, uncovered_s: float) -> None:
        """Write what was counted since the last report."""
        await self._influx.put(*self._vitals.report(time.time(), lag=lag, uncovered_s=uncovered_s))

    async def bury(self, message: Message, stage: str, reason: str) -> Sent:
        """Send a message to the dead letters as it came, with headers that say where it stood and why it is there."""
        self._vitals.buried()
        value, key = message.value or b"", (message.key or b"")[:KEY_BYTES]
        headers = {
            "topic": message.topic,
            "partition": str(message.partition),
            "offset": str(message.offset),
            "stage": stage,
            "reason": reason[:REASON_CHARS],
        }
        if len(value) + KEY_BYTES + REASON_CHARS > wire.MAX_MESSAGE_BYTES:
            headers |= {"sha256": hashlib.sha256(value).hexdigest(), "bytes": str(len(value))}
            value = value[:DEAD_HEAD_BYTES]
        encoded = [(key, text.encode()) for key, text in headers.items()]
        topic = self._config.topic("telemetry.dead")
        sent: Sent = await self._broker().send(
            topic, value, key=key if message.key is not None else None, headers=encoded
        )
        return sent

    async def _send(self, topic: str, key: str, value: bytes) -> Sent:
        sent: Sent = await self._broker().send(self._config.topic(topic), value, key=key.encode())
        return sent

    def _broker(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("start() first")
        return self._producer

    async def settle(self, sent: Sequence[Sent]) -> None:
        """Return when those sends are acknowledged and InfluxDB has taken everything put before this call."""
        await asyncio.gather(*sent)
        await self._influx.flush()
