"""``wanbiao replay FILE --kafka``: a recording through Kafka, and what was found in it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from replay.adhoc import found_period_s
from replay.files import RecordingError, find_files
from replay.logbook import Logbook
from replay.recordings import Recording
from stations.plant import Text
from stations.scan import Scan
from wanbiao.cli import EXIT_INTERRUPTED
from wanbiao.display import Advance, console, progress, worded
from wanbiao.errors import DataError
from wanbiao.findings import Findings
from wanbiao.kafka_run import Feed, KafkaRun
from wanbiao.recorded import prepare
from wanbiao.settings import Settings


def replay(settings: Settings, options: dict[str, Any]) -> int:
    """Play the files of the options, print what was found and whether it equals an embedded run; returns the exit code.

    Raises
    ------
    ConfigError, DataError, ConnectorError, WorkerError : in one line.
    """
    started, language = time.monotonic(), options["language"]
    try:
        run, findings = _run(settings, options, language)
    except RecordingError as error:
        raise DataError(str(error)) from None
    _show(run, replace(findings, seconds=time.monotonic() - started), as_json=options["as_json"], language=language)
    return EXIT_INTERRUPTED if run.outcome.interrupted else int(not run.outcome.is_right)


def _run(settings: Settings, options: dict[str, Any], language: str) -> tuple[KafkaRun, Findings]:
    files = [Path(name) for name in options["what"]]
    period_s = settings.period_s or found_period_s(find_files(files)[0])
    settings = replace(
        settings, catalogue=options["catalogue"], period_s=period_s, tuning=options["tuning"] or settings.tuning
    )
    station, tuning, recording = prepare(
        settings, files, catalogue=options["catalogue"], start_ns=options["start"] or None, period_s=period_s
    )
    run = KafkaRun(
        settings,
        [station],
        tuning,
        run=options["run"],
        bucket=options["bucket"],
        workers=options["workers"],
        stall_s=options["stall"],
    )
    run.prepare()
    announce(run, options["workers"], language)
    logbook = Logbook(recording.block)
    run.run(
        Feed(lambda advance: _scans(recording, advance), lambda _, event: logbook.take([event])),
        lambda title: progress(worded(title, language), out=console("stderr")),
    )
    return run, Findings(station, recording, logbook, 0.0)


def _scans(recording: Recording, advance: Advance) -> Iterator[Scan]:
    """The scans, which say how much of the files was read."""
    read = 0

    def advanced(n_bytes: int) -> None:
        nonlocal read
        read += n_bytes
        advance(read / max(recording.n_bytes, 1), f"{recording.tally.scans:,} scans")

    return recording.scans(advanced)


def announce(run: KafkaRun, workers: int, language: str) -> None:
    """Where workers run elsewhere: with which environment they are to be started."""
    if not workers:
        environ = " ".join(f"{name}={value}" for name, value in run.environ.items())
        title = worded(Text("请启动处理进程", "start workers with"), language)
        console("stderr").print(f"{title}: {environ} wanbiao worker")


def _show(run: KafkaRun, findings: Findings, *, as_json: bool, language: str) -> None:
    findings.print_bad_rows(console("stderr"), language)
    if as_json:
        told = findings.to_dict() | {"prefix": run.settings.prefix} | run.outcome.to_dict()
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    out = console("stdout")
    findings.print_table(out, language)
    findings.print_summary(out, language)
    for line in run.outcome.verdict():
        out.print(worded(line, language, separator=" · "))
