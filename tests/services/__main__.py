"""``python -m tests.services``: run both servers by hand until Ctrl-C, and print where they are, ready for ``eval``."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading

from tests.services.cache import ServiceUnavailableError
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import ServiceError

EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h
CHECK_S = 1.0


def main() -> int:
    """Start, print the two ``export`` lines on stdout, wait for SIGINT or SIGTERM; returns the exit status."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with contextlib.closing(KafkaBroker()) as kafka, contextlib.closing(InfluxServer()) as influx:
        try:
            kafka.start()
            influx.start()
        except (ServiceUnavailableError, ServiceError) as error:
            print(error, file=sys.stderr)
            return EXIT_UNAVAILABLE
        print(f"export WANBIAO_TEST_KAFKA={kafka.bootstrap}")
        print(f"export WANBIAO_TEST_INFLUX={influx.url}", flush=True)
        while not ending.wait(CHECK_S):
            for server in (kafka, influx):
                if not server.running:
                    print(f"{server.name} has ended by itself", file=sys.stderr)
                    return EXIT_UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
