"""``wanbiao board``: the web page of the control room over Kafka and InfluxDB, and its HTTP API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from wanbiao import checks
from wanbiao.cli import pass_settings, show_local_times
from wanbiao.settings import Settings


@click.command(short_help="Serve the board over Kafka and InfluxDB.")
@click.option("--host", help="Address to listen at; default: WANBIAO_BOARD_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: WANBIAO_BOARD_PORT, 8765.")
@click.option("--language", type=click.Choice(["zh", "en", "both"]), help="Of the pages; both = as the browser asks.")
@pass_settings
def command(settings: Settings, host: str | None, port: int | None, language: str | None) -> None:
    """Serve the board until SIGTERM: fleet, stations, units, worklist, load of warnings, and an HTTP API at /api/v1.

    It shows what workers say over Kafka and InfluxDB, and sends them what people do. At any address but loopback it asks for the
    token in WANBIAO_BOARD_TOKEN_FILE, and does not start without one.

    \b
    Example:
      wanbiao board
      WANBIAO_BOARD_TOKEN_FILE=token.txt WANBIAO_BOARD_NAMES=board.plant wanbiao board --host 0.0.0.0
    """
    from wanbiao.board import run_board

    given: dict[str, Any] = {"board_port": port, "language": language}
    if host is not None:
        try:
            given["board_host"] = checks.host(host)
        except checks.WrongError as wrong:
            raise click.UsageError(f"--host {wrong}") from None
    show_local_times(settings)
    run_board(replace(settings, **{name: value for name, value in given.items() if value is not None}))
