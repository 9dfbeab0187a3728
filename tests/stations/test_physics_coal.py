"""Physics of coal units and heating plants against the values that such plants show, healthy and failing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from stations.faults import Case, kinds
from stations.simulate import boiler, coal, mills, steam_turbine, turbogenerator
from stations.simulate.signals import DAY_S, HOUR_S, Array
from stations.simulate.simulator import TECHNOLOGIES, simulate_chunks
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, record, station, tag

JANUARY, JULY = 14.0, 190.0
MINE = tuple(
    code
    for code, kind in kinds().items()
    if code[0] in "FB" and ("coal_660" in kind.technologies or kind.technologies == ("chp_350",))
)
FAILURES = tuple(code for code in MINE if kinds()[code].is_failure)
BENIGN = tuple(code for code in MINE if not kinds()[code].is_failure)
NO_LIMIT_OF_ITS_OWN = {"F20-block": "HFC10CT102", "F12-oil": "MAD05CT101"}
"""The current of a mill that lacks coal falls, which no limit watches; its outlet gets hot."""


@pytest.fixture(scope="module")
def slp() -> Values:
    """A year of SLP."""
    return record(station("SLP"), days=365, seed=8)[1]


@pytest.fixture(scope="module")
def wtb() -> tuple[Array, Values]:
    """A year of WTB."""
    return record(station("WTB"), days=365, seed=7)


@cache
def stretch(code: str, period_s: float, day: float, case: Case | None = None) -> Values:
    """One stretch of 1440 scans from a day of 2025 on."""
    plant = station(code, period_s)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS)
    cases = () if case is None else (case,)
    (chunk,) = simulate_chunks(plant, start_ns=start_ns, n_scans=1440, seed=7, cases=cases, chunk=1440)
    return chunk.values


def happening(code: str, kind: str, day: float, *, hours: float | None = None) -> tuple[float, Case]:
    """A period at which one stretch holds the whole of a kind, and the case in unit 1."""
    longest_h = kinds()[kind].days[1] * 24 if hours is None else hours
    period_s = 10.0 if longest_h < 3 else 600.0
    lasts_s = min(longest_h * HOUR_S, 8 * DAY_S)
    start_ns = NEW_YEAR_NS + int(day * DAY_NS) + int((0.5 * HOUR_S if period_s < 60 else DAY_S) * 1e9)
    return period_s, Case(kind, code, "1", start_ns, lasts_s)


def over_limits(code: str, values: Values) -> dict[str, float]:
    """Tags of unit 1 that pass an alarm limit while it runs, with the share of the stretch gone by then."""
    plant = station(code)
    running = tag(plant, values, "MKA10CE101")[:, 0] > 0.25 * plant.parameters["rated_mw"]
    found = {}
    for column, one in enumerate(plant.block("units").tags):
        high, low = one.limits.alarm_high, one.limits.alarm_low
        value = values[:, 0, column]
        bad = ((value > high) if high is not None else False) | ((value < low) if low is not None else False)
        bad = bad & running
        if np.any(bad):
            found[one.code] = float(np.argmax(bad)) / len(values)
    return found


# ---- equations


def test_condenser_pressure_through_the_year() -> None:
    full = np.array(0.98)
    one = np.array(1.0)
    cold = np.array([14.0, 34.0, 38.0])
    assert steam_turbine.condenser_pressure(cold, full, one, one, 0 * one) == pytest.approx([3.8, 10.9, 13.4], abs=0.15)
    fouled = steam_turbine.condenser_pressure(cold, one, one, np.array(0.75), 0 * one)
    leaking = steam_turbine.condenser_pressure(cold, one, one, one, np.array(3.0))
    clean = steam_turbine.condenser_pressure(cold, one, one, one, 0 * one)
    assert ((fouled - clean > 0.5) & (fouled - clean < 1.9)).all()
    assert ((leaking - clean > 0.6) & (leaking - clean < 2.2)).all()


def test_equations_give_the_usual_values() -> None:
    assert mills.mill_current(np.array([25.0, 55.0]), np.array(55.0), np.array(0.0)) == pytest.approx([37.5, 56.1])
    assert mills.mill_pressure(np.array([25.0, 55.0])) == pytest.approx([2.6, 4.2], abs=0.05)
    part = np.array([0.4, 0.8])
    gas = boiler.gas_flow(part, boiler.excess_oxygen(part))
    assert 160.0 + 330.0 * gas**2.2 == pytest.approx([218.0, 380.0], abs=2.0)
    assert turbogenerator.bar_rise(np.array(1.0), np.array(0.0)) == 20.0
    assert coal.heating_need(np.array(3.0), np.array(200.0)) == 0.0


def test_a_run_up_passes_each_critical_within_a_minute() -> None:
    minutes = np.linspace(0.0, 40.0, 4001)
    speed, _ = coal.run_up(minutes / 60.0 / coal.FULL_START_H, np.array(0.0))
    gain = steam_turbine.run_up_gain(speed)
    assert 2.0 < gain.max() < 4.0
    for critical in steam_turbine.CRITICAL_SPEEDS[1:]:
        near = np.abs(speed - critical) < 0.02
        assert near.sum() * 0.01 < 1.0


# ---- a healthy year


def test_bearings_condenser_and_generator_of_a_healthy_year(slp: Values) -> None:
    plant = station("SLP")
    load = tag(plant, slp, "MKA10CE101") / 660.0
    metal = tag(plant, slp, *(f"MAD0{k}CT101" for k in range(1, 10)))
    assert 69.0 < metal.min() < metal.max() < 93.0
    full, low = load > 0.95, load < 0.4
    assert metal[full].mean() - metal[low].mean() == pytest.approx(4.0, abs=1.5)
    vibration = tag(plant, slp, *(f"MAD0{k}CY101" for k in range(1, 10)))
    assert 25.0 < np.percentile(vibration, 1) < np.percentile(vibration, 99) < 80.0
    assert 38.0 < tag(plant, slp, "MAV10CT101").min() < tag(plant, slp, "MAV10CT101").max() < 47.5
    rise = tag(plant, slp, "PAC10CT102") - tag(plant, slp, "PAC10CT101")
    assert rise[full].mean() == pytest.approx(12.0, abs=3.0)
    bars = tag(plant, slp, *(f"MKF10CT{k}" for k in range(101, 155)))
    assert np.percentile(np.ptp(bars[full], axis=-1), 95) < 6.5
    assert 55.0 < bars[full].mean() < 66.0
    assert tag(plant, slp, "MKG10CQ101").min() > 97.0


def test_the_condenser_follows_the_season(slp: Values) -> None:
    plant = station("SLP")
    pressure, cold, load = (tag(plant, slp, code) for code in ("MAG10CP101", "PAC10CT101", "MKA10CE101"))
    days = np.arange(len(slp)) / 144.0
    assert np.median(pressure[days < 31]) == pytest.approx(3.8, abs=0.6)
    summer = (days[:, None] > 181) & (days[:, None] < 240) & (load > 0.95 * 660.0)
    near = summer & (np.abs(cold - 33.0) < 1.0)
    assert pressure[near].mean() == pytest.approx(10.4, abs=0.9)
    assert np.median(cold[(days > 195) & (days < 215)]) == pytest.approx(31.5, abs=2.5)
    rise = tag(plant, slp, "PAC10CT102") - cold
    alike = np.abs(load / 660.0 - 0.7) < 0.03
    one_pump, two_pumps = (
        alike[when] * rise[when] for when in ((days > 20) & (days < 75), (days > 120) & (days < 180))
    )
    assert np.median(two_pumps[two_pumps > 1.0]) / np.median(one_pump[one_pump > 1.0]) == pytest.approx(0.6, abs=0.04)


def test_boiler_fans_and_mills_of_a_healthy_year(slp: Values) -> None:
    plant = station("SLP")
    load = tag(plant, slp, "MKA10CE101") / 660.0
    assert load.min() > 0.3
    assert (load < 0.42).mean() > 0.02
    fans = tag(plant, slp, "HNC10CE101", "HNC20CE101")
    assert fans[load > 0.97].mean() == pytest.approx(480.0, abs=15.0)
    assert fans[np.abs(load - 0.4) < 0.01].mean() == pytest.approx(218.0, abs=12.0)
    assert np.percentile(np.abs(fans[..., 0] / fans[..., 1] - 1.0), 98) < 0.08
    oxygen = tag(plant, slp, "HNA10CQ101")
    assert oxygen[load > 0.97].mean() == pytest.approx(3.1, abs=0.3)
    steam, feed, make_up = (tag(plant, slp, code) for code in ("LBA10CF101", "LAB10CF101", "LCP10CF101"))
    assert ((feed - steam) / steam).std() == pytest.approx(0.006, abs=0.003)
    assert ((make_up / steam).mean() > 0.005) & ((make_up / steam).mean() < 0.015)
    current = tag(plant, slp, *(f"HFC{k}0CE101" for k in range(1, 7)))
    assert 2.5 < (current > 20.0).sum(axis=-1).mean() < 5.0
    assert 33.0 < np.percentile(current[current > 25.0], 1) < np.percentile(current, 99) < 62.0


def test_mills_change_over_and_soot_is_blown(slp: Values) -> None:
    plant = station("SLP")
    running = tag(plant, slp, *(f"HFC{k}0CE101" for k in range(1, 7)))[:, 0] > 25.0
    starts = (running[1:] & ~running[:-1]).sum() / 365.0
    assert 2.0 < starts < 8.0  # those of the plan, and one or two for the daily load
    assert (running.mean(axis=0) > 0.3).all()
    gas, load = tag(plant, slp, "HNA10CT101")[:, 0], tag(plant, slp, "MKA10CE101")[:, 0] / 660.0
    unexplained = gas - np.polyval(np.polyfit(load, gas, 2), load)
    swing = [np.ptp(unexplained[i : i + 48]) for i in range(0, len(gas) - 48, 48)]
    assert 10.0 < np.median(swing) < 25.0


def test_the_town_is_heated_in_winter_only(wtb: tuple[Array, Values]) -> None:
    plant = station("WTB")
    heat, axial, load = (tag(plant, wtb[1], code) for code in ("LBG10CF101", "MAD02CG101", "MKA10CE101"))
    days = np.arange(len(heat)) / 144.0
    winter, summer = (days < 70) | (days > 325), (days > 80) & (days < 315)
    assert heat[winter].mean() > 0.4 * 400.0
    assert (heat[summer] < 12.0).all()
    alike = np.abs(load / 350.0 - 0.7) < 0.03
    assert axial[winter][alike[winter]].mean() - axial[summer][alike[summer]].mean() > 0.04
    water = tag(plant, wtb[1], "PAC10CT101")
    assert 6.0 < water.min() < 10.0
    assert 26.0 < water.max() < 30.0


@pytest.mark.parametrize("code", ["SLP", "WTB"])
def test_healthy_units_stay_within_their_limits(code: str, slp: Values, wtb: tuple[Array, Values]) -> None:
    assert not over_limits(code, slp if code == "SLP" else wtb[1])
    for day in (JANUARY, JULY):
        assert not over_limits(code, stretch(code, 10.0, day))


# ---- what fails, and what only looks like it


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_shows_at_its_first_tag_in_its_own_unit(kind: str) -> None:
    fast = kinds()[kind].pace == "fast"
    day = JULY + 0.75 if fast else JULY  # minutes before the evening peak, or days
    period_s, case = happening("SLP", kind, day, hours=1.0 if fast else None)
    plant = station("SLP", period_s)
    healthy, failing = stretch("SLP", period_s, day), stretch("SLP", period_s, day, case)
    assert np.array_equal(healthy[:, 1], failing[:, 1])
    first = NO_LIMIT_OF_ITS_OWN.get(kind, kinds()[kind].tags[0] if kinds()[kind].tags else "")
    before = int((case.start_ns / 1e9 - (NEW_YEAR_NS / 1e9 + day * DAY_S)) / period_s)
    assert np.array_equal(healthy[:before, 0], failing[:before, 0])
    normal, moved = (tag(plant, values, first)[:, 0] for values in (healthy, failing))
    grown = slice(before + int(0.9 * case.development_s / period_s), before + int(case.development_s / period_s))
    assert np.abs((moved - normal)[grown]).max() > 0.1 * np.median(normal[grown])
    crossed = over_limits("SLP", failing)
    assert first in crossed
    x = (crossed[first] * 1440 - before) * period_s / case.development_s
    assert (0.25 if kind in ("F15", "F16") else 0.45) < x <= 1.05  # the condenser has little to spare in July


def test_gases_tell_the_faults_of_a_transformer_apart() -> None:
    expected = {
        "PD": ((0.0, 0.1), None, (0.0, 0.2)),
        "D1": ((0.1, 0.5), (1.0, 99.0), (1.0, 99.0)),
        "D2": ((0.1, 1.0), (0.6, 2.5), (2.0, 99.0)),
        "T1": ((1.0, 99.0), None, (0.0, 1.0)),
        "T2": ((1.0, 99.0), (0.0, 0.1), (1.0, 4.0)),
        "T3": ((1.0, 99.0), (0.0, 0.2), (4.0, 99.0)),
    }
    codes = ("BAT10CQ101", "BAT10CQ102", "BAT10CQ103", "BAT10CQ104", "BAT10CQ105")
    for fault, ranges in expected.items():
        period_s, case = happening("SLP", f"F34-{fault}", JULY)
        values = stretch("SLP", period_s, JULY, case)
        h2, ch4, c2h6, c2h4, c2h2 = tag(station("SLP"), values, *codes)[-48:, 0].mean(axis=0)  # after nine days
        for ratio, limits in zip((ch4 / h2, c2h2 / c2h4, c2h4 / c2h6), ranges, strict=True):
            assert limits is None or limits[0] <= ratio <= limits[1], fault


@pytest.mark.parametrize("kind", BENIGN)
@pytest.mark.parametrize("day", [JANUARY, JULY])
def test_benign_events_pass_no_limit(kind: str, day: float) -> None:
    code = "SLP" if "coal_660" in kinds()[kind].technologies else "WTB"
    period_s, case = happening(code, kind, day)
    values = stretch(code, period_s, day, case)
    assert not over_limits(code, values)
    assert not np.array_equal(values[:, 0], stretch(code, period_s, day)[:, 0])


def test_after_an_overspeed_test_the_unit_takes_its_load_again() -> None:
    plant = station("SLP", 10.0)
    period_s, case = happening("SLP", "B39", JANUARY)
    values = stretch("SLP", period_s, JANUARY, case)
    speed, power = (tag(plant, values, code)[:, 0] for code in ("MAA10CS101", "MKA10CE101"))
    assert 1.06 < speed.max() / 3000.0 < 1.09
    assert (power[speed > 3030.0] == 0.0).all()
    assert power[-60:].mean() > 0.3 * 660.0


def test_an_outage_ends_with_a_start_that_the_casing_sets() -> None:
    loaded_h = []
    for hours in (8.0, 72.0):
        plant = station("SLP")
        start_ns = NEW_YEAR_NS + int(JANUARY * DAY_NS) + 6 * 3600 * 10**9
        values = stretch("SLP", 600.0, JANUARY, Case("B70", "SLP", "1", start_ns, hours * HOUR_S))
        power, speed = (tag(plant, values, code)[:, 0] for code in ("MKA10CE101", "MAA10CS101"))
        back = int((6.0 + hours) * 6)
        assert speed[back - 3] < 10.0
        loaded_h.append(float(np.argmax(power[back:] > 100.0)) / 6.0)
    warm, cold = loaded_h
    assert 2.0 < warm < 5.0
    assert 5.5 < cold < 9.0


def test_every_tag_has_a_signal() -> None:
    for code in ("SLP", "WTB"):
        plant = station(code)
        assert set(plant.block("units").tag_index) <= set(TECHNOLOGIES[plant.technology].points)
