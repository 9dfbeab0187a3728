"""`make stack` runs what the compose file says, judges what is simulated, and leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.composition import ROOT, our_services
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.stack import Program

STACK = [sys.executable, "-m", "tests.services.stack"]


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_the_stack_judges_and_ends(kafka_broker: KafkaBroker, influx_server: InfluxServer) -> None:
    """Two servers of its own beside those of the tests, which are asked for because they say what a machine lacks."""
    done = subprocess.run([*STACK, "--for", "10s"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    names = ["kafka", "influxdb", "bucket", *our_services()]
    assert [line.split()[0] for line in lines[:-1]] == names
    judged = re.fullmatch(r"(\d+) scans of (\d+) stations judged; all ended", lines[-1])
    assert judged is not None
    assert int(judged[1]) >= int(judged[2]) > 0
    assert [path for path in re.findall(r"log (\S+)", done.stdout) if Path(path).parent.exists()] == []


def test_the_programs_are_those_of_the_containers() -> None:
    kafka, influx = KafkaBroker("127.0.0.1:9"), InfluxServer("http://127.0.0.1:9")
    for name, service in our_services().items():
        program = Program(name, service, kafka, influx)
        program.close()
        assert program.words == service["command"]
        assert program.environ is not None
        ours = {key: value for key, value in program.environ.items() if key.startswith("WANBIAO_")}
        given = {key: value for key, value in service["environment"].items() if key.startswith("WANBIAO_")}
        differing = {key for key in ours.keys() | given.keys() if ours.get(key) != given.get(key)}
        here = {"WANBIAO_KAFKA", "WANBIAO_ALIVE_FILE", "WANBIAO_INFLUX_URL", "WANBIAO_INFLUX_TOKEN_FILE"}
        here |= {"WANBIAO_NOTIFY", "WANBIAO_OUTBOX"}
        here |= {"WANBIAO_BOARD_HOST", "WANBIAO_BOARD_PORT", "WANBIAO_BOARD_TOKEN_FILE"} if name == "board" else set()
        assert differing <= here, name
    kafka.close()
    influx.close()


def test_a_machine_without_java_is_told_in_one_line(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(STACK, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 69
    assert done.stderr.splitlines() == ["stack: no `java` on this machine, which the test Kafka 4.3.1 needs"]
