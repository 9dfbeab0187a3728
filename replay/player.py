"""Plays scans through a monitor in this process, and says which bytes a worker would have sent for the same scans."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

import msgspec
import numpy as np

from connectors import wire
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore
from detectors.health import health_index
from detectors.monitor import StationMonitor
from stations.plant import Block
from stations.scan import Scan

HEALTH, WARNINGS = "health", "warnings"
"""Topics of the pipeline that hold what monitors say, without their prefix."""
DIGEST_BYTES = 16
"""Of a message that is only compared; two that differ would meet after 2^64 of them."""


class Step(NamedTuple):
    """One scan and what its monitor said of it."""

    scan: Scan
    events: list[Event]


def play(scans: Iterable[Scan], monitor: StationMonitor) -> Iterator[Step]:
    """Every scan with its events, in order."""
    for scan in scans:
        yield Step(scan, monitor.receive(scan))


class Message(NamedTuple):
    """One record for Kafka, by topic without prefix."""

    topic: str
    key: bytes
    value: bytes


def encode(events: Iterable[Event]) -> Iterator[Message]:
    """The records that a worker sends for the events of one scan, to the byte; trends and refusals go elsewhere."""
    for event in events:
        if isinstance(event, HealthScore):
            yield Message(HEALTH, event.station.encode(), wire.encode_health(event))
        elif isinstance(event, EarlyWarning | DataQuality):
            yield Message(WARNINGS, event.id.encode(), wire.encode_warning(event))


def decode(message: Message, blocks: Mapping[tuple[str, str], Block]) -> HealthScore | EarlyWarning | DataQuality:
    """The inverse of `encode`, with the scores as precise as they travel; ``blocks`` are those of the plant, by station and code.

    msgspec.MsgspecError, KeyError or ValueError if it is no such message.
    """
    if message.topic == HEALTH:
        told = wire.decode_health(message.value)
        n_units = len(blocks[told.station, told.block].units)
        score = np.frombuffer(told.score, "<f4").reshape(n_units, -1).astype(np.float64)
        return HealthScore(
            station=told.station,
            block=told.block,
            revision=told.revision,
            time_ns=told.time_ns,
            mode=np.frombuffer(told.mode, np.uint8),
            level=np.frombuffer(told.level, np.uint8).reshape(score.shape),
            score=score,
            health=health_index(score),
            good=np.frombuffer(told.good, "<f4").astype(np.float64),
            attended=np.frombuffer(told.attended, np.bool_).reshape(score.shape) if told.attended else None,
            regime=np.frombuffer(told.regime, np.uint8) if told.regime else None,
        )
    if msgspec.json.decode(message.value, type=_Kind).kind == "early_warning":
        return msgspec.json.decode(message.value, type=EarlyWarning)
    return msgspec.json.decode(message.value, type=DataQuality)


class _Kind(msgspec.Struct):
    kind: str


class Digest:
    """A number of all messages: the same for the same bytes, those of each key in the same order, however keys are mixed.

    >>> one, other = Digest(), Digest()
    >>> a, b = Message(WARNINGS, b"a", b"1"), Message(WARNINGS, b"b", b"1")
    >>> for digest, messages in ((one, [a, b]), (other, [b, a])):
    ...     for message in messages:
    ...         digest.add(message)
    >>> str(one) == str(other), str(one) == str(Digest())
    (True, False)
    """

    def __init__(self, known: str = "") -> None:
        """``known`` : the number, where the messages were counted before; such a one takes no more in."""
        self._known = known
        self._of_keys: dict[tuple[str, bytes], hashlib._Hash] = {}

    def add(self, message: Message) -> None:
        """Take a message in."""
        if self._known:
            raise ValueError("a digest of messages that were counted before takes no more in")
        digest = self._of_keys.setdefault((message.topic, message.key), hashlib.sha256())
        digest.update(len(message.value).to_bytes(8) + message.value)

    def __str__(self) -> str:
        """16 hex digits."""
        if self._known:
            return self._known
        whole = hashlib.sha256()
        for topic, key in sorted(self._of_keys):
            whole.update(topic.encode() + b"\0" + key + b"\0" + self._of_keys[topic, key].digest())
        return whole.hexdigest()[:16]


class Ledger:
    """Which messages went to each topic, exact repeats dropped: they are what a restart sends again.

    Kafka keeps the order of the messages of one key, so that is the order that counts. Only digests are kept: a long recording
    costs about 100 bytes a scan.
    """

    def __init__(self) -> None:
        self._digests: dict[tuple[str, bytes], dict[bytes, None]] = {}
        self._counts: Counter[str] = Counter()
        self.repeats = 0

    def add(self, message: Message) -> bool:
        """Take a message in; False if it repeats an earlier one."""
        digest = hashlib.blake2b(message.value, digest_size=DIGEST_BYTES).digest()
        seen = self._digests.setdefault((message.topic, message.key), {})
        if digest in seen:
            self.repeats += 1
            return False
        seen[digest] = None
        self._counts[message.topic] += 1
        return True

    def count(self, topic: str, key: bytes | None = None) -> int:
        """Messages of a topic, or of one key of it, each once."""
        return self._counts[topic] if key is None else len(self._digests.get((topic, key), ()))

    def difference(self, expected: Ledger) -> str:
        """The first difference in words; empty if both hold the same bytes, those of each key in the same order."""
        for topic, key in dict.fromkeys((*expected._digests, *self._digests)):
            mine, theirs = self._digests.get((topic, key), {}), expected._digests.get((topic, key), {})
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False)))
            if same < max(len(mine), len(theirs)):
                what = "is missing" if same == len(mine) else "differs" if same < len(theirs) else "is too many"
                return (
                    f"{topic}, key {key.decode()}: message {same + 1} {what} ({len(mine)} came, {len(theirs)} expected)"
                )
        return ""
