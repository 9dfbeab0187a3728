"""Words of the pages: none claims more than is known, and codes become names."""

from __future__ import annotations

import pytest

from dashboards.board.pages.load import asset_text
from dashboards.board.words import ATTENDED, LOOKS, look_of
from detectors.states import LEARNING, STATE_NAMES
from tests.dashboards.board.plant import FLEET


def test_every_state_has_a_look_and_no_two_share_a_shape_or_a_word() -> None:
    assert set(LOOKS) == set(STATE_NAMES)
    looks = [*LOOKS.values(), ATTENDED]
    for told in ([one.shape for one in looks], [one.word.zh for one in looks], [one.word.en for one in looks]):
        assert len(set(told)) == len(looks)


def test_what_has_no_score_is_not_said_to_be_learning() -> None:
    """A part may stand still, be worked on, or never get a score."""
    assert LOOKS[int(LEARNING)].word.en == "not judged"


@pytest.mark.parametrize("state", STATE_NAMES)
def test_only_what_counts_as_normal_can_be_attended(state: int) -> None:
    assert look_of(state, is_attended=False) is LOOKS[state]
    assert look_of(state, is_attended=True) is (ATTENDED if state == 0 else LOOKS[state])


@pytest.mark.parametrize(
    ("asset", "zh", "en"),
    [
        ("ABC.2.bearing", "甲站 2 号机 部件bearing", "Alpha unit 2 bearing"),
        ("ABC.*.shaft", "甲站 全部机组 部件shaft", "Alpha all units shaft"),
        ("ABC.2.gone", "甲站 2 号机 gone", "Alpha unit 2 gone"),
        ("XYZ.2.bearing", "XYZ.2.bearing", "XYZ.2.bearing"),
        ("FIC101", "FIC101", "FIC101"),
    ],
)
def test_an_asset_is_called_as_people_call_it(asset: str, zh: str, en: str) -> None:
    assert (asset_text(asset, FLEET, "zh"), asset_text(asset, FLEET, "en")) == (zh, en)
