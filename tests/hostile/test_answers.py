"""Whatever Stripe or a channel's service answers, down to bytes that are no HTTP: the answer to it is a value."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any, Final
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashnotifyd.delivery.apprise_door.answers import Answer, meaning
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Refused, Throttled, Unconfirmed
from cashnotifyd.stripe_api import (
    Failure,
    OwnAccount,
    Page,
    StripeApi,
    StripeConnections,
    account_in,
    asking,
    failure_of,
)
from cashnotifyd.stripe_api.pages import page_in
from cashnotifyd.vocabulary import Kind, Message, Urgency


@pytest.fixture(autouse=True)
def nothing_is_collected() -> Iterator[None]:
    """Whatever else was left to be finalized must not be so at the bottom of a hundred thousand brackets."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


KEYS: Final = [
    "id", "object", "data", "type", "created", "has_more", "error", "code", "message", "retry_after", "parameters",
    "retry_after_ms", "description", "settings", "branding", "dashboard", "display_name", "business_profile", "name",
    "icon", "url", "user", "token", "device", "migrate_to_chat_id",
]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\x1b[31m\r\n", "invalid", "rak_event_read", "acct_1", "ratelimited", 10**400, 1e308])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=12,
)
STATUSES = st.sampled_from([200, 201, 202, 204, 206, 301, 308, 400, 401, 403, 404, 409, 429, 500, 503, 599])
VALUES = st.text(max_size=12) | st.sampled_from(["nan", "inf", "-1", "1e400", "9" * 400, "Tue, 99 Nov 2026", "true"])


# What stands in an answer


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@given(status=STATUSES, value=VALUES, said=ANYTHING)
@example(status=206, value="", said={"error": {"message": "no"}})
@example(status=200, value="", said={"error": ["no"]})
def test_a_services_answer_has_a_meaning(status: int, value: str, said: object) -> None:
    names = ("Retry-After", "X-RateLimit-Reset-After", "X-Limit-App-Reset")
    for body in (json.dumps(said).encode(), json.dumps({"error": said, "id": said}).encode()):
        found = meaning(Answer(status, dict.fromkeys(names, value), body), "why", 1_790_000_000.0)
        assert found.reason == "why"
        if isinstance(found, Throttled):
            assert found.seconds is None or 0 <= found.seconds < float("inf")


def test_an_answer_nests_as_deep_as_can_be_read() -> None:
    for depth in (1, 500, *range(900, 1001), 100_000):
        for key in ("id", "description", "error", "parameters"):
            body = f'{{"{key}": {nested(depth)}}}'.encode()
            assert meaning(Answer(400, {}, body), "why", 0.0).reason == "why"
            assert meaning(Answer(200, {}, body), "why", 0.0).reason == "why"


@given(status=st.none() | STATUSES, value=VALUES, error=st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_stripes_refusal_is_a_failure(status: int | None, value: str, error: dict[str, Any]) -> None:
    headers = {"stripe-should-retry": value, "Stripe-Rate-Limited-Reason": value}
    found = failure_of(status, headers, error)
    assert found.reason
    assert found.stripe_id is None or found.stripe_id.startswith("acct_")


@given(ANYTHING)
def test_stripes_account_has_a_name_or_none(said: object) -> None:
    answer = said if isinstance(said, dict) else {"settings": said, "business_profile": said, "id": said}
    found = account_in(answer)
    for text in (found.stripe_id, found.name, found.icon):
        assert text is None or text.encode("utf-8")


@given(data=ANYTHING, more=ANYTHING, date=st.none() | VALUES)
@example(data=[{"id": "evt_1", "type": "charge.updated", "amount": "LARGE"}, "HALF"], more=False, date=None)
def test_stripes_page_is_a_page_or_a_failure(data: object, more: object, date: str | None) -> None:
    text = json.dumps({"data": data, "has_more": more}).replace('"LARGE"', "1e9999").replace('"HALF"', '"\\ud800", NaN')
    page = page_in(text.encode(), 10, date)
    if isinstance(page, Page):
        assert page.server_time is None or isfinite(page.server_time)
        for listed in page.events:
            json.loads(listed.payload.encode("utf-8"))


# What is no HTTP, or hardly

PACKED: Final = gzip.compress(b'{"data": []}')
BODIES: Final = [
    b"", b"{}", b"[]", b"null", b"7", b'"x"', b"<html>", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"data": null}',
    b'{"data": [null]}', b'{"data": [{"id": 1e9999}, NaN]}', b'{"error": null}', b'{"error": "x"}', b'{"error": []}',
    b'{"error": {"message": {}, "code": [], "type": 7}}', b'{"error": {"message": "\\ud800\\u0000"}}',
    b'{"id": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a": ' + b"9" * 5000 + b"}", b'{"id": {"id": {}}}',
    b'{"url": "https://files.stripe.com/\\u0000"}', b'{"settings": {"branding": {"icon": {"id": []}}}}',
]  # fmt: skip
RAW: Final = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "a status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status too large": b"HTTP/1.1 99999 OK\r\n\r\n",
    "a status of zero": b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "no ASCII in a header": b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\nDate: \xff\r\nContent-Length: 2\r\n\r\n{}",
    "no ASCII in the reason": b"HTTP/1.1 500 \xff\x1b[31m\r\nContent-Length: 2\r\n\r\n{}",
    "a very long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "a thousand headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"Content-Length: 2\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "less than its length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "chunks of nonsense": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "chunks without an end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "said to be packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "packed and cut": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n" + PACKED[:12],
    "packed in an unknown way": b"HTTP/1.1 200 OK\r\nContent-Encoding: x\r\nContent-Length: 2\r\n\r\n{}",
    "go on, and nothing more": b"HTTP/1.1 100 Continue\r\n\r\n",
    "no content, and some": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
    "an alphabet that is none": b"HTTP/1.1 500 X\r\nContent-Type: a/b; charset=\xff\r\nContent-Length: 2\r\n\r\n{}",
    "a codec of Python's": b"HTTP/1.1 500 X\r\nContent-Type: x/y; charset=rot13\r\nContent-Length: 2\r\n\r\n{}",
    "a strange cookie": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=\x01; Domain=.com\r\nContent-Length: 2\r\n\r\n{}",
    "a bad redirect": b"HTTP/1.1 302 Found\r\nLocation: http://[::\r\nContent-Length: 0\r\n\r\n",
    "a redirect to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "two answers": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
    **{
        f"{status} {body[:20]!r}": b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
        for status in (200, 206, 400, 401, 403, 429, 500)
        for body in BODIES
    },
}


class Raw:
    """Answers every request with these very bytes, and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self.asked: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.read(65_536))
            writer.write(self.answer)
            await writer.drain()
            writer.write_eof()
            while await reader.read(65_536):  # so that it is no reset
                pass
        except OSError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    server = Raw()
    await server.start()
    yield server
    await server.stop()


async def at_once(_: float) -> None:
    pass


Ask = Callable[[StripeApi], Awaitable[object]]
QUESTIONS: Final[Sequence[Ask]] = [
    lambda api: api.events(limit=10),
    lambda api: api.own_account(),
    lambda api: api.look_up("/v1/charges/ch_1"),
    lambda api: api.link_to_file("file_1"),
]


async def test_whatever_plays_stripe_is_answered_with_a_value(raw: Raw) -> None:
    for name, answer in RAW.items():
        # Connections of its own for each: what is left over of one answer is none to the next question.
        connections = StripeConnections()
        raw.answer = answer
        api = connections.account("rk_test_x", f"http://127.0.0.1:{raw.port}", at_once)
        for ask in QUESTIONS:
            found = await ask(api)
            assert isinstance(found, Page | Failure | OwnAccount | dict | str), name
            if isinstance(found, Failure):
                assert found.reason, name
                assert not any(category(sign) in {"Cc", "Cs"} for sign in found.reason), name
                assert "rk_test_x" not in found.reason, name
        file = await connections.file(f"http://127.0.0.1:{raw.port}/icon", 1000)
        assert isinstance(file, bytes | Failure), name
        await connections.close()


async def test_a_key_goes_nowhere_else(raw: Raw) -> None:
    elsewhere = Raw()
    await elsewhere.start()
    raw.answer = (
        f"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    )
    connections = StripeConnections()
    api = connections.account("rk_test_x", f"http://127.0.0.1:{raw.port}", at_once)

    found = [await ask(api) for ask in QUESTIONS]

    await connections.close()
    await elsewhere.stop()
    assert raw.asked
    assert elsewhere.asked == []
    assert all(isinstance(one, Failure | OwnAccount) for one in found)


@pytest.mark.parametrize("packed", ["as it is", "gzip"])
async def test_an_answer_without_an_end_is_not_read_to_it(
    raw: Raw, packed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LARGEST_ANSWER", 1_000_000)
    body = b" " * 50_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if packed == "gzip":
        body, head = gzip.compress(body, 1), head + b"Content-Encoding: gzip\r\n"
    raw.answer = head + b"\r\n" + body
    connections = StripeConnections()
    api = connections.account("rk_test_x", f"http://127.0.0.1:{raw.port}", at_once)

    found = [await ask(api) for ask in QUESTIONS]
    file = await connections.file(f"http://127.0.0.1:{raw.port}/icon", 1000)

    await connections.close()
    for one in (*found, file):
        assert isinstance(one, Failure)
        assert one.reason == "the answer is too large"


MESSAGE: Final = Message(Kind.SALE, "Sale €49.00", "Jane Doe\nAcme", Urgency.NORMAL, "https://dashboard.stripe.com/x")


@contextmanager
def in_a_thread(server: Raw) -> Iterator[None]:
    """Serves while the caller blocks, as plugins do."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(server.stop())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


SCHEMES: Final = [
    "json://user:pass@{host}/hook",
    "ntfy://{host}/topic",
    "gotify://{host}/token",
    "mmost://{host}/hook123",
]


@pytest.mark.parametrize("url", SCHEMES)
def test_whatever_plays_a_service_is_an_outcome(url: str) -> None:
    server = Raw()
    with in_a_thread(server):
        (target,) = open_targets(url.format(host=f"127.0.0.1:{server.port}"))
        for name, answer in RAW.items():
            server.answer = answer
            outcome = target.send(MESSAGE)
            assert isinstance(outcome, Delivered | NotSent | Refused | Throttled | Unconfirmed), name
            if not isinstance(outcome, Delivered):
                assert 0 < len(outcome.reason) <= 200, name
                assert not any(category(sign) in {"Cc", "Cs"} for sign in outcome.reason), (name, outcome.reason)
                assert "Jane" not in outcome.reason, name


BOMB: Final = gzip.compress(b"x" * 50_000_000, 9)  # 50 kB on the wire
ENDLESS: Final = {
    "plain": (b"HTTP/1.1 500 X\r\n\r\n", b"x" * 65_536),
    "in chunks": (b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    "packed": (b"HTTP/1.1 500 X\r\nContent-Encoding: gzip\r\n\r\n", BOMB),
}


class Endless(Raw):
    """Answers with a beginning and then without an end."""

    def __init__(self, beginning: bytes, rest: bytes) -> None:
        super().__init__()
        self.beginning = beginning
        self.rest = rest
        self.sent = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(65_536)
            writer.write(self.beginning)
            while True:
                writer.write(self.rest)
                await writer.drain()
                self.sent += len(self.rest)
        except OSError:
            pass
        finally:
            writer.close()


@pytest.mark.parametrize("sort", ENDLESS)
def test_an_answer_without_an_end_is_read_no_further_than_it_is_looked_at(sort: str) -> None:
    server = Endless(*ENDLESS[sort])
    with in_a_thread(server):
        (target,) = open_targets(f"json://127.0.0.1:{server.port}/hook")
        outcome = target.send(MESSAGE)
    assert isinstance(outcome, NotSent)
    assert len(outcome.reason) <= 200
    assert server.sent < 20_000_000  # what the sockets' buffers took beyond the 1 MiB that was read
