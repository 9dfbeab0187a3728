"""Where the program runs: environment variables ``WANBIAO_*``, read once. The catalogue says what the plant is.

The name of a field in capitals is its variable; its annotation holds the check, its docstring what it means. ``docs/settings.md``
is the table of them for people.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

from stations.schema import Problem, nearest, show
from wanbiao import checks
from wanbiao.apart import refuse_mixed
from wanbiao.errors import ConfigError

if TYPE_CHECKING:
    from connectors.kafka import KafkaAddress
    from detectors.tuning import Tuning
    from stations.plant import Fleet
    from streams.config import WorkerConfig

PREFIX: Final = "WANBIAO_"
IGNORED: Final = ("WANBIAO_DATA", "WANBIAO_TEST_KAFKA", "WANBIAO_TEST_INFLUX")
"""Variables of the tests and benchmarks, which share the prefix."""
SECRETS: Final = ("kafka_password", "influx_token", "grafana_token", "board_token")
"""Settings that may stand in a file, named by a variable that ends in ``_FILE``."""
WHERE: Final = "environment"
"""Stands in place of the file name in a message."""
SECRET_BYTES_MAX: Final = 4096
"""A longer file is not a password."""


def _worker_id() -> str:
    """``worker-`` and the host's name, so that a restart on the same host takes its partitions over at once."""
    return "worker-" + re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them; a default fits one machine on which everything runs."""

    kafka: Annotated[str, checks.bootstrap] = "127.0.0.1:9092"
    """Kafka brokers to ask first: ``host:port`` or several, separated by commas."""
    kafka_user: Annotated[str, checks.text] = ""
    """User for SCRAM-SHA-512; empty = no login."""
    kafka_password: Annotated[str, checks.secret] = field(default="", repr=False)
    """Password of that user; better in a file, named by ``WANBIAO_KAFKA_PASSWORD_FILE``."""
    kafka_ca_file: Annotated[str, checks.ca_file] = ""
    """Certificate of the authority that signed the brokers' (PEM); turns TLS on."""
    prefix: Annotated[str, checks.kafka_name] = "wanbiao."
    """Start of every topic and group; two pipelines on one broker differ in it."""
    partitions: Annotated[int, checks.whole(1, 1000)] = 12
    """Partitions of every topic, fixed when it is created: the most workers that share the stations."""
    worker_id: Annotated[str, checks.kafka_name] = field(default_factory=_worker_id)
    """Name of this worker in its group, different for each; by default ``worker-`` and the name of the host."""
    influx_url: Annotated[str, checks.url] = "http://127.0.0.1:8086"
    """InfluxDB 1.8 or 2."""
    influx_org: Annotated[str, checks.text] = "-"
    """Organisation in InfluxDB 2; version 1 has none."""
    influx_token: Annotated[str, checks.secret] = field(default="", repr=False)
    """Token that may write to the bucket; better in a file, named by ``WANBIAO_INFLUX_TOKEN_FILE``."""
    influx_bucket: Annotated[str, checks.bucket] = "pm"
    """Bucket (version 2) or database (version 1); `replay` in its name means replays, in it and in the prefix or in neither."""
    grafana_url: Annotated[str, checks.url] = "http://127.0.0.1:3000"
    """Grafana to which `wanbiao dashboards publish` writes."""
    grafana_token: Annotated[str, checks.secret] = field(default="", repr=False)
    """Token of a service account of role Editor; better in a file, named by ``WANBIAO_GRAFANA_TOKEN_FILE``."""
    board_host: Annotated[str, checks.host] = "127.0.0.1"
    """Address at which `wanbiao board` listens; any but loopback demands a token."""
    board_port: Annotated[int, checks.whole(1, 65_535)] = 8765
    """Port of the board."""
    board_token: Annotated[str, checks.token] = field(default="", repr=False)
    """What people and programs must show to the board; better in a file, named by ``WANBIAO_BOARD_TOKEN_FILE``."""
    board_names: Annotated[str, checks.hosts] = ""
    """Names under which browsers reach the board, besides localhost and its address; a request by any other name is refused."""
    catalogue: Annotated[str, checks.text] = ""
    """Folder of station files, or files, shipped stations or recordings separated by commas; empty = the shipped fleet."""
    period_s: Annotated[float | None, checks.number(0.001, 86_400.0)] = None
    """Time between two scans of every block [s]; empty = as the catalogue says."""
    profile: Annotated[str, checks.one_of("full", "lite")] = ""
    """How much of a fleet is sampled: ``full`` or ``lite`` (two cores); empty = as the catalogue says."""
    clock: Annotated[str, checks.one_of("live", "recorded")] = "live"
    """``live`` refuses event times far from now, ``recorded`` takes any: for replays and for simulations faster than life."""
    checkpoint_s: Annotated[float, checks.number(0.1, 3600.0)] = 5.0
    """Time between two checkpoints of a worker [s]: what a restart computes again at most."""
    alive_file: Annotated[str, checks.new_file] = ""
    """Touched by a worker after each round of checkpoints, by ``simulate --kafka`` after each scan, by ``notify`` while Kafka
    answers: its age is their health."""
    tuning: Annotated[str, checks.file] = ""
    """TOML file with constants of detection; empty = the usual ones."""
    notify: Annotated[str, checks.file] = ""
    """TOML file with the channels of `wanbiao notify`; empty = nobody is told."""
    outbox: Annotated[str, checks.new_file] = "wanbiao-outbox.sqlite3"
    """SQLite file in which `wanbiao notify` keeps what is to be sent; a run of its own has one of its own."""
    cache: Annotated[str, checks.text] = ""
    """Folder in which `wanbiao replay` keeps what was said in a play; `none` = nowhere; empty = the user's folder of caches."""
    language: Annotated[str, checks.one_of("zh", "en", "both")] = "both"
    """Language of sentences on a terminal."""
    timezone: Annotated[str, checks.time_zone] = "Asia/Shanghai"
    """Zone (IANA) of the times that staff read, on the board, in Grafana and on a terminal; programs and recordings: UTC."""
    log: Annotated[str, checks.one_of("debug", "info", "warning", "error", warn="warning")] = "info"
    """Least severe message that is logged."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in some environment; an empty variable counts as not set.

        Raises
        ------
        ConfigError : a variable is unknown or wrong; one line with what was expected.

        Examples
        --------
        >>> Settings.from_env({"WANBIAO_PARTITIONS": "4", "HOME": "/"}).partitions
        4
        >>> Settings.from_env({"WANBIAO_CLOCK": "life"})
        Traceback (most recent call last):
            ...
        wanbiao.errors.ConfigError: environment: WANBIAO_CLOCK: "life"; expected live or recorded; nearest: "live"
        """
        names = {setting.name: PREFIX + setting.name.upper() for setting in fields(cls)}
        secrets = {name: f"{names[name]}_FILE" for name in SECRETS}
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value.strip()}
        _refuse_unknown(given, [*names.values(), *secrets.values(), *IGNORED])
        for name, variable in secrets.items():
            if variable in given:
                given[names[name]] = _from_file(variable, given[variable], names[name] in given)
        hints = get_type_hints(cls, include_extras=True)
        values: dict[str, Any] = {}
        for name, variable in names.items():
            if variable in given:
                values[name] = _checked(variable, given[variable].strip(), get_args(hints[name])[1])
        settings = cls(**values)
        if bool(settings.kafka_user) != bool(settings.kafka_password):
            has, lacks = ("kafka_user", "kafka_password") if settings.kafka_user else ("kafka_password", "kafka_user")
            raise wrong_setting(names[lacks], "missing", f"a value, since {names[has]} has one")
        return settings

    def kafka_address(self) -> KafkaAddress:
        """Where the brokers are, for a client of `connectors.kafka`."""
        from connectors.kafka import KafkaAddress

        return KafkaAddress(self.kafka, self.kafka_user, self.kafka_password, self.kafka_ca_file)

    def load_fleet(self) -> Fleet:
        """The stations of `catalogue`, sampled as `profile` has it, or each `period_s`.

        Raises
        ------
        ConfigError, CatalogueError : there is no such catalogue, or it has problems.
        """
        from stations.plant import Fleet
        from stations.profiles import in_profile

        fleet = _load_catalogue(self.catalogue)
        if self.profile:
            fleet = in_profile(fleet, self.profile)
        if self.period_s is None:
            return fleet
        return Fleet({code: station.at_period(self.period_s) for code, station in fleet.stations.items()})

    def load_tuning(self) -> Tuning:
        """The constants of detection, those in the file of `tuning` instead of the usual ones.

        Raises
        ------
        ConfigError : file, key, value and what was expected.
        """
        from detectors.tuning import Tuning
        from stations.schema import read, read_toml

        if not self.tuning:
            return Tuning()
        path = Path(self.tuning)
        problems: list[Problem] = []
        raw = read_toml(path, problems)
        try:
            tuning = None if raw is None else read(Tuning, raw, path.name, problems)
        except ValueError as error:
            raise ConfigError(f"{path.name}: {error}") from None
        if tuning is None or problems:
            raise ConfigError("\n".join(map(str, problems)))
        return tuning

    def worker_config(self, fleet: Fleet) -> WorkerConfig:
        """What a worker that watches ``fleet`` must know.

        Raises
        ------
        ConfigError : the constants cannot be used, or topics and bucket are not both of a replay, or both of none.
        """
        from streams.config import WorkerConfig

        refuse_mixed(self.prefix, self.influx_bucket)
        return WorkerConfig(
            fleet=fleet,
            tuning=self.load_tuning(),
            bootstrap=self.kafka,
            user=self.kafka_user,
            password=self.kafka_password,
            ca_file=self.kafka_ca_file,
            prefix=self.prefix,
            partitions=self.partitions,
            worker_id=self.worker_id,
            influx_url=self.influx_url,
            influx_org=self.influx_org,
            influx_token=self.influx_token,
            influx_bucket=self.influx_bucket,
            clock=self.clock,
            checkpoint_s=self.checkpoint_s,
            alive_file=self.alive_file,
        )


def wrong_setting(variable: str, value: str, expected: str, near: str | None = None) -> ConfigError:
    """The error of a wrong setting, in one line."""
    return ConfigError(str(Problem(WHERE, variable, value, expected, near)))


def _refuse_unknown(given: Iterable[str], known: list[str]) -> None:
    for variable in given:
        if variable not in known:
            near = nearest(variable.removeprefix(PREFIX), [name.removeprefix(PREFIX) for name in known])
            raise wrong_setting(variable, "unknown setting", "one of docs/settings.md", near and PREFIX + near)


def _from_file(variable: str, path: str, twice: bool) -> str:
    """The secret in a file, without the line feed that editors add; it never shows in a message."""
    if twice:
        raise wrong_setting(variable, show(path), f"either it or {variable.removesuffix('_FILE')}, not both")
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise wrong_setting(
            variable, show(path), f"a file that can be read ({(error.strerror or 'unreadable').lower()})"
        ) from None
    if not raw.strip() or len(raw) > SECRET_BYTES_MAX or not raw.isascii():
        raise wrong_setting(variable, show(path), f"a file with one secret in ASCII, 1 to {SECRET_BYTES_MAX} bytes")
    return raw.decode().strip()


def _checked(variable: str, text: str, check: checks.Check) -> Any:
    try:
        return check(text)
    except checks.WrongError as wrong:
        raise wrong_setting(variable, wrong.shown, wrong.expected, wrong.nearest) from None


def _load_catalogue(text: str) -> Fleet:
    """The fleet that ``WANBIAO_CATALOGUE`` means."""
    from stations.catalogue import load_fleet, load_station
    from stations.plant import Fleet
    from stations.template import SHIPPED

    if not text or Path(text).is_dir():
        return load_fleet(Path(text) if text else None)
    recordings = {path.stem: path for path in sorted((SHIPPED / "recordings").glob("*.toml"))}
    shipped = recordings | {path.stem.upper(): path for path in sorted(SHIPPED.glob("*.toml"))}
    stations = {}
    for name in text.split(","):
        path = shipped.get(name.strip(), Path(name.strip()))
        if not path.is_file():
            expected = "a folder, station files, a shipped station such as YXK, or a recording: "
            expected += ", ".join(recordings) or "none is shipped"
            raise wrong_setting("WANBIAO_CATALOGUE", show(name.strip()), expected, nearest(name.strip(), shipped))
        station = load_station(path)
        if station.code in stations:
            raise wrong_setting("WANBIAO_CATALOGUE", show(text), f"station {station.code} once")
        stations[station.code] = station
    return Fleet(stations)
