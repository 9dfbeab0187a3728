"""`wanbiao board`: what it refuses to do; on real services the whole way from a seeded fault to acts that outlive everybody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from connectors.action_wire import decode_audit
from connectors.kafka_reader import read_topic
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import free_port, wait_until
from tests.wanbiao.test_pipeline_commands import ROOT, Site
from wanbiao.board import bound, refuse_open_door
from wanbiao.cli import cli
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings

TOKEN = "0123456789abcdef"  # noqa: S105 - of this test
TUNING = "warm_up_s = 1728000.0\n"
"""Twenty days of learning are enough here."""
FAULT = "F01:YXK:2:2026-01-25T00:00Z:15d"
"""A guide bearing of unit 2 begins to fail after 24 days."""
SCANS = 38 * 144
WHO = {"who": "李伟", "why": "on site"}


# ---- what it refuses


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "plant-server"])  # noqa: S104 - refused
def test_off_loopback_it_does_not_start_without_a_token(host: str) -> None:
    result = CliRunner().invoke(cli, ["board", "--host", host])
    assert result.exit_code == 78
    assert result.stderr == (
        "wanbiao: environment: WANBIAO_BOARD_TOKEN: missing; expected a token, since WANBIAO_BOARD_HOST "
        f"{host} lets other machines in\n"
    )
    refuse_open_door(Settings(board_host=host, board_token=TOKEN))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_it_needs_none(host: str) -> None:
    refuse_open_door(Settings(board_host=host))


@pytest.mark.parametrize("words", [("--host", "http://a"), ("--port", "0"), ("--port", "web"), ("--language", "fr")])
def test_a_wrong_option_is_said(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["board", *words])
    assert result.exit_code == 2
    assert words[1] in result.stderr


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"WANBIAO_BOARD_PORT: 127.0.0.1:{port}; expected a free port of this"):
            bound("127.0.0.1", port)


def test_a_broker_that_is_away_at_the_start_is_one_line() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")}
    command = [sys.executable, "-m", "wanbiao", "board"]
    environ |= {"WANBIAO_KAFKA": "127.0.0.1:9"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert done.stderr.startswith("wanbiao: kafka does not answer at 127.0.0.1:9")
    assert done.stderr.count("\n") == 1


# ---- on real services


class Served:
    """A board that runs, as its API."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path, token: str) -> None:
        self.process, self.log, self.url = process, log, f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.http.post(f"/api/v1/{path}", json=WHO | body)
        assert answer.status_code == status, answer.text
        return answer.json() if status == 200 else answer.json()["error"]

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/health").status_code == 200
        except httpx.HTTPError:
            return False

    def end(self) -> None:
        """SIGTERM, in good order."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.log.read_text()
        assert "Traceback" not in self.log.read_text()


@contextmanager
def board(site: Site, log: Path, token: str = "") -> Iterator[Served]:
    """The command in a process of its own; killed if the test did not end it."""
    port = free_port()
    environ = site.environ | {"WANBIAO_BOARD_PORT": str(port), "WANBIAO_BOARD_TOKEN": token}
    command = [sys.executable, "-m", "wanbiao", "board"]
    with (
        log.open("wb") as err,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=err, stderr=err) as process,
    ):
        served = Served(process, port, log, token)
        try:
            wait_until(served.answers, timeout_s=60.0, what="the board answers")
            yield served
        finally:
            served.http.close()
            process.kill()


@pytest.fixture
def site(kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str) -> Site:
    made = Site(kafka_broker, influx_server, topic_prefix)
    made.run("topics", "create", "--keep-for-ever")
    made.run("buckets", "create")
    return made


def kept(one: dict[str, Any]) -> tuple[Any, ...]:
    """What a restart must not change."""
    return one["id"], one["state"], one["level"], one["until_ns"], one["outcome"], one["history"]


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_a_seeded_fault_is_seen_and_worked_with_and_outlives_board_and_worker(site: Site, tmp_path: Path) -> None:
    (tmp_path / "tuning.toml").write_text(TUNING)
    site.environ |= {"WANBIAO_TUNING": str(tmp_path / "tuning.toml")}
    words = ["simulate", "--kafka", "--stations", "YXK", "--start", "2026-01-01", "--period", "600", "--speed", "max"]
    site.run(*words, "--scans", str(SCANS), "--fault", FAULT)
    with site.worker(tmp_path / "worker") as worker, board(site, tmp_path / "board") as served:
        wait_until(lambda: site.station_rows() == SCANS, timeout_s=200.0, what="every scan is judged")

        def of_unit_2() -> list[Any]:
            found: list[Any] = served.get("warnings", station="YXK", unit="2")
            return [one for one in found if one["component"] == "turbine_guide_bearing"]

        wait_until(lambda: bool(of_unit_2()), timeout_s=10.0, what="the warning is on the board")
        (tile,) = (one for one in served.get("fleet")["stations"] if one["code"] == "YXK")
        assert (tile["state"] >= 3, tile["worst_unit"]) == (True, "2")
        assert len(served.get("stations/YXK/units/2/tags/MKD10CT101", back_s=86_400)["value"]) > 100

        def values() -> list[Any]:
            return [tag["value"] for unit in "1234" for tag in served.get(f"stations/YXK/units/{unit}")["tags"]]

        wait_until(lambda: any(value is not None for value in values()), timeout_s=90.0, what="values are there")
        warning = of_unit_2()[0]
        id = warning["id"]

        done = served.post(f"warnings/{id}/acknowledge")
        assert (done["result"], done["who"], done["why"]) == ("done", "李伟", "on site")
        assert served.post(f"warnings/{id}/acknowledge", 409) == "acknowledge: the warning is acknowledged already"
        wait_until(
            lambda: served.get(f"warnings/{id}")["state"] == "acknowledged", timeout_s=5.0, what="it is acknowledged"
        )
        served.post(f"warnings/{id}/shelve", for_s=8 * 3600)
        wait_until(lambda: served.get(f"warnings/{id}")["state"] == "shelved", timeout_s=5.0, what="it is shelved")
        assert served.post(f"warnings/{id}/shelve", 422).startswith("expected an end")
        assert served.post("warnings/nonesuch/acknowledge", 404) == 'no warning "nonesuch"'
        before = served.get(f"warnings/{id}")
        assert [(one["transition"], one["who"]) for one in before["history"]][-2:] == [
            ("acknowledged", "李伟"),
            ("shelved", "李伟"),
        ]
        foreign = {"origin": "http://evil.example"}
        assert served.http.post(f"/api/v1/warnings/{id}/unshelve", json=WHO, headers=foreign).status_code == 403
        assert served.http.get("/api/v1/fleet", headers={"host": "evil.example"}).status_code == 403
        served.end()

        with board(site, tmp_path / "again", TOKEN) as again:
            wait_until(lambda: bool(again.get("warnings")), timeout_s=10.0, what="history is read")
            assert kept(again.get(f"warnings/{id}")) == kept(before)
            assert httpx.get(f"{again.url}/api/v1/fleet").status_code == 401
            assert httpx.get(f"{again.url}/api/v1/fleet", headers={"authorization": "Bearer x"}).status_code == 401
            worker.kill()
            assert "will be carried out once a worker runs" in again.post(
                f"warnings/{id}/close", 504, outcome="confirmed"
            )
            with site.worker(tmp_path / "heir") as heir:
                wait_until(
                    lambda: again.get(f"warnings/{id}")["state"] == "closed",
                    timeout_s=60.0,
                    what="the heir has closed it",
                )
                assert again.post(f"warnings/{id}/acknowledge", 409) == "acknowledge: the warning is closed"
                assert again.get(f"warnings/{id}")["outcome"] == "confirmed"
                acts = [(one["action"], one["result"]) for one in again.get("actions")][::-1]
                heir.terminate()
                assert heir.wait(30) == 0
            again.end()
    trail = dict.fromkeys(one.value for one in read_topic(site.address, f"{site.prefix}actions"))
    audited = [decode_audit(value or b"") for value in trail]
    assert acts == [(one.action, one.result) for one in audited]
    assert acts == [
        ("acknowledge", "done"),
        ("acknowledge", "refused"),
        ("shelve", "done"),
        ("close", "done"),
        ("acknowledge", "refused"),
    ]
    assert {(one.who, one.why, one.warning) for one in audited} == {("李伟", "on site", id)}
    assert [one.time_ns for one in audited] == sorted({one.time_ns for one in audited}), (
        "each later than the one before"
    )
