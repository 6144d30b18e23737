"""The only door to Stripe: pages of events and the account's own face; failures are values, told apart by cause.

Requests go through the SDK's raw async path on one HTTP client that all accounts share. Raw, because a page of 100
events as SDK objects costs 111 ms of CPU against 9.5 ms as plain dictionaries; shared, because a client of its own
costs an account 2.6 ms and 85 KiB against 0.01 ms and 1 KiB (measured with stripe 16.1.0 and aiohttp 3.14).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Literal

import aiohttp
import stripe
import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_exponential_jitter,
)

log = structlog.get_logger(__name__)

# On by default, it times requests and leaves a file in the user's configuration folder (stripe 16.1.0).
stripe.enable_telemetry = False

# $STRIPE_LOG makes the SDK print requests and bodies to stderr past every log handler; `stripe.log` cannot undo it.
stripe._util.STRIPE_LOG = None  # noqa: SLF001 (there is no public way)

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=8)
"""Seconds for one request. The SDK's own default is 80 s, longer than a watchdog should wait."""

ATTEMPTS = 4
"""Requests made for one answer before the failure is the caller's: seconds are spent here, minutes and more there."""

LOOK_UP_ATTEMPTS = 2

_IDLE_CONNECTION_SECONDS = 75
"""How long a connection waits for the next poll: a TLS handshake costs 2.1 ms against 0.34 ms on a kept connection."""

_PERMISSION = re.compile(r"\brak_[a-z_]+_(?:read|write)\b|'(?P<legacy>[a-z_]+_(?:read|write))'")
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/[!-~]*")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+\b")
# Stripe's words of a key that is limited to certain addresses: a 401 without a code, with our address after them.
_ADDRESS = "does not allow requests from your IP address"
_NOT_WORTH_A_RETRY = frozenset({401, 403})


class Cause(StrEnum):
    """Why there is no answer. What is worth another try follows from it."""

    KEY_REFUSED = "key_refused"
    """401: revoked, expired or wrong."""
    FORBIDDEN = "forbidden"
    """A 403 that names no permission: not from this address, say, or not for this account."""
    PERMISSION_MISSING = "permission_missing"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    """A 429 without Stripe's rate-limit header, such as ``lock_timeout``; also 409."""
    SERVER_ERROR = "server_error"
    NETWORK = "network"
    GARBLED = "garbled"
    """An answer that is not what Stripe's API would say."""
    REFUSED = "refused"
    """Any other 4xx: asking again in the same way gives the same answer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. ``reason`` is for people and holds no key; ``retry`` says whether asking again soon makes sense."""

    cause: Cause
    reason: str
    retry: bool
    permission: str | None = None
    """The permission that the key lacks, as Stripe names it."""
    stripe_id: str | None = None
    """The account that the key belongs to, where the refusal names it."""
    by_address: bool = False
    """Whether the key itself is good, and may not be used from this machine's IP address."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, in the order in which it came. ``server_time``: Stripe's clock (s), if it said."""

    items: list[Any]
    has_more: bool
    server_time: float | None


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Whom a key belongs to, as far as it lets us know. ``icon``: the id of the file of its brand's icon."""

    stripe_id: str | None
    name: str | None
    icon: str | None = None


class StripeConnections:
    """The HTTP connections that all accounts share. Needs a running event loop."""

    def __init__(self) -> None:
        # Keys travel over these: certificates are always checked, with the system's roots or SSL_CERT_FILE.
        connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=_IDLE_CONNECTION_SECONDS)
        self._client = stripe.AIOHTTPClient(timeout=TIMEOUT, connector=connector)
        self._session = aiohttp.ClientSession(connector=connector, connector_owner=False)

    def account(self, api_key: str, base: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> StripeApi:
        """The API as seen with one key. ``base``: scheme, host and port."""
        client = stripe.StripeClient(
            api_key, http_client=self._client, base_addresses={"api": base}, max_network_retries=0
        )
        return StripeApi(client, sleep)

    async def file(self, url: str, limit: int) -> bytes | Failure:
        """The file behind a public link, of at most ``limit`` bytes. No key goes there."""
        try:
            async with self._session.get(url, allow_redirects=False, timeout=TIMEOUT) as response:
                if response.status != 200:  # noqa: PLR2004 (HTTP's own)
                    return Failure(Cause.REFUSED, f"the answer was {response.status}", retry=False)
                data = await response.content.read(limit + 1)
                while len(data) <= limit and (more := await response.content.read(limit + 1 - len(data))):
                    data += more
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(Cause.NETWORK, _network_reason(error), retry=True)
        return Failure(Cause.GARBLED, "the file is too large", retry=False) if len(data) > limit else data

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._client.close_async()  # type: ignore[no-untyped-call] # untyped in stripe 16.1.0


class StripeApi:
    """Stripe's API as seen with one key. Every method answers with a value, failures included."""

    def __init__(self, client: stripe.StripeClient, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self._sleep = sleep
        self.unrecorded_reads = 0
        """Requests sent and not yet counted in the record: each counts against the account's read allowance."""

    async def events(self, *, limit: int, starting_after: str | None = None) -> Page | Failure:
        """A page of the account's events, newest first; ``starting_after`` an event's id: those older than it."""
        params: dict[str, Any] = {"limit": limit}
        if starting_after is not None:
            params["starting_after"] = starting_after
        answer = await self._get("/v1/events", params)
        if isinstance(answer, Failure):
            return answer
        items = answer.data.get("data")
        if not isinstance(items, list):
            return Failure(Cause.GARBLED, "the answer is no list of events", retry=False)
        more = answer.data.get("has_more")
        if not isinstance(more, bool):
            # Stripe always says. Where something that plays Stripe does not, a full page may not be all there is.
            more = len(items) >= limit
        return Page(items, more, answer.server_time)

    async def own_account(self) -> OwnAccount | Failure:
        """Whom the key belongs to. A key that may not ask is told so in a text that usually names the account."""
        answer = await self._get("/v1/account", {})
        if isinstance(answer, Failure):
            if answer.cause in (Cause.PERMISSION_MISSING, Cause.FORBIDDEN, Cause.REFUSED, Cause.GARBLED):
                return OwnAccount(answer.stripe_id, None)
            return answer
        return account_in(answer.data)

    async def link_to_file(self, file: str) -> str | Failure:
        """A public link to one of the account's files, for ever: the one thing that is ever made at Stripe.

        Asked for once: a link whose answer is lost exists all the same.
        """
        answer = await self._request("post", "/v1/file_links", {"file": file})
        if isinstance(answer, Failure):
            return answer
        url = answer.data.get("url")
        if not isinstance(url, str) or not _LINK.fullmatch(url):
            return Failure(Cause.GARBLED, "the answer holds no link", retry=False)
        return url

    async def look_up(self, path: str, params: Iterable[tuple[str, str]] = ()) -> dict[str, Any] | Failure:
        """An object, or a list of them, as Stripe renders it today. Asked at most twice: a message waits for it."""
        answer = await self._get(path, dict(params), attempts=LOOK_UP_ATTEMPTS)
        return answer if isinstance(answer, Failure) else answer.data

    async def _get(self, path: str, params: Mapping[str, Any], attempts: int = ATTEMPTS) -> _Answer | Failure:
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda answer: isinstance(answer, Failure) and answer.retry),
            wait=_pause,
            stop=stop_after_attempt(attempts),
            retry_error_callback=_last_answer,
            sleep=self._sleep,
        )
        answer: _Answer | Failure = await retrying(self._request, "get", path, params)
        return answer

    async def _request(self, method: Literal["get", "post"], path: str, params: Mapping[str, Any]) -> _Answer | Failure:
        if method == "get":
            self.unrecorded_reads += 1
        try:
            response = await self._client.raw_request_async(method, path, **params)
        except stripe.APIConnectionError as error:
            return Failure(Cause.NETWORK, _network_reason(error.__cause__ or error), retry=True)
        except stripe.StripeError as error:
            return failure_of(error.http_status, error.headers or {}, _error_object(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The SDK reads the body outside its own net: a body cut short or too slow arrives as aiohttp's error.
            return Failure(Cause.NETWORK, _network_reason(error), retry=True)
        except UnicodeDecodeError:
            # Nor does its net hold where it decodes the body for its log, which it does even when it logs nothing.
            return Failure(Cause.GARBLED, "the answer is no UTF-8 text", retry=True)
        data: object = response.data
        if not isinstance(data, dict):
            return Failure(Cause.GARBLED, "the answer is no JSON object", retry=True)
        return _Answer(data, _server_time(response.headers))


@dataclass(frozen=True, slots=True)
class _Answer:
    data: dict[str, Any]
    server_time: float | None


def account_in(answer: Mapping[str, Any]) -> OwnAccount:
    """Whom Stripe's account object speaks of, in any of its shapes."""
    stripe_id = answer.get("id")
    return OwnAccount(
        _storable(stripe_id) if isinstance(stripe_id, str) and stripe_id else None,
        _account_name(answer),
        _account_icon(answer),
    )


def failure_of(status: int | None, headers: Mapping[str, Any], error: Mapping[str, Any]) -> Failure:
    """Read a refusal. ``error`` is the object under ``error`` in Stripe's answer, empty if the body was none of theirs.

    ``stripe-should-retry`` decides where Stripe sends it (Stripe's documentation, "Error handling"), but nothing makes
    a refused key worth asking with again at once.
    """
    text = str(error.get("message") or "")
    code = str(error.get("code") or "")
    reason = f"Stripe answered {status}" + (f" ({code})" if code else "")
    said = headers.get("stripe-should-retry")
    told_to = {"true": True, "false": False}.get(str(said).lower())
    found = _ACCOUNT.search(text)
    stripe_id = found.group() if found else None
    if status == 403:  # noqa: PLR2004 (HTTP's own)
        permission = _PERMISSION.search(text)
        if permission or code == "more_permissions_required":
            name = (permission["legacy"] or permission.group()) if permission else None
            return Failure(Cause.PERMISSION_MISSING, reason, retry=False, permission=name, stripe_id=stripe_id)
        return Failure(Cause.FORBIDDEN, reason, retry=False, stripe_id=stripe_id)
    if status in _NOT_WORTH_A_RETRY:
        return Failure(Cause.KEY_REFUSED, reason, retry=False, by_address=_ADDRESS in text)
    cause = _cause_of(status, headers)
    retry = cause is not Cause.REFUSED if told_to is None else told_to
    limit = headers.get("Stripe-Rate-Limited-Reason")
    return Failure(cause, f"{reason}, {limit}" if limit else reason, retry=retry, stripe_id=stripe_id)


def _cause_of(status: int | None, headers: Mapping[str, Any]) -> Cause:
    match status:
        case None:
            return Cause.GARBLED
        case 429:
            return Cause.RATE_LIMITED if headers.get("Stripe-Rate-Limited-Reason") else Cause.BUSY
        case 409:
            return Cause.BUSY
        case _ if status >= 500:  # noqa: PLR2004 (HTTP's own)
            return Cause.SERVER_ERROR
        case _ if status >= 400:  # noqa: PLR2004 (HTTP's own)
            return Cause.REFUSED
        case _:
            return Cause.GARBLED


_SOON = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)
# A rate is counted by the second, and the account's other integrations wait for it too: stand back further.
_LATER = wait_exponential_jitter(multiplier=2, max=20, jitter=2)


def _pause(state: RetryCallState) -> float:
    failure = state.outcome.result() if state.outcome else None
    limited = isinstance(failure, Failure) and failure.cause is Cause.RATE_LIMITED
    return float((_LATER if limited else _SOON)(state))


def _last_answer(state: RetryCallState) -> Any:  # noqa: ANN401 (tenacity's type)
    assert state.outcome is not None
    return state.outcome.result()


def _error_object(error: stripe.StripeError) -> Mapping[str, Any]:
    body = error.json_body
    inner = body.get("error") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _network_reason(error: BaseException) -> str:
    """What broke, without the URL: aiohttp's texts may hold queries."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the server's certificate could not be verified"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the server's name could not be resolved"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno:
        return f"connection failed: {os.strerror(error.errno)}"
    return f"connection failed ({type(error).__name__})"


def _server_time(headers: Mapping[str, Any]) -> float | None:
    try:
        return parsedate_to_datetime(str(headers["Date"])).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _account_icon(account: Mapping[str, Any]) -> str | None:
    """The icon since 2019-02-19; the business's logo before that was never part of the account."""
    settings = account.get("settings")
    branding = settings.get("branding") if isinstance(settings, Mapping) else None
    icon = branding.get("icon") if isinstance(branding, Mapping) else None
    if isinstance(icon, Mapping):
        icon = icon.get("id")
    return _storable(icon) if isinstance(icon, str) and icon else None


def _account_name(account: Mapping[str, Any]) -> str | None:
    """The name that the merchant gave the account, in today's shape or in those before 2019-02-19."""
    settings = account.get("settings")
    dashboard = settings.get("dashboard") if isinstance(settings, Mapping) else None
    profile = account.get("business_profile")
    for holder, key in (
        (dashboard, "display_name"),
        (profile, "name"),
        (account, "display_name"),
        (account, "business_name"),
    ):
        name = holder.get(key) if isinstance(holder, Mapping) else None
        if isinstance(name, str) and name.strip():
            return _storable(name.strip())
    return None


def _storable(text: str) -> str:
    """Without lone surrogates, which JSON can spell but nothing can store."""
    return text.encode("utf-8", "replace").decode("utf-8")
