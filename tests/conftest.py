"""Fixtures every test may ask for: the real services, a private topic prefix, the folder of recorded data sets.

What a machine lacks is a skip with its reason in one line; with ``CI=true`` it is a failure, so that nothing is left
out unseen.
"""

from __future__ import annotations

import gc
import os
import signal
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from hypothesis import settings

from tests.services.cache import ServiceUnavailableError
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import Server

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background of a script ignores Ctrl-C, and so would the programs that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests play what they ask for, and leave nothing in the folder of a user.
os.environ["WANBIAO_CACHE"] = "none"

ROOT = Path(__file__).resolve().parent.parent
AnyServer = TypeVar("AnyServer", bound=Server)

# The same examples in every run, like every other seed here; a machine under load is not a failure.
settings.register_profile("wanbiao", derandomize=True, deadline=None, report_multiple_bugs=False)
settings.load_profile("wanbiao")


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """A running broker shared by all tests: use `topic_prefix`. ``WANBIAO_TEST_KAFKA`` names one to use instead."""
    yield from _running(KafkaBroker(os.environ.get("WANBIAO_TEST_KAFKA")))


@pytest.fixture(scope="session")
def influx_server() -> Iterator[InfluxServer]:
    """A running InfluxDB shared by all tests: use a database of your own. ``WANBIAO_TEST_INFLUX`` names one instead."""
    yield from _running(InfluxServer(os.environ.get("WANBIAO_TEST_INFLUX")))


@pytest.fixture
def own_kafka_broker() -> Iterator[KafkaBroker]:
    """A fresh broker for one test, which may stop, kill and restart it."""
    yield from _running(KafkaBroker())


@pytest.fixture
def own_influx_server() -> Iterator[InfluxServer]:
    """A fresh InfluxDB for one test, which may stop, kill and restart it."""
    yield from _running(InfluxServer())


@pytest.fixture
def topic_prefix() -> Iterator[str]:
    """A prefix of topics, groups and databases that no other test has, in this run or any other."""
    # kafka-python 3.0 drops the socket of a connection that is still being made when its client is closed. Collected here, and
    # only here, it fails no test, whose warnings are errors.
    gc.disable()
    try:
        yield f"t{uuid.uuid4().hex[:12]}."
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        gc.enable()


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the recorded data sets: ``WANBIAO_DATA``, by default ``../shared/data`` beside the checkout."""
    folder = Path(os.environ.get("WANBIAO_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        _lacking(f"no folder of recorded data sets at {folder}: set WANBIAO_DATA")
    return folder


def _running(server: AnyServer) -> Iterator[AnyServer]:
    with closing(server):
        lacking = ""
        try:
            server.start()
        except ServiceUnavailableError as error:
            lacking = str(error)
        if lacking:
            _lacking(lacking)
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each reason for skipping once, however many tests it concerns (``-rs`` repeats it for each)."""
    skipped = Counter(str(report.longrepr[2]) for report in terminalreporter.getreports("skipped"))
    for reason, count in skipped.items():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


def _lacking(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (a skip elsewhere, a failure with CI=true)", pytrace=False)
    pytest.skip(reason)
