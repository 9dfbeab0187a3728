"""Fixtures of the commands, and of those that need real services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.wanbiao.programs import Start, starting


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a demo keeps for its next run is that of one test; the folder is made when something is kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def start(kafka_broker: KafkaBroker, influx_server: InfluxServer) -> Iterator[Start]:
    """Starts the program on the services of the tests; ends what a test left running."""
    yield from starting({"WANBIAO_KAFKA": kafka_broker.bootstrap, "WANBIAO_INFLUX_URL": influx_server.url})


@pytest.fixture
def names(topic_prefix: str) -> tuple[str, str]:
    """Run and bucket of a replay that no other test has."""
    unique = topic_prefix.rstrip(".")
    return unique, f"replay_{unique}"
