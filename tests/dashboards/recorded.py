"""What a real run of two stations leaves in InfluxDB, acts of people among it, as the worker would have written it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from connectors.influx import InfluxWriter
from detectors.actions import Action
from detectors.events import ENDS, DataQuality, EarlyWarning, Event, Forecast, HealthScore, TagTrend
from detectors.monitor import StationMonitor
from detectors.tuning import Tuning
from stations.catalogue import load_fleet
from stations.plant import Fleet, Station
from stations.simulate import simulate
from streams.points import PointEncoder
from streams.vitals import Vitals

PERIOD_S = 60.0
N_SCANS = 240
START_NS = 1_767_225_600 * 10**9
LAST_NS = START_NS + int((N_SCANS - 1) * PERIOD_S) * 10**9
NOW_MS = LAST_NS // 10**6 + 1_000
"""A second after the last scan [ms]."""
UNITS = 6
LIVELY = Tuning(limit=1.5, warm_up_s=600.0, warm_up_scans=20, learn_s=60.0, on_scans=3, off_scans=3)
"""Warm in half an hour and touchy, so that a short run holds warnings of every level and kind."""
DAY_NS = 86_400 * 10**9


def _small(station: Station) -> Station:
    station = station.at_period(PERIOD_S)
    return replace(station, blocks=tuple(block.only(UNITS) for block in station.blocks))


FLEET = Fleet({code: _small(load_fleet().stations[code]) for code in ("YXK", "FYL")})


def events(station: Station) -> Iterator[Event]:
    """Every event of a run; after its last scan people acknowledge, shelve, open windows and end one, mark a sensor."""
    monitor = StationMonitor(station, LIVELY)
    is_open: dict[str, bool] = {}
    for scan in simulate(station, start_ns=START_NS, n_scans=N_SCANS, seed=3):
        for event in monitor.receive(scan):
            if isinstance(event, EarlyWarning):
                is_open[event.id] = event.transition not in ENDS
            yield event
    first, second, third = [warning for warning, stands in is_open.items() if stands][:3]
    at_ns = LAST_NS + 5 * 10**8
    yield from monitor.act(Action("acknowledge", station.code, "李工", at_ns, warning=first))
    yield from monitor.act(Action("shelve", station.code, "李工", at_ns, warning=second, until_ns=at_ns + DAY_NS))
    for unit in station.blocks[0].units[:2]:
        yield from monitor.act(Action("maintain", station.code, "李工", at_ns, unit=unit, until_ns=at_ns + DAY_NS))
    ended = station.blocks[0].units[0]
    yield from monitor.act(Action("resume", station.code, "李工", at_ns + 10**7, unit=ended))
    yield from monitor.act(
        Action("close", station.code, "李工", at_ns + 2 * 10**7, warning=third, outcome="sensor", why="wire")
    )


def standing(warning: EarlyWarning) -> EarlyWarning:
    """The same as one that has stood for three days, with a limit in sight."""
    day_s = DAY_NS / 1e9
    return replace(
        warning,
        id=f"{ord(warning.station[0]):08x}-5d4b-5b0e-9f53-77616e626961",
        transition="reminded",
        level="warning",
        unit="1",
        time_ns=LAST_NS,
        onset_ns=LAST_NS - 3 * DAY_NS,
        forecast=Forecast("rising", 9 * day_s, 17 * day_s),
    )


def again(warning: EarlyWarning) -> list[EarlyWarning]:
    """The same as one that chatters, four times in half a minute, and is over."""
    onset_ns = LAST_NS - 60 * 10**9
    course = [*(("reopened" if i else "opened", 10 * i) for i in range(4)), ("returned", 35)]
    return [
        replace(
            warning,
            id=f"{ord(warning.station[0]):08x}-9f53-5b0e-5d4b-77616e626961",
            transition=transition,
            unit="2",
            time_ns=onset_ns + second * 10**9,
            onset_ns=onset_ns,
        )
        for transition, second in course
    ]


@cache
def all_events() -> list[Event]:
    """Every event of both stations in order of their times."""
    found = []
    for station in FLEET.stations.values():
        said = list(events(station))
        told = next(one for one in said if isinstance(one, EarlyWarning) and one.evidence)
        found += [*said, standing(told), *again(told)]
    return found


def lines() -> Iterator[tuple[str, int]]:
    """Lines of all events, and how many each text holds."""
    points = {block.station: PointEncoder(block) for block in FLEET.blocks}
    everything = all_events()
    for number, event in enumerate(everything):
        if isinstance(event, TagTrend):
            yield points[event.station].tags(event)
        elif isinstance(event, HealthScore):
            following = everything[number + 1 : number + 2]  # the trend of a scan comes right after its health
            detailed = next((one.units for one in following if isinstance(one, TagTrend)), None)
            yield points[event.station].health(event, detailed)
        elif isinstance(event, EarlyWarning):
            yield points[event.station].warning(event)
        elif isinstance(event, DataQuality):
            yield points[event.station].outage(event)
    vitals = Vitals("worker-1", begun_s=NOW_MS / 1e3 - 60.0)
    vitals.took("YXK", LAST_NS)
    yield vitals.report(NOW_MS / 1e3, lag=3, uncovered_s=4.0)


async def write(url: str, text: Sequence[tuple[str, int]], *buckets: str) -> None:
    """Some lines, into each of some buckets; fails if InfluxDB refuses a line."""
    refused: list[str] = []
    for bucket in buckets:
        writer = InfluxWriter(url, token="", org="-", bucket=bucket, on_refused=lambda line, _: refused.append(line))
        await writer.start()
        for some, count in text:
            if count:
                await writer.put(some, count)
        await writer.flush()
        await writer.stop()
    assert refused == []


def fill(url: str, *buckets: str) -> None:
    """The whole run, into each of some buckets."""
    asyncio.run(write(url, list(lines()), *buckets))


def put(url: str, bucket: str, text: Sequence[tuple[str, int]]) -> None:
    """Some lines, into one bucket."""
    asyncio.run(write(url, text, bucket))
