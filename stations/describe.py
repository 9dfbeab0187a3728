"""A station in rows and in JSON, for ``wanbiao catalogue show`` and for other programs that want the catalogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from stations.plant import Block, Covariate, Limits, Station, Tag


@dataclass(frozen=True, slots=True)
class TagRow:
    """One tag in words, ready for a table."""

    code: str
    zh: str
    en: str
    uom: str
    range: str
    limits: str
    component: str
    model: str
    covariates: str
    group: str
    period: str
    shared: bool


def describe(station: Station) -> list[TagRow]:
    """One row per tag of every block, in the order of the catalogue.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> row = next(row for row in describe(load_fleet().stations["YXK"]) if row.code == "MKD10CT101")
    >>> row.zh, row.range, row.limits, row.model
    ('推力轴承瓦温1', '-20 … 150', 'alarm ≥ 70, trip ≥ 75', 'bearings')
    """
    return [_row(block, tag) for block in station.blocks for tag in block.tags]


def to_dict(station: Station) -> dict[str, Any]:
    """The whole station as JSON-able data; each block also tells its revision and number of points.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> to_dict(load_fleet().stations["YXK"])["blocks"][0]["units"]
    ['1', '2', '3', '4']
    """
    blocks = []
    for block in station.blocks:
        data: dict[str, Any] = asdict(block)
        blocks.append(_listed(data) | {"revision": block.revision, "shape": list(block.shape)})
    return {
        "code": station.code,
        "name": asdict(station.name),
        "technology": station.technology,
        "parameters": dict(station.parameters),
        "blocks": blocks,
    }


def covariate_text(covariate: Covariate) -> str:
    """A covariate in a few characters: source tag, then power, hinge, second tag and lag where there are any.

    Examples
    --------
    >>> covariate_text(Covariate("load_2", "MKA10CE101", lag_s=1500, power=2))
    'MKA10CE101^2 lag 25 min'
    >>> covariate_text(Covariate("over", "MKA10CE101", above=45))
    'MKA10CE101 > 45'
    >>> covariate_text(Covariate("heat", "INV10CE102", times="MET10CT102"))
    'INV10CE102 x MET10CT102'
    >>> covariate_text(Covariate("exhaust", "MBR10CT101", others=("MBR10CT102", "MBR10CT103")))
    'mean MBR10CT101 … MBR10CT103'
    >>> covariate_text(Covariate("rope", "MKA10CE101", above=-34, moves_with="MEA10CP101", slope=1.07))
    'MKA10CE101 > -34 + 1.07 MEA10CP101'
    """
    text = f"mean {covariate.tag} … {covariate.others[-1]}" if covariate.others else covariate.tag
    text = f"ln {text}" if covariate.log else text
    if covariate.power != 1:
        text += f"^{covariate.power:g}"
    if covariate.above is not None:
        text += f" > {covariate.above:g}"
    if covariate.times is not None:
        text += f" x {covariate.times}"
    if covariate.moves_with is not None:
        text += f" + {covariate.slope:g} {covariate.moves_with}"
    if covariate.lag_s:
        text += f" lag {covariate.lag_s / 60:g} min"
    return text


def limits_text(limits: Limits) -> str:
    """Limits in words, the inner ones first.

    Examples
    --------
    >>> limits_text(Limits(alarm_low=5.5, trip_low=5.0))
    'alarm ≤ 5.5, trip ≤ 5'
    """
    parts = (
        ("alarm ≤", limits.alarm_low),
        ("trip ≤", limits.trip_low),
        ("alarm ≥", limits.alarm_high),
        ("trip ≥", limits.trip_high),
    )
    return ", ".join(f"{word} {value:g}" for word, value in parts if value is not None)


def _row(block: Block, tag: Tag) -> TagRow:
    names = next((model.covariates for model in block.models if model.code == tag.model), ())
    covariates = {covariate.code: covariate for covariate in block.covariates}
    return TagRow(
        code=tag.code,
        zh=tag.name.zh,
        en=tag.name.en,
        uom=tag.uom,
        range=f"{tag.low:g} … {tag.high:g}",
        limits=limits_text(tag.limits),
        component=tag.component,
        model=tag.model or "",
        covariates=", ".join(covariate_text(covariates[name]) for name in names),
        group=tag.group or "",
        period=f"{tag.period_s:g} s",
        shared=tag.shared,
    )


def _listed(value: Any) -> Any:
    """Tuples as lists, all the way down: what ``json`` would make of them anyway."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    return value
