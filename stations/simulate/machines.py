"""What machines of several technologies have in common: oil-film bearings, windings, transformers, vessels with pumps.

Pure functions of arrays; t = times, u = units, k = sensors, p = power relative to the rating, n = speed likewise. Constants
without a reference are plant practice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stations.simulate.conditions import Condition
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, HOUR_S, MINUTE_S, Array

TAU_OIL_MIN, TAU_WINDING_MIN = 150.0, 7.0
K11, K21, K22 = 0.5, 2.0, 2.0
"""IEC 60076-7:2018, table 4, ONAF: time constants of oil and winding [min], and the constants of the thermal model [-]."""

GASES = ("hydrogen", "methane", "ethane", "ethylene", "acetylene", "carbon_monoxide", "carbon_dioxide")
"""Dissolved gases of IEC 60599, in the order in which the tags have them."""
GAS_BASE_PPM = np.array([18.0, 12.0, 8.0, 14.0, 0.4, 220.0, 2200.0])
"""A sound transformer of some years [ppm]."""

TRANSFORMER_CONDITIONS = {
    "transformer_cooling": Condition(0, "loss of cooling: rise of top oil over air, as a share of it [-]"),
    **{f"gas_{gas}": Condition(0, f"{gas} made by an internal fault [ppm]") for gas in GASES},
}


def top_oil_rise(k: Array) -> Array:
    """Steady top-oil rise over air [K] at load factor K [-]: IEC 60076-7 with R = 6, x = 0.8 and 52 K at K = 1.

    Examples
    --------
    >>> top_oil_rise(np.array([0.0, 1.0])).round(1).tolist()
    [11.0, 52.0]
    """
    return 52.0 * ((1.0 + 6.0 * k**2) / 7.0) ** 0.8


def hot_spot_gradient(k: Array) -> Array:
    """Steady hot-spot rise over top oil [K] at load factor K [-]: IEC 60076-7 with y = 1.3 and 22 K at K = 1."""
    return 22.0 * k**1.3


class Transformer(NamedTuple):
    """Signals of a unit transformer: top oil and hot spot (t, u) [degC]; dissolved gases (t, u, 7) [ppm]."""

    top_oil: Array
    hot_spot: Array
    gases: Array


def transformer(run: Run, current: Array, ambient: Array, name: str = "transformer") -> Transformer:
    """A transformer with fans: difference form of IEC 60076-7:2018 (8.2.2), as its ONAF table has it.

    Parameters
    ----------
    current : (t, u) load factor K [-].   ambient : (t, 1) air [degC].   name : one per transformer of a unit.
    """
    u = current.shape[1]
    rise = top_oil_rise(current) * (1.0 + 0.02 * run.spread(name, (u,))) * (1.0 + run.condition("transformer_cooling"))
    top_oil = run.lag(f"{name} top oil", ambient + rise, K11 * TAU_OIL_MIN * MINUTE_S)
    gradient = hot_spot_gradient(current)
    fast = run.lag(f"{name} hot spot, winding", K21 * gradient, K22 * TAU_WINDING_MIN * MINUTE_S)
    slow = run.lag(f"{name} hot spot, oil", (K21 - 1.0) * gradient, TAU_OIL_MIN / K22 * MINUTE_S)
    # Cellulose takes up and gives off gas with the oil temperature: the level breathes without any fault.
    base = GAS_BASE_PPM * (1.0 + 0.25 * run.spread(f"{name} gas", (u, len(GASES))).clip(-2.5, 2.5))
    breath = 1.0 + 0.006 * (top_oil[..., None] - 50.0)
    wander = 1.0 + 0.08 * run.ou(f"{name} gas", (len(top_oil), u, 1), 10 * DAY_S)
    made = np.broadcast_arrays(*(run.condition(f"gas_{gas}") for gas in GASES))
    gases = base * breath * wander + np.stack(made, axis=-1)
    return Transformer(top_oil, top_oil + fast - slow, run.lag(f"{name} gas in oil", gases, 12 * HOUR_S))


def saw_tooth(phase: Array, low: float, high: float) -> Array:
    """A vessel that goes from ``low`` to ``high`` as ``phase`` [-] grows by one, and is then set back by its pump."""
    return low + (high - low) * (phase % 1.0)


def vector_sum(base: Array, *others: Array) -> Array:
    """Root of the sum of squares: vibrations of other causes add so [as given]."""
    total: Array = base**2
    for other in others:
        total = total + other**2
    length: Array = np.sqrt(total)
    return length


def rotate(level: Array, change: Array, phase_deg: float) -> Array:
    """Amplitude of a 1X vector of length ``level`` after a ``change`` at ``phase_deg`` to it: it can fall [as given].

    Examples
    --------
    >>> rotate(np.array([40.0]), np.array([15.0]), 180.0).round(6).tolist()
    [25.0]
    """
    angle = np.deg2rad(phase_deg)
    length: Array = np.hypot(level + change * np.cos(angle), change * np.sin(angle))
    return length
