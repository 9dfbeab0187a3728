"""``wanbiao replay NAME``: which incident, with which constants, from when to when; then the play, and the verdict."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import click

from detectors.tuning import Tuning
from replay.files import RecordingError
from replay.incident import Incident
from replay.kept import Shelf
from replay.labelled import LABELS, LabelledIncident
from replay.library import UnknownIncidentError, find_incident, shipped
from replay.verdict import Verdict
from replay.versions import Version
from stations.plant import Text
from stations.schema import nearest
from wanbiao.cli import EXIT_INTERRUPTED
from wanbiao.display import console, duration, progress, until_interrupted, worded
from wanbiao.embedded import Pace
from wanbiao.errors import ConfigError, DataError
from wanbiao.folders import cache_folder
from wanbiao.incident_play import USUAL, Play, is_station, load_incident, load_version, nothing
from wanbiao.parameters import Moment
from wanbiao.settings import Settings
from wanbiao.steering import SteeredPace, usual_speed
from wanbiao.verdict_view import add_row, plain, print_runs, print_table, print_verdict, print_warning, table_of

BAD_SHOWN: Final = 5
"""Bad rows of a recording that are named."""
NOWHERE: Final = "none"
"""Stands in ``WANBIAO_CACHE`` for no folder."""
PAGES: Final = (".html", ".htm")
"""Ends of files that a report may be written over."""
SWEEP_MOST: Final = 20
"""Values of a sweep: each has monitors of its own, side by side."""


def replay(settings: Settings, options: dict[str, Any]) -> int:
    """Replay what the options say, print the verdict, and return the exit code: 0 = all that is expected held.

    Raises
    ------
    UsageError, ConfigError : in one line.
    """
    settings = replace(settings, tuning=options["tuning"] or settings.tuning)
    if options["every"]:
        return _every(settings, options)
    if len(options["what"]) > 1:
        raise click.UsageError(f"one incident at a time, or --all; not {', '.join(options['what'])}")
    incident = find(settings, options["what"][0])
    play = _play(settings, incident, options)
    if options["report"] is not None:
        _check_writable(options["report"])
    language, err = options["language"], console("stderr")
    with _board(play, options) if options["with_board"] else nullcontext():
        err.print(worded(incident.scenario.name, language))
        for name, version in play.versions.items():
            err.print(f"{name}: {worded(version.note, language)}", highlight=False)
        with progress(worded(Text("回放", "replaying"), language), out=err) as advance:
            verdicts = play.run(advance)
        code = _tell(incident, verdicts, play, options)
        if options["stay"] and not play.interrupted:
            err.print(worded(Text("看板仍在运行；Ctrl-C 结束。", "The board stays; Ctrl-C ends it."), language))
            until_interrupted()
            code = EXIT_INTERRUPTED
    return code


@contextmanager
def _board(play: Play, options: dict[str, Any]) -> Iterator[None]:
    """A board on which people look at the play and steer it, its link told."""
    from wanbiao.replay_board import ReplayBoard

    scenario, language = play.incident.scenario, options["language"]
    end_ns = scenario.end_ns if play.to_ns is None else play.to_ns
    speed = options["speed"] if options["is_paced"] else usual_speed((end_ns - scenario.start_ns) / 1e9)
    play.pace = pace = SteeredPace(speed)
    if options["pause_at_warning"]:
        play.pause = pace.hold
    with closing(ReplayBoard(play.incident, end_ns, pace, options["port"], language)) as board:
        play.audience = board
        link = f"{board.url}/replay"
        console("stderr").print(worded(Text(f"回放看板：{link}", f"The board of this replay: {link}"), language))
        yield


def _tell(incident: Incident, verdicts: Sequence[Verdict], play: Play, options: dict[str, Any]) -> int:
    """The verdict, the report; which exit code that is."""
    language, err = options["language"], console("stderr")
    if not verdicts:
        err.print(worded(Text("学习期间中断，无结论", "interrupted while it learned: no verdict"), language))
        return EXIT_INTERRUPTED
    if isinstance(incident, LabelledIncident):
        for row in incident.bad_rows[:BAD_SHOWN]:
            err.print(f"{worded(Text('坏行', 'bad row'), language)}: {row}")
    if play.recalled:
        names = ", ".join(play.recalled)
        text = Text(
            f"未变，取自缓存（--no-cache 重新回放）：{names}",
            f"unchanged, from the cache (--no-cache plays it): {names}",
        )
        err.print(worded(text, language), highlight=False)
    _print(verdicts, play, options)
    if options["report"] is not None:
        _write_report(options["report"], incident, verdicts, play, language)
    if play.interrupted:
        return EXIT_INTERRUPTED
    return int(verdicts[0].held is False)


def _every(settings: Settings, options: dict[str, Any]) -> int:
    """Every incident, one after the other; Ctrl-C ends with those that are done."""
    language, err, fleet = options["language"], console("stderr"), settings.load_fleet()
    tuning, table, held, interrupted = settings.load_tuning(), table_of(options["language"]), True, False
    for path in shipped():
        play = Play(load_incident(path, fleet), {USUAL: tuning}, shelf=_shelf(settings, options))
        with progress(path.stem, out=err) as advance:
            verdicts = play.run(advance)
        if play.interrupted or not verdicts:
            interrupted = True
            break
        held = held and verdicts[0].held is True
        if options["as_json"]:
            click.echo(json.dumps(plain(verdicts[0], play.seconds)))
        else:
            add_row(table, verdicts[0], play.seconds, language)
    if not options["as_json"]:
        print_table(console("stdout"), table)
    return EXIT_INTERRUPTED if interrupted else int(not held)


def _shelf(settings: Settings, options: dict[str, Any]) -> Shelf | None:
    """Where plays are kept; None = nowhere."""
    if options["no_cache"] or settings.cache == NOWHERE:
        return None
    folder = Path(settings.cache) if settings.cache else cache_folder(os.environ)
    return None if folder is None else Shelf(folder / "replays")


def find(settings: Settings, name: str) -> Incident:
    """The incident of that name, of a scenario file, or of a folder with labels; a usage error where it is none, or two."""
    path = Path(name)
    if (path / LABELS).is_file():
        try:
            return LabelledIncident(path, settings.load_fleet())
        except RecordingError as error:
            raise DataError(str(error)) from None
    if path.suffix == ".toml" and path.is_file():
        return load_incident(path, settings.load_fleet())
    try:
        found = find_incident(name)
    except UnknownIncidentError as error:
        if path.exists():
            expected = "--kafka, if it is a recording; else an incident, a scenario file or a folder with labels.json"
            raise click.UsageError(f"{name}: expected {expected}") from None
        raise click.UsageError(str(error)) from None
    if path.exists():
        expected = f"its longer name, {found.stem}, for the incident"
        raise click.UsageError(f"{name}: is an incident, and a file or folder here; expected {expected}")
    return load_incident(found, settings.load_fleet())


def _play(settings: Settings, incident: Incident, options: dict[str, Any]) -> Play:
    from_ns, end_ns = span(incident, options)
    out, language = console("stderr" if options["as_json"] else "stdout"), options["language"]
    is_watched = options["speed"] != math.inf or options["pause_at_warning"]

    def pause() -> None:
        click.pause(worded(Text("按任意键继续……", "press any key to go on ..."), language), err=True)

    variants, versions = _variants(settings, incident, options)
    return Play(
        incident,
        variants,
        versions=versions,
        shelf=_shelf(settings, options),
        from_ns=from_ns,
        to_ns=end_ns,
        pace=Pace(options["speed"]),
        show=(lambda event: print_warning(out, event, language)) if is_watched else nothing,
        pause=pause if options["pause_at_warning"] else None,
        traced=options["report"] is not None,
    )


def span(incident: Incident, options: dict[str, Any]) -> tuple[int | None, int]:
    """From when it is played at its speed (None = from its begin), and where it ends [ns]; a usage error where they are wrong."""
    from_ns, to_ns = _moment(incident, "from", options["from_"]), _moment(incident, "to", options["to"])
    end_ns = incident.scenario.end_ns if to_ns is None else to_ns
    if from_ns is not None and from_ns >= end_ns:
        raise click.UsageError("--from is not before --to, or the end; expected an earlier time")
    if end_ns <= incident.scenario.start_ns:
        raise click.UsageError(f'--to "{options["to"]}" is where the incident begins; expected a later time')
    return from_ns, end_ns


def _moment(incident: Incident, option: str, text: str | None) -> int | None:
    """A day of the incident or a time, as event time [ns]; None = not given."""
    if text is None:
        return None
    scenario = incident.scenario
    try:
        time_ns = scenario.at_day(float(text))
    except (ValueError, OverflowError):
        try:
            time_ns = Moment().convert(text, None, None)
        except click.BadParameter:
            expected = f"a day from 0 to {scenario.days:g}, or a time such as {scenario.start[:10]}"
            raise click.UsageError(f'--{option} "{text}"; expected {expected}') from None
    if not scenario.start_ns <= time_ns <= scenario.end_ns:
        raise click.UsageError(
            f'--{option} "{text}" is outside the incident; expected a day from 0 to {scenario.days:g}'
        )
    return time_ns


def _variants(
    settings: Settings, incident: Incident, options: dict[str, Any]
) -> tuple[dict[str, Tuning], dict[str, Version]]:
    """Constants by name of run, the usual ones first; and by which version of a station it judges, if by another."""
    found, versions = {USUAL: settings.load_tuning()}, dict[str, Version]()
    for path in options["what_if"]:
        name = path if Path(path).name in found else Path(path).name
        if is_station(Path(path)):
            found[name], versions[name] = found[USUAL], load_version(Path(path), incident)
        else:
            found[name] = replace(settings, tuning=path).load_tuning()
    if options["sweep"]:
        found |= _sweep(found[USUAL], options["sweep"])
    if len(found) > SWEEP_MOST:
        raise click.UsageError(f"{len(found)} runs side by side; expected at most {SWEEP_MOST}")
    return found, versions


def _sweep(usual: Tuning, text: str) -> dict[str, Tuning]:
    """``limit=5,6,7`` as one set of constants a value."""
    name, _, values = text.partition("=")
    numbers = {field.name: type(getattr(usual, field.name)) for field in fields(usual)}
    numbers = {key: kind for key, kind in numbers.items() if kind in (int, float)}
    if name not in numbers:
        near = nearest(name, numbers)
        hint = f'; nearest: "{near}"' if near else ""
        raise click.UsageError(f'--sweep "{name}"; expected a constant of detection with one number{hint}')
    try:
        return {
            f"{name}={value.strip()}": replace(usual, **{name: numbers[name](value)}) for value in values.split(",")
        }
    except ValueError as error:
        raise click.UsageError(f'--sweep {name}: "{values}"; expected numbers such as 5,6,7 ({error})') from None


def _print(verdicts: Sequence[Verdict], play: Play, options: dict[str, Any]) -> None:
    out, language = console("stdout"), options["language"]
    if options["as_json"]:
        told = [
            one.to_dict()
            | {"seconds": round(play.seconds, 3), "interrupted": play.interrupted}
            | {"cached": one.variant in play.recalled}
            | ({"catalogue": play.versions[one.variant].to_dict()} if one.variant in play.versions else {})
            for one in verdicts
        ]
        document = told[0] if len(told) == 1 else {"name": verdicts[0].name, "runs": told}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    print_verdict(out, verdicts[0], language)
    if len(verdicts) > 1:
        print_runs(out, verdicts, language)
    took = duration(play.seconds)
    out.print(worded(Text(f"用时 {took}", f"took {took}"), language))


def _check_writable(path: Path) -> None:
    """ConfigError if a report cannot be written there, or would take the place of what is no report."""
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"--report {path}: cannot be written; expected a file in a folder that exists")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ConfigError(f"--report {path}: cannot be written: permission denied")
    if path.is_file() and path.suffix not in PAGES:
        raise ConfigError(f"--report {path}: is there, and is no page; expected a new file, or one that ends in .html")


def _write_report(path: Path, incident: Incident, verdicts: Sequence[Verdict], play: Play, language: str) -> None:
    from replay.report import page

    notes = {name: version.note for name, version in play.versions.items()}
    text = page(incident, verdicts, play.traces, language, notes)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--report {path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    console("stderr").print(worded(Text(f"报告已写入 {path}", f"report: {path}"), language))
