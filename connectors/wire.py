"""What travels over Kafka, as pure functions between bytes and plain objects. Bad bytes are an answer, never an exception.

A scan is msgpack, an array of ``[schema, revision, station, block, seq, time_ns, values, quality]`` with ``values`` as float32
and ``quality`` as uint8, little-endian, row-major (units, tags) in the order of that catalogue revision. For gateways and for
people a JSON object with names is accepted too:

    {"schema": 1, "station": "YXK", "block": "units", "time": "2026-01-01T00:00:00Z",
     "values": {"1": {"MKD10CT101": 45.2, "MKA10CE101": null}}, "shared": {"MET10CT101": 8.1}}

``time_ns`` may stand for ``time``; what is not named or null has no good value.

A JSON object with a key "action" is something else, for which see `connectors.action_wire`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from stations.plant import Block
from stations.scan import FIRST_NS, LAST_NS, Scan

SCHEMA = 1
"""Version of every message below; a newer one is refused with that reason, an older one is read."""
MAX_MESSAGE_BYTES = 1_000_000
"""Under the broker's default of 1 MiB; larger messages are refused before they are decoded."""

Blocks = Mapping[tuple[str, str], Block]
"""The blocks that are known, by (station, block)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why some bytes are not what they were taken for: ``stage`` where it failed, ``reason`` in one line."""

    stage: str
    reason: str


_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""What msgpack, numpy and InfluxDB hold; JSON itself sets no limit."""


class _PackedScan(msgspec.Struct, array_like=True):
    schema: _Int64
    revision: str
    station: str
    block: str
    seq: _Int64
    time_ns: _Int64
    values: bytes
    quality: bytes | None = None


class _NamedScan(msgspec.Struct):
    schema: _Int64
    station: str
    block: str
    values: dict[str, dict[str, float | None]]
    time: datetime | None = None
    time_ns: _Int64 | None = None
    seq: _Int64 = 0
    revision: str | None = None
    shared: dict[str, float | None] = {}


_packed = msgspec.msgpack.Decoder(_PackedScan)
_named = msgspec.json.Decoder(_NamedScan)


def encode_scan(scan: Scan) -> bytes:
    """The msgpack form of a scan."""
    quality = None if scan.quality is None else np.ascontiguousarray(scan.quality, np.uint8).tobytes()
    values = np.ascontiguousarray(scan.values, "<f4").tobytes()
    return msgspec.msgpack.encode(
        _PackedScan(SCHEMA, scan.revision, scan.station, scan.block, scan.seq, scan.time_ns, values, quality)
    )


def decode_scan(data: bytes, blocks: Blocks) -> Scan | Unreadable:
    """The scan in some bytes of either form, checked against the catalogue; `Unreadable` if it is none. Never raises."""
    if not data:
        return Unreadable("decode", "empty message")
    if len(data) > MAX_MESSAGE_BYTES:
        return Unreadable("decode", f"message of {len(data)} bytes; at most {MAX_MESSAGE_BYTES} are read")
    try:
        message = _named.decode(data) if data[:1] == b"{" else _packed.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable("decode", f"neither a msgpack nor a JSON scan: {error}")
    if not 1 <= message.schema <= SCHEMA:
        return Unreadable("schema", f"schema {message.schema}; this program reads 1 to {SCHEMA}")
    block = blocks.get((message.station, message.block))
    if block is None:
        return Unreadable("catalogue", f"unknown station or block {message.station[:40]!r}/{message.block[:40]!r}")
    if message.revision not in (None, block.revision):
        return Unreadable("catalogue", f"unknown revision {message.revision[:40]!r}; expected {block.revision!r}")
    scan = _from_named(message, block) if isinstance(message, _NamedScan) else _from_packed(message, block)
    if isinstance(scan, Scan) and not FIRST_NS <= scan.time_ns < LAST_NS:
        return Unreadable("time", f"event time {scan.time_ns} ns; expected nanoseconds since 1970, years 2000 to 2099")
    return scan


def _from_packed(message: _PackedScan, block: Block) -> Scan | Unreadable:
    units, tags = block.shape
    for what, raw, width in (("values", message.values, 4), ("quality", message.quality, 1)):
        if raw is not None and len(raw) != units * tags * width:
            return Unreadable(
                "shape", f"{what} hold {len(raw)} bytes; expected {units} units x {tags} tags x {width} bytes"
            )
    values: NDArray[np.float32] = np.frombuffer(message.values, "<f4").reshape(units, tags)
    quality = None if message.quality is None else np.frombuffer(message.quality, np.uint8).reshape(units, tags)
    return Scan(block.station, block.code, block.revision, message.seq, message.time_ns, values, quality)


def _from_named(message: _NamedScan, block: Block) -> Scan | Unreadable:
    if message.time is not None and message.time.tzinfo is None:
        return Unreadable("time", "time has no zone; expected one like 2026-01-01T00:00:00Z")
    if (message.time is None) == (message.time_ns is None):
        return Unreadable("time", "expected exactly one of time and time_ns")
    time_ns = message.time_ns if message.time is None else _nanoseconds(message.time)
    values = np.full(block.shape, np.nan, np.float32)
    rows = {unit: row for row, unit in enumerate(block.units)}
    with np.errstate(over="ignore"):
        for unit, readings in [(None, message.shared), *message.values.items()]:
            if unit is not None and unit not in rows:
                return Unreadable("catalogue", f"unknown unit {unit[:40]!r} of {block.station}; it has {len(rows)}")
            for tag, value in readings.items():
                if tag not in block.tag_index:
                    return Unreadable("catalogue", f"unknown tag {tag[:40]!r} of {block.station}/{block.code}")
                values[slice(None) if unit is None else rows[unit], block.tag_index[tag]] = (
                    np.nan if value is None else value
                )
    return Scan(block.station, block.code, block.revision, message.seq, time_ns or 0, values)


def _nanoseconds(time: datetime) -> int:
    # Not by way of `astimezone`: the first and the last hours that a datetime can name have no UTC of theirs.
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


class HealthEvent(Protocol):
    """What `encode_health` reads; `detectors.events.HealthScore` is one."""

    @property
    def station(self) -> str: ...
    @property
    def block(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def mode(self) -> NDArray[np.uint8]: ...
    @property
    def level(self) -> NDArray[np.uint8]: ...
    @property
    def score(self) -> NDArray[np.float64]: ...
    @property
    def good(self) -> NDArray[np.float64]: ...
    @property
    def attended(self) -> NDArray[np.bool_] | None: ...
    @property
    def regime(self) -> NDArray[np.uint8] | None: ...


class HealthMessage(msgspec.Struct, array_like=True):
    """Health of a block on the wire. ``score`` is float32 (units, components), the rest one uint8 or float32 a unit.

    ``attended`` is one byte a component, or nothing where nobody attends to any; ``regime`` one a unit, or nothing where the
    block has none.
    """

    schema: int
    revision: str
    station: str
    block: str
    time_ns: int
    mode: bytes
    level: bytes
    score: bytes
    good: bytes
    attended: bytes = b""
    regime: bytes = b""


def encode_health(event: HealthEvent) -> bytes:
    """The msgpack form of the health of a block at one event time; health itself follows from the score."""
    return msgspec.msgpack.encode(
        HealthMessage(
            SCHEMA,
            event.revision,
            event.station,
            event.block,
            event.time_ns,
            event.mode.tobytes(),
            event.level.tobytes(),
            event.score.astype("<f4").tobytes(),
            event.good.astype("<f4").tobytes(),
            b"" if event.attended is None else event.attended.tobytes(),
            b"" if event.regime is None else event.regime.tobytes(),
        )
    )


def decode_health(data: bytes) -> HealthMessage:
    """The inverse of `encode_health`; msgspec.MsgspecError on other bytes."""
    try:
        return msgspec.msgpack.decode(data, type=HealthMessage)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def encode_warning(event: Any) -> bytes:
    """The JSON form of an early warning or data-quality event (a dataclass): readable by people, keys in a fixed order."""
    return msgspec.json.encode(event)
