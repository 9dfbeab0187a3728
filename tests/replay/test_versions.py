"""Another version of a catalogue: the same readings in its order, what it lacks left out, what it adds without readings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from replay.versions import Version, VersionError
from stations.plant import Block, Station
from stations.scan import GOOD, Scan
from tests.replay.played import fleet, heard, incident

PLAYED = fleet().stations["HYG"].at_period(600.0)
UNITS = PLAYED.block("units")


def version(**changes: Any) -> Version:
    return Version(PLAYED, _other(replace(UNITS, **changes)))


def _other(block: Block) -> Station:
    return replace(PLAYED, blocks=(block,))


def scan(quality: bool = False) -> Scan:
    values = np.arange(np.prod(UNITS.shape), dtype=np.float32).reshape(UNITS.shape)
    marks = (values % 3).astype(np.uint8) if quality else None
    return Scan("HYG", "units", UNITS.revision, 7, 10**18, values, marks)


def test_readings_are_found_by_the_names_of_units_and_tags() -> None:
    one = version(units=UNITS.units[::-1], tags=UNITS.tags[::-1])
    seen, told = one.scan(scan(quality=True)), scan(quality=True)
    assert seen.revision == one.station.block("units").revision != told.revision
    np.testing.assert_array_equal(seen.values, told.values[::-1, ::-1])
    assert seen.quality is not None
    assert told.quality is not None
    np.testing.assert_array_equal(seen.quality, told.quality[::-1, ::-1])
    assert (seen.seq, seen.time_ns, one.left_out, one.added) == (7, 10**18, (), ())


def test_a_tag_that_it_lacks_is_left_out_and_one_that_it_adds_has_no_reading() -> None:
    new = replace(UNITS.tags[0], code="MKA99CT999")
    one = version(tags=(new, *UNITS.tags[1:]))
    seen = one.scan(scan(quality=True))
    assert np.isnan(seen.values[:, 0]).all()
    np.testing.assert_array_equal(seen.values[:, 1:], scan().values[:, 1:])
    assert seen.quality is not None
    assert (seen.quality[:, 0] == GOOD).all()
    assert (one.left_out, one.added) == ((UNITS.tags[0].code,), ("MKA99CT999",))
    assert f"tags left out (1): {UNITS.tags[0].code}; new tags without readings (1): MKA99CT999" in one.note.en
    assert "MKA99CT999" in one.note.zh


def test_it_is_sampled_as_the_readings_are() -> None:
    slow = Version(PLAYED, _other(UNITS).at_period(3600.0))
    assert slow.station == PLAYED


def test_scans_of_other_stations_pass() -> None:
    told = replace(scan(), station="YXK")
    assert version().scan(told) is told


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"units": ("1", "3")}, "units 1, 3; expected those that are played: 1, 2"),
        ({"tags": (replace(UNITS.tags[0], code="X"),)}, "no tag of it has readings; expected tags such as"),
        (
            {"tags": (replace(UNITS.tags[0], uom="furlong"), *UNITS.tags[1:])},
            f'tags.{UNITS.tags[0].code}.uom: "furlong"; expected "{UNITS.tags[0].uom}"',
        ),
    ],
)
def test_a_version_that_cannot_judge_these_readings_is_refused(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(VersionError, match=part):
        version(**changes)


def test_the_same_version_says_the_very_same_bytes() -> None:
    one = incident()
    end_ns = one.scenario.at_day(0.2)
    alone = heard(one, end_ns)
    assert str(heard(one, end_ns, version=version()).digest) == str(alone.digest)
