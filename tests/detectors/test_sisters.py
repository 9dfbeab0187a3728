"""What all turbines do alike is told once; what one does by itself is told of that one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from detectors.base import Array
from detectors.events import EarlyWarning
from detectors.monitor import StationMonitor
from detectors.sisters import ALL_UNITS, ASKED, FARM_UNITS, HARDLY, LEAST_KNOWN, LIKE, VOUCH, median, vouched
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


def naive(own: Array, f: Array, limit: Array, unit: int, tag: int) -> float:
    """Score of one unit (the last one: of all together) and tag by the docstring of `detectors.sisters`, number by number."""
    known = [u for u in range(len(own)) if math.isfinite(own[u, tag])]
    rho = f / limit
    if unit < len(own):
        if unit not in known or len(known) < LEAST_KNOWN or own[unit, tag] < ASKED:
            return float(own[unit, tag])
        scores = []
        for f_k, limit_k, rho_k in zip(f[:, :, tag], limit[:, :, tag], rho[:, :, tag], strict=True):
            m = statistics.median([f_k[u] if abs(rho_k[u]) >= HARDLY else 0.0 for u in known if u != unit])
            between = min(0.0, m) < f_k[unit] < max(0.0, m)
            apart = 0.0 if between else abs(f_k[unit] - m)
            scores.append(min(abs(rho_k[unit]), apart / (VOUCH * limit_k[unit] + LIKE * abs(m))))
        return float(max(scores))
    if len(known) < LEAST_KNOWN:
        return math.nan
    if statistics.median_low([own[u, tag] for u in known]) < ASKED or max(own[u, tag] for u in known) < ASKED:
        return float(statistics.median_low([own[u, tag] for u in known]))
    all_units = [[scale[u, tag] for u in known] for scale in rho]
    middles = [(statistics.median_low(some), statistics.median_high(some)) for some in all_units]
    return float(max(min(abs(low), abs(high)) if low * high > 0.0 else 0.0 for low, high in middles))


@pytest.mark.parametrize("n_units", [1, 4, 5, 8, 9])
def test_as_told_in_plain_words(n_units: int) -> None:
    chance = np.random.default_rng(n_units)
    common = chance.standard_normal((3, 1, 60))
    rho = (common + chance.standard_normal((3, n_units, 60))) * chance.choice([0.1, 0.8], (1, 1, 60))
    own = np.abs(rho).max(axis=0)
    own[chance.random(own.shape) < 0.2] = np.nan
    limit = np.exp(chance.standard_normal(rho.shape))
    wanted = [[naive(own, limit * rho, limit, unit, tag) for tag in range(60)] for unit in range(n_units + 1)]
    np.testing.assert_allclose(vouched(own, limit * rho, 1.0 / limit), wanted)


def test_units_that_stand_out_to_different_sides_have_nothing_in_common() -> None:
    rho = np.array([[[1.5], [-1.5]] * 3])
    np.testing.assert_allclose(vouched(np.abs(rho[0]), rho, np.ones_like(rho))[:, 0], [1.5] * 6 + [0.0])


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


@pytest.mark.parametrize(
    ("n_units", "hit"),
    [(FARM, [3]), (FARM, [1, 5]), (FARM, list(range(FARM))), (FARM_UNITS - 1, list(range(FARM_UNITS - 1)))],
)
def test_one_cause_is_told_of_where_it_is(n_units: int, hit: list[int]) -> None:
    warned = opened(farm(n_units), hit)
    assert {warning.unit for warning in warned} == ({ALL_UNITS} if len(hit) == FARM else {str(i + 1) for i in hit})
    assert all(np.isfinite([one.value, one.expected]).all() for warning in warned for one in warning.evidence)


def test_what_all_units_do_is_said_of_all_units() -> None:
    (warning,) = opened(farm(FARM), range(FARM))
    assert warning.unit == ALL_UNITS
    assert "全部机组" in warning.text_zh
    assert "all units" in warning.text_en


def test_a_restored_farm_goes_on_to_the_bit() -> None:
    station = farm(FARM)
    some = fault(station, [2])
    one, two = StationMonitor(station, TUNING), StationMonitor(station, TUNING)
    run(one, some[: AT + 5])
    two.restore("units", one.snapshot("units"))
    assert told(run(one, some[AT + 5 :])) == told(run(two, some[AT + 5 :]))
    assert one.snapshot("units") == two.snapshot("units")
