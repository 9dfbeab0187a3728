"""Monitor state as bytes: versioned, checked, bit-exact; arrays and plain values only, never pickle."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

SCHEMA = 1
"""Version of this layout; a newer one is refused, an older one is read."""
_CRC_BYTES = 4
_DTYPES = ("<f8", "<i8")
"""What a state is made of."""


class SnapshotError(ValueError):
    """State that must not be used: damaged, from newer code, of another plant or of other constants. Says which."""


class _Record(msgspec.Struct, array_like=True):
    schema: int
    station: str
    block: str
    revision: str
    tuning: str
    last_ns: int
    arrays: dict[str, tuple[str, list[int], bytes]]


class Snapshot(msgspec.Struct, frozen=True):
    """State of one block: whose, after which event time, and its arrays by name."""

    station: str
    block: str
    revision: str
    tuning: str
    last_ns: int
    arrays: dict[str, NDArray[Any]]


def pack(snapshot: Snapshot) -> bytes:
    """Bytes of a snapshot; the same snapshot gives the same bytes."""
    arrays = {
        name: (array.dtype.str, list(array.shape), np.ascontiguousarray(array).tobytes())
        for name, array in sorted(snapshot.arrays.items())
    }
    record = _Record(
        SCHEMA, snapshot.station, snapshot.block, snapshot.revision, snapshot.tuning, snapshot.last_ns, arrays
    )
    body = msgspec.msgpack.encode(record)
    return zlib.crc32(body).to_bytes(_CRC_BYTES, "big") + body


def unpack(data: bytes) -> Snapshot:
    """The snapshot in some bytes.

    Raises
    ------
    SnapshotError : the bytes are damaged (CRC-32, layout, sizes) or from a newer schema.
    """
    body = data[_CRC_BYTES:]
    if zlib.crc32(body).to_bytes(_CRC_BYTES, "big") != data[:_CRC_BYTES]:
        raise SnapshotError("checksum does not match: the state is damaged")
    try:
        record = msgspec.msgpack.decode(body, type=_Record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"state cannot be read: {error}") from None
    if record.schema > SCHEMA:
        raise SnapshotError(f"state has schema {record.schema}, this program reads up to {SCHEMA}")
    try:
        arrays = {
            name: np.frombuffer(raw, _DTYPES[_DTYPES.index(dtype)]).reshape(shape).copy()
            for name, (dtype, shape, raw) in record.arrays.items()
        }
    except (ValueError, OverflowError) as error:
        raise SnapshotError(f"state holds an array that cannot be read: {error}") from None
    return Snapshot(record.station, record.block, record.revision, record.tuning, record.last_ns, arrays)


def check_layout(given: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    """SnapshotError, naming one array, unless both hold the same names with the same shapes and types."""
    have = {name: (array.dtype.str, array.shape) for name, array in given.items()}
    want = {name: (array.dtype.str, array.shape) for name, array in expected.items()}
    for name in sorted(have.keys() | want.keys()):
        if have.get(name) != want.get(name):
            raise SnapshotError(f"state has array {name} as {have.get(name)}; expected {want.get(name)}")
