"""Who is silent is said in one line; time in a plant of its own goes on while nothing is heard."""

from __future__ import annotations

from dataclasses import replace

from dashboards.board.plant_time import PlantTime
from dashboards.board.pulse import NAMED_MOST, Part, Pulse, Silent, pulse
from dashboards.board.room import Room
from stations.plant import Fleet, Text
from tests.dashboards.board.plant import FLEET, health
from tests.detectors.small import START_NS, STATION

AWAY = Part("kafka", False, Text("Kafka 不应答", "kafka does not answer"))
WELL = Part("influxdb", True, Text("InfluxDB 正常", "influxdb answers"))


def test_all_is_well_while_scans_come() -> None:
    room = Room(FLEET)
    room.take([health(START_NS)])
    found = pulse(room.fleet_view(START_NS + 10**9), [WELL])
    assert (found.is_well, found.silent, found.notice) == (True, (), None)


def test_a_station_that_falls_silent_and_a_part_that_is_away_are_named_in_both_languages() -> None:
    room = Room(FLEET)
    room.take([health(START_NS)])
    found = pulse(room.fleet_view(START_NS + 7200 * 10**9), [AWAY, WELL])
    assert not found.is_well
    assert found.notice == Text(
        "Kafka 不应答；ABC 已 7200 秒没有数据", "kafka does not answer; no scan from ABC for 7200 s"
    )


def test_of_many_silent_stations_it_is_said_how_many() -> None:
    codes = [f"S{i}" for i in range(NAMED_MOST + 1)]
    (block,) = STATION.blocks
    fleet = Fleet({code: replace(STATION, code=code, blocks=(replace(block, station=code),)) for code in codes})
    found = pulse(Room(fleet).fleet_view(START_NS))
    assert found.silent[0] == Silent("S0", None, Text("S0 还没有数据", "no scan from S0 yet"))
    assert len(found.silent) == len(codes)
    assert found.notice is not None
    assert found.notice.en == "no scan from 5 stations: S0, S1, S2, S3 ..."


def test_while_it_learns_nobody_is_silent() -> None:
    room = Room(FLEET)
    room.progress = 0.5, ""
    assert pulse(room.fleet_view(START_NS)) == Pulse(True, (), ())


def test_the_time_of_a_live_plant_is_that_of_the_wall() -> None:
    assert PlantTime(lambda: 5, is_live=True, wall_ns=lambda: START_NS)() == START_NS


def test_the_time_of_another_plant_begins_again_with_each_event_and_goes_on_between() -> None:
    now_s, newest_ns = [50.0], [0]
    plant = PlantTime(lambda: newest_ns[0], is_live=False, clock=lambda: now_s[0])
    now_s[0] += 10.0
    assert plant() == 0, "before the first event it is not known"
    newest_ns[0] = START_NS
    assert plant() == START_NS
    now_s[0] += 61.0
    assert plant() == START_NS + 61 * 10**9
    newest_ns[0] = START_NS + 600 * 10**9
    assert plant() == START_NS + 600 * 10**9
