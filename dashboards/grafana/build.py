"""Write the dashboards: ``python -m dashboards.grafana.build [ZONE]`` makes ``boards/*.json`` from the shipped catalogue."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Final

from dashboards.grafana.alarm_load import alarm_load
from dashboards.grafana.fleet import fleet
from dashboards.grafana.look import Json, Names
from dashboards.grafana.panels import ZONE
from dashboards.grafana.pipeline import pipeline
from dashboards.grafana.replay import replay
from dashboards.grafana.station import station
from dashboards.grafana.unit import unit
from dashboards.grafana.worklist import worklist
from stations.catalogue import load_fleet
from stations.plant import Fleet

BOARDS: Final = Path(__file__).parent / "boards"
FOLDER: Final = "腕表 Wanbiao"
FOLDER_UID: Final = "wanbiao"


def build(plant: Fleet, zone: str = ZONE) -> dict[str, Json]:
    """All dashboards of a fleet, by uid; their times, and the days that they count by, are those of a zone (IANA)."""
    names = Names.of(plant)
    made = [make(names) for make in (fleet, station, unit, worklist, partial(alarm_load, zone=zone), pipeline, replay)]
    return {board["uid"]: board | {"timezone": zone} for board in made}


def text(board: Json) -> str:
    """A dashboard as its file holds it."""
    return json.dumps(board, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write every file anew, in the usual zone or in that of the first argument."""
    BOARDS.mkdir(exist_ok=True)
    for uid, board in build(load_fleet(), *sys.argv[1:2]).items():
        (BOARDS / f"{uid}.json").write_text(text(board), encoding="utf-8")


if __name__ == "__main__":
    main()
