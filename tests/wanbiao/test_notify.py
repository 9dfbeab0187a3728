"""``wanbiao notify`` from outside: files that are checked, a test message, a whole run on a real Kafka that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.kafka import KafkaAddress, ScanProducer, create_topics, topic_plans
from connectors.outbox import Outbox, Parcel
from connectors.wire import encode_warning
from detectors.events import Act
from tests.detectors.test_desk import warning
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.services.receivers import SECRET, MailServer, WebServer, text_of
from wanbiao import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def notify(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["notify", *words])


def wrong(code: int, expected: str, *words: str) -> None:
    result = notify(*words)
    assert result.exit_code == code, result.output
    assert expected in result.stderr
    assert "Traceback" not in result.output


def channels(
    folder: Path, web: str = "http://127.0.0.1:9/hook", mail: str = "mailto://127.0.0.1:9/?from=a@b.example"
) -> str:
    (folder / "secret").write_text(SECRET)
    (folder / "channels.toml").write_text(
        f'[[channel]]\nname = "cmms"\nurl = "{web}"\nsecret_file = "secret"\nquiet_hours = "22:00-06:00"\n'
        f'[[channel]]\nname = "crew"\nurl = "{mail}"\nlanguage = "en"\nlevel = "watch"\n'
    )
    return str(folder / "channels.toml")


def test_a_file_is_checked_and_told_without_addresses(tmp_path: Path) -> None:
    file = channels(tmp_path)
    result = notify("check", file)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"{file}: 2 channels, no problem")
    assert "127.0.0.1" not in result.stdout
    found = json.loads(notify("check", file, "--json").stdout)
    assert [(one["name"], one["by"], one["quiet_hours"]) for one in found] == [
        ("cmms", "webhook", "22:00-06:00"),
        ("crew", "mailto", None),
    ]
    (tmp_path / "channels.toml").write_text('[[channel]]\nname = "a"\nulr = "x"\n')
    wrong(78, "wanbiao: channels.toml: channel[0].ulr: unknown key; expected one of name, url", "check", file)
    wrong(78, "no such file or directory", "check", str(tmp_path / "none.toml"))


def test_a_test_message_arrives_in_both_languages(tmp_path: Path, web: WebServer, mail: MailServer) -> None:
    file = channels(tmp_path, web.url, mail.url)
    result = notify("test", "--channel", "cmms", "--channels", file, "--json")
    assert result.exit_code == 0, result.output
    ((id, body),) = web.taken
    assert json.loads(result.stdout) == {"channel": "cmms", "id": id}
    assert (body["kind"], body["warnings"], body["lines"]) == ("test", [], [])
    assert "测试消息" in body["text_zh"]
    assert notify("test", "--channel", "crew", "--channels", file).exit_code == 0
    assert mail.taken[0]["Subject"] == "test message"
    assert "the channel works" in text_of(mail.taken[0])


def test_a_test_message_that_does_not_arrive_is_one_line(tmp_path: Path) -> None:
    file = channels(tmp_path)
    wrong(69, "wanbiao: cmms does not answer", "test", "--channel", "cmms", "--channels", file)
    wrong(
        2,
        'no channel "cmm"; expected one of cmms, crew; nearest: "cmms"',
        "test",
        "--channel",
        "cmm",
        "--channels",
        file,
    )
    wrong(2, "expected a file of channels: --channels, or WANBIAO_NOTIFY", "test", "--channel", "cmms")


def test_the_status_of_the_outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_OUTBOX", str(tmp_path / "box"))
    wrong(78, "expected an outbox that wanbiao notify has made", "status")
    with Outbox(str(tmp_path / "box")) as box:
        box.put([Parcel("crew", id, False, 10**9, b"x") for id in "abc"], {}, 10**9)
        box.delivered(Parcel("crew", "a", False, 10**9, b""), 10**9)
        box.failed(Parcel("crew", "b", False, 10**9, b""), 10**9, "crew answers 422", retryable=False)
    assert notify("status").stdout == (
        "crew: 1 waiting since 1970-01-01T00:00:01Z, 1 delivered, 1 given up; crew answers 422\n"
    )
    (row,) = json.loads(notify("status", "--json").stdout)
    assert (row["waiting"], row["delivered"], row["given_up"]) == (1, 1, 1)


def test_nobody_is_woken_for_a_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_PREFIX", "replay.try-2.")
    wrong(78, "expected no replay, since nobody is woken for the past")


# ---- on a real Kafka


class Running:
    """The program as a process of its own."""

    def __init__(self, folder: Path, kafka: str, prefix: str) -> None:
        self.folder, self.log = folder, folder / "log"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("WANBIAO_")} | {
            "WANBIAO_KAFKA": kafka,
            "WANBIAO_PREFIX": prefix,
            "WANBIAO_OUTBOX": str(folder / "outbox"),
            "WANBIAO_ALIVE_FILE": str(folder / "alive"),
        }

    @contextmanager
    def run(self, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
        """It runs, and has read what was there; it is killed if the test did not end it."""
        (self.folder / "alive").unlink(missing_ok=True)
        with (
            self.log.open("ab") as err,
            subprocess.Popen(
                [sys.executable, "-m", "wanbiao", "notify"], cwd=ROOT, env=self.environ | environ, stderr=err
            ) as process,
        ):
            try:
                ready = (self.folder / "alive").exists
                wait_until(lambda: ready() or process.poll() is not None, timeout_s=60.0, what="it runs")
                assert process.poll() is None, self.log.read_text()
                yield process
            finally:
                process.kill()


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def told(web: WebServer) -> list[str]:
    return [body["lines"][0]["id"] for _, body in web.taken]


@pytest.mark.integration
@pytest.mark.timeout(240)
def test_a_run_on_kafka_is_killed_and_tells_everything_once(
    kafka_broker: KafkaBroker, topic_prefix: str, tmp_path: Path, web: WebServer
) -> None:
    address = KafkaAddress(kafka_broker.bootstrap)
    create_topics(address, topic_plans(topic_prefix, 3))
    file = tmp_path / "channels.toml"
    (tmp_path / "secret").write_text(SECRET)
    file.write_text(f'[[channel]]\nname = "cmms"\nurl = "{web.url}"\nsecret_file = "secret"\n')
    running = Running(tmp_path, kafka_broker.bootstrap, topic_prefix)

    def say(*ids: str, **more: Any) -> None:
        now_ns = time.time_ns()
        with ScanProducer(address, f"{topic_prefix}warnings") as producer:
            for id in ids:
                producer.send(id, encode_warning(replace(warning(id, time_ns=now_ns), **more)))

    say("before")
    with running.run(WANBIAO_NOTIFY=str(file)) as process:
        sent_s = time.time()
        say("a", "b")
        wait_until(lambda: sorted(told(web)) == ["a", "b"], timeout_s=30.0, what="both are told")
        assert max(web.arrivals_s) - sent_s < 5.0
        web.status = 503
        say("c", level="urgent")
        wait_until(lambda: web.asked > 2, timeout_s=30.0, what="it was tried")
        process.kill()
    say("d")
    web.status = 200
    with running.run(WANBIAO_NOTIFY=str(file)) as process:
        wait_until(lambda: len(web.taken) == 4, timeout_s=30.0, what="the heir tells the rest")
        say("a", transition="acknowledged", act=Act("Li Wei", "on site"))
        say("a", transition="returned")
        wait_until(lambda: len(web.taken) == 5, timeout_s=30.0, what="it is told as over")
        assert web.taken[-1][1]["warnings"][0]["acknowledged"]["who"] == "Li Wei"
        assert end(process) == 0
    assert sorted(told(web)) == ["a", "a", "b", "c", "d"]
    assert len(set(web.ids)) == 5
    assert web.forged == 0
    assert "Traceback" not in running.log.read_text()


@pytest.mark.integration
def test_without_a_channel_it_runs_and_says_so(kafka_broker: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    create_topics(KafkaAddress(kafka_broker.bootstrap), topic_plans(topic_prefix, 3))
    running = Running(tmp_path, kafka_broker.bootstrap, topic_prefix)
    with running.run() as process:
        second = subprocess.run(
            [sys.executable, "-m", "wanbiao", "notify"], cwd=ROOT, env=running.environ, capture_output=True, check=False
        )
        assert second.returncode == 69
        assert b"is in use; expected one program for each outbox" in second.stderr
        assert end(process) == 0
    assert "to nobody: no channel is configured (WANBIAO_NOTIFY)" in running.log.read_text()


@pytest.mark.integration
def test_no_topic_and_no_broker_are_one_line(kafka_broker: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    running = Running(tmp_path, kafka_broker.bootstrap, topic_prefix)
    for more, expected in (
        ({}, "does not exist; create it with"),
        ({"WANBIAO_KAFKA": "127.0.0.1:9"}, "does not answer"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "wanbiao", "notify"],
            cwd=ROOT, env=running.environ | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 69
        assert expected in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


@pytest.mark.integration
@pytest.mark.timeout(240)
def test_a_broker_that_is_away_for_a_while_is_waited_for(
    own_kafka_broker: KafkaBroker, topic_prefix: str, tmp_path: Path, web: WebServer
) -> None:
    address = KafkaAddress(own_kafka_broker.bootstrap)
    create_topics(address, topic_plans(topic_prefix, 1))
    (tmp_path / "secret").write_text(SECRET)
    file = tmp_path / "channels.toml"
    file.write_text(f'[[channel]]\nname = "cmms"\nurl = "{web.url}"\nsecret_file = "secret"\n')
    running = Running(tmp_path, own_kafka_broker.bootstrap, topic_prefix)
    with running.run(WANBIAO_NOTIFY=str(file)) as process:
        own_kafka_broker.kill()
        wait_until(lambda: "kafka does not answer" in running.log.read_text(), timeout_s=90.0, what="it is said")
        own_kafka_broker.start()
        with ScanProducer(address, f"{topic_prefix}warnings") as producer:
            producer.send("a", encode_warning(warning("a")))
        wait_until(lambda: told(web) == ["a"], timeout_s=60.0, what="it is told")
        assert end(process) == 0
    assert "Traceback" not in running.log.read_text()
