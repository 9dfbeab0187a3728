"""Excursions shorter than the persistence: how many are named, and how often one is named that is none.

    python -m benchmarks.excursions [--json]

Eight tags of unit noise, white and AR(1) with 0.9; in 20,000 rows after 100, 500 or 2,000 learn rows an excursion of 8 standard
deviations on one tag each 200 rows, 1 to 10 rows long. It is named if an excursion or a warning of that tag is told before it has
been over for two rows. False: excursions told of the same rows without any, per 10,000 rows.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.signal import lfilter

from benchmarks import machine
from benchmarks.subject import Array
from detectors.watcher import Watcher

TAGS, ROWS, EVERY = 8, 20_000, 200
SIZE, LONGEST, LATE = 8.0, 10, 2
NOISES = {"white": 0.0, "ar_0.9": 0.9}
LEARN = (100, 500, 2000)
SEEDS = 5


def noise(rows: int, correlation: float, chance: np.random.Generator) -> Array:
    """Unit noise (t, 1, n)."""
    white = chance.standard_normal((rows + 200, 1, TAGS)) * np.sqrt(1.0 - correlation**2)
    return np.asarray(lfilter([1.0], [1.0, -correlation], white, axis=0)[200:])


def named_and_false(correlation: float, learn: int, seed: int) -> tuple[float, float]:
    """Share of the excursions that are named, and false ones per 10,000 rows."""
    chance = np.random.default_rng(seed)
    x = noise(learn + ROWS, correlation, chance)
    false = int((Watcher(x[:learn], period_s=1.0).judge(x[learn:]).excursion > 0).sum())
    cases = [
        (at, int(chance.integers(TAGS)), int(chance.integers(1, LONGEST + 1)), float(chance.choice([-SIZE, SIZE])))
        for at in range(EVERY, ROWS - EVERY, EVERY)
    ]
    rows = x[learn:].copy()
    for at, tag, lasts, size in cases:
        rows[at : at + lasts, 0, tag] += size
    verdict = Watcher(x[:learn], period_s=1.0).judge(rows)
    told = (verdict.excursion > 0) | verdict.warning
    named = np.mean([told[at : at + lasts + LATE + 1, 0, tag].any() for at, tag, lasts, _ in cases])
    return float(named), 1e4 * false / ROWS


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    for name, correlation in NOISES.items():
        for learn in LEARN:
            found = [named_and_false(correlation, learn, seed) for seed in range(SEEDS)]
            named, false = np.mean(found, axis=0)
            figures[f"named_pct_{name}_{learn}"] = round(100.0 * float(named), 1)
            figures[f"false_per_10000_{name}_{learn}"] = round(float(false), 2)
    machine.report("excursions", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
