"""Photovoltaic stations against the values that sites of these kinds show, and every failure mode and benign event of theirs."""

from __future__ import annotations

import numpy as np
import pytest

from stations.faults import Case, kinds
from stations.plant import Station
from stations.simulate import pv, sunlight, weather
from stations.simulate.conditions import Conditions
from stations.simulate.run import Run
from stations.simulate.signals import DAY_S, Array
from tests.stations.plants import DAY_NS, NEW_YEAR_NS, Values, case_in, over, record, station, tag

SEED = 7
TEN_MINUTES_A_DAY = 144
CENTRAL, STRING = "XSP", "QJG"
SITE = (29.5, 107.0, 600.0)


@pytest.fixture(scope="module")
def central() -> tuple[Array, Values]:
    """XSP, the first eight inverters, a year."""
    return record(station(CENTRAL, units=8), days=365, seed=SEED)


@pytest.fixture(scope="module")
def string() -> tuple[Array, Values]:
    """QJG, the first eight inverters, a year."""
    return record(station(STRING, units=8), days=365, seed=SEED)


def _record(plant: Station, day: int, days: float, cases: tuple[Case, ...] = ()) -> Values:
    return record(plant, days=days, day=day, seed=SEED, cases=cases)[1]


# ---- light


def test_clear_sky_and_length_of_the_day() -> None:
    for day, most, rise, fall in ((171, 1012.0, 6.0, 19.75), (354, 632.0, 7.75, 17.75)):
        minutes = NEW_YEAR_NS / 1e9 + day * DAY_S + np.arange(1440.0) * 60.0
        sky = sunlight.sun(minutes, *SITE)
        assert sky.clear.max() == pytest.approx(most, abs=8.0)
        assert sky.clear.argmax() / 60.0 == pytest.approx(13.0, abs=0.25)
        up = np.flatnonzero(sky.zenith < 90.0) / 60.0
        assert (up.min(), up.max()) == pytest.approx((rise, fall), abs=0.3)


def test_a_cloudy_basin_with_some_sun_in_august() -> None:
    time_s = NEW_YEAR_NS / 1e9 + np.arange(0.0, 365.0, 1.0 / 48.0) * DAY_S
    by_day = sunlight.sun(time_s, *SITE).zenith < 87.0
    month = (time_s + 8 * 3600.0).astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12 + 1
    index, winter, august = [], [], []
    for seed in range(6):
        run = Run(seed, CENTRAL, 1800.0, Conditions(weather.CONDITIONS, ("1",), ()))
        passed = weather.cloud(run, time_s, "site")[:, 0]
        index.append(passed[by_day].mean())
        winter.append((passed[by_day & np.isin(month, [12, 1])] > 0.5).mean())
        august.append((passed[by_day & (month == 8)] > 0.5).mean())
    assert all(0.34 < value < 0.46 for value in index)
    assert np.mean(winter) == pytest.approx(0.08, abs=0.04)
    assert np.mean(august) == pytest.approx(0.48, abs=0.08)


def test_dust_gathers_until_it_rains() -> None:
    run = Run(SEED, CENTRAL, 3600.0, Conditions(weather.CONDITIONS, ("1",), ()))
    time_s = NEW_YEAR_NS / 1e9 + np.arange(0.0, 365.0, 1.0 / 24.0) * DAY_S
    dirt = sunlight.dust(run, time_s, np.array([0.001]))[:, 0]
    assert 0.01 < dirt.max() <= 0.06
    assert dirt.min() == pytest.approx(0.0, abs=1e-3)
    grown = np.diff(dirt)
    assert np.median(grown) == pytest.approx(0.001 / 24.0, rel=1e-3)
    np.testing.assert_allclose(sunlight.dust(run, time_s[5000:5100], np.array([0.001]))[:, 0], dirt[5000:5100])


# ---- a healthy year


def test_no_alarm_and_sound_ranges_in_a_healthy_year(
    central: tuple[Array, Values], string: tuple[Array, Values]
) -> None:
    for code, (_, values) in ((CENTRAL, central), (STRING, string)):
        plant = station(code, units=8)
        assert over(plant, values) == []
        for i, one in enumerate(plant.block("units").tags):
            if (
                one.code == "INV10CE111"
            ):  # a setting, no sensor: it stands at its end while nothing holds the inverter back
                assert one.low <= values[..., i].min() < 98.0 < values[..., i].max() <= one.high
                continue
            assert one.low < values[..., i].min() <= values[..., i].max() < one.high, one.code


def test_power_is_clipped_at_the_rating_from_about_850_w_m2(central: tuple[Array, Values]) -> None:
    plant = station(CENTRAL, units=8)
    light, power, dc = (tag(plant, central[1], code) for code in ("MET10CR101", "INV10CE101", "INV10CE102"))
    assert power.max() < 3.0 * 1.04
    bright = (light > 950.0) & (power > 1.5)
    assert np.median(power[bright]) == pytest.approx(3.0, abs=0.06)
    middle = (light > 450.0) & (light < 550.0) & (power > 0.8)
    ratio = power[middle] / (3.0 * 1.25 * light[middle] / 1000.0)
    assert np.median(ratio) == pytest.approx(0.90, abs=0.04)
    assert np.median((power / np.maximum(dc, 1e-3))[dc > 1.0]) == pytest.approx(0.97, abs=0.005)
    clipped = power > 2.96
    assert np.quantile(light[clipped], 0.05) == pytest.approx(850.0, abs=80.0)


def test_night_is_standby(central: tuple[Array, Values]) -> None:
    plant = station(CENTRAL, units=8)
    time_s, values = central
    hour = (time_s / 3600.0 + 8.0) % 24.0
    power, current, light = (tag(plant, values, code) for code in ("INV10CE101", "INV10CE201", "MET10CR101"))
    night = (hour < 5.0) | (hour > 21.0)
    assert (power[night] <= 0.0).all()
    assert current[night].max() == 0.0
    assert np.abs(light[night]).max() < 12.0


def test_module_igbt_and_insulation(central: tuple[Array, Values]) -> None:
    plant = station(CENTRAL, units=8)
    time_s, values = central
    light, module, air, wind = (
        tag(plant, values, code) for code in ("MET10CR101", "MET10CT102", "MET10CT101", "MET10CS101")
    )
    rise = sunlight.cell_temperature(air, np.maximum(light, 0.0), wind) - air
    assert np.corrcoef(rise[:, 0], (module - air)[:, 0])[0, 1] > 0.9
    power, igbt, insulation = (tag(plant, values, code) for code in ("INV10CE101", "INV10CT101", "INV10CE110"))
    full = np.logical_and.reduce([np.roll(power, k, axis=0) > 2.9 for k in range(6)])
    assert (igbt - air)[full].mean() == pytest.approx(45.0, abs=2.5)
    hour = (time_s / 3600.0 + 8.0) % 24.0
    dawn, noon = (insulation[(hour > low) & (hour < low + 2.0)] for low in (5.0, 13.0))
    assert np.median(dawn) < 0.75 * np.median(noon)
    assert np.quantile(insulation, 0.001) > 0.2
    assert 0.5 < np.quantile(insulation, 0.02) < np.quantile(insulation, 0.98) < 6.0


def test_currents_add_up_to_the_power(string: tuple[Array, Values]) -> None:
    plant = station(STRING, units=8)
    currents = tag(plant, string[1], "INV10CE201", "INV10CE202", "INV10CE203")
    dc = tag(plant, string[1], "INV10CE102")
    at_work = dc > 0.05
    volts = 1e6 * dc[at_work] / currents[at_work].sum(axis=1)
    assert np.median(volts) == pytest.approx(1040.0, abs=60.0)
    spread = currents[at_work].std(axis=1) / currents[at_work].mean(axis=1)
    assert np.median(spread) < 0.02


def test_mountains_hide_the_morning_sun_from_some_sooner_than_from_others() -> None:
    sky = sunlight.Sun(np.array([84.0, 84.0]), np.array([90.0, 270.0]), np.array([100.0, 100.0]))
    seen = sunlight.over_the_ridge(sky, np.array([3.0, 10.0]), np.array([10.0, 3.0]))
    assert seen.round(1).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_clipping_hides_a_small_loss() -> None:
    ratio, full = 1.25, np.array(1.0)
    sound, worn = (float(pv.clip(np.array(dc), ratio, full)[0]) for dc in (0.95, 0.90))
    assert sound == worn == 1.0


# ---- failures


@pytest.mark.parametrize("code", [CENTRAL, STRING])
def test_a_lost_group_of_strings_takes_its_current(code: str) -> None:
    plant = station(code, units=3)
    case = Case("F35-string", code, "2", NEW_YEAR_NS + 205 * DAY_NS, DAY_S, 0.5, "INV10CE202")
    sound, failing = (_record(plant, 204, 6.0, cases) for cases in ((), (case,)))
    np.testing.assert_array_equal(sound[:, [0, 2]], failing[:, [0, 2]])
    currents = [tag(plant, values, "INV10CE202")[:, 1] for values in (sound, failing)]
    late = (np.arange(len(sound)) > 150) & (currents[0] > 20.0)
    assert np.median(currents[1][late] / currents[0][late]) == pytest.approx(0.5, abs=0.06)
    neighbour = [tag(plant, values, "INV10CE201")[:, 1] for values in (sound, failing)]
    assert np.median(neighbour[1][late] / neighbour[0][late]) == pytest.approx(1.0, abs=0.02)
    assert tag(plant, failing, "INV10CE101")[late, 1].sum() < tag(plant, sound, "INV10CE101")[late, 1].sum()


@pytest.mark.parametrize("code", [CENTRAL, STRING])
def test_a_fading_fan_heats_the_igbt_over_its_limit(code: str) -> None:
    plant = station(code, units=3)
    case = case_in("F35-igbt", plant, 200, 8.0)
    sound, failing = (_record(plant, 200, 9.0, cases) for cases in ((), (case,)))
    np.testing.assert_array_equal(sound[:, [0, 2]], failing[:, [0, 2]])
    above = tag(plant, failing, "INV10CT101")[:, 1] > 95.0
    assert above.any()
    assert above.argmax() / TEN_MINUTES_A_DAY / 8.0 > 0.45
    assert tag(plant, sound, "INV10CT101").max() < 95.0


@pytest.mark.parametrize("code", [CENTRAL, STRING])
def test_dirt_takes_the_same_share_of_all_currents(code: str) -> None:
    plant = station(code, units=3)
    case = case_in("F35-soiling", plant, 190, 20.0)
    sound, failing = (_record(plant, 190, 25.0, cases) for cases in ((), (case,)))
    np.testing.assert_array_equal(sound[:, [0, 2]], failing[:, [0, 2]])
    tags = ("INV10CE201", "INV10CE202", "INV10CE203")
    before, after = (tag(plant, values, *tags)[:, 1] for values in (sound, failing))
    late = (np.arange(len(sound)) > 20 * TEN_MINUTES_A_DAY) & (before.min(axis=1) > 20.0)
    late &= tag(plant, sound, "INV10CE101")[:, 1] < 0.9 * plant.parameters["rated_mw"]
    share = after[late] / before[late]
    assert np.median(share, axis=0) == pytest.approx([0.75] * 3, abs=0.03)


# ---- benign events


@pytest.mark.parametrize("kind", ["B60", "B61", "B62", "B63", "B64"])
@pytest.mark.parametrize("code", [CENTRAL, STRING])
def test_a_benign_event_shows_but_passes_no_limit(kind: str, code: str) -> None:
    plant = station(code, units=3)
    unit = "" if kinds()[kind].regional else "2"
    case = case_in(kind, plant, 203.3, min(kinds()[kind].days[1], 5.0), "", unit)
    quiet, values = (_record(plant, 202, 6.0, cases) for cases in ((), (case,)))
    assert over(plant, values) == []
    changed = np.abs(values - quiet)
    assert changed.max() > 0.0
    if unit:
        assert changed[:, [0, 2]].max() == 0.0


def test_every_kind_of_a_photovoltaic_station_is_tested() -> None:
    mine = {code for code, kind in kinds().items() if set(kind.technologies) & {"pv_central", "pv_string"}}
    assert mine - {"F35-string", "F35-igbt", "F35-soiling"} == {"B60", "B61", "B62", "B63", "B64"}
