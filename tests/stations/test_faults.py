"""Failures: their shape over time, and that they touch their own unit only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stations.faults import Fault, gearbox_damage, pad_distress
from stations.plant import Station
from stations.simulate import simulate_chunks
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, station, tag

DAY_S = 86_400.0
JULY_1 = 181
PAD = "MED10CT103"


def record(plant: Station, *, day: int, days: int, faults: Sequence[Fault] = ()) -> Values:
    """Values (t, u, n) of ``days`` at 600 s, from ``day`` of 2025."""
    start_ns = NEW_YEAR_NS + day * DAY_NS
    n_scans = days * 144
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=n_scans, seed=5, faults=faults, chunk=n_scans)
    return chunk.values


def pad_fault(unit: str = "2", *, severity: float = 1.0, pad: str = "") -> Fault:
    """F01 that grows for 21 days from 8 July."""
    start_ns = NEW_YEAR_NS + (JULY_1 + 7) * DAY_NS
    return Fault("F01", "YXK", unit, start_ns, 21 * DAY_S, severity=severity, tag=pad)


@pytest.fixture(scope="module")
def healthy() -> Values:
    return record(station("YXK"), day=JULY_1, days=35)


@pytest.fixture(scope="module")
def faulty() -> Values:
    return record(station("YXK"), day=JULY_1, days=35, faults=[pad_fault()])


def test_progress_is_held_at_its_end() -> None:
    fault = Fault("F28", "FYL", "7", start_ns=1000 * 10**9, development_s=200.0)
    assert fault.progress(np.array([0.0, 1000.0, 1050.0, 1200.0, 1e9])).tolist() == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_shapes() -> None:
    x = np.array([0.0, 0.5, 1.0])
    pad = pad_distress(x)
    assert pad.pad.tolist() == [0.0, 3.25, 26.0]
    assert pad.neighbours == pytest.approx(0.1 * pad.pad)
    assert 1.0 <= pad.oil[-1] <= 2.0
    assert pad.run_out[1] / pad.run_out[2] < 0.02
    gear = gearbox_damage(x, np.array([1.0, 1.0, 0.25]))
    assert gear.bearing == pytest.approx([0.0, 32.0 * 0.5**2.5, 16.0])
    assert (np.diff(gear.vibration) > 0).all()


def test_severity_scales_every_symptom() -> None:
    x = np.linspace(0.0, 1.0, 5)
    for once, twice in zip(pad_distress(x), pad_distress(x, 2.0), strict=True):
        np.testing.assert_allclose(twice, 2.0 * once)
    for once, twice in zip(gearbox_damage(x, x), gearbox_damage(x, x, 2.0), strict=True):
        np.testing.assert_allclose(twice, 2.0 * once)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "F99"}, "unknown fault kind 'F99'; known: F01, F28"),
        ({"development_s": 0.0}, "development_s must be positive"),
        ({"development_s": float("nan")}, "development_s must be positive"),
        ({"severity": -1.0}, "severity must be positive"),
    ],
)
def test_an_impossible_fault_is_refused(change: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"kind": "F01", "station": "YXK", "unit": "1", "start_ns": 0, "development_s": 1.0}
    with pytest.raises(ValueError, match=message):
        Fault(**(fields | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("F28", "YXK", "1", 0, 1.0), "YXK: no fault F28 in hydro_francis; possible: F01"),
        (Fault("F01", "YXK", "9", 0, 1.0), "names unit '9', which the station has not"),
        (Fault("F01", "YXK", "1", 0, 1.0, tag="MKA10CT101"), "'MKA10CT101' is none of MKD10CT101"),
    ],
)
def test_a_fault_the_station_cannot_have_is_refused(fault: Fault, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_chunks(station("YXK"), start_ns=NEW_YEAR_NS, n_scans=1, seed=1, faults=[fault])


def test_a_fault_leaves_the_other_units_as_they_were(healthy: Values, faulty: Values) -> None:
    for unit in (0, 2, 3):
        assert healthy[:, unit].tobytes() == faulty[:, unit].tobytes()
    assert healthy[: 7 * 144].tobytes() == faulty[: 7 * 144].tobytes()
    assert healthy[:, 1].tobytes() != faulty[:, 1].tobytes()


def test_a_fault_of_another_station_is_passed_over(healthy: Values) -> None:
    elsewhere = Fault("F28", "FYL", "7", NEW_YEAR_NS, 1.0)
    assert record(station("YXK"), day=JULY_1, days=35, faults=[elsewhere]).tobytes() == healthy.tobytes()


def test_a_distressed_pad_crosses_its_alarm_before_the_end(healthy: Values, faulty: Values) -> None:
    plant = station("YXK")
    pad = tag(plant, faulty, PAD)[:, 1]
    assert tag(plant, healthy, PAD).max() < 66.0
    crossed_day = np.argmax(pad > 70.0) / 144 - 7
    assert 10.0 < crossed_day < 20.0


def test_a_distressed_pad_drags_neighbours_oil_and_at_last_the_shaft(healthy: Values, faulty: Values) -> None:
    plant = station("YXK")
    power = tag(plant, healthy, "MKA10CE101")[:, 1]

    def rise(code: str, first_day: float, last_day: float) -> float:
        days = np.arange(len(power)) / 144 - 7
        where = (days >= first_day) & (days < last_day) & (power > 60.0)
        return float((tag(plant, faulty, code) - tag(plant, healthy, code))[where, 1].mean())

    assert rise(PAD, 22, 28) == pytest.approx(26.0 + 1.5, abs=2.0)
    assert rise("MED10CT101", 22, 28) == pytest.approx(2.6 + 1.5, abs=0.6)
    assert rise("MKD11CT101", 22, 28) == pytest.approx(1.5, abs=0.5)  # another bearing feels the oil only
    assert rise("MKV10CT101", 22, 28) == pytest.approx(1.5, abs=0.3)
    assert rise("MKA10CT101", 22, 28) == 0.0
    assert rise("MED10CY111", 22, 28) > 80.0
    assert rise(PAD, 10, 11) > 2.0
    assert rise("MED10CY111", 10, 11) < 6.0  # the shaft is late


def test_the_tag_tells_which_pad(healthy: Values) -> None:
    plant = station("YXK")
    thrust = record(plant, day=JULY_1, days=35, faults=[pad_fault("3", severity=0.5, pad="MKD10CT102")])
    hotter = tag(plant, thrust, "MKD10CT101", "MKD10CT102", PAD) - tag(plant, healthy, "MKD10CT101", "MKD10CT102", PAD)
    assert hotter[-144:, 2].max(axis=0) == pytest.approx([1.3 + 0.75, 13.0 + 0.75, 0.75], abs=0.6)


def test_gearbox_damage_shows_under_load() -> None:
    plant = station("FYL", units=8)
    fault = Fault("F28", "FYL", "7", NEW_YEAR_NS + 60 * DAY_NS, 45 * DAY_S)
    sound = record(plant, day=50, days=70)
    damaged = record(plant, day=50, days=70, faults=[fault])
    for unit in (0, 1, 2, 3, 4, 5, 7):
        assert sound[:, unit].tobytes() == damaged[:, unit].tobytes()
    shaft, vibration, oil = (
        (tag(plant, damaged, code) / np.maximum(tag(plant, sound, code), 0.1))[-10 * 144 :, 6]
        if code == "MDK20CY101"
        else (tag(plant, damaged, code) - tag(plant, sound, code))[-10 * 144 :, 6]
        for code in ("MDK20CT102", "MDK20CY101", "MDK20CT101")
    )
    power = tag(plant, sound, "MKA10CE101")[-10 * 144 :, 6]
    assert shaft[power > 2.4].max() == pytest.approx(32.0, abs=2.5)
    assert shaft[power < 0.2].mean() < 15.0
    assert np.median(vibration[power > 1.0]) == pytest.approx(2.0, abs=0.1)
    assert (oil == 0.0).all()
    assert tag(plant, damaged, "MDK20CT102")[:, 6].max() > 90.0 > tag(plant, sound, "MDK20CT102").max()
