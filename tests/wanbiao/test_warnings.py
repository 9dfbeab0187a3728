"""``wanbiao warnings`` from outside: a list made of events, what is wrong on the command line, and acting on a real Kafka."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from connectors.action_wire import ActionMessage, Audit, audit, decode_audit
from connectors.errors import ConnectorError
from connectors.kafka import KafkaAddress
from connectors.kafka_reader import Record, read_topic
from connectors.wire import encode_warning
from detectors.events import Act, DataQuality, EarlyWarning, Evidence
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.streams.pipeline import LIVELY, START_NS
from tests.wanbiao.test_pipeline_commands import Site
from wanbiao import acts, cli, worklist

HOUR = 3600 * 10**9
PAD = Evidence("YXK.2PAD", "瓦温", "pad temperature", "degC", 64.1, 57.9, 1.4, 70.0)


def event(id: str, transition: str, hours: float = 0.0, level: str = "warning", act: Act | None = None) -> EarlyWarning:
    time_ns = START_NS + round(hours * HOUR)
    return EarlyWarning(
        id,
        "early_warning",
        "YXK",
        "units",
        "2",
        "turbine_guide_bearing",
        transition,
        level,
        time_ns,
        START_NS,
        1.4,
        () if act else (PAD,),
        "瓦温偏高。",
        "Pad too hot.",
        act=act,
    )


class Broker:
    """What is on the topic of warnings, and what was sent."""

    def __init__(self) -> None:
        self.values = [
            encode_warning(event("aa11-0000", "opened")),
            encode_warning(event("aa12-0000", "opened", 1, "urgent")),
            encode_warning(
                event("aa12-0000", "shelved", 2, "urgent", Act("Li", "later", until_ns=START_NS + 9 * HOUR))
            ),
            encode_warning(event("bb00-0000", "opened", 3)),
            encode_warning(event("bb00-0000", "closed", 4, act=Act("Li", "re-metalled", outcome="confirmed"))),
            encode_warning(
                DataQuality("q", "data_quality", "YXK", "units", "2", "*", "opened", START_NS, "no value", "无", "none")
            ),
        ]
        self.sent: list[ActionMessage] = []
        self.refusal = ""
        self.is_silent = False

    def read(self, address: KafkaAddress, topic: str, **limits: int) -> Iterator[Record]:
        assert limits["most"] > 0
        for i, value in enumerate(self.values if topic == "wanbiao.warnings" else []):
            yield Record(0, i, b"", value, ())

    def send(self, address: KafkaAddress, prefix: str, message: ActionMessage, *, wait_s: float) -> Audit:
        self.sent.append(message)
        if self.is_silent:
            raise ConnectorError(f"no worker has answered within {wait_s:.0f} s", retryable=True)
        return audit(message, self.refusal)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """No settings from outside, no broker but this one, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)
    made = Broker()
    monkeypatch.setattr(worklist, "read_topic", made.read)
    monkeypatch.setattr(acts, "read_topic", made.read)
    monkeypatch.setattr(acts, "send_action", made.send)
    return made


def warnings(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["warnings", *words])


def done(*words: str) -> str:
    result = warnings(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def wrong(code: int, expected: str, *words: str) -> None:
    result = warnings(*words)
    assert result.exit_code == code, result.output
    assert expected in result.stderr
    assert "Traceback" not in result.output
    if code != 2:
        assert len(result.stderr.splitlines()) == 1


# ---- what is shown


def test_the_list_holds_what_stands_the_worst_first(broker: Broker) -> None:
    text = done("list", "--language", "en")
    rows = [line.split() for line in text.splitlines() if line[:2] in ("aa", "bb")]
    assert [row[0] for row in rows] == ["aa12-000", "aa11-000"]
    assert "shelved" in rows[0]
    assert "■ urgent" in text
    assert "YXK 2 turbine guide bearing" in text
    assert "pad temperature: 64.1 (57.9 °C)" in text
    assert "未确认" in done("list", "--language", "zh")


def test_the_list_for_programs(broker: Broker) -> None:
    found = json.loads(done("list", "--all", "--json"))
    assert [(one["id"], one["state"], one["outcome"]) for one in found] == [
        ("aa12-0000", "shelved", None),
        ("aa11-0000", "unacknowledged", None),
        ("bb00-0000", "closed", "confirmed"),
    ]
    assert found[0]["shelved_until"] == "2026-01-01T09:00:00Z"
    assert found[1]["since"] == "2026-01-01T00:00:00Z"
    assert json.loads(done("list", "--json", "--station", "fyl")) == []
    broker.values.clear()
    assert done("list") == ""
    assert json.loads(done("list", "--json")) == []


def test_one_warning_with_its_story(broker: Broker) -> None:
    text = done("show", "BB", "--language", "en")
    assert "Pad too hot." in text
    assert "2026-01-01 12:00  ▲ closed, confirmed, Li, re-metalled" in text
    assert "(Beijing time)" in text
    found = json.loads(done("show", "bb00", "--json"))
    assert [one["transition"] for one in found["events"]] == ["opened", "closed"]
    assert "关闭, 属实" in done("show", "bb00", "--language", "zh")


def test_records_that_cannot_be_read_are_counted(broker: Broker) -> None:
    broker.values += [b"junk", b'{"kind": "early_warning"}', b"", b"\xff{"]
    result = warnings("list", "--json")
    assert (result.exit_code, len(json.loads(result.stdout))) == (0, 2)
    assert result.stderr == "wanbiao: 4 records of the topic of warnings cannot be read\n"


# ---- what is done


def test_what_is_sent_says_who_what_why_and_when(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "liwei")
    before_ns = time.time_ns()
    text = done("shelve", "aa11", "--for", "8h", "--why", "next\n shift", "--language", "en")
    (sent,) = broker.sent
    assert (sent.action, sent.warning, sent.station) == ("shelve", "aa11-0000", "YXK")
    assert (sent.who, sent.why) == ("liwei", "next shift")
    assert before_ns <= sent.time_ns <= time.time_ns()
    assert sent.until_ns - sent.time_ns == 8 * HOUR
    assert text.startswith("aa11-000  YXK 2 turbine guide bearing: shelved – 20")
    found = json.loads(done("close", "aa11", "--outcome", "false", "--who", "李伟", "--json"))
    assert (found["result"], found["outcome"], found["who"]) == ("done", "false", "李伟")
    assert [one.action for one in broker.sent] == ["shelve", "close"]


def test_in_a_recorded_plant_it_is_as_late_as_its_newest_event(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_CLOCK", "recorded")
    done("unshelve", "aa12")
    assert broker.sent[0].time_ns == START_NS + 2 * HOUR + acts.STEP_NS


def test_what_is_refused_is_one_line_and_an_exit_code(broker: Broker) -> None:
    broker.refusal = "acknowledge: the warning is closed"
    wrong(1, "wanbiao: refused: acknowledge: the warning is closed", "ack", "bb00", "--who", "Li")
    result = warnings("ack", "bb00", "--who", "Li", "--json")
    assert (result.exit_code, json.loads(result.stdout)["result"]) == (1, "refused")


def test_nobody_answers(broker: Broker) -> None:
    broker.is_silent = True
    wrong(69, "no worker has answered within 2 s", "ack", "aa11", "--who", "Li", "--wait", "2s")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ack", "cc"), 'no warning "cc"; wanbiao warnings list --all shows'),
        (("ack", ""), 'no warning ""'),
        (("show", "aa1"), '"aa1" begins 2 ids: aa11-0000, aa12-0000'),
        (("shelve", "aa11"), "Missing option '--for'"),
        (("shelve", "aa11", "--for", "15d", "--who", "Li"), "shelve needs an end (until); at most 14 days from now"),
        (("shelve", "aa11", "--for", "soon"), "expected a time such as 90s"),
        (("close", "aa11"), "Missing option '--outcome'"),
        (("close", "aa11", "--outcome", "fixed"), "'fixed' is not one of 'confirmed'"),
        (("ack", "aa11", "--who", " "), "an action needs the name of who acts"),
        (("ack", "aa11", "--who", "Li", "--why", "x" * 501), "at most 500 characters"),
        (("ack", "aa11", "--who", "Li", "--why", "\x1b[2J"), "why holds control characters"),
        (("list", "--station", "YXX"), 'no station "YXX"'),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said_before_anything_is_sent(
    broker: Broker, words: tuple[str, ...], expected: str
) -> None:
    wrong(2, expected, *words)
    assert not broker.sent


def test_no_name_for_the_user(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    wrong(2, "expected --who NAME", "ack", "aa11")


# ---- on a real Kafka


@pytest.mark.integration
def test_no_broker_and_no_topics_are_one_line(
    kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str
) -> None:
    site = Site(kafka_broker, influx_server, topic_prefix)
    away = site.run("warnings", "list", code=69, WANBIAO_KAFKA="127.0.0.1:9").stderr
    assert away.startswith("wanbiao: kafka does not answer at 127.0.0.1:9")
    assert away.count("\n") == 1
    missing = site.run("warnings", "ack", "x", code=69).stderr
    assert missing == f"wanbiao: topic {topic_prefix}warnings does not exist; create it with: wanbiao topics create\n"


@pytest.mark.integration
@pytest.mark.timeout(240)
def test_a_warning_is_worked_with_from_the_command_line(
    kafka_broker: KafkaBroker, influx_server: InfluxServer, topic_prefix: str, tmp_path: Path
) -> None:
    """Simulated, warned of, acknowledged, shelved, closed; refused when it is closed; answered after the worker was killed."""
    site = Site(kafka_broker, influx_server, topic_prefix)
    (tmp_path / "tuning.toml").write_text("".join(f"{key} = {value}\n" for key, value in LIVELY.items()))
    site.environ |= {
        "WANBIAO_PERIOD_S": "10",
        "WANBIAO_TUNING": str(tmp_path / "tuning.toml"),
        "WANBIAO_LANGUAGE": "en",
    }

    def say(*words: str, code: int = 0) -> Any:
        finished = site.run("warnings", *words, "--json", code=code)
        return json.loads(finished.stdout) if finished.stdout else finished.stderr

    def state(id: str) -> str:
        return str(say("show", id)["state"])

    site.run("topics", "create", "--keep-for-ever")
    site.run("buckets", "create")
    words = ["simulate", "--kafka", "--stations", "YXK", "--start", "2026-01-01", "--period", "10", "--speed", "max"]
    site.run(*words, "--scans", "90")
    with site.worker(tmp_path / "log") as worker:
        wait_until(lambda: site.station_rows() == 90, timeout_s=90.0, what="every scan has its point")
        ids = [one["id"] for one in say("list")]
        assert len(ids) > 3
        assert say("ack", ids[0], "--who", "李伟", "--why", "on site")["result"] == "done"
        assert (
            say("ack", ids[0], "--who", "李伟", code=1)["reason"] == "acknowledge: the warning is acknowledged already"
        )
        assert state(ids[0]) == "acknowledged"
        shelved = say("shelve", ids[1], "--for", "8h")
        assert START_NS < shelved["time_ns"] < START_NS + HOUR, "it is as late as the plant says"
        assert state(ids[1]) == "shelved"
        assert "no longer shelved" in site.run("warnings", "unshelve", ids[1]).stdout
        assert say("close", ids[2], "--outcome", "confirmed")["result"] == "done"
        assert ids[2] not in [one["id"] for one in say("list")]
        refused = site.run("warnings", "shelve", ids[2], "--for", "1h", code=1).stderr
        assert refused == "wanbiao: refused: shelve: the warning is closed\n"
        worker.kill()
    unanswered = site.run("warnings", "ack", ids[3], "--who", "Li", "--wait", "1s", code=69).stderr
    assert "no worker has answered within 1 s; the action is on the log of YXK" in unanswered
    assert state(ids[3]) == "unacknowledged"
    with site.worker(tmp_path / "log2") as worker:
        wait_until(lambda: state(ids[3]) == "acknowledged", timeout_s=60.0, what="the heir has carried it out")
        assert state(ids[0]) == "acknowledged"
        worker.terminate()
        assert worker.wait(30) == 0
    trail = [decode_audit(record.value or b"") for record in read_topic(site.address, f"{site.prefix}actions")]
    kept = list(dict.fromkeys(msgspec.json.encode(one) for one in trail))
    results = [(one.action, one.result) for one in map(decode_audit, kept)]
    assert results == [
        ("acknowledge", "done"),
        ("acknowledge", "refused"),
        ("shelve", "done"),
        ("unshelve", "done"),
        ("close", "done"),
        ("shelve", "refused"),
        ("acknowledge", "done"),
    ]
    assert list(read_topic(site.address, f"{site.prefix}telemetry.dead")) == []
