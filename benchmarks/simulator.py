"""What simulating costs: a year of the fleet at ten minutes, and living in real time in the full profile.

    python -m benchmarks.simulator [--json] [--days 365]

``year_cpu_s`` is CPU seconds of one core for all thirteen stations; ``rss_mb`` the most memory meanwhile. ``live_share`` is the
share of a core that the full profile needs at 1x, encoding for Kafka included, over two hours of plant time.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import machine
from connectors.wire import encode_scan
from stations.catalogue import load_fleet
from stations.profiles import in_profile, values_per_s
from stations.simulate import simulate, simulate_chunks
from wanbiao.embedded import simulated

START_NS = 1_767_225_600 * 10**9
TEN_MINUTES_S = 600.0
LIVE_S = 7200.0
NOON_NS = START_NS + (181 * 24 + 4) * 3600 * 10**9
"""1 July, noon (UTC+8): sun and wind have their part in it."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--days", type=float, default=365.0, help="days of the fleet at ten minutes (365)")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    total, readings = 0.0, 0
    fleet = load_fleet()
    n = round(arguments.days * 86_400 / TEN_MINUTES_S)
    for code, station in fleet.stations.items():
        begun = time.process_time()
        for chunk in simulate_chunks(station.at_period(TEN_MINUTES_S), start_ns=START_NS, n_scans=n, seed=7):
            readings += chunk.values.size
        figures[f"{code}_s"] = round(time.process_time() - begun, 2)
        total += time.process_time() - begun
    figures["year_cpu_s"] = round(total * 365.0 / arguments.days, 1)
    figures["readings_per_cpu_s"] = round(readings / total)
    full = in_profile(fleet, "full")
    figures["full_values_per_s"] = round(values_per_s(full))
    stations = list(full.stations.values())
    for station in stations:  # what is loaded once is not the price of a second
        next(simulate(station, start_ns=NOON_NS, n_scans=1, seed=7))
    begun = time.process_time()
    n_bytes = sum(len(encode_scan(scan)) for scan in simulated(stations, start_ns=NOON_NS, seed=7, span_s=LIVE_S))
    figures["live_share"] = round((time.process_time() - begun) / LIVE_S, 4)
    figures["live_bytes_per_s"] = round(n_bytes / LIVE_S)
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    machine.report("simulator", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
