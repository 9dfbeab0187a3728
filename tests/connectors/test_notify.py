"""Sending by a signed webhook and by mail, to real servers on loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from connectors.errors import ConnectorError
from connectors.notify import MAIL_HEADER, Outgoing, Service, Webhook, is_known, is_webhook, sender_of, sign, verify
from tests.services.receivers import SECRET, MailServer, WebServer, text_of

MESSAGE = Outgoing(
    "0b5f-1", "▲ 预警 pad too hot", "瓦温偏高。\nPad too hot.", False, json.dumps({"id": "0b5f-1"}).encode()
)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def test_a_webhook_is_signed_and_carries_its_id(web: WebServer) -> None:
    sender_of("cmms", web.url, secret=SECRET).send(MESSAGE)
    assert web.taken == [("0b5f-1", {"id": "0b5f-1"})]
    assert web.forged == 0


@pytest.mark.parametrize("secret", ["", "another-secret"])
def test_who_does_not_know_the_secret_is_refused(web: WebServer, secret: str) -> None:
    with pytest.raises(ConnectorError, match="cmms answers 401") as error:
        Webhook("cmms", web.url, secret=secret).send(MESSAGE)
    assert error.value.retryable, "the secret may be put right"
    assert (web.taken, web.forged) == ([], 1)


def test_a_signature_is_of_this_body_and_this_time() -> None:
    signature = sign(SECRET, "1000", b"{}")
    assert verify(SECRET, "1000", b"{}", signature, now_s=1200.0)
    assert not verify(SECRET, "1000", b"{ }", signature, now_s=1200.0)
    assert not verify(SECRET, "1001", b"{}", signature, now_s=1200.0)
    assert not verify(SECRET, "1000", b"{}", signature, now_s=1301.0), "too old: somebody plays it again"
    assert not verify(SECRET, "soon", b"{}", signature, now_s=1200.0)
    assert not verify("another", "1000", b"{}", signature, now_s=1200.0)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(500, True), (503, True), (429, True), (404, True), (302, True), (400, False), (413, False), (422, False)],
)
def test_what_a_webhook_answers_tells_whether_to_try_again(web: WebServer, status: int, retryable: bool) -> None:
    web.status = status
    with pytest.raises(ConnectorError, match=f"cmms answers {status}") as error:
        Webhook("cmms", web.url, secret=SECRET).send(MESSAGE)
    assert error.value.retryable is retryable
    assert web.asked == 1, "neither a redirect nor a failure is followed up here"


def test_nobody_listens() -> None:
    with socket.socket() as taken:  # bound but not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for sender in (
            Webhook("cmms", f"http://127.0.0.1:{port}/s3cret"),
            Service("crew", f"mailto://u:s3cret@127.0.0.1:{port}/?from=a@b.example&to=c@b.example&mode=insecure"),
        ):
            with pytest.raises(ConnectorError) as error:
                sender.send(MESSAGE)
            assert error.value.retryable
            assert "s3cret" not in str(error.value)
            assert "\n" not in str(error.value)


def test_mail_arrives_in_chinese_and_english_with_the_id(mail: MailServer) -> None:
    sender_of("crew", mail.url).send(MESSAGE)
    (one,) = mail.taken
    assert one["Subject"] == MESSAGE.title
    assert one[MAIL_HEADER] == "0b5f-1"
    assert text_of(one).strip().replace("\r", "") == MESSAGE.text


def test_mail_that_is_refused_is_tried_again(mail: MailServer) -> None:
    mail.refusal = "451 try again later"
    with pytest.raises(ConnectorError, match=r"^crew: ") as error:
        Service("crew", mail.url).send(MESSAGE)
    assert error.value.retryable
    mail.refusal = ""
    Service("crew", mail.url).send(MESSAGE)
    assert len(mail.taken) == 1


def test_an_address_says_how_to_send() -> None:
    assert is_webhook("https://a.example/x")
    assert not is_webhook("lark://token")
    assert is_known("wecombot://key")
    assert is_known("dingtalk://token")
    assert not is_known("pigeon://loft")
    with pytest.raises(ConnectorError, match="crew: apprise cannot read its address") as error:
        Service("crew", "pigeon://s3cret").send(MESSAGE)
    assert "s3cret" not in str(error.value)
