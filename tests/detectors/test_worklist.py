"""The list of warnings made of events alone is the one that the monitor keeps."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.desk import SILENT_S
from detectors.events import EarlyWarning
from detectors.lifecycle import STATE_NAMES
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from detectors.worklist import CLOSED, OVER, Worklist
from stations.catalogue import load_fleet
from stations.scan import Scan
from stations.simulate import simulate
from tests.streams.people import apply, mingled
from tests.streams.pipeline import LIVELY, START_NS

TUNING = Tuning(**LIVELY)  # type: ignore[arg-type]  # a mapping of numbers
HOUR = 3600 * 10**9


def event(id: str, transition: str, hours: float = 0.0, level: str = "watch") -> EarlyWarning:
    time_ns = START_NS + round(hours * HOUR)
    return EarlyWarning(
        id, "early_warning", "YXK", "units", "2", "guide", transition, level, time_ns, START_NS, 1.0, (), "", ""
    )


def listed(*events: EarlyWarning, ended: bool = False) -> list[str]:
    worklist = Worklist()
    for one in events:
        worklist.take(one)
    return [f"{item.told.id} {item.state}" for item in worklist.listed(ended=ended)]


@pytest.mark.parametrize("code", ["YXK", "FYL"])
def test_states_are_those_of_the_monitor_at_every_scan(code: str) -> None:
    """Through every transition that a lively station and its people make in 250 scans."""
    station = load_fleet().stations[code]
    monitor, worklist = StationMonitor(station, TUNING), Worklist()
    scans = simulate(station, start_ns=START_NS, n_scans=250, seed=1)
    compared: set[str] = set()
    for entry in mingled(load_fleet(), TUNING, scans, share=0.3):
        for one in apply(monitor, entry):
            if isinstance(one, EarlyWarning):
                worklist.take(one)
        if not isinstance(entry, Scan):
            continue
        block = monitor._blocks["units"]
        life = block._advisory.life
        states = life.state(entry.time_ns)
        for row, component in np.argwhere(life.onset_ns > 0):
            at = int(row), int(component)
            wanted = STATE_NAMES[states[at]]
            if wanted == "suppressed":
                continue  # a window is known to the monitor only
            item = worklist.items[block._reporter.id_of(*at, int(life.onset_ns[at]))]
            assert (item.state if item.state != CLOSED else "normal") == wanted, item.history
            assert item.rank == max(1, int(life._level[at]))
            compared.add(wanted)
    assert compared == set(STATE_NAMES) - {"suppressed"}


def test_what_is_said_again_counts_once() -> None:
    """A worker was killed and has said the last three again: the acknowledgement is no newer than the escalation."""
    told = [event("a", "opened"), event("a", "acknowledged", 1), event("a", "escalated", 2, "warning")]
    assert listed(*told, *told) == listed(*told) == ["a unacknowledged"]
    assert listed(*told, *told[:2]) == ["a unacknowledged"], "not even in the middle of it"


def test_the_worst_stands_first_and_what_is_over_is_left_out() -> None:
    told = [
        event("a", "opened", 1),
        event("b", "opened", 2, "urgent"),
        event("c", "opened", 3, "warning"),
        event("c", "closed", 4, "warning"),
        event("d", "accepted", 5),
    ]
    assert listed(*told) == ["b unacknowledged", "a unacknowledged"]
    assert listed(*told, ended=True) == ["b unacknowledged", "c closed", "a unacknowledged", "d accepted"]
    assert {"closed", "accepted", "normal"} == set(OVER)


def test_what_nobody_has_heard_of_for_two_months_is_left_out() -> None:
    late = event("b", "opened", SILENT_S / 3600 + 1)
    assert listed(event("a", "opened"), late) == ["b unacknowledged"]
    assert len(listed(event("a", "opened"), late, ended=True)) == 2


def test_a_list_that_begins_in_the_middle_of_a_story_is_a_list() -> None:
    assert listed(event("a", "acknowledged"), event("b", "returned"), event("c", "unshelved")) == [
        "a acknowledged",
        "b returned",
        "c unacknowledged",
    ]


def test_the_first_characters_of_an_id_find_it() -> None:
    worklist = Worklist()
    for id in ("abc", "abd", "x"):
        worklist.take(event(id, "opened"))
    assert [item.told.id for item in worklist.find("ab")] == ["abc", "abd"]
    assert [item.told.id for item in worklist.find("x")] == ["x"]
    assert worklist.find("") == worklist.find("abcd") == []
