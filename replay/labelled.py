"""A recording with a label file, as an incident: the folder that ``wanbiao simulate --out`` writes, or one put together by hand.

``labels.json`` is an object with ``labels``, each as docs/scenarios.md has it. What comes before the first that is not benign is
learned.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from replay.adhoc import found_period_s
from replay.clocks import time_text
from replay.files import SUFFIXES, RecordingError
from replay.incident import DAY_S, Incident
from replay.recordings import BadRow, Recording
from stations.faults import PACES, Case, kinds
from stations.plant import Fleet, Station, Text
from stations.scan import FIRST_NS, LAST_NS, Scan
from stations.scenario import Played, Scenario
from stations.schema import nearest, show
from stations.simulate.labels import Label

LABELS: Final = "labels.json"
LABELS_MOST_BYTES: Final = 16 << 20
"""Size of a label file: a hundred thousand labels."""
CATEGORIES: Final = ("failure", "sensor", "data", "benign")
LATER: Final = ("end_ns", "repaired_ns")
"""Times of a label that come after its begin."""
TIMES: Final = ("start_ns", *LATER, "sign_ns", "alarm_ns", "trip_ns")
"""All times of a label."""


class _Labels(msgspec.Struct):
    labels: list[Label]
    event_ns: int | None = None


class LabelledIncident(Incident):
    """A folder with recordings, a file a station named by its code, and their labels.

    What was said of it is scored beside its labels (`replay.scores.recorded`).

    The event is ``event_ns`` of the label file, or else when the last of what is not benign is complete.

    Raises
    ------
    RecordingError : in one line, if labels or recordings cannot be read, or are of stations that are not in ``fleet``.
    """

    is_scored = True

    def __init__(self, folder: Path, fleet: Fleet) -> None:
        told = _read(folder / LABELS)
        self._labels = sorted(told.labels, key=lambda one: (one.start_ns, one.station, one.unit, one.kind))
        files = _files(folder)
        stations = {code: _station(path, code, fleet) for code, path in files.items()}
        _check_places(folder / LABELS, told.labels, stations)
        self._recordings = {code: Recording([files[code]], one.block("units")) for code, one in stations.items()}
        first_ns, last_ns = _span(self._recordings)
        wrong = [one for one in self._labels if one.category != "benign"]
        _check_within(folder / LABELS, wrong, first_ns, last_ns)
        start_ns = min((one.start_ns for one in wrong), default=(first_ns + last_ns) // 2)
        start_ns = min(max(start_ns, first_ns), last_ns)
        event_ns = told.event_ns or max((one.end_ns for one in wrong), default=0)
        scenario = Scenario(
            name=Text(folder.name, folder.name),
            start=datetime.fromtimestamp(start_ns / 1e9, UTC).isoformat(),
            days=max(last_ns - start_ns + 1, 1) / 1e9 / DAY_S,
            stations=tuple(stations),
            learn_days=(start_ns - first_ns) / 1e9 / DAY_S,
            event_day=(event_ns - start_ns) / 1e9 / DAY_S if event_ns else None,
        )
        cases = [
            Case(
                kind=one.kind,
                station=one.station,
                unit=one.unit,
                start_ns=one.start_ns,
                development_s=(one.end_ns - one.start_ns) / 1e9,
                severity=one.severity,
                tag=one.tag,
                repaired_ns=one.repaired_ns,
            )
            for one in wrong
        ]
        super().__init__(folder.name, Played(scenario, tuple(stations.values()), tuple(cases)))

    def scans(self, until_ns: int | None = None) -> Iterator[Scan]:
        """Every scan of the recordings before ``until_ns`` [ns; None = the end]; rows that cannot be used are left out."""
        lives = [recording.scans() for recording in self._recordings.values()]
        for scan in heapq.merge(*lives, key=lambda scan: (scan.time_ns, scan.station, scan.block)):
            if until_ns is not None and scan.time_ns >= until_ns:
                return
            yield scan

    @property
    def bad_rows(self) -> list[BadRow]:
        """Rows that could not be used as they stand, the first of each file."""
        return [row for recording in self._recordings.values() for row in recording.tally.named]

    def labels(self) -> list[Label]:
        """Those of the file, in order of time."""
        return self._labels


def _files(folder: Path) -> dict[str, Path]:
    """The recordings of a folder by station; RecordingError if there is none, or if a station has two."""
    files: dict[str, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES)):
        code = path.name.partition(".")[0]
        if code in files:
            raise RecordingError(
                f"{path}: a second recording of {code}; expected one a station, beside {files[code].name}"
            )
        files[code] = path
    if not files:
        raise RecordingError(f"{folder}: no recording in this folder; expected files such as YXK.parquet")
    return files


def _read(path: Path) -> _Labels:
    try:
        if path.stat().st_size > LABELS_MOST_BYTES:
            raise RecordingError(f"{path}: larger than {LABELS_MOST_BYTES} bytes; expected labels")
        told = msgspec.json.decode(path.read_bytes(), type=_Labels)
    except OSError as error:
        raise RecordingError(f"{path}: {(error.strerror or str(error)).lower()}; expected the labels") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}: {str(error).splitlines()[0]}") from None
    if told.event_ns is not None:
        _check_time(path, "event_ns", told.event_ns)
    for i, one in enumerate(told.labels):
        _check(path, f"labels[{i}]", one)
    return told


def _check(path: Path, at: str, one: Label) -> None:
    """RecordingError if a label is of nothing that there is, is not felt, or ends before it begins."""
    if one.category not in CATEGORIES:
        near = nearest(one.category, CATEGORIES)
        hint = f'; nearest: "{near}"' if near else ""
        raise RecordingError(
            f"{path}: {at}.category: {show(one.category)}; expected one of {', '.join(CATEGORIES)}{hint}"
        )
    if one.kind not in kinds():
        raise RecordingError(f"{path}: {at}.kind: {show(one.kind)}; expected one of wanbiao catalogue events")
    if one.pace not in PACES:
        raise RecordingError(f"{path}: {at}.pace: {show(one.pace)}; expected one of {', '.join(PACES)}")
    if not (math.isfinite(one.severity) and one.severity > 0):
        raise RecordingError(f"{path}: {at}.severity: {one.severity:g}; expected a positive number")
    for name in TIMES:
        time_ns = getattr(one, name)
        if time_ns is not None:
            _check_time(path, f"{at}.{name}", time_ns)
            if name in LATER and time_ns <= one.start_ns:
                raise RecordingError(f"{path}: {at}.{name}: {time_ns}; expected later than start_ns, {one.start_ns}")


def _check_time(path: Path, at: str, time_ns: int) -> None:
    if not FIRST_NS <= time_ns < LAST_NS:
        raise RecordingError(f"{path}: {at}: {time_ns}; expected nanoseconds since 1970, in the years 2000 to 2099")


def _check_places(path: Path, labels: Sequence[Label], stations: Mapping[str, Station]) -> None:
    """RecordingError if something fails in a station that was not recorded, or in a unit or a tag that it does not have."""
    for i, one in enumerate(labels):
        if one.station not in stations:
            if one.category == "benign":
                continue  # weather is of all stations
            raise RecordingError(
                f"{path}: labels[{i}].station: {show(one.station)}; expected one with a recording: {', '.join(stations)}"
            )
        block = stations[one.station].block("units")
        if one.unit and one.unit not in block.units:
            raise RecordingError(f"{path}: labels[{i}].unit: {show(one.unit)}; expected a unit of {one.station}")
        if one.tag and one.tag not in block.tag_index:
            near = nearest(one.tag, block.tag_index)
            hint = f'; nearest: "{near}"' if near else ""
            raise RecordingError(f"{path}: labels[{i}].tag: {show(one.tag)}; expected a tag of {one.station}{hint}")


def _check_within(path: Path, wrong: Sequence[Label], first_ns: int, last_ns: int) -> None:
    """RecordingError if there are faults, but all before or all after the recordings: a wrong year, clock or folder."""
    if wrong and not any(one.start_ns <= last_ns and one.end_ns >= first_ns for one in wrong):
        told = f"{time_text(wrong[0].start_ns)} to {time_text(wrong[0].end_ns)}"
        expected = f"a fault within the recordings, {time_text(first_ns)} to {time_text(last_ns)}"
        raise RecordingError(f"{path}: {wrong[0].kind}: {told}; expected {expected}")


def _station(path: Path, code: str, fleet: Fleet) -> Station:
    """The station of a file, at the period of the file."""
    station = fleet.stations.get(code)
    if station is None:
        near = nearest(code, fleet.stations)
        hint = f'; nearest: "{near}"' if near else ""
        raise RecordingError(f'{path}: no station "{code}"; expected a file named after one of the catalogue{hint}')
    period_s = found_period_s(path)
    return station if period_s is None else station.at_period(period_s)


def _span(recordings: Mapping[str, Recording]) -> tuple[int, int]:
    """First and last time of some recordings [ns]; every row is read once for that."""
    firsts, lasts = [], []
    for recording in recordings.values():
        times = [scan.time_ns for scan in recording.scans()]
        firsts.append(times[0])
        lasts.append(times[-1])
    return min(firsts), max(lasts)
