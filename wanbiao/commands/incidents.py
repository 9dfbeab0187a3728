"""``wanbiao incidents``: the library of incidents that can be replayed."""

from __future__ import annotations

import json
from typing import Any

import click

from stations.plant import Text
from wanbiao.cli import pass_settings
from wanbiao.settings import Settings


@click.command(short_help="List the incidents that can be replayed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of the table.")
@click.option(
    "--language", type=click.Choice(["zh", "en", "both"]), help="Language of the table; default: WANBIAO_LANGUAGE."
)
@pass_settings
def command(settings: Settings, /, as_json: bool, language: str | None) -> None:
    """List the library: what happened, where it is played, how long, and what an early-warning system must say of it.

    \b
    Example:
      wanbiao incidents
      wanbiao incidents --json
    """
    from replay.library import shipped
    from wanbiao.incident_play import load_incident

    fleet = settings.load_fleet()
    found = [_plain(load_incident(path, fleet)) for path in shipped()]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found, language or settings.language)


def _plain(incident: Any) -> dict[str, Any]:
    from replay.clocks import time_text

    scenario = incident.scenario
    return {
        "name": incident.name,
        "title_zh": scenario.name.zh,
        "title_en": scenario.name.en,
        "stations": [station.code for station in incident.stations],
        "start": time_text(scenario.start_ns),
        "days": scenario.days,
        "period_s": scenario.period_s,
        "learn_days": scenario.learn_days,
        "event": None if incident.event_ns is None else time_text(incident.event_ns),
        "events": [
            {"kind": one.kind, "station": one.station, "unit": one.unit, "day": one.day} for one in scenario.events
        ],
        "expectations": len(scenario.expect),
        "facts_zh": scenario.facts.zh if scenario.facts else "",
        "facts_en": scenario.facts.en if scenario.facts else "",
        "sources": list(scenario.sources),
    }


def _show(found: list[dict[str, Any]], language: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from wanbiao.display import FILE_WIDTH, console, duration, worded

    out = console("stdout")
    if not out.is_terminal:
        out.width = max(out.width, FILE_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in (Text("名称", "name"), Text("电站", "stations"), Text("时长", "length"), Text("内容", "what")):
        table.add_column(worded(heading, language), overflow="fold")
    for one in found:
        stations = ", ".join(one["stations"]) if len(one["stations"]) < 5 else str(len(one["stations"]))
        what = worded(Text(one["title_zh"], one["title_en"]), language)
        table.add_row(one["name"], stations, duration(one["days"] * 86_400.0), what)
    out.print(table)
