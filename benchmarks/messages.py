"""How long a warning takes to arrive: from the topic on a real Kafka to a real web server, and to a real mail server.

The program runs as a process of its own. Warnings come one by one, each for the two channels of its station, at most as many as
a channel may tell in ten minutes. The time is from before the send to Kafka until the receiver has the message.

    python -m benchmarks.messages --warnings 200 --json
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import report
from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_plans
from connectors.wire import encode_warning
from detectors.desk import PAGES_MOST
from detectors.events import EarlyWarning, Evidence
from stations.catalogue import load_fleet
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.services.receivers import SECRET, MailServer, WebServer

ROOT = Path(__file__).resolve().parents[1]
PAUSE_S = 0.5
"""Between two warnings: a hundred and twenty a minute for the plant, far beyond a flood."""
EACH = PAGES_MOST - 1
"""A channel tells so many at once, without a digest."""
WAIT_S = 60.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warnings", type=int, default=100, help="for each way; at most nine for each station")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    stations = list(load_fleet().stations)
    count = min(options.warnings, EACH * len(stations))
    with (
        contextlib.closing(KafkaBroker(os.environ.get("WANBIAO_TEST_KAFKA"))) as kafka,
        WebServer() as web,
        MailServer() as mail,
    ):
        kafka.start()
        figures = measure(kafka.bootstrap, web, mail, stations, count)
    report("messages", figures, as_json=options.json)


def measure(kafka: str, web: WebServer, mail: MailServer, stations: list[str], count: int) -> dict[str, Any]:
    """Seconds from the topic to the receivers, for ``count`` warnings each by webhook and by mail."""
    prefix, address = f"b{uuid.uuid4().hex[:8]}.", KafkaAddress(kafka)
    create_topics(address, topic_plans(prefix, 12))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_text(SECRET)
        (folder / "channels.toml").write_text("".join(_channels(web.url, mail.url, code) for code in stations))
        sent: dict[str, float] = {}
        with _running(folder, kafka, prefix), ScanProducer(address, f"{prefix}warnings") as producer:
            for i in range(count):
                warning = _warning(str(uuid.uuid4()), stations[i % len(stations)])
                sent[warning.id] = time.time()
                producer.send(warning.id, encode_warning(warning))
                time.sleep(PAUSE_S)
            wait_until(lambda: len(web.taken) == len(mail.taken) == count, timeout_s=WAIT_S, what="all have arrived")
    by_web = [at - sent[body["warnings"][0]["id"]] for at, (_, body) in zip(web.arrivals_s, web.taken, strict=True)]
    by_mail = [at - sent[_id(one.get_content())] for at, one in zip(mail.arrivals_s, mail.taken, strict=True)]
    return {
        "warnings": count,
        "channels": 2 * len(stations),
        **_quantiles("webhook", by_web),
        **_quantiles("mail", by_mail),
        "load_1min": round(os.getloadavg()[0], 1),
        "twice": len(web.ids) - len(set(web.ids)),
    }


def _channels(web: str, mail: str, station: str) -> str:
    return (
        f'[[channel]]\nname = "web-{station}"\nurl = "{web}"\nsecret_file = "secret"\nstations = ["{station}"]\n'
        f'[[channel]]\nname = "mail-{station}"\nurl = "{mail}"\nlanguage = "en"\nstations = ["{station}"]\n'
    )


@contextlib.contextmanager
def _running(folder: Path, kafka: str, prefix: str) -> Iterator[None]:
    """``wanbiao notify``, which has read what was there."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")} | {
        "WANBIAO_KAFKA": kafka,
        "WANBIAO_PREFIX": prefix,
        "WANBIAO_NOTIFY": str(folder / "channels.toml"),
        "WANBIAO_OUTBOX": str(folder / "outbox"),
        "WANBIAO_ALIVE_FILE": str(folder / "alive"),
        "WANBIAO_LOG": "warning",
    }
    with subprocess.Popen([sys.executable, "-m", "wanbiao", "notify"], cwd=ROOT, env=environ) as process:
        try:
            wait_until((folder / "alive").exists, timeout_s=WAIT_S, what="it runs")
            yield
        finally:
            process.terminate()
            process.wait(20)


def _warning(id: str, station: str) -> EarlyWarning:
    now_ns = time.time_ns()
    pad = Evidence(f"{station}.20MED10CT103", "3号瓦温", "pad 3 metal temperature", "degC", 64.1, 57.9, 1.2, 70.0)
    return EarlyWarning(
        id, "early_warning", station, "units", "2", "turbine_guide_bearing", "opened", "warning", now_ns, now_ns, 1.2, (pad,),
        "瓦温偏高。", "Pad 3 is too hot.",
    )  # fmt: skip


def _id(text: str) -> str:
    """The id of the warning, on the last line of a mail."""
    return text.strip().rpartition("Warning: ")[2]


def _quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50_s": round(float(np.quantile(seconds, 0.5)), 3),
        f"{name}_p99_s": round(float(np.quantile(seconds, 0.99)), 3),
        f"{name}_most_s": round(max(seconds), 3),
    }


if __name__ == "__main__":
    main()
