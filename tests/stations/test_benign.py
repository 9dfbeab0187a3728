"""Benign events: at their longest and worst, in winter and in summer, no static alarm comes of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stations.faults import ALL_STATIONS, Case, kinds
from stations.plant import Block
from stations.simulate import TECHNOLOGIES
from stations.simulate.labels import beyond
from tests.stations.plants import DAY_NS, FLEET, NEW_YEAR_NS, Values, station
from tests.stations.test_faults import record

BY_TECHNOLOGY = {station.technology: code for code, station in FLEET.stations.items()}
PAIRS = [
    (code, technology)
    for code, kind in kinds().items()
    if kind.pace == "benign" and kind.symptoms
    for technology in TECHNOLOGIES
    if technology in (kind.technologies or TECHNOLOGIES)
]
ON_PURPOSE = {("B39", "MAA10CS101"), ("B10", "MEA10CS101")}
"""An overspeed test passes the limit of the speed; that is what it is for."""
SEASONS = {"winter": 15, "summer": 196}


def beyond_while_running(block: Block, values: Values) -> NDArray[np.bool_]:
    """Where units that run are beyond an alarm limit: (t, u, n)."""
    assert block.mode is not None
    mode = block.mode
    running = values[:, :, block.tag_index[mode.tag]] >= mode.running_above
    # What starts or stops is not judged by limits of steady running, neither by people nor by us.
    settled = np.logical_and.reduce([np.roll(running, shift, axis=0) for shift in range(-2, 3)])
    outside: NDArray[np.bool_] = beyond(block, values) & settled[..., None]
    return outside


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize(("code", "technology"), PAIRS)
def test_no_static_alarm_comes_of_it(code: str, technology: str, season: str) -> None:
    kind = kinds()[code]
    days = kind.days[1]
    plant = station(BY_TECHNOLOGY[technology], 600.0 if days > 1.5 else 60.0, units=2)
    block = plant.block("units")
    begin_ns = NEW_YEAR_NS + SEASONS[season] * DAY_NS + round(1.4 * DAY_NS)
    where = (ALL_STATIONS, "") if kind.regional else (plant.code, "1")
    case = Case(code, *where, begin_ns, days * 86_400.0, severity=kind.severity[1])
    values = record(plant, day=SEASONS[season], days=min(days + 2.5, 12.0), cases=[case])
    tags = {block.tags[i].code for i in np.flatnonzero(beyond_while_running(block, values).any(axis=(0, 1)))}
    assert {tag for tag in tags if (code, tag) not in ON_PURPOSE} == set()
