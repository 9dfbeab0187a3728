"""Sentences of warnings: both languages say where, what, by how much, since when, why, and how far the limit is."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from detectors import actions
from detectors.events import ENDS, TELLS, Act, EarlyWarning, Evidence, Forecast, Likely
from detectors.heads import HEADS
from detectors.sentences import MODE_WORDS, PHRASES, warning_sentence
from stations.plant import Text

STATION = Text("雅溪口", "Yaxikou")
BEARING = Text("水导轴承", "turbine guide bearing")
ONSET_NS = 1_767_225_600_000_000_000
HOT = Evidence("YXK.20MED10CT103", "3号瓦温", "pad 3 metal temperature", "degC", 64.12, 57.94, 1.23, 70.0)


WARNING = EarlyWarning(
    id="x",
    kind="early_warning",
    station="YXK",
    block="units",
    unit="2",
    component="turbine_guide_bearing",
    transition="opened",
    level="watch",
    time_ns=ONSET_NS + 2520 * 10**9,
    onset_ns=ONSET_NS,
    score=1.2,
    evidence=(HOT,),
    text_zh="",
    text_en="",
)
PADS = Likely("F01", 0.72, "导轴承瓦损伤", "guide pad distress", "取油样", "oil sample")
FOULED = Likely("F03", 0.2, "油冷却器结垢", "oil-cooler fouling", "反冲洗", "back-flush")


def say(evidence: Evidence, *, transition: str = "opened", lasted_s: float = 2520.0) -> Text:
    time_ns = ONSET_NS + round(lasted_s * 1e9)
    return told(replace(WARNING, transition=transition, time_ns=time_ns, evidence=(evidence,)))


def told(warning: EarlyWarning) -> Text:
    return warning_sentence(STATION, BEARING, MODE_WORDS.get(warning.mode, Text("", "")), warning)


def test_a_warning_in_english() -> None:
    assert say(HOT).en == (
        "Yaxikou unit 2, turbine guide bearing: pad 3 metal temperature 6.18 K above expected "
        "(64.1, expected 57.9 °C) for 42 min; alarm limit 70.0 °C."
    )


def test_a_warning_in_chinese() -> None:
    assert say(HOT).zh == (
        "雅溪口 2 号机 水导轴承：3号瓦温比期望值高 6.18 K（实测 64.1，期望 57.9 °C），已持续 42 分钟；报警限值 70.0 °C。"
    )


def test_an_escalation_says_the_same_as_an_opening() -> None:
    assert say(HOT, transition="escalated") == say(HOT)


def test_too_low_is_said_so() -> None:
    low = replace(HOT, value=50.0, limit=10.0)
    assert "7.94 K below expected (50.0, expected 57.9 °C)" in say(low).en
    assert "alarm limit 10.0 °C" in say(low).en
    assert "比期望值低 7.94 K" in say(low).zh


def test_what_was_found_of_late_is_not_mistaken_for_the_reading_of_the_moment() -> None:
    """Strained water: less than expected for hours, a little more just now."""
    lately = replace(HOT, value=58.6, deviation=-1.31, limit=None)
    assert "lately 1.31 K below expected (now 58.6, expected 57.9 °C)" in say(lately).en
    assert "近来比期望值低 1.31 K（此刻 58.6，期望 57.9 °C）" in say(lately).zh
    assert "lately" not in say(replace(HOT, deviation=6.0)).en


def test_no_limit_is_not_invented() -> None:
    text = say(replace(HOT, limit=None))
    assert "limit" not in text.en
    assert "限值" not in text.zh
    assert text.en.endswith("for 42 min.")
    assert text.zh.endswith("已持续 42 分钟。")


def test_a_return_says_how_long_it_lasted() -> None:
    text = say(HOT, transition="returned", lasted_s=3.5 * 86_400)
    assert text.en == "Yaxikou unit 2, turbine guide bearing: back to normal after 3.5 d."
    assert text.zh == "雅溪口 2 号机 水导轴承：恢复正常，历时 3.5 天。"


@pytest.mark.parametrize(
    ("uom", "shown", "difference"),
    [("degC", "°C", "K"), ("m3/s", "m³/s", "m³/s"), ("um", "µm", "µm"), ("MOhm", "MΩ", "MΩ"), ("mm/s", "mm/s", "mm/s")],
)
def test_units_are_written_as_people_write_them(uom: str, shown: str, difference: str) -> None:
    text = say(replace(HOT, uom=uom))
    for sentence in (text.zh, text.en):
        assert f"6.18 {difference}" in sentence
        assert f"57.9 {shown}" in sentence


@pytest.mark.parametrize(
    ("head", "zh", "en"),
    [
        (
            "cross",
            "3号瓦温与其他测点不一致（实测 64.1 °C）",
            "pad 3 metal temperature does not fit the other tags (64.1 °C)",
        ),
        (
            "spread",
            "3号瓦温波动异常（实测 64.1 °C）",
            "pad 3 metal temperature fluctuates more than it used to (64.1 °C)",
        ),
    ],
)
def test_where_the_level_is_as_expected_no_difference_is_told(head: str, zh: str, en: str) -> None:
    text = say(replace(HOT, head=head))
    assert text.zh == f"雅溪口 2 号机 水导轴承：{zh}，已持续 42 分钟。"
    assert text.en == f"Yaxikou unit 2, turbine guide bearing: {en} for 42 min."


def test_every_head_has_words() -> None:
    for head in HEADS:
        text = say(replace(HOT, head=head, uom=""))
        assert "  " not in text.en
        assert " )" not in text.en


def test_all_that_is_known_stands_in_one_sentence() -> None:
    warning = replace(
        WARNING,
        evidence=(replace(HOT, deviation=6.2, trend_per_day=0.4),),
        mode="running",
        load=139.2,
        load_uom="MW",
        likely=(PADS, FOULED),
        forecast=Forecast("rising", 9 * 86_400.0, 17 * 86_400.0),
    )
    assert told(warning).en == (
        "Yaxikou unit 2, turbine guide bearing: pad 3 metal temperature 6.20 K above expected (64.1, expected 57.9 °C) "
        "for 42 min (running, 139 MW), moving away by 0.400 K/d; alarm limit 70.0 °C in 9-17 d (80 %). "
        "Likely: guide pad distress (0.7), oil-cooler fouling (0.2). First: oil sample."
    )
    assert told(warning).zh == (
        "雅溪口 2 号机 水导轴承：3号瓦温比期望值高 6.20 K（实测 64.1，期望 57.9 °C），已持续 42 分钟（运行，139 MW），"
        "每天变化 0.400 K；预计 9-17 天内达到报警限值 70.0 °C（80%）。"
        "可能原因：导轴承瓦损伤（0.7），油冷却器结垢（0.2）。先做：取油样。"
    )


def test_a_deviation_that_shrinks_is_said_to_come_back() -> None:
    warning = replace(WARNING, evidence=(replace(HOT, deviation=-2.0, trend_per_day=0.4),))
    assert "2.00 K below expected" in told(warning).en
    assert "coming back by 0.400 K/d" in told(warning).en


def test_a_trend_of_nothing_and_an_unlikely_mode_are_not_told() -> None:
    warning = replace(
        WARNING,
        evidence=(replace(HOT, deviation=6.0, trend_per_day=0.001),),
        likely=(replace(PADS, share=0.05),),
        forecast=Forecast("not rising"),
    )
    assert told(warning) == say(replace(HOT, deviation=6.0))


def test_what_belongs_to_an_earlier_warning_asks_for_no_check_of_its_own() -> None:
    text = told(replace(WARNING, likely=(PADS,), cause="y"))
    assert text.en.endswith("Belongs to an earlier warning.")
    assert "First" not in text.en


@pytest.mark.parametrize("transition", ["acknowledged", "shelved", "closed"])
def test_what_a_person_did_is_told_with_name_and_comment(transition: str) -> None:
    act = Act("Li Wei", "seen on site", "confirmed", ONSET_NS)
    text = told(replace(WARNING, transition=transition, act=act, evidence=()))
    for sentence in (text.zh, text.en):
        assert "Li Wei" in sentence
        assert "seen on site" in sentence


@pytest.mark.parametrize("outcome", actions.OUTCOMES)
def test_every_outcome_has_words(outcome: str) -> None:
    act = Act("Li", "", outcome)
    text = told(replace(WARNING, transition="closed", act=act, evidence=()))
    assert text.en.startswith("Yaxikou unit 2, turbine guide bearing: closed by Li as ")
    assert not text.en.endswith("as .")


def test_every_transition_has_a_phrase() -> None:
    assert {*ENDS, "acknowledged", "shelved", "unshelved"} <= set(PHRASES)
    assert not set(TELLS) & set(PHRASES)


def test_both_languages_have_the_same_places() -> None:
    for name, text in PHRASES.items():
        places = [{field for _, field, _, _ in string.Formatter().parse(one) if field} for one in (text.zh, text.en)]
        assert places[0] == places[1], name
