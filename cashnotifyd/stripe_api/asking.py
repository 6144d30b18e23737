"""Asking Stripe, with one key and on the connections that all accounts share.

The list of events, which is asked for all day, is fetched without the SDK: its raw async path costs 0.27 ms of CPU for
an empty page and 9.5 ms for one of 100 events, this one 0.14 and 1.5 ms (docs/benchmarks.md). Everything else, which is
asked for now and then, goes through that raw path: it knows how parameters, bodies and errors are written.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import aiohttp
import stripe
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_exponential_jitter,
)
from yarl import URL

from cashnotifyd import __version__
from cashnotifyd.redaction import Redaction
from cashnotifyd.stripe_api.accounts import OwnAccount, account_in
from cashnotifyd.stripe_api.failures import Cause, Failure, TooLargeError, failure_of, network_reason
from cashnotifyd.stripe_api.pages import Page, page_in

T = TypeVar("T")

# On by default, it times requests and leaves a file in the user's configuration folder (stripe 16.1.0).
stripe.enable_telemetry = False

# $STRIPE_LOG makes the SDK print requests and bodies to stderr past every log handler; `stripe.log` cannot undo it.
stripe._util.STRIPE_LOG = None  # noqa: SLF001 (there is no public way)

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=8)
"""Seconds for one request. The SDK's own default is 80 s, longer than a watchdog should wait."""

ATTEMPTS = 4
"""Requests made for one answer before the failure is the caller's: seconds are spent here, minutes and more there."""

LOOK_UP_ATTEMPTS = 2

_WORTH_A_WAIT, _WORTH_A_WAIT_FOR_LOOK_UPS = 10.0, 2.0
"""Seconds: asked to wait for longer, the failure is the caller's at once. A message waits for a look-up."""

_IDLE_CONNECTION_SECONDS = 75
"""How long a connection waits for the next poll: a TLS handshake costs 2.1 ms against 0.34 ms on a kept connection."""

CONNECTIONS = 400
"""At once, of all accounts. A process may usually have 1,024 files open."""

SILENT_CONNECTIONS = 50
"""Of these, for accounts that got no answer the last time: each holds one for 20 s, and hundreds of them held up all
others for half a minute (150 of 600, with 100 connections)."""

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes, unpacked. A page of a hundred events has some 0.5 MB; whatever is larger than this would fill the memory."""

_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/[!-~]*")


async def _whole(body: aiohttp.StreamReader, limit: int) -> bytes:
    """All of a body of at most ``limit`` bytes. Raises TooLargeError as soon as it is more."""
    chunks, size = [], 0
    while chunk := await body.readany():
        size += len(chunk)
        if size > limit:
            raise TooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


class _Client(stripe.AIOHTTPClient):
    """How the SDK sends: its own would follow redirects, read bodies of any size, and hide what broke (16.1.0)."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session=session)
        self._shared = session

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None,  # noqa: ANN401 (the SDK's)
    ) -> tuple[bytes, int, Mapping[str, str]]:  # fmt: skip
        async with self._shared.request(
            method, url, headers=headers, data=post_data, allow_redirects=False
        ) as response:  # fmt: skip
            return await _whole(response.content, LARGEST_ANSWER), response.status, response.headers


class StripeConnections:
    """The HTTP connections that all accounts share. Needs a running event loop."""

    def __init__(self) -> None:
        # Keys travel over these: certificates are always checked, with the system's roots or SSL_CERT_FILE.
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=_IDLE_CONNECTION_SECONDS)
        # Without a jar: what Stripe would remember of one account is none of another's business.
        self.session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=TIMEOUT)
        self._sdk = _Client(self.session)
        self.for_the_silent = asyncio.Semaphore(SILENT_CONNECTIONS)
        """What those share who got no answer the last time."""

    def account(
        self,
        api_key: str,
        base: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        context: str | None = None,
    ) -> StripeApi:
        """The API as seen with one key.

        ``base``: scheme, host and port; ``context``: which of the accounts that the key is for, if it is for several.
        """
        return StripeApi(self, api_key, base, sleep, context)

    def client(self, api_key: str, base: str, context: str | None) -> stripe.StripeClient:
        """The SDK, speaking over these connections. It costs 0.01 ms to make, and 1 KiB to keep."""
        return stripe.StripeClient(
            api_key,
            http_client=self._sdk,
            base_addresses={"api": base},
            max_network_retries=0,
            stripe_context=context,
        )

    async def file(self, url: str, limit: int) -> bytes | Failure:
        """The file behind a public link, of at most ``limit`` bytes. No key goes there."""
        try:
            async with self.session.get(url, allow_redirects=False) as response:
                if response.status != 200:  # noqa: PLR2004 (HTTP's own)
                    return Failure(Cause.REFUSED, f"the answer was {response.status}", retry=False)
                return await _whole(response.content, limit)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(Cause.NETWORK, network_reason(error), retry=True)

    async def close(self) -> None:
        """Close every connection."""
        await self.session.close()


class StripeApi:
    """Stripe's API as seen with one key. Every method answers with a value, failures included."""

    __slots__ = (
        "_base",
        "_connections",
        "_context",
        "_is_silent",
        "_key",
        "_left_alone",
        "_sleep",
        "reads",
        "unrecorded_reads",
    )

    def __init__(
        self,
        connections: StripeConnections,
        key: str,
        base: str,
        sleep: Callable[[float], Awaitable[None]],
        context: str | None,
    ) -> None:
        self._connections = connections
        self._key = key
        self._base = base
        self._sleep = sleep
        self._context = context
        self._is_silent = False
        self._left_alone: tuple[float, Failure] | None = None
        """Until when (s of the loop's clock) nothing is asked, and the answer that asked for that."""
        self.reads = 0
        """Requests ever sent, retries included: each counts against the account's read allowance."""
        self.unrecorded_reads = 0
        """Requests sent and not yet counted in the record."""

    async def events(
        self, *, limit: int, starting_after: str | None = None, created_from: int | None = None
    ) -> Page | Failure:
        """A page of the account's events, newest first.

        ``starting_after`` an event's id: those older than it; ``created_from``: those since then (s, inclusive).
        """
        query: dict[str, Any] = {"limit": limit}
        if created_from is not None:
            query["created[gte]"] = created_from
        if starting_after is not None:
            query["starting_after"] = starting_after
        url = URL(f"{self._base}/v1/events?{urlencode(query)}", encoded=True)
        return await self._persistently(lambda: self._page(url, limit), ATTEMPTS, _WORTH_A_WAIT)

    async def own_account(self) -> OwnAccount | Failure:
        """Whom the key belongs to. A key that may not ask is told so in a text that usually names the account."""
        answer = await self._get("/v1/account", {}, ATTEMPTS, _WORTH_A_WAIT)
        if isinstance(answer, Failure):
            if answer.cause in (Cause.PERMISSION_MISSING, Cause.FORBIDDEN, Cause.REFUSED, Cause.GARBLED):
                return OwnAccount(answer.stripe_id, None)
            return answer
        return account_in(answer)

    async def link_to_file(self, file: str) -> str | Failure:
        """A public link to one of the account's files, for ever: the one thing that is ever made at Stripe.

        Asked for once: a link whose answer is lost exists all the same.
        """
        if (refused := self._refused_meanwhile()) is not None:
            return refused
        answer = await self._in_turn(lambda: self._object("post", "/v1/file_links", {"file": file}))
        if isinstance(answer, Failure):
            return answer
        url = answer.get("url")
        if not isinstance(url, str) or not _LINK.fullmatch(url):
            return Failure(Cause.GARBLED, "the answer holds no link", retry=False)
        return url

    async def look_up(self, path: str, params: Iterable[tuple[str, str]] = ()) -> dict[str, Any] | Failure:
        """An object, or a list of them, as Stripe renders it today. Asked at most twice: a message waits for it."""
        return await self._get(path, dict(params), LOOK_UP_ATTEMPTS, _WORTH_A_WAIT_FOR_LOOK_UPS)

    async def _get(
        self, path: str, params: Mapping[str, Any], attempts: int, patience: float
    ) -> dict[str, Any] | Failure:
        return await self._persistently(lambda: self._object("get", path, params), attempts, patience)

    async def _persistently(
        self, ask: Callable[[], Awaitable[T | Failure]], attempts: int, patience: float
    ) -> T | Failure:
        """``patience``: the longest time (s) that is waited for if the server asks for one."""

        def is_worth_a_retry(answer: object) -> bool:
            return isinstance(answer, Failure) and answer.retry and answer.wait <= patience

        if (refused := self._refused_meanwhile()) is not None:
            return refused
        first = await self._in_turn(ask)
        if not is_worth_a_retry(first):
            return first  # nearly always; the machinery below costs as much CPU as the request itself
        answers = iter((first,))

        async def again() -> T | Failure:
            known = next(answers, None)
            return await self._in_turn(ask) if known is None else known

        retrying = AsyncRetrying(
            retry=retry_if_result(is_worth_a_retry),
            wait=_pause,
            stop=stop_after_attempt(attempts),
            retry_error_callback=_last_answer,
            sleep=self._sleep,
        )
        answer: T | Failure = await retrying(again)
        return answer

    async def _in_turn(self, ask: Callable[[], Awaitable[T | Failure]]) -> T | Failure:
        """Ask; of those who got no answer the last time only some at once, and the others not now."""
        silent = self._connections.for_the_silent
        if not self._is_silent:
            answer = await ask()
        elif silent.locked():
            return Failure(Cause.NETWORK, "no answer the last time, and many others wait for one", retry=True)
        else:
            async with silent:
                answer = await ask()
        self._is_silent = isinstance(answer, Failure) and answer.cause is Cause.NETWORK
        if not isinstance(answer, Failure):
            return answer
        failure = self._without_key(answer)
        if failure.wait:
            self._left_alone = asyncio.get_running_loop().time() + failure.wait, failure
        return failure

    def _refused_meanwhile(self) -> Failure | None:
        """The refusal that said when to come back, as long as that time has not come."""
        if self._left_alone is None:
            return None
        until, failure = self._left_alone
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            self._left_alone = None
            return None
        return replace(failure, wait=left)

    def _without_key(self, failure: Failure) -> Failure:
        """It goes into the record and to channels. A code may be any word, and so may a key."""
        redacted = Redaction([self._key])
        permission = None if failure.permission is None else redacted(failure.permission)
        return replace(failure, reason=redacted(failure.reason), permission=permission)

    async def _page(self, url: URL, limit: int) -> Page | Failure:
        self.reads += 1
        self.unrecorded_reads += 1
        headers = {
            "Authorization": f"Bearer {self._key}",
            "User-Agent": f"cashnotifyd/{__version__}",
            "Stripe-Version": stripe.api_version,
        }
        if self._context is not None:
            headers["Stripe-Context"] = self._context
        try:
            async with self._connections.session.get(url, headers=headers, allow_redirects=False) as response:
                body = await _whole(response.content, LARGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(Cause.NETWORK, network_reason(error), retry=True)
        if response.status != 200:  # noqa: PLR2004 (HTTP's own)
            return failure_of(response.status, response.headers, _error_in(body))
        return page_in(body, limit, response.headers.get("Date"))

    async def _object(
        self, method: Literal["get", "post"], path: str, params: Mapping[str, Any]
    ) -> dict[str, Any] | Failure:
        if method == "get":
            self.reads += 1
            self.unrecorded_reads += 1
        client = self._connections.client(self._key, self._base, self._context)
        try:
            response = await client.raw_request_async(method, path, **params)
        except stripe.StripeError as error:
            return failure_of(error.http_status, error.headers or {}, _error_object(error.json_body))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(Cause.NETWORK, network_reason(error), retry=True)
        except UnicodeDecodeError:
            # The SDK's net does not hold where it decodes the body for its log, though it logs nothing.
            return Failure(Cause.GARBLED, "the answer is no UTF-8 text", retry=True)
        except (AttributeError, TypeError, ValueError, RecursionError):
            # Nor where an answer has the shape of nothing that Stripe says, such as {"error": null}.
            return Failure(Cause.GARBLED, "the answer is no JSON object of Stripe's", retry=True)
        data: object = response.data
        return data if isinstance(data, dict) else Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)


_SOON = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)
# A rate is counted by the second, and the account's other integrations wait for it too: stand back further.
_LATER = wait_exponential_jitter(multiplier=2, max=20, jitter=2)


def _pause(state: RetryCallState) -> float:
    failure = state.outcome.result() if state.outcome else None
    assert isinstance(failure, Failure)
    usual = _LATER if failure.cause is Cause.RATE_LIMITED else _SOON
    return max(float(usual(state)), failure.wait)


def _last_answer(state: RetryCallState) -> Any:  # noqa: ANN401 (tenacity's type)
    assert state.outcome is not None
    return state.outcome.result()


def _error_in(body: bytes) -> Mapping[str, Any]:
    try:
        return _error_object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _error_object(body: object) -> Mapping[str, Any]:
    inner = body.get("error") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
