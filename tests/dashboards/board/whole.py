"""A board of the whole catalogue with made-up events, to look at and to take pictures of: no model, nothing is learned.

    python -m tests.dashboards.board.whole [--port 8765] [--warnings 40]

Each warning takes a failure mode of the catalogue: its tags, its words. Some are acknowledged or shelved, units of each station
stand still, sensors are out, one station is silent. Ends with its standard input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from connectors.action_wire import ActionMessage, Audit, audit
from dashboards.board.board import Board
from dashboards.board.room import SPARK_MOST, SPARK_S, Room
from dashboards.board.server import LOOPBACK, Background, listen, make_app
from dashboards.board.trends import Trends
from detectors.events import (
    RUNNING,
    STOPPED,
    Act,
    DataQuality,
    EarlyWarning,
    Event,
    Evidence,
    HealthScore,
    Likely,
    TagTrend,
)
from detectors.health import health_index, worst
from detectors.sentences import MODE_WORDS, warning_sentence
from stations.catalogue import load_fleet
from stations.plant import Block, Fleet, Signature, Text
from tests.detectors.small import START_NS

STEP_NS: Final = round(SPARK_S * 1e9)
NOW_NS: Final = (START_NS // STEP_NS + SPARK_MOST) * STEP_NS
SILENT: Final = "WTB"
"""The station that has said nothing for an hour."""
LEVELS_OF_TEN: Final = ("watch",) * 7 + ("warning",) * 2 + ("urgent",)


@dataclass
class Fault:
    """One failure mode of one unit, from a step on; ``score`` it comes to [-]."""

    block: Block
    unit: int
    signature: Signature
    level: str
    score: float
    begin: int
    did: str

    def leans(self) -> dict[str, float]:
        """Judged tags by how far they lean, the first the furthest."""
        judged = {self.block.tags[i].code for i in self.block.judged}
        found = {tag: weight for tag, weight in self.signature.tags if tag in judged and abs(weight) > 0.2}
        return dict(sorted(found.items(), key=lambda one: -abs(one[1])))


def faults(fleet: Fleet, count: int, chance: np.random.Generator) -> list[Fault]:
    """So many, over all stations."""
    blocks = [block for block in fleet.blocks if block.signatures]
    made: dict[tuple[str, str, int], Fault] = {}
    while len(made) < count:
        block = blocks[int(chance.integers(len(blocks)))]
        signature = block.signatures[int(chance.integers(len(block.signatures)))]
        unit, level = int(chance.integers(len(block.units))), LEVELS_OF_TEN[int(chance.integers(10))]
        if block.station == "YXK":
            level = "watch"
        did = ("", "", "", "acknowledged", "shelved")[int(chance.integers(5))]
        score = {"watch": 1.1, "warning": 1.5, "urgent": 2.2}[level]
        fault = Fault(block, unit, signature, level, score, int(chance.integers(20, 80)), did)
        if fault.leans() and (block.station, block.code, unit) not in made:
            made[block.station, block.code, unit] = fault
    return list(made.values())


def scans(block: Block, of_block: list[Fault], steps: range, chance: np.random.Generator) -> Iterator[Event]:
    """Health and tags of one block, step after step."""
    n, codes = len(block.units), [block.tags[i].code for i in block.judged]
    components = [block.tags[i].component for i in block.judged]
    order = list(dict.fromkeys(components))
    first = np.array([components.index(component) for component in order])
    typical = np.array([_typical(block, i) for i in block.judged])
    mode = np.where(chance.random(n) < 0.1, STOPPED, RUNNING).astype(np.uint8)
    good = np.where(chance.random(n) < 0.02, 0.9, 1.0)
    mode[[fault.unit for fault in of_block]] = RUNNING
    drift = np.zeros((n, len(codes)))
    for step in steps:
        time_ns = START_NS // STEP_NS * STEP_NS + step * STEP_NS
        drift = 0.9 * drift + chance.normal(0.0, 0.08, drift.shape)
        lean = drift.copy()
        level, attended = np.zeros((n, len(order)), dtype=np.uint8), np.zeros((n, len(order)), dtype=bool)
        for fault in of_block:
            grown = np.clip((step - fault.begin + 20) / 20, 0.0, 1.0) * fault.score
            for tag, weight in fault.leans().items():
                lean[fault.unit, codes.index(tag)] += weight * grown / max(map(abs, fault.leans().values()))
            if step >= fault.begin:
                part = order.index(components[codes.index(next(iter(fault.leans())))])
                level[fault.unit, part] = ("watch", "warning", "urgent").index(fault.level) + 1
                attended[fault.unit, part] = bool(fault.did)
        score = np.abs(lean)
        score[mode != RUNNING] = np.nan
        of_parts = worst(score, first)
        yield HealthScore(
            block.station,
            block.code,
            block.revision,
            time_ns,
            mode=mode,
            level=level,
            score=of_parts,
            health=health_index(of_parts),
            good=good,
            attended=attended,
        )
        expected = typical * (1.0 + 0.02 * np.sin(2 * np.pi * step / 96.0)) + np.zeros((n, 1))
        band = np.abs(typical) * 0.03 + np.zeros((n, 1))
        value = np.where(np.isnan(score), np.nan, expected + lean * band)
        yield TagTrend(
            block.station,
            block.code,
            block.revision,
            time_ns,
            np.ones(n, dtype=bool),
            value,
            expected,
            expected - band,
            expected + band,
            score,
        )


def _typical(block: Block, column: int) -> float:
    tag = block.tags[column]
    return 0.8 * tag.limits.alarm_high if tag.limits.alarm_high else tag.low + 0.4 * (tag.high - tag.low)


def warnings(fleet: Fleet, number: int, fault: Fault) -> Iterator[EarlyWarning]:
    """What is said of a fault, and what a person did."""
    block, station = fault.block, fleet.stations[fault.block.station]
    opened_ns = START_NS // STEP_NS * STEP_NS + fault.begin * STEP_NS
    leans = fault.leans()
    most = max(map(abs, leans.values()))
    evidence = []
    for code, weight in list(leans.items())[:3]:
        tag = block.tags[block.tag_index[code]]
        expected, score = _typical(block, block.tag_index[code]), weight / most * fault.score
        value = expected + score * 0.03 * abs(expected)
        evidence.append(
            Evidence(code, tag.name.zh, tag.name.en, tag.uom, value, expected, abs(score), tag.limits.alarm_high)
        )
    named = fault.signature
    likely = Likely(named.mode, 0.62, named.name.zh, named.name.en, named.check.zh, named.check.en)
    part = block.tags[block.tag_index[next(iter(leans))]].component
    told = EarlyWarning(
        f"{number:08x}-0000-5000-8000-{number:012x}",
        "episode",
        station.code,
        block.code,
        block.units[fault.unit],
        part,
        "opened",
        fault.level,
        opened_ns,
        opened_ns - 5 * STEP_NS,
        fault.score,
        tuple(evidence),
        "",
        "",
        likely=(likely,),
    )
    names = {component.code: component.name for component in block.components}
    text: Text = warning_sentence(station.name, names[part], MODE_WORDS["running"], told)
    told = replace(told, text_zh=text.zh, text_en=text.en)
    yield told
    if fault.did:
        until_ns = NOW_NS + 96 * STEP_NS if fault.did == "shelved" else 0
        act = Act("李伟 Li Wei", "已取油样" if number % 2 else "", "", until_ns)
        yield replace(told, transition=fault.did, time_ns=opened_ns + STEP_NS, act=act)


class Plant:
    """The whole catalogue; whatever is asked of it is refused."""

    def __init__(self, count: int) -> None:
        chance, fleet = np.random.default_rng(7), load_fleet()
        self.trends = Trends(fleet)
        self.board = Board(Room(fleet), actor=self, history=self.trends)
        made = faults(fleet, count, chance)
        for block in fleet.blocks:
            of_block = [fault for fault in made if fault.block is block]
            steps = range(SPARK_MOST + 1 - (4 if block.station == SILENT else 0))
            for event in scans(block, of_block, steps, chance):
                self.board.take([event])
                self.trends.take([event])
        for number, fault in enumerate(made, 1):
            self.board.take(warnings(fleet, number, fault))
        self.board.take([_sensor(block) for block in fleet.blocks[::3]])

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`."""
        return audit(message, "nothing is done here: all of it is made up")


def _sensor(block: Block) -> DataQuality:
    tag = block.tags[block.judged[0]]
    zh, en = f"{block.units[0]} 号机 {tag.name.zh}：无有效值。", f"unit {block.units[0]}, {tag.name.en}: no good value."
    return DataQuality(
        f"q-{block.station}",
        "bad",
        block.station,
        block.code,
        block.units[0],
        tag.code,
        "opened",
        NOW_NS,
        "bad",
        zh,
        en,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--warnings", type=int, default=40)
    given = parser.parse_args()
    listening = listen(given.port)
    server = Background(make_app(Plant(given.warnings).board), listening)
    server.start()
    print(f"http://{LOOPBACK}:{listening.getsockname()[1]}", flush=True)
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()
