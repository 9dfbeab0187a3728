"""Skoltech Anomaly Benchmark: 34 experiments on a pump; ours beside the published leaders and two that know nothing.

    python -m benchmarks.skab [--json] [--check] [--baselines]

The scorer first proves itself on the published answers of six methods. Of each file 400 rows are learned, the rest is judged; the
figures are pooled. F1 alone means little here: who always warns gets 0.698, and a clock beats every method, since nearly all
faults begin near row 570. So detectors see no row index, no name and no label, and F1 goes with the false and the missed rows.
``held_out_f1`` is that of the odd files by folder and number. Three published methods look ahead, by 8 to 58 rows.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks import machine
from benchmarks.baselines import watchers
from benchmarks.subject import Recorded, Subject, data_folder
from replay.scores.skab import PROFILES, Array, Judged, Rows, changepoints, outliers

LEARN = 400
PERIOD_S = 1.0
FOLDERS = ("other", "valve1", "valve2")
CLOCK = (580, 980)
"""Rows between which the clock warns."""
SMOOTH_FOREST = 30
"""Rows over which the published Isolation Forest holds an answer in the changepoint task."""
PUBLISHED = {
    "Conv_AE": (0.784, 13.55, 28.02, 23.61, 23),
    "MSET": (0.780, 39.73, 14.13, 13.84, 65),
    "T2-q": (0.758, 26.62, 24.92, 25.35, 232),
    "LSTM_AE": (0.741, 29.96, 25.92, 23.51, 69),
    "T2": (0.660, 19.21, 42.60, 19.54, 203),
    "Isolation_Forest": (0.287, 2.56, 82.89, 26.16, 135),
}
"""F1, FAR, MAR, changepoint score, its false predictions (of T2 the table says 106, its own answers give 203)."""
TOLERANCE = (0.0005, 0.01, 0.01, 0.06, 0.5)
LOOK_AHEAD = {"Conv_AE": 58, "MSET": 29, "LSTM_AE": 8}
"""Rows of the future that a published answer uses."""
TURN_ROWS = 60
KEYS = ("f1", "far", "mar", "held_out_f1", "changepoint", "changepoint_fp")


class Experiment(NamedTuple):
    """One file: its recording; event times [s], anomalous rows, changepoints and date texts of its test rows."""

    recorded: Recorded
    times: Array
    anomalous: Rows
    changepoint: Rows
    dates: list[str]

    def judged(self, said: Rows) -> Judged:
        """With the answer of a detector on the test rows."""
        return Judged(self.times, self.anomalous, self.changepoint, said)


def load(folder: Path) -> list[Experiment]:
    """All files, by folder and number."""
    paths = [
        path
        for name in FOLDERS
        for path in sorted((folder / "data" / name).glob("*.csv"), key=lambda path: int(path.stem))
    ]
    return [_experiment(path) for path in paths]


def _experiment(path: Path) -> Experiment:
    with path.open(newline="") as lines:
        header, *rows = csv.reader(lines, delimiter=";")
    cells = np.array([row[1:] for row in rows], dtype=np.float64)
    dates = [row[0] for row in rows]
    times = np.array(dates, dtype="datetime64[s]").astype(np.float64)
    recorded = Recorded(f"{path.parent.name}/{path.name}", cells[:, :-2], None, LEARN, PERIOD_S, tuple(header[1:-2]))
    return Experiment(recorded, times[LEARN:], cells[LEARN:, -2] > 0.0, cells[LEARN:, -1] > 0.0, dates[LEARN:])


def published_answers(folder: Path, method: str, experiments: Sequence[Experiment]) -> list[Rows]:
    """What a published method said of the test rows of each file; where it begins late it is silent before."""
    answers: dict[str, dict[str, bool]] = {}
    with gzip.open(folder / "scorer_check" / f"{method}_predictions.csv.gz", "rt", newline="") as lines:
        for name, date, said in list(csv.reader(lines))[1:]:
            answers.setdefault(name, {})[date] = float(said) > 0.0
    return [
        np.array([answers[one.recorded.name].get(date, False) for date in one.dates], dtype=np.bool_)
        for one in experiments
    ]


def check(folder: Path, experiments: Sequence[Experiment]) -> None:
    """SystemExit unless the scorer gives every published figure."""
    for method, expected in PUBLISHED.items():
        answers = published_answers(folder, method, experiments)
        held = [_held(said) for said in answers] if method == "Isolation_Forest" else answers
        rows = outliers(_judged(experiments, answers))
        change = changepoints(_judged(experiments, held), PROFILES["standard"])
        ours = (*rows, change.score, change.false)
        for name, figure, other, tolerance in zip(
            ("F1", "FAR", "MAR", "changepoint", "false"), ours, expected, TOLERANCE, strict=True
        ):
            if abs(figure - other) > tolerance:
                raise SystemExit(f"the scorer gives {method} {name} {figure:.4f}; published is {other}")
    print(f"scorer checked: {len(PUBLISHED)} methods x 5 figures as published", file=sys.stderr)


def _held(said: Rows) -> Rows:
    last = np.maximum.accumulate(np.where(said, np.arange(len(said)), -SMOOTH_FOREST))
    rows: Rows = np.arange(len(said)) - last < SMOOTH_FOREST
    return rows


def _judged(experiments: Sequence[Experiment], answers: Sequence[Rows]) -> list[Judged]:
    return [one.judged(said) for one, said in zip(experiments, answers, strict=True)]


def answers_of(experiments: Sequence[Experiment], subject: Subject, name: str) -> tuple[list[Rows], list[Rows]]:
    """Two answers for the test rows of each file, whose name stays blank: whether any tag is in warning; for changepoints, an
    answer that turns in each row in which the process is said to change, or the first one if the detector does not say."""
    files = track(experiments, description=name, console=Console(stderr=True), transient=True)
    verdicts = [subject(one.recorded._replace(name="")) for one in files]
    warnings = [np.asarray(verdict.warning[LEARN:].any(axis=1)) for verdict in verdicts]
    changes = [
        rows if verdict.changes is None else np.cumsum(verdict.changes[LEARN:]) % 2 == 1
        for rows, verdict in zip(warnings, verdicts, strict=True)
    ]
    return warnings, changes


def figures(
    experiments: Sequence[Experiment], answers: Sequence[Rows], changes: Sequence[Rows] | None = None
) -> dict[str, float]:
    """Everything that is printed of one detector, by `KEYS`, shares in per cent; ``changes``: its answer for changepoints."""
    judged = _judged(experiments, answers)
    rows, change = outliers(judged), changepoints(_judged(experiments, changes or answers), PROFILES["standard"])
    held_out = outliers(judged[1::2]).f1
    values = (round(rows.f1, 3), round(rows.far, 1), round(rows.mar, 1), round(held_out, 3), round(change.score, 1))
    return dict(zip(KEYS, (*values, change.false), strict=True))


def trivial(experiments: Sequence[Experiment]) -> dict[str, list[Rows]]:
    """Those that know nothing of the plant: one always warns, one looks at the number of the row, one turns each minute."""
    sizes = [len(one.times) for one in experiments]
    begin, end = (row - LEARN for row in CLOCK)
    clocks = [(np.arange(size) >= begin) & (np.arange(size) <= end) for size in sizes]
    turning = [np.arange(size) // TURN_ROWS % 2 == 1 for size in sizes]
    always = [np.ones(size, dtype=bool) for size in sizes]
    return {"always in warning": always, "a clock": clocks, "turns each minute": turning}


def table(rows: Mapping[str, Mapping[str, float]]) -> None:
    """Ours and others, best F1 first."""
    print(f"{'':36}" + "".join(f"{key:>16}" for key in KEYS))
    for name, row in sorted(rows.items(), key=lambda item: -item[1]["f1"]):
        print(f"{name:36}" + "".join(f"{row[key]:16g}" for key in KEYS))


def compared(folder: Path, experiments: Sequence[Experiment]) -> dict[str, dict[str, float]]:
    """Figures of the published methods, re-scored, and of the trivial ones."""
    rows = {name: figures(experiments, answers) for name, answers in trivial(experiments).items()}
    for method in PUBLISHED:
        ahead = f", looks {LOOK_AHEAD[method]} rows ahead" if method in LOOK_AHEAD else ""
        answers = published_answers(folder, method, experiments)
        row = figures(experiments, answers)
        if method == "Isolation_Forest":
            held = changepoints(_judged(experiments, [_held(said) for said in answers]), PROFILES["standard"])
            row |= {"changepoint": round(held.score, 1), "changepoint_fp": held.false}
        rows[f"{method}{ahead}"] = row
    return rows


def main(load_subject: Callable[[], Subject] = lambda: import_module("benchmarks.ours").unified) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--check", action="store_true", help="only check the scorer")
    parser.add_argument("--baselines", action="store_true", help="river, rcf3 and pysad on the same rows, too")
    arguments = parser.parse_args()
    folder = data_folder("skab")
    experiments = load(folder)
    check(folder, experiments)
    if arguments.check:
        return
    ours = figures(experiments, *answers_of(experiments, load_subject(), "ours"))
    rows = compared(folder, experiments)
    result: dict[str, Any] = dict(ours)
    if arguments.baselines:
        others = {name: figures(experiments, *answers_of(experiments, one, name)) for name, one in watchers().items()}
        rows |= others
        result["baselines"] = others
    if not arguments.json:
        table({"ours": ours, **rows})
    machine.report("skab", result, as_json=arguments.json)


if __name__ == "__main__":
    main()
