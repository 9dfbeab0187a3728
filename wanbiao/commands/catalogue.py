"""``wanbiao catalogue``: what the stations are: check it, list it, show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanbiao.cli import pass_settings
from wanbiao.errors import ConfigError
from wanbiao.parameters import find_station
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from stations.faults import Kind
    from stations.plant import Fleet


@click.group(short_help="Check and show what the stations are.")
def command() -> None:
    """Check and show what the stations are (setting: WANBIAO_CATALOGUE).

    \b
    Example:
      wanbiao catalogue check my_station.toml
      wanbiao catalogue show YXK
    """


@command.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check station files, template files or folders of them; by default the shipped catalogue.

    One line for each problem: file, key, value, what was expected, nearest name.

    \b
    Example:
      wanbiao catalogue check
      wanbiao catalogue check my_station.toml
    """
    from dataclasses import asdict

    from stations.catalogue import check_files
    from stations.template import SHIPPED

    paths = list(files) or [SHIPPED, SHIPPED / "recordings"]
    problems = check_files(paths)
    counts = {} if problems else _counts(paths if files else [SHIPPED])
    if as_json:
        click.echo(json.dumps({**counts, "problems": [asdict(problem) for problem in problems]}, ensure_ascii=False))
    else:
        click.echo("\n".join(map(str, problems)) or f"{_sentence(counts)}: no problems")
    if problems:
        raise click.exceptions.Exit(ConfigError.exit_code)


def _counts(paths: list[Path]) -> dict[str, int]:
    """Stations, units and tags of files and folders without problems; or templates, if there is nothing else."""
    from stations.catalogue import load_station
    from stations.plant import Fleet

    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    stations = [load_station(file) for file in files if file.parent.name != "templates"]
    if not stations:
        return {"templates": len(files)}
    fleet = Fleet({station.code: station for station in stations})
    return {"stations": len(stations), "units": fleet.n_units, "tags": fleet.n_tags}


def _sentence(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {word if n != 1 else word.removesuffix('s')}" for word, n in counts.items())


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@pass_settings
def list_(settings: Settings, /, as_json: bool) -> None:
    """List the stations: code, name, technology, units, tags.

    \b
    Example:
      wanbiao catalogue list
    """
    fleet = settings.load_fleet()
    if as_json:
        click.echo(json.dumps(_rows(fleet), ensure_ascii=False))
        return
    from rich.table import Table

    from wanbiao.display import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("code", "name_zh", "name_en", "technology", "units", "tags"):
        table.add_column(name.replace("_", " "), justify="right" if name in ("units", "tags") else "left")
    for row in _rows(fleet):
        table.add_row(*map(str, row.values()))
    console("stdout").print(table)


def _rows(fleet: Fleet) -> list[dict[str, str | int]]:
    from stations.plant import Fleet

    rows: list[dict[str, str | int]] = []
    for code, station in fleet.stations.items():
        one = Fleet({code: station})
        row = {"code": code, "name_zh": station.name.zh, "name_en": station.name.en, "technology": station.technology}
        rows.append({**row, "units": one.n_units, "tags": one.n_tags})
    return rows


@command.command("show")
@click.argument("station")
@click.option("--json", "as_json", is_flag=True, help="Print the station as one JSON object.")
@pass_settings
def show(settings: Settings, /, station: str, as_json: bool) -> None:
    """Show one station: its tags with ranges and limits, and what explains them. Made for 120 columns.

    \b
    Example:
      wanbiao catalogue show YXK
    """
    found = find_station(settings.load_fleet(), station)
    if as_json:
        from stations.catalogue import to_dict

        click.echo(json.dumps(to_dict(found), ensure_ascii=False))
        return
    from wanbiao.catalogue_view import render
    from wanbiao.display import console

    render(found, console("stdout"))


@command.command("events")
@click.argument("station", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@pass_settings
def events(settings: Settings, /, station: str | None, as_json: bool) -> None:
    """List what can be made to happen: failure modes, benign events, sensor faults; all, or those of one STATION.

    \b
    Example:
      wanbiao catalogue events
      wanbiao catalogue events YXK
    """
    from stations.faults import kinds

    fleet = settings.load_fleet()
    technology = find_station(fleet, station).technology if station else ""
    found = {
        code: kind
        for code, kind in kinds().items()
        if not (technology and kind.technologies) or technology in kind.technologies
    }
    if as_json:
        click.echo(json.dumps([_event_row(code, kind) for code, kind in found.items()], ensure_ascii=False))
        return
    from rich.table import Table

    from wanbiao.display import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("code", "name", "", "pace", "days", "where"):
        table.add_column(name, no_wrap=name in ("code", "days"))
    for code, kind in found.items():
        where = [one.code for one in fleet.stations.values() if one.technology in kind.technologies]
        days = f"{kind.days[0]:g} to {kind.days[1]:g}"
        table.add_row(code, kind.name.zh, kind.name.en, kind.pace, days, " ".join(where) or "all")
    console("stdout").print(table)


def _event_row(code: str, kind: Kind) -> dict[str, object]:
    return {
        "code": code,
        "name_zh": kind.name.zh,
        "name_en": kind.name.en,
        "pace": kind.pace,
        "days": kind.days,
        "technologies": kind.technologies,
        "tags": kind.tags,
        "check_zh": kind.check and kind.check.zh,
        "check_en": kind.check and kind.check.en,
    }
