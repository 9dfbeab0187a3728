"""A station of the catalogue on a terminal: ``wanbiao catalogue show YXK``. Made for 120 columns."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stations.describe import covariate_text
from stations.plant import Block, Component, Station, Tag

COLUMNS: Final = {
    "tag": 10,
    "name (zh, en)": 34,
    "range": 17,
    "unit": 5,
    "alarm": 8,
    "trip": 8,
    "model": 11,
    "group": 12,
    "every": 6,
}
"""Column widths: 119 characters with a gap after each, for a terminal of 120."""


def render(station: Station, console: Console) -> None:
    """Print a station: a header, its tags, and what explains them.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> console = Console(width=120, file=__import__("io").StringIO())
    >>> render(load_fleet().stations["YXK"], console)
    >>> console.file.getvalue().splitlines()[0]
    'YXK  云溪口水电站  Yunxikou hydro · hydro_francis · 4 x 150 MW'
    """
    console.print(_header(station))
    for block in station.blocks:
        console.print(_facts(block))
        for i, component in enumerate(block.components):
            console.print(_tag_table(block, component, heading=i == 0))
        console.print(_model_table(block))


def _header(station: Station) -> Text:
    text = Text()
    text.append(f"{station.code}  {station.name.zh}  {station.name.en}", style="bold")
    text.append(f" · {station.technology} · {sum(len(block.units) for block in station.blocks)}")
    if "rated_mw" in station.parameters:
        text.append(f" x {station.parameters['rated_mw']:g} MW")
    return text


def _facts(block: Block) -> Text:
    shared = sum(tag.shared for tag in block.tags)
    points = len(block.units) * (len(block.tags) - shared) + shared
    text = (
        f"block {block.code}: units {_span(block.units)}, {len(block.tags)} tags ({shared} shared), {points} points, "
    )
    text += f"every {block.period_s:g} s, revision {block.revision}"
    if (mode := block.mode) is not None:
        text += f"\nruns when {mode.tag} ≥ {mode.running_above:g}, judged {mode.settle_s / 60:g} min later"
    return Text(text, style="dim")


def _span(units: tuple[str, ...]) -> str:
    return ", ".join(units) if len(units) <= 4 else f"{units[0]} … {units[-1]}"


def _tag_table(block: Block, component: Component, *, heading: bool) -> Table:
    """One row a tag of one component; a tag without a model is a driver: it explains others and is not judged."""
    title = Text(f"{component.code} · {component.name.zh} · {component.name.en}", style="bold")
    table = Table(
        title=title, title_justify="left", show_header=heading, box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name, width in COLUMNS.items():
        table.add_column(name, width=width, overflow="fold", justify="right" if name == "every" else "left")
    for tag in block.tags:
        if tag.component == component.code:
            table.add_row(*_cells(tag))
    return table


def _cells(tag: Tag) -> tuple[str | Text, ...]:
    return (
        Text(tag.code).append("\nshared" if tag.shared else "", style="dim"),
        Text(f"{tag.name.zh}\n").append(tag.name.en, style="dim"),
        f"{tag.low:g} … {tag.high:g}",
        tag.uom,
        _bounds(tag.limits.alarm_low, tag.limits.alarm_high),
        _bounds(tag.limits.trip_low, tag.limits.trip_high),
        tag.model or "driver",
        tag.group or "",
        f"{tag.period_s:g} s",
    )


def _bounds(low: float | None, high: float | None) -> str:
    """Two limits in one cell: ``≤ 5.5`` above ``≥ 6.6``."""
    return "\n".join(f"{sign} {value:g}" for sign, value in (("≤", low), ("≥", high)) if value is not None)


def _model_table(block: Block) -> Table:
    """What explains the tags of each model."""
    covariates = {covariate.code: covariate for covariate in block.covariates}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("model", no_wrap=True)
    table.add_column("explained by (source tag, power, hinge, lag)")
    for model in block.models:
        table.add_row(model.code, ", ".join(covariate_text(covariates[name]) for name in model.covariates))
    return table
