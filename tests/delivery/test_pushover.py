"""Pushover, with a double of its API that checks each request as the API's documentation describes it.

Apprise knows the address of Pushover as an attribute of its plugin; the tests set that attribute to the double's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apprise.plugins.pushover import NotifyPushover

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, Refused, Throttled
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.delivery.doubles import HttpDouble, http_double

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
USER, TOKEN = "u" * 30, "a" * 30
SALE = Message(
    Kind.SALE,
    "€49.00 from <b>Zoë</b>",
    "Acme & Söhne\n2 x <i>Widget</i>",
    Urgency.NORMAL,
    "https://dashboard.stripe.com/payments/pi_1",
)


@pytest.fixture
def pushover(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpDouble]:
    with http_double(answer=json.dumps({"status": 1, "request": "r"}).encode()) as server:
        monkeypatch.setattr(NotifyPushover, "notify_url", f"http://127.0.0.1:{server.port}/1/messages.json")
        yield server


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def test_a_message_arrives_as_the_api_wants_it(pushover: HttpDouble) -> None:
    assert only(f"pover://{USER}@{TOKEN}").send(SALE) == Delivered()
    (request,) = pushover.requests
    assert request.path == "/1/messages.json"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    form = request.form
    assert (form["token"], form["user"]) == (TOKEN, USER)
    assert (form["title"], form["message"]) == (SALE.title, SALE.body)
    assert (form["url"], form["url_title"]) == (SALE.link, "Stripe Dashboard")
    assert form["priority"] == "0"
    assert "html" not in form


@pytest.mark.parametrize(
    ("urgency", "kind", "priority", "sound"),
    [
        (Urgency.HIGH, Kind.DISPUTE, "1", "bugle"),
        (Urgency.NORMAL, Kind.SALE, "0", "cashregister"),
        (Urgency.NORMAL, Kind.REFUND, "0", ""),
        (Urgency.LOW, Kind.CUSTOMER, "-1", ""),
    ],
)
def test_urgency_is_priority_and_sound(
    pushover: HttpDouble, urgency: Urgency, kind: Kind, priority: str, sound: str
) -> None:
    only(f"pover://{USER}@{TOKEN}").send(Message(kind, "Acme", "Acme", urgency))
    form = pushover.requests[0].form
    assert (form["priority"], form["sound"]) == (priority, sound)
    assert not form.keys() & {"retry", "expire", "url", "url_title", "html"}


def test_an_emergency_rings_until_somebody_acknowledges_it(pushover: HttpDouble) -> None:
    only(f"pover://{USER}@{TOKEN}").send(replace(SALE, urgency=Urgency.EMERGENCY))
    form = pushover.requests[0].form
    assert (form["priority"], form["retry"], form["expire"], form["sound"]) == ("2", "60", "3600", "siren")
    assert (form["url"], form["url_title"]) == (SALE.link, "Stripe Dashboard")


def test_what_the_url_says_wins(pushover: HttpDouble) -> None:
    settings = "sound=cosmic&priority=high&interval=90&url=https://example.org/x&url_title=Shop"
    only(f"pover://{USER}@{TOKEN}?{settings}").send(replace(SALE, urgency=Urgency.EMERGENCY))
    form = pushover.requests[0].form
    assert (form["priority"], form["sound"]) == ("1", "cosmic")
    assert (form["url"], form["url_title"]) == ("https://example.org/x", "Shop")
    assert "retry" not in form


def test_devices_share_one_request(pushover: HttpDouble) -> None:
    only(f"pover://{USER}@{TOKEN}/phone/tablet").send(SALE)
    (request,) = pushover.requests
    assert request.form["device"] == "phone,tablet"


def test_a_text_keeps_within_the_limits_of_the_api(pushover: HttpDouble) -> None:
    only(f"pover://{USER}@{TOKEN}").send(Message(Kind.SALE, "t" * 300, "b" * 2000, Urgency.NORMAL))
    (request,) = pushover.requests
    assert (len(request.form["title"]), len(request.form["message"])) == (250, 1024)
    assert request.form["message"].endswith("b…")


def test_a_picture_travels_with_its_text(pushover: HttpDouble, tmp_path: Path) -> None:
    picture = tmp_path / "acme week.png"
    picture.write_bytes(PNG)
    only(f"pover://{USER}@{TOKEN}").send(replace(SALE, picture=str(picture)))
    (request,) = pushover.requests
    assert request.headers["Content-Type"].startswith("multipart/form-data")
    assert PNG in request.body
    assert SALE.title.encode() in request.body


@pytest.mark.parametrize(
    "answer",
    [
        b'{"user":"invalid","errors":["user identifier is invalid"],"status":0}',
        b'{"token":"invalid","errors":["application token is invalid"],"status":0}',
    ],
)
def test_a_wrong_key_is_the_channels_trouble_and_not_told(pushover: HttpDouble, answer: bytes) -> None:
    pushover.status, pushover.answer = 400, answer
    outcome = only(f"pover://{USER}@{TOKEN}").send(SALE)
    assert isinstance(outcome, Refused)
    assert outcome.of == "channel"
    assert "400" in outcome.reason
    assert USER not in outcome.reason
    assert TOKEN not in outcome.reason


def test_what_is_wrong_with_one_message_is_its_own_trouble(pushover: HttpDouble) -> None:
    pushover.status, pushover.answer = 400, b'{"message":"cannot be blank","errors":["message cannot be blank"]}'
    outcome = only(f"pover://{USER}@{TOKEN}").send(SALE)
    assert isinstance(outcome, Refused)
    assert outcome.of == "message"


def test_a_month_that_is_used_up_says_when_the_next_begins(pushover: HttpDouble) -> None:
    pushover.status, pushover.headers = 429, {"X-Limit-App-Reset": str(int(time.time()) + 3600)}
    outcome = only(f"pover://{USER}@{TOKEN}").send(SALE)
    assert isinstance(outcome, Throttled)
    assert outcome.seconds == pytest.approx(3600, abs=30)
