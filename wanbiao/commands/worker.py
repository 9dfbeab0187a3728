"""``wanbiao worker``: one process of the stream; start more under other names and they share the stations."""

from __future__ import annotations

import logging
from dataclasses import replace

import click

from connectors.errors import ConnectorError
from connectors.influx import check_bucket
from connectors.kafka import topic_partitions, topic_plans
from stations.plant import Fleet
from wanbiao.cli import pass_settings
from wanbiao.commands.topics import refuse_wrong_partitions
from wanbiao.settings import Settings

logger = logging.getLogger(__name__)


@click.command(short_help="Judge the telemetry on Kafka; health goes to InfluxDB.")
@pass_settings
def command(settings: Settings) -> None:
    """Judge the telemetry on Kafka until SIGTERM: health to InfluxDB and a topic, early warnings to a topic.

    Topics and bucket must exist. Workers of different WANBIAO_WORKER_ID share the stations; one that is killed loses nothing.

    \b
    Example:
      wanbiao topics create && wanbiao buckets create && wanbiao worker
    """
    fleet = settings.load_fleet()
    config = settings.worker_config(fleet)
    _check_services(settings)
    from streams.app import build_app, run_worker

    logger.info(
        "worker %s: %d stations, %d units, %d tags; %s from kafka %s to influxdb %s, bucket %s",
        config.worker_id,
        len(fleet.stations),
        fleet.n_units,
        fleet.n_tags,
        config.topic("telemetry"),
        config.bootstrap,
        config.influx_url,
        config.influx_bucket,
    )
    _compile(fleet)
    run_worker(build_app(config))


def _compile(fleet: Fleet) -> None:
    """Have the compiled loops ready before the group is joined: compiling holds the heartbeat up, and partitions move."""
    import numpy as np

    from detectors.monitor import StationMonitor
    from detectors.sisters import FARM_UNITS, is_farm
    from detectors.transients import LATELY_S, LEAST_SCANS
    from detectors.tuning import Tuning
    from stations.scan import Scan

    kinds = {is_farm(len(block.units)): block for block in fleet.blocks}
    for block in kinds.values():
        # The slowest at which transients show, and so many that one of them is learned: all loops are among those to be ready.
        some = block.only(FARM_UNITS).at_period(LATELY_S / LEAST_SCANS)
        monitor = StationMonitor(replace(fleet.stations[block.station], blocks=(some,)))
        for i in range(1 + round(Tuning().learn_s / some.period_s)):
            values = np.full(some.shape, float(i), np.float32)
            monitor.receive(Scan(some.station, some.code, some.revision, i, i * 10**9, values))


def _check_services(settings: Settings) -> None:
    """A missing topic would be ignored silently by the stream, a missing server tried for ever: say so before the start."""
    plans = topic_plans(settings.prefix, settings.partitions)
    present = topic_partitions(settings.kafka_address())
    refuse_wrong_partitions(present, plans)
    missing = [plan.name for plan in plans if plan.name not in present]
    if missing:
        raise ConnectorError(
            f"kafka at {settings.kafka} has no topic {', '.join(missing)}; create them with: wanbiao topics create",
            retryable=False,
        )
    check_bucket(
        settings.influx_url, token=settings.influx_token, org=settings.influx_org, bucket=settings.influx_bucket
    )
