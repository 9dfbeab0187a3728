"""``wanbiao topics``: the topics of a pipeline, made before anything runs and never by accident."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

from connectors.kafka import TopicPlan, create_topics, topic_partitions, topic_plans
from wanbiao.cli import pass_settings
from wanbiao.errors import ConfigError
from wanbiao.settings import Settings


def refuse_wrong_partitions(present: Mapping[str, int], plans: Sequence[TopicPlan]) -> None:
    """ConfigError if a topic has another number of partitions than the settings say: it would move stations to other workers.

    >>> refuse_wrong_partitions({"w.health": 4}, [TopicPlan("w.health", 4, {}), TopicPlan("w.actions", 4, {})])
    """
    for plan in plans:
        if (found := present.get(plan.name, plan.partitions)) != plan.partitions:
            raise ConfigError(
                f"environment: WANBIAO_PARTITIONS: {plan.partitions}; expected {found}, as topic {plan.name} has, "
                "or another WANBIAO_PREFIX"
            )


@click.group(short_help="Create and list the topics on Kafka.")
def command() -> None:
    """Create and list the topics of the pipeline on Kafka (settings: WANBIAO_KAFKA, _PREFIX, _PARTITIONS).

    \b
    Example:
      wanbiao topics create
      wanbiao topics list
    """


@command.command("create")
@click.option(
    "--keep-for-ever", is_flag=True, help="Switch retention by age off: for recordings whose times lie years back."
)
@pass_settings
def create(settings: Settings, keep_for_ever: bool) -> None:
    """Create the topics that are missing.

    \b
    Example:
      WANBIAO_KAFKA=kafka:9092 wanbiao topics create
    """
    plans = topic_plans(settings.prefix, settings.partitions, keep_for_ever=keep_for_ever)
    address = settings.kafka_address()
    refuse_wrong_partitions(topic_partitions(address), plans)
    made = create_topics(address, plans)
    for plan in plans:
        click.echo(f"{plan.name}: {plan.partitions} partitions, {'created' if plan.name in made else 'was there'}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List the topics of the pipeline and their partitions.

    \b
    Example:
      wanbiao topics list --json
    """
    present = topic_partitions(settings.kafka_address())
    plans = topic_plans(settings.prefix, settings.partitions)
    if as_json:
        click.echo(json.dumps({plan.name: present.get(plan.name) for plan in plans}))
        return
    for plan in plans:
        found = present.get(plan.name)
        click.echo(f"{plan.name}: " + ("missing" if found is None else f"{found} partitions"))
    refuse_wrong_partitions(present, plans)
