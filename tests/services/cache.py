"""Where the server programs live between test runs: ``$XDG_CACHE_HOME/wanbiao/<name>-<version>/``, outside the tree."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LINE_CHARS_MAX = 600  # Maven names the cause at the end of a long line
BUILD_TIMEOUT_S = 900.0  # measured on two cores with nothing cached: Go 60 s, Maven 6 s; a slow network takes longer


class ServiceUnavailableError(Exception):
    """The server cannot be had on this machine; the text is one line that says what is missing."""


def cache_root() -> Path:
    """Folder of all cached programs (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wanbiao"


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """Return the folder ``name`` of the cache, filled by ``build(folder)`` on the first call ever.

    The folder appears complete or not at all (built aside, then renamed); two processes never build at the same time.
    """
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    home = root / name
    with _locked(root / f".{name}.lock"):
        if not home.is_dir():
            aside = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
            try:
                build(aside)
                aside.rename(home)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    return home


def need(tool: str, *, for_: str) -> str:
    """Full path of a program, or ServiceUnavailableError naming it and what it is needed for."""
    path = shutil.which(tool)
    if path is None:
        raise ServiceUnavailableError(f"no `{tool}` on this machine, which {for_} needs")
    return path


def run(command: list[str], *, cwd: Path, doing: str, env: dict[str, str] | None = None) -> None:
    """Run one build step; a failure becomes one line with the last thing the program said."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=BUILD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ServiceUnavailableError(f"{doing} took more than {BUILD_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        raise ServiceUnavailableError(f"{doing} failed: {telling_line(done.stdout)}")


def telling_line(output: str) -> str:
    """The line of a program's output that most likely names the cause.

    >>> telling_line("[INFO] Scanning\\n[ERROR] Could not find artifact x\\n[ERROR] see help\\n")
    '[ERROR] Could not find artifact x'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "exception" in line.lower()]
    return (errors or lines[-1:] or ["it said nothing"])[0][:LINE_CHARS_MAX]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, also by a crash
        yield
