"""``wanbiao warnings``: what stands, and what people do with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from detectors.actions import OUTCOMES
from wanbiao.cli import pass_settings, show_local_times
from wanbiao.options import Command, act_options, json_option, language_option
from wanbiao.parameters import Duration, find_station
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from detectors.worklist import Worklist


def _acts(command: Command) -> Command:
    """What every command that does something to a warning has."""
    return click.argument("warning", metavar="ID")(act_options(command))


@click.group(short_help="List early warnings; acknowledge, shelve, close them.")
def command() -> None:
    """List early warnings on Kafka, and do with them what people do. An ID may be given by its first characters.

    What is done goes to the worker, among the scans of the station; it answers, and its answer stays on the topic actions.

    \b
    Example:
      wanbiao warnings list
      wanbiao warnings ack 6d0a4c2e --why "oil sample taken"
    """


@command.command("list")
@click.option("--all", "ended", is_flag=True, help="Also what is over, closed, or taken as normal.")
@click.option("--station", help="Only this station, e.g. YXK.")
@json_option
@language_option
@pass_settings
def list_(settings: Settings, ended: bool, station: str | None, as_json: bool, language: str | None) -> None:
    """List the early warnings that stand or wait for somebody: the worst first, of these the newest.

    \b
    Example:
      wanbiao warnings list --station YXK
      wanbiao warnings list --all --json
    """
    from wanbiao.display import console
    from wanbiao.warnings_view import print_list, to_json

    fleet = settings.load_fleet()
    code = find_station(fleet, station).code if station else ""
    items = [item for item in _read(settings).listed(ended=ended) if code in ("", item.told.station)]
    if as_json:
        click.echo(json.dumps([to_json(item) for item in items], ensure_ascii=False))
        return
    show_local_times(settings)
    print_list(console("stdout"), items, fleet, language or settings.language)


@command.command("show")
@click.argument("warning", metavar="ID")
@json_option
@language_option
@pass_settings
def show(settings: Settings, warning: str, as_json: bool, language: str | None) -> None:
    """Show one early warning: what it says, the tags that speak for it, what has happened to it.

    \b
    Example:
      wanbiao warnings show 6d0a4c2e
    """
    from wanbiao.display import console
    from wanbiao.warnings_view import print_story, story_to_json
    from wanbiao.worklist import find_item

    item = find_item(_read(settings), warning)
    if as_json:
        click.echo(json.dumps(story_to_json(item), ensure_ascii=False))
        return
    show_local_times(settings)
    print_story(console("stdout"), item, language or settings.language)


@command.command("ack")
@_acts
@pass_settings
def ack(settings: Settings, /, **options: Any) -> None:
    """Acknowledge an early warning: somebody attends to it; it is no longer told again each day.

    \b
    Example:
      wanbiao warnings ack 6d0a4c2e --who "Li Wei" --why "oil sample taken"
    """
    _act(settings, "acknowledge", **options)


@command.command("shelve")
@click.option("--for", "for_s", type=Duration(), required=True, help="How long, e.g. 8h; at most 14d.")
@_acts
@pass_settings
def shelve(settings: Settings, /, **options: Any) -> None:
    """Shelve an early warning: it is not told again before that time, unless it rises.

    \b
    Example:
      wanbiao warnings shelve 6d0a4c2e --for 8h --why "pump is changed on the next shift"
    """
    _act(settings, "shelve", **options)


@command.command("unshelve")
@_acts
@pass_settings
def unshelve(settings: Settings, /, **options: Any) -> None:
    """End the shelf of an early warning before its time.

    \b
    Example:
      wanbiao warnings unshelve 6d0a4c2e
    """
    _act(settings, "unshelve", **options)


@command.command("close")
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="What it turned out to be.")
@_acts
@pass_settings
def close(settings: Settings, /, **options: Any) -> None:
    """Close an early warning with what it turned out to be.

    "false" raises the limit of that component a little; "sensor" takes the tag out until it is told as repaired.

    \b
    Example:
      wanbiao warnings close 6d0a4c2e --outcome confirmed --why "pad 3 re-metalled"
    """
    _act(settings, "close", **options)


def _read(settings: Settings) -> Worklist:
    from wanbiao.worklist import read_worklist

    worklist, unreadable = read_worklist(settings)
    if unreadable:
        click.echo(f"wanbiao: {unreadable} records of the topic of warnings cannot be read", err=True)
    return worklist


def _act(
    settings: Settings, kind: str, /, *, warning: str, as_json: bool, language: str | None, **options: Any
) -> None:
    from connectors.action_wire import REFUSED, encode_audit
    from wanbiao.errors import RefusedError
    from wanbiao.warnings_view import done
    from wanbiao.worklist import act, find_item

    item = find_item(_read(settings), warning)
    record = act(settings, kind, item, **options)
    if as_json:
        click.echo(encode_audit(record).decode())
    if record.result == REFUSED:
        raise RefusedError(f"refused: {record.reason}")
    if not as_json:
        show_local_times(settings)
        click.echo(done(record, item, settings.load_fleet(), language or settings.language))
