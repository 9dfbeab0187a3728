"""What each head and each rule of our own detector is worth: every set judged again with one of them changed.

    python -m benchmarks.ablation [--json] [--only NAME ...]

Tune: even files of SKAB, test files of Tennessee Eastman, the gas turbine with seed 1. Held out: odd files of SKAB, fresh seeds
of the gas turbine (whose natural record is the same). The limits are as each variant finds them, factor 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks import gas_turbine, gas_turbine_data, machine, skab, tep
from benchmarks.ours import rowwise
from benchmarks.subject import Mask, Recorded, Verdict, data_folder
from detectors.chart import RULES
from detectors.chart_rows import Rules
from detectors.heads import HEADS
from detectors.watcher import Watcher
from replay.scores import skab as skab_scorer

TUNE_SEEDS, FRESH_SEEDS = (1,), (21, 22, 23)
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Variant:
    """What is changed: the rules, and what is done to the limits that were found."""

    name: str
    rules: Rules = RULES
    change: Callable[[Watcher], None] = lambda watcher: None

    def warnings(self, recorded: Recorded) -> Mask:
        """(t, n)"""
        return rowwise(recorded, rules=self.rules, change=self.change)[1]


def _without(*heads: str) -> Callable[[Watcher], None]:
    def change(watcher: Watcher) -> None:
        for head in heads:
            watcher.limits[HEADS.index(head)] = np.inf

    return change


def _fixed(limit: float) -> Callable[[Watcher], None]:
    def change(watcher: Watcher) -> None:
        watcher.limits[:] = limit

    return change


VARIANTS: Final = (
    Variant("as it is"),
    Variant("without the level head", change=_without("level")),
    Variant("without the cross head", change=_without("cross")),
    Variant("without the spread head", change=_without("spread")),
    Variant("without the departure head", change=_without("departure")),
    Variant("level head alone", change=_without("cross", "spread", "departure")),
    Variant("one limit, 3.5", change=_fixed(3.5)),
    Variant("one limit, 4.5", change=_fixed(4.5)),
    Variant("every row counts once", RULES._replace(urgency_rows=(1, 1, 1))),
    Variant("persistence 6", RULES._replace(persist=6, freeze=6)),
    Variant("learning stops after 3 rows", RULES._replace(freeze=3)),
    Variant("learning never stops", RULES._replace(freeze=NEVER)),
    Variant("ends at 0.5 of the limit", RULES._replace(off=0.5)),
    Variant("ends at 0.8 of the limit", RULES._replace(off=0.8)),
    Variant("slow scales count no more", RULES._replace(slow_gain=0.0)),
    Variant("spreads not pooled", RULES._replace(kin_freedom=0.0)),
    Variant("no hand-over", RULES._replace(agree_rows=NEVER)),
    Variant("no new normal", RULES._replace(accept_learn=float(NEVER), accept_s=float("inf"))),
    Variant("memory of spreads 0.5 L", RULES._replace(spread_memory=0.5)),
    Variant("memory of spreads 10 L", RULES._replace(spread_memory=10.0)),
    Variant("learned from within 4 spreads", RULES._replace(clip=4.0)),
)


class Worth(NamedTuple):
    """Figures of one variant [%, except F1 and episodes per 1,000 h]."""

    skab_f1: float
    skab_far: float
    skab_mar: float
    skab_held_f1: float
    tep: float
    tep_false: float
    natural: float
    ramp_720h: float
    ramp_168h: float
    step_168h: float
    fresh_720h: float
    fresh_168h: float
    fresh_step: float


def judge(variant: Variant) -> Worth:
    """Every set, judged by one variant."""
    return Worth(*_skab(variant), *_tep(variant), *_gas_turbine(variant))


def _skab(variant: Variant) -> Iterator[float]:
    experiments = skab.load(data_folder("skab"))
    said = [variant.warnings(one.recorded)[skab.LEARN :] for one in experiments]
    judged = [one.judged(np.logical_or.reduce(rows, axis=1)) for one, rows in zip(experiments, said, strict=True)]
    tune = skab_scorer.outliers(judged[::2])
    yield from (tune.f1, tune.far, tune.mar, skab_scorer.outliers(judged[1::2]).f1)


def _tep(variant: Variant) -> Iterator[float]:
    learn, tests = tep.load()
    warnings, _ = tep.run(partial(_verdict, variant), learn, tests)
    judged = tep.judge(warnings, in_a_row=1)
    yield from (judged.mean, judged.false_rate)


def _verdict(variant: Variant, recorded: Recorded) -> Verdict:
    warnings = variant.warnings(recorded)
    return Verdict(np.zeros(len(warnings)), warnings)


def _gas_turbine(variant: Variant) -> Iterator[float]:
    recorded = gas_turbine_data.load()
    yield gas_turbine.natural_rate(variant.warnings(recorded), recorded.learn, 0)
    for seeds in (TUNE_SEEDS, FRESH_SEEDS):
        for hours, held in gas_turbine_data.FAULTS.values():
            hits = []
            for seed in seeds:
                faulty, cases = gas_turbine_data.inject(recorded, hours, held, seed)
                hits.append(gas_turbine.caught(variant.warnings(faulty), cases, recorded.learn, 0))
            yield 100.0 * float(np.concatenate(hits).mean())


def _table(worth: dict[str, Worth]) -> None:
    print(f"{'':32}" + "".join(f"{name:>13}" for name in Worth._fields))
    for name, one in worth.items():
        cells = (
            f"{value:13.3f}" if field.endswith("f1") else f"{value:13.2f}" for field, value in one._asdict().items()
        )
        print(f"{name:32}" + "".join(cells))


def chosen(names: Sequence[str]) -> list[Variant]:
    """The variants of these names, or all. SystemExit if one is unknown."""
    known = {variant.name: variant for variant in VARIANTS}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f'no variant "{unknown[0]}"; expected one of: {"; ".join(known)}')
    return [known[name] for name in names] or list(VARIANTS)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="only these variants")
    options = parser.parse_args()
    variants = track(chosen(options.only), description="variants", console=Console(stderr=True), transient=True)
    worth = {variant.name: judge(variant) for variant in variants}
    if not options.json:
        _table(worth)
    rounded = {name: {key: round(value, 3) for key, value in one._asdict().items()} for name, one in worth.items()}
    machine.report("ablation", {"variants": rounded} if options.json else {}, as_json=options.json)


if __name__ == "__main__":
    main()
