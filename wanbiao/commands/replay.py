"""``wanbiao replay``: an incident in this process, with a verdict; or a recording through Kafka, compared with our own run."""

from __future__ import annotations

import json
import secrets
import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from stations.plant import Text
from wanbiao.cli import EXIT_INTERRUPTED, pass_settings
from wanbiao.errors import DataError
from wanbiao.parameters import Finite, Moment, Speed
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from wanbiao.findings import Findings
    from wanbiao.kafka_run import KafkaRun

BUCKET: Final = "pm_replay"
PREFIX: Final = "replay."
OF_KAFKA: Final = ("catalogue", "start", "run", "workers", "bucket", "stall")
OF_INCIDENTS: Final = ("every", "speed", "from_", "to", "pause_at_warning", "what_if", "sweep", "report")
ALONE: Final = ("from_", "to", "pause_at_warning", "what_if", "sweep", "report", "speed")
"""Options of one incident."""


def _run_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str:
    """Part of topic names; without one, the time and a few random digits, so that two runs never share topics."""
    from wanbiao.checks import WrongError, kafka_name

    try:
        return kafka_name(name) if name else f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    except WrongError as wrong:
        raise click.BadParameter(str(wrong)) from None


@click.command(short_help="Replay an incident, or a recording through Kafka.")
@click.argument("what", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every incident of the library, one table.")
@click.option("--speed", type=Speed(), default="max", show_default=True, help="Plant seconds a second, or max.")
@click.option("--from", "from_", help="Fast-forward until then: a day of the incident, or a time.")
@click.option("--to", help="End there: a day of the incident, or a time.")
@click.option("--pause-at-warning", is_flag=True, help="Wait for a key where a warning opens.")
@click.option("--tuning", help="TOML file with constants of detection.")
@click.option("--what-if", "what_if", multiple=True, help="Another file of constants, beside it; repeatable.")
@click.option("--sweep", help="One constant over several values, e.g. limit=5,6,7.")
@click.option("--report", type=click.Path(path_type=Path), help="Write one HTML page that needs nothing else.")
@click.option("--kafka", is_flag=True, help="A recording, through Kafka, workers and InfluxDB.")
@click.option("--catalogue", default="gas_turbine", show_default=True, help="A shipped recording, or a station file.")
@click.option("--start", type=Moment(), help="Time of the first row if no column tells it; default: 2011-01-01.")
@click.option(
    "--run", callback=_run_name, help="Name of the run, part of its topics replay.NAME.*; default: made from the time."
)
@click.option(
    "--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="Workers to start; 0: elsewhere."
)
@click.option("--bucket", default=BUCKET, show_default=True, help="Bucket in InfluxDB; it is made if it is missing.")
@click.option(
    "--stall",
    type=Finite(1, 3600),
    default=60,
    show_default=True,
    help="Give up when nothing came for so long [s].",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option(
    "--language", type=click.Choice(["zh", "en", "both"]), help="Language of the table; default: WANBIAO_LANGUAGE."
)
@pass_settings
@click.pass_context
def command(context: click.Context, settings: Settings, /, **options: Any) -> None:
    """Replay an incident of the library through the very code that runs live, and judge what was said of it.

    Monitors learn from the healthy life before it. The verdict: told before its static alarm or not, by what, how early, with how
    many false warnings, and whether all that its scenario expects held; exit code 1 if not.

    With --kafka a recording goes through Kafka, workers and InfluxDB, and is compared with an embedded run byte for byte; exit
    code 1 if they differ. Topics and points stay for you to look at.

    \b
    Example:
      wanbiao replay i01
      wanbiao replay i01 --speed 86400 --from 10 --to 30 --pause-at-warning
      wanbiao replay i01 --sweep limit=5,6,7 --report i01.html
      wanbiao replay --all --json
      wanbiao replay --kafka gt_2011.csv.gz
      wanbiao replay --kafka recordings/ --catalogue my_station.toml --run try-2 --workers 2 --json
    """
    _check_options(context, options)
    options["language"] = options["language"] or settings.language
    if options["kafka"]:
        _through_kafka(settings, options)
        return
    from wanbiao.incident_replay import replay

    code = replay(settings, options)
    if code:
        raise click.exceptions.Exit(code)


def _check_options(context: click.Context, options: dict[str, Any]) -> None:
    """Whether the options are of what is asked for, and that is something."""
    given = {
        parameter.name: max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }
    alien = OF_INCIDENTS if options["kafka"] else OF_KAFKA
    for name in alien:
        if name in given:
            means = "an incident is replayed, without --kafka" if options["kafka"] else "a recording is, with --kafka"
            raise click.UsageError(f"{given[name]} is for when {means}")
    if options["every"]:
        for name in ALONE:
            if name in given:
                raise click.UsageError(f"--all replays every incident as it is; expected it without {given[name]}")
        if options["what"]:
            raise click.UsageError(
                f'--all replays every incident; expected no name beside it, not "{options["what"][0]}"'
            )
    elif not options["what"]:
        raise click.UsageError("what? expected an incident (wanbiao incidents), --all, or files and --kafka")
    if options["what_if"] and options["sweep"]:
        raise click.UsageError("either --what-if or --sweep, not both")


def _keep_off_live(settings: Settings, run: str, bucket: str) -> None:
    """Live rooms see nothing of a replay: not on their topics, and, whatever becomes of that, not in their bucket."""
    if settings.prefix == f"{PREFIX}{run}.":
        raise click.UsageError(f"--run {run}: its topics are those of WANBIAO_PREFIX; expected another name")
    if bucket == settings.influx_bucket:
        raise click.UsageError(f"--bucket {bucket}: is that of live health, WANBIAO_INFLUX_BUCKET; expected another")


def _through_kafka(settings: Settings, options: dict[str, Any]) -> None:
    from replay.files import RecordingError
    from replay.library import UnknownIncidentError, find_incident

    for name in options["what"]:
        if not Path(name).exists():
            with suppress(UnknownIncidentError):
                find_incident(name)
                raise click.UsageError(f'"{name}" is an incident; with --kafka expected files of a recording')
    _keep_off_live(settings, options["run"], options["bucket"])
    language = options["language"]
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
        settings,
        [Path(name) for name in options["what"]],
        catalogue=options["catalogue"],
        start_ns=options["start"] or None,
        period_s=None,
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
