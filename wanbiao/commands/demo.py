"""``wanbiao demo``: the main job in one process, no service needed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from wanbiao.cli import EXIT_INTERRUPTED, pass_settings, show_local_times
from wanbiao.parameters import Duration, Speed
from wanbiao.settings import Settings

if TYPE_CHECKING:
    from wanbiao.demo import Demo
    from wanbiao.demo_view import View
    from wanbiao.display import Advance


@click.command(short_help="Simulate two stations, learn, find seeded faults: no service needed.")
@click.option("--for", "for_s", type=Duration(), default="60s", show_default=True, help="Wall time of the live part.")
@click.option("--speed", type=Speed(), default="43200", show_default=True, help="Plant seconds a second, or max.")
@click.option(
    "--learn", "learn_s", type=Duration(), default="60d", show_default=True, help="Healthy operation to learn."
)
@click.option(
    "--seed", type=click.IntRange(0), default=7, show_default=True, help="Draws weather, noise and failing units."
)
@click.option("--language", type=click.Choice(["zh", "en", "both"]), help="Of sentences; default: WANBIAO_LANGUAGE.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout; all else goes to stderr.")
@click.option(
    "--board/--no-board",
    "with_board",
    default=None,
    help="Serve the board meanwhile; default: yes, but not with --json.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="Of the board; 0 = any free."
)
@click.option("--stay", is_flag=True, help="Go on serving the board after the live part, until Ctrl-C.")
@click.option("--fresh", is_flag=True, help="Forget what people did on the board in earlier runs.")
@pass_settings
def command(
    settings: Settings,
    /,
    for_s: float,
    speed: float,
    learn_s: float,
    seed: int,
    language: str | None,
    as_json: bool,
    with_board: bool | None,
    port: int,
    stay: bool,
    fresh: bool,
) -> None:
    """Simulate a hydro and a wind station, learn what is normal, then watch two faults grow.

    Sixty days of healthy operation pass in fast-forward, then the present at twelve hours a second. Two days in, a
    guide bearing of the one and a gearbox of the other begin to fail. Ctrl-C ends it with the summary. Meanwhile the
    board shows it in a browser, on this machine only; it ends with the demo, unless you ask it to --stay. What you do there is
    kept: the next run simulates the same days, and does it again at the same time.

    \b
    Example:
      wanbiao demo
      wanbiao demo --for 60s --json
      wanbiao demo --stay --port 8080
    """
    from wanbiao.demo import Demo
    from wanbiao.demo_view import View
    from wanbiao.display import until_interrupted
    from wanbiao.embedded import Pace
    from wanbiao.tally import DAY_S

    is_served = not as_json if with_board is None else with_board
    if stay and not is_served:
        raise click.UsageError("--stay keeps the board; without a board nothing is there to stay")
    if fresh and not is_served:
        raise click.UsageError(
            "--fresh forgets what people did on the board; without a board nothing of it is done again"
        )
    show_local_times(settings)
    demo = Demo(seed=seed, learn_days=learn_s / DAY_S, tuning=settings.load_tuning())
    spoken = language or settings.language
    view = View(demo, language=spoken, as_json=as_json)
    view.header()
    interrupted = False
    with _board(demo, view, port, spoken, fresh) if is_served else nullcontext(_nobody) as learning:
        try:
            with view.learning() as advance:
                demo.learn(_both(advance, learning))
            learning(None, "")
            view.learned(speed)
            pace = Pace(speed, for_s=for_s)
            with view.status(pace, for_s) as draw:
                for step in demo.live(pace):
                    view.events(step)
                    draw()
        except KeyboardInterrupt:
            interrupted = True
        if as_json:
            click.echo(json.dumps(demo.result(), ensure_ascii=False))
        else:
            view.summary()
        if stay and not interrupted:
            view.stays()
            until_interrupted()
            interrupted = True
    if interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)


@contextmanager
def _board(demo: Demo, view: View, port: int, language: str, fresh: bool) -> Iterator[Advance]:
    """The board of a demo, its link told; yields what learning has to call."""
    from wanbiao.demo_board import DemoBoard
    from wanbiao.demo_diary import DemoDiary
    from wanbiao.folders import state_folder

    with (
        closing(DemoDiary(demo, state_folder(os.environ), fresh=fresh, tell=view.aside)) as diary,
        closing(DemoBoard(demo, diary, port, language)) as board,
    ):
        view.link(board.url)
        yield board.learning


def _nobody(_done: float | None, _note: str) -> None:
    """Nobody watches in a browser."""


def _both(one: Advance, other: Advance) -> Advance:
    def advance(done: float | None, note: str) -> None:
        one(done, note)
        other(done, note)

    return advance
