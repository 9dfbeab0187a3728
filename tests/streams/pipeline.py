"""A whole pipeline for a test: topics and bucket of its own, real worker processes that may be killed, an oracle, a checker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import msgspec

from connectors import influx, wire
from connectors.action_wire import ActionMessage, encode_audit
from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_plans
from connectors.kafka_reader import Record, read_topic
from detectors.events import DataQuality, EarlyWarning, HealthScore
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet
from stations.scan import Scan
from stations.simulate import simulate
from streams.acting import answer
from streams.checkpoint import POSITION_KEY
from tests.streams.people import Entry, apply, encode

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 6  # spreads the four stations over three partitions
START_NS = 1_767_225_600_000_000_000
LIVELY = {"limit": 1.5, "warm_up_s": 600.0, "warm_up_scans": 20, "learn_s": 20.0, "on_scans": 3, "off_scans": 3}
"""Warm in ten minutes and touchy, so that short runs hold many warnings to lose or double."""
WAIT_S = 120.0
"""Longest wait for a pipeline to catch up [s]."""
POISON = (b"", b"junk", b"\x98\x01", b'{"schema": 1}', b"\xff" * 300)


@dataclass(frozen=True)
class Report:
    """What became of a run, against the oracle; every count but the last three must be 0."""

    lost: int
    phantom: int
    differing: int
    out_of_order: int
    warnings_lost: int
    warnings_phantom: int
    wrong_answers: int
    wrong_states: int
    repeats: int
    warnings: int
    answers: int

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing double that differs, every state right."""
        counted = ("repeats", "warnings", "answers")
        return not any(getattr(self, name) for name in self.__dataclass_fields__ if name not in counted)


@dataclass
class Pipeline:
    """One isolated pipeline on real services."""

    kafka: str
    influx_url: str
    prefix: str
    folder: Path
    stations: Sequence[str] = ("YXK", "BSX", "FYL", "LTZ")
    checkpoint_s: float = 1.0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    fleet: Fleet = field(init=False)
    tuning: Tuning = field(init=False)
    _started: int = 0

    def __post_init__(self) -> None:
        self.fleet = load_fleet()
        self.tuning = Tuning(**LIVELY)  # type: ignore[arg-type]  # a mapping of numbers
        self.address = KafkaAddress(self.kafka)
        self.bucket = self.prefix.rstrip(".")
        create_topics(self.address, topic_plans(self.prefix, PARTITIONS))
        influx.ensure_bucket(self.influx_url, token="", org="-", bucket=self.bucket)
        lines = [f"{key} = {value}" for key, value in LIVELY.items()]
        (self.folder / "tuning.toml").write_text("\n".join(lines) + "\n")

    def start_worker(self, name: str = "w1") -> subprocess.Popen[bytes]:
        """Start a worker process under a name; the same name takes over from a dead one at once."""
        self._started += 1
        environ = {key: value for key, value in os.environ.items() if not key.startswith("WANBIAO_")}
        environ |= {
            "WANBIAO_KAFKA": self.kafka,
            "WANBIAO_PREFIX": self.prefix,
            "WANBIAO_PARTITIONS": str(PARTITIONS),
            "WANBIAO_WORKER_ID": f"{self.prefix}{name}",
            "WANBIAO_INFLUX_URL": self.influx_url,
            "WANBIAO_INFLUX_BUCKET": self.bucket,
            "WANBIAO_CLOCK": "recorded",
            "WANBIAO_CHECKPOINT_S": str(self.checkpoint_s),
            "WANBIAO_ALIVE_FILE": str(self.folder / f"alive-{name}"),
            "WANBIAO_TUNING": str(self.folder / "tuning.toml"),
        }
        log = (self.folder / f"worker-{self._started}-{name}.log").open("wb")
        with log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "wanbiao", "worker"], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT
            )
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        """End every worker that still runs."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    def terminate(self, worker: subprocess.Popen[bytes], timeout_s: float = 20.0) -> int:
        """SIGTERM; the exit code."""
        worker.send_signal(signal.SIGTERM)
        return worker.wait(timeout_s)

    def logs(self) -> str:
        """What all workers have logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("worker-*.log")))

    def scans(self, count: int, seed: int = 1) -> list[Scan]:
        """``count`` scans of every station, 10 s apart, in event-time order."""
        runs = [
            simulate(self.fleet.stations[code], start_ns=START_NS, n_scans=count, seed=seed) for code in self.stations
        ]
        return [scan for together in zip(*runs, strict=True) for scan in together]

    def send(self, log: Iterable[Entry], *, poison_every: int = 0, pause: Callable[[int], None] | None = None) -> int:
        """Send scans and actions; a bad message of some kind after every ``poison_every``-th. Returns how many went out."""
        sent = 0
        with ScanProducer(self.address, f"{self.prefix}telemetry") as producer:
            for i, entry in enumerate(log):
                producer.send(entry.station, encode(entry))
                sent += 1
                if poison_every and i % poison_every == 0:
                    producer.send(entry.station, POISON[i // poison_every % len(POISON)])
                    sent += 1
                if pause is not None:
                    pause(i)
        return sent

    def read(self, topic: str, *, committed_only: bool = False) -> list[Record]:
        """Every record of one topic of this pipeline."""
        return list(read_topic(self.address, f"{self.prefix}{topic}", committed_only=committed_only))

    def position(self) -> int:
        """Messages that are covered by a barrier, over all partitions."""
        positions: dict[int, int] = {}
        for record in self.read("checkpoints", committed_only=True):
            if record.key == POSITION_KEY and record.value:
                positions[record.partition] = msgspec.msgpack.decode(record.value)[1]
        return sum(positions.values())

    def wait(self, messages: int, *, revive: Callable[[], None] = lambda: None) -> None:
        """Return when a barrier covers that many messages; fail if that takes too long."""
        deadline = time.monotonic() + WAIT_S
        while (done := self.position()) < messages:
            if time.monotonic() > deadline:
                raise AssertionError(f"{done} of {messages} messages after {WAIT_S:.0f} s\n{self.logs()[-3000:]}")
            revive()
            time.sleep(0.3)  # a poll with a deadline

    def wait_for_share(self, log: str) -> None:
        """Return when the worker of a log owns a partition and judges its messages; fail if that takes too long."""
        deadline = time.monotonic() + WAIT_S
        while "continues at offset" not in self.folder.joinpath(log).read_text(errors="replace"):
            if time.monotonic() > deadline:
                raise AssertionError(f"no partition in {log} after {WAIT_S:.0f} s\n{self.logs()[-3000:]}")
            time.sleep(0.1)  # a poll with a deadline

    def check(self, log: Iterable[Entry]) -> Report:
        """Compare all topics with an uninterrupted offline run of the same scans and actions."""
        oracle = Oracle(self.fleet, self.tuning, log)
        health, warnings = oracle.health, oracle.warnings
        seen: dict[tuple[str, int], bytes] = {}
        last: dict[str, int] = {}
        differing = out_of_order = repeats = 0
        for record in self.read("health"):
            message = wire.decode_health(record.value or b"")
            key = (message.station, message.time_ns)
            if key in seen:
                repeats += 1
            else:
                out_of_order += message.time_ns < last.get(message.station, 0)
                last[message.station] = message.time_ns
            differing += record.value != health.get(key, record.value) or seen.get(key, record.value) != record.value
            seen[key] = record.value or b""
        told = {record.value for record in self.read("warnings")}
        return Report(
            lost=len(health.keys() - seen.keys()),
            phantom=len(seen.keys() - health.keys()),
            differing=differing,
            out_of_order=out_of_order,
            warnings_lost=len(warnings - told),
            warnings_phantom=len(told - warnings),
            wrong_answers=self._wrong_answers(oracle.answers),
            wrong_states=self._wrong_states(oracle.monitors),
            repeats=repeats,
            warnings=len(warnings),
            answers=sum(map(len, oracle.answers.values())),
        )

    def _wrong_answers(self, wanted: dict[bytes, list[bytes]]) -> int:
        """Answers that are missing, too many, different, or in another order than people acted; exact repeats do not count."""
        given: dict[bytes, dict[bytes, None]] = {}
        for record in self.read("actions"):
            given.setdefault(record.key or b"", {})[record.value or b""] = None
        wrong = 0
        for station in wanted.keys() | given.keys():
            mine, theirs = list(given.get(station, {})), list(dict.fromkeys(wanted.get(station, [])))
            wrong += sum(one != other for one, other in zip_longest(mine, theirs))
        return wrong

    def _wrong_states(self, monitors: dict[str, StationMonitor]) -> int:
        kept = {r.key: r.value for r in self.read("checkpoints", committed_only=True) if r.key != POSITION_KEY}
        wanted = {f"{code}/units".encode(): monitor.snapshot("units") for code, monitor in monitors.items()}
        return sum(kept.get(key) != state for key, state in wanted.items())

    def points(self, station: str) -> int:
        """Health points of a station (its roll-up) in InfluxDB."""
        select = f'SELECT count("state") FROM "health" WHERE "unit" = \'all\' AND "station" = \'{station}\''  # noqa: S608  # our own code
        rows = influx.query(self.influx_url, token="", database=self.bucket, influxql=select)
        return int(rows[0]["count"]) if rows else 0


class Oracle:
    """An uninterrupted offline run: health by station and time, warnings, answers by station in their order, the monitors."""

    def __init__(self, fleet: Fleet, tuning: Tuning, log: Iterable[Entry]) -> None:
        self.monitors: dict[str, StationMonitor] = {}
        self.health: dict[tuple[str, int], bytes] = {}
        self.warnings: set[bytes | None] = set()
        self.answers: dict[bytes, list[bytes]] = {}
        for entry in log:
            monitor = self.monitors.setdefault(entry.station, StationMonitor(fleet.stations[entry.station], tuning))
            events = apply(monitor, entry)
            for event in events:
                if isinstance(event, HealthScore):
                    self.health[event.station, event.time_ns] = wire.encode_health(event)
                elif isinstance(event, EarlyWarning | DataQuality):
                    self.warnings.add(wire.encode_warning(event))
            if isinstance(entry, ActionMessage):
                self.answers.setdefault(entry.station.encode(), []).append(encode_audit(answer(entry, events)))
