"""Stripe's refusals: status, type, code, words and parameter as the real API answers them.

The words are Stripe's where they are published or were seen in the wild; a text that could not be found (the 21st
entry of ``types[]``) is worded in Stripe's manner, so match on ``code`` and status rather than on the sentence.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Refusal(Exception):  # noqa: N818 (an answer of the simulated API rather than an error of ours)
    """An answer that is no success. ``headers`` come on top of those that every answer has."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002 (Stripe's field)
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.param = param
        self.headers = headers or {}

    def body(self, log_url: str | None) -> dict[str, Any]:
        """The JSON answer. Stripe leaves fields out that do not apply, and has no log of unauthenticated requests."""
        doc_url = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}" if self.code else None
        fields = {
            "code": self.code,
            "doc_url": doc_url,
            "message": self.message,
            "param": self.param,
            "request_log_url": log_url,
            "type": self.type,
        }
        return {"error": {name: value for name, value in fields.items() if value is not None}}


def masked(key: str) -> str:
    """A key as Stripe quotes it: its kind, stars, its last four characters."""
    kind = "_".join(key.split("_")[:2]) + "_" if key.count("_") >= 2 else ""  # noqa: PLR2004 (kind_mode_secret)
    hidden = max(4, len(key) - len(kind) - 4)
    return f"{kind}{'*' * hidden}{key[-4:]}"


def no_key() -> Refusal:
    """The request carries no key at all."""
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for "
        "details, or we can help at https://support.stripe.com/.",
    )


def unknown_key(key: str) -> Refusal:
    """A key that Stripe never gave out, or that is deleted for good."""
    return Refusal(HTTPStatus.UNAUTHORIZED, f"Invalid API Key provided: {masked(key)}")


def expired_key(key: str) -> Refusal:
    """A key that was revoked or rolled."""
    return Refusal(HTTPStatus.UNAUTHORIZED, f"Expired API Key provided: {masked(key)}", code="api_key_expired")


def publishable_key() -> Refusal:
    """``pk_`` keys belong into web pages and read nothing. A 403: stripe-ruby raises its PermissionError."""
    return Refusal(
        HTTPStatus.FORBIDDEN,
        "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of "
        "your API keys at https://dashboard.stripe.com/account/apikeys.",
        code="secret_key_required",
    )


def permission_missing(key: str, account: str, permission: str) -> Refusal:
    """A restricted key without the permission for this endpoint."""
    return Refusal(
        HTTPStatus.FORBIDDEN,
        f"The provided key '{masked(key)}' does not have the required permissions for this endpoint on account "
        f"'{account}'. Having the '{permission}' permission would allow this request to continue.",
        code="more_permissions_required",
    )


def foreign_account(key: str, account: str) -> Refusal:
    """``Stripe-Account`` names an account that the key cannot act for."""
    return Refusal(
        HTTPStatus.FORBIDDEN,
        f"The provided key '{masked(key)}' does not have access to account '{account}' (or that account does not "
        "exist). Application access may have been revoked.",
        code="account_invalid",
    )


def unknown_url(method: str, path: str) -> Refusal:
    """Nothing is served there."""
    return Refusal(
        HTTPStatus.NOT_FOUND,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
    )


def missing(kind: str, wanted: str, *, param: str = "id", status: int = HTTPStatus.NOT_FOUND) -> Refusal:
    """No object of that id: 404 for the object itself, 400 when it is named in a parameter."""
    return Refusal(status, f"No such {kind}: '{wanted}'", code="resource_missing", param=param)


def aged_out(wanted: str, *, param: str = "id", status: int = HTTPStatus.NOT_FOUND) -> Refusal:
    """An event older than 30 days."""
    return Refusal(
        status,
        f"The event {wanted} is no longer available because it's aged out of our retention policy.",
        code="resource_missing",
        param=param,
    )


def unknown_parameters(names: list[str]) -> Refusal:
    """Stripe refuses what it does not know rather than ignoring it."""
    noun = "parameter" if len(names) == 1 else "parameters"
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        f"Received unknown {noun}: {', '.join(names)}",
        code="parameter_unknown",
        param=names[0],
    )


def invalid(message: str, param: str, code: str | None = None) -> Refusal:
    """A parameter with a value that does not go."""
    return Refusal(HTTPStatus.BAD_REQUEST, message, param=param, code=code)


def rate_limited(reason: str | None, headers: dict[str, str]) -> Refusal:
    """A 429. Without a ``reason`` it is no rate limit but a lock on the object, and says so only in ``code``."""
    if reason is None:
        return Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            "This object cannot be accessed right now because another API request or Stripe process is currently "
            "accessing it. If you see this error intermittently, retry the request.",
            code="lock_timeout",
            headers=headers,
        )
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason, **headers},
    )


def server_error(status: int, headers: dict[str, str]) -> Refusal:
    """Stripe's own failure."""
    return Refusal(
        status,
        "An unknown error occurred. If this problem persists, let us know at https://support.stripe.com/.",
        type="api_error",
        headers=headers,
    )
