"""Golden incidents: simulated stations with one fault, and exactly which early warnings come out.

Each JSON file here holds an incident and, under ``found``, what the detectors made of it. After a change that is meant,

    python -m tests.detectors.golden

plays every incident again and writes ``found`` anew; the difference then shows in review what the change did to the warnings.
Times are hours after the fault began to grow, so that a different rounding of a sum is no different answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from detectors.events import EarlyWarning
from detectors.monitor import StationMonitor
from stations.catalogue import load_fleet
from stations.faults import Case
from stations.plant import Block
from stations.scan import Scan
from stations.simulate import simulate

FOLDER = Path(__file__).parent
PERIOD_S, DAY_S, HOUR_S = 600.0, 86_400.0, 3_600.0


@dataclass(frozen=True, slots=True)
class Incident:
    """One fault of one unit that begins to grow ``healthy_days`` after ``start``; ten-minute scans for ``days`` in all."""

    start: str
    station: str
    fault: str
    unit: str
    seed: int
    healthy_days: int
    development_days: int
    days: int


def paths() -> list[Path]:
    """The committed incidents."""
    return sorted(FOLDER.glob("*.json"))


def read(path: Path) -> tuple[Incident, dict[str, Any]]:
    """An incident, and what was found in it."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Incident(**document["incident"]), document["found"]


def write(path: Path, incident: Incident, found: dict[str, Any]) -> None:
    """One warning a line, so that a difference is a line."""
    given = {name: getattr(incident, name) for name in Incident.__slots__}
    warnings = ",\n".join(f"      {json.dumps(warning)}" for warning in found["warnings"])
    path.write_text(
        f'{{\n  "incident": {json.dumps(given)},\n  "found": {{\n    "alarm_hours": {found["alarm_hours"]},\n'
        f'    "warnings": [\n{warnings}\n    ]\n  }}\n}}\n',
        encoding="utf-8",
    )


def play(incident: Incident) -> dict[str, Any]:
    """Every transition of every early warning, and when the first reading of any unit passed its static alarm limit."""
    station = load_fleet().stations[incident.station].at_period(PERIOD_S)
    first_ns = round(datetime.fromisoformat(incident.start).timestamp()) * 10**9
    start_ns = first_ns + int(incident.healthy_days * DAY_S) * 10**9
    case = Case(incident.fault, incident.station, incident.unit, start_ns, incident.development_days * DAY_S)
    n_scans = int(incident.days * DAY_S / PERIOD_S)
    monitor = StationMonitor(station)
    warnings: list[dict[str, Any]] = []
    alarm_hours = None
    for scan in simulate(station, start_ns=first_ns, n_scans=n_scans, seed=incident.seed, cases=[case]):
        hours = round((scan.time_ns - start_ns) / 1e9 / HOUR_S)
        if alarm_hours is None and _is_alarm(station.block("units"), scan):
            alarm_hours = hours
        warnings += [_line(event, hours) for event in monitor.receive(scan) if isinstance(event, EarlyWarning)]
    return {"alarm_hours": alarm_hours, "warnings": warnings}


def _line(event: EarlyWarning, hours: int) -> dict[str, Any]:
    return {
        "hours": hours,
        "unit": event.unit,
        "component": event.component,
        "transition": event.transition,
        "level": event.level,
        "tag": event.evidence[0].tag,
    }


def _is_alarm(block: Block, scan: Scan) -> bool:
    high = [np.inf if tag.limits.alarm_high is None else tag.limits.alarm_high for tag in block.tags]
    return bool((scan.values > np.array(high)).any())
