"""Pictures of a simulation: a day and a year of each station, healthy and with a failure, against the static limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stations.faults import Case, kinds
from stations.plant import Block, Station
from stations.simulate import simulate_chunks
from wanbiao.display import Advance

if TYPE_CHECKING:
    from wanbiao.simulation import Plan

DAY_S: Final = 86_400.0
YEAR_PERIOD_S: Final = 600.0
SETTLE_DAYS: Final = 2
"""Simulated before a day that is drawn, so that oil and metal have settled [d]."""
FAIL_DAY: Final = 200
"""Day of the year on which the failure is complete: in summer, when the margins are least."""
REPAIR_DAYS: Final = 14
"""How long the failed unit runs on until it is repaired [d]: a static alarm is not always heeded."""
HEALTHY, SISTER, FAILING, LIMIT = "#0072B2", "#B0BEC5", "#D55E00", "#CC79A7"
"""Colours of Okabe and Ito: the unit when healthy, its sisters, the unit that fails, its static alarm limit."""
SISTERS_MAX: Final = 6


class Story(NamedTuple):
    """What is shown of a technology: the failure of its first unit, and the tags, one panel each."""

    kind: str
    tags: tuple[str, ...]


STORIES: Final = {
    "hydro_francis": Story("F01", ("MKA10CE101", "PCB10CT101", "MED10CT103", "MED10CY101", "MKA10CT101")),
    "hydro_kaplan": Story("F03", ("MKA10CE101", "MEA10CP101", "MKV10CT101", "MKD10CT101", "MEL10CP101")),
    "hydro_small": Story("F10", ("MKA10CE101", "PCB10CT101", "MKJ10CT101", "MKA10CT101", "MED10CT101")),
    "pumped_storage": Story("F01", ("MKA10CE101", "LPA10CL101", "MED10CT103", "MED10CY101", "MKA10CT101")),
    "coal_660": Story("F16", ("MKA10CE101", "PAC10CT101", "MAG10CP101", "HFC10CE101", "MAD03CT101")),
    "chp_350": Story("F16", ("MKA10CE101", "PAC10CT101", "MAG10CP101", "LBG10CF101", "MAD03CT101")),
    "ccgt": Story("F25", ("MKA10CE101", "MET10CT101", "MBR10CQ101", "MBM10CP111", "MAG10CP101")),
    "wind_dfig": Story("F28", ("MET10CS101", "MKA10CE101", "MDK20CT102", "MDK20CY101", "MKA10CT101")),
    "wind_pmsg": Story("F31", ("MET10CS101", "MKA10CE101", "MDK10CT101", "MDK10CY101", "MKA10CT101")),
    "pv_central": Story("F35-igbt", ("MET10CR101", "INV10CE101", "INV10CT101", "INV10CE201", "INV10CE110")),
    "pv_string": Story("F35-string", ("MET10CR101", "INV10CE101", "INV10CT101", "INV10CE201", "INV10CE110")),
}
"""By technology; one that is not here shows its first tags, and no failure."""


def draw(plan: Plan, folder: Path, advance: Advance) -> list[Path]:
    """``CODE-day.png`` and ``CODE-year.png`` of every station of ``plan``, in ``folder``; the paths.

    The year is that of the plan's start. Events of the plan are drawn with both lives, the failure with one of them only.
    """
    files = []
    for i, station in enumerate(plan.stations):
        for j, (name, make) in enumerate((("year", _year), ("day", _day))):
            advance((2 * i + j) / (2 * len(plan.stations)), f"{station.code} {name}")
            path = folder / f"{station.code}-{name}.png"
            make(plan, station, path)
            files.append(path)
    advance(1.0, "done")
    return files


def _story(station: Station) -> Story:
    block = station.block("units")
    story = STORIES.get(station.technology, Story("", tuple(tag.code for tag in block.tags[:5])))
    return story._replace(tags=tuple(code for code in story.tags if code in block.tag_index))


def _failure(plan: Plan, station: Station, kind: str) -> list[Case]:
    """The failure of the first unit, complete in the summer of the plan's year."""
    if not kind:
        return []
    year = datetime.fromtimestamp(plan.start_ns / 1e9, UTC).year
    days = math.sqrt(math.prod(kinds()[kind].days))
    end_ns = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() + FAIL_DAY * DAY_S) * 10**9
    start_ns = end_ns - round(days * DAY_S * 1e9)
    repaired_ns = end_ns + round(REPAIR_DAYS * DAY_S * 1e9)
    unit = station.block("units").units[0]
    return [Case(kind, station.code, unit, start_ns, days * DAY_S, repaired_ns=repaired_ns)]


def _year(plan: Plan, station: Station, path: Path) -> None:
    story = _story(station)
    slow = _few(station).at_period(max(YEAR_PERIOD_S, station.block("units").period_s))
    first_ns = (
        int(datetime(datetime.fromtimestamp(plan.start_ns / 1e9, UTC).year, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    )
    _figure(plan, slow, story, _failure(plan, station, story.kind), first_ns, 365.0, 0, path)


def _day(plan: Plan, station: Station, path: Path) -> None:
    story = _story(station)
    failure = _failure(plan, station, story.kind)
    # The day on which nine tenths of the development have passed: before the trip, and plain to see.
    end_ns = failure[0].start_ns + round(0.9 * failure[0].development_s * 1e9) if failure else plan.start_ns
    midnight_ns = (end_ns // 10**9 // 86_400 * 86_400 - 8 * 3600) * 10**9
    first_ns = midnight_ns - SETTLE_DAYS * 86_400 * 10**9
    _figure(plan, _few(station), story, failure, first_ns, 1.0 + SETTLE_DAYS, SETTLE_DAYS, path)


def _few(station: Station) -> Station:
    """The first units only: a farm of forty is a carpet."""
    return replace(station, blocks=tuple(block.only(SISTERS_MAX) for block in station.blocks))


def _figure(
    plan: Plan,
    station: Station,
    story: Story,
    failure: Sequence[Case],
    first_ns: int,
    days: float,
    skip: int,
    path: Path,
) -> None:
    """One panel a tag: sister units in grey, the first unit healthy in blue and failing in orange, its limit dashed."""
    from matplotlib.figure import Figure

    block = station.block("units")
    n = round(days * DAY_S / block.period_s)
    own = [case for case in plan.cases if case.station in (station.code, "*") and case.unit in ("", *block.units)]

    def live(cases: Sequence[Case]) -> tuple[Any, Any]:
        (chunk,) = simulate_chunks(station, start_ns=first_ns, n_scans=n, seed=plan.seed, cases=cases, chunk=n)
        skipped = round(skip * DAY_S / block.period_s)
        return chunk.time_ns[skipped:] + 8 * 3600 * 10**9, chunk.values[skipped:]

    time_ns, healthy = live(own)
    _, failing = live([*own, *failure]) if failure else (time_ns, None)
    figure = Figure(figsize=(11, 1.2 + 1.75 * len(story.tags)), layout="constrained")
    panels = figure.subplots(len(story.tags), 1, sharex=True, squeeze=False)[:, 0]
    times = time_ns.astype("datetime64[ns]")
    for panel, code in zip(panels, story.tags, strict=True):
        _panel(panel, block, code, times, healthy, failing)
    what = f", unit {block.units[0]} with {story.kind}: {kinds()[story.kind].name.en}" if failure else ""
    figure.suptitle(f"{station.code}, {station.name.en}{what}", fontsize=11)
    panels[-1].set_xlabel("local time (UTC+8)")
    handles, labels = panels[0].get_legend_handles_labels()
    extra = [item for panel in panels[1:] for item in zip(*panel.get_legend_handles_labels(), strict=True)]
    named = dict(zip(labels, handles, strict=True)) | {name: handle for handle, name in extra}
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.savefig(path, dpi=110)


def _panel(panel: Any, block: Block, code: str, times: Any, healthy: Any, failing: Any) -> None:
    column = block.tag_index[code]
    tag = block.tags[column]
    if len(block.units) > 1 and not tag.shared:
        panel.plot(
            times,
            healthy[:, 1:, column],
            color=SISTER,
            lw=0.5,
            label=["sister units", *[None] * (len(block.units) - 2)],
        )
    if failing is not None and not np.array_equal(failing[:, 0, column], healthy[:, 0, column]):
        differs = np.flatnonzero(failing[:, 0, column] != healthy[:, 0, column])
        span = slice(differs[0], differs[-1] + 1)
        panel.plot(times[span], failing[span, 0, column], color=FAILING, lw=0.8, label="failing", zorder=3)
    panel.plot(times, healthy[:, 0, column], color=HEALTHY, lw=0.7, label="healthy")
    low, high = panel.get_ylim()
    for limit in (tag.limits.alarm_high, tag.limits.alarm_low):
        if limit is not None and low - 0.4 * (high - low) < limit < high + 0.4 * (high - low):
            panel.axhline(limit, color=LIMIT, lw=1.0, ls="--", label="static alarm limit")
    panel.set_title(f"{tag.name.en} [{tag.uom}]  {code}", fontsize=9, loc="left")
    panel.grid(color="#ECEFF1", lw=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
    panel.margins(x=0.0)
