"""Options that several commands share; each decorates a command."""

from __future__ import annotations

from collections.abc import Callable

import click

from wanbiao.parameters import Duration

Command = Callable[..., None]


def language_option(command: Command) -> Command:
    """``--language``."""
    return click.option(
        "--language", type=click.Choice(["zh", "en", "both"]), help="Of what is shown; default: WANBIAO_LANGUAGE."
    )(command)


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")(command)


def act_options(command: Command) -> Command:
    """What every command has by which people do something: who, why, how long to wait, and how the answer is shown."""
    for decorate in (
        language_option,
        json_option,
        click.option("--wait", "wait_s", type=Duration(), default="30s", show_default=True, help="For the answer."),
        click.option("--why", default="", help="A comment, kept with it."),
        click.option("--who", help="Who acts; default: the user's name."),
    ):
        command = decorate(command)
    return command
