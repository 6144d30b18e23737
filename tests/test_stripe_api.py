"""What Stripe answers, told apart by cause; what is worth another try."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.simulator.faults import Fault, Garbage, RateLimited, Reset, Status, Truncated
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import (
    ATTEMPTS,
    LOOK_UP_ATTEMPTS,
    Cause,
    Failure,
    OwnAccount,
    Page,
    StripeApi,
    StripeConnections,
    failure_of,
)

Answering = Callable[[bytes], Awaitable[StripeApi]]
SEVEN = ("event", "balance", "invoice", "payout", "subscription", "customer", "product")


async def test_a_page_is_what_stripe_lists(api: StripeApi, shop: SimulatedAccount) -> None:
    now = shop.now()
    ids = [shop.emit("charge.updated", {"id": "ch_1"}, created=now + n)["id"] for n in range(3)]

    page = await api.events(limit=2)
    assert isinstance(page, Page)
    rest = await api.events(limit=2, starting_after=ids[1])

    assert isinstance(rest, Page)
    assert [event.id for event in page.events] == [ids[2], ids[1]]
    assert (page.has_more, [event.id for event in rest.events], rest.has_more) == (True, ids[:1], False)
    assert page.server_time is not None
    assert now - 1 < page.server_time <= shop.now()  # whole seconds are told


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Status(500), Cause.SERVER_ERROR),
        (Status(503), Cause.SERVER_ERROR),
        (Reset(), Cause.NETWORK),
        (Truncated(), Cause.NETWORK),
        (Garbage(), Cause.GARBLED),
        (RateLimited("global-rate"), Cause.RATE_LIMITED),
        (RateLimited("endpoint-concurrency"), Cause.RATE_LIMITED),
        (RateLimited(None), Cause.BUSY),
    ],
    ids=repr,
)
async def test_a_lasting_fault_is_a_failure_after_a_few_attempts(
    api: StripeApi, shop: SimulatedAccount, pauses: list[float], fault: Fault, cause: Cause
) -> None:
    shop.fail(fault)

    answer = await api.events(limit=1)

    assert isinstance(answer, Failure)
    assert answer.cause is cause
    assert api.unrecorded_reads == ATTEMPTS
    # aiohttp itself asks once more where a kept connection turns out to be closed.
    assert ATTEMPTS <= len(shop.requests) <= 2 * ATTEMPTS
    assert len(pauses) == ATTEMPTS - 1
    assert sum(pauses) < 45


@pytest.fixture
async def answering(connections: StripeConnections, pauses: list[float]) -> AsyncIterator[Answering]:
    """Makes an API that answers every request with these bytes as JSON."""
    runners: list[web.AppRunner] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def answer_with(body: bytes) -> StripeApi:
        async def serve(_: web.Request) -> web.Response:
            return web.Response(body=body, content_type="application/json")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", serve)
        runners.append(web.AppRunner(app, access_log=None))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        return connections.account("rk_test_x", f"http://127.0.0.1:{runners[-1].addresses[0][1]}", pause)

    yield answer_with
    for runner in runners:
        await runner.cleanup()


async def test_an_answer_that_is_no_text_is_a_failure(answering: Answering, pauses: list[float]) -> None:
    api = await answering(b'{"object": "list", "data": [{"id": "\xff\xfe"}], "has_more": false}')

    answer = await api.events(limit=1)

    assert answer == Failure(Cause.GARBLED, "the answer is no UTF-8 text", retry=True)
    assert len(pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(("listed", "more"), [(2, True), (1, False)])
async def test_a_full_page_that_does_not_say_may_have_more(
    answering: Answering,
    listed: int,
    more: bool,  # noqa: FBT001 (a table's column)
) -> None:
    api = await answering(json.dumps({"object": "list", "data": [{"id": "evt_1"}] * listed}).encode())

    page = await api.events(limit=2)

    assert isinstance(page, Page)
    assert page.has_more is more


async def test_half_a_character_in_a_name_is_none(answering: Answering) -> None:
    api = await answering(
        rb'{"id": "acct_1\ud83d", "settings": {"dashboard": {"display_name": "Acme \ud83d"},'
        rb' "branding": {"icon": "file_1\ud83d"}}}'
    )

    assert await api.own_account() == OwnAccount("acct_1?", "Acme ?", "file_1?")


@pytest.mark.parametrize("url", [b'"https://[files"', rb'"https://files.stripe.com/\ud83d"', b'"ftp://x/"', b"7"])
async def test_what_is_no_link_is_a_failure(answering: Answering, url: bytes) -> None:
    api = await answering(b'{"object": "file_link", "url": ' + url + b"}")

    assert await api.link_to_file("file_1") == Failure(Cause.GARBLED, "the answer holds no link", retry=False)


@pytest.mark.fault(6)
async def test_a_rate_limit_is_stood_back_from_further(
    api: StripeApi, shop: SimulatedAccount, pauses: list[float]
) -> None:
    shop.fail(RateLimited("global-rate"), times=2)
    assert isinstance(await api.events(limit=1), Page)
    assert all(pause >= 2 for pause in pauses)


@pytest.mark.parametrize("fault", [Status(500, should_retry=False), RateLimited("global-rate", should_retry=False)])
async def test_stripe_may_say_that_a_retry_is_no_use(api: StripeApi, shop: SimulatedAccount, fault: Fault) -> None:
    shop.fail(fault)

    assert isinstance(await api.events(limit=1), Failure)
    assert len(shop.requests) == 1


async def test_a_revoked_key_is_asked_with_once(stripe: Simulator, connections: StripeConnections) -> None:
    shop = stripe.account("acct_1Gone", name="Gone")
    key = shop.key()
    shop.revoke(key)
    api = connections.account(key, stripe.base)

    answer = await api.events(limit=1)

    assert isinstance(answer, Failure)
    assert answer.cause is Cause.KEY_REFUSED
    assert len(shop.requests) == 1
    assert key not in answer.reason


async def test_a_missing_permission_is_named(
    stripe: Simulator, shop: SimulatedAccount, connections: StripeConnections
) -> None:
    api = connections.account(shop.key(permissions={"rak_balance_read"}), stripe.base)

    answer = await api.events(limit=1)

    assert isinstance(answer, Failure)
    assert (answer.cause, answer.permission) == (Cause.PERMISSION_MISSING, "rak_event_read")
    assert len(shop.requests) == 1


async def test_which_account_is_meant_is_said_with_each_request(connections: StripeConnections) -> None:
    asked: list[tuple[str, str | None]] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers.get("Stripe-Context")))
        return web.json_response({"object": "list", "data": [], "has_more": False, "id": "acct_2"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        for context in ("acct_2", None):
            api = connections.account("rk_live_x", base, context=context)
            await api.events(limit=1)
            await api.own_account()
    finally:
        await runner.cleanup()

    assert asked == [("/v1/events", "acct_2"), ("/v1/account", "acct_2"), ("/v1/events", None), ("/v1/account", None)]


async def test_own_account(api: StripeApi) -> None:
    assert await api.own_account() == OwnAccount("acct_1Shop", "Acme Shop")


async def test_a_key_that_may_not_ask_is_told_whose_it_is(
    stripe: Simulator, shop: SimulatedAccount, connections: StripeConnections
) -> None:
    api = connections.account(shop.key(permissions={f"rak_{name}_read" for name in SEVEN}), stripe.base)

    assert await api.own_account() == OwnAccount("acct_1Shop", None)


async def test_a_look_up_answers_what_there_is(api: StripeApi, shop: SimulatedAccount) -> None:
    product = shop.store({"id": "prod_1", "object": "product", "created": 1, "name": "Pro plan"})

    assert await api.look_up("/v1/products/prod_1") == product
    gone = await api.look_up("/v1/products/prod_2")
    assert isinstance(gone, Failure)
    assert gone.cause is Cause.REFUSED
    payments = await api.look_up("/v1/invoice_payments", [("payment[type]", "payment_intent"), ("limit", "1")])
    assert isinstance(payments, dict)
    assert payments["data"] == []
    assert dict(shop.requests[-1].query) == {"payment[type]": "payment_intent", "limit": "1"}
    assert api.unrecorded_reads == 3


async def test_a_look_up_is_tried_twice_at_most(api: StripeApi, shop: SimulatedAccount) -> None:
    shop.fail(Status(500), times=1)
    assert isinstance(await api.look_up("/v1/products"), dict)
    shop.fail(Status(500))
    assert isinstance(await api.look_up("/v1/products"), Failure)

    assert api.unrecorded_reads == 2 + LOOK_UP_ATTEMPTS


async def test_a_link_to_a_file_is_asked_for_once_and_is_no_read(api: StripeApi, shop: SimulatedAccount) -> None:
    shop.icon = b"an icon"
    assert shop.icon_file is not None
    shop.fail(Status(500), times=1)

    assert isinstance(await api.link_to_file(shop.icon_file), Failure)
    link = await api.link_to_file(shop.icon_file)

    assert isinstance(link, str)
    assert "/links/" in link
    assert isinstance(await api.link_to_file("file_other"), Failure)
    assert [request.method for request in shop.requests] == 3 * ["POST"]
    assert api.unrecorded_reads == 0


async def test_the_account_tells_its_icon(api: StripeApi, shop: SimulatedAccount) -> None:
    shop.icon = b"an icon"

    assert await api.own_account() == OwnAccount("acct_1Shop", "Acme Shop", shop.icon_file)


async def test_a_file_is_taken_without_a_key_and_up_to_a_size(
    stripe: Simulator, shop: SimulatedAccount, api: StripeApi, connections: StripeConnections
) -> None:
    shop.icon = bytes(5000)
    link = await api.link_to_file(shop.icon_file or "")
    assert isinstance(link, str)

    assert await connections.file(link, 5000) == bytes(5000)
    for url, limit in ((link, 4999), (f"{stripe.base}/links/none", 5000), ("http://127.0.0.1:1/x", 5000)):
        assert isinstance(await connections.file(url, limit), Failure)
    assert stripe.requests[-1].key_last4 is None


async def test_nothing_there(connections: StripeConnections, pauses: list[float]) -> None:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    answer = await connections.account("rk_test_x", "http://127.0.0.1:1", pause).events(limit=1)

    assert isinstance(answer, Failure)
    assert answer.cause is Cause.NETWORK
    assert answer.reason == "connection failed: Connection refused"


@pytest.mark.fault(4, measured="0 bytes of the key sent")
async def test_a_certificate_that_nobody_vouches_for_gets_no_key(
    connections: StripeConnections, tmp_path: Path, pauses: list[float]
) -> None:
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        return web.json_response({"data": []})

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]

    answer = await connections.account("rk_test_x", f"https://127.0.0.1:{port}", pause).events(limit=1)
    await runner.cleanup()

    assert isinstance(answer, Failure)
    assert answer.reason == "the server's certificate could not be verified"
    assert asked == []


def self_signed(folder: Path) -> Path:
    """A certificate and its key in one file, made here for this host by nobody in particular."""
    pem = folder / "server.pem"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate can be made here")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", pem, "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    pem.write_text(pem.read_text() + (folder / "cert.pem").read_text())
    return pem


@pytest.mark.parametrize(
    ("status", "headers", "error", "cause", "retry"),
    [
        (401, {}, {"type": "invalid_request_error"}, Cause.KEY_REFUSED, False),
        (401, {"stripe-should-retry": "true"}, {}, Cause.KEY_REFUSED, False),
        (403, {}, {"message": "The provided key does not have access to account"}, Cause.FORBIDDEN, False),
        (403, {}, {"code": "more_permissions_required", "message": "?"}, Cause.PERMISSION_MISSING, False),
        (404, {}, {"type": "invalid_request_error"}, Cause.REFUSED, False),
        (400, {"stripe-should-retry": "true"}, {}, Cause.REFUSED, True),
        (409, {}, {}, Cause.BUSY, True),
        (429, {"Stripe-Rate-Limited-Reason": "resource-specific"}, {}, Cause.RATE_LIMITED, True),
        (429, {}, {"code": "lock_timeout"}, Cause.BUSY, True),
        (502, {}, {}, Cause.SERVER_ERROR, True),
        (503, {"stripe-should-retry": "false"}, {}, Cause.SERVER_ERROR, False),
        (None, {}, {}, Cause.GARBLED, True),
        (200, {}, {}, Cause.GARBLED, True),
    ],
)
def test_the_cause_decides(
    status: int | None,
    headers: dict[str, str],
    error: dict[str, str],
    cause: Cause,
    retry: bool,  # noqa: FBT001 (a table's column)
) -> None:
    failure = failure_of(status, headers, error)
    assert (failure.cause, failure.retry) == (cause, retry)


def test_the_older_text_of_a_missing_permission_is_read_too() -> None:
    text = (
        "The provided key 'rk_live_****' does not have the required permissions for this endpoint on account"
        " 'acct_1Abc'. Enabling \"Prices Read\" ('plan_read') permissions would allow this request to continue."
    )

    failure = failure_of(403, {}, {"message": text})

    assert (failure.permission, failure.stripe_id) == ("plan_read", "acct_1Abc")


@pytest.mark.parametrize("said", ["@everyone", "rk_LIVE", "a" * 65, "a\r\nb", ["lock_timeout"], {"a": 1}, 7])
def test_what_is_no_code_of_stripes_is_no_part_of_the_reason(said: object) -> None:
    assert failure_of(401, {}, {"code": said}).reason == "Stripe answered 401"
    assert failure_of(429, {"Stripe-Rate-Limited-Reason": said}, {}).reason == "Stripe answered 429"


def test_what_a_refusal_names_has_an_end() -> None:
    endless = "a" * 1_000_000
    failure = failure_of(403, {}, {"message": f"rak_{endless}_read '{endless}_write' acct_{endless}"})

    assert (failure.permission, failure.stripe_id) == (None, None)


@pytest.mark.parametrize("key", ["rk_live_abcdefghijklmnop1234567890", "a-key-of-a-look-alike"])
async def test_a_refusal_that_holds_the_key_tells_it_to_nobody(connections: StripeConnections, key: str) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        error = {"code": key, "message": f"'{key.replace('-', '_')}_read'"}
        return web.json_response({"error": error}, status=403, headers={"Stripe-Rate-Limited-Reason": key})

    async with serving(refuse) as base:
        api = connections.account(key, base)
        for failure in (await api.events(limit=1), await api.look_up("/v1/customers/cus_1")):
            assert isinstance(failure, Failure)
            assert key not in repr(failure)
            assert failure.reason.startswith("Stripe answered 403 (")


async def test_a_refusal_to_say_whose_key_it_is_says_nothing_of_the_key(connections: StripeConnections) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "Not for you", "type": "invalid_request_error"}}, status=403)

    async with serving(refuse) as base:
        api = connections.account("rk_test_x", base)
        assert await api.own_account() == OwnAccount(None, None)


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Whatever is asked there."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
