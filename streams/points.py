"""What is stored in InfluxDB: events of a block as line protocol. One number says the state; its maximum is the worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connectors.lines import LineEncoder, escape, quote
from detectors.events import LEVELS, RUNNING, EarlyWarning, HealthScore, TagTrend
from detectors.health import lowest
from stations.plant import Block

LEARNING, STOPPED_STATE, NORMAL, PARTIAL, NO_DATA, WATCH = -2.0, -1.0, 0.0, 1.0, 2.0, 3.0
"""States as stored; watch, warning and urgent are 3, 4, 5. Ordered so that max() is "worst of"."""
_HEALTH = ("health", "score", "state", "mode", "quality")
_STATION = (
    *_HEALTH,
    "units",
    "units_running",
    "units_watch",
    "units_warning",
    "units_no_data",
    "event_ms",
)
_TAG = ("value", "expected", "low", "high", "score")


def states(event: HealthScore) -> NDArray[np.float64]:
    """(n_units, n_components) state of every component as stored."""
    state = np.where(np.isnan(event.score), LEARNING, NORMAL)
    state[event.mode != RUNNING] = STOPPED_STATE
    state[event.good == 0.0] = NO_DATA
    stored: NDArray[np.float64] = np.where(event.level > 0, WATCH - 1.0 + event.level, state)
    return stored


class PointEncoder:
    """Lines for the events of one block; measurements and fields as the dashboards read them."""

    def __init__(self, block: Block) -> None:
        judged = sorted({tag.component for tag in block.tags if tag.model is not None})
        order = [component.code for component in block.components if component.code in judged]
        at = {"station": block.station}
        parts = [{**at, "unit": unit, "component": code} for unit in block.units for code in order]
        units = [{**at, "unit": unit, "component": "all"} for unit in block.units]
        self._health = LineEncoder("health", parts + units, _HEALTH)
        self._station = LineEncoder("health", [{**at, "unit": "all", "component": "all"}], _STATION)
        columns = sorted(
            (i for i, tag in enumerate(block.tags) if tag.model is not None),
            key=lambda i: order.index(block.tags[i].component),
        )
        series = [{**at, "unit": unit, "tag": block.tags[i].code} for unit in block.units for i in columns]
        self._tags = LineEncoder("tag", series, _TAG)

    def health(self, event: HealthScore) -> tuple[str, int]:
        """Lines of one scan: every component, every unit, and the station, worst-of on the way up."""
        state = states(event)
        n_units, n_components = event.score.shape
        unit_state = np.where((event.good > 0.0) & (event.good < 1.0), PARTIAL, LEARNING)
        unit_state = np.maximum(unit_state, state.max(axis=1, initial=LEARNING))
        shared = np.stack([event.mode.astype(np.float64), event.good], axis=1)
        rows = np.concatenate(
            [
                np.column_stack(
                    [event.health.ravel(), event.score.ravel(), state.ravel(), shared.repeat(n_components, axis=0)]
                ),
                np.column_stack(
                    [np.fmin.reduce(event.health, axis=1), np.fmax.reduce(event.score, axis=1), unit_state, shared]
                ),
            ]
        )
        time_ms = event.time_ns // 1_000_000
        lines, count = self._health.encode(rows, time_ms)
        station = self._station_row(event, unit_state, n_units)
        line, one = self._station.encode(station[None, :], time_ms)
        return lines + line, count + one

    def _station_row(self, event: HealthScore, unit_state: NDArray[np.float64], n_units: int) -> NDArray[np.float64]:
        known = ~np.isnan(event.score)
        return np.array(
            [
                lowest(event.health),
                event.score[known].max() if known.any() else np.nan,
                unit_state.max(),
                event.mode.max(),
                event.good.min(),
                n_units,
                (event.mode == RUNNING).sum(),
                (unit_state == WATCH).sum(),
                (unit_state > WATCH).sum(),
                (unit_state == NO_DATA).sum(),
                event.time_ns // 1_000_000,
            ],
            dtype=np.float64,
        )

    def tags(self, event: TagTrend) -> tuple[str, int]:
        """Lines for the judged tags of the units that the event means."""
        n_units, n_tags = event.value.shape
        rows = np.flatnonzero(np.repeat(event.units, n_tags))
        values = np.stack([event.value, event.expected, event.low, event.high, event.score], axis=2)
        return self._tags.encode(values.reshape(n_units * n_tags, len(_TAG)), event.time_ns // 1_000_000, rows)

    def warning(self, event: EarlyWarning) -> tuple[str, int]:
        """One line for one transition of one early warning."""
        tags = {
            "station": event.station,
            "unit": event.unit,
            "component": event.component,
            "failure_mode": "deviation",
        }
        first = event.evidence[0]
        is_open = 0.0 if event.transition == "returned" else 1.0
        fields = {
            "level": f"{2.0 + LEVELS.index(event.level) + 1.0}" if is_open else "0.0",
            "open": f"{is_open}",
            "score": f"{event.score}",
            "onset_ms": f"{float(event.onset_ns // 1_000_000)}",
            "id": quote(event.id),
            "tag": quote(first.tag),
            "text_zh": quote(event.text_zh),
            "text_en": quote(event.text_en),
        }
        head = ",".join(["warning", *(f"{escape(key)}={escape(value)}" for key, value in tags.items())])
        body = ",".join(f"{key}={value}" for key, value in fields.items())
        return f"{head} {body} {event.time_ns // 1_000_000}\n", 1
