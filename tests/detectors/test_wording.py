"""Sentences for staff: both languages say where, what, by how much, since when and how far the limit is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import Evidence
from detectors.heads import HEADS
from detectors.wording import HOW, duration, excursion_sentence, number, quality_sentence, shown_uom, warning_sentence
from stations.plant import Text
from stations.units import UOM

STATION = Text("雅溪口", "Yaxikou")
BEARING = Text("水导轴承", "turbine guide bearing")
HOT = Evidence("YXK.20MED10CT103", "3号瓦温", "pad 3 metal temperature", "degC", 64.12, 57.94, 1.23, 70.0)


def say(evidence: Evidence, *, transition: str = "opened", lasted_s: float = 2520.0) -> Text:
    return warning_sentence(STATION, "2", BEARING, transition, lasted_s, evidence)


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


def test_every_unit_of_the_catalogue_can_be_shown() -> None:
    plain = [uom for uom in UOM if re.search(r"[a-z]\d|degC|Ohm|\bu[A-Z]|^um$", shown_uom(uom))]
    assert plain == []


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.0, "0 秒", "0 s"),
        (120.0, "2 分钟", "2 min"),
        (5399.0, "90 分钟", "90 min"),
        (5400.0, "2 小时", "2 h"),
        (90_000.0, "25 小时", "25 h"),
        (172_800.0, "2.0 天", "2.0 d"),
        (40 * 86_400.0, "40.0 天", "40.0 d"),
    ],
)
def test_durations(seconds: float, zh: str, en: str) -> None:
    assert duration(seconds) == Text(zh, en)


@given(st.floats(0.01, 1e6))
def test_a_number_keeps_three_digits_and_has_no_exponent(value: float) -> None:
    shown = number(value)
    assert re.fullmatch(r"\d+(\.\d+)?", shown)
    assert float(shown) == pytest.approx(value, rel=0.0051)
    assert float(number(-value)) == -float(shown)
    assert len(shown.replace(".", "").lstrip("0")) <= max(4, len(str(int(value))) + 1)


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


def test_a_jump_that_is_over() -> None:
    pad = Text("3号瓦温", "pad 3 metal temperature")
    text = excursion_sentence(STATION, "2", pad, 1, 57.94, "degC")
    assert text.zh == "雅溪口 2 号机：3号瓦温短时跳变 1 行后恢复（期望 57.9 °C）。"
    assert text.en == "Yaxikou unit 2: pad 3 metal temperature jumped for 1 row and came back (expected 57.9 °C)."
    assert "for 2 rows and came back (expected 57.9)." in excursion_sentence(STATION, "2", pad, 2, 57.94, "").en


def test_a_sensor_without_good_values_is_not_the_machines_fault() -> None:
    lost = quality_sentence(STATION, "2", Text("3号瓦温", "pad 3 metal temperature"), True)
    assert lost.en == "Yaxikou unit 2: no good value from pad 3 metal temperature; it is not judged."
    assert lost.zh == "雅溪口 2 号机：3号瓦温无有效数据，不参与评估。"


def test_a_sensor_that_is_back_is_said_so() -> None:
    back = quality_sentence(STATION, "2", Text("3号瓦温", "pad 3 metal temperature"), False)
    assert back.en == "Yaxikou unit 2: pad 3 metal temperature gives good values again."
    assert back.zh == "雅溪口 2 号机：3号瓦温数据恢复。"


def test_every_head_has_words() -> None:
    assert set(HOW) == set(HEADS)
    for head in HEADS:
        text = warning_sentence(
            Text("甲站", "Alpha"), "1", Text("瓦", "pad"), "opened", 600.0, replace(HOT, head=head, uom="")
        )
        assert "  " not in text.en
        assert " )" not in text.en
