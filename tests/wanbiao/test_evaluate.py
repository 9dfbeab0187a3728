"""``wanbiao evaluate``: one object for programs, tables for people, and one line for what cannot be asked."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from wanbiao import cli

SMALL = ["--station", "HYG", "--kind", "F08", "--seeds", "1", "--workers", "1"]
KEYS = {
    "detected_slow_medium",
    "detected",
    "false_per_day_fleet",
    "sensor_as_sensor",
    "sensor_as_machine",
    "top1",
    "top3",
    "interval_coverage",
    "lead_hours_median",
    "by_mode",
    "detected_by_chance",
    "judged",
    "judged_share",
    "false_per_unit_year",
    "unit_years",
    "seconds",
    "machine",
    "python",
    "numpy",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)


def run(*words: str) -> str:
    done = CliRunner().invoke(cli.cli, ["evaluate", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_one_object_with_every_figure(tmp_path: Path) -> None:
    figures: dict[str, Any] = json.loads(run(*SMALL, "--json", "--out", str(tmp_path / "all.json")))
    assert set(figures) >= KEYS
    assert set(figures["lead_hours_median"]) == {"slow", "medium", "fast"}
    assert set(figures["lead_met"]) == {"slow", "medium", "fast", "step"}
    assert figures["false_per_day_fleet"] is None  # eleven technologies were not watched
    assert figures["by_mode"]["F08"]["n"] == figures["cases"] == 1
    written = json.loads((tmp_path / "all.json").read_text())
    (verdict,) = written.pop("verdicts")
    assert written == figures
    assert (verdict["kind"], verdict["station"], verdict["detected"]) == ("F08", "HYG", figures["detected"] == 1.0)


def test_tables_for_people() -> None:
    told = run(*SMALL)
    assert "F08 wicket-gate pin break or stuck vane" in told
    assert "step" in told
    assert "/1" in told
    assert "detected_slow_medium  –" in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--kind", "F99"], 'no failure mode or sensor fault "F99"'),
        (["--kind", "B70"], 'no failure mode or sensor fault "B70"'),
        (["--station", "YXQ"], 'no station "YXQ"'),
        (["--station", "HYG", "--kind", "F28"], "F28 (all) cannot happen in HYG"),
        (["--kind", "F08", "--parts", "slow"], "F08 (slow) cannot happen in YXK"),
        (["--parts", "slwo"], 'nearest: "slow"'),
        (["--quick", "--seeds", "3"], "--quick is one case a mode"),
        (["--learn", "90y"], '"90y"; expected a time'),
        (["--learn", "4000d"], "--learn: expected at most 3650d"),
        (["--seeds", "0"], "0 is not in the range"),
        (["--out", "nowhere/at/all.json"], "nowhere/at/all.json: cannot be written"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(words: list[str], reason: str) -> None:
    done = CliRunner().invoke(cli.cli, ["evaluate", *words])
    assert done.exit_code in (2, 78)
    assert reason in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output


def test_workers_end_with_a_process_that_was_killed() -> None:
    command = [sys.executable, "-m", "wanbiao", "evaluate", "--parts", "slow", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        process = psutil.Process(first.pid)
        while len(workers := process.children()) < 3:  # two workers, and who keeps track of what they share
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(timeout=0.1)
        first.kill()
    _, alive = psutil.wait_procs(workers, timeout=60.0)
    assert alive == []
