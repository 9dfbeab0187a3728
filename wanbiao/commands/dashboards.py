"""``wanbiao dashboards``: what Grafana shows, checked before anybody looks, and brought to a Grafana that is not ours."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from wanbiao.cli import pass_settings
from wanbiao.errors import ConfigError
from wanbiao.parameters import Moment
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from dashboards.grafana.check import Finding
    from dashboards.grafana.look import Json


@click.group(short_help="Check the dashboards of Grafana, and publish them.")
def command() -> None:
    """Check the dashboards of Grafana, and publish them; they are made from the catalogue of the settings.

    \b
    Example:
      wanbiao dashboards check
      wanbiao dashboards publish
    """


@command.command("check")
@click.option("--at", type=Moment(), default="now", help="End of the time that they show; default: now.")
@click.option("--strict", is_flag=True, help="Also lists of warnings, and replays, must have rows.")
@click.option("--offline", is_flag=True, help="Ask InfluxDB nothing: panels, links and variables only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_settings
def check(settings: Settings, at: int, strict: bool, offline: bool, as_json: bool) -> None:
    """Check panels, links and variables, and run every query against InfluxDB as Grafana would. Exit code 1 if anything is wrong.

    A query must be taken and have rows; lists of warnings may be empty.

    \b
    Example:
      WANBIAO_INFLUX_TOKEN_FILE=token wanbiao dashboards check
      wanbiao dashboards check --offline --json
    """
    from dashboards.grafana.check import structure

    boards = _boards(settings)
    found, asked = structure(boards), 0
    if not offline:
        now_ms = at // 1_000_000 or round(time.time() * 1000.0)
        more, asked = _ask_all(settings, boards, now_ms, strict)
        found += more
    if as_json:
        findings = [{"board": one.board, "place": one.place, "reason": one.reason} for one in found]
        click.echo(json.dumps({"dashboards": len(boards), "queries": asked, "findings": findings}, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(finding)
        click.echo(f"{len(boards)} dashboards, {asked} queries: {len(found) or 'nothing'} wrong")
    if found:
        raise click.exceptions.Exit(1)


def _boards(settings: Settings) -> dict[str, Json]:
    from dashboards.grafana.build import build

    return build(settings.load_fleet(), settings.timezone)


def _ask_all(settings: Settings, boards: dict[str, Json], now_ms: int, strict: bool) -> tuple[list[Finding], int]:
    """What is wrong with the queries, and how many there are. ConnectorError if InfluxDB is away."""
    from connectors import influx
    from dashboards.grafana.check import run

    influx.check(settings.influx_url, token=settings.influx_token, org=settings.influx_org)

    def ask(query: str) -> list[dict[str, Any]]:
        return influx.query(
            settings.influx_url, token=settings.influx_token, database=settings.influx_bucket, influxql=query
        )

    answers = list(run(boards, ask, now_ms=now_ms, strict=strict))
    return [finding for _, finding in answers if finding is not None], len(answers)


@command.command("publish")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_settings
def publish(settings: Settings, as_json: bool) -> None:
    """Write the dashboards to Grafana, into the folder 腕表 Wanbiao; what has the same uid is written over.

    It needs a datasource of the uid wanbiao-influx: dashboards/grafana/provisioning/datasources. A Grafana that is provisioned
    with dashboards/grafana/boards needs no publishing.

    \b
    Example:
      WANBIAO_GRAFANA_TOKEN_FILE=token wanbiao dashboards publish
    """
    from connectors.grafana import Grafana
    from dashboards.grafana.build import FOLDER, FOLDER_UID

    if not settings.grafana_token:
        raise ConfigError(
            "environment: WANBIAO_GRAFANA_TOKEN: missing; expected the token of a service account of role Editor"
        )
    boards = _boards(settings)
    grafana = Grafana(settings.grafana_url, token=settings.grafana_token)
    grafana.check()
    published = {uid: grafana.publish(board, folder=FOLDER, folder_uid=FOLDER_UID) for uid, board in boards.items()}
    if as_json:
        click.echo(json.dumps(published))
        return
    for uid, url in published.items():
        click.echo(f"{uid}: {url}")
