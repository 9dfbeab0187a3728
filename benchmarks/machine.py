"""What every benchmark prints beside its figures: the machine, the commit, the moment."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np


def facts() -> dict[str, Any]:
    """Machine, versions and commit; a commit with changes on top ends in ``+``."""
    return {
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "-uno") else ""),
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def report(name: str, figures: dict[str, Any], *, as_json: bool) -> None:
    """Print one object (``--json``) or one figure a line."""
    if as_json:
        print(json.dumps({**figures, "benchmark": name, **facts()}))
        return
    for key, value in {**figures, **facts()}.items():
        print(f"{key:>24}  {value}")
    sys.stdout.flush()


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
