"""What all pages of one process share: the room, its lock, the clock of the plant, one snapshot a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from dashboards.board.acting import Actor, History
from dashboards.board.replayed import Replayed, ReplayView
from dashboards.board.room import Room
from dashboards.board.views import FleetView, StationView, UnitView, WarningView
from detectors.events import Event
from detectors.kpis import Kpis
from stations.plant import Text

V = TypeVar("V")
REDRAW_S: Final = 1.0
"""Pages are redrawn once so long, and share what was computed for it [s]."""
SNAPSHOTS_MOST: Final = 500
"""Views that are kept for the rest of a second: one a station and a unit that somebody looks at."""


class Board:
    """The room as pages see it; safe to be called from any thread.

    Parameters
    ----------
    room : the read model; from now on only to be changed through `take` and `learn`.
    actor, history : carry acts out, look back.
    plant_ns : the time of the plant [ns]; None = that of the newest event, as of a simulation.
    clock : of the wall [s].
    language : of a browser that does not say; one of `dashboards.board.words.LANGUAGES`.
    replay : what feeds the room instead of a plant, and every page says so; None = it is live.

    Attributes
    ----------
    notice : what every page says on top, such as that a part of the pipeline is silent; may be set. None = nothing.
    """

    def __init__(
        self,
        room: Room,
        *,
        actor: Actor,
        history: History,
        plant_ns: Callable[[], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
        language: str = "",
        replay: Replayed | None = None,
    ) -> None:
        self.actor, self.history, self.language = actor, history, language
        self.fleet, self.replay = room.fleet, replay
        self.notice: Callable[[], Text | None] = lambda: None
        self._room, self._clock = room, clock
        self._plant_ns = plant_ns or (lambda: room.last_ns)
        self._lock = threading.Lock()
        self._made: dict[object, Any] = {}
        self._made_s = -REDRAW_S

    def take(self, events: Iterable[Event]) -> None:
        """Fold events in."""
        with self._lock:
            self._room.take(events)

    def recall(self, station: str, healths: Iterable[tuple[int, float]]) -> None:
        """See `Room.recall`."""
        with self._lock:
            self._room.recall(station, healths)

    def learn(self, progress: tuple[float, str] | None) -> None:
        """Tell how far learning is; None = live."""
        with self._lock:
            self._room.progress = progress

    @property
    def now_ns(self) -> int:
        """The time of the plant [ns]."""
        return self._plant_ns()

    def fleet_view(self) -> FleetView:
        """See `Room.fleet_view`."""
        return self._once("fleet", lambda: self._room.fleet_view(self.now_ns))

    def station_view(self, code: str) -> StationView:
        """See `Room.station_view`."""
        return self._once(code, lambda: self._room.station_view(code, self.now_ns))

    def unit_view(self, code: str, unit: str) -> UnitView:
        """See `Room.unit_view`."""
        return self._once((code, unit), lambda: self._room.unit_view(code, unit, self.now_ns))

    def warnings(self, *, ended: bool = False) -> tuple[WarningView, ...]:
        """See `Room.warnings`."""
        return self._once(("warnings", ended), lambda: self._room.warnings(ended=ended))

    def load_view(self) -> Kpis:
        """See `Room.load_view`."""
        return self._once("load", lambda: self._room.load_view(self.now_ns))

    def replay_view(self) -> ReplayView | None:
        """See `Replayed.view`; None = it is live."""
        replay = self.replay
        return None if replay is None else self._once("replay", replay.view)

    def read(self, what: Callable[[Room], V]) -> V:
        """Ask the room something now, not as of this second."""
        with self._lock:
            return what(self._room)

    def _once(self, key: object, make: Callable[[], V]) -> V:
        """Made once for all pages and a second."""
        with self._lock:
            now_s = self._clock()
            if now_s - self._made_s >= REDRAW_S or len(self._made) >= SNAPSHOTS_MOST:
                self._made, self._made_s = {}, now_s
            if key not in self._made:
                self._made[key] = make()
            made: V = self._made[key]
            return made
