"""What is out: by whom it is said, until it is back; and what a monitor says adds up to what it knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detectors.actions import Action
from detectors.events import DataQuality
from detectors.monitor import StationMonitor
from detectors.outages import MAINTENANCE, Outages, units_of
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet
from stations.simulate import simulate

START = 1_767_225_600 * 10**9
HOUR = 3600 * 10**9
UNITS = {("YXK", "units"): ("1", "2", "3")}


def quality(unit: str, tag: str, transition: str, detector: str = "data-quality", hours: float = 0.0) -> DataQuality:
    time_ns = START + round(hours * HOUR)
    id = f"{unit}.{tag}.{detector}.{time_ns}"
    return DataQuality(
        id, "data_quality", "YXK", "units", unit, tag, transition, time_ns, "why", "无", "none", detector
    )


def folded(*events: DataQuality) -> Outages:
    made = Outages(UNITS)
    for event in events:
        made.take(event)
    return made


def listed(made: Outages, hours: float = 100.0) -> list[tuple[tuple[str, ...], str]]:
    return [(one.units, one.event.tag) for one in made.listed(START + round(hours * HOUR))]


def test_a_sensor_is_out_until_it_is_back_the_newest_first() -> None:
    opened = quality("1", "A", "opened"), quality("2", "B", "opened", hours=1)
    passed = quality("1", "C", "passed", "excursion")
    assert listed(folded(*opened, passed, opened[0])) == [(("2",), "B"), (("1",), "A")]
    made = folded(*opened, quality("1", "A", "returned", hours=2))
    assert (made.bad("YXK", "1"), made.bad("YXK", "2"), made.bad("FYL", "2")) == ((), ("B",), ())


def test_each_detector_has_to_say_that_it_is_back() -> None:
    both = quality("1", "A", "opened"), quality("1", "A", "opened", "sensor-stuck", 1)
    made = folded(*both, quality("1", "A", "returned", hours=2))
    assert [one.event.detector for one in made.listed(START)] == ["sensor-stuck"]
    made.take(quality("1", "A", "returned", "sensor-stuck", 3))
    assert made.listed(START) == []


def test_a_station_falls_silent_as_one_and_may_come_back_unit_by_unit() -> None:
    made = folded(quality("*", "*", "opened"))
    assert listed(made) == [(("*",), "*")]
    assert made.bad("YXK", "2") == ("*",)
    made.take(quality("2", "*", "returned", hours=1))
    assert listed(made) == [(("1", "3"), "*")]
    made.take(quality("1", "*", "returned", hours=1))
    made.take(quality("3", "*", "returned", hours=1))
    assert listed(made) == []
    assert listed(folded(quality("*", "*", "opened"), quality("*", "*", "returned", hours=1))) == []


def test_a_window_of_maintenance_is_no_fault_and_ends_by_its_time() -> None:
    window = replace(quality("1", "*", "opened", MAINTENANCE), until_ns=START + 8 * HOUR)
    made = folded(window)
    assert listed(made, 7.9) == [(("1",), "*")]
    assert made.listed(START)[0].is_maintenance
    assert listed(made, 8.0) == []
    assert made.bad("YXK", "1") == ()
    made.take(replace(window, id="later", time_ns=START + HOUR, until_ns=START + 12 * HOUR))
    assert listed(made, 11.0) == [(("1",), "*")], "another end was given"


def test_the_end_of_work_on_a_component_leaves_the_others_that_on_the_unit_none() -> None:
    until_ns = START + 8 * HOUR
    windows = [
        replace(quality("1", "*", "opened", MAINTENANCE), component=code, until_ns=until_ns, id=code)
        for code in ("bearing", "stator")
    ]
    done = replace(quality("1", "*", "returned", MAINTENANCE, 1), component="bearing")
    assert [one.event.component for one in folded(*windows, done).listed(START)] == ["stator"]
    assert folded(*windows, quality("1", "*", "returned", MAINTENANCE, 1)).listed(START) == []


def test_events_of_before_detectors_were_named_end_too() -> None:
    old = replace(quality("1", "A", "opened"), detector="")
    assert folded(old, quality("1", "A", "returned", hours=1)).listed(START) == []


def test_what_a_monitor_tells_adds_up() -> None:
    """A dead sensor, a silent station and a window; then all is well again."""
    station = load_fleet().stations["YXK"]
    block = station.blocks[0]
    monitor, made = StationMonitor(station, Tuning()), Outages(units_of(Fleet({"YXK": station})))
    bad = block.tag_index[next(tag.code for tag in block.tags if tag.model is not None and not tag.shared)]
    scans = list(simulate(station, start_ns=START, n_scans=90, seed=1))

    def play(first: int, last: int, *, dead: bool = False, silent: bool = False) -> None:
        for scan in scans[first:last]:
            values = scan.values.copy()
            values[1, bad] = np.nan if dead else values[1, bad]
            values[:] = np.nan if silent else values
            for event in monitor.receive(replace(scan, values=values)):
                if isinstance(event, DataQuality):
                    made.take(event)

    play(0, 30, dead=True)
    assert made.bad("YXK", block.units[1]) == (block.tags[bad].code,)
    play(30, 60, dead=True, silent=True)
    outages = made.listed(scans[59].time_ns)
    assert (outages[0].units, outages[0].event.tag, outages[0].event.detector) == (("*",), "*", "data-quality")
    play(60, 90)
    assert made.listed(scans[89].time_ns) == []
    window = Action("maintain", "YXK", "Li", scans[89].time_ns + 1, unit="3", until_ns=scans[89].time_ns + HOUR)
    (told,) = monitor.act(window)
    assert isinstance(told, DataQuality)
    assert (told.detector, told.component, told.until_ns) == (MAINTENANCE, "", window.until_ns)
