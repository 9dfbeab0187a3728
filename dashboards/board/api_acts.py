"""Acting by HTTP: acknowledge, shelve, close a warning; maintain, learn again, repair a part. Each answers with its audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from connectors.action_wire import REFUSED, ActionMessage, Audit
from dashboards.board.acting import STEP_NS, in_one_line, message_of, new_action
from dashboards.board.api_base import Code, Refusal, answer, block_of, station_of
from dashboards.board.board import Board
from detectors.actions import MAINTAIN, MAINTAIN_MOST_S, TEXT_MOST, Action

ACTS_MOST: Final = 8
"""Acts under way at a time; of more each is refused and may be tried again."""
RETRY_S: Final = 5
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "The body is not JSON.", "model": Refusal},
    404: {"description": "There is no such warning, station, unit or sensor.", "model": Refusal},
    409: {"description": "The plant's watch refused; the reason is that of the audit.", "model": Refusal},
    422: {"description": "Something is missing or wrong.", "model": Refusal},
    503: {"description": "Kafka does not answer, or too many acts are under way.", "model": Refusal},
    504: {"description": "No worker has answered; the act is on the log and will be carried out.", "model": Refusal},
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Act(_Strict):
    """Who acts, and why."""

    who: Annotated[str, Field(min_length=1, max_length=TEXT_MOST, examples=["Li Wei"])]
    why: Annotated[str, Field(max_length=TEXT_MOST, examples=["oil sample taken"])] = ""


class Timed(Act):
    """An act with an end: either a time with its zone, or how long from now [s]."""

    until: Annotated[AwareDatetime | None, Field(strict=False)] = None
    for_s: Annotated[float | None, Field(gt=0, le=MAINTAIN_MOST_S)] = None

    def end_ns(self, now_ns: int) -> int:
        """When it ends [ns]; 422 unless exactly one of the two says so."""
        if (self.until is None) == (self.for_s is None):
            raise HTTPException(422, "expected an end: either until, such as 2026-01-01T08:00:00Z, or for_s in seconds")
        if self.for_s is not None:
            return now_ns + round(self.for_s * 1e9)
        since = self.until - _EPOCH if self.until is not None else None
        return 0 if since is None else max(0, (since.days * 86_400 + since.seconds) * 10**9)


class Closed(Act):
    """What the warning turned out to be."""

    outcome: Literal["confirmed", "false", "sensor", "duplicate", "deferred"]


class OfPart(Act):
    """Of a component of the unit; "" = the whole unit."""

    component: Annotated[str, Field(max_length=100)] = ""


class Window(Timed):
    """A maintenance window of a component of the unit; "" = the whole unit."""

    component: Annotated[str, Field(max_length=100)] = ""


def acts(board: Board) -> APIRouter:
    """The routes that change something."""
    router = APIRouter(tags=["acts"], responses=REFUSALS)
    carry = _Carrier(board)

    @router.post("/warnings/{id}/acknowledge", response_model=dict[str, Any])
    async def acknowledge(id: Code, body: Act) -> Response:
        """Somebody attends to it; it is no longer told again each day."""
        return await carry.on_warning("acknowledge", id, body)

    @router.post("/warnings/{id}/shelve", response_model=dict[str, Any])
    async def shelve(id: Code, body: Timed) -> Response:
        """It is not told again before that time, at most 14 days from now, unless it rises."""
        return await carry.on_warning("shelve", id, body)

    @router.post("/warnings/{id}/unshelve", response_model=dict[str, Any])
    async def unshelve(id: Code, body: Act) -> Response:
        """End its shelf before its time."""
        return await carry.on_warning("unshelve", id, body)

    @router.post("/warnings/{id}/close", response_model=dict[str, Any])
    async def close(id: Code, body: Closed) -> Response:
        """Close it with what it turned out to be."""
        return await carry.on_warning("close", id, body)

    @router.post("/stations/{code}/units/{unit}/maintain", response_model=dict[str, Any])
    async def maintain(code: Code, unit: Code, body: Window) -> Response:
        """Work begins: nothing is warned of or learned until its end, at most 180 days from now."""
        return await carry.on_part(MAINTAIN, code, body, unit=unit, component=body.component)

    @router.post("/stations/{code}/units/{unit}/resume", response_model=dict[str, Any])
    async def resume(code: Code, unit: Code, body: OfPart) -> Response:
        """Work has ended before its time."""
        return await carry.on_part("resume", code, body, unit=unit, component=body.component)

    @router.post("/stations/{code}/units/{unit}/relearn", response_model=dict[str, Any])
    async def relearn(code: Code, unit: Code, body: OfPart) -> Response:
        """Forget what was normal, and learn it anew."""
        return await carry.on_part("relearn", code, body, unit=unit, component=body.component)

    @router.post("/stations/{code}/sensors/{tag}/repaired", response_model=dict[str, Any])
    async def repaired(code: Code, tag: Code, body: Act) -> Response:
        """A sensor, by its plant-wide name such as YXK.20MKD10CT101, may be believed again."""
        return await carry.on_part("repaired", code, body, tag=tag)

    return router


class _Carrier:
    """Carries acts out, a few at a time."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._under_way = 0

    async def on_warning(self, kind: str, id: str, body: Act) -> Response:
        item = self._board.read(lambda room: room.worklist.items.get(id))
        if item is None:
            raise HTTPException(404, f'no warning "{id}"')
        now_ns = max(self._board.now_ns, item.last.time_ns + STEP_NS)
        until_ns = body.end_ns(now_ns) if isinstance(body, Timed) else 0
        outcome = body.outcome if isinstance(body, Closed) else ""
        return await self._carry(
            lambda: new_action(
                kind, item, who=body.who, why=body.why, now_ns=now_ns, until_ns=until_ns, outcome=outcome
            )
        )

    async def on_part(
        self, kind: str, code: str, body: Act, *, unit: str = "", component: str = "", tag: str = ""
    ) -> Response:
        if unit:
            block_of(self._board, code, unit)
        else:
            station_of(self._board, code)
        now_ns = max(self._board.now_ns, self._board.read(lambda room: room.last_ns) + STEP_NS)
        until_ns = body.end_ns(now_ns) if isinstance(body, Timed) else 0
        who, why = in_one_line(body.who), in_one_line(body.why)
        action = Action(kind, code, who, now_ns, why, unit=unit, component=component, tag=tag, until_ns=until_ns)
        return await self._carry(lambda: message_of(action))

    async def _carry(self, write: Callable[[], ActionMessage]) -> Response:
        try:
            message = write()
        except ValueError as error:  # of our rules, or of a text that is no UTF-8
            raise HTTPException(422, str(error)) from None
        if self._under_way >= ACTS_MOST:
            raise HTTPException(
                503, f"{ACTS_MOST} acts are under way; try again in {RETRY_S} s", {"retry-after": str(RETRY_S)}
            )
        self._under_way += 1
        try:
            audit: Audit = await asyncio.to_thread(self._board.actor.act, message)
        finally:
            self._under_way -= 1
        if audit.result == REFUSED:
            raise HTTPException(409, audit.reason)
        return answer(audit)
