"""What came back from a run through Kafka, and whether it is what should have come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from replay.player import HEALTH, WARNINGS, Ledger
from stations.plant import Text

DEAD_SHOWN: Final = 5
"""Dead letters that are printed."""
UNITS_SHOWN: Final = 8
"""Units whose points are told one by one; of more, only those that are not as expected."""


@dataclass(slots=True)
class Outcome:
    """What came back from Kafka, beside what was expected.

    Attributes
    ----------
    bucket : where the points are.
    units : key of the health messages of each unit, that of its station.
    expected, received : messages of the embedded run and of the workers.
    dead : reason of every dead letter, by partition and offset of its scan.
    points : health points in InfluxDB by unit; None if they were not counted.
    behind : scans, at most, that had no answer yet when the next was due; None = it was not paced.
    """

    bucket: str
    units: Mapping[str, bytes]
    expected: Ledger = field(default_factory=Ledger)
    received: Ledger = field(default_factory=Ledger)
    dead: dict[bytes, str] = field(default_factory=dict)
    points: dict[str, int] | None = None
    stalled: bool = False
    interrupted: bool = False
    restarts: int = 0
    behind: int | None = None

    @property
    def answered(self) -> int:
        """Scans that have their health message or stand among the dead letters."""
        return self.received.count(HEALTH) + len(self.dead)

    @property
    def difference(self) -> str:
        """How the run differs from the embedded one; empty if it is the same to the byte."""
        return self.received.difference(self.expected)

    @property
    def points_off(self) -> list[str]:
        """Units that have not one point for each health message."""
        return [unit for unit, count in (self.points or {}).items() if count != self.due(unit)]

    def due(self, unit: str) -> int:
        """Health points that a unit is to have."""
        return self.expected.count(HEALTH, self.units[unit])

    @property
    def is_right(self) -> bool:
        """Every scan answered, every point there, every byte the same."""
        whole = self.points is not None and not (self.stalled or self.interrupted or self.dead)
        return whole and not self.points_off and not self.difference

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {
            "bucket": self.bucket,
            "health_messages": self.received.count(HEALTH),
            "warning_messages": self.received.count(WARNINGS),
            "repeats": self.received.repeats,
            "restarts": self.restarts,
            "dead_letters": len(self.dead),
            "points": self.points,
            "stalled": self.stalled,
            "interrupted": self.interrupted,
            "behind": self.behind,
            "equal": not self.difference,
            "difference": self.difference,
            "right": self.is_right,
        }

    def verdict(self) -> Iterator[Text]:
        """What became of the run, in a few lines."""
        n_scans = self.expected.count(HEALTH)
        if self.interrupted or self.stalled:
            why = (
                Text("已中断", "interrupted")
                if self.interrupted
                else Text("长时间没有新结果，已放弃", "nothing came any more: given up")
            )
            yield Text(
                f"{why.zh}：{n_scans} 次扫描中已评估 {self.answered}",
                f"{why.en}: {self.answered:,} of {n_scans:,} scans judged",
            )
        for place, reason in list(self.dead.items())[:DEAD_SHOWN]:
            yield Text(f"死信 {place.decode()}：{reason}", f"dead letter {place.decode()}: {reason}")
        yield from self._points_told()
        if self.interrupted:
            return
        if self.difference:
            yield Text(f"与本机计算不同：{self.difference}", f"differs from the embedded run: {self.difference}")
            return
        health, warnings, repeats = self.received.count(HEALTH), self.received.count(WARNINGS), self.received.repeats
        yield Text(
            f"与本机计算逐字节相同：健康 {health} 条，预警 {warnings} 条，重复 {repeats} 条",
            f"equal to the embedded run, byte for byte: {health:,} health and {warnings:,} warning messages, {repeats} repeats",
        )

    def _points_told(self) -> Iterator[Text]:
        points = self.points or {}
        shown = list(points) if len(points) <= UNITS_SHOWN else self.points_off[:UNITS_SHOWN]
        for unit in shown:
            count, due = points[unit], self.due(unit)
            yield Text(
                f"InfluxDB {self.bucket}：{unit} 号机健康点 {count}，应为 {due}",
                f"InfluxDB {self.bucket}: unit {unit} has {count:,} health points, expected {due:,}",
            )
        if rest := len(points) - len(shown):
            right = len(points) - len(self.points_off)
            yield Text(
                f"InfluxDB {self.bucket}：{len(points)} 台机组中 {right} 台健康点数相符（未列出 {rest} 台）",
                f"InfluxDB {self.bucket}: {right} of {len(points)} units have all their health points ({rest} not listed)",
            )
