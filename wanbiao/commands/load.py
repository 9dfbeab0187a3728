"""``wanbiao load``: what a list of warnings, or of any alarms, costs those who read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanbiao.cli import pass_settings
from wanbiao.errors import DataError
from wanbiao.parameters import Moment, Separator
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from detectors.kpis import Kpis
    from replay.alarm_log import AlarmLog


@click.command(short_help="Tell what a list of warnings costs its readers.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--since", type=Moment(), help="When the watch began; default: the first row.")
@click.option("--until", type=Moment(), help="When it ended; default: the last row.")
@click.option("--days", type=click.IntRange(1, 36_600), help="Only the last days; default: all.")
@click.option("--operators", type=click.IntRange(1, 1000), default=1, show_default=True, help="Who share the desk.")
@click.option("--units", type=click.IntRange(1, 100_000), help="Units that are watched, for the rate of false ones.")
@click.option("--separator", type=Separator(), help="Of a table: between two cells; default: as found.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option(
    "--language", type=click.Choice(["zh", "en", "both"]), help="Language of the table; default: WANBIAO_LANGUAGE."
)
@pass_settings
def command(settings: Settings, /, **options: Any) -> None:
    """Tell what warnings cost: how many, floods, chatter, what nobody acknowledges, beside EEMUA 191 and ISA-18.2.

    FILES are JSON lines as `wanbiao watch --events` writes them, the object of its --json, or the log of any alarm system as a
    table (CSV, gzip, Parquet) with columns time and tag, asset or id, optionally priority and state.

    \b
    Example:
      wanbiao watch pump.csv --events events.jsonl && wanbiao load events.jsonl
      wanbiao load alarms.csv --operators 2 --since 2026-01-01 --until 2026-02-01
    """
    from replay.alarm_log import read_alarm_log
    from replay.files import RecordingError
    from replay.tables import Dialect

    for name in ("since", "until"):
        if options[name] == 0:
            raise click.UsageError(f"--{name} now: a recording was made before; expected a time")
    if options["since"] and options["until"] and options["since"] >= options["until"]:
        raise click.UsageError("--since is not before --until; expected an earlier time")
    try:
        log = read_alarm_log(options["files"], Dialect(options["separator"]))
    except RecordingError as error:
        raise DataError(str(error)) from None
    _show(log, _kpis(log, options), as_json=options["as_json"], language=options["language"] or settings.language)


def _kpis(log: AlarmLog, options: dict[str, Any]) -> Kpis:
    from detectors.alarm_load import AlarmLoad
    from detectors.attention import DAY_NS

    since_ns, until_ns = options["since"], options["until"]
    found = [one for one in log.occurrences if until_ns is None or one.time_ns < until_ns]
    if not found and (since_ns is None or until_ns is None):
        raise DataError(f"{', '.join(map(str, options['files']))}: no warnings; expected some, or --since and --until")
    last_ns = found[-1].time_ns if until_ns is None else until_ns - 1
    first_ns = found[0].time_ns if since_ns is None else since_ns
    if first_ns > last_ns:
        raise DataError("--since is after the last row; expected an earlier time")
    load = AlarmLoad(
        "all",
        days=options["days"] or last_ns // DAY_NS - first_ns // DAY_NS + 1,
        since_ns=since_ns,
        operators=options["operators"],
        units=options["units"],
        has_ends=log.has_ends,
    )
    load.take(found)
    return load.kpis(last_ns)


def _show(log: AlarmLog, kpis: Kpis, *, as_json: bool, language: str) -> None:
    from stations.plant import Text
    from wanbiao.display import console, worded
    from wanbiao.load_view import print_kpis, print_summary, print_top, to_json

    err, tally = console("stderr"), log.tally
    for row in tally.named:
        err.print(f"{worded(Text('坏行', 'bad row'), language)}: {row}")
    if (more := tally.bad_rows - len(tally.named)) > 0:
        err.print(worded(Text(f"另有坏行 {more} 行", f"and {more} more bad rows"), language))
    if as_json:
        counts = {"rows": tally.rows, "bad_rows": tally.bad_rows, "repeats": log.repeats}
        click.echo(json.dumps(counts | to_json(kpis), ensure_ascii=False))
        return
    out = console("stdout")
    print_kpis(out, kpis, language)
    print_top(out, kpis, language)
    print_summary(out, kpis, language)
    rows = Text(f"{tally.rows} 行，其中坏行 {tally.bad_rows}", f"{tally.rows:,} rows, {tally.bad_rows} bad")
    out.print(worded(rows, language, separator="\n"))
