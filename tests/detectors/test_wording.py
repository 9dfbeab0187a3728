"""How numbers, units and times are written, and what is said of sensors, in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.wording import duration, excursion_sentence, number, quality_sentence, shown_uom, span
from stations.plant import Text
from stations.units import UOM

STATION = Text("雅溪口", "Yaxikou")


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


@pytest.mark.parametrize(
    ("low_s", "high_s", "en"),
    [
        (9 * 86_400.0, 17 * 86_400.0, "9-17 d"),
        (0.2 * 86_400.0, 2 * 86_400.0, "0-2 d"),
        (3_000.0, 90_000.0, "1-25 h"),
        (600.0, 610.0, "about 10 min"),
        (40.0, 50.0, "about 1 min"),
    ],
)
def test_a_time_within_bounds(low_s: float, high_s: float, en: str) -> None:
    assert span(low_s, high_s).en == en


@given(st.floats(0.01, 1e6))
def test_a_number_keeps_three_digits_and_has_no_exponent(value: float) -> None:
    shown = number(value)
    assert re.fullmatch(r"\d+(\.\d+)?", shown)
    assert float(shown) == pytest.approx(value, rel=0.0051)
    assert float(number(-value)) == -float(shown)
    assert len(shown.replace(".", "").lstrip("0")) <= max(4, len(str(int(value))) + 1)


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
