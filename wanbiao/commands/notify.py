"""``wanbiao notify``: messages about early warnings, to whom they concern."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from wanbiao.apart import is_replay
from wanbiao.cli import pass_settings
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from wanbiao.channels import Channel, Channels

logger = logging.getLogger(__name__)


def _channels_option(command: Any) -> Any:
    return click.option("--channels", "file", help="TOML file with the channels; default: WANBIAO_NOTIFY.")(command)


@click.group(
    invoke_without_command=True, short_help="Send messages about early warnings: mail, DingTalk, WeCom, webhooks."
)
@_channels_option
@click.pass_context
def command(context: click.Context, file: str | None) -> None:
    """Send messages about the early warnings on Kafka until SIGTERM, to the channels of a file.

    Who is told what and when stands in that file: docs/messages.md. What is to be sent is kept in WANBIAO_OUTBOX: a channel that
    is away for days is told all of it afterwards, each message once by its id, and delays no other. The first run begins with
    what comes then; what stands already is on the worklist.

    \b
    Example:
      wanbiao notify check channels.toml && wanbiao notify --channels channels.toml
    """
    if context.invoked_subcommand is None:
        _run(file)


@pass_settings
def _run(settings: Settings, file: str | None) -> None:
    from connectors.kafka_reader import TopicReader
    from connectors.outbox import Outbox, only_user
    from streams.alive import AliveFile
    from wanbiao.courier import Courier, sender
    from wanbiao.messenger import Messenger
    from wanbiao.worklist import EVENTS_BACK_MOST

    if is_replay(settings.prefix):
        raise ConfigError(
            f"environment: WANBIAO_PREFIX: {settings.prefix}; expected no replay, since nobody is woken for the past"
        )
    fleet, channels = settings.load_fleet(), _load(settings, file)
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    names = ", ".join(channel.name for channel in channels.channels)
    logger.info(
        "messages of topic %swarnings to %s",
        settings.prefix,
        names or "nobody: no channel is configured (WANBIAO_NOTIFY)",
    )
    address, topic, group = settings.kafka_address(), f"{settings.prefix}warnings", f"{settings.prefix}notify"
    with (
        only_user(settings.outbox),
        Outbox(settings.outbox) as box,
        TopicReader(address, [topic], most=EVENTS_BACK_MOST, group=group) as log,
    ):
        couriers = [Courier(one.name, sender(one), settings.outbox) for one in channels.channels]
        messenger = Messenger(log, box, channels, fleet, couriers)
        messenger.begin()
        messenger.run(ending.is_set, AliveFile(settings.alive_file).touch)
    logger.info("%d messages made, %d records that cannot be read", messenger.made, messenger.unreadable)


@command.command("check")
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")
@pass_settings
def check(settings: Settings, file: str, as_json: bool) -> None:
    """Check a file of channels, and say what each is told. Nothing is sent; a wrong file is exit code 78.

    \b
    Example:
      wanbiao notify check channels.toml
    """
    channels = _load(settings, file)
    if as_json:
        click.echo(json.dumps([_described(one) for one in channels.channels], ensure_ascii=False))
        return
    for one in channels.channels:
        click.echo(
            f"{one.name}: "
            + ", ".join(f"{key} {value}" for key, value in _described(one).items() if key != "name" and value)
        )
    click.echo(f"{file}: {len(channels.channels)} channels, no problem")


@command.command("test")
@click.option("--channel", "name", required=True, help="Name of the channel.")
@_channels_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")
@pass_settings
def test(settings: Settings, name: str, file: str | None, as_json: bool) -> None:
    """Send a test message to one channel, at once. One that does not arrive is exit code 69, with the reason.

    \b
    Example:
      wanbiao notify test --channel crew --channels channels.toml
    """
    from detectors.messages import message, trial
    from detectors.notifier import Notifier
    from wanbiao.courier import outgoing, parcel, sender

    channels = _load(settings, file)
    channel = _find(channels, name)
    made = message(trial(name, time.time_ns()), Notifier([], {}), settings.load_fleet(), channels.links)
    sender(channel).send(outgoing(parcel(made, channel)))
    click.echo(
        json.dumps({"channel": name, "id": made.id}) if as_json else f"{name}: test message {made.id} has arrived"
    )


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """Tell of each channel in the outbox how many messages wait, were delivered, or were given up, and why.

    \b
    Example:
      wanbiao notify status --json
    """
    from pathlib import Path

    from connectors.outbox import Outbox
    from detectors.facts import iso

    if not Path(settings.outbox).is_file():
        raise ConfigError(
            f"environment: WANBIAO_OUTBOX: {settings.outbox}; expected an outbox that wanbiao notify has made"
        )
    with Outbox(settings.outbox) as box:
        tallies = {name: box.tally(name) for name in box.channels()}
    rows = [
        {
            "channel": name,
            "waiting": one.waiting,
            "delivered": one.delivered,
            "given_up": one.given_up,
            "oldest": iso(one.oldest_ns) if one.oldest_ns else None,
            "reason": one.reason or None,
        }
        for name, one in tallies.items()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        since = f" since {row['oldest']}" if row["oldest"] else ""
        reason = f"; {row['reason']}" if row["reason"] else ""
        click.echo(
            f"{row['channel']}: {row['waiting']} waiting{since}, {row['delivered']} delivered, {row['given_up']} given up{reason}"
        )


def _load(settings: Settings, file: str | None) -> Channels:
    from wanbiao.channels import Channels, load_channels

    path = file or settings.notify
    return load_channels(path, settings.load_fleet(), settings.language) if path else Channels()


def _find(channels: Channels, name: str) -> Channel:
    from stations.schema import nearest

    for channel in channels.channels:
        if channel.name == name:
            return channel
    names = [channel.name for channel in channels.channels]
    near = nearest(name, names)
    expected = f"one of {', '.join(names)}" if names else "a file of channels: --channels, or WANBIAO_NOTIFY"
    raise click.UsageError(f'no channel "{name}"; expected {expected}' + (f'; nearest: "{near}"' if near else ""))


def _described(channel: Channel) -> dict[str, Any]:
    """What a channel is told, without its address."""
    from connectors.notify import is_webhook

    route = channel.route
    return {
        "name": channel.name,
        "by": "webhook" if is_webhook(channel.url) else channel.url.partition(":")[0],
        "format": channel.format,
        "language": channel.language,
        "level": route.level,
        "digest_level": route.digest_level,
        "stations": sorted(route.stations),
        "technologies": sorted(route.technologies),
        "quiet_hours": f"{route.quiet[0]:%H:%M}-{route.quiet[1]:%H:%M}" if route.quiet else None,
        "time_zone": str(route.zone),
        "digest_at": f"{route.digest_at:%H:%M}" if route.digest_at else None,
        "escalate_after_s": route.escalate_after_s,
        "escalate_to": route.escalate_to or None,
    }
