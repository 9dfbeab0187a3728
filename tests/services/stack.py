"""``make stack``: what `docker-compose.yml` runs, without containers.

A real Kafka and InfluxDB of the tests, and our services with the very command lines and settings of that file; only addresses
differ, InfluxDB 1.8 asks for no token, and the board, on loopback, for none either. Grafana is left out. Everything that was
started ends with this program.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click

from tests.services.cache import ServiceUnavailableError, telling_line
from tests.services.composition import ROOT, our_services, settings_of
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import Server, ServiceError, free_port
from wanbiao.parameters import Duration

EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h
CHECK_S = 0.5
ALIVE_S = 60.0
"""Older than that, a file of life is none: as the health checks of the containers have it."""


class Program(Server):
    """A service that runs ``wanbiao``; it is ready once it has touched its file."""

    ready_timeout_s = 180.0  # a first start compiles

    def __init__(self, name: str, service: dict[str, Any], kafka: KafkaBroker, influx: InfluxServer) -> None:
        self.name = name
        super().__init__()
        self.words: list[str] = service["command"]
        self.stop_signal = signal.Signals[service.get("stop_signal", "SIGTERM")]
        self.alive = self.folder / "alive"
        self.environ: dict[str, str] = environ_of(service, kafka, influx) | {
            "WANBIAO_ALIVE_FILE": str(self.alive),
            "TMPDIR": str(self.folder),  # what it leaves there goes with the folder
        }
        if "WANBIAO_OUTBOX" in self.environ:
            self.environ["WANBIAO_OUTBOX"] = str(self.folder / "outbox")

    def run(self) -> None:
        """Run to the end. ServiceError if that is none of success."""
        done = subprocess.run(self._command(), env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceError(f"{self.name} ended with {done.returncode}: {telling_line(done.stderr)}")

    @property
    def what(self) -> str:
        """Its command, and where it is to be seen if it has a page."""
        port = self.environ.get("WANBIAO_BOARD_PORT")
        return " ".join([*self.words, *([f"http://127.0.0.1:{port}"] if port else [])])

    @property
    def healthy(self) -> bool:
        """True while it runs and gets on."""
        return self.running and time.time() - self.alive.stat().st_mtime < ALIVE_S

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "wanbiao", *self.words]

    def _answers(self) -> bool:
        return self.alive.exists()


def environ_of(service: dict[str, Any], kafka: KafkaBroker, influx: InfluxServer) -> dict[str, str]:
    """The environment of a service: settings of the file, addresses of here."""
    settings = settings_of(service) | {"WANBIAO_KAFKA": kafka.bootstrap, "WANBIAO_INFLUX_URL": influx.url}
    settings = {name: value for name, value in settings.items() if not name.endswith("_TOKEN_FILE")}
    settings.pop("WANBIAO_NOTIFY", None)  # of the container; nobody is told from here
    if "WANBIAO_BOARD_HOST" in settings:
        settings |= {"WANBIAO_BOARD_HOST": "127.0.0.1", "WANBIAO_BOARD_PORT": str(free_port())}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return ours | settings | {"PYTHONPATH": os.pathsep.join(paths)}


@click.command()
@click.option("--for", "for_s", type=Duration(), help="End after so long, e.g. 60s; default: with Ctrl-C.")
def main(for_s: float | None) -> None:
    """Run Kafka, InfluxDB, two workers, the board, the simulator and the messages, to nobody, without containers."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with contextlib.ExitStack() as started:
        try:
            programs, influx = _start(started, ending)
            until = None if for_s is None else time.monotonic() + for_s
            while not ending.wait(CHECK_S) and (until is None or time.monotonic() < until):
                for program in programs:
                    if not program.healthy:
                        raise ServiceError(f"{program.name} is dead or does not get on: {_last_line(program.log)}")
        except (ServiceUnavailableError, ServiceError) as error:
            click.echo(f"stack: {error}", err=True)
            raise click.exceptions.Exit(EXIT_UNAVAILABLE) from None
        for program in reversed(programs):  # in good order: the simulator, then the workers with a last checkpoint
            program.stop()
        rows = influx.query("SELECT count(event_ms) FROM health WHERE unit = 'all' GROUP BY station", "pm")
        click.echo(f"{sum(int(row['count']) for row in rows)} scans of {len(rows)} stations judged; all ended")


def _start(started: contextlib.ExitStack, ending: threading.Event) -> tuple[list[Program], InfluxServer]:
    """Servers, what ends by itself, then what runs; a line for each."""
    kafka = started.enter_context(contextlib.closing(KafkaBroker()))
    influx = started.enter_context(contextlib.closing(InfluxServer()))
    kafka.start()
    _say("kafka", kafka.bootstrap, kafka.log)
    influx.start()
    _say("influxdb", influx.url, influx.log)
    programs = []
    # The InfluxDB of the containers makes its bucket when it starts for the first time.
    once = {"bucket": our_services()["worker-1"] | {"command": ["buckets", "create"], "restart": "no"}}
    for name, service in (once | our_services()).items():
        program = started.enter_context(contextlib.closing(Program(name, service, kafka, influx)))
        if ending.is_set():
            break
        if service["restart"] == "no":
            program.run()
            click.echo(f"{name:<10} {' '.join(program.words)}: done")
        else:
            program.start()
            programs.append(program)
            _say(name, program.what, program.log)
    return programs, influx


def _say(name: str, what: str, log: Path) -> None:
    click.echo(f"{name:<10} {what:<30} log {log}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


if __name__ == "__main__":
    main()
