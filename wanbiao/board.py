"""The board over Kafka and InfluxDB: what follows the pipeline, what serves the pages, who may reach them. Built and run here."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanbiao.settings import Settings, wrong_setting

if TYPE_CHECKING:
    from fastapi import FastAPI

    from connectors.action_wire import ActionMessage, Audit
    from connectors.kafka import KafkaAddress
    from dashboards.board.pulse import Part
    from dashboards.board.service import Service
    from detectors.events import Event

logger = logging.getLogger(__name__)

ANSWER_S: Final = 15.0
"""Longest wait for a worker to answer an act [s]: one that was killed is back within ten."""
ALIVE_S: Final = 5.0
"""Time between two signs of life [s]."""
CLOSE_S: Final = 3
"""Longest wait for open pages at the end [s]."""
ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - listening there demands a token
"""All addresses of a machine: none that a browser should ask for."""
FOLLOWED: Final = ("telemetry", "health", "warnings", "actions")
"""Topics that must be there."""


@dataclass(frozen=True, slots=True)
class LogActor:
    """Acts by the log of the station, and waits for the worker's answer."""

    address: KafkaAddress
    prefix: str
    wait_s: float = ANSWER_S

    def act(self, message: ActionMessage) -> Audit:
        """See `dashboards.board.acting.Actor`."""
        from connectors.action_log import send_action

        return send_action(self.address, self.prefix, message, wait_s=self.wait_s)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, True, False, False)
    """
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def refuse_open_door(settings: Settings) -> None:
    """ConfigError if other machines could reach the board and nobody would ask them for anything."""
    if not is_loopback(settings.board_host) and not settings.board_token:
        expected = f"a token, since WANBIAO_BOARD_HOST {settings.board_host} lets other machines in"
        raise wrong_setting("WANBIAO_BOARD_TOKEN", "missing", expected)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. ConfigError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise wrong_setting("WANBIAO_BOARD_PORT", f"{host}:{port}", f"a free port of this machine ({why})") from None


def run_board(settings: Settings) -> None:
    """Follow the pipeline and serve the board until SIGTERM or Ctrl-C.

    Raises
    ------
    ConfigError : a door that would be open, a port that is taken.
    ConnectorError : Kafka or InfluxDB does not answer, or a topic is missing.
    """
    from connectors.influx_read import InfluxReader
    from dashboards.board.board import Board
    from dashboards.board.decoding import Decoder
    from dashboards.board.following import Follower
    from dashboards.board.looking_back import InfluxHistory, Poller
    from dashboards.board.plant_time import PlantTime
    from dashboards.board.room import Room
    from dashboards.board.service import Service

    refuse_open_door(settings)
    fleet = settings.load_fleet()
    _check_services(settings)
    room = Room(fleet)
    now_ns = PlantTime(lambda: room.last_ns, is_live=settings.clock == "live")
    reader = InfluxReader(settings.influx_url, settings.influx_bucket, settings.influx_token)
    board = Board(
        room,
        actor=LogActor(settings.kafka_address(), settings.prefix),
        history=InfluxHistory(reader, now_ns),
        plant_ns=now_ns,
        language="" if settings.language == "both" else settings.language,
    )

    def give(events: list[Event]) -> None:
        board.take(events)
        now_ns()  # notes when it was heard

    follower = Follower(settings.kafka_address(), settings.prefix, Decoder(fleet), give)
    poller = Poller(reader, fleet, board.take, now_ns, recall=board.recall)

    def parts() -> Iterable[Part]:
        return follower.part(), poller.part()

    with bound(settings.board_host, settings.board_port) as listening:
        follower.start()
        poller.start()
        try:
            logger.info("board on http://%s:%d", settings.board_host, settings.board_port)
            serve(Service(board, parts, follower.trail), listening, settings)
        finally:
            follower.stop()
            poller.stop()


def _check_services(settings: Settings) -> None:
    """What is not there at the start is a mistake; what goes away later is waited for, and said so on the board."""
    from connectors.errors import ConnectorError
    from connectors.influx import check
    from connectors.kafka import topic_partitions

    present = topic_partitions(settings.kafka_address())
    missing = [f"{settings.prefix}{name}" for name in FOLLOWED if f"{settings.prefix}{name}" not in present]
    if missing:
        raise ConnectorError(
            f"kafka at {settings.kafka} has no topic {', '.join(missing)}; create them with: wanbiao topics create",
            retryable=False,
        )
    check(settings.influx_url, token=settings.influx_token, org=settings.influx_org)


def serve(service: Service, listening: socket.socket, settings: Settings) -> None:
    """Serve the board on a socket until SIGTERM or Ctrl-C, to whom the settings let in."""
    import uvicorn

    from dashboards.board.entrance import entrance
    from streams.alive import AliveFile

    names = [name for name in (settings.board_host, *settings.board_names.split(",")) if name not in ("", *ANYWHERE)]
    app = entrance(service, names=names, token=settings.board_token)
    _beat(app, AliveFile(settings.alive_file).touch)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who asks is told from the connection, not from what it says
        timeout_graceful_shutdown=CLOSE_S,
    )
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn ends on it, then sends it again
    uvicorn.Server(config).run(sockets=[listening])


def _beat(app: FastAPI, alive: Callable[[], None]) -> None:
    """Have ``alive`` called again and again for as long as the loop of the application turns."""
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async def beat() -> None:
            while True:
                alive()
                await asyncio.sleep(ALIVE_S)

        beating = asyncio.create_task(beat())
        try:
            async with inner(running) as state:
                yield state
        finally:
            beating.cancel()

    app.router.lifespan_context = lifespan
