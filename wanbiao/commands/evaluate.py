"""``wanbiao evaluate``: the whole chain over the simulated fleet, judged against the truth."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stations.schema import nearest
from wanbiao.cli import pass_settings
from wanbiao.errors import ConfigError, UserError
from wanbiao.parameters import Duration, find_stations
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from replay.evaluation.summary import Summary
    from replay.evaluation.trials import Trial
    from stations.plant import Fleet

DAY_S = 86_400.0
LEARN_S_MAX = 3650 * DAY_S
SEEDS = 10
"""Cases of a failure mode in a group of technologies: three of them are a difference of 30 %, and a night is long enough."""


@click.command(short_help="Judge the whole chain over the simulated fleet.")
@click.option("--quick", is_flag=True, help="One case a failure mode, sixty healthy days a station: some two minutes.")
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    help="Cases of every failure mode and group of technologies; default: 10, with --quick 1.",
)
@click.option("--station", "codes", default="", help="Station codes, e.g. YXK,FYL; default: all.")
@click.option("--kind", default="", help="Only this failure mode or sensor fault and its variants, e.g. F01.")
@click.option(
    "--learn", "learn_s", type=Duration(), default="90d", show_default=True, help="Healthy operation to learn."
)
@click.option(
    "--parts",
    default="all",
    show_default=True,
    help="Only these: slow, medium, fast, step, none, sensor, data, healthy.",
)
@click.option(
    "--tune", is_flag=True, help="Draw other cases, to choose constants by: what judges must not have been seen."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the tables.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes; they change no result."
)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the JSON object here, with every single case.")
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Simulate failures, sensor faults and healthy years, watch them, and compare what was said with the truth.

    Each station is learned while it is healthy; then one case begins in some of its units. A case is detected if an early warning
    of its unit opens after it has begun and before its static alarm; every other early warning is false.

    \b
    Example:
      wanbiao evaluate --quick
      wanbiao evaluate --station YXK,FYL --kind F01 --seeds 4
      wanbiao evaluate --json --out evaluation.json
    """
    from concurrent.futures.process import BrokenProcessPool

    from replay.evaluation.running import run_all
    from replay.evaluation.summary import Summary
    from wanbiao.display import console, progress

    fleet, trials = _plan(settings, options)
    tuning = settings.load_tuning()
    _check_out(options["out"])
    started = time.monotonic()
    try:
        with progress("评估 evaluate", out=console("stderr")) as advance:
            outcomes = run_all(trials, tuning, workers=options["workers"], advance=advance)
    except BrokenProcessPool:
        raise UserError("a worker process was ended from outside; try --workers 1, it needs less memory") from None
    summary = Summary(fleet, outcomes)
    figures = (
        summary.to_dict()
        | {"seeds": "tuning" if options["tune"] else "evaluation"}
        | _run_facts(trials, summary, options["workers"], time.monotonic() - started)
    )
    if options["out"]:
        _write(options["out"], figures | {"verdicts": summary.cases()})
    if options["as_json"]:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _show(summary, figures)


def _plan(settings: Settings, options: dict[str, Any]) -> tuple[Fleet, list[Trial]]:
    """The fleet and the trials that were asked for; a usage error if there are none."""
    from replay.evaluation.trials import SEED_BASE, TUNING_BASE, is_meant, plan
    from stations.faults import kinds

    if options["quick"] and options["seeds"]:
        raise click.UsageError("--quick is one case a mode; expected it or --seeds, not both")
    if options["learn_s"] > LEARN_S_MAX:
        raise click.UsageError(f"--learn: expected at most {LEARN_S_MAX / DAY_S:.0f}d")
    parts = _parts(options["parts"])
    fleet = settings.load_fleet()
    stations = find_stations(fleet, options["codes"], fleet.stations)
    kind = options["kind"].strip().upper()
    possible = {code.upper(): code for code, what in kinds().items() if what.pace != "benign"}
    if kind and not any(is_meant(code, kind) for code in possible):
        near = nearest(kind, possible)
        hint = f'; nearest: "{near}"' if near else ""
        raise click.UsageError(
            f'no failure mode or sensor fault "{options["kind"]}"; expected one such as F01 or S05{hint}'
        )
    kind = possible.get(kind, kind)
    trials = plan(
        stations,
        seeds=options["seeds"] or SEEDS,
        kind=kind,
        quick=options["quick"],
        learn_days=options["learn_s"] / DAY_S,
        base=TUNING_BASE if options["tune"] else SEED_BASE,
        parts=parts,
    )
    if not trials:
        names = ", ".join(station.code for station in stations)
        what = f"{kind or 'what was asked'} ({options['parts']})"
        raise click.UsageError(f"{what} cannot happen in {names}; `wanbiao catalogue events` says what can, and where")
    return fleet, trials


def _parts(given: str) -> tuple[str, ...]:
    """The parts of an evaluation that were asked for."""
    from replay.evaluation.trials import PARTS

    parts = PARTS if given == "all" else tuple(part.strip() for part in given.split(","))
    for part in parts:
        if part not in PARTS:
            near = nearest(part, PARTS)
            hint = f'; nearest: "{near}"' if near else ""
            raise click.UsageError(f'--parts: "{part[:40]}"; expected all, or some of {", ".join(PARTS)}{hint}')
    return parts


def _check_out(path: Path | None) -> None:
    """Refuse now what could not be written in an hour."""
    if path is not None and (path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK)):
        raise ConfigError(f"{path}: cannot be written; expected a file in a folder that exists")


def _write(path: Path, figures: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def _run_facts(trials: list[Trial], summary: Summary, workers: int, seconds: float) -> dict[str, Any]:
    """How long it took, on what."""
    import numpy as np

    return {
        "trials": len(trials),
        "scans": sum(trial.n_judged for trial in trials),
        "seconds": round(seconds, 1),
        "worker_seconds": summary.costs(),
        "workers": workers,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _show(summary: Summary, figures: dict[str, Any]) -> None:
    """The tables, and the figures in a few lines."""
    from wanbiao.display import console
    from wanbiao.evaluation_tables import WIDTH, diagnosis_table, false_table, mode_tables, sensor_faults_table

    out = console("stdout")
    if not out.is_terminal:
        out.width = max(out.width, WIDTH)
    for table in (
        *mode_tables(summary),
        diagnosis_table(summary),
        false_table(summary),
        sensor_faults_table(summary),
    ):
        if table is not None:
            out.print(table)
    for key in (
        "detected_slow_medium",
        "detected",
        "detected_by_chance",
        "judged",
        "false_per_day_fleet",
        "reopened_per_day_fleet",
        "doubts_per_day_fleet",
        "sensor_as_sensor",
        "sensor_as_machine",
    ):
        out.print(f"{key:>22}  {'–' if figures[key] is None else figures[key]}")
    out.print(f"{'trials':>22}  {figures['trials']}, {figures['scans']:,} scans, {figures['seconds']:.0f} s")
