"""A Grafana as a channel: one annotation a warning, from onset to end, however often it is told and whatever is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.errors import ConnectorError
from connectors.grafana import Annotator
from connectors.notify import Outgoing
from tests.connectors.test_grafana import TOKEN, FakeGrafana
from tests.detectors.test_desk import HOUR, START, warning
from tests.services.process import free_port
from tests.services.receivers import WebServer
from tests.wanbiao.posts import Post, channel
from wanbiao.channels import GRAFANA, Channel
from wanbiao.courier import sender

MS = 10**6
TRIAL = Outgoing("id", "title", "text", is_urgent=False, body=b"[]")


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with FakeGrafana() as fake:
        thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


@pytest.fixture
def posts(tmp_path: Path) -> Iterator[list[Post]]:
    made: list[Post] = []
    yield made
    for one in made:
        one.box.close()


def marking(url: str, **route: str) -> Channel:
    return replace(channel("grafana", url, **route), secret=TOKEN, format=GRAFANA)


def test_a_warning_is_one_annotation_from_its_onset_until_it_is_over(
    grafana: FakeGrafana, posts: list[Post], tmp_path: Path
) -> None:
    run = Post(tmp_path, [marking(grafana.url)])
    posts.append(run)
    opened = warning("a")
    run.say(opened)
    run.deliver()
    (mark,) = grafana.annotations
    assert mark["time"] == mark["timeEnd"] == opened.onset_ns // MS
    code = f"{opened.station}.{opened.unit}.{opened.component}"
    assert mark["tags"] == ["wanbiao", opened.station, code, opened.level, "a"]
    assert mark["text"] == f"{opened.text_zh}\n{opened.text_en}"
    run.say(warning("a", "returned", time_ns=START + HOUR))
    run.deliver()
    (mark,) = grafana.annotations
    assert (mark["time"], mark["timeEnd"]) == (opened.onset_ns // MS, (START + HOUR) // MS)
    run.say(warning("b", time_ns=START + HOUR))
    run.deliver()
    assert [one["tags"][-1] for one in grafana.annotations] == ["a", "b"]


def test_a_grafana_that_is_away_delays_nobody_and_gets_it_later(
    grafana: FakeGrafana, posts: list[Post], tmp_path: Path
) -> None:
    with WebServer() as web:
        run = Post(tmp_path, [marking(grafana.url), channel("cmms", web.url)])
        posts.append(run)
        grafana.broken = 401, '{"message": "Invalid API key"}'
        run.say(warning("a"))
        run.deliver()
        assert (len(web.taken), grafana.annotations) == (1, [])
        assert "does not let this token" in run.box.tally("grafana").reason
        grafana.broken = None
        run.pass_time(5)
        assert [one["tags"][-1] for one in grafana.annotations] == ["a"]
        assert len(web.taken) == 1


def test_what_fails_names_the_channel_and_is_worth_another_try() -> None:
    away = Annotator("grafana", f"http://127.0.0.1:{free_port()}", token=TOKEN)
    with pytest.raises(ConnectorError, match="grafana: grafana does not answer") as error:
        away.send(TRIAL)
    assert error.value.retryable
    assert TOKEN not in str(error.value)


def test_a_test_message_marks_nothing_but_tells_a_wrong_token(grafana: FakeGrafana) -> None:
    sender(marking(grafana.url)).send(TRIAL)
    with pytest.raises(ConnectorError, match="does not let this token"):
        sender(replace(marking(grafana.url), secret="glsa_wrong")).send(TRIAL)  # noqa: S106
    assert grafana.annotations == []
