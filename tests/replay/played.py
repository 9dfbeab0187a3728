"""A small incident, played: four units of a hydro station for two weeks, a cooler that leaks in one of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from detectors.tuning import Tuning
from replay.heard import Heard, silent
from replay.incident import Incident, ready
from replay.versions import Version
from stations.catalogue import load_station
from stations.plant import Fleet
from stations.scenario import Expected, load_scenario, prepare
from stations.simulate.labels import Label
from stations.template import SHIPPED

SMALL = Path(__file__).parent / "scenarios" / "small.toml"


@cache
def fleet() -> Fleet:
    """The one station."""
    return Fleet({"HYG": load_station(SHIPPED / "hyg.toml")})


def incident(*expect: Expected, **changes: Any) -> Incident:
    """The incident, with other expectations if any are given."""
    scenario = load_scenario(SMALL, fleet()).scenario
    return Incident("small", prepare(replace(scenario, expect=expect or scenario.expect, **changes), fleet()))


def heard(
    one: Incident, until_ns: int | None = None, tuning: Tuning | None = None, version: Version | None = None
) -> Heard:
    """What was said of it before ``until_ns``."""
    scenario = one.scenario
    tuned = silent(ready(tuning or Tuning(), scenario))
    run = Heard("usual", one.stations, tuned, scenario.start_ns, scenario.days, version=version)
    for scan in one.scans(until_ns):
        run.receive(scan)
    return run


@cache
def whole() -> tuple[Incident, Heard, list[Label]]:
    """It, all that was said of it, and what was true; not to be changed."""
    one = incident()
    run = heard(one)
    return one, run, one.labels()
