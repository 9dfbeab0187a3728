"""The wire: what is encoded is decoded to the bit, in both forms; whatever else comes is an answer with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from connectors.wire import MAX_MESSAGE_BYTES, SCHEMA, Unreadable, decode_scan, encode_scan
from stations.catalogue import load_fleet
from stations.scan import FIRST_NS, LAST_NS, Scan
from tests.detectors.small import BLOCK, START_NS, scans, telemetry

BLOCKS = {("ABC", "units"): BLOCK}
SCAN = scans(telemetry(1))[0]
TIMES = st.integers(FIRST_NS, LAST_NS - 1)
READINGS = st.floats(width=32, allow_nan=True, allow_infinity=True)


def same(one: Scan | Unreadable, other: Scan) -> bool:
    """Equal to the bit, NaN included."""
    assert isinstance(one, Scan), one
    quality = [None if scan.quality is None else scan.quality.tobytes() for scan in (one, other)]
    head = [
        (s.station, s.block, s.revision, s.seq, s.time_ns, s.values.shape, s.values.tobytes()) for s in (one, other)
    ]
    return head[0] == head[1] and quality[0] == quality[1] and one.values.dtype == np.float32


def json_scan(**changes: Any) -> bytes:
    """A JSON scan of the small block with some of its members replaced; None removes one."""
    document = {"schema": 1, "station": "ABC", "block": "units", "time": "2026-01-01T00:00:00Z", "values": {}} | changes
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


def packed_scan(**changes: Any) -> bytes:
    """A msgpack scan of the small block with some of its members replaced."""
    members = {
        "schema": SCHEMA,
        "revision": BLOCK.revision,
        "station": "ABC",
        "block": "units",
        "seq": 0,
        "time_ns": START_NS,
        "values": SCAN.values.tobytes(),
        "quality": None,
    }
    return msgspec.msgpack.encode(list((members | changes).values()))


# ---- round trips


@given(
    values=st.lists(READINGS, min_size=18, max_size=18),
    quality=st.one_of(st.none(), st.binary(min_size=18, max_size=18)),
    seq=st.integers(-(2**63), 2**63 - 1),
    time_ns=TIMES,
)
def test_what_is_packed_is_decoded_to_the_bit(
    values: list[float], quality: bytes | None, seq: int, time_ns: int
) -> None:
    marks = None if quality is None else np.frombuffer(quality, np.uint8).reshape(BLOCK.shape)
    numbers = np.array(values, np.float32).reshape(BLOCK.shape)
    scan = Scan("ABC", "units", BLOCK.revision, seq, time_ns, numbers, marks)
    data = encode_scan(scan)
    assert same(decode_scan(data, BLOCKS), scan)
    assert encode_scan(scan) == data


@given(
    values=st.lists(
        st.one_of(st.none(), st.floats(width=32, allow_nan=False, allow_infinity=False)), min_size=18, max_size=18
    ),
    time_ns=TIMES,
)
def test_what_people_write_by_name_is_the_same_scan(values: list[float | None], time_ns: int) -> None:
    rows = np.array(values, dtype=object).reshape(BLOCK.shape).tolist()
    named = {unit: dict(zip(BLOCK.tag_index, row, strict=True)) for unit, row in zip(BLOCK.units, rows, strict=True)}
    numbers: NDArray[np.float32] = np.array(values, dtype=np.float32).reshape(BLOCK.shape)
    found = decode_scan(json_scan(time=None, time_ns=time_ns, seq=7, values=named), BLOCKS)
    assert same(found, Scan("ABC", "units", BLOCK.revision, 7, time_ns, numbers))


def test_every_block_of_the_fleet_fits_a_message_and_comes_back() -> None:
    fleet = load_fleet()
    blocks = {(block.station, block.code): block for block in fleet.blocks}
    for block in fleet.blocks:
        values = np.random.default_rng(1).normal(size=block.shape).astype(np.float32)
        scan = Scan(block.station, block.code, block.revision, 1, START_NS, values, np.ones(block.shape, np.uint8))
        data = encode_scan(scan)
        assert len(data) < MAX_MESSAGE_BYTES / 10
        assert same(decode_scan(data, blocks), scan)


def test_an_array_that_lies_otherwise_in_memory_is_sent_row_by_row() -> None:
    scan = replace(SCAN, values=np.asfortranarray(SCAN.values), quality=np.zeros((6, 3), np.uint8).T)
    assert same(decode_scan(encode_scan(scan), BLOCKS), replace(SCAN, quality=np.zeros((3, 6), np.uint8)))


def found(data: bytes) -> Scan:
    scan = decode_scan(data, BLOCKS)
    assert isinstance(scan, Scan), scan
    return scan


def test_what_is_not_named_or_null_has_no_good_value() -> None:
    scan = found(json_scan(values={"2": {"PAD1": 45.5, "PAD2": None}}))
    assert scan.values[1, BLOCK.tag_index["PAD1"]] == np.float32(45.5)
    assert np.isnan(scan.values).sum() == 17


def test_a_shared_reading_is_that_of_all_units_unless_one_has_its_own() -> None:
    scan = found(json_scan(values={"2": {"WATER": 9.0}}, shared={"WATER": 8.0}))
    assert scan.values[:, BLOCK.tag_index["WATER"]].tolist() == [8.0, 9.0, 8.0]


@pytest.mark.parametrize(
    ("time", "ns"),
    [
        ("2026-01-01T00:00:00Z", START_NS),
        ("2026-01-01T08:00:00+08:00", START_NS),
        ("2025-12-31T23:59:59.999999Z", START_NS - 1000),
        ("2000-01-01T00:00:00Z", FIRST_NS),
        ("2099-12-31T23:59:59Z", LAST_NS - 10**9),
    ],
)
def test_a_time_with_its_zone_is_exact(time: str, ns: int) -> None:
    assert found(json_scan(time=time)).time_ns == ns


def test_a_whole_number_is_a_reading_and_what_float32_cannot_hold_is_left_to_the_range_check() -> None:
    scan = found(json_scan(values={"1": {"PAD1": 45, "PAD2": 1e39}}))
    assert scan.values[0, [BLOCK.tag_index["PAD1"], BLOCK.tag_index["PAD2"]]].tolist() == [45.0, np.inf]


def test_members_of_later_versions_are_passed_over() -> None:
    assert found(json_scan(remark="by hand")).station == "ABC"
    assert found(msgspec.msgpack.encode([*msgspec.msgpack.decode(packed_scan()), "more"])).station == "ABC"


# ---- what is not a scan

NESTED = b'{"schema":1,"station":"ABC","block":"units","x":' + b"[" * 10_000 + b"]" * 10_000 + b',"values":{}}'
ONE_PAD = '{"schema":1,"station":"ABC","block":"units","time":"2026-01-01T00:00:00Z","values":{"1":{"PAD1":%s}}}'

UNREADABLE = {
    "empty": (b"", "decode", "empty message"),
    "too long": (b"{" + b" " * 2_000_000, "decode", "message of 2000001 bytes; at most 1000000"),
    "text": (b"hello", "decode", "neither a msgpack nor a JSON scan"),
    "cut JSON": (json_scan()[:-1], "decode", "neither"),
    "cut msgpack": (packed_scan()[:-1], "decode", "neither"),
    "more behind": (packed_scan() + b"\0", "decode", "neither"),
    "JSON list": (b"[1]", "decode", "neither"),
    "deep JSON": (NESTED, "decode", "recursion"),
    "deep msgpack": (b"\x91" * 10_000 + b"\xc0", "decode", "neither"),
    "bad UTF-8": (packed_scan().replace(b"\xa3ABC", b"\xa3\xff\xfe\xfd"), "decode", "neither"),
    "bad UTF-8 in JSON": (json_scan().replace(b"ABC", b"\xff\xfe\xfd"), "decode", "neither"),
    "lone surrogate": (json_scan(values={"\ud800": {}}), "decode", "neither"),
    "NaN": ((ONE_PAD % "NaN").encode(), "decode", "neither"),
    "Infinity": ((ONE_PAD % "-Infinity").encode(), "decode", "neither"),
    "1e400": ((ONE_PAD % "1e400").encode(), "decode", "out of range"),
    "400 digits": ((ONE_PAD % ("1" * 400)).encode(), "decode", "out of range"),
    "bool for number": ((ONE_PAD % "true").encode(), "decode", "Expected `float | null`, got `bool`"),
    "text for number": ((ONE_PAD % '"45"').encode(), "decode", "Expected `float | null`, got `str`"),
    "bool for schema": (packed_scan(schema=True), "decode", "Expected `int`, got `bool`"),
    "text for values": (packed_scan(values="x" * 72), "decode", "neither"),
    "seq beyond 64 bits": (json_scan(seq=2**63), "decode", "seq"),
    "no station": (json_scan(station=None), "decode", "missing required field `station`"),
    "newer schema": (json_scan(schema=SCHEMA + 1), "schema", f"schema {SCHEMA + 1}; this program reads 1 to {SCHEMA}"),
    "schema 0": (packed_scan(schema=0), "schema", "schema 0"),
    "unknown station": (json_scan(station="XYZ"), "catalogue", "unknown station or block 'XYZ'/'units'"),
    "unknown block": (packed_scan(block="x" * 500), "catalogue", f"unknown station or block 'ABC'/'{'x' * 40}'"),
    "unknown revision": (
        packed_scan(revision="f" * 12),
        "catalogue",
        f"revision 'ffffffffffff'; expected '{BLOCK.revision}'",
    ),
    "unknown revision in JSON": (json_scan(revision=""), "catalogue", "unknown revision ''"),
    "unknown unit": (json_scan(values={"9": {}}), "catalogue", "unknown unit '9' of ABC; it has 3"),
    "unknown tag": (json_scan(values={"1": {"PAD9": 1.0}}), "catalogue", "unknown tag 'PAD9' of ABC/units"),
    "unknown shared tag": (json_scan(shared={"a\nb": 1.0}), "catalogue", r"unknown tag 'a\nb'"),
    "too few values": (packed_scan(values=b"\0" * 68), "shape", "values hold 68 bytes; expected 3 units x 6 tags x 4"),
    "too many marks": (
        packed_scan(quality=b"\0" * 19),
        "shape",
        "quality hold 19 bytes; expected 3 units x 6 tags x 1",
    ),
    "naive time": (json_scan(time="2026-01-01T00:00:00"), "time", "no zone"),
    "no time": (json_scan(time=None), "time", "exactly one of time and time_ns"),
    "two times": (json_scan(time_ns=START_NS), "time", "exactly one of time and time_ns"),
    "1970": (json_scan(time="1970-01-01T00:00:00Z"), "time", "event time 0 ns"),
    "1999": (packed_scan(time_ns=FIRST_NS - 1), "time", "years 2000 to 2099"),
    "2100": (packed_scan(time_ns=LAST_NS), "time", "years 2000 to 2099"),
    "9999": (json_scan(time="9999-12-31T23:59:59Z"), "time", "years 2000 to 2099"),
    "last hours of 9999": (json_scan(time="9999-12-31T23:59:59-14:00"), "time", "years 2000 to 2099"),
    "first hours of year 1": (json_scan(time="0001-01-01T00:00:00+14:00"), "time", "years 2000 to 2099"),
    "ms for ns": (json_scan(time=None, time_ns=START_NS // 10**6), "time", "expected nanoseconds since 1970"),
    "s for ns": (packed_scan(time_ns=START_NS // 10**9), "time", "expected nanoseconds since 1970"),
    "no such day": (json_scan(time="2026-02-30T00:00:00Z"), "decode", "Invalid RFC3339"),
    "number for time": (json_scan(time=START_NS), "decode", "Expected `datetime | null`, got `int`"),
}


@pytest.mark.parametrize(("data", "stage", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_scan_is_unreadable_with_stage_and_reason(data: bytes, stage: str, reason: str) -> None:
    answer = decode_scan(data, BLOCKS)
    assert isinstance(answer, Unreadable)
    assert (answer.stage, reason in answer.reason) == (stage, True), answer
    assert answer.reason.isprintable()
    assert len(answer.reason) < 400


def check_answer(data: bytes) -> None:
    """A scan that can be sent on as it is, or an answer of one line."""
    answer = decode_scan(data, BLOCKS)
    if isinstance(answer, Scan):
        assert same(decode_scan(encode_scan(answer), BLOCKS), answer)
    else:
        assert answer.reason.isprintable()


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    check_answer(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["schema", "station", "block", "time", "time_ns", "seq", "revision", "values", "shared"])


@settings(max_examples=300)
@given(changes=st.dictionaries(NAMES, JSON_VALUES, max_size=3))
def test_json_with_anything_anywhere_never_raises(changes: dict[str, Any]) -> None:
    check_answer(json_scan(**changes))


@settings(max_examples=300)
@given(member=st.integers(0, 7), value=JSON_VALUES | st.binary(max_size=80) | st.integers(-(2**63), 2**64 - 1))
def test_msgpack_with_anything_anywhere_never_raises(member: int, value: Any) -> None:
    members = msgspec.msgpack.decode(packed_scan())
    members[member] = value
    try:
        data = msgspec.msgpack.encode(members)
    except OverflowError:
        return  # such a number cannot be sent
    check_answer(data)


@settings(max_examples=300)
@given(at=st.integers(0), byte=st.integers(0, 255), is_json=st.booleans())
def test_a_changed_byte_never_raises(at: int, byte: int, is_json: bool) -> None:
    data = bytearray(json_scan(values={"1": {"PAD1": 45.5}}) if is_json else packed_scan())
    data[at % len(data)] = byte
    check_answer(bytes(data))
