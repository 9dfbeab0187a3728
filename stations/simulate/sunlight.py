"""Sunlight on a photovoltaic site: position of the sun, clear sky, what clouds, fog and mountains leave, dust and rain.

pvlib (W. Holmgren et al., J. Open Source Software 3(29), 2018) knows the sun; it is imported at first use, since with
pandas it takes a second. t = times, u = inverters. Constants without a reference are plant practice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stations.simulate import weather
from stations.simulate.run import Run
from stations.simulate.season import local_days, seasonal
from stations.simulate.signals import HOUR_S, Array

JUN_SOLSTICE = 172.0
"""Day of the year with the haziest air [d]."""
ALBEDO = 0.20
"""Share of the light that grass and rock throw back [-]."""
LOOK_BACK_DAYS = 60
"""Dust is counted from the last rain, but no longer than this: then as much is blown off as settles [d]."""


class Sun(NamedTuple):
    """The sun over a site, each (t,): apparent zenith and azimuth [deg], clear-sky global horizontal radiation [W/m2]."""

    zenith: Array
    azimuth: Array
    clear: Array


class Light(NamedTuple):
    """Radiation in the plane of the modules, each (t, 1) [W/m2]: ``beam`` straight from the sun, ``diffuse`` the rest."""

    beam: Array
    diffuse: Array


def sun(time_s: Array, latitude_deg: float, longitude_deg: float, altitude_m: float) -> Sun:
    """Sun and clear sky at ``time_s`` (t,) [s since 1970]: NREL's algorithm and P. Ineichen's model.

    I. Reda and A. Andreas, Solar Energy 76, 2004; P. Ineichen and R. Perez, Solar Energy 73, 2002. Linke's turbidity goes
    with the season, 2.1 in December to 4.6 in June: 632 and 1012 W/m2 at noon of the solstices.

    Examples
    --------
    >>> noon = np.array([1782018000.0, 1797829200.0])  # 13:00 UTC+8 on 21 June and 21 December 2026
    >>> sun(noon, 29.5, 107.0, 600.0).clear.round(-1).tolist()
    [1010.0, 630.0]
    """
    from pvlib import atmosphere, clearsky, spa

    pressure = float(weather.pressure(altitude_m))
    # Year-round 12 degC and 69 s between terrestrial and universal time: they move the sun by less than 0.01 degrees.
    position = spa.solar_position(
        time_s, latitude_deg, longitude_deg, altitude_m, pressure / 100.0, 12.0, 69.0, 0.5667, numthreads=1
    )
    zenith, azimuth = position[0], position[4]
    day = np.minimum(zenith, 89.9)
    airmass = atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(day), pressure)
    turbidity = 3.35 + 1.25 * seasonal(time_s, JUN_SOLSTICE)
    clear = clearsky.ineichen(day, airmass, turbidity, altitude=altitude_m)["ghi"]
    return Sun(zenith, azimuth, np.where(zenith < 89.9, clear, 0.0))


def in_plane(sky: Sun, time_s: Array, passed: Array, tilt_deg: float) -> Light:
    """Radiation on modules that face south, tilted by ``tilt_deg``, when clouds let ``passed`` (t, 1) through [-].

    Beam and diffuse light are told apart by D. Erbs et al., Solar Energy 28, 1982; the sky is taken as isotropic.
    """
    from pvlib import irradiance

    ghi = sky.clear * passed[:, 0]
    day_of_year = local_days(time_s) % 365.2425 + 1.0
    parts = irradiance.erbs(ghi, sky.zenith, day_of_year)
    facing = irradiance.aoi_projection(tilt_deg, 180.0, sky.zenith, sky.azimuth)
    beam = parts["dni"] * np.maximum(facing, 0.0)
    view = np.cos(np.deg2rad(tilt_deg))
    diffuse = parts["dhi"] * (1.0 + view) / 2.0 + ALBEDO * ghi * (1.0 - view) / 2.0
    return Light(beam[:, None], diffuse[:, None])


def over_the_ridge(sky: Sun, east_deg: Array, west_deg: Array) -> Array:
    """Share of an inverter's modules that the sun reaches (t, u) [-]: mountains hide it in the morning and evening.

    ``east_deg``, ``west_deg`` (u,): elevation of the skyline on either side [deg].
    """
    elevation = 90.0 - sky.zenith[:, None]
    skyline = np.where(sky.azimuth[:, None] < 180.0, east_deg, west_deg)
    return 1.0 / (1.0 + np.exp(-np.clip((elevation - skyline) / 0.7, -30.0, 30.0)))


def cell_temperature(ambient: Array, light: Array, wind: Array) -> Array:
    """Module temperature [degC] in ``light`` [W/m2] and ``wind`` [m/s]: D. Faiman, Prog. Photovolt. 16, 2008.

    Examples
    --------
    >>> float(cell_temperature(np.array(20.0), np.array(800.0), np.array(1.0)).round(1))
    45.1
    """
    return ambient + light / (25.0 + 6.84 * wind)


def dust(run: Run, time_s: Array, rate: Array) -> Array:
    """Share of the light that dust takes (t, u) [-], at ``rate`` (u,) [1/d] since the last day with over 5 mm of rain."""
    days = np.floor(local_days(time_s)).astype(np.int64)
    first, last = int(days[0]) - LOOK_BACK_DAYS, int(days[-1])
    hours: Array = np.arange(first * 24.0, last * 24.0)
    wet = weather.wetness(run, (hours - 8) * HOUR_S)[:, 0]
    rain_mm = (12.0 * np.maximum(wet - 1.0, 0.0)).reshape(-1, 24).sum(axis=1)
    day = np.arange(first, last)
    washed = np.maximum.accumulate(np.where(rain_mm > 5.0, day + 1, first))
    since = np.minimum(local_days(time_s) - washed[days - first - 1], LOOK_BACK_DAYS)
    return rate * since[:, None]


def fog(relative_humidity: Array) -> Array:
    """How dense the fog is (t, 1), 1 = very [-], at a humidity [%]."""
    return 1.0 / (1.0 + np.exp((98.5 - relative_humidity) / 0.5))
