"""The dashboards as files: up to date, core panels only, links and variables that resolve, text in both languages."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from dashboards.board.words import LOOKS
from dashboards.grafana import check
from dashboards.grafana.build import BOARDS, FOLDER, FOLDER_UID, build, text
from dashboards.grafana.look import MODES, STATES, TOLD, Names
from dashboards.grafana.panels import DATASOURCE_UID
from dashboards.grafana.parts import DETECTORS
from detectors import events, states
from detectors.outages import MAINTENANCE
from detectors.sensor_faults import KINDS
from detectors.sisters import ALL_UNITS
from stations.catalogue import load_fleet
from stations.plant import Fleet

FLEET = load_fleet()
MADE = build(FLEET)
CJK = re.compile(r"[\u4e00-\u9fff]")


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(uid, panel) for uid, board in MADE.items() for panel in board["panels"]]


def test_the_files_are_what_the_program_makes_of_the_shipped_catalogue() -> None:
    """Else: python -m dashboards.grafana.build"""
    assert {path.stem: path.read_text(encoding="utf-8") for path in BOARDS.glob("*.json")} == {
        uid: text(board) for uid, board in MADE.items()
    }


def test_there_are_seven_and_nothing_is_wrong_with_them() -> None:
    assert len(MADE) == 7
    assert check.structure(MADE) == []


def test_times_and_days_are_those_of_one_zone() -> None:
    assert {board["timezone"] for board in MADE.values()} == {"Asia/Shanghai"}
    other = build(FLEET, "Europe/Berlin")
    assert {board["timezone"] for board in other.values()} == {"Europe/Berlin"}
    assert "Asia/Shanghai" not in "".join(text(board) for board in other.values())
    assert "tz('Europe/Berlin')" in text(other["wanbiao-load"])


def test_states_are_called_as_on_the_board() -> None:
    """Or one room would say that a machine that stands still is being learned, and the other that it is not judged."""
    assert [(one.code, one.name) for one in STATES if one.code < 0] == [
        (value, LOOKS[value].word) for value in sorted(LOOKS) if value < 0
    ]


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    for uid, board in MADE.items():
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        cells: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not own & cells, (uid, panel["title"])
            assert at["x"] + at["w"] <= 24
            cells |= own


@pytest.mark.parametrize("n_stations", [1, 2, 7, 8, 9, 13])
def test_a_wall_of_any_fleet_has_a_tile_for_each_station(n_stations: int) -> None:
    some = Fleet(dict(list(FLEET.stations.items())[:n_stations]))
    wall = build(some)["wanbiao-fleet"]
    titles = [panel["title"] for panel in wall["panels"]]
    assert [title for code in some.stations if (title := f"{some.stations[code].name.zh} {code}") not in titles] == []
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in wall["panels"]}
    assert len(places) == len(wall["panels"])


def test_the_shipped_wall_fills_a_screen() -> None:
    """28 rows of cells are 1080 pixels."""
    assert max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in MADE["wanbiao-fleet"]["panels"]) == 28


def test_every_title_is_in_both_languages() -> None:
    bare = re.compile(r"\$\{?\w+\}?")
    for uid, panel in panels():
        title = bare.sub("", panel["title"])
        if (panel["type"] == "stat" and uid == "wanbiao-fleet") or not title:
            continue  # the name of a station
        assert CJK.search(title), (uid, title)
        assert re.search(r"[A-Za-z]{3}", title), (uid, title)


def test_states_and_modes_are_those_that_are_stored() -> None:
    stored = [states.LEARNING, states.STOPPED_STATE, states.NORMAL, states.PARTIAL, states.NO_DATA, states.WATCH]
    assert [state.code for state in STATES] == [*stored, states.WATCH + 1, states.WATCH + 2]
    assert [mode.name.en for mode in MODES] == list(events.MODE_NAMES)
    assert set(TOLD) == set(events.TELLS)
    assert ALL_UNITS in text(MADE["wanbiao-worklist"])


def test_every_detector_of_what_is_not_watched_has_words() -> None:
    kinds = {f"sensor-{kind}" for kind in KINDS if kind != "sound"}
    assert set(DETECTORS) == kinds | {"data-quality", "crew", MAINTENANCE}


def test_a_colour_that_grafana_takes_for_transparent_is_no_threshold() -> None:
    for board in MADE.values():
        assert not re.search(r'"color": "#[0-9A-Fa-f]{4}00"', text(board))


def test_a_station_is_silent_after_three_periods() -> None:
    names = Names.of(FLEET)
    assert (names.bucket("YXK"), names.bucket("XSP"), names.bucket()) == ("60s", "180s", "180s")


def test_provisioning_names_the_same_datasource_and_folder() -> None:
    folder = BOARDS.parent / "provisioning"
    assert f"uid: {DATASOURCE_UID}\n" in (folder / "datasources" / "wanbiao.yaml").read_text()
    provider = (folder / "dashboards" / "wanbiao.yaml").read_text()
    assert f"folder: {FOLDER}\n" in provider
    assert f"folderUid: {FOLDER_UID}\n" in provider


# ---- the checker finds what is wrong


def broken(change: str, value: Any) -> dict[str, Any]:
    boards = copy.deepcopy(MADE)
    board = boards["wanbiao-unit"]
    chart = next(panel for panel in board["panels"] if panel["type"] == "timeseries")
    if change == "uid":
        board["uid"] = value
    elif change == "schema":
        board["schemaVersion"] = value
    elif change == "panel":
        chart["type"] = value
    elif change == "datasource":
        chart["targets"][0]["datasource"] = {"uid": value}
    elif change == "link":
        chart["fieldConfig"]["defaults"]["links"] = [{"title": "", "url": value}]
    else:
        chart["targets"][0]["query"] = value
    return boards


@pytest.mark.parametrize(
    ("change", "value", "reason"),
    [
        ("uid", "wanbiao-fleet", "a uid of its own"),
        ("schema", 1, "expected 42"),
        ("panel", "grafana-piechart", "plug-in"),
        ("datasource", "other", "'other'"),
        ("link", "/d/nonesuch?x", "leads to none"),
        ("link", "https://example.org", "leads to none"),
        ("query", 'SELECT mean("x") FROM "tag" WHERE "unit" = \'$unti\'', "unti is not defined"),
    ],
)
def test_what_is_wrong_is_found_and_named(change: str, value: Any, reason: str) -> None:
    (finding,) = check.structure(broken(change, value))
    assert finding.board == "wanbiao-unit"
    assert reason in str(finding)
    assert "\n" not in str(finding)
