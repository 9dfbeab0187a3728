"""``wanbiao demo``: the main job in one process, no service needed."""

from __future__ import annotations

import json

import click

from wanbiao.cli import EXIT_INTERRUPTED, pass_settings
from wanbiao.parameters import Duration, Speed
from wanbiao.settings import Settings


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
) -> None:
    """Simulate a hydro and a wind station, learn what is normal, then watch two faults grow.

    Sixty days of healthy operation pass in fast-forward, then the present at twelve hours a second. Two days in, a
    guide bearing of the one and a gearbox of the other begin to fail. Ctrl-C ends it with the summary.

    \b
    Example:
      wanbiao demo
      wanbiao demo --for 60s --json
    """
    from wanbiao.demo import Demo
    from wanbiao.demo_view import View
    from wanbiao.embedded import Pace
    from wanbiao.tally import DAY_S

    demo = Demo(seed=seed, learn_days=learn_s / DAY_S, tuning=settings.load_tuning())
    view = View(demo, language=language or settings.language, as_json=as_json)
    view.header()
    with view.learning() as advance:
        demo.learn(advance)
    view.learned(speed)
    pace, interrupted = Pace(speed, for_s=for_s), False
    try:
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
    if interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
