"""Another version of a station's catalogue: what happened is told once, and each version judges the very same readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from stations.plant import Block, Station, Text
from stations.scan import GOOD, Scan

NAMED_MOST: Final = 5
"""Tags that are named where two versions differ; the others are counted."""


class VersionError(ValueError):
    """A version that cannot judge these readings; ``str()`` says in one line what was expected."""


class Version:
    """A station as another version of its catalogue has it, at the period of the readings.

    Tags that it lacks are left out, and tags that it adds have no readings; limits, ranges, models and components are its own.

    Parameters
    ----------
    played : the station whose readings come.
    other : the same station in the other version.

    Raises
    ------
    VersionError : units differ, no tag is common, or a tag is measured in another unit, so the readings mean something else.

    Attributes
    ----------
    station : what judges.   left_out, added : codes of tags that only the one, or only the other has.
    """

    def __init__(self, played: Station, other: Station) -> None:
        mine = played.block("units")
        self.played, self.station = played, other.at_period(mine.period_s)
        theirs = self.station.block("units")
        _check(mine, theirs)
        self.left_out = tuple(code for code in mine.tag_index if code not in theirs.tag_index)
        self.added = tuple(code for code in theirs.tag_index if code not in mine.tag_index)
        self._rows = np.array([mine.units.index(unit) for unit in theirs.units], dtype=np.intp)
        common = [code for code in theirs.tag_index if code in mine.tag_index]
        self._from = np.array([mine.tag_index[code] for code in common], dtype=np.intp)
        self._to = np.array([theirs.tag_index[code] for code in common], dtype=np.intp)
        self._revision, self._shape = theirs.revision, theirs.shape

    def scan(self, scan: Scan) -> Scan:
        """The same readings in the order of this version; those of other stations as they are."""
        if scan.station != self.station.code:
            return scan
        rows, columns = self._rows[:, None], self._from
        values = np.full(self._shape, np.nan, dtype=np.float32)
        values[:, self._to] = scan.values[rows, columns]
        quality = None
        if scan.quality is not None:
            quality = np.full(self._shape, GOOD, dtype=np.uint8)
            quality[:, self._to] = scan.quality[rows, columns]
        return Scan(scan.station, scan.block, self._revision, scan.seq, scan.time_ns, values, quality)

    def among(self, stations: Sequence[Station]) -> list[Station]:
        """The stations, this version of its own in its place."""
        return [self.station if one.code == self.station.code else one for one in stations]

    def to_dict(self) -> dict[str, Any]:
        """Which station and revision it is, and what differs, as JSON can hold it."""
        return {
            "station": self.station.code,
            "revision": self._revision,
            "left_out": list(self.left_out),
            "without_readings": list(self.added),
        }

    @property
    def note(self) -> Text:
        """Which revisions stand beside one another, and whose readings are missing, in one line."""
        code, mine, theirs = self.station.code, self.played.block("units").revision, self._revision
        zh, en = f"{code} 目录版本 {theirs}（原版本 {mine}）", f"{code} by revision {theirs} (usual: {mine})"
        if self.left_out:
            zh += f"；不用 {len(self.left_out)} 个测点：{_named(self.left_out)}"
            en += f"; tags left out ({len(self.left_out)}): {_named(self.left_out)}"
        if self.added:
            zh += f"；{len(self.added)} 个新测点无读数：{_named(self.added)}"
            en += f"; new tags without readings ({len(self.added)}): {_named(self.added)}"
        return Text(zh, en)


def _check(mine: Block, theirs: Block) -> None:
    if sorted(mine.units) != sorted(theirs.units):
        raise VersionError(f"units {', '.join(theirs.units)}; expected those that are played: {', '.join(mine.units)}")
    uoms = {tag.code: tag.uom for tag in mine.tags}
    if not any(tag.code in uoms for tag in theirs.tags):
        raise VersionError(f"no tag of it has readings; expected tags such as {mine.tags[0].code}")
    for tag in theirs.tags:
        if tag.code in uoms and tag.uom != uoms[tag.code]:
            raise VersionError(f'tags.{tag.code}.uom: "{tag.uom}"; expected "{uoms[tag.code]}", as the readings are')


def _named(codes: Sequence[str]) -> str:
    return ", ".join(codes[:NAMED_MOST]) + (" …" if len(codes) > NAMED_MOST else "")
