"""Stripe's own SDK is the simulator's first client: what it makes of the answers is what they mean."""

from __future__ import annotations

import random

import pytest
import stripe

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.faults import RateLimited, Reset, Status
from cashnotifyd.simulator.server import Simulator
from tests.clock import NOON
from tests.simulator.conftest import Sdk


def emit_many(shop: SimulatedAccount, count: int) -> list[str]:
    """Events over few seconds, so that many share one; answer their ids as the simulator orders them."""
    seconds = random.Random(7)
    events = [
        shop.emit("charge.succeeded", {"object": "charge", "id": f"ch_{n}"}, created=NOON - seconds.randrange(60))
        for n in range(count)
    ]
    return [event["id"] for event in sorted(events, key=lambda e: (e["created"], e["id"]), reverse=True)]


async def test_auto_paging_forwards_walks_every_event_once_newest_first(shop: SimulatedAccount, sdk: Sdk) -> None:
    newest_first = emit_many(shop, 437)
    events = await sdk.client(shop.key()).v1.events.list_async({"limit": 100})

    walked = [event.id async for event in events.auto_paging_iter()]

    assert walked == newest_first
    assert len(shop.requests) == 5


async def test_auto_paging_backwards_walks_from_a_cursor_to_the_newest(shop: SimulatedAccount, sdk: Sdk) -> None:
    newest_first = emit_many(shop, 437)
    oldest = newest_first[-1]
    events = await sdk.client(shop.key()).v1.events.list_async({"limit": 50, "ending_before": oldest})

    walked = [event.id async for event in events.auto_paging_iter()]

    assert walked == list(reversed(newest_first[:-1]))


async def test_auto_paging_keeps_its_filters(shop: SimulatedAccount, sdk: Sdk) -> None:
    emit_many(shop, 120)
    wanted = [shop.emit("payout.paid", {"object": "payout", "id": f"po_{n}"})["id"] for n in range(45)]
    events = await sdk.client(shop.key()).v1.events.list_async(
        {"limit": 20, "types": ["payout.paid", "payout.failed"], "created": {"gte": int(NOON), "lt": int(NOON) + 1}}
    )

    walked = [event.id async for event in events.auto_paging_iter()]

    assert sorted(walked) == sorted(wanted)


async def test_an_event_and_an_object_are_read_by_id(shop: SimulatedAccount, sdk: Sdk) -> None:
    event_id = shop.emit("customer.created", {"object": "customer", "id": "cus_1", "name": "Zoë"})["id"]
    shop.store({"object": "customer", "id": "cus_1", "created": 1, "name": "Zoë"})
    client = sdk.client(shop.key())

    event = await client.v1.events.retrieve_async(event_id)
    customer = await client.v1.customers.retrieve_async("cus_1")

    assert event.data.object["name"] == "Zoë"
    assert event.api_version == "2025-09-30.clover"
    assert isinstance(customer, stripe.Customer)
    assert customer.name == "Zoë"


async def test_its_raw_requests_work_too(shop: SimulatedAccount, sdk: Sdk) -> None:
    emit_many(shop, 3)

    answer = await sdk.client(shop.key()).raw_request_async("get", "/v1/events", limit=2)

    assert [len(answer.data["data"]), answer.data["has_more"]] == [2, True]
    assert answer.headers["request-id"].startswith("req_")


async def test_an_unknown_key_is_an_authentication_error(simulator: Simulator, sdk: Sdk) -> None:
    with pytest.raises(stripe.AuthenticationError, match=r"Invalid API Key provided: rk_live_\*{4,}1234") as caught:
        await sdk.client("rk_live_nobody1234").v1.events.list_async()
    assert caught.value.http_status == 401
    assert simulator.requests[0].key_last4 == "1234"


async def test_a_revoked_key_is_an_authentication_error_until_it_is_restored(shop: SimulatedAccount, sdk: Sdk) -> None:
    key = shop.key()
    client = sdk.client(key)
    shop.revoke(key)
    with pytest.raises(stripe.AuthenticationError, match="Expired API Key provided") as caught:
        await client.v1.events.list_async()
    assert caught.value.error is not None
    assert caught.value.error.code == "api_key_expired"

    shop.restore(key)
    assert (await client.v1.events.list_async()).data == []


async def test_a_missing_permission_is_a_permission_error_that_names_it(shop: SimulatedAccount, sdk: Sdk) -> None:
    client = sdk.client(shop.key(permissions={"rak_event_read"}))

    assert (await client.v1.events.list_async()).data == []
    with pytest.raises(stripe.PermissionError) as caught:
        await client.v1.payouts.list_async({"limit": 1})

    assert caught.value.error is not None
    assert caught.value.error.code == "more_permissions_required"
    assert "'rak_payout_read'" in str(caught.value)
    assert "acct_1Shop" in str(caught.value)


async def test_a_publishable_key_is_refused(simulator: Simulator, sdk: Sdk) -> None:
    assert simulator.base
    with pytest.raises(stripe.PermissionError, match=r"publishable API key\. Please use a secret API key"):
        await sdk.client("pk_live_abc").v1.events.list_async()


async def test_a_full_key_reads_everything(shop: SimulatedAccount, sdk: Sdk) -> None:
    key = shop.key(full=True)
    assert key.startswith("sk_live_")
    assert (await sdk.client(key).v1.accounts.retrieve_current_async()).settings is not None


async def test_a_rate_limit_is_a_rate_limit_error_with_its_reason(shop: SimulatedAccount, sdk: Sdk) -> None:
    client = sdk.client(shop.key())
    shop.fail(RateLimited("endpoint-rate"), times=1)
    with pytest.raises(stripe.RateLimitError) as caught:
        await client.v1.events.list_async()
    assert caught.value.headers is not None
    assert caught.value.headers["stripe-rate-limited-reason"] == "endpoint-rate"

    assert (await client.v1.events.list_async()).data == []


async def test_a_server_error_is_an_api_error(shop: SimulatedAccount, sdk: Sdk) -> None:
    shop.fail(Status(503, should_retry=False), times=1)
    with pytest.raises(stripe.APIError) as caught:
        await sdk.client(shop.key()).v1.events.list_async()
    assert caught.value.http_status == 503
    assert caught.value.headers is not None
    assert caught.value.headers["stripe-should-retry"] == "false"


async def test_a_reset_is_a_connection_error(shop: SimulatedAccount, sdk: Sdk) -> None:
    shop.fail(Reset(), times=2)
    with pytest.raises(stripe.APIConnectionError):
        await sdk.client(shop.key()).v1.events.list_async()


async def test_an_invalid_request_names_its_parameter(shop: SimulatedAccount, sdk: Sdk) -> None:
    client = sdk.client(shop.key())
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.events.list_async({"starting_after": "evt_unknown"})
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (
        400,
        "resource_missing",
        "starting_after",
    )
    with pytest.raises(stripe.InvalidRequestError, match="No such event: 'evt_unknown'") as caught:
        await client.v1.events.retrieve_async("evt_unknown")
    assert caught.value.http_status == 404


async def test_an_invoice_shows_its_payments_only_when_asked(shop: SimulatedAccount, sdk: Sdk) -> None:
    shop.store({"object": "invoice", "id": "in_1", "created": 1})
    shop.store({"object": "invoice_payment", "id": "inpay_1", "created": 1, "invoice": "in_1"})
    client = sdk.client(shop.key())

    plain = await client.v1.invoices.retrieve_async("in_1")
    expanded = await client.v1.invoices.retrieve_async("in_1", {"expand": ["payments"]})

    assert "payments" not in plain
    assert expanded.payments is not None
    assert [payment.id for payment in expanded.payments.data] == ["inpay_1"]
