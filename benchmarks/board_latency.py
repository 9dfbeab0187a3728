"""How long it takes from a scan to the board, at the speed of life: through Kafka, a worker and Kafka again into the read model.

    python -m benchmarks.board_latency [--json] [--seconds 90]

Scans of the whole fleet are sent when they are due, after two hours of life at once so that detection is warm. A scan has arrived
when the room of the board, which a follower of its own keeps up to date, shows its health to whoever asks: the HTTP API does so
at once, an open page when it is next redrawn, at most a second later. Services: WANBIAO_TEST_KAFKA and WANBIAO_TEST_INFLUX, else
started here.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks import machine
from benchmarks.rig import Rig
from connectors.kafka import KafkaAddress
from dashboards.board.board import REDRAW_S, Board
from dashboards.board.decoding import Decoder
from dashboards.board.following import Follower
from dashboards.board.room import Room
from dashboards.board.trends import Trends
from detectors.events import Event, HealthScore
from stations.catalogue import load_fleet
from tests.dashboards.board.test_api import Hand
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker


class BoardRig(Rig):
    """A rig whose ear is a board."""

    def __init__(self, kafka: str, influx_url: str, folder: Path) -> None:
        super().__init__(kafka, influx_url, folder)
        self._address = KafkaAddress(kafka)
        self.view_s = 0.0

    def _listen(self, topic: str, heard: dict[tuple[str, int], float], stop: threading.Event) -> None:
        fleet = load_fleet()
        board = Board(Room(fleet), actor=Hand(), history=Trends(fleet))

        def give(events: list[Event]) -> None:
            board.take(events)
            at = time.monotonic()
            for event in events:
                if isinstance(event, HealthScore):
                    heard.setdefault((event.station, event.time_ns), at)

        follower = Follower(self._address, topic.removesuffix("health"), Decoder(fleet), give)
        follower.start()
        stop.wait()
        follower.stop()
        first = time.perf_counter()
        board.fleet_view()
        self.view_s = time.perf_counter() - first


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--seconds", type=float, default=90.0, help="how long scans are sent (90)")
    arguments = parser.parse_args()
    logging.getLogger("kafka").setLevel(logging.ERROR)
    with ExitStack() as stack:
        kafka = stack.enter_context(closing(KafkaBroker(os.environ.get("WANBIAO_TEST_KAFKA"))))
        influx = stack.enter_context(closing(InfluxServer(os.environ.get("WANBIAO_TEST_INFLUX"))))
        kafka.start()
        influx.start()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wanbiao-board-")))
        rig = BoardRig(kafka.bootstrap, influx.url, folder)
        load_before = os.getloadavg()[0]
        life = rig.paced("board", speed=1.0, seconds=arguments.seconds)
    figures = {
        "scan_to_board_p50_ms": round(life.latency_p50_ms, 1),
        "scan_to_board_p99_ms": round(life.latency_p99_ms, 1),
        "page_redraw_most_ms": round(1000 * REDRAW_S),
        "fleet_view_ms": round(1000 * rig.view_s, 1),
        "scans_unanswered_at_end": life.lag_scans,
        "load_before_and_after": f"{load_before:.1f} {os.getloadavg()[0]:.1f}",
    }
    machine.report("board_latency", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
