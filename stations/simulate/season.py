"""Season and hour: time as people and the sun count it, in the zone of the fleet (UTC+8)."""

from __future__ import annotations

import numpy as np

from stations.simulate.signals import DAY_S, HOUR_S, Array

YEAR_DAYS = 365.2425
FEB_MID, MAR_BEGIN, JUL_LATE, AUG_MID, OCT_END = 46.0, 60.0, 205.0, 228.0, 304.0
"""Days of the year: coldest river, most wind, hottest air, warmest river, fullest reservoir."""


def local_days(time_s: Array) -> Array:
    """Local time [days since 1970-01-01 00:00 UTC+8] of ``time_s`` [s since 1970-01-01 UTC]."""
    return (time_s + 8 * HOUR_S) / DAY_S


def local_hour(time_s: Array) -> Array:
    """Hour of the local day (...) [h]: 0 .. 24."""
    return local_days(time_s) % 1.0 * 24


def seasonal(time_s: Array, peak_day: float) -> Array:
    """Yearly cosine, 1 at ``peak_day`` [day of the year] and -1 half a year later [-]."""
    return np.cos(2 * np.pi * (local_days(time_s) - peak_day) / YEAR_DAYS)


def daily(time_s: Array, peak_hour: float) -> Array:
    """Daily cosine, 1 at ``peak_hour`` [local hour] and -1 half a day later [-]."""
    return np.cos(2 * np.pi * (local_days(time_s) - peak_hour / 24))


def hump(time_s: Array, peak_hour: float, width_h: float) -> Array:
    """Daily bell about ``peak_hour`` [local hour], 1 at its top [-]."""
    return np.exp(-0.5 * (((local_hour(time_s) - peak_hour + 12) % 24 - 12) / width_h) ** 2)
