"""What monitors said of an incident, kept on disk: what nothing has changed since is not played again (docs/decisions/0028).

A file is named by all that it depends on: incident, stations, constants, code. Where any of that differs, it is another file.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from detectors.events import DataQuality, EarlyWarning
from detectors.tuning import Tuning
from replay.heard import Heard, silent
from replay.incident import Incident, ready
from replay.player import Digest
from replay.versions import Version
from stations.simulate.labels import Label

SUFFIX: Final = ".heard"
UNDER_WAY: Final = ".writing"
FILE_MOST_BYTES: Final = 32 << 20
"""Size of one file; what is larger is not kept, and not read."""
FOLDER_MOST_BYTES: Final = 256 << 20
"""Size of all files; the oldest go first."""
CODE: Final = (
    "stations",
    "detectors",
    "connectors/wire.py",
    "replay/evaluation/judging.py",
    "replay/heard.py",
    "replay/incident.py",
    "replay/kept.py",
    "replay/player.py",
    "replay/scores/answers.py",
    "replay/versions.py",
)
"""Folders and files that decide what is said; how it is judged and shown is not kept."""
CODE_SUFFIXES: Final = {".py", ".toml"}
LIBRARIES: Final = ("numpy", "scipy", "numba", "msgspec")
"""Libraries that decide the last bits."""
_CRC_BYTES: Final = 4


class Kept(msgspec.Struct):
    """All that a verdict is made from: what `Heard` holds, and the labels.

    ``scans`` : by station, times (t,) int64 [ns] and which units had a score, (t, n_units) in bits.
    """

    key: str
    digest: str
    warnings: list[EarlyWarning]
    quality: list[DataQuality]
    scans: dict[str, tuple[bytes, bytes]]
    labels: list[Label]


class Shelf:
    """A folder of what was kept. It is a convenience: what cannot be read or written is as if it were not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str) -> Kept | None:
        """What was kept under that key; None = nothing, or nothing that can be used."""
        path = self._path(key)
        with suppress(OSError, ValueError, RecursionError, zlib.error):
            if path.stat().st_size > FILE_MOST_BYTES:
                return None
            data = path.read_bytes()
            if zlib.crc32(data[_CRC_BYTES:]).to_bytes(_CRC_BYTES, "big") != data[:_CRC_BYTES]:
                return None
            kept = msgspec.msgpack.decode(data[_CRC_BYTES:], type=Kept)
            if kept.key == key:
                os.utime(path)
                return kept
        return None

    def keep(self, kept: Kept) -> None:
        """Put it there, at once or not at all, and let go of the oldest."""
        body = msgspec.msgpack.encode(kept)
        if len(body) + _CRC_BYTES > FILE_MOST_BYTES:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=UNDER_WAY)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(zlib.crc32(body).to_bytes(_CRC_BYTES, "big") + body)
                Path(name).replace(self._path(kept.key))
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._tidy()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"

    def _tidy(self) -> None:
        # A play that was killed may have left a file that was under way: it grows old as the others do.
        ours = [*self.folder.glob(f"*{SUFFIX}"), *self.folder.glob(f"*{UNDER_WAY}")]
        found = sorted(((one.stat(), one) for one in ours), key=lambda one: -one[0].st_mtime)
        total = 0
        for stat, path in found:
            total += stat.st_size
            if total > FOLDER_MOST_BYTES:
                path.unlink(missing_ok=True)


def key_of(incident: Incident, tuning: Tuning, end_ns: int, version: Version | None = None) -> str | None:
    """All that decides what is said of an incident before ``end_ns`` [ns], in 32 hex digits; None = it is not known.

    Only what is simulated from the scenario itself is known: a recording may change under its name.
    """
    if type(incident) is not Incident:
        return None
    scenario = incident.scenario
    whole = hashlib.sha256()
    for part in (
        _code(),
        incident.stations,
        incident.cases,
        (scenario.seed, scenario.first_ns, scenario.start_ns, scenario.end_ns, end_ns),
        silent(ready(tuning, scenario)),
        version and version.station,
    ):
        whole.update(repr(part).encode() + b"\0")
    return whole.hexdigest()[:32]


@cache
def _code() -> str:
    """Digest of the code, and of what it computes with and on."""
    root, whole = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for name in CODE:
        part = root / name
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.suffix in CODE_SUFFIXES:
                data = path.read_bytes()
                whole.update(f"{path.relative_to(root)} {len(data)}\0".encode() + data)
    libraries = [version_of(name) for name in LIBRARIES]
    whole.update(repr((libraries, sys.version, platform.machine(), platform.node())).encode())
    return whole.hexdigest()


def kept_of(key: str, heard: Heard, labels: list[Label]) -> Kept:
    """What was heard in a whole play."""
    scans = {}
    for station, said in heard.said.items():
        times = np.array([time_ns for time_ns, _ in said.scans], dtype="<i8")
        judged = np.array([judged for _, judged in said.scans], dtype=np.bool_)
        scans[station] = (times.tobytes(), np.packbits(judged).tobytes())
    return Kept(key, str(heard.digest), heard.warnings, heard.quality, scans, labels)


def recall(kept: Kept, heard: Heard) -> bool:
    """Let a run that has heard nothing yet hear what was kept; False, and nothing heard, if that is of other stations."""
    if kept.scans.keys() != heard.said.keys():
        return False
    scans = {}
    for station, said in heard.said.items():
        times = np.frombuffer(kept.scans[station][0], dtype="<i8").tolist()
        count = len(times) * len(said.units)
        bits = np.frombuffer(kept.scans[station][1], dtype=np.uint8)
        if len(bits) != -(-count // 8):
            return False
        scans[station] = list(
            zip(times, np.unpackbits(bits, count=count).astype(bool).reshape(len(times), -1), strict=True)
        )
    heard.take(kept.warnings)
    heard.take(kept.quality)
    for station, told in scans.items():
        heard.said[station].scans = told
    heard.digest = Digest(kept.digest)
    return True
