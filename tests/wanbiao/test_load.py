"""``wanbiao load`` from outside: what this program writes, logs of other systems, and what can be wrong with either."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.wire import encode_warning
from detectors.events import Act, DataQuality, EarlyWarning
from detectors.kpis import TARGETS
from detectors.names import KPI_NAMES
from replay.clocks import parse_time_ns
from tests.wanbiao.watched import done, write_pump
from wanbiao import cli

START, HOUR = parse_time_ns("2026-01-01T00:00:00Z"), 3600 * 10**9


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and the log of the test run stays as it is."""
    for name in [name for name in os.environ if name.startswith("WANBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(cli, "configure_logging", lambda level: None)


def load(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.cli, ["load", *map(str, words)])


def answer(*words: str | Path) -> dict[str, Any]:
    """The object of ``--json``, with its figures by name."""
    result = load("--json", *words)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found | {"value": {one["name"]: one["value"] for one in found["figures"]}}


def wrong(code: int, expected: str, *words: str | Path) -> None:
    result = load(*words)
    assert result.exit_code == code, result.output
    assert expected in result.stderr
    assert "Traceback" not in result.output
    if code > 2:
        assert len(result.stderr.splitlines()) == 1


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def warning(id: str, transition: str, hours: int, level: str = "warning", act: Act | None = None) -> str:
    time_ns = START + hours * HOUR
    event = EarlyWarning(
        id, "early_warning", "YXK", "main", "2", "guide", transition, level, time_ns, time_ns, 1.0, (), "", "", act=act
    )
    return encode_warning(event).decode()


# ---- what this program writes


def test_the_events_of_a_run_and_its_summary_give_the_same_warnings(tmp_path: Path) -> None:
    pump, events = tmp_path / "pump.csv", tmp_path / "events.jsonl"
    write_pump(pump)
    summary = written(tmp_path / "summary.json", done(pump, "--events", events, "--json").stdout)
    from_events, from_summary = answer(events), answer(summary)
    episodes = json.loads(summary.read_text())["episodes"]
    assert from_summary["count"] == len(episodes) > 0
    assert from_events["count"] >= from_summary["count"]
    assert from_events["since"] == from_summary["since"] == min(one["opened"] for one in episodes)
    assert from_events["top"][0]["asset"] == from_summary["top"][0]["asset"]


def test_lives_of_warnings_from_the_topic(tmp_path: Path) -> None:
    quality = DataQuality("q", "data_quality", "YXK", "main", "2", "T1", "opened", START, "", "", "")
    lines = [
        warning("a", "opened", 0, "watch"),
        warning("a", "escalated", 2),
        warning("a", "acknowledged", 5, act=Act("Li", "")),
        warning("a", "acknowledged", 5, act=Act("Li", "")),
        warning("b", "opened", 10),
        warning("b", "closed", 30, act=Act("Li", "", "false")),
        warning("c", "opened", 30),
        encode_warning(quality).decode(),
        "",
        "{not json}",
        '{"kind": "early_warning", "id": "d"}',
    ]
    path = written(tmp_path / "events.jsonl", *lines)
    found = answer(path, "--units", "1", "--until", "2026-01-31")
    assert (found["rows"], found["bad_rows"], found["repeats"], found["count"]) == (10, 2, 1, 4)
    assert found["value"]["acknowledge_s"] == 3 * 3600
    assert found["value"]["false_per_unit_month"] == pytest.approx(1.0, rel=1e-3)
    assert found["value"]["stale"] == 1
    assert [one["id"] for one in found["longest"]] == ["a", "c"]
    assert (found["since"], found["until"]) == ("2026-01-01T00:00:00Z", "2026-01-30T23:59:59Z")
    said = load(path).stderr
    assert f"{path}: line 10: JSON is malformed" in said
    assert f"{path}: line 11: Object missing required field `station`" in said


# ---- the logs of other systems


def test_a_log_in_chinese_newest_first(tmp_path: Path) -> None:
    rows = ["2026/1/1 8:02:00;锅炉A;恢复;紧急", "2026/1/1 8:01:00;锅炉A;确认;紧急", "2026/1/1 8:00:00;锅炉A;触发;紧急"]
    path = tmp_path / "log.csv"
    path.write_bytes("\n".join(["时间;位号;状态;优先级", *rows, "2026/1/1 8:03:00;锅炉B;爆炸;高"]).encode("gb18030"))
    found = answer(path)
    assert (found["count"], found["bad_rows"]) == (1, 1)
    assert (found["value"]["acknowledge_s"], found["value"]["urgent_share"], found["longest"]) == (60, 1.0, [])
    assert 'line 5: state "爆炸"; expected a word such as opened' in load(path).stderr


def test_a_log_without_states_says_nothing_of_what_stands(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    lines = ["Timestamp,Tag,Priority"] + [
        f"2026-01-01T00:{i // 60:02}:{i % 60:02},T{i // 10 % 4},low" for i in range(0, 600, 10)
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = answer(path)
    assert (found["value"]["per_slot_most"], found["value"]["flood_share"]) == (60, 1.0)
    assert (found["value"]["stale"], found["value"]["longest_s"]) == (None, None)
    assert found["value"]["chattering"] == 0  # each forty seconds: no three in a minute
    assert found["value"]["returning"] == 4
    assert found["top"][0] == {"asset": "T0", "count": 15, "share": 0.25}


def test_chatter_and_columns_that_are_not_needed(tmp_path: Path) -> None:
    rows = [f"{1_767_225_600 + 20 * i},x,P1,A,{'ALM' if i % 2 == 0 else 'RTN'},note {i}" for i in range(8)]
    path = written(tmp_path / "log.csv", "ts,operator,tag,asset,state,message", *rows)
    found = answer(path)
    assert (found["chattering"], found["top"][0]["asset"], found["count"]) == ([], "A", 4)
    rows = [row.replace("RTN", "ALM") for row in rows]
    assert answer(written(path, "ts,operator,tag,asset,state,message", *rows))["chattering"] == ["P1"]


def test_several_files_are_one_list(tmp_path: Path) -> None:
    written(tmp_path / "b.csv", "time,tag", "2026-01-01,b")
    written(tmp_path / "a.csv", "time,tag", "2026-01-03,a")
    found = answer(tmp_path)
    assert (found["count"], found["since"], len(found["days"])) == (2, "2026-01-01T00:00:00Z", 2)
    assert answer(tmp_path, "--days", "1")["count"] == 1
    assert answer(tmp_path, "--since", "2026-01-02")["count"] == 1
    assert answer(tmp_path, "--since", "2025-12-01", "--until", "2026-01-02")["value"]["per_day"] == pytest.approx(
        1 / 32
    )


# ---- what people see


@pytest.mark.parametrize(("language", "words"), [("zh", "滞留"), ("en", "stale: over 24 h"), ("both", "滞留：")])
def test_the_table_in_either_language(tmp_path: Path, language: str, words: str) -> None:
    path = written(tmp_path / "log.csv", "time,tag", *[f"2026-01-01T00:00:{i:02},T{i}" for i in range(30)])
    result = load(path, "--language", language)
    assert result.exit_code == 0
    assert words in result.stdout
    (flood,) = [line for line in result.stdout.splitlines() if "100 %" in line and "1 %" in line.split("100 %")[1]]
    assert "✗" in flood
    assert "ISA-18.2" in flood
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_every_figure_has_a_name_in_both_languages() -> None:
    assert list(KPI_NAMES) != []
    assert set(KPI_NAMES) == set(TARGETS)


# ---- what can be wrong


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    wrong(65, "no such file", tmp_path / "none.csv")
    wrong(65, "is empty", written(tmp_path / "empty.csv"))
    wrong(65, "no column says what alarmed", written(tmp_path / "a.csv", "time,value", "2026-01-01,1"))
    wrong(65, "no column tells the time", written(tmp_path / "b.csv", "tag,text", "x,y"))
    wrong(65, "does not name its columns", written(tmp_path / "c.csv", "2026-01-01,1", "2026-01-02,2"))
    wrong(65, "no row can be read", written(tmp_path / "d.csv", "time,tag,priority", "2026-01-01,x,purple"))
    wrong(65, "no row can be read", written(tmp_path / "e.jsonl", "{", '"a": 1', "}"))
    wrong(65, "no warnings; expected some", written(tmp_path / "f.csv", "time,tag"))
    wrong(65, "tells dd/mm/yyyy from mm/dd/yyyy", written(tmp_path / "g.csv", "time,tag", "1/2/2026 8:00,x"))


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", "time,tag", "2026-01-01,x")
    wrong(2, "--since is not before --until", path, "--since", "2026-01-02", "--until", "2026-01-01")
    wrong(2, "--since now", path, "--since", "now")
    wrong(2, "'--operators'", path, "--operators", "0")
    wrong(65, "--since is after the last row", path, "--since", "2026-01-02")
    wrong(2, "Missing argument")


def test_a_time_in_which_nothing_happened(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", "time,tag", "2026-02-01,x")
    found = answer(path, "--since", "2026-01-01", "--until", "2026-01-31")
    assert (found["count"], found["value"]["per_day"], found["value"]["watch_share"]) == (0, 0, None)
