"""What each service is sent besides text, what its answers mean, and how fast it may be asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cashnotifyd.delivery.apprise_door.answers import Answer, meaning
from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Pace, Refused, Throttled
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency
from tests.delivery.doubles import HttpDouble, Request, http_double, lead_all_to

SALE = Message(Kind.SALE, "Sale €49.00", "Zoë", Urgency.NORMAL, "https://dashboard.stripe.com/payments/pi_1")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
MATRIX = "matrix://bot:password@example.org/!room:example.org"
MATRIX_BY_TOKEN = "matrix://:syt_token@example.org/!room:example.org"
NOW = 1_795_512_000.0


def says(request: Request) -> tuple[int, bytes]:
    """What Matrix, Slack, Telegram and the others say of a request that they like."""
    answers = {
        "/login": b'{"access_token": "syt_1", "user_id": "@bot:example.org", "home_server": "example.org"}',
        "/whoami": b'{"user_id": "@bot:example.org", "device_id": "D"}',
        "/join/": b'{"room_id": "!room:example.org"}',
        "/upload": b'{"content_uri": "mxc://example.org/1"}',
        "chat.postMessage": b'{"ok": true, "channel": "C1"}',
        "files.getUploadURLExternal": b'{"ok": true, "file_id": "F1", "upload_url": "https://files.slack.com/u/1"}',
        "/services/": b"ok",
    }
    if "/v2/alerts" in request.path:
        return 202, b'{"requestId": "r"}'
    return 200, next((answer for part, answer in answers.items() if part in request.path), b'{"ok": true, "status": 1}')


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpDouble]:
    """Every service there is."""

    def asleep(_: float) -> None:
        raise AssertionError("a lane's thread slept")

    with http_double() as server:
        server.respond = says
        lead_all_to(server.port, monkeypatch)
        monkeypatch.setattr(time, "sleep", asleep)
        yield server


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def sent(url: str, message: Message, service: HttpDouble) -> dict[str, Any]:
    assert only(url).send(message) == Delivered()
    parsed: dict[str, Any] = json.loads(service.requests[-1].body)
    return parsed


FOUR = (Urgency.EMERGENCY, Urgency.HIGH, Urgency.NORMAL, Urgency.LOW)


@pytest.mark.parametrize(
    ("url", "path", "values"),
    [
        ("gotify://example.org/token", ("priority",), (10, 8, 5, 3)),
        (DISCORD, ("flags",), (4, 4, 4, 4 | 4096)),
        ("tgram://123456789:abcdefghijklmnopqrst/11111", ("disable_notification",), (False, False, False, True)),
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
            ("attachments", 0, "color"),
            ("#A32037", "#CACF29", "#3AA3E3", "#3AA3E3"),
        ),
        ("bark://example.org/device", ("level",), ("critical", "timeSensitive", "active", "passive")),
        ("nctalk://user:password@example.org/room", ("silent",), (None, None, None, True)),
        ("opsgenie://abcdefabcdefabcdefabcdefabcdefab", ("priority",), ("P1", "P2", "P3", "P5")),
        ("json://example.org", ("type",), ("failure", "warning", "info", "info")),
    ],
)
def test_urgency_is_what_the_service_calls_it(
    url: str, path: tuple[str | int, ...], values: tuple[object, ...], service: HttpDouble
) -> None:
    for urgency, value in zip(FOUR, values, strict=True):
        found: Any = sent(url, replace(SALE, urgency=urgency), service)
        for step in path:
            found = found.get(step) if isinstance(step, str) else found[step]
        assert found == value


@pytest.mark.parametrize(
    ("url", "field", "value"),
    [
        ("gotify://example.org/token?priority=low", "priority", 0),
        (f"{DISCORD}?flags=64", "flags", 64),
        ("tgram://123456789:abcdefghijklmnopqrst/11111?silent=no", "disable_notification", False),
        ("tgram://123456789:abcdefghijklmnopqrst/11111?silent=yes", "disable_notification", True),
        ("bark://example.org/device?level=active&click=https://example.org/x", "url", "https://example.org/x"),
    ],
)
def test_what_the_url_says_wins(url: str, field: str, value: object, service: HttpDouble) -> None:
    assert sent(url, replace(SALE, urgency=Urgency.LOW), service)[field] == value


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("bark://example.org/device", ("icon",)),
        (
            "workflows://example.org:443/643b4fe6b5ad4b8bbe8ee1f0a3f9a0d7/signature_abcd",
            ("attachments", 0, "content", "body", 0, "url"),
        ),
    ],
)
def test_the_icon_is_shown(url: str, path: tuple[str | int, ...], service: HttpDouble) -> None:
    icon = Icon("https://files.stripe.com/links/fl_1")
    found: Any = sent(url, replace(SALE, icon=icon), service)
    for step in path:
        found = found[step]
    assert found == icon.url
    assert b"image" not in json.dumps(sent(url, SALE, service)).encode().lower()


def test_telegram_keeps_the_blank_line_before_the_link(service: HttpDouble) -> None:
    text = sent("tgram://123456789:abcdefghijklmnopqrst/11111", replace(SALE, body="Zoë\n\n2 x Widget"), service)[
        "text"
    ]
    assert text.split("\r\n") == ["<b>Sale €49.00</b>", "Zoë", "", "2 x Widget", "", SALE.link]


def test_ntfy_shows_an_emoji_for_each_kind(service: HttpDouble) -> None:
    for kind in (Kind.SALE, Kind.DISPUTE, Kind.OTHER):
        sent("ntfys://example.org/acme", replace(SALE, kind=kind), service)
    assert [request.headers.get("X-Tags") for request in service.requests] == ["moneybag", "rotating_light", None]
    sent("ntfys://example.org/acme?xtags=shop,eu", SALE, service)
    assert service.requests[-1].headers["X-Tags"] == "eu,shop"


TEAMS = "workflows://example.org:443/643b4fe6b5ad4b8bbe8ee1f0a3f9a0d7/signature_abcd"


@pytest.mark.parametrize(
    "url",
    [
        TEAMS,
        f"{TEAMS}?format=text",
        "https://example.logic.azure.com/workflows/643b4fe6b5ad4b8bbe8ee1f0a3f9a0d7/triggers/manual/paths/invoke?sig=abcd",
    ],
)
def test_teams_shows_a_long_title_whole_and_each_line_as_one(url: str, service: HttpDouble) -> None:
    card = sent(url, replace(SALE, body="Zoë\n2 x Widget\n\n#1 *x*"), service)["attachments"][0]["content"]
    title, body = card["body"]
    assert (title["text"], title["wrap"]) == (SALE.title, True)
    assert body["wrap"] is True
    assert body["text"].split("\n\n")[:3] == ["Zoë", "2 x Widget", r"\#1 \*x\*"]


def test_a_url_of_teams_decides_on_wrapping_and_on_the_whole_card(service: HttpDouble, tmp_path: Path) -> None:
    card = sent(f"{TEAMS}?wrap=no", SALE, service)["attachments"][0]["content"]
    assert [block["wrap"] for block in card["body"]] == [False, False]
    template = tmp_path / "card.json"
    content = {"contentType": "x", "content": {"body": [{"type": "TextBlock", "text": "{{app_title}}"}]}}
    template.write_text(json.dumps({"type": "message", "attachments": [content]}))
    (block,) = sent(f"{TEAMS}?template={template}", SALE, service)["attachments"][0]["content"]["body"]
    assert block == {"type": "TextBlock", "text": SALE.title}


@pytest.mark.parametrize("asked", ["", "?format=text"])
@pytest.mark.parametrize(
    "url", ["gchat://workspace/key/token", "rockets://webhook1234/token1234@example.org/%23general"]
)
def test_no_backslash_is_shown_and_an_address_stays_whole(url: str, asked: str, service: HttpDouble) -> None:
    body = "marta_k@example.org, a_b_c, 5*5, ~3, `x`, _y_"
    text = sent(f"{url}{asked}", replace(SALE, body=body, link=None), service)["text"]
    assert text.splitlines()[-1] == "marta_k@example.org, a_b_c, 5∗5, ∼3, ˋxˋ, ˍyˍ"  # noqa: RUF001 (signs that are read as nothing else)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, {}, b'{"ok": false, "error": "invalid_auth"}'), Refused("", "channel")),
        (Answer(200, {}, b'{"ok": false, "error": "msg_too_long"}'), Refused("", "message")),
        (Answer(200, {}, b'{"ok": false, "error": "ratelimited"}'), Throttled("", None)),
        (Answer(200, {}, b'{"ok": false, "error": "fatal_error"}'), NotSent("")),
        (Answer(400, {}, b'{"description": "Bad Request: chat not found"}'), Refused("", "channel")),
        (Answer(400, {}, b'{"parameters": {"migrate_to_chat_id": -100}}'), Refused("", "channel")),
        (Answer(400, {}, b'{"description": "Bad Request: message is too long"}'), Refused("", "message")),
        (Answer(400, {}, b'{"id": "web.incoming_webhook.invalid.app_error"}'), Refused("", "channel")),
        (Answer(400, {}, b'{"id": "web.incoming_webhook.text.app_error"}'), Refused("", "message")),
        (Answer(400, {}, b"\xff[" + b"[" * 100_000), Refused("", "message")),
        (Answer(429, {}, b""), Throttled("", None)),
        (Answer(429, {"Retry-After": "7"}, b""), Throttled("", 7.0)),
        (Answer(429, {"Retry-After": "Tue, 24 Nov 2026 05:20:30 GMT"}, b""), Throttled("", 1_795_497_630.0)),
        (Answer(429, {"Retry-After": "soon"}, b"[]"), Throttled("", None)),
        (Answer(429, {"Retry-After": "nan"}, b'{"retry_after": 1e999}'), Throttled("", None)),
        (Answer(429, {"Retry-After": "-5"}, b""), Throttled("", 0.0)),
        (Answer(429, {}, b'{"retry_after": 0.65, "global": false}'), Throttled("", 0.65)),
        (Answer(429, {"X-RateLimit-Reset-After": "1.5", "Retry-After": "1500"}, b""), Throttled("", 1.5)),
        (Answer(429, {}, b'{"ok": false, "parameters": {"retry_after": 35}}'), Throttled("", 35.0)),
        (Answer(429, {}, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}'), Throttled("", 2.5)),
        (Answer(503, {"Retry-After": "7"}, b""), NotSent("")),
    ],
)
def test_an_answer_means(answer: Answer, outcome: Outcome) -> None:
    assert meaning(answer, "", 0.0) == outcome


def test_what_is_told_as_a_moment_is_counted_from_now() -> None:
    answer = Answer(429, {"Retry-After": "Tue, 24 Nov 2026 09:21:00 GMT"})
    assert meaning(answer, "", NOW) == Throttled("", 60.0)
    assert meaning(Answer(429, {"X-Limit-App-Reset": "1795512600"}), "", NOW) == Throttled("", 600.0)


def test_discord_is_not_asked_twice_and_nobody_sleeps(service: HttpDouble) -> None:
    target = only(DISCORD)
    service.headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "9999999999",
        "X-RateLimit-Reset-After": "1.2",
    }
    service.respond = lambda _: (429, b'{"message": "You are being rate limited.", "retry_after": 1200}')
    outcome = target.send(SALE)
    assert isinstance(outcome, Throttled)
    assert outcome.seconds == 1.2
    assert len(service.requests) == 1
    service.respond = says
    assert target.send(SALE) == Delivered()


def test_matrix_is_not_asked_twice_and_nobody_sleeps(service: HttpDouble) -> None:
    def busy(request: Request) -> tuple[int, bytes]:
        limit = b'{"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 2500}'
        return (429, limit) if request.method == "PUT" else says(request)

    target = only(MATRIX)
    service.respond = busy
    outcome = target.send(SALE)
    assert isinstance(outcome, Throttled)
    assert outcome.seconds == 2.5
    assert [request.method for request in service.requests].count("PUT") == 1
    service.respond = says
    assert target.send(SALE) == Delivered()


@pytest.mark.parametrize("url", [MATRIX, MATRIX_BY_TOKEN])
def test_every_message_is_a_transaction_of_its_own_for_matrix(url: str, service: HttpDouble) -> None:
    target = only(url)
    for _ in range(3):
        assert target.send(SALE) == Delivered()
    assert len({request.path for request in service.requests if request.method == "PUT"}) == 3


def test_a_no_counts_although_a_yes_follows_it(service: HttpDouble) -> None:
    login = b'{"status": "success", "data": {"authToken": "t", "userId": "u"}}'
    service.respond = lambda request: (403, b"{}") if "postMessage" in request.path else (200, login)
    outcome = only("rocket://user:password@example.org/#general").send(SALE)
    assert [request.path for request in service.requests][-1].endswith("logout")
    assert isinstance(outcome, Refused)
    assert outcome.of == "channel"


def test_slacks_yes_that_is_a_no(service: HttpDouble) -> None:
    service.respond = lambda _: (200, b'{"ok": false, "error": "channel_not_found"}')
    outcome = only("slack://xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx/#general").send(SALE)
    assert isinstance(outcome, Refused)
    assert outcome.of == "channel"


@pytest.fixture
def pictured(tmp_path: Path) -> Message:
    picture = tmp_path / "acme week #3.png"
    picture.write_bytes(PNG)
    return replace(SALE, picture=str(picture))


def test_ntfy_shows_text_and_picture_as_one(service: HttpDouble, pictured: Message) -> None:
    message = replace(pictured, urgency=Urgency.HIGH, body="Zoë\nand Åsa")
    assert only("ntfys://example.org/acme").send(message) == Delivered()
    (request,) = service.requests
    assert request.body == PNG
    assert request.query["message"] == message.body
    assert request.query["title"] == message.title
    assert request.headers["X-Priority"] == "high"
    assert request.headers["X-Click"] == SALE.link


def test_telegram_shows_the_text_below_the_picture(service: HttpDouble, pictured: Message) -> None:
    assert only("tgram://123456789:abcdefghijklmnopqrst/11111").send(pictured) == Delivered()
    (request,) = service.requests
    assert request.path.endswith("/sendPhoto")
    assert PNG in request.body
    assert SALE.title.encode() in request.body


@pytest.mark.parametrize("status", [400, 413])
def test_a_picture_that_is_refused_is_left_out(status: int, service: HttpDouble, pictured: Message) -> None:
    service.respond = lambda request: (status, b"{}") if PNG in request.body else says(request)
    assert only("ntfys://example.org/acme").send(pictured) == Delivered()
    assert [PNG in request.body for request in service.requests] == [True, False]


@pytest.mark.parametrize("status", [413, 429, 500])
@pytest.mark.parametrize(
    "url",
    [
        DISCORD,
        "tgram://123456789:abcdefghijklmnopqrst/11111",
        "slack://xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx/#general",
        MATRIX,
    ],
)
def test_a_text_that_has_arrived_is_not_repeated_for_its_picture(
    url: str, status: int, service: HttpDouble, pictured: Message
) -> None:
    long = replace(pictured, body="a line of words\n" * 100)  # longer than Telegram's captions
    service.respond = lambda request: (status, b"{}") if PNG in request.body else says(request)
    with capture_logs() as logged:
        outcome = only(url).send(long)
    texts = [request for request in service.requests if b"a line of words" in request.body]
    if url == MATRIX and status != 413:  # there the picture is uploaded first
        assert not isinstance(outcome, Delivered)
        assert texts == []
    else:
        assert outcome == Delivered()
        assert len(texts) == 1
        (line,) = logged
        assert (line["event"], line["log_level"]) == ("a message went without its picture", "info")
        assert line["reason"]
        assert not re.search("JHMHI8q|abcdefgh|line of words", str(line))


def test_a_service_that_is_ill_keeps_its_picture_for_the_next_attempt(service: HttpDouble, pictured: Message) -> None:
    service.respond = lambda _: (500, b"")
    assert isinstance(only("ntfys://example.org/acme").send(pictured), NotSent)
    assert len(service.requests) == 1


@pytest.mark.parametrize("url", ["ntfys://example.org/acme", DISCORD, MATRIX_BY_TOKEN, "gotify://example.org/token"])
def test_a_picture_that_is_gone_or_cannot_be_shown_leaves_the_text(url: str, service: HttpDouble) -> None:
    assert only(url).send(replace(SALE, picture="/nowhere/acme.png")) == Delivered()
    assert sum(SALE.title.encode() in request.body or b"49.00" in request.body for request in service.requests) == 1


def test_no_picture_goes_where_it_would_drop_the_text(service: HttpDouble, pictured: Message) -> None:
    assert only(MATRIX_BY_TOKEN).send(pictured) == Delivered()
    assert not any(PNG in request.body for request in service.requests)


def test_an_icon_and_a_picture_go_together(service: HttpDouble, pictured: Message) -> None:
    icon = Icon("https://files.stripe.com/links/fl_1")
    assert only("ntfys://example.org/acme").send(replace(pictured, icon=icon)) == Delivered()
    assert service.requests[0].headers["X-Icon"] == icon.url


@pytest.mark.parametrize(
    ("url", "pace"),
    [
        ("ntfy://topic", Pace(60, 5.0)),
        ("ntfys://example.org/topic", Pace(60, 5.0)),
        ("gotify://example.org/token", Pace(1, 0.0)),
        ("dbus://", Pace(1, 0.0)),
        (DISCORD, Pace(5, 2.4)),
        ("tgram://123456789:abcdefghijklmnopqrst/11111", Pace(3, 1.0)),
        ("tgram://123456789:abcdefghijklmnopqrst/-100123", Pace(5, 4.0)),
        ("tgram://123456789:abcdefghijklmnopqrst/@acme", Pace(5, 4.0)),
        ("mailto://example.org?from=a@example.org&to=b@example.org", Pace(10, 3.0)),
        ("pbul://abcdefghijklmnopqrst", Pace(5, 1.2)),
        ("json://example.org", Pace(5, 0.0)),
    ],
)
def test_a_target_knows_its_pace(url: str, pace: Pace) -> None:
    assert only(url).pace == pace
