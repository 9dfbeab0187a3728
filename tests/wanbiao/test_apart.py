"""The locks between live and replay, each without the other, and without any service."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from wanbiao.apart import fault_of_run, refuse_mixed
from wanbiao.cli import cli
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings

AWAY = {"WANBIAO_KAFKA": "127.0.0.1:1", "WANBIAO_INFLUX_URL": "http://127.0.0.1:1", "WANBIAO_CATALOGUE": "HYG"}


@pytest.mark.parametrize(
    ("prefix", "bucket", "part"),
    [
        ("replay.try-1.", "pm", 'pm; expected one with "replay" in its name, since WANBIAO_PREFIX is replay.try-1.'),
        (
            "wanbiao.",
            "pm_replay",
            'pm_replay; expected one without "replay" in its name, since WANBIAO_PREFIX is wanbiao.',
        ),
    ],
)
def test_a_worker_writes_replays_to_replays_and_live_to_live(prefix: str, bucket: str, part: str) -> None:
    """Whoever starts it, wherever, whatever the live settings are there: before any service is asked."""
    result = CliRunner().invoke(cli, ["worker"], env=AWAY | {"WANBIAO_PREFIX": prefix, "WANBIAO_INFLUX_BUCKET": bucket})
    assert result.exit_code == 78
    assert f"environment: WANBIAO_INFLUX_BUCKET: {part}" in result.stderr


@pytest.mark.parametrize(("prefix", "bucket"), [("replay.try-1.", "pm_replay"), ("wanbiao.", "pm"), ("test.", "t1")])
def test_what_belongs_together_starts(prefix: str, bucket: str) -> None:
    settings = Settings(prefix=prefix, influx_bucket=bucket, catalogue="HYG")
    config = settings.worker_config(settings.load_fleet())
    assert config.group == f"{prefix}worker", "the group, and the transactions named after it, are under the same lock"


def test_no_combination_lets_a_replay_near_what_is_live() -> None:
    """Of live and replay, topics and bucket: only a replay in a bucket of replays starts, and its worker."""
    for live_prefix, live_bucket in (("wanbiao.", "pm"), ("replay.x.", "pm"), ("wanbiao.", "pm_replay")):
        for run, bucket in (("x", "pm"), ("x", "pm_replay"), ("y", "pm"), ("y", "pm_replay")):
            starts = not fault_of_run(run, bucket, live_prefix=live_prefix, live_bucket=live_bucket)
            mixes = f"replay.{run}." == live_prefix or bucket == live_bucket or bucket == "pm"
            assert starts != mixes
            if bucket == "pm":
                with pytest.raises(ConfigError, match="expected one with"):
                    refuse_mixed(f"replay.{run}.", bucket)


def test_nobody_is_woken_for_the_past() -> None:
    result = CliRunner().invoke(cli, ["notify"], env=AWAY | {"WANBIAO_PREFIX": "replay.try-1."})
    assert result.exit_code == 78
    assert "expected no replay" in result.stderr
