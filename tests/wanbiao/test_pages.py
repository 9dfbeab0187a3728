"""What the pages tell people to type works: run where it needs no service and no patience, else held against the program."""

from __future__ import annotations

import gzip
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from connectors.wire import decode_scan
from dashboards.board.words import ATTENDED, LOOKS
from detectors.actions import OUTCOMES
from detectors.sentences import OUTCOME_NAMES
from stations.catalogue import load_fleet, load_station
from stations.plant import Fleet
from stations.scan import Scan
from stations.template import SHIPPED
from tests.wanbiao.asked import answered
from tests.wanbiao.blocks import PAGES, PROGRAMS, Block, Typed, blocks, files, resolved, typed
from tests.wanbiao.documents import ROOT, commands
from tests.wanbiao.watched import write_pump
from wanbiao import settings
from wanbiao.cli import cli

RUN: Final = {
    "wanbiao catalogue check",
    "wanbiao catalogue events",
    "wanbiao catalogue list",
    "wanbiao catalogue show",
    "wanbiao load",
    "wanbiao notify check",
    "wanbiao simulate",
    "wanbiao watch",
}
"""Need no service: run wherever a page shows them, but for `LONG`."""
LONG: Final = ("--kafka", "--scenario", "--plot", "--benign", "i01/YXK.parquet")
"""Of `RUN`: what needs Kafka after all, or most of a minute; tests/wanbiao/test_simulate.py and test_watch.py have them."""
ELSEWHERE: Final = {
    "wanbiao demo": "a minute; tests/wanbiao/test_demo.py runs it",
    "wanbiao evaluate": "minutes; tests/wanbiao/test_evaluate.py runs a small one",
    "wanbiao replay": "minutes, or Kafka; tests/wanbiao/test_replay_incidents.py, tests/wanbiao/test_incident_kafka.py",
    "wanbiao incidents": "its list is in docs/engineer.md by words; tests/wanbiao/test_replay_incidents.py",
    "wanbiao record": "Kafka; its core in tests/replay/test_taping.py",
    "wanbiao parts list": "Kafka; tests/wanbiao/test_parts.py",
    "wanbiao parts maintain": "Kafka; tests/wanbiao/test_parts.py",
    "wanbiao parts resume": "Kafka; tests/wanbiao/test_parts.py",
    "wanbiao parts relearn": "Kafka; tests/wanbiao/test_parts.py",
    "wanbiao parts repaired": "Kafka; tests/wanbiao/test_parts.py",
    "wanbiao worker": "Kafka, for ever; tests/wanbiao/test_worker_ready.py",
    "wanbiao board": "Kafka, for ever; tests/wanbiao/test_board.py",
    "wanbiao notify": "Kafka, for ever; tests/wanbiao/test_messenger.py",
    "wanbiao notify test": "a channel; tests/wanbiao/test_notify.py",
    "wanbiao notify status": "an outbox; tests/wanbiao/test_notify.py",
    "wanbiao topics create": "Kafka; tests/wanbiao/test_pipeline_commands.py",
    "wanbiao topics list": "Kafka; tests/wanbiao/test_pipeline_commands.py",
    "wanbiao buckets create": "InfluxDB; tests/wanbiao/test_pipeline_commands.py",
    "wanbiao dashboards check": "InfluxDB; tests/wanbiao/test_dashboards.py",
    "wanbiao dashboards publish": "Grafana; tests/wanbiao/test_dashboards.py",
    "wanbiao warnings list": "Kafka; tests/wanbiao/test_warnings.py",
    "wanbiao warnings show": "Kafka; tests/wanbiao/test_warnings.py",
    "wanbiao warnings ack": "Kafka; tests/wanbiao/test_warnings.py",
    "wanbiao warnings shelve": "Kafka; tests/wanbiao/test_warnings.py",
    "wanbiao warnings unshelve": "Kafka; tests/wanbiao/test_warnings.py",
    "wanbiao warnings close": "Kafka; tests/wanbiao/test_warnings.py",
}
"""Not run from a page, and why: their words are held against the program. What a page shows the answer of is run in any case."""
EXAMPLES: Final = "docs/cli.md"
"""Examples of single commands, not a story to run through: they are only held against the program."""
NAMES: Final = [str(page.relative_to(ROOT)) for page in PAGES]
INLINE: Final = re.compile(r"`(wanbiao [a-z][^`]*)`")
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
KNOWN: Final = {settings.PREFIX + name.upper() for name in settings.Settings.__dataclass_fields__}
SETTINGS: Final = KNOWN | {settings.PREFIX + f"{name.upper()}_FILE" for name in settings.SECRETS}


def _lines(page: Path) -> list[Typed]:
    return [one for block in blocks(page) for one in typed(block)]


def _is_run(one: Typed) -> bool:
    is_quick = any(one.words[: name.count(" ") + 1] == tuple(name.split()) for name in RUN) and not set(LONG) & set(
        one.words
    )
    return one.words[0] == "wanbiao" and (one.answer is not None or is_quick)


def test_every_command_is_run_or_has_a_reason_why_not() -> None:
    assert {name for name, _ in commands()} == RUN | set(ELSEWHERE)
    for reason in ELSEWHERE.values():
        for path in re.findall(r"tests/\S+\.py", reason):
            assert (ROOT / path).is_file(), reason


@pytest.mark.parametrize("name", NAMES)
def test_every_block_says_what_it_is(name: str) -> None:
    assert {block.language for block in blocks(ROOT / name)} <= {"sh", "text", "toml", "json"}
    assert (ROOT / name).read_text().count("```") == 2 * len(list(blocks(ROOT / name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_line_can_be_typed(name: str) -> None:
    """Commands and options exist, so do settings and targets of make; the HTTP API takes what is sent to it."""
    for one in _lines(ROOT / name):
        assert one.words[0] in PROGRAMS, one
        assert set(one.environ) <= SETTINGS, one
        if one.words[0] == "wanbiao":
            assert resolved(one.words[1:])[0] in {called for called, _ in commands()}, one
        elif one.words[0] == "make":
            assert re.search(rf"^{one.words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), one
        elif one.words[0] == "export":
            assert {word.partition("=")[0] for word in one.words[1:]} <= SETTINGS, one
        elif one.words[0] == "curl":
            assert answered(one.words) == 200, one


@pytest.mark.parametrize("name", NAMES)
def test_commands_within_the_text_exist(name: str) -> None:
    """Capitals stand for something, as in `wanbiao watch FILE`: only commands and names of options are looked at."""
    called = dict(commands())
    for text in INLINE.findall((ROOT / name).read_text()):
        words = text.replace("|", " ").split()
        is_group = any(name.startswith(f"{' '.join(words[:2])} ") for name in called)
        of_group = is_group and len(words) > 2 and words[2].islower() and words[2][0] != "-"
        assert " ".join(words[: 3 if of_group else 2]) in called or (is_group and not of_group), text
        command = called.get(" ".join(words[:3])) or called.get(" ".join(words[:2]))
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert command is None or options <= {opt for parameter in command.params for opt in parameter.opts}, text


STORIES: Final = [name for name in NAMES if name != EXAMPLES and any(_is_run(one) for one in _lines(ROOT / name))]


@pytest.mark.timeout(600)  # `watch` compiles its loops the first time
@pytest.mark.parametrize("name", STORIES)
def test_what_can_be_run_is_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, in a folder with the files that it shows and those that a reader brings."""
    for variable in [key for key in os.environ if key.startswith("WANBIAO_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("WANBIAO_CACHE", "none")
    monkeypatch.chdir(tmp_path)
    _bring(tmp_path)
    for file, text in files(ROOT / name).items():
        (tmp_path / file).write_text(text)
    for one in _lines(ROOT / name):
        if one.words[0] == "export":
            for word in one.words[1:]:
                monkeypatch.setenv(*word.split("=", 1))
        elif _is_run(one):
            words = [file for word in one.words[1:] for file in _globbed(word)]
            done = CliRunner().invoke(cli, words, env=one.environ)
            assert done.exit_code == 0 or one.answer, done.output
            assert one.answer in (None, done.stdout + done.stderr), one


def _globbed(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


def _bring(folder: Path) -> None:
    """Recordings and channels of a reader's own."""
    write_pump(folder / "pump.csv")
    write_pump(folder / "plant.csv")
    rows = [f"2026-01-01T{i // 60:02}:{i % 60:02}:00Z,{unit},390,18,50,49" for i in range(240) for unit in "12"]
    (folder / "history.csv").write_text("\n".join(["time,unit,FLOW,ROOM,BEARING1,BEARING2", *rows]) + "\n")
    block = load_station(SHIPPED / "recordings" / "gas_turbine.toml").blocks[0]
    middle = ",".join(f"{(tag.low + tag.high) / 2}" for tag in block.tags)
    table = "\n".join([",".join(tag.code for tag in block.tags), *[middle] * 200])
    (folder / "gt_2011.csv.gz").write_bytes(gzip.compress(table.encode()))
    (folder / "channels.toml").write_text(next(_of("docs/messages.md", "toml")).text)
    (folder / "duty.url").write_text("dingtalk://0123456789abcdef\n")
    (folder / "cmms.secret").write_text("0123456789abcdef\n")


def _of(name: str, language: str) -> Iterator[Block]:
    return (block for block in blocks(ROOT / name) if block.language == language)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_of_files_and_messages_can_be_read(name: str, tmp_path: Path) -> None:
    own = {}
    for file, text in files(ROOT / name).items():
        (tmp_path / file).write_text(text)
        station = load_station(tmp_path / file)
        own[station.code] = station
    fleet = Fleet({**load_fleet().stations, **own})
    known = {(block.station, block.code): block for block in fleet.blocks}
    for block in _of(name, "toml"):
        tomllib.loads(block.text)
    for block in _of(name, "json"):
        if "values" in json.loads(block.text):
            assert isinstance(decode_scan(block.text.encode(), known), Scan), block


def test_the_states_are_those_of_the_board() -> None:
    english, chinese = ((ROOT / "docs" / name).read_text() for name in ("control-room.md", "zh/control-room.md"))
    for look in (*LOOKS.values(), ATTENDED):
        assert f"| {look.shape} | {look.word.en} |" in english
        assert f"| {look.shape} | {look.word.zh} |" in chinese


def test_the_crew_reads_what_messages_say() -> None:
    """The message is that of docs/messages.md, which a test holds against the program; each outcome is told."""
    messages = (ROOT / "docs" / "messages.md").read_text()
    for name, outcome in (("crew.md", "| `{}` |"), ("zh/crew.md", "| `{}` {} |")):
        text = (ROOT / "docs" / name).read_text()
        assert next(_of(f"docs/{name}", "text")).text.strip() in messages
        assert [code for code in OUTCOMES if outcome.format(code, OUTCOME_NAMES[code].zh) not in text] == []


@pytest.mark.parametrize("name", ["control-room.md", "crew.md"])
def test_both_languages_show_the_same_commands(name: str) -> None:
    english, chinese = ([one.words[:3] for one in _lines(ROOT / "docs" / page)] for page in (name, f"zh/{name}"))
    assert english == chinese


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text()
    for link in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if not link.startswith("https://"):
            file, _, anchor = link.partition("#")
            page = (ROOT / name).parent / file if file else ROOT / name
            assert page.exists(), link
            heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE) if anchor else []
            slugs = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]
            assert not anchor or anchor in slugs, link
