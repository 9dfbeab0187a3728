"""A file of one's own: it loads as documented, and a bad one gets one line per mistake."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from stations.catalogue import CatalogueError, check_files, load_fleet, load_station
from stations.plant import Block, Limits, Mode
from stations.template import SHIPPED

MISTAKES = {
    mistake["name"]: mistake
    for mistake in tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]
}
EXAMPLE = (SHIPPED / "README.md").read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
"""The complete station file of the documentation."""
EXAMPLE_TOML = re.sub(r" *#.*", "", EXAMPLE)


def test_the_example_of_the_readme_loads(tmp_path: Path) -> None:
    path = tmp_path / "hex.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    station = load_station(path)
    block = station.block("units")
    assert (station.technology, block.units, block.period_s) == ("heat_exchange", ("1", "2"), 60)
    flow, drive_end, other_end = block.tags
    assert (flow.low, flow.high, flow.resolution) == (-40, 600, 0.4)
    assert (drive_end.name.zh, other_end.name.en) == ("驱动端轴承温度", "non-drive-end bearing temperature")
    assert drive_end.limits == Limits(alarm_high=68, trip_high=85)
    assert other_end.limits == Limits(alarm_high=75, trip_high=85)
    assert block.mode is not None
    assert block.mode.running_above == 40
    assert [(one.mode, one.name.en, one.place, dict(one.tags)) for one in block.signatures] == [
        ("P01", "pump bearing worn", "PMP10CT101", {"PMP10CT101": 1.0, "PMP10CT102": 0.15}),
        ("P01", "pump bearing worn", "PMP10CT102", {"PMP10CT102": 1.0, "PMP10CT101": 0.15}),
    ]
    assert load_fleet(tmp_path).stations == {"HEX": station}


def matches(expected: str, line: str) -> bool:
    return re.fullmatch(re.escape(expected).replace(r"\*", ".*"), line) is not None


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(tmp_path: Path, mistake: str) -> None:
    old, new, expected = (MISTAKES[mistake][key] for key in ("old", "new", "line"))
    assert old in EXAMPLE_TOML
    path = tmp_path / "hex.toml"
    path.write_text(EXAMPLE_TOML.replace(old, new, 1), encoding="utf-8")
    lines = [str(problem) for problem in check_files([path])]
    assert any(matches(expected, line) for line in lines), "\n".join(lines)
    assert all("\n" not in line for line in lines)
    with pytest.raises(CatalogueError) as caught:
        load_station(path)
    assert [str(problem) for problem in caught.value.problems] == lines == str(caught.value).splitlines()


def test_a_mean_is_of_tags_of_one_range(tmp_path: Path) -> None:
    path = tmp_path / "hex.toml"
    pads = EXAMPLE_TOML.replace('flow_2 = { tag = "PMP10CF101"', 'flow_2 = { tag = "PMP10CT{101-102}"', 1)
    path.write_text(pads, encoding="utf-8")
    assert not any("flow_2.tag" in str(problem) for problem in check_files([path]))
    path.write_text(
        pads.replace("[tags.PMP10CT101.limits]", "[tags.PMP10CT101]\nrange = [0, 120]\n[tags.PMP10CT101.limits]", 1)
    )
    expected = "hex.toml: block.units.covariates.flow_2.tag: PMP10CT101 and PMP10CT102; expected tags of one range"
    assert expected in [str(problem) for problem in check_files([path])]


def test_a_number_that_python_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "hex.toml"
    path.write_text(EXAMPLE_TOML.replace("settle_s = 1800", f"settle_s = {10**400}"), encoding="utf-8")
    (problem,) = check_files([path])
    assert matches("hex.toml: template.mode.settle_s: 1000*...; expected a finite number", str(problem))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = EXAMPLE_TOML.replace("alarm_high = 68", "alarm_high = 700").replace("settle_s = 1800", "settle_s = -1")
    path = tmp_path / "hex.toml"
    path.write_text(text.replace('uom = "m3/h"', 'uom = "m3h"'), encoding="utf-8")
    keys = [problem.key for problem in check_files([path])]
    assert keys == [
        "block.units.tags.PMP10CF101.uom",
        "block.units.tags.PMP10CT101.limits.alarm_high",
        "block.units.mode.settle_s",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "own.toml: file: no such file or directory; expected a file at *own.toml"),
        (b"code = '\xff'", "own.toml: byte 8: is not UTF-8; expected a text file in UTF-8"),
        (b"a = " + b"1" * 5000, "own.toml: file: Exceeds the limit *; expected valid TOML"),
        (b"a = " + b"[" * 9000, "own.toml: file: maximum recursion depth *; expected valid TOML"),
        (b"#" * ((1 << 20) + 1), "own.toml: file: too large; expected at most 1048576 bytes"),
        (b"", "own.toml: code: missing; expected text"),
        (b"template = 3", "own.toml: template: 3; expected text or a table"),
    ],
)
def test_a_file_that_is_no_station(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_bytes(content)
    lines = [str(problem) for problem in check_files([path])]
    assert any(matches(expected, line) for line in lines), lines


# ---- station files and templates together

OWN = """
code = "OWN"
name = { zh = "自备电站", en = "own" }
template = "hydro_francis"
units = 1
[parameters]
rated_mw = 10
rated_rpm = 300
rated_head_m = 50
rated_flow_m3s = 22
rated_cw_m3h = 60
"""


def test_a_template_beside_the_station_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    shipped = load_station(tmp_path / "own.toml").blocks[0]
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own_francis.toml").write_text(
        'extends = "hydro_francis"\ntechnology = "mine"\nperiod_s = 5\n[omit]\ntags = ["MKD11CY{101-102}"]\n',
        encoding="utf-8",
    )
    (tmp_path / "own.toml").write_text(OWN.replace("hydro_francis", "own_francis"), encoding="utf-8")
    mine = load_station(tmp_path / "own.toml").blocks[0]
    assert (shipped.technology, mine.technology, mine.period_s) == ("hydro_francis", "mine", 5)
    assert set(shipped.tag_index) - set(mine.tag_index) == {"MKD11CY101", "MKD11CY102"}
    assert check_files([tmp_path]) == []


def test_the_file_that_wrote_the_mistake_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace("hydro_francis", "child"), encoding="utf-8")
    (tmp_path / "templates").mkdir()
    child = tmp_path / "templates" / "child.toml"
    child.write_text('extends = "hydro_francis"\n[covariates]\nload = { tag = "MKA10CE1O1" }\n', encoding="utf-8")
    expected = (
        'child.toml: block.units.covariates.load.tag: "MKA10CE1O1"; expected a tag that exists; nearest: "MKA10CE101"'
    )
    assert [str(problem) for problem in check_files([tmp_path / "own.toml"])] == [expected]
    assert [str(problem) for problem in check_files([tmp_path])] == [expected], "told once, though two files lead to it"
    assert [str(problem) for problem in check_files([child])] == [expected]


def test_templates_that_extend_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace("hydro_francis", "a"), encoding="utf-8")
    (tmp_path / "templates").mkdir()
    for name, parent in (("a", "b"), ("b", "a")):
        (tmp_path / "templates" / f"{name}.toml").write_text(f'extends = "{parent}"\n', encoding="utf-8")
    (problem,) = check_files([tmp_path / "own.toml"])
    assert problem.expected == "a chain of at most 8 templates that ends"


def test_a_station_code_belongs_to_one_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(OWN, encoding="utf-8")
    expected = 'two.toml: code: "OWN"; expected a code that one.toml does not use'
    assert [str(problem) for problem in check_files([tmp_path])] == [expected]
    with pytest.raises(CatalogueError, match="does not use"):
        load_fleet(tmp_path)


def test_an_empty_folder_is_no_fleet(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no station file"):
        load_fleet(tmp_path)


CHILD = 'extends = "coal_660"\ntechnology = "mine"\n'


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        ('"mill_{1-2}" = { tag = "HFC{1}0CF101", running_above = 12, settle_s = 600 }', None),
        (
            'mill_9 = { tag = "HFC10CF101", running_above = 12, settle_s = 600 }',
            'child.toml: block.units.running.mill_9: unknown component; expected a component of the template; nearest: "mill_*"',
        ),
        (
            'mill_1 = { tag = "HFC10CF109", running_above = 12, settle_s = 600 }',
            'child.toml: block.units.running.mill_1.tag: "HFC10CF109"; expected a tag that exists; nearest: "HFC10C*"',
        ),
        (
            'mill_1 = { tag = "HFC10CF101", running_above = 900, settle_s = 600 }',
            "child.toml: block.units.running.mill_1.running_above: 900*; expected a value in the range of HFC10CF101",
        ),
        (
            'mill_1 = { tag = "HFC10CF101", running_above = 12, settle_s = 600, when = { HFC10CF109 = { above = 1 } } }',
            'child.toml: block.units.running.mill_1.when: "HFC10CF109"; expected a tag that exists; nearest: "HFC10C*"',
        ),
        (
            'mill_1 = { tag = "HFC10CF101", running_above = 9, settle_s = 0, when = { HFC20CF101 = { above = 5, below = 2 } } }',
            "child.toml: block.units.running.mill_1.when.HFC20CF101: from 5 to 2; expected above less than below",
        ),
    ],
)
def test_parts_that_run_by_themselves(tmp_path: Path, running: str, expected: str | None) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "child.toml").write_text(f"{CHILD}[running]\n{running}\n", encoding="utf-8")
    slp = (SHIPPED / "slp.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(slp.replace('"SLP"', '"OWN"').replace('"coal_660"', '"child"'), encoding="utf-8")
    lines = [str(problem) for problem in check_files([path])]
    if expected:
        assert any(matches(expected, line) for line in lines), lines
        return
    modes = {part.code: part.mode for part in load_station(path).blocks[0].components}
    assert lines == []
    assert modes["mill_2"] == Mode("HFC20CF101", 12, 600)
    assert modes["mill_3"] == Mode("HFC30CF101", 10, 1800)
    assert modes["boiler"] is None


SIGNATURES = """
[failures.F04]
name = { zh = "螺栓松动", en = "loose studs" }
check = { zh = "拧紧", en = "tighten" }
[[signatures]]
mode = "F04"
place = "MKD1{1-2}"
tags = { "{place}CT{101-102}" = -0.5, MED10CY101 = 1 }
others = 0.5
"""


def own_signatures(tmp_path: Path, omit: str, signatures: str = SIGNATURES) -> Block:
    """A Francis set of one's own, with something omitted and, at its end, other signatures."""
    (tmp_path / "templates").mkdir(exist_ok=True)
    child = f'extends = "hydro_francis"\ntechnology = "mine"\n[omit]\n{omit}\n{signatures}'
    (tmp_path / "templates" / "child.toml").write_text(child, encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN.replace("hydro_francis", "child"), encoding="utf-8")
    return load_station(tmp_path / "own.toml").blocks[0]


def test_a_mode_named_again_replaces_what_was_inherited(tmp_path: Path) -> None:
    block = own_signatures(tmp_path, 'signatures = ["F08"]')
    first, second = (one for one in block.signatures if one.mode == "F04")
    assert (first.name.en, first.check.zh, first.place, second.place) == (
        "loose studs",
        "拧紧",
        "MKD11CT101",
        "MKD12CT101",
    )
    assert dict(first.tags) == {
        "MKD11CT101": -0.5, "MKD11CT102": -0.5, "MED10CY101": 1.0, "MKD12CT101": -0.25, "MKD12CT102": -0.25,
    }  # fmt: skip
    modes = {one.mode for one in block.signatures}
    assert "F08" not in modes
    assert {"F01", "F09", "F34"} <= modes


def test_what_is_omitted_leaves_the_signatures_it_was_in(tmp_path: Path) -> None:
    block = own_signatures(tmp_path, 'tags = ["MKD10CT104", "MEX10CU101", "MKV10CT101", "BAT10CQ101"]', "")
    pads = [one for one in block.signatures if one.mode == "F01" and one.place.startswith("MKD10")]
    assert [one.place for one in pads] == ["MKD10CT101", "MKD10CT102", "MKD10CT103"]
    assert dict(pads[0].tags) == {"MKD10CT101": 1.0, "MKD10CT102": 0.15, "MKD10CT103": 0.15}
    assert not {"F09", "F34"} & {one.mode for one in block.signatures}


def test_only_known_signatures_can_be_omitted(tmp_path: Path) -> None:
    with pytest.raises(
        CatalogueError, match=r'omit.signatures: "F0"; expected a name of the extended template; nearest: "F'
    ):
        own_signatures(tmp_path, 'signatures = ["F0"]', "")


def test_neighbours_of_a_ring(tmp_path: Path) -> None:
    ring = (
        '[[signatures]]\nmode = "F01"\nplace = "MKD10CT{101-104}"\ntags = { "{place}" = 1 }\nbeside = 0.5\nothers = 0.1'
    )
    block = own_signatures(tmp_path, "", ring)
    first = next(one for one in block.signatures if one.mode == "F01")
    assert dict(first.tags) == {"MKD10CT101": 1.0, "MKD10CT102": 0.5, "MKD10CT103": 0.1, "MKD10CT104": 0.5}


def test_signatures_change_no_revision(tmp_path: Path) -> None:
    block = own_signatures(tmp_path, "")
    assert block.signatures
    assert replace(block, signatures=()).revision == block.revision
