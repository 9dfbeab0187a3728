"""The partitions a worker owns: opened at their first message, checkpointed in turn, given up on revocation."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, NoReturn, cast

from aiokafka.errors import KafkaError, ProducerFenced

from streams.checkpoint import CheckpointError
from streams.config import WorkerConfig
from streams.outputs import Outputs
from streams.partition import MakeMonitor, Partition

if TYPE_CHECKING:
    import faust
    from faust.transport.consumer import Consumer
    from faust.types import TP, EventT

logger = logging.getLogger(__name__)

EXIT_RESTART = 70
"""EX_SOFTWARE: state is safe, a supervisor starts the worker again. Reloading in place would fence the real owner."""
EXIT_DATA = 65
"""EX_DATAERR: starting again does not help, somebody must look."""
OPEN_TRIES, OPEN_WAIT_S = 60, 0.5
"""A broker may be electing, or aborting an old transaction."""
FLUSH_S = 5.0
"""Longest wait for the last barrier when partitions are taken away or the worker ends [s]."""


class Worker:
    """What one process owns of the stream."""

    def __init__(self, app: faust.App, config: WorkerConfig, monitor: MakeMonitor) -> None:
        self._app, self._config, self._monitor = app, config, monitor
        self._outputs = Outputs(config)
        self._partitions: dict[int, Partition] = {}
        self._stopping = False

    async def stop(self) -> None:
        """Last barrier, then end."""
        self._stopping = True
        await self.release("the worker ends")
        await self._outputs.stop()

    async def take(self, event: EventT[bytes]) -> None:
        """Process one message of the source, in its partition.

        Bad messages raise nothing. Whatever else fails ends the process, whose state is safe: Faust would go on without the scan.
        """
        try:
            await self._take(event)
        except Exception as error:  # whatever it is, nothing may be acknowledged after it: the worker ends
            if self._stopping:
                return  # the outputs are closed already; the scan was not acknowledged and comes again
            logger.exception("message at offset %d of partition %d", event.message.offset, event.message.partition)
            self._die(f"cannot go on: {error!r}")

    async def _take(self, event: EventT[bytes]) -> None:
        message = event.message
        partition = await self._partition(message.partition, message.generation_id or 0, message.offset)
        if partition is None:
            return
        async with partition.lock:
            if partition.closed:
                return
            if message.offset != partition.next_offset:
                if message.offset < (partition.next_offset or 0):
                    event.ack()  # the state includes it already
                    return
                await self._mend_gap(partition, message.offset)
            await partition.take(event)
        if partition.is_full:
            await self._checkpoint(partition)

    async def _partition(self, number: int, generation: int, offset: int) -> Partition | None:
        if self._stopping or self._app.consumer_generation_id != generation:
            return None  # of an older generation: another worker may own the partition, and opening it would fence that one
        partition = self._partitions.get(number)
        if partition is not None and partition.generation == generation:
            return partition
        if partition is not None:
            await self._give_up(partition, "a new generation of the group")
        partition = Partition(self._config, self._outputs, number, generation, self._monitor)
        await self._open(partition)
        if self._app.consumer_generation_id != generation:
            await partition.close()
            return None
        if partition.next_offset is None:
            partition.next_offset = await self._earliest(number, offset)
        await self._refuse_older_source(partition)
        logger.info("partition %d: continues at offset %d", number, partition.next_offset)
        self._partitions[number] = partition
        return partition

    async def _open(self, partition: Partition) -> None:
        for attempt in range(OPEN_TRIES):
            try:
                await self._outputs.start()
                await partition.open()
                return
            except CheckpointError as error:
                self._die(str(error), EXIT_DATA)
            except KafkaError as error:
                logger.warning("partition %d, try %d: %r", partition.number, attempt + 1, error)
                await partition.close()
                partition.closed = False
                await asyncio.sleep(OPEN_WAIT_S)
        self._die(f"state of partition {partition.number} cannot be read")

    def _source(self, number: int) -> TP | None:
        topic = self._config.topic("telemetry")
        return next((tp for tp in self._app.consumer.assignment() if (tp.topic, tp.partition) == (topic, number)), None)

    async def _earliest(self, number: int, otherwise: int) -> int:
        source = self._source(number)
        return otherwise if source is None else int((await self._app.consumer.earliest_offsets(source))[source])

    async def _refuse_older_source(self, partition: Partition) -> None:
        """A source that ends before the position in the checkpoint is another one: recreated, or restored from a backup."""
        source = self._source(partition.number)
        if source is None or partition.next_offset is None:
            return
        end = (await self._app.consumer.highwaters(source)).get(source)
        if end is not None and end < partition.next_offset:
            self._die(
                f"partition {partition.number} of {source.topic} ends at offset {end}, the checkpoint at "
                f"{partition.next_offset}: the topic was recreated; use another prefix, or delete the checkpoints too",
                EXIT_DATA,
            )

    async def _mend_gap(self, partition: Partition, offset: int) -> None:
        """Offsets were skipped, which must never happen: put the position of the group back and start again."""
        source = self._source(partition.number)
        if source is None or partition.next_offset is None:
            self._die(f"partition {partition.number} was lost while a gap was found")
        if await self._earliest(partition.number, 0) >= offset:
            logger.error(
                "partition %d: offsets %d to %d were deleted by retention before they were read",
                partition.number,
                partition.next_offset,
                offset - 1,
            )
            partition.next_offset = offset
            return
        consumer = cast("Consumer", self._app.consumer)
        await consumer._commit({source: partition.next_offset})
        self._die(
            f"partition {partition.number}: expected offset {partition.next_offset}, got {offset}; position put back"
        )

    async def report(self) -> None:
        """Tell how the worker does; nothing while it owns no partition."""
        partitions = list(self._partitions.values())
        if not partitions:
            return
        try:
            lag = sum([await self._lag(partition) for partition in partitions])
            await self._outputs.report(lag=lag, uncovered_s=max(partition.uncovered_s for partition in partitions))
        except Exception as error:  # the work itself goes on, or fails where it is done
            logger.warning("no report: %r", error)

    async def _lag(self, partition: Partition) -> int:
        """Messages of a partition that are still to be taken."""
        source = self._source(partition.number)
        if source is None or partition.next_offset is None:
            return 0
        end = (await self._app.consumer.highwaters(source)).get(source)
        return 0 if end is None else max(0, end - partition.next_offset)

    async def checkpoint_all(self) -> None:
        """One barrier for every partition."""
        for partition in list(self._partitions.values()):
            await self._checkpoint(partition)

    async def _checkpoint(self, partition: Partition) -> None:
        try:
            await partition.checkpoint()
        except ProducerFenced:
            self._die(f"partition {partition.number} has another owner")
        except Exception as error:  # without a checkpoint nothing more may be acknowledged: the worker ends
            if not partition.closed:
                self._die(f"checkpoint of partition {partition.number}: {error!r}")

    async def release(self, why: str) -> None:
        """Last barrier for every partition, as far as time allows, then give them up."""
        partitions = list(self._partitions.values())
        if not partitions:
            return
        try:
            async with asyncio.timeout(FLUSH_S):
                await asyncio.gather(*(self._checkpoint(partition) for partition in partitions))
                await self._app.consumer.commit()
        except Exception as error:  # it is leaving anyway, and what was not acknowledged comes again
            logger.warning("%s: no last barrier, what was held will be processed again: %r", why, error)
        await asyncio.gather(*(self._give_up(partition, why) for partition in partitions))

    async def _give_up(self, partition: Partition, why: str) -> None:
        logger.info("partition %d: given up, %s", partition.number, why)
        if self._partitions.get(partition.number) is partition:
            del self._partitions[partition.number]
        await partition.close()

    def _die(self, why: str, code: int = EXIT_RESTART) -> NoReturn:
        logger.critical("%s; exit %d", why, code)
        logging.shutdown()
        os._exit(code)
