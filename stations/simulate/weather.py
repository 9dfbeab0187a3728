"""Weather of the region and of a ridge: air, humidity, wind, rain and cloud; all stations of one seed share it.

The climate is a humid subtropical mountain basin: 7 degC in January, 27.5 in July, 70 % of the rain from May to September,
hardly any sun in winter. Figures are plant practice there; what depends on the date alone is drawn by the date, so the
same hour has the same weather however it is sampled.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.season import JUL_LATE, MAR_BEGIN, daily, seasonal
from stations.simulate.signals import DAY_S, HOUR_S, Array, averaging

VALLEY_M = 300.0
"""Altitude of the valley whose weather the stations share [m]."""

CONDITIONS = {
    "heat_wave": Condition(0, "air above the weather of the season, the river a quarter of it [K]"),
    "icing": Condition(0, "freezing fog on the ridges: share of full ice on blades [-]"),
}


def ambient(run: Run, time_s: Array, altitude_m: float = VALLEY_M) -> Array:
    """Air temperature (t, 1) [degC]: warmer by day, three-day weather, -6.5 K per km; a heat wave comes on top."""
    summer = seasonal(time_s, JUL_LATE)
    valley = 17.2 + 10.3 * summer + (3.3 + 0.9 * summer) * daily(time_s, 15.0)
    weather = 2.6 * run.regional("/weather", time_s, 3 * DAY_S)
    return valley[:, None] + weather - 6.5 * (altitude_m - VALLEY_M) / 1000 + run.condition("heat_wave")[:, :1]


def humidity(run: Run, time_s: Array, altitude_m: float = VALLEY_M) -> Array:
    """Relative humidity (t, 1) [%]: 78 on average, lower on hot afternoons, 5 points more per km up."""
    weather = 9.0 * run.regional("/humidity", time_s, 2 * DAY_S) - 4.0 * run.regional("/weather", time_s, 3 * DAY_S)
    mean = 78.0 - 10.0 * daily(time_s, 15.0)[:, None] + 5.0 * (altitude_m - VALLEY_M) / 1000
    return np.clip(mean + weather - 2.0 * run.condition("heat_wave")[:, :1], 25.0, 100.0)


def wet_bulb(air: Array, relative_humidity: Array) -> Array:
    """Wet-bulb temperature [degC] at ``air`` [degC] and humidity [%]: Stull, J. Appl. Meteor. Climatol. 50, 2011, eq. (1).

    Examples
    --------
    >>> wet_bulb(np.array([20.0, 7.0, 27.5]), np.array([50.0, 78.0, 78.0])).round(1).tolist()
    [13.7, 4.9, 24.4]
    """
    rh = relative_humidity
    return np.asarray(
        air * np.arctan(0.151977 * np.sqrt(rh + 8.313659))
        + np.arctan(air + rh)
        - np.arctan(rh - 1.676331)
        + 0.00391838 * rh**1.5 * np.arctan(0.023101 * rh)
        - 4.686035
    )


def pressure(altitude_m: float | Array) -> Array:
    """Air pressure of the ISO standard atmosphere [Pa].

    Examples
    --------
    >>> [round(float(pressure(altitude)), -2) for altitude in (0.0, 1650.0)]
    [101300.0, 83000.0]
    """
    return np.asarray(101325.0 * (1.0 - 2.25577e-5 * np.asarray(altitude_m)) ** 5.25588)


def wetness(run: Run, time_s: Array) -> Array:
    """How much this hour is one of rain (t, 1): above 1.0 it rains; 0.3 of the hours in summer, 0.1 in winter [-]."""
    normal = run.regional("/rain", time_s, 8 * HOUR_S)
    chance = 0.18 + 0.10 * seasonal(time_s, JUL_LATE)
    wet: Array = ndtr(normal) / (1.0 - chance[:, None])
    return wet


def cloud(run: Run, time_s: Array, site: str) -> Array:
    """Share of the clear-sky radiation that reaches a site (t, 1) [-]: overcast for days, or passing clouds.

    A slow field says how cloudy the day is, a fast one, of the site, which cloud stands before the sun just now. Over the
    year 0.4 of the radiation arrives; the sun shines for 8 % of its time in December and January, for 50 % in August.
    """
    season = -0.62 + 0.75 * seasonal(time_s, JUL_LATE)[:, None]
    slow = season - 0.4 * run.regional("/rain", time_s, 8 * HOUR_S) + 0.8 * run.regional("/cloud", time_s, DAY_S)
    clear_sky: Array = ndtr(1.2 * slow - 0.3)
    passing = 0.5 * (1.0 + np.tanh(2.2 * (run.regional(f"{site}/cloud", time_s, 720.0) + 2.2 * slow)))
    return 0.17 + 0.86 * (0.25 + 0.75 * passing) * clear_sky ** (1.0 - 0.6 * passing)


def wind(run: Run, time_s: Array, n_units: int) -> Array:
    """Ten-minute wind at each turbine (t, u) [m/s]: Weibull 6.5 m/s, shape 1.9; correlation 0.8 between turbines.

    A Gaussian field, slow for the weather and faster for the place, is mapped to the Weibull distribution by its
    quantiles. Ridges have more wind in late winter, and by night.
    """
    calendar = 0.20 * seasonal(time_s, MAR_BEGIN) + 0.15 * daily(time_s, 2.0)
    farm = 0.87 * run.regional("wind/day", time_s, 20 * HOUR_S) + 0.49 * run.regional("wind/hours", time_s, 2 * HOUR_S)
    own = run.ou("wind/own", (len(time_s), n_units), HOUR_S)
    z = calendar[:, None] + np.sqrt(0.8) * farm + np.sqrt(0.2) * own
    exposure = 1.0 + 0.05 * run.spread("exposure", (n_units,))
    quantile: Array = -log_ndtr(-z)
    return exposure * 6.5 * quantile ** (1 / 1.9)


def gusts(run: Run, shape: tuple[int, int], intensity: float = 0.12) -> Array:
    """Turbulence (t, u) relative to the ten-minute wind [-], averaged over the period of the run."""
    return intensity * averaging(20.0, run.dt_s) * run.ou("gusts", shape, 20.0)


def wind_direction(run: Run, time_s: Array) -> Array:
    """Wind direction of the farm (t, 1) [deg], not wrapped: it wanders about a prevailing north-westerly."""
    return 320.0 + 55.0 * run.regional("direction", time_s, 15 * HOUR_S)
