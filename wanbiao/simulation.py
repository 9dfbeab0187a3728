"""What is to be simulated: stations, the time they live through, what happens to them, and how their gateways report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from replay.library import UnknownIncidentError, find_incident
from wanbiao.embedded import ENDLESS_SCANS, merged
from wanbiao.errors import ConfigError

if TYPE_CHECKING:
    from stations.faults import Case
    from stations.plant import Fleet, Station
    from stations.scan import Scan
    from stations.scenario import Played
    from stations.simulate.delivery import Transport

DAY_S: Final = 86_400.0
NO_SCENARIO: Final = "no such file; expected a scenario file, or one shipped"


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation before it is run.

    Parameters
    ----------
    end_ns : event time at which it ends [ns]; None = never.
    """

    stations: Sequence[Station]
    cases: Sequence[Case]
    start_ns: int
    end_ns: int | None
    seed: int
    transport: Transport | None = None

    def n_scans(self, station: Station) -> int:
        """Scans of one station."""
        if self.end_ns is None:
            return ENDLESS_SCANS
        return math.ceil((self.end_ns - self.start_ns) / 1e9 / station.block("units").period_s)

    def scans_of(self, station: Station) -> Iterator[Scan]:
        """The scans of one station as they arrive.

        Raises
        ------
        ValueError, before the first scan, if something cannot be simulated.
        """
        from stations.simulate import simulate

        return simulate(
            station,
            start_ns=self.start_ns,
            n_scans=self.n_scans(station),
            seed=self.seed,
            cases=self.cases,
            transport=self.transport,
        )

    def scans(self) -> Iterator[Scan]:
        """The scans of all stations in order of event time; as `scans_of`."""
        return merged([self.scans_of(station) for station in self.stations])

    def labels(self) -> list[dict[str, Any]]:
        """What became of every case, as JSON can hold it; only of a simulation that ends."""
        from stations.simulate.labels import label

        n_scans = [self.n_scans(station) for station in self.stations]
        found = label(self.stations, self.cases, start_ns=self.start_ns, n_scans=n_scans, seed=self.seed)
        return [one.plain() for one in found]


def find_scenario(name: str, fleet: Fleet) -> Played:
    """A scenario by the path of its file, or one of the shipped by name (``i01`` or ``i01_sayano_shushenskaya``).

    Raises
    ------
    ConfigError : there is none, or it has problems.
    """
    from stations.scenario import ScenarioError, load_scenario

    path = Path(name)
    if not path.is_file():
        try:
            path = find_incident(name)
        except UnknownIncidentError as error:
            told = str(error).replace("no such incident; expected one of wanbiao incidents", NO_SCENARIO)
            raise ConfigError(told) from None
    try:
        return load_scenario(path, fleet)
    except ScenarioError as error:
        raise ConfigError(str(error)) from None


def check_cases(
    new: Sequence[Case], others: Sequence[Case], stations: Sequence[Station], start_ns: int, end_ns: int | None
) -> Sequence[Case]:
    """``new``, if they can happen beside ``others`` in this stretch of time.

    Raises
    ------
    UsageError : station, unit or time is none of this simulation, or two of them contradict each other.
    """
    from stations.scenario_file import contradictions

    here = {station.code: station for station in stations}
    for case in new:
        if case.station not in here:
            raise click.UsageError(f"--fault names station {case.station}, which is not simulated here")
        units = here[case.station].block("units").units
        if case.unit not in units:
            few = ", ".join(units) if len(units) < 10 else f"{units[0]} to {units[-1]}"
            raise click.UsageError(f"--fault: {case.station} has no unit '{case.unit}'; expected one of {few}")
        if case.start_ns < start_ns or (end_ns is not None and case.start_ns >= end_ns):
            raise click.UsageError(f"--fault: {case.kind} of {case.station} begins outside the time that is simulated")
    for problem in contradictions([*others, *new], "--fault"):
        raise click.UsageError(f"--fault: {problem.value}; expected {problem.expected}")
    return new
