"""``wanbiao parts``: what people tell the watch about units, components and sensors."""

from __future__ import annotations

from typing import Any

import click

from wanbiao.cli import pass_settings, show_local_times
from wanbiao.options import Command, act_options, json_option, language_option
from wanbiao.parameters import Duration, find_station
from wanbiao.settings import Settings


def _acts(command: Command) -> Command:
    """What every command that does something to a unit or a component has."""
    component = click.option("--component", default="", help="Only this one, by its code; default: the whole unit.")
    return click.argument("unit", metavar="UNIT")(component(act_options(command)))


@click.group(short_help="List what is out; tell of maintenance and repairs.")
def command() -> None:
    """List what is not watched; tell of work on units, components and sensors. A UNIT is station and unit, such as YXK.3.

    What is done goes to the worker, among the scans of the station; it answers, and its answer stays on the topic actions.

    \b
    Example:
      wanbiao parts list
      wanbiao parts maintain YXK.3 --for 8h --why "runner inspection"
      wanbiao parts repaired YXK.30MKD10CT101
    """


@command.command("list")
@click.option("--station", help="Only this station, e.g. YXK.")
@json_option
@language_option
@pass_settings
def list_(settings: Settings, station: str | None, as_json: bool, language: str | None) -> None:
    """List what is not watched: sensors that are out, units that are silent, maintenance; the newest first.

    \b
    Example:
      wanbiao parts list --station YXK
      wanbiao parts list --json
    """
    import json

    from wanbiao.display import console
    from wanbiao.outages_view import print_list, read_outages, to_json

    fleet = settings.load_fleet()
    code = find_station(fleet, station).code if station else ""
    outages, unreadable = read_outages(settings, fleet)
    if unreadable:
        click.echo(f"wanbiao: {unreadable} records of the topic of warnings cannot be read", err=True)
    shown = [one for one in outages if code in ("", one.event.station)]
    if as_json:
        click.echo(json.dumps([to_json(one, fleet) for one in shown], ensure_ascii=False))
        return
    show_local_times(settings)
    print_list(console("stdout"), shown, fleet, language or settings.language)


@command.command("maintain")
@click.option("--for", "for_s", type=Duration(), required=True, help="How long, e.g. 8h; at most 180d.")
@_acts
@pass_settings
def maintain(settings: Settings, /, **options: Any) -> None:
    """Open a maintenance window: no warnings of that unit or component before it ends; then its normal level is learned anew.

    \b
    Example:
      wanbiao parts maintain YXK.3 --for 8h --why "runner inspection"
      wanbiao parts maintain YXK.3 --component turbine_guide_bearing --for 2d
    """
    _act_on_unit(settings, "maintain", **options)


@command.command("resume")
@_acts
@pass_settings
def resume(settings: Settings, /, **options: Any) -> None:
    """End a maintenance window before its time.

    \b
    Example:
      wanbiao parts resume YXK.3
    """
    _act_on_unit(settings, "resume", **options)


@command.command("relearn")
@_acts
@pass_settings
def relearn(settings: Settings, /, **options: Any) -> None:
    """Have the normal level of a unit or component learned anew: something was changed on purpose.

    \b
    Example:
      wanbiao parts relearn YXK.3 --component turbine_guide_bearing --why "new oil"
    """
    _act_on_unit(settings, "relearn", **options)


@command.command("repaired")
@click.argument("tag", metavar="TAG")
@act_options
@pass_settings
def repaired(settings: Settings, /, *, tag: str, **options: Any) -> None:
    """Tell that a sensor is in order again that a warning was closed for: wanbiao warnings close --outcome sensor.

    \b
    Example:
      wanbiao parts repaired YXK.30MKD10CT101 --who "Li Wei" --why "replaced"
    """
    from wanbiao.parts import find_sensor

    _act(settings, "repaired", find_sensor(settings.load_fleet(), tag), **options)


def _act_on_unit(settings: Settings, kind: str, /, *, unit: str, component: str, **options: Any) -> None:
    from wanbiao.parts import find_unit

    _act(settings, kind, find_unit(settings.load_fleet(), unit, component), **options)


def _act(
    settings: Settings, kind: str, part: dict[str, Any], /, *, as_json: bool, language: str | None, **options: Any
) -> None:
    from connectors.action_wire import REFUSED, encode_audit
    from wanbiao.acts import send_act
    from wanbiao.errors import RefusedError
    from wanbiao.parts import done

    record = send_act(settings, kind, **part, **options)
    if as_json:
        click.echo(encode_audit(record).decode())
    if record.result == REFUSED:
        raise RefusedError(f"refused: {record.reason}")
    if not as_json:
        show_local_times(settings)
        click.echo(done(record, settings.load_fleet(), language or settings.language))
