"""The Faust application: one agent on the telemetry topic. No tables, no web server, no automatic acknowledgement."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn, cast

import faust

from detectors.monitor import StationMonitor
from streams.alive import AliveFile
from streams.config import WorkerConfig
from streams.kafka_options import tls_context
from streams.partition import MakeMonitor
from streams.vitals import REPORT_S
from streams.worker import Worker

if TYPE_CHECKING:
    from faust.streams import Stream
    from faust.types import StreamT


def build_app(config: WorkerConfig, monitor: MakeMonitor = StationMonitor) -> faust.App:
    """The application of one worker; run it with `run_worker`. ``monitor`` makes what judges a station.

    Faust tables are not used: on a real broker they lose scans, because streams resume before the position is restored.
    """
    app = faust.App(
        config.group,
        broker=";".join(f"kafka://{address}" for address in config.bootstrap.split(",")),
        broker_credentials=_credentials(config),
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="wanbiao-"),
        web_enabled=False,
        topic_partitions=config.partitions,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,  # events held for the barrier must not hold up a rebalance
        stream_buffer_maxsize=4096,
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_request_timeout=20.0,
        broker_rebalance_timeout=20.0,
        broker_max_poll_interval=86_400.0,  # back-pressure may last as long as InfluxDB is away
        producer_acks=-1,
        producer_linger=0.005,
        producer_request_timeout=120.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        consumer_group_instance_id=config.worker_id,
        worker_redirect_stdouts=False,
    )
    _wire(app, config, monitor)
    return app


def _credentials(config: WorkerConfig) -> Any:
    context = tls_context(config)
    if config.user:
        return faust.SASLCredentials(
            username=config.user, password=config.password, mechanism="SCRAM-SHA-512", ssl_context=context
        )
    return context and faust.SSLCredentials(context)


def _wire(app: faust.App, config: WorkerConfig, monitor: MakeMonitor) -> None:
    worker = Worker(app, config, monitor)
    alive = AliveFile(config.alive_file)
    source = app.topic(
        config.topic("telemetry"), partitions=config.partitions, key_serializer="raw", value_serializer="raw"
    )

    @app.agent(source, name="telemetry")
    async def telemetry(stream: StreamT[bytes]) -> None:
        async for event in cast("Stream[bytes]", stream).noack().events():
            await worker.take(event)

    async def barrier(app: faust.App) -> None:
        while not app.should_stop:
            await asyncio.sleep(config.checkpoint_s)
            await worker.checkpoint_all()
            alive.touch()  # here and nowhere else: outputs were acknowledged and states are safe

    async def vitals(app: faust.App) -> None:
        while not app.should_stop:
            await asyncio.sleep(REPORT_S)
            await worker.report()

    async def revoked(sender: Any, *arguments: Any, **named: Any) -> None:
        await worker.release("the group rebalances")

    async def shutdown(sender: Any, *arguments: Any, **named: Any) -> None:
        await worker.stop()

    app.task(barrier)
    app.task(vitals)

    # Faust types a signal handler as a protocol that no plain function satisfies.
    app.on_partitions_revoked.connect(revoked, weak=False)  # type: ignore[arg-type]
    app.on_before_shutdown.connect(shutdown, weak=False)  # type: ignore[arg-type]


def run_worker(app: faust.App) -> NoReturn:
    """Run until a signal; our logging and standard streams stay ours. Ends the process."""
    worker = faust.Worker(app, loglevel="INFO", override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it writes control characters, into files too
    worker.execute_from_commandline()
    raise SystemExit(0)
