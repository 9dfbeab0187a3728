"""Every failure mode in every technology that can have it: does it show, pass its static alarm, and end, when the labels say so?

    python -m benchmarks.failure_modes [--json] [--kind F01] [--seeds 2]

Cases are drawn as scenarios draw them (development, severity, place), in each of four seasons; x = elapsed fraction of it. A
label is read off the signals without noise; ``off`` is how far from there [x] the measured, noisy tag passes its limit.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from stations.catalogue import load_fleet
from stations.faults import Case, draw, kinds
from stations.plant import Station
from stations.simulate import simulate_chunks
from stations.simulate.labels import HELD_S, HELD_SCANS, Label, beyond, label

YEAR_NS = 1_767_225_600 * 10**9
"""2026-01-01 UTC."""
DAY_S = 86_400.0
SEASONS = {"winter": 15, "spring": 105, "summer": 196, "autumn": 288}
"""Day of the year on which the failure begins."""
SCANS = 600
"""Scans over the development; none is more than an hour, or less than 10 s, from the next."""
UNITS = 2
"""Units of a station that are simulated: the one that fails and a sister."""
WARM_DAYS = 1.0
NEAR = 0.1
"""A measured crossing this near its label is where it should be [share of the development]."""


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--kind", default="", help="only kinds that begin so")
    parser.add_argument("--seeds", type=int, default=1, help="cases a season (1)")
    arguments = parser.parse_args()
    rows = [
        row(code, station, arguments.seeds)
        for code, kind in kinds().items()
        if kind.is_failure and code.startswith(arguments.kind)
        for station in _one_a_technology(kind.technologies)
    ]
    figures = {
        "rows": len(rows),
        "cases": sum(one["cases"] for one in rows),
        "crossed": sum(one["crossed"] for one in rows),
        "near": sum(one["near"] for one in rows),
        "off_max": max((one["off_max"] for one in rows if one["off_max"] is not None), default=None),
        "shown": sum(one["shown"] for one in rows),
    }
    if arguments.json:
        print(json.dumps({"benchmark": "failure_modes", **figures, "modes": rows, **machine.facts()}))
        return
    print("| mode | in | sign, x | static alarm: cases, x, off | tag of the alarm, or of the sign |")
    print("|---|---|---|---|---|")
    for one in rows:
        print(_line(one))
    machine.report("failure_modes", figures, as_json=False)


def row(code: str, station: Station, seeds: int) -> dict[str, Any]:
    """One mode in one technology, over the seasons."""
    found = [one_case(code, station, day, seed) for day in SEASONS.values() for seed in range(seeds)]
    signs = [x for one, _ in found if (x := _x(one, one.sign_ns)) is not None]
    alarms = [x for one, _ in found if (x := _x(one, one.alarm_ns)) is not None]
    offs = [off for _, off in found if off is not None]
    tags = [one.alarm_tag or one.sign_tag for one, _ in found if one.alarm_tag or one.sign_tag]
    return {
        "mode": code,
        "name": kinds()[code].name.en,
        "technology": station.technology,
        "cases": len(found),
        "shown": len(signs),
        "sign_x": _median(signs),
        "crossed": len(alarms),
        "alarm_x": [round(min(alarms), 2), round(max(alarms), 2)] if alarms else None,
        "off_max": round(max(offs), 3) if offs else None,
        "near": sum(off <= NEAR for off in offs),
        "missed": sum(one.alarm_ns is not None and off is None for one, off in found),
        "tag": max(set(tags), key=tags.count) if tags else "",
    }


def one_case(code: str, whole: Station, day: int, seed: int) -> tuple[Label, float | None]:
    """The label of a drawn case, and how far the measured crossing is from it [share of the development]."""
    chance = np.random.default_rng([seed, day])
    start_ns = YEAR_NS + round((day + 1 / 24) * DAY_S) * 10**9  # nine in the morning
    tags = tuple(whole.block("units").tag_index)
    case = draw(code, whole.code, whole.block("units").units[0], start_ns, chance, tags)
    period_s = float(np.clip(case.development_s / SCANS // 10 * 10, 10.0, 3600.0))
    if kinds()[code].pace == "fast":
        period_s = 10.0
    station = replace(whole, blocks=tuple(block.only(UNITS) for block in whole.blocks)).at_period(period_s)
    first_ns = start_ns - round(WARM_DAYS * DAY_S) * 10**9
    n = math.ceil((WARM_DAYS * DAY_S + 1.1 * case.development_s) / period_s)
    (found,) = label([station], [case], start_ns=first_ns, n_scans=[n], seed=seed + 100)
    return found, _off(station, case, found, first_ns, n, seed + 100)


def _off(station: Station, case: Case, found: Label, first_ns: int, n: int, seed: int) -> float | None:
    """Distance of the measured crossing of the labelled tag from its label; None = no label, or no crossing."""
    if found.alarm_ns is None:
        return None
    block = station.block("units")
    column = block.tag_index[found.alarm_tag]

    def beyond_limit(cases: Sequence[Case]) -> tuple[Any, Any]:
        (chunk,) = simulate_chunks(station, start_ns=first_ns, n_scans=n, seed=seed, cases=cases, chunk=n)
        return chunk.time_ns, beyond(block, chunk.values[:, 0])[:, column]

    time_ns, passed = beyond_limit([case])
    passed = passed & ~beyond_limit([])[1]  # a unit that stands still has no cooling water, failure or not
    hold = max(HELD_SCANS, math.ceil(HELD_S / block.period_s))
    held = np.convolve(passed, np.ones(hold), mode="full")[: len(passed)] >= hold
    held &= time_ns >= case.start_ns
    if not held.any():
        return None
    return abs(int(time_ns[np.argmax(held)]) - found.alarm_ns) / 1e9 / case.development_s


def _one_a_technology(technologies: Sequence[str]) -> list[Station]:
    by_technology: dict[str, Station] = {}
    for station in load_fleet().stations.values():
        by_technology.setdefault(station.technology, station)
    return [by_technology[name] for name in technologies]


def _x(one: Label, time_ns: int | None) -> float | None:
    return None if time_ns is None else (time_ns - one.start_ns) / (one.end_ns - one.start_ns)


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 2) if values else None


def _line(one: dict[str, Any]) -> str:
    sign = "–" if one["sign_x"] is None else f"{one['sign_x']:.2f}"
    if one["alarm_x"] is None:
        alarm = f"0 of {one['cases']}"
    else:
        low, high = one["alarm_x"]
        off = "–" if one["off_max"] is None else f"{one['off_max']:.3f}"
        alarm = f"{one['crossed']} of {one['cases']}, {low:.2f}–{high:.2f}, {off}"
    return f"| {one['mode']} {one['name']} | {one['technology']} | {sign} | {alarm} | {one['tag']} |"


if __name__ == "__main__":
    main()
