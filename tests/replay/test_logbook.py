"""The story of a run: episodes in the order in which a monitor tells them, however their messages come."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from detectors.events import EarlyWarning, Evidence
from replay.logbook import Logbook
from stations.plant import Component, Text
from tests.detectors.small import BLOCK, START_NS

WARNING = EarlyWarning(
    id="",
    kind="early_warning",
    station="ABC",
    block="units",
    unit="1",
    component="shaft",
    transition="opened",
    level="watch",
    time_ns=START_NS,
    onset_ns=START_NS,
    score=1.2,
    evidence=(Evidence("ABC.10PAD1", "瓦温", "pad", "degC", 64.1, 57.9, 1.2, None),),
    text_zh="",
    text_en="",
)
PLANT = replace(
    BLOCK,
    units=("1", "2", "10"),
    components=tuple(Component(code, Text(code, code)) for code in ("unit", "shaft", "bearing")),
)
"""Neither units nor components stand in the order of the alphabet."""
TOLD = [
    replace(WARNING, id="a", unit="2"),
    replace(WARNING, id="b", unit="2", component="bearing"),
    replace(WARNING, id="c", unit="10"),
    replace(WARNING, id="d", unit="*"),
    replace(WARNING, id="e", unit="1", time_ns=START_NS + 1),
]


def test_episodes_of_one_scan_stand_as_a_monitor_tells_them() -> None:
    for some in permutations(TOLD):
        logbook = Logbook(PLANT)
        logbook.take(some)
        assert [episode.id for episode in logbook.story] == ["a", "b", "c", "d", "e"]
