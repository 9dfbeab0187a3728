"""Worker processes of our own, for as long as a replay lasts: ``python -m wanbiao worker`` with an environment of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Final

from wanbiao.errors import UserError

COMMAND: Final = [sys.executable, "-m", "wanbiao", "worker"]
EXIT_RESTART: Final = 70
"""A worker that ends so has kept its state and wants to be started again."""
RESTARTS_MAX: Final = 5
STOP_S: Final = 20.0
"""Longest wait for the last barrier of a worker [s]; then it is killed, which loses nothing either."""
TAIL_BYTES: Final = 4096


class WorkerError(UserError):
    """A worker ended by itself; what it said last, and its exit code."""

    def __init__(self, name: str, code: int, said: str) -> None:
        super().__init__(f"{name} ended with exit code {code}: {said}")
        self.exit_code = code if 0 < code < 128 else 1


@dataclass(slots=True)
class _Worker:
    name: str
    environ: Mapping[str, str]
    log: IO[bytes]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND, env=dict(self.environ), stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )

    def last_line(self) -> str:
        self.log.seek(0, 2)
        self.log.seek(max(0, self.log.tell() - TAIL_BYTES))
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Workers:
    """Some workers of one pipeline; made by `running`."""

    def __init__(self, count: int, environ: Mapping[str, str]) -> None:
        self._workers = [
            _Worker(name, {**environ, "WANBIAO_WORKER_ID": name}, tempfile.TemporaryFile())  # noqa: SIM115 - closed in stop
            for name in (f"replay-{i}" for i in range(1, count + 1))
        ]
        self.restarts = 0

    def start(self) -> None:
        """Start them all."""
        for worker in self._workers:
            worker.start()

    def check(self) -> None:
        """Start those again that ask for it or were killed, which loses nothing; WorkerError if one has ended for good."""
        for worker in self._workers:
            code = None if worker.process is None else worker.process.poll()
            if code is None:
                continue
            if (code >= 0 and code != EXIT_RESTART) or worker.restarts >= RESTARTS_MAX:
                raise WorkerError(worker.name, code, worker.last_line())
            worker.restarts += 1
            self.restarts += 1
            worker.start()

    def stop(self) -> None:
        """End them in good order, all at once: each gets SIGTERM and time for its last barrier. May be called again."""
        running = [worker.process for worker in self._workers if worker.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for worker in self._workers:
            worker.process = None

    def close(self) -> None:
        """End them and forget what they said."""
        self.stop()
        for worker in self._workers:
            worker.log.close()


@contextlib.contextmanager
def running(count: int, environ: Mapping[str, str]) -> Iterator[Workers]:
    """``count`` workers with this environment; they end with the block, whatever happens in it."""
    workers = Workers(count, environ)
    try:
        workers.start()
        yield workers
    finally:
        workers.close()
