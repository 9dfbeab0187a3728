"""What is stored in InfluxDB: events of a block as line protocol. One number says the state; its maximum is the worst."""

from __future__ import annotations

import math

import numpy as np

from connectors.lines import DECIMALS, LineEncoder, escape, quote
from detectors.base import Array, Mask
from detectors.events import ENDS, LEVELS, RUNNING, TELLS, DataQuality, EarlyWarning, HealthScore, TagTrend
from detectors.outages import ALL_TAGS, MAINTENANCE
from detectors.sentences import brief
from detectors.states import NO_DATA, WATCH, states, unit_states
from detectors.wording import shown_uom
from stations.plant import Block

_HEALTH = ("health", "score", "state", "mode", "quality")
_TAG = ("value", "expected", "low", "high", "score")
EPISODE_DIGITS = 8
"""Of the id of a warning, so many are a tag of the log: enough to keep the episodes of one component apart."""
NO_END_MS = -1.0
"""Stands for an outage that ends when it is mended, not at a time."""
ALL_PARTS = "all"
NO_TIME_H = -1.0
"""Stands for a time to the limit that is not known; a field that is left out would keep its older value."""


class PointEncoder:
    """Lines for the events of one block; measurements and fields as the dashboards read them."""

    def __init__(self, block: Block) -> None:
        judged = sorted({tag.component for tag in block.tags if tag.model is not None})
        order = [component.code for component in block.components if component.code in judged]
        self._judged = order
        at = {"station": block.station}
        parts = [{**at, "unit": unit, "component": code} for unit in block.units for code in order]
        units = [{**at, "unit": unit, "component": "all"} for unit in block.units]
        self._components = LineEncoder("health", parts, _HEALTH)
        self._units = LineEncoder("health", units, _HEALTH)
        self._station = f"health,station={escape(block.station)},unit=all,component=all "
        columns = sorted(
            (i for i, tag in enumerate(block.tags) if tag.model is not None),
            key=lambda i: order.index(block.tags[i].component),
        )
        series = [
            {**at, "unit": unit, "tag": block.tags[i].code, "uom": shown_uom(block.tags[i].uom)}
            for unit in block.units
            for i in columns
        ]
        self._tags = LineEncoder("tag", series, _TAG)

    def health(self, event: HealthScore, detailed: Mask | None = None) -> tuple[str, int]:
        """Lines of one scan: the station and every unit, worst-of, and the components of the ``detailed`` units (n_units,)."""
        state = states(event)
        time_ms = event.time_ns // 1_000_000
        units = self._unit_rows(event, state)
        lines, count = self._units.encode(units, time_ms)
        fields = ",".join(f"{name}={value}" for name, value in _station_fields(units, time_ms).items())
        lines, count = f"{lines}{self._station}{fields} {time_ms}\n", count + 1
        if detailed is None or not detailed.any():
            return lines, count
        n_components = event.score.shape[1]
        parts = np.empty((*event.score.shape, len(_HEALTH)))
        parts[..., 0], parts[..., 1], parts[..., 2] = event.health, event.score, state
        parts[..., 3:] = units[:, None, 3:]
        chosen = np.flatnonzero(np.repeat(detailed, n_components))
        more, others = self._components.encode(parts.reshape(-1, len(_HEALTH)), time_ms, chosen)
        return lines + more, count + others

    def _unit_rows(self, event: HealthScore, state: Array) -> Array:
        """(n_units, fields of health); worst-of its components by ``state``, as in `detectors.states`."""
        rows = np.empty((len(state), len(_HEALTH)))
        np.fmin.reduce(event.health, axis=1, out=rows[:, 0], initial=np.nan)
        np.fmax.reduce(event.score, axis=1, out=rows[:, 1], initial=np.nan)
        rows[:, 2] = unit_states(event, state)
        rows[:, 3] = event.mode
        rows[:, 4] = event.good
        return rows

    def tags(self, event: TagTrend) -> tuple[str, int]:
        """Lines for the judged tags of the units that the event means."""
        n_units, n_tags = event.value.shape
        rows = np.flatnonzero(np.repeat(event.units, n_tags))
        values = np.stack([event.value, event.expected, event.low, event.high, event.score], axis=2)
        return self._tags.encode(values.reshape(n_units * n_tags, len(_TAG)), event.time_ns // 1_000_000, rows)

    def warning(self, event: EarlyWarning) -> tuple[str, int]:
        """Two lines for one transition of one early warning: one in the log, one that brings its episode up to date.

        What people do measures nothing: their transitions have no score, tag or failure mode, so that none is drawn as a zero.

        An episode is one point, at the time of its onset, that each transition writes over; what people do leaves alone what the
        machine does, since they may also acknowledge what has returned. So a list of what is open is a plain query.
        """
        place = {"station": event.station, "unit": event.unit, "component": event.component}
        logged = {
            "level": f"{0.0 if event.transition in ENDS else _level(event)}",
            "onset_ms": f"{float(event.onset_ns // 1_000_000)}",
            "id": quote(event.id),
            "transition": quote(event.transition),
            "who": quote("" if event.act is None else event.act.who),
            "text_zh": quote(event.text_zh),
            "text_en": quote(event.text_en),
        } | _measured(event)
        lines = _line("warning", place | {"episode": event.id[:EPISODE_DIGITS]}, logged, event.time_ns)
        return lines + _line("episode", place, _episode(event), event.onset_ns), 2

    def outage(self, event: DataQuality) -> tuple[str, int]:
        """Lines for a sensor that is out or back, or for maintenance that begins or ends; the last of a series says which.

        None for what has passed, and for units that are silent: their state says so with every scan.
        """
        is_maintenance = event.detector == MAINTENANCE
        if event.transition == "passed" or (event.tag == ALL_TAGS and not is_maintenance):
            return "", 0
        is_open = event.transition == "opened"
        fields = {
            "open": f"{float(is_open)}",
            "since_ms": f"{float(event.time_ns // 1_000_000)}",
            "until_ms": f"{float(event.until_ns // 1_000_000) if event.until_ns else NO_END_MS}",
            "reason": quote(event.reason),
            "text_zh": quote(event.text_zh),
            "text_en": quote(event.text_en),
        }
        place = {"station": event.station, "unit": event.unit, "tag": event.tag, "detector": event.detector}
        components = [event.component or ALL_PARTS]
        if is_maintenance and not event.component and not is_open:  # the whole unit: every window of it is over
            components += self._judged
        lines = [_line("outage", place | {"component": code}, fields, event.time_ns) for code in components]
        return "".join(lines), len(lines)


def _measured(event: EarlyWarning) -> dict[str, str]:
    """Fields of the log that a transition has only if it says how the machine is."""
    fields: dict[str, str] = {}
    if event.evidence:
        fields |= {"score": f"{event.score}", "tag": quote(event.evidence[0].tag)}
    if event.transition in TELLS:
        fields["failure_mode"] = quote(event.likely[0].mode if event.likely else "unknown")
    return fields


def _level(event: EarlyWarning) -> float:
    return WATCH + LEVELS.index(event.level)


def _line(measurement: str, tags: dict[str, str], fields: dict[str, str], time_ns: int) -> str:
    head = ",".join([measurement, *(f"{escape(key)}={escape(value)}" for key, value in tags.items())])
    body = ",".join(f"{key}={value}" for key, value in fields.items())
    return f"{head} {body} {time_ns // 1_000_000}\n"


def _episode(event: EarlyWarning) -> dict[str, str]:
    """What a transition changes in the point of its episode."""
    changed = {
        "id": quote(event.id),
        "onset_ms": f"{float(event.onset_ns // 1_000_000)}",
        "changed_ms": f"{float(event.time_ns // 1_000_000)}",
        "transition": quote(event.transition),
    }
    if event.transition in ENDS:
        changed["open"] = "0.0"
    if event.act is not None:
        changed["who"] = quote(event.act.who)
    return changed | _told(event) if event.transition in TELLS else changed


def _told(event: EarlyWarning) -> dict[str, str]:
    """What is said of the machine: why, what it may be, and when the limit is reached [h]; nobody has answered to it yet."""
    what, likely, first = brief(event)
    forecast = event.forecast
    times_s = (None, None) if forecast is None else (forecast.low_s, forecast.high_s)
    low_h, high_h = (NO_TIME_H if time_s is None else round(time_s / 3600.0, DECIMALS) for time_s in times_s)
    return {
        "open": "1.0",
        "level": f"{_level(event)}",
        "score": f"{event.score}",
        "hours_low": f"{low_h}",
        "hours_high": f"{high_h}",
        "who": quote(""),
        "tag": quote(event.evidence[0].tag if event.evidence else ""),
        "what_zh": quote(what.zh),
        "what_en": quote(what.en),
        "likely_zh": quote(likely.zh),
        "likely_en": quote(likely.en),
        "first_zh": quote(first.zh),
        "first_en": quote(first.en),
    }


def _station_fields(units: Array, time_ms: int) -> dict[str, float]:
    """Fields of the station from the rows of its units: worst-of, and how many units are in which state; only finite ones."""
    health, score, state, mode, good = units.T
    running = int(np.count_nonzero(mode == RUNNING))
    tally = state.tolist()
    fields = {
        "health": float(np.fmin.reduce(health)),
        "score": float(np.fmax.reduce(score)),
        "state": max(tally),
        "mode": float(mode.max()),
        "quality": float(good.min()),
        "units": float(len(units)),
        "units_running": float(running),
        "units_watch": float(tally.count(WATCH)),
        "units_warning": float(sum(one > WATCH for one in tally)),
        "units_no_data": float(tally.count(NO_DATA)),
        "event_ms": float(time_ms),
    }
    return {name: round(value, DECIMALS) for name, value in fields.items() if math.isfinite(value)}
