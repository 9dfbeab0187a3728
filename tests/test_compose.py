"""`docker-compose.yml`, `Dockerfile` and what belongs to them keep their rules; no container runs here."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.services.composition import FILE, ROOT, composition, our_services, settings_of
from wanbiao.board import refuse_open_door
from wanbiao.cli import cli
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings

ALL: dict[str, dict[str, Any]] = composition()["services"]
ONCE = {name for name, service in ALL.items() if service["restart"] == "no"}
RUNNING = sorted(set(ALL) - ONCE)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SCRIPT = ROOT / "containers" / "influxdb-tokens.sh"
# A fake of the command that InfluxDB's image has: it notes how it is called and answers as that one does.
INFLUX = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2" in
"auth create") printf '{\\n\\t"id": "0a1",\\n\\t"token": "%s-token==",\\n\\t"status": "active"\\n}\\n' "$6" ;;
"bucket list") printf '0b2\\tpm_replay\\tinfinite\\n' ;;
esac
"""


def test_the_file_is_valid_by_the_schema_of_compose() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ALL)
def test_a_container_has_no_rights_and_a_limit_on_everything(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert all("size=" in one for one in service["tmpfs"])


@pytest.mark.parametrize("name", ALL)
def test_an_image_is_pinned(name: str) -> None:
    _, _, tag = ALL[name]["image"].rpartition(":")
    assert re.fullmatch(r"\d+\.\d+\.\d+", tag)


def test_our_image_has_the_version_of_the_project_and_is_built_once() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {service["image"] for service in our_services().values()} == {f"wanbiao:{version}"}
    assert [name for name, service in ALL.items() if "build" in service] == ["setup"]


@pytest.mark.parametrize("name", ALL)
def test_a_port_is_open_to_this_machine_only(name: str) -> None:
    for port in ALL[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
    assert "network_mode" not in ALL[name]


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_on_tells_its_health_and_comes_back(name: str) -> None:
    assert ALL[name]["restart"] == "unless-stopped"
    assert ALL[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= set(ALL[name]["healthcheck"])


@pytest.mark.parametrize("name", ALL)
def test_what_is_waited_for_is_named_with_the_state_it_must_reach(name: str) -> None:
    for other, how in ALL[name].get("depends_on", {}).items():
        assert how == {"condition": "service_completed_successfully" if other in ONCE else "service_healthy"}


def test_the_profiles_are_everything_with_and_without_grafana() -> None:
    assert {name for name, service in ALL.items() if "core" not in service["profiles"]} == {"grafana"}
    assert all("full" in service["profiles"] for service in ALL.values())


def test_no_secret_stands_in_the_file() -> None:
    """A variable that sounds like one names a file, and no default of a variable fills one in."""
    for service in ALL.values():
        for variable in service["environment"]:
            if re.search(r"PASSWORD|TOKEN|SECRET", variable):
                assert variable.endswith("_FILE"), variable
    assert re.findall(r"\$\{\w*(?:PASSWORD|TOKEN|SECRET)", FILE.read_text()) == []


def test_secrets_are_given_to_whom_they_concern() -> None:
    given = {name: service["secrets"] for name, service in ALL.items() if "secrets" in service}
    assert given == {
        "influxdb": ["influx_password", "influx_operator_token"],
        "board": ["board_token"],
        "grafana": ["grafana_password"],
    }
    assert set(composition()["secrets"]) == {secret for secrets in given.values() for secret in secrets}
    mounting = {name for name, service in ALL.items() if any(v.startswith("tokens:") for v in service["volumes"])}
    assert mounting == {"influxdb", "worker-1", "worker-2", "board", "grafana"}


@pytest.mark.parametrize("name", ALL)
def test_a_volume_is_named_and_a_folder_of_the_tree_is_read_only(name: str) -> None:
    for volume in ALL[name]["volumes"]:
        source, _, rest = volume.partition(":")
        if source.startswith("./dashboards/") and not (ROOT / "dashboards" / "grafana").is_dir():
            pytest.skip("the dashboards of Grafana are not here yet")
        if source.startswith("."):
            assert rest.endswith(":ro")
            assert (ROOT / source).exists()
        else:
            assert source in composition()["volumes"]


def test_only_those_meet_who_must() -> None:
    networks = {name: set(service["networks"]) for name, service in ALL.items()}
    storing = {name for name, one in networks.items() if "store" in one}
    assert storing == {"influxdb", "worker-1", "worker-2", "board", "grafana"}
    assert "bus" not in networks["grafana"] | networks["influxdb"]
    assert {name for name, one in networks.items() if "out" in one} == {"notifier"}


@pytest.mark.parametrize("name", our_services())
def test_a_command_is_one_of_ours(name: str) -> None:
    done = CliRunner().invoke(cli, [*ALL[name]["command"], "--help"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", our_services())
def test_a_setting_exists_and_is_right(name: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef")
    settings = settings_of(ALL[name])
    assert set(ALL[name]["environment"]) == set(settings)
    here = messages_here(settings, tmp_path)
    here |= {one: str(tmp_path / "token") for one in settings if one.endswith("_TOKEN_FILE")}
    Settings.from_env(settings | here)


def messages_here(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """Settings of the messages with the paths of here for those of the container."""
    if "WANBIAO_NOTIFY" not in settings:
        return {}
    mounts = dict(one.split(":")[:2][::-1] for one in ALL["notifier"]["volumes"])
    file, box = Path(settings["WANBIAO_NOTIFY"]), Path(settings["WANBIAO_OUTBOX"])
    assert mounts[str(box.parent)] == "outbox"
    return {
        "WANBIAO_NOTIFY": str(ROOT / mounts[str(file.parent)] / file.name),
        "WANBIAO_OUTBOX": str(folder / box.name),
    }


def test_messages_have_a_file_of_channels_with_nobody_in_it_and_a_volume_that_the_user_may_write(
    tmp_path: Path,
) -> None:
    file = messages_here(settings_of(ALL["notifier"]), tmp_path)["WANBIAO_NOTIFY"]
    done = CliRunner().invoke(cli, ["notify", "check", file])
    assert done.stdout.endswith("0 channels, no problem\n"), done.output
    lines = Path(file).read_text().splitlines()
    commented = [line.removeprefix("# ") for line in lines if line.startswith("# ") and ("=" in line or "[[" in line)]
    example = tmp_path / "channels.toml"
    example.write_text("\n".join(commented))
    assert CliRunner().invoke(cli, ["notify", "check", str(example)]).exit_code == 0, "what it shows can be used"
    folder = settings_of(ALL["notifier"])["WANBIAO_OUTBOX"].rpartition("/")[0]
    assert re.search(rf"install --directory --owner 10001 --group 10001 .*{folder}", DOCKERFILE)


def test_the_board_may_read_its_own_token_and_lets_nobody_in_without_one(tmp_path: Path) -> None:
    board = ALL["board"]
    uid, gid = board["user"].split(":")
    assert uid == our_services()["setup"]["user"].split(":")[0], "whose folder of machine code it is"
    assert gid in ALL["influxdb"]["group_add"]
    assert gid != our_services()["worker-1"]["user"].split(":")[1]
    assert f"token board {gid} --read-bucket" in SCRIPT.read_text()
    given = {name: value for name, value in settings_of(board).items() if not name.endswith("_TOKEN_FILE")}
    with pytest.raises(ConfigError, match="WANBIAO_BOARD_TOKEN: missing"):
        refuse_open_door(Settings.from_env(given))
    (tmp_path / "token").write_text("0123456789abcdef")
    refuse_open_door(Settings.from_env(given | {"WANBIAO_BOARD_TOKEN_FILE": str(tmp_path / "token")}))
    port = Settings.from_env(given).board_port
    assert board["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_workers_differ_in_their_name_and_agree_with_the_simulator_and_the_board() -> None:
    settings = {name: Settings.from_env(settings_of(ALL[name])) for name in ("setup", "simulator")}
    workers = [name for name in ALL if name.startswith("worker-")]
    assert len({settings_of(ALL[name])["WANBIAO_WORKER_ID"] for name in workers}) == len(workers) == 2
    for name in [*workers, "board"]:
        given = {one: value for one, value in settings_of(ALL[name]).items() if not one.endswith("_TOKEN_FILE")}
        settings[name] = Settings.from_env(given)
    for field in ("kafka", "prefix", "partitions", "catalogue", "profile", "period_s", "clock"):
        assert len({getattr(one, field) for one in settings.values()}) == 1, field


@pytest.mark.parametrize("name", ["worker-1", "worker-2", "board", "simulator", "notifier"])
def test_a_health_check_tells_by_the_age_of_the_file(name: str, tmp_path: Path) -> None:
    kind, check = ALL[name]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    alive = tmp_path / "alive"

    def healthy() -> bool:
        env = {**os.environ, "WANBIAO_ALIVE_FILE": str(alive)}
        return subprocess.run(["sh", "-c", check], env=env, stderr=subprocess.DEVNULL, check=False).returncode == 0

    assert not healthy(), "it has not begun"
    alive.touch()
    assert healthy()
    os.utime(alive, (alive.stat().st_mtime - 90.0,) * 2)
    assert not healthy(), "it stands still"
    assert f"CMD {check}\n" in DOCKERFILE


def test_the_image_is_pinned_and_runs_as_nobody() -> None:
    assert re.search(r"^FROM python:3\.11\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.count("\nFROM ") == 1
    user = our_services()["setup"]["user"]
    assert f"\nUSER {user}\n" in DOCKERFILE
    assert user.split(":")[1] in ALL["influxdb"]["group_add"]
    assert "pip install --require-hashes --only-binary :all: --requirement /src/requirements.lock" in DOCKERFILE
    assert "apt-get" not in DOCKERFILE
    assert DOCKERFILE.rstrip().endswith('ENTRYPOINT ["wanbiao"]')
    cache = re.search(r"NUMBA_CACHE_DIR=(\S+)", DOCKERFILE)
    assert cache is not None
    for service in our_services().values():
        assert f"compiled:{cache[1]}" in service["volumes"]


def test_the_image_is_built_from_what_the_wheel_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    taken = {line[1:] for line in lines if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert taken == packages | {"pyproject.toml", "README.md", "LICENSE", "requirements.lock"}
    assert "*" in lines


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_tokens_can_do_one_thing_each(tmp_path: Path) -> None:
    """The script as InfluxDB's image runs it, with a stand-in for its command; groups are those of whoever runs this."""
    assert os.access(SCRIPT, os.X_OK)
    script = tmp_path / "tokens.sh"
    text = SCRIPT.read_text()
    for group in ALL["influxdb"]["group_add"]:
        assert text.count(f" {group} ") == 1
        text = text.replace(f" {group} ", f" {os.getgid()} ")
    script.write_text(text)
    (tmp_path / "influx").write_text(INFLUX)
    (tmp_path / "influx").chmod(0o755)
    (tmp_path / "worker.token").write_text("of a start that failed")
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "TOKENS_FOLDER": str(tmp_path),
        "DOCKER_INFLUXDB_INIT_ORG": "wanbiao",
        "DOCKER_INFLUXDB_INIT_BUCKET_ID": "0a0",
    }
    subprocess.run(["bash", str(script)], env=env, check=True)
    for name in ("worker", "board", "grafana"):
        token = tmp_path / f"{name}.token"
        assert token.read_text() == f"{name}-token==\n"
        assert stat.S_IMODE(token.stat().st_mode) == 0o440
    given = [line.split("--json ")[1] for line in (tmp_path / "calls").read_text().splitlines() if "--json" in line]
    assert given == ["--write-bucket 0a0", "--read-bucket 0a0", "--read-bucket 0a0 --read-bucket 0b2"]


def test_no_token_is_no_start(tmp_path: Path) -> None:
    (tmp_path / "influx").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "influx").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TOKENS_FOLDER": str(tmp_path)}
    assert subprocess.run(["bash", str(SCRIPT)], env=env, stderr=subprocess.DEVNULL, check=False).returncode != 0


def test_secrets_are_made_once_and_by_chance(tmp_path: Path) -> None:
    command = ["make", "--file", str(ROOT / "Makefile"), "secrets"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    folder = tmp_path / "secrets"
    files = {str(path.relative_to(tmp_path)): path.read_text() for path in folder.iterdir()}
    assert {f"./{name}" for name in files} == {one["file"] for one in composition()["secrets"].values()}
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in files.values())
    assert len(set(files.values())) == len(files)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "the folder keeps others out"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}, "users of containers differ"
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert {str(path.relative_to(tmp_path)): path.read_text() for path in folder.iterdir()} == files


def test_secrets_never_get_into_the_history() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
