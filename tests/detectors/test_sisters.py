"""What all turbines do alike is told once; what one does by itself is told of that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from detectors.events import EarlyWarning
from detectors.monitor import StationMonitor
from detectors.sisters import ALL_UNITS, FARM_UNITS, LEAST_KNOWN, VOUCH, median, vouched
from stations.plant import Station
from stations.scan import Scan
from tests.detectors.incident import told
from tests.detectors.small import BLOCK, STATION, TUNING, WARM, run, scans, telemetry

FARM = FARM_UNITS + 1
AT = WARM + 60


def test_the_median_is_that_of_the_known_units() -> None:
    x = np.random.default_rng(1).standard_normal((12, 40))
    x[np.random.default_rng(2).random(x.shape) < 0.4] = np.nan
    x[0, 0] = np.inf
    for column, found in zip(x.T, median(x), strict=True):
        known = column[np.isfinite(column)]
        assert np.isnan(found) if len(known) < LEAST_KNOWN else found == pytest.approx(np.median(known))


def test_a_unit_stands_out_by_itself_and_among_its_sisters() -> None:
    own = np.array([[2.0], [2.0], [0.5], [np.nan], [2.0], [2.0], [2.0]])
    among = np.array([[2.0], [0.3], [2.0], [2.0], [np.nan], [0.3], [0.3]])
    found = vouched(own, among)[:, 0]
    np.testing.assert_allclose(found, [2.0, 0.3 / VOUCH, 0.5, np.nan, 2.0, 0.5, 0.5, 2.0])


def farm(n_units: int) -> Station:
    """The small station with so many units."""
    block = replace(BLOCK, units=tuple(str(i + 1) for i in range(n_units)))
    return replace(STATION, blocks=(block,))


def fault(station: Station, hit: Sequence[int]) -> list[Scan]:
    """A pad of the units ``hit`` is 8 K too hot, from `AT` scans on."""
    n_units = len(station.blocks[0].units)
    values = np.concatenate([telemetry(AT + 40, seed) for seed in range(-(-n_units // 3))], axis=1)[:, :n_units]
    values[AT:, hit, BLOCK.tag_index["PAD1"]] += 8.0
    return scans(values, block=station.blocks[0])


def opened(station: Station, hit: Sequence[int]) -> list[EarlyWarning]:
    events = run(StationMonitor(station, TUNING), fault(station, hit))
    return [event for event in events if isinstance(event, EarlyWarning) and event.transition == "opened"]


@pytest.mark.parametrize(("hit", "units"), [([3], {"4"}), ([1, 5], {"2", "6"}), (list(range(FARM)), {ALL_UNITS})])
def test_one_cause_is_told_of_where_it_is(hit: list[int], units: set[str]) -> None:
    warned = opened(farm(FARM), hit)
    assert {warning.unit for warning in warned} == units
    assert all(np.isfinite([one.value, one.expected]).all() for warning in warned for one in warning.evidence)
    if ALL_UNITS in units:
        assert "全部机组" in warned[0].text_zh
        assert "all units" in warned[0].text_en


def test_fewer_units_than_a_farm_stand_alone() -> None:
    few = FARM_UNITS - 1
    assert {warning.unit for warning in opened(farm(few), range(few))} == {str(i + 1) for i in range(few)}


def test_a_restored_farm_goes_on_to_the_bit() -> None:
    station = farm(FARM)
    some = fault(station, [2])
    one, two = StationMonitor(station, TUNING), StationMonitor(station, TUNING)
    run(one, some[: AT + 5])
    two.restore("units", one.snapshot("units"))
    assert told(run(one, some[AT + 5 :])) == told(run(two, some[AT + 5 :]))
    assert one.snapshot("units") == two.snapshot("units")
