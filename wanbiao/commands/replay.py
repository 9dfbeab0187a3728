"""``wanbiao replay``: an incident with a verdict, in this process or through Kafka; or a recording through Kafka."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from wanbiao.apart import fault_of_run
from wanbiao.cli import pass_settings
from wanbiao.parameters import Finite, Moment, Speed
from wanbiao.settings import Settings

BUCKET: Final = "pm_replay"
OF_KAFKA: Final = ("run", "workers", "bucket", "stall")
OF_FILES: Final = ("catalogue", "start")
"""Options of recordings: an incident says of which stations it is, and when."""
PACED: Final = ("from_", "to", "speed")
"""Options of incidents."""
OF_BOARD: Final = ("with_board", "port", "stay")
OF_PLAY: Final = ("every", "no_cache", "pause_at_warning", "what_if", "sweep", "report", *OF_BOARD)
"""Options of incidents in this process."""
ALONE: Final = (*PACED, *OF_PLAY[2:])
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
@click.option(
    "--speed",
    type=Speed(),
    default="max",
    show_default=True,
    help="Plant seconds a second, or max; with --board, unless given, one that takes about two minutes.",
)
@click.option("--from", "from_", help="Fast-forward until then: a day of the incident, or a time.")
@click.option("--to", help="End there: a day of the incident, or a time.")
@click.option(
    "--pause-at-warning", is_flag=True, help="Wait where a warning opens: for a key, or with --board for its button."
)
@click.option("--tuning", help="TOML file with constants of detection.")
@click.option(
    "--what-if",
    "what_if",
    multiple=True,
    help="Beside it: another file of constants, or another version of a station's catalogue file; repeatable.",
)
@click.option("--sweep", help="One constant over several values, e.g. limit=5,6,7.")
@click.option("--report", type=click.Path(path_type=Path), help="Write one HTML page that needs nothing else.")
@click.option("--no-cache", is_flag=True, help="Play it even if it was played before and nothing has changed since.")
@click.option("--board", "with_board", is_flag=True, help="Serve the board of this run alone meanwhile.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="Of the board; 0 = any free."
)
@click.option("--stay", is_flag=True, help="Go on serving the board after the play, until Ctrl-C.")
@click.option("--kafka", is_flag=True, help="Through Kafka, workers and InfluxDB.")
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
    many false warnings, and whether all that its scenario expects held; exit code 1 if not. With --board a browser on this
    machine shows it meanwhile, the very pages of the control room; acts on them are refused.

    With --kafka it goes through Kafka, workers of its own and InfluxDB, and is compared with a run in this process byte for byte;
    exit code 1 if they differ. So do recordings. Topics and points stay for you to look at; live rooms see nothing of them.

    \b
    Example:
      wanbiao replay i01
      wanbiao replay i01 --speed 86400 --from 10 --to 30 --pause-at-warning
      wanbiao replay i01 --sweep limit=5,6,7 --report i01.html
      wanbiao replay i01 --what-if my_yxk.toml --report i01.html
      wanbiao replay i01 --board --stay
      wanbiao replay --all --json
      wanbiao replay i01 --kafka --workers 2
      wanbiao replay --kafka gt_2011.csv.gz
      wanbiao replay --kafka recordings/ --catalogue my_station.toml --run try-2 --workers 2 --json
    """
    of_incident = not options["kafka"] or _is_incident(options["what"])
    _check_options(context, options, of_incident)
    options["language"] = options["language"] or settings.language
    if not options["kafka"]:
        from wanbiao.incident_replay import replay
    else:
        fault = fault_of_run(
            options["run"], options["bucket"], live_prefix=settings.prefix, live_bucket=settings.influx_bucket
        )
        if fault:
            raise click.UsageError(fault)
        if of_incident:
            from wanbiao.incident_kafka import replay
        else:
            from wanbiao.recording_replay import replay
    with _ended_by_sigterm(options["kafka"]):
        code = replay(settings, options)
    if code:
        raise click.exceptions.Exit(code)


def _is_incident(what: tuple[str, ...]) -> bool:
    """Whether that is one incident, by its name or its scenario file, and no recording."""
    from replay.library import UnknownIncidentError, find_incident

    if len(what) != 1 or (path := Path(what[0])).exists():
        return len(what) == 1 and path.suffix == ".toml" and path.is_file()
    try:
        find_incident(what[0])
    except UnknownIncidentError:
        return False
    return True


@contextmanager
def _ended_by_sigterm(has_workers: bool) -> Iterator[None]:
    """SIGTERM as Ctrl-C, where there are workers to be ended: what came is kept."""
    if not has_workers:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _aliens(options: dict[str, Any], of_incident: bool) -> dict[str, str]:
    """Options that mean nothing here, and when they would."""
    in_kafka, of_files = "it goes through Kafka, with --kafka", "a recording does, with --kafka"
    if not options["kafka"]:
        return dict.fromkeys(OF_KAFKA, in_kafka) | dict.fromkeys(OF_FILES, of_files)
    in_process = dict.fromkeys(OF_PLAY, "an incident is replayed in this process, without --kafka")
    return in_process | (
        dict.fromkeys(OF_FILES, of_files) if of_incident else dict.fromkeys(PACED, "an incident is replayed")
    )


def _check_options(context: click.Context, options: dict[str, Any], of_incident: bool) -> None:
    """Whether the options are of what is asked for, and that is something."""
    given = {
        parameter.name: max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }
    for name, means in _aliens(options, of_incident).items():
        if name in given:
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
    for name in OF_BOARD[1:]:
        if name in given and not options["with_board"]:
            raise click.UsageError(f"{given[name]} is of the board; expected it with --board")
    options["is_paced"] = "speed" in given
    if options["what_if"] and options["sweep"]:
        raise click.UsageError("either --what-if or --sweep, not both")
