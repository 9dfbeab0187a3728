"""``wanbiao parts`` from outside: what is sent, what is wrong on the command line, and a real worker that carries it out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.action_wire import ActionMessage, Audit, audit, decode_audit
from connectors.kafka import KafkaAddress
from connectors.kafka_reader import Record, read_topic
from connectors.wire import encode_warning
from detectors.events import DataQuality
from tests.services.influx import InfluxServer
from tests.services.kafka import KafkaBroker
from tests.services.process import wait_until
from tests.streams.pipeline import LIVELY, START_NS
from tests.streams.test_warning_points import WARNING
from tests.wanbiao.test_pipeline_commands import Site
from wanbiao import acts, cli, outages_view

HOUR = 3600 * 10**9
PAD = "YXK.20MKD10CT101"


class Broker:
    """What was sent, and a topic of health that may be empty."""

    def __init__(self) -> None:
        self.sent: list[ActionMessage] = []
        self.refusal = ""

    def read(self, address: KafkaAddress, topic: str, **limits: int) -> Iterator[Record]:
        assert (topic, limits["most"] > 0) == ("wanbiao.health", True)
        return iter(())

    def send(self, address: KafkaAddress, prefix: str, message: ActionMessage, *, wait_s: float) -> Audit:
        self.sent.append(message)
        return audit(message, self.refusal)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """No settings from outside, no broker but this one, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)
    made = Broker()
    monkeypatch.setattr(acts, "read_topic", made.read)
    monkeypatch.setattr(acts, "send_action", made.send)
    return made


def parts(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["parts", *words])


def done(*words: str) -> str:
    result = parts(*words, "--who", "Li Wei")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_window_says_where_and_until_when(broker: Broker) -> None:
    text = done("maintain", "yxk.3", "--for", "8h", "--why", "runner\n inspection", "--language", "en")
    (sent,) = broker.sent
    assert (sent.action, sent.station, sent.unit, sent.component) == ("maintain", "YXK", "3", "")
    assert (sent.who, sent.why) == ("Li Wei", "runner inspection")
    assert sent.until_ns - sent.time_ns == 8 * HOUR
    assert text.startswith("YXK 3 all components: in maintenance, no warnings – 20")
    assert "检修中" in done("maintain", "YXK.3", "--for", "1h", "--language", "zh")


def test_one_component_and_one_sensor_may_be_meant(broker: Broker) -> None:
    text = done("relearn", "YXK.2", "--component", "turbine_guide_bearing", "--language", "en")
    assert text == "YXK 2 turbine guide bearing: the normal level is learned anew\n"
    found = json.loads(done("repaired", PAD.lower().replace("mkd10ct101", "MKD10CT101"), "--json"))
    assert (found["result"], found["tag"], found["station"]) == ("done", PAD, "YXK")
    done("resume", "YXK.2")
    assert [(one.action, one.component) for one in broker.sent] == [
        ("relearn", "turbine_guide_bearing"),
        ("repaired", ""),
        ("resume", ""),
    ]


def test_what_is_refused_is_one_line_and_an_exit_code(broker: Broker) -> None:
    broker.refusal = "resume: unit 2 is not in maintenance"
    result = parts("resume", "YXK.2", "--who", "Li")
    assert (result.exit_code, result.stderr) == (1, "wanbiao: refused: resume: unit 2 is not in maintenance\n")


def test_a_recorded_plant_that_has_said_nothing_has_no_time(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_CLOCK", "recorded")
    result = parts("resume", "YXK.2", "--who", "Li")
    assert (result.exit_code, broker.sent) == (1, [])
    assert result.stderr.startswith("wanbiao: YXK has no health yet")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("resume", "3"), 'unit "3"; expected station and unit, such as YXK.3'),
        (("resume", "YXX.3"), 'no station "YXX"'),
        (("resume", "YXK.9"), 'YXK has no unit "9"; expected one of 1, 2, 3, 4'),
        (("relearn", "YXK.3", "--component", "turbine_guide_baering"), 'nearest: "turbine_guide_bearing"'),
        (("maintain", "YXK.3"), "Missing option '--for'"),
        (("maintain", "YXK.3", "--for", "181d", "--who", "Li"), "maintain needs an end (until); at most 180 days"),
        (("repaired", "YXK.20MKD10CT102X"), 'no sensor "YXK.20MKD10CT102X"'),
        (("repaired", PAD, "--who", " "), "an action needs the name of who acts"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said_before_anything_is_sent(
    broker: Broker, words: tuple[str, ...], expected: str
) -> None:
    result = parts(*words)
    assert result.exit_code == 2, result.output
    assert expected in result.stderr
    assert not broker.sent


# ---- what is out


def outage(unit: str, tag: str, transition: str, detector: str, **more: Any) -> bytes:
    return encode_warning(
        DataQuality(
            f"{unit}-{tag}",
            "data_quality",
            "YXK",
            "units",
            unit,
            tag,
            transition,
            START_NS,
            "no good value",
            "无有效数据。",
            "No good value.",
            detector,
            **more,
        )
    )


@pytest.fixture
def told(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is on the topic of warnings."""
    values = [
        outage("2", "MKD10CT101", "opened", "data-quality"),
        outage("1", "MKD10CT101", "opened", "sensor-stuck"),
        outage("1", "MKD10CT101", "returned", "sensor-stuck"),
        outage("3", "*", "opened", "maintenance", component="turbine_guide_bearing", until_ns=4_000_000_000 * 10**9),
        outage("4", "*", "opened", "maintenance", until_ns=START_NS + HOUR),
    ]

    def read(address: KafkaAddress, topic: str, **limits: int) -> Iterator[Record]:
        return (Record(0, i, b"", value, ()) for i, value in enumerate(values if topic == "wanbiao.warnings" else ()))

    monkeypatch.setattr(outages_view, "read_topic", read)
    return values


def test_the_list_holds_sensors_that_are_out_and_windows_that_are_open(told: list[bytes]) -> None:
    text = parts("list", "--language", "en").stdout
    assert "YXK.20MKD10CT101" in text
    assert "YXK.3.turbine_guide_bearing" in text
    assert "2096-10-02 15:06" in text
    assert "No good value." in text
    assert "YXK.10MKD10CT101" not in text
    assert "YXK.4" not in text, "that window has ended"
    assert "无有效数据" in parts("list", "--language", "zh").stdout
    assert parts("list", "--station", "FYL").stdout == ""


def test_the_list_for_programs_counts_what_it_cannot_read(told: list[bytes]) -> None:
    told += [b"junk", encode_warning(WARNING)]
    result = parts("list", "--json", "--station", "yxk")
    found = {one["units"][0]: one for one in json.loads(result.stdout)}
    assert {unit: (one["detector"], one["tag"], one["component"]) for unit, one in found.items()} == {
        "2": ("data-quality", PAD, None),
        "3": ("maintenance", None, "turbine_guide_bearing"),
    }
    assert found["2"]["since"] == "2026-01-01T00:00:00Z"
    assert result.stderr == "wanbiao: 1 records of the topic of warnings cannot be read\n"


# ---- on a real Kafka


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_a_worker_is_told_of_maintenance_and_repairs(
    kafka_broker: KafkaBroker,
    influx_server: InfluxServer,
    topic_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A window is opened and ended once; a sensor is marked by the outcome of a warning, then repaired, once."""
    site = Site(kafka_broker, influx_server, topic_prefix)
    (tmp_path / "tuning.toml").write_text("".join(f"{key} = {value}\n" for key, value in LIVELY.items()))
    site.environ |= {"WANBIAO_PERIOD_S": "10", "WANBIAO_TUNING": str(tmp_path / "tuning.toml")}
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)

    def say(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(cli.cli, [*words, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    site.run("topics", "create", "--keep-for-ever")
    site.run("buckets", "create")
    words = ["simulate", "--kafka", "--stations", "YXK", "--start", "2026-01-01", "--period", "10", "--speed", "max"]
    site.run(*words, "--scans", "90")
    with site.worker(tmp_path / "log") as worker:
        wait_until(lambda: site.station_rows() == 90, timeout_s=90.0, what="every scan has its point")
        opened = say("parts", "maintain", "YXK.2", "--for", "8h", "--why", "inspection")
        assert opened["until_ns"] - opened["time_ns"] == 8 * HOUR
        assert START_NS < opened["time_ns"] < START_NS + HOUR, "it is as late as the plant says"
        assert ("maintenance", ["2"], None) in outages(say)
        say("parts", "resume", "YXK.2")
        assert say("parts", "resume", "YXK.2", code=1)["reason"] == "resume: unit 2 is not in maintenance"
        say("parts", "relearn", "YXK.3", "--component", "turbine_guide_bearing")
        warning = next(one for one in say("warnings", "list") if one["unit"].isdecimal())
        tag = say("warnings", "show", warning["id"])["events"][0]["evidence"][0]["tag"]
        assert say("parts", "repaired", tag, code=1)["reason"] == f"repaired: {tag} is not marked as faulty"
        say("warnings", "close", warning["id"], "--outcome", "sensor")
        (marked,) = [one for one in outages(say) if one[0] == "crew"]
        assert say("parts", "repaired", str(marked[2]))["result"] == "done"
        assert not [one for one in outages(say) if one[0] in ("crew", "maintenance")]
        worker.terminate()
        assert worker.wait(30) == 0
    trail = [decode_audit(record.value or b"") for record in read_topic(site.address, f"{site.prefix}actions")]
    assert [(one.action, one.result) for one in trail] == [
        ("maintain", "done"),
        ("resume", "done"),
        ("resume", "refused"),
        ("relearn", "done"),
        ("repaired", "refused"),
        ("close", "done"),
        ("repaired", "done"),
    ]


def outages(say: Callable[..., Any]) -> list[tuple[str, list[str], str | None]]:
    return [(one["detector"], one["units"], one["tag"]) for one in say("parts", "list")]
