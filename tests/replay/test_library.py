"""Incidents are found by name, or the nearest is told."""

from __future__ import annotations

import pytest

from replay.library import UnknownIncidentError, find_incident, shipped


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_incident_is_found_by_its_stem_and_by_the_first_part_of_it(path: object) -> None:
    stem = getattr(path, "stem", "")
    assert find_incident(stem) == find_incident(stem.partition("_")[0].upper()) == path


@pytest.mark.parametrize("name", ["", "i", "i0", "i11", "../i01", "sayano"])
def test_no_other_name_is_one(name: str) -> None:
    with pytest.raises(UnknownIncidentError, match="no such incident; expected one of wanbiao incidents"):
        find_incident(name)


def test_the_nearest_is_told() -> None:
    with pytest.raises(UnknownIncidentError, match='nearest: "i03_callide"'):
        find_incident("calide")
