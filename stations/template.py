"""The TOML schema of the catalogue, and how a template is found, expanded and laid over the one it extends.

``catalogue/README.md`` shows the same schema by example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from stations.patterns import PatternError, expand, fill
from stations.plant import Limits, Text
from stations.schema import Problem, nearest, read, read_toml, show

SHIPPED: Final = Path(__file__).parent / "catalogue"
"""The folder with the thirteen stations; their templates are in its sub-folder ``templates``."""
EXTENDS_MAX: Final = 8
"""Templates in one chain of ``extends``; a longer one is a circle."""

PLACE: Final = "{place}"
"""Stands, in the tags of a signature, for the part that fails."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One ``[[tags]]`` entry: one tag, or all tags of a pattern. ``scale`` multiplies range, resolution and limits."""

    code: str
    name: Text
    component: str
    uom: str
    range: tuple[float, float]
    resolution: float
    log: bool = False
    at_rest: bool = False
    model: str | None = None
    group: str | None = None
    shared: bool = False
    scale: str | None = None
    period_s: float | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class CovariateSpec:
    """One line of ``[covariates]``; ``scale`` multiplies ``above`` and ``slope``, ``slope_scale`` divides ``slope``.

    ``tag`` may be a pattern: the mean of all its codes.
    """

    tag: str
    lag_s: float = 0.0
    power: float = 1.0
    above: float | None = None
    times: str | None = None
    log: bool = False
    scale: str | None = None
    moves_with: str | None = None
    slope: float = 0.0
    slope_scale: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One line of ``[models]``."""

    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoundSpec:
    """Between what a tag lies in a regime, or while a part runs; ``scale`` multiplies both ends."""

    above: float | None = None
    below: float | None = None
    scale: str | None = None


@dataclass(frozen=True, slots=True)
class ModeSpec:
    """The ``[mode]`` table, or a line of ``[running]``; ``scale`` multiplies ``running_above``. Only a part has ``when``."""

    tag: str
    running_above: float
    settle_s: float
    scale: str | None = None
    when: dict[str, BoundSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegimeSpec:
    """One ``[regimes.CODE]`` table: a name, and the bounds of its tags."""

    name: Text
    when: dict[str, BoundSpec]


@dataclass(frozen=True, slots=True)
class FailureSpec:
    """One line of ``[failures]``: a failure mode in words. Those of ``catalogue/events`` need none."""

    name: Text
    check: Text


@dataclass(frozen=True, slots=True)
class SignatureSpec:
    """One ``[[signatures]]`` entry: how a mode shows, at each part that ``place`` stands for.

    ``place`` is a tag, or what the tags of a part begin with; a pattern gives one signature for each part. ``{place}`` in
    ``tags`` is the part that fails. ``others`` is the share of its weights that its like parts show, ``beside`` that of the two
    next to it in a ring.
    """

    mode: str
    tags: dict[str, float]
    place: str | None = None
    others: float = 0.0
    beside: float = 0.0


@dataclass(frozen=True, slots=True)
class OmitSpec:
    """What a template leaves out of the one it extends; codes may be patterns."""

    tags: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A template file, or the ``[template]`` of a station file. ``technology`` is the file's stem unless given."""

    technology: str | None = None
    extends: str | None = None
    period_s: float | None = None
    mode: ModeSpec | None = None
    omit: OmitSpec = field(default_factory=OmitSpec)
    components: dict[str, Text] = field(default_factory=dict)
    running: dict[str, ModeSpec] = field(default_factory=dict)
    regimes: dict[str, RegimeSpec] = field(default_factory=dict)
    covariates: dict[str, CovariateSpec] = field(default_factory=dict)
    models: dict[str, ModelSpec] = field(default_factory=dict)
    tags: tuple[TagSpec, ...] = ()
    failures: dict[str, FailureSpec] = field(default_factory=dict)
    signatures: tuple[SignatureSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A template with patterns expanded and parents merged in, not yet scaled to a station; ``signatures`` by their mode.

    ``files`` says which file wrote an entry: ``files["tags", "MKD10CT101"]``.
    """

    technology: str | None = None
    period_s: float | None = None
    mode: ModeSpec | None = None
    components: dict[str, Text] = field(default_factory=dict)
    running: dict[str, ModeSpec] = field(default_factory=dict)
    regimes: dict[str, RegimeSpec] = field(default_factory=dict)
    covariates: dict[str, CovariateSpec] = field(default_factory=dict)
    models: dict[str, ModelSpec] = field(default_factory=dict)
    tags: dict[str, TagSpec] = field(default_factory=dict)
    failures: dict[str, FailureSpec] = field(default_factory=dict)
    signatures: dict[str, tuple[SignatureSpec, ...]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def scales(self) -> set[str]:
        """The parameters that a station must give."""
        scales = {tag.scale for tag in self.tags.values()}
        scales |= {scale for one in self.covariates.values() for scale in (one.scale, one.slope_scale)}
        scales |= {bound.scale for regime in self.regimes.values() for bound in regime.when.values()}
        modes = [*self.running.values(), *([self.mode] if self.mode else [])]
        scales |= {mode.scale for mode in modes} | {bound.scale for mode in modes for bound in mode.when.values()}
        return {scale for scale in scales if scale is not None}


@dataclass(frozen=True, slots=True)
class Templates:
    """Looks templates up in folders, the first that has one wins; what is wrong goes to ``problems``."""

    folders: Sequence[Path]
    problems: list[Problem]

    def find(self, name: str, file: str, key: str, depth: int = 1) -> Template | None:
        """The template ``name``; None if it is nowhere or not readable. ``file`` and ``key`` asked for it."""
        if depth > EXTENDS_MAX:
            self.problem(file, key, show(name), f"a chain of at most {EXTENDS_MAX} templates that ends")
            return None
        path = next((folder / f"{name}.toml" for folder in self.folders if (folder / f"{name}.toml").is_file()), None)
        if path is None:
            known = sorted({path.stem for folder in self.folders for path in folder.glob("*.toml")})
            self.problem(file, key, show(name), f"one of {', '.join(known)}", nearest(name, known))
            return None
        return self.load(path, depth)

    def load(self, path: Path, depth: int = 1) -> Template | None:
        """The template in one file, with what it extends; its technology is the file's stem unless it says so."""
        raw = read_toml(path, self.problems)
        spec = None if raw is None else read(TemplateSpec, raw, path.name, self.problems)
        if spec is None:
            return None
        return self.merge(replace(spec, technology=spec.technology or path.stem), path.name, "", depth)

    def merge(self, spec: TemplateSpec, file: str, prefix: str, depth: int = 1) -> Template | None:
        """``spec`` laid over what it extends: its entries replace those of the same name in place, new ones follow."""
        tags = self.expand([(f"{prefix}tags[{i}]", tag.code, tag) for i, tag in enumerate(spec.tags)], _named_tag, file)
        components = self.expand(
            [(f"{prefix}components.{code}", code, name) for code, name in spec.components.items()], _named_text, file
        )
        running = self.expand(
            [(f"{prefix}running.{code}", code, mode) for code, mode in spec.running.items()], _named_mode, file
        )
        signatures = self.signatures(spec, file, prefix)
        base = self.find(spec.extends, file, f"{prefix}extends", depth + 1) if spec.extends else Template()
        if base is None:
            return None
        omit = spec.omit
        omitted = {code for pattern in omit.components for code in _codes(pattern)}
        gone = {code for pattern in omit.tags for code in _codes(pattern)} - set(tags)
        inherited = self.without(omit.signatures, base.signatures, file, f"{prefix}omit.signatures")
        shown = _less(inherited, gone) | signatures
        own: dict[str, Iterable[str]] = {
            "tags": tags,
            "components": components,
            "running": running,
            "regimes": spec.regimes,
            "covariates": spec.covariates,
            "models": spec.models,
            "failures": spec.failures,
            "signatures": signatures,
        }
        return Template(
            technology=spec.technology or base.technology,
            period_s=base.period_s if spec.period_s is None else spec.period_s,
            mode=spec.mode or base.mode,
            components=self.without(omit.components, base.components, file, f"{prefix}omit.components") | components,
            running={code: mode for code, mode in base.running.items() if code not in omitted} | running,
            regimes={
                code: one for code, one in base.regimes.items() if code not in spec.regimes and not gone & set(one.when)
            }
            | spec.regimes,
            covariates=self.without(omit.covariates, base.covariates, file, f"{prefix}omit.covariates")
            | spec.covariates,
            models=self.without(omit.models, base.models, file, f"{prefix}omit.models") | spec.models,
            tags=self.without(omit.tags, base.tags, file, f"{prefix}omit.tags") | tags,
            failures={mode: words for mode, words in base.failures.items() if mode in shown} | spec.failures,
            signatures=shown,
            files=base.files
            | {(section, name): file for section, entries in own.items() for name in entries}
            | ({("mode", ""): file} if spec.mode else {}),
        )

    def expand(
        self, entries: list[tuple[str, str, V]], named: Callable[[V, str, tuple[int, ...]], V], file: str
    ) -> dict[str, V]:
        """Every code of every (key path, pattern, entry), in order; a code that comes twice is a problem."""
        expanded: dict[str, V] = {}
        for key, pattern, entry in entries:
            try:
                for code, indices in expand(pattern):
                    if code in expanded:
                        self.problem(file, key, f"{show(code)} is there already", "each code once")
                    expanded[code] = named(entry, code, indices)
            except PatternError as error:
                self.problem(file, key, f"{show(pattern)}: {error}", "a pattern that expands")
        return expanded

    def signatures(self, spec: TemplateSpec, file: str, prefix: str) -> dict[str, tuple[SignatureSpec, ...]]:
        """The signatures of a file, one for each place, by their mode."""
        found: dict[str, tuple[SignatureSpec, ...]] = {}
        for i, one in enumerate(spec.signatures):
            key = f"{prefix}signatures[{i}]"
            try:
                found[one.mode] = (*found.get(one.mode, ()), *_at_each_place(one))
            except PatternError as error:
                self.problem(file, f"{key}.tags", str(error), "tags and patterns that expand")
            has_part = any(PLACE in pattern for pattern in one.tags)
            if has_part != (one.place is not None):
                value = f"{PLACE} but no place" if has_part else f"a place but no {PLACE}"
                self.problem(file, f"{key}.tags", value, f"place and {PLACE}, or neither")
            for name, share in (("others", one.others), ("beside", one.beside)):
                if not -1 <= share <= 1:
                    self.problem(file, f"{key}.{name}", show(share), "a share in -1 .. 1")
        return found

    def without(self, patterns: Iterable[str], base: dict[str, V], file: str, key: str) -> dict[str, V]:
        """``base`` without the names of the patterns; a name that is not there to be left out is a problem."""
        names = self.expand([(key, pattern, "") for pattern in patterns], lambda entry, _code, _indices: entry, file)
        for name in names:
            if name not in base:
                self.problem(file, key, show(name), "a name of the extended template", nearest(name, base))
        return {name: entry for name, entry in base.items() if name not in names}

    def problem(self, file: str, key: str, value: str, expected: str, near: str | None = None) -> None:
        self.problems.append(Problem(file, key, value, expected, near))


def _at_each_place(spec: SignatureSpec) -> list[SignatureSpec]:
    """A signature for each place, its tags one by one.

    Examples
    --------
    >>> one, _ = _at_each_place(SignatureSpec("F01", {"{place}": 1.0, "OIL": 0.1}, "PAD{1-2}", 0.2))
    >>> one.place, one.tags
    ('PAD1', {'PAD1': 1.0, 'OIL': 0.1, 'PAD2': 0.2})
    """
    places = [""] if spec.place is None else [code for code, _ in expand(spec.place)]
    found = []
    for i, place in enumerate(places):
        tags = _weights(spec, place)
        next_to = {places[i - 1], places[(i + 1) % len(places)]} if spec.beside else set()
        for other in (*places[:i], *places[i + 1 :]):
            share = spec.beside if other in next_to else spec.others
            if share:
                tags |= {code: share * weight for code, weight in _weights(spec, other, of_part=True).items()}
        shown = next(iter(_weights(spec, place, of_part=True)), "")
        found.append(replace(spec, place=shown, tags=tags))
    return found


def _weights(spec: SignatureSpec, place: str, *, of_part: bool = False) -> dict[str, float]:
    """Weight of each tag if ``place`` fails; ``of_part`` = of its own tags alone."""
    return {
        code: weight
        for pattern, weight in spec.tags.items()
        if PLACE in pattern or not of_part
        for code, _ in expand(pattern.replace(PLACE, place))
    }


def _less(signatures: dict[str, tuple[SignatureSpec, ...]], gone: set[str]) -> dict[str, tuple[SignatureSpec, ...]]:
    """Signatures without tags that are gone; one whose part, or everything, is gone goes too."""
    kept = {}
    for mode, places in signatures.items():
        left = [
            replace(one, tags={code: weight for code, weight in one.tags.items() if code not in gone})
            for one in places
            if one.place not in gone
        ]
        if some := tuple(one for one in left if one.tags):
            kept[mode] = some
    return kept


def _named_tag(tag: TagSpec, code: str, indices: tuple[int, ...]) -> TagSpec:
    return replace(
        tag,
        code=code,
        name=_named_text(tag.name, code, indices),
        component=fill(tag.component, indices),
        model=None if tag.model is None else fill(tag.model, indices),
        group=None if tag.group is None else fill(tag.group, indices),
    )


def _named_mode(mode: ModeSpec, _code: str, indices: tuple[int, ...]) -> ModeSpec:
    return replace(mode, tag=fill(mode.tag, indices))


def _codes(pattern: str) -> list[str]:
    """The codes of a pattern; of one that does not expand, which is told of elsewhere, none."""
    try:
        return [code for code, _ in expand(pattern)]
    except PatternError:
        return []


def _named_text(name: Text, _code: str, indices: tuple[int, ...]) -> Text:
    return Text(fill(name.zh, indices), fill(name.en, indices))
