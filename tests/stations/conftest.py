"""A year of each technology, simulated once."""

from __future__ import annotations

import pytest

from stations.simulate.signals import Array
from tests.stations.plants import Values, record, station


@pytest.fixture(scope="session")
def hydro_year() -> tuple[Array, Values]:
    """YXK, all units: times and values."""
    return record(station("YXK"), days=365)


@pytest.fixture(scope="session")
def wind_year() -> tuple[Array, Values]:
    """FYL, the first ten turbines: times and values."""
    return record(station("FYL", units=10), days=365)
