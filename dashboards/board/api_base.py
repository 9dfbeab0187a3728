"""What the routes of the HTTP API share: looking things up, answers, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import HTTPException, Path
from fastapi.responses import Response

from dashboards.board.board import Board
from stations.plant import Block, Station
from stations.schema import nearest

CODE_CHARS_MOST: Final = 100
"""Of a station, a unit, a tag, the id of a warning."""
Code = Annotated[str, Path(max_length=CODE_CHARS_MOST)]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, in one sentence."""

    error: str


def answer(view: Any) -> Response:
    """A view as JSON; what is not known is null."""
    return Response(msgspec.json.encode(view), media_type="application/json")


def station_of(board: Board, code: str) -> Station:
    """The station of that code; 404 if there is none."""
    stations = board.fleet.stations
    if code not in stations:
        near = nearest(code, stations)
        raise HTTPException(404, f'no station "{code}"' + (f'; nearest: "{near}"' if near else ""))
    return stations[code]


def block_of(board: Board, code: str, unit: str) -> Block:
    """The block with that unit; 404 if there is none."""
    for block in station_of(board, code).blocks:
        if unit in block.units:
            return block
    raise HTTPException(404, f'station {code} has no unit "{unit}"')
