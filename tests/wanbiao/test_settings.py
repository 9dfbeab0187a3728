"""Settings: every wrong value is one line that names variable, value, what was expected and the nearest valid name."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stations.catalogue import CatalogueError
from stations.template import SHIPPED
from wanbiao.errors import ConfigError
from wanbiao.settings import IGNORED, Settings

WRONG = [
    # variable without its prefix, value, and what the line must hold
    ("KAFKA", "localhost", ['"localhost"', "host:port"]),
    ("KAFKA", "localhost:0", ['"localhost:0"', "host:port"]),
    ("KAFKA", "a:9092,b:99999", ["host:port"]),
    ("KAFKA", "a:9092,,b:9092", ["host:port"]),
    ("KAFKA", "kafka://a:9092", ["host:port"]),
    ("KAFKA_CA_FILE", "nonesuch.pem", ['"nonesuch.pem"', "PEM"]),
    ("KAFKA_PASSWORD_FILE", "nonesuch", ['"nonesuch"', "can be read", "no such file"]),
    ("PREFIX", "wan biao.", ['"wan biao."', "letters, digits"]),
    ("PREFIX", "x" * 101, ["1 to 100"]),
    ("PARTITIONS", "0", ['"0"', "1 to 1000"]),
    ("PARTITIONS", "1001", ["1 to 1000"]),
    ("PARTITIONS", "12.0", ["whole number"]),
    ("PARTITIONS", "twelve", ['"twelve"', "whole number"]),
    ("PARTITIONS", "١٢", ["whole number"]),
    ("WORKER_ID", "a/b", ['"a/b"', "letters, digits"]),
    ("INFLUX_URL", "127.0.0.1:8086", ['"127.0.0.1:8086"', "http://host:port"]),
    ("INFLUX_URL", "ftp://a:8086", ["http://host:port"]),
    ("INFLUX_URL", "http://", ["http://host:port"]),
    ("INFLUX_URL", "http://a:99999", ["http://host:port"]),
    ("INFLUX_URL", "http://[::1", ["http://host:port"]),
    ("INFLUX_BUCKET", 'p"m', ["no quotes"]),
    ("PERIOD_S", "0", ['"0"', "0.001 to 86400"]),
    ("PERIOD_S", "nan", ["0.001 to 86400"]),
    ("PERIOD_S", "10s", ['"10s"', "a number"]),
    ("BOARD_HOST", "http://a", ['"http://a"', "without port"]),
    ("BOARD_HOST", "127.0.0.1:8765", ["without port"]),
    ("BOARD_PORT", "0", ['"0"', "1 to 65535"]),
    ("BOARD_PORT", "web", ["whole number"]),
    ("BOARD_TOKEN", "short", ["(hidden)", "at least 16"]),
    ("BOARD_TOKEN", "tökén-tökén-tökén", ["(hidden)", "ASCII"]),
    ("BOARD_NAMES", "board.plant, http://x", ["separated by commas"]),
    ("BOARD_NAMES", "*", ['"*"', "separated by commas"]),
    ("CLOCK", "liv", ['"liv"', "live or recorded", 'nearest: "live"']),
    ("CHECKPOINT_S", "inf", ["0.1 to 3600"]),
    ("ALIVE_FILE", "nonesuch/alive", ['"nonesuch/alive"', "can be written to"]),
    ("ALIVE_FILE", ".", ['"."', "a file in a folder"]),
    ("TUNING", "nonesuch.toml", ['"nonesuch.toml"', "a file"]),
    ("LANGUAGE", "english", ['"english"', "zh, en or both"]),
    ("TIMEZONE", "Asia/Shanghia", ['"Asia/Shanghia"', "such as Asia/Shanghai", 'nearest: "Asia/Shanghai"']),
    ("TIMEZONE", "+08:00", ["a time zone"]),
    ("LOG", "infos", ['"infos"', "debug, info, warning or error", 'nearest: "info"']),
    ("KAFKA_USR", "x", ["unknown setting", 'nearest: "WANBIAO_KAFKA_USER"']),
    ("INFLUX_BUKET", "x", ["unknown setting", 'nearest: "WANBIAO_INFLUX_BUCKET"']),
    ("kafka", "a:9092", ["unknown setting", 'nearest: "WANBIAO_KAFKA"']),
]


@pytest.mark.parametrize(("name", "value", "parts"), WRONG, ids=[f"{name}={value[:20]}" for name, value, _ in WRONG])
def test_a_wrong_value_is_one_line(name: str, value: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env({f"WANBIAO_{name}": value})
    line = str(error.value)
    assert line.startswith(f"environment: WANBIAO_{name}: ")
    assert "\n" not in line
    assert [part for part in parts if part not in line] == []
    assert error.value.exit_code == 78


@pytest.mark.parametrize("name", ["KAFKA", "INFLUX_URL"])
def test_a_password_in_an_address_is_refused_and_not_shown(name: str) -> None:
    scheme = "http://" if name == "INFLUX_URL" else ""
    with pytest.raises(ConfigError, match="setting") as error:
        Settings.from_env({f"WANBIAO_{name}": f"{scheme}joe:s3cret@host:9092"})
    assert "s3cret" not in str(error.value)
    assert "joe" not in str(error.value)


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pässword\n")
    for environ in (
        {"WANBIAO_INFLUX_TOKEN": "tökén"},
        {"WANBIAO_KAFKA_PASSWORD": "s3cret\x07"},
        {"WANBIAO_KAFKA_PASSWORD": "s3cret"},  # without a user
        {"WANBIAO_KAFKA_PASSWORD_FILE": str(tmp_path / "secret")},
    ):
        with pytest.raises(ConfigError) as error:
            Settings.from_env(environ)
        assert [word for word in ("tökén", "s3cret", "pässword") if word in str(error.value)] == []
    settings = Settings.from_env(
        {"WANBIAO_INFLUX_TOKEN": "t0ken", "WANBIAO_KAFKA_USER": "u", "WANBIAO_KAFKA_PASSWORD": "p4ss"}
    )
    assert "t0ken" not in repr(settings)
    assert "p4ss" not in repr(settings)
    assert "p4ss" not in repr(settings.kafka_address())


def test_a_secret_comes_from_a_file_without_its_line_feed(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("abc==\n")
    settings = Settings.from_env({"WANBIAO_INFLUX_TOKEN_FILE": str(path)})
    assert settings.influx_token == path.read_text().strip()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ConfigError, match="one secret"):
        Settings.from_env({"WANBIAO_INFLUX_TOKEN_FILE": str(tmp_path / "token")})


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a")
    with pytest.raises(ConfigError, match="not both"):
        Settings.from_env({"WANBIAO_INFLUX_TOKEN_FILE": str(tmp_path / "token"), "WANBIAO_INFLUX_TOKEN": "b"})


@pytest.mark.parametrize(("given", "lacking"), [("USER", "PASSWORD"), ("PASSWORD", "USER")])
def test_user_and_password_belong_together(given: str, lacking: str) -> None:
    with pytest.raises(ConfigError, match=rf"WANBIAO_KAFKA_{lacking}: missing.*WANBIAO_KAFKA_{given}"):
        Settings.from_env({f"WANBIAO_KAFKA_{given}": "x"})


def test_defaults_fit_one_machine() -> None:
    settings = Settings.from_env({"PATH": "/bin", "WANBIAO_PREFIX": "", "WANBIAO_PERIOD_S": " "})
    assert settings == Settings()
    assert (settings.kafka, settings.influx_url, settings.prefix) == (
        "127.0.0.1:9092",
        "http://127.0.0.1:8086",
        "wanbiao.",
    )
    assert settings.worker_id.startswith("worker-")


def test_the_name_of_any_host_makes_a_valid_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "机房 node/3")
    assert Settings().worker_id == "worker----node-3"


def test_values_are_read() -> None:
    environ = {
        "KAFKA": " a:1, b:2 ",
        "PERIOD_S": "600",
        "CLOCK": "Recorded",
        "LOG": "WARN",
        "INFLUX_URL": "https://i:1/",
    }
    settings = Settings.from_env({f"WANBIAO_{name}": value for name, value in environ.items()})
    assert settings.kafka == "a:1,b:2"
    assert settings.period_s == 600.0
    assert settings.clock == "recorded"
    assert settings.log == "warning"
    assert settings.influx_url == "https://i:1"


def test_variables_of_the_tests_are_passed_over() -> None:
    assert Settings.from_env(dict.fromkeys(IGNORED, "anything")) == Settings()


def test_the_worker_gets_every_setting_it_has() -> None:
    settings = Settings(
        kafka="k:1",
        kafka_user="u",
        kafka_password="s",  # noqa: S106 - of nobody
        kafka_ca_file="c",
        prefix="p.",
        partitions=3,
        worker_id="w",
        influx_bucket="b",
        influx_token="t",  # noqa: S106 - of nobody
        clock="recorded",
        checkpoint_s=1.5,
    )
    config = settings.worker_config(settings.load_fleet())
    assert (config.bootstrap, config.topic("health"), config.partitions, config.worker_id) == (
        "k:1",
        "p.health",
        3,
        "w",
    )
    assert (config.user, config.password, config.ca_file) == ("u", "s", "c")
    assert (config.influx_bucket, config.influx_token, config.influx_org) == ("b", "t", "-")
    assert (config.clock, config.checkpoint_s) == ("recorded", 1.5)


# ------------------------------------------------------------------------------------------------------------ catalogue


def test_the_catalogue_is_the_shipped_fleet_a_folder_files_or_a_recording() -> None:
    def stations(catalogue: str) -> list[str]:
        return list(Settings.from_env({"WANBIAO_CATALOGUE": catalogue}).load_fleet().stations)

    assert len(stations("")) == 13
    assert stations(str(SHIPPED)) == stations("")
    assert stations(f"{SHIPPED / 'fyl.toml'},{SHIPPED / 'yxk.toml'}") == ["FYL", "YXK"]
    assert stations("gas_turbine") == ["GTE"]


@pytest.mark.parametrize(
    ("catalogue", "part"),
    [
        ("gas_turbin", 'nearest: "gas_turbine"'),
        ("/nonesuch/x.toml", "a folder, station files, a shipped station such as YXK, or a recording"),
        (f"{SHIPPED / 'yxk.toml'},{SHIPPED / 'yxk.toml'}", "station YXK once"),
    ],
)
def test_a_catalogue_that_is_not_there_is_one_line(catalogue: str, part: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings(catalogue=catalogue).load_fleet()
    assert part in str(error.value)
    assert "WANBIAO_CATALOGUE" in str(error.value)


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no station file"):
        Settings(catalogue=str(tmp_path)).load_fleet()


def test_a_period_samples_every_block_anew() -> None:
    fleet = Settings(period_s=60.0).load_fleet()
    assert {block.period_s for block in fleet.blocks} == {60.0}


# --------------------------------------------------------------------------------------------------------------- tuning


def test_constants_of_detection_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tuning.toml"
    path.write_text("limit = 6\nlevels = [1.0, 2.0, 3.0]\non_scans = 3\n")
    tuning = Settings(tuning=str(path)).load_tuning()
    assert (tuning.limit, tuning.levels, tuning.on_scans) == (6.0, (1.0, 2.0, 3.0), 3)
    assert tuning.warm_up_s == Settings().load_tuning().warm_up_s


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("limt = 5\n", ["tuning.toml", "limt", 'nearest: "limit"']),
        ('limit = "high"\n', ["tuning.toml", "limit", '"high"', "number"]),
        ("limit = nan\n", ["limit"]),
        ("limit = -1\n", ["tuning.toml", "positive"]),
        ("levels = [3, 2, 1]\n", ["tuning.toml", "ascend"]),
        ("levels = [1, 2]\n", ["levels", "3 values"]),
        ("on_scans = 1.5\n", ["on_scans", "whole number"]),
        ("limit 5\n", ["tuning.toml", "valid TOML"]),
    ],
)
def test_a_wrong_constant_is_one_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = tmp_path / "tuning.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        Settings(tuning=str(path)).load_tuning()
    assert [part for part in parts if part not in str(error.value)] == []
    assert "\n" not in str(error.value)
