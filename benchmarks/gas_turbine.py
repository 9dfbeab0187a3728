"""A real combined-cycle gas turbine, 2011-2015, hourly: how quiet through seasons, load and ageing, and what it sees meanwhile.

    python -m benchmarks.gas_turbine [--json] [--check] [--plot FILE] [--seeds 21 22 23] [--join 0] [--hinges] [--baselines]

No fault is labelled, and a detector that never speaks is perfectly quiet: so faults of 6 residual sd are added to one tag at a
time (ramps over 720 h and 168 h, held for 48 h; steps of 168 h), and both numbers are read together. Learn part: 2011. The
limit is swept by a factor, and the figures are those of the point nearest below one natural episode per 1,000 h; the limit as it
is (factor 1) is printed too. In brackets: what the warnings of the untouched record would have caught in the same places. A
detector without such a factor is judged at its own limit.

References: H. Kaya, P. Tufekci, E. Uzun, Turk. J. Elec. Eng. & Comp. Sci. 27, 2019, doi 10.3906/elk-1807-87 (the recording).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks import baselines, machine
from benchmarks.gas_turbine_data import CASES, FAULTS, MEASURED, ROWS, Injected, check, inject, load
from benchmarks.subject import Mask, Recorded, Subject, Verdict

SAME_H: Final = 48
"""Episodes that begin within so many hours of another are one, whatever the tag."""
FACTORS: Final = (0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0, 1.01, 1.03, 1.06, 1.1, 1.15, 1.2, 1.3, 1.5)
BASELINE_FACTORS: Final = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.25, 2.5, 2.75, 3.0, 4.0, 6.0, 10.0, 20.0)
SEEDS: Final = (21, 22, 23)
BUDGET: Final = 1.0
"""Natural episodes per 1,000 h."""
INK: Final = {"ramp_720h": "#0072B2", "ramp_168h": "#D55E00", "step_168h": "#009E73"}
"""Colours of Okabe and Ito."""

Swept = Callable[[Recorded, float], Verdict]
"""A detector whose limits are multiplied by a factor."""


class Point(NamedTuple):
    """One factor on the limit: natural episodes per 1,000 h, and the share of cases caught [%], by kind and by tag.

    ``chance`` by kind: the share that the warnings of the untouched record would have caught in the same places [%].
    """

    factor: float
    rate: float
    caught: dict[str, float]
    by_tag: dict[str, float]
    chance: dict[str, float]


def starts(warning: Mask, join: int) -> list[list[int]]:
    """Rows at which episodes begin, by tag, from (t, n); a warning that returns within ``join`` rows is the old one."""
    found = []
    for column in warning.T:
        edges = np.diff(column.astype(np.int8), prepend=0, append=0)
        on, off = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        fresh = np.ones(len(on), dtype=bool)
        fresh[1:] = on[1:] - off[:-1] >= join
        found.append([int(row) for row in on[fresh]])
    return found


def natural_rate(warning: Mask, learn: int, join: int) -> float:
    """Episodes per 1,000 rows after the learn part; those within 48 rows of the last one counted are one with it."""
    counted: list[int] = []
    for row in sorted(row for rows in starts(warning[learn:], join) for row in rows):
        if not counted or row - counted[-1] > SAME_H:
            counted.append(row)
    return 1000 * len(counted) / (len(warning) - learn)


def caught(warning: Mask, cases: Sequence[Injected], learn: int, join: int) -> Mask:
    """Whether an episode of the case's own tag begins inside it, (cases,)."""
    rows = [np.array(begun, dtype=int) + learn for begun in starts(warning[learn:], join)]
    return np.array([bool(((rows[i] >= begin) & (rows[i] < end)).any()) for i, begin, end in cases], dtype=bool)


def below_budget(rates: dict[float, float]) -> float:
    """The least factor from which on the rate stays at or below one per 1,000 h; without one, the greatest factor."""
    best = max(rates)
    for factor in sorted(rates, reverse=True):
        if rates[factor] > BUDGET:
            break
        best = factor
    return best


def measure(detector: Swept, recorded: Recorded, natural: Mask, factor: float, options: argparse.Namespace) -> Point:
    """What is caught at one factor over all seeds and kinds; ``natural`` (t, n) are the warnings of the untouched record."""
    learn, join = recorded.learn, options.join
    share, chance, hits, columns = {}, {}, [], []
    for kind, (hours, held) in FAULTS.items():
        of_kind, by_chance = [], []
        for seed in options.seeds:
            _progress(f"{kind}, seed {seed}, limit x {factor}")
            faulty, cases = inject(recorded, hours, held, seed)
            of_kind.append(caught(detector(faulty, factor).warning, cases, learn, join))
            by_chance.append(caught(natural, cases, learn, join))
            columns += [case.column for case in cases]
        share[kind] = 100 * float(np.concatenate(of_kind).mean())
        chance[kind] = 100 * float(np.concatenate(by_chance).mean())
        hits += of_kind
    hit, column = np.concatenate(hits), np.array(columns)
    by_tag = {tag: 100 * float(hit[column == i].mean()) for i, tag in enumerate(recorded.tags)}
    _progress("")
    return Point(factor, natural_rate(natural, learn, join), share, by_tag, chance)


def draw(points: Sequence[Point], path: str) -> None:
    """The curves: caught share against natural episodes, by kind of fault (left) and by tag (right)."""
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    points = sorted(points, key=lambda one: one.rate)
    rates = [one.rate for one in points]
    for kind, colour in INK.items():
        left.plot(rates, [one.caught[kind] for one in points], "o-", color=colour, label=kind.replace("_", " "))
    for tag in MEASURED:
        right.plot(rates, [one.by_tag[tag] for one in points], "o-", markersize=3, label=tag)
    for axes in (left, right):
        axes.axvline(BUDGET, color="#B0BEC5", linestyle="--")
        axes.set(xlabel="natural episodes per 1,000 h", xlim=(0, None), ylim=(0, 101))
        axes.legend(frameon=False)
    left.set(ylabel="injected faults caught, %", title="by kind of fault")
    right.set(title="by tag, all kinds")
    figure.savefig(path, dpi=120)


def print_table(name: str, points: Sequence[Point]) -> None:
    """One line a point; in brackets what its natural warnings would have caught."""
    kinds = "".join(f"{kind:>14}" for kind in FAULTS)
    print(f"{name:<28}limit  episodes/1000 h{kinds}   " + "".join(f"{tag:>6}" for tag in MEASURED))
    for one in points:
        shares = "".join(f"{f'{one.caught[kind]:.0f} ({one.chance[kind]:.0f})':>14}" for kind in FAULTS)
        tags = "".join(f"{one.by_tag[tag]:6.0f}" for tag in MEASURED)
        print(f"{'x':>28}{one.factor:5.2f}{one.rate:17.2f}{shares}   {tags}")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def curve(
    detector: Swept, factors: Sequence[float], recorded: Recorded, options: argparse.Namespace
) -> tuple[Point, list[Point]]:
    """The point that counts, and all that were measured: that one and factor 1, or every factor if they are to be drawn."""
    natural = {}
    for factor in factors:
        _progress(f"natural record, limit x {factor}")
        natural[factor] = detector(recorded, factor).warning
    best = below_budget({one: natural_rate(warning, recorded.learn, options.join) for one, warning in natural.items()})
    wanted = factors if options.plot else [factor for factor in factors if factor in (best, 1.0)]
    points = [measure(detector, recorded, natural[one], one, options) for one in wanted]
    return next(point for point in points if point.factor == best), points


def our_detector() -> tuple[Swept, Sequence[float]]:
    """Ours, and the factors on its limit; only 1 if it does not say how it would judge with another."""
    ours = import_module("benchmarks.ours")  # here, so that the rest can be checked without a detector
    unified: Subject = ours.unified
    swept: Swept | None = getattr(ours, "swept", None)
    return (swept, FACTORS) if swept else (lambda recorded, _factor: unified(recorded), (1.0,))


def figures(point: Point) -> dict[str, Any]:
    """The figures of ``--json``: episodes per 1,000 h, and shares [%]."""
    shares = {kind: round(share, 1) for kind, share in point.caught.items()}
    return {
        "episodes_per_1000h": round(point.rate, 2),
        **shares,
        "by_tag": {tag: round(share, 1) for tag, share in point.by_tag.items()},
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--check", action="store_true", help="only check the recording and the cases")
    parser.add_argument("--plot", metavar="FILE", default="", help="measure every factor and draw the curves (PNG)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="seeds of the added faults")
    parser.add_argument(
        "--join", type=int, default=0, help="a warning that returns within so many hours is the old one (0)"
    )
    parser.add_argument(
        "--hinges", action="store_true", help="give the detector 14 piecewise-linear covariates, not four"
    )
    parser.add_argument("--baselines", action="store_true", help="detectors of other libraries beside ours (slow)")
    options = parser.parse_args()
    recorded = load(hinges=options.hinges)
    check(recorded)
    if options.check:
        print(f"{ROWS} rows, {CASES} cases with seed 1, as first measured")
        return
    point, points = curve(*our_detector(), recorded, options)
    if not options.json:
        print_table("ours", points)
    if options.plot:
        draw(points, options.plot)
    if options.baselines:
        options.plot = ""
        for name, watcher in baselines.watchers().items():
            print_table(name, curve(watcher, BASELINE_FACTORS, recorded, options)[1])
    machine.report("gas_turbine", figures(point), as_json=options.json)


if __name__ == "__main__":
    main()
