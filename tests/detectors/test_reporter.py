"""Events for people: what stands in a warning and in a report on a sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from detectors.episodes import Transition, warning_id
from detectors.events import LEVELS, EarlyWarning
from detectors.quality import WHOLE_UNIT
from detectors.reporter import EVIDENCE_TAGS, Picture, Reporter
from stations.plant import Limits
from tests.detectors.small import BLOCK, START_NS, STATION

PAD1 = BLOCK.tags[BLOCK.tag_index["PAD1"]]
BEARING_OF_FIVE = replace(
    BLOCK, tags=tuple(replace(PAD1, code=f"PAD{i}", limits=Limits(alarm_low=5.0, alarm_high=90.0)) for i in range(5))
)
OPENED = Transition(unit=1, component=0, kind="opened", level=2, onset_ns=START_NS)
LATER_NS = START_NS + 7_200 * 10**9


def warn(
    scores: Sequence[float], *, transition: Transition = OPENED, value: float = 60.0, expected: float = 50.0
) -> EarlyWarning:
    """The warning for unit 2 when its five pads have these scores."""
    reporter = Reporter(STATION, BEARING_OF_FIVE, list(range(5)), ["bearing"])
    shape = (3, 5)
    picture = Picture(np.full(shape, value), np.full(shape, expected), np.tile(np.array(scores), (3, 1)))
    (event,) = reporter.warnings(LATER_NS, [transition], picture)
    return event


def test_a_warning_names_the_three_tags_that_stand_out_most() -> None:
    event = warn([0.1, 2.0, 1.5, 3.0, 0.2])
    assert [one.tag for one in event.evidence] == ["ABC.20PAD3", "ABC.20PAD1", "ABC.20PAD2"]
    assert [one.score for one in event.evidence] == [3.0, 2.0, 1.5]
    assert len(event.evidence) == EVIDENCE_TAGS
    assert event.score == 3.0


def test_a_tag_that_cannot_say_is_no_evidence() -> None:
    event = warn([np.nan, np.nan, 1.5, np.nan, 0.0])
    assert [one.tag for one in event.evidence] == ["ABC.20PAD2", "ABC.20PAD4"]


def test_the_limit_is_that_of_the_side_to_which_a_tag_has_stood_off_lately() -> None:
    """Whatever the noise of the moment: that is the side of its trend and its forecast."""
    reporter = Reporter(STATION, BEARING_OF_FIVE, list(range(5)), ["bearing"])
    full = np.full((3, 5), 50.0)
    picture = Picture(full + 1.0, full, full / 20.0, deviation=np.full((3, 5), -4.0))
    (first,) = reporter.evidence(1, [0], picture)
    assert (first.value > first.expected, first.limit) == (True, 5.0)


@pytest.mark.parametrize(("value", "limit"), [(60.0, 90.0), (40.0, 5.0)])
def test_the_limit_is_that_of_the_side_to_which_the_tag_deviates(value: float, limit: float) -> None:
    event = warn([2.0] * 5, value=value)
    assert {one.limit for one in event.evidence} == {limit}
    assert f"alarm limit {limit:.3g}" in event.text_en.replace(".0", "").replace(".00", "")


@pytest.mark.parametrize(("level", "name"), list(enumerate(LEVELS, 1)))
def test_levels_have_names(level: int, name: str) -> None:
    assert warn([2.0] * 5, transition=replace(OPENED, level=level)).level == name


def test_a_warning_says_who_what_and_when() -> None:
    event = warn([2.0] * 5)
    assert (event.kind, event.station, event.block, event.unit, event.component) == (
        "early_warning",
        "ABC",
        "units",
        "2",
        "bearing",
    )
    assert (event.transition, event.onset_ns, event.time_ns) == ("opened", START_NS, LATER_NS)
    assert "for 2 h" in event.text_en
    assert "已持续 2 小时" in event.text_zh


def test_all_transitions_of_an_episode_share_an_id_that_follows_from_its_onset() -> None:
    ids = {
        warn([2.0] * 5, transition=replace(OPENED, kind=kind, level=level)).id
        for kind, level in (("opened", 1), ("escalated", 3), ("returned", 3))
    }
    assert ids == {warning_id("ABC.units.2.bearing", "normal-behaviour", START_NS)}
    assert warn([2.0] * 5, transition=replace(OPENED, onset_ns=START_NS + 1)).id not in ids


def test_a_report_on_a_sensor_names_it_and_one_on_a_unit_names_all() -> None:
    reporter = Reporter(STATION, BLOCK, [], [])
    lost, back, all_lost = reporter.sensors(START_NS, [(0, 2, True), (0, 2, False), (1, WHOLE_UNIT, True)])
    assert (lost.unit, lost.tag, lost.transition, lost.time_ns) == ("1", "PAD1", "opened", START_NS)
    assert (back.unit, back.tag, back.transition) == ("1", "PAD1", "returned")
    assert (all_lost.unit, all_lost.tag, all_lost.transition) == ("2", "*", "opened")
    assert "tag PAD1" in lost.text_en
    assert "all sensors" in all_lost.text_en
    assert "全部测点" in all_lost.text_zh
    assert len({lost.id, all_lost.id}) == 2


def test_a_station_that_falls_silent_at_once_is_one_event_and_two_of_its_units_are_two() -> None:
    reporter = Reporter(STATION, BEARING_OF_FIVE, list(range(5)), ["bearing"])
    (lost,) = reporter.sensors(START_NS, [(unit, WHOLE_UNIT, True) for unit in range(3)])
    assert (lost.unit, lost.tag, lost.transition) == ("*", "*", "opened")
    assert lost.text_en == "Alpha, all units: no good value from all sensors; it is not judged."
    back = list(reporter.sensors(START_NS, [*((unit, WHOLE_UNIT, False) for unit in range(3)), (1, 2, True)]))
    assert [(one.unit, one.transition) for one in back] == [("*", "returned"), ("2", "opened")]
    two = list(reporter.sensors(START_NS, [(unit, WHOLE_UNIT, True) for unit in range(2)]))
    assert [one.unit for one in two] == ["1", "2"]
