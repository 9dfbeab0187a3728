"""The embedded run: order, pace and events, without a clock of its own."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from detectors import monitor
from detectors.actions import Action
from detectors.events import EarlyWarning, Event, HealthScore, Refused, TagTrend
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.plant import Station
from stations.simulate import simulate
from wanbiao.embedded import Embedded, Pace, Planned, merged, simulated
from wanbiao.settings import Settings

START_NS = 1_767_225_600_000_000_000


class Wall:
    """A clock that only sleep moves; it notes how long each sleep was [s]."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture(scope="module")
def stations() -> list[Station]:
    fleet = Settings().load_fleet()
    return [fleet.stations["YXK"].at_period(600.0), fleet.stations["FYL"].at_period(900.0)]


def test_scans_come_in_order_of_event_time_over_the_stations(stations: list[Station]) -> None:
    scans = list(simulated(stations, start_ns=START_NS, seed=1, span_s=7200.0))
    assert [(a.time_ns, a.station) < (b.time_ns, b.station) for a, b in pairwise(scans)] == [True] * (len(scans) - 1)
    assert [sum(scan.station == code for scan in scans) for code in ("YXK", "FYL")] == [12, 8]
    assert {(scan.time_ns - START_NS) // 10**9 for scan in scans if scan.station == "FYL"} == set(range(0, 7200, 900))


def test_a_number_of_scans_is_of_each_station(stations: list[Station]) -> None:
    assert len(list(simulated(stations, start_ns=START_NS, seed=1, n_scans=5))) == 10


def test_the_events_are_those_of_a_monitor_alone(stations: list[Station]) -> None:
    """What one station says does not depend on the company it keeps, nor on the pause between two runs."""
    tuning = Tuning(warm_up_s=3600.0, warm_up_scans=5)
    plant = Embedded(stations, simulated(stations, start_ns=START_NS, seed=1, span_s=86_400.0), tuning)
    steps = [*plant.run(until_ns=START_NS + 40_000 * 10**9), *plant.run()]
    mine = [event for step in steps if step.scan.station == "YXK" for event in step.events]
    alone = list(
        monitor.run(StationMonitor(stations[0], tuning), simulate(stations[0], start_ns=START_NS, n_scans=144, seed=1))
    )
    assert [type(event) for event in mine] == [type(event) for event in alone]
    for one, other in zip(mine, alone, strict=True):
        if isinstance(one, HealthScore) and isinstance(other, HealthScore):
            assert one.time_ns == other.time_ns
            assert one.score.tobytes() == other.score.tobytes()


def test_the_next_scan_waits_for_the_next_run(stations: list[Station]) -> None:
    plant = Embedded(stations[:1], simulated(stations[:1], start_ns=START_NS, seed=1, n_scans=4))
    first = [step.scan.seq for step in plant.run(until_ns=START_NS + 600 * 10**9)]
    assert (first, [step.scan.seq for step in plant.run()]) == ([0], [1, 2, 3])
    assert list(plant.run()) == []


def test_a_paced_run_sleeps_until_each_scan_is_due(stations: list[Station]) -> None:
    wall = Wall()
    plant = Embedded(stations[:1], simulated(stations[:1], start_ns=START_NS, seed=1, n_scans=4))
    pace = Pace(300.0, clock=wall.clock, sleep=wall.sleep)
    assert len(list(plant.run(pace=pace))) == 4
    assert wall.slept == [2.0, 2.0, 2.0]
    assert pace.elapsed_s == 6.0


def test_a_paced_run_ends_in_time_even_while_it_waits(stations: list[Station]) -> None:
    wall = Wall()
    plant = Embedded(stations[:1], simulated(stations[:1], start_ns=START_NS, seed=1))
    steps = list(plant.run(pace=Pace(300.0, for_s=5.0, clock=wall.clock, sleep=wall.sleep)))
    assert [(step.scan.time_ns - START_NS) // 10**9 for step in steps] == [0, 600, 1200]
    assert wall.slept == [2.0, 2.0, 1.0]


def test_a_run_at_full_speed_ends_in_time_too() -> None:
    wall = Wall()
    pace = Pace(math.inf, for_s=5.0, clock=wall.clock, sleep=wall.sleep)
    assert pace.wait(START_NS)
    wall.now_s += 4.9
    assert pace.wait(START_NS + 10**18)
    wall.now_s += 0.2
    assert not pace.wait(START_NS + 10**18)
    assert wall.slept == []


def test_a_late_run_does_not_sleep_and_catches_up() -> None:
    wall = Wall()
    pace = Pace(1.0, clock=wall.clock, sleep=wall.sleep)
    pace.wait(0)
    wall.now_s += 3.0
    for second in (1, 2, 3, 4):
        pace.wait(second * 10**9)
    assert wall.slept == [1.0]


@pytest.mark.parametrize(("speed", "for_s"), [(0.0, 1.0), (-1.0, 1.0), (math.nan, 1.0), (1.0, 0.0), (1.0, math.nan)])
def test_an_impossible_pace_is_refused(speed: float, for_s: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Pace(speed, for_s=for_s)


def test_merging_nothing_gives_nothing() -> None:
    assert list(merged([])) == []


def test_people_act_between_scans_and_all_is_heard_in_order(stations: list[Station]) -> None:
    lively = Tuning(limit=1.5, warm_up_s=600.0, warm_up_scans=20, learn_s=60.0, on_scans=3, off_scans=3)
    station = stations[0].at_period(60.0)
    plant = Embedded([station], simulated([station], start_ns=START_NS, seed=3, n_scans=300), lively)
    heard: list[Event] = []
    plant.hear = heard.extend
    told = (event for step in plant.run() for event in step.events)
    opened = next(event for event in told if isinstance(event, EarlyWarning))
    done = plant.act(Action("acknowledge", "YXK", "Li", opened.time_ns + 1, warning=opened.id))
    assert [event.transition for event in done if isinstance(event, EarlyWarning)] == ["acknowledged"]
    assert heard[-len(done) :] == done
    assert opened in heard
    (refused,) = plant.act(Action("acknowledge", "XYZ", "Li", opened.time_ns + 1, warning=opened.id))
    assert isinstance(refused, Refused)
    assert "unknown station 'XYZ'" in refused.reason


def test_what_is_planned_is_carried_out_after_its_scan_or_before_the_first(stations: list[Station]) -> None:
    """Of each station in its own time; work on a part is told by its monitor, and heard in that place."""
    until_ns = START_NS + 86_400 * 10**9

    def planned(after_ns: int, station: str) -> Planned:
        return Planned(after_ns, Action("maintain", station, "Li", START_NS + 1, unit="1", until_ns=until_ns))

    plant = Embedded(stations, simulated(stations, start_ns=START_NS, seed=1, n_scans=3))
    heard: list[Event] = []
    plant.hear = heard.extend
    plant.plan([planned(0, "YXK"), planned(START_NS + 900 * 10**9, "FYL"), planned(0, "XYZ")])
    list(plant.run())

    def place(code: str) -> int:
        """How many scans of a station were judged before its act was heard."""
        mine = [event for event in heard if getattr(event, "station", "") == code]
        told = next(i for i, event in enumerate(mine) if not isinstance(event, HealthScore | TagTrend))
        return sum(isinstance(event, HealthScore) for event in mine[:told])

    assert (place("YXK"), place("FYL")) == (0, 2)


def test_what_cannot_be_kept_is_not_carried_out(stations: list[Station]) -> None:
    plant = Embedded(stations[:1], simulated(stations[:1], start_ns=START_NS, seed=1, n_scans=2))
    list(plant.run())
    asked: list[int] = []

    def keep(after_ns: int) -> None:
        asked.append(after_ns)
        raise OSError("no room")

    heard: list[Event] = []
    plant.hear = heard.extend
    with pytest.raises(OSError, match="no room"):
        plant.act(Action("acknowledge", "YXK", "Li", START_NS, warning="x"), keep=keep)
    assert (asked, heard) == ([START_NS + 600 * 10**9], [])
