"""Verdicts on hand-made labels and warnings: every border between in time, too late, too early and false."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detectors.events import DataQuality, EarlyWarning, Event, Refused
from replay.evaluation.judging import (
    DAY_NS,
    HOUR_NS,
    Doubted,
    Said,
    Told,
    Warned,
    Watched,
    false_warnings,
    judge,
    judge_sensor,
)
from stations.faults import Case
from stations.simulate.labels import Label

START_NS = 1_798_761_600 * 10**9  # 2027-01-01
END_NS = START_NS + 100 * HOUR_NS
ALARM_NS = START_NS + 90 * HOUR_NS


def failure(alarm_ns: int | None = ALARM_NS) -> Label:
    return Label("F01", "failure", "slow", "YXK", "2", "", START_NS, END_NS, 1.0, START_NS + HOUR_NS, "T", alarm_ns)


def warned(*hours: float, unit: str = "2") -> Said:
    return Said([Warned(unit, "guide", START_NS + round(h * HOUR_NS)) for h in hours])


def test_the_first_warning_from_the_start_on_gives_the_lead() -> None:
    verdict = judge(failure(), "winter", warned(50, 10, 20))
    assert (verdict.detected, verdict.found, verdict.lead_h) == (True, True, 80.0)
    assert (verdict.shown, verdict.component) == (True, "guide")


@pytest.mark.parametrize(
    ("hour", "detected", "found"),
    [(-0.01, False, False), (0, True, True), (89.99, True, True), (90, False, True), (100, False, True)],
)
def test_before_the_start_is_no_detection_and_at_the_alarm_is_too_late(
    hour: float, detected: bool, found: bool
) -> None:
    verdict = judge(failure(), "winter", warned(hour))
    assert (verdict.detected, verdict.found) == (detected, found)
    assert (verdict.lead_h is not None) == detected


@pytest.mark.parametrize(("hour", "detected"), [(79.9, True), (80, False)])
def test_without_an_alarm_four_fifths_of_the_development_are_the_deadline(hour: float, detected: bool) -> None:
    verdict = judge(failure(alarm_ns=None), "winter", warned(hour))
    assert (verdict.detected, verdict.found, verdict.lead_h) == (detected, True, None)


def test_a_warning_of_another_unit_or_after_the_end_finds_nothing() -> None:
    assert not judge(failure(), "winter", warned(10, unit="1")).found
    assert not judge(failure(), "winter", warned(100.1)).found


def told(hour: float, *modes: str, due: tuple[float, float] | None = None, unit: str = "2") -> Told:
    when = None if due is None else (START_NS + round(due[0] * HOUR_NS), START_NS + round(due[1] * HOUR_NS))
    return Told(unit, START_NS + round(hour * HOUR_NS), modes, when, "YXK.20MKD10CT101")


def test_the_latest_message_before_the_deadline_is_what_the_crew_has_in_hand() -> None:
    said = warned(10)
    said.told = [told(10, "F03"), told(40, "F03", "F01"), told(50, "F01", unit="1"), told(95, "F01")]
    verdict = judge(failure(), "winter", said)
    assert (verdict.modes_first, verdict.modes) == (("F03",), ("F03", "F01"))
    assert (verdict.named(1), verdict.named(3), verdict.named_first) == (False, True, False)


def test_a_family_counts_for_its_variants_but_not_one_variant_for_another() -> None:
    label = failure()
    for mode, right in (("F01", True), ("F0", False), ("F01-x", False)):
        said = warned(10)
        said.told = [told(10, mode)]
        assert judge(label, "winter", said).named(3) is right


def test_an_interval_came_true_or_not_and_one_that_outlasts_the_case_says_nothing() -> None:
    said = warned(10)
    said.told = [told(10, due=(80, 100)), told(20, due=(20, 89)), told(30), told(85, due=(91, 99))]
    label = replace(failure(), alarms=(("MKD10CT101", ALARM_NS), ("MKV10CT101", START_NS + 95 * HOUR_NS)))
    assert judge(label, "winter", said).due == (True, False, False)
    said.told = [one._replace(tag="YXK.20MKV10CT101") for one in said.told]
    assert judge(label, "winter", said).due == (True, False, True), "each tag by its own limit"
    said.told = [told(10, due=(50, 99)), told(10, due=(50, 101))]
    assert judge(replace(label, alarms=()), "winter", said).due == (False,)


@pytest.mark.parametrize(
    ("pace", "hour", "met"),
    [
        ("slow", 18, True),
        ("slow", 18.1, False),
        ("medium", 78, True),
        ("medium", 78.1, False),
        ("fast", 89.9, True),
        ("fast", 89.95, False),
        ("step", 1 / 6, True),
        ("step", 0.17, False),
    ],
)
def test_in_time_is_what_the_pace_asks_for(pace: str, hour: float, met: bool) -> None:
    assert judge(replace(failure(), pace=pace), "winter", warned(hour)).lead_met is met


@pytest.mark.parametrize(("hour", "met"), [(60, True), (60.1, False)])
def test_without_an_alarm_three_fifths_of_the_development_are_in_time(hour: float, met: bool) -> None:
    assert judge(failure(alarm_ns=None), "winter", warned(hour)).lead_met is met


def test_only_what_opens_counts() -> None:
    said = Said()
    events: list[Event] = [
        warning("opened", 1),
        warning("escalated", 2),
        warning("returned", 3),
        doubt("opened", 4),
        doubt("returned", 5),
        doubt("passed", 6),
        Refused("YXK", "units", 7, "duplicate"),
    ]
    said.take(events)
    assert said.warnings == [Warned("2", "guide", 1)]
    assert said.doubts == [Doubted("2", "T", 4), Doubted("2", "T", 6)]


def test_what_belongs_to_an_earlier_warning_is_no_second_false_one() -> None:
    said = Said([Warned("1", "guide", START_NS + DAY_NS), Warned("1", "oil", START_NS + DAY_NS, "x")])
    (watched,) = false_warnings(("1",), [], START_NS, START_NS + 20 * DAY_NS, said)
    assert watched.false == 1


def test_false_are_warnings_of_healthy_units_and_of_others_before_their_case() -> None:
    case = Case("F01", "YXK", "2", START_NS + 10 * DAY_NS, 86_400.0 * 5)
    said = Said([Warned("1", "guide", START_NS + 12 * DAY_NS), Warned("1", "guide", START_NS - 1)])
    said.warnings += [Warned("2", "guide", START_NS + day * DAY_NS) for day in (9, 10, 11)]
    (watched,) = false_warnings(("1", "2"), [case], START_NS, START_NS + 20 * DAY_NS, said)
    assert (watched.season, watched.false) == ("winter", 2)
    assert watched.unit_days == pytest.approx(20 + 10)


def test_what_comes_again_and_who_is_sent_to_a_sensor_in_vain_are_counted() -> None:
    said = Said(reopened=[Warned("1", "guide", START_NS + DAY_NS), Warned("1", "oil", START_NS + DAY_NS, "x")])
    said.doubts = [Doubted("1", "T", START_NS + DAY_NS, f"sensor-{kind}") for kind in ("drift", "spikes", "step")]
    (watched,) = false_warnings(("1",), [], START_NS, START_NS + 20 * DAY_NS, said)
    assert (watched.false, watched.reopened, watched.doubts) == (0, 1, 2)


def test_a_fault_of_the_whole_station_leaves_no_unit_healthy() -> None:
    case = Case("S08", "YXK", "", START_NS + 3 * DAY_NS, 86_400.0)
    (watched,) = false_warnings(("1", "2"), [case], START_NS, START_NS + 20 * DAY_NS, Said())
    assert watched == Watched("winter", 0, 6.0)


def test_healthy_time_goes_to_the_season_in_which_it_was() -> None:
    said = Said([Warned("1", "guide", START_NS + 60 * DAY_NS)])
    watched = {one.season: one for one in false_warnings(("1",), [], START_NS, START_NS + 365 * DAY_NS, said)}
    assert {season: one.unit_days for season, one in watched.items()} == {
        "winter": 90,
        "spring": 92,
        "summer": 92,
        "autumn": 91,
    }
    assert np.sum([one.false for one in watched.values()]) == watched["spring"].false == 1


@pytest.mark.parametrize(
    ("unit", "tag", "as_sensor"), [("2", "T", True), ("2", "*", True), ("2", "U", False), ("1", "T", False)]
)
def test_a_sensor_fault_is_told_by_unit_and_tag(unit: str, tag: str, as_sensor: bool) -> None:
    label = Label("S05", "sensor", "sensor", "YXK", "2", "T", START_NS, END_NS, 1.0)
    verdict = judge_sensor(label, "winter", Said(doubts=[Doubted(unit, tag, START_NS + HOUR_NS)]))
    assert (verdict.as_sensor, verdict.as_machine) == (as_sensor, False)


def test_a_sensor_fault_that_opens_a_warning_is_taken_for_a_machine() -> None:
    label = Label("S02", "sensor", "sensor", "YXK", "2", "T", START_NS, END_NS, 1.0)
    assert judge_sensor(label, "winter", warned(99)).as_machine
    assert not judge_sensor(label, "winter", warned(102)).as_machine
    assert not judge_sensor(label, "winter", warned(50, unit="1")).as_machine


def warning(transition: str, time_ns: int) -> EarlyWarning:
    return EarlyWarning(
        id="w",
        kind="early_warning",
        station="YXK",
        block="units",
        unit="2",
        component="guide",
        transition=transition,
        level="watch",
        time_ns=time_ns,
        onset_ns=0,
        score=1.0,
        evidence=(),
        text_zh="",
        text_en="",
    )


def doubt(transition: str, time_ns: int) -> DataQuality:
    return DataQuality(
        id="d",
        kind="data_quality",
        station="YXK",
        block="units",
        unit="2",
        tag="T",
        transition=transition,
        time_ns=time_ns,
        reason="",
        text_zh="",
        text_en="",
    )


def test_what_could_not_be_judged_is_told_apart_from_what_was_missed() -> None:
    said = Said(units=("1", "2"))
    said.scans = [(START_NS + h * HOUR_NS, np.array([True, h >= 45])) for h in range(200)]
    assert judge(failure(), "winter", said).judged == pytest.approx(0.5)
    (watched,) = false_warnings(("1", "2"), [], START_NS, START_NS + 5 * DAY_NS, said)
    assert watched.judged_days == pytest.approx(5 + 5 - 45 / 24)
    assert Said().judged("2", START_NS, END_NS) == 0.0
