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
from wanbiao.parameters import Finite, Moment, Separator
from wanbiao.settings import Settings

if TYPE_CHECKING:
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
    "--learn-rows",
    type=click.IntRange(64),
    help="Rows to learn from before anything is said; default: a tenth, at least 100.",
)
@click.option("--tuning", help="With a catalogue: TOML file with constants of detection.")
@click.option(
    "--covariates", default="", help="Without a catalogue: columns that explain the others, e.g. load,ambient."
)
@click.option("--learn-until", type=Moment(), help="Without a catalogue: learn from the rows before this time.")
@click.option(
    "--sensitivity",
    type=Finite(0.01, 100),
    default=1.0,
    show_default=True,
    help="Without a catalogue: 3 bears three times the false warnings, 0.3 a third.",
)
@click.option("--units-column", help="Without a catalogue: column that names the unit of a row; default: unit, if any.")
@click.option("--separator", type=Separator(), help="Without a catalogue: between two cells; default: as found.")
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
    --catalogue every numeric column is judged that varies in the rows that are learned from, and is no mere count of them.

    \b
    Example:
      wanbiao watch pump.csv
      wanbiao watch pump.csv --covariates load,ambient --scores scores.csv --events events.jsonl
      wanbiao watch --catalogue gas_turbine gt_2011.csv.gz gt_2012.csv.gz
      wanbiao watch i01/YXK.parquet --catalogue YXK
    """
    from replay.files import RecordingError

    _check(options)
    language = options["language"] or settings.language
    try:
        findings = _watch_described(settings, options) if options["catalogue"] else _watch_any(options)
    except RecordingError as error:
        raise DataError(str(error)) from None
    _show(findings, as_json=options["as_json"], language=language)


def _check(options: dict[str, Any]) -> None:
    """Refuse options that do not fit together."""
    if options["catalogue"]:
        given = [name for name in ("covariates", "learn_until", "units_column", "separator") if options[name]]
        given += ["sensitivity"] if options["sensitivity"] != 1.0 else []
        if given:
            option = f"--{given[0].replace('_', '-')}"
            raise click.UsageError(f"{option} is for a recording without --catalogue, which has its own")
    elif options["tuning"]:
        raise click.UsageError("--tuning is for a recording with --catalogue; without one there is --sensitivity")
    if options["start"] == 0:
        raise click.UsageError("--start now: a recording was made before; expected the time of its first row")
    if options["learn_until"] == 0:
        raise click.UsageError("--learn-until now: a recording was learned from before; expected a time in it")
    if options["learn_rows"] and options["learn_until"]:
        raise click.UsageError("--learn-rows and --learn-until both say what to learn from; expected one of them")
    if options["events"] and options["scores"] and options["events"].resolve() == options["scores"].resolve():
        raise click.UsageError(f"--events and --scores both name {options['events']}; expected two files")


def _watch_any(options: dict[str, Any]) -> Findings:
    """A recording without a catalogue."""
    from replay.adhoc import Learning, describe_recording
    from replay.logbook import Logbook
    from replay.outputs import RowScores, write_events
    from replay.recordings import Recording
    from replay.tables import UNIT_COLUMN, Dialect
    from replay.watching import Watch
    from wanbiao.findings import Findings
    from wanbiao.recorded import create

    started = time.monotonic()
    dialect = Dialect(options["separator"], options["units_column"] or UNIT_COLUMN)
    made = describe_recording(
        options["files"],
        covariates=[name.strip() for name in options["covariates"].split(",") if name.strip()],
        learning=Learning(options["learn_rows"], options["learn_until"]),
        start_ns=options["start"],
        period_s=options["period"],
        dialect=dialect,
    )
    recording = Recording(options["files"], made.station.blocks[0], start_ns=options["start"], dialect=dialect)
    logbook, watch = Logbook(recording.block), Watch(made, sensitivity=options["sensitivity"])
    with ExitStack() as stack:
        lines = stack.enter_context(create(options["events"], recording)) if options["events"] else None
        scores = stack.enter_context(create(options["scores"], recording)) if options["scores"] else None
        table = RowScores(scores, recording.block) if scores else None
        for judged in watch.run(recording, _advanced(stack, made.station, recording)):
            logbook.count_judged(judged.n_known)
            logbook.take(judged.events)
            if lines is not None:
                write_events(lines, judged.events)
            if table is not None:
                table.take(judged)
        last = watch.finish()
        logbook.take(last)
        if lines is not None:
            write_events(lines, last)
        if table is not None:
            table.skip_to(recording.tally.rows)
    return Findings(made.station, recording, logbook, time.monotonic() - started, watch.learned, made)


def _watch_described(settings: Settings, options: dict[str, Any]) -> Findings:
    """A recording of a station that a catalogue describes."""
    from detectors.monitor import StationMonitor
    from replay.logbook import Logbook
    from replay.player import play
    from wanbiao.findings import Findings
    from wanbiao.recorded import prepare

    started = time.monotonic()
    station, tuning, recording = prepare(
        replace(settings, tuning=options["tuning"] or settings.tuning),
        options["files"],
        catalogue=options["catalogue"],
        start_ns=options["start"],
        period_s=options["period"],
        learn_rows=options["learn_rows"],
    )
    logbook = Logbook(recording.block)
    if options["scores"] is not None:
        tuning = replace(tuning, history_s=EVERY_SCAN_S)
    with ExitStack() as stack:
        write = _writer(stack, recording, options["events"], options["scores"])
        for step in play(recording.scans(_advanced(stack, station, recording)), StationMonitor(station, tuning)):
            logbook.take(step.events)
            write(step)
        write(None)
    return Findings(station, recording, logbook, time.monotonic() - started)


def _advanced(stack: ExitStack, station: Station, recording: Recording) -> Callable[[int], None]:
    """What moves the progress bar on by so many bytes."""
    from wanbiao.display import console, progress

    advance = stack.enter_context(progress(station.name.zh, out=console("stderr")))
    read = 0

    def advanced(n_bytes: int) -> None:
        nonlocal read
        read += n_bytes
        advance(read / max(recording.n_bytes, 1), f"{recording.tally.rows:,} rows")

    return advanced


def _writer(
    stack: ExitStack, recording: Recording, events: Path | None, scores: Path | None
) -> Callable[[Step | None], None]:
    """Writes each step to the files that were asked for; None = the recording has ended."""
    from replay.outputs import ScoreTable, write_events
    from wanbiao.recorded import create

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
    findings.print_sensors(out, language)
    findings.print_learned(out, language)
    findings.print_summary(out, language)
