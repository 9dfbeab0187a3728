"""The HTTP API: what the pages show, for programs, and acting on warnings. One FastAPI application, mounted at `WHERE`.

Every refusal is one sentence, ``{"error": "..."}``. All handlers run on the loop that owns the room, so none waits: what blocks
runs in a thread.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from connectors.errors import ConnectorError, NoAnswerError
from dashboards.board.api_acts import acts
from dashboards.board.api_base import CODE_CHARS_MOST, Code, answer, block_of, station_of
from dashboards.board.api_page import page
from dashboards.board.pulse import Pulse
from dashboards.board.replayed import ReplayView
from dashboards.board.service import Service
from dashboards.board.views import FleetView, StationView, Trend, UnitView, WarningView
from detectors.kpis import Kpis

WHERE: Final = "/api/v1"
BACK_MOST_S: Final = 400 * 86_400.0
"""Longest look back at a tag [s]."""
LISTED_MOST: Final = 1000
"""Warnings or acts in one answer."""
LevelName = Literal["watch", "warning", "urgent"]


def build_api(service: Service) -> FastAPI:
    """The application."""
    api = FastAPI(
        title="Wanbiao 腕表",
        version="1",
        summary="Health of the fleet, early warnings, and what people do with them.",
        docs_url=None,  # both would load scripts from elsewhere
        redoc_url=None,
        exception_handlers={
            RequestValidationError: _invalid,
            StarletteHTTPException: _refused,
            NoAnswerError: _silent,
            ConnectorError: _away,
        },
    )
    api.include_router(_views(service))
    api.include_router(acts(service.board))

    @api.get("/", include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return HTMLResponse(page(api.openapi(), WHERE))

    return api


def _views(service: Service) -> APIRouter:
    views, board = APIRouter(tags=["views"]), service.board

    @views.get("/fleet", response_model=FleetView)
    async def fleet() -> Response:
        """All stations at a glance."""
        return answer(board.read(lambda room: room.fleet_view(board.now_ns)))

    @views.get("/stations/{code}", response_model=StationView)
    async def station(code: Code) -> Response:
        """One station: units by components, warnings, sensors that are out."""
        station_of(board, code)
        return answer(board.read(lambda room: room.station_view(code, board.now_ns)))

    @views.get("/stations/{code}/units/{unit}", response_model=UnitView)
    async def unit(code: Code, unit: Code) -> Response:
        """One unit: parts, tags, modes, warnings."""
        block_of(board, code, unit)
        return answer(board.read(lambda room: room.unit_view(code, unit, board.now_ns)))

    @views.get("/stations/{code}/units/{unit}/tags/{tag}", response_model=Trend)
    async def trend(
        code: Code, unit: Code, tag: Code, back_s: Annotated[float, Query(gt=0, le=BACK_MOST_S)] = 86_400.0
    ) -> Response:
        """One judged tag over the last seconds: value, expectation, band and score."""
        block = block_of(board, code, unit)
        if tag not in (block.tags[i].code for i in block.judged):
            raise HTTPException(404, f'unit {unit} of {code} has no judged tag "{tag}"')
        return answer(await asyncio.to_thread(board.history.trend, code, unit, tag, back_s))

    @views.get("/warnings", response_model=list[WarningView])
    async def warnings(
        station: Annotated[str, Query(max_length=CODE_CHARS_MOST)] = "",
        unit: Annotated[str, Query(max_length=CODE_CHARS_MOST)] = "",
        level: LevelName | None = None,
        state: Annotated[str, Query(max_length=CODE_CHARS_MOST)] = "",
        ended: bool = False,
        limit: Annotated[int, Query(ge=1, le=LISTED_MOST)] = 200,
    ) -> Response:
        """Early warnings that stand or wait, the worst first; with ``ended`` what is over too."""
        if station:
            station_of(board, station)
        found = board.read(lambda room: room.warnings(station=station, unit=unit, ended=ended))
        kept = [one for one in found if level in (None, one.level) and state in ("", one.state)]
        return answer(kept[:limit])

    @views.get("/warnings/{id}", response_model=WarningView)
    async def warning(id: Code) -> Response:
        """One early warning with everything that happened to it: when, who, why."""
        found = board.read(lambda room: room.warning(id))
        if found is None:
            raise HTTPException(404, f'no warning "{id}"')
        return answer(found)

    @views.get("/actions", response_model=list[dict[str, Any]])
    async def actions(limit: Annotated[int, Query(ge=1, le=LISTED_MOST)] = 200) -> Response:
        """What people did, and what was refused and why, the newest first."""
        return answer([*service.trail()][: -limit - 1 : -1])

    @views.get("/load", response_model=Kpis)
    async def load() -> Response:
        """What the warnings cost their readers: key figures of EEMUA 191 and ISA-18.2."""
        return answer(board.read(lambda room: room.load_view(board.now_ns)))

    @views.get("/replay", response_model=ReplayView)
    async def replay() -> Response:
        """The replay that is shown instead of a plant: how far it is, what was told when, the verdict; 404 on a live board."""
        if board.replay is None:
            raise HTTPException(404, "this board is live; nothing is replayed here: wanbiao replay NAME --board")
        return answer(board.replay.view())

    @views.get("/health", response_model=Pulse)
    async def health() -> Response:
        """Which part of the pipeline is silent, and since when."""
        return answer(service.pulse())

    return views


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """The first thing that is wrong, in one sentence."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - FastAPI's contract, for the type checker
    first = error.errors()[0]
    where, *names = first["loc"]
    if first["type"] == "json_invalid":
        return _sentence(400, f"the body is not JSON: {first['ctx']['error']}")
    name = ".".join(map(str, names)) or str(where)
    return _sentence(422, f"{name}: {first['msg'].removeprefix('Value error, ').lower()}"[:300])


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - as above
    return _sentence(error.status_code, str(error.detail), dict(error.headers or {}))


async def _silent(_request: Request, error: Exception) -> JSONResponse:
    return _sentence(504, str(error))


async def _away(_request: Request, error: Exception) -> JSONResponse:
    return _sentence(503, str(error))


def _sentence(status: int, said: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": said}, status, headers)
