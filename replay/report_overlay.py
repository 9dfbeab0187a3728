"""Two runs through one incident in one picture, aligned at the event: what each expected, how it scored, when it warned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from detectors.wording import shown_uom
from replay.report_pictures import (
    DAY_NS,
    LIMIT,
    as_svg,
    draw_bars,
    draw_levels,
    name_of,
    new_figure,
    spans_of,
    thinned,
)
from replay.traces import Trace
from replay.verdict import Verdict
from stations.plant import Tag, Text

RUNS: Final = 2
"""Runs that lie over one another; of more, nobody could tell whose a line is."""
TAGS_MOST: Final = 3
"""Tags that are compared, two panels each."""
BARS_MOST: Final = 8
"""Components whose warnings are compared, a bar for each run."""
LETTERS: Final = ("A", "B")
STYLES: Final = (
    {"color": "#56B4E9", "linestyle": "-", "linewidth": 1.8, "solid_capstyle": "butt"},
    {"color": "#222222", "linestyle": (0, (5, 1)), "linewidth": 0.8},
)
"""Of the lines of each run: a dark line in a light band where both say the same, also from a printer without colour."""
READING: Final = {"color": "#A0A0A0", "linewidth": 0.5}
PANEL_IN, BAR_IN, MARGIN_IN = 1.15, 0.22, 0.9
"""Heights of a panel, of a bar, and of what is around them [in]."""


class Run(NamedTuple):
    """One run, and what it made of the tags of the unit."""

    verdict: Verdict
    trace: Trace


class Place(NamedTuple):
    """The unit that is looked at, and the names of its components."""

    station: str
    unit: str
    components: Mapping[str, Text]


def draw_overlay(
    runs: Sequence[Run], tags: Sequence[Tag], place: Place, zero_ns: int, marks: dict[int, str], language: str
) -> str:
    """Of each tag the expected values over the scores, then the warnings of the unit; days from ``zero_ns``.

    ``tags`` are judged by the first run; what the other does not judge has one line.
    """
    runs = runs[:RUNS]
    tags = tags[:TAGS_MOST]
    bars = _bars(runs, place, zero_ns, language)
    heights = [PANEL_IN] * (2 * len(tags)) + [BAR_IN * (len(bars) + 2)]
    figure, panels = new_figure(len(heights), sum(heights) + MARGIN_IN, heights)
    for i, tag in enumerate(tags):
        _draw_tag(panels[2 * i], panels[2 * i + 1], runs, tag, zero_ns, language)
    names = [f"{letter}: {run.verdict.variant}" for letter, run in zip(LETTERS, runs, strict=False)]
    lines = [panels[0].plot([], [], **style)[0] for style in STYLES[: len(runs)]]
    measured = panels[0].plot([], [], **READING)[0]
    labels = [*names, {"zh": "实测", "en": "measured"}[language]]
    figure.legend([*lines, measured], labels, loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    draw_bars(panels[-1], bars)
    draw_levels(panels[-1], language)
    return as_svg(figure, panels, marks, zero_ns, language)


def _draw_tag(above: Any, below: Any, runs: Sequence[Run], tag: Tag, zero_ns: int, language: str) -> None:
    """Measured and expected above, scores below."""
    lacks = ""
    for i, run in enumerate(runs):
        if tag.code not in run.trace.codes:
            lacks = {"zh": f"（{LETTERS[i]} 不评估）", "en": f" (not judged by {LETTERS[i]})"}[language]
            continue
        time_ns, rows = run.trace.of(tag.code)
        days, rows = thinned((time_ns - zero_ns) / DAY_NS, rows)
        value, expected, _, _, score = rows.T
        if i == 0:
            above.plot(days, value, **READING)
        above.plot(days, expected, **STYLES[i])
        below.plot(days, score, **STYLES[i])
    below.axhline(1.0, color=LIMIT, linestyle=":", linewidth=1.0)
    below.set_ylim(bottom=0.0)
    expects, scores = {"zh": ("期望", "评分（1 = 预警限）"), "en": ("expected", "score (1 = warning limit)")}[language]
    above.set_title(
        f"{tag.code}  {name_of(tag.name, language)} [{shown_uom(tag.uom)}]: {expects}{lacks}", loc="left", fontsize=8
    )
    below.set_title(f"{tag.code}  {scores}", loc="left", fontsize=8)


def _bars(runs: Sequence[Run], place: Place, zero_ns: int, language: str) -> dict[str, list[tuple[float, float, int]]]:
    """Stretches of the warnings of the unit [d, d, level], component after component, A above B."""
    spans = [
        [one for one in spans_of(run.verdict) if (one.station, one.unit) == (place.station, place.unit)] for run in runs
    ]
    components = dict.fromkeys(one.component for of_run in spans for one in of_run)
    found = {}
    for component in list(components)[:BARS_MOST]:
        name = name_of(place.components.get(component, Text(component, component)), language)
        for letter, of_run in zip(LETTERS, spans, strict=False):
            found[f"{name}  {letter}"] = [one.in_days(zero_ns) for one in of_run if one.component == component]
    return found
