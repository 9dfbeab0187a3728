"""``wanbiao watch``: a recording judged in this process, without any service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanbiao.cli import pass_settings
from wanbiao.errors import DataError
from wanbiao.parameters import Finite, Moment
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from detectors.tuning import Tuning
    from replay.player import Step
    from replay.recordings import Recording
    from stations.plant import Station
    from wanbiao.findings import Findings

EVERY_SCAN_S = 1e-3
"""A trend this often is one for every scan, which the table of scores needs."""


@click.command(short_help="Judge a recording in this process.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--catalogue", help="A shipped station or recording (YXK, gas_turbine), or a file; default: made on the spot."
)
@click.option("--start", type=Moment(), help="Time of the first row if no column tells it; default: 2011-01-01.")
@click.option("--period", type=Finite(0.001, 86_400), help="Seconds between two rows; default: as found.")
@click.option(
    "--covariates", default="", help="Without a catalogue: columns that explain the others, e.g. load,ambient."
)
@click.option("--learn-rows", type=click.IntRange(10), help="Rows to learn from before anything is said.")
@click.option("--tuning", help="TOML file with constants of detection.")
@click.option(
    "--events", type=click.Path(path_type=Path), help="Write warnings and sensor events here, a JSON object a line."
)
@click.option(
    "--scores", type=click.Path(path_type=Path), help="Write time, score, health, warning and tag here, as CSV."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option(
    "--language", type=click.Choice(["zh", "en", "both"]), help="Language of the table; default: WANBIAO_LANGUAGE."
)
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Judge a recording: files as CSV (plain or gzip) or Parquet, or folders of them, one after the other.

    The first line of a file names its columns: the tags of the catalogue, optionally time, and unit if there are several. Without
    --catalogue every numeric column is judged that varies in the rows that are learned from (a tenth of all, at least 100).

    \b
    Example:
      wanbiao watch --catalogue gas_turbine gt_2011.csv.gz gt_2012.csv.gz
      wanbiao watch i01/YXK.parquet --catalogue YXK
      wanbiao watch pump.csv --covariates load,ambient --scores scores.csv --events events.jsonl
    """
    from replay.files import RecordingError
    from wanbiao.recorded import prepare

    if options["catalogue"] and options["covariates"]:
        raise click.UsageError("--covariates are for a recording without --catalogue, which has its own")
    language = options["language"] or settings.language
    settings = replace(settings, tuning=options["tuning"] or settings.tuning)
    try:
        station, tuning, recording = prepare(
            settings,
            options["files"],
            catalogue=options["catalogue"],
            start_ns=options["start"] or None,
            period_s=options["period"],
            covariates=[name.strip() for name in options["covariates"].split(",") if name.strip()],
            learn_rows=options["learn_rows"],
        )
        findings = _run(station, tuning, recording, events=options["events"], scores=options["scores"])
    except RecordingError as error:
        raise DataError(str(error)) from None
    _show(findings, as_json=options["as_json"], language=language)


def _run(
    station: Station, tuning: Tuning, recording: Recording, *, events: Path | None, scores: Path | None
) -> Findings:
    from detectors.monitor import StationMonitor
    from replay.logbook import Logbook
    from replay.player import play
    from wanbiao.display import console, progress
    from wanbiao.findings import Findings

    started = time.monotonic()
    logbook = Logbook(recording.block)
    if scores is not None:
        tuning = replace(tuning, history_s=EVERY_SCAN_S)
    with ExitStack() as stack:
        write = _writer(stack, recording, events, scores)
        advance = stack.enter_context(progress(station.name.zh, out=console("stderr")))
        read = 0

        def advanced(n_bytes: int) -> None:
            nonlocal read
            read += n_bytes
            advance(read / max(recording.n_bytes, 1), f"{recording.tally.rows:,} rows")

        for step in play(recording.scans(advanced), StationMonitor(station, tuning)):
            logbook.take(step.events)
            write(step)
        write(None)
    return Findings(station, recording, logbook, time.monotonic() - started)


def _writer(
    stack: ExitStack, recording: Recording, events: Path | None, scores: Path | None
) -> Callable[[Step | None], None]:
    """Writes each step to the files that were asked for; None = the recording has ended."""
    from replay.outputs import ScoreTable, write_events
    from wanbiao.recorded import create

    if events and scores and events.resolve() == scores.resolve():
        raise click.UsageError(f"--events and --scores both name {events}; expected two files")
    lines = stack.enter_context(create(events, recording)) if events else None
    table = ScoreTable(stack.enter_context(create(scores, recording)), recording.block) if scores else None

    def write(step: Step | None) -> None:
        if lines is not None and step is not None:
            write_events(lines, step.events)
        if table is not None and step is not None:
            table.take(step)
        elif table is not None:
            table.skip_to(recording.tally.rows)

    return write


def _show(findings: Findings, *, as_json: bool, language: str) -> None:
    from wanbiao.display import console

    findings.print_bad_rows(console("stderr"), language)
    if as_json:
        click.echo(json.dumps(findings.to_dict(), ensure_ascii=False))
        return
    out = console("stdout")
    findings.print_table(out, language)
    findings.print_summary(out, language)
