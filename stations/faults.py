"""Failure modes as they grow in the telemetry: when, in which unit, how fast, and the size of each symptom.

A failure develops in ``x``, the elapsed fraction of its development time: 0 before it starts, 1 once it is fully grown.
The shapes are plant practice: slow at first, then running away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KINDS = {
    "F01": "guide or thrust pad distress (misalignment, oil, load sharing)",
    "F28": "wind turbine gearbox bearing or gear damage",
}
"""What can be injected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of one unit.

    Parameters
    ----------
    kind : a key of ``KINDS``.
    station, unit : codes of the catalogue.
    start_ns : when it begins to grow, integer nanoseconds since 1970-01-01 UTC.
    development_s : time until it is fully grown [s].
    severity : size of every symptom relative to the usual one [-].
    tag : the pad that suffers, by tag code, for F01; empty = a turbine guide bearing pad.

    Raises
    ------
    ValueError if the kind is unknown, or if development time or severity is not positive.

    Examples
    --------
    >>> fault = Fault("F01", "YXK", "2", start_ns=0, development_s=100.0)
    >>> fault.progress(np.array([-50.0, 0.0, 25.0, 100.0, 900.0])).tolist()
    [0.0, 0.0, 0.25, 1.0, 1.0]
    """

    kind: str
    station: str
    unit: str
    start_ns: int
    development_s: float
    severity: float = 1.0
    tag: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; known: {', '.join(KINDS)}")
        for name, value in (("development_s", self.development_s), ("severity", self.severity)):
            if not (math.isfinite(value) and value > 0):
                whose = f"{self.kind} of {self.station} unit {self.unit}"
                raise ValueError(f"{whose}: {name} must be positive, got {value}")

    def progress(self, time_s: Array) -> Array:
        """Elapsed fraction x of the development at ``time_s`` (t,) [s since 1970]: (t,) in 0 .. 1 [-]."""
        return np.clip((time_s - self.start_ns / 1e9) / self.development_s, 0.0, 1.0)


class PadDistress(NamedTuple):
    """Symptoms of F01, each (t,): the pad, the other pads, the oil [K]; run-out [um] and housing [mm/s] at 1X."""

    pad: Array
    neighbours: Array
    oil: Array
    run_out: Array
    vibration: Array


def pad_distress(x: Array, severity: float = 1.0) -> PadDistress:
    """F01: one pad heats by 26 x^3 K, its neighbours by a tenth of it; the shaft follows when the babbitt is worn.

    Parameters
    ----------
    x : (t,) elapsed fraction of the development [-].
    severity : scale of every symptom [-].

    Examples
    --------
    >>> symptoms = pad_distress(np.array([0.5, 1.0]))
    >>> symptoms.pad.tolist(), symptoms.oil.tolist(), symptoms.run_out.round(1).tolist()
    ([3.25, 26.0], [0.1875, 1.5], [1.9, 120.0])
    """
    cubic = severity * x**3
    late = severity * x**6
    return PadDistress(26.0 * cubic, 2.6 * cubic, 1.5 * cubic, 120.0 * late, 1.2 * late)


class GearboxDamage(NamedTuple):
    """Symptoms of F28, each (t,): high-speed-shaft bearing [K]; relative rise of gearbox vibration [-]."""

    bearing: Array
    vibration: Array


def gearbox_damage(x: Array, load: Array, severity: float = 1.0) -> GearboxDamage:
    """F28: the bearing heats by 32 x^2.5 sqrt(p) K under load; vibration doubles at the end.

    Parameters
    ----------
    x : (t,) elapsed fraction of the development [-].
    load : (t,) power relative to the rating, >= 0 [-].
    severity : scale of every symptom [-].

    Examples
    --------
    >>> gearbox_damage(np.array([1.0]), np.array([0.25])).bearing.tolist()
    [16.0]
    """
    return GearboxDamage(severity * 32.0 * x**2.5 * np.sqrt(load), severity * x**2)
