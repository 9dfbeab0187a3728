"""One server process of the tests: its temporary data, its free ports, its start and its end.

It never outlives the test run: it is stopped by its pid at exit, and the kernel kills it if the run itself is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.services.cache import telling_line

READY_TIMEOUT_S = 60.0
GIVEN_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.05
# Below Linux' ephemeral range (32768-60999): a client that retries a stopped server on an ephemeral port can be given
# that very port as its own source port, connects to itself, and the server finds its address taken when it returns.
PORTS = range(20_000, 32_768)

# The kernel sends PDEATHSIG when the THREAD that started the child ends: one thread that lives as long as we do
# starts them all, so that a test may restart a server from a thread of its own.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="service-starter")


class ServiceError(Exception):
    """A server that should run does not; the text holds what it said last."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServiceError("no free TCP port found")


def listens(address: str) -> bool:
    """True if a connection to ``host:port`` is accepted."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1.0).close()
    except OSError:
        return False
    return True


def wait_until(ready: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Poll until ``ready()`` is true; ServiceError when ``timeout_s`` [s] have passed."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise ServiceError(f"waited {timeout_s:.0f} s in vain until {what}")
        time.sleep(POLL_S)


class Server(ABC):
    """A server process on the loopback interface with its own data folder, which survives `restart` but not `close`.

    ``given`` is the address of a server that somebody else runs: it is used as it is, never started or stopped.
    """

    name: str
    ready_timeout_s = READY_TIMEOUT_S
    stop_signal = signal.SIGTERM
    environ: dict[str, str] | None = None
    """Environment of the process; None = ours."""

    def __init__(self, given: str | None = None) -> None:
        self.given = given
        self.folder = Path(tempfile.mkdtemp(prefix=f"wanbiao-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line that runs the server in the foreground; prepares its files on the first call."""

    @abstractmethod
    def _answers(self) -> bool:
        """True once a client gets real answers, not just a connection."""

    def start(self) -> None:
        """Start the server and return when it answers; does nothing if it runs.

        Raises ServiceUnavailableError (cannot be had here) or ServiceError (started, but died or never answered).
        """
        if self.given is not None:
            wait_until(self._answers, timeout_s=GIVEN_TIMEOUT_S, what=f"{self.name} at {self.given} answers")
            return
        if self.running:
            return
        command = self._command()
        self._process = _starter.submit(_spawn, command, self.log, self.environ).result()
        wait_until(
            self._alive_and_answers, timeout_s=self.ready_timeout_s, what=f"{self.name} answers (log {self.log})"
        )

    def stop(self) -> None:
        """End the server in good order; its data stay."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End the server with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again on the same address with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End the server and remove its data."""
        if self.given is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.close)

    @property
    def log(self) -> Path:
        """File with everything the server printed."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """Process id, for tests that watch or signal it; None if it is not ours or does not run."""
        return self._process.pid if self._process is not None else None

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def _alive_and_answers(self) -> bool:
        if not self.running:
            said = telling_line(self.log.read_text(errors="replace"))
            raise ServiceError(f"{self.name} ended while starting: {said}")
        return self._answers()

    def _end(self, number: signal.Signals) -> None:
        if self.given is not None:
            raise ServiceError(f"{self.name} at {self.given} is not ours to stop: use the `own_...` fixture")
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _spawn(command: list[str], log: Path, environ: dict[str, str] | None) -> subprocess.Popen[bytes]:
    setpriv = shutil.which("setpriv")  # util-linux, on every Debian; elsewhere atexit alone must do
    tied = [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command
    with log.open("ab") as out:
        return subprocess.Popen(
            tied,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environ,
            process_group=0,  # Ctrl-C goes to the tests, whose teardown still needs the server
        )
