"""Mail through Apprise, against a real SMTP server in Python; exim is met in tests/real."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Unconfirmed
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.delivery.doubles import MailDouble, closed_port, mail_double, silent_server

SALE = Message(
    Kind.SALE,
    "€49.00 from <b>Zoë</b>",
    "Acme & Söhne\n2 x <i>Widget</i>",
    Urgency.NORMAL,
    "https://dashboard.stripe.com/payments/pi_1",
)


def url(port: int, *more: str) -> str:
    return "&".join([f"mailto://127.0.0.1:{port}?from=shop@example.org", *(more or ["to=you@example.org"])])


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def read(server: MailDouble) -> EmailMessage:
    (envelope,) = server.mails
    content = envelope.content
    assert isinstance(content, bytes)
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").strip()


def test_a_mail_says_the_message_in_plain_text() -> None:
    with mail_double() as server:
        assert only(url(server.port)).send(SALE) == Delivered()
    mail = read(server)
    assert mail["Subject"] == SALE.title
    assert mail["From"].addresses[0].addr_spec == "shop@example.org"
    assert mail["To"] == "you@example.org"
    assert mail.get_body(("html",)) is None
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"


def test_a_mail_in_html_shows_a_name_as_it_is() -> None:
    with mail_double() as server:
        assert only(url(server.port, "to=you@example.org", "format=html")).send(SALE) == Delivered()
    part = read(server).get_body(("html",))
    assert part is not None
    assert "&lt;i&gt;Widget&lt;/i&gt;" in part.get_content()
    assert "<i>" not in part.get_content()


def test_a_hostile_title_adds_no_header() -> None:
    hostile = Message(Kind.SALE, "Sale\r\nBcc: evil@example.org\n\nHello", "Acme", Urgency.NORMAL)
    with mail_double() as server:
        assert only(url(server.port)).send(hostile) == Delivered()
    mail = read(server)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Sale Bcc: evil@example.org Hello"
    assert server.mails[0].rcpt_tos == ["you@example.org"]


def test_each_recipient_gets_a_mail_of_their_own() -> None:
    with mail_double() as server:
        targets = open_targets(url(server.port, "to=one@example.org,two@example.org", "cc=three@example.org"))
        assert [target.send(SALE) for target in targets] == [Delivered()] * 3
    assert [mail.rcpt_tos for mail in server.mails] == [
        ["one@example.org"],
        ["two@example.org"],
        ["three@example.org"],
    ]


def test_a_recipient_keeps_the_name_that_the_url_gives() -> None:
    with mail_double() as server:
        assert only(url(server.port, "to=%22Lovelace,%20Ada%22%20<you@example.org>")).send(SALE) == Delivered()
    assert read(server)["To"].addresses[0].display_name == "Lovelace, Ada"


def test_a_refused_recipient_is_surely_not_sent() -> None:
    with mail_double(recipient_answer="550 no mailbox you@example.org here") as server:
        outcome = only(url(server.port)).send(SALE)
    assert outcome == NotSent("the mail server refused the recipient (550 no mailbox … here)")


def test_a_refusal_after_the_data_is_surely_not_sent() -> None:
    with mail_double(data_answer="552 message too large") as server:
        outcome = only(url(server.port)).send(SALE)
    assert outcome == NotSent("the mail server answered 552 message too large")


@pytest.mark.parametrize("answer", ["", None], ids=["hangs up", "goes silent"])
def test_no_answer_after_the_data_is_unconfirmed(answer: str | None) -> None:
    with mail_double(data_answer=answer) as server:
        outcome = only(url(server.port, "to=you@example.org", "cto=0.3")).send(SALE)
    assert server.data_seen.is_set()
    assert outcome == Unconfirmed("the mail server went silent or closed the connection")


def test_a_server_that_never_greets_is_surely_not_sent() -> None:
    with silent_server() as port:
        outcome = only(url(port, "to=you@example.org", "cto=0.2")).send(SALE)
    assert isinstance(outcome, NotSent)


def test_nothing_listening_is_surely_not_sent() -> None:
    assert only(url(closed_port())).send(SALE) == NotSent("connection refused")


def test_a_server_without_starttls_is_surely_not_sent() -> None:
    with mail_double() as server:
        outcome = only(url(server.port, "to=you@example.org", "mode=starttls")).send(SALE)
    assert isinstance(outcome, NotSent)
    assert server.mails == []
