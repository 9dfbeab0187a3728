"""A replay as the board shows it: which incident, how far it is, what was told when, and the verdict. It plays nothing itself.

Whoever plays tells a `Replayed` what happens, from its own thread; pages and HTTP API read the view, from theirs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from connectors.action_wire import ActionMessage, Audit, audit
from dashboards.board.folded import known
from detectors.events import Event, HealthScore
from stations.plant import Text

TRACE_MOST: Final = 240
"""Points of the score: each the highest of its stretch, so that no peak is lost."""
LEARNING, PLAYING, PAUSED, OVER = "learning", "playing", "paused", "over"
"""What a replay does."""
MARKS: Final = ("first", "alarm", "event")
"""What is marked on its timeline: the first warning, the static alarm, the event."""
ACTS_REFUSED: Final = Text(
    "这是回放：这里的预警早已过去，操作不会执行，也不会发往任何现场。",
    "This is a replay: its warnings are of the past, so nothing is carried out and nothing is sent to any plant.",
)


class Steering(Protocol):
    """Holds a replay, lets it go on, and says how fast; may be called from any thread."""

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person."""
        ...

    @property
    def speed(self) -> float:
        """Plant seconds a second; infinite = as fast as it goes."""
        ...

    def hold(self) -> None:
        """Wait from the next scan on."""
        ...

    def go_on(self) -> None:
        """Wait no longer."""
        ...

    def set_speed(self, speed: float) -> None:
        """Another speed from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Story:
    """What is known before anything is played: it goes from ``start_ns`` to ``end_ns`` [ns], and ``event_ns`` is the event."""

    name: str
    title: Text
    facts: Text | None
    sources: tuple[str, ...]
    start_ns: int
    end_ns: int
    event_ns: int | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of the scenario; ``held`` None = the play ended before; ``found_ns`` is when it was decided."""

    text: Text
    held: bool | None
    found_ns: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was said, and when."""

    time_ns: int
    text: Text


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The verdict; ``lead_to_alarm_s``, ``lead_to_event_s`` are negative where the first finding was too late [s].

    ``false`` are the false warnings, ``taken_for_sensors`` doubts about sensors of the unit that fails while it did; ``doubts``
    is how many data-quality events there were, ``digest`` is that of all messages.
    """

    held: bool | None
    expectations: tuple[Expectation, ...]
    caught: bool | None
    first: Told | None
    lead_to_alarm_s: float | None
    lead_to_event_s: float | None
    false: tuple[Told, ...]
    taken_for_sensors: tuple[Told, ...]
    doubts: int
    digest: str
    until_ns: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ReplayView:
    """All of it now.

    Attributes
    ----------
    state : ``learning``, ``playing``, ``paused`` or ``over``.   is_held : it pauses once it has learned.
    now_ns : the time of the telemetry that is shown [ns]; 0 = there was none yet.
    learned, done : how much of the healthy life, and of the incident, was played [0 .. 1].
    speed : plant seconds a second; None = as fast as it goes.   speeds : those that can be chosen.
    station, unit : what it is about; "" = not known yet, or no single one.
    marks : times of `MARKS` that are known [ns].
    trace_ns, trace : the highest score there, at equal steps [ns] and [-]; None = no score.
    acts : why nothing can be done here.
    """

    name: str
    title: Text
    facts: Text | None
    sources: tuple[str, ...]
    state: str
    is_held: bool
    start_ns: int
    end_ns: int
    now_ns: int
    learned: float
    done: float
    speed: float | None
    speeds: tuple[float | None, ...]
    station: str
    unit: str
    marks: dict[str, int]
    trace_ns: tuple[int, ...]
    trace: tuple[float | None, ...]
    verdict: VerdictView | None
    acts: Text


class Replayed:
    """What a board knows of the replay that feeds it; safe to be called from any thread.

    Parameters
    ----------
    steering : of the play.   speeds : what can be chosen; infinite = as fast as it goes.
    scans : of one station between ``start_ns`` and ``end_ns``: the score has no more points than that.
    """

    def __init__(self, story: Story, steering: Steering, speeds: Iterable[float], *, scans: int) -> None:
        self.story, self.steering, self.speeds = story, steering, tuple(speeds)
        self._lock = threading.Lock()
        self._learned, self._now_ns, self._place, self._rows = 0.0, 0, ("", ""), {"": -1}
        self._marks = {} if story.event_ns is None else {"event": story.event_ns}
        self._trace = np.full(max(1, min(TRACE_MOST, scans)), np.nan)
        self._has_begun, self._is_over = False, False
        self._verdict: VerdictView | None = None

    def learn(self, share: float, time_ns: int) -> None:
        """How much of the healthy life was played [0 .. 1], and up to when [ns]."""
        with self._lock:
            self._learned, self._now_ns = share, time_ns

    def begin(self, station: str, unit: str, rows: dict[str, int], alarm_ns: int | None) -> None:
        """The incident begins.

        Parameters
        ----------
        station, unit : what it is about; "" = all.   rows : of each station that is looked at, the row of its unit; -1 = all.
        alarm_ns : when the static alarm comes [ns]; None = there is none.
        """
        with self._lock:
            self._learned, self._has_begun, self._place, self._rows = 1.0, True, (station, unit), rows
        if alarm_ns is not None:
            self.mark("alarm", alarm_ns)

    def take(self, time_ns: int, events: Iterable[Event]) -> None:
        """A scan of the incident was played, and this was said of it."""
        story, n = self.story, len(self._trace)
        at = min(n - 1, max(0, (time_ns - story.start_ns) * n // max(1, story.end_ns - story.start_ns)))
        with self._lock:
            self._now_ns = max(self._now_ns, time_ns)
            for event in events:
                row = self._rows.get(event.station)
                if isinstance(event, HealthScore) and row is not None:
                    score = event.score if row < 0 else event.score[row]
                    self._trace[at] = np.fmax(self._trace[at], np.fmax.reduce(score, axis=None, initial=np.nan))

    def mark(self, kind: str, time_ns: int) -> None:
        """One of `MARKS` is known."""
        with self._lock:
            self._marks[kind] = time_ns

    def end(self, verdict: VerdictView | None) -> None:
        """Nothing more is played; None = it ended before there was anything to judge."""
        with self._lock:
            self._is_over, self._verdict = True, verdict

    def view(self) -> ReplayView:
        """All of it now."""
        story, is_held, speed = self.story, self.steering.is_held, self.steering.speed
        with self._lock:
            last_ns = self._verdict.until_ns if self._verdict else self._now_ns
            done = (last_ns - story.start_ns) / max(1, story.end_ns - story.start_ns)
            state = PAUSED if is_held else PLAYING
            n = len(self._trace)
            times = [story.start_ns + i * (story.end_ns - story.start_ns) // n for i in range(n)]
            seen = sum(time_ns <= self._now_ns for time_ns in times)
            return ReplayView(
                name=story.name,
                title=story.title,
                facts=story.facts,
                sources=story.sources,
                state=OVER if self._is_over else state if self._has_begun else LEARNING,
                is_held=is_held,
                start_ns=story.start_ns,
                end_ns=story.end_ns,
                now_ns=self._now_ns,
                learned=self._learned,
                done=min(1.0, max(0.0, done)) if self._has_begun else 0.0,
                speed=finite(speed),
                speeds=tuple(map(finite, self.speeds)),
                station=self._place[0],
                unit=self._place[1],
                marks={kind: self._marks[kind] for kind in MARKS if kind in self._marks},
                trace_ns=tuple(times[:seen]),
                trace=tuple(_rounded(value) for value in self._trace[:seen].tolist()),
                verdict=self._verdict,
                acts=ACTS_REFUSED,
            )


def finite(speed: float) -> float | None:
    """A speed as JSON can hold it.

    >>> finite(60.0), finite(float("inf"))
    (60.0, None)
    """
    return None if speed == float("inf") else speed


def _rounded(value: float) -> float | None:
    found = known(value)
    return None if found is None else round(found, 3)


class RefusedActor:
    """Carries nothing out: it knows neither a monitor nor an address."""

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`."""
        return audit(message, ACTS_REFUSED.en)
