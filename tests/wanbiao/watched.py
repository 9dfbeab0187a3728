"""`wanbiao watch` from outside: what a call answers, and a pump to call it with."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from wanbiao.cli import cli as program

FAULT = range(1500, 1800)


def watch(*words: str | Path) -> Result:
    return CliRunner().invoke(program, ["watch", *map(str, words)])


def done(*words: str | Path) -> Result:
    result = watch(*words)
    assert result.exit_code == 0, result.output
    return result


def answer(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done("--json", *words).stdout)
    return found


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def wrong(code: int, expected: str, *words: str | Path) -> None:
    result = watch(*words)
    assert result.exit_code == code, result.output
    assert expected in result.stderr
    assert "Traceback" not in result.output
    if code > 2:
        assert len([line for line in result.stderr.splitlines() if line.startswith("wanbiao: ")]) == 1


def write_pump(path: Path) -> None:
    """2,000 minutes of a pump whose bearing runs hot in `FAULT`; load explains most of its temperature."""
    rng, start = random.Random(3), datetime(2020, 1, 1, tzinfo=UTC)
    lines = ["time,load,bearing,note"]
    for i in range(2000):
        load = 50 + 20 * rng.random()
        bearing = 30 + 0.4 * load + rng.gauss(0, 0.2) + (3 if i in FAULT else 0)
        lines.append(f"{start + timedelta(minutes=i):%Y-%m-%d %H:%M},{load:.2f},{bearing:.2f},ok")
    path.write_text("\n".join(lines) + "\n")
