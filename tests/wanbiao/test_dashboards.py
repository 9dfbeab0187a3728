"""``wanbiao dashboards``: what is wrong is a line and an exit code, and Grafana gets what was made from the catalogue."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from connectors.influx import ensure_bucket
from tests.connectors.test_grafana import TOKEN, FakeGrafana
from tests.dashboards import recorded
from tests.services.influx import InfluxServer
from tests.services.process import free_port
from wanbiao.cli import cli

AT = "2026-01-01T03:59:01Z"
assert recorded.NOW_MS == 1_767_239_941_000


def run(*words: str, code: int = 0, **environ: str) -> Result:
    env = {f"WANBIAO_{name.upper()}": value for name, value in environ.items()}
    result = CliRunner().invoke(cli, ["dashboards", *words], env=env)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_nothing_is_wrong_with_the_shipped_ones() -> None:
    assert run("check", "--offline").stdout == "7 dashboards, 0 queries: nothing wrong\n"


@pytest.fixture(scope="module")
def filled(influx_server: InfluxServer) -> dict[str, str]:
    bucket = "dashboards_check"
    ensure_bucket(influx_server.url, token="", org="-", bucket=bucket)
    recorded.fill(influx_server.url, bucket)
    where = {"influx_url": influx_server.url, "influx_bucket": bucket}
    return where | {"catalogue": "YXK,FYL", "period_s": f"{recorded.PERIOD_S:.0f}"}


@pytest.mark.integration
def test_dashboards_of_a_plant_that_runs_have_rows(filled: dict[str, str]) -> None:
    said = json.loads(run("check", "--json", "--at", AT, code=0, **filled).stdout)
    assert said["findings"] == []
    assert (said["dashboards"], said["queries"] >= 75) == (7, True)


@pytest.mark.integration
def test_a_station_of_which_nothing_came_is_told(filled: dict[str, str]) -> None:
    lines = run("check", "--at", AT, code=1, **(filled | {"catalogue": "YXK,FYL,HYG"})).stdout.splitlines()
    assert lines[0] == "wanbiao-fleet: 黑峪沟水电站 HYG / A: no rows"
    assert lines[-1].endswith(f" queries: {len(lines) - 1} wrong")
    assert len(lines) < 10


@pytest.mark.integration
def test_a_bucket_that_is_not_there_is_told(filled: dict[str, str]) -> None:
    lines = run("check", "--at", AT, code=1, **(filled | {"influx_bucket": "nonesuch"})).stdout.splitlines()
    assert "nonesuch" in lines[0]


def test_an_influxdb_that_is_away_is_told() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert run("check", code=69, influx_url=url).stderr == f"wanbiao: influxdb does not answer at {url}\n"


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with FakeGrafana() as fake:
        thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


def test_dashboards_are_published_as_they_are_made(grafana: FakeGrafana) -> None:
    said = json.loads(run("publish", "--json", grafana_url=grafana.url, grafana_token=TOKEN).stdout)
    assert set(said) == set(grafana.boards)
    assert said["wanbiao-fleet"] == f"{grafana.url}/d/wanbiao-fleet/x"
    assert grafana.folders == {"wanbiao": "腕表 Wanbiao"}
    lines = run("publish", grafana_url=grafana.url, grafana_token=TOKEN, catalogue="FYL").stdout.splitlines()
    assert len(lines) == len(grafana.boards) == 7
    assert "FYL" in json.dumps(grafana.boards["wanbiao-fleet"])
    assert "YXK" not in json.dumps(grafana.boards["wanbiao-fleet"])


def test_what_hinders_publishing_is_one_line(grafana: FakeGrafana) -> None:
    assert "WANBIAO_GRAFANA_TOKEN: missing" in run("publish", code=78, grafana_url=grafana.url).stderr
    wrong = run("publish", code=69, grafana_url=grafana.url, grafana_token="no").stderr  # noqa: S106 - of nobody
    assert wrong.startswith(f"wanbiao: grafana at {grafana.url} does not let this token")
    assert grafana.boards == {}
    away = f"http://127.0.0.1:{free_port()}"
    said = run("publish", code=69, grafana_url=away, grafana_token=TOKEN).stderr
    assert said == f"wanbiao: grafana does not answer at {away}\n"
