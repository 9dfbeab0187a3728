"""Pictures of a replay as SVG, aligned at the event: what the tags did beside what was expected, and when what was told."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

from detectors.events import ENDS, LEVELS, TELLS, EarlyWarning
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
WIDTH_IN: Final = 9.0


def draw_tags(trace: Trace, tags: Sequence[Tag], zero_ns: int, marks: dict[int, str], language: str) -> str:
    """One panel a tag over one of their scores; days from ``zero_ns``. ``marks`` are vertical lines: time [ns] -> name."""
    figure, panels = _figure(len(tags) + 1)
    for panel, tag in zip(panels, tags, strict=False):
        time_ns, rows = trace.of(tag.code)
        days, rows = _thin((time_ns - zero_ns) / DAY_NS, rows)
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
        panel.set_title(f"{tag.code}  {_name(tag, language)} [{tag.uom}]", loc="left", fontsize=8)
        panels[-1].plot(days, score, linewidth=0.8, label=tag.code)
    panels[0].legend(fontsize=6, loc="lower left", ncols=3)
    panels[-1].axhline(1.0, color=LIMIT, linestyle="--", linewidth=0.8)
    panels[-1].set_title(
        {"zh": "评分（1 = 预警限）", "en": "score (1 = warning limit)"}[language], loc="left", fontsize=8
    )
    panels[-1].legend(fontsize=6, loc="upper left")
    return _finish(figure, panels, marks, zero_ns, language)


def draw_episodes(verdicts: Sequence[Verdict], zero_ns: int, marks: dict[int, str], language: str) -> str:
    """When each warning stood in each run, in the colour of its level: a bar a run, unit and component."""
    spans: dict[str, list[tuple[float, float, int]]] = {}
    for verdict in verdicts:
        for name, first_ns, last_ns, level in _spans(verdict):
            row = spans.setdefault(f"{verdict.variant}: {name}" if len(verdicts) > 1 else name, [])
            row.append(((first_ns - zero_ns) / DAY_NS, (last_ns - first_ns) / DAY_NS, level))
    shown = dict(list(spans.items())[:BARS_MOST])
    figure, panels = _figure(1, height_in=0.6 + 0.25 * max(1, len(shown)))
    for i, parts in enumerate(shown.values()):
        colours = [COLOURS[level] for *_, level in parts]
        panels[0].broken_barh(
            [(begin, max(length, 0.002)) for begin, length, _ in parts], (i - 0.35, 0.7), color=colours
        )
    panels[0].set_yticks(range(len(shown)), list(shown))
    panels[0].invert_yaxis()
    return _finish(figure, panels, marks, zero_ns, language)


def _spans(verdict: Verdict) -> list[tuple[str, int, int, int]]:
    """Stretches of each episode at one level: place, begin and end [ns], level from 0."""
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
        (f"{one.station} {one.unit} {one.component}", one.time_ns, end_ns, LEVELS.index(one.level))
        for one, end_ns in found
    ]


def _name(tag: Tag, language: str) -> str:
    name: Text = tag.name
    return name.zh if language == "zh" else name.en


def _thin(days: Any, rows: Any) -> tuple[Any, Any]:
    step = max(1, len(days) // POINTS_MOST)
    return days[::step], rows[::step]


def _figure(n: int, height_in: float | None = None) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in or 1.5 * n), layout="constrained")
    return figure, figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0]


def _finish(figure: Any, panels: Any, marks: dict[int, str], zero_ns: int, language: str) -> str:
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
        )
    panels[-1].set_xlabel({"zh": "距事件的天数", "en": "days from the event"}[language], fontsize=8)
    out = io.StringIO()
    with rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "svg.hashsalt": "wanbiao"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
