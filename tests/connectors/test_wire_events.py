"""Events on the wire: health round trip, and warnings that people can read."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.wire import SCHEMA, decode_health, encode_health, encode_warning
from detectors.events import DataQuality, EarlyWarning, Evidence, HealthScore
from detectors.health import health_index

SCORE = np.array([[0.5, np.nan], [1.7, 0.0], [2.0**-140, 40.0]])
HEALTH = HealthScore(
    station="ABC",
    block="units",
    revision="r" * 12,
    time_ns=1_767_225_600_000_000_123,
    mode=np.array([3, 0, 1], np.uint8),
    level=np.array([[0, 0], [2, 0], [0, 3]], np.uint8),
    score=SCORE,
    health=health_index(SCORE),
    good=np.array([1.0, 0.25, 0.0]),
)
WARNING = EarlyWarning(
    id="6d0a4c2e-5d4b-5b0e-9f53-77616e626961",
    kind="early_warning",
    station="ABC",
    block="units",
    unit="2",
    component="bearing",
    transition="opened",
    level="watch",
    time_ns=1_767_225_600_000_000_123,
    onset_ns=1_767_225_000_000_000_000,
    score=1.25,
    evidence=(Evidence("ABC.20PAD1", "瓦温", "pad", "degC", float("nan"), 57.9, 1.25, None),),
    text_zh="甲站 2 号机",
    text_en="Alpha unit 2",
)


def test_health_comes_back_as_it_was_at_single_precision() -> None:
    message = decode_health(encode_health(HEALTH))
    head = (message.schema, message.revision, message.station, message.block, message.time_ns)
    assert head == (SCHEMA, HEALTH.revision, "ABC", "units", HEALTH.time_ns)
    assert np.frombuffer(message.mode, np.uint8).tolist() == [3, 0, 1]
    assert np.frombuffer(message.level, np.uint8).reshape(3, 2).tolist() == HEALTH.level.tolist()
    np.testing.assert_array_equal(np.frombuffer(message.score, "<f4").reshape(3, 2), SCORE.astype(np.float32))
    np.testing.assert_array_equal(np.frombuffer(message.good, "<f4"), HEALTH.good.astype(np.float32))


def test_who_attends_and_the_regimes_travel_where_there_are_any() -> None:
    plain = decode_health(encode_health(HEALTH))
    assert (plain.attended, plain.regime) == (b"", b"")
    attended = np.array([[False, True], [False, False], [True, False]])
    full = replace(HEALTH, attended=attended, regime=np.array([1, 0, 2], np.uint8))
    message = decode_health(encode_health(full))
    assert np.frombuffer(message.attended, np.bool_).reshape(3, 2).tolist() == attended.tolist()
    assert list(message.regime) == [1, 0, 2]


def test_a_health_of_before_there_were_regimes_is_read() -> None:
    old = msgspec.msgpack.decode(encode_health(HEALTH))[:-2]
    message = decode_health(msgspec.msgpack.encode(old))
    assert (message.station, message.attended, message.regime) == ("ABC", b"", b"")


def test_health_is_told_row_by_row_however_it_lies_in_memory() -> None:
    turned = HealthScore(
        "ABC",
        "units",
        "r",
        1,
        HEALTH.mode,
        np.asfortranarray(HEALTH.level),
        np.asfortranarray(SCORE),
        SCORE,
        HEALTH.good,
    )
    straight = HealthScore("ABC", "units", "r", 1, HEALTH.mode, HEALTH.level, SCORE, SCORE, HEALTH.good)
    assert encode_health(turned) == encode_health(straight)


@given(st.binary(max_size=100))
def test_other_bytes_are_no_health(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_health(data)


def test_bad_utf_8_is_no_health() -> None:
    data = encode_health(HEALTH).replace(b"\xa3ABC", b"\xa3\xff\xfe\xfd")
    with pytest.raises(msgspec.MsgspecError):
        decode_health(data)


def test_a_warning_is_json_for_people_and_its_bytes_are_the_same_each_time() -> None:
    data = encode_warning(WARNING)
    assert encode_warning(WARNING) == data
    assert "甲站 2 号机" in data.decode()
    document = json.loads(data, parse_constant=pytest.fail)
    assert list(document)[:4] == ["id", "kind", "station", "block"]
    assert document["time_ns"] == WARNING.time_ns
    assert document["evidence"][0]["value"] is None
    assert document["evidence"][0]["expected"] == 57.9


def test_a_report_on_a_sensor_is_json_too() -> None:
    report = DataQuality("i", "data_quality", "ABC", "units", "2", "*", "opened", 5, "no good value", "甲", "alpha")
    assert json.loads(encode_warning(report))["tag"] == "*"
