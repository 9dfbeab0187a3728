"""One station laid over its template: scaled by its ratings, with its own limits where it gives them, then checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from stations.faults import kinds
from stations.patterns import PatternError, expand
from stations.plant import (
    Block,
    Bound,
    Component,
    Covariate,
    Limits,
    Mode,
    Model,
    Regime,
    Signature,
    Station,
    Tag,
    Text,
)
from stations.schema import Problem, nearest, show
from stations.template import BoundSpec, ModeSpec, RegimeSpec, Template, TemplateSpec
from stations.validate import validate

BLOCK: Final = "units"
"""The one block of a station: its units."""
UNITS_MAX: Final = 2000
"""Units of one station; more is a typing error, and would be a block that no worker can hold."""

_CODE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class OverrideSpec:
    """``[tags.CODE]`` of a station file: what differs from the template here [uom of the tag, not scaled]."""

    range: tuple[float, float] | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A station file. ``units``: how many (named 1, 2, ...) or their names; ``template``: its name or all of it."""

    code: str
    name: Text
    template: str | TemplateSpec
    units: int | tuple[str, ...]
    order: int = 1000
    period_s: float | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    tags: dict[str, OverrideSpec] = field(default_factory=dict)


def build(spec: StationSpec, template: Template, file: str, problems: list[Problem]) -> Station:
    """The station of ``spec``, written in ``file``; it is only to be used if nothing was added to ``problems``."""
    return _Builder(spec, template, file, problems).station()


@dataclass(frozen=True, slots=True)
class _Builder:
    """Lays one station over its template: scales, overrides, checks."""

    spec: StationSpec
    template: Template
    file: str
    problems: list[Problem]

    def station(self) -> Station:
        spec, template = self.spec, self.template
        self.check_station()
        self.check_running()
        self.check_failures()
        period_s = self.period_s()
        block = Block(
            station=spec.code,
            code=BLOCK,
            technology=template.technology or "",
            period_s=period_s,
            units=self.units(),
            tags=tuple(self.tag(code, period_s) for code in template.tags),
            components=tuple(
                Component(code, name, self.mode(template.running.get(code), "running", code))
                for code, name in template.components.items()
            ),
            covariates=tuple(self.covariate(code) for code in template.covariates),
            models=tuple(Model(code, model.covariates) for code, model in template.models.items()),
            mode=self.mode(template.mode, "mode", ""),
            signatures=tuple(self.signatures()),
            regimes=tuple(self.regime(code, spec) for code, spec in template.regimes.items()),
        )
        self.problems.extend(validate(block, self.where))
        return Station(spec.code, spec.name, block.technology, dict(spec.parameters), (block,))

    def where(self, section: str, name: str, key: str) -> str:
        """The file to blame: the station's own if it overrides the value, else the template that wrote it."""
        if section == "tags" and name in self.spec.tags and key.startswith(("limits", "range")):
            return self.file
        return self.template.files.get((section, name), self.file)

    def check_station(self) -> None:
        if not _CODE.fullmatch(self.spec.code):
            self.problem("code", show(self.spec.code), "letters, digits, - and _")
        if not self.template.technology:
            self.problem("template.technology", "missing", "text")
        for code in self.spec.tags:
            if code not in self.template.tags:
                near = nearest(code, self.template.tags)
                self.problem(f"tags.{code}", "unknown tag", "a tag of the template", near)

    def check_running(self) -> None:
        for code in self.template.running:
            if code not in self.template.components:
                near = nearest(code, self.template.components)
                file, key = self.where("running", code, ""), f"block.{BLOCK}.running.{code}"
                self.problems.append(Problem(file, key, "unknown component", "a component of the template", near))

    def check_failures(self) -> None:
        for code in self.template.failures:
            if code not in self.template.signatures:
                near = nearest(code, self.template.signatures)
                file, key = self.where("failures", code, ""), f"block.{BLOCK}.failures.{code}"
                self.problems.append(Problem(file, key, "has no signature", "a signature with this mode", near))

    def regime(self, code: str, spec: RegimeSpec) -> Regime:
        """A regime with the bounds of its tags, scaled."""
        return Regime(code, spec.name, tuple(self.bounds(spec.when, "regimes", code)))

    def bounds(self, when: Mapping[str, BoundSpec], section: str, name: str) -> Iterator[Bound]:
        """The bounds of one entry, scaled."""
        for tag, one in when.items():
            factor = self.factor(one.scale, section, name)
            low = -math.inf if one.above is None else _scaled(one.above, factor)
            high = math.inf if one.below is None else _scaled(one.below, factor)
            yield Bound(tag, low, high)

    def signatures(self) -> Iterator[Signature]:
        """Every signature with its mode in words: those of the template, else those of the known failure modes."""
        words = {code: (kind.name, kind.check) for code, kind in kinds().items() if kind.is_failure and kind.check}
        words |= {code: (one.name, one.check) for code, one in self.template.failures.items()}
        slow = {code for code, kind in kinds().items() if not kind.is_sudden} - self.template.failures.keys()
        for mode, places in self.template.signatures.items():
            if mode not in words:
                file, key = self.where("signatures", mode, ""), f"block.{BLOCK}.signatures.{mode}"
                expected = "a failure mode of catalogue/events, or a line in [failures]"
                self.problems.append(Problem(file, key, "unknown mode", expected, nearest(mode, words)))
                continue
            name, check = words[mode]
            for one in places:
                yield Signature(mode, name, check, one.place or "", tuple(one.tags.items()), mode not in slow)

    def units(self) -> tuple[str, ...]:
        """Names of the units; of a number of units that is out of bounds, the first few."""
        units = self.spec.units
        count = units if isinstance(units, int) else len(units)
        if not 1 <= count <= UNITS_MAX:
            self.problem("units", f"{count} units", f"1 to {UNITS_MAX} units")
        if isinstance(units, int):
            return tuple(str(i) for i in range(1, min(units, UNITS_MAX) + 1))
        for i, name in enumerate(units):
            if not _CODE.fullmatch(name):
                self.problem(f"units[{i}]", show(name), "letters, digits, - and _")
        return units

    def problem(self, key: str, value: str, expected: str, near: str | None = None) -> None:
        self.problems.append(Problem(self.file, key, value, expected, near))

    def period_s(self) -> float:
        period_s = self.template.period_s if self.spec.period_s is None else self.spec.period_s
        if period_s is None or period_s <= 0:
            value = "missing" if period_s is None else show(period_s)
            self.problem("period_s", value, "a number above 0 [s], here or in the template")
            return 1.0
        return period_s

    def factor(self, scale: str | None, section: str, name: str) -> float:
        """The parameter that an entry scales by; 1 if it scales by none."""
        if scale is None:
            return 1.0
        value = self.spec.parameters.get(scale)
        if value is not None and value > 0:
            return value
        if value is None:
            file = self.where(section, name, "scale")
            key = ".".join(part for part in ("block", BLOCK, section, name, "scale") if part)
            expected = f"a parameter of {self.file}: {', '.join(self.spec.parameters) or 'it has none'}"
            self.problems.append(Problem(file, key, show(scale), expected, nearest(scale, self.spec.parameters)))
        else:
            self.problem(f"parameters.{scale}", show(value), "a number above 0")
        return 1.0

    def tag(self, code: str, period_s: float) -> Tag:
        spec = self.template.tags[code]
        factor = self.factor(spec.scale, "tags", code)
        override = self.spec.tags.get(code, OverrideSpec())
        low, high = override.range or (_scaled(spec.range[0], factor), _scaled(spec.range[1], factor))
        return Tag(
            code=code,
            name=spec.name,
            uom=spec.uom,
            low=low,
            high=high,
            component=spec.component,
            model=spec.model,
            limits=_limits(spec.limits, factor, override.limits),
            group=spec.group,
            shared=spec.shared,
            period_s=period_s if spec.period_s is None else spec.period_s,
            resolution=_scaled(spec.resolution, factor),
            log=spec.log,
            at_rest=spec.at_rest,
        )

    def covariate(self, code: str) -> Covariate:
        spec = self.template.covariates[code]
        factor = self.factor(spec.scale, "covariates", code)
        above = None if spec.above is None else _scaled(spec.above, factor)
        tag, *others = self.sources(code, spec.tag)
        return Covariate(
            code,
            tag,
            tuple(others),
            lag_s=spec.lag_s,
            power=spec.power,
            above=above,
            moves_with=spec.moves_with,
            slope=_scaled(spec.slope, factor / self.factor(spec.slope_scale, "covariates", code)),
            times=spec.times,
            log=spec.log,
        )

    def sources(self, code: str, pattern: str) -> list[str]:
        try:
            return [tag for tag, _ in expand(pattern)]
        except PatternError as error:
            key = f"block.{BLOCK}.covariates.{code}.tag"
            file = self.where("covariates", code, "tag")
            self.problems.append(Problem(file, key, show(pattern), f"a pattern that can be expanded: {error}"))
            return [pattern]

    def mode(self, spec: ModeSpec | None, section: str, name: str) -> Mode | None:
        if spec is None:
            return None
        above = _scaled(spec.running_above, self.factor(spec.scale, section, name))
        return Mode(spec.tag, above, spec.settle_s, tuple(self.bounds(spec.when, section, name)))


def _scaled(value: float, factor: float) -> float:
    """The product at ten digits, so that 0.1 of 150 reads 15 and not 15.000000000000002."""
    return float(f"{value * factor:.10g}")


def _limits(given: Limits, factor: float, override: Limits) -> Limits:
    """The template's limits, scaled; each one that the station gives replaces it."""
    values: dict[str, float | None] = {}
    for name in ("alarm_low", "alarm_high", "trip_low", "trip_high"):
        value = getattr(given, name)
        own = getattr(override, name)
        values[name] = own if own is not None else None if value is None else _scaled(value, factor)
    return replace(given, **values)
