"""A Stripe made for load, and the web hook that is told: one process, answers as cheap as bytes can be.

It lists events as the simulator does (`tests/benchmarks/test_lookalike.py` compares them), and costs less than any
contender, so that what is measured is the contender. It is driven over the same port, under ``/bench/``.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from benchmarks.sales import SOLD, TOKEN, event_id, serial_of, template
from cashnotifyd.simulator import errors, listing

_KEY: Final = "rk_live_51Bench"
_KNOWN: Final = frozenset({"limit", "starting_after", "ending_before", "created", "type", "types", "delivery_success"})
_END: Final = b"\r\n\r\n"
_BEFORE_ITEMS: Final = b'{\n  "object": "list",\n  "data": ['
_AFTER_ITEMS: Final = b'\n  ],\n  "has_more": %s,\n  "url": "/v1/events"\n}'
_NO_ITEMS: Final = b'{\n  "object": "list",\n  "data": [],\n  "has_more": false,\n  "url": "/v1/events"\n}'


def key_of(number: int) -> str:
    """The API key of an account."""
    return f"{_KEY}{number:06d}"


@dataclass(slots=True)
class Shop:
    """An account's events, oldest first: their times (s), and all of one type."""

    number: int
    created: array[int] = field(default_factory=lambda: array("q"))
    type: str = SOLD

    def emit(self, events: int, at: int) -> None:
        """So many more, at that time: never before those that are there."""
        self.created.extend([at] * events)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as Stripe understands it. ``since`` and ``until`` are the bounds of ``created``, both included."""

    limit: int
    starting_after: str | None
    ending_before: str | None
    since: int | None
    until: int | None
    fits: Callable[[str], bool]


@lru_cache(maxsize=4096)
def understood(query: str) -> Asked:
    """What a query string asks for.

    Raises:
        Refusal: what Stripe would refuse.
    """
    parameters = listing.Parameters(parse_qsl(query, keep_blank_values=True), _KNOWN)
    page = listing.page_request(parameters)
    listing.created_filter(parameters)
    bounds = {name: int(text) for name, text in parameters.parts("created").items()}
    exact = parameters.one("created")
    if exact is not None:
        bounds |= {"gte": int(exact), "lte": int(exact)}
    since = [bounds[name] + shift for name, shift in (("gte", 0), ("gt", 1)) if name in bounds]
    until = [bounds[name] - shift for name, shift in (("lte", 0), ("lt", 1)) if name in bounds]
    return Asked(
        page.limit,
        page.starting_after,
        page.ending_before,
        max(since, default=None),
        min(until, default=None),
        listing.type_filter(parameters),
    )


def page_of(shop: Shop, asked: Asked) -> bytes:
    """The page that was asked for.

    Raises:
        Refusal: a cursor that names nothing.
    """
    first = 0 if asked.since is None else bisect_left(shop.created, asked.since)
    end = len(shop.created) if asked.until is None else bisect_right(shop.created, asked.until)
    if not asked.fits(shop.type):
        first = end
    if asked.starting_after is not None:
        end = min(end, _place(shop, asked.starting_after, "starting_after"))
    if asked.ending_before is not None:
        first = max(first, _place(shop, asked.ending_before, "ending_before") + 1)
        places = range(first, min(end, first + asked.limit))
    else:
        places = range(max(first, end - asked.limit), end)
    if not places:
        return _NO_ITEMS
    more = len(places) < end - first
    render = template(shop.type).render
    items = b",".join(render(serial_of(shop.number, place), b"%d" % shop.created[place]) for place in reversed(places))
    return b"".join((_BEFORE_ITEMS, items, _AFTER_ITEMS % (b"true" if more else b"false")))


def _place(shop: Shop, cursor: str, parameter: str) -> int:
    digits = cursor[-12:]
    if digits.isdigit() and int(digits) < len(shop.created):
        place = int(digits)
        if cursor == event_id(serial_of(shop.number, place)):
            return place
    raise listing.unknown_cursor("event", parameter, cursor)


class Stage:
    """Everything that is on the server: accounts, what was asked, who was told."""

    def __init__(self) -> None:
        self.shops: dict[int, Shop] = {}
        self.polls = 0
        self.deep_polls = 0
        """Of the polls, those for the newest page without a bound."""
        self.listed = 0
        """Bytes of events sent."""
        self.others = 0
        self.polled: set[int] = set()
        """Accounts that asked for events."""
        self.first_poll: float | None = None
        self.last_poll = 0.0
        self.forbids_look_ups = True
        self.emitted: dict[bytes, float] = {}
        """When an event that was dripped could first be listed, by its serial."""
        self.arrived: dict[bytes, list[float]] = {}
        self.dripping: asyncio.Task[None] | None = None

    # Stripe's face

    def answer(self, method: str, target: str, key: str) -> tuple[int, bytes]:
        """Status and body."""
        path, _, query = target.partition("?")
        try:
            shop = self._shop(key)
            if path == "/v1/events":
                return 200, self._events(shop, query)
            self.others += 1
            if path == "/v1/account":
                return 200, _account(shop)
            if method == "GET" and path.startswith("/v1/balance_transactions/"):
                if self.forbids_look_ups:
                    raise errors.permission_missing(key, f"acct_1Bench{shop.number:06d}", "rak_balance_read")
                return 200, _booked(path.rpartition("/")[2])
            raise errors.unknown_url(method, path)
        except errors.Refusal as refusal:
            return refusal.status, json.dumps(refusal.body(None), indent=2).encode()

    def _shop(self, key: str) -> Shop:
        number = key.removeprefix(_KEY)
        shop = self.shops.get(int(number)) if number.isdigit() else None
        if shop is None:
            raise errors.unknown_key(key)
        return shop

    def _events(self, shop: Shop, query: str) -> bytes:
        asked = understood(query)
        self.last_poll = time.monotonic()
        if self.first_poll is None:
            self.first_poll = self.last_poll
        if asked.starting_after is None:
            self.polls += 1
            self.deep_polls += asked.since is None and asked.ending_before is None
            self.polled.add(shop.number)
        body = page_of(shop, asked)
        self.listed += len(body)
        return body

    # The web hook

    def told(self, body: bytes) -> None:
        """Note what arrived, and when."""
        now = time.monotonic()
        for account, place in set(TOKEN.findall(body)):
            self.arrived.setdefault(account + place, []).append(now)

    # The conductor's desk

    async def direct(self, target: str) -> Any:  # noqa: ANN401 (JSON)
        """Carry out what the conductor wants; answers what it asks."""
        parts = urlsplit(target)
        arguments = dict(parse_qsl(parts.query))
        wanted = {name: int(value) for name, value in arguments.items() if value.lstrip("-").isdigit()}
        match parts.path.removeprefix("/bench/"):
            case "open":
                self._open(wanted, arguments.get("type", SOLD))
            case "emit":
                self._emit(range(wanted["first"], wanted["first"] + wanted["count"]), wanted["events"])
            case "fill":
                self._fill(self.shops[wanted["account"]], wanted["events"], wanted["since"], wanted["until"])
            case "drip":
                # Kept until it is over: a task that nobody holds may be collected.
                self.dripping = asyncio.create_task(self._drip(wanted))
            case "set":
                self.forbids_look_ups = bool(wanted["forbids_look_ups"])
            case "reset":
                self.polls = self.deep_polls = self.listed = self.others = 0
                self.polled.clear()
                self.first_poll = None
                self.emitted.clear()
                self.arrived.clear()
            case "state":
                return self._state()
            case "latencies":
                return self._latencies(range(wanted["first"], wanted["first"] + wanted["count"]))
            case other:
                raise ValueError(other)
        return None

    def _open(self, wanted: dict[str, int], type_: str) -> None:
        at = int(time.time()) - wanted.get("age", 0)
        for number in range(wanted["first"], wanted["first"] + wanted["count"]):
            self.shops[number] = Shop(number, type=type_)
            # An hour apart: only the newest lies within what a poll reads again.
            old = wanted.get("old", 0)
            self.shops[number].created.extend(at - 3600 * (old - 1 - place) for place in range(old))

    def _emit(self, numbers: range, events: int) -> None:
        now, clock = time.monotonic(), int(time.time())
        for number in numbers:
            shop = self.shops[number]
            place = len(shop.created)
            shop.emit(events, clock)
            for each in range(place, place + events):
                self.emitted[serial_of(number, each)] = now

    def _fill(self, shop: Shop, events: int, since: int, until: int) -> None:
        shop.created.extend(since + (until - since) * each // events for each in range(events))

    async def _drip(self, wanted: dict[str, int]) -> None:
        """``times`` in all, about ``rate`` a second, ``events`` at a time, to one account after the other.

        Up to a second late each: in step with the polls, events would be met early by one poller and late by another.
        """
        shift = random.Random(6).random  # noqa: S311 (spreads events; the same each time)
        moments = sorted(
            (each / wanted["rate"] + shift(), wanted["first"] + each % wanted["count"])
            for each in range(wanted["times"])
        )
        begun = time.monotonic()
        for moment, number in moments:
            await asyncio.sleep(max(0.0, begun + moment - time.monotonic()))
            self._emit(range(number, number + 1), wanted["events"])

    def _latencies(self, numbers: range) -> list[float]:
        return [
            self.arrived[serial][0] - at
            for serial, at in self.emitted.items()
            if serial in self.arrived and int(serial[:6]) in numbers
        ]

    def _state(self) -> dict[str, Any]:
        arrivals = [at for each in self.arrived.values() for at in each]
        return {
            "polls": self.polls,
            "deep_polls": self.deep_polls,
            "listed": self.listed,
            "others": self.others,
            "accounts_polled": len(self.polled),
            "first_poll": self.first_poll,
            "last_poll": self.last_poll,
            "emitted": len(self.emitted),
            "told": len(self.arrived),
            "repeated": sum(len(each) - 1 for each in self.arrived.values()),
            "first_arrival": min(arrivals, default=None),
            "last_arrival": max(arrivals, default=None),
            "dripping": self.dripping is not None and not self.dripping.done(),
            "cpu": time.process_time(),
            "now": time.monotonic(),
        }


def _account(shop: Shop) -> bytes:
    account = {
        "id": f"acct_1Bench{shop.number:06d}",
        "object": "account",
        "business_profile": {"name": f"Acme {shop.number}"},
        "settings": {
            "branding": {"icon": None, "logo": None},
            "dashboard": {"display_name": f"Acme {shop.number}", "timezone": "Etc/UTC"},
        },
    }
    return json.dumps(account, indent=2).encode()


def _booked(transaction: str) -> bytes:
    booked = {
        "id": transaction,
        "object": "balance_transaction",
        "amount": 1900,
        "currency": "usd",
        "exchange_rate": None,
        "fee": 85,
        "net": 1815,
        "type": "charge",
    }
    return json.dumps(booked, indent=2).encode()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with nothing but what the contenders' clients send."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(_END)) >= 0:
            method, target, length, key = _head(self._unread[:end])
            end += len(_END)
            if len(self._unread) < end + length:
                return
            body, self._unread = self._unread[end : end + length], self._unread[end + length :]
            self._serve(method, target, key, body)

    def _serve(self, method: str, target: str, key: str, body: bytes) -> None:
        if target.startswith("/v1/"):
            self._send(*self._stage.answer(method, target, key))
        elif target.startswith("/hook"):
            # Whoever tells the silent one has its answer to wait for, and tells nobody else meanwhile.
            if not target.endswith("/silent"):
                self._stage.told(body)
                self._send(200, b"")
        else:
            asyncio.ensure_future(self._stage.direct(target)).add_done_callback(self._directed)

    def _directed(self, done: asyncio.Future[Any]) -> None:
        error = done.exception()
        if error is not None:
            self._send(500, json.dumps({"error": repr(error)}).encode())
        else:
            self._send(200, json.dumps(done.result()).encode())

    def _send(self, status: int, body: bytes) -> None:
        assert self._transport is not None
        self._transport.write(_status_line(status, int(time.time())) % len(body) + body)


@lru_cache(maxsize=4096)
def _head(head: bytes) -> tuple[str, str, int, str]:
    """Method, target, body's length, key. A poller's requests are the same bytes again and again."""
    first, *rest = head.split(b"\r\n")
    method, target, _ = first.decode().split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in rest)}
    key = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
    return method, target, int(headers.get(b"content-length", b"0")), key


@lru_cache(maxsize=64)
def _status_line(status: int, second: int) -> bytes:
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nServer: nginx\r\nDate: {formatdate(second, usegmt=True)}\r\n"
        "Content-Type: application/json\r\nConnection: keep-alive\r\nRequest-Id: req_0Bench0000000\r\n"
        "Stripe-Version: 2023-10-16\r\nContent-Length: %d\r\n\r\n"
    ).encode()


async def serve(started: Callable[[int], None]) -> None:
    """Serve on a free port of loopback until cancelled; ``started`` gets the port."""
    stage = Stage()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(stage), "127.0.0.1", 0, backlog=4096)
    started(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


def main() -> None:
    """Print the port, then serve until standard input ends: with whoever started this."""

    async def until_let_go() -> None:
        serving = asyncio.create_task(serve(lambda port: print(port, flush=True)))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.read)
        serving.cancel()

    asyncio.run(until_let_go())


if __name__ == "__main__":
    main()
