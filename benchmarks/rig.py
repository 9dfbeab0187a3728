"""Runs one program of the stream benchmark at a time on real services and reads its CPU time, memory and latencies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from benchmarks.telemetry import START_NS, Telemetry
from connectors import influx, wire
from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_plans
from stations.catalogue import load_fleet
from stations.plant import Block

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 4
WARM_SHARE = 0.6
"""Part of a backlog that is done before the CPU time counts: imports, first scans, learning."""
WARM_MINUTES = 120.0
"""Minutes of life before a paced run counts: after them every model speaks."""
WAIT_S = 120.0
TUNING = "warm_up_s = 600.0\nwarm_up_scans = 1\n"
"""Speaks as soon as every model has more learned scans than coefficients, which takes 110 minutes; all else is as usual."""


@dataclass(frozen=True)
class Result:
    """What one program did."""

    readings_per_cpu_s: float = 0.0
    rss_mb: float = 0.0
    ready_s: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p99_ms: float = 0.0
    cpu_share: float = 0.0
    lag_scans: int = 0


class Rig:
    """The services, and how to run a program against topics and a bucket of its own."""

    def __init__(self, kafka: str, influx_url: str, folder: Path) -> None:
        self._kafka, self._influx, self._folder = kafka, influx_url, folder
        self._fleet = load_fleet()
        self._sources = [(block, Telemetry(block)) for block in self._fleet.blocks]
        (folder / "tuning.toml").write_text(TUNING)

    def backlog(self, name: str, command: list[str], *, minutes: float, stations: Sequence[str] = ()) -> Result:
        """Let a worker program work off the scans of some minutes of life of the fleet (of some stations)."""
        prefix = self._prepare(name)
        life = [turn for turn in self._life(minutes * 60.0) if not stations or turn[1].station in stations]
        with ScanProducer(KafkaAddress(self._kafka), f"{prefix}telemetry") as producer:
            for _, block, source, i in life:
                producer.send(block.station, wire.encode_scan(source.scan(i)))
        total = len(life)
        with self._program(name, command, prefix) as process:
            cpu, first, last = self._work(process, f"{prefix}health", total)
        readings = sum(len(block.units) * len(block.tags) for _, block, _, _ in life) * (last - first) / total
        return Result(readings_per_cpu_s=readings / cpu, rss_mb=_rss_mb(process))

    def naive(self, *, readings: int) -> Result:
        """Let the obvious program work off single readings, one a message."""
        prefix = f"b{uuid.uuid4().hex[:8]}."
        plans = topic_plans(prefix, PARTITIONS)[:2]
        names = [type(plans[0])(f"{prefix}{topic}", PARTITIONS, {}) for topic in ("readings", "scores")]
        create_topics(KafkaAddress(self._kafka), names)
        influx.ensure_bucket(self._influx, token="", org="-", bucket=prefix.rstrip("."))
        producer = KafkaProducer(bootstrap_servers=self._kafka)
        singles = list(self._single(readings))
        for tag, value, time_s in singles:
            message = json.dumps({"tag": tag, "time": time_s, "value": value}).encode()
            producer.send(f"{prefix}readings", key=tag.encode(), value=message)
        producer.close()
        environ = {"NAIVE_BROKER": self._kafka, "NAIVE_PREFIX": prefix, "NAIVE_INFLUX": self._influx}
        with self._program("naive", ["-m", "benchmarks.naive_program"], prefix, environ) as process:
            cpu, first, last = self._work(process, f"{prefix}scores", len(singles))
        return Result(readings_per_cpu_s=(last - first) / cpu, rss_mb=_rss_mb(process))

    def _single(self, readings: int) -> Iterator[tuple[str, float, float]]:
        """Readings of the first unit only: fewer tags make the program no slower, it starts in seconds, and each tag gets past
        the first window of its HalfSpaceTrees, in which they do not score."""
        block, source = self._sources[0]
        low = [tag.low for tag in block.tags]
        span = [tag.high - tag.low for tag in block.tags]
        for i in range(readings // len(block.tags)):
            for n, value in enumerate(source.scan(i).values[0]):
                scaled = (float(value) - low[n]) / span[n]  # HalfSpaceTrees expects values from 0 to 1
                yield block.tags[n].code, scaled, START_NS / 1e9 + i * block.period_s

    def paced(self, name: str, *, speed: float, seconds: float) -> Result:
        """Send scans at ``speed`` times life for ``seconds`` and follow each one to its health message."""
        prefix = self._prepare(name)
        begun = time.monotonic()
        with self._program(name, ["-m", "wanbiao", "worker"], prefix) as process:
            ready_s = self._ask(prefix) - begun
            heard: dict[tuple[str, int], float] = {}
            stop = threading.Event()
            ear = threading.Thread(target=self._listen, args=(f"{prefix}health", heard, stop))
            ear.start()
            told, cpu, lag, took_s = self._speak(process, prefix, speed, seconds, heard)
            deadline = time.monotonic() + WAIT_S
            while any(key not in heard for key in told) and time.monotonic() < deadline:
                time.sleep(0.05)  # a poll with a deadline
            stop.set()
            ear.join()
            waits = np.array([heard[key] - at for key, at in told.items()]) * 1e3
            p50, p99 = np.percentile(waits, [50, 99])
        return Result(0.0, _rss_mb(process), ready_s, float(p50), float(p99), cpu / took_s, lag)

    def _ask(self, prefix: str) -> float:
        """Two hours of life at once, so that detection is warm; returns when the first health message came."""
        warm = self._life(WARM_MINUTES * 60.0)
        with ScanProducer(KafkaAddress(self._kafka), f"{prefix}telemetry") as producer:
            block, source = self._sources[0]
            producer.send(block.station, wire.encode_scan(source.scan(0)))
        with self._ends(f"{prefix}health") as ends:
            _until(lambda: ends() >= 1, "the first health message")
            ready = time.monotonic()
            with ScanProducer(KafkaAddress(self._kafka), f"{prefix}telemetry") as producer:
                for _, block, source, i in warm:
                    producer.send(block.station, wire.encode_scan(source.scan(i)))
            _until(lambda: ends() >= len(warm) + 1, "two hours of life")
        return ready

    def _life(self, seconds: float) -> list[tuple[float, Block, Telemetry, int]]:
        """(due [s], block, source, number) of every scan: each block at its own period, blocks spread over it as stations are."""
        turns = [
            (block.period_s * (i + n / len(self._sources)), block, source, i)
            for n, (block, source) in enumerate(self._sources)
            for i in range(1, int(seconds / block.period_s))
        ]
        return sorted(turns, key=lambda turn: turn[0])

    def _speak(
        self, process: psutil.Process, prefix: str, speed: float, seconds: float, heard: Mapping[tuple[str, int], float]
    ) -> tuple[dict[tuple[str, int], float], float, int, float]:
        """Send the scans of life at a speed. Returns when each was due (a late sender hides no wait), and the CPU seconds of the
        program, the scans without an answer and the seconds that had passed when the last one was sent."""
        told: dict[tuple[str, int], float] = {}
        first_s = WARM_MINUTES * 60.0
        turns = [turn for turn in self._life(first_s + seconds * speed) if turn[0] >= first_s]
        begun, cpu = time.monotonic(), _cpu_s(process)
        with ScanProducer(KafkaAddress(self._kafka), f"{prefix}telemetry") as producer:
            for at, block, source, i in turns:
                scan, due = source.scan(i), begun + (at - first_s) / speed
                time.sleep(max(0.0, due - time.monotonic()))  # the pace of the load
                told[scan.station, scan.time_ns] = due
                producer.send(block.station, wire.encode_scan(scan))
            spent, took_s = _cpu_s(process) - cpu, time.monotonic() - begun
            lag = sum(key not in heard for key in told)
        return told, spent, lag, took_s

    def _listen(self, topic: str, heard: dict[tuple[str, int], float], stop: threading.Event) -> None:
        with _reader(self._kafka) as consumer:
            parts = [TopicPartition(topic, p) for p in range(PARTITIONS)]
            consumer.assign(parts)
            consumer.seek_to_end(*parts)
            while not stop.is_set():
                for records in consumer.poll(timeout_ms=50).values():
                    at = time.monotonic()
                    for record in records:
                        message = wire.decode_health(record.value)
                        heard.setdefault((message.station, message.time_ns), at)

    def _prepare(self, name: str) -> str:
        prefix = f"b{uuid.uuid4().hex[:8]}.{name}."
        create_topics(KafkaAddress(self._kafka), topic_plans(prefix, PARTITIONS))
        influx.ensure_bucket(self._influx, token="", org="-", bucket=prefix.replace(".", "-"))
        return prefix

    @contextmanager
    def _program(
        self, name: str, command: list[str], prefix: str, environ: dict[str, str] | None = None
    ) -> Iterator[psutil.Process]:
        ours = {
            "WANBIAO_KAFKA": self._kafka,
            "WANBIAO_PREFIX": prefix,
            "WANBIAO_PARTITIONS": str(PARTITIONS),
            "WANBIAO_WORKER_ID": f"{prefix}worker",
            "WANBIAO_INFLUX_URL": self._influx,
            "WANBIAO_INFLUX_BUCKET": prefix.replace(".", "-"),
            "OPENBLAS_NUM_THREADS": "1",
            "WANBIAO_CLOCK": "recorded",
            "WANBIAO_TUNING": str(self._folder / "tuning.toml"),
        }
        clean = {key: value for key, value in os.environ.items() if not key.startswith("WANBIAO_")}
        with (self._folder / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env={**clean, **ours, **(environ or {})}, stdout=log, stderr=log
            )
        try:
            yield psutil.Process(child.pid)
        except TimeoutError as error:
            tail = (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]
            raise TimeoutError(f"{name}: {error}\n{tail}") from None
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    @contextmanager
    def _ends(self, topic: str) -> Iterator[Callable[[], int]]:
        """Counts the messages of a topic."""
        parts = [TopicPartition(topic, p) for p in range(PARTITIONS)]
        with _reader(self._kafka) as consumer:
            yield lambda: int(sum(consumer.end_offsets(parts).values()))

    def _work(self, process: psutil.Process, topic: str, total: int) -> tuple[float, int, int]:
        """CPU seconds between the first part of the backlog and all of it, and the two counts of messages."""
        with self._ends(topic) as done:
            _until(lambda: done() >= WARM_SHARE * total, "the first part of the backlog")
            cpu, first = _cpu_s(process), done()
            _until(lambda: done() >= total, "the whole backlog")
            spent = _cpu_s(process) - cpu
        _rss_mb(process)
        return spent, first, total


_RSS: dict[int, float] = {}


def _rss_mb(process: psutil.Process) -> float:
    """Resident memory [MB], the last that was seen of a process."""
    if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        _RSS[process.pid] = process.memory_info().rss / 1e6
    return _RSS.get(process.pid, 0.0)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _reader(kafka: str) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        yield consumer
    finally:
        consumer.close()


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {WAIT_S:.0f} s")
        time.sleep(0.1)  # a poll with a deadline
