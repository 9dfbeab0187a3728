"""What the commands that play recordings share: the station that was recorded, and the file it was recorded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from detectors.tuning import Tuning
from replay.adhoc import found_period_s
from replay.files import find_files
from replay.recordings import Recording
from stations.plant import Station
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings


def recorded_station(settings: Settings, catalogue: str, period_s: float | None) -> Station:
    """The one station of a catalogue: a shipped recording or a station file; ConfigError if there are more."""
    period_s = settings.period_s if period_s is None else period_s
    try:
        fleet = replace(settings, catalogue=catalogue, period_s=period_s).load_fleet()
    except ConfigError as error:  # it was an option here, not the setting that the message names
        raise ConfigError(str(error).replace("environment: WANBIAO_CATALOGUE", "--catalogue")) from None
    if len(fleet.stations) != 1:
        raise ConfigError(
            f"--catalogue {catalogue}: {len(fleet.stations)} stations; expected one, that of the recording"
        )
    return next(iter(fleet.stations.values()))


def learning(tuning: Tuning, rows: int, period_s: float) -> Tuning:
    """The same constants, but nothing is said before ``rows`` rows, ``period_s`` [s] apart, were seen."""
    span_s = rows * period_s
    return replace(tuning, warm_up_s=span_s, warm_up_scans=max(1, int(span_s / max(period_s, tuning.learn_s))))


def prepare(
    settings: Settings,
    files: Sequence[Path],
    *,
    catalogue: str,
    start_ns: int | None,
    period_s: float | None,
    learn_rows: int | None = None,
) -> tuple[Station, Tuning, Recording]:
    """Station, constants of detection and recording of a run.

    Raises
    ------
    ConfigError, CatalogueError : catalogue or constants cannot be used.
    RecordingError : the recording cannot be played.
    """
    tuning = settings.load_tuning()
    if period_s is None and settings.period_s is None:
        period_s = found_period_s(find_files(files)[0])
    station = recorded_station(settings, catalogue, period_s)
    if learn_rows is not None:
        tuning = learning(tuning, learn_rows, station.blocks[0].period_s)
    return station, tuning, Recording(files, station.blocks[0], start_ns=start_ns)


def create(path: Path, recording: Recording) -> TextIO:
    """A new file for what a run writes; ConfigError if it cannot be, or is one of the recording's own."""
    if path.exists() and any(path.samefile(table.path) for table in recording.tables):
        raise ConfigError(f"{path}: is the recording itself; expected another file to write to")
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
