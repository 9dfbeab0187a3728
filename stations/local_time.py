"""Times as people read them: to the minute, in one zone for all of a program, whose name is shown once.

Everything else counts in UTC, and so does what programs read. The zone is one of the process, as with `time.tzset`: no program
shows two, and every sentence, table and curve would have to pass it on. It is UTC until a program says otherwise: times of
recordings and scenarios are shown as their files have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from stations.plant import Text

NAMES: Final = {"Asia/Shanghai": Text("北京时间", "Beijing time")}
"""What people call a zone; any other is called as the IANA has it."""


class _Shown:
    zone: tzinfo = UTC
    name: Text = Text("UTC", "UTC")


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Show times in a zone of the IANA within; ZoneInfoNotFoundError if it is none.

    >>> with in_zone("Asia/Shanghai"):
    ...     moment(1_772_409_600_000_000_000), zone_name().en
    ('2026-03-02 08:00', 'Beijing time')
    """
    before = _Shown.zone, _Shown.name
    _Shown.zone, _Shown.name = ZoneInfo(name), NAMES.get(name, Text(name, name))
    try:
        yield
    finally:
        _Shown.zone, _Shown.name = before


def zone_name() -> Text:
    """What the zone is called in which times are shown now."""
    return _Shown.name


def moment(time_ns: int) -> str:
    """An event time [ns since 1970-01-01 UTC] to the minute.

    >>> moment(1_772_409_600_000_000_000)
    '2026-03-02 00:00'
    """
    return f"{_local(time_ns):%Y-%m-%d %H:%M}"


def wall_ms(time_ns: int) -> int:
    """What a clock on the wall shows then, as if it were UTC [ms]: for axes that know no zones.

    >>> with in_zone("Asia/Shanghai"):
    ...     wall_ms(0)
    28800000
    """
    offset = _local(time_ns).utcoffset()
    return time_ns // 1_000_000 + (0 if offset is None else round(offset.total_seconds() * 1000.0))


def _local(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // 10**9, _Shown.zone)
