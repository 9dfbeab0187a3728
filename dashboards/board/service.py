"""What the HTTP API works with, whatever the board stands on: one process, or Kafka and InfluxDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.action_wire import Audit
from dashboards.board.board import Board
from dashboards.board.pulse import Part, Pulse, pulse
from stations.plant import Text


def no_parts() -> Iterable[Part]:
    """Of a board that depends on nothing else."""
    return ()


def no_trail() -> Iterable[Audit]:
    """Of a board that hears of no answers."""
    return ()


@dataclass(frozen=True, slots=True)
class Service:
    """The board and what else is told of it.

    Attributes
    ----------
    parts : how the parts of the pipeline do.   trail : answers to what people did, the newest last.
    """

    board: Board
    parts: Callable[[], Iterable[Part]] = no_parts
    trail: Callable[[], Iterable[Audit]] = no_trail

    def pulse(self) -> Pulse:
        """How the pipeline does now."""
        board = self.board
        return pulse(board.read(lambda room: room.fleet_view(board.now_ns)), self.parts())

    def notice(self) -> Text | None:
        """What every page should say now, by the view that all pages share; None = all is well."""
        return pulse(self.board.fleet_view(), self.parts()).notice
