"""The file of channels: what is wrong in it is one line each; what is right becomes routes and addresses that nobody shows."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stations.catalogue import load_fleet
from wanbiao.channels import CHANNELS_MOST, Channels, Entry, load_channels
from wanbiao.errors import ConfigError

FLEET = load_fleet()
GOOD = """
[links]
board = "http://127.0.0.1:8080/warnings/{id}"
replay = "wanbiao warnings show {id}"

[[channel]]
name = "crew-hydro"
url = "mailto://mail.plant.example/?from=wanbiao@plant.example&to=crew@plant.example"
language = "zh"
technologies = ["hydro"]
quiet_hours = "22:00-06:00"
escalate_after = "30m"
escalate_to = "duty"

[[channel]]
name = "duty"
url_file = "duty.url"
level = "urgent"
digest_at = "07:00"
time_zone = "Europe/Berlin"

[[channel]]
name = "cmms"
url = "https://cmms.plant.example/orders"
secret_file = "cmms.secret"
format = "work_order"
stations = ["YXK", "SLP"]
"""
HEAD = '[[channel]]\nname = "a"\n'
MAIL = HEAD + 'url = "mailto://mail.plant.example/?from=a@b.example"\n'
HOOK = HEAD + 'url = "https://x.example/h"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "duty.url").write_text("dingtalk://t0ken/\n")
    (tmp_path / "cmms.secret").write_text("0123456789abcdef\n")
    (tmp_path / "short.secret").write_text("0123")
    (tmp_path / "plain.url").write_text("http://cmms.example/t0ken")
    (tmp_path / "pigeon.url").write_text("pigeon://t0ken")
    return tmp_path


def load(folder: Path, text: str) -> Channels:
    (folder / "channels.toml").write_text(text)
    return load_channels(str(folder / "channels.toml"), FLEET, "both")


def test_a_file_becomes_channels(folder: Path) -> None:
    made = load(folder, GOOD)
    crew, duty, cmms = made.channels
    assert (crew.name, crew.language, crew.format, crew.secret) == ("crew-hydro", "zh", "message", "")
    assert crew.route.technologies == {"hydro"}
    assert (crew.route.quiet, crew.route.zone) == ((time(22), time(6)), ZoneInfo("Asia/Shanghai"))
    assert (crew.route.escalate_after_s, crew.route.escalate_to) == (1800.0, "duty")
    assert (crew.route.level, crew.route.digest_level) == ("warning", "warning")
    assert (duty.url, duty.language) == ("dingtalk://t0ken/", "both")
    assert (duty.route.level, duty.route.digest_level, duty.route.digest_at) == ("urgent", "watch", time(7))
    assert (cmms.format, cmms.secret, sorted(cmms.route.stations)) == (
        "work_order",
        "0123456789abcdef",
        ["SLP", "YXK"],
    )
    assert made.links.board == "http://127.0.0.1:8080/warnings/{id}"
    assert "t0ken" not in repr(made)
    assert "0123456789abcdef" not in repr(made)


def test_the_example_of_the_document_can_be_used(folder: Path) -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "messages.md").read_text()
    made = load(folder, document.split("```toml\n")[1].split("```")[0])
    assert [one.name for one in made.channels] == ["crew-hydro", "duty", "chief", "maintenance-system"]


def test_every_key_is_documented() -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "messages.md").read_text()
    assert [key for key in Entry.__dataclass_fields__ if f"`{key}`" not in document] == []


def test_no_channel_at_all_is_a_file_too(folder: Path) -> None:
    assert load(folder, "# nobody yet\n") == Channels()


WRONG = [
    (MAIL + 'lvel = "urgent"', "channel[0].lvel: unknown key; expected one of name, url", 'nearest: "level"'),
    (MAIL + 'level = "alarm"', 'channel[0].level: "alarm"; expected one of watch, warning, urgent', ""),
    (
        MAIL + 'level = "watch"\ndigest_level = "urgent"',
        'channel[0].digest_level: "urgent"; expected watch or less',
        "",
    ),
    (MAIL + 'stations = ["YXX"]', 'channel[0].stations[0]: "YXX"; expected one of', 'nearest: "YXK"'),
    (MAIL + 'technologies = ["hydra"]', 'channel[0].technologies[0]: "hydra"; expected one of', 'nearest: "hydro"'),
    (
        MAIL + 'quiet_hours = "22-6"',
        'channel[0].quiet_hours: "22-6"; expected begin and end, such as "22:00-06:00"',
        "",
    ),
    (MAIL + 'quiet_hours = "22:00-22:00"', "channel[0].quiet_hours", "begin and end"),
    (MAIL + 'digest_at = "7:00"', 'channel[0].digest_at: "7:00"; expected a time of the day', ""),
    (MAIL + 'digest_at = "24:00"', "channel[0].digest_at", "a time of the day"),
    (MAIL + 'time_zone = "Asia/Shangai"', 'channel[0].time_zone: "Asia/Shangai"', 'nearest: "Asia/Shanghai"'),
    (MAIL + 'language = "de"', 'channel[0].language: "de"; expected one of zh, en, both', ""),
    (
        MAIL + 'escalate_after = "30m"',
        "channel[0].escalate_to: missing; expected a value, since escalate_after has one",
        "",
    ),
    (
        MAIL + 'escalate_after = "30m"\nescalate_to = "a"',
        'channel[0].escalate_to: "a"; expected the name of another',
        "",
    ),
    (MAIL + 'escalate_after = "1s"\nescalate_to = "b"', 'channel[0].escalate_after: "1s"; expected a time from 1m', ""),
    (MAIL + 'escalate_after = "soon"\nescalate_to = "b"', 'channel[0].escalate_after: "soon"; expected a time', ""),
    (MAIL + MAIL, 'channel[1].name: "a"; expected a name that no other channel has', ""),
    (MAIL.replace('"a"', '"班组"'), 'channel[0].name: "班组"; expected 1 to 40 letters', ""),
    (MAIL + 'secret_file = "cmms.secret"', "channel[0].secret_file", "no secret, since only webhooks are signed"),
    (MAIL + 'format = "work_order"', "channel[0].format", "since only webhooks take work orders"),
    (MAIL + 'url_file = "duty.url"', "channel[0].url: given twice; expected either url or url_file", ""),
    (HEAD, "channel[0].url: missing; expected either url or url_file", ""),
    (HOOK, "channel[0].secret_file: missing; expected a file with the secret that signs the webhook", ""),
    (
        HOOK + 'secret_file = "none"',
        'channel[0].secret_file: "none"; expected a file that can be read (no such file',
        "",
    ),
    (HOOK + 'secret_file = "short.secret"', "channel[0].secret_file", "16 to 4096 printable ASCII characters"),
    (HOOK + 'secret_file = "cmms.secret"\nformat = "orders"', "channel[0].format", "one of message, work_order"),
    (HEAD + 'url = "dingtalk://t0ken"', "channel[0].url: (hidden); expected url_file for an address that holds", ""),
    (HEAD + 'url = "mailto://joe:t0ken@x.example"', "channel[0].url: (hidden); expected url_file", ""),
    (HEAD + 'url = "https://x.example/?key=t0ken"', "channel[0].url: (hidden); expected url_file", ""),
    (
        HEAD + 'url_file = "plain.url"\nsecret_file = "cmms.secret"',
        "channel[0].url_file: (hidden); expected https://",
        "",
    ),
    (HEAD + 'url_file = "pigeon.url"', "channel[0].url_file: (hidden)", "an address that apprise knows"),
    (HEAD + "url = 5", "channel[0].url: 5; expected text", ""),
    ('[links]\nboard = "x/{idd}"', 'links.board: "{idd}"; expected one of id, station', 'nearest: "id"'),
    ('[links]\nboard = "x/{id"', "links.board", "braces that fit together"),
    ('[links]\nbord = "x"', "links.bord: unknown key", 'nearest: "board"'),
    ("[[channel]", "channels.toml: line 1", "valid TOML"),
]


@pytest.mark.parametrize(("text", "expected", "also"), WRONG, ids=[one[1][:50] for one in WRONG])
def test_what_is_wrong_is_one_line_with_key_value_and_what_was_expected(
    folder: Path, text: str, expected: str, also: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(folder, text)
    lines = [line for line in str(error.value).splitlines() if expected in line and also in line]
    assert lines, str(error.value)
    assert all(line.startswith("channels.toml: ") for line in str(error.value).splitlines())
    assert "t0ken" not in str(error.value)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(folder, MAIL + 'level = "alarm"\ndigest_at = "noon"\n[links]\nboard = "{x}"')
    assert len(str(error.value).splitlines()) == 3


def test_escalation_does_not_go_round(folder: Path) -> None:
    ring = "".join(
        MAIL.replace('"a"', f'"{name}"') + f'escalate_after = "5m"\nescalate_to = "{target}"\n'
        for name, target in (("x", "y"), ("y", "z"), ("z", "x"))
    )
    with pytest.raises(ConfigError, match="expected a channel that does not escalate back to this one"):
        load(folder, ring)


def test_there_are_not_too_many_channels(folder: Path) -> None:
    many = "".join(MAIL.replace('"a"', f'"c{i}"') for i in range(CHANNELS_MOST + 1))
    with pytest.raises(ConfigError, match=f"channel: {CHANNELS_MOST + 1}; expected at most {CHANNELS_MOST} channels"):
        load(folder, many)


def test_a_webhook_on_this_machine_needs_no_encryption(folder: Path) -> None:
    for host in ("127.0.0.1:8000", "localhost", "[::1]:80"):
        load(folder, f'{HEAD}url = "http://{host}/x"\nsecret_file = "cmms.secret"')


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file or directory"):
        load_channels(str(tmp_path / "none.toml"), FLEET, "both")
