"""What the HTTP API of the board answers to a call of curl, as a page shows it."""

from __future__ import annotations

import functools
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from connectors.action_wire import ActionMessage, Audit, audit
from dashboards.board.api import WHERE, build_api
from dashboards.board.board import Board
from dashboards.board.room import Room
from dashboards.board.service import Service
from dashboards.board.views import Trend
from stations.catalogue import load_fleet
from tests.dashboards.board.plant import warning
from tests.detectors.small import START_NS

ID = "6d0a4c2e-5d4b-5b0e-9f53-77616e626961"
"""The warning that pages act on."""


class _Hand:
    """Carries everything out, knows no past."""

    def act(self, message: ActionMessage) -> Audit:
        return audit(message)

    def trend(self, station: str, unit: str, tag: str, back_s: float) -> Trend:
        return Trend(tag, (), (), (), (), (), ())


@functools.cache
def _client() -> TestClient:
    room, hand = Room(load_fleet()), _Hand()
    room.take([warning(ID, station="YXK", unit="2", component="turbine_guide_bearing")])
    return TestClient(build_api(Service(Board(room, actor=hand, history=hand, plant_ns=lambda: START_NS))))


def answered(words: tuple[str, ...]) -> int:
    """The status by which the API of the shipped fleet answers ``curl [-s] URL [--json BODY] [-H HEADER]``."""
    rest, method, body, path = list(words[1:]), "GET", "", ""
    while rest:
        word = rest.pop(0)
        if word == "--json":
            method, body = "POST", rest.pop(0)
        elif word == "-H":
            name, _, _value = rest.pop(0).partition(": ")
            assert name == "Authorization"
        elif word != "-s":
            url = urlsplit(word)
            assert url.path.startswith(WHERE), word
            path = f"{url.path.removeprefix(WHERE)}?{url.query}"
    headers = {"content-type": "application/json"} if body else {}
    status: int = _client().request(method, path, content=body.encode(), headers=headers).status_code
    return status
