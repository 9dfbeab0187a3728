"""The command ``wanbiao``: subcommands loaded when they are called, every error of a user in one line, logging.

Nothing heavy is imported here, so that ``wanbiao --help`` answers at once.
"""

from __future__ import annotations

import errno
import functools
import io
import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import click

from connectors.errors import ConnectorError
from stations.schema import nearest
from wanbiao.errors import ConfigError, UserError
from wanbiao.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

COMMANDS: Final = {
    "demo": "Simulate two stations, learn, find seeded faults: no service needed.",
    "watch": "Judge a recording in this process.",
    "incidents": "List the incidents that can be replayed.",
    "replay": "Replay an incident, or a recording through Kafka.",
    "record": "Record the telemetry on Kafka to files.",
    "load": "Tell what a list of warnings costs its readers.",
    "simulate": "Simulate stations: to Kafka, to files with labels, or as pictures.",
    "evaluate": "Judge the whole chain over the simulated fleet.",
    "worker": "Judge the telemetry on Kafka; health goes to InfluxDB.",
    "board": "Serve the board over Kafka and InfluxDB.",
    "warnings": "List early warnings; acknowledge, shelve, close them.",
    "parts": "List what is out; tell of maintenance and repairs.",
    "notify": "Send messages about early warnings: mail, DingTalk, WeCom, webhooks.",
    "topics": "Create and list the topics on Kafka.",
    "buckets": "Create the bucket in InfluxDB.",
    "dashboards": "Check the dashboards of Grafana, and publish them.",
    "catalogue": "Check and show what the stations are.",
}
"""Each is ``command`` of the module of its name in `wanbiao.commands`, with its short help."""

EXIT_USAGE: Final = 2
EXIT_UNAVAILABLE: Final = 69
EXIT_IO: Final = 74
EXIT_INTERRUPTED: Final = 130
NOISY: Final = ("aiokafka", "faust", "influxdb_client", "matplotlib", "mode", "urllib3", "uvicorn")
"""Libraries that log each rebalance, or each font, in ten lines; their warnings are enough."""
SILENT: Final = ("apprise", "kafka")
"""Twenty lines for a server that is away, before the exception that says so in one."""
OURS: Final = ("connectors", "dashboards", "detectors", "replay", "stations", "streams", "wanbiao")


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"wanbiao.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = nearest(args[0], COMMANDS)
            raise click.UsageError(f'no command "{args[0]}"' + (f'; nearest: "{near}"' if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; what a user can put right ends as one line on stderr and its exit code."""
        _one_thread()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:
            raise  # click ends quietly when a reader such as head has left
        except Exception as error:
            code = _exit_code(error)
            if code is None:
                raise
            click.echo("\n".join(f"wanbiao: {line}" for line in str(error).splitlines()), err=True)
            ctx.exit(code)


def _one_thread() -> None:
    """Linear algebra on small matrices: a thread a core costs more than it gives, and its sums depend on the number of cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _exit_code(error: Exception) -> int | None:
    """The exit code for an error of the user or of a peer; None = it is ours, and its traceback is wanted."""
    from stations.catalogue import CatalogueError

    if isinstance(error, UserError):
        return error.exit_code
    if isinstance(error, CatalogueError):
        return ConfigError.exit_code
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EXIT_IO
    return EXIT_UNAVAILABLE if isinstance(error, ConnectorError) else None


def pass_settings(function: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Call a command with the settings of the environment, its log set up; ``--help`` works whatever the environment."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log)
        return function(settings, *args, **kwargs)

    return command


def show_local_times(settings: Settings) -> None:
    """Until this command ends, show event times in the zone of the settings: for commands that show a plant, not a recording."""
    from stations.local_time import in_zone

    click.get_current_context().with_resource(in_zone(settings.timezone))


def configure_logging(level: str) -> None:
    """Plain lines on stderr. The root logger never falls below INFO: libraries at DEBUG cost a fifth of the processor."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, _number(level)))
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else max(logging.WARNING, _number(level)))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else logging.CRITICAL)
    for name in OURS:
        logging.getLogger(name).setLevel(_number(level))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"wanbiao {version('wanbiao')}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings are environment variables WANBIAO_*: docs/settings.md. Start with: wanbiao demo",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def cli() -> None:
    """Wanbiao 腕表: a health watch for the machines of power stations."""


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without Chinese shows question marks, and goes on
    cli(prog_name="wanbiao")
