"""What a crew is told of a warning: everything that control-room work asks for, in both languages; work orders; the document."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detectors import forecast
from detectors.events import Act, DataQuality, EarlyWarning, Evidence, Forecast
from detectors.facts import Links, code
from detectors.messages import LINES_SHOWN_MOST, PHRASES, Message, message, trial
from detectors.notifier import Notifier
from detectors.routes import Route
from detectors.sentences import warning_sentence
from detectors.sisters import ALL_UNITS
from detectors.work_order import SHORT_TEXT_MOST, work_orders
from stations.catalogue import load_fleet
from stations.plant import Text
from tests.detectors.test_desk import HOUR, MINUTE, warning
from tests.detectors.test_sentences import FOULED, HOT, ONSET_NS, PADS, WARNING

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "messages.md"
FLEET = load_fleet()
LINKS = Links(
    board="https://board.plant.example/warnings/{id}",
    grafana="https://grafana.plant.example/d/wanbiao-unit?var-station={station}&var-unit={unit}&from={from_ms}&to={to_ms}",
    replay="wanbiao warnings show {id}",
)
OTHER = Evidence("YXK.20MED10CT101", "1号瓦温", "pad 1 metal temperature", "degC", 61.3, 57.8, 1.05, 70.0)
OIL = Evidence("YXK.20MED10CT110", "油温", "oil temperature", "degC", 44.0, 43.1, 0.8, None)
MORE = Evidence("YXK.20MED10CY101", "摆度", "run-out", "um", 120.0, 110.0, 0.7, None)


def full(**changes: Any) -> EarlyWarning:
    """A warning of which everything is known, with the sentence that the reporter gives it."""
    bare = replace(
        WARNING,
        id="6d0a4c2e-0000-5000-8000-000000000000",
        level="warning",
        evidence=(replace(HOT, deviation=6.2, trend_per_day=0.4), OTHER, OIL, MORE),
        mode="running",
        load=93.0,
        load_uom="%",
        likely=(PADS, FOULED),
        forecast=Forecast(forecast.RISES, 9 * 86_400.0, 17 * 86_400.0),
    )
    bare = replace(bare, **changes)
    names = {part.code: part.name for block in FLEET.stations["YXK"].blocks for part in block.components}
    text = warning_sentence(FLEET.stations["YXK"].name, names[bare.component], Text("运行", "running"), bare)
    return replace(bare, text_zh=text.zh, text_en=text.en)


def messages(*events: EarlyWarning | DataQuality, at_ns: int = ONSET_NS + 43 * MINUTE) -> list[Message]:
    notifier = Notifier([Route("crew")], {})
    return [message(notice, notifier, FLEET, LINKS) for notice in notifier.take(events, at_ns)]


def one(*events: EarlyWarning | DataQuality) -> Message:
    (made,) = messages(*events)
    return made


ENGLISH = """\
Yunxikou hydro unit 2, turbine guide bearing: pad 3 metal temperature 6.20 K above expected (64.1, expected 57.9 °C) for 42 min \
(running, 93.0 %), moving away by 0.400 K/d; alarm limit 70.0 °C in 9-17 d (80 %). Likely: guide pad distress (0.7), \
oil-cooler fouling (0.2). First: oil sample.
Machine: YXK.2.turbine_guide_bearing
Level: warning, since 2026-01-01 00:00 UTC, for 42 min, trend +0.400 K/d
Evidence:
  YXK.20MED10CT103 pad 3 metal temperature: measured 64.1, expected 57.9 °C
  YXK.20MED10CT101 pad 1 metal temperature: measured 61.3, expected 57.8 °C
  YXK.20MED10CT110 oil temperature: measured 44.0, expected 43.1 °C
Operation: running, 93.0 %
Likely: guide pad distress (0.7), oil-cooler fouling (0.2)
Alarm limit 70.0 °C: in 9-17 d (80 %)
First: oil sample
Data quality: good
Acknowledged: by nobody yet
Board: https://board.plant.example/warnings/6d0a4c2e-0000-5000-8000-000000000000
Dashboard: https://grafana.plant.example/d/wanbiao-unit?var-station=YXK&var-unit=2&from=1767139200000&to=1767228120000
Replay: wanbiao warnings show 6d0a4c2e-0000-5000-8000-000000000000
Warning: 6d0a4c2e-0000-5000-8000-000000000000"""


def test_a_message_holds_what_a_crew_must_know() -> None:
    made = one(full())
    assert made.text.en == ENGLISH
    assert made.title.en == "▲ warning: Yunxikou hydro unit 2, turbine guide bearing"
    for part in ("设备：YXK.2.turbine_guide_bearing", "级别：预警，自 2026-01-01 00:00 UTC 起，已持续 42 分钟，趋势每天 +0.400 K",
                 "  YXK.20MED10CT103 3号瓦温：实测 64.1，期望 57.9 °C", "工况：运行，93.0 %", "先做：取油样",
                 "可能原因：导轴承瓦损伤（0.7），油冷却器结垢（0.2）", "到达报警限值 70.0 °C：9-17 天（80%）",
                 "数据质量：良好", "尚无人确认"):  # fmt: skip
        assert part in made.text.zh.splitlines()
    assert len(made.text.zh.splitlines()) == len(made.text.en.splitlines())


def test_the_object_for_programs_holds_the_same() -> None:
    body = json.loads(json.dumps(one(full()).body))
    assert (body["kind"], body["level"], body["channel"]) == ("page", "warning", "crew")
    (told,) = body["warnings"]
    assert told["station"]["code"] == "YXK"
    assert told["component"]["code"] == "turbine_guide_bearing"
    assert told["context"] == {
        "mode": "running",
        "mode_zh": "运行",
        "mode_en": "running",
        "load": 93.0,
        "load_uom": "%",
    }
    assert told["forecast"] == {"state": "rising", "low_s": 777600.0, "high_s": 1468800.0, "limit": 70.0, "uom": "degC"}
    assert [tag["tag"] for tag in told["evidence"]] == [HOT.tag, OTHER.tag, OIL.tag]
    assert (told["since"], told["lasted_s"], told["state"]) == ("2026-01-01T00:00:00Z", 2520, "unacknowledged")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (forecast.NO_LIMIT, "Alarm limit: the tag has none"),
        (forecast.NOT_RISING, "Alarm limit: no time to it, since it is not rising"),
        (forecast.BEYOND, "Alarm limit: further off than can be foretold"),
        (forecast.PASSED, "Alarm limit: 70.0 °C, reached"),
        (forecast.UNKNOWN, "Alarm limit: too little has been seen to tell a time"),
        ("of tomorrow", "Alarm limit: too little has been seen to tell a time"),
        (None, "Alarm limit: too little has been seen to tell a time"),
    ],
)
def test_why_there_is_no_time_to_the_limit(state: str | None, expected: str) -> None:
    assert expected in one(full(forecast=Forecast(state) if state else None)).text.en.splitlines()


def test_little_is_known() -> None:
    made = one(full(likely=(), mode="", load=None, forecast=None, evidence=(HOT,)))
    lines = made.text.en.splitlines()
    assert not [line for line in lines if line.startswith(("Operation", "Likely", "First"))]
    assert "trend" not in lines[2]
    (told,) = made.body["warnings"]
    assert (told["context"]["mode"], told["likely"], told["first_check_en"]) == (None, [], None)
    strange = replace(full(), station="NEW", component="gadget", id="n")
    assert one(strange).title.en == "▲ warning: NEW unit 2, gadget"


def test_sensors_that_are_out_are_a_flag() -> None:
    sensor = DataQuality("q", "data_quality", "YXK", "units", "2", "MED10CT104", "opened", ONSET_NS, "stuck", "", "")
    assert "Data quality: sensors of the unit that are out (1): MED10CT104" in one(sensor, full()).text.en
    elsewhere = replace(sensor, unit="1")
    assert "Data quality: good" in one(elsewhere, full()).text.en


def test_the_clear_has_the_id_of_the_warning_and_says_who_acknowledged() -> None:
    act = Act("Li Wei", "on site")
    later = ONSET_NS + HOUR
    first, last = messages(full()), None
    notifier = Notifier([Route("crew")], {})
    notifier.take([full()], ONSET_NS)
    assert notifier.take([full(transition="acknowledged", act=act, time_ns=later)], later) == []
    (notice,) = notifier.take([full(transition="returned", time_ns=later + 1)], later + 1)
    last = message(notice, notifier, FLEET, LINKS)
    assert last.title.en == "· over: Yunxikou hydro unit 2, turbine guide bearing"
    assert last.text.en.splitlines()[0].endswith("back to normal after 60 min.")
    assert "Acknowledged: Li Wei, 2026-01-01T01:00:00Z" in last.text.en
    assert last.body["warnings"][0]["id"] == first[0].body["warnings"][0]["id"]
    assert last.id != first[0].id, "another message about the same warning"


def test_a_digest_tells_the_worst_one_by_one_and_names_all() -> None:
    made = messages(*(warning(f"w{i:03}") for i in range(100)))[-1]
    assert made.title.en == "▲ 91 warnings, worst: warning"
    assert made.text.en.splitlines()[-1] == "71 more: wanbiao warnings list"
    assert len(made.text.en.splitlines()) == LINES_SHOWN_MOST + 2
    assert (len(made.body["lines"]), len(made.body["warnings"])) == (91, LINES_SHOWN_MOST)


def test_the_functional_location_of_a_whole_station() -> None:
    assert code(full(unit=ALL_UNITS)) == "YXK.turbine_guide_bearing"


def test_links_hold_no_more_than_one_word_each() -> None:
    made = one(replace(full(), unit="2&from=0"))
    assert "var-unit=2%26from%3D0&" in made.body["warnings"][0]["links"]["grafana"]


def test_phrases_have_the_same_places_in_both_languages() -> None:
    for phrase, text in PHRASES.items():
        zh, en = ({name for _, name, _, _ in string.Formatter().parse(one) if name} for one in (text.zh, text.en))
        assert zh == en, phrase


# ---- work orders


def order(**changes: Any) -> dict[str, Any]:
    (made,) = work_orders(one(full(**changes)).body)["orders"]
    return dict(made)


def test_a_work_order_has_a_header_and_an_item_for_each_likely_cause() -> None:
    made = order()
    header = made["header"]
    assert (header["functional_location"], header["priority"], header["type"]) == (
        "YXK.2.turbine_guide_bearing",
        "2",
        "M1",
    )
    assert (header["required_start"], header["required_end"]) == ("2026-01-01T00:43:00Z", "2026-01-08T00:43:00Z")
    assert (header["breakdown"], header["status"]) == (False, "open")
    assert len(header["short_text"]) <= SHORT_TEXT_MOST
    first, second = made["items"]
    assert (first["object_part"], first["damage_code"], first["cause_code"]) == (
        "turbine_guide_bearing",
        "level_high",
        "F01",
    )
    assert (first["task_en"], second["task_en"], second["cause_code"]) == ("oil sample", None, "F03")


def test_the_work_is_to_end_before_the_limit_is_reached() -> None:
    soon = Forecast(forecast.RISES, 2 * 86_400.0, 5 * 86_400.0)
    assert order(forecast=soon)["header"]["required_end"] == "2026-01-03T00:43:00Z"
    assert order(level="urgent", forecast=None)["header"]["required_end"] == "2026-01-02T00:43:00Z"


def test_a_limit_that_is_reached_is_a_breakdown() -> None:
    header = order(level="urgent", forecast=Forecast(forecast.PASSED, 0.0, 0.0))["header"]
    assert (header["breakdown"], header["type"], header["priority"]) == (True, "M2", "1")


def test_an_order_without_a_likely_cause_or_a_level() -> None:
    made = order(likely=(), evidence=(replace(HOT, head="spread"),))
    (item,) = made["items"]
    assert (item["cause_code"], item["damage_code"], item["task_en"]) == (None, "spread", None)


def test_what_is_over_closes_its_order() -> None:
    notifier = Notifier([Route("crew")], {})
    notifier.take([full()], ONSET_NS)
    (notice,) = notifier.take([full(transition="returned", time_ns=ONSET_NS + HOUR)], ONSET_NS + HOUR)
    (made,) = work_orders(message(notice, notifier, FLEET, LINKS).body)["orders"]
    assert (made["header"]["status"], made["header"]["reference"]) == ("closed", full().id)


def test_a_message_about_nothing_is_no_order() -> None:
    made = message(trial("crew", ONSET_NS), Notifier([], {}), FLEET, LINKS)
    assert work_orders(made.body)["orders"] == []


# ---- the document


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_document_are_what_is_sent() -> None:
    made = one(full())
    assert blocks("text")[0].rstrip("\n") == ENGLISH
    examples = [json.loads(block) for block in blocks("json")]
    assert examples == [made.body, work_orders(made.body)]
