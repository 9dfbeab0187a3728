"""Every channel at once: events of the topic of warnings in, notices out. Pure; the time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from detectors.events import DataQuality, EarlyWarning
from detectors.notices import Notice
from detectors.outages import Outages, Units
from detectors.outlet import Outlet
from detectors.routes import Route
from detectors.worklist import Worklist

SWEEP_NS: Final = 3600 * 10**9
"""Time between two looks for warnings to forget [ns]."""
SCHEMA: Final = 1


class Notifier:
    """All channels, and what the messages to them are made of: the worklist and the sensors that are out.

    Parameters
    ----------
    routes : one a channel, of different names; ``escalate_to`` names one of them.
    technologies : by station.   units : of the plant, as in `Outages`.
    """

    def __init__(self, routes: Sequence[Route], technologies: Mapping[str, str], units: Units | None = None) -> None:
        targets = {route.escalate_to for route in routes}
        self.outlets = {
            route.channel: Outlet(route, technologies, is_target=route.channel in targets) for route in routes
        }
        self.worklist, self.sensors = Worklist(), Outages(units)
        self._swept_ns = 0

    def remember(self, event: EarlyWarning | DataQuality) -> None:
        """Take in what was told before a restart: nobody is told of it again."""
        if isinstance(event, DataQuality):
            self.sensors.take(event)
        else:
            self.worklist.take(event)

    def take(self, events: Iterable[EarlyWarning | DataQuality], now_ns: int) -> list[Notice]:
        """What the channels are told now [ns], after some events; call it often, for what is due though nothing happens."""
        warnings = []
        for event in events:
            self.remember(event)
            if isinstance(event, EarlyWarning):
                warnings.append(event)
        told = [notice for outlet in self.outlets.values() for notice in outlet.take(warnings, now_ns, self.worklist)]
        for outlet in self.outlets.values():
            overdue = outlet.overdue(now_ns, self.worklist)
            if overdue:
                target = self.outlets[outlet.route.escalate_to]
                target.escalate(outlet.route.channel, overdue)
                told += target.take((), now_ns, self.worklist)
        if now_ns - self._swept_ns > SWEEP_NS:
            self._swept_ns = now_ns
            self.worklist.forget()
        return told

    def snapshot(self) -> dict[str, Any]:
        """What the channels wait for, as JSON-able data. Worklist and sensors are not in it: the topic tells them again."""
        return {"schema": SCHEMA, "channels": {name: outlet.snapshot() for name, outlet in self.outlets.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `snapshot`; a channel that is new begins, one that is gone is left out. ValueError on newer code's."""
        if state["schema"] != SCHEMA:
            raise ValueError(f"state of messages of schema {state['schema']}; expected {SCHEMA}")
        for name, outlet in self.outlets.items():
            if name in state["channels"]:
                outlet.restore(state["channels"][name])
