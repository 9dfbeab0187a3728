"""``wanbiao buckets``: where health and early warnings are kept in InfluxDB."""

from __future__ import annotations

import click

from connectors.influx import ensure_bucket
from wanbiao.cli import pass_settings
from wanbiao.settings import Settings


@click.group(short_help="Create the bucket in InfluxDB.")
def command() -> None:
    """Create the bucket in InfluxDB (settings: WANBIAO_INFLUX_URL, _INFLUX_ORG, _INFLUX_TOKEN, _INFLUX_BUCKET).

    \b
    Example:
      wanbiao buckets create
    """


@command.command("create")
@pass_settings
def create(settings: Settings) -> None:
    """Create the bucket (version 2) or database (version 1) unless it is there.

    \b
    Example:
      WANBIAO_INFLUX_TOKEN_FILE=token wanbiao buckets create
    """
    bucket = settings.influx_bucket
    ensure_bucket(settings.influx_url, token=settings.influx_token, org=settings.influx_org, bucket=bucket)
    click.echo(f"{bucket}: ready at {settings.influx_url}")
