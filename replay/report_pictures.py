"""Pictures of a replay as SVG, aligned at the event: what the tags did beside what was expected, and when what was told."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from detectors.events import ENDS, LEVELS, TELLS, EarlyWarning
from detectors.wording import shown_uom
from replay.traces import Trace
from replay.verdict import Verdict
from stations.plant import Tag, Text

DAY_NS: Final = 86_400 * 10**9
MEASURED, EXPECTED, BAND, LIMIT = "#0072B2", "#222222", "#B0BEC5", "#CC79A7"
COLOURS: Final = ("#E69F00", "#D55E00", "#8B2500")
"""Of the levels, least first; they differ in lightness, for a printer without colour."""
POINTS_MOST: Final = 2_000
"""Points of one line: more than a page has across."""
BARS_MOST: Final = 24
MARKS_ROWS: Final = 1.5
"""Room above bars for the names of what happened when."""
LEVEL_NAMES: Final = {
    "watch": Text("关注", "watch"),
    "warning": Text("预警", "warning"),
    "urgent": Text("紧急", "urgent"),
}
WIDTH_IN: Final = 9.0


def draw_tags(trace: Trace, tags: Sequence[Tag], zero_ns: int, marks: dict[int, str], language: str) -> str:
    """One panel a tag over one of their scores; days from ``zero_ns``. ``marks`` are vertical lines: time [ns] -> name."""
    figure, panels = new_figure(len(tags) + 1, 1.5 * (len(tags) + 1))
    for panel, tag in zip(panels, tags, strict=False):
        time_ns, rows = trace.of(tag.code)
        days, rows = thinned((time_ns - zero_ns) / DAY_NS, rows)
        value, expected, low, high, score = rows.T
        names = (
            ("实测", "期望", "至预警限") if language == "zh" else ("measured", "expected", "up to the warning limit")
        )
        panel.plot(days, value, color=MEASURED, linewidth=0.8, label=names[0])
        panel.plot(days, expected, color=EXPECTED, linewidth=0.7, label=names[1])
        panel.set_ylim(*panel.get_ylim())  # the band is wide where little is known, as after a start
        panel.fill_between(days, low, high, color=BAND, alpha=0.5, linewidth=0, label=names[2])
        limit = tag.limits.alarm_high
        if limit is not None and panel.get_ylim()[0] <= limit <= panel.get_ylim()[1]:
            panel.axhline(limit, color=LIMIT, linestyle="--", linewidth=0.8)
        panel.set_title(f"{tag.code}  {name_of(tag.name, language)} [{shown_uom(tag.uom)}]", loc="left", fontsize=8)
        panels[-1].plot(days, score, linewidth=0.8, label=tag.code)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=8, frameon=False
    )
    panels[-1].axhline(1.0, color=LIMIT, linestyle="--", linewidth=0.8)
    panels[-1].set_title(
        {"zh": "评分（1 = 预警限）", "en": "score (1 = warning limit)"}[language], loc="left", fontsize=8
    )
    panels[-1].legend(fontsize=6, loc="upper left")
    return as_svg(figure, panels, marks, zero_ns, language)


def draw_episodes(verdicts: Sequence[Verdict], zero_ns: int, marks: dict[int, str], language: str) -> str:
    """When each warning stood in each run, in the colour of its level: a bar a run, unit and component."""
    bars: dict[str, list[tuple[float, float, int]]] = {}
    for verdict in verdicts:
        for one in spans_of(verdict):
            name = f"{one.station} {one.unit} {one.component}"
            row = bars.setdefault(f"{verdict.variant}: {name}" if len(verdicts) > 1 else name, [])
            row.append(one.in_days(zero_ns))
    shown = dict(list(bars.items())[:BARS_MOST])
    figure, panels = new_figure(1, 0.9 + 0.25 * (MARKS_ROWS + max(1, len(shown))))
    draw_bars(panels[0], shown, free=MARKS_ROWS)
    draw_levels(panels[0], language)
    return as_svg(figure, panels, marks, zero_ns, language)


class Span(NamedTuple):
    """A stretch of one warning at one level: where, from when until when [ns], level from 0."""

    station: str
    unit: str
    component: str
    first_ns: int
    last_ns: int
    level: int

    def in_days(self, zero_ns: int) -> tuple[float, float, int]:
        """Begin [d from ``zero_ns``], length [d], level."""
        return (self.first_ns - zero_ns) / DAY_NS, (self.last_ns - self.first_ns) / DAY_NS, self.level


def spans_of(verdict: Verdict) -> list[Span]:
    """Stretches of each episode of a run at one level."""
    since: dict[str, EarlyWarning] = {}
    found = []
    for event in verdict.told:
        before = since.get(event.id)
        if before is not None and (event.transition in ENDS or event.level != before.level):
            found.append((before, event.time_ns))
            del since[event.id]
        if event.transition in TELLS and event.id not in since:
            since[event.id] = event
    found += [(event, verdict.until_ns) for event in since.values()]
    return [
        Span(one.station, one.unit, one.component, one.time_ns, end_ns, LEVELS.index(one.level))
        for one, end_ns in found
    ]


def draw_bars(panel: Any, bars: Mapping[str, Sequence[tuple[float, float, int]]], free: float = 0.0) -> None:
    """A row a name below ``free`` rows; of each stretch begin [d], length [d], level."""
    for i, parts in enumerate(bars.values()):
        panel.broken_barh(
            [(begin, max(length, 0.002)) for begin, length, _ in parts],
            (i - 0.35, 0.7),
            color=[COLOURS[level] for *_, level in parts],
        )
    panel.set_yticks(range(len(bars)), list(bars))
    panel.set_ylim(max(len(bars), 1) - 0.5, -0.5 - free)


def draw_levels(panel: Any, language: str) -> None:
    """Which colour is which level, above a panel of bars."""
    from matplotlib.patches import Patch

    named = zip(LEVELS, COLOURS, strict=True)
    patches = [Patch(color=colour, label=name_of(LEVEL_NAMES[level], language)) for level, colour in named]
    panel.legend(
        handles=patches, fontsize=7, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(LEVELS), frameon=False
    )


def name_of(name: Text, language: str) -> str:
    """A name in the language of a picture, of which it has one."""
    return name.zh if language == "zh" else name.en


def thinned(days: Any, rows: Any) -> tuple[Any, Any]:
    """At most so many points of a line as a page can show."""
    step = max(1, len(days) // POINTS_MOST)
    return days[::step], rows[::step]


def new_figure(n: int, height_in: float, heights: Sequence[float] | None = None) -> tuple[Any, Any]:
    """A figure [in] and its ``n`` panels below one another, over the same days."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    panels = figure.subplots(n, 1, sharex=True, squeeze=False, height_ratios=heights)
    return figure, panels[:, 0]


def as_svg(figure: Any, panels: Any, marks: dict[int, str], zero_ns: int, language: str) -> str:
    """The figure as SVG whose texts are texts: the reader's fonts have Chinese, and the page stays small."""
    from matplotlib import rc_context

    for panel in panels:
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
        for time_ns in marks:
            panel.axvline((time_ns - zero_ns) / DAY_NS, color="#555555", linestyle=":", linewidth=0.8)
    for time_ns, name in marks.items():
        panels[0].annotate(
            name,
            ((time_ns - zero_ns) / DAY_NS, 1.0),
            xycoords=("data", "axes fraction"),
            fontsize=6,
            va="top",
            rotation=90,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
        )
    panels[-1].set_xlabel({"zh": "距事件的天数", "en": "days from the event"}[language], fontsize=8)
    out = io.StringIO()
    as_texts = rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "svg.hashsalt": "wanbiao"})
    with as_texts, warnings.catch_warnings():
        # Fonts here only measure; those of the reader draw.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
