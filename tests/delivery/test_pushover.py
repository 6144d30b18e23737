"""Pushover, with a double of its API that checks each request as the API's documentation describes it.

Apprise knows the address of Pushover as an attribute of its plugin; the tests set that attribute to the double's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from apprise.plugins.pushover import NotifyPushover

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.delivery.doubles import HttpDouble, http_double

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
    ("urgency", "priority"),
    [(Urgency.EMERGENCY, "1"), (Urgency.HIGH, "1"), (Urgency.NORMAL, "0"), (Urgency.LOW, "-1")],
)
def test_urgency_is_priority_and_never_nags(pushover: HttpDouble, urgency: Urgency, priority: str) -> None:
    only(f"pover://{USER}@{TOKEN}").send(Message(Kind.DISPUTE, "Dispute", "Acme", urgency))
    (request,) = pushover.requests
    assert request.form["priority"] == priority
    assert "retry" not in request.form


def test_devices_share_one_request(pushover: HttpDouble) -> None:
    only(f"pover://{USER}@{TOKEN}/phone/tablet").send(SALE)
    (request,) = pushover.requests
    assert request.form["device"] == "phone,tablet"


def test_a_text_keeps_within_the_limits_of_the_api(pushover: HttpDouble) -> None:
    only(f"pover://{USER}@{TOKEN}").send(Message(Kind.SALE, "t" * 300, "b" * 2000, Urgency.NORMAL))
    (request,) = pushover.requests
    assert (len(request.form["title"]), len(request.form["message"])) == (250, 1024)
    assert request.form["message"].endswith("b…")


def test_a_wrong_key_is_surely_not_sent_and_not_told(pushover: HttpDouble) -> None:
    pushover.status, pushover.answer = 400, b'{"user":"invalid","errors":["user identifier is invalid"],"status":0}'
    outcome = only(f"pover://{USER}@{TOKEN}").send(SALE)
    assert isinstance(outcome, NotSent)
    assert "400" in outcome.reason
    assert USER not in outcome.reason
    assert TOKEN not in outcome.reason
