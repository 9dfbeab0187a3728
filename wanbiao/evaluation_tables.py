"""The tables of an evaluation, as people read them."""

from __future__ import annotations

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from replay.evaluation.summary import NO_LEAD, Mode, Rate, Summary, quantile, sensor_table
from replay.evaluation.trials import SEASONS
from stations.faults import kinds

WIDTH: Final = 150
"""Columns of a table in a file or a pipe: names of failures are long."""
MODE_HEADINGS: Final = ("detected", "in time", "lead h, median", "p10", "found", "by chance", "judged", "alarms")
DIAGNOSIS_HEADINGS: Final = ("detected", "top 1", "top 3", "interval")


def mode_tables(summary: Summary) -> list[Table | None]:
    """Failure modes by pace: those with a lead time, then those without."""
    modes = summary.modes()
    promised = {kind: mode for kind, mode in modes.items() if mode.pace != NO_LEAD}
    others = {kind: mode for kind, mode in modes.items() if mode.pace == NO_LEAD}
    return [_modes("failure", promised), _modes("no lead promised", others)]


def _modes(title: str, modes: dict[str, Mode]) -> Table | None:
    if not modes:
        return None
    table = _table(title, "pace", *MODE_HEADINGS)
    for kind, mode in modes.items():
        table.add_row(
            f"{kind} {kinds()[kind].name.en}",
            mode.pace,
            f"{mode.detected}/{mode.n}",
            str(mode.lead_met),
            _number(quantile(mode.lead_h, 0.5)),
            _number(quantile(mode.lead_h, 0.1)),
            str(mode.found),
            _number(mode.by_chance),
            str(mode.judged),
            str(mode.alarms),
        )
    return table


def diagnosis_table(summary: Summary) -> Table | None:
    """Of the failures that were detected: the true mode named first, or among three; the alarm within the interval told."""
    modes = {kind: mode for kind, mode in summary.modes().items() if mode.pace != NO_LEAD and mode.detected}
    if not modes:
        return None
    table = _table("failure", *DIAGNOSIS_HEADINGS)
    for kind, mode in modes.items():
        interval = "–" if mode.coverage is None else f"{mode.coverage:.0%}"
        table.add_row(f"{kind} {kinds()[kind].name.en}", *map(str, (mode.detected, mode.top1, mode.top3)), interval)
    return table


def false_table(summary: Summary) -> Table | None:
    """False warnings of healthy stations per unit and year, by technology and season."""
    rates = summary.by_technology()
    if not rates:
        return None
    table = _table("false warnings per unit-year", *SEASONS, "year", "unit-years", "judged")
    for technology, by_season in summary.by_season().items():
        seasons = [_rate(by_season.get(season)) for season in SEASONS]
        one = rates[technology]
        table.add_row(technology, *seasons, _rate(one), f"{one.unit_years:.1f}", f"{one.judged:.0%}")
    return table


def sensor_faults_table(summary: Summary) -> Table | None:
    """Sensor and data faults: told as such, or taken for a machine."""
    if not summary.sensors:
        return None
    table = _table("sensor fault", "as sensor", "as machine", "cases")
    for kind, counts in sensor_table(summary.sensors).items():
        row = (str(counts[key]) for key in ("as_sensor", "as_machine", "n"))
        table.add_row(f"{kind} {kinds()[kind].name.en}", *row)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name == "pace" else "right", no_wrap=True)
    return table


def _rate(rate: Rate | None) -> str:
    return _number(rate and rate.per_unit_year)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
