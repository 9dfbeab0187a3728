"""Events of a small plant made by hand, so that a test knows what must be seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from detectors.events import RUNNING, Act, EarlyWarning, Evidence, HealthScore, Likely, TagTrend
from detectors.health import health_index
from stations.plant import Fleet
from tests.detectors.small import BLOCK, START_NS, STATION

FLEET = Fleet({STATION.code: STATION})
SHAPE = (3, 2)
"""Units 1, 2, 3; components bearing and shaft."""
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def health(time_ns: int = START_NS, **changed: Any) -> HealthScore:
    """All units run and are healthy, but for what is ``changed``."""
    score = np.asarray(changed.pop("score", np.zeros(SHAPE)), dtype=float)
    given: dict[str, Any] = {
        "mode": np.full(3, RUNNING, dtype=np.uint8),
        "level": np.zeros(SHAPE, dtype=np.uint8),
        "good": np.ones(3),
    } | changed
    return HealthScore("ABC", "units", BLOCK.revision, time_ns, score=score, health=health_index(score), **given)


def trend(time_ns: int = START_NS, units: tuple[bool, ...] = (True, True, True), value: float = 50.0) -> TagTrend:
    """Every judged tag reads ``value`` where 48 was expected, within 46 to 50."""
    shape = (3, len(BLOCK.judged))
    return TagTrend(
        "ABC",
        "units",
        BLOCK.revision,
        time_ns,
        np.array(units),
        np.full(shape, value),
        np.full(shape, 48.0),
        np.full(shape, 46.0),
        np.full(shape, 50.0),
        np.full(shape, abs(value - 48.0) / 2.0),
    )


def warning(id: str, transition: str = "opened", time_ns: int = START_NS, **changed: Any) -> EarlyWarning:
    """A warning of the bearing of unit 2, or its next transition."""
    given: dict[str, Any] = {
        "station": "ABC",
        "unit": "2",
        "component": "bearing",
        "level": "warning",
        "onset_ns": START_NS,
        "evidence": (Evidence("PAD1", "瓦温", "pad temperature", "degC", 64.0, 58.0, 1.4, 70.0, "level", 6.0, 0.5),),
        "text_zh": "甲站 2 号机 轴承：瓦温偏高。",
        "text_en": "Alpha unit 2, bearing: pad temperature too high.",
        "likely": (Likely("F01", 0.7, "轴瓦损伤", "pad distress", "取油样", "oil sample"),),
    } | changed
    return EarlyWarning(
        id=id, kind="episode", block="units", transition=transition, time_ns=time_ns, score=1.4, **given
    )


def acted(id: str, transition: str, time_ns: int, who: str = "Li", **act: Any) -> EarlyWarning:
    """What a person did to it."""
    return warning(id, transition, time_ns, act=Act(who, act.pop("why", ""), **act))
