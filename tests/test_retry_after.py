"""Retry-After on a 429 or 503, which Stripe does not send and proxies do: nobody asks again before that."""

from __future__ import annotations

import asyncio

import pytest

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.faults import Fault, RateLimited, Status
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import ATTEMPTS, Failure, OwnAccount, Page, StripeApi, StripeConnections, failure_of

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("601", 600.0),
        ("9" * 400, 600.0),
        # A date counts from the server's own.
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0),
        ("Tuesday, 24-Nov-26 12:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 12:01:30 -0000", 90.0),
        ("Tue Nov 24 12:01:30 2026", 90.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 600.0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        # What is neither says nothing.
        ("", 0.0),
        ("-5", 0.0),
        ("+5", 0.0),
        ("1e3", 0.0),
        ("inf", 0.0),
        ("nan", 0.0),
        ("0x10", 0.0),
        ("١٢", 0.0),
        ("12 s", 0.0),
        ("soon", 0.0),
        ("Tue, 99 Foo 2026 25:61:61 GMT", 0.0),
        ("Tue, 24 Nov 99999999999 12:01:30 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:01:30 +99999999", 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_seconds_and_dates_are_understood_and_bounded(status: int, said: str, wait: float) -> None:
    assert failure_of(status, {"Retry-After": said, "Date": DATE}, {}).wait == wait


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": None, "Date": DATE},
        {"Retry-After": 7, "Date": DATE},
        {"Retry-After": "Tue, 24 Nov 2026 12:01:30 GMT"},
        {"Retry-After": "Tue, 24 Nov 2026 12:01:30 GMT", "Date": "today"},
    ],
)
def test_what_cannot_be_counted_says_nothing(headers: dict[str, object]) -> None:
    assert failure_of(503, headers, {}).wait == 0.0


@pytest.mark.parametrize("status", [None, 200, 301, 400, 401, 403, 404, 409, 500, 502])
def test_other_answers_have_nobody_wait(status: int | None) -> None:
    assert failure_of(status, {"Retry-After": "7"}, {}).wait == 0.0


@pytest.mark.parametrize("fault", [RateLimited("global-rate", retry_after="9"), Status(503, retry_after="9")])
async def test_a_short_time_is_waited_for(
    api: StripeApi, shop: SimulatedAccount, pauses: list[float], fault: Fault
) -> None:
    shop.fail(fault, times=2)

    assert isinstance(await api.events(limit=1), Page)
    assert len(pauses) == 2
    assert all(9 <= pause < 11 for pause in pauses)


async def test_it_makes_no_pause_shorter(api: StripeApi, shop: SimulatedAccount, pauses: list[float]) -> None:
    shop.fail(RateLimited("global-rate", retry_after="0"))

    assert isinstance(await api.events(limit=1), Failure)
    assert len(pauses) == ATTEMPTS - 1
    assert all(pause >= 2 for pause in pauses)


@pytest.mark.fault(6)
@pytest.mark.parametrize("fault", [RateLimited(None, retry_after="120"), Status(503, retry_after="120")])
async def test_nothing_is_asked_before_a_long_time_has_passed(
    api: StripeApi, shop: SimulatedAccount, pauses: list[float], fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.icon = b"an icon"
    shop.fail(fault, times=1)
    first = await api.events(limit=1)
    assert isinstance(first, Failure)
    assert (first.wait, len(shop.requests), pauses) == (120, 1, [])

    for answer in (
        await api.events(limit=1),
        await api.own_account(),
        await api.look_up("/v1/products"),
        await api.link_to_file(shop.icon_file or ""),
    ):
        assert isinstance(answer, Failure)
        assert (answer.cause, answer.reason) == (first.cause, first.reason)
        assert 100 < answer.wait <= 120
    assert (len(shop.requests), api.reads, pauses) == (1, 1, [])

    loop = asyncio.get_running_loop()
    later = loop.time() + 121
    monkeypatch.setattr(loop, "time", lambda: later)
    assert isinstance(await api.own_account(), OwnAccount)
    assert len(shop.requests) == 2


async def test_a_message_does_not_wait_for_it(api: StripeApi, shop: SimulatedAccount, pauses: list[float]) -> None:
    shop.fail(RateLimited("endpoint-rate", retry_after="5"), times=1)

    assert isinstance(await api.look_up("/v1/products"), Failure)
    assert isinstance(await api.look_up("/v1/products"), Failure)
    assert (len(shop.requests), pauses) == (1, [])


async def test_one_account_is_asked_while_another_has_to_wait(
    api: StripeApi, stripe: Simulator, shop: SimulatedAccount, connections: StripeConnections
) -> None:
    other = stripe.account("acct_1Other", name="Other")
    shop.fail(RateLimited("global-rate", retry_after="120"), times=1)
    assert isinstance(await api.events(limit=1), Failure)

    assert isinstance(await connections.account(other.key(), stripe.base).events(limit=1), Page)
