"""State as bytes: to the bit, and whatever is not the state of this very block is refused with a reason."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.monitor import StationMonitor
from detectors.snapshot import SCHEMA, Snapshot, SnapshotError, pack, unpack
from detectors.tuning import Tuning
from stations.plant import Station
from tests.detectors.small import BLOCK, STATION, TUNING, WARM, run, scans, telemetry

HISTORY = telemetry(WARM + 20)
CRC_BYTES = 4


@cache
def state() -> bytes:
    """The state of a monitor that has warmed up."""
    monitor = StationMonitor(STATION, TUNING)
    run(monitor, scans(HISTORY))
    return monitor.snapshot("units")


def sealed(body: bytes) -> bytes:
    """A body with its right checksum, as if somebody had written it."""
    return zlib.crc32(body).to_bytes(CRC_BYTES, "big") + body


def edited(edit: Callable[[list[Any]], None]) -> bytes:
    """The state with its record changed, and a right checksum."""
    record = msgspec.msgpack.decode(state()[CRC_BYTES:])
    edit(record)
    return sealed(msgspec.msgpack.encode(record))


@given(
    arrays=st.dictionaries(
        st.text(max_size=8),
        st.lists(st.floats(width=64, allow_nan=True), max_size=6).map(np.array),
        max_size=4,
    ),
    last_ns=st.integers(-(2**63), 2**63 - 1),
)
def test_what_is_packed_is_unpacked_to_the_bit(arrays: dict[str, Any], last_ns: int) -> None:
    arrays["time"] = np.array(last_ns, dtype=np.int64)
    snapshot = Snapshot("ABC", "单元", "r", "t", last_ns, arrays)
    found = unpack(pack(snapshot))
    assert (found.station, found.block, found.revision, found.tuning, found.last_ns) == (
        "ABC",
        "单元",
        "r",
        "t",
        last_ns,
    )
    assert {n: (a.dtype, a.shape, a.tobytes()) for n, a in found.arrays.items()} == {
        n: (a.dtype, a.shape, a.tobytes()) for n, a in arrays.items()
    }
    assert pack(found) == pack(snapshot)


def test_the_order_of_the_arrays_does_not_change_the_bytes() -> None:
    one, two = np.ones(2), np.zeros((1, 3))
    packed = [pack(Snapshot("a", "b", "c", "d", 1, arrays)) for arrays in ({"x": one, "y": two}, {"y": two, "x": one})]
    assert packed[0] == packed[1]


def test_an_array_that_is_not_contiguous_keeps_its_values() -> None:
    array = np.arange(12.0).reshape(3, 4).T[::-1]
    np.testing.assert_array_equal(unpack(pack(Snapshot("a", "b", "c", "d", 1, {"x": array}))).arrays["x"], array)


def test_arrays_of_a_state_may_be_written_to() -> None:
    assert all(array.flags.writeable for array in unpack(state()).arrays.values())


def assert_refused(data: bytes, reason: str, station: Station = STATION, tuning: Tuning = TUNING) -> None:
    """With this reason, and a monitor that had seen something else goes on as if it had never been asked."""
    monitor = StationMonitor(station, tuning)
    run(monitor, scans(telemetry(10, seed=9), block=station.blocks[0]))
    before = monitor.snapshot("units")
    with pytest.raises(SnapshotError, match=reason):
        monitor.restore("units", data)
    assert monitor.snapshot("units") == before


def test_every_flipped_byte_is_refused() -> None:
    damaged = bytearray(state())
    for at in range(len(damaged)):
        flip = 1 << at % 8
        damaged[at] ^= flip
        with pytest.raises(SnapshotError, match="damaged"):
            unpack(bytes(damaged))
        damaged[at] ^= flip


def test_a_flipped_byte_changes_nothing_in_the_monitor() -> None:
    for at in range(0, len(state()), len(state()) // 20):
        damaged = bytearray(state())
        damaged[at] ^= 0xFF
        assert_refused(bytes(damaged), "damaged")


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 100, -1])
def test_a_truncated_state_is_refused(length: int) -> None:
    assert_refused(state()[:length], "damaged")


def test_a_state_that_was_cut_before_it_was_sealed_is_refused() -> None:
    for length in (0, 1, 10, len(state()) // 2):
        assert_refused(sealed(state()[CRC_BYTES : CRC_BYTES + length]), "cannot be read")


@settings(max_examples=300)
@given(at=st.integers(0), value=st.integers(0, 255))
def test_a_byte_that_was_changed_before_it_was_sealed_never_raises_anything_else(at: int, value: int) -> None:
    """Whoever can seal can write any state, but no crash, and none of another shape."""
    body = bytearray(state()[CRC_BYTES:])
    # Most bytes are numbers, where any value is as good as another: aim at the words between them.
    words = [i for i in range(len(body)) if i < 60 or chr(body[i]).isalpha()]
    body[words[at % len(words)]] = value
    monitor = StationMonitor(STATION, TUNING)
    before = monitor.snapshot("units")
    try:
        monitor.restore("units", sealed(bytes(body)))
    except SnapshotError:
        assert monitor.snapshot("units") == before
    else:
        monitor.receive(scans(telemetry(1), first=500)[0])


def test_newer_code_wrote_it() -> None:
    def newer(record: list[Any]) -> None:
        record[0] = SCHEMA + 1

    assert_refused(edited(newer), f"schema {SCHEMA + 1}, this program reads up to {SCHEMA}")


OTHER_STATION = replace(STATION, code="XYZ", blocks=(replace(BLOCK, station="XYZ"),))
OTHER_REVISION = replace(STATION, blocks=(replace(BLOCK, period_s=300.0),))


@pytest.mark.parametrize(
    ("station", "tuning", "reason"),
    [
        (OTHER_STATION, TUNING, "of station ABC; expected XYZ"),
        (
            OTHER_REVISION,
            TUNING,
            f"of catalogue revision {BLOCK.revision}; expected {OTHER_REVISION.blocks[0].revision}",
        ),
        (STATION, replace(TUNING, limit=7.0), f"of tuning {TUNING.digest}; expected"),
    ],
)
def test_state_of_another_plant_or_of_other_constants_is_refused(station: Station, tuning: Tuning, reason: str) -> None:
    assert_refused(state(), reason, station, tuning)


def drop_array(record: list[Any]) -> None:
    del record[6]["modes.running_s"]


def add_array(record: list[Any]) -> None:
    record[6]["modes.stranger"] = ["<f8", [1], bytes(8)]


def reshape_array(record: list[Any]) -> None:
    record[6]["quality.run"][1] = record[6]["quality.run"][1][::-1]


def retype_array(record: list[Any]) -> None:
    record[6]["advisory.episodes.onset_ns"][0] = "<f8"


@pytest.mark.parametrize("edit", [drop_array, add_array, reshape_array, retype_array])
def test_state_of_another_layout_is_refused_by_the_name_of_the_array(edit: Callable[[list[Any]], None]) -> None:
    assert_refused(edited(edit), r"state has array [a-z_.]+ as .*; expected ")


@pytest.mark.parametrize("dtype", ["|O", "<U4", "<f4", "V8", "{", "<f8,<f8", ""])
def test_an_array_of_a_strange_type_is_refused(dtype: str) -> None:
    def retype(record: list[Any]) -> None:
        record[6]["quality.run"][0] = dtype

    assert_refused(edited(retype), "array that cannot be read")


@pytest.mark.parametrize("shape", [[3], [-1, 5], [2**62, 2**62], [10**30]])
def test_an_array_of_an_impossible_shape_is_refused(shape: list[int]) -> None:
    def reshape(record: list[Any]) -> None:
        record[6]["quality.run"][1] = [float(n) if n >= 2**64 else n for n in shape]

    assert_refused(edited(reshape), "cannot be read")
