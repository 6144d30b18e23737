"""Why there is no answer, as a value: what is worth another try follows from it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import aiohttp

from cashnotifyd.stripe_api.waiting import asked_to_wait

_PERMISSION = re.compile(r"\brak_[a-z_]{1,64}_(?:read|write)\b|'(?P<legacy>[a-z_]{1,64}_(?:read|write))'")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]{1,64}\b")
_WORD = re.compile(r"[a-z0-9_-]{1,64}")
"""Stripe's codes. Whatever poses as Stripe may put anything in their place, the key that it was given among it."""
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
    wait: float = 0.0
    """Seconds for which the server asks to be left alone."""


def failure_of(status: int | None, headers: Mapping[str, Any], error: Mapping[str, Any]) -> Failure:
    """Read a refusal. ``error`` is the object under ``error`` in Stripe's answer, empty if the body was none of theirs.

    ``stripe-should-retry`` decides where Stripe sends it (Stripe's documentation, "Error handling"), but nothing makes
    a refused key worth asking with again at once.
    """
    text = str(error.get("message") or "")
    code = _word(error.get("code"))
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
    limit = _word(headers.get("Stripe-Rate-Limited-Reason"))
    wait = asked_to_wait(status, headers)
    return Failure(cause, f"{reason}, {limit}" if limit else reason, retry=retry, stripe_id=stripe_id, wait=wait)


def _word(said: object) -> str | None:
    return said if isinstance(said, str) and _WORD.fullmatch(said) else None


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


class TooLargeError(aiohttp.ClientPayloadError):
    """A body that is larger than it may be, of which no more was read."""


_NETWORK_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "the server's certificate could not be verified"),
    (aiohttp.ClientConnectorSSLError, "no TLS connection"),  # its number is OpenSSL's, not the system's
    (aiohttp.ClientConnectorDNSError, "the server's name could not be resolved"),
    (TooLargeError, "the answer is too large"),
    (TimeoutError, "no answer in time"),
)


def network_reason(error: BaseException) -> str:
    """What broke, without the URL: aiohttp's texts may hold queries."""
    for kind, reason in _NETWORK_REASONS:
        if isinstance(error, kind):
            return reason
    if isinstance(error, OSError) and error.errno:
        return f"connection failed: {os.strerror(error.errno)}"
    return f"connection failed ({type(error).__name__})"
