"""``wanbiao replay NAME --board``: the very board, fed by that run alone; it changes no byte of what is said."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dashboards.board.replayed import ACTS_REFUSED
from tests.replay.played import SMALL
from wanbiao.cli import cli

ROOT = Path(__file__).resolve().parents[2]
WAYS = (
    "streams",
    "connectors.kafka",
    "connectors.action_log",
    "connectors.influx",
    "connectors.grafana",
    "connectors.notify",
)
"""Our only ways to a live topic, bucket or channel: each client library is used nowhere else."""


def environ() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
    own["WANBIAO_CACHE"] = "none"
    return own | {"WANBIAO_CATALOGUE": "HYG", "WANBIAO_LANGUAGE": "en"}


def get(url: str, body: dict[str, str] | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})  # noqa: S310 - our own board
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.timeout(300)  # two plays of thirteen days, on a machine that has other things to do
def test_a_replay_is_watched_on_a_board_of_its_own() -> None:
    """In a real process: what it says at the end is what the command says, with and without a board; acts are refused."""
    words = [sys.executable, "-m", "wanbiao", "replay", str(SMALL), "--json"]
    board = [*words, "--board", "--port", "0", "--speed", "max", "--stay"]
    pipe = subprocess.PIPE
    with subprocess.Popen(board, cwd=ROOT, env=environ(), text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        link = next(line for line in lines if "http://127.0.0.1:" in line).strip()
        api = link[link.index("http") :].replace("/replay", "/api/v1")
        next(line for line in lines if "The board stays" in line)
        _, view = get(f"{api}/replay")
        _, fleet = get(f"{api}/fleet")
        _, found = get(f"{api}/warnings?ended=true&unit=2")
        refused = get(f"{api}/warnings/{found[0]['id']}/acknowledge", {"who": "Li"})
        planned = get(f"{api}/stations/HYG/units/2/resume", {"who": "Li"})
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    told = json.loads(out)
    alone = subprocess.run(words, cwd=ROOT, env=environ(), text=True, capture_output=True, check=True)
    assert told["digest"] == json.loads(alone.stdout)["digest"] == view["verdict"]["digest"]
    assert (view["name"], view["state"], view["done"]) == ("small", "over", 1.0)
    assert (view["verdict"]["held"], view["verdict"]["caught"]) == (told["held"], told["caught"])
    assert (view["station"], view["unit"], list(view["marks"])) == ("HYG", "2", ["first", "alarm", "event"])
    assert view["verdict"]["first"]["time_ns"] == view["marks"]["first"]
    lead_s = (view["marks"]["alarm"] - view["marks"]["first"]) / 1e9
    assert view["verdict"]["lead_to_alarm_s"] == pytest.approx(lead_s, abs=1.0)
    assert max(score for score in view["trace"] if score is not None) > 1.0
    assert [one["code"] for one in fleet["stations"]] == ["HYG"]
    assert refused == planned == (409, {"error": ACTS_REFUSED.en})


def test_it_has_no_way_to_anything_live() -> None:
    """The board of a replay and all it needs, in an interpreter of its own: nothing of ours that speaks to a service is there."""
    script = f"""
import sys
import wanbiao.incident_replay, wanbiao.replay_board
print([name for name in sys.modules if name.startswith({WAYS!r})])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ(), text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["i01", "--stay"], "--stay is of the board; expected it with --board"),
        (["i01", "--port", "8080"], "--port is of the board; expected it with --board"),
        (["--all", "--board"], "--all replays every incident as it is; expected it without --board"),
        (
            ["x.csv", "--kafka", "--board"],
            "--board is for when an incident is replayed in this process, without --kafka",
        ),
    ],
)
def test_a_board_is_for_one_incident(words: list[str], part: str) -> None:
    result = CliRunner().invoke(cli, ["replay", *words])
    assert result.exit_code == 2
    assert part in result.stderr


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(cli, ["replay", str(SMALL), "--board", "--port", port], env=environ())
    assert result.exit_code == 1
    assert result.stderr == (
        f"wanbiao: --port {port}: is taken by another program; expected one that is free, or 0 for any\n"
    )
