"""``wanbiao simulate``: simulated stations in place of the plant, on the telemetry topic."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from wanbiao.cli import EXIT_INTERRUPTED, pass_settings
from wanbiao.parameters import FaultText, Finite, Moment, Speed, find_stations
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from stations.faults import Fault
    from stations.plant import Station
    from stations.scan import Scan

DAY_S = 86_400.0


@click.command(short_help="Send simulated telemetry to Kafka.")
@click.option("--kafka", is_flag=True, help="Send to the telemetry topic; nothing else can be chosen yet.")
@click.option(
    "--stations", "codes", default="", help="Station codes, e.g. YXK,FYL; default: all that can be simulated."
)
@click.option(
    "--start", type=Moment(), default="now", show_default=True, help="Time of the first scan: now, or ISO 8601."
)
@click.option("--days", type=Finite(0, 36_600, min_open=True), help="Days of plant time; default: until Ctrl-C.")
@click.option("--scans", type=click.IntRange(1), help="Scans of each station, instead of --days.")
@click.option("--speed", type=Speed(), default="1", show_default=True, help="Plant seconds a second, or max.")
@click.option("--period", type=Finite(0.1, 86_400), help="Seconds between two scans; default: the catalogue's.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Same seed, same telemetry.")
@click.option(
    "--fault", "faults", type=FaultText(), multiple=True, help="kind:station:unit:start:development; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Send simulated scans of hydro and wind stations to Kafka, in order of plant time.

    With --period the worker needs the same WANBIAO_PERIOD_S; when plant time is not now (--start, --speed), it needs
    WANBIAO_CLOCK=recorded. The summary says so.

    \b
    Example:
      wanbiao simulate --kafka
      wanbiao simulate --kafka --stations YXK --period 600 --start 2026-01-01 --days 90 --speed max \\
          --fault F01:YXK:2:2026-03-05T00:00Z:21d
    """
    if not options.pop("kafka"):
        raise click.UsageError("where to? expected --kafka")
    if options["days"] and options["scans"]:
        raise click.UsageError("either --days or --scans, not both")
    as_json = options.pop("as_json")
    job = _prepare(settings, **options)
    interrupted = _send(settings, job)
    click.echo(json.dumps(job.summary(settings)) if as_json else job.sentence(settings))
    if interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)


@dataclass(slots=True)
class _Job:
    """What is sent, and what was sent so far."""

    stations: Sequence[Station]
    scans: Iterator[Scan]
    start_ns: int
    end_ns: int | None
    speed: float
    seed: int
    period_s: float | None
    is_now: bool
    sent: int = 0
    readings: int = 0
    last_ns: int = 0
    seconds: float = 0.0

    def needs(self, settings: Settings) -> dict[str, str]:
        """Settings without which a worker would refuse these scans."""
        needs = {}
        if self.period_s is not None and self.period_s != settings.period_s:
            needs["WANBIAO_PERIOD_S"] = f"{self.period_s:g}"
        if settings.clock == "live" and not (self.is_now and self.speed == 1.0):
            needs["WANBIAO_CLOCK"] = "recorded"
        return needs

    def summary(self, settings: Settings) -> dict[str, Any]:
        """For programs."""
        return {
            "topic": f"{settings.prefix}telemetry",
            "stations": [station.code for station in self.stations],
            "scans": self.sent,
            "readings": self.readings,
            "first_ns": self.start_ns,
            "last_ns": self.last_ns,
            "seconds": round(self.seconds, 3),
            "scans_per_s": round(self.sent / max(self.seconds, 1e-3), 1),
            "seed": self.seed,
            "worker_needs": self.needs(settings),
        }

    def sentence(self, settings: Settings) -> str:
        """For people."""
        from wanbiao.display import date, duration

        line = f"sent {self.sent} scans of {', '.join(station.code for station in self.stations)}"
        if self.sent:
            line += f", {date(self.start_ns)} to {date(self.last_ns)} UTC,"
        line += f" to {settings.prefix}telemetry in {duration(self.seconds)}; seed {self.seed}"
        needs = " ".join(f"{name}={value}" for name, value in self.needs(settings).items())
        return f"{line}; the worker needs {needs}" if needs else line


def _prepare(
    settings: Settings,
    *,
    codes: str,
    start: int,
    days: float | None,
    scans: int | None,
    speed: float,
    period: float | None,
    seed: int,
    faults: Sequence[Fault],
) -> _Job:
    from stations.simulate import TECHNOLOGIES
    from wanbiao.embedded import ENDLESS_SCANS, simulated

    fleet = settings.load_fleet()
    can = [station.code for station in fleet.stations.values() if station.technology in TECHNOLOGIES]
    stations = find_stations(fleet, codes, can)
    if cannot := [station.code for station in stations if station.code not in can]:
        raise click.UsageError(
            f"{', '.join(cannot)} cannot be simulated; expected some of {', '.join(can) or 'none here'}"
        )
    if period is not None:
        stations = [station.at_period(period) for station in stations]
    strangers = [fault.station for fault in faults if fault.station not in {station.code for station in stations}]
    if strangers:
        raise click.UsageError(f"--fault names station {strangers[0]}, which is not simulated here")
    longest_s = max((station.block("units").period_s for station in stations), default=1.0)
    start_ns = start or int(time.time() // longest_s * longest_s) * 10**9
    span_s = math.inf if days is None else days * DAY_S
    if scans is not None:
        span_s = scans * longest_s
    try:
        source = simulated(
            stations, start_ns=start_ns, seed=seed, faults=faults, n_scans=scans or ENDLESS_SCANS, span_s=span_s
        )
    except (ValueError, KeyError) as error:
        raise click.UsageError(str(error)) from None
    end_ns = None if math.isinf(span_s) else start_ns + round(span_s * 1e9)
    return _Job(stations, source, start_ns, end_ns, speed, seed, period, is_now=not start)


def _send(settings: Settings, job: _Job) -> bool:
    """Send until the end; True if Ctrl-C came first. What was sent is acknowledged when it returns."""
    from connectors.kafka import ScanProducer
    from connectors.wire import encode_scan
    from wanbiao.display import console, date, progress
    from wanbiao.embedded import Pace

    pace = Pace(job.speed)
    begun = time.monotonic()
    interrupted = False
    with (
        ScanProducer(settings.kafka_address(), f"{settings.prefix}telemetry") as producer,
        progress("simulating", out=console("stderr")) as advance,
    ):
        try:
            for scan in job.scans:
                pace.wait(scan.time_ns)
                producer.send(scan.station, encode_scan(scan))
                job.sent, job.readings, job.last_ns = job.sent + 1, job.readings + scan.values.size, scan.time_ns
                done = None if job.end_ns is None else (scan.time_ns - job.start_ns) / (job.end_ns - job.start_ns)
                advance(done, f"{date(scan.time_ns)}, {job.sent} scans")
        except KeyboardInterrupt:
            interrupted = True
    job.seconds = time.monotonic() - begun
    return interrupted
