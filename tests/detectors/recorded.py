"""A recording of one unit to judge, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array
from detectors.events import DataQuality, EarlyWarning
from detectors.recorded_monitor import Judgement, RecordedMonitor, Told
from stations.plant import Block, Component, Covariate, Limits, Model, Station, Tag, Text

START_NS = 1_577_836_800 * 10**9
"""2020-01-01T00:00:00Z."""
MINUTE_NS = 60 * 10**9
LEARN_ROWS = 200
LOW, HIGH = -1000.0, 1000.0


def station(tags: int, explains: int = 0) -> Station:
    """A station of one unit whose tags T0, T1, ... are components, the first ``explains`` of them covariates."""
    codes = [f"T{i}" for i in range(tags)]
    block = Block(
        station="REC",
        code="units",
        technology="recording",
        period_s=60.0,
        units=("1",),
        tags=tuple(_tag(code, None if i < explains else "recording") for i, code in enumerate(codes)),
        components=tuple(Component(code, Text(code, code)) for code in codes[explains:]),
        covariates=tuple(Covariate(code, code) for code in codes[:explains]),
        models=(Model("recording", tuple(codes[:explains])),),
        mode=None,
    )
    return Station("REC", Text("录", "recording"), "recording", {}, (block,))


def _tag(code: str, model: str | None) -> Tag:
    return Tag(
        code=code,
        name=Text(code, code),
        uom="bar",
        low=LOW,
        high=HIGH,
        component=code,
        model=model,
        limits=Limits(),
        group=None,
        shared=False,
        period_s=60.0,
        resolution=0.01,
    )


def monitor(
    tags: int, explains: int = 0, learn_rows: int = LEARN_ROWS, sensitivity: float = 1.0, unit: str = "1"
) -> RecordedMonitor:
    made = station(tags, explains)
    block = replace(made.blocks[0], units=(unit,))
    return RecordedMonitor(made, block, learn_rows=learn_rows, sensitivity=sensitivity)


def noise(rows: int, tags: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, tags))


def times(rows: int) -> NDArray[np.int64]:
    return START_NS + MINUTE_NS * np.arange(rows, dtype=np.int64)


def minute(time_ns: int) -> int:
    return (time_ns - START_NS) // MINUTE_NS


def fed(
    one: RecordedMonitor, x: Array, cuts: Sequence[int] = (), time_ns: NDArray[np.int64] | None = None
) -> Judgement:
    """What is said of rows that come in blocks which end at ``cuts``; at last what waited for more."""
    time_ns = times(len(x)) if time_ns is None else time_ns
    at = sorted({cut for cut in cuts if 0 < cut < len(x)})
    said = [one.receive(*part) for part in zip(np.split(time_ns, at), np.split(x, at), strict=True)]
    events = [event for part in said for event in part.events]
    return Judgement(
        np.concatenate([part.score for part in said]),
        np.concatenate([part.warning for part in said]),
        events + one.finish(),
    )


def assert_same(one: Judgement, other: Judgement) -> None:
    assert np.array_equal(one.score, other.score, equal_nan=True)
    assert np.array_equal(one.warning, other.warning)
    assert one.events == other.events


def warnings_of(events: Sequence[Told]) -> list[EarlyWarning]:
    return [event for event in events if isinstance(event, EarlyWarning)]


def sensors_of(events: Sequence[Told]) -> list[DataQuality]:
    return [event for event in events if isinstance(event, DataQuality)]


def eventful(seed: int, tags: int = 5, rows: int = 900) -> Array:
    """Noise with steps, jumps, gaps and values beyond the range, also in the learn rows."""
    chance, x = np.random.default_rng(seed), noise(rows, tags, seed)
    for _ in range(4):
        first, tag = int(chance.integers(LEARN_ROWS, rows)), int(chance.integers(tags))
        x[first : first + int(chance.integers(10, 150)), tag] += float(chance.normal(0.0, 8.0))
    for _ in range(12):
        first, tag = int(chance.integers(0, rows)), int(chance.integers(tags))
        x[first : first + int(chance.integers(1, 12)), tag] = chance.choice([np.nan, 12.0, -15.0, 2000.0, -np.inf])
    first = int(chance.integers(LEARN_ROWS, rows))
    x[first : first + 6] = np.nan
    return x
