"""Records of the topics that the board follows, as events. Pure; what cannot be read is an answer, never an exception.

Whoever may write to a topic may write nonsense, so what an event says is checked as far as the pages rely on it.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from connectors.action_wire import Audit, decode_audit
from connectors.wire import HealthMessage, decode_health
from detectors.base import Array
from detectors.events import ENDS, LEVELS, MODE_NAMES, TELLS, DataQuality, EarlyWarning, HealthScore
from detectors.health import health_index
from stations.plant import Block, Fleet
from stations.scan import FIRST_NS, LAST_NS

HEALTH, WARNINGS, ACTIONS = "health", "warnings", "actions"
TOPICS: Final = (HEALTH, WARNINGS, ACTIONS)

TRANSITIONS: Final = (*TELLS, *ENDS, "acknowledged", "shelved", "unshelved")
"""In the life of an early warning."""


class _Kind(msgspec.Struct):
    kind: str


class Decoder:
    """Knows the fleet, hence what the arrays of a health message mean."""

    def __init__(self, fleet: Fleet) -> None:
        self._blocks = {(block.station, block.code): block for block in fleet.blocks}

    def event(self, topic: str, value: bytes) -> HealthScore | EarlyWarning | DataQuality | Audit | None:
        """What a record of one of `TOPICS` says; None if it is no such thing, or of another fleet."""
        try:
            if topic == HEALTH:
                return self._health(decode_health(value))
            if topic == ACTIONS:
                return decode_audit(value)
            event: EarlyWarning | DataQuality
            if msgspec.json.decode(value, type=_Kind).kind == "early_warning":
                event = msgspec.json.decode(value, type=EarlyWarning)
                fine = event.level in LEVELS and event.transition in TRANSITIONS and _is_time(event.onset_ns)
                fine = fine and (event.act is None or event.act.until_ns == 0 or _is_time(event.act.until_ns))
            else:
                event, fine = msgspec.json.decode(value, type=DataQuality), True
            return event if fine and _is_time(event.time_ns) else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _health(self, message: HealthMessage) -> HealthScore | None:
        block = self._blocks.get((message.station, message.block))
        if block is None or message.revision != block.revision:
            return None
        units, parts = len(block.units), _judged_parts(block)
        sizes = (
            (message.mode, units, True),
            (message.level, units * parts, True),
            (message.score, units * parts * 4, True),
            (message.good, units * 4, True),
            (message.attended, units * parts, False),
            (message.regime, units, False),
        )
        if any(len(raw) != size and (is_needed or raw) for raw, size, is_needed in sizes):
            return None
        mosts = (
            (message.mode, len(MODE_NAMES) - 1),
            (message.level, len(LEVELS)),
            (message.attended, 1),
            (message.regime, len(block.regimes)),
        )
        if any(max(raw, default=0) > most for raw, most in mosts) or not _is_time(message.time_ns):
            return None
        score = _floats(message.score).reshape(units, parts)
        return HealthScore(
            station=block.station,
            block=block.code,
            revision=block.revision,
            time_ns=message.time_ns,
            mode=np.frombuffer(message.mode, np.uint8),
            level=np.frombuffer(message.level, np.uint8).reshape(units, parts),
            score=score,
            health=health_index(score),
            good=_floats(message.good),
            attended=np.frombuffer(message.attended, np.bool_).reshape(units, parts) if message.attended else None,
            regime=np.frombuffer(message.regime, np.uint8) if message.regime else None,
        )


def _judged_parts(block: Block) -> int:
    return len({block.tags[i].component for i in block.judged})


def _is_time(time_ns: int) -> bool:
    return FIRST_NS <= time_ns < LAST_NS


def _floats(raw: bytes) -> Array:
    return np.frombuffer(raw, "<f4").astype(np.float64)
