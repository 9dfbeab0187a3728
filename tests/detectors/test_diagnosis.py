"""Which failure mode it looks like: against a naive version, on ideal patterns of the whole fleet, on noise and on gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.base import Array
from detectors.diagnosis import ELSEWHERE, NOISE, NONE, TAKES_PART, TEMPERATURE, Diagnosis
from stations.catalogue import load_fleet
from stations.plant import Block
from tests.detectors.small import BLOCK

FLEET = load_fleet()
STATIONS = ("YXK", "LJT", "HYG", "TMY", "SLP", "WTB", "JGW", "FYL", "YZP", "XSP", "QJG")
TWINS = {"F15", "F16"}
"""Modes that a coal unit shows alike: condenser pressure alone."""


def parts(station: str) -> tuple[Block, Diagnosis, list[str]]:
    """The block of a station, its diagnosis, and the codes of its judged tags."""
    block = FLEET.stations[station].block("units")
    return block, Diagnosis(block, list(block.judged)), [block.tags[i].code for i in block.judged]


def naive_shares(block: Block, score: dict[str, float], component: str) -> list[float]:
    """`Diagnosis.shares`, tag by tag and signature by signature."""

    def limited(x: float) -> float:
        return math.copysign(math.sqrt(max(abs(x) - NOISE, 0.0)), x)

    component_of = {tag.code: tag.component for tag in block.tags}
    known = {code: s for code, s in score.items() if not math.isnan(s)}
    warns = {code for code in known if component in ("", component_of[code])}
    peak = max((abs(known[code]) for code in warns), default=0.0)
    raised = []
    for signature in block.signatures:
        weights = {code: weight for code, weight in leaning(block, signature.tags).items() if code in known}
        takes_part = any(code in warns and abs(weight) >= TAKES_PART for code, weight in weights.items())
        if peak <= NOISE or not takes_part:
            raised.append(0.0)
            continue
        height = sum(weight * known[code] for code, weight in weights.items()) / sum(w * w for w in weights.values())
        expected = {code: limited(max(height, 0.0) * weight) for code, weight in weights.items()}
        here = sum(limited(s) ** 2 for code, s in known.items() if code in weights or code in warns)
        elsewhere = sum(limited(s) ** 2 for code, s in known.items() if code not in weights and code not in warns)
        length = here + ELSEWHERE * min(elsewhere, peak - NOISE)
        size = math.sqrt(sum(u * u for u in expected.values()) * length)
        fit = sum(u * limited(known[code]) for code, u in expected.items()) / size if size > 0.0 else 0.0
        raised.append(math.exp((fit - NONE) / TEMPERATURE) if fit > 0.0 else 0.0)
    return [one / (1.0 + sum(raised)) for one in raised]


def leaning(block: Block, tags: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """The tags of a signature that lean: not those that a tag explains which leans nearly as much itself."""
    models = {model.code: model.covariates for model in block.models}
    covariates = {one.code: () if one.others else one.tags for one in block.covariates}
    found = {}
    for code, weight in tags:
        model = block.tags[block.tag_index[code]].model
        explained_by = {tag for name in models[model or ""] for tag in covariates[name]}
        if not any(other in explained_by and abs(w) >= 0.8 * abs(weight) for other, w in tags):
            found[code] = weight
    return found


def pattern(block: Block, codes: list[str], tags: tuple[tuple[str, float], ...], size: float) -> Array:
    """Scores that lean exactly as a signature says."""
    weights = leaning(block, tags)
    return np.array([size * weights.get(code, 0.0) for code in codes])


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_equals_the_naive_version(station: str, gaps: float) -> None:
    block, diagnosis, codes = parts(station)
    random = np.random.default_rng(7)
    component_of = {tag.code: tag.component for tag in block.tags}
    for trial in range(6):
        score = random.normal(0.0, 0.5, len(codes))
        one = block.signatures[int(random.integers(len(block.signatures)))]
        score += pattern(block, codes, one.tags, 1.5) * (trial > 1)
        score[random.uniform(size=len(codes)) < gaps] = np.nan
        component = component_of[one.tags[0][0]] if trial % 2 else ""
        shares = diagnosis.shares(score, component)
        wanted = naive_shares(block, dict(zip(codes, score.tolist(), strict=True)), component)
        np.testing.assert_allclose(shares, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("size", [1.0, 2.0, 20.0])
def test_an_ideal_pattern_names_its_mode(station: str, size: float) -> None:
    """Well grown it comes first; in the beginning, when minor tags are still in the noise, two modes may look alike."""
    block, diagnosis, codes = parts(station)
    component_of = {tag.code: tag.component for tag in block.tags}
    for signature in block.signatures:
        leads = leaning(block, signature.tags)
        lead = max(leads, key=lambda code: abs(leads[code]))
        likely = diagnosis.likely(pattern(block, codes, signature.tags, size), component_of[lead])
        (own,) = (one for one in likely if one.mode == signature.mode)
        assert own.share > 0.4
        assert own.place == signature.place
        assert (own.name_zh, own.check_en) == (signature.name.zh, signature.check.en)
        assert size < 20.0 or likely[0].mode == own.mode or {likely[0].mode, own.mode} == TWINS


@pytest.mark.parametrize("station", STATIONS)
def test_shares_sum_to_less_than_one_and_fall(station: str) -> None:
    _, diagnosis, codes = parts(station)
    random = np.random.default_rng(3)
    for _ in range(20):
        shares = [one.share for one in diagnosis.likely(random.normal(0.0, 2.0, len(codes)))]
        assert sum(shares) <= 1.0
        assert shares == sorted(shares, reverse=True)
        assert len(shares) <= 3


@pytest.mark.parametrize("score", [0.0, 0.25, -0.25, math.nan])
def test_noise_and_silence_give_nothing(score: float) -> None:
    for station in STATIONS:
        _, diagnosis, codes = parts(station)
        assert diagnosis.likely(np.full(len(codes), score)) == ()


def test_what_fits_nothing_gets_no_name() -> None:
    """All of the generator warm but one winding, which is cold: no failure does that."""
    _, diagnosis, codes = parts("YXK")
    score = np.zeros(len(codes))
    for code, lean in (("MKA10CT101", 1.5), ("MKA10CT102", -1.5), ("MKA10CT103", 1.2), ("MKA10CT104", -1.2)):
        score[codes.index(code)] = lean
    assert diagnosis.likely(score, "generator") == ()


def test_the_component_that_warns_must_take_part() -> None:
    block, diagnosis, codes = parts("YXK")
    score = pattern(block, codes, next(one.tags for one in block.signatures if one.mode == "F09"), 2.0)
    assert diagnosis.likely(score)[0].mode == "F09"
    assert diagnosis.likely(score, "governor")[0].mode == "F09"
    assert diagnosis.likely(score, "transformer") == ()


def test_a_tag_that_cannot_say_is_not_held_against_a_mode() -> None:
    block, diagnosis, codes = parts("SLP")
    wear = next(one for one in block.signatures if one.mode == "F24")
    score = pattern(block, codes, wear.tags, 2.0)
    score[[codes.index("MKG10CQ101"), codes.index("MKG10CF101")]] = np.nan
    assert diagnosis.likely(score, "seal_oil")[0].mode == "F24"
    score[codes.index("MKW10CP101")] = np.nan
    assert all(one.mode != "F24" or one.share < 0.5 for one in diagnosis.likely(score, "seal_oil"))


def test_trouble_elsewhere_does_not_hide_a_mode() -> None:
    """A change of the cooling-water pumps leans by five limits while a fan loses its balance."""
    block, diagnosis, codes = parts("WTB")
    fan = next(one for one in block.signatures if one.mode == "F18" and one.place.startswith("HFE20"))
    score = pattern(block, codes, fan.tags, 1.2)
    score[codes.index("MAG10CP101")] = 5.0
    likely = diagnosis.likely(score, "pa_fan_2")
    assert (likely[0].mode, likely[0].place) == ("F18", fan.place)
    assert likely[0].share > 0.8


def test_a_lone_witness_is_the_only_tag_of_a_mode() -> None:
    _, diagnosis, codes = parts("YXK")
    witness = dict(zip(codes, diagnosis.witness.alone.tolist(), strict=True))
    assert witness["MKD10CT101"] == [False, True], "a pad in distress, but no cold one"
    assert witness["MEX10CU101"] == [False, True]
    assert witness["MKA10CT101"] == [False, False], "no mode warms one winding alone"
    _, diagnosis, codes = parts("JGW")
    assert not diagnosis.witness.alone[codes.index("MBR10CT101")].any(), "a hot or cold can shows beside it too"


def test_a_tag_that_leads_a_mode_may_be_the_first_to_tell() -> None:
    _, diagnosis, codes = parts("SLP")
    second = dict(zip(codes, diagnosis.witness.second.tolist(), strict=True))
    assert second["HLD20CP101"] == [np.inf, 0.3], "a plugged preheater: its fan draws three tenths as much more"
    assert second["HBK10CP101"] == [np.inf, np.inf], "the draught follows, it leads nothing"


def test_components_of_a_mode() -> None:
    _, diagnosis, _ = parts("YXK")
    assert diagnosis.components("F04") == {"turbine", "turbine_guide_bearing", "drainage"}
    assert diagnosis.components("F01", "MKD10CT102") == {"thrust_bearing", "bearing_oil"}
    assert len(diagnosis.components("F01")) == 5
    assert diagnosis.components("F99") == frozenset()


def test_a_block_without_signatures_says_nothing() -> None:
    columns = [i for i, tag in enumerate(BLOCK.tags) if tag.model is not None]
    diagnosis = Diagnosis(BLOCK, columns)
    assert diagnosis.likely(np.full(len(columns), 3.0)) == ()
    assert not diagnosis.witness.alone.any()
