"""``wanbiao replay``: a recording through Kafka, workers and InfluxDB, compared with an embedded run."""

from __future__ import annotations

import json
import secrets
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stations.plant import Text
from wanbiao.cli import EXIT_INTERRUPTED, pass_settings
from wanbiao.errors import DataError
from wanbiao.parameters import Finite, Moment
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from wanbiao.findings import Findings
    from wanbiao.kafka_run import KafkaRun

BUCKET = "pm_replay"


def _run_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str:
    """Part of topic names; without one, the time and a few random digits, so that two runs never share topics."""
    from wanbiao.checks import WrongError, kafka_name

    try:
        return kafka_name(name) if name else f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    except WrongError as wrong:
        raise click.BadParameter(str(wrong)) from None


@click.command(short_help="Play a recording through Kafka, workers and InfluxDB.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kafka", is_flag=True, help="Through Kafka; nothing else can be chosen yet (see wanbiao watch).")
@click.option("--catalogue", default="gas_turbine", show_default=True, help="A shipped recording, or a station file.")
@click.option("--start", type=Moment(), help="Time of the first row if no column tells it; default: 2011-01-01.")
@click.option(
    "--run", callback=_run_name, help="Name of the run, part of its topics replay.NAME.*; default: made from the time."
)
@click.option(
    "--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Workers to start; 0: elsewhere."
)
@click.option("--bucket", default=BUCKET, show_default=True, help="Bucket in InfluxDB; it is made if it is missing.")
@click.option("--tuning", help="TOML file with constants of detection.")
@click.option(
    "--stall",
    type=Finite(1, 3600),
    default=60,
    show_default=True,
    help="Give up when nothing came for so long [s].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option(
    "--language", type=click.Choice(["zh", "en", "both"]), help="Language of the table; default: WANBIAO_LANGUAGE."
)
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Play a recording through Kafka, workers and InfluxDB, and say whether that equals an embedded run byte for byte.

    Exit code 1 if it does not, or if a scan has no health point in InfluxDB. Topics and points stay for you to look at.

    \b
    Example:
      wanbiao replay --kafka gt_2011.csv.gz
      wanbiao replay --kafka recordings/ --catalogue my_station.toml --run try-2 --workers 2 --json
    """
    from replay.files import RecordingError

    if not options["kafka"]:
        raise click.UsageError("where to? expected --kafka")
    language = options["language"] or settings.language
    started = time.monotonic()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the workers end, what came is kept
    try:
        run, findings = _run(settings, options, language)
    except RecordingError as error:
        raise DataError(str(error)) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    _show(run, replace(findings, seconds=time.monotonic() - started), as_json=options["as_json"], language=language)
    if run.outcome.interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    if not run.outcome.is_right:
        raise click.exceptions.Exit(1)


def _run(settings: Settings, options: dict[str, Any], language: str) -> tuple[KafkaRun, Findings]:
    from wanbiao.display import console, progress, worded
    from wanbiao.findings import Findings
    from wanbiao.kafka_run import KafkaRun
    from wanbiao.recorded import prepare

    settings = replace(settings, tuning=options["tuning"] or settings.tuning)
    station, tuning, recording = prepare(
        settings, options["files"], catalogue=options["catalogue"], start_ns=options["start"] or None, period_s=None
    )
    run = KafkaRun(
        settings,
        station,
        tuning,
        recording,
        run=options["run"],
        catalogue=options["catalogue"],
        bucket=options["bucket"],
        workers=options["workers"],
        stall_s=options["stall"],
    )
    run.prepare()
    err = console("stderr")
    if not options["workers"]:
        environ = " ".join(f"{name}={value}" for name, value in run.environ.items())
        err.print(worded(Text("请启动处理进程", "start workers with"), language) + f": {environ} wanbiao worker")
    outcome = run.run(lambda title: progress(worded(title, language), out=err))
    return run, Findings(station, recording, outcome.logbook, 0.0)


def _show(run: KafkaRun, findings: Findings, *, as_json: bool, language: str) -> None:
    from wanbiao.display import console, worded

    findings.print_bad_rows(console("stderr"), language)
    if as_json:
        click.echo(
            json.dumps(findings.to_dict() | {"prefix": run.settings.prefix} | run.outcome.to_dict(), ensure_ascii=False)
        )
        return
    out = console("stdout")
    findings.print_table(out, language)
    findings.print_summary(out, language)
    for line in run.outcome.verdict():
        out.print(worded(line, language, separator=" · "))
