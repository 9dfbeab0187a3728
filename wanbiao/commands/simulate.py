"""``wanbiao simulate``: simulated stations in place of the plant, to Kafka, to files or as pictures."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanbiao.cli import EXIT_INTERRUPTED, pass_settings
from wanbiao.errors import UserError
from wanbiao.parameters import CaseText, Duration, Finite, Moment, Speed, find_stations
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from wanbiao.simulation import Plan

FILES_START_NS: Final = 1_767_225_600_000_000_000
"""2026-01-01 UTC: where a recording begins unless told otherwise."""
ENDLESS_BENIGN_NS: Final = 10 * 366 * 86_400 * 10**9
"""How far ahead benign events are drawn where no end is given [ns]."""
EXIT_CANNOT_WRITE: Final = 74
"""EX_IOERR"""
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(short_help="Simulate stations: to Kafka, to files with labels, or as pictures.")
@click.option("--kafka", is_flag=True, help="Send to the telemetry topic.")
@click.option("--out", type=FOLDER, help="Write a recording into this folder: a file a station, and labels.json.")
@click.option("--plot", type=FOLDER, help="Draw a day and a year of each technology into this folder, as PNG.")
@click.option(
    "--format", "kind", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True, help="Of --out."
)
@click.option("--scenario", default="", help="Scenario file, or the name of a shipped one, e.g. i01.")
@click.option(
    "--stations", "codes", default="", help="Station codes, e.g. YXK,FYL, or all; default: all, or the scenario's."
)
@click.option("--start", type=Moment(), help="First scan: now, or ISO 8601; default: now, for --out 2026-01-01.")
@click.option("--days", type=Finite(0, 36_600, min_open=True), help="Days of plant time; default: until Ctrl-C.")
@click.option("--scans", type=click.IntRange(1), help="Scans of the slowest station, instead of --days.")
@click.option(
    "--speed", type=Speed(), default="1", show_default=True, help="Of --kafka: plant seconds a second, or max."
)
@click.option("--period", type=Finite(0.1, 86_400), help="Seconds between two scans; default: the catalogue's.")
@click.option("--profile", type=click.Choice(["full", "lite"]), help="How much is sampled; default: WANBIAO_PROFILE.")
@click.option("--seed", type=click.IntRange(0), help="Same seed, same telemetry; default: 7, or the scenario's.")
@click.option(
    "--fault", "cases", type=CaseText(), multiple=True, help="kind:station:unit:start:development; repeatable."
)
@click.option("--benign", is_flag=True, help="Let ordinary benign events happen: outages, floods, calibrations ...")
@click.option("--deadband", type=Finite(0, 1), default=0.0, help="Report by exception: share of the range, e.g. 0.001.")
@click.option(
    "--age", type=Duration(), default="60s", show_default=True, help="Of --deadband: oldest value reported again."
)
@click.option("--disorder", type=Finite(0, 1), default=0.0, help="Share of the scans that arrive late.")
@click.option("--duplicates", type=Finite(0, 1), default=0.0, help="Share of the scans that arrive twice.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Simulate the stations of the catalogue, with whatever happens to them.

    To Kafka, the worker needs the same WANBIAO_PERIOD_S and WANBIAO_PROFILE; when plant time is not now (--start, --speed), it
    needs WANBIAO_CLOCK=recorded. The summary says so. The labels beside a recording tell of each event when it began, first
    showed, and would have passed a static alarm and a trip.

    \b
    Example:
      wanbiao simulate --kafka --profile lite
      wanbiao simulate --out month --start 2026-01-01 --days 30 --seed 7 --period 600 --benign
      wanbiao simulate --out i01 --scenario i01
      wanbiao simulate --plot pictures --stations YXK,FYL
      wanbiao simulate --kafka --stations YXK --period 600 --start 2026-01-01 --days 90 --speed max \\
          --fault F01:YXK:2:2026-03-05T00:00Z:21d
    """
    ways = [name for name in ("kafka", "out", "plot") if options[name]]
    if len(ways) != 1:
        raise click.UsageError(
            f"where to? expected one of --kafka, --out FOLDER, --plot FOLDER{', not several' if ways else ''}"
        )
    if options["days"] and options["scans"]:
        raise click.UsageError("either --days or --scans, not both")
    plan, needs = _plan(settings, options)
    if options["plot"]:
        result, interrupted = _draw(plan, options["plot"]), False
    elif options["out"]:
        result, interrupted = _write(plan, options["out"], options["kind"])
    else:
        result, interrupted = _send(plan, options["speed"], settings, needs)
    click.echo(json.dumps(result.plain()) if options["as_json"] else result.sentence())
    if interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Result:
    """For programs, every field; for people, a sentence."""

    text: str
    fields: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        return self.fields

    def sentence(self) -> str:
        needs = " ".join(f"{name}={value}" for name, value in self.fields.get("worker_needs", {}).items())
        return f"{self.text}; the worker needs {needs}" if needs else self.text


def _plan(settings: Settings, given: dict[str, Any]) -> tuple[Plan, dict[str, str]]:
    """What is simulated, and the settings without which a worker would refuse its scans."""
    from stations.scenario import ordinary
    from stations.simulate.delivery import Transport
    from wanbiao.simulation import Plan, check_cases, find_scenario

    wanted, needs = _sampled(settings, given)
    fleet = wanted.load_fleet()
    codes = "" if given["codes"].strip().casefold() == "all" else given["codes"]
    start_ns, seed, end_ns, cases = given["start"], 7, None, []
    if given["scenario"]:
        played = find_scenario(given["scenario"], fleet)
        scenario, stations = played.scenario, list(played.stations)
        if scenario.period_s and given["period"]:
            raise click.UsageError(f"--period: the scenario has its own, {scenario.period_s:g} s")
        if scenario.period_s and scenario.period_s != settings.period_s:
            needs["WANBIAO_PERIOD_S"] = f"{scenario.period_s:g}"
        if codes:
            known = {station.code: station for station in stations}
            stations = [known[one.code] for one in find_stations(fleet, codes, ()) if one.code in known]
            if not stations:
                raise click.UsageError(
                    f"--stations: none of them is in the scenario; expected some of {', '.join(known)}"
                )
        start_ns = scenario.first_ns if start_ns is None else start_ns
        seed, end_ns, cases = scenario.seed, scenario.end_ns, list(played.cases)
    else:
        stations = list(find_stations(fleet, codes, fleet.stations))
    if start_ns is None:
        start_ns = 0 if given["kafka"] else FILES_START_NS
    seed = seed if given["seed"] is None else given["seed"]
    longest_s = max(station.block("units").period_s for station in stations)
    is_now = start_ns == 0
    start_ns = start_ns or int(time.time() // longest_s * longest_s) * 10**9
    if given["days"] or given["scans"]:
        span_s = given["days"] * 86_400.0 if given["days"] else given["scans"] * longest_s
        end_ns = start_ns + round(span_s * 1e9)
    if end_ns is None and given["out"]:
        raise click.UsageError("how long? expected --days, --scans or --scenario with --out")
    cases += check_cases(given["cases"], cases, stations, start_ns, end_ns)
    if given["benign"]:
        cases += ordinary(stations, start_ns, end_ns or start_ns + ENDLESS_BENIGN_NS, seed)
    if given["kafka"] and settings.clock == "live" and not (is_now and given["speed"] == 1.0):
        needs["WANBIAO_CLOCK"] = "recorded"
    here = {"*", *(station.code for station in stations)}
    transport = Transport(given["deadband"], given["age"], given["disorder"], given["duplicates"])
    plan = Plan(stations, tuple(case for case in cases if case.station in here), start_ns, end_ns, seed, transport)
    try:
        for station in stations:
            plan.scans_of(station)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return plan, needs


def _sampled(settings: Settings, given: dict[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings with the profile and period that are asked for, and what of them a worker must be told."""
    profile = given["profile"] or settings.profile
    # A profile that is asked for here comes instead of a period of the environment; a period asked for comes on top.
    period_s = given["period"] or (None if given["profile"] else settings.period_s)
    needs = {}
    if profile != settings.profile:
        needs["WANBIAO_PROFILE"] = profile
    if period_s != settings.period_s:
        needs["WANBIAO_PERIOD_S"] = "" if period_s is None else f"{period_s:g}"
    return replace(settings, profile=profile, period_s=period_s), needs


def _names(plan: Plan) -> str:
    return ", ".join(station.code for station in plan.stations)


def _send(plan: Plan, speed: float, settings: Settings, needs: dict[str, str]) -> tuple[_Result, bool]:
    """Send until the end, or until Ctrl-C (True); what was sent is acknowledged when it returns."""
    from connectors.kafka import ScanProducer
    from connectors.wire import encode_scan
    from streams.alive import AliveFile
    from wanbiao.display import console, date, duration, progress
    from wanbiao.embedded import Pace

    pace, begun, interrupted = Pace(speed), time.monotonic(), False
    alive = AliveFile(settings.alive_file)
    sent = readings = last_ns = 0
    topic = f"{settings.prefix}telemetry"
    span_ns = math.inf if plan.end_ns is None else plan.end_ns - plan.start_ns
    with (
        ScanProducer(settings.kafka_address(), topic) as producer,
        progress("simulating", out=console("stderr")) as advance,
    ):
        try:
            for scan in plan.scans():
                pace.wait(scan.time_ns)
                producer.send(scan.station, encode_scan(scan))
                alive.touch()
                sent, readings, last_ns = sent + 1, readings + scan.values.size, scan.time_ns
                done = None if plan.end_ns is None else (scan.time_ns - plan.start_ns) / span_ns
                advance(done, f"{date(scan.time_ns)}, {sent} scans")
        except KeyboardInterrupt:
            interrupted = True
    seconds = time.monotonic() - begun
    text = f"sent {sent} scans of {_names(plan)}"
    if sent:
        text += f", {date(plan.start_ns)} to {date(last_ns)} UTC,"
    fields = {
        "topic": topic,
        "stations": [station.code for station in plan.stations],
        "scans": sent,
        "readings": readings,
        "first_ns": plan.start_ns,
        "last_ns": last_ns,
        "seconds": round(seconds, 3),
        "scans_per_s": round(sent / max(seconds, 1e-3), 1),
        "seed": plan.seed,
        "events": len(plan.cases),
        "worker_needs": needs,
    }
    return _Result(f"{text} to {topic} in {duration(seconds)}; seed {plan.seed}", fields), interrupted


def _write(plan: Plan, folder: Path, kind: Any) -> tuple[_Result, bool]:
    """A recording: a file a station, and the labels. Ctrl-C keeps what was written, and says what is missing."""
    from replay.recorder import Recorder
    from wanbiao.display import console, date, duration, progress

    begun, rows, interrupted = time.monotonic(), 0, False
    files: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise click.UsageError(f"--out: {folder} is not empty; expected a new folder, so that no recordings mix")
        with progress("simulating", out=console("stderr")) as advance:
            for i, station in enumerate(plan.stations):
                n, total = plan.n_scans(station), len(plan.stations)
                with Recorder(folder, station.block("units"), kind) as recorder:
                    files.append(recorder.path)
                    try:
                        for number, scan in enumerate(plan.scans_of(station)):
                            recorder.write(scan)
                            advance((i + number / n) / total, f"{station.code} {date(scan.time_ns)}")
                    except KeyboardInterrupt:
                        interrupted = True
                rows += recorder.rows
                if interrupted:
                    break
        labels = [] if interrupted else plan.labels()
        document = {"seed": plan.seed, "start_ns": plan.start_ns, "end_ns": plan.end_ns, "complete": not interrupted}
        text = json.dumps({**document, "labels": labels}, indent=1)
        (folder / "labels.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise _CannotWriteError(f"--out: {folder}: {(error.strerror or str(error)).lower()}") from None
    seconds = time.monotonic() - begun
    n_bytes = sum(path.stat().st_size for path in files)
    done = [path.stem for path in files]
    fields = {
        "folder": str(folder),
        "files": [path.name for path in files],
        "stations": done,
        "complete": not interrupted,
        "rows": rows,
        "bytes": n_bytes,
        "first_ns": plan.start_ns,
        "end_ns": plan.end_ns,
        "seconds": round(seconds, 3),
        "seed": plan.seed,
        "events": len(plan.cases),
        "labels": len(labels),
    }
    written = f"wrote {rows} rows of {', '.join(done)} ({n_bytes / 1e6:.1f} MB)"
    if interrupted:
        missing = ", ".join(station.code for station in plan.stations[len(done) :]) or "nothing else"
        text = f"interrupted: {written} to {folder}; {done[-1]} ends early, missing: {missing}, and all labels"
    else:
        text = f"{written} and {len(labels)} label{'s' * (len(labels) != 1)} to {folder} in {duration(seconds)}"
    return _Result(f"{text}; seed {plan.seed}", fields), interrupted


class _CannotWriteError(UserError):
    exit_code = EXIT_CANNOT_WRITE


def _draw(plan: Plan, folder: Path) -> _Result:
    """Pictures of every station of the plan."""
    from wanbiao.display import console, progress
    from wanbiao.pictures import draw

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with progress("drawing", out=console("stderr")) as advance:
            files = draw(plan, folder, advance)
    except OSError as error:
        raise _CannotWriteError(f"--plot: {folder}: {(error.strerror or str(error)).lower()}") from None
    names: Sequence[str] = [path.name for path in files]
    return _Result(
        f"drew {len(names)} pictures into {folder}", {"folder": str(folder), "files": names, "seed": plan.seed}
    )
