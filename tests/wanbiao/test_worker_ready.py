"""Nothing is compiled once a worker has joined its group: that holds its heartbeat up, and partitions move."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLLOW = """
import sys
from dataclasses import replace
from detectors.monitor import StationMonitor
from stations.catalogue import load_fleet
from stations.simulate import simulate
from wanbiao.commands.worker import _compile

def compiled():
    modules = [module for name, module in sys.modules.items() if name.startswith("detectors.")]
    return {
        f"{loop.__module__}.{loop.__name__}": list(loop.signatures)
        for module in modules for loop in vars(module).values() if hasattr(loop, "nopython_signatures")
    }

fleet = load_fleet()
_compile(fleet)
before = compiled()
for code, period_s in (("YXK", 600.0), ("SLP", 20.0), ("FYL", 600.0), ("FYL", 20.0)):
    station = fleet.stations[code]
    station = replace(station, blocks=tuple(block.only(8) for block in station.blocks)).at_period(period_s)
    monitor = StationMonitor(station)
    for i, scan in enumerate(simulate(station, start_ns=0, n_scans=40, seed=1)):
        if i == 15:
            state = monitor.snapshot(scan.block)
            monitor = StationMonitor(station)
            monitor.restore(scan.block, state)
        monitor.receive(scan)
late = {name: kinds for name, kinds in compiled().items() if kinds != before.get(name)}
assert before["detectors.bank_rows.learn"] and not late, late
"""


def test_the_scans_that_a_worker_feeds_to_itself_compile_all_loops() -> None:
    """In a process of its own: in this one other tests have compiled them."""
    subprocess.run([sys.executable, "-c", FOLLOW], cwd=ROOT, check=True, timeout=110)
