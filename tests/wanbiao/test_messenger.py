"""From the topic of warnings to real mail and web servers: once by id, whatever is away, slow, or killed."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import time as Clock  # noqa: N812 - a time of the day
from pathlib import Path

import pytest

from connectors.errors import ConnectorError
from connectors.notify import Outgoing, Sender, sender_of
from connectors.outbox import Outbox
from detectors.desk import PAGES_MOST, WINDOW_S
from detectors.events import Act
from tests.detectors.test_desk import HOUR, MINUTE, START, warning
from tests.services.receivers import MailServer, WebServer, text_of
from tests.wanbiao.posts import FLEET, MemoryLog, Post, channel
from wanbiao.channels import Channel
from wanbiao.courier import Courier
from wanbiao.messenger import DESKS, Messenger


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


MakePost = Callable[..., Post]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[MakePost]:
    made: list[Post] = []

    def make(*channels: Channel, senders: dict[str, Sender] | None = None) -> Post:
        made.append(Post(tmp_path, channels, senders))
        return made[-1]

    yield make
    for one in made:
        one.box.close()


def test_a_warning_is_mail_and_a_webhook(post: MakePost, web: WebServer, mail: MailServer) -> None:
    run = post(channel("crew", mail.url), channel("cmms", web.url))
    run.say(warning("a"))
    run.deliver()
    (one,) = mail.taken
    assert one["Subject"].startswith("▲ ")
    assert "http://127.0.0.1:8080/warnings/a" in text_of(one)
    ((id, body),) = web.taken
    assert (body["id"], body["kind"], body["warnings"][0]["id"]) == (id, "page", "a")
    run.say(warning("a", "returned", time_ns=START + HOUR))
    run.deliver()
    assert [body["warnings"][0]["transition"] for _, body in web.taken] == ["opened", "returned"]
    assert len(mail.taken) == 2
    assert len(set(web.ids)) == 2


def test_what_fails_is_tried_again_under_the_same_id(post: MakePost, web: WebServer) -> None:
    web.statuses = [500, 503, 429]
    run = post(channel("cmms", web.url))
    run.say(warning("a"))
    run.pass_time(10)
    assert (web.asked, len(web.taken), web.forged) == (4, 1, 0)
    run.pass_time(600, 60)
    assert len(web.taken) == 1


def test_a_channel_that_is_away_for_an_hour_gets_everything_once_and_holds_nobody_up(
    post: MakePost, web: WebServer, mail: MailServer
) -> None:
    web.status = 503
    run = post(channel("cmms", web.url), channel("crew", mail.url))
    for minute in range(0, 60, 2):
        run.say(warning(f"w{minute}", time_ns=run.now_ns))
        run.deliver()
        assert len(mail.taken) == minute // 2 + 1, "the other channel has it at once"
        run.pass_time(120, 40)
    assert web.taken == []
    assert web.asked < 60, "who is away is not run down"
    web.status = 200
    run.pass_time(600, 10)
    assert Counter(body["warnings"][0]["id"] for _, body in web.taken) == Counter(f"w{n}" for n in range(0, 60, 2))
    assert len(set(web.ids)) == len(web.ids) == 30
    assert run.box.tally("cmms").waiting == 0


def test_a_refused_message_is_given_up_and_the_next_goes_out(post: MakePost, web: WebServer) -> None:
    web.statuses = [422]
    run = post(channel("cmms", web.url))
    run.say(warning("a"), warning("b"))
    run.deliver()
    assert [body["warnings"][0]["id"] for _, body in web.taken] == ["b"]
    tally = run.box.tally("cmms")
    assert (tally.given_up, tally.reason) == (1, "cmms answers 422")


def test_killed_between_outbox_and_delivery_it_delivers_after_the_restart(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    run.say(warning("a"), warning("b"))
    run.restart()
    run.look()
    run.deliver()
    assert sorted(body["warnings"][0]["id"] for _, body in web.taken) == ["a", "b"]
    run.restart()
    run.pass_time(60, 10)
    assert len(web.taken) == 2


def test_killed_between_the_receivers_ok_and_our_record_it_repeats_once_with_the_same_id(
    post: MakePost, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = post(channel("cmms", web.url))
    run.say(warning("a"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "delivered", killed)
        with pytest.raises(KeyboardInterrupt):
            run.deliver()
    run.restart()
    run.pass_time(60, 10)
    assert len(web.ids) == 2
    assert len(set(web.ids)) == 1


def test_killed_between_outbox_and_kafka_it_makes_no_message_twice(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    run.log.is_away = True  # what is committed stays behind
    run.say(warning("a"))
    assert run.log.told == {}
    run.restart()
    run.pass_time(60, 10)
    assert len(web.taken) == 1
    # A worker that was killed says the same again, and so does nobody here.
    run.say(warning("a"))
    run.pass_time(60, 10)
    assert len(web.taken) == 1


def test_a_new_outbox_goes_on_where_kafka_says(post: MakePost, web: WebServer, tmp_path: Path) -> None:
    run = post(channel("cmms", web.url))
    run.say(warning("a"))
    run.box.close()
    run.path = str(tmp_path / "another.sqlite3")
    run.log, run.box = run.log.again(), Outbox(run.path)
    run.log.add(warning("b"))
    run.start()
    run.pass_time(3)
    assert [body["warnings"][0]["id"] for _, body in web.taken] == ["b"]


def test_the_first_run_begins_at_the_end_and_knows_what_stands(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url, digest_at=Clock(7)))
    run.log.add(warning("a"), warning("b"))
    run.log = run.log.again()
    run.box.put([], {}, START)
    run.start()  # the state of the outbox is that of the empty topic: both are news
    run.look()
    run.deliver()
    assert len(web.taken) == 2
    fresh = MemoryLog()
    fresh.add(warning("a"), warning("b"), warning("c"))
    with Outbox(f"{run.path}.first") as box:
        messenger = Messenger(fresh, box, run.channels, FLEET, [], clock=lambda: run.now_ns)
        messenger.begin()
        assert messenger.step(0.0) == 0
        run.now_ns = START + 7 * HOUR
        assert messenger.step(0.0) == 1, "the digest of the day"
        one = box.due("cmms", run.now_ns)
        assert one is not None
        assert "3 stand (0 urgent, 3 warning, 0 watch), 3 of them unattended" in json.loads(one.body)["text"]


def test_a_topic_that_was_made_anew_is_read_from_its_begin(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    run.say(*(warning(f"w{i}") for i in range(9)))
    run.deliver()
    run.log.parts, run.log.told = [[], []], {}
    run.log.add(warning("x"), warning("y"))
    run.restart()
    run.pass_time(700, 10)
    told = {line["id"] for _, body in web.taken for line in body["lines"]}
    assert told == {f"w{i}" for i in range(9)} | {"x", "y"}


def test_replays_and_junk_are_passed_over(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    run.say(warning("a"), headers=(("replay", b"try-2"),))
    run.say(b"junk", b"", b"\xff{", b'{"kind": "early_warning"}', b'{"kind": "of tomorrow"}')
    run.deliver()
    assert (web.asked, run.messenger.unreadable) == (0, 4)


def test_a_flood_is_ten_messages_in_ten_minutes_and_every_warning_is_in_them(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    for part in range(10):
        run.say(*(warning(f"w{part}-{i}", time_ns=run.now_ns) for i in range(100)))
        run.pass_time(30, 15)
    run.pass_time(9 * 3600, 1800)
    times = [body["time"] for _, body in web.taken]
    seconds = sorted(time.mktime(time.strptime(one, "%Y-%m-%dT%H:%M:%SZ")) for one in times)
    assert all(sum(0 <= b - a < WINDOW_S for b in seconds) <= PAGES_MOST for a in seconds)
    assert {line["id"] for _, body in web.taken for line in body["lines"]} == {
        f"w{part}-{i}" for part in range(10) for i in range(100)
    }


def test_nobody_acknowledges_since_the_channel_is_away_so_another_is_told(
    post: MakePost, web: WebServer, mail: MailServer
) -> None:
    mail.refusal = "451 not now"
    boss = channel("boss", web.url, stations=frozenset({"none"}))
    run = post(channel("crew", mail.url, escalate_after_s=600.0, escalate_to="boss"), boss)
    run.say(warning("a"), warning("b"))
    run.say(warning("b", "acknowledged", time_ns=START + MINUTE, act=Act("Li Wei", "on my way")))
    run.pass_time(620, 10)
    ((_, body),) = web.taken
    assert (body["kind"], body["escalated_from"], [line["id"] for line in body["lines"]]) == (
        "escalation",
        "crew",
        ["a"],
    )


class Broken:
    """A library with a bug."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def send(self, message: Outgoing) -> None:
        self.sent.append(message)
        if len(self.sent) == 1:
            raise TypeError("unsupported operand")


def test_a_bug_of_a_library_with_one_message_ends_no_channel(post: MakePost, caplog: pytest.LogCaptureFixture) -> None:
    broken = Broken()
    run = post(channel("x"), senders={"x": broken})
    run.say(warning("a"))
    run.pass_time(3)
    assert [one.id for one in broken.sent] == [broken.sent[0].id] * 2
    assert "unsupported operand" in caplog.text


def test_a_slow_channel_delays_no_other(post: MakePost, web: WebServer, mail: MailServer) -> None:
    """Real threads: the web server answers after a minute, or when the test ends."""
    web.delay_s = 60.0
    run = post(channel("cmms", web.url), channel("crew", mail.url))
    ticks = iter(range(10**9))

    def alive() -> None:
        if next(ticks) == 0:
            run.log.add(warning("a"), warning("b"))

    def is_ending() -> bool:
        return len(mail.taken) == 2

    began_s = time.monotonic()
    run.messenger.run(is_ending, alive)
    assert len(mail.taken) == 2
    assert web.taken == []
    # The program has let the slow one go after END_S.
    assert time.monotonic() - began_s < 15.0
    assert run.box.tally("cmms").waiting == 2


def test_an_outbox_that_can_be_used_no_more_ends_the_program(post: MakePost, web: WebServer, tmp_path: Path) -> None:
    run = post(channel("cmms", web.url))
    run.couriers[0] = Courier("cmms", sender_of("cmms", web.url), str(tmp_path / "missing" / "outbox"))
    messenger = Messenger(run.log, run.box, run.channels, FLEET, run.couriers)
    messenger.begin()
    with pytest.raises(ConnectorError, match="unable to open"):
        messenger.run(lambda: False, lambda: None)


def test_a_flag_of_data_quality_and_who_acknowledged_are_in_the_message(post: MakePost, web: WebServer) -> None:
    run = post(channel("cmms", web.url))
    sensor = (
        b'{"id":"q","kind":"data_quality","station":"YXK","block":"main","unit":"1","tag":"MKD10CT101",'
        b'"transition":"opened","time_ns":1,"reason":"stuck","text_zh":"","text_en":""}'
    )
    run.say(sensor, warning("a"))
    run.say(warning("a", "acknowledged", time_ns=START + MINUTE, act=Act("Li Wei", "on site")))
    run.say(replace(warning("a", "returned"), time_ns=START + 2 * MINUTE))
    run.deliver()
    opened, returned = (body["warnings"][0] for _, body in web.taken)
    assert opened["data_quality"] == {"good": False, "bad_tags": ["MKD10CT101"]}
    assert opened["acknowledged"] is None
    assert (returned["acknowledged"]["who"], returned["acknowledged"]["why"]) == ("Li Wei", "on site")


@pytest.mark.parametrize("state", [b'{"schema": 2}', b"{", b"{}"])
def test_an_outbox_of_newer_code_is_one_sentence(post: MakePost, state: bytes) -> None:
    run = post(channel("cmms", "https://cmms.example/"))
    run.box.put([], {DESKS: state}, START)
    with pytest.raises(ConnectorError, match="expected one of this version"):
        run.restart()
