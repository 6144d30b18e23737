"""The HTTP face of the simulated Stripe: ``GET /v1/…`` on loopback, answers and refusals in Stripe's shapes.

The one thing that can be made is a public link to a file, which is then served without a key.

A request's way: record it → find the account by the key → meet a scripted fault → check the key and its permission →
read the parameters → answer.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import random
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import web

from cashnotifyd.simulator import errors, listing
from cashnotifyd.simulator.account import Json, RecordedRequest, SimulatedAccount
from cashnotifyd.simulator.faults import (
    Doubled,
    Drip,
    Fault,
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
from cashnotifyd.vocabulary import Mode

_PAGING = frozenset({"limit", "starting_after", "ending_before"})
_EVENT_PARAMETERS = _PAGING | {"created", "type", "types", "delivery_success"}


@dataclass(frozen=True, slots=True)
class _Resource:
    """A kind of object that is served by id and as a list. ``filters`` are top-level fields to list by."""

    kind: str
    permission: str
    filters: frozenset[str] = frozenset()
    expandable: frozenset[str] = frozenset()


_RESOURCES = {
    "balance_transactions": _Resource("balance_transaction", "rak_balance_read", frozenset({"source", "type"})),
    "customers": _Resource("customer", "rak_customer_read", frozenset({"email"})),
    "invoice_payments": _Resource("invoice_payment", "rak_invoice_read", frozenset({"invoice", "status"})),
    "invoices": _Resource(
        "invoice", "rak_invoice_read", frozenset({"customer", "status", "subscription"}), frozenset({"payments"})
    ),
    "payouts": _Resource("payout", "rak_payout_read", frozenset({"status"})),
    "products": _Resource("product", "rak_product_read", frozenset({"active"})),
    "subscriptions": _Resource("subscription", "rak_subscription_read", frozenset({"customer", "status"})),
}


@dataclass(frozen=True, slots=True)
class _Caller:
    account: SimulatedAccount
    key: str

    def needs(self, permission: str) -> None:
        if not self.account.allows(self.key, permission):
            raise errors.permission_missing(self.key, self.account.id, permission)


@dataclass(frozen=True, slots=True)
class _Row:
    """An object of a list, with what the list is ordered by."""

    id: str
    created: int


class Simulator:
    """A Stripe on ``127.0.0.1``: ``async with Simulator() as stripe: …``.

    ``port`` 0 takes a free one; ``now`` is its clock in seconds since 1970; ``seed`` decides every made-up id and name;
    with ``tls``, whose certificate may be a wrong one, it speaks HTTPS; ``name`` is what its callers know it by.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
        seed: int = 0,
        tls: ssl.SSLContext | None = None,
        name: str = "127.0.0.1",
    ) -> None:
        self.requests: list[RecordedRequest] = []
        self._accounts: list[SimulatedAccount] = []
        self._port = port
        self._now = now
        self._seed = seed
        self._random = random.Random(f"{seed} requests")  # noqa: S311 (made-up request ids)
        self._tls = tls
        self._name = name
        self._runner: web.AppRunner | None = None

    @property
    def base(self) -> str:
        """What stands in place of ``https://api.stripe.com``."""
        return f"{'http' if self._tls is None else 'https'}://{self._name}:{self._port}"

    def account(
        self,
        stripe_id: str,
        *,
        name: str,
        api_version: str = "2025-09-30.clover",
        mode: Mode = Mode.LIVE,
        country: str = "US",
        currency: str = "usd",
    ) -> SimulatedAccount:
        """A new account; ``currency`` is what it settles in."""
        account = SimulatedAccount(
            stripe_id,
            name=name,
            api_version=api_version,
            mode=mode,
            now=self._now,
            seed=self._seed,
            country=country,
            currency=currency,
        )
        self._accounts.append(account)
        return account

    async def start(self) -> None:
        """Listen. After :meth:`stop` the same port is taken again: Stripe is back."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        # handler_cancellation: a stalled answer ends with the connection of the caller who gave up on it.
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and close every connection: Stripe is out of reach."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        key = _key_of(request.headers)
        account = next((each for each in self._accounts if key is not None and each.has_key(key)), None)
        seen = RecordedRequest(
            request.method, request.path, tuple(request.query.items()), key[-4:] if key else None, self._now()
        )
        self.requests.append(seen)
        if request.path.startswith("/links/"):
            found = next(filter(None, (each.linked(request.path) for each in self._accounts)), None)
            return web.Response(status=404) if found is None else web.Response(body=found)
        fault = None
        if account is not None:
            account.requests.append(seen)
            fault = account.next_fault(request.path)
        headers = self._headers(request, account, fault.seconds if isinstance(fault, Skewed) else 0.0)
        try:
            _break(request, fault)
            if isinstance(fault, Slow):
                await asyncio.sleep(fault.seconds)
            elif isinstance(fault, Stall):
                await asyncio.Event().wait()
            form = [(name, str(value)) for name, value in (await request.post()).items()]
            body = self._answer(request, account, key, form)
            status = int(HTTPStatus.OK)
        except errors.Refusal as refusal:
            if account is not None and fault is None:
                account.refused.append(seen)
            # What nobody is signed in for is in nobody's log.
            body = refusal.body(None if account is None else _log_url(account, headers["Request-Id"]))
            status = refusal.status
            headers |= refusal.headers
        return await _send(request, status, headers, body, fault)

    def _headers(self, request: web.Request, account: SimulatedAccount | None, ahead: float) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Date": formatdate(self._now() + ahead, usegmt=True),
            "Request-Id": "req_" + "".join(self._random.choices("0123456789abcdefghijkABCDEFGHIJK", k=14)),
        }
        if version := request.headers.get("Stripe-Version") or (account.api_version if account else None):
            headers["Stripe-Version"] = version
        return headers

    def _answer(
        self, request: web.Request, account: SimulatedAccount | None, key: str | None, form: list[tuple[str, str]]
    ) -> Json:
        caller = _admitted(request, account, key)
        account = caller.account
        pairs = list(request.query.items())
        match request.path.strip("/").split("/"):
            case ["v1", "file_links"] if request.method == "POST":
                caller.needs("rak_file_write")
                return _link(account, listing.Parameters(form, {"file", "expires_at", "metadata"}), self.base)
            case _ if request.method != "GET":
                raise errors.unknown_url(request.method, request.path)
            case ["v1", "account"]:
                caller.needs("rak_connected_account_read")
                listing.Parameters(pairs, ())
                return account.itself()
            case ["v1", "events"]:
                caller.needs("rak_event_read")
                return _list_events(account, listing.Parameters(pairs, _EVENT_PARAMETERS))
            case ["v1", "events", event_id]:
                caller.needs("rak_event_read")
                listing.Parameters(pairs, ())
                return _event(account, event_id)
            case ["v1", plural] if resource := _RESOURCES.get(plural):
                caller.needs(resource.permission)
                return _list_objects(account, f"/v1/{plural}", resource, pairs)
            case ["v1", plural, object_id] if resource := _RESOURCES.get(plural):
                caller.needs(resource.permission)
                return _object(account, resource, object_id, pairs)
            case _:
                raise errors.unknown_url(request.method, request.path)


def _admitted(request: web.Request, account: SimulatedAccount | None, key: str | None) -> _Caller:
    """Who calls.

    Raises:
        Refusal: nobody whom Stripe would answer.
    """
    if key is None:
        raise errors.no_key()
    if key.startswith("pk_"):
        raise errors.publishable_key()
    if account is None:
        raise errors.unknown_key(key)
    if account.is_revoked(key):
        raise errors.expired_key(key)
    acted_for = request.headers.get("Stripe-Account")
    if acted_for is not None and acted_for != account.id:
        raise errors.foreign_account(key, acted_for)
    return _Caller(account, key)


def _key_of(headers: Mapping[str, str]) -> str | None:
    """The API key: a bearer token, or the user name of basic authentication."""
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _log_url(account: SimulatedAccount, request_id: str) -> str:
    test = "" if account.livemode else "test/"
    return f"https://dashboard.stripe.com/{test}logs/{request_id}?t={int(account.now())}"


def _break(request: web.Request, fault: Fault | None) -> None:
    """The faults that leave nothing to answer with.

    Raises:
        Refusal: the fault's answer.
        ConnectionResetError: the connection is gone.
    """
    match fault:
        case Status(status=status):
            raise errors.server_error(status, _advice(fault))
        case RateLimited(reason=reason):
            raise errors.rate_limited(reason, _advice(fault))
        case Reset():
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError
        case _:
            return


def _advice(fault: Status | RateLimited) -> dict[str, str]:
    should_retry = None if fault.should_retry is None else str(fault.should_retry).lower()
    said = {"Stripe-Should-Retry": should_retry, "Retry-After": fault.retry_after}
    return {name: value for name, value in said.items() if value is not None}


async def _send(
    request: web.Request, status: int, headers: dict[str, str], answer: Json, fault: Fault | None
) -> web.StreamResponse:
    # Indented as Stripe's answers are; json does that in Python, and a page of 100 events then takes it 20 ms.
    body = msgspec.json.format(msgspec.json.encode(_disarranged(answer, fault)), indent=2)
    match fault:
        case Truncated() | ResetMidBody():
            return await _send_half(request, status, headers, body, fault)
        case Drip():
            return await _send_slowly(request, status, headers, body, fault)
        case Garbage(body=garbage):
            return web.Response(text=garbage, content_type="text/html")
        case Mislabelled(content_type=content_type):
            return web.Response(status=status, headers=headers | {"Content-Type": content_type}, body=body)
        case _:
            return web.Response(status=status, headers=headers, body=body)


def _disarranged(body: Json, fault: Fault | None) -> Json:
    entries = body.get("data")
    if not isinstance(entries, list):
        return body
    match fault:
        case Doubled():
            return body | {"data": [entry for entry in entries for _ in range(2)]}
        case Reordered(seed=seed):
            return body | {"data": random.Random(seed).sample(entries, len(entries))}  # noqa: S311 (to be repeatable)
        case _:
            return body


async def _send_half(
    request: web.Request, status: int, headers: dict[str, str], body: bytes, fault: Truncated | ResetMidBody
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None and isinstance(fault, Truncated):
        request.transport.close()
    elif request.transport is not None:
        # Closed with this option, a connection ends in a reset; aborted without it, in an orderly end.
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return response


async def _send_slowly(
    request: web.Request, status: int, headers: dict[str, str], body: bytes, fault: Drip
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    size = len(body) // fault.pieces + 1
    for begin in range(0, len(body), size):
        await response.write(body[begin : begin + size])
        await asyncio.sleep(fault.pause)
    return response


def _list_events(account: SimulatedAccount, parameters: listing.Parameters) -> Json:
    asked = listing.page_request(parameters)
    fits_created = listing.created_filter(parameters)
    fits_type = listing.type_filter(parameters)
    # No webhook endpoint, so no delivery has failed.
    none_failed = listing.boolean(parameters, "delivery_success") is not False
    cursor = None
    if named := listing.cursor_of(asked):
        param, wanted = named
        cursor = account.find_event(wanted)
        if cursor is None:
            raise listing.unknown_cursor("event", param, wanted)
        if account.is_aged_out(cursor):
            raise errors.aged_out(wanted, param=param, status=HTTPStatus.BAD_REQUEST)
    events = {
        event.id: event
        for event in account.visible_events()
        if none_failed and fits_created(event.created) and fits_type(event.type)
    }
    page = listing.cut(list(events.values()), asked, cursor)
    return listing.envelope("/v1/events", [events[each].json for each in page.ids], has_more=page.has_more)


def _event(account: SimulatedAccount, event_id: str) -> Json:
    event = account.find_event(event_id)
    if event is None:
        raise errors.missing("event", event_id)
    if account.is_aged_out(event):
        raise errors.aged_out(event_id)
    return event.json


def _object(account: SimulatedAccount, resource: _Resource, object_id: str, pairs: list[tuple[str, str]]) -> Json:
    parameters = listing.Parameters(pairs, (), resource.expandable)
    found = account.find(resource.kind, object_id)
    if found is None:
        raise errors.missing(resource.kind, object_id)
    return _with_payments(account, found) if "payments" in parameters.many("expand") else found


def _list_objects(account: SimulatedAccount, url: str, resource: _Resource, pairs: list[tuple[str, str]]) -> Json:
    known = _PAGING | resource.filters | {"created"} | ({"payment"} if resource.kind == "invoice_payment" else set())
    parameters = listing.Parameters(pairs, known)
    asked = listing.page_request(parameters)
    fits_created = listing.created_filter(parameters)
    wanted: dict[str, str | None] = {name: parameters.one(name) for name in resource.filters}
    payment = parameters.parts("payment")

    def fits(obj: Json) -> bool:
        return (
            fits_created(obj["created"])
            and all(value is None or _text(_field(obj, name)) == value for name, value in wanted.items())
            and all(obj["payment"].get(name) == value for name, value in payment.items())
        )

    cursor = None
    if named := listing.cursor_of(asked):
        param, cursor_id = named
        found = account.find(resource.kind, cursor_id)
        if found is None:
            raise listing.unknown_cursor(resource.kind, param, cursor_id)
        cursor = _Row(found["id"], found["created"])
    objects = {obj["id"]: obj for obj in account.stored(resource.kind) if fits(obj)}
    page = listing.cut([_Row(obj["id"], obj["created"]) for obj in objects.values()], asked, cursor)
    return listing.envelope(url, [objects[each] for each in page.ids], has_more=page.has_more)


def _link(account: SimulatedAccount, parameters: listing.Parameters, base: str) -> Json:
    wanted = parameters.one("file") or ""
    link = account.link(wanted, base)
    if link is None:
        raise errors.missing("file", wanted, param="file", status=HTTPStatus.BAD_REQUEST)
    return link


def _field(obj: Json, name: str) -> Any:  # noqa: ANN401 (a JSON value)
    """A field to list by; an invoice's subscription moved into ``parent`` with 2025-03-31."""
    if name == "subscription" and name not in obj:
        details = (obj.get("parent") or {}).get("subscription_details") or {}
        return details.get("subscription")
    return obj.get(name)


def _text(value: Any) -> str:  # noqa: ANN401 (a JSON value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with_payments(account: SimulatedAccount, invoice: Json) -> Json:
    """An invoice with its payments, which Stripe leaves out unless asked: also in events."""
    payments = [each for each in account.stored("invoice_payment") if each["invoice"] == invoice["id"]]
    return invoice | {"payments": listing.envelope("/v1/invoice_payments", payments, has_more=False)}
