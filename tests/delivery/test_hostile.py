"""Names and descriptions that mean harm, on every named service: what it is sent, byte for byte, obeys nothing of them.

Mostly they are given to the door as they are. In the daemon :mod:`cashnotifyd.wording.safe_text` has cleaned them
before, and the door is the second wall; only control characters it leaves to the first.
"""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET  # of our own making

import pytest

from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, Outcome
from cashnotifyd.vocabulary import Kind, Message, Urgency
from cashnotifyd.wording.safe_text import clean
from tests.delivery.doubles import HttpDouble, Request, http_double, lead_all_to, mail_double

LINK: Final = "https://dashboard.stripe.com/acct_1/payments/pi_1?a=b&c=d"
NAMES: Final = (
    "<b>Ada</b> <img src=x onerror=alert(1)> &amp; </text></message>",
    "[free](https://evil.example) **b** _i_ ~~s~~ `c` ||x|| *x* ~y~",
    "@channel @everyone @here @all @room @ada x@everyone",
    "<!channel> <!here> <@U123> <@&9> <users/all> <at>Ada</at>",
    "<https://evil.example|Stripe Dashboard>",
    "{{DATE(2027-01-01T00:00:00Z, SHORT)}} {{{TIME(2027-01-01T00:00:00Z)}}}",
)
LINES: Final = "# head\n> quote\n- list\n1. item\n```\ncode"
ESCAPED: Final = re.compile(r"\\.", re.DOTALL)


@dataclass(frozen=True)
class Service:
    """``said``: title and body in a request. ``harmless``: whether both obey nothing. ``fits``: the service's limit."""

    url: str
    said: Callable[[Request], tuple[str, str]]
    harmless: Callable[[str, Request], bool]
    fits: Callable[[str, str], bool]


def sent_json(*path: str | int) -> Callable[[Request], Any]:
    def at(request: Request) -> Any:  # noqa: ANN401 (JSON)
        found: Any = json.loads(request.body)
        for step in path:
            found = found[step]
        return found

    return at


def fields(title: str, body: str) -> Callable[[Request], tuple[str, str]]:
    return lambda request: (sent_json(title)(request), sent_json(body)(request))


def in_one(field: str, *, after: str = "", line: str = "\n") -> Callable[[Request], tuple[str, str]]:
    """A title that is the first line of the body."""

    def said(request: Request) -> tuple[str, str]:
        title, _, body = str(sent_json(field)(request)).removeprefix(after).partition(line)
        return title, body

    return said


def in_xml(request: Request) -> tuple[str, str]:
    root = ET.fromstring(request.body)
    texts = {element.tag: element.text or "" for element in root.iter()}
    return texts["Subject"], texts["Message"]


def as_it_is(text: str, request: Request) -> bool:
    """Services that read no markup are sent none, and are not told to read any."""
    told_to = b"markdown" in request.body.lower() or b"html=" in request.body or "X-Markdown" in request.headers
    return not told_to and not re.search(r"\\[*_\[<]|&lt;", text)


def no_call(text: str) -> bool:
    return re.search(r"(?<!\w)@\w|@everyone|<@", text) is None


def no_markdown(text: str, _: Request) -> bool:
    bare = ESCAPED.sub("", text.replace(f"[Stripe Dashboard]({LINK})", "").replace(LINK, ""))
    return no_call(text) and not re.search(r"[*`|~_]|\]\(|^(?:#|>|-|\d+\.) ", bare, re.MULTILINE)


def telegrams(text: str, _: Request) -> bool:
    return re.findall(r"<[^>]*>", text) in ([], ["<b>", "</b>"]) and no_call(html.unescape(text))


def slacks(text: str, request: Request) -> bool:
    return sent_json("mrkdwn")(request) is False and not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)


def unescaped(text: str) -> bool:
    """No sign that means something, for services that show a backslash before one."""
    alive = r"[*`~]|\\[*_~`#.\[\]<>|-]|\|\||(?<![^\W_])_|_(?![^\W_])|\]\(|^\s*(?:#|>|&gt;|-|\d+\.) "
    return re.search(alive, text, re.MULTILINE) is None


def google_chats(text: str, _: Request) -> bool:
    """Commands, links and mentions there are between < and >."""
    link = f"<{LINK.replace('&', '&amp;')}|Stripe Dashboard>"
    return "<" not in text.removesuffix(link) and unescaped(re.sub(r"^\*(.*)\*$", r"\1", text.removesuffix(link)))


def rocket_chats(text: str, _: Request) -> bool:
    words = text.removesuffix(f"[Stripe Dashboard]({LINK})")
    return no_call(words) and unescaped(words) and not re.search(r"<[^\s\u200b]", words)


def teams(text: str, request: Request) -> bool:
    card = sent_json("attachments", 0, "content")(request)
    bare = ESCAPED.sub("", text.replace(f"[Stripe Dashboard]({LINK})", ""))
    if "{{" in text or re.search(r"[^\n]\n[^\n]", text):  # a date that is worked out; lines that are joined
        return False
    return "entities" not in card["msteams"] and not re.search(r"[*_`]|\]\(|<at>|^(?:#|-|\d+\.) ", bare, re.MULTILINE)


def matrixs(text: str, request: Request) -> bool:
    return json.loads(request.body).keys() == {"msgtype", "body"} and no_call(text)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    return len(text.encode())


def teams_texts(request: Request) -> tuple[str, str]:
    title, body = sent_json("attachments", 0, "content", "body")(request)
    return str(title["text"]), str(body["text"])


SERVICES: Final = {
    # ntfy's documentation, "Limitations": 4,096 bytes.
    "ntfy": Service("ntfys://h/acme", fields("title", "message"), as_it_is, lambda _, body: utf8(body) <= 4096),
    # Pushover's API documentation, "Limits": 250 and 1,024 characters.
    "Pushover": Service(
        f"pover://{'u' * 30}@{'a' * 30}",
        lambda request: (request.form["title"], request.form["message"]),
        as_it_is,
        lambda title, body: len(title) <= 250 and len(body) <= 1024,
    ),
    "Gotify": Service("gotifys://h/token", fields("title", "message"), as_it_is, lambda *_: True),
    # Discord's documentation, "Execute Webhook": 2,000 characters.
    "Discord": Service(
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        in_one("content", line="\r\n"),
        no_markdown,
        lambda title, body: utf16(title) + utf16(body) + 2 <= 2000,
    ),
    # As Discord, whose API it takes.
    "Guilded": Service(
        "guilded://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        in_one("content", line="\r\n"),
        no_markdown,
        lambda title, body: utf16(title) + utf16(body) + 2 <= 2000,
    ),
    # Revolt's API, "Message Send": 100 and 2,000 characters of an embed.
    "Revolt": Service(
        "revolt://bottoken1234/channel1234",
        lambda request: (
            sent_json("embeds", 0, "title")(request),
            sent_json("embeds", 0, "description")(request),
        ),
        no_markdown,
        lambda title, body: len(title) <= 100 and len(body) <= 2000,
    ),
    # Slack's documentation, "chat.postMessage": 40,000 characters.
    "Slack": Service(
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        lambda request: (
            sent_json("attachments", 0, "title")(request),
            sent_json("attachments", 0, "text")(request),
        ),
        slacks,
        lambda title, body: len(title) + len(body) <= 40_000,
    ),
    # Telegram's Bot API, "sendMessage": 4,096 characters after entities parsing, in UTF-16.
    "Telegram": Service(
        "tgram://123456789:abcdefghijklmnopqrst/11111",
        in_one("text", line="\r\n"),
        telegrams,
        lambda title, body: utf16(html.unescape(re.sub("<[^>]*>", "", title + body))) + 2 <= 4096,
    ),
    # Mattermost's documentation, "Incoming webhooks": 16,383 characters a post.
    "Mattermost": Service(
        "mmosts://h/3ccdd113474722377935511fc85d3dd4",
        in_one("text", line="\r\n"),
        no_markdown,
        lambda title, body: len(title + body) <= 16_383,
    ),
    # Matrix's Client-Server API, "Size limits": 65,536 bytes an event.
    "Matrix": Service(
        "matrixs://bot:password@h/!room:h?discovery=no",
        in_one("body"),
        matrixs,
        lambda title, body: len(json.dumps(title + body)) <= 64_000,
    ),
    # Rocket.Chat's default of "Maximum Allowed Characters Per Message": 5,000.
    "Rocket.Chat": Service(
        "rockets://webhook1234/token1234@h/#general",
        in_one("text", after="# "),
        rocket_chats,
        lambda title, body: len(title + body) <= 5000,
    ),
    # Google Chat's documentation, "Send a message": 32,000 bytes.
    "Google Chat": Service(
        "gchat://workspace/key/token", in_one("text"), google_chats, lambda title, body: utf8(title + body) <= 32_000
    ),
    # Microsoft Teams' documentation, "Limits and specifications": 28 KB a card.
    "Teams": Service(
        "workflows://h.example:443/643b4fe6b5ad4b8bbe8ee1f0a3f9a0d7/signature_abcd",
        teams_texts,
        teams,
        lambda title, body: utf8(title + body) <= 27_000,
    ),
    "json": Service("jsons://h/hook", fields("title", "message"), as_it_is, lambda *_: True),
    "xml": Service("xmls://h/hook", in_xml, as_it_is, lambda *_: True),
    "form": Service(
        "forms://h/hook",
        lambda request: (request.form["title"], request.form["message"]),
        as_it_is,
        lambda *_: True,
    ),
}
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def says(request: Request) -> tuple[int, bytes]:
    if "/login" in request.path:
        return 200, b'{"access_token": "syt_1", "user_id": "@bot:h", "home_server": "h", "device_id": "D"}'
    if "/join/" in request.path:
        return 200, b'{"room_id": "!room:h"}'
    return 200, b"ok" if "/services/" in request.path else b'{"ok": true, "status": 1}'


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpDouble]:
    with http_double() as server:
        server.respond = says
        lead_all_to(server.port, monkeypatch)
        yield server


def send(service: Service, title: str, body: str, picture: str | None = None) -> Outcome:
    (target,) = open_targets(service.url)
    return target.send(Message(Kind.SALE, title, body, Urgency.NORMAL, LINK, picture=picture))


def message_in(double: HttpDouble) -> Request:
    """The one request that is a message; a login is none."""
    (request,) = (one for one in double.requests if not re.search("/(?:login|logout|join)\\b", one.path))
    return request


@pytest.mark.fault(38, 39, 41, measured="0 obeyed")
@every_service
@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_name_is_obeyed(service: Service, name: str, double: HttpDouble) -> None:
    assert send(service, f"€49.00 from {name}", f"{name}\n{LINES}") == Delivered()
    request = message_in(double)
    title, body = service.said(request)
    for text in (title, body):
        assert service.harmless(text, request), text
    assert "€49.00 from" in title
    if service.harmless is as_it_is:
        assert (title, body.removesuffix(f"\n\n{LINK}")) == (f"€49.00 from {name}", f"{name}\n{LINES}")


@pytest.mark.fault(37, measured="0 headers added")
@every_service
def test_no_line_break_adds_a_header(service: Service, double: HttpDouble, tmp_path: Path) -> None:
    picture = tmp_path / "week.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    broken = 'Ada\r\nX-Evil: 1\r\n\r\nEvil"; filename="evil'
    for shown in (None, str(picture)):
        assert send(service, broken, broken, shown) == Delivered()
    assert double.requests
    for request in double.requests:
        assert not any("evil" in f"{name}: {value}".lower() for name, value in request.headers.items())
        assert b'\r\nX-Evil: 1\r\n\r\nEvil"; filename="evil\r\nContent' not in request.body


@every_service
@pytest.mark.parametrize("alphabet", ["Zoë paid. ", "<&>", "*_`~|", "@ada ", "😀", "\n- ", "\\", "a😀&<*_ @all\n"])
def test_a_long_text_is_cut_with_a_sign_and_never_refused(service: Service, alphabet: str, double: HttpDouble) -> None:
    long = (alphabet * 5000)[:5000]
    for title, body in ((long.replace("\n", " "), long), ("Sale", long), ("Sale €49.00", f"{long}{long}{long}{long}")):
        double.requests.clear()
        assert send(service, title, body) == Delivered()
        request = message_in(double)
        sent_title, sent_body = service.said(request)
        assert service.fits(sent_title, sent_body)
        for text in (sent_title, sent_body):
            assert service.harmless(text, request), text
        if service.harmless is as_it_is and body not in sent_body:
            assert "…" in sent_body
        apart = request.headers.get("X-Click") == LINK or request.form.get("url") == LINK
        assert apart or LINK in html.unescape(sent_body)  # whole, after the sign


@pytest.mark.fault(40, measured="0 left")
@every_service
def test_what_is_invisible_and_what_moves_the_cursor_has_gone(service: Service, double: HttpDouble) -> None:
    name = (
        "\x1b[31mAda\x1b[0m \x9b2J\x1b]8;;https://evil.example\x07x \u202egnp.exe\u2066 \ufeff\u200b\x00\x07 @everyone"
    )
    cleaned = clean(f"{name} {NAMES[2]} {NAMES[3]}")
    assert send(service, f"€49.00 from {cleaned}", f"{cleaned}\nAcme") == Delivered()
    request = message_in(double)
    for text in service.said(request):
        assert service.harmless(text, request), text
        left = {sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"}} - {"\r", "\n"}
        assert left == set()
        assert not re.search(r"(?<!\w)@\w|@everyone", text)


@pytest.mark.parametrize("name", [*NAMES, "Ada\r\nBcc: eve@example.org\r\n\r\nEvil", "x" * 5000])
def test_a_mail_goes_to_whom_it_should_and_shows_a_name_as_it_is(name: str) -> None:
    with mail_double() as server:
        (target,) = open_targets(f"mailto://127.0.0.1:{server.port}?from=shop@example.org&to=you@example.org")
        assert target.send(Message(Kind.SALE, f"€49 from {name}", f"{name}\nAcme", Urgency.NORMAL, LINK)) == Delivered()
    (envelope,) = server.mails
    assert envelope.rcpt_tos == ["you@example.org"]
    assert isinstance(envelope.content, bytes)
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert not {"bcc", "x-evil"} & {header.lower() for header in mail}
    page = mail.get_body(("html",))
    assert page is not None
    assert not re.search(r"<img src=x|<b>Ada|<at>|<!channel>", page.get_content())
