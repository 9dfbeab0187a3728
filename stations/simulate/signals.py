"""Filters, noise and sensors: the few time-series blocks that every technology is made of.

The functions are pure: they take the state at the end of one stretch of time and return it for the next. ``run.Run`` keeps
these states, and the random streams, by name. Time is axis 0 of every array; t = times, u = units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0


def lag(steady: Array, tau_s: float, dt_s: float, state: Array | None = None) -> tuple[Array, Array]:
    """First-order lag, exact for an input held over each period: ``x += (1 - exp(-dt/tau)) * (steady - x)``.

    Parameters
    ----------
    steady : (t, ...) value it would settle at [any].
    tau_s, dt_s : time constant and period [s].
    state : (1, ...) as returned for the stretch before; None = settled at the first value.

    Returns
    -------
    (t, ...) lagged value [as steady], and the state.

    Examples
    --------
    >>> lag(np.array([0.0, 1.0, 1.0]), tau_s=600.0, dt_s=600.0)[0].round(3).tolist()
    [0.0, 0.632, 0.865]
    """
    a = math.exp(-dt_s / tau_s)
    y, end = lfilter([1.0 - a], [1.0, -a], steady, axis=0, zi=a * steady[:1] if state is None else state)
    return y, end


def autoregress(white: Array, tau_s: float, dt_s: float, state: Array) -> tuple[Array, Array]:
    """Ornstein-Uhlenbeck process of unit variance, sampled exactly (an AR(1) series).

    Parameters
    ----------
    white : (t, ...) independent standard normal numbers [-].
    tau_s, dt_s : correlation time and period [s].
    state : (1, ...) as returned for the stretch before; at first ``a * x``, x standard normal: so it starts stationary.

    Returns
    -------
    (t, ...) values [-], and the state.
    """
    a = math.exp(-dt_s / tau_s)
    y, end = lfilter([math.sqrt(1.0 - a * a)], [1.0, -a], white, axis=0, zi=state)
    return y, end


def integrate(rate: Array, dt_s: float, state: Array | float = 0.0) -> tuple[Array, Array]:
    """Running integral of ``rate`` (t, ...) [x/s] from ``state`` (...) [x]: (t, ...) [x], and its last value."""
    y = state + np.cumsum(rate, axis=0) * dt_s
    return y, y[-1]


def ramp(target: Array, step: float, state: Array | None = None) -> tuple[Array, Array]:
    """``target`` (t, ...) [any] followed by at most ``step`` [as target] from one time to the next: a set-point on its ramp.

    Examples
    --------
    >>> ramp(np.array([0.5, 1.0, 1.0, 0.0]), 0.3)[0].round(2).tolist()
    [0.5, 0.8, 1.0, 0.7]
    """
    y = np.empty_like(target)
    last = target[0] if state is None else state
    for i, wanted in enumerate(target):
        last = y[i] = last + np.clip(wanted - last, -step, step)
    return y, np.asarray(last)


def averaging(tau_s: float, dt_s: float) -> float:
    """Standard deviation of the mean over ``dt_s`` of an OU process of unit variance [-].

    A historian that keeps ten-minute means sees little of the turbulence that ten-second values show.

    Examples
    --------
    >>> round(averaging(20.0, 10.0), 2), round(averaging(20.0, 600.0), 2)
    (0.92, 0.25)
    """
    r = dt_s / tau_s
    return math.sqrt(2.0 / r * (1.0 - (1.0 - math.exp(-r)) / r))


def quantise(values: Array, step: float, low: float, high: float) -> Array:
    """What a sensor of resolution ``step`` and range ``low`` .. ``high`` reports [as values]; it saturates at its ends.

    Examples
    --------
    >>> quantise(np.array([-0.04, 61.26, 900.0]), step=0.1, low=-50.0, high=200.0).round(3).tolist()
    [0.0, 61.3, 200.0]
    """
    stepped = np.rint(values / step) * step if step > 0 else values
    return np.clip(stepped, low, high) + 0.0  # + 0.0 makes -0.0 a plain zero


@dataclass(frozen=True, slots=True)
class Noise:
    """What a reading holds besides the modelled signal.

    White measurement noise of standard deviation ``white`` [unit of the tag] + ``of_value`` [-] times the value +
    ``of_span`` [-] times the sensor's range. ``slow`` [unit of the tag] and ``slow_of_value`` [-] scale slow physics
    that no equation here explains: without it every detector looks unrealistically good.
    """

    white: float = 0.0
    of_value: float = 0.0
    of_span: float = 0.0
    slow: float = 0.0
    slow_of_value: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """Where a tag's value comes from: a signal by name (a ``column`` of it, or None) and the noise of its sensor.

    ``cyclic``: the signal goes up and down as a vessel is pumped, so another value at one moment says nothing.
    """

    signal: str
    column: int | None
    noise: Noise
    cyclic: bool = False


def points(code: str, first: int, signal: str, n: int, noise: Noise) -> dict[str, Point]:
    """Points of ``n`` like sensors in a row.

    Examples
    --------
    >>> list(points("MKD10CT", 101, "thrust", 2, Noise()))
    ['MKD10CT101', 'MKD10CT102']
    """
    return {f"{code}{first + i}": Point(signal, i, noise) for i in range(n)}
