"""The program as people start it: a process of its own, with an environment that has no settings but those of a test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
CLEAN["WANBIAO_CACHE"] = "none"
TIMEOUT_S = 100.0
Start = Callable[..., subprocess.Popen[str]]


def starting(services: dict[str, str]) -> Iterator[Start]:
    """What starts the program with these settings; at the end, what a test left running is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str | Path, **environ: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "wanbiao", *map(str, words)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=CLEAN | services | environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def end(process: subprocess.Popen[str], timeout_s: float = TIMEOUT_S) -> tuple[int, str, str]:
    """Exit code and all that was said, once it has ended."""
    out, err = process.communicate(timeout=timeout_s)
    return process.returncode, out, err


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still run, in the order in which they were."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            if int(fields[1]) == pid:
                found.append((int(fields[19]), int(folder.name)))
    return [child for _, child in sorted(found)]
