"""``wanbiao replay NAME --kafka``: an incident through Kafka and workers of its own, judged by what came back."""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click

from detectors.events import EarlyWarning
from detectors.tuning import Tuning
from replay.heard import Heard, silent
from replay.incident import Incident, ready
from replay.player import Message
from replay.returned import Gathered, Returned
from replay.verdict import Verdict, judge_incident
from stations.plant import Text
from stations.scan import Scan
from wanbiao.cli import EXIT_INTERRUPTED
from wanbiao.display import Advance, console, date, duration, progress, worded
from wanbiao.incident_play import SHOWN, USUAL
from wanbiao.incident_replay import find, span
from wanbiao.kafka_run import Feed, KafkaRun
from wanbiao.recording_replay import announce
from wanbiao.settings import Settings
from wanbiao.verdict_view import print_verdict, print_warning


def replay(settings: Settings, options: dict[str, Any]) -> int:
    """Play the incident of the options, print the verdict and whether it equals an embedded run; returns the exit code.

    Raises
    ------
    UsageError, ConfigError, ConnectorError, WorkerError : in one line.
    """
    begun_s, language, err = time.monotonic(), options["language"], console("stderr")
    settings = replace(settings, tuning=options["tuning"] or settings.tuning)
    incident = find(settings, options["what"][0])
    from_ns, to_ns = span(incident, options)
    tuning = ready(settings.load_tuning(), incident.scenario)
    with constants_file(tuning) as path:
        run = KafkaRun(
            replace(settings, tuning=str(path), period_s=incident.scenario.period_s or settings.period_s),
            incident.stations,
            silent(tuning),
            run=options["run"],
            bucket=options["bucket"],
            workers=options["workers"],
            stall_s=options["stall"],
        )
        run.prepare()
        err.print(worded(incident.scenario.name, language))
        announce(run, options["workers"], language)
        play = _Play(incident, tuning, options, from_ns=from_ns, end_ns=to_ns)
        run.run(play.feed(), lambda title: progress(worded(title, language), out=err))
    verdict = play.verdict(run)
    _print(verdict, run, options, time.monotonic() - begun_s)
    if run.outcome.interrupted:
        return EXIT_INTERRUPTED
    return int(not run.outcome.is_right or verdict is None or verdict.held is False)


class _Play:
    """The scans of an incident to its end or ``end_ns`` [ns], what came back of them, and the verdict on that."""

    def __init__(
        self, incident: Incident, tuning: Tuning, options: dict[str, Any], *, from_ns: int | None, end_ns: int
    ) -> None:
        scenario = incident.scenario
        self._incident, self._options = incident, options
        self._end_ns, self._paced_ns = end_ns, scenario.start_ns if from_ns is None else from_ns
        self._heard = Heard(USUAL, incident.stations, tuning, scenario.start_ns, scenario.days)
        self._gathered = Gathered(self._heard, incident.stations)
        self._out = console("stderr" if options["as_json"] else "stdout")

    def feed(self) -> Feed:
        """What a run needs of it."""
        return Feed(self._scans, self._hear, self._options["speed"], self._paced_ns)

    def _scans(self, advance: Advance) -> Iterator[Scan]:
        first_ns = self._incident.scenario.first_ns
        for scan in self._incident.scans(self._end_ns):
            yield scan
            advance((scan.time_ns - first_ns) / (self._end_ns - first_ns), date(scan.time_ns))

    def _hear(self, message: Message, event: Returned) -> None:
        self._gathered.take(message, event)
        is_paced = self._options["speed"] != math.inf and event.time_ns >= self._paced_ns
        if is_paced and isinstance(event, EarlyWarning) and event.transition in SHOWN:
            print_warning(self._out, event, self._options["language"])

    def verdict(self, run: KafkaRun) -> Verdict | None:
        """On what came back, as far as it is whole; None = the workers have not come so far as to have learned."""
        is_whole = not (run.outcome.interrupted or run.outcome.stalled)
        until_ns = self._end_ns if is_whole else min(self._gathered.until_ns(), self._end_ns)
        if until_ns <= self._incident.scenario.start_ns:
            return None
        self._gathered.settle(until_ns)
        return judge_incident(self._incident, self._incident.labels(), self._heard, until_ns)


@contextmanager
def constants_file(tuning: Tuning) -> Iterator[Path]:
    """These constants as a file for `WANBIAO_TUNING`, as long as the block lasts."""
    usual = Tuning()
    changed = {one.name: getattr(tuning, one.name) for one in fields(tuning)}
    lines = [
        f"{name} = {list(value) if isinstance(value, tuple) else value}\n"
        for name, value in changed.items()
        if value != getattr(usual, name)
    ]
    with tempfile.TemporaryDirectory(prefix="wanbiao-") as folder:
        path = Path(folder) / "tuning.toml"
        path.write_text("".join(lines))
        yield path


def _print(verdict: Verdict | None, run: KafkaRun, options: dict[str, Any], seconds: float) -> None:
    out, language = console("stdout"), options["language"]
    if verdict is None:
        words = Text("处理进程尚未学完，无结论", "the workers had not learned yet: no verdict")
        console("stderr").print(worded(words, language))
    if options["as_json"]:
        told = {} if verdict is None else verdict.to_dict()
        of_run = {"prefix": run.settings.prefix} | run.outcome.to_dict()
        told |= {"seconds": round(seconds, 3), "interrupted": run.outcome.interrupted, "kafka": of_run}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if verdict is not None:
        print_verdict(out, verdict, language)
    for line in run.outcome.verdict():
        out.print(worded(line, language, separator=" · "))
    out.print(worded(Text(f"用时 {duration(seconds)}", f"took {duration(seconds)}"), language))
