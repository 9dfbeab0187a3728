"""Tennessee Eastman: 21 faults of a simulated chemical plant; how much of each is in warning, how soon, and how quiet before.

    python -m benchmarks.tep [--json] [--check] [--baselines]

Learn part: the 500 normal rows of ``d00``; then the 960 rows of a test file, 52 columns, one row in 3 minutes, the fault from
row 160 on. Detection: share of rows 160.. in warning. False: share of the normal rows in warning (all of ``d00_te``, rows 0-159
of the others). Before it judges, the scorer repeats the reference, whose figures are known: principal components, T2 or SPE. It
takes its limit from the normal test file, and so, in their favour, do the baselines, from all normal rows; ours learns it.

References: L. H. Chiang, E. L. Russell, R. D. Braatz, "Fault Detection and Diagnosis in Industrial Systems," Springer 2001.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks import baselines, machine
from benchmarks.subject import Array, Mask, Recorded, Subject, data_folder

LEARN: Final = 500
ONSET: Final = 160
"""Row of a test file at which its fault begins."""
FAULTS: Final = tuple(range(1, 22))
HARD: Final = (3, 9, 15)
"""Faults that hardly show in mean or spread; the literature often leaves them out."""
COMPONENTS: Final = 31
"""Principal components of the reference: 90 % of the variance of ``d00``."""
IN_A_ROW: Final = 6
"""The reference speaks after so many alarms in a row; a warning of a Subject is held already and speaks at once."""
PERIOD_S: Final = 180.0
TAGS: Final = tuple([f"XMEAS({i})" for i in range(1, 42)] + [f"XMV({i})" for i in range(1, 12)])

PUBLISHED_MEAN: Final = 66.6
PUBLISHED_EASY: Final = 77.1
PUBLISHED_FALSE: Final = 1.1
PUBLISHED_DELAYS: Final[dict[int, int]] = {
    1: 7, 2: 16, 4: 5, 5: 11, 6: 5, 7: 5, 8: 26, 10: 52, 11: 11, 12: 11, 13: 41, 14: 5, 15: 711, 16: 125, 17: 28, 18: 88,
    20: 85, 21: 477,
}  # fmt: skip
"""Of the reference [rows] and [%]; the faults that are not here it never finds."""


class Judged(NamedTuple):
    """What a detector did with the 22 test files.

    ``detection`` (21,) share of rows 160.. in alarm [%]; ``delays`` by fault [rows], None = never; ``false_rate`` of all normal
    rows, ``false_before`` of rows 0-159 of the faults alone [%].
    """

    detection: Array
    delays: dict[int, int | None]
    false_rate: float
    false_before: float

    @property
    def mean(self) -> float:
        """Mean detection over the 21 faults [%]."""
        return float(self.detection.mean())

    @property
    def mean_easy(self) -> float:
        """The same without the faults that hardly show [%]."""
        return float(np.delete(self.detection, [fault - 1 for fault in HARD]).mean())


def load() -> tuple[Array, list[Array]]:
    """The normal learn part (500, 52), and the test files 0 (normal) to 21, (960, 52) each."""
    folder = data_folder("tennessee_eastman")
    return _table(folder / "d00.dat.gz"), [_table(folder / f"d{i:02d}_te.dat.gz") for i in (0, *FAULTS)]


def _table(path: Path) -> Array:
    table = np.loadtxt(path)
    return table.T if len(table) == len(TAGS) else table  # d00 is stored transposed


def judge(alarms: Sequence[Mask], *, in_a_row: int) -> Judged:
    """Score the alarms (960,) of the 22 test files, the normal one first.

    The delay is that of the first alarm at or after row 160 that has come on since (``in_a_row`` = 1), or of the last of so many
    alarms in a row.
    """
    faulty = alarms[1:]
    before = np.concatenate([rows[:ONSET] for rows in faulty])
    return Judged(
        detection=np.array([100 * rows[ONSET:].mean() for rows in faulty]),
        delays={fault: _delay(rows, in_a_row) for fault, rows in zip(FAULTS, faulty, strict=True)},
        false_rate=100 * float(np.concatenate([alarms[0], before]).mean()),
        false_before=100 * float(before.mean()),
    )


def _delay(alarms: Mask, in_a_row: int) -> int | None:
    """Rows from the onset to the alarm, None = never."""
    if in_a_row == 1:
        new = alarms[ONSET:] & ~alarms[ONSET - 1 : -1]
        return int(new.argmax()) if new.any() else None
    held = np.lib.stride_tricks.sliding_window_view(alarms[ONSET:], in_a_row).all(axis=1)
    return int(held.argmax()) + in_a_row - 1 if held.any() else None


def principal_components(learn: Array, tests: Sequence[Array]) -> list[Mask]:
    """The reference: T2 or SPE of 31 principal components above the 99 % quantile of the normal test file; (960,) a file."""
    middle, scale = learn.mean(axis=0), learn.std(axis=0, ddof=1)
    _, singular, axes = np.linalg.svd((learn - middle) / scale, full_matrices=False)
    axes = axes[:COMPONENTS].T
    variance = singular[:COMPONENTS] ** 2 / (len(learn) - 1)

    def statistics(rows: Array) -> Array:
        scaled = (rows - middle) / scale
        scores = scaled @ axes
        left = scaled - scores @ axes.T
        return np.stack([(scores**2 / variance).sum(axis=1), (left**2).sum(axis=1)])

    limits = np.quantile(statistics(tests[0]), 0.99, axis=1)
    return [np.asarray((statistics(rows) > limits[:, None]).any(axis=0)) for rows in tests]


def check(reference: Judged) -> None:
    """The reference against its published figures; SystemExit if the scorer or the data is not what it was."""
    delays = {fault: rows for fault, rows in reference.delays.items() if rows is not None}
    found = (round(reference.mean, 1), round(reference.mean_easy, 1), round(reference.false_before, 1), delays)
    published = (PUBLISHED_MEAN, PUBLISHED_EASY, PUBLISHED_FALSE, PUBLISHED_DELAYS)
    if found != published:
        raise SystemExit(f"the reference does not come out as published: {found} instead of {published}")


def run(subject: Subject, learn: Array, tests: Sequence[Array]) -> tuple[list[Mask], list[Array]]:
    """Warnings and scores (960,) of the 22 files; the detector learns each time and does not know which file it sees."""
    warnings: list[Mask] = []
    scores: list[Array] = []
    for i, rows in enumerate(tests):
        _progress(f"file {i + 1} of {len(tests)}")
        verdict = subject(Recorded("recording", np.concatenate([learn, rows]), None, LEARN, PERIOD_S, TAGS))
        warnings.append(np.asarray(verdict.warning[LEARN:].any(axis=1)))
        scores.append(verdict.score[LEARN:])
    _progress("")
    return warnings, scores


def at_rate(scores: Sequence[Array], rate: float) -> list[Mask]:
    """Alarms (960,) with the limit that leaves ``rate`` [%] of the normal rows of these files in alarm, from their scores."""
    normal = np.concatenate([scores[0], *(rows[:ONSET] for rows in scores[1:])])
    limit = np.nanquantile(normal, 1 - rate / 100)
    return [rows > limit for rows in scores]


def shorter(ours: Judged, reference: Judged) -> int:
    """Faults that we find sooner than the reference, among them those which it never finds."""
    return sum(
        rows is not None and (theirs is None or rows < theirs)
        for rows, theirs in ((rows, reference.delays[fault]) for fault, rows in ours.delays.items())
    )


def print_table(judged: dict[str, Judged]) -> None:
    """Detection [%] and delay [rows] of each fault, a column a detector; beside it, an alarm that never stops."""
    print("detection % / delay in rows" + "".join(f"{name:>30}" for name in judged))
    for fault in FAULTS:
        cells = "".join(f"{one.detection[fault - 1]:23.1f} /{_text(one.delays[fault])}" for one in judged.values())
        print(f"{f'fault {fault}':>27}{cells}")
    for label, pick in (("mean of 21", "mean"), ("without 3, 9, 15", "mean_easy"), ("normal rows", "false_rate")):
        print(f"{label:>27}" + "".join(f"{getattr(one, pick):23.2f}       " for one in judged.values()))
    print(f"{'always on':>27}: 100 % at 100 % of the normal rows")


def _text(rows: int | None) -> str:
    return f"{'never' if rows is None else rows:>5}"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def figures(ours: Judged, reference: Judged) -> dict[str, Any]:
    """The figures of ``--json``: [%], [%], faults of 21."""
    return {
        "mean_detection": round(ours.mean, 1),
        "false_rate": round(ours.false_rate, 2),
        "shorter_than_pca": shorter(ours, reference),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--check", action="store_true", help="only repeat the published reference")
    parser.add_argument("--baselines", action="store_true", help="detectors of other libraries beside ours (slow)")
    arguments = parser.parse_args()
    learn, tests = load()
    reference = judge(principal_components(learn, tests), in_a_row=IN_A_ROW)
    check(reference)
    if arguments.check:
        print(
            f"reference as published: mean {reference.mean:.1f} %, false {reference.false_before:.1f} %, delays equal"
        )
        return
    # Only here, so that the check needs no detector.
    unified: Subject = import_module("benchmarks.ours").unified
    warnings, _ = run(unified, learn, tests)
    judged = {"PCA, T2 or SPE": reference, "ours": judge(warnings, in_a_row=1)}
    if arguments.baselines:
        for name, watcher in baselines.watchers().items():
            _, scores = run(watcher, learn, tests)
            judged[name] = judge(at_rate(scores, PUBLISHED_FALSE), in_a_row=IN_A_ROW)
    if not arguments.json:
        print_table(judged)
    machine.report("tep", figures(judged["ours"], reference), as_json=arguments.json)


if __name__ == "__main__":
    main()
