"""Sensor faults: what is read changes, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stations.faults import Case
from stations.simulate import simulate_chunks
from stations.simulate.sensors import SENSOR_KINDS
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, station

PLANT = station("YXK")
BLOCK = PLANT.block("units")
PAD, PRESSURE, POWER = "MED10CT103", "MEX10CP101", "MKA10CE101"
COLUMN = BLOCK.tag_index[PAD]
START, END = 2 * 144, 4 * 144
"""Scans between which the fault lasts: days 2 to 4 of 6."""


def record(cases: Sequence[Case] = (), chunk: int = 864) -> Values:
    chunks = simulate_chunks(PLANT, start_ns=NEW_YEAR_NS, n_scans=864, seed=3, cases=cases, chunk=chunk)
    return np.concatenate([one.values for one in chunks])


def fault(kind: str, tag: str = PAD, severity: float = 1.0, unit: str = "2") -> Case:
    return Case(kind, "YXK", unit, NEW_YEAR_NS + 2 * DAY_NS, 2 * 86_400.0, severity, tag)


@pytest.fixture(scope="module")
def sound() -> Values:
    return record()


@pytest.mark.parametrize("kind", sorted(SENSOR_KINDS))
def test_only_the_sensor_at_fault_reads_wrong_and_only_meanwhile(kind: str, sound: Values) -> None:
    wrong = record([fault(kind)])
    changed = sound != wrong
    columns = np.flatnonzero(changed.any(axis=(0, 1)))
    assert COLUMN in columns
    assert len(columns) == (2 if kind == "S11" else 1)
    assert not changed[:, [0, 2, 3]].any()
    assert not changed[:START].any()
    assert not changed[END:].any()
    assert changed[START:END, 1, COLUMN].any()


@pytest.mark.parametrize("kind", sorted(SENSOR_KINDS))
def test_the_chunk_makes_no_difference(kind: str) -> None:
    assert record([fault(kind)]).tobytes() == record([fault(kind)], chunk=37).tobytes()


def test_a_stuck_sensor_repeats_its_last_value(sound: Values) -> None:
    wrong = record([fault("S01")])
    assert (wrong[START:END, 1, COLUMN] == sound[START, 1, COLUMN]).all()
    assert sound[START:END, 1, COLUMN].std() > 0.3


def test_a_drift_of_severity_one_is_some_tenths_of_a_kelvin_a_day(sound: Values) -> None:
    drift = (record([fault("S02")]) - sound)[START:END, 1, COLUMN]
    assert drift[0] == pytest.approx(0.0, abs=0.01)
    assert np.abs(drift[144]) == pytest.approx(0.4, abs=0.05)


def test_a_bias_of_severity_one_is_three_to_ten_kelvin(sound: Values) -> None:
    bias = (record([fault("S03")]) - sound)[START:END, 1, COLUMN]
    assert np.ptp(bias) < 0.001
    assert 3.0 < np.abs(bias[0]) < 10.0


def test_spikes_are_rare_short_and_high(sound: Values) -> None:
    wrong = record([fault("S04")])[START:END, 1, COLUMN]
    hit = np.abs(wrong - sound[START:END, 1, COLUMN]) > 1.0
    assert 5 <= hit.sum() <= 110
    height = np.abs(wrong / sound[START:END, 1, COLUMN] - 1.0)[hit]
    assert ((height > 0.2) & (height <= 1.0)).all()


def test_an_open_sensor_reads_outside_its_range() -> None:
    tag = BLOCK.tags[COLUMN]
    wrong = record([fault("S05")])[START:END, 1, COLUMN]
    assert ((wrong < tag.low) | (wrong > tag.high)).all()


@pytest.mark.parametrize(("tag", "factor", "offset"), [(PAD, 1.8, 32.0), (PRESSURE, 10.0, 0.0), (POWER, 1000.0, 0.0)])
def test_a_unit_swap_is_that_of_the_unit(tag: str, factor: float, offset: float, sound: Values) -> None:
    column = BLOCK.tag_index[tag]
    wrong = record([fault("S10", tag)])
    np.testing.assert_allclose(wrong[START:END, 1, column], factor * sound[START:END, 1, column] + offset, rtol=1e-5)


def test_swapped_tags_exchange_their_values(sound: Values) -> None:
    wrong = record([fault("S11")])
    twin = next(i for i in np.flatnonzero((wrong != sound).any(axis=(0, 1))) if i != COLUMN)
    assert BLOCK.tags[twin].uom == "degC"
    np.testing.assert_array_equal(wrong[START:END, 1, COLUMN], sound[START:END, 1, twin])
    np.testing.assert_array_equal(wrong[START:END, 1, twin], sound[START:END, 1, COLUMN])


def test_a_calibration_goes_from_rail_to_rail() -> None:
    tag = BLOCK.tags[COLUMN]
    ramp = record([fault("B73")])[START:END, 1, COLUMN]
    assert (np.diff(ramp) > 0).all()
    assert ramp[0] == pytest.approx(tag.low, abs=1.0)
    assert ramp[-1] == pytest.approx(tag.high, abs=1.0)


def test_a_shared_instrument_at_fault_is_so_for_all_units() -> None:
    wrong = record([fault("S01", "MET10CT101", unit="")])
    ambient = wrong[:, :, BLOCK.tag_index["MET10CT101"]]
    assert (ambient == ambient[:, :1]).all()
    assert (ambient[START:END] == ambient[START]).all()
