"""The command line: quick help, lazy commands, exit codes, and one line for everything a user can put right."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from connectors.errors import ConnectorError
from stations.catalogue import CatalogueError, Problem
from tests.services.process import free_port
from wanbiao import cli as module
from wanbiao.cli import COMMANDS, cli, configure_logging
from wanbiao.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "rich", "kafka", "aiokafka", "faust", "influxdb_client", "msgspec")
HELP_S_MAX = 0.3
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("WANBIAO_"):
            monkeypatch.delenv(name)


@pytest.fixture
def loggers() -> Iterator[None]:
    """Put back what `configure_logging` sets."""
    root = logging.getLogger()
    saved = root.level, root.handlers[:]
    yield
    root.setLevel(saved[0])
    root.handlers[:] = saved[1]
    for name in (*module.NOISY, *module.SILENT, *module.OURS):
        logging.getLogger(name).setLevel(logging.NOTSET)


def wanbiao(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wanbiao", *words]
    return subprocess.run(
        command, cwd=ROOT, env=CLEAN | environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_help_answers_at_once() -> None:
    """The best of three: another test may be busy on this machine."""
    taken_s = []
    for _ in range(3):
        begun = time.perf_counter()
        assert wanbiao("--help").returncode == 0
        taken_s.append(time.perf_counter() - begun)
    assert min(taken_s) <= HELP_S_MAX


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from wanbiao.cli import cli; cli(['--help'], standalone_mode=False); "
        f"print('heavy:', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("heavy: []\n")


def test_help_lists_every_command() -> None:
    text = wanbiao("-h").stdout
    assert [name for name in COMMANDS if f"\n  {name} " not in text] == []


def test_version_is_that_of_the_distribution() -> None:
    assert wanbiao("--version").stdout.startswith("wanbiao 0.")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_whatever_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_NONSENSE", "1")
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["dmo"], 'no command "dmo"; nearest: "demo"'),
        (["xyzzy"], 'no command "xyzzy"'),
        (["demo", "--four", "5s"], "--four"),
        (["demo", "--for", "soon"], "expected a time such as 90s"),
        (["demo", "--for", "0"], "expected a time such as 90s"),
        (["demo", "--speed", "-1"], "plant seconds a second, or max"),
        (["demo", "--speed", "nan"], "plant seconds a second, or max"),
        (["simulate"], "expected one of --kafka, --out FOLDER, --plot FOLDER"),
        (["simulate", "--kafka", "--out", "x"], "not several"),
        (["simulate", "--out", "x"], "how long? expected --days"),
        (["simulate", "--kafka", "--stations", "YXX"], 'nearest: "YXK"'),
        (["simulate", "--kafka", "--days", "1", "--scans", "1"], "not both"),
        (["simulate", "--kafka", "--start", "yesterday"], "expected a time such as 2026"),
        (["simulate", "--kafka", "--start", "1970-01-01"], "2000 to 2099"),
        (["simulate", "--kafka", "--fault", "F01:YXK"], "kind:station:unit:start:development"),
        (["simulate", "--kafka", "--fault", "F99:YXK:2:2026-03-05:21d"], "expected a kind such as F01"),
        (["simulate", "--kafka", "--fault", "F01:YXK:2:2026-03-05:soon"], "21d"),
        (["simulate", "--kafka", "--start", "2026-03-01", "--fault", "F01:YXK:9:2026-03-05T00:00Z:21d"], "unit '9'"),
        (
            ["simulate", "--kafka", "--start", "2026-03-01", "--fault", "F28:YXK:2:2026-03-05T00:00Z:21d"],
            "possible: F01",
        ),
        (["simulate", "--kafka", "--stations", "FYL", "--fault", "F01:YXK:2:2026-03-05T00:00Z:21d"], "not simulated"),
        (["catalogue", "show"], "STATION"),
        (["catalogue", "show", "YKX"], 'nearest: "YXK"'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_ends_with_2_and_says_why(words: list[str], part: str) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert part in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("environment: WANBIAO_X: wrong"), 78),
        (CatalogueError([Problem("a.toml", "b", "c", "d"), Problem("a.toml", "e", "f", "g")]), 78),
        (ConnectorError("kafka does not answer", retryable=True), 69),
        (DataError("gt.csv: is empty"), 65),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_become_lines_and_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(module.LazyGroup, "get_command", lambda *_: command)
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.splitlines() == [f"wanbiao: {line}" for line in str(error).splitlines()]


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def command() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(module.LazyGroup, "get_command", lambda *_: command)
    assert isinstance(CliRunner().invoke(cli, ["demo"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "words", [("worker",), ("topics", "list"), ("topics", "create"), ("simulate", "--kafka", "--scans", "1")]
)
def test_a_broker_that_is_away_is_one_line(words: tuple[str, ...]) -> None:
    """In a process of its own: the client leaks a socket for every connection that is refused."""
    program = "import connectors.kafka as k; k.BOOTSTRAP_TIMEOUT_MS = 200; from wanbiao.cli import main; main()"
    environ = CLEAN | {"WANBIAO_KAFKA": f"127.0.0.1:{free_port()}"}
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 69
    assert done.stderr.startswith("wanbiao: kafka does not answer at 127.0.0.1:")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_an_influxdb_that_is_away_is_one_line() -> None:
    done = wanbiao("buckets", "create", WANBIAO_INFLUX_URL=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 69
    assert done.stderr.startswith("wanbiao: influxdb does not answer at http://127.0.0.1:")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_a_wrong_setting_is_one_line_in_a_real_process() -> None:
    done = wanbiao("worker", WANBIAO_PERIODS="10")
    assert done.returncode == 78
    assert done.stderr.startswith("wanbiao: environment: WANBIAO_PERIODS: unknown setting;")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


# -------------------------------------------------------------------------------------------------------------- logging


@pytest.mark.usefixtures("loggers")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_libraries_never_log_at_debug(level: str) -> None:
    configure_logging(level)
    assert logging.getLogger().level >= logging.INFO
    names = [f"{name}.deep.inside" for name in (*module.NOISY, *module.SILENT)]
    assert [name for name in names if logging.getLogger(name).isEnabledFor(logging.DEBUG)] == []
    assert logging.getLogger("streams.worker").isEnabledFor(logging.DEBUG) == (level == "debug")


@pytest.mark.usefixtures("loggers")
def test_a_line_of_the_log_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    configure_logging("info")  # twice is once
    logging.getLogger("streams.worker").info("partition %d", 3)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("INFO streams.worker: partition 3\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["watch", "x.csv", "--period", "nan"],
        ["simulate", "--kafka", "--days", "nan"],
        ["replay", "x", "--kafka", "--stall", "nan"],
    ],
)
def test_a_number_that_is_none_is_a_usage_error(words: list[str]) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert '"nan"; expected a number' in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "wanbiao", "catalogue", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert done.returncode == 74
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr
