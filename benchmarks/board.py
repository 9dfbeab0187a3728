"""The board under load: how soon the fleet page of the whole catalogue stands in a browser, and what ten open pages cost.

    python -m benchmarks.board [--json] [--pages 10] [--seconds 30]

A server in a process of its own is told a health of every station each second, so that every tile changes; scans are not
judged here. ``page_ms`` is the median from asking to thirteen tiles, in a fresh page of a running Chromium; ``build_ms`` is what
of it the server takes to answer. ``pages_core`` is the share of one core that the server takes for ``--pages`` open fleet
pages, ``idle_core`` with none. Needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from statistics import median
from typing import Any

import numpy as np
import psutil

from benchmarks import machine
from connectors.action_wire import ActionMessage, Audit, audit
from detectors.events import RUNNING, HealthScore
from detectors.health import health_index
from stations.catalogue import load_fleet
from stations.plant import Block

VISITS = 7
BROWSER = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


class _Nobody:
    def act(self, message: ActionMessage) -> Audit:
        """Nothing is done in a benchmark."""
        return audit(message, "a benchmark")


def _health(block: Block, time_ns: int, chance: np.random.Generator) -> HealthScore:
    """A scan in which every number is another one than before."""
    shape = len(block.units), len({block.tags[i].component for i in block.judged})
    score = chance.random(shape) * 0.7
    level = np.where(chance.random(shape) < 0.002, 1, 0).astype(np.uint8)
    mode = np.full(shape[0], RUNNING, dtype=np.uint8)
    return HealthScore(
        block.station,
        block.code,
        block.revision,
        time_ns,
        mode=mode,
        level=level,
        score=score,
        health=health_index(score),
        good=np.ones(shape[0]),
    )


def serve() -> None:
    """The server that is measured: prints its address, ends with its standard input."""
    from dashboards.board.board import Board
    from dashboards.board.room import Room
    from dashboards.board.server import LOOPBACK, Background, listen, make_app
    from dashboards.board.trends import Trends

    fleet, chance = load_fleet(), np.random.default_rng(5)
    board = Board(Room(fleet), actor=_Nobody(), history=Trends(fleet), plant_ns=time.time_ns)
    listening = listen(0)
    server = Background(make_app(board), listening)
    server.start()
    print(f"http://{LOOPBACK}:{listening.getsockname()[1]}", flush=True)
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    while not over.wait(1.0):
        board.take([_health(block, time.time_ns(), chance) for block in fleet.blocks])
    server.close()


def measure(n_pages: int, seconds: float) -> dict[str, Any]:
    """All figures of this benchmark."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("no chromium on the path; expected Debian's package chromium")
    command = [sys.executable, "-m", "benchmarks.board", "--serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server, sync_playwright() as playwright:
        assert server.stdin is not None
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        _build_ms(url)  # the first page of a process imports the rest
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        builds, visits = [_build_ms(url) for _ in range(VISITS)], []
        for _ in range(VISITS):
            page = browser.new_page()
            begun = time.perf_counter()
            page.goto(url, wait_until="domcontentloaded")
            page.wait_for_function("document.querySelectorAll('.b-tile .b-big').length == 13")
            visits.append((time.perf_counter() - begun) * 1e3)
            page.close()
        process = psutil.Process(server.pid)
        time.sleep(5.0)  # closed pages are forgotten
        idle = _core(process, seconds)
        pages = [browser.new_page() for _ in range(n_pages)]
        for page in pages:
            page.goto(url, wait_until="domcontentloaded")
            page.wait_for_selector(".b-tile")
        time.sleep(3.0)
        busy = _core(process, seconds)
        load = psutil.getloadavg()[0]
        memory_mb = process.memory_info().rss / 1e6
        browser.close()
        server.stdin.close()
    return {
        "stations": 13,
        "units": load_fleet().n_units,
        "page_ms": round(median(visits)),
        "page_worst_ms": round(max(visits)),
        "build_ms": round(median(builds)),
        "pages": n_pages,
        "pages_core": round(busy, 4),
        "idle_core": round(idle, 4),
        "server_mb": round(memory_mb),
        "load_average": round(load, 1),
    }


def _build_ms(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        answer.read()
    return (time.perf_counter() - begun) * 1e3


def _core(process: psutil.Process, seconds: float) -> float:
    """Share of one core that a process takes over some time."""
    before, begun = process.cpu_times(), time.perf_counter()
    time.sleep(seconds)
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system) / (time.perf_counter() - begun)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--pages", type=int, default=10, help="open pages (10)")
    parser.add_argument("--seconds", type=float, default=30.0, help="over which they are measured (30)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    machine.report("board", measure(arguments.pages, arguments.seconds), as_json=arguments.json)


if __name__ == "__main__":
    main()
