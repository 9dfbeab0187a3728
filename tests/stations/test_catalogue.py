"""The shipped catalogue holds what the domain reference lists, and a bad file gets one line per mistake."""

from __future__ import annotations

import io
import json
import math
import re

import pytest
from rich.console import Console

from stations.catalogue import check_files, describe, load_fleet, to_dict
from stations.faults import Case, kinds
from stations.patterns import expand
from stations.plant import Block, Fleet, Limits
from stations.scenario_file import why_not
from stations.template import SHIPPED
from wanbiao.catalogue_view import render

STATIONS = {
    "YXK": (4, "hydro_francis"),
    "BSX": (3, "hydro_francis"),
    "LJT": (4, "hydro_kaplan"),
    "HYG": (2, "hydro_small"),
    "TMY": (4, "pumped_storage"),
    "SLP": (2, "coal_660"),
    "WTB": (2, "chp_350"),
    "JGW": (2, "ccgt"),
    "FYL": (40, "wind_dfig"),
    "YZP": (24, "wind_pmsg"),
    "LTZ": (30, "wind_dfig"),
    "XSP": (40, "pv_central"),
    "QJG": (222, "pv_string"),
}

HYDRO = """MKA10CE{101-102} MEA10CS101 MEA10CG101 MEA10CP101 MEA10CF101 MKD10CT{101-104} MKD{11-12}CT{101-103}
    MED10CT{101-103} MKV10CT101 MKV10CL101 PCB10CT101 PCB10CF101 PCB10CP101 MED10CY{101-102} MKD11CY{101-102}
    MED10CY{111-112} MEA10CY121 MEA10CP121 MKA10CT{101-106} MKA10CT{111-113} MKJ10CT{101-102} MEX10CP101
    MEX10CL101 MEX10CU101 MEW10CL101 MEW10CU101 BAT10CT{101-102} BAT10CQ101"""
COAL = """MAD{01-09}CT101 MAD{01-09}CY{101-102} MAD{01-09}CY111 MAV10CT101 MAD{01-09}CT121 MAD02CG101 MAG10CP101
    PAC10CT{101-102} MKF10CT{101-154} MKG10CP101 MKG10CQ101 MKG10CF101 MKW10CP101 HFC{10-60/10}CE101 HFC{10-60/10}CF101
    HFC{10-60/10}CP101 HFC{10-60/10}CT{101-102} HFC{10-60/10}CQ101 HFC{10-60/10}CY101 HLB{10-20/10}CE101
    HFE{10-20/10}CG101 HNC{10-20/10}CT{101-104} HNC{10-20/10}CY{101-102} HLD{10-20/10}CP101 HLD{10-20/10}CT{101-102}
    HLD{10-20/10}CE101 LAC{10-20/10}CS101 LAC{10-20/10}CF101 LAC{10-20/10}CP101 LAC{10-20/10}CT{101-104}
    LAC{10-20/10}CY{101-102} LCP10CF101 LBA10CF101 LAB10CF101 BAT10CT{101-102} BAT10CQ{101-107}"""
CCGT = """MBR10CT{101-124} MBC10CP101 MBC10CT101 MBL10CP101 MBP10CF101 MBP10CG101 MBM10CP{111-114} MBD{01-02}CT101
    MBD{01-02}CY{101-102} MBV10CT101"""
WIND = """MET10CS101 MET10CG101 MET10CT101 MKA10CE{101-102} MDA10CS101 MDA10CG{101-103} MDL10CG101 MDL10CT101 MDK10CT101
    MKA10CT{101-103} MSE10CT101 MDX10CP101 MDX10CU101 UMD10CY{101-102}"""
GEARED = WIND + " MKA10CS101 MDK20CT{101-103} MDK20CY101 MKD10CT{101-102}"
PV = "INV10CE{101-102} INV10CT101 INV10CE110 INV10CE{201-203} MET10CR101 MET10CT{101-102} MET10CS101"
EXPECTED_TAGS = {
    "YXK": HYDRO,
    "BSX": HYDRO,
    "LJT": HYDRO,
    "TMY": HYDRO + " LPA10CL{101-103}",
    "SLP": COAL,
    "JGW": CCGT,
    "FYL": GEARED,
    "LTZ": GEARED,
    "YZP": WIND,
    "XSP": PV + " INV10CT102",
    "QJG": PV,
}


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return load_fleet()


def units(fleet: Fleet, station: str) -> Block:
    return fleet.stations[station].block("units")


def test_thirteen_stations_in_order(fleet: Fleet) -> None:
    assert {
        code: (len(station.blocks[0].units), station.technology) for code, station in fleet.stations.items()
    } == STATIONS
    assert list(fleet.stations) == list(STATIONS)
    assert fleet.n_units == 379
    assert 6_200 <= fleet.n_tags <= 7_000
    assert len(fleet.blocks) == 13
    assert len({block.revision for block in fleet.blocks}) == 13


@pytest.mark.parametrize("station", EXPECTED_TAGS)
def test_tags_of_the_domain_reference(fleet: Fleet, station: str) -> None:
    wanted = {code for pattern in EXPECTED_TAGS[station].split() for code, _ in expand(pattern)}
    assert wanted - set(units(fleet, station).tag_index) == set()


@pytest.mark.parametrize("station", STATIONS)
def test_models_cost_and_explain(fleet: Fleet, station: str) -> None:
    block = units(fleet, station)
    source = {covariate.code: covariate for covariate in block.covariates}
    model_of = {tag.code: tag.model for tag in block.tags}
    assert 1 <= len(block.models) <= 6
    for model in block.models:
        assert 3 <= len(model.covariates) <= 8
        alone = [tag for name in model.covariates if not source[name].others for tag in source[name].tags]
        assert all(model_of[tag] != model.code for tag in alone)
    assert model_of["MET10CR101" if station in ("XSP", "QJG") else "MKA10CE101"] is None
    assert block.mode is not None
    assert block.period_s == (60 if station in ("XSP", "QJG") else 10)


@pytest.mark.parametrize("station", STATIONS)
def test_names_are_chinese_and_english(fleet: Fleet, station: str) -> None:
    block = units(fleet, station)
    names = [fleet.stations[station].name, *(tag.name for tag in block.tags), *(part.name for part in block.components)]
    for name in names:
        assert re.search(r"[\u4e00-\u9fff]", name.zh), name
        assert name.en.isascii(), name
    assert len({tag.name for tag in block.tags}) == len(block.tags)
    groups = [tag.group for tag in block.tags if tag.group]
    assert all(groups.count(group) > 1 for group in groups)


@pytest.mark.parametrize("station", STATIONS)
def test_broken_sensors_leave_the_range_and_limits_do_not(fleet: Fleet, station: str) -> None:
    for tag in units(fleet, station).tags:
        assert 0 < tag.resolution < (tag.high - tag.low) / 100
        if tag.uom == "degC":
            assert tag.code == "MKG10CM101" or tag.low > -50  # the hydrogen is dry: its dew point may well be -55
            assert tag.high < 850
        limits = [tag.limits.trip_low, tag.limits.alarm_low, tag.limits.alarm_high, tag.limits.trip_high]
        chain = [tag.low, *(limit for limit in limits if limit is not None), tag.high]
        assert chain == sorted(set(chain))


@pytest.mark.parametrize("station", STATIONS)
def test_every_slow_failure_has_a_signature(fleet: Fleet, station: str) -> None:
    """All that can happen there and shows in a judged tag; a family stands for its variants."""
    plant = fleet.stations[station]
    block = units(fleet, station)
    modes = {one.mode for one in block.signatures}
    for code, kind in kinds().items():
        if kind.is_failure and kind.pace != "none" and plant.technology in kind.technologies:
            possible = why_not(Case(code, station, "", 0, 1.0), plant) is None
            assert not possible or {code, code.partition("-")[0]} & modes, code
    assert all(one.tags and max(abs(weight) for _, weight in one.tags) >= 0.9 for one in block.signatures)


def test_ratings_scale_the_template(fleet: Fleet) -> None:
    for station, megawatts in (("YXK", 150.0), ("BSX", 80.0), ("LJT", 35.0)):
        block = units(fleet, station)
        power = block.tags[block.tag_index["MKA10CE101"]]
        assert math.isclose(power.high, 1.3 * megawatts)
        assert math.isclose(power.resolution, 0.0005 * megawatts)
        assert block.mode is not None
        assert block.mode.running_above == 0.1 * megawatts
    hinge = next(covariate for covariate in units(fleet, "SLP").covariates if covariate.code == "load_over_90")
    assert (hinge.tag, hinge.above) == ("MKA10CE101", 0.90 * 660.0)
    peak = next(covariate for covariate in units(fleet, "YXK").covariates if covariate.code == "rope_peak")
    assert peak.tags == ("MKA10CE101", "MEA10CP101")
    assert peak.above is not None
    assert math.isclose(peak.above + peak.slope * 95.0, 0.45 * 150.0)
    pad = units(fleet, "YXK").tags[units(fleet, "YXK").tag_index["MKD10CT101"]]
    assert (pad.limits, pad.low, pad.period_s) == (Limits(alarm_high=70, trip_high=75), -20, 10)


def test_shared_instruments_carry_unit_zero(fleet: Fleet) -> None:
    assert units(fleet, "TMY").tag_id("3", "LPA10CL101") == "TMY.00LPA10CL101"
    assert units(fleet, "XSP").tag_id("17", "INV10CE101") == "XSP.170INV10CE101"


@pytest.mark.parametrize("station", STATIONS)
def test_shown_in_rows_json_and_on_120_columns(fleet: Fleet, station: str) -> None:
    plant = fleet.stations[station]
    block = plant.blocks[0]
    assert [row.code for row in describe(plant)] == list(block.tag_index)
    data = to_dict(plant)
    assert json.loads(json.dumps(data)) == data
    assert data["blocks"][0]["revision"] == block.revision
    text = io.StringIO()
    render(plant, Console(file=text, width=120))
    shown = text.getvalue()
    assert plant.name.zh in shown.splitlines()[0]
    assert max(len(line) for line in shown.splitlines()) <= 120
    assert all(code in shown for code in block.tag_index)


def test_shipped_files_and_templates_have_no_problem() -> None:
    assert check_files([SHIPPED, SHIPPED / "yxk.toml"]) == []
