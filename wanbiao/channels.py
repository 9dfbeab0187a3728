"""The file of channels: who is told what, by which way. Every problem in it is one line, like those of the catalogue.

Keys are the fields of `Entry` and `detectors.facts.Links`; docs/messages.md explains them. Secrets stand in files of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import click

from connectors.notify import is_known, is_open, is_safe, is_webhook
from detectors.events import LEVELS
from detectors.facts import PLACES, Links, unknown_places
from detectors.routes import Route, family
from stations.plant import Fleet
from stations.schema import Problem, nearest, read, read_toml, show
from wanbiao.errors import ConfigError
from wanbiao.parameters import Duration

CHANNELS_MOST: Final = 50
"""Each has a thread and a connection of its own."""
SECRET_LEAST, SECRET_MOST = 16, 4096
"""Characters of a secret or an address in a file."""
ESCALATE_LEAST_S, ESCALATE_MOST_S = 60.0, 7 * 86_400.0
"""Nobody can acknowledge faster than in a minute; after a week the worklist has long reminded [s]."""
MESSAGE, WORK_ORDER, GRAFANA = "message", "work_order", "grafana"
FORMATS: Final = (MESSAGE, WORK_ORDER, GRAFANA)
"""What a webhook is sent; a Grafana, whose address is written like one, gets annotations."""
LANGUAGES: Final = ("zh", "en", "both")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[[channel]]`` as it stands in the file."""

    name: str
    url: str | None = None
    url_file: str | None = None
    secret_file: str | None = None
    format: str = MESSAGE
    language: str | None = None
    level: str = "warning"
    digest_level: str | None = None
    stations: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    time_zone: str = "Asia/Shanghai"
    quiet_hours: str | None = None
    digest_at: str | None = None
    escalate_after: str | None = None
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """The whole file."""

    channel: tuple[Entry, ...] = ()
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel, checked; ``url`` and ``secret`` never show in a repr."""

    route: Route
    url: str = field(repr=False)
    secret: str = field(repr=False)
    format: str
    language: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.route.channel


@dataclass(frozen=True, slots=True)
class Channels:
    """All channels and what their messages link to."""

    channels: tuple[Channel, ...] = ()
    links: Links = field(default_factory=Links)


def load_channels(path: str, fleet: Fleet, language: str) -> Channels:
    """The channels in a file; ``language`` is that of channels which name none.

    Raises
    ------
    ConfigError : one line for each problem: file, key, value, what was expected, the nearest valid name.
    """
    where = Path(path)
    problems: list[Problem] = []
    raw = read_toml(where, problems)
    file = None if raw is None else read(File, raw, where.name, problems)
    made: list[Channel] = []
    if file is not None:
        reader = _Reader(where, fleet, language, [entry.name for entry in file.channel], problems)
        made = [channel for i, entry in enumerate(file.channel) if (channel := reader.channel(i, entry)) is not None]
        reader.all(file)
    if file is None or problems:
        raise ConfigError("\n".join(map(str, problems)))
    return Channels(tuple(made), file.links)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks what the types of the fields do not say."""

    path: Path
    fleet: Fleet
    language: str
    names: list[str]
    problems: list[Problem]

    def wrong(self, key: str, value: object, expected: str, near: str | None = None) -> None:
        self.problems.append(Problem(self.path.name, key, show(value), expected, near))

    def channel(self, i: int, entry: Entry) -> Channel | None:
        key, before = f"channel[{i}]", len(self.problems)
        if not _NAME.fullmatch(entry.name):
            self.wrong(f"{key}.name", entry.name, "1 to 40 letters, digits, underscores or hyphens")
        elif self.names.index(entry.name) < i:
            self.wrong(f"{key}.name", entry.name, "a name that no other channel has")
        for name, value, known in (
            ("level", entry.level, LEVELS),
            ("digest_level", entry.digest_level or LEVELS[0], LEVELS),
            ("format", entry.format, FORMATS),
            ("language", entry.language or self.language, LANGUAGES),
        ):
            self.one_of(f"{key}.{name}", value, known)
        stations = self.fleet.stations
        technologies = {one.technology for one in stations.values()}
        for name, values, valid in (
            ("stations", entry.stations, sorted(stations)),
            ("technologies", entry.technologies, sorted({*technologies, *map(family, technologies)})),
        ):
            for n, value in enumerate(values):
                self.one_of(f"{key}.{name}[{n}]", value, valid)
        url, secret = self.address(key, entry)
        route = self.route(key, entry)
        if len(self.problems) > before or route is None:
            return None
        return Channel(route, url, secret, entry.format, entry.language or self.language)

    def one_of(self, key: str, value: str, known: Iterable[str]) -> None:
        known = list(known)
        if value not in known:
            self.wrong(key, value, f"one of {', '.join(known)}", nearest(value, known))

    def route(self, key: str, entry: Entry) -> Route | None:
        if entry.time_zone not in available_timezones():
            self.wrong(
                f"{key}.time_zone",
                entry.time_zone,
                "a time zone such as Asia/Shanghai",
                nearest(entry.time_zone, available_timezones()),
            )
            return None
        # A digest of the day is of everything, unless it is said otherwise.
        digest_level = entry.digest_level or ("watch" if entry.digest_at else entry.level)
        if (
            entry.digest_level
            and {entry.level, digest_level} <= set(LEVELS)
            and LEVELS.index(digest_level) > LEVELS.index(entry.level)
        ):
            self.wrong(f"{key}.digest_level", digest_level, f"{entry.level} or less, as level says")
        after_s = self.escalation(key, entry)
        return Route(
            channel=entry.name,
            level=entry.level,
            digest_level=digest_level,
            stations=frozenset(entry.stations),
            technologies=frozenset(entry.technologies),
            quiet=self.quiet(f"{key}.quiet_hours", entry.quiet_hours),
            digest_at=self.clock(f"{key}.digest_at", entry.digest_at),
            zone=ZoneInfo(entry.time_zone),
            escalate_after_s=after_s,
            escalate_to=entry.escalate_to or "",
        )

    def quiet(self, key: str, text: str | None) -> tuple[time, time] | None:
        if text is None:
            return None
        begin, dash, end = (part.strip() for part in text.partition("-"))
        if not dash or not _CLOCK.fullmatch(begin) or not _CLOCK.fullmatch(end) or begin == end:
            self.wrong(key, text, 'begin and end, such as "22:00-06:00"')
            return None
        return time.fromisoformat(begin), time.fromisoformat(end)

    def clock(self, key: str, text: str | None) -> time | None:
        if text is None:
            return None
        if not _CLOCK.fullmatch(text):
            self.wrong(key, text, 'a time of the day, such as "07:00"')
            return None
        return time.fromisoformat(text)

    def escalation(self, key: str, entry: Entry) -> float | None:
        after, target = entry.escalate_after, entry.escalate_to
        if (after is None) != (target is None):
            lacks, has = ("escalate_to", "escalate_after") if target is None else ("escalate_after", "escalate_to")
            self.problems.append(Problem(self.path.name, f"{key}.{lacks}", "missing", f"a value, since {has} has one"))
        if target is not None and (target not in self.names or target == entry.name):
            others = [name for name in self.names if name != entry.name]
            self.wrong(f"{key}.escalate_to", target, "the name of another channel", nearest(target, others))
        if after is None:
            return None
        try:
            after_s = float(Duration().convert(after, None, None))
        except click.BadParameter:
            after_s = 0.0
        if not ESCALATE_LEAST_S <= after_s <= ESCALATE_MOST_S:
            self.wrong(f"{key}.escalate_after", after, "a time from 1m to 7d, such as 30m")
        return after_s

    def address(self, key: str, entry: Entry) -> tuple[str, str]:
        """Address and secret; neither is ever shown."""
        if (entry.url is None) == (entry.url_file is None):
            found = "missing" if entry.url is None else "given twice"
            self.problems.append(Problem(self.path.name, f"{key}.url", found, "either url or url_file"))
            return "", ""
        url, where = entry.url or "", f"{key}.url"
        if entry.url_file is not None:
            where = f"{key}.url_file"
            url = self.secret(where, entry.url_file, 1)
            if not url:
                return "", ""
        elif not is_open(url):
            self.problems.append(
                Problem(self.path.name, where, "(hidden)", "url_file for an address that holds a password or a token")
            )
            return "", ""
        if is_webhook(url) and not is_safe(url):
            self.problems.append(Problem(self.path.name, where, "(hidden)", "https://; http:// only to this machine"))
        elif not is_webhook(url) and not is_known(url):
            self.problems.append(
                Problem(
                    self.path.name, where, "(hidden)", "https://... or an address that apprise knows, e.g. mailto://"
                )
            )
        return url, self.webhook_secret(key, entry, is_webhook(url))

    def webhook_secret(self, key: str, entry: Entry, is_webhook: bool) -> str:
        if not is_webhook:
            if entry.secret_file is not None:
                self.wrong(f"{key}.secret_file", entry.secret_file, "no secret, since only webhooks are signed")
            if entry.format != MESSAGE:
                self.wrong(f"{key}.format", entry.format, f"{MESSAGE}, since only webhooks take work orders and marks")
            return ""
        if entry.secret_file is None:
            self.problems.append(
                Problem(
                    self.path.name,
                    f"{key}.secret_file",
                    "missing",
                    "a file with the secret that signs the webhook (grafana: its token)",
                )
            )
            return ""
        return self.secret(f"{key}.secret_file", entry.secret_file, SECRET_LEAST)

    def secret(self, key: str, file: str, least: int) -> str:
        """What a file holds, named from the folder of this one; "" if it cannot be used."""
        try:
            raw = (self.path.parent / file).read_bytes()
        except OSError as error:
            self.wrong(key, file, f"a file that can be read ({(error.strerror or 'unreadable').lower()})")
            return ""
        text = raw.strip()
        if not (least <= len(text) <= SECRET_MOST and text.isascii() and text.decode().isprintable()):
            self.wrong(key, file, f"a file with one line of {least} to {SECRET_MOST} printable ASCII characters")
            return ""
        return text.decode()

    def all(self, file: File) -> None:
        """What concerns more than one channel."""
        if len(file.channel) > CHANNELS_MOST:
            self.wrong("channel", len(file.channel), f"at most {CHANNELS_MOST} channels")
        targets = {entry.name: entry.escalate_to for entry in file.channel}
        for i, entry in enumerate(file.channel):
            seen: list[str] = [entry.name]
            while (target := targets.get(seen[-1])) is not None and target not in seen:
                seen.append(target)
            if target == entry.name and len(seen) > 1:
                self.wrong(
                    f"channel[{i}].escalate_to", entry.escalate_to, "a channel that does not escalate back to this one"
                )
        for name in ("board", "grafana", "replay"):
            text = getattr(file.links, name)
            try:
                wrong = unknown_places(text)
            except ValueError:
                self.wrong(f"links.{name}", text, "braces that fit together")
                continue
            for place in wrong:
                self.wrong(f"links.{name}", "{" + place + "}", f"one of {', '.join(PLACES)}", nearest(place, PLACES))
