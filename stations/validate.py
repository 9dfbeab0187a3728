"""What must hold within one block: names that exist, limits in order, models that do not explain themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from typing import Final, TypeAlias

from stations.plant import Block, Bound, Covariate, Mode, Regime, Signature, Tag
from stations.schema import Problem, nearest, show
from stations.units import UOM

Where: TypeAlias = Callable[[str, str, str], str]
"""(section, name, key) -> the file that wrote the value."""

NAMES_MAX: Final = 12
"""More valid names than this are not listed in a message; the nearest one is."""


def validate(block: Block, where: Where) -> list[Problem]:
    """All problems of one block; ``where`` names the file to blame for, say, ``("tags", "MKD10CT101", "uom")``."""
    checker = _Checker(block, where)
    return [
        *checker.units(),
        *(problem for tag in block.tags for problem in checker.tag(tag)),
        *checker.components(),
        *(problem for covariate in block.covariates for problem in checker.covariate(covariate)),
        *checker.models(),
        *(checker.mode(block.mode, "mode", "") if block.mode else ()),
        *(
            problem
            for component in block.components
            if component.mode
            for problem in checker.mode(component.mode, "running", component.code)
        ),
        *(problem for signature in block.signatures for problem in checker.signature(signature)),
        *(problem for regime in block.regimes for problem in checker.regime(regime)),
    ]


class _Checker:
    def __init__(self, block: Block, where: Where) -> None:
        self.block, self.where = block, where
        self.tags = {tag.code: tag for tag in block.tags}
        self.covariates = {covariate.code: covariate for covariate in block.covariates}
        self.parts = {component.code for component in block.components if component.mode}

    def problem(self, section: str, name: str, key: str, value: str, expected: str, near: str | None = None) -> Problem:
        path = ".".join(part for part in ("block", self.block.code, section, name, key) if part)
        return Problem(self.where(section, name, key), path, value, expected, near)

    def unknown(self, section: str, name: str, key: str, value: str, kind: str, names: Collection[str]) -> Problem:
        expected = f"one of {', '.join(sorted(names))}" if 0 < len(names) <= NAMES_MAX else f"a {kind} that exists"
        return self.problem(section, name, key, show(value), expected, nearest(value, names))

    def units(self) -> Iterator[Problem]:
        units = self.block.units
        for unit in sorted({unit for unit in units if units.count(unit) > 1}):
            yield self.problem("units", "", "", f"{show(unit)} twice", "each unit once")
        if not self.block.tags:
            yield self.problem("tags", "", "", "none", "at least one tag")

    def tag(self, tag: Tag) -> Iterator[Problem]:
        if tag.uom not in UOM:
            yield self.unknown("tags", tag.code, "uom", tag.uom, "unit of measure", UOM)
        components = {component.code for component in self.block.components}
        if tag.component not in components:
            yield self.unknown("tags", tag.code, "component", tag.component, "component", components)
        models = {model.code for model in self.block.models}
        if tag.model is not None and tag.model not in models:
            yield self.unknown("tags", tag.code, "model", tag.model, "model", models)
        for key, number in (("period_s", tag.period_s), ("resolution", tag.resolution)):
            if number <= 0:
                yield self.problem("tags", tag.code, key, show(number), "a number above 0")
        if tag.at_rest and tag.component not in self.parts:
            expected = "a tag of a component with a mode of its own"
            yield self.problem("tags", tag.code, "at_rest", f"true for {tag.component}", expected)
        yield from self.limits(tag)

    def limits(self, tag: Tag) -> Iterator[Problem]:
        """low < trip_low < alarm_low < alarm_high < trip_high < high, over those that are present."""
        if not tag.low < tag.high:
            value = f"[{tag.low:.10g}, {tag.high:.10g}]"
            yield self.problem("tags", tag.code, "range", value, "[low, high] with low < high")
            return
        limits = tag.limits
        chain = [
            ("low", tag.low),
            ("trip_low", limits.trip_low),
            ("alarm_low", limits.alarm_low),
            ("alarm_high", limits.alarm_high),
            ("trip_high", limits.trip_high),
            ("high", tag.high),
        ]
        present = [(name, value) for name, value in chain if value is not None]
        for (below, a), (above, b) in pairwise(present):
            if a < b:
                continue
            if below == "low":
                name, value = above, f"{b:.10g} is not above low {a:.10g}"
            else:
                name, value = below, f"{a:.10g} is not below {above} {b:.10g}"
            yield self.problem("tags", tag.code, f"limits.{name}", value, f"{below} < {above}")

    def components(self) -> Iterator[Problem]:
        used = {tag.component for tag in self.block.tags}
        for component in self.block.components:
            if component.code not in used:
                yield self.problem(
                    "components", component.code, "", "has no tag", "at least one tag with this component"
                )

    def covariate(self, covariate: Covariate) -> Iterator[Problem]:
        section, code = "covariates", covariate.code
        tag = self.tags.get(covariate.tag)
        for source in (covariate.tag, *covariate.others):
            if source not in self.tags:
                yield self.unknown(section, code, "tag", source, "tag", self.tags)
            elif tag is not None and (tag.low, tag.high) != (self.tags[source].low, self.tags[source].high):
                yield self.problem(section, code, "tag", f"{tag.code} and {source}", "tags of one range")
        if covariate.times is not None and covariate.times not in self.tags:
            yield self.unknown(section, code, "times", covariate.times, "tag", self.tags)
        if covariate.moves_with is not None and covariate.moves_with not in self.tags:
            yield self.unknown(section, code, "moves_with", covariate.moves_with, "tag", self.tags)
        if covariate.lag_s < 0:
            yield self.problem(section, code, "lag_s", show(covariate.lag_s), "0 s or more")
        if covariate.power <= 0:
            yield self.problem(section, code, "power", show(covariate.power), "a number above 0")
        if covariate.above is not None:
            if covariate.power != 1:
                yield self.problem(section, code, "power", show(covariate.power), "no power next to above")
            fixed = covariate.moves_with is None
            if fixed and tag is not None and not tag.low <= covariate.above < tag.high:
                yield self.problem(section, code, "above", show(covariate.above), f"a value in the range of {tag.code}")
        elif covariate.moves_with is not None:
            yield self.problem(section, code, "above", "missing", "the hinge that moves")
        if covariate.log and (covariate.power != 1 or covariate.above is not None):
            yield self.problem(section, code, "log", "true", "neither power nor above next to log")
        if covariate.log and tag is not None and tag.high <= 0:
            yield self.problem(section, code, "log", "true", f"a range of {tag.code} that ends above 0")
        if (covariate.moves_with is None) != (covariate.slope == 0):
            yield self.problem(section, code, "slope", show(covariate.slope), "a slope other than 0 next to moves_with")
        if not any(code in model.covariates for model in self.block.models):
            yield self.problem(section, code, "", "is used by no model", "a model that names it")

    def models(self) -> Iterator[Problem]:
        for model in self.block.models:
            section, code = "models", model.code
            explained = {tag.code for tag in self.block.tags if tag.model == code}
            if not explained:
                yield self.problem(section, code, "", "explains no tag", "at least one tag with this model")
            for i, name in enumerate(model.covariates):
                key = f"covariates[{i}]"
                covariate = self.covariates.get(name)
                if covariate is None:
                    yield self.unknown(section, code, key, name, "covariate", self.covariates)
                elif not covariate.others and (own := explained.intersection(covariate.tags)):
                    value = f"{show(name)} is made from {min(own)}, which this model explains"
                    yield self.problem(section, code, key, value, "a covariate from outside the model")
                if name in model.covariates[:i]:
                    yield self.problem(section, code, key, f"{show(name)} twice", "each covariate once")

    def regime(self, regime: Regime) -> Iterator[Problem]:
        yield from self.bounds(regime.bounds, "regimes", regime.code)
        if not regime.bounds:
            yield self.problem("regimes", regime.code, "when", "is empty", "bounds of at least one tag")

    def bounds(self, bounds: Iterable[Bound], section: str, name: str) -> Iterator[Problem]:
        for bound in bounds:
            if bound.tag not in self.tags:
                yield self.unknown(section, name, "when", bound.tag, "tag", self.tags)
            if not bound.low < bound.high:
                value = f"from {show(bound.low)} to {show(bound.high)}"
                yield self.problem(section, name, f"when.{bound.tag}", value, "above less than below")

    def signature(self, signature: Signature) -> Iterator[Problem]:
        section, mode = "signatures", signature.mode
        judged = {code for code, tag in self.tags.items() if tag.model is not None}
        for code, weight in signature.tags:
            if code not in self.tags:
                yield self.unknown(section, mode, "tags", code, "tag", judged)
            elif code not in judged:
                yield self.problem(section, mode, f"tags.{code}", "has no model", "a judged tag", nearest(code, judged))
            if not 0 < abs(weight) <= 1:
                yield self.problem(section, mode, f"tags.{code}", show(weight), "a weight in -1 .. 1, not 0")
        if not signature.tags:
            yield self.problem(section, mode, "tags", "none", "at least one tag")

    def mode(self, mode: Mode, section: str, name: str) -> Iterator[Problem]:
        tag = self.tags.get(mode.tag)
        if tag is None:
            yield self.unknown(section, name, "tag", mode.tag, "tag", self.tags)
        elif not tag.low <= mode.running_above < tag.high:
            value, expected = show(mode.running_above), f"a value in the range of {tag.code}"
            yield self.problem(section, name, "running_above", value, expected)
        if mode.settle_s < 0:
            yield self.problem(section, name, "settle_s", show(mode.settle_s), "0 s or more")
        if mode.bounds and section == "mode":
            yield self.problem(section, name, "when", "given for the whole unit", "bounds in [running] only")
        yield from self.bounds(mode.bounds, section, name)
