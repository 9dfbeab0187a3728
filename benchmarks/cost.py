"""What judging a row costs: the whole chain of `detectors.watcher`, all heads, on one core.

    python -m benchmarks.cost [--json]

Readings a second at (units, tags) = (1, 200) and (40, 24), warm: after 2,400 learn rows, the least mean time of five stretches.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks import machine
from detectors.watcher import Watcher

SHAPES = ((1, 200), (40, 24), (1, 8))
LEARN, STRETCH, STRETCHES = 2400, 500, 5


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    for units, tags in SHAPES:
        x = np.random.default_rng(1).standard_normal((LEARN + STRETCH * STRETCHES, units, tags))
        watcher = Watcher(x[:LEARN], period_s=10.0)
        best = np.inf
        for stretch in range(STRETCHES):
            rows = x[LEARN + stretch * STRETCH : LEARN + (stretch + 1) * STRETCH]
            begun = time.process_time()
            watcher.judge(rows)
            best = min(best, (time.process_time() - begun) / STRETCH)
        figures[f"us_a_row_{units}x{tags}"] = round(best * 1e6, 1)
        figures[f"readings_per_s_{units}x{tags}"] = round(units * tags / best)
    machine.report("cost", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
