"""A replay as one HTML page that needs nothing else: it opens without a network, and prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from detectors.events import EarlyWarning
from replay.expectations import HELD, Checked
from replay.incident import Incident
from replay.report_overlay import RUNS, Place, Run, draw_overlay
from replay.report_pictures import LEVEL_NAMES, draw_episodes, draw_tags
from replay.traces import Traces
from replay.verdict import Verdict
from stations.plant import Tag, Text

TAGS_MOST: Final = 5
"""Tags that have a picture."""
WARNINGS_MOST: Final = 200
"""Transitions that are listed."""
STYLE: Final = """
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222; }
body { max-width: 60em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.1em; margin-top: 2em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ddd; vertical-align: top; }
th, td:not(:last-child) { word-break: keep-all; }
h2 { break-after: avoid; } figure { margin: 1em 0; break-inside: avoid; } svg { width: 100%; height: auto; font-family: inherit; }
.time { white-space: nowrap; } .no { color: #8B2500; font-weight: bold; } .small { color: #666; font-size: .85em; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } tr { break-inside: avoid; } }
"""
TRANSITIONS: Final = {
    "opened": Text("出现", "opened"),
    "reopened": Text("再现", "reopened"),
    "escalated": Text("升级", "escalated"),
    "returned": Text("恢复", "returned"),
    "accepted": Text("视为正常", "accepted"),
}
"""Without people there are no others."""
YES: Final = {True: Text("✓ 是", "✓ yes"), False: Text("✗ 否", "✗ no"), None: Text("–", "–")}


def page(
    incident: Incident,
    verdicts: Sequence[Verdict],
    traces: Sequence[Traces],
    language: str,
    notes: Mapping[str, Text] | None = None,
) -> str:
    """The whole page.

    Parameters
    ----------
    verdicts : one a run, at least one.
    traces : of the units that fail, for the first runs, in the order of the verdicts; none = no pictures of tags.
    language : ``zh``, ``en`` or ``both``, of which pictures take the first.
    notes : by name of run, what is to be known of it.
    """
    words = _Words(language)
    scenario, first = incident.scenario, verdicts[0]
    title = words(scenario.name)
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="small">{escape(incident.name)} · {_date(scenario.start_ns)} – {_date(first.until_ns)}</p>',
        f"<p>{words(scenario.facts)}</p>" if scenario.facts else "",
        f'<p class="small">{escape("; ".join(scenario.sources))}</p>' if scenario.sources else "",
        f"<h2>{words(Text('结论', 'Verdict'))}</h2>",
        _runs(verdicts, words),
        *(f'<p class="small">{escape(name)}: {words(note)}</p>' for name, note in (notes or {}).items()),
        _expectations(first.checked, words) if first.checked else "",
        _scores(verdicts, words),
        f"<h2>{words(Text('预警', 'Warnings'))}</h2>",
        *_pictures(incident, verdicts, traces, words),
        _warnings(first.told, words),
        f'<p class="small">{words(Text("消息摘要", "digest of all messages"))}: {first.digest}</p>',
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = "\n".join(part for part in parts if part)
    lang = "en" if language == "en" else "zh"
    return f'<!doctype html>\n<html lang="{lang}"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'


class _Words:
    """Texts in the language of the page, made safe."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.one = "en" if language == "en" else "zh"

    def __call__(self, text: Text) -> str:
        shown = {"zh": text.zh, "en": text.en}.get(self.language) or f"{text.zh} {text.en}"
        return escape(shown)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _runs(verdicts: Sequence[Verdict], words: _Words) -> str:
    heads = (
        Text("运行", "run"),
        Text("捕获", "caught"),
        Text("首次发现", "first"),
        Text("先于静态报警", "lead to alarm"),
        Text("先于事件", "lead to event"),
        Text("误报", "false warnings"),
        Text("数据质量事件", "quality events"),
        Text("符合预期", "as expected"),
    )
    rows = [
        (
            escape(one.variant),
            words(YES[one.caught]),
            _first(one),
            _lead(one.lead_to_alarm_h),
            _lead(one.lead_to_event_h),
            str(len(one.false)),
            str(len(one.doubts)),
            words(one.held_text),
        )
        for one in verdicts
    ]
    return _table(map(words, heads), rows)


def _first(verdict: Verdict) -> str:
    first = verdict.first
    if first is None:
        return "–"
    if not isinstance(first, EarlyWarning):
        return escape(f"{_date(first.time_ns)} {first.tag} ({first.reason})")
    by = f" ({first.evidence[0].head}, {first.evidence[0].tag})" if first.evidence else ""
    return escape(f"{_date(first.time_ns)} {first.component}{by}")


def _expectations(checked: Sequence[Checked], words: _Words) -> str:
    heads = (Text("预期", "expected"), Text("结果", "outcome"), Text("时间", "time"))
    rows = [
        (
            words(one.text()),
            f'<span class="{"no" if one.held is False else "yes"}">{words(HELD[one.held])}</span>',
            "–" if one.found is None else _date(one.found.time_ns),
        )
        for one in checked
    ]
    return _table(map(words, heads), rows)


def _scores(verdicts: Sequence[Verdict], words: _Words) -> str:
    """The scores of a labelled recording, a column for each run; nothing of another."""
    if not verdicts[0].scores:
        return ""
    heads = [words(Text("得分", "score")), *(escape(one.variant) for one in verdicts), words(Text("含义", "meaning"))]
    rows = [
        (words(of_runs[0].title), *(words(one.figures()) for one in of_runs), words(of_runs[0].meaning))
        for of_runs in zip(*(one.scores for one in verdicts), strict=True)
    ]
    return _table(heads, rows)


def _pictures(
    incident: Incident, verdicts: Sequence[Verdict], traces: Sequence[Traces], words: _Words
) -> Iterable[str]:
    first, scenario = verdicts[0], incident.scenario
    zero_ns = scenario.end_ns if first.event_ns is None else first.event_ns
    marks = _marks(first, words.one)
    if any(one.told for one in verdicts):
        yield f"<figure>{draw_episodes(verdicts, zero_ns, marks, words.one)}</figure>"
    if not traces or first.label is None:
        return
    for (station, unit), trace in traces[0].traces.items():
        if station != first.label.station or first.label.unit not in ("", unit) or not trace.rows:
            continue
        tags = _telling(incident, first, station, unit)
        yield f"<figure>{draw_tags(trace, tags, zero_ns, marks, words.one)}</figure>"
        if len(traces) > 1:
            runs = [Run(one, of_run.traces[station, unit]) for one, of_run in zip(verdicts, traces, strict=False)]
            block = next(one for one in incident.stations if one.code == station).block("units")
            place = Place(station, unit, {one.code: one.name for one in block.components})
            yield f"<h2>{words(_overlaid(runs))}</h2>"
            yield f"<figure>{draw_overlay(runs, tags, place, zero_ns, marks, words.one)}</figure>"
        return


def _overlaid(runs: Sequence[Run]) -> Text:
    one, other = (run.verdict.variant for run in runs[:RUNS])
    return Text(f"两次运行对比：{one} 与 {other}", f"Two runs over one another: {one} and {other}")


def _marks(verdict: Verdict, language: str) -> dict[int, str]:
    """What happened when, by time [ns]."""
    names = {"first": Text("首次发现", "first"), "alarm": Text("静态报警", "alarm"), "event": Text("事件", "event")}
    first, label = verdict.first, verdict.label
    times: dict[str, int | None] = {
        "first": None if first is None else first.time_ns,
        "alarm": None if label is None else label.alarm_ns,
        "event": verdict.event_ns,
    }
    return {
        time: names[key].zh if language == "zh" else names[key].en for key, time in times.items() if time is not None
    }


def _telling(incident: Incident, verdict: Verdict, station: str, unit: str) -> list[Tag]:
    """The tags that spoke for the warnings of a unit, in the order in which they did; the first judged ones if none did."""
    block = next(one for one in incident.stations if one.code == station).block("units")
    judged = [block.tags[i] for i in block.judged]
    spoken = [
        evidence.tag for one in verdict.told if (one.station, one.unit) == (station, unit) for evidence in one.evidence
    ]
    ids = {block.tag_id(unit, tag.code): tag for tag in judged}
    named = [tag for tag in judged if verdict.label is not None and tag.code == verdict.label.tag]
    found = [ids[one] for one in spoken if one in ids]
    return list({tag.code: tag for tag in (*named, *found, *([] if found else judged))}.values())[:TAGS_MOST]


def _warnings(told: Sequence[EarlyWarning], words: _Words) -> str:
    shown = [one for one in told if one.transition in TRANSITIONS][:WARNINGS_MOST]
    heads = (Text("时间", "time"), Text("级别", "level"), Text("变化", "transition"), Text("内容", "what"))
    rows = [
        (
            f'<span class="time">{_date(one.time_ns)}</span>',
            words(LEVEL_NAMES[one.level]),
            words(TRANSITIONS[one.transition]),
            words(Text(one.text_zh, one.text_en)),
        )
        for one in shown
    ]
    return _table(map(words, heads), rows)


def _lead(hours: float | None) -> str:
    if hours is None:
        return "–"
    return (
        f"{hours / 24:.1f} d" if abs(hours) >= 24 else f"{hours:.1f} h" if abs(hours) >= 1 else f"{60 * hours:.1f} min"
    )


def _date(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%Y-%m-%d %H:%M}"
