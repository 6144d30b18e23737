"""What the SDK hides: parameters, shapes, headers, broken connections."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from cashnotifyd.simulator.account import RETENTION, SimulatedAccount
from cashnotifyd.simulator.faults import (
    Doubled,
    Drip,
    Garbage,
    Mislabelled,
    RateLimited,
    Reordered,
    Reset,
    ResetMidBody,
    Skewed,
    Slow,
    Stall,
    Status,
    Truncated,
)
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.vocabulary import Mode
from tests.clock import NOON, Clock
from tests.running import until


async def get(session: aiohttp.ClientSession, path: str, key: str | None) -> tuple[int, Any]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with session.get(path, headers=headers) as answer:
        return answer.status, await answer.json()


async def listed(session: aiohttp.ClientSession, query: str, key: str) -> tuple[list[str], bool]:
    status, body = await get(session, f"/v1/events?{query}", key)
    assert status == 200, body
    assert (body["object"], body["url"]) == ("list", "/v1/events")
    return [event["id"] for event in body["data"]], body["has_more"]


@pytest.fixture
def ten(shop: SimulatedAccount) -> list[str]:
    """Ten events a second apart; their ids, newest first."""
    types = ["charge.succeeded", "charge.refunded", "invoice.paid", "payout.paid", "customer.created"] * 2
    return [shop.emit(kind, {"object": "x", "id": f"x_{n}"}, created=NOON - n)["id"] for n, kind in enumerate(types)]


@pytest.mark.parametrize(
    ("query", "expected", "has_more"),
    [
        ("", slice(0, 10), False),
        ("limit=4", slice(0, 4), True),
        ("limit=3&starting_after={6}", slice(7, 10), False),
        ("limit=2&starting_after={6}", slice(7, 9), True),
        ("limit=3&ending_before={6}", slice(3, 6), True),
        ("limit=6&ending_before={6}", slice(0, 6), False),
        ("limit=100&ending_before={0}", slice(0, 0), False),
        ("created[gte]=1789999998", slice(0, 3), False),
        ("created[gt]=1789999998", slice(0, 2), False),
        ("created[lte]=1789999998", slice(2, 10), False),
        ("created[lt]=1789999998&limit=3", slice(3, 6), True),
        ("created=1789999998", slice(2, 3), False),
        ("created[gt]=1789999990&created[lt]=1789999994", slice(7, 10), False),
        ("delivery_success=true", slice(0, 10), False),
        ("delivery_success=false", slice(0, 0), False),
    ],
)
async def test_events_are_listed_as_stripe_lists_them(
    shop: SimulatedAccount,
    session: aiohttp.ClientSession,
    ten: list[str],
    query: str,
    expected: slice,
    has_more: bool,  # noqa: FBT001 (Stripe's own field)
) -> None:
    assert await listed(session, query.format(*ten), shop.key()) == (ten[expected], has_more)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("type=invoice.paid", [2, 7]),
        ("type=*.created", [4, 9]),
        ("type=charge.*", [0, 1, 5, 6]),
        ("type=*", list(range(10))),
        ("types[]=payout.paid&types[]=invoice.paid", [2, 3, 7, 8]),
        ("types[0]=payout.paid&types[1]=invoice.paid", [2, 3, 7, 8]),
        ("type=invoice", []),
    ],
)
async def test_events_are_listed_by_type(
    shop: SimulatedAccount, session: aiohttp.ClientSession, ten: list[str], query: str, numbers: list[int]
) -> None:
    assert await listed(session, query, shop.key()) == ([ten[n] for n in numbers], False)


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ("limit=0", "limit", "parameter_invalid_integer"),
        ("limit=101", "limit", "parameter_invalid_integer"),
        ("limit=ten", "limit", "parameter_invalid_integer"),
        ("created[gte]=yesterday", "created[gte]", "parameter_invalid_integer"),
        ("created[since]=1", "created[since]", "parameter_unknown"),
        ("colour=red", "colour", "parameter_unknown"),
        ("starting_after=evt_none", "starting_after", "resource_missing"),
        ("ending_before=evt_none", "ending_before", "resource_missing"),
        ("starting_after=evt_a&ending_before=evt_b", "", None),
        ("type=charge.*&types[]=invoice.paid", "types", None),
        ("type=*.*", "type", None),
        ("&".join(f"types[]=t.{n}" for n in range(21)), "types", None),
        ("delivery_success=perhaps", "delivery_success", None),
        ("expand[]=data.data.object", "expand", None),
    ],
)
async def test_a_bad_parameter_is_refused_in_stripes_shape(
    shop: SimulatedAccount, session: aiohttp.ClientSession, query: str, param: str, code: str | None
) -> None:
    status, body = await get(session, f"/v1/events?{query}", shop.key())

    assert status == 400
    assert set(body) == {"error"}
    assert body["error"]["type"] == "invalid_request_error"
    assert (body["error"]["param"], body["error"].get("code")) == (param, code)
    assert body["error"]["message"]
    assert body["error"]["request_log_url"].startswith("https://dashboard.stripe.com/logs/req_")


async def test_twenty_types_are_allowed(shop: SimulatedAccount, session: aiohttp.ClientSession) -> None:
    assert await listed(session, "&".join(f"types[]=t.{n}" for n in range(20)), shop.key()) == ([], False)


async def test_a_late_event_appears_below_newer_ones(
    shop: SimulatedAccount, session: aiohttp.ClientSession, clock: Clock
) -> None:
    key = shop.key()
    late = shop.emit("charge.succeeded", {"object": "charge"}, visible_in=60)["id"]
    clock.now += 10
    prompt = shop.emit("charge.succeeded", {"object": "charge"})["id"]
    assert await listed(session, "", key) == ([prompt], False)
    assert (await get(session, f"/v1/events/{late}", key))[0] == 404

    clock.now += 50
    assert await listed(session, "", key) == ([prompt, late], False)
    assert (await get(session, f"/v1/events/{late}", key))[0] == 200


async def test_lateness_tears_a_family_apart(
    shop: SimulatedAccount, session: aiohttp.ClientSession, clock: Clock
) -> None:
    key, lateness = shop.key(), iter([3.0, 0.0, 1.0])
    shop.lateness = lambda: next(lateness)
    first, second, third = (
        shop.emit("charge.succeeded", {"object": "charge"}, created=NOON + n)["id"] for n in range(3)
    )
    assert await listed(session, "", key) == ([second], False)
    clock.now += 1
    assert await listed(session, "", key) == ([third, second], False)
    clock.now += 2
    assert await listed(session, "", key) == ([third, second, first], False)


async def test_events_age_out_after_thirty_days(
    shop: SimulatedAccount, session: aiohttp.ClientSession, clock: Clock
) -> None:
    key = shop.key()
    old = shop.emit("charge.succeeded", {"object": "charge"})["id"]
    clock.now += RETENTION + 1
    new = shop.emit("charge.succeeded", {"object": "charge"})["id"]

    assert await listed(session, "", key) == ([new], False)
    for query in (f"starting_after={old}", f"ending_before={old}"):
        status, body = await get(session, f"/v1/events?{query}", key)
        assert status == 400
        assert "no longer available because it's aged out of our retention policy" in body["error"]["message"]
    assert (await get(session, f"/v1/events/{old}", key))[0] == 404


async def test_an_event_is_a_snapshot(shop: SimulatedAccount) -> None:
    charge = {"object": "charge", "refunded": False}
    event = shop.emit("charge.refunded", charge, previous={"refunded": True})
    charge["refunded"] = True
    assert event["data"] == {
        "object": {"object": "charge", "refunded": False},
        "previous_attributes": {"refunded": True},
    }


async def test_who_nobody_knows_is_refused(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    status, body = await get(session, "/v1/events", None)
    assert (status, body["error"]["message"][:31]) == (401, "You did not provide an API key.")
    assert "request_log_url" not in body["error"]
    assert (await get(session, "/v1/events", "rk_live_x1234"))[0] == 401
    assert (await get(session, "/v1/events", "pk_live_x1234"))[0] == 403
    basic = base64.b64encode(f"{shop.key()}:".encode()).decode()
    async with session.get("/v1/events", headers={"Authorization": f"Basic {basic}"}) as answer:
        assert answer.status == 200


async def test_what_is_not_there_is_not_found(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    key = shop.key()
    status, body = await get(session, "/v1/charges/ch_1", key)
    assert (status, body["error"]["message"][:46]) == (404, "Unrecognized request URL (GET: /v1/charges/ch_")
    assert (await get(session, "/", key))[0] == 404
    status, body = await get(session, "/v1/customers/cus_none", key)
    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "resource_missing", "id")
    async with session.post("/v1/customers", headers={"Authorization": f"Bearer {key}"}) as answer:
        assert answer.status == 404


async def test_every_answer_carries_stripes_headers(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    for path in ("/v1/account", "/v1/nothing"):
        headers = {"Authorization": f"Bearer {shop.key()}"}
        async with session.get(path, headers=headers) as answer:
            assert answer.headers["Request-Id"].startswith("req_")
            assert answer.headers["Stripe-Version"] == "2025-09-30.clover"
            assert answer.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
            assert answer.content_type == "application/json"


async def test_live_and_test_mode_of_one_account_are_apart(
    simulator: Simulator, session: aiohttp.ClientSession, shop: SimulatedAccount
) -> None:
    test = simulator.account(shop.id, name=shop.name, mode=Mode.TEST)
    event = test.emit("charge.succeeded", {"object": "charge"})
    key = test.key()

    assert key.startswith("rk_test_")
    assert event["livemode"] is False
    assert await listed(session, "", key) == ([event["id"]], False)
    assert await listed(session, "", shop.key()) == ([], False)
    assert len(test.requests) == len(shop.requests) == 1
    assert len(simulator.requests) == 2


async def test_objects_are_listed_and_filtered(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    key = shop.key()
    for n in range(3):
        shop.store({"object": "customer", "id": f"cus_{n}", "created": n, "email": f"{n}@example.com"})
        payment = {"type": "payment_intent", "payment_intent": f"pi_{n}"}
        shop.store(
            {"object": "invoice_payment", "id": f"inpay_{n}", "created": n, "invoice": "in_1", "payment": payment}
        )

    _, newest = await get(session, "/v1/customers?limit=1", key)
    _, rest = await get(session, "/v1/customers?starting_after=cus_2", key)
    _, by_email = await get(session, "/v1/customers?email=1@example.com", key)
    _, by_invoice = await get(session, "/v1/invoice_payments?invoice=in_1", key)
    _, by_payment = await get(
        session, "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_1", key
    )

    assert ([each["id"] for each in newest["data"]], newest["has_more"]) == (["cus_2"], True)
    assert [each["id"] for each in rest["data"]] == ["cus_1", "cus_0"]
    assert [each["id"] for each in by_email["data"]] == ["cus_1"]
    assert len(by_invoice["data"]) == 3
    assert [each["id"] for each in by_payment["data"]] == ["inpay_1"]
    assert (await get(session, "/v1/customers?starting_after=cus_9", key))[0] == 400


async def test_a_permission_can_be_taken_away(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    key = shop.key()
    assert (await get(session, "/v1/events", key))[0] == 200
    shop.grant(key, {"rak_customer_read"})
    status, body = await get(session, "/v1/events", key)
    assert (status, body["error"]["code"]) == (403, "more_permissions_required")


async def test_a_key_acts_for_its_own_account_only(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    headers = {"Authorization": f"Bearer {shop.key()}"}
    async with session.get("/v1/events", headers=headers | {"Stripe-Account": shop.id}) as answer:
        assert answer.status == 200
    async with session.get("/v1/events", headers=headers | {"Stripe-Account": "acct_other"}) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "account_invalid"


async def test_a_reset_connection_gives_no_answer(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    key = shop.key()
    shop.fail(Reset())
    with pytest.raises(aiohttp.ClientError):
        await get(session, "/v1/events", key)
    shop.mend()
    assert await listed(session, "", key) == ([], False)


async def test_a_truncated_body_breaks_off(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(Truncated(), times=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await get(session, "/v1/events", shop.key())


async def test_a_body_is_broken_off_by_a_reset(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(ResetMidBody(), times=1)
    with pytest.raises(aiohttp.ClientPayloadError, match="reset by peer"):
        await get(session, "/v1/events", shop.key())


async def test_garbage_is_no_json(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(Garbage(), times=1)
    async with session.get("/v1/events", headers={"Authorization": f"Bearer {shop.key()}"}) as answer:
        with pytest.raises(json.JSONDecodeError):
            json.loads(await answer.text())


async def test_a_stall_lasts_until_the_caller_hangs_up(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(Stall(), times=1)
    asked = asyncio.create_task(get(session, "/v1/events", shop.key()))
    await until(lambda: bool(shop.requests))  # hung up on any sooner, the fault would wait for the next request
    assert not asked.done()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await listed(session, "", shop.key()) == ([], False)


async def test_a_slow_answer_is_a_true_one(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(Slow(0.01), times=1)
    assert await listed(session, "", shop.key()) == ([], False)


async def test_a_dripping_answer_is_a_true_one(
    session: aiohttp.ClientSession, shop: SimulatedAccount, ten: list[str]
) -> None:
    shop.fail(Drip(pieces=5, pause=0.001), times=1)
    assert await listed(session, "", shop.key()) == (ten, False)


async def test_an_answer_may_be_called_something_else(
    session: aiohttp.ClientSession, shop: SimulatedAccount, ten: list[str]
) -> None:
    shop.fail(Mislabelled("text/plain"), times=1)
    async with session.get("/v1/events", headers={"Authorization": f"Bearer {shop.key()}"}) as answer:
        assert answer.content_type == "text/plain"
        assert [event["id"] for event in json.loads(await answer.text())["data"]] == ten


async def test_a_server_may_have_the_wrong_time(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    shop.fail(Skewed(-NOON), times=1)
    async with session.get("/v1/events", headers={"Authorization": f"Bearer {shop.key()}"}) as answer:
        assert answer.headers["Date"] == "Thu, 01 Jan 1970 00:00:00 GMT"


async def test_a_page_may_say_things_twice_and_out_of_order(
    session: aiohttp.ClientSession, shop: SimulatedAccount, ten: list[str]
) -> None:
    key = shop.key()
    shop.fail(Doubled(), times=1)
    doubled, _ = await listed(session, "", key)
    assert doubled == [id_ for id_ in ten for _ in range(2)]
    shop.fail(Reordered(1), times=2)
    reordered, _ = await listed(session, "", key)
    assert reordered != ten
    assert sorted(reordered) == sorted(ten)
    assert (await listed(session, "", key))[0] == reordered


async def weathered(session: aiohttp.ClientSession, shop: SimulatedAccount, seed: int) -> list[int | None]:
    """The statuses of a hundred answers in that weather; None where there is none."""
    shop.weather(seed, (Status(503), RateLimited("endpoint-rate"), Reset()))
    headers, statuses = {"Authorization": f"Bearer {shop.key()}"}, list[int | None]()
    for _ in range(100):
        try:
            async with session.get("/v1/account", headers=headers) as answer:
                statuses.append(answer.status)
        except aiohttp.ClientError:
            statuses.append(None)
    return statuses


async def test_the_weather_is_what_its_seed_makes_it(session: aiohttp.ClientSession, shop: SimulatedAccount) -> None:
    first = await weathered(session, shop, 1)
    assert set(first) == {200, 429, 503, None}
    assert await weathered(session, shop, 1) == first
    assert await weathered(session, shop, 2) != first
    shop.fail(Garbage(), times=1)
    shop.mend()
    assert await listed(session, "", shop.key()) == ([], False)


async def test_faults_end_by_count_by_time_and_by_path(
    session: aiohttp.ClientSession, shop: SimulatedAccount, clock: Clock
) -> None:
    key = shop.key()
    shop.fail(Garbage("first"), times=1, path="/v1/events")
    shop.fail(Garbage("then"), seconds=30)

    async def body(path: str) -> str:
        async with session.get(path, headers={"Authorization": f"Bearer {key}"}) as answer:
            return await answer.text()

    assert await body("/v1/account") == "then"
    assert await body("/v1/events") == "first"
    assert await body("/v1/events") == "then"
    clock.now += 30
    assert '"list"' in await body("/v1/events")


async def test_stripe_can_go_away_and_come_back_at_the_same_address(
    simulator: Simulator, session: aiohttp.ClientSession, shop: SimulatedAccount
) -> None:
    key, base = shop.key(), simulator.base
    await simulator.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(session, "/v1/events", key)
    await simulator.start()
    assert simulator.base == base
    assert await listed(session, "", key) == ([], False)
