"""What is stored of warnings: a log of transitions, and how each episode stands, in the columns of a list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.events import Act, EarlyWarning, Evidence, Forecast, Likely
from streams.points import NO_TIME_H, PointEncoder
from tests.connectors.protocol import Line, numbers, read
from tests.detectors.small import BLOCK, START_NS

TIME_NS = START_NS + 123_456_789
TIME_MS = TIME_NS // 1_000_000

WARNING = EarlyWarning(
    id="6d0a4c2e-5d4b-5b0e-9f53-77616e626961",
    kind="early_warning",
    station="ABC",
    block="units",
    unit="2",
    component="bearing",
    transition="opened",
    level="warning",
    time_ns=TIME_NS,
    onset_ns=START_NS,
    score=1.75,
    evidence=(Evidence("ABC.20PAD1", "瓦温", "pad", "degC", 64.1, 57.9, 1.75, 70.0),),
    text_zh='甲站 2 号机：瓦温 "高" 6 K，a=b \\ c。',
    text_en="Alpha unit 2, pad: 6 K above.",
)


LOGGED = {"level", "onset_ms", "id", "transition", "who", "text_zh", "text_en"}
MEASURED = {"score", "tag"}
CHANGED = {"id", "onset_ms", "changed_ms", "transition"}
TOLD = {"open", "level", "score", "hours_low", "hours_high", "who", "tag"}
TOLD |= {f"{part}_{language}" for part in ("what", "likely", "first") for language in ("zh", "en")}


def logged(warning: EarlyWarning) -> Line:
    """The point in the log."""
    lines, count = PointEncoder(BLOCK).warning(warning)
    log, _ = read(lines)
    assert (log.measurement, log.time, count) == ("warning", TIME_MS, 2)
    return log


def episode(*warnings: EarlyWarning) -> dict[str, str]:
    """The point of one episode after some transitions, as InfluxDB has it: fields of one series and time are joined."""
    encoder = PointEncoder(BLOCK)
    fields: dict[str, str] = {}
    for warning in warnings:
        _, line = read(encoder.warning(warning)[0])
        assert (line.measurement, line.time) == ("episode", START_NS // 10**6)
        assert line.tags == {"station": "ABC", "unit": "2", "component": "bearing"}
        fields |= line.fields
    return fields


def test_a_transition_is_logged_with_its_numbers_and_texts() -> None:
    line = logged(WARNING)
    assert line.tags == {"station": "ABC", "unit": "2", "component": "bearing", "episode": "6d0a4c2e"}
    texts = {"id": WARNING.id, "tag": "ABC.20PAD1", "text_zh": WARNING.text_zh, "text_en": WARNING.text_en}
    texts |= {"failure_mode": "unknown", "transition": "opened", "who": ""}
    assert {name: text for name, text in line.fields.items() if name in texts} == texts
    others = line._replace(fields={name: text for name, text in line.fields.items() if name not in texts})
    assert numbers(others) == {"level": 4.0, "score": 1.75, "onset_ms": START_NS // 10**6}


@pytest.mark.parametrize("transition", ["opened", "escalated", "reminded"])
def test_what_says_how_the_machine_is_is_logged_with_all_fields(transition: str) -> None:
    assert set(logged(replace(WARNING, transition=transition)).fields) == LOGGED | MEASURED | {"failure_mode"}
    assert set(logged(replace(WARNING, transition="returned")).fields) == LOGGED | MEASURED


@pytest.mark.parametrize(
    ("transition", "level"), [("acknowledged", "4.0"), ("shelved", "4.0"), ("unshelved", "4.0"), ("closed", "0.0")]
)
def test_what_people_do_is_no_score_and_no_failure_mode_and_keeps_the_level(transition: str, level: str) -> None:
    line = logged(replace(WARNING, transition=transition, act=Act("Li", "seen"), evidence=(), score=0.0))
    assert set(line.fields) == LOGGED
    assert (line.fields["level"], line.fields["who"]) == (level, "Li")


def test_an_episode_says_what_is_seen_in_the_columns_of_a_list() -> None:
    fields = episode(WARNING)
    assert set(fields) == CHANGED | TOLD
    assert (fields["open"], fields["level"], fields["score"], fields["tag"]) == ("1.0", "4.0", "1.75", "ABC.20PAD1")
    assert (float(fields["onset_ms"]), float(fields["changed_ms"])) == (START_NS // 10**6, TIME_MS)
    assert fields["what_zh"] == "瓦温比期望值高 6.20 K（实测 64.1，期望 57.9 °C）"
    assert fields["what_en"] == "pad 6.20 K above expected (64.1, expected 57.9 °C)"
    assert (fields["likely_zh"], fields["first_en"]) == ("", "")
    assert float(fields["hours_low"]) == float(fields["hours_high"]) == NO_TIME_H


def test_an_episode_names_what_it_may_be_what_to_do_first_and_when_the_limit_is_reached() -> None:
    likely = (
        Likely("F01", 0.7, "轴瓦损伤", "pad distress", "化验润滑油", "oil sample"),
        Likely("F02", 0.2, "油冷却器堵塞", "oil-cooler fouling", "", ""),
        Likely("F03", 0.05, "其他", "something else", "", ""),
    )
    warning = replace(WARNING, likely=likely, forecast=Forecast("rising", 9 * 86_400.0, 17 * 86_400.0))
    fields = episode(warning)
    assert (fields["likely_zh"], fields["likely_en"]) == ("轴瓦损伤，油冷却器堵塞", "pad distress, oil-cooler fouling")
    assert (fields["first_zh"], fields["first_en"]) == ("化验润滑油", "oil sample")
    assert (fields["hours_low"], fields["hours_high"]) == ("216.0", "408.0")
    assert logged(warning).fields["failure_mode"] == "F01"
    assert episode(replace(warning, cause="another id"))["first_en"] == "see the earlier warning"


def test_two_episodes_of_one_component_are_two_series_of_the_log() -> None:
    other = replace(WARNING, id="11111111-5d4b-5b0e-9f53-77616e626961")
    assert logged(WARNING).tags != logged(other).tags


ACKNOWLEDGED = replace(WARNING, transition="acknowledged", evidence=(), score=0.0, act=Act('Li "Q"', "seen"))
RETURNED = replace(WARNING, transition="returned", evidence=())


def test_who_has_taken_a_warning_on_is_known_until_it_rises() -> None:
    fields = episode(WARNING, ACKNOWLEDGED)
    assert (fields["who"], fields["transition"], fields["open"], fields["score"]) == (
        'Li "Q"',
        "acknowledged",
        "1.0",
        "1.75",
    )
    fields = episode(WARNING, ACKNOWLEDGED, replace(WARNING, transition="escalated", level="urgent"))
    assert (fields["who"], fields["transition"], fields["open"], fields["level"]) == ("", "escalated", "1.0", "5.0")


@pytest.mark.parametrize("transition", ["returned", "accepted", "closed"])
def test_a_warning_that_is_over_is_closed(transition: str) -> None:
    over = replace(RETURNED, transition=transition)
    fields = episode(WARNING, over)
    assert (fields["open"], fields["level"], fields["tag"]) == ("0.0", "4.0", "ABC.20PAD1")
    assert logged(over).fields["level"] == "0.0"


def test_what_has_returned_stays_closed_when_somebody_acknowledges_it() -> None:
    fields = episode(WARNING, RETURNED, ACKNOWLEDGED)
    assert (fields["open"], fields["transition"]) == ("0.0", "acknowledged")
    assert episode(WARNING, RETURNED, replace(WARNING, transition="reopened"))["open"] == "1.0"


def test_transitions_that_come_again_leave_the_episode_as_it_was() -> None:
    course = (WARNING, ACKNOWLEDGED, RETURNED)
    assert episode(*course, *course[1:]) == episode(*course, *course) == episode(*course)


@pytest.mark.parametrize(("level", "stored"), [("watch", 3.0), ("warning", 4.0), ("urgent", 5.0)])
def test_the_level_of_a_warning_is_the_state_it_puts_its_component_in(level: str, stored: float) -> None:
    warning = replace(WARNING, level=level)
    assert float(logged(warning).fields["level"]) == float(episode(warning)["level"]) == stored
