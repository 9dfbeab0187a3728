"""Units of measure the catalogue knows: a closed table, so that a typing error is found before a chart is wrong."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

UOM: Final = MappingProxyType(
    {
        "%": "share",
        "1/h": "frequency of events",
        "A": "current",
        "Hz": "frequency",
        "K": "temperature difference",
        "MOhm": "insulation resistance",
        "MPa": "pressure",
        "MVar": "reactive power",
        "MW": "active power",
        "MWh": "energy",
        "Pa": "pressure",
        "V": "voltage",
        "W/m2": "irradiance",
        "bar": "pressure",
        "deg": "angle",
        "degC": "temperature",
        "g/h": "mass flow",
        "kA": "current",
        "kPa": "pressure",
        "kV": "voltage",
        "kW": "active power",
        "kg/s": "mass flow",
        "m": "length",
        "m/s": "speed",
        "m/s2": "acceleration",
        "m3/d": "volume flow",
        "m3/h": "volume flow",
        "m3/s": "volume flow",
        "mbar": "pressure",
        "mg/m3": "concentration",
        "min": "duration",
        "mm": "length",
        "mm/s": "vibration velocity",
        "ppm": "concentration",
        "rpm": "rotational speed",
        "s": "duration",
        "t/h": "mass flow",
        "uS/cm": "conductivity",
        "um": "length",
    }
)
"""Unit of measure -> the quantity it measures."""
