"""A pump: one driver, two judged tags, one scan a minute."""

from __future__ import annotations

from stations.plant import Block, Component, Covariate, Limits, Model, Station, Tag, Text

START_NS = 1_293_840_000_000_000_000  # 2011-01-01
MINUTE_NS = 60_000_000_000


def pump(units: tuple[str, ...] = ("1",)) -> Station:
    """The station, with some units."""
    block = Block(
        station="PMP",
        code="units",
        technology="pump",
        period_s=60.0,
        units=units,
        tags=(_tag("LOAD", None), _tag("TEMP", "bearing"), _tag("VIB", "bearing")),
        components=(Component("bearing", Text("轴承", "bearing")),),
        covariates=(Covariate("load", "LOAD"),),
        models=(Model("bearing", ("load",)),),
        mode=None,
    )
    return Station("PMP", Text("泵站", "pump"), "pump", {}, (block,))


def _tag(code: str, model: str | None) -> Tag:
    return Tag(
        code=code,
        name=Text(code, code),
        uom="degC",
        low=-1000.0,
        high=1000.0,
        component="bearing",
        model=model,
        limits=Limits(),
        group=None,
        shared=False,
        period_s=60.0,
        resolution=0.01,
    )
