"""How long `wanbiao watch` takes for a large file: 1,000,000 rows of 10 columns, as a user runs it, files and start-up included.

python -m benchmarks.watch [--json] [--rows 1000000] [--columns 10]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks import machine

START, PERIOD_S = datetime(2024, 1, 1, tzinfo=UTC), 10
BATCH = 10_000


def write(path: Path, rows: int, columns: int) -> None:
    """A recording of white noise, one row each 10 s."""
    chance = np.random.default_rng(1)
    with path.open("w") as out:
        out.write(",".join(["time", *(f"tag{i}" for i in range(columns))]) + "\n")
        for first in range(0, rows, BATCH):
            values = 50.0 + chance.standard_normal((min(BATCH, rows - first), columns))
            for i, row in enumerate(values.tolist(), first):
                at = START + timedelta(seconds=PERIOD_S * i)
                out.write(f"{at:%Y-%m-%dT%H:%M:%SZ}," + ",".join([f"{value:.3f}" for value in row]) + "\n")


def watch(*words: str | Path) -> tuple[float, dict[str, object]]:
    """Seconds that the command took, and its answer."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "wanbiao", "watch", "--json", *map(str, words)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return time.monotonic() - begun, json.loads(answer)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder, "large.csv"), Path(folder, "small.csv")
        write(path, arguments.rows, arguments.columns)
        write(small, 1000, arguments.columns)
        watch(small)  # compiles, once on each machine
        seconds, answer = watch(path)
        with_files, _ = watch(path, "--scores", Path(folder, "s.csv"), "--events", Path(folder, "e.jsonl"))
    figures = {
        "rows": arguments.rows,
        "columns": arguments.columns,
        "seconds": round(seconds, 1),
        "seconds_with_files": round(with_files, 1),
        "warnings": answer["warnings"],
    }
    machine.report("watch", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
