"""The whole board as one application: pages, HTTP API, a sign of life, and the guard around all of it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.routing import Mount

from dashboards.board.api import WHERE, build_api
from dashboards.board.door import LIFE, Door
from dashboards.board.guard import Guard
from dashboards.board.server import make_app
from dashboards.board.service import Service


def entrance(service: Service, *, names: Collection[str] = (), token: str = "") -> FastAPI:
    """The application, its pages telling who is silent; once a process.

    Parameters
    ----------
    names : hosts under which browsers reach it, besides those of loopback.
    token : what it asks for; "" = nothing, which is right on loopback only.
    """
    service.board.notice = service.notice
    life = APIRouter()

    @life.get(LIFE, include_in_schema=False)
    async def alive() -> dict[str, bool]:
        return {"is_alive": True, "is_well": service.pulse().is_well}

    guard = partial(Guard, names=tuple(names), door=Door(token) if token else None)
    app = make_app(service.board, routers=[life], guard=guard)
    # Before the pages, which take every path that is left.
    app.router.routes.insert(0, Mount(WHERE, build_api(service)))
    return app
