"""The page of a replay: two runs over one another, with the names of both, in both languages, without a word of a font."""

from __future__ import annotations

import itertools
import re
from functools import cache

import numpy as np
import pytest

from detectors.tuning import Tuning
from replay.report import page
from replay.report_pictures import spans_of
from replay.traces import Traces
from replay.verdict import Verdict, judge_incident
from stations.plant import Text
from tests.replay.played import heard, incident, whole


@cache
def runs() -> tuple[tuple[Verdict, Verdict], tuple[Traces, Traces]]:
    """The small incident as it is told usually, and with a higher limit; traces are made up, of the unit that fails."""
    one, usual, labels = whole()
    other = heard(one, tuning=Tuning(limit=9.0))
    other.name = "other <i>"
    verdicts = tuple(judge_incident(one, labels, run, one.scenario.end_ns) for run in (usual, other))
    traces = tuple(Traces(one.stations, one.cases, one.scenario.start_ns) for _ in verdicts)
    for number, of_run in enumerate(traces):
        (trace,) = of_run.traces.values()
        for i in range(50):
            trace.time_ns.append(one.scenario.at_day(i / 10))
            trace.rows.append(np.full((len(trace.codes), 5), i + number, dtype=np.float32))
    return (verdicts[0], verdicts[1]), (traces[0], traces[1])


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "en",
            ["Two runs over one another: usual and other &lt;i&gt;", "A: usual", "score (1 = warning limit)", "urgent"],
        ),
        ("zh", ["两次运行对比：usual 与 other &lt;i&gt;", "A: usual", "评分（1 = 预警限）", "紧急", "距事件的天数"]),
    ],
)
def test_two_runs_lie_over_one_another(language: str, parts: list[str]) -> None:
    """Warnings are errors here: a page in Chinese is written without one of a font."""
    verdicts, traces = runs()
    text = page(incident(), verdicts, traces, language, {"other <i>": Text("注", "a note")})
    assert [part for part in parts if part not in text] == []
    assert "<i>" not in text
    bars = re.findall(r">([^<>]+)  ([AB])<", text.replace("\n", ""))
    components = {name for name, _ in bars}
    assert {(name, letter) for name in components for letter in "AB"} == set(bars) != set()


def test_one_run_has_no_overlay() -> None:
    verdicts, traces = runs()
    text = page(incident(), verdicts[:1], traces[:1], "en")
    assert text.count("<svg") == 2
    assert "over one another" not in text


def test_a_tag_that_the_other_does_not_judge_is_told() -> None:
    verdicts, traces = runs()
    one = incident()
    fewer = Traces(one.stations, one.cases, one.scenario.start_ns)
    (trace,), (whole_trace,) = fewer.traces.values(), traces[1].traces.values()
    trace.codes, trace.time_ns = ("MKA10CT999",), whole_trace.time_ns
    trace.rows = [row[:1] for row in whole_trace.rows]
    assert "(not judged by B)" in page(one, verdicts, (traces[0], fewer), "en")


def test_a_warning_is_one_stretch_for_each_level_without_a_gap() -> None:
    for verdict in runs()[0]:
        by_place: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for one in spans_of(verdict):
            assert one.first_ns < one.last_ns <= verdict.until_ns
            by_place.setdefault((one.unit, one.component), []).append((one.first_ns, one.last_ns))
        assert all(a[1] <= b[0] for spans in by_place.values() for a, b in itertools.pairwise(spans))
