"""What a station is: tags, components, covariates, models, blocks. Plain frozen data; `catalogue` loads it from TOML."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Text:
    """A name in the two languages that staff read."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits given by design (never learned) [unit of the tag]; None = there is none."""

    alarm_low: float | None = None
    alarm_high: float | None = None
    trip_low: float | None = None
    trip_high: float | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """One measured point of every unit of a block.

    ``code`` follows the KKS pattern without station and unit (``MKD10CT101``). ``low`` and ``high`` bound what the sensor can
    report [uom]; a value outside is no good value. ``model`` names the normal-behaviour model whose covariates explain the tag;
    None = a driver, not judged. ``group`` names its redundancy group. ``shared`` = one instrument serves all units of the block.
    ``resolution`` is the smallest step the sensor reports [uom]. ``log`` = deviations are relative (vibrations, emissions,
    gases): the tag is judged by its logarithm. ``at_rest`` = it is judged while its part stands still too, as long as the unit
    runs: coal smoulders in a mill that nobody looks at.
    """

    code: str
    name: Text
    uom: str
    low: float
    high: float
    component: str
    model: str | None
    limits: Limits
    group: str | None
    shared: bool
    period_s: float
    resolution: float
    log: bool = False
    at_rest: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """One condition: ``low`` <= ``tag`` < ``high`` [uom of the tag]."""

    tag: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mode:
    """How to tell from tags that a unit, or a part of it, runs: ``tag`` at or above ``running_above`` [uom].

    It is judged ``settle_s`` [s] later. A part may have ``bounds`` besides, all of which must hold as long.
    """

    tag: str
    running_above: float
    settle_s: float
    bounds: tuple[Bound, ...] = ()

    @property
    def conditions(self) -> tuple[Bound, ...]:
        """All that has to hold while it runs.

        >>> Mode("FLOW", 10.0, 60.0).conditions
        (Bound(tag='FLOW', low=10.0, high=inf),)
        """
        return Bound(self.tag, self.running_above, math.inf), *self.bounds


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a unit that is judged as one: a bearing, a stator, a mill; ``mode`` None = it runs whenever its unit does."""

    code: str
    name: Text
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """A way in which a unit can run that staff have a word for: pumping, rough zone, curtailed; all ``bounds`` hold in it.

    Of several that fit, the first of a block counts. It tells people how a unit runs; what is judged is decided by the modes.
    """

    code: str
    name: Text
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Covariate:
    """A tag, or its power, hinge, logarithm, product with another or lag, that explains other tags.

    value = ((x - low) / (high - low)) ** power with x the source tag [0 at low, 1 at high of its range]; with ``others``, tags
    that see the like, x is the mean of all of them that have a good value. With a hinge ``above`` [uom of the source], value =
    max(0, x - above) / (high - low), and if it ``moves_with`` another tag z, x - ``slope`` z, ``slope`` [uom of x per uom of z],
    stands for x there; of a ``log``, value = ln(max(x, resolution) / high). With a second tag ``times`` it is multiplied by
    that, scaled by its own range. Last comes a first-order lag of time constant ``lag_s`` [s] (0 = none).
    """

    code: str
    tag: str
    others: tuple[str, ...] = ()
    lag_s: float = 0.0
    power: float = 1.0
    above: float | None = None
    moves_with: str | None = None
    slope: float = 0.0
    times: str | None = None
    log: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that it is made from."""
        return (self.tag, *self.others, *(code for code in (self.moves_with, self.times) if code is not None))


@dataclass(frozen=True, slots=True)
class Model:
    """Tags that share one set of covariates, hence one gain (shared-gain regression)."""

    code: str
    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """How one failure mode of one part shows: to which side the tags of a unit lean while it develops.

    ``mode`` is its code (``F01``); ``name`` and ``check`` say in words what it is and what the crew does first. ``place`` is a
    tag of the part that fails, "" = the unit as a whole. ``tags`` are pairs of tag and weight in -1 .. 1: how far the tag leans,
    and to which side, when the tag that leads leans by 1. ``is_sudden``: it comes at once or within minutes, so a tag may jump.
    """

    mode: str
    name: Text
    check: Text
    place: str
    tags: tuple[tuple[str, float], ...]
    is_sudden: bool = True


@dataclass(frozen=True)
class Block:
    """The identical units of one station, judged together: arrays of shape (n_units, n_tags)."""

    station: str
    code: str
    technology: str
    period_s: float
    units: tuple[str, ...]
    tags: tuple[Tag, ...]
    components: tuple[Component, ...]
    covariates: tuple[Covariate, ...]
    models: tuple[Model, ...]
    mode: Mode | None
    signatures: tuple[Signature, ...] = ()
    regimes: tuple[Regime, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(n_units, n_tags)"""
        return len(self.units), len(self.tags)

    @cached_property
    def tag_index(self) -> dict[str, int]:
        """Column of each tag code."""
        return {tag.code: i for i, tag in enumerate(self.tags)}

    @cached_property
    def judged(self) -> tuple[int, ...]:
        """Columns of the judged tags, component after component: the order of the arrays in the events of a monitor."""
        order = [component.code for component in self.components]
        columns = (i for i, tag in enumerate(self.tags) if tag.model is not None)
        return tuple(sorted(columns, key=lambda i: order.index(self.tags[i].component)))

    @cached_property
    def revision(self) -> str:
        """12 hex digits that change with anything that fixes the meaning of a scan: units, tags and their order, period.

        What failures look like, and what regimes are called, is no part of that: a better word must not cost the learned state.
        """
        scanned = asdict(replace(self, signatures=(), regimes=()))
        del scanned["signatures"], scanned["regimes"]
        text = json.dumps(scanned, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def tag_id(self, unit: str, tag: str) -> str:
        """Plant-wide name of one point: ``YXK.20MKD10CT101`` is unit 2 of YXK; a shared tag carries unit 0."""
        number = "0" if self.tags[self.tag_index[tag]].shared else unit
        return f"{self.station}.{number}0{tag}"

    def at_period(self, period_s: float) -> Block:
        """The same block sampled every ``period_s`` [s]: another revision, since time constants count in periods.

        An instrument that is slower than the scans (a gas analyser) stays as slow as it is.
        """
        if not (math.isfinite(period_s) and period_s > 0):
            raise ValueError(f"period_s must be positive, got {period_s}")
        slow = [tag.period_s > self.period_s for tag in self.tags]
        periods = [
            max(tag.period_s, period_s) if is_slow else period_s for tag, is_slow in zip(self.tags, slow, strict=True)
        ]
        tags = tuple(replace(tag, period_s=period) for tag, period in zip(self.tags, periods, strict=True))
        return replace(self, period_s=period_s, tags=tags)

    def only(self, n_units: int) -> Block:
        """The same block with its first ``n_units`` units."""
        return replace(self, units=self.units[:n_units])


@dataclass(frozen=True)
class Station:
    """One power station of the catalogue; ``parameters`` are its ratings by name (``rated_mw``, ``head_m`` ...)."""

    code: str
    name: Text
    technology: str
    parameters: dict[str, float]
    blocks: tuple[Block, ...]

    def block(self, code: str) -> Block:
        """The block of that code; KeyError if there is none."""
        for block in self.blocks:
            if block.code == code:
                return block
        raise KeyError(code)

    def at_period(self, period_s: float) -> Station:
        """The same station with every block sampled each ``period_s`` [s]."""
        return replace(self, blocks=tuple(block.at_period(period_s) for block in self.blocks))


@dataclass(frozen=True)
class Fleet:
    """All stations, by code, in catalogue order."""

    stations: dict[str, Station]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block of every station."""
        return tuple(block for station in self.stations.values() for block in station.blocks)

    @property
    def n_units(self) -> int:
        """Units over all blocks."""
        return sum(len(block.units) for block in self.blocks)

    @property
    def n_tags(self) -> int:
        """Measured points over all units; a shared instrument counts once per block."""
        return sum(sum(1 if tag.shared else len(block.units) for tag in block.tags) for block in self.blocks)
