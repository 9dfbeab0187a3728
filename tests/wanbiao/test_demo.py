"""The demo: what it promises in numbers, one JSON object on stdout, readable where nobody watches."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.wanbiao.test_embedded import Wall
from wanbiao.cli import cli
from wanbiao.demo import Demo
from wanbiao.demo_view import View
from wanbiao.display import LOOKS
from wanbiao.embedded import Pace

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "stations",
    "units",
    "tags",
    "scans",
    "learning_seconds",
    "seconds_to_first_warning",
    "first_warning",
    "warnings",
    "false_warnings",
}
QUICK = ["demo", "--learn", "2d", "--for", "1s", "--speed", "43200", "--no-board"]


@pytest.fixture(autouse=True)
def usual_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANBIAO_LANGUAGE", "WANBIAO_TUNING", "WANBIAO_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def told() -> Demo:
    """The whole story as `wanbiao demo --for 60s` tells it, on a clock that only sleep moves."""
    wall = Wall()
    demo = Demo(seed=7, clock=wall.clock)
    demo.learn(lambda _done, _note: None)
    for _ in demo.live(Pace(43_200.0, for_s=60.0, clock=wall.clock, sleep=wall.sleep)):
        pass
    return demo


def test_sixty_seconds_are_thirty_days(told: Demo) -> None:
    assert told.learning_scans == 2 * 60 * 144
    assert told.live_days == pytest.approx(30.0, abs=0.01)


def test_the_bearing_is_found_days_before_its_alarm(told: Demo) -> None:
    result = told.result()
    bearing = next(fault for fault in result["faults"] if fault["kind"] == "F01")
    assert bearing["alarm"] > bearing["first_warning"]
    assert bearing["lead_days"] >= 3.0
    assert result["first_warning"]["component"] == bearing["component"]
    assert 0 < result["seconds_to_first_warning"] < 60


def test_the_lead_is_measured_to_the_first_value_beyond_the_alarm(told: Demo) -> None:
    seeded = told.seeded[0]
    found = told.tally.found(seeded)
    assert found is not None
    lead = told.tally.lead_s(found)
    assert lead is not None
    assert found.first.time_ns + lead[0] * 1e9 == told.tally.alarms[seeded.where]
    assert told.tally.alarms[seeded.where] > seeded.case.start_ns


def test_hardly_anything_is_said_of_healthy_units(told: Demo) -> None:
    """Forty-two healthy units in thirty days are three and a half unit-years."""
    assert told.result()["false_warnings"] <= 3


def test_the_result_is_json(told: Demo) -> None:
    result = json.loads(json.dumps(told.result()))
    assert set(result) >= KEYS
    assert (result["stations"], result["units"]) == (2, 44)
    assert result["scans"] == told.learning_scans + told.tally.scans
    assert result["first_warning"]["time"].endswith("Z")
    assert result["false_warnings"] == sum(warning["fault"] is None for warning in result["warnings"])


def test_the_seed_draws_the_units() -> None:
    drawn = {tuple(seeded.case.unit for seeded in Demo(seed=seed).seeded) for seed in range(6)}
    assert len(drawn) > 1
    assert Demo(seed=3).seeded == Demo(seed=3).seeded


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_the_view_speaks_the_language(told: Demo, language: str) -> None:
    view = View(told, language=language, as_json=False)
    view.out = Console(file=io.StringIO(), width=150)
    view.header()
    view.learned(43_200.0)
    view.summary()
    text = view.out.file.getvalue()  # type: ignore[attr-defined]
    assert ("水导轴承" in text) == (language != "en")
    assert ("turbine guide bearing" in text) == (language != "zh")
    level = next(episode.level for episode in told.tally.episodes.values() if episode.is_found)
    assert LOOKS[level].shape in text


# -------------------------------------------------------------------------------------------------- the command itself


@pytest.fixture
def quick_wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """`Pace` as the command makes it, on a clock that only sleep moves."""
    wall = Wall()

    def pace(speed: float, *, for_s: float) -> Pace:
        return Pace(speed, for_s=for_s, clock=wall.clock, sleep=wall.sleep)

    monkeypatch.setattr("wanbiao.embedded.Pace", pace)
    return wall


def test_json_is_one_object_and_progress_is_a_line_a_tenth(quick_wall: Wall) -> None:
    result = CliRunner().invoke(cli, [*QUICK, "--json"])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    answer: dict[str, Any] = json.loads(result.stdout)
    assert set(answer) >= KEYS
    assert answer["learning_days"] == 2
    assert answer["live_days"] == pytest.approx(0.5, abs=0.01)
    assert answer["first_warning"] is None
    assert "\x1b" not in result.stderr
    learning = [line for line in result.stderr.splitlines() if line.startswith("学习 learning: ")]
    assert 9 <= len(learning) <= 10


def test_without_json_sentences_go_to_stdout(quick_wall: Wall) -> None:
    result = CliRunner().invoke(cli, [*QUICK, "--language", "en"])
    assert result.exit_code == 0, result.output
    assert "Learned 2 days of healthy operation" in result.stdout
    assert "False warnings: 0 on 42 units" in result.stdout
    assert "in Beijing time; Ctrl-C" in result.stdout
    assert re.search(r"live: \d+%, 2026-01-03 1\d:\d\d Beijing time", result.stderr)
    assert "learning: 10%" in result.stderr
    assert "学习" not in result.output


def test_a_wrong_tuning_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("limt = 5\n")
    monkeypatch.setenv("WANBIAO_TUNING", str(tmp_path / "t.toml"))
    result = CliRunner().invoke(cli, QUICK)
    assert result.exit_code == 78
    assert result.stderr.startswith("wanbiao: t.toml: limt: unknown key")


def test_ctrl_c_ends_with_the_summary() -> None:
    """In a real process: interrupted once it says that it is live."""
    command = [
        sys.executable,
        "-m",
        "wanbiao",
        "demo",
        "--learn",
        "1d",
        "--for",
        "20s",
        "--language",
        "en",
        "--port",
        "0",
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("live: "):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "False warnings: 0" in out
    assert "Traceback" not in err


def test_the_board_is_up_before_learning_is_over_and_stays() -> None:
    """In a real process: it tells the plant's time and how far learning is, and is gone after Ctrl-C."""
    command = [sys.executable, "-m", "wanbiao", "demo", "--learn", "60d", "--for", "1s", "--port", "0", "--stay"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        link = next(line for line in lines if "http://127.0.0.1:" in line).strip()
        host = urlsplit(link[link.index("http") :])
        page = _get(str(host.hostname), int(host.port or 0))
        assert "云溪口水电站" in page or "Yunxikou hydro" in page
        assert re.search("正在学习正常运行|Learning what is normal", page)
        next(line for line in lines if "The board stays" in line)
        assert re.search(r"2026-03-02 19:\d\d (北京时间|Beijing time)", _get(str(host.hostname), int(host.port or 0)))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err


def _get(host: str, port: int) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(cli, ["demo", "--port", port])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"wanbiao: --port {port}: is taken by another program; expected one that is free, or --no-board"
    )


@pytest.mark.parametrize("option", ["--stay", "--fresh"])
def test_only_a_board_can_stay_or_forget(option: str) -> None:
    result = CliRunner().invoke(cli, [*QUICK, option])
    assert result.exit_code == 2
    assert "without a board" in result.stderr
