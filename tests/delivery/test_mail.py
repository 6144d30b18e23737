"""Mail through Apprise, against a real SMTP server in Python; exim and a browser are met in tests/real."""

from __future__ import annotations

import email
import email.policy
import re
import smtplib
import struct
import zlib
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Refused, Unconfirmed
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency
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


def sent(message: Message, *more: str) -> EmailMessage:
    with mail_double() as server:
        assert only(url(server.port, "to=you@example.org", *more)).send(message) == Delivered()
    return read(server)


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


class Page(HTMLParser):
    """What a browser would make of it: elements, where they lead, and the words that are shown."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data)

    def leads_to(self) -> list[str]:
        return [value for name, value in self.attributes if name in {"href", "src", "background", "action"}]

    def images(self) -> list[str]:
        return [value.removeprefix("cid:") for name, value in self.attributes if name == "src"]


def image_file(path: Path, padding: int = 0) -> str:
    """A PNG of one pixel, made larger by ``padding`` bytes that no one shows."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"prVt", bytes(padding))
        + chunk(b"IDAT", zlib.compress(bytes(4)))
        + chunk(b"IEND", b"")
    )
    return str(path)


def test_a_mail_says_the_message_in_text_and_as_a_page() -> None:
    mail = sent(SALE)
    assert mail["Subject"] == SALE.title
    assert mail["From"].addresses[0].addr_spec == "shop@example.org"
    assert mail["To"] == "you@example.org"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"
    page = Page(html(mail))
    assert [words for words in page.words if words in (SALE.title, *SALE.body.splitlines())][-3:] == [
        SALE.title,
        *SALE.body.splitlines(),
    ]
    assert page.leads_to() == [SALE.link]


def test_a_mail_is_dated_identified_and_sent_by_a_program() -> None:
    mail = sent(SALE)
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Message-ID"].startswith("<")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.defects == []


LONG = (
    "Sale €49.00 · " + "Zoë " * 55,
    "Dispute €89.00 · \u2039script>" + "x" * 215,
    "😀" * 200,
    "日本語 " * 60,
    "é" * 10 + "a" * 100 + "é" * 10,
    "T" * 250,
    "plain words " * 19,
    "=?utf-8?b?QmNjOiBldmVAZXhhbXBsZS5vcmc=?= paid",
    "two  blanks   and a \x1b sign",
    "€" * 40 + "\r\nBcc: eve@example.org",
)
ENCODED = re.compile(rb"=\?([^?]*)\?([bq])\?([^? ]*)\?=", re.IGNORECASE)


@pytest.mark.parametrize("style", ["format=html", "format=text"])
@pytest.mark.parametrize("title", [title.strip() for title in LONG], ids=range(len(LONG)))
def test_a_title_of_any_length_and_alphabet_is_read_as_it_is(title: str, style: str) -> None:
    name = "Café " * 9 + "Söhne"
    with mail_double() as server:
        words = (f"to={quote(f'{name} <you@example.org>')}", f"from={quote(f'{name} <shop@example.org>')}", style)
        (target,) = open_targets(f"mailto://127.0.0.1:{server.port}?{'&'.join(words)}")
        assert target.send(replace(SALE, title=title)) == Delivered()
    (envelope,) = server.mails
    assert isinstance(envelope.content, bytes)
    head = envelope.content.partition(b"\r\n\r\n")[0]
    # RFC 2047, section 2: a line with an encoded word has 76 characters at most, a word 75 and whole characters.
    assert max(map(len, head.split(b"\r\n"))) <= 76
    encoded = list(ENCODED.finditer(head))
    assert max(len(word[0]) for word in encoded) <= 75
    for word in encoded:
        (chunk, charset), *more = decode_header(word[0].decode("ascii"))
        assert isinstance(chunk, bytes)
        assert charset == "utf-8"
        assert chunk.decode("utf-8") != ""
        assert more == []
    shown = re.sub(r"[\r\n]+", " ", title)
    assert_read(head, shown, name)


def assert_read(head: bytes, title: str, name: str) -> None:
    """Both of Python's readers, the tolerant one and the old one, find the title and the names, and nobody else."""
    tolerant = email.message_from_bytes(head, policy=email.policy.default)
    old = email.message_from_bytes(head)
    assert tolerant["Bcc"] is None
    assert str(tolerant["Subject"]) == title
    assert str(make_header(decode_header(old["Subject"]))) == title
    for field, address in (("From", "shop@example.org"), ("To", "you@example.org")):
        # The names by the old one alone: the other leaves a blank between two encoded words of a name (CPython 3.11).
        assert parseaddr(str(make_header(decode_header(old[field])))) == (name, address)
        assert [found.addr_spec for found in tolerant[field].addresses] == [address]


IMPORTANCE = ("Importance", "X-Priority", "Priority")


@pytest.mark.parametrize(
    ("urgency", "expected"),
    [
        (Urgency.EMERGENCY, ["high", "1", "urgent"]),
        (Urgency.HIGH, ["high", "1", "urgent"]),
        (Urgency.NORMAL, [None, None, None]),
        (Urgency.LOW, ["low", "5", "non-urgent"]),
    ],
)
def test_a_mail_is_as_important_as_its_message_is_urgent(urgency: Urgency, expected: list[str | None]) -> None:
    mail = sent(replace(SALE, urgency=urgency))
    assert [mail[name] for name in IMPORTANCE] == expected


def test_importance_that_the_url_sets_is_the_only_one() -> None:
    mail = sent(replace(SALE, urgency=Urgency.HIGH), "+x-priority=5", "+auto-submitted=no")
    assert [mail[name] for name in IMPORTANCE] == [None, "5", None]
    assert mail.get_all("Auto-Submitted") == ["no"]


def test_a_url_that_asks_for_text_gets_text_alone() -> None:
    mail = sent(replace(SALE, urgency=Urgency.LOW), "format=text")
    assert mail.get_content_type() == "text/plain"
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"
    assert mail["Importance"] == "low"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("asked", ["format=html", "format=markdown"])
def test_a_url_that_asks_for_html_gets_the_same_page(asked: str) -> None:
    mail = sent(SALE, asked)
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"
    assert html(mail) == html(sent(SALE))


def test_a_page_tells_the_account_from_the_headline() -> None:
    mail = sent(
        replace(SALE, title="Sale €49.00 · Acme Shop", body="For a desk\n\nAcme Shop · live mode · Nov 24, 2026")
    )
    assert mail["Subject"] == "Sale €49.00 · Acme Shop"
    assert Page(html(mail)).words[-7:] == [
        "For a desk",  # beside the subject in a list of mails
        "Acme Shop",
        "Sale €49.00",
        "For a desk",
        "Stripe Dashboard",
        "Acme Shop · live mode · Nov 24, 2026",
        "cashnotifyd",
    ]


def test_a_dot_in_a_title_may_mean_anything() -> None:
    assert "Plan A · Plan B" in Page(html(sent(replace(SALE, title="Plan A · Plan B", body="Acme · live mode")))).words


def test_a_message_without_a_link_has_no_button() -> None:
    mail = sent(replace(SALE, link=None))
    assert text(mail) == SALE.body
    assert Page(html(mail)).leads_to() == []


def test_a_link_that_is_no_web_address_is_no_button() -> None:
    mail = sent(replace(SALE, link="javascript:alert(1)"))
    assert Page(html(mail)).leads_to() == []


def test_a_message_of_a_title_alone_is_a_whole_mail() -> None:
    mail = sent(replace(SALE, body="", link=None))
    assert SALE.title in Page(html(mail)).words


def test_the_icon_of_the_account_travels_with_the_mail(tmp_path: Path) -> None:
    icon = Icon(url="https://files.stripe.com/links/icon", file=image_file(tmp_path / "icon.png"))
    mail = sent(replace(SALE, icon=icon))
    assert "files.stripe.com" not in str(mail)
    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [f"<{cid}>" for cid in Page(html(mail)).images()] == [image["Content-ID"]]
    assert image.get_content() == (tmp_path / "icon.png").read_bytes()
    assert image.get_content_disposition() == "inline"


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x01\x00icon", b"<svg onload='alert(1)'/>", None])
def test_a_mail_without_an_icon_to_show_goes_without(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "icon.png").write_bytes(content)
    mail = sent(replace(SALE, icon=Icon(file=str(tmp_path / "icon.png"))))
    assert Page(html(mail)).images() == []
    assert len(list(mail.walk())) == 3


def test_an_icon_too_large_for_every_mail_stays_behind(tmp_path: Path) -> None:
    mail = sent(replace(SALE, icon=Icon(file=image_file(tmp_path / "icon.png", padding=200_000))))
    assert Page(html(mail)).images() == []


def test_a_picture_is_shown_with_the_message_and_named(tmp_path: Path) -> None:
    picture = image_file(tmp_path / "week.png", padding=200_000)
    mail = sent(replace(SALE, picture=picture))
    page = Page(html(mail))
    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [f"<{cid}>" for cid in page.images()] == [image["Content-ID"]]
    assert ("alt", SALE.title) in page.attributes
    assert image.get_content() == Path(picture).read_bytes()
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"


def test_a_picture_that_is_gone_holds_up_no_message(tmp_path: Path) -> None:
    mail = sent(replace(SALE, picture=str(tmp_path / "gone.png")))
    assert text(mail) == f"{SALE.body}\n\n{SALE.link}"
    assert Page(html(mail)).images() == []


HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(1)>",
    "\"><a href='https://evil.example'>click</a>",
    "</td></table></body></html><h1>You owe us",
    "<!-- --> <![CDATA[ ]]> &lt;b&gt; &#60;i&#62; <style>*{display:none}</style>",
    "@channel @everyone <!here> [free](https://evil.example) **bold** `code`",
    "\x1b[31mred\x1b[0m \u202egnp.exe\u202c \u2066x",
    "x" * 5000,
    "Ada\r\nBcc: evil@example.org\r\nX-Evil: 1\r\n\r\n<b>body</b>",
    "--===============1234==\nContent-Type: text/html\n\n<b>part</b>",
    ".\r\nQUIT\r\n",
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_words(words: str) -> None:
    tame = Page(html(sent(SALE)))
    mail = sent(replace(SALE, title=words, body=f"{words}\nAcme · live mode"))
    page = Page(html(mail))
    assert set(page.tags) == set(tame.tags)
    assert page.leads_to() == [SALE.link]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert {"bcc", "x-evil"}.isdisjoint(name.lower() for name in mail)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    shown = "".join(page.words)
    assert all(line in shown for line in words.splitlines())
    assert text(mail).split() == f"{words}\nAcme · live mode\n\n{SALE.link}".split()


def test_a_page_asks_the_network_for_nothing(tmp_path: Path) -> None:
    icon = Icon(url="https://files.stripe.com/links/icon", file=image_file(tmp_path / "icon.png"))
    source = html(sent(replace(SALE, icon=icon, picture=image_file(tmp_path / "week.png"))))
    page = Page(source)
    assert {"script", "link", "iframe", "form", "object"}.isdisjoint(page.tags)
    assert "url(" not in source
    assert "@import" not in source
    assert [where for where in page.leads_to() if not where.startswith("cid:")] == [SALE.link]


@pytest.mark.fault(37, measured="0 headers added")
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


def test_a_refused_recipient_is_refused_for_every_message() -> None:
    with mail_double(recipient_answer="550 no mailbox you@example.org here") as server:
        outcome = only(url(server.port)).send(SALE)
    assert outcome == Refused("the mail server refused the recipient (550 no mailbox … here)", "channel")


def test_a_refusal_after_the_data_is_of_this_message() -> None:
    with mail_double(data_answer="552 message too large") as server:
        outcome = only(url(server.port)).send(SALE)
    assert outcome == Refused("the mail server answered 552 message too large", "message")


@pytest.mark.fault(16, measured="SMTP: no answer after the data is doubt")
@pytest.mark.parametrize("answer", ["", None], ids=["hangs up", "goes silent"])
def test_no_answer_after_the_data_is_unconfirmed(answer: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    send = smtplib.SMTP.send

    def send_and_wait_for_a_moment(connection: smtplib.SMTP, data: bytes | str) -> None:
        send(connection, data)
        if data[-5:] == b"\r\n.\r\n" and connection.sock is not None:  # all before takes as long as it takes
            connection.sock.settimeout(0.3)

    monkeypatch.setattr(smtplib.SMTP, "send", send_and_wait_for_a_moment)
    with mail_double(data_answer=answer) as server:
        outcome = only(url(server.port, "to=you@example.org")).send(SALE)
    assert server.data_seen.is_set()
    assert outcome == Unconfirmed("the mail server went silent or closed the connection")


def test_a_server_that_never_greets_is_surely_not_sent() -> None:
    with silent_server() as port:
        outcome = only(url(port, "to=you@example.org", "cto=0.2")).send(SALE)
    assert isinstance(outcome, NotSent)


def test_nothing_listening_is_surely_not_sent() -> None:
    assert only(url(closed_port())).send(SALE) == NotSent("connection refused")


def test_a_server_without_starttls_is_refused() -> None:
    with mail_double() as server:
        outcome = only(url(server.port, "to=you@example.org", "mode=starttls")).send(SALE)
    assert isinstance(outcome, Refused)
    assert outcome.of == "channel"
    assert server.mails == []
