"""``wanbiao record``: telemetry on Kafka to files that can be played."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanbiao.cli import EXIT_INTERRUPTED, EXIT_IO, pass_settings
from wanbiao.errors import UserError
from wanbiao.parameters import Duration, find_stations
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from replay.taping import Tape

POLL_S: Final = 0.5
"""Longest wait for messages [s]; Ctrl-C is heard so soon."""


class CannotRecordError(UserError):
    """The disk is full, or the folder cannot be written."""

    exit_code = EXIT_IO


@click.command(short_help="Record the telemetry on Kafka to files.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--stations", "codes", default="", help="Station codes, e.g. YXK,FYL; default: all that send.")
@click.option("--past", is_flag=True, help="What the topic holds now, then end; default: from now until Ctrl-C.")
@click.option("--for", "for_s", type=Duration(), help="End after so long, e.g. 8h.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@pass_settings
def command(settings: Settings, /, folder: Path, codes: str, past: bool, for_s: float | None, as_json: bool) -> None:
    """Record the telemetry topic into a new folder: a Parquet file a station with the revision of its catalogue.

    It reads beside the workers and commits nothing, so no worker notices. What cannot be read is counted and named, as in the
    dead letters of a worker. Ctrl-C closes the files (exit code 130); a file that was not closed cannot be played.

    \b
    Example:
      wanbiao record shift --for 8h
      wanbiao record yesterday --past --stations YXK --json
    """
    from connectors.kafka_reader import TopicReader
    from replay.taping import Tape
    from wanbiao.display import console, progress

    fleet = settings.load_fleet()
    only = frozenset(station.code for station in find_stations(fleet, codes, ())) if codes else frozenset[str]()
    until_s = None if for_s is None else time.monotonic() + for_s
    topic, interrupted = f"{settings.prefix}telemetry", False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise click.UsageError(f"{folder} is not empty; expected a new folder, so that no recordings mix")
        with (
            TopicReader(settings.kafka_address(), [topic], most=None if past else 0) as reader,
            Tape(folder, fleet, only) as tape,
            progress("recording", out=console("stderr")) as advance,
        ):
            try:
                while until_s is None or time.monotonic() < until_s:
                    for _, record in reader.poll(POLL_S):
                        tape.take(record.value or b"")
                    advance(None, f"{tape.scans:,} scans, {tape.unreadable} unreadable")
                    if past and reader.is_at_end():
                        break
            except KeyboardInterrupt:
                interrupted = True
    except OSError as error:
        raise CannotRecordError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    _show(tape, folder, as_json=as_json)
    if interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)


def _show(tape: Tape, folder: Path, *, as_json: bool) -> None:
    found = tape.contents()
    for reason in found["reasons"]:
        click.echo(f"unreadable message: {reason}", err=True)
    if as_json:
        click.echo(json.dumps({"folder": str(folder)} | found))
        return
    names = ", ".join(found["stations"]) or "no station"
    click.echo(f"recorded {found['scans']} scans of {names} into {folder}; {found['unreadable']} unreadable")
