"""Profiles of a fleet: how much of it is sampled, how often. What sends and what judges must use the same one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stations.plant import Fleet, Station

PROFILES: Final = ("full", "lite")
FARM_PERIOD_S: Final = {"wind_dfig": 10.0, "wind_pmsg": 10.0, "pv_central": 60.0, "pv_string": 60.0}
"""Time between two scans of a wind or PV unit in the full profile [s]; every other station is a plant."""
PLANT_PERIOD_S: Final = 2.0
"""Plants in the full profile: half the points at 1 s and half, the temperatures, slower, come to the same load [s]."""
LITE_PLANT_S, LITE_FARM_S, LITE_UNITS = 10.0, 60.0, {"wind": 6, "pv": 10}
"""The lite profile, for two cores: plants and farms [s], and the units of a farm that are sampled at all."""


def in_profile(fleet: Fleet, profile: str) -> Fleet:
    """The fleet as a profile samples it: ``full`` is some 1,300 values a second, ``lite`` a sixth of it.

    Raises
    ------
    ValueError if there is no such profile.

    Examples
    --------
    >>> from stations.catalogue import load_fleet
    >>> [round(values_per_s(in_profile(load_fleet(), profile))) for profile in PROFILES]
    [1310, 216]
    """
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    change = _full if profile == "full" else _lite
    return Fleet({code: change(station) for code, station in fleet.stations.items()})


def values_per_s(fleet: Fleet) -> float:
    """Readings of the whole fleet a second."""
    return sum(
        sum((1 if tag.shared else len(block.units)) / tag.period_s for tag in block.tags) for block in fleet.blocks
    )


def _full(station: Station) -> Station:
    return station.at_period(FARM_PERIOD_S.get(station.technology, PLANT_PERIOD_S))


def _lite(station: Station) -> Station:
    n_units = LITE_UNITS.get(station.technology.partition("_")[0])
    if n_units is None:
        return station.at_period(LITE_PLANT_S)
    fewer = replace(station, blocks=tuple(block.only(n_units) for block in station.blocks))
    return fewer.at_period(LITE_FARM_S)
