"""The HTTP API: what is shown is what the room holds, acts reach the actor, and whatever is wrong is one clear sentence."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from connectors.action_wire import ActionMessage, Audit, audit
from connectors.errors import ConnectorError, NoAnswerError
from dashboards.board import api_acts
from dashboards.board.api import WHERE, build_api
from dashboards.board.board import Board
from dashboards.board.pulse import Part
from dashboards.board.room import Room
from dashboards.board.service import Service
from dashboards.board.views import Trend
from detectors.kpis import TARGETS
from stations.plant import Text
from tests.dashboards.board.plant import EVIL, FLEET, acted, health, trend, warning
from tests.detectors.small import BLOCK, START_NS

ID = "6d0a4c2e-5d4b-5b0e-9f53-77616e626961"
HOUR = 3600 * 10**9
WHO = {"who": "李伟", "why": "on site"}


class Hand:
    """An actor that notes what it is asked, and answers as it is told; also a history."""

    def __init__(self) -> None:
        self.asked: list[ActionMessage] = []
        self.refusal = ""
        self.error: Exception | None = None

    def act(self, message: ActionMessage) -> Audit:
        if self.error is not None:
            raise self.error
        self.asked.append(message)
        return audit(message, self.refusal)

    def trend(self, station: str, unit: str, tag: str, back_s: float) -> Trend:
        if self.error is not None:
            raise self.error
        return Trend(tag, (START_NS,), (back_s,), (math.nan,), (None,), (None,), (0.5,))


class Plant:
    """A room, a hand, and the API over them."""

    def __init__(self) -> None:
        self.room, self.hand, self.now_ns = Room(FLEET), Hand(), START_NS + HOUR
        self.parts: list[Part] = []
        self.board = Board(self.room, actor=self.hand, history=self.hand, plant_ns=lambda: self.now_ns)
        service = Service(self.board, lambda: self.parts, lambda: [audit(message) for message in self.hand.asked])
        self.client = TestClient(build_api(service))

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wrong(self, status: int, method: str, path: str, **more: Any) -> str:
        """The sentence of a refusal."""
        answer = self.client.request(method, path, **more)
        assert answer.status_code == status, answer.text
        assert list(answer.json()) == ["error"]
        sentence: str = answer.json()["error"]
        assert sentence
        assert "\n" not in sentence
        return sentence


@pytest.fixture
def plant() -> Plant:
    plant = Plant()
    plant.room.take([health(START_NS + HOUR), trend(START_NS + HOUR), warning(ID)])
    return plant


# ---- what is shown


def test_the_fleet_a_station_and_a_unit_are_those_of_the_room(plant: Plant) -> None:
    fleet = plant.get("/fleet")
    assert [one["code"] for one in fleet["stations"]] == ["ABC"]
    assert fleet["stations"][0]["name"] == {"zh": FLEET.stations["ABC"].name.zh, "en": FLEET.stations["ABC"].name.en}
    station = plant.get("/stations/ABC")
    assert [unit["unit"] for unit in station["blocks"][0]["units"]] == list(BLOCK.units)
    unit = plant.get("/stations/ABC/units/2")
    assert (unit["unit"], unit["age_s"], [one["id"] for one in unit["warnings"]]) == ("2", 0.0, [ID])
    assert unit["tags"][0]["value"] == 50.0


def test_what_is_not_known_is_null_and_never_a_number() -> None:
    empty = Plant()
    assert empty.get("/fleet")["stations"][0]["health"] is None
    unit = empty.get("/stations/ABC/units/1")
    assert unit["health"] is None
    assert {tag["value"] for tag in unit["tags"]} == {None}
    code = BLOCK.tags[BLOCK.judged[0]].code
    found = empty.get(f"/stations/ABC/units/1/tags/{code}", back_s=60)
    assert (found["value"], found["expected"]) == ([60.0], [None])


def test_warnings_are_filtered(plant: Plant) -> None:
    plant.room.take(
        [warning("b", unit="1", level="watch"), warning("c"), acted("c", "closed", START_NS + HOUR, outcome="false")]
    )

    def ids(**query: Any) -> list[str]:
        return [one["id"] for one in plant.get("/warnings", **query)]

    assert ids() == [ID, "b"]
    assert ids(ended=True, state="closed") == ["c"]
    assert ids(level="watch") == ids(unit="1") == ["b"]
    assert ids(station="ABC", limit=1) == [ID]
    assert ids(state="acknowledged") == []


def test_one_warning_tells_who_did_what_when_and_why(plant: Plant) -> None:
    plant.room.take([acted(ID, "acknowledged", START_NS + HOUR, "李伟", why="on site")])
    found = plant.get(f"/warnings/{ID}")
    assert found["state"] == "acknowledged"
    assert [(one["transition"], one["who"], one["why"], one["time_ns"]) for one in found["history"]] == [
        ("opened", "", "", START_NS),
        ("acknowledged", "李伟", "on site", START_NS + HOUR),
    ]


def test_the_load_has_every_figure(plant: Plant) -> None:
    assert [figure["name"] for figure in plant.get("/load")["figures"]] == list(TARGETS)


def test_health_says_who_is_silent_and_what_is_away(plant: Plant) -> None:
    assert plant.get("/health") == {"is_well": True, "parts": [], "silent": []}
    plant.now_ns += HOUR
    found = plant.get("/health")
    assert not found["is_well"]
    assert found["silent"][0]["said"]["en"] == "no scan from ABC for 3600 s"
    plant.parts = [Part("kafka", False, Text("Kafka 不应答", "kafka does not answer"))]
    assert [part["name"] for part in plant.get("/health")["parts"]] == ["kafka"]
    assert Plant().get("/health")["silent"][0]["said"]["en"] == "no scan from ABC yet"


# ---- what is done


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("acknowledge", {}, {"until_ns": 0, "outcome": ""}),
        ("shelve", {"for_s": 8 * 3600}, {"until_ns": START_NS + 9 * HOUR}),
        ("shelve", {"until": "2026-01-01T12:00:00+08:00"}, {"until_ns": START_NS + 4 * HOUR}),
        ("unshelve", {}, {"until_ns": 0}),
        ("close", {"outcome": "confirmed"}, {"outcome": "confirmed"}),
    ],
)
def test_an_act_on_a_warning_reaches_the_actor(
    plant: Plant, kind: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = plant.client.post(f"/warnings/{ID}/{kind}", json=WHO | body)
    assert answer.status_code == 200, answer.text
    (asked,) = plant.hand.asked
    assert (asked.action, asked.warning, asked.station, asked.who, asked.why) == (kind, ID, "ABC", "李伟", "on site")
    assert asked.time_ns == START_NS + HOUR
    assert {name: getattr(asked, name) for name in expected} == expected
    assert (answer.json()["result"], answer.json()["id"]) == ("done", str(asked.id))
    assert [one["action"] for one in plant.get("/actions")] == [kind]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("units/2/maintain", {"for_s": 3600, "component": "bearing"}, {"unit": "2", "component": "bearing"}),
        ("units/2/resume", {}, {"unit": "2", "component": ""}),
        ("units/2/relearn", {"component": "shaft"}, {"unit": "2", "component": "shaft"}),
        ("sensors/ABC.20PAD1/repaired", {}, {"unit": "", "tag": "ABC.20PAD1"}),
    ],
)
def test_an_act_on_a_part_reaches_the_actor(
    plant: Plant, path: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = plant.client.post(f"/stations/ABC/{path}", json=WHO | body)
    assert answer.status_code == 200, answer.text
    (asked,) = plant.hand.asked
    assert asked.action == path.rpartition("/")[2]
    assert {name: getattr(asked, name) for name in expected} == expected


def test_an_act_is_later_than_what_happened_last(plant: Plant) -> None:
    plant.room.take([acted(ID, "shelved", START_NS + 5 * HOUR, until_ns=START_NS + 9 * HOUR)])
    plant.client.post(f"/warnings/{ID}/unshelve", json=WHO)
    assert plant.hand.asked[0].time_ns > START_NS + 5 * HOUR


# ---- what is wrong


@pytest.mark.parametrize(
    ("status", "path", "body", "expected"),
    [
        (404, "/warnings/nonesuch/acknowledge", WHO, 'no warning "nonesuch"'),
        (422, f"/warnings/{ID}/shelve", WHO, "expected an end: either until, such as 2026-01-01T08:00:00Z, or for_s"),
        (422, f"/warnings/{ID}/shelve", WHO | {"for_s": 60, "until": "2026-01-01T08:00:00Z"}, "expected an end"),
        (422, f"/warnings/{ID}/shelve", WHO | {"for_s": 15 * 86_400}, "at most 14 days from now"),
        (422, f"/warnings/{ID}/shelve", WHO | {"until": "2025-01-01T00:00:00Z"}, "shelve needs an end (until)"),
        (422, f"/warnings/{ID}/shelve", WHO | {"until": "0001-01-01T00:00:00Z"}, "shelve needs an end (until)"),
        (422, f"/warnings/{ID}/shelve", WHO | {"until": "9999-12-31T23:59:59Z"}, "years 2000 to 2099"),
        (422, f"/warnings/{ID}/shelve", WHO | {"until": "2026-01-01T08:00:00"}, "until: input should have timezone"),
        (422, f"/warnings/{ID}/shelve", WHO | {"until": "soon"}, "until: input should be a valid datetime"),
        (422, f"/warnings/{ID}/shelve", WHO | {"for_s": -1}, "for_s: input should be greater than 0"),
        (422, f"/warnings/{ID}/shelve", WHO | {"for_s": "8h"}, "for_s: input should be a valid number"),
        (422, f"/warnings/{ID}/acknowledge", {"why": "x"}, "who: field required"),
        (422, f"/warnings/{ID}/acknowledge", {"who": " "}, "an action needs the name of who acts"),
        (422, f"/warnings/{ID}/acknowledge", {"who": 5}, "who: input should be a valid string"),
        (422, f"/warnings/{ID}/acknowledge", {"who": "x" * 501}, "who: string should have at most 500 characters"),
        (422, f"/warnings/{ID}/acknowledge", {"who": "Li", "why": "\x1b[2J"}, "why holds control characters"),
        (422, f"/warnings/{ID}/acknowledge", {"who": "Li", "wy": "x"}, "wy: extra inputs are not permitted"),
        (422, f"/warnings/{ID}/close", WHO, "outcome: field required"),
        (422, f"/warnings/{ID}/close", WHO | {"outcome": "fixed"}, "outcome: input should be 'confirmed', 'false'"),
        (404, "/stations/ABX/units/1/resume", WHO, 'no station "ABX"; nearest: "ABC"'),
        (404, "/stations/ABC/units/9/resume", WHO, 'station ABC has no unit "9"'),
        (422, "/stations/ABC/units/1/maintain", WHO, "expected an end"),
        (422, "/stations/ABC/units/1/maintain", WHO | {"for_s": 181 * 86_400}, "for_s: input should be less than"),
        (405, f"/warnings/{ID}", WHO, "Method Not Allowed"),
        (404, f"/warnings/{ID}/delete", WHO, "Not Found"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    plant: Plant, status: int, path: str, body: dict[str, Any], expected: str
) -> None:
    assert expected in plant.wrong(status, "POST", path, json=body)
    assert not plant.hand.asked


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "the body is not JSON: "),
        (b'{"who": "Li",}', "the body is not JSON: "),
        (b"who=Li", "the body is not JSON: "),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (b'{"who": NaN}', ""),
        (b'{"who": "\\ud800"}', ""),
        (b"", "body: field required"),
        (b"[]", "body: input should be a valid dictionary"),
        (b"null", "body: input should be a valid dictionary"),
    ],
)
def test_a_body_that_is_none_is_refused(plant: Plant, body: bytes, expected: str) -> None:
    answer = plant.client.post(
        f"/warnings/{ID}/acknowledge", content=body, headers={"content-type": "application/json"}
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["error"].startswith(expected)
    assert not plant.hand.asked


def test_a_form_of_a_foreign_page_is_no_act(plant: Plant) -> None:
    """A page of somebody else's can send a form without asking, and no JSON."""
    body = json.dumps(WHO).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        plant.wrong(422, "POST", f"/warnings/{ID}/acknowledge", content=body, headers={"content-type": kind})
    assert not plant.hand.asked


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(["who", "why", "until", "for_s", "outcome"])


@settings(max_examples=40)  # two requests each, which take a tenth of a second
@given(
    kind=st.sampled_from(["acknowledge", "shelve", "unshelve", "close"]),
    body=JSON | st.dictionaries(FIELDS, JSON, max_size=5),
    cut=st.integers(0, 200),
)
def test_whatever_comes_is_answered_with_a_sentence_or_done(kind: str, body: Any, cut: int) -> None:
    plant = _shared()
    raw = json.dumps(body).encode()
    for content in (raw, raw[:cut]):
        answer = plant.client.post(
            f"/warnings/{ID}/{kind}", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (200, 400, 422), answer.text
        if answer.status_code != 200:
            assert list(answer.json()) == ["error"]


_PLANTS: list[Plant] = []


def _shared() -> Plant:
    """One plant for all examples: to make one for each would take longer than the examples."""
    if not _PLANTS:
        _PLANTS.append(Plant())
        _PLANTS[0].room.take([warning(ID)])
    return _PLANTS[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/stations/XYZ", 'no station "XYZ"'),
        ("/stations/ABC/units/9", 'station ABC has no unit "9"'),
        ("/stations/ABC/units/1/tags/NONE", 'unit 1 of ABC has no judged tag "NONE"'),
        ("/warnings/nonesuch", 'no warning "nonesuch"'),
        ("/nonesuch", "Not Found"),
    ],
)
def test_what_is_not_there_is_said(plant: Plant, path: str, expected: str) -> None:
    assert plant.wrong(404, "GET", path).startswith(expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/warnings?limit=0", "limit: input should be greater than or equal to 1"),
        ("/warnings?limit=many", "limit: input should be a valid integer"),
        ("/warnings?level=high", "level: input should be 'watch', 'warning' or 'urgent'"),
        (f"/warnings/{'x' * 101}", "id: string should have at most 100 characters"),
        ("/stations/ABC/units/1/tags/PAD1?back_s=nan", "back_s: input should be "),
        ("/stations/ABC/units/1/tags/PAD1?back_s=1e9", "back_s: input should be less than"),
    ],
)
def test_a_wrong_query_is_said(plant: Plant, path: str, expected: str) -> None:
    assert plant.wrong(422, "GET", path).startswith(expected)


def test_what_the_watch_refuses_is_told_with_its_reason(plant: Plant) -> None:
    plant.hand.refusal = "acknowledge: the warning is closed"
    said = plant.wrong(409, "POST", f"/warnings/{ID}/acknowledge", json=WHO)
    assert said == "acknowledge: the warning is closed"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoAnswerError("no worker has answered within 15 s; the action is on the log of ABC"), 504),
        (ConnectorError("kafka does not answer at 127.0.0.1:9", retryable=True), 503),
    ],
)
def test_nobody_answers(plant: Plant, error: Exception, status: int) -> None:
    plant.hand.error = error
    assert plant.wrong(status, "POST", f"/warnings/{ID}/acknowledge", json=WHO) == str(error)
    code = BLOCK.tags[BLOCK.judged[0]].code
    assert plant.wrong(status, "GET", f"/stations/ABC/units/1/tags/{code}") == str(error)


def test_too_many_acts_at_a_time_have_to_wait(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_acts, "ACTS_MOST", 0)
    assert plant.wrong(503, "POST", f"/warnings/{ID}/acknowledge", json=WHO).endswith("try again in 5 s")


# ---- the description


def test_every_route_is_described_and_the_page_loads_nothing_from_elsewhere(plant: Plant) -> None:
    description = plant.get("/openapi.json")
    assert set(description["paths"]) >= {"/fleet", "/warnings/{id}/shelve", "/health", "/load"}
    operations = [one for methods in description["paths"].values() for one in methods.values()]
    assert all(one["description"] for one in operations)
    text = plant.client.get("/").text
    for path in description["paths"]:
        assert f"{WHERE}{path}" in text
    for name in ("for_s", "outcome", "confirmed, false, sensor", "404"):
        assert name in text
    assert "<script" not in text
    assert "//" not in text.replace("<!doctype html>", "")


def test_texts_of_people_are_data_and_never_markup(plant: Plant) -> None:
    plant.room.take([acted(ID, "acknowledged", START_NS + HOUR, EVIL, why=EVIL)])
    answer = plant.client.get(f"/warnings/{ID}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["history"][1]["why"] == EVIL
    refused = plant.client.get(f"/stations/{EVIL}")
    assert refused.headers["content-type"] == "application/json"
