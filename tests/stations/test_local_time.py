"""Times as people read them: one zone at a time, given back afterwards, right through the change of the clocks."""

from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

import pytest

from stations.local_time import in_zone, moment, wall_ms, zone_name

NEW_YEAR_NS = 1_767_225_600 * 10**9
HOUR_NS = 3600 * 10**9


def test_the_zone_holds_within_and_is_given_back_even_after_an_error() -> None:
    with in_zone("Asia/Shanghai"):
        assert (moment(NEW_YEAR_NS), zone_name().zh) == ("2026-01-01 08:00", "北京时间")
        with pytest.raises(KeyError), in_zone("Europe/Berlin"):
            raise KeyError(zone_name().zh)
        assert moment(NEW_YEAR_NS) == "2026-01-01 08:00"
    assert (moment(NEW_YEAR_NS), zone_name().en) == ("2026-01-01 00:00", "UTC")


def test_a_wall_clock_jumps_where_the_zone_does() -> None:
    spring_ns = 1_774_746_000 * 10**9  # 29 March 2026, 02:00 becomes 03:00 in Berlin
    with in_zone("Europe/Berlin"):
        assert moment(spring_ns) == "2026-03-29 03:00"
        assert wall_ms(spring_ns) - wall_ms(spring_ns - HOUR_NS) == 2 * 3_600_000


def test_a_wall_clock_keeps_milliseconds() -> None:
    with in_zone("Asia/Shanghai"):
        assert wall_ms(NEW_YEAR_NS + 123_000_000) - wall_ms(NEW_YEAR_NS) == 123


def test_a_zone_that_is_none_is_an_error_and_changes_nothing() -> None:
    with pytest.raises(ZoneInfoNotFoundError), in_zone("Asia/Nowhere"):
        pass
    assert zone_name().en == "UTC"
