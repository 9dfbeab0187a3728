"""What one channel is told at one time: a page of its desk, an escalation, the digest of the day. Plain frozen data."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from detectors.events import LEVELS
from detectors.pages import AGAIN, DIGEST, PAGE, Line, Page, digest
from stations.plant import Text

DAILY, ESCALATION, TEST = "daily", "escalation", "test"
"""Kinds of notices beside those of pages."""
KINDS: Final = (PAGE, AGAIN, DIGEST, DAILY, ESCALATION, TEST)
NAMESPACE: Final = uuid.UUID("5e0b5d1c-9f0e-5c58-9a54-8a3cfa0f5c11")
"""Of the ids of messages; changing it would make every id new."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one channel.

    Attributes
    ----------
    key : the same for the same notice, whoever makes it again.
    kind : one of `KINDS`; ``level`` that of its first line, "" = it has none.
    lines : what it covers, the worst first; a digest of a day may cover nothing.
    source : of an escalation, the channel that was told before.
    """

    channel: str
    key: str
    kind: str
    level: str
    time_ns: int
    lines: tuple[Line, ...]
    text: Text
    source: str = ""

    @property
    def id(self) -> str:
        """Id of the message, by which whoever gets it twice knows it again.

        >>> Notice("crew", "a", "test", "", 0, (), Text("", "")).id
        'db2cc96e-f8ea-57e4-a3c3-7d0511fa05d9'
        """
        return str(uuid.uuid5(NAMESPACE, f"{self.channel}/{self.key}"))

    @classmethod
    def of(cls, page: Page) -> Notice:
        """The notice of a page."""
        text = Text(page.text_zh, page.text_en)
        return cls(page.desk, page.key, page.kind, page.level, page.time_ns, page.lines, text)

    def to_dict(self) -> dict[str, Any]:
        """The notice as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Notice:
        """The inverse of `to_dict`."""
        lines = tuple(Line(**line) for line in raw["lines"])
        return cls(**{**raw, "lines": lines, "text": Text(**raw["text"])})


def merged(notices: list[Notice], time_ns: int) -> Notice:
    """What was held back over the quiet hours, as one; what has ended meanwhile is said to be over."""
    if len(notices) == 1:
        return replace(notices[0], time_ns=time_ns)
    page = digest(notices[0].channel, time_ns, [line for notice in notices for line in notice.lines])
    return Notice.of(page)


def escalation(channel: str, source: str, time_ns: int, lines: Iterable[Line]) -> Notice:
    """What another channel was told and nobody has attended to."""
    ordered = sorted(lines, key=lambda line: (-line.rank, line.time_ns, line.id))
    first = ordered[0]
    if len(ordered) == 1:
        said = Text(first.text_zh, first.text_en)
    else:
        page = digest(channel, time_ns, ordered)
        said = Text(page.text_zh, page.text_en)
    text = Text(f"（{source} 无人确认）{said.zh}", f"(nobody at {source} has acknowledged) {said.en}")
    key = f"{ESCALATION}/{time_ns}/{first.id}"
    return Notice(channel, key, ESCALATION, first.level, time_ns, tuple(ordered), text, source)


def daily(channel: str, time_ns: int, page: Page | None, standing: Iterable[tuple[str, bool]]) -> Notice:
    """The digest of a day: what was not told yet, and what stands; ``standing`` holds level and whether anybody attends to it."""
    levels = list(standing)
    counts = [sum(level == one for level, _ in levels) for one in reversed(LEVELS)]
    waiting = sum(not is_attended for _, is_attended in levels)
    stands = Text(
        f"当前未结束预警 {len(levels)} 条（紧急 {counts[0]}、预警 {counts[1]}、关注 {counts[2]}），其中 {waiting} 条无人处理。",
        f"{len(levels)} stand ({counts[0]} urgent, {counts[1]} warning, {counts[2]} watch), {waiting} of them unattended.",
    )
    new = (
        Text(page.text_zh, page.text_en) if page else Text("没有未通知的新情况。", "Nothing that was not told before.")
    )
    lines, level = (page.lines, page.level) if page else ((), "")
    text = Text(f"每日摘要：{new.zh}{stands.zh}", f"Daily digest: {new.en} {stands.en}")
    return Notice(channel, f"{DAILY}/{time_ns}", DAILY, level, time_ns, lines, text)
