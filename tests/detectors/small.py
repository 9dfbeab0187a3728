"""A station small enough to reason about, telemetry for it, and constants that warm up within a hundred scans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.events import Event
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.plant import Block, Component, Covariate, Limits, Mode, Model, Station, Tag, Text
from stations.scan import Scan

PERIOD_S = 600.0
PERIOD_NS = 600 * 10**9
START_NS = 1_767_225_600 * 10**9
"""2026-01-01T00:00:00Z."""
UNITS = ("1", "2", "3")

TUNING = Tuning(
    scales_s=(1800.0, 7200.0, 43_200.0),
    learn_s=1200.0,
    memory_s=4 * 86_400.0,
    spread_memory_s=6 * 86_400.0,
    guard_s=3 * 86_400.0,
    warm_up_s=1200.0,
    warm_up_scans=36,
    correlation_s=3600.0,
    refit_s=7200.0,
    on_scans=3,
    on_shares=(1.0, 1.0, 1.0),
    off_scans=3,
    max_freeze_s=86_400.0,
    settle_s=14_400.0,
    history_s=1800.0,
)
"""Every second scan is learned; the regression speaks after 12 learned scans, the bank 24 later, so all is said by scan 100."""
WARM = 100
"""Scans until every tag has a score."""


def _tag(code: str, component: str, model: str | None, uom: str, high: float, *, log: bool = False) -> Tag:
    limits = Limits(alarm_high=0.9 * high)
    name = Text(f"测点{code}", f"tag {code}")
    return Tag(code, name, uom, 0.0, high, component, model, limits, None, False, PERIOD_S, 0.01, log)


BLOCK = Block(
    station="ABC",
    code="units",
    technology="test",
    period_s=PERIOD_S,
    units=UNITS,
    tags=(
        _tag("POWER", "unit", None, "MW", 100.0),
        _tag("VIB", "shaft", "shaft", "mm/s", 20.0, log=True),
        _tag("PAD1", "bearing", "thermal", "degC", 120.0),
        _tag("WATER", "unit", None, "degC", 40.0),
        _tag("PAD2", "bearing", "thermal", "degC", 120.0),
        _tag("FLOW", "shaft", "hydraulic", "m3/s", 50.0),
    ),
    components=tuple(Component(code, Text(f"部件{code}", code)) for code in ("unit", "bearing", "shaft")),
    covariates=(
        Covariate("power", "POWER"),
        Covariate("power_20min", "POWER", lag_s=1200.0),
        Covariate("power_2", "POWER", power=2.0),
        Covariate("power_over_60", "POWER", above=60.0),
        Covariate("water", "WATER"),
    ),
    models=(
        Model("thermal", ("power_20min", "water")),
        Model("shaft", ("power", "power_2", "power_over_60")),
        Model("hydraulic", ("power",)),
    ),
    mode=Mode("POWER", running_above=10.0, settle_s=1200.0),
)
STATION = Station("ABC", Text("甲站", "Alpha"), "test", {}, (BLOCK,))
TAGS = tuple(tag.code for tag in BLOCK.tags)
JUDGED = [i for i, tag in enumerate(BLOCK.tags) if tag.model is not None]


def telemetry(n_scans: int, seed: int = 1, *, stops: bool = False) -> NDArray[np.float32]:
    """(n_scans, 3, 6) values of the small block: load wanders, pads follow it late, vibration and flow at once.

    Fewer scans are the beginning of more. With ``stops`` each unit stands still for an hour of every thirty-one.
    """
    power_white, water_white, vib, pad1, pad2, flow = (
        np.random.default_rng([seed, i]).standard_normal((n_scans, len(UNITS))) for i in range(6)
    )
    power = 55.0 + 30.0 * _wander(power_white, 20.0)
    if stops:
        hour = np.arange(n_scans)[:, None] // 6 + 5 * np.arange(len(UNITS))
        power = np.where(hour % 31 == 30, 0.0, power)
    water = 15.0 + 5.0 * _wander(water_white, 200.0)
    pads = 20.0 + 0.35 * _lag(power, 2.0) + 0.6 * water
    values = {
        "POWER": power,
        "VIB": (1.0 + 0.01 * power) * np.exp(0.05 * vib),
        "PAD1": pads + 0.3 * pad1,
        "WATER": water,
        "PAD2": pads + 1.0 + 0.3 * pad2,
        "FLOW": 0.4 * power + 0.2 * flow,
    }
    return np.stack([np.clip(values[tag.code], tag.low, tag.high) for tag in BLOCK.tags], axis=2).astype(np.float32)


def _wander(white: Array, scans: float) -> Array:
    """A first-order process within -1 .. 1."""
    wander: Array = np.tanh(_lag(white, scans) * np.sqrt(2.0 * scans) / 1.5)
    return wander


def _lag(steady: Array, scans: float) -> Array:
    lagged = np.empty_like(steady)
    state = steady[0]
    for t, value in enumerate(steady):
        state = state + (value - state) * -np.expm1(-1.0 / scans)
        lagged[t] = state
    return lagged


def scans(values: NDArray[np.float32], *, first: int = 0, block: Block = BLOCK) -> list[Scan]:
    """The scans of some values, (n_scans, n_units, n_tags), from the ``first`` period on."""
    return [
        Scan(block.station, block.code, block.revision, i, START_NS + i * PERIOD_NS, value)
        for i, value in enumerate(values, first)
    ]


def run(monitor: StationMonitor, some: Iterable[Scan]) -> list[Event]:
    """Every event of some scans."""
    return [event for scan in some for event in monitor.receive(scan)]


E = TypeVar("E")


def of(events: Sequence[Event], kind: type[E]) -> list[E]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]
