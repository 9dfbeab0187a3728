"""The verdict on a small incident, and each way in which an expectation holds or does not."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from detectors.events import EarlyWarning
from replay.expectations import check, elapsed
from replay.heard import opened
from replay.verdict import Verdict, is_true, judge_incident, subject
from stations.faults import Case
from stations.scenario import Expected
from stations.simulate.labels import Label
from tests.replay.played import heard, incident, whole

DAY_NS = 86_400 * 10**9
HERE = Expected("warning", "HYG", "2", after_day=0.5, before_day=3.0)


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    one, run, labels = whole()
    return judge_incident(one, labels, run, one.scenario.end_ns)


def test_it_is_caught_before_its_alarm_by_a_tag_of_the_part_that_fails(verdict: Verdict) -> None:
    assert (verdict.caught, verdict.held, verdict.is_whole) == (True, True, True)
    assert isinstance(verdict.first, EarlyWarning)
    assert (verdict.first.unit, verdict.first.component) == ("2", "generator")
    assert verdict.lead_to_alarm_h is not None
    assert verdict.lead_to_event_h is not None
    assert 0 < verdict.lead_to_alarm_h < verdict.lead_to_event_h < 3.0 * 24
    assert verdict.false == ()


def test_it_can_be_written_as_json(verdict: Verdict) -> None:
    plain = json.loads(json.dumps(verdict.to_dict()))
    names = ("name", "expected", "held", "caught", "lead_to_alarm_h", "lead_to_event_h", "false_warnings")
    assert tuple(verdict.summary()) == names
    assert (plain["first"]["head"], plain["about"]["kind"], plain["event"]) == ("level", "F10", "2026-07-04T12:00:00Z")


@pytest.mark.parametrize(
    ("expected", "held"),
    [
        (HERE, True),
        (replace(HERE, station="*", unit=""), True),
        (replace(HERE, unit="1"), False),
        (replace(HERE, component="generator"), True),
        (replace(HERE, component="turbine"), False),
        (replace(HERE, level="urgent", before_day=5.0), True),
        (replace(HERE, level="urgent", before_day=1.0), False),
        (replace(HERE, after_day=0.0, before_day=0.4), False),
        (replace(HERE, most=99), True),
        (Expected("none", "HYG"), False),
        (Expected("none", "HYG", "1"), True),
        (Expected("none", "HYG", before_day=0.5), True),
        (Expected("quality", "HYG", tags=("MKA10CE101",)), False),
    ],
)
def test_an_expectation_holds_or_not(expected: Expected, held: bool) -> None:
    _, run, _ = whole()
    scenario = incident(expected).scenario
    (one,) = check(scenario, run, scenario.end_ns)
    assert one.held is held
    told = one.text()
    assert not re.search("[a-z]", told.zh), "no English word in Chinese"
    assert not re.search("[\u4e00-\u9fff]", told.en)


@pytest.mark.parametrize(
    ("expected", "zh", "en"),
    [
        (
            Expected("warning", "HYG", "2", "generator", after_day=0.04375, before_day=2.5, level="warning"),
            "应有预警或更高级别的预警",
            "a warning of level warning or above from 1 h 3 min to 2 d 12 h after the begin",
        ),
        (Expected("warning", "HYG", level="urgent", most=1), "最多 1 条", "level urgent from begin to end, at most 1"),
        (
            Expected("warning", "HYG", after_day=-7, before_day=-6),
            "开始前 7 天至开始前 6 天之间",
            "from 7 d before the begin to 6 d",
        ),
        (
            Expected("none", "*", before_day=0.03),
            "所有电站：开始后 43 分钟 12 秒之前不应有预警",
            "until 43 min 12 s after the begin",
        ),
        (Expected("none", "HYG", after_day=4), "开始后 4 天起不应有预警", "no warning from 4 d after the begin on"),
        (Expected("quality", "HYG", "1", tags=("MKA10CE101",)), "1 号机 有功功率：自始至终", "unit 1, active power: "),
    ],
)
def test_an_expectation_is_told_in_two_languages(expected: Expected, zh: str, en: str) -> None:
    _, run, _ = whole()
    scenario = incident(expected).scenario
    (one,) = check(scenario, run, scenario.end_ns)
    assert zh in one.text().zh
    assert en in one.text().en


def test_a_length_of_time_has_two_units_at_most() -> None:
    told = [elapsed(seconds).en for seconds in (0.0, 59.4, 3600.0, 7199.0, 86_400.0 * 1.5, 86_400.0 + 60.0)]
    assert told == ["0 s", "59 s", "1 h", "2 h", "1 d 12 h", "1 d"]


def test_more_warnings_than_are_wanted_are_a_flood() -> None:
    _, run, _ = whole()
    scenario = incident(replace(HERE, unit="", most=1)).scenario
    (one,) = check(scenario, run, scenario.end_ns)
    assert (one.held, one.count) == (len(opened(run.warnings)) <= 1, len(opened(run.warnings)))


def test_what_was_not_played_is_not_decided() -> None:
    """But what is broken is broken."""
    one = incident(
        HERE, Expected("none", "HYG", "1"), replace(HERE, after_day=0.0, before_day=0.2), replace(HERE, most=9)
    )
    until_ns = one.scenario.at_day(0.3)
    run = heard(one, until_ns)
    assert [checked.held for checked in check(one.scenario, run, until_ns)] == [None, None, False, None]
    verdict = judge_incident(one, [], run, until_ns)
    assert (verdict.held, verdict.is_whole, verdict.caught, verdict.first) == (False, False, None, None)


def test_an_incident_is_about_what_is_complete_nearest_to_its_event() -> None:
    def labelled(kind: str, category: str, end_ns: int) -> Label:
        return Label(kind, category, "slow", "YXK", "2", "", 0, end_ns, 1.0)

    labels = [labelled("F01", "failure", 80), labelled("S01", "sensor", 100), labelled("F03", "failure", 100)]
    assert subject([*labels, labelled("B01", "benign", 99)], 99) == labels[2]
    assert subject(labels[:2], 99) == labels[0], "a machine that fails comes before a sensor that lies"
    assert subject(labels[1:2], 99) == labels[1]
    assert subject(labels, None) is None
    assert subject([labelled("B01", "benign", 99)], 99) is None


@pytest.mark.parametrize(
    ("case", "is_so"),
    [
        (Case("F10", "HYG", "2", 0, 1.0), True),
        (Case("F10", "HYG", "", 0, 1.0), True),
        (Case("F10", "HYG", "1", 0, 1.0), False),
        (Case("F10", "YXK", "2", 0, 1.0), False),
        (Case("F10", "HYG", "2", 2 * 10**18, 1.0), False),
        (Case("F10", "HYG", "2", 0, 1.0, repaired_ns=10**9), False),
        (Case("B13", "HYG", "2", 0, 1.0), False),
        (Case("S01", "HYG", "2", 0, 1.0, tag="MKA10CE101"), False),
    ],
)
def test_a_warning_is_true_where_a_machine_fails(case: Case, is_so: bool) -> None:
    _, run, _ = whole()
    (first, *_) = opened(run.warnings)
    assert is_true(first, [case]) is is_so


def test_all_units_together_are_true_where_any_fails() -> None:
    _, run, _ = whole()
    (first, *_) = opened(run.warnings)
    assert is_true(replace(first, unit="*"), [Case("F10", "HYG", "1", 0, 1.0)])
