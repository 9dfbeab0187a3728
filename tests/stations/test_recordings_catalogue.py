"""The shipped recordings load, and keep the rules of their kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from stations.catalogue import check_files, load_fleet, load_station
from stations.template import SHIPPED

RECORDINGS = {path.stem: path for path in sorted((SHIPPED / "recordings").glob("*.toml"))}
MAX_COVARIATES = 10


def test_there_is_the_gas_turbine() -> None:
    (block,) = load_station(RECORDINGS["gas_turbine"]).blocks
    drivers = {tag.code for tag in block.tags if tag.model is None}
    assert (block.units, block.period_s, drivers) == (("1",), 3600.0, {"AT", "AP", "AH", "TEY"})
    assert [block.tags[i].code for i in block.judged] == ["AFDP", "CDP", "TIT", "TAT", "GTEP", "CO", "NOX"]
    assert {tag.code for tag in block.tags if tag.log} == {"CO", "NOX"}


@pytest.mark.parametrize("path", RECORDINGS.values(), ids=RECORDINGS)
def test_a_recording_has_no_problem_and_is_no_station_of_the_fleet(path: Path) -> None:
    assert check_files([path]) == []
    station = load_station(path)
    assert station.code not in load_fleet().stations
    assert max(len(model.covariates) for block in station.blocks for model in block.models) <= MAX_COVARIATES
