"""Actions and their answers on the wire: what is encoded is decoded; whatever else comes is an answer with a reason."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.action_wire import (
    ACTION_BYTES_MAX,
    CODE_CHARS_MAX,
    DONE,
    REFUSED,
    TEXT_CHARS_MAX,
    ActionMessage,
    audit,
    decode_action,
    decode_audit,
    encode_action,
    encode_audit,
    is_action,
)
from connectors.wire import Unreadable
from detectors import actions
from stations.scan import LAST_NS

STATIONS = ("ABC", "甲站")
ID = UUID("5e0c6e2e-5d4b-4b0e-9f53-77616e626961")
MESSAGE = ActionMessage(1, "acknowledge", ID, "ABC", "李伟", 1_767_225_600_000_000_123, "on site", "w-1")
PRINTABLE = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
CODES, TEXTS = st.text(PRINTABLE, max_size=CODE_CHARS_MAX), st.text(PRINTABLE, max_size=TEXT_CHARS_MAX)
TIMES = st.integers(-(2**63), 2**63 - 1)
MESSAGES = st.builds(
    ActionMessage,
    schema=st.just(1),
    action=CODES,
    id=st.uuids(),
    station=st.sampled_from(STATIONS),
    who=TEXTS,
    time_ns=TIMES,
    why=TEXTS,
    warning=CODES,
    unit=CODES,
    component=CODES,
    tag=CODES,
    until_ns=TIMES,
    outcome=CODES,
)


def changed(**changes: Any) -> bytes:
    """The message with some of its members replaced; None removes one."""
    document = json.loads(encode_action(MESSAGE)) | changes
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


@given(message=MESSAGES)
def test_an_action_comes_back_as_it_was_and_is_told_from_a_scan(message: ActionMessage) -> None:
    data = encode_action(message)
    assert len(data) <= ACTION_BYTES_MAX
    assert is_action(data)
    assert decode_action(data, STATIONS) == message


@given(message=MESSAGES, refusal=TEXTS)
def test_what_became_of_it_comes_back_too(message: ActionMessage, refusal: str) -> None:
    record = audit(message, refusal)
    assert decode_audit(encode_audit(record)) == record
    assert (record.result, record.reason) == (REFUSED if refusal else DONE, refusal)
    assert record.id == message.id
    assert list(json.loads(encode_audit(record))) == [*ActionMessage.__struct_fields__, "result", "reason"]


@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: ('{"action"' + text).encode())))
def test_other_bytes_are_an_answer_with_a_reason(data: bytes) -> None:
    assert not is_action(data) or isinstance(decode_action(data, STATIONS), Unreadable)
    answer = decode_action(data, STATIONS)
    assert isinstance(answer, Unreadable)
    assert answer.reason
    with pytest.raises(msgspec.MsgspecError):
        decode_audit(data)


@given(data=MESSAGES.map(encode_action), at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_wrong_byte_is_another_action_or_an_answer(data: bytes, at: int, byte: int) -> None:
    at %= len(data)
    spoilt = data[:at] + bytes([byte]) + data[at + 1 :]
    is_action(spoilt)
    assert isinstance(decode_action(spoilt, STATIONS), ActionMessage | Unreadable)


@pytest.mark.parametrize(
    ("data", "stage", "words"),
    [
        (b"", "decode", "not an action"),
        (changed(id="17"), "decode", "UUID"),
        (changed(id=None), "decode", "missing required field `id`"),
        (changed(who=None), "decode", "missing required field `who`"),
        (changed(who="x" * (TEXT_CHARS_MAX + 1)), "decode", "length <= 500"),
        (changed(warning="x" * (CODE_CHARS_MAX + 1)), "decode", "length <= 100"),
        (changed(why="\x1b[2J"), "decode", "why holds control characters"),
        (changed(who="Li\nWei"), "decode", "who holds control characters"),
        (changed(action=["acknowledge"]), "decode", "Expected `str`, got `array` - at `$.action`"),
        (changed(time_ns=1e30), "decode", "$.time_ns"),
        (changed(schema=2), "schema", "schema 2; this program reads 1 to 1"),
        (changed(station="XYZ"), "catalogue", "unknown station 'XYZ'"),
        (changed(more="x" * ACTION_BYTES_MAX), "decode", f"at most {ACTION_BYTES_MAX} are read"),
        (changed(more=0).replace(b"0}", b"[" * 20_000), "decode", "not an action"),
    ],
)
def test_bad_actions_are_unreadable_for_a_reason(data: bytes, stage: str, words: str) -> None:
    answer = decode_action(data, STATIONS)
    assert isinstance(answer, Unreadable)
    assert answer.stage == stage
    assert words in answer.reason


def test_scans_are_no_actions() -> None:
    assert not is_action(b"")
    assert not is_action(b'{"schema": 1, "station": "ABC", "block": "units", "values": {"action": {"action": 1}}}')
    assert not is_action(b'{"values": "\\"action\\""}')
    assert not is_action(b'{"action": 1')
    assert not is_action(b"\x98\x01" + b'"action"')


def test_a_key_of_later_programs_is_passed_over() -> None:
    assert decode_action(changed(mood="calm"), STATIONS) == MESSAGE


def test_the_limits_of_the_wire_are_no_narrower_than_those_of_the_actions() -> None:
    assert actions.TEXT_MOST <= TEXT_CHARS_MAX
    assert LAST_NS < 2**63
